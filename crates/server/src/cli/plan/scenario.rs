//! `plan --scenario`: a packing scenario and its answer.

use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::Path;

use anyhow::{Context as _, Result};
use planner::Question;
use planner::scenario::{Outcome, Scenario};

use super::{PlanArgs, PlanFormat, ask};
use crate::cli::output::{Align, Style, Table, grouped, print_value};

/// Reads the scenario, plans, writes what is bought.
pub(super) fn run(path: &Path, args: &PlanArgs, out: &mut dyn Write) -> Result<()> {
    let scenario = read(path).with_context(|| format!("reading {}", path.display()))?;
    let input = scenario.input();
    let answer = ask::ask(&input, &Question::Provision, args)?;
    if let Some(path) = &args.certificate {
        ask::write_certificate(&input, &answer.plan, path)?;
    }
    let outcome = scenario.outcome(&input, &answer.plan, answer.seconds);
    match args.output {
        PlanFormat::Table => table(&scenario, &outcome, Style::for_stdout(), out)?,
        format => print_value(out, format.into(), &outcome)?,
    }
    Ok(())
}

fn read(path: &Path) -> Result<Scenario> {
    let mut file = BufReader::new(File::open(path)?);
    let mut magic = Vec::new();
    (&mut file).take(2).read_to_end(&mut magic)?;
    let is_gzip = magic == [0x1f, 0x8b];
    let whole = std::io::Cursor::new(magic).chain(file);
    Ok(if is_gzip { Scenario::read(cluster::gunzip(whole))? } else { Scenario::read(whole)? })
}

fn table(scenario: &Scenario, outcome: &Outcome, style: Style, out: &mut dyn Write) -> std::io::Result<()> {
    let (nodes, pods) = (outcome.nodes.len(), scenario.pods());
    let head = format!("${}/hour", grouped(&outcome.cost_per_hour.to_string_fixed(4)));
    writeln!(
        out,
        "{} for {} pods on {} nodes, found in {:.2} s",
        style.bold(&head),
        grouped(&pods.to_string()),
        grouped(&nodes.to_string()),
        outcome.solve_seconds
    )?;
    match outcome.gap {
        Some(gap) => writeln!(
            out,
            "No plan can cost less than ${}/hour: this one is within {:.2} % of it.",
            grouped(&outcome.lower_bound_per_hour.to_string_fixed(4)),
            gap * 100.0
        )?,
        None => writeln!(out, "Nothing is known about what the best plan would cost.")?,
    }
    let mut rows = std::collections::BTreeMap::new();
    for node in &outcome.nodes {
        let row =
            rows.entry((&node.instance_type, node.capacity_type, node.price_per_hour)).or_insert((0, 0));
        *row = (row.0 + 1, row.1 + node.pods.len());
    }
    let mut rows: Vec<_> = rows.into_iter().collect();
    rows.sort_by_key(|((_, _, price), (nodes, _))| std::cmp::Reverse(price.nanos() * *nodes));
    let columns = [
        ("TYPE", Align::Left),
        ("TERMS", Align::Left),
        ("NODES", Align::Right),
        ("PODS", Align::Right),
        ("$/HOUR EACH", Align::Right),
    ];
    let mut table = Table::new(columns);
    for ((instance_type, terms, price), (nodes, pods)) in rows {
        table.row([
            instance_type.to_string(),
            terms.to_owned(),
            nodes.to_string(),
            pods.to_string(),
            price.to_string_fixed(4),
        ]);
    }
    if !table.is_empty() {
        writeln!(out)?;
        table.write(out, style)?;
    }
    if !outcome.unplaced.is_empty() {
        writeln!(out, "\n{}", style.bold("Pods without a place"))?;
        let mut reasons = std::collections::BTreeMap::<&str, Vec<usize>>::new();
        for one in &outcome.unplaced {
            reasons.entry(&one.reason).or_default().push(one.pod);
        }
        for (reason, pods) in reasons {
            let first: Vec<String> = pods.iter().take(6).map(ToString::to_string).collect();
            let more = if pods.len() > first.len() { ", …" } else { "" };
            writeln!(out, "{} (number {}{more}): {reason}", pods.len(), first.join(", "))?;
        }
    }
    Ok(())
}
