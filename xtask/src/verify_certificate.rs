//! Verifies the proof of a lower bound without trusting who made it.
//!
//! A certificate gives each pod a price. If no set of pods that fits a machine is worth more than the machine
//! costs, no plan costs less than all pods are worth; `docs/lower-bound.md` says why. Here everything is
//! computed again from the scenario: sums, prices, and for each machine the most that its content can be
//! worth. Nothing of the planner is used; arithmetic that decides is in integers.

mod knapsack;
mod prices;
mod question;
mod search;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use serde::Deserialize;

use knapsack::{Knapsack, Proof};
use question::{MachineType, Question, nanos};

/// Steps that one search may take before it gives up.
const STEPS: u64 = 50_000_000;

/// What `--certificate` writes.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Certificate {
    classes: Vec<Class>,
    types: Vec<Worth>,
    bound_per_hour: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Class {
    pods: Vec<usize>,
    dual: f64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Worth {
    #[serde(rename = "type")]
    name: String,
    zone: String,
    capacity_type: String,
    price_per_hour: f64,
    max_value: f64,
}

/// Reads both files, plain or gzip, and verifies.
///
/// # Errors
/// With the first thing that the certificate does not prove.
pub fn run(scenario: &Path, certificate: &Path) -> anyhow::Result<()> {
    let said = verify(&plain(scenario)?, &plain(certificate)?)?;
    println!("{said}");
    Ok(())
}

/// The text of a file, unpacked where it is packed.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn plain(path: &Path) -> anyhow::Result<Vec<u8>> {
    let raw = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    if !raw.starts_with(&[0x1f, 0x8b]) {
        return Ok(raw);
    }
    let mut text = Vec::new();
    flate2::read::GzDecoder::new(&raw[..]).read_to_end(&mut text).context("unpacking the file")?;
    Ok(text)
}

/// Verifies a certificate; says in a sentence what was proven.
///
/// # Errors
/// With the first thing that the certificate does not prove.
pub(crate) fn verify(scenario: &[u8], certificate: &[u8]) -> anyhow::Result<String> {
    let question: Question = serde_json::from_slice(scenario).context("reading the scenario")?;
    let certificate: Certificate = serde_json::from_slice(certificate).context("reading the certificate")?;
    let duals = duals(&certificate, question.pods.len())?;
    let worth: i128 = duals.iter().map(|&dual| i128::from(dual)).sum();
    let bound = nanos(certificate.bound_per_hour)?;
    ensure!(
        i128::from(bound) <= worth,
        "boundPerHour is {bound} nano-dollars, all pods together are worth {worth}"
    );
    let mut claims = BTreeMap::new();
    for one in &certificate.types {
        let place = (&*one.name, &*one.zone, &*one.capacity_type);
        if claims.insert(place, (nanos(one.price_per_hour)?, nanos(one.max_value)?)).is_some() {
            bail!("{} in {} ({}) is there twice", one.name, one.zone, one.capacity_type);
        }
    }
    let mut searched = 0;
    let mut steps = 0;
    for machine in &question.types {
        let most = claimed(machine, &claims)?;
        let knapsack = Knapsack::new(machine, question.daemon.as_ref(), &question.pods, &duals);
        match knapsack.prove(most, STEPS) {
            Proof::ByPrices => {}
            Proof::BySearch { steps: taken } => {
                searched += 1;
                steps += taken;
            }
            Proof::Refuted { value } => bail!(
                "{}: pods worth {value} nano-dollars fit on it, maxValue says {most} at most",
                machine.name
            ),
            Proof::GaveUp => bail!("{}: maxValue {most} could not be proven in {STEPS} steps", machine.name),
        }
    }
    Ok(format!(
        "ok  {:.9} $/h is a lower bound: {} machine types, {} by prices of their room, {searched} by search ({steps} steps)",
        certificate.bound_per_hour,
        question.types.len(),
        question.types.len() - searched,
    ))
}

/// By pod, what it is worth, in nano-dollars. A pod in no class is worth nothing.
fn duals(certificate: &Certificate, pods: usize) -> anyhow::Result<Vec<i64>> {
    let mut duals = vec![0; pods];
    let mut seen = BTreeSet::new();
    for (index, class) in certificate.classes.iter().enumerate() {
        let dual = nanos(class.dual)?;
        ensure!(dual >= 0, "classes[{index}] has a negative dual");
        for &pod in &class.pods {
            ensure!(pod < pods, "classes[{index}]: the scenario has no pod {pod}");
            ensure!(seen.insert(pod), "pod {pod} is in two classes");
            duals[pod] = dual;
        }
    }
    Ok(duals)
}

/// The least that the certificate claims as the most of a machine type, over all its offers. Each offer must
/// be there at its price, and worth no more than that.
fn claimed(machine: &MachineType, claims: &BTreeMap<(&str, &str, &str), (i64, i64)>) -> anyhow::Result<i64> {
    let mut least = i64::MAX;
    for offer in &machine.offs {
        let place = format!("{} in {} ({})", machine.name, offer.zone, offer.ct);
        let Some(&(price, most)) = claims.get(&(&*machine.name, &*offer.zone, &*offer.ct)) else {
            bail!("{place} is left out");
        };
        let offered = nanos(offer.price)?;
        ensure!(price <= offered, "{place} costs {offered} nano-dollars, pricePerHour says {price}");
        ensure!(most <= price, "{place}: maxValue {most} is above its price {price}");
        least = least.min(most);
    }
    Ok(least)
}
