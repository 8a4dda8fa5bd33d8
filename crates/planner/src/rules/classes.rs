//! Sorting pods into classes: which pods are alike for every rule.

use std::collections::BTreeSet;
use std::sync::Arc;

use model::{Pod, PodAffinityTerm, PodSpec, QosClass};

use super::attachments::{Attached, Attachments};
use super::ids::{Ids, Map};
use super::matchers::{Matcher, Matchers, Traits, is_read_as_any_namespace};
use super::node_affinity::NodeChoices;
use super::ports::Holding;
use super::volumes::{Claims, Reach};
use crate::input::Picture;

/// What the pods of a class have in common, by number.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Likeness {
    pub(super) spec: u32,
    pub(super) asks: u32,
    pub(super) chosen_by: u32,
    pub(super) own: Own,
}

/// What pods of one spec may differ in beside labels and namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Own {
    /// The one node that its affinity names.
    pub(super) required_node: Option<Arc<str>>,
    /// The node that is written into a pod which is not there yet.
    pub(super) node_name: Option<Arc<str>>,
    pub(super) features: Box<[Arc<str>]>,
    pub(super) claims: Option<u32>,
}

/// What follows from a pod's claims.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct ClaimRules {
    pub(super) reach: Reach,
    pub(super) attached: Attached,
    /// Claims that it must have for itself.
    pub(super) alone: Box<[Holding]>,
}

/// The matchers that a spec asks with, in the order of its terms.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Asks {
    /// For each topology spread; `None` where nobody is counted.
    pub(super) spreads: Box<[Option<u32>]>,
    /// All terms of required affinity together.
    pub(super) affinity: Option<u32>,
    /// For each term of required anti-affinity, with the one by which the scheduler reads it for the pod
    /// that it places, where that is another.
    pub(super) anti: Box<[(u32, Option<u32>)]>,
    /// For each term of preferred affinity, then for each of preferred anti-affinity.
    pub(super) wishes: Box<[u32]>,
}

/// All pods, sorted.
pub(super) struct Classes {
    pub(super) likenesses: Vec<Likeness>,
    /// By class, the pods.
    pub(super) pods: Vec<Vec<usize>>,
    /// By pod, the class.
    pub(super) of_pod: Vec<Option<u32>>,
    pub(super) specs: Vec<Arc<PodSpec>>,
    pub(super) asks: Vec<Asks>,
    pub(super) claims: Vec<ClaimRules>,
    /// By matcher, the classes that it chooses.
    pub(super) chosen: Vec<Vec<u32>>,
}

/// A pod before it is known which selectors choose it.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Look {
    spec: u32,
    traits: Traits,
    own: Own,
}

impl Classes {
    /// Sorts the picture's pods and those behind them.
    pub(super) fn sort(
        cluster: &Picture,
        extra_pods: &[Arc<Pod>],
        claims: &Claims<'_>,
        choices: &mut NodeChoices,
        attachments: &mut Attachments,
        limited: &BTreeSet<Arc<str>>,
    ) -> Self {
        let mut specs = Specs::default();
        let mut claim_rules = Ids::default();
        let mut looks = Ids::default();
        let pods =
            cluster.pods.iter().map(|pod| (pod, false)).chain(extra_pods.iter().map(|pod| (pod, true)));
        let look_of: Vec<Option<u32>> = pods
            .map(|(pod, is_extra)| {
                if pod.is_finished() {
                    return None;
                }
                let own = Own {
                    required_node: pod.required_node.clone(),
                    node_name: pod.node.clone().filter(|_| is_extra),
                    features: pod.required_features.clone(),
                    claims: (!pod.claims.is_empty()).then(|| {
                        claim_rules.of(ClaimRules {
                            reach: claims.reach(pod, choices),
                            attached: attachments.of(pod, claims, limited),
                            alone: claims_for_itself(pod, claims),
                        })
                    }),
                };
                let traits = Traits {
                    namespace: Arc::clone(&pod.namespace),
                    labels: Arc::clone(&pod.labels),
                    is_terminating: pod.is_terminating(),
                };
                Some(looks.of(Look { spec: specs.of(&pod.spec), traits, own }))
            })
            .collect();

        let specs = specs.into_values();
        let looks = looks.into_values();
        let mut matchers = Ids::default();
        let mut asks = Ids::default();
        let mut asked: Map<(u32, Arc<str>), u32> = Map::default();
        for look in &looks {
            let key = (look.spec, Arc::clone(&look.traits.namespace));
            asked.entry(key).or_insert_with(|| {
                asks.of(Asks::of(&specs[look.spec as usize], &look.traits.namespace, &mut matchers))
            });
        }
        let namespaces =
            cluster.namespaces.iter().map(|one| (Arc::clone(&one.name), Arc::clone(&one.labels)));
        let matchers = Matchers::new(matchers, namespaces.collect());
        let mut chosen_by = Ids::default();
        let mut by_traits: Map<&Traits, u32> = Map::default();
        let mut likenesses = Ids::default();
        let class_of_look: Vec<u32> = looks
            .iter()
            .map(|look| {
                let chosen_by = *by_traits
                    .entry(&look.traits)
                    .or_insert_with(|| chosen_by.of(matchers.choosing(&look.traits)));
                let asks = asked[&(look.spec, Arc::clone(&look.traits.namespace))];
                likenesses.of(Likeness { spec: look.spec, asks, chosen_by, own: look.own.clone() })
            })
            .collect();

        let likenesses = likenesses.into_values();
        let chosen_by = chosen_by.into_values();
        let mut pods = vec![Vec::new(); likenesses.len()];
        let of_pod: Vec<Option<u32>> =
            look_of.into_iter().map(|look| look.map(|look| class_of_look[look as usize])).collect();
        for (pod, class) in of_pod.iter().enumerate() {
            class.iter().for_each(|&class| pods[class as usize].push(pod));
        }
        let mut chosen = vec![Vec::new(); matchers.len()];
        for (class, likeness) in likenesses.iter().enumerate() {
            for &matcher in &chosen_by[likeness.chosen_by as usize] {
                chosen[matcher as usize].push(class as u32);
            }
        }
        Self {
            likenesses,
            pods,
            of_pod,
            specs,
            asks: asks.into_values(),
            claims: claim_rules.into_values(),
            chosen,
        }
    }
}

impl Asks {
    fn of(spec: &PodSpec, namespace: &Arc<str>, matchers: &mut Ids<Matcher>) -> Self {
        let spreads = spec.topology_spread.iter().map(|spread| {
            let selector = spread.selector.clone().filter(|selector| !selector.is_empty())?;
            Some(matchers.of(Matcher::Spread { namespace: Arc::clone(namespace), selector }))
        });
        let spreads = spreads.collect();
        let affinity = &spec.required_pod_affinity;
        let affinity = (!affinity.is_empty()).then(|| matchers.of(Matcher::All(affinity.clone())));
        let anti = spec.required_pod_anti_affinity.iter().map(|term| {
            let any =
                is_read_as_any_namespace(term).then(|| matchers.of(Matcher::AnyNamespace(term.clone())));
            (matchers.of(Matcher::Term(term.clone())), any)
        });
        let anti = anti.collect();
        let wishes = wishes(spec).map(|(term, _)| matchers.of(Matcher::Term(term.clone()))).collect();
        Self { spreads, affinity, anti, wishes }
    }
}

/// Preferred terms of affinity, then those of anti-affinity, each with what a pod that it chooses is worth.
pub(super) fn wishes(spec: &PodSpec) -> impl Iterator<Item = (&PodAffinityTerm, i64)> {
    let near = spec.preferred_pod_affinity.iter().map(|one| (&one.term, i64::from(one.weight)));
    let far = spec.preferred_pod_anti_affinity.iter().map(|one| (&one.term, -i64::from(one.weight)));
    near.chain(far)
}

fn claims_for_itself(pod: &Pod, claims: &Claims<'_>) -> Box<[Holding]> {
    let named = pod.claims.iter().filter(|name| !pod.ephemeral_claims.contains(name));
    named
        .filter(|name| claims.claim(pod, name).is_some_and(|claim| claim.access_modes.read_write_once_pod))
        .map(|name| Holding::Claim(Arc::clone(&pod.namespace), Arc::clone(name)))
        .collect()
}

/// Specs by what rules look at. Most pods share theirs with others, so that the pointer tells.
#[derive(Default)]
struct Specs {
    by_pointer: Map<*const PodSpec, u32>,
    ids: Ids<Arc<PodSpec>>,
}

impl Specs {
    fn of(&mut self, spec: &Arc<PodSpec>) -> u32 {
        let ids = &mut self.ids;
        *self.by_pointer.entry(Arc::as_ptr(spec)).or_insert_with(|| {
            ids.of(Arc::new(PodSpec {
                qos: QosClass::default(),
                empty_dir: false,
                host_path: false,
                priority: 0,
                priority_class: None,
                scheduler: None,
                ..PodSpec::clone(spec)
            }))
        })
    }

    fn into_values(self) -> Vec<Arc<PodSpec>> {
        self.ids.into_values()
    }
}
