//! The stream of deltas, read by the server's own decoder, gives the world that it was written from.

use cluster::{ClusterState, decode_delta};
use model::NamespacedName;
use sim::{Cluster, Informer, Provider};

use super::{after, start, troubled};

/// Compares what a reader of the deltas knows with what is so.
fn assert_same(state: &ClusterState, cluster: &Cluster, when: &str) {
    let (known, real) = (state.counts(), cluster.counts());
    assert_eq!(
        (known.nodes as u64, known.pods as u64, known.unbound_pods as u64),
        (real.nodes, real.pods, real.unbound_pods),
        "{when}"
    );
    for pod in cluster.world().pods.values() {
        let name = NamespacedName {
            namespace: pod.meta.namespace.as_str().into(),
            name: pod.meta.name.as_str().into(),
        };
        let read = state.pod(&name).unwrap_or_else(|| panic!("{when}: {}", pod.meta.name));
        let requests = pod.requests;
        assert_eq!(read.spec.requests.cpu_milli as u64, requests.cpu_milli, "{when}: {}", pod.meta.name);
        assert_eq!(read.spec.requests.memory_bytes as u64, requests.memory, "{when}: {}", pod.meta.name);
        let bound = pod.placement.as_ref().map(|placement| &*placement.node_name);
        assert_eq!(read.node.as_deref(), bound, "{when}: {}", pod.meta.name);
    }
    for node in cluster.world().nodes.values() {
        let read = state.node(&node.meta.name).unwrap_or_else(|| panic!("{when}: {}", node.meta.name));
        assert_eq!(read.allocatable.cpu_milli as u64, node.allocatable.cpu_milli, "{when}");
        assert_eq!(read.lifecycle, node.lifecycle, "{when}: {}", node.meta.name);
    }
}

fn replay(mut cluster: Cluster, steps: i64, seconds: i64) {
    let (mut informer, mut state, mut now) = (Informer::new(), ClusterState::new(), start());
    let body = informer.full_snapshot(&mut cluster, "c", now);
    state.apply(decode_delta(&body[..], now).unwrap());
    informer.delivered();
    assert_same(&state, &cluster, "at the start");
    for step in 1..=steps {
        now = after(now, seconds);
        cluster.advance(now);
        let body = informer.delta(&mut cluster, "c", now);
        let delta = decode_delta(&body[..], now).unwrap();
        assert!(delta.skipped.is_empty(), "{:?}", delta.skipped);
        state.apply(delta);
        // Every other answer is lost: what was sent is sent again.
        if step % 2 == 0 {
            informer.delivered();
        }
        assert_same(&state, &cluster, &format!("step {step}"));
    }
}

#[test]
fn deltas_of_every_provider_give_the_world() {
    for provider in Provider::ALL {
        replay(troubled(provider, 3), 300, 120);
    }
}

#[test]
fn deltas_of_the_demo_give_the_world() {
    replay(sim::demo_cluster(7, start()), 12, 3_600);
}
