//! Registration, updates, activity, credentials.

use std::collections::HashSet;

use model::ClusterId;
use serde_json::json;
use store::{ClusterActivity, Error, NewCluster, Page};

use crate::{World, at, on_both};

on_both!(
    a_cluster_registered_by_many_at_once_is_one,
    an_archived_cluster_gives_its_identity_up,
    a_stale_update_loses,
    a_cluster_is_seen_by_its_organization_only,
    activity_is_noted_in_bulk_and_never_goes_back,
    credentials_are_apart_from_the_cluster,
);

async fn a_cluster_registered_by_many_at_once_is_one(world: World) {
    let registrations: Vec<_> = (0..8)
        .map(|_| {
            let store = world.store.clone();
            let new = world.new_cluster("prod");
            tokio::spawn(async move {
                let mut tx = store.begin().await.unwrap();
                let registration = tx.register_cluster(&new).await.unwrap();
                tx.commit_unaudited().await.unwrap();
                (registration.cluster.id, registration.created)
            })
        })
        .collect();
    let (mut ids, mut created) = (HashSet::new(), 0);
    for registration in registrations {
        let (id, new) = registration.await.unwrap();
        ids.insert(id);
        created += usize::from(new);
    }
    assert_eq!((ids.len(), created), (1, 1));
    assert_eq!(world.store.clusters(world.org, true, &Page::ALL).await.unwrap().items.len(), 1);
}

async fn an_archived_cluster_gives_its_identity_up(world: World) {
    let mut first = world.cluster("prod").await;
    first.status = "archived".to_owned();
    first.deleted_at = Some(at(50));
    let mut tx = world.store.begin().await.unwrap();
    tx.update_cluster(&first).await.unwrap();
    tx.commit(&[world.entry(50, "clusterDeleted")]).await.unwrap();

    let second = world.cluster("prod").await;
    assert_ne!(first.id, second.id);
    assert_eq!(world.cluster("prod").await.id, second.id);
    let live = world.store.clusters(world.org, false, &Page::ALL).await.unwrap().items;
    assert_eq!(live.iter().map(|cluster| cluster.id).collect::<Vec<_>>(), [second.id]);
    assert_eq!(world.store.clusters(world.org, true, &Page::ALL).await.unwrap().items.len(), 2);
    let archived = world.store.cluster(world.org, first.id).await.unwrap().unwrap();
    assert_eq!((archived.status.as_str(), archived.deleted_at), ("archived", Some(at(50))));

    // The old one cannot come back beside the new one.
    let mut revived = archived;
    revived.status = "ready".to_owned();
    let mut tx = world.store.begin().await.unwrap();
    let error = tx.update_cluster(&revived).await.err().unwrap();
    assert!(matches!(error, Error::AlreadyExists { .. }), "{error:?}");
}

async fn a_stale_update_loses(world: World) {
    let read = world.cluster("prod").await;
    let mut mine = read.clone();
    mine.tags = json!({"team": "shop"});
    mine.settings = json!({"a": [1, 2.5, null]});
    mine.credentials_id = "c1".to_owned();
    mine.kubernetes_version = "1.36.2".to_owned();
    mine.reconciled_at = Some(at(9));
    let mut tx = world.store.begin().await.unwrap();
    mine.version = tx.update_cluster(&mine).await.unwrap();
    tx.commit_unaudited().await.unwrap();
    assert_eq!(world.store.cluster(world.org, read.id).await.unwrap(), Some(mine));

    let mut tx = world.store.begin().await.unwrap();
    let error = tx.update_cluster(&read).await.err().unwrap();
    assert!(matches!(error, Error::Conflict { .. }), "{error:?}");
    assert_eq!(error.to_string(), "the cluster was changed in between");
}

async fn a_cluster_is_seen_by_its_organization_only(world: World) {
    let cluster = world.cluster("prod").await;
    let stranger = world.stranger().await;
    assert_eq!(world.store.cluster(stranger, cluster.id).await.unwrap(), None);
    assert!(world.store.clusters(stranger, true, &Page::ALL).await.unwrap().items.is_empty());
    let mut tx = world.store.begin().await.unwrap();
    let mut theirs = cluster.clone();
    theirs.organization_id = stranger;
    assert!(matches!(tx.update_cluster(&theirs).await, Err(Error::Conflict { .. })));
    // The same identity is another cluster elsewhere.
    let new = NewCluster { organization_id: stranger, ..world.new_cluster("prod") };
    assert!(tx.register_cluster(&new).await.unwrap().created);
    tx.commit_unaudited().await.unwrap();
    assert_eq!(world.store.all_live_clusters().await.unwrap().len(), 2);
}

async fn activity_is_noted_in_bulk_and_never_goes_back(world: World) {
    let (a, b) = (world.cluster("a").await, world.cluster("b").await);
    let first = ClusterActivity {
        last_snapshot_at: Some(at(10)),
        last_delta_at: Some(at(20)),
        agent_seen_at: Some(at(30)),
        controller_seen_at: None,
    };
    world.store.touch_clusters(&[(b.id, first), (a.id, first)]).await.unwrap();
    let second = ClusterActivity {
        last_snapshot_at: None,
        last_delta_at: Some(at(15)),
        agent_seen_at: Some(at(35)),
        controller_seen_at: Some(at(5)),
    };
    world.store.touch_clusters(&[(a.id, second)]).await.unwrap();
    let a = world.store.cluster(world.org, a.id).await.unwrap().unwrap();
    assert_eq!(a.version, 1, "activity is no change of the cluster");
    assert_eq!(
        a.activity,
        ClusterActivity {
            last_snapshot_at: Some(at(10)),
            last_delta_at: Some(at(20)),
            agent_seen_at: Some(at(35)),
            controller_seen_at: Some(at(5)),
        }
    );
    let nowhere = [(ClusterId::new(&world.ids), first)];
    assert!(matches!(world.store.touch_clusters(&nowhere).await, Err(Error::MissingReference { .. })));
}

async fn credentials_are_apart_from_the_cluster(world: World) {
    let cluster = world.cluster("prod").await;
    let stranger = world.stranger().await;
    let mut tx = world.store.begin().await.unwrap();
    tx.set_credentials(world.org, cluster.id, b"first \0 secret").await.unwrap();
    tx.set_credentials(world.org, cluster.id, b"second \0 secret").await.unwrap();
    let error = tx.set_credentials(stranger, cluster.id, b"x").await.err().unwrap();
    assert!(matches!(error, Error::MissingReference { .. }), "{error:?}");
    tx.commit_unaudited().await.unwrap();
    let kept = world.store.credentials(world.org, cluster.id).await.unwrap();
    assert_eq!(kept.as_deref(), Some(b"second \0 secret".as_slice()));
    assert_eq!(world.store.credentials(stranger, cluster.id).await.unwrap(), None);
    let shown = format!("{:?}", world.store.cluster(world.org, cluster.id).await.unwrap());
    assert!(!shown.contains("secret"), "{shown}");
    let mut tx = world.store.begin().await.unwrap();
    assert!(!tx.delete_credentials(stranger, cluster.id).await.unwrap());
    assert!(tx.delete_credentials(world.org, cluster.id).await.unwrap());
    tx.commit_unaudited().await.unwrap();
    assert_eq!(world.store.credentials(world.org, cluster.id).await.unwrap(), None);
}
