//! People, keys, sessions, invitations, service accounts.

use model::{ClusterId, InvitationId, KeyId, RoleId, ServiceAccountId, SessionId, UserId};
use serde_json::json;
use store::{ApiKey, Error, Invitation, KeySubject, Page, ServiceAccount, Session, User};

use crate::{World, at, on_both};

on_both!(
    a_key_is_found_by_its_hash_with_what_its_subject_may_do,
    a_key_can_be_changed_and_removed_by_its_organization_only,
    uses_of_keys_are_noted_in_bulk_and_never_go_back,
    pages_of_keys_make_up_the_list_while_keys_are_added,
    a_session_lives_as_long_as_its_key_and_no_longer_than_its_time,
    an_invitation_can_be_used_once_and_in_time,
    removing_a_member_takes_their_keys,
    names_that_are_taken_and_things_that_are_missing_are_told_apart,
);

fn user(world: &World, email: &str) -> User {
    User {
        id: UserId::new(&world.ids),
        email: email.to_owned(),
        username: "ada".to_owned(),
        name: "Ada L".to_owned(),
        created_at: at(1),
    }
}

async fn member(world: &World, email: &str, role: RoleId) -> User {
    let user = user(world, email);
    let mut tx = world.store.begin().await.unwrap();
    tx.create_user(&user).await.unwrap();
    tx.set_member_role(world.org, user.id, role, at(2)).await.unwrap();
    tx.commit_unaudited().await.unwrap();
    user
}

fn key(world: &World, subject: KeySubject, seconds: i64) -> ApiKey {
    ApiKey {
        id: KeyId::new(&world.ids),
        organization_id: world.org,
        subject,
        name: "ci".to_owned(),
        prefix: "sc_abc".to_owned(),
        active: true,
        readonly: false,
        created_by: "u".to_owned(),
        created_at: at(seconds),
        expires_at: None,
        last_used_at: None,
    }
}

async fn add(world: &World, key: &ApiKey, hash: u8) {
    let mut tx = world.store.begin().await.unwrap();
    tx.create_key(key, &[hash; 32]).await.unwrap();
    tx.commit_unaudited().await.unwrap();
}

async fn a_key_is_found_by_its_hash_with_what_its_subject_may_do(world: World) {
    let role = RoleId::new(&world.ids);
    let ada = member(&world, "Ada@Example.com", role).await;
    let mut of_user = key(&world, KeySubject::User(ada.id), 3);
    of_user.expires_at = Some(at(100));
    add(&world, &of_user, 1).await;

    let account = ServiceAccount {
        id: ServiceAccountId::new(&world.ids),
        organization_id: world.org,
        name: "deployer".to_owned(),
        description: "deploys".to_owned(),
        email: "deployer@sa".to_owned(),
        role_id: RoleId::new(&world.ids),
        author: json!({"id": ada.id.to_string()}),
        created_at: at(3),
    };
    let mut tx = world.store.begin().await.unwrap();
    tx.create_service_account(&account).await.unwrap();
    tx.commit_unaudited().await.unwrap();
    add(&world, &key(&world, KeySubject::ServiceAccount(account.id), 4), 2).await;

    let cluster = world.cluster("prod").await;
    add(&world, &key(&world, KeySubject::Cluster(cluster.id), 5), 3).await;

    let found = world.store.key_by_hash(&[1; 32]).await.unwrap().unwrap();
    assert_eq!((&found.key, found.hash, found.role_id), (&of_user, [1; 32], Some(role)));
    assert_eq!((found.subject_name.as_str(), found.subject_email.as_str()), ("Ada L", "ada@example.com"));
    let found = world.store.key_by_hash(&[2; 32]).await.unwrap().unwrap();
    assert_eq!((found.role_id, found.subject_name.as_str()), (Some(account.role_id), "deployer"));
    let found = world.store.key_by_hash(&[3; 32]).await.unwrap().unwrap();
    assert_eq!((found.role_id, found.subject_name.as_str()), (None, "prod"));
    assert_eq!(found.key.subject, KeySubject::Cluster(cluster.id));
    assert_eq!(world.store.key_by_hash(&[9; 32]).await.unwrap(), None);

    // A list of keys is of people and programs; a cluster's tokens are asked for by name.
    assert_eq!(world.store.keys(world.org, None, &Page::ALL).await.unwrap().items.len(), 2);
    let tokens =
        world.store.keys(world.org, Some(KeySubject::Cluster(cluster.id)), &Page::ALL).await.unwrap();
    assert_eq!(tokens.items.len(), 1);

    let accounts = world.store.service_accounts(world.org, &Page::ALL).await.unwrap().items;
    assert_eq!(accounts, std::slice::from_ref(&account));
    assert_eq!(world.store.service_account(world.org, account.id).await.unwrap(), Some(account.clone()));
    let mut tx = world.store.begin().await.unwrap();
    assert!(tx.delete_service_account(world.org, account.id).await.unwrap());
    tx.commit_unaudited().await.unwrap();
    assert_eq!(world.store.key_by_hash(&[2; 32]).await.unwrap(), None);
}

async fn a_key_can_be_changed_and_removed_by_its_organization_only(world: World) {
    let ada = member(&world, "ada@example.com", RoleId::new(&world.ids)).await;
    let key = key(&world, KeySubject::User(ada.id), 3);
    add(&world, &key, 1).await;
    let stranger = world.stranger().await;
    assert_eq!(world.store.key(stranger, key.id).await.unwrap(), None);
    assert!(world.store.keys(stranger, None, &Page::ALL).await.unwrap().items.is_empty());

    let mut tx = world.store.begin().await.unwrap();
    assert_eq!(tx.update_key(stranger, key.id, Some("mine"), None, None).await.unwrap(), None);
    assert!(!tx.delete_key(stranger, key.id).await.unwrap());
    let changed = tx.update_key(world.org, key.id, None, Some(false), None).await.unwrap().unwrap();
    assert_eq!(changed, ApiKey { active: false, ..key.clone() });
    let changed = tx.update_key(world.org, key.id, Some("x"), None, Some(true)).await.unwrap().unwrap();
    assert_eq!(changed, ApiKey { active: false, readonly: true, name: "x".to_owned(), ..key.clone() });
    tx.commit(&[world.entry(4, "apiKeyUpdated")]).await.unwrap();
    assert_eq!(world.store.key(world.org, key.id).await.unwrap(), Some(changed));

    let mut tx = world.store.begin().await.unwrap();
    assert!(tx.delete_key(world.org, key.id).await.unwrap());
    tx.commit_unaudited().await.unwrap();
    assert_eq!(world.store.key_by_hash(&[1; 32]).await.unwrap(), None);
}

async fn uses_of_keys_are_noted_in_bulk_and_never_go_back(world: World) {
    let subject = KeySubject::Cluster(ClusterId::new(&world.ids));
    let (a, b) = (key(&world, subject, 1), key(&world, subject, 2));
    add(&world, &a, 1).await;
    add(&world, &b, 2).await;
    world.store.touch_keys(&[(b.id, at(20)), (a.id, at(10))]).await.unwrap();
    world.store.touch_keys(&[(b.id, at(15)), (a.id, at(30))]).await.unwrap();
    let used = |key: ApiKey| key.last_used_at;
    assert_eq!(world.store.key(world.org, a.id).await.unwrap().and_then(used), Some(at(30)));
    assert_eq!(world.store.key(world.org, b.id).await.unwrap().and_then(used), Some(at(20)));
    let mut tx = world.store.begin().await.unwrap();
    assert_eq!(tx.delete_keys_of(world.org, subject).await.unwrap(), 2);
}

async fn pages_of_keys_make_up_the_list_while_keys_are_added(world: World) {
    let ada = member(&world, "ada@example.com", RoleId::new(&world.ids)).await;
    // Several of the same moment: the id decides.
    let keys: Vec<ApiKey> = (0..7).map(|n| key(&world, KeySubject::User(ada.id), 10 + n / 3)).collect();
    for (n, key) in keys.iter().enumerate() {
        add(&world, key, n as u8).await;
    }
    let mut seen = Vec::new();
    let mut page = Page::first(3);
    loop {
        let part = world.store.keys(world.org, None, &page).await.unwrap();
        assert!(part.items.len() <= 3);
        seen.extend(part.items.into_iter().map(|key| key.id));
        // An older key appears and must neither repeat nor hide anything.
        add(&world, &key(&world, KeySubject::User(ada.id), 5), 100 + seen.len() as u8).await;
        let Some(next) = part.next else { break };
        page.after = Some(next.as_str().parse().unwrap());
    }
    assert_eq!(seen, keys.iter().map(|key| key.id).collect::<Vec<_>>());
    let cursor_of_keys = Page { limit: None, after: page.after };
    let error = world.store.clusters(world.org, true, &cursor_of_keys).await.err().unwrap();
    assert!(matches!(error, Error::Cursor(store::CursorError::OtherList)), "{error:?}");
}

async fn a_session_lives_as_long_as_its_key_and_no_longer_than_its_time(world: World) {
    let ada = member(&world, "ada@example.com", RoleId::new(&world.ids)).await;
    let key = key(&world, KeySubject::User(ada.id), 3);
    add(&world, &key, 1).await;
    let session = |hash, until| Session {
        id: SessionId::new(&world.ids),
        organization_id: world.org,
        key_id: key.id,
        hash: [hash; 32],
        csrf_hash: [99; 32],
        created_at: at(4),
        expires_at: at(until),
    };
    let (short, long, ended) = (session(10, 100), session(11, 1_000), session(12, 1_000));
    let mut tx = world.store.begin().await.unwrap();
    for session in [&short, &long, &ended] {
        tx.create_session(session).await.unwrap();
    }
    assert!(tx.delete_session(world.org, ended.id).await.unwrap());
    tx.commit_unaudited().await.unwrap();

    let (found, of) = world.store.session_by_hash(&[10; 32], at(99)).await.unwrap().unwrap();
    assert_eq!((found, of.key.id, of.subject_email.as_str()), (short, key.id, "ada@example.com"));
    assert_eq!(world.store.session_by_hash(&[10; 32], at(100)).await.unwrap(), None);
    assert_eq!(world.store.session_by_hash(&[12; 32], at(5)).await.unwrap(), None);
    assert_eq!(world.store.delete_expired_sessions(at(100)).await.unwrap(), 1);

    let mut tx = world.store.begin().await.unwrap();
    assert!(tx.delete_key(world.org, key.id).await.unwrap());
    tx.commit_unaudited().await.unwrap();
    assert_eq!(world.store.session_by_hash(&[11; 32], at(5)).await.unwrap(), None);
}

async fn an_invitation_can_be_used_once_and_in_time(world: World) {
    let ada = member(&world, "ada@example.com", RoleId::new(&world.ids)).await;
    let invitation = |hash| Invitation {
        id: InvitationId::new(&world.ids),
        organization_id: world.org,
        email: "bob@example.com".to_owned(),
        role_bindings: json!([{"roleId": "r", "scopes": []}]),
        token_hash: [hash; 32],
        created_by: ada.id.to_string(),
        created_at: at(1),
        expires_at: at(100),
        claimed_at: None,
        claimed_by: None,
    };
    let (first, second) = (invitation(1), invitation(2));
    let mut tx = world.store.begin().await.unwrap();
    tx.create_invitation(&first).await.unwrap();
    tx.create_invitation(&second).await.unwrap();
    tx.commit_unaudited().await.unwrap();
    let open = world.store.open_invitations(world.org, &Page::first(1)).await.unwrap();
    assert_eq!((open.items, open.next.is_some()), (vec![first.clone()], true));
    assert_eq!(world.store.invitation_by_hash(&[2; 32]).await.unwrap(), Some(second.clone()));

    let stranger = world.stranger().await;
    let mut tx = world.store.begin().await.unwrap();
    assert!(!tx.claim_invitation(stranger, first.id, ada.id, at(2)).await.unwrap());
    assert!(!tx.claim_invitation(world.org, first.id, ada.id, at(100)).await.unwrap());
    assert!(tx.claim_invitation(world.org, first.id, ada.id, at(99)).await.unwrap());
    assert!(!tx.claim_invitation(world.org, first.id, ada.id, at(99)).await.unwrap());
    assert!(tx.delete_invitation(world.org, second.id).await.unwrap());
    tx.commit_unaudited().await.unwrap();
    assert!(world.store.open_invitations(world.org, &Page::ALL).await.unwrap().items.is_empty());
    let claimed = world.store.invitation_by_hash(&[1; 32]).await.unwrap().unwrap();
    assert_eq!((claimed.claimed_at, claimed.claimed_by), (Some(at(99)), Some(ada.id)));
}

async fn removing_a_member_takes_their_keys(world: World) {
    let (role, other_role) = (RoleId::new(&world.ids), RoleId::new(&world.ids));
    let ada = member(&world, "ada@example.com", role).await;
    let stranger = world.stranger().await;
    add(&world, &key(&world, KeySubject::User(ada.id), 3), 1).await;
    let mut tx = world.store.begin().await.unwrap();
    tx.set_member_role(stranger, ada.id, other_role, at(5)).await.unwrap();
    tx.set_member_role(world.org, ada.id, other_role, at(6)).await.unwrap();
    tx.commit_unaudited().await.unwrap();
    let orgs: Vec<_> = world.store.organizations_of_user(ada.id).await.unwrap();
    let roles: Vec<_> = orgs.iter().map(|(org, role)| (org.id, *role)).collect();
    assert_eq!(roles, [(world.org, other_role), (stranger, other_role)]);
    let members = world.store.members(world.org).await.unwrap();
    assert_eq!(members.len(), 1);
    assert_eq!((members[0].role_id, members[0].member_since), (other_role, at(2)), "a role may change");
    assert_eq!(world.store.user_by_email("ADA@example.com").await.unwrap(), Some(ada.clone()));

    let mut tx = world.store.begin().await.unwrap();
    assert!(tx.rename_user(ada.id, "countess", "Ada King").await.unwrap());
    assert_eq!(tx.count_members_with_role(world.org, other_role).await.unwrap(), 1);
    assert_eq!(tx.count_members_with_role(world.org, role).await.unwrap(), 0);
    tx.commit_unaudited().await.unwrap();
    let renamed = world.store.user(ada.id).await.unwrap().unwrap();
    assert_eq!((&*renamed.username, &*renamed.name, &renamed.email), ("countess", "Ada King", &ada.email));

    let mut tx = world.store.begin().await.unwrap();
    assert!(tx.remove_member(world.org, ada.id).await.unwrap());
    assert!(!tx.remove_member(world.org, ada.id).await.unwrap());
    tx.commit_unaudited().await.unwrap();
    assert_eq!(world.store.key_by_hash(&[1; 32]).await.unwrap(), None);
    assert_eq!(world.store.member(world.org, ada.id).await.unwrap(), None);
    assert!(world.store.member(stranger, ada.id).await.unwrap().is_some());
    assert_eq!(world.store.all_organizations().await.unwrap().len(), 2);
}

async fn names_that_are_taken_and_things_that_are_missing_are_told_apart(world: World) {
    member(&world, "ada@example.com", RoleId::new(&world.ids)).await;
    let mut tx = world.store.begin().await.unwrap();
    let error = tx.create_user(&user(&world, "Ada@example.com")).await.err().unwrap();
    assert!(matches!(error, Error::AlreadyExists { .. }), "{error:?}");
    drop(tx);
    let mut tx = world.store.begin().await.unwrap();
    let nobody = UserId::new(&world.ids);
    let result = tx.set_member_role(world.org, nobody, RoleId::new(&world.ids), at(1)).await;
    let error = result.err().unwrap();
    assert!(matches!(error, Error::MissingReference { .. }), "{error:?}");
}
