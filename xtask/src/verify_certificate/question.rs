//! The scenario, as far as the content of one machine depends on it. Spread over zones and affinity are left
//! out: without them more sets of pods fit, and a bound that holds for more holds.

use std::collections::BTreeMap;

use anyhow::ensure;
use serde::{Deserialize, Deserializer};

#[derive(Deserialize)]
pub(super) struct Question {
    pub(super) types: Vec<MachineType>,
    pub(super) pods: Vec<Pod>,
    pub(super) daemon: Option<Daemon>,
}

#[derive(Deserialize)]
pub(super) struct MachineType {
    pub(super) name: String,
    pub(super) cpu: i64,
    pub(super) mem: i64,
    pub(super) pods: i64,
    pub(super) gpu: Option<i64>,
    pub(super) offs: Vec<Offer>,
}

#[derive(Deserialize)]
pub(super) struct Offer {
    pub(super) zone: String,
    pub(super) ct: String,
    pub(super) price: f64,
}

#[derive(Deserialize)]
pub(super) struct Daemon {
    pub(super) cpu: i64,
    pub(super) mem: i64,
}

#[derive(Deserialize)]
pub(super) struct Pod {
    pub(super) cpu: i64,
    pub(super) mem: i64,
    pub(super) gpu: Option<i64>,
    pub(super) labels: Option<BTreeMap<String, String>>,
    #[serde(default, deserialize_with = "one_or_many")]
    pub(super) anti: Vec<Term>,
}

#[derive(Clone, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Term {
    pub(super) key: String,
    #[serde(rename = "match")]
    pub(super) selector: BTreeMap<String, String>,
}

impl Pod {
    /// The terms by which no two pods that carry one can be on the same node: over hostnames, selecting the
    /// pod itself.
    pub(super) fn lonely(&self) -> impl Iterator<Item = &Term> {
        let has = |name: &String, value: &String| {
            self.labels.as_ref().and_then(|labels| labels.get(name)) == Some(value)
        };
        self.anti.iter().filter(move |term| {
            term.key == "kubernetes.io/hostname" && term.selector.iter().all(|(name, value)| has(name, value))
        })
    }
}

fn one_or_many<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Term>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Terms {
        One(Term),
        Many(Vec<Term>),
    }
    Ok(match Option::<Terms>::deserialize(from)? {
        None => Vec::new(),
        Some(Terms::One(term)) => vec![term],
        Some(Terms::Many(terms)) => terms,
    })
}

/// Dollars as whole nano-dollars.
///
/// # Errors
/// When there are none.
pub(super) fn nanos(dollars: f64) -> anyhow::Result<i64> {
    ensure!(dollars.abs() < 4e6, "{dollars} is no amount of dollars that is exact to nine digits");
    Ok((dollars * 1e9).round() as i64)
}
