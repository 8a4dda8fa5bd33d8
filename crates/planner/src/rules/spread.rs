//! PodTopologySpread: how evenly pods are spread over the domains of a label.

use std::sync::Arc;

use model::TopologySpread;

use super::bits::Bits;
use super::class_rules::{ClassRules, NO_ROW};
use super::compile::Compiler;
use super::counters::Counter;
use super::shape::{Domain, RelationKind};

/// A topology spread of a class that must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SpreadRule {
    /// Pods that count, by domain.
    pub(super) counter: Counter,
    /// Which of the spec's constraints it is.
    pub(super) constraint: u32,
    pub(super) max_skew: i64,
    pub(super) min_domains: i64,
    /// One, when the pod counts itself.
    pub(super) itself: i64,
}

pub(super) fn compile(compiler: &mut Compiler<'_>, rules: &mut [ClassRules]) {
    let mut carriers: std::collections::BTreeMap<(Domain, i64, i64, Vec<u32>), Vec<u32>> = Default::default();
    for (class, rule) in rules.iter_mut().enumerate() {
        let required = || rule.spec.topology_spread.iter().enumerate().filter(|(_, spread)| spread.required);
        if required().next().is_none() {
            continue;
        }
        // A node that lacks the key of one constraint counts for none.
        let mut with_keys = compiler.rows.all();
        required().for_each(|(_, one)| with_keys.keep(&compiler.rows.in_domains(&one.topology_key)));
        let mut spreads = Vec::new();
        for (at, spread) in required() {
            let matching = matching(compiler, rule, at);
            let domain = Domain::Label(spread.topology_key.clone());
            let key = compiler.maker.key(domain.clone(), compiler.rows);
            let counted = counted_rows(&with_keys, rule, spread);
            let (max_skew, min_domains) =
                (i64::from(spread.max_skew), i64::from(spread.min_domains.unwrap_or(1)));
            spreads.push(SpreadRule {
                counter: compiler.maker.spread(key, counted, matching),
                constraint: at as u32,
                max_skew,
                min_domains,
                itself: i64::from(counts_itself(spread, class as u32, matching)),
            });
            carriers.entry((domain, max_skew, min_domains, matching.into())).or_default().push(class as u32);
        }
        rule.spreads = spreads;
    }
    for ((domain, max_skew, min_domains, matching), mut carriers) in carriers {
        carriers.dedup();
        let kind = RelationKind::Spread { max_skew, min_domains };
        compiler.relate(kind, domain, &carriers, &matching);
    }
}

/// The classes that a class's constraint counts.
pub(super) fn matching<'c>(compiler: &Compiler<'c>, rule: &ClassRules, constraint: usize) -> &'c [u32] {
    let sorted = compiler.sorted;
    let matcher = sorted.asks[rule.likeness.asks as usize].spreads[constraint];
    matcher.map_or(&[], |matcher| &sorted.chosen[matcher as usize])
}

/// A selector without conditions counts no pod that is there, yet the one that comes.
fn counts_itself(spread: &TopologySpread, class: u32, matching: &[u32]) -> bool {
    spread.selector.as_ref().is_some_and(|selector| selector.is_empty())
        || matching.binary_search(&class).is_ok()
}

/// Rows whose pods count, and which make domains.
fn counted_rows(with_keys: &Bits, rule: &ClassRules, spread: &TopologySpread) -> Arc<Bits> {
    let mut rows = with_keys.clone();
    if spread.honor_node_affinity {
        rows.keep(&rule.chosen);
        if let (Some(only), Some(_)) = (rule.only, &rule.likeness.own.required_node) {
            let is_there = only != NO_ROW && rows.contains(only as usize);
            rows.clear();
            if is_there {
                rows.insert(only as usize);
            }
        }
    }
    if spread.honor_node_taints {
        rows.keep(&rule.untainted);
    }
    Arc::new(rows)
}

#[cfg(test)]
mod tests {

    use model::node_labels::HOSTNAME;

    use super::*;
    use crate::reason::Rule;
    use crate::rules::Rules;
    use crate::rules::testing::*;

    const REFUSED: Option<Rule> = Some(Rule::PodTopologySpread);

    fn spreading(max_skew: i32) -> model::Pod {
        pod("web", |spec| spec.topology_spread = Box::new([spread("web", ZONE, max_skew)]))
    }

    #[test]
    fn the_fuller_domain_refuses_and_a_node_without_one_does_too() {
        let nodes = [node("a", "a"), node("b", "b"), node("nowhere", "")];
        let picture =
            picture(nodes, [on(&spreading(1), "a"), on(&spreading(1), "a"), on(&spreading(1), "b")]);
        assert_eq!(refusals(&picture, spreading(1)), [REFUSED, None, REFUSED]);
        assert_eq!(refusals(&picture, spreading(2)), [None, None, REFUSED]);
    }

    #[test]
    fn excluded_nodes_are_no_domains_unless_told_so() {
        let nodes = [node("a", "a"), node("b", "b")];
        let picture = picture(nodes, [on(&spreading(1), "a")]);
        let in_a = |honor: bool| {
            pod("web", |spec| {
                let one = TopologySpread { honor_node_affinity: honor, ..spread("web", ZONE, 1) };
                spec.topology_spread = Box::new([one]);
                spec.required_node_affinity = Some(in_zone("a"));
            })
        };
        assert_eq!(refusals(&picture, in_a(true))[0], None);
        assert_eq!(refusals(&picture, in_a(false))[0], REFUSED);
    }

    #[test]
    fn new_nodes_are_new_hostnames() {
        let by_host = pod("web", |spec| spec.topology_spread = Box::new([spread("web", HOSTNAME, 1)]));
        let picture = picture([node("a", "a")], [on(&by_host, "a")]);
        let rules = Rules::compile(&picture, vec![new_like(&node("b", "b"))], &[Arc::new(by_host)]);
        let (mut occupancy, class) = (rules.occupancy(), rules.class_of(1).unwrap());
        let old = occupancy.existing(0);
        assert!(occupancy.allows(class, old), "the only host is the least full one");
        let [first, second] = [occupancy.open(0), occupancy.open(0)];
        assert!(!occupancy.allows(class, old), "there are empty ones now");
        occupancy.add(class, first);
        assert!(!occupancy.allows(class, old) && !occupancy.allows(class, first));
        occupancy.close(second);
        assert!(occupancy.allows(class, old) && occupancy.allows(class, first));
    }
}
