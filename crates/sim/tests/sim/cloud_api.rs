//! The simulated cloud's API in process, on a clock that stands until it is moved.

use std::sync::{Arc, Mutex};

use cloud::driver::{
    CreateRequest, DriverError, EndReason, Machine, MachineKey, MachineState, NodeConfiguration,
};
use cloud::{Catalog, Driver};
use jiff::SignedDuration;
use model::{ActionId, ClusterId, Lifecycle, ManualClock, NodeId, SequentialIds, Taint, TaintEffect};
use sim::http::{Shared, lock};
use sim::scenario::{Dynamics, Scenario, load_test};
use sim::world::meta::Kind;
use sim::world::node::Node;
use sim::world::pod::Pod;
use sim::world::template::Resources;
use sim::{Cluster, Informer, Provider, SimCloud, Subject};

use super::start;

/// A cluster whose groups do nothing, with the cloud under it.
pub(super) struct Simulated {
    pub(super) cloud: SimCloud,
    pub(super) id: ClusterId,
    clock: Arc<ManualClock>,
    cluster: Shared,
    ids: SequentialIds,
}

/// Four nodes, and eight pods of 7 CPUs for which they have no room.
pub(super) fn crowded(provider: Provider, seed: u64) -> Scenario {
    let mut scenario = load_test(provider, "shop", 4, seed, Dynamics::CALM);
    let mut burst = scenario.workloads.iter().find(|plan| plan.kind == Kind::Deployment).cloned().unwrap();
    (burst.name, burst.replicas, burst.autoscale) = ("burst".to_owned(), 8, None);
    burst.template.containers.truncate(1);
    burst.template.containers[0].requests = Resources::new(7_000, 1_024);
    scenario.workloads.push(burst);
    scenario.workloads.iter_mut().for_each(|plan| plan.autoscale = None);
    scenario
}

impl Simulated {
    pub(super) fn new(scenario: &Scenario, seed: u64) -> Self {
        let clock = Arc::new(ManualClock::new(start()));
        let mut cluster = Cluster::new(scenario, seed, start(), Some(Catalog::builtin()));
        cluster.set_group_autoscaler(false);
        let cluster: Shared = Arc::new(Mutex::new(Subject::from(cluster)));
        let cloud = SimCloud::new(clock.clone());
        let ids = SequentialIds::new(9);
        let id = ClusterId::new(&ids);
        cloud.add(id, cluster.clone());
        Self { cloud, id, clock, cluster, ids }
    }

    fn crowded(seed: u64) -> Self {
        Self::new(&crowded(Provider::Eks, seed), seed)
    }

    /// A request for one machine on demand, anywhere.
    pub(super) fn request(&self, instance_type: &str) -> CreateRequest {
        CreateRequest {
            action: ActionId::new(&self.ids),
            cluster: self.id,
            node: NodeId::new(&self.ids),
            instance_type: instance_type.into(),
            zone: None,
            lifecycle: Lifecycle::OnDemand,
            labels: [("team", "shop")].into_iter().collect(),
            taints: Vec::new(),
            node_template: Some("default-by-castai".into()),
            configuration: NodeConfiguration::default(),
        }
    }

    async fn buy(&self, instance_type: &str) -> Result<Machine, DriverError> {
        self.cloud.create(&self.request(instance_type)).await
    }

    /// Buys one and waits for its node, whose name is given.
    async fn buy_node(&self, request: &CreateRequest) -> String {
        let machine = self.cloud.create(request).await.unwrap();
        self.pass(120);
        machine.node_name.unwrap().to_string()
    }

    fn pass(&self, seconds: i64) {
        self.clock.advance(SignedDuration::from_secs(seconds));
        self.look(|_| ());
    }

    fn look<T>(&self, work: impl FnOnce(&mut Cluster) -> T) -> T {
        let mut subject = lock(&self.cluster);
        let cluster = subject.cluster_mut().unwrap();
        cluster.advance(model::Clock::now(&*self.clock));
        work(cluster)
    }

    fn node(&self, name: &str) -> Option<Node> {
        self.look(|cluster| cluster.world().node_named(name).cloned())
    }

    fn waiting(&self) -> u64 {
        self.look(|cluster| cluster.counts().unbound_pods)
    }

    fn trouble(&self, text: &str) -> Result<(), DriverError> {
        self.cloud.trouble(self.id, serde_json::from_str(text).unwrap())
    }

    async fn machine(&self, action: ActionId) -> Machine {
        self.cloud.describe(self.id, &MachineKey::Action(action)).await.unwrap().unwrap()
    }
}

#[tokio::test]
async fn bought_machines_join_and_waiting_pods_run() {
    let world = Simulated::crowded(3);
    assert_eq!(world.waiting(), 8);
    let mut request = world.request("c7i.8xlarge");
    request.zone = Some("us-east-1b".into());
    request.lifecycle = Lifecycle::Spot;
    request.configuration.disk.gib = Some(200);
    request.configuration.image = Some("ami-0123".into());
    request.configuration.max_pods = Some(40);
    request.configuration.tags = [("cost-centre", "17")].into_iter().collect();
    let ordered = world.cloud.create(&request).await.unwrap();
    assert_eq!((ordered.state, ordered.created_at), (MachineState::Pending, start()));
    assert!(world.node(ordered.node_name.as_deref().unwrap()).is_none(), "it has to boot first");
    world.cloud.create(&world.request("m6a.8xlarge")).await.unwrap();
    world.pass(180);

    assert_eq!(world.waiting(), 0);
    let running = world.machine(request.action).await;
    let known = Machine { state: MachineState::Running, ..ordered.clone() };
    assert_eq!(running, known, "it is the machine that was ordered");
    assert_eq!(running.tags.get("cost-centre"), Some("17"));
    let node = world.node(ordered.node_name.as_deref().unwrap()).unwrap();
    assert_eq!(ordered.provider_id.as_deref(), Some(node.provider_id.as_str()));
    assert!(node.ready && node.active_pods > 4, "{} pods run on it", node.active_pods);
    assert_eq!((node.machine.cpus, node.machine.max_pods, &*node.zone), (32, 40, "us-east-1b"));
    for (name, value) in [
        ("provisioner.cast.ai/node-id", request.node.to_string().as_str()),
        ("provisioner.cast.ai/managed-by", "cast.ai"),
        ("scheduling.cast.ai/node-template", "default-by-castai"),
        ("scheduling.cast.ai/spot", "true"),
        ("node.kubernetes.io/instance-type", "c7i.8xlarge"),
        ("topology.kubernetes.io/zone", "us-east-1b"),
        ("team", "shop"),
    ] {
        assert_eq!(node.meta.labels.get(name).map(String::as_str), Some(value), "{name}");
    }
    assert!(!node.meta.labels.contains_key("eks.amazonaws.com/nodegroup"), "it is of no group");
    let shown = world
        .look(|cluster| String::from_utf8(Informer::new().full_snapshot(cluster, "c", start())).unwrap());
    assert!(
        shown.contains(r#""osImage":"ami-0123""#) && shown.contains("\"ephemeral-storage\":\"193273528320\"")
    );
}

#[tokio::test]
async fn pods_stay_off_a_node_whose_taints_they_do_not_tolerate() {
    let world = Simulated::crowded(3);
    let taint = Taint { key: "dedicated".into(), value: "batch".into(), effect: TaintEffect::NoSchedule };
    let request = CreateRequest { taints: vec![taint], ..world.request("m6a.8xlarge") };
    let name = world.buy_node(&request).await;
    assert_eq!(world.waiting(), 8);
    let taints = world.node(&name).unwrap().taints;
    assert_eq!((taints.len(), taints[0].key.as_str(), taints[0].value.as_str()), (1, "dedicated", "batch"));
}

#[tokio::test]
async fn one_action_is_one_machine_for_ever() {
    let world = Simulated::crowded(3);
    let request = world.request("m5.large");
    let first = world.cloud.create(&request).await.unwrap();
    assert_eq!(world.cloud.create(&request).await.unwrap(), first);
    let other = CreateRequest { instance_type: "m5.xlarge".into(), ..request.clone() };
    let error = world.cloud.create(&other).await.unwrap_err();
    assert!(matches!(&error, DriverError::Invalid { field, .. } if field == "action"), "{error}");
    world.pass(300);
    world.cloud.delete(world.id, &MachineKey::Action(request.action)).await.unwrap();
    world.pass(2 * 86_400);
    let long_gone = world.cloud.create(&request).await.unwrap();
    assert_eq!((long_gone.state, long_gone.provider_id), (MachineState::Gone, first.provider_id));
    let listed = world.cloud.machines(world.id).await.unwrap();
    assert_eq!(listed.len(), 4, "of machines that are gone only those of the last hour are listed");
}

#[tokio::test]
async fn what_is_given_back_goes_once_with_its_node_and_its_pods_come_back() {
    let world = Simulated::crowded(3);
    let request = world.request("m6a.8xlarge");
    let name = world.buy_node(&request).await;
    world.pass(60);
    let waited = world.waiting();
    assert!(waited < 8);
    let key = MachineKey::Action(request.action);
    world.cloud.delete(world.id, &key).await.unwrap();
    let ending = world.machine(request.action).await;
    assert_eq!(
        (ending.state, ending.ended.clone().unwrap().reason),
        (MachineState::Terminating, EndReason::Deleted)
    );
    world.cloud.delete(world.id, &key).await.unwrap();
    assert_eq!(world.machine(request.action).await, ending, "the second time nothing happens");
    world.pass(30);
    assert!(world.node(&name).is_none());
    assert_eq!(world.machine(request.action).await.state, MachineState::Gone);
    world.pass(60);
    assert_eq!(world.waiting(), 8);
    world.cloud.delete(world.id, &key).await.unwrap();
    world.cloud.delete(world.id, &MachineKey::Provider("aws:///us-east-1a/i-0".into())).await.unwrap();

    // One that is given back before it boots never joins.
    let request = world.request("m5.large");
    world.cloud.create(&request).await.unwrap();
    world.cloud.delete(world.id, &MachineKey::Action(request.action)).await.unwrap();
    world.pass(300);
    assert_eq!(world.look(|cluster| cluster.counts().nodes), 4);
}

#[tokio::test]
async fn machines_of_groups_are_listed_and_given_back_too() {
    let world = Simulated::crowded(3);
    let listed = world.cloud.machines(world.id).await.unwrap();
    assert_eq!(listed.len(), 4);
    assert!(listed.iter().all(|machine| machine.action.is_none() && machine.created_at < start()));
    let (name, provider_id) = (listed[0].node_name.clone().unwrap(), listed[0].provider_id.clone().unwrap());
    // Whoever deletes the Node object alone still pays for the machine.
    world.look(|cluster| {
        let action = serde_json::json!({"items": [{
            "id": "a1", "createdAt": start(),
            "actionDeleteNode": {"nodeName": &*name, "nodeId": "", "providerId": &*provider_id},
        }]});
        super::controller::offer_once(cluster, start(), &action);
    });
    assert!(world.node(&name).is_none());
    let key = MachineKey::Provider(provider_id);
    let described = world.cloud.describe(world.id, &key).await.unwrap().unwrap();
    assert_eq!(described.state, MachineState::Running);
    world.cloud.delete(world.id, &key).await.unwrap();
    world.pass(600);
    assert_eq!(world.look(|cluster| cluster.counts().nodes), 3, "nothing replaces it");
    assert_eq!(world.cloud.describe(world.id, &key).await.unwrap().unwrap().state, MachineState::Gone);
}

#[tokio::test]
async fn every_type_on_offer_can_be_bought() {
    for provider in [Provider::Eks, Provider::Gke, Provider::Aks] {
        let mut scenario = load_test(provider, "shop", 1, 1, Dynamics::CALM);
        scenario.workloads.clear();
        let world = Simulated::new(&scenario, 1);
        let offers = world.cloud.offers(world.id).await.unwrap();
        assert!(offers.len() > 500, "{provider} sells {}", offers.len());
        assert!(offers.is_sorted_by_key(|offer| (&offer.instance_type, &offer.zone, offer.lifecycle)));
        let mut bought = 1;
        for pair in offers.chunk_by(|a, b| a.instance_type == b.instance_type) {
            let offer = pair.last().unwrap();
            let request = CreateRequest {
                zone: Some(offer.zone.clone()),
                lifecycle: offer.lifecycle,
                ..world.request(&offer.instance_type)
            };
            world.cloud.create(&request).await.unwrap();
            bought += 1;
        }
        world.pass(120);
        let nodes = world.look(|cluster| cluster.world().nodes.values().cloned().collect::<Vec<_>>());
        assert_eq!(nodes.len(), bought, "{provider}");
        for node in nodes {
            let kind = &node.machine.name;
            assert!(node.allocatable.cpu_milli > 0 && node.allocatable.memory > 0, "{kind} has room");
            assert_eq!(
                node.machine.gpus > 0,
                node.meta.labels.contains_key("nvidia.com/gpu.present"),
                "{kind}"
            );
        }
    }
}

#[tokio::test]
async fn a_request_that_makes_no_sense_is_refused_by_its_field() {
    let world = Simulated::crowded(3);
    let field = |error: DriverError| match error {
        DriverError::Invalid { field, .. } => field,
        other => panic!("{other}"),
    };
    let fields = [
        ("instanceType", CreateRequest { instance_type: "m99.large".into(), ..world.request("") }),
        ("zone", CreateRequest { zone: Some("us-east-1z".into()), ..world.request("m5.large") }),
        ("cluster", CreateRequest { cluster: ClusterId::new(&world.ids), ..world.request("m5.large") }),
        (
            "configuration.maxPods",
            CreateRequest {
                configuration: NodeConfiguration { max_pods: Some(0), ..NodeConfiguration::default() },
                ..world.request("m5.large")
            },
        ),
    ];
    for (expected, request) in fields {
        assert_eq!(field(world.cloud.create(&request).await.unwrap_err()), expected);
    }
    assert!(!world.cloud.serves(ClusterId::new(&world.ids)).await.unwrap());
    let own = Simulated::new(&load_test(Provider::Anywhere, "own", 2, 1, Dynamics::CALM), 1);
    assert!(!own.cloud.serves(own.id).await.unwrap(), "nobody sells machines of one's own");
}

#[tokio::test]
async fn a_drought_dries_up_what_it_names_while_it_lasts() {
    let world = Simulated::crowded(3);
    let drought = |rest: &str| {
        let fault = format!(r#"{{"kind": "drought", "instanceType": "m5.large"{rest}}}"#);
        world.trouble(&format!(r#"{{"fault": {fault}, "afterSeconds": 60, "forSeconds": 600}}"#)).unwrap();
    };
    drought(r#", "lifecycle": "spot""#);
    drought(r#", "zone": "us-east-1a", "announced": true"#);
    let spot = || CreateRequest { lifecycle: Lifecycle::Spot, ..world.request("m5.large") };
    let fallback = || CreateRequest { lifecycle: Lifecycle::SpotFallback, ..world.request("m5.large") };
    world.cloud.create(&spot()).await.unwrap();
    world.pass(60);
    let request = spot();
    let error = world.cloud.create(&request).await.unwrap_err();
    let expected = DriverError::Capacity {
        instance_type: "m5.large".into(),
        zone: None,
        lifecycle: Lifecycle::Spot,
        message: "there is not enough capacity to meet the request".to_owned(),
    };
    assert_eq!(error, expected);
    let bought = world.cloud.create(&fallback()).await.unwrap();
    assert_ne!(bought.zone.as_deref(), Some("us-east-1a"), "the cloud chooses a zone that has one");
    let there = CreateRequest { zone: Some("us-east-1a".into()), ..fallback() };
    assert!(matches!(world.cloud.create(&there).await.unwrap_err(), DriverError::Capacity { .. }));
    world.buy("m5.xlarge").await.unwrap();

    let missing = |offers: Vec<cloud::driver::ZoneOffer>| {
        let gone: Vec<_> = offers.into_iter().filter(|offer| !offer.available).collect();
        gone.iter()
            .map(|offer| format!("{} {} {}", offer.instance_type, offer.zone, offer.lifecycle))
            .collect::<Vec<_>>()
    };
    let told = missing(world.cloud.offers(world.id).await.unwrap());
    assert_eq!(
        told,
        ["m5.large us-east-1a on_demand", "m5.large us-east-1a spot"],
        "what is not announced shows only by trying"
    );
    world.pass(600);
    world.cloud.create(&request).await.unwrap();
    assert!(missing(world.cloud.offers(world.id).await.unwrap()).is_empty());
}

#[tokio::test]
async fn the_api_fails_as_it_is_told() {
    let world = Simulated::crowded(3);
    let for_a_minute = |fault: &str| {
        world.trouble(&format!(r#"{{"fault": {fault}, "forSeconds": 60}}"#)).unwrap();
    };
    let in_use =
        world.look(|cluster| cluster.world().nodes.values().map(|node| node.machine.cpus).sum::<u64>());
    for_a_minute(&format!(r#"{{"kind": "quota", "cpus": {}}}"#, in_use + 10));
    world.buy("m5.2xlarge").await.unwrap();
    assert!(matches!(world.buy("m5.xlarge").await.unwrap_err(), DriverError::Quota { .. }));
    world.buy("m5.large").await.unwrap();
    world.pass(60);
    world.buy("m5.xlarge").await.unwrap();

    for_a_minute(r#"{"kind": "throttle", "permille": 500, "retryAfterMillis": 1500}"#);
    let mut throttled = 0;
    for _ in 0..100 {
        match world.cloud.machines(world.id).await {
            Ok(machines) => assert!(machines.len() >= 7),
            Err(error) => {
                let retry_after = std::time::Duration::from_millis(1_500);
                assert_eq!(error, DriverError::Throttled { retry_after });
                throttled += 1;
            }
        }
    }
    assert!((30..70).contains(&throttled), "{throttled} of 100");
    world.pass(60);

    for_a_minute(r#"{"kind": "badCredentials"}"#);
    assert!(matches!(world.cloud.offers(world.id).await.unwrap_err(), DriverError::Auth { .. }));
    assert!(matches!(world.buy("m5.large").await.unwrap_err(), DriverError::Auth { .. }));
    world.pass(60);

    let before = world.cloud.machines(world.id).await.unwrap().len();
    for_a_minute(r#"{"kind": "lostAnswers", "permille": 1000}"#);
    let request = world.request("m5.large");
    for _ in 0..3 {
        let error = world.cloud.create(&request).await.unwrap_err();
        assert!(matches!(error, DriverError::Transient { .. }), "{error}");
    }
    world.pass(60);
    world.cloud.create(&request).await.unwrap();
    let after = world.cloud.machines(world.id).await.unwrap().len();
    assert_eq!(after, before + 1, "what was asked for four times was done once");
}

#[tokio::test]
async fn machines_fail_as_they_are_told() {
    let world = Simulated::crowded(3);
    let trouble = |fault: &str| world.trouble(&format!(r#"{{"fault": {fault}, "forSeconds": 10}}"#)).unwrap();
    trouble(r#"{"kind": "slowBoot", "seconds": 600}"#);
    let slow = world.request("m5.large");
    world.cloud.create(&slow).await.unwrap();
    world.pass(10);
    trouble(r#"{"kind": "neverJoins", "permille": 1000}"#);
    let lost = world.request("m5.large");
    world.cloud.create(&lost).await.unwrap();
    world.pass(580);
    let name_of = |machine: Machine| machine.node_name.unwrap().to_string();
    let (slow, lost) = (world.machine(slow.action).await, world.machine(lost.action).await);
    assert_eq!((slow.state, lost.state), (MachineState::Running, MachineState::Running));
    let (slow, lost) = (name_of(slow), name_of(lost));
    assert!(world.node(&slow).is_none(), "not yet");
    world.pass(150);
    assert!(world.node(&slow).is_some());
    world.pass(86_400);
    assert!(world.node(&lost).is_none(), "it never joins");

    trouble(r#"{"kind": "taintedNodes", "key": "scan", "value": "pending", "effect": "NoSchedule"}"#);
    let tainted = world.request("m6a.8xlarge");
    world.trouble(r#"{"fault": {"kind": "taintedNodes", "key": "scan", "effect": "NoSchedule"}}"#).unwrap();
    let name = world.buy_node(&tainted).await;
    assert_eq!(world.node(&name).unwrap().taints.len(), 1, "the first of the two is over");
    assert_eq!(world.waiting(), 8, "nothing tolerates it");
}

#[tokio::test]
async fn budgets_and_pods_stand_in_the_way_as_they_are_told() {
    let world = Simulated::crowded(3);
    let allowed = || {
        world.look(|cluster| {
            let world = cluster.world();
            let budget = world.budgets.values().find(|budget| world.standing(budget).expected > 0).unwrap();
            (budget.meta.namespace.clone(), budget.meta.name.clone(), world.standing(budget).allowed)
        })
    };
    let (namespace, name, before) = allowed();
    assert!(before > 0);
    let fault = format!(r#"{{"kind": "blockedBudget", "namespace": "{namespace}", "name": "{name}"}}"#);
    world.trouble(&format!(r#"{{"fault": {fault}, "afterSeconds": 30, "forSeconds": 60}}"#)).unwrap();
    assert_eq!(allowed().2, before);
    world.pass(30);
    assert_eq!(allowed().2, 0);
    world.pass(60);
    assert_eq!(allowed().2, before);
    let error = world.trouble(r#"{"fault": {"kind": "blockedBudget", "namespace": "no", "name": "such"}}"#);
    assert_eq!(error.unwrap_err().to_string(), "fault: name: no budget such in namespace no");

    let request = world.request("m6a.8xlarge");
    let node = world.buy_node(&request).await;
    world.pass(60);
    let on_node = |pod: &Pod| {
        pod.meta.name.starts_with("burst")
            && pod.placement.as_ref().is_some_and(|placement| *placement.node_name == *node)
    };
    let left = || world.look(|cluster| cluster.world().pods.values().filter(|pod| on_node(pod)).count());
    let there = left();
    assert!(there > 0);
    let namespace = world.look(|cluster| {
        cluster.world().pods.values().find(|pod| on_node(pod)).unwrap().meta.namespace.clone()
    });
    let fault = format!(r#"{{"kind": "stuckPods", "namespace": "{namespace}", "prefix": "burst"}}"#);
    world.trouble(&format!(r#"{{"fault": {fault}, "forSeconds": 1800}}"#)).unwrap();
    world.cloud.delete(world.id, &MachineKey::Action(request.action)).await.unwrap();
    world.pass(900);
    assert_eq!(left(), there, "they stay although their node is gone");
    world.pass(900);
    assert!(world.node(&node).is_none());
    assert_eq!(left(), 0, "what held them let go");
}

#[tokio::test]
async fn the_same_seed_and_calls_give_the_same_bytes() {
    async fn stream(seed: u64) -> Vec<u8> {
        let world = Simulated::new(&crowded(Provider::Gke, seed), seed);
        let mut informer = Informer::new();
        let mut bytes = Vec::new();
        world
            .trouble(r#"{"fault": {"kind": "throttle", "permille": 300, "retryAfterMillis": 100}}"#)
            .unwrap();
        world.trouble(r#"{"fault": {"kind": "neverJoins", "permille": 300}}"#).unwrap();
        for _ in 0..20 {
            bytes.extend(format!("{:?}", world.buy("n2-standard-8").await).into_bytes());
            world.pass(60);
            let now = model::Clock::now(&*world.clock);
            bytes.extend(world.look(|cluster| informer.delta(cluster, "c", now)));
            informer.delivered();
            bytes.extend(format!("{:?}", world.cloud.machines(world.id).await).into_bytes());
        }
        bytes
    }
    assert!(stream(5).await == stream(5).await, "two runs of one seed differ");
    assert!(stream(5).await != stream(6).await, "two seeds give one stream");
}
