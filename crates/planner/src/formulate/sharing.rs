//! Rules between pods: those within a node become caps and conflicts, those within anything larger are
//! settled by splitting groups.

use std::collections::BTreeMap;

use model::Labels;

use super::demand::{Fixed, Group};
use super::domains::{Dealt, DomainRule, DomainRuleKind, Location, deal};
use super::{BinOf, Part};
use crate::ground::Ground;
use crate::plan::{NodeIndex, PodIndex};
use crate::rules::{Domain, RelationKind, Spot};
use crate::solve::{BitSet, Cap, Conflict};

/// The rules between pods that concern the groups of a question.
pub(super) struct Sharing {
    rules: Vec<Shared>,
    /// What is larger than a node and smaller than everything.
    keys: Vec<Domain>,
    locations: Vec<Location>,
    /// By bin.
    location_of: Vec<usize>,
}

/// One rule, over groups.
struct Shared {
    kind: RelationKind,
    /// The key, as a position in [`Sharing::keys`]; `None` for a single node.
    key: Option<usize>,
    carriers: BitSet,
    matching: BitSet,
    both: BitSet,
    /// By node, pods that stay there and match.
    fixed_matching: BTreeMap<NodeIndex, u32>,
    /// By node, pods that stay there and carry the rule.
    fixed_carriers: BTreeMap<NodeIndex, u32>,
    /// Pods of DaemonSets, which come with every new node that takes them, by their class.
    daemon_carriers: Vec<usize>,
    daemon_matching: Vec<usize>,
}

const HOSTNAME: &str = "kubernetes.io/hostname";

impl Sharing {
    pub(super) fn of(ground: &Ground<'_>, groups: &[Group], fixed: &Fixed, bins: &[BinOf]) -> Self {
        let mut groups_of: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (index, group) in groups.iter().enumerate() {
            groups_of.entry(group.class).or_default().push(index);
        }
        let daemon_classes: Vec<usize> =
            ground.daemons.clone().filter_map(|pod| ground.rules.class_of(pod)).collect();
        let (mut rules, mut keys) = (Vec::new(), Vec::new());
        // Which rules a class is part of, for those that stay.
        let mut carried: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        let mut matched: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for relation in ground.rules.relations() {
            let of = |classes: &[usize]| -> BitSet {
                classes.iter().filter_map(|class| groups_of.get(class)).flatten().copied().collect()
            };
            let (carriers, matching) = (of(&relation.carriers), of(&relation.matching));
            if carriers.is_empty() && (matching.is_empty() || relation.kind != RelationKind::AntiAffinity) {
                continue;
            }
            let key = match &relation.domain {
                Domain::Node => None,
                Domain::Label(label) if &**label == HOSTNAME => None,
                other => Some(keys.iter().position(|one| one == other).unwrap_or_else(|| {
                    keys.push(other.clone());
                    keys.len() - 1
                })),
            };
            let at = rules.len();
            relation.carriers.iter().for_each(|&class| carried.entry(class).or_default().push(at));
            relation.matching.iter().for_each(|&class| matched.entry(class).or_default().push(at));
            let daemons = |classes: &[usize]| {
                daemon_classes.iter().copied().filter(|class| classes.binary_search(class).is_ok()).collect()
            };
            rules.push(Shared {
                kind: relation.kind,
                key,
                both: carriers.intersection(&matching),
                carriers,
                matching,
                fixed_matching: BTreeMap::new(),
                fixed_carriers: BTreeMap::new(),
                daemon_carriers: daemons(&relation.carriers),
                daemon_matching: daemons(&relation.matching),
            });
        }
        for (node, pods) in fixed.pods.iter().enumerate() {
            for &pod in pods {
                let Some(class) = ground.rules.class_of(pod) else { continue };
                for &at in carried.get(&class).into_iter().flatten() {
                    *rules[at].fixed_carriers.entry(node).or_default() += 1;
                }
                for &at in matched.get(&class).into_iter().flatten() {
                    // A pod that is on its way out does not count for spreads any more.
                    let is_going = ground.pods[pod].is_terminating();
                    if !(is_going && matches!(rules[at].kind, RelationKind::Spread { .. })) {
                        *rules[at].fixed_matching.entry(node).or_default() += 1;
                    }
                }
            }
        }
        let (locations, location_of) = locations(ground, &keys, bins);
        Self { rules, keys, locations, location_of }
    }

    /// By bin: its place as far as the keys of the rules tell.
    pub(super) fn location_of(&self) -> &[usize] {
        &self.location_of
    }

    /// Forgets all bins but these.
    pub(super) fn keep(&mut self, bins: &[usize]) {
        self.location_of = bins.iter().map(|&bin| self.location_of[bin]).collect();
    }

    /// Whether rules between pods keep a group off a bin for what stays there or comes with it.
    pub(super) fn keeps_off(&self, ground: &Ground<'_>, group: usize, bin: BinOf) -> bool {
        self.rules.iter().filter(|rule| rule.key.is_none()).any(|rule| {
            let (carries, matches) = (rule.carriers.contains(group), rule.matching.contains(group));
            match (rule.kind, bin) {
                (RelationKind::AntiAffinity, BinOf::Existing(node)) => {
                    carries && rule.fixed_matching.contains_key(&node)
                        || matches && rule.fixed_carriers.contains_key(&node)
                }
                (RelationKind::AntiAffinity, BinOf::New { candidate, .. }) => {
                    let lands = |classes: &[usize]| {
                        !classes.is_empty()
                            && ground.daemons_on[candidate].iter().any(|&pod| {
                                ground.rules.class_of(pod).is_some_and(|one| classes.contains(&one))
                            })
                    };
                    carries && lands(&rule.daemon_matching) || matches && lands(&rule.daemon_carriers)
                }
                // Those who want a pod that stays go where it is.
                (RelationKind::Affinity, BinOf::Existing(node)) => {
                    carries && !rule.fixed_matching.is_empty() && !rule.fixed_matching.contains_key(&node)
                }
                (RelationKind::Affinity, BinOf::New { .. }) => carries && !rule.fixed_matching.is_empty(),
                (RelationKind::Spread { .. }, _) => false,
            }
        })
    }

    /// Whether a spread within nodes is among the caps, which a bound must not know of.
    pub(super) fn caps_spread(&self) -> bool {
        self.capped(true).count() != self.capped(false).count()
    }

    /// Rules within a node that limit how many of some groups it holds. A new node is always thinkable, so
    /// that the least count of a spread over nodes is zero.
    fn capped(&self, with_spreads: bool) -> impl Iterator<Item = (&Shared, u32)> {
        self.rules.iter().filter(|rule| rule.key.is_none() && !rule.both.is_empty()).filter_map(move |rule| {
            match rule.kind {
                RelationKind::AntiAffinity => Some((rule, 1)),
                RelationKind::Spread { max_skew, .. } if with_spreads => {
                    Some((rule, u32::try_from(max_skew).unwrap_or(u32::MAX)))
                }
                _ => None,
            }
        })
    }

    /// Caps over groups, without spreads.
    pub(super) fn caps_of_groups(&self) -> Vec<Cap> {
        self.capped(false).map(|(rule, most)| Cap { classes: rule.both.clone(), most }).collect()
    }

    /// Caps over parts.
    pub(super) fn caps_of_parts(&self, parts: &[Part]) -> Vec<Cap> {
        self.capped(true).map(|(rule, most)| Cap { classes: of_parts(&rule.both, parts), most }).collect()
    }

    /// What stays on a bin already counts against caps.
    pub(super) fn used_caps(&self, bin: BinOf, with_spreads: bool) -> Vec<(usize, u32)> {
        let BinOf::Existing(node) = bin else { return Vec::new() };
        let used = |rule: &Shared| rule.fixed_matching.get(&node).copied();
        self.capped(with_spreads).enumerate().filter_map(|(at, (rule, _))| Some((at, used(rule)?))).collect()
    }

    /// Parts that may not share a node.
    pub(super) fn conflicts_of_parts(&self, parts: &[Part]) -> Vec<Conflict> {
        self.rules
            .iter()
            .filter(|rule| rule.key.is_none() && rule.kind == RelationKind::AntiAffinity)
            .filter(|rule| {
                rule.carriers != rule.matching && !rule.carriers.is_empty() && !rule.matching.is_empty()
            })
            .map(|rule| Conflict {
                left: of_parts(&rule.carriers, parts),
                right: of_parts(&rule.matching, parts),
            })
            .collect()
    }

    /// The parts that a bin takes, given the groups that it takes.
    pub(super) fn parts_accepted(&self, bin: usize, accepts: &BitSet, parts: &[Part]) -> BitSet {
        let here = self.location_of[bin];
        (0..parts.len())
            .filter(|&at| {
                let part = &parts[at];
                part.location.is_none_or(|location| location == here)
                    && part.groups.iter().all(|&(group, _)| accepts.contains(group))
            })
            .collect()
    }

    /// Splits groups by where rules let their pods go, and binds together pods that have to share a node.
    /// Second, pods for which there is no place.
    pub(super) fn split(
        &self,
        ground: &Ground<'_>,
        groups: &[Group],
        bins: &[BinOf],
        accepts: &[BitSet],
    ) -> (Vec<Part>, Vec<PodIndex>) {
        let places = self.places(ground, groups, bins, accepts);
        let bundle_of = self.bundles(groups);
        let (mut parts, mut stranded) = (Vec::new(), Vec::new());
        let mut bundles: BTreeMap<usize, Vec<(usize, PodIndex, Option<usize>)>> = BTreeMap::new();
        for (at, group) in groups.iter().enumerate() {
            let mut by_location: BTreeMap<Option<usize>, Vec<PodIndex>> = BTreeMap::new();
            for (number, &pod) in group.pods.iter().enumerate() {
                let location = match &places[at] {
                    None => None,
                    Some(dealt) => match dealt[number] {
                        None => {
                            stranded.push(pod);
                            continue;
                        }
                        some => some,
                    },
                };
                match bundle_of.get(&(at, number)) {
                    Some(&bundle) => bundles.entry(bundle).or_default().push((at, pod, location)),
                    None => by_location.entry(location).or_default().push(pod),
                }
            }
            parts.extend(by_location.into_iter().map(|(location, pods)| Part {
                groups: vec![(at, 1)],
                pods,
                unit: 1,
                location,
            }));
        }
        for members in bundles.into_values() {
            let mut counts: BTreeMap<usize, u32> = BTreeMap::new();
            members.iter().for_each(|&(group, _, _)| *counts.entry(group).or_default() += 1);
            parts.push(Part {
                groups: counts.into_iter().collect(),
                unit: members.len(),
                location: members.iter().find_map(|&(_, _, location)| location),
                pods: members.into_iter().map(|(_, pod, _)| pod).collect(),
            });
        }
        (parts, stranded)
    }

    /// By group and number of the pod: which pods have to share a node. Where affinity asks for a node with a
    /// pod that is placed anew as well, carriers go with the first of these.
    fn bundles(&self, groups: &[Group]) -> BTreeMap<(usize, usize), usize> {
        let mut bundle_of: BTreeMap<(usize, usize), usize> = BTreeMap::new();
        let mut next = 0;
        let wanting = self.rules.iter().filter(|rule| {
            rule.key.is_none() && rule.kind == RelationKind::Affinity && rule.fixed_matching.is_empty()
        });
        for rule in wanting {
            let carriers = rule
                .carriers
                .iter()
                .flat_map(|group| (0..groups[group].pods.len()).map(move |pod| (group, pod)));
            let wanted =
                if rule.both.is_empty() { rule.matching.iter().next().map(|group| (group, 0)) } else { None };
            let members: Vec<(usize, usize)> = carriers.chain(wanted).collect();
            let known = members.iter().find_map(|member| bundle_of.get(member).copied());
            let bundle = known.unwrap_or(next);
            next += usize::from(known.is_none());
            for member in members {
                match bundle_of.insert(member, bundle) {
                    Some(other) if other != bundle => {
                        bundle_of.values_mut().filter(|one| **one == other).for_each(|one| *one = bundle);
                    }
                    _ => {}
                }
            }
        }
        bundle_of
    }

    /// By group and pod the location that rules between zones leave; `None` for a group without such rules.
    fn places(
        &self,
        ground: &Ground<'_>,
        groups: &[Group],
        bins: &[BinOf],
        accepts: &[BitSet],
    ) -> Vec<Option<Vec<Option<usize>>>> {
        let mut places = vec![None; groups.len()];
        if self.keys.is_empty() {
            return places;
        }
        let rules: Vec<DomainRule> = self.domain_rules();
        let is_bound = |group: usize| {
            rules.iter().any(|rule| {
                rule.carriers.contains(group)
                    || rule.matching.contains(group)
                        && match rule.kind {
                            DomainRuleKind::Spread { .. } => false,
                            DomainRuleKind::Affinity => true,
                            DomainRuleKind::AntiAffinity => {
                                !rule.carriers.is_empty()
                                    || rule.fixed_carriers.iter().any(|&count| count > 0)
                            }
                        }
            })
        };
        let bound: Vec<usize> = (0..groups.len()).filter(|&group| is_bound(group)).collect();
        let dealt: Vec<Dealt> =
            bound.iter().map(|&group| self.dealt(ground, group, &groups[group], bins, accepts)).collect();
        for (group, answer) in bound.into_iter().zip(deal(&self.locations, &rules, &dealt)) {
            places[group] = Some(answer);
        }
        places
    }

    fn dealt(
        &self,
        ground: &Ground<'_>,
        at: usize,
        group: &Group,
        bins: &[BinOf],
        accepts: &[BitSet],
    ) -> Dealt {
        let need = &ground.rules.classes()[group.class].need;
        let mut costs: BTreeMap<usize, Option<i64>> = BTreeMap::new();
        for (bin, &of) in bins.iter().enumerate().filter(|&(bin, _)| accepts[bin].contains(at)) {
            let best = costs.entry(self.location_of[bin]).or_default();
            if let BinOf::New { candidate, .. } = of {
                let cost = ground.share_of_price(candidate, need);
                *best = Some(best.map_or(cost, |known| known.min(cost)));
            }
        }
        // Where nothing can be bought there may still be room: it is the last resort.
        let dearest = costs.values().flatten().max().copied().unwrap_or(0);
        let home = |&pod: &PodIndex| {
            let node = ground.node_of.get(pod).copied().flatten()?;
            Some(self.location_of[node]).filter(|location| costs.contains_key(location))
        };
        let eligible = (0..self.keys.len()).map(|key| self.eligible(ground, group, key, bins)).collect();
        Dealt {
            group: at,
            homes: group.pods.iter().map(home).collect(),
            size: costs.values().flatten().min().copied().unwrap_or(1).max(1),
            options: costs.iter().map(|(&location, &cost)| (location, cost.unwrap_or(dearest))).collect(),
            eligible,
        }
    }

    /// The domains that count for spreads of a group: those that have a node, or could have one, that its node
    /// selector and affinity do not exclude.
    fn eligible(&self, ground: &Ground<'_>, group: &Group, key: usize, bins: &[BinOf]) -> BitSet {
        let spec = &ground.pods[group.pods[0]].spec;
        let honors_affinity = spec.topology_spread.iter().all(|one| one.honor_node_affinity)
            && !(spec.node_selector.is_empty() && spec.required_node_affinity.is_none());
        let honors_taints = spec.topology_spread.iter().any(|one| one.honor_node_taints);
        let mut eligible = BitSet::default();
        for (bin, &of) in bins.iter().enumerate() {
            let Some(domain) = self.locations[self.location_of[bin]][key] else { continue };
            if eligible.contains(domain as usize) {
                continue;
            }
            let (name, labels): (&str, &Labels) = match of {
                BinOf::Existing(node) => {
                    let node = &ground.input.cluster.nodes[node].node;
                    (&node.name, &node.labels)
                }
                BinOf::New { candidate, .. } => ("", &ground.rules.shape(Spot::New(candidate)).labels),
            };
            let selected = || {
                spec.node_selector.iter().all(|(label, value)| labels.get(label) == Some(value))
                    && spec.required_node_affinity.as_ref().is_none_or(|one| one.matches(name, labels))
            };
            let taints = match of {
                BinOf::Existing(node) => &ground.input.cluster.nodes[node].node.taints,
                BinOf::New { candidate, .. } => &ground.rules.shape(Spot::New(candidate)).taints,
            };
            let tolerated = || {
                taints.iter().all(|taint| {
                    taint.effect == model::TaintEffect::PreferNoSchedule
                        || spec.tolerations.iter().any(|one| one.tolerates(taint))
                })
            };
            if (!honors_affinity || selected()) && (!honors_taints || tolerated()) {
                eligible.insert(domain as usize);
            }
        }
        eligible
    }

    /// The rules beyond nodes, with what stays counted by domain. Whoever has to share a node has to share
    /// everything around it.
    fn domain_rules(&self) -> Vec<DomainRule> {
        // Nodes are the first bins, in their order.
        let by_domain = |counts: &BTreeMap<NodeIndex, u32>, key: usize| {
            let mut by_domain = vec![0; self.domains(key)];
            for (&node, &count) in counts {
                if let Some(domain) = self.locations[self.location_of[node]][key] {
                    by_domain[domain as usize] += count;
                }
            }
            by_domain
        };
        let mut rules = Vec::new();
        for rule in &self.rules {
            let (kind, keys) = match (rule.kind, rule.key) {
                (RelationKind::Spread { max_skew, min_domains }, Some(key)) => {
                    let (max_skew, min_domains) = (max_skew.try_into(), min_domains.try_into());
                    let kind = DomainRuleKind::Spread {
                        max_skew: max_skew.unwrap_or(u32::MAX),
                        min_domains: min_domains.unwrap_or(0),
                    };
                    (kind, key..key + 1)
                }
                (RelationKind::Affinity, Some(key)) => (DomainRuleKind::Affinity, key..key + 1),
                (RelationKind::Affinity, None) => (DomainRuleKind::Affinity, 0..self.keys.len()),
                (RelationKind::AntiAffinity, Some(key)) => (DomainRuleKind::AntiAffinity, key..key + 1),
                (_, None) => continue,
            };
            rules.extend(keys.map(|key| DomainRule {
                kind,
                key,
                carriers: rule.carriers.clone(),
                matching: rule.matching.clone(),
                fixed_matching: by_domain(&rule.fixed_matching, key),
                fixed_carriers: by_domain(&rule.fixed_carriers, key),
            }));
        }
        rules
    }

    /// How many domains a key has.
    fn domains(&self, key: usize) -> usize {
        let last = self.locations.iter().filter_map(|location| location[key]).max();
        last.map_or(0, |last| last as usize + 1)
    }
}

/// The parts of which a group is in the set.
fn of_parts(groups: &BitSet, parts: &[Part]) -> BitSet {
    (0..parts.len()).filter(|&at| parts[at].groups.iter().any(|&(group, _)| groups.contains(group))).collect()
}

/// The places that the keys tell apart, and the one of each bin.
fn locations(ground: &Ground<'_>, keys: &[Domain], bins: &[BinOf]) -> (Vec<Location>, Vec<usize>) {
    let mut domains: Vec<BTreeMap<&str, u32>> = vec![BTreeMap::new(); keys.len()];
    let mut numbers: BTreeMap<Location, usize> = BTreeMap::new();
    let mut locations = Vec::new();
    let mut location_of = Vec::with_capacity(bins.len());
    for &bin in bins {
        let labels = match bin {
            BinOf::Existing(node) => &ground.input.cluster.nodes[node].node.labels,
            BinOf::New { candidate, .. } => &ground.rules.shape(Spot::New(candidate)).labels,
        };
        let location: Location = keys
            .iter()
            .zip(&mut domains)
            .map(|(key, domains)| {
                let value = match key {
                    Domain::Label(label) => labels.get(label)?,
                    Domain::Node | Domain::Cluster => "",
                };
                let next = domains.len() as u32;
                Some(*domains.entry(value).or_insert(next))
            })
            .collect();
        let number = *numbers.entry(location.clone()).or_insert_with(|| {
            locations.push(location);
            locations.len() - 1
        });
        location_of.push(number);
    }
    (locations, location_of)
}
