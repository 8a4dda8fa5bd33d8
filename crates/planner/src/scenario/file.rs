//! The JSON of a scenario, read strictly.
//!
//! Fields that are not known are refused: a constraint that is overlooked makes a wrong plan look right.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

use foldhash::fast::FixedState;
use model::{Labels, Money};
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Unexpected, Visitor};

use super::input::shape;
use super::{Daemon, MachineType, Offer, Scenario, ScenarioError};

/// No amount is larger than this. Sums of some thousands still fit, in bytes as well.
const MOST: u64 = 1_000_000_000;
/// No price is higher than this, in dollars per hour.
const HIGHEST_PRICE: f64 = 1_000_000.0;

/// Reads the text of a scenario.
pub(super) fn parse(text: &[u8]) -> Result<Scenario, ScenarioError> {
    let mut json = serde_json::Deserializer::from_slice(text);
    let file: ScenarioFile = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = match error.path().to_string() {
            root if root == "." => "the scenario".to_owned(),
            path => path,
        };
        ScenarioError::Form { path, problem: error.into_inner() }
    })?;
    json.end().map_err(|problem| ScenarioError::Form { path: "the scenario".into(), problem })?;
    let types = types(&file.types)?;
    let mut shapes = Vec::new();
    let mut known: HashMap<&PodFile<'_>, u32, FixedState> = HashMap::default();
    let mut pods = Vec::with_capacity(file.pods.len());
    for (at, pod) in file.pods.iter().enumerate() {
        let index = match known.get(pod) {
            Some(&index) => index,
            None => {
                check_terms(at, pod)?;
                let index = shapes.len() as u32;
                shapes.push(shape(pod));
                known.insert(pod, index);
                index
            }
        };
        pods.push(index);
    }
    let daemon = file.daemon.map(|daemon| Daemon { cpu_milli: daemon.cpu.0, memory_mib: daemon.mem.0 });
    Ok(Scenario { types, shapes, pods, daemon })
}

fn types(from: &[TypeFile<'_>]) -> Result<Vec<MachineType>, ScenarioError> {
    let sense = |path: String, wrong: &str, right| ScenarioError::Sense { path, wrong: wrong.into(), right };
    if from.is_empty() {
        return Err(sense("types".into(), "there is none", "at least one machine type must be for sale"));
    }
    let mut names: BTreeMap<&str, usize> = BTreeMap::new();
    let mut zones: BTreeMap<&str, Arc<str>> = BTreeMap::new();
    let mut types = Vec::with_capacity(from.len());
    for (at, one) in from.iter().enumerate() {
        if one.name.0.is_empty() {
            return Err(sense(format!("types[{at}].name"), "it is empty", "a machine type needs a name"));
        }
        if let Some(first) = names.insert(&one.name.0, at) {
            let wrong = format!("{:?} is also types[{first}]", one.name.0);
            return Err(sense(format!("types[{at}].name"), &wrong, "every type must be there once"));
        }
        if one.offs.is_empty() {
            let right = "a type must be offered in at least one zone";
            return Err(sense(format!("types[{at}].offs"), "there is none", right));
        }
        let mut offers = Vec::with_capacity(one.offs.len());
        for (number, offer) in one.offs.iter().enumerate() {
            if offer.zone.0.is_empty() {
                let path = format!("types[{at}].offs[{number}].zone");
                return Err(sense(path, "it is empty", "an offer needs the name of its zone"));
            }
            let zone = zones.entry(&offer.zone.0).or_insert_with(|| Arc::from(&*offer.zone.0));
            let spot = offer.ct == CapacityType::Spot;
            offers.push(Offer { zone: Arc::clone(zone), spot, price: offer.price.0 });
        }
        types.push(MachineType {
            name: Arc::from(&*one.name.0),
            cpu_milli: one.cpu.0,
            memory_mib: one.mem.0,
            pods: one.pods.0,
            gpus: one.gpu.map_or(0, |gpus| gpus.0),
            offers,
        });
    }
    Ok(types)
}

/// The domains of a scenario are zones and nodes; any other key would make them all one or none.
fn check_terms(at: usize, pod: &PodFile<'_>) -> Result<(), ScenarioError> {
    let check = |path: String, key: &str| match key {
        "topology.kubernetes.io/zone" | "kubernetes.io/hostname" => Ok(()),
        key => Err(ScenarioError::Sense {
            path: format!("pods[{at}].{path}.key"),
            wrong: format!("unknown topology key {key:?}"),
            right: "expected topology.kubernetes.io/zone or kubernetes.io/hostname",
        }),
    };
    for (number, one) in pod.tsc.iter().flatten().enumerate() {
        check(format!("tsc[{number}]"), &one.key.0)?;
    }
    let path = |field: &str, terms: &OneOrMany<TermFile<'_>>, number: usize| {
        if terms.single { field.to_owned() } else { format!("{field}[{number}]") }
    };
    for (field, terms) in [("aff", &pod.aff), ("anti", &pod.anti)] {
        for (number, one) in terms.all.iter().enumerate() {
            check(path(field, terms, number), &one.key.0)?;
        }
    }
    Ok(())
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct ScenarioFile<'a> {
    #[serde(borrow)]
    types: Vec<TypeFile<'a>>,
    #[serde(borrow)]
    pods: Vec<PodFile<'a>>,
    daemon: Option<DaemonFile>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct TypeFile<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    cpu: Amount,
    mem: Amount,
    pods: Amount,
    gpu: Option<Amount>,
    #[serde(borrow)]
    offs: Vec<OfferFile<'a>>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct OfferFile<'a> {
    #[serde(borrow)]
    zone: Text<'a>,
    ct: CapacityType,
    price: Price,
}

#[derive(Clone, Copy, PartialEq, Eq, serde::Deserialize)]
enum CapacityType {
    #[serde(rename = "on-demand")]
    OnDemand,
    #[serde(rename = "spot")]
    Spot,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct DaemonFile {
    cpu: Amount,
    mem: Amount,
}

/// A pod as the file has it. Equal ones are one shape.
#[derive(PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PodFile<'a> {
    pub(super) cpu: Amount,
    pub(super) mem: Amount,
    pub(super) gpu: Option<Amount>,
    #[serde(borrow, default)]
    pub(super) labels: Pairs<'a>,
    #[serde(borrow)]
    pub(super) tsc: Option<Vec<SpreadFile<'a>>>,
    #[serde(borrow, default)]
    pub(super) aff: OneOrMany<TermFile<'a>>,
    #[serde(borrow, default)]
    pub(super) anti: OneOrMany<TermFile<'a>>,
}

#[derive(PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SpreadFile<'a> {
    #[serde(borrow)]
    pub(super) key: Text<'a>,
    pub(super) skew: Skew,
    #[serde(borrow, rename = "match")]
    pub(super) selector: Pairs<'a>,
}

#[derive(PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TermFile<'a> {
    #[serde(borrow)]
    pub(super) key: Text<'a>,
    #[serde(borrow, rename = "match")]
    pub(super) selector: Pairs<'a>,
}

/// A text that is not copied out of the file where that can be helped.
#[derive(PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(transparent)]
pub(super) struct Text<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

/// Names and values, in the order of the file.
#[derive(Default, PartialEq, Eq, Hash)]
pub(super) struct Pairs<'a>(Vec<(Text<'a>, Text<'a>)>);

impl Pairs<'_> {
    /// Sorted, each name once.
    pub(super) fn labels(&self) -> Labels {
        self.0.iter().map(|(name, value)| (&*name.0, &*value.0)).collect()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Pairs<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Names;
        impl<'de> Visitor<'de> for Names {
            type Value = Pairs<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of texts")
            }
            fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
                Ok(Pairs::default())
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        from.deserialize_any(Names)
    }
}

/// A list that may be written as its only element.
#[derive(PartialEq, Eq, Hash)]
pub(super) struct OneOrMany<T> {
    pub(super) all: Vec<T>,
    single: bool,
}

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        Self { all: Vec::new(), single: false }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Terms<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Terms<T> {
            type Value = OneOrMany<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with key and match, or a list of them")
            }
            fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
                Ok(OneOrMany::default())
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                let one = T::deserialize(de::value::MapAccessDeserializer::new(map))?;
                Ok(OneOrMany { all: vec![one], single: true })
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut all = Vec::new();
                while let Some(one) = list.next_element()? {
                    all.push(one);
                }
                Ok(OneOrMany { all, single: false })
            }
        }
        from.deserialize_any(Terms(std::marker::PhantomData))
    }
}

/// A whole number that is not negative, at most a billion.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Amount(pub(super) i64);

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        whole(from, 0).map(Self)
    }
}

/// By how many pods domains may differ: at least one.
#[derive(PartialEq, Eq, Hash)]
pub(super) struct Skew(pub(super) i32);

impl<'de> Deserialize<'de> for Skew {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        whole(from, 1).map(|skew| Self(i32::try_from(skew).unwrap_or(i32::MAX)))
    }
}

fn whole<'de, D: Deserializer<'de>>(from: D, least: u64) -> Result<i64, D::Error> {
    struct Whole(u64);
    impl Visitor<'_> for Whole {
        type Value = i64;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "a whole number from {} to a billion", self.0)
        }
        fn visit_u64<E: de::Error>(self, value: u64) -> Result<i64, E> {
            if !(self.0..=MOST).contains(&value) {
                return Err(E::invalid_value(Unexpected::Unsigned(value), &self));
            }
            Ok(value as i64)
        }
        fn visit_i64<E: de::Error>(self, value: i64) -> Result<i64, E> {
            match u64::try_from(value) {
                Ok(value) => self.visit_u64(value),
                Err(_) => Err(E::invalid_value(Unexpected::Signed(value), &self)),
            }
        }
    }
    from.deserialize_any(Whole(least))
}

/// Dollars per hour, taken to nine digits after the point.
struct Price(Money);

impl<'de> Deserialize<'de> for Price {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Dollars;
        impl Visitor<'_> for Dollars {
            type Value = Price;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("dollars per hour, a number from 0 to a million")
            }
            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Price, E> {
                if !(0.0..=HIGHEST_PRICE).contains(&value) {
                    return Err(E::invalid_value(Unexpected::Float(value), &self));
                }
                format!("{value:.9}").trim_start_matches('-').parse().map(Price).map_err(E::custom)
            }
            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Price, E> {
                self.visit_f64(value as f64)
            }
            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Price, E> {
                self.visit_f64(value as f64)
            }
        }
        from.deserialize_any(Dollars)
    }
}
