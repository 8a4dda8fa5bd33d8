//! Snapshot, deltas, tokens.

use store::{Delta, Error, Snapshot};

use crate::{World, on_both};

on_both!(
    a_state_is_its_snapshot_and_what_came_after,
    of_two_writers_one_loses,
    compaction_keeps_what_came_meanwhile,
    a_state_belongs_to_its_organization,
);

async fn a_state_is_its_snapshot_and_what_came_after(world: World) {
    let (store, org, id) = (&world.store, world.org, world.cluster("prod").await.id);
    assert_eq!(store.load_state(org, id).await.unwrap(), None);
    assert!(matches!(store.append_delta(org, id, 0, "t", b"d").await, Err(Error::Conflict { .. })));
    assert_eq!(store.replace_snapshot(org, id, 0, "t1", b"full").await.unwrap(), 1);
    assert_eq!(store.append_delta(org, id, 1, "t2", b"two").await.unwrap(), 2);
    assert_eq!(store.append_delta(org, id, 2, "t3", &[0, 255]).await.unwrap(), 3);
    store.request_resync(org, id, true).await.unwrap();

    let state = store.load_state(org, id).await.unwrap().unwrap();
    assert_eq!((state.sequence, state.token.as_str(), state.previous_token.as_str()), (3, "t3", "t2"));
    assert!(state.resync_requested);
    assert_eq!(state.snapshot, Some(Snapshot { sequence: 1, body: b"full".to_vec() }));
    let deltas = [Delta { sequence: 2, body: b"two".to_vec() }, Delta { sequence: 3, body: vec![0, 255] }];
    assert_eq!(state.deltas, deltas);

    assert_eq!(store.replace_snapshot(org, id, 3, "t4", b"again").await.unwrap(), 4);
    let state = store.load_state(org, id).await.unwrap().unwrap();
    assert!(!state.resync_requested, "a full snapshot is what was asked for");
    assert_eq!((state.sequence, state.deltas.len()), (4, 0));
    assert_eq!(state.snapshot, Some(Snapshot { sequence: 4, body: b"again".to_vec() }));

    store.delete_state(org, id).await.unwrap();
    assert_eq!(store.load_state(org, id).await.unwrap(), None);
}

async fn of_two_writers_one_loses(world: World) {
    let (org, id) = (world.org, world.cluster("prod").await.id);
    world.store.replace_snapshot(org, id, 0, "t1", b"full").await.unwrap();
    let writers: Vec<_> = (0..6)
        .map(|writer| {
            let store = world.store.clone();
            tokio::spawn(async move { store.append_delta(org, id, 1, &format!("w{writer}"), b"d").await })
        })
        .collect();
    let mut won = 0;
    for writer in writers {
        match writer.await.unwrap() {
            Ok(sequence) => {
                assert_eq!(sequence, 2);
                won += 1;
            }
            Err(error) => assert!(matches!(error, Error::Conflict { .. }), "{error:?}"),
        }
    }
    assert_eq!(won, 1);
    assert_eq!(world.store.load_state(org, id).await.unwrap().unwrap().deltas.len(), 1);
    let first_again = world.store.replace_snapshot(org, id, 0, "x", b"full").await;
    assert!(matches!(first_again, Err(Error::Conflict { .. })), "{first_again:?}");
}

async fn compaction_keeps_what_came_meanwhile(world: World) {
    let (store, org, id) = (&world.store, world.org, world.cluster("prod").await.id);
    store.replace_snapshot(org, id, 0, "t1", b"full").await.unwrap();
    for n in 1..5 {
        store.append_delta(org, id, n, &format!("t{}", n + 1), &[n as u8]).await.unwrap();
    }
    store.compact_state(org, id, 3, b"folded").await.unwrap();
    let state = store.load_state(org, id).await.unwrap().unwrap();
    assert_eq!((state.sequence, state.token.as_str()), (5, "t5"));
    assert_eq!(state.snapshot, Some(Snapshot { sequence: 3, body: b"folded".to_vec() }));
    assert_eq!(state.deltas.iter().map(|delta| delta.sequence).collect::<Vec<_>>(), [4, 5]);
    for stale_or_unknown in [2, 3, 6] {
        let result = store.compact_state(org, id, stale_or_unknown, b"x").await;
        assert!(matches!(result, Err(Error::Conflict { .. })), "{stale_or_unknown}: {result:?}");
    }
}

async fn a_state_belongs_to_its_organization(world: World) {
    let (store, org, id) = (&world.store, world.org, world.cluster("prod").await.id);
    let stranger = world.stranger().await;
    let result = store.replace_snapshot(stranger, id, 0, "t", b"x").await;
    assert!(matches!(result, Err(Error::MissingReference { .. })), "{result:?}");
    store.replace_snapshot(org, id, 0, "t1", b"full").await.unwrap();
    assert_eq!(store.load_state(stranger, id).await.unwrap(), None);
    assert!(store.append_delta(stranger, id, 1, "t", b"x").await.is_err());
    assert!(store.compact_state(stranger, id, 1, b"x").await.is_err());
    store.request_resync(stranger, id, true).await.unwrap();
    store.delete_state(stranger, id).await.unwrap();
    let state = store.load_state(org, id).await.unwrap().unwrap();
    assert!(!state.resync_requested);
}
