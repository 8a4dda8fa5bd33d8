//! What was stored by the first release's form is still read. The files were written by it, from the dump
//! that lies beside them.

use std::sync::Arc;

use cluster::{ClusterState, Delta, DumpReader};
use model::PersistentVolume;

use crate::support::fixture;

fn stored(name: &str) -> Vec<u8> {
    std::fs::read(fixture(&format!("form-1/{name}"))).unwrap()
}

/// The same cluster, read now.
fn now() -> ClusterState {
    let mut reader = DumpReader::new();
    reader.read(&stored("dump.json")[..]).unwrap();
    reader.finish()
}

/// What the form could say: it knew no handles of volumes.
fn assert_same(old: &ClusterState) {
    let now = now();
    assert!(old.nodes().eq(now.nodes()));
    assert!(old.pods().eq(now.pods()));
    assert!(old.namespaces().eq(now.namespaces()));
    assert!(old.workloads().eq(now.workloads()));
    assert!(old.disruption_budgets().eq(now.disruption_budgets()));
    assert!(old.claims().eq(now.claims()));
    assert!(old.storage_classes().eq(now.storage_classes()));
    assert!(old.node_storage().eq(now.node_storage()));
    let without_handle = |one: &Arc<PersistentVolume>| {
        Arc::new(PersistentVolume { handle: "".into(), ..PersistentVolume::clone(one) })
    };
    assert!(old.volumes().cloned().eq(now.volumes().map(without_handle)));
    assert_eq!(old.attachments().len() + old.storage_drivers().len() + old.storage_capacities().len(), 0);
}

#[test]
fn a_state_of_the_first_form_is_read_and_written_in_the_new_one() {
    let old = ClusterState::decode(&stored("state")).unwrap();
    assert_eq!((old.counts().nodes, old.counts().pods), (1, 1));
    assert_same(&old);
    let again = ClusterState::decode(&old.encode().unwrap()).unwrap();
    assert_same(&again);
}

#[test]
fn a_delta_of_the_first_form_is_applied() {
    let mut state = ClusterState::new();
    state.apply(Delta::decode(&stored("delta")).unwrap());
    assert_same(&state);
}

#[test]
fn an_old_value_cut_short_is_still_damage() {
    let stored = stored("state");
    for end in 0..stored.len() {
        assert!(ClusterState::decode(&stored[..end]).is_err(), "cut at byte {end}");
    }
}
