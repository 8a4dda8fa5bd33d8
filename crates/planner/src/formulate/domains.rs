//! Settles the rules between pods whose domains are larger than a node, before anything is packed: every
//! pod that such a rule touches is told its zone (or rack, or whatever the topology key stands for).
//!
//! Pods are dealt out one at a time, as a scheduler would, to domains instead of nodes: each to a domain in
//! which no rule is broken, at home if possible, else where it costs least, else where least is yet. What
//! follows is a packing problem without such rules. A domain has room for everything here; whether the
//! machines are there is the packing's matter.

use crate::solve::BitSet;

/// A place as far as topology keys tell: for each key its domain, if the label is there.
pub(crate) type Location = Box<[Option<u32>]>;

/// A required rule between pods over a key that is not the hostname's.
#[derive(Clone, Debug)]
pub(crate) struct DomainRule {
    pub(crate) kind: DomainRuleKind,
    /// The topology key, as a position in [`Location`].
    pub(crate) key: usize,
    /// Groups that carry the rule.
    pub(crate) carriers: BitSet,
    /// Groups that its selector matches.
    pub(crate) matching: BitSet,
    /// By domain, pods that do not take part and match.
    pub(crate) fixed_matching: Vec<u32>,
    /// By domain, pods that do not take part and carry the rule.
    pub(crate) fixed_carriers: Vec<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DomainRuleKind {
    Spread { max_skew: u32, min_domains: u32 },
    Affinity,
    AntiAffinity,
}

/// Pods that are alike, to be dealt out.
#[derive(Clone, Debug)]
pub(crate) struct Dealt {
    /// Its number in the sets of the rules.
    pub(crate) group: usize,
    /// By pod, the location where it is now and may stay.
    pub(crate) homes: Vec<Option<usize>>,
    /// Locations where some machine takes it, with what it costs there in comparable units.
    pub(crate) options: Vec<(usize, i64)>,
    /// By key, the domains that count for spreads it carries: those where a machine could be bought included,
    /// since a plan may well buy one there.
    pub(crate) eligible: Vec<BitSet>,
    /// How much of a location one pod fills, in comparable units.
    pub(crate) size: i64,
}

/// For each group in the order given and each of its pods: the location; `None` when every one would break a
/// rule.
pub(crate) fn deal(
    locations: &[Location],
    rules: &[DomainRule],
    groups: &[Dealt],
) -> Vec<Vec<Option<usize>>> {
    let mut table = Table::new(locations, rules, groups);
    let mut answer = vec![Vec::new(); groups.len()];
    let mut order: Vec<usize> = (0..groups.len()).collect();
    order.sort_by_key(|&at| (stage(rules, groups[at].group), groups[at].options.len(), at));
    for &at in &order {
        answer[at].resize(groups[at].homes.len(), None);
    }
    // Whoever runs stays where it is as long as that is right. Each pod that stays may make it right for another
    // one, so that they are asked again and again.
    let mut is_settling = true;
    while std::mem::take(&mut is_settling) {
        for &at in &order {
            for (pod, home) in groups[at].homes.iter().enumerate() {
                if let (None, &Some(home)) = (answer[at][pod], home) {
                    answer[at][pod] = table.stay(at, home);
                    is_settling |= answer[at][pod].is_some();
                }
            }
        }
    }
    for &at in &order {
        for (pod, &home) in groups[at].homes.iter().enumerate() {
            if answer[at][pod].is_none() {
                answer[at][pod] = table.place(at, home);
            }
        }
    }
    answer
}

/// Whom others have to join goes first, whoever merely spreads comes last.
fn stage(rules: &[DomainRule], group: usize) -> u32 {
    let touches = |wanted: fn(&DomainRule, usize) -> bool| rules.iter().any(|rule| wanted(rule, group));
    if touches(|rule, group| {
        rule.kind == DomainRuleKind::Affinity
            && rule.matching.contains(group)
            && !rule.carriers.contains(group)
    }) {
        0
    } else if touches(|rule, group| rule.kind == DomainRuleKind::Affinity && rule.carriers.contains(group)) {
        1
    } else if touches(|rule, _| rule.kind == DomainRuleKind::AntiAffinity) {
        2
    } else {
        3
    }
}

/// Who is where.
struct Table<'a> {
    locations: &'a [Location],
    rules: &'a [DomainRule],
    groups: &'a [Dealt],
    /// By group, the rules that it is part of.
    rules_of: Vec<Vec<usize>>,
    /// By rule and domain: all that match, those dealt included.
    matching: Vec<Vec<u32>>,
    /// By rule and domain: all that carry the rule.
    carriers: Vec<Vec<u32>>,
    /// By location.
    load: Vec<i64>,
}

impl<'a> Table<'a> {
    fn new(locations: &'a [Location], rules: &'a [DomainRule], groups: &'a [Dealt]) -> Self {
        let rules_of = groups.iter().map(|one| {
            let touches =
                |rule: &DomainRule| rule.carriers.contains(one.group) || rule.matching.contains(one.group);
            (0..rules.len()).filter(|&at| touches(&rules[at])).collect()
        });
        Self {
            locations,
            rules,
            groups,
            rules_of: rules_of.collect(),
            matching: rules.iter().map(|rule| rule.fixed_matching.clone()).collect(),
            carriers: rules.iter().map(|rule| rule.fixed_carriers.clone()).collect(),
            load: vec![0; locations.len()],
        }
    }

    /// Leaves a pod at home, if some machine there takes it and no rule is broken.
    fn stay(&mut self, at: usize, home: usize) -> Option<usize> {
        let group = &self.groups[at];
        let is_option = group.options.iter().any(|&(location, _)| location == home);
        (is_option && self.allows(at, home)).then(|| self.put(at, home))
    }

    /// Puts a pod where it breaks no rule: at home if possible, else where it costs least.
    fn place(&mut self, at: usize, home: Option<usize>) -> Option<usize> {
        let group = &self.groups[at];
        let is_open = |&&(location, _): &&(usize, i64)| self.allows(at, location);
        let &(location, _) =
            group.options.iter().filter(is_open).min_by_key(|&&(location, cost)| {
                (home != Some(location), cost, self.load[location], location)
            })?;
        Some(self.put(at, location))
    }

    fn put(&mut self, at: usize, location: usize) -> usize {
        let group = &self.groups[at];
        for &at in &self.rules_of[at] {
            let rule = &self.rules[at];
            let Some(domain) = self.locations[location][rule.key] else { continue };
            self.matching[at][domain as usize] += u32::from(rule.matching.contains(group.group));
            self.carriers[at][domain as usize] += u32::from(rule.carriers.contains(group.group));
        }
        self.load[location] += group.size;
        location
    }

    /// Whether one more pod of the group breaks no rule there.
    fn allows(&self, at: usize, location: usize) -> bool {
        let group = &self.groups[at];
        self.rules_of[at].iter().all(|&at| {
            let rule = &self.rules[at];
            let (carries, matches) =
                (rule.carriers.contains(group.group), rule.matching.contains(group.group));
            let domain = self.locations[location][rule.key].map(|domain| domain as usize);
            match rule.kind {
                DomainRuleKind::Spread { max_skew, min_domains } => {
                    // A pod that does not match its own selector changes no count: when it comes to be
                    // bound is a matter of order, not of where it ends.
                    !carries
                        || domain.is_some()
                            && (!matches || self.is_level(at, group, domain, max_skew, min_domains))
                }
                DomainRuleKind::Affinity => {
                    let Some(domain) = domain else { return !carries };
                    let nobody = || self.matching[at].iter().all(|&count| count == 0);
                    !carries || self.matching[at][domain] > 0 || matches && nobody()
                }
                DomainRuleKind::AntiAffinity => {
                    let Some(domain) = domain else { return true };
                    !(carries && self.matching[at][domain] > 0 || matches && self.carriers[at][domain] > 0)
                }
            }
        })
    }

    /// Whether one more in the domain keeps the spread within its skew.
    fn is_level(
        &self,
        rule: usize,
        group: &Dealt,
        domain: Option<usize>,
        max_skew: u32,
        min_domains: u32,
    ) -> bool {
        let Some(domain) = domain else { return false };
        let counts = &self.matching[rule];
        let eligible = &group.eligible[self.rules[rule].key];
        let (mut least, mut domains) = (u32::MAX, 0);
        for other in eligible.iter() {
            least = least.min(counts[other]);
            domains += 1;
        }
        if domains < min_domains || domains == 0 {
            least = 0;
        }
        counts[domain] < least + max_skew
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(numbers: &[usize]) -> BitSet {
        let mut set = BitSet::default();
        numbers.iter().for_each(|&number| set.insert(number));
        set
    }

    fn rule(kind: DomainRuleKind, carriers: &[usize], matching: &[usize]) -> DomainRule {
        let none = vec![0; 3];
        DomainRule {
            kind,
            key: 0,
            carriers: set(carriers),
            matching: set(matching),
            fixed_matching: none.clone(),
            fixed_carriers: none,
        }
    }

    fn group(group: usize, count: usize) -> Dealt {
        Dealt {
            group,
            homes: vec![None; count],
            options: vec![(0, 1), (1, 1), (2, 1)],
            eligible: vec![set(&[0, 1, 2])],
            size: 1,
        }
    }

    fn three_zones() -> Vec<Location> {
        (0..3).map(|zone| Box::from([Some(zone)])).collect()
    }

    fn count(answer: &[Option<usize>]) -> [usize; 3] {
        [0, 1, 2].map(|zone| answer.iter().filter(|&&one| one == Some(zone)).count())
    }

    #[test]
    fn spreads_evenly_and_keeps_whom_it_can_at_home() {
        let rules = [rule(DomainRuleKind::Spread { max_skew: 1, min_domains: 0 }, &[0], &[0])];
        let mut pods = group(0, 8);
        pods.homes = vec![Some(2); 8];
        let answer = deal(&three_zones(), &rules, &[pods]);
        let mut counts = count(&answer[0]);
        assert_eq!(counts[2], 3, "{answer:?}");
        counts.sort_unstable();
        assert_eq!(counts, [2, 3, 3]);
    }

    #[test]
    fn too_few_domains_leave_pods_without_a_place() {
        let rules = [rule(DomainRuleKind::Spread { max_skew: 1, min_domains: 4 }, &[0], &[0])];
        let answer = deal(&three_zones(), &rules, &[group(0, 5)]);
        assert_eq!(count(&answer[0]), [1, 1, 1], "the least count is taken as zero");
    }

    #[test]
    fn friends_share_a_zone_and_rivals_do_not() {
        let rules = [
            rule(DomainRuleKind::Affinity, &[0], &[0]),
            rule(DomainRuleKind::AntiAffinity, &[1], &[1]),
            rule(DomainRuleKind::Affinity, &[3], &[2]),
        ];
        let groups = [group(0, 4), group(1, 5), group(2, 1), group(3, 2)];
        let answer = deal(&three_zones(), &rules, &groups);
        assert!(count(&answer[0]).contains(&4), "{answer:?}");
        assert_eq!(count(&answer[1]), [1, 1, 1]);
        assert_eq!(answer[3], [answer[2][0]; 2], "carriers go where the one they want is");
    }

    #[test]
    fn fixed_pods_count() {
        let mut anti = rule(DomainRuleKind::AntiAffinity, &[], &[0]);
        anti.fixed_carriers = vec![1, 0, 1];
        assert_eq!(count(&deal(&three_zones(), &[anti], &[group(0, 2)])[0]), [0, 2, 0]);
    }
}
