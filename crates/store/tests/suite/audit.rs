//! The audit log: paging with filters in the cursor, and tampering that shows.

use model::ClusterId;
use store::{AuditFilters, BrokenChain, ChainFault, Error, Page};

use crate::{World, at, on_both};

on_both!(
    a_cursor_carries_the_filters,
    an_untouched_log_verifies,
    an_edited_entry_shows,
    a_removed_entry_shows,
    a_log_cut_short_shows,
    a_smuggled_entry_shows,
    a_change_whose_entry_fails_is_not_kept,
    writers_at_once_make_one_chain,
);

async fn append(world: &World, count: i64) {
    for n in 1..=count {
        let mut entry = world.entry(n / 2, if n % 3 == 0 { "nodeDeleted" } else { "nodeAdded" });
        entry.cluster_id = (n % 2 == 0).then_some(ClusterId(entry.id.0));
        world.store.begin().await.unwrap().commit(&[entry]).await.unwrap();
    }
}

async fn a_cursor_carries_the_filters(world: World) {
    append(&world, 30).await;
    let filters = AuditFilters {
        from: Some(at(2)),
        to: Some(at(12)),
        event_type: Some("nodeAdded".to_owned()),
        cluster_id: None,
    };
    let expected: Vec<i64> = (1..=30).rev().filter(|n| (2..=12).contains(&(n / 2)) && n % 3 != 0).collect();
    let mut seen = Vec::new();
    let mut page = Page::first(4);
    let mut wanted = filters.clone();
    loop {
        let part = world.store.audit_entries(world.org, &wanted, &page).await.unwrap();
        seen.extend(part.items.iter().map(|record| record.sequence));
        // Something new is written between two pages; it belongs to neither.
        world.store.begin().await.unwrap().commit(&[world.entry(11, "nodeAdded")]).await.unwrap();
        let Some(next) = part.next else { break };
        page.after = Some(next.to_string().parse().unwrap());
        wanted = AuditFilters::default();
    }
    // What was added at second 11 while the page had not come that far yet is shown, once each.
    assert_eq!(seen.iter().copied().filter(|n| *n <= 30).collect::<Vec<_>>(), expected);
    assert!(seen.iter().collect::<std::collections::BTreeSet<_>>().len() == seen.len());

    let all = world.store.audit_entries(world.org, &AuditFilters::default(), &Page::ALL).await.unwrap();
    assert!(all.items.is_sorted_by(|a, b| (a.entry.time, a.sequence) > (b.entry.time, b.sequence)));
    let with_cluster = all.items.iter().find(|record| record.entry.cluster_id.is_some()).unwrap();
    let of_cluster = AuditFilters { cluster_id: with_cluster.entry.cluster_id, ..AuditFilters::default() };
    let found = world.store.audit_entries(world.org, &of_cluster, &Page::ALL).await.unwrap();
    assert_eq!(&found.items, std::slice::from_ref(with_cluster));
    let stranger = world.stranger().await;
    let none = world.store.audit_entries(stranger, &AuditFilters::default(), &Page::ALL).await.unwrap();
    assert!(none.items.is_empty());
}

async fn an_untouched_log_verifies(world: World) {
    assert_eq!(world.store.verify_audit(world.org).await.unwrap(), Ok(0));
    append(&world, 12).await;
    assert_eq!(world.store.verify_audit(world.org).await.unwrap(), Ok(12));
    let other = world.stranger().await;
    assert_eq!(world.store.verify_audit(other).await.unwrap(), Ok(0));
}

/// What verification finds after `statements` were run behind the store's back.
async fn broken_by(world: World, statements: &str) -> (i64, ChainFault) {
    append(&world, 12).await;
    world.database.tamper(statements).await;
    let found: Result<u64, BrokenChain> = world.store.verify_audit(world.org).await.unwrap();
    let broken = found.expect_err("the log was tampered with");
    assert_eq!(broken.organization_id, world.org);
    (broken.sequence, broken.fault)
}

async fn an_edited_entry_shows(world: World) {
    let edit = "UPDATE audit_entries SET event_json = '{\"n\":8}' WHERE sequence = 5";
    assert_eq!(broken_by(world, edit).await, (5, ChainFault::Edited));
}

async fn a_removed_entry_shows(world: World) {
    let removal = "DELETE FROM audit_entries WHERE sequence = 5";
    assert_eq!(broken_by(world, removal).await, (5, ChainFault::Missing));
}

async fn a_log_cut_short_shows(world: World) {
    let cut = "DELETE FROM audit_entries WHERE sequence >= 11";
    assert_eq!(broken_by(world, cut).await, (11, ChainFault::Missing));
}

async fn a_smuggled_entry_shows(world: World) {
    let smuggling = "UPDATE audit_heads SET sequence = 11";
    // The head was put back by one: its hash is of an entry it no longer counts.
    assert_eq!(broken_by(world, smuggling).await, (11, ChainFault::NotInHead));
}

async fn a_change_whose_entry_fails_is_not_kept(world: World) {
    let entry = world.entry(1, "organizationRenamed");
    world.store.begin().await.unwrap().commit(std::slice::from_ref(&entry)).await.unwrap();
    let mut tx = world.store.begin().await.unwrap();
    assert!(tx.rename_organization(world.org, "Renamed").await.unwrap());
    let error = tx.commit(&[entry]).await.err().unwrap();
    assert!(matches!(error, Error::AlreadyExists { .. }), "{error:?}");
    assert_eq!(world.store.organization(world.org).await.unwrap().unwrap().name, "Acme");
    assert_eq!(world.store.verify_audit(world.org).await.unwrap(), Ok(1));
}

async fn writers_at_once_make_one_chain(world: World) {
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let store = world.store.clone();
            let entries: Vec<_> = (0..5).map(|n| world.entry(writer * 10 + n, "nodeAdded")).collect();
            tokio::spawn(async move {
                for entry in entries {
                    store.begin().await.unwrap().commit(&[entry]).await.unwrap();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(world.store.verify_audit(world.org).await.unwrap(), Ok(40));
}
