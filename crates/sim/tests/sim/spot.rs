//! Spot machines that are taken back, and the handler that says so.

use cloud::Catalog;
use cloud::driver::{EndReason, MachineKey, MachineState};
use model::{ClusterId, Lifecycle, SequentialIds, Timestamp};
use serde_json::{Value, json};
use sim::protocol::{Purpose, Request, Response, Step};
use sim::scenario::{Dynamics, load_test};
use sim::{Cluster, Provider, SpotHandler};

use super::{after, start};

struct Watched {
    cluster: Cluster,
    handler: SpotHandler,
    now: Timestamp,
}

impl Watched {
    fn new() -> Self {
        let scenario = load_test(Provider::Eks, "shop", 8, 1, Dynamics::CALM);
        let mut cluster = Cluster::new(&scenario, 1, start(), Some(Catalog::builtin()));
        cluster.set_group_autoscaler(false);
        let mut watched = Self { cluster, handler: SpotHandler::new("c1", start()), now: start() };
        assert!(watched.until(start()).is_none());
        watched
    }

    fn spot_node(&self) -> String {
        let mut nodes = self.cluster.world().nodes.values();
        nodes.find(|node| node.lifecycle == Lifecycle::Spot).unwrap().meta.name.clone()
    }

    /// What the handler sends first, until then.
    fn until(&mut self, end: Timestamp) -> Option<Request> {
        loop {
            match self.handler.step(&mut self.cluster, self.now) {
                Step::Send(request) => return Some(request),
                Step::Wait(until) if until > end => return None,
                Step::Wait(until) => self.now = until,
            }
        }
    }

    fn answer(&mut self, status: u16) -> Result<(), String> {
        let response = Response { status, ..Response::default() };
        self.handler.answer(Ok(response), &mut self.cluster, self.now)
    }
}

#[test]
fn a_notice_is_passed_on_until_it_is_taken_and_then_marks_the_node() {
    let mut watched = Watched::new();
    let name = watched.spot_node();
    let provider_id = watched.cluster.world().node_named(&name).unwrap().provider_id.clone();
    assert!(watched.cluster.reclaim(&name));
    let request = watched.until(after(start(), 2)).unwrap();
    assert_eq!(
        (request.purpose, request.path.as_str()),
        (Purpose::CloudEvent, "/v1/kubernetes/external-clusters/c1/events")
    );
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(body, json!({"event_type": "interrupted", "node_id": "", "provider_id": provider_id}));
    assert!(watched.answer(500).is_err());
    let unmarked = watched.cluster.world().node_named(&name).unwrap();
    assert!(!unmarked.unschedulable, "what nobody heard of marks nothing");

    let again = watched.until(after(start(), 10)).unwrap();
    assert_eq!(again.body, request.body);
    watched.answer(200).unwrap();
    let node = watched.cluster.world().node_named(&name).unwrap();
    let label = node.meta.labels.get("autoscaling.cast.ai/draining").map(String::as_str);
    assert_eq!((node.unschedulable, label), (true, Some("spot-interruption")));
    assert!(
        node.taints.iter().any(|taint| taint.key == "autoscaling.cast.ai/draining" && taint.value == "true")
    );

    let cluster_id = ClusterId::new(&SequentialIds::new(1));
    let key = MachineKey::Provider(provider_id.as_str().into());
    let told = watched.cluster.machine(cluster_id, &key).unwrap().unwrap();
    assert_eq!((told.state, told.interrupted_at), (MachineState::Running, Some(after(start(), 120))));
    assert!(watched.until(after(start(), 300)).is_none(), "once is enough");
    let gone = watched.cluster.machine(cluster_id, &key).unwrap().unwrap();
    assert_eq!((gone.state, gone.ended.unwrap().reason), (MachineState::Gone, EndReason::Interrupted));
    assert!(watched.cluster.world().node_named(&name).is_none());
}

#[test]
fn a_recommendation_marks_nothing_and_nobody_is_told_of_machines_on_demand() {
    let mut watched = Watched::new();
    let name = watched.spot_node();
    assert!(watched.cluster.recommend_rebalance(&name));
    let request = watched.until(after(start(), 2)).unwrap();
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(body["event_type"], "rebalanceRecommendation");
    watched.answer(200).unwrap();
    assert!(!watched.cluster.world().node_named(&name).unwrap().unschedulable);

    let mut nodes = watched.cluster.world().nodes.values();
    let other = nodes.find(|node| node.lifecycle == Lifecycle::OnDemand).unwrap().meta.name.clone();
    assert!(!watched.cluster.reclaim(&other) && !watched.cluster.recommend_rebalance(&other));
    assert!(watched.until(after(start(), 300)).is_none());
}
