//! `cargo xtask scenario`: packing scenarios of the known families, of any size and with any seed.
//!
//! Machine types and the daemon are those of a scenario that is given. Sizes of pods follow the benchmarks
//! that the families are named after; the same family, number and seed give the same bytes.

mod families;
mod random;

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use crate::verify_certificate::plain;
use families::Family;
use random::Random;

/// What to make.
#[derive(clap::Args)]
pub struct Options {
    /// The family.
    family: Family,
    /// How many pods.
    #[arg(long)]
    pods: usize,
    /// Another seed gives other pods of the same family.
    #[arg(long)]
    seed: u64,
    /// The scenario whose machine types and daemon are used, plain or gzip.
    #[arg(long)]
    types: PathBuf,
    /// Offer everything on spot too: 28 to 55 % of the price on demand, up to a fifth more or less by zone.
    #[arg(long)]
    spot: bool,
    /// The trace for the family openb: a CSV file with the columns cpu_milli, memory_mib and num_gpu.
    #[arg(long, required_if_eq("family", "openb"))]
    trace: Option<PathBuf>,
    /// Where to write it; packed when the name ends in `.gz`.
    #[arg(short)]
    output: PathBuf,
}

/// Makes a scenario and writes it.
///
/// # Errors
/// When a file cannot be read or written, or is not what it should be.
pub fn run(options: &Options) -> anyhow::Result<()> {
    let base: Value = serde_json::from_slice(&plain(&options.types)?).context("reading the types")?;
    let mut random = Random::new(options.seed);
    let trace = match &options.trace {
        Some(path) => families::trace(&String::from_utf8(plain(path)?)?)?,
        None => Vec::new(),
    };
    let mut types = base["types"].clone();
    ensure!(types.as_array().is_some_and(|types| !types.is_empty()), "the file of types has none");
    if options.spot {
        offer_spot(&mut types, &mut random)?;
    }
    let pods = families::pods(options.family, options.pods, &trace, &mut random);
    let scenario = json!({"types": types, "pods": pods, "daemon": base["daemon"]});
    let text = serde_json::to_vec(&scenario)?;
    let packed = options.output.extension().is_some_and(|extension| extension == "gz");
    let bytes = if packed {
        let mut packer = flate2::GzBuilder::new().mtime(0).write(Vec::new(), flate2::Compression::best());
        packer.write_all(&text)?;
        packer.finish()?
    } else {
        text
    };
    std::fs::write(&options.output, bytes).with_context(|| format!("writing {}", options.output.display()))
}

/// Adds a spot offer to each that is on demand; those that were there go.
fn offer_spot(types: &mut Value, random: &mut Random) -> anyhow::Result<()> {
    for one in types.as_array_mut().into_iter().flatten() {
        let share = random.between(0.28, 0.55);
        let offers = one["offs"].as_array_mut().context("a type has no list of offers")?;
        offers.retain(|offer| offer["ct"] == "on-demand");
        for at in 0..offers.len() {
            let price = offers[at]["price"].as_f64().context("a price is no number")?;
            let spot = price * share * random.between(0.8, 1.2);
            let rounded = (spot * 1e5).round() / 1e5;
            offers.push(json!({"zone": offers[at]["zone"], "ct": "spot", "price": rounded}));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use planner::scenario::Scenario;

    use super::*;

    #[test]
    fn every_family_is_a_scenario_of_the_size_that_is_asked_for() {
        let types = json!([{"name": "m5.large", "cpu": 1930, "mem": 6903, "pods": 29, "gpu": 0, "offs": [
            {"zone": "a", "ct": "on-demand", "price": 0.096}, {"zone": "a", "ct": "spot", "price": 0.09}]}]);
        let trace =
            families::trace("name,cpu_milli,memory_mib,num_gpu\np,4000,8192,0\nq,1000,2048,2\n").unwrap();
        for family in Family::ALL {
            let pods = |seed| families::pods(family, 997, &trace, &mut Random::new(seed));
            let mut types = types.clone();
            offer_spot(&mut types, &mut Random::new(3)).unwrap();
            assert_eq!(types[0]["offs"].as_array().unwrap().len(), 2, "the spot offer is renewed");
            let scenario = json!({"types": types, "pods": pods(5), "daemon": null}).to_string();
            let scenario =
                Scenario::read(scenario.as_bytes()).unwrap_or_else(|error| panic!("{family:?}: {error}"));
            assert_eq!(scenario.pods(), 997, "{family:?}");
            assert_eq!(pods(5), pods(5), "{family:?}");
            if !matches!(family, Family::Basic | Family::Wide | Family::Openb) {
                assert_ne!(pods(5), pods(6), "{family:?}");
            }
        }
    }
}
