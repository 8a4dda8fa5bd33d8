//! InterPodAffinity: whom a pod must have near, and whom it must not.
//!
//! Anti-affinity holds in both directions: a pod with a term refuses those whom it chooses, and they are
//! refused where it is. Required affinity is asked of the pod that is placed alone.

use std::collections::BTreeMap;

use super::class_rules::{ClassRules, Forbids};
use super::compile::Compiler;
use super::counters::Counter;
use super::shape::{Domain, RelationKind};

/// The required affinity of a class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Affinity {
    /// For each topology key of its terms, the pods that satisfy all terms at once, by domain: each key may
    /// be served by another pod.
    pub(super) near: Box<[Counter]>,
    /// It satisfies its own terms, so that it may be the first of its group.
    pub(super) is_of_the_group: bool,
}

pub(super) fn compile(compiler: &mut Compiler<'_>, rules: &mut [ClassRules]) {
    required(compiler, rules);
    anti(compiler, rules);
}

fn required(compiler: &mut Compiler<'_>, rules: &mut [ClassRules]) {
    let sorted = compiler.sorted;
    let mut groups: BTreeMap<(Box<[u32]>, u32), Vec<u32>> = BTreeMap::new();
    for (class, rule) in rules.iter().enumerate() {
        let Some(matcher) = sorted.asks[rule.likeness.asks as usize].affinity else { continue };
        let terms = rule.spec.required_pod_affinity.iter();
        let mut keys: Vec<u32> = terms
            .map(|term| compiler.maker.key(Domain::Label(term.topology_key.clone()), compiler.rows))
            .collect();
        keys.sort_unstable();
        keys.dedup();
        groups.entry((keys.into(), matcher)).or_default().push(class as u32);
    }
    for ((keys, matcher), carriers) in groups {
        let matching = &sorted.chosen[matcher as usize];
        let near: Box<[Counter]> = keys.iter().map(|&key| compiler.maker.counter(key, matching)).collect();
        for &class in &carriers {
            let is_of_the_group = matching.binary_search(&class).is_ok();
            rules[class as usize].affinity = Some(Affinity { near: near.clone(), is_of_the_group });
        }
        for &key in &keys {
            let domain = compiler.maker.domain(key);
            compiler.relate(RelationKind::Affinity, domain, &carriers, matching);
        }
    }
}

fn anti(compiler: &mut Compiler<'_>, rules: &mut [ClassRules]) {
    let sorted = compiler.sorted;
    let mut terms: BTreeMap<(u32, Option<u32>, Domain), Vec<u32>> = BTreeMap::new();
    for (class, rule) in rules.iter().enumerate() {
        let asks = &sorted.asks[rule.likeness.asks as usize].anti;
        for (&(matcher, any), term) in asks.iter().zip(&rule.spec.required_pod_anti_affinity) {
            let carriers = terms.entry((matcher, any, Domain::Label(term.topology_key.clone()))).or_default();
            if carriers.last() != Some(&(class as u32)) {
                carriers.push(class as u32);
            }
        }
    }
    for ((matcher, any, domain), carriers) in &terms {
        let matching = &sorted.chosen[*matcher as usize];
        let why = [Forbids::OwnAntiAffinity, Forbids::TheirAntiAffinity];
        compiler.keep_apart(rules, domain.clone(), [carriers, matching], why);
        // What the scheduler reads into negative namespace selectors is minded too, in one direction.
        if let Some(any) = any {
            let matching = &sorted.chosen[*any as usize];
            compiler.refuse(rules, domain.clone(), [carriers, matching], why[0]);
            compiler.relate(RelationKind::AntiAffinity, domain.clone(), carriers, matching);
        }
    }
}

#[cfg(test)]
mod tests {

    use model::node_labels::HOSTNAME;

    use crate::reason::Rule;
    use crate::rules::testing::*;
    use crate::rules::{Domain, RelationKind, Rules};

    const REFUSED: Option<Rule> = Some(Rule::InterPodAffinity);

    #[test]
    fn anti_affinity_holds_in_both_directions() {
        let shy = pod("shy", |spec| spec.required_pod_anti_affinity = Box::new([term("loud", ZONE)]));
        let loud = pod("loud", |_| {});
        let nodes = || [node("a1", "a"), node("a2", "a"), node("b", "b"), node("nowhere", "")];
        let shy_is_there = picture(nodes(), [on(&shy, "a1")]);
        assert_eq!(refusals(&shy_is_there, loud.clone()), [REFUSED, REFUSED, None, None]);
        assert_eq!(refusals(&shy_is_there, shy.clone()), [None; 4], "it does not mind its like");
        let loud_is_there = picture(nodes(), [on(&loud, "a1")]);
        assert_eq!(refusals(&loud_is_there, shy), [REFUSED, REFUSED, None, None]);
    }

    #[test]
    fn the_first_of_a_group_goes_anywhere_and_others_beside_it() {
        let of_group = pod("g", |spec| spec.required_pod_affinity = Box::new([term("g", ZONE)]));
        let nodes = || [node("a", "a"), node("b", "b"), node("nowhere", "")];
        assert_eq!(refusals(&picture(nodes(), []), of_group.clone()), [None, None, REFUSED]);
        let second = picture(nodes(), [on(&of_group, "b")]);
        assert_eq!(refusals(&second, of_group.clone()), [REFUSED, None, REFUSED]);
        let astray = picture(nodes(), [on(&of_group, "nowhere")]);
        assert_eq!(refusals(&astray, of_group), [None, None, REFUSED], "that one is in no zone");
    }

    #[test]
    fn equal_terms_are_one_relation() {
        let shy = |size| {
            pod("shy", |spec| {
                spec.requests.cpu_milli = size;
                spec.required_pod_anti_affinity = Box::new([term("shy", HOSTNAME)]);
            })
        };
        let picture = picture([node("a", "a")], [shy(1), shy(2), shy(2)]);
        let rules = Rules::compile(&picture, Vec::new(), &[]);
        assert_eq!(rules.classes().len(), 2);
        let [one] = rules.relations() else { panic!("{:?}", rules.relations()) };
        assert_eq!((one.kind, &one.domain), (RelationKind::AntiAffinity, &Domain::Label(HOSTNAME.into())));
        assert_eq!((&*one.carriers, &*one.matching), (&[0, 1][..], &[0, 1][..]));
    }
}
