//! Opening, reopening, and refusing to open.

use store::Error;
use store::testing::{Backend, TestDatabase};

use crate::{World, on_both};

on_both!(
    what_was_committed_is_there_after_reopening,
    a_newer_store_is_refused,
    an_uncommitted_change_is_not_kept
);

async fn what_was_committed_is_there_after_reopening(world: World) {
    world.store.setting_or("install-id", b"first").await.unwrap();
    world.store.close().await;
    let World { database, store, org, .. } = world;
    drop(store);
    let store = database.open().await.unwrap();
    assert_eq!(store.organization(org).await.unwrap().unwrap().name, "Acme");
    assert_eq!(store.setting_or("install-id", b"second").await.unwrap(), b"first");
    assert_eq!(store.setting("other").await.unwrap(), None);
    store.ping().await.unwrap();
}

async fn a_newer_store_is_refused(world: World) {
    let World { database, store, .. } = world;
    store.close().await;
    drop(store);
    database.tamper("INSERT INTO migrations (version, name) VALUES (999, 'from the future')").await;
    let error = database.open().await.err().unwrap();
    assert!(matches!(error, Error::Newer { found: 999, .. }), "{error:?}");
    assert!(error.to_string().starts_with("the store is newer than this supercargo"), "{error}");
}

async fn an_uncommitted_change_is_not_kept(world: World) {
    let mut tx = world.store.begin().await.unwrap();
    assert!(tx.rename_organization(world.org, "Renamed").await.unwrap());
    drop(tx);
    assert_eq!(world.store.organization(world.org).await.unwrap().unwrap().name, "Acme");
    // The connection is usable again.
    let mut tx = world.store.begin().await.unwrap();
    assert!(tx.rename_organization(world.org, "Renamed").await.unwrap());
    tx.commit(&[world.entry(1, "organizationRenamed")]).await.unwrap();
    assert_eq!(world.store.organization(world.org).await.unwrap().unwrap().name, "Renamed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_on_one_directory_are_refused() {
    let database = TestDatabase::new(Backend::Sqlite).await;
    let store = database.open().await.unwrap();
    let error = database.open().await.err().unwrap();
    assert!(matches!(error, Error::InUse { .. }), "{error:?}");
    assert!(error.to_string().contains("stop it first"), "{error}");
    drop(store);
    database.open().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_directory_may_have_any_name() {
    let database = TestDatabase::new(Backend::Sqlite).await;
    let directory = database.directory().unwrap().join("100% odd? #1 dir");
    let store = store::Store::open_sqlite(&directory).await.unwrap();
    store.setting_or("a", b"b").await.unwrap();
    assert!(directory.join("supercargo.sqlite").is_file());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_that_start_at_once_on_one_postgres_all_succeed() {
    let database = TestDatabase::unmigrated_postgres().await;
    let url = database.url().unwrap().to_owned();
    let starts: Vec<_> = (0..4)
        .map(|_| {
            let url = url.clone();
            tokio::spawn(async move { store::Store::open_postgres(&url).await.map(|_| ()) })
        })
        .collect();
    for start in starts {
        start.await.unwrap().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unreachable_postgres_is_told_without_the_password() {
    let error = store::Store::open_postgres("postgres://me:s3cret@127.0.0.1:1/x").await.err().unwrap();
    assert_eq!(error.to_string(), "cannot open the store at postgres://127.0.0.1:1/x");
    let error = store::Store::open_postgres("mysql://me:s3cret@127.0.0.1/x").await.err().unwrap();
    assert!(matches!(error, Error::Url { .. }) && !format!("{error:?}").contains("s3cret"), "{error:?}");
}
