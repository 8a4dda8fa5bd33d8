//! Situations of our own; and the scheduler's verdicts on some thousands, where that file lies beside the
//! repository.

use std::path::Path;

use super::case::Case;
use super::{compare, open};

/// Situations in our own words. The verdicts are what the Kubernetes documentation says.
const OWN: &str = include_str!("cases.jsonl");

fn shared() -> Option<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/scheduling/cases.jsonl.gz");
    if !file.exists() {
        return None;
    }
    let mut text = String::new();
    open(&file).unwrap().read_to_string(&mut text).unwrap();
    Some(text)
}

#[test]
fn our_own_situations() {
    let report = compare(OWN.as_bytes()).unwrap();
    assert_eq!(report.differences(), 0, "{report}");
}

#[test]
fn the_schedulers_verdicts() {
    let Some(text) = shared() else { return };
    let report = compare(text.as_bytes()).unwrap();
    assert_eq!(report.differences(), 0, "{report}");
}

/// The pod of one situation comes to the cluster of another: what the scheduler says of that is not known,
/// but the two implementations must say the same.
#[test]
fn rules_and_check_agree_on_pods_that_come_to_other_clusters() {
    let Some(text) = shared() else { return };
    let mut cases: Vec<Case> = text.lines().map(|line| Case::read(line).unwrap()).collect();
    cases.retain(|case| !case.id.starts_with("h-quirk-"));
    let (mut different, mut refused) = (Vec::new(), 0);
    for step in [1, 211] {
        for at in 0..cases.len() {
            let guest = &cases[(at + step) % cases.len()];
            let mixed = cases[at].with_incoming_of(guest);
            for (node, (rules, check)) in mixed.by_rules().iter().zip(mixed.by_check()).enumerate() {
                refused += usize::from(rules.is_some());
                if rules.is_some() != check.is_some() {
                    let [host, guest] = [&cases[at].id, &guest.id];
                    different.push(format!("{guest} in {host}, node {node}: {rules:?} but {check:?}"));
                }
            }
        }
    }
    assert!(refused > 5_000, "{refused}");
    assert!(different.is_empty(), "{} differ:\n{}", different.len(), different.join("\n"));
}
