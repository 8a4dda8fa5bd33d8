//! Every pod and every node once, and the cluster as the plan leaves it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use model::{Labels, Pod, PodSpec, Resources, Taint, Workload, WorkloadKind};

use super::nodes;
use super::storage::StorageIndex;
use super::violation::Violation;
use super::world::{Guest, Resident, Site, World};
use crate::plan::{NodeIndex, OfferIndex, PodIndex, TemplateIndex};
use crate::reason::Verdict;
use crate::{Picture, Place, Plan, PlanningInput, machines};

/// What a pod is to a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Waits for a node.
    Waits,
    /// Runs on a node, and needs one afterwards.
    Runs(NodeIndex),
    /// On a node, and goes when it goes: static, a DaemonSet's, on its way out.
    Belongs(NodeIndex),
    /// No matter of the plan.
    Aside,
}

/// The role of each pod.
pub(super) fn roles(picture: &Picture) -> Vec<Role> {
    let at: BTreeMap<&str, NodeIndex> =
        picture.nodes.iter().enumerate().map(|(at, owned)| (&*owned.node.name, at)).collect();
    let role = |pod: &Arc<Pod>| {
        let daemon = pod.owner.as_ref().is_some_and(|owner| owner.kind == WorkloadKind::DaemonSet);
        match pod.node.as_deref() {
            _ if pod.is_finished() => Role::Aside,
            None if daemon || pod.is_static || pod.is_terminating() => Role::Aside,
            None => Role::Waits,
            Some(name) => match at.get(name) {
                None => Role::Aside,
                Some(&node) if daemon || pod.is_static || pod.is_terminating() => Role::Belongs(node),
                Some(&node) => Role::Runs(node),
            },
        }
    };
    picture.pods.iter().map(role).collect()
}

/// Indexes that the input does not have. A plan with one is not looked at any further.
pub(super) fn unknown(input: &PlanningInput, plan: &Plan) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut check = |what: &str, index: usize, len: usize| {
        if index >= len {
            found.push(Violation::Unknown { what: format!("{what} {index}") });
        }
    };
    let (pods, nodes) = (input.cluster.pods.len(), input.cluster.nodes.len());
    for node in &plan.nodes {
        match node.place {
            Place::Existing(index) => check("node", index, nodes),
            Place::New { offer, template } => {
                check("offer", offer, input.offers.len());
                check("template", template, input.templates.len());
            }
        }
        node.pods.iter().for_each(|&pod| check("pod", pod, pods));
    }
    plan.removed.iter().for_each(|removed| check("node", removed.node, nodes));
    plan.unplaced.iter().for_each(|one| check("pod", one.pod, pods));
    for one in &plan.moves {
        check("pod", one.pod, pods);
        check("node", one.from, nodes);
        check("planned node", one.to, plan.nodes.len());
    }
    found
}

/// Every pod and every node once, nodes in order, and moves that say what the places say.
pub(super) fn judge(input: &PlanningInput, plan: &Plan, roles: &[Role], found: &mut Vec<Violation>) {
    let mut times = vec![0; roles.len()];
    let mut at = vec![None; roles.len()];
    for (index, node) in plan.nodes.iter().enumerate() {
        for &pod in &node.pods {
            times[pod] += 1;
            at[pod] = Some(index);
        }
    }
    let mut refused = vec![0; roles.len()];
    plan.unplaced.iter().for_each(|one| refused[one.pod] += 1);
    for (pod, &role) in roles.iter().enumerate() {
        match role {
            Role::Waits if times[pod] + refused[pod] != 1 => {
                found.push(Violation::PodCount { pod, times: times[pod] + refused[pod] });
            }
            Role::Runs(_) if times[pod] == 0 => found.push(Violation::Evicted { pod }),
            Role::Runs(_) if times[pod] + refused[pod] != 1 => {
                found.push(Violation::PodCount { pod, times: times[pod] + refused[pod] });
            }
            Role::Belongs(node)
                if at[pod].is_some_and(|at| plan.nodes[at].place != Place::Existing(node)) =>
            {
                found.push(Violation::NotToPlace { pod });
            }
            Role::Aside if times[pod] > 0 => found.push(Violation::NotToPlace { pod }),
            _ => {}
        }
    }
    judge_nodes(input, plan, found);
    judge_moves(plan, roles, &at, found);
}

fn judge_nodes(input: &PlanningInput, plan: &Plan, found: &mut Vec<Violation>) {
    let mut times = vec![0; input.cluster.nodes.len()];
    let mut last = None;
    for (at, node) in plan.nodes.iter().enumerate() {
        if let Place::Existing(index) = node.place {
            times[index] += 1;
        }
        // `Existing` sorts before `New`; new nodes have no order of their own.
        let order = match node.place {
            Place::Existing(index) => (0, index),
            Place::New { .. } => (1, 0),
        };
        if last.is_some_and(|last| order < last) {
            found.push(Violation::Order { at });
        }
        last = Some(order);
    }
    plan.removed.iter().for_each(|removed| times[removed.node] += 1);
    let wrong = times.iter().enumerate().filter(|(_, times)| **times != 1);
    found.extend(wrong.map(|(node, &times)| Violation::NodeCount { node, times }));
}

fn judge_moves(plan: &Plan, roles: &[Role], at: &[Option<usize>], found: &mut Vec<Violation>) {
    let mut moved = vec![false; roles.len()];
    let mut wave = 0;
    for one in &plan.moves {
        let mut bad = |problem| found.push(Violation::Moves { pod: one.pod, problem });
        if roles[one.pod] != Role::Runs(one.from) {
            bad("it is moved from where it does not run");
        }
        if at[one.pod] != Some(one.to) {
            bad("it is moved to where it has no place");
        }
        if std::mem::replace(&mut moved[one.pod], true) {
            bad("it is moved twice");
        }
        if plan.nodes[one.to].place == Place::Existing(one.from) {
            bad("it is moved to where it is");
        }
        if one.wave < wave {
            bad("it is moved in a wave that is over");
        }
        wave = one.wave;
    }
    for (pod, role) in roles.iter().enumerate() {
        if let (Role::Runs(node), Some(at)) = (role, at[pod])
            && plan.nodes[at].place != Place::Existing(*node)
            && !moved[pod]
        {
            found.push(Violation::Moves { pod, problem: "it has another node, and no move" });
        }
    }
}

/// A machine as a node of a template, with the daemons that will land on it.
#[derive(Clone)]
pub(super) struct NewSite<'a> {
    pub(super) site: Site<'a>,
    pub(super) daemons: Vec<Guest<'a>>,
}

/// Makes sites of machines for sale; equal ones once.
pub(super) struct Builder<'a> {
    input: &'a PlanningInput,
    made: BTreeMap<(OfferIndex, TemplateIndex), NewSite<'a>>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(input: &'a PlanningInput) -> Self {
        Self { input, made: BTreeMap::new() }
    }

    pub(super) fn site(&mut self, offer: OfferIndex, template: TemplateIndex) -> &NewSite<'a> {
        let input = self.input;
        self.made.entry((offer, template)).or_insert_with(|| new_site(input, offer, template))
    }
}

fn new_site(input: &PlanningInput, offer: OfferIndex, template: TemplateIndex) -> NewSite<'_> {
    let (offer, template) = (&input.offers[offer], &input.templates[template]);
    let mut allocatable: Resources = offer.machine.allocatable.clone();
    if let Some(most) = template.max_pods {
        allocatable.pods = allocatable.pods.min(most);
    }
    let labels: Labels = machines::node_labels(offer, template);
    let taints: Vec<Taint> = machines::node_taints(offer, template);
    let site = Site {
        name: "",
        labels: Arc::new(labels),
        taints: Cow::Owned(taints),
        unschedulable: false,
        allocatable: Cow::Owned(allocatable),
        drivers: &offer.machine.drivers,
        features: &[],
        bought: true,
    };
    let daemons = input.cluster.workloads.iter().filter_map(|one| daemon(one, &site)).collect();
    NewSite { site, daemons }
}

/// The pod that a DaemonSet will make on a node, if it selects it.
fn daemon<'a>(workload: &'a Workload, site: &Site<'_>) -> Option<Guest<'a>> {
    let template = workload.template.as_ref().filter(|_| workload.key.kind == WorkloadKind::DaemonSet)?;
    let spec: &PodSpec = &template.spec;
    let lands = nodes::affinity(spec, site).is_ok() && nodes::untolerated(spec, &site.taints).is_none();
    lands.then_some(Guest {
        pod: None,
        uid: None,
        namespace: &workload.key.namespace,
        labels: &template.labels,
        spec,
        claims: &[],
        ephemeral_claims: &[],
        features: &[],
        required_node: None,
        named_node: None,
        terminating: false,
    })
}

/// The cluster when the plan is carried out. Sites are in the order of the planned nodes.
pub(super) fn after<'a>(
    input: &'a PlanningInput,
    plan: &Plan,
    roles: &[Role],
    builder: &mut Builder<'a>,
) -> World<'a> {
    let picture = &input.cluster;
    let storage = StorageIndex::new(&picture.storage);
    let mut sites = Vec::with_capacity(plan.nodes.len());
    let mut residents = Vec::new();
    let mut site_of = vec![None; picture.nodes.len()];
    for (at, node) in plan.nodes.iter().enumerate() {
        match node.place {
            Place::Existing(index) => {
                site_of[index] = Some(at);
                sites.push(Site::of(&picture.nodes[index].node, &storage));
            }
            Place::New { offer, template } => {
                let new = builder.site(offer, template);
                sites.push(new.site.clone());
                let daemon = |&guest| Resident { guest, site: at, arrives: true };
                residents.extend(new.daemons.iter().map(daemon));
            }
        }
        for &pod in &node.pods {
            if matches!(roles[pod], Role::Aside | Role::Belongs(_)) {
                continue;
            }
            let arrives = !matches!((roles[pod], node.place), (Role::Runs(a), Place::Existing(b)) if a == b);
            let guest = Guest::of(&picture.pods[pod], Some(pod));
            residents.push(Resident { guest, site: at, arrives });
        }
    }
    for (pod, role) in roles.iter().enumerate() {
        if let Role::Belongs(node) = role
            && let Some(site) = site_of[*node]
        {
            let guest = Guest::of(&picture.pods[pod], Some(pod));
            residents.push(Resident { guest, site, arrives: false });
        }
    }
    World::new(picture, storage, sites, residents)
}

/// Pods of which is said that no machine holds them: each is tried on an empty one of every kind.
pub(super) fn judge_refused(
    input: &PlanningInput,
    plan: &Plan,
    allowed: &[(OfferIndex, TemplateIndex)],
    builder: &mut Builder<'_>,
    found: &mut Vec<Violation>,
) {
    let mut known = BTreeMap::<*const PodSpec, Option<OfferIndex>>::new();
    for one in &plan.unplaced {
        if !matches!(one.verdict, Verdict::NoMachine { .. }) {
            continue;
        }
        let pod: PodIndex = one.pod;
        let it = &input.cluster.pods[pod];
        if !it.claims.is_empty() || it.required_node.is_some() {
            continue;
        }
        let holds = *known.entry(Arc::as_ptr(&it.spec)).or_insert_with(|| {
            allowed
                .iter()
                .find(|&&(offer, template)| holds(builder.site(offer, template), &Guest::of(it, Some(pod))))
                .map(|&(offer, _)| offer)
        });
        if let Some(offer) = holds {
            found.push(Violation::WronglyRefused { pod, offer });
        }
    }
}

/// Whether an empty machine holds the pod beside its daemons.
pub(super) fn holds(new: &NewSite<'_>, guest: &Guest<'_>) -> bool {
    let picture = Picture::default();
    let storage = StorageIndex::new(&picture.storage);
    let daemon = |&guest| Resident { guest, site: 0, arrives: false };
    let world =
        World::new(&picture, storage, vec![new.site.clone()], new.daemons.iter().map(daemon).collect());
    nodes::verdict(guest, &new.site).is_ok()
        && super::ports::verdict(&world, guest, 0).is_ok()
        && super::amounts::verdict(&world, guest, 0).is_ok()
}
