//! What every question about an input begins with: who is where, what could be bought, and the rules
//! compiled for both.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use model::{
    KeepMarks, LabelSelector, Labels, Lifecycle, Money, NodeSelector, NodeSelectorTerm, Pod, PodPhase,
    PodSpec, QosClass, Uid, WorkloadKind, node_labels,
};

use crate::candidates::{Candidate, candidates};
use crate::commitments::{self, Coverable};
use crate::machines;
use crate::movable::{Movability, is_daemon};
use crate::plan::{NodeIndex, PodIndex};
use crate::policy::Headroom;
use crate::rules::{Rules, Shape, Spot};
use crate::{PlanningInput, SpotUse};

/// An input with what follows from it.
pub(crate) struct Ground<'a> {
    pub(crate) input: &'a PlanningInput,
    /// The picture's pods, then placeholders, then one pod of each DaemonSet.
    pub(crate) pods: Vec<Arc<Pod>>,
    /// Which of them hold room for pods to come.
    pub(crate) placeholders: Range<PodIndex>,
    /// Which of them stand for DaemonSets.
    pub(crate) daemons: Range<PodIndex>,
    pub(crate) rules: Rules,
    pub(crate) movability: Movability,
    /// What could be bought; a candidate's number is that of its shape in the rules.
    pub(crate) candidates: Vec<Candidate>,
    /// By candidate: the DaemonSets whose pods would land on it.
    pub(crate) daemons_on: Vec<Vec<PodIndex>>,
    /// By candidate: what pods can have of it by the rules' columns, those daemons taken off.
    pub(crate) rooms: Vec<Box<[i64]>>,
    /// By node: its price per hour with commitments used, without the charge per node.
    pub(crate) node_prices: Vec<Money>,
    /// By commitment: how many machines it still covers.
    pub(crate) unused_commitments: Vec<u32>,
    /// Nano-dollars per hour that the disruption of replacing a node is worth over the policies' horizon.
    pub(crate) replacement_price: i64,
    /// By pod of the picture: the node it occupies.
    pub(crate) node_of: Vec<Option<NodeIndex>>,
    /// By node: the pods that occupy it.
    pub(crate) pods_on: Vec<Vec<PodIndex>>,
}

impl<'a> Ground<'a> {
    pub(crate) fn new(input: &'a PlanningInput) -> Self {
        let cluster = &input.cluster;
        let mut pods = cluster.pods.clone();
        for headroom in &input.policies.headroom {
            let placeholder = Arc::new(placeholder(headroom, input));
            pods.extend(std::iter::repeat_n(placeholder, headroom.count as usize));
        }
        let placeholders = cluster.pods.len()..pods.len();
        pods.extend(daemon_pods(input));
        let daemons = placeholders.end..pods.len();

        let candidates = candidates(input);
        let shapes = candidates.iter().map(|candidate| shape(input, candidate)).collect();
        let rules = Rules::compile(cluster, shapes, &pods[cluster.pods.len()..]);
        let (daemons_on, rooms) = daemons_of(candidates.len(), &rules, daemons.clone());

        let by_name: BTreeMap<&str, NodeIndex> =
            cluster.nodes.iter().enumerate().map(|(index, owned)| (&*owned.node.name, index)).collect();
        let node_of: Vec<Option<NodeIndex>> = cluster
            .pods
            .iter()
            .map(|pod| {
                pod.node
                    .as_ref()
                    .filter(|_| pod.is_occupying())
                    .and_then(|name| by_name.get(&**name).copied())
            })
            .collect();
        let mut pods_on = vec![Vec::new(); cluster.nodes.len()];
        for (pod, node) in node_of.iter().enumerate() {
            if let Some(node) = node {
                pods_on[*node].push(pod);
            }
        }
        let movability = Movability::of(input);
        let owned: Vec<Coverable<'_>> = cluster.nodes.iter().map(Coverable::of_node).collect();
        let (node_prices, unused_commitments) = commitments::apply(input, &owned);
        let disruption = &input.policies.disruption;
        let hours = i64::from(disruption.horizon_hours.max(1));
        Self {
            input,
            pods,
            placeholders,
            daemons,
            rules,
            movability,
            candidates,
            daemons_on,
            rooms,
            node_prices,
            unused_commitments,
            replacement_price: disruption.per_node.nanos() / hours,
            node_of,
            pods_on,
        }
    }

    /// Pods that wait for a node and are ours to place.
    pub(crate) fn pending(&self) -> impl Iterator<Item = PodIndex> + '_ {
        self.input.cluster.pods.iter().enumerate().filter(|(_, pod)| waits(pod)).map(|(index, _)| index)
    }

    /// Whether a pod may run on a spot machine, as far as the policies decide it.
    pub(crate) fn may_be_spot(&self, pod: PodIndex, share: &mut SpotShares) -> bool {
        match self.input.policies.spot {
            SpotUse::None => false,
            SpotUse::All => true,
            SpotUse::AsToday => share.runs_on_spot(self, pod),
            SpotUse::Friendly { max_workload_percent } => {
                share.take(self, &self.pods[pod], max_workload_percent)
            }
        }
    }

    /// The headroom that a placeholder stands for.
    pub(crate) fn headroom_of(&self, pod: PodIndex) -> Option<&Headroom> {
        let mut number = pod.checked_sub(self.placeholders.start)?;
        self.input.policies.headroom.iter().find(|headroom| {
            let count = headroom.count as usize;
            let is_here = number < count;
            number = number.saturating_sub(count);
            is_here
        })
    }

    /// Whether a pod is none of the picture's.
    pub(crate) fn is_stand_in(&self, pod: PodIndex) -> bool {
        pod >= self.placeholders.start
    }

    /// Whether a candidate runs on spot.
    pub(crate) fn sells_spot(&self, candidate: usize) -> bool {
        self.input.offers[self.candidates[candidate].offer].lifecycle == Lifecycle::Spot
    }

    /// Whether an empty candidate has room for one pod of a class beside its daemons.
    pub(crate) fn holds_one(&self, candidate: usize, class: usize) -> bool {
        let need = &self.rules.classes()[class].need;
        self.rooms[candidate].iter().zip(need).all(|(&room, &need)| need == 0 || need <= room)
    }

    /// What share of a candidate's price a need is worth: that of the resource it fills most, in
    /// nano-dollars per hour.
    pub(crate) fn share_of_price(&self, candidate: usize, need: &[i64]) -> i64 {
        let price = self.candidates[candidate].price.nanos();
        let share = |(&room, &need): (&i64, &i64)| match (room, need) {
            (_, 0) => 0,
            (room, need) if room > 0 => (i128::from(price) * i128::from(need) / i128::from(room)) as i64,
            _ => price,
        };
        self.rooms[candidate].iter().zip(need).map(share).max().unwrap_or(0)
    }

    /// The lifecycle of a node that exists, for this purpose: a stand-in for spot counts as spot.
    pub(crate) fn is_spot(&self, node: NodeIndex) -> bool {
        self.input.cluster.nodes[node].node.lifecycle != Lifecycle::OnDemand
    }
}

/// Waits for a node, and nothing but a node.
pub(crate) fn waits(pod: &Pod) -> bool {
    pod.is_unbound() && !pod.is_terminating() && !is_daemon(pod) && not_ours(pod).is_none()
}

/// Why a waiting pod is left to others.
pub(crate) fn not_ours(pod: &Pod) -> Option<Arc<str>> {
    if let Some(scheduler) = &pod.spec.scheduler {
        return Some(format!("it asks for the scheduler {scheduler}").into());
    }
    pod.is_gated.then(|| "its scheduling gates are closed".into())
}

/// How much of each workload is on spot already, while pods are looked at one by one.
#[derive(Debug, Default)]
pub(crate) struct SpotShares {
    /// By owner: how many live pods it has, how many of them were let onto spot, and whether one runs there.
    owners: BTreeMap<Uid, Share>,
    is_counted: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Share {
    pods: u64,
    on_spot: u64,
    runs_on_spot: bool,
}

impl SpotShares {
    fn count(&mut self, ground: &Ground<'_>) {
        if std::mem::replace(&mut self.is_counted, true) {
            return;
        }
        for (index, pod) in ground.input.cluster.pods.iter().enumerate() {
            let Some(owner) = pod.owner.as_ref().filter(|_| !pod.is_finished()) else { continue };
            let share = self.owners.entry(owner.uid.clone()).or_default();
            share.pods += 1;
            share.runs_on_spot |= ground.node_of[index].is_some_and(|node| ground.is_spot(node));
        }
    }

    /// A bound pod where it runs; a waiting one where its siblings do, or where it asks to be.
    fn runs_on_spot(&mut self, ground: &Ground<'_>, index: PodIndex) -> bool {
        self.count(ground);
        if let Some(node) = ground.node_of.get(index).copied().flatten() {
            return ground.is_spot(node);
        }
        let pod = &ground.pods[index];
        asks_for_spot(&pod.spec)
            || pod
                .owner
                .as_ref()
                .and_then(|owner| self.owners.get(&owner.uid))
                .is_some_and(|share| share.runs_on_spot)
    }

    /// Lets pods of a friendly workload onto spot until its share is used up.
    fn take(&mut self, ground: &Ground<'_>, pod: &Pod, percent: u8) -> bool {
        self.count(ground);
        let Some(owner) = &pod.owner else { return false };
        let friendly = owner.kind != WorkloadKind::StatefulSet
            && pod.claims.is_empty()
            && !pod.keep.any()
            && !pod.spec.empty_dir
            && !pod.spec.host_path;
        let share = self.owners.entry(owner.uid.clone()).or_default();
        let room = share.pods * u64::from(percent.min(100)) / 100;
        let is_let = friendly && share.pods >= 2 && share.on_spot < room;
        share.on_spot += u64::from(is_let);
        is_let
    }
}

/// Demands or tolerates what marks spot nodes.
fn asks_for_spot(spec: &PodSpec) -> bool {
    let is_spot = |name: &str, value: &str| {
        node_labels::lifecycle(&[(name, value)].into_iter().collect()) == Lifecycle::Spot
    };
    let terms = spec.required_node_affinity.iter().flat_map(|selector| &selector.terms);
    spec.node_selector.iter().any(|(name, value)| is_spot(name, value))
        || terms
            .flat_map(|term| &term.expressions)
            .any(|one| one.values.iter().any(|value| one.matches(Some(value)) && is_spot(&one.key, value)))
        || spec.tolerations.iter().any(|toleration| {
            let value = toleration.value.as_deref().filter(|value| !value.is_empty()).unwrap_or("true");
            toleration.key.as_deref().is_some_and(|key| is_spot(key, value) || is_spot(key, "spot"))
        })
}

fn shape(input: &PlanningInput, candidate: &Candidate) -> Shape {
    let (offer, template) = (&input.offers[candidate.offer], &input.templates[candidate.template]);
    let mut room = offer.machine.allocatable.clone();
    room.pods = template.max_pods.map_or(room.pods, |most| most.min(room.pods));
    Shape {
        labels: Arc::new(machines::node_labels(offer, template)),
        taints: machines::node_taints(offer, template).into(),
        room,
        ..Shape::default()
    }
}

/// What lands on each candidate by itself, and what it leaves.
fn daemons_of(
    candidates: usize,
    rules: &Rules,
    daemons: Range<PodIndex>,
) -> (Vec<Vec<PodIndex>>, Vec<Box<[i64]>>) {
    let daemons: Vec<(PodIndex, usize)> =
        daemons.filter_map(|pod| Some((pod, rules.class_of(pod)?))).collect();
    let mut on = Vec::with_capacity(candidates);
    let mut rooms = Vec::with_capacity(candidates);
    for candidate in 0..candidates {
        let mut room: Box<[i64]> = rules.room(Spot::New(candidate)).into();
        let mut here = Vec::new();
        for &(pod, class) in &daemons {
            if rules.may_be(class, Spot::New(candidate)) {
                room.iter_mut().zip(&rules.classes()[class].need).for_each(|(room, need)| *room -= need);
                here.push(pod);
            }
        }
        on.push(here);
        rooms.push(room);
    }
    (on, rooms)
}

/// One pod of each DaemonSet, as it would come to a new node.
fn daemon_pods(input: &PlanningInput) -> impl Iterator<Item = Arc<Pod>> + '_ {
    input.cluster.workloads.iter().filter(|workload| workload.key.kind == WorkloadKind::DaemonSet).filter_map(
        |workload| {
            let template = workload.template.as_ref()?;
            Some(Arc::new(Pod {
                namespace: Arc::clone(&workload.key.namespace),
                labels: Arc::clone(&template.labels),
                spec: Arc::clone(&template.spec),
                ..blank(&workload.key.name, input)
            }))
        },
    )
}

/// A pod that holds room for others.
fn placeholder(headroom: &Headroom, input: &PlanningInput) -> Pod {
    let mut requests = headroom.resources.clone();
    requests.pods = requests.pods.max(1);
    let nodes = headroom.nodes.as_ref().map(|LabelSelector { requirements }| NodeSelector {
        terms: Box::new([NodeSelectorTerm { expressions: requirements.clone(), fields: Box::default() }]),
    });
    let spec = PodSpec { requests, required_node_affinity: nodes, ..PodSpec::default() };
    Pod { spec: Arc::new(spec), ..blank(&headroom.name, input) }
}

fn blank(name: &Arc<str>, input: &PlanningInput) -> Pod {
    Pod {
        namespace: "".into(),
        name: Arc::clone(name),
        uid: Uid::new(""),
        labels: Arc::new(Labels::default()),
        spec: Arc::new(PodSpec { qos: QosClass::BestEffort, ..PodSpec::default() }),
        owner: None,
        node: None,
        required_node: None,
        claims: Box::default(),
        phase: PodPhase::Pending,
        reason: None,
        ready: false,
        deleted_at: None,
        unschedulable: None,
        keep: KeepMarks::default(),
        is_static: false,
        is_gated: false,
        required_features: Box::default(),
        ephemeral_claims: Box::default(),
        created_at: input.now,
    }
}
