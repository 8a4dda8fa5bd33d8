//! The file of `--policies`: rules of the house, and what new nodes may look like. `docs/policies.md`
//! explains it with an example.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use model::{
    Architecture, LabelSelector, Lifecycle, Money, Operator, Quantity, Requirement, Resources, Taint,
    TaintEffect,
};
use planner::{
    Commitment, DisruptionPrice, Headroom, Limits, NodeTemplate, Policies, Preferences, PriorityTier,
    SpotPolicy, SpotUse,
};
use serde::{Deserialize, Deserializer};

use crate::app::planning::HORIZON_HOURS;

/// Everything that the file says.
#[derive(Clone, Debug, Default)]
pub(super) struct House {
    /// What holds for the whole cluster.
    pub(super) policies: Policies,
    /// Whether the pools that the cluster has are templates too.
    pub(super) own_templates_only: bool,
    /// Capacity paid for already.
    pub(super) commitments: Vec<Commitment>,
    templates: Vec<TemplateFile>,
}

impl House {
    /// What holds without a file: a saving counts for a month, and everything else as the planner has it.
    fn without_file() -> Self {
        let disruption = DisruptionPrice { horizon_hours: HORIZON_HOURS, ..DisruptionPrice::default() };
        Self { policies: Policies { disruption, ..Policies::default() }, ..Self::default() }
    }

    /// Changes the templates that the file names, and adds those that it names and nobody has yet.
    pub(super) fn change(&self, templates: &mut Vec<NodeTemplate>) {
        for change in &self.templates {
            let index = templates.iter().position(|one| one.name == change.name).unwrap_or_else(|| {
                templates.push(NodeTemplate { name: Arc::clone(&change.name), ..NodeTemplate::default() });
                templates.len() - 1
            });
            change.apply(&mut templates[index]);
        }
    }
}

/// Reads the file; without one, nothing is restricted.
///
/// # Errors
/// Say which file, and where in it.
pub(super) fn read(path: Option<&Path>) -> Result<House> {
    let Some(path) = path else { return Ok(House::without_file()) };
    let name = path.display();
    let text = fs::read_to_string(path).with_context(|| format!("opening {name}"))?;
    parse(&text).with_context(|| format!("reading {name}"))
}

fn parse(text: &str) -> Result<House> {
    let mut house = House::without_file();
    // A file of nothing but comments.
    let Some(file) = serde_path_to_error::deserialize::<_, Option<PoliciesFile>>(
        serde_yaml_ng::Deserializer::from_str(text),
    )?
    else {
        return Ok(house);
    };
    let policies = &mut house.policies;
    if let Some(limits) = file.limits {
        policies.limits = limits.limits();
    }
    policies.node_charge = file.node_charge_per_hour.map_or(Money::ZERO, |price| price.0);
    if let Some(spot) = file.spot {
        policies.spot = spot.spot_use()?;
    }
    if let Some(disruption) = file.disruption {
        policies.disruption = DisruptionPrice {
            per_pod: disruption.per_pod.map_or(Money::ZERO, |price| price.0),
            per_node: disruption.per_node.map_or(Money::ZERO, |price| price.0),
            horizon_hours: disruption.horizon_hours.unwrap_or(policies.disruption.horizon_hours),
        };
    }
    if let Some(preferences) = file.preferences {
        policies.preferences = preferences.into();
    }
    policies.max_drained_at_once = file.max_drained_at_once;
    policies.move_local_storage = file.move_local_storage;
    policies.min_node_age_seconds = i64::from(file.min_node_age_seconds);
    policies.headroom = file.headroom.into_iter().map(HeadroomFile::headroom).collect::<Result<_>>()?;
    house.own_templates_only = file.own_templates_only;
    house.commitments = file.commitments.into_iter().map(Into::into).collect();
    for (index, template) in file.templates.iter().enumerate() {
        let again = file.templates[..index].iter().any(|earlier| earlier.name == template.name);
        ensure!(!again, "templates[{index}].name: there are two templates {:?}", template.name);
    }
    house.templates = file.templates;
    Ok(house)
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
struct PoliciesFile {
    limits: Option<LimitsFile>,
    node_charge_per_hour: Option<Price>,
    spot: Option<SpotFile>,
    disruption: Option<DisruptionFile>,
    preferences: Option<PreferencesFile>,
    headroom: Vec<HeadroomFile>,
    max_drained_at_once: Option<u32>,
    move_local_storage: bool,
    min_node_age_seconds: u32,
    templates: Vec<TemplateFile>,
    own_templates_only: bool,
    commitments: Vec<CommitmentFile>,
}

/// Dollars, as a number or a text, not negative.
#[derive(Clone, Copy, Debug)]
struct Price(Money);

impl<'de> Deserialize<'de> for Price {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = Scalar::deserialize(from)?.text();
        let price: Money = text.parse().map_err(serde::de::Error::custom)?;
        if price < Money::ZERO {
            return Err(serde::de::Error::custom(format!("{text} is negative")));
        }
        Ok(Self(price))
    }
}

/// An amount as Kubernetes writes it, not negative.
#[derive(Clone, Copy, Debug)]
struct Amount(Quantity);

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = Scalar::deserialize(from)?.text();
        let amount: Quantity = text.parse().map_err(serde::de::Error::custom)?;
        if amount < Quantity::ZERO {
            return Err(serde::de::Error::custom(format!("{text} is negative")));
        }
        Ok(Self(amount))
    }
}

/// What people write without quotes as well as with them.
#[derive(Deserialize)]
#[serde(untagged)]
enum Scalar {
    Whole(i64),
    Fraction(f64),
    Text(String),
}

impl Scalar {
    fn text(self) -> String {
        match self {
            Self::Whole(number) => number.to_string(),
            Self::Fraction(number) => number.to_string(),
            Self::Text(text) => text,
        }
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
struct LimitsFile {
    cpu: Option<Amount>,
    memory: Option<Amount>,
    nodes: Option<u32>,
    price_per_hour: Option<Price>,
}

impl LimitsFile {
    fn limits(&self) -> Limits {
        Limits {
            cpu_milli: self.cpu.map(|cpu| cpu.0.milli()),
            memory_bytes: self.memory.map(|memory| memory.0.whole()),
            nodes: self.nodes.map(i64::from),
            price: self.price_per_hour.map(|price| price.0),
        }
    }
}

/// `spot: all`, or `spot: {friendly: {maxWorkloadPercent: 60}}`.
#[derive(Deserialize)]
#[serde(untagged, expecting = "expected none, as-today, friendly, all, or friendly with maxWorkloadPercent")]
enum SpotFile {
    Word(SpotWord),
    Friendly { friendly: FriendlyFile },
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum SpotWord {
    None,
    AsToday,
    Friendly,
    All,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct FriendlyFile {
    max_workload_percent: u8,
}

impl SpotFile {
    fn spot_use(&self) -> Result<SpotUse> {
        Ok(match self {
            Self::Word(SpotWord::None) => SpotUse::None,
            Self::Word(SpotWord::AsToday) => SpotUse::AsToday,
            Self::Word(SpotWord::Friendly) => SpotUse::Friendly { max_workload_percent: 100 },
            Self::Word(SpotWord::All) => SpotUse::All,
            Self::Friendly { friendly: FriendlyFile { max_workload_percent } } => {
                ensure!(*max_workload_percent <= 100, "spot.friendly.maxWorkloadPercent: more than 100");
                SpotUse::Friendly { max_workload_percent: *max_workload_percent }
            }
        })
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
struct DisruptionFile {
    per_pod: Option<Price>,
    per_node: Option<Price>,
    horizon_hours: Option<u32>,
}

#[derive(Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
struct PreferencesFile {
    node_affinity: bool,
    pod_affinity: bool,
    topology_spread: bool,
    taints: bool,
}

impl Default for PreferencesFile {
    fn default() -> Self {
        let Preferences { node_affinity, pod_affinity, topology_spread, taints } = Preferences::default();
        Self { node_affinity, pod_affinity, topology_spread, taints }
    }
}

impl From<PreferencesFile> for Preferences {
    fn from(file: PreferencesFile) -> Self {
        let PreferencesFile { node_affinity, pod_affinity, topology_spread, taints } = file;
        Self { node_affinity, pod_affinity, topology_spread, taints }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct HeadroomFile {
    name: Arc<str>,
    count: u32,
    /// By resource, as in a pod's requests.
    requests: std::collections::BTreeMap<Arc<str>, Amount>,
    node_labels: Option<std::collections::BTreeMap<Arc<str>, Arc<str>>>,
    lifecycle: Option<Lifecycle>,
}

impl HeadroomFile {
    fn headroom(self) -> Result<Headroom> {
        let mut resources = Resources { pods: 1, ..Resources::default() };
        for (name, amount) in &self.requests {
            ensure!(&**name != "pods", "headroom {:?}: a placeholder is one pod", self.name);
            resources.set(name, amount.0);
        }
        let nodes = self.node_labels.map(|labels| LabelSelector {
            requirements: labels
                .into_iter()
                .map(|(key, value)| Requirement { key, operator: Operator::In, values: Box::new([value]) })
                .collect(),
        });
        Ok(Headroom { name: self.name, resources, count: self.count, nodes, lifecycle: self.lifecycle })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CommitmentFile {
    name: Arc<str>,
    instance_types: Vec<Arc<str>>,
    region: Option<Arc<str>>,
    zone: Option<Arc<str>>,
    machines: u32,
    #[serde(default = "nothing")]
    price_per_hour: Price,
}

const fn nothing() -> Price {
    Price(Money::ZERO)
}

impl From<CommitmentFile> for Commitment {
    fn from(file: CommitmentFile) -> Self {
        let CommitmentFile { name, instance_types, region, zone, machines, price_per_hour } = file;
        Self { name, instance_types, region, zone, machines, price: price_per_hour.0 }
    }
}

/// A template, new or changed: what is not given stays as it is, `null` lifts a restriction.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TemplateFile {
    name: Arc<str>,
    labels: Option<std::collections::BTreeMap<Arc<str>, Arc<str>>>,
    taints: Option<Vec<TaintFile>>,
    #[serde(default)]
    constraints: ConstraintsFile,
    limits: Option<LimitsFile>,
    spot: Option<SpotPolicyFile>,
    #[serde(default, deserialize_with = "given")]
    max_pods: Option<Option<u32>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TaintFile {
    key: Arc<str>,
    #[serde(default)]
    value: Arc<str>,
    effect: Effect,
}

#[derive(Clone, Copy, Debug, Deserialize)]
enum Effect {
    NoSchedule,
    PreferNoSchedule,
    NoExecute,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
struct ConstraintsFile {
    #[serde(deserialize_with = "given")]
    instance_types: Option<Option<Vec<Arc<str>>>>,
    excluded_instance_types: Option<Vec<Arc<str>>>,
    #[serde(deserialize_with = "given")]
    families: Option<Option<Vec<Arc<str>>>>,
    excluded_families: Option<Vec<Arc<str>>>,
    #[serde(deserialize_with = "given")]
    architectures: Option<Option<Vec<Architecture>>>,
    #[serde(deserialize_with = "given")]
    zones: Option<Option<Vec<Arc<str>>>>,
    #[serde(deserialize_with = "given")]
    min_vcpus: Option<Option<u32>>,
    #[serde(deserialize_with = "given")]
    max_vcpus: Option<Option<u32>>,
    #[serde(deserialize_with = "given")]
    min_memory: Option<Option<Amount>>,
    #[serde(deserialize_with = "given")]
    max_memory: Option<Option<Amount>>,
    #[serde(deserialize_with = "given")]
    gpu: Option<Option<bool>>,
    #[serde(deserialize_with = "given")]
    burstable: Option<Option<bool>>,
    #[serde(deserialize_with = "given")]
    lifecycles: Option<Option<Vec<Terms>>>,
    priority: Option<Vec<TierFile>>,
}

/// The terms under which machines are bought.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Terms {
    OnDemand,
    Spot,
}

impl From<Terms> for Lifecycle {
    fn from(terms: Terms) -> Self {
        match terms {
            Terms::OnDemand => Self::OnDemand,
            Terms::Spot => Self::Spot,
        }
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
struct TierFile {
    families: Vec<Arc<str>>,
    lifecycle: Option<Terms>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
struct SpotPolicyFile {
    fallback: bool,
    max_pool_percent: Option<u8>,
    max_price_increase_percent: Option<u32>,
}

/// Tells a field that is `null` from one that is not there.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(from).map(Some)
}

fn set<T: Clone, U>(field: &mut Option<U>, given: &Option<Option<T>>, convert: impl Fn(T) -> U) {
    if let Some(given) = given {
        *field = given.clone().map(convert);
    }
}

impl TemplateFile {
    fn apply(&self, template: &mut NodeTemplate) {
        if let Some(labels) = &self.labels {
            template.labels = labels.iter().map(|(name, value)| (&**name, &**value)).collect();
        }
        if let Some(taints) = &self.taints {
            let taint = |one: &TaintFile| Taint {
                key: Arc::clone(&one.key),
                value: Arc::clone(&one.value),
                effect: match one.effect {
                    Effect::NoSchedule => TaintEffect::NoSchedule,
                    Effect::PreferNoSchedule => TaintEffect::PreferNoSchedule,
                    Effect::NoExecute => TaintEffect::NoExecute,
                },
            };
            template.taints = taints.iter().map(taint).collect();
        }
        if let Some(limits) = &self.limits {
            template.limits = limits.limits();
        }
        if let Some(SpotPolicyFile { fallback, max_pool_percent, max_price_increase_percent }) = self.spot {
            template.spot = SpotPolicy { fallback, max_pool_percent, max_price_increase_percent };
        }
        set(&mut template.max_pods, &self.max_pods, i64::from);

        let (constraints, file) = (&mut template.constraints, &self.constraints);
        set(&mut constraints.instance_types, &file.instance_types, |list| list);
        set(&mut constraints.families, &file.families, |list| list);
        set(&mut constraints.architectures, &file.architectures, |list| list);
        set(&mut constraints.zones, &file.zones, |list| list);
        set(&mut constraints.min_vcpus, &file.min_vcpus, |vcpus| vcpus);
        set(&mut constraints.max_vcpus, &file.max_vcpus, |vcpus| vcpus);
        set(&mut constraints.gpu, &file.gpu, |gpu| gpu);
        set(&mut constraints.burstable, &file.burstable, |burstable| burstable);
        let mib = |amount: Amount| (amount.0.whole() >> 20).unsigned_abs();
        set(&mut constraints.min_memory_mib, &file.min_memory, mib);
        set(&mut constraints.max_memory_mib, &file.max_memory, mib);
        let terms = |list: Vec<Terms>| list.into_iter().map(Into::into).collect();
        set(&mut constraints.lifecycles, &file.lifecycles, terms);
        let lists = [
            (&mut constraints.excluded_instance_types, &file.excluded_instance_types),
            (&mut constraints.excluded_families, &file.excluded_families),
        ];
        for (list, given) in lists {
            given.iter().for_each(|given| list.clone_from(given));
        }
        if let Some(tiers) = &file.priority {
            let tier = |one: &TierFile| PriorityTier {
                families: one.families.clone(),
                lifecycle: one.lifecycle.map(Into::into),
            };
            constraints.priority = tiers.iter().map(tier).collect();
        }
    }
}

#[cfg(test)]
mod tests;
