//! A plan as people read it.

use std::collections::BTreeMap;
use std::io::{self, Write};

use model::Money;

use super::report::PlanReport;
use super::report::manifest::ManifestReport;
use crate::cli::output::{Align, Style, Table, grouped};

/// Names of nodes or pods after a reason.
const NAMES: usize = 6;
/// Lines of prose are at most this long.
const WIDTH: usize = 79;

const NAME: Align = Align::Left;
const FIGURE: Align = Align::Right;

/// Writes the whole report.
pub(super) fn write(report: &PlanReport, style: Style, out: &mut dyn Write) -> io::Result<()> {
    head(report, style, out)?;
    writeln!(out)?;
    machines(report, style, out)?;
    disruption(report, style, out)?;
    kept(report, style, out)?;
    unmovable(report, style, out)?;
    unplaced(&report.unplaced, style, out)?;
    warnings(report, style, out)
}

fn head(report: &PlanReport, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let (before, after) = (report.before.nodes, report.after.nodes.len());
    let estimate = if report.estimated { " (prices are estimates)" } else { "" };
    writeln!(
        out,
        "{} nodes ({} spot), {} pods{estimate}\n",
        grouped(&before.to_string()),
        report.spot_nodes,
        grouped(&report.pods.to_string())
    )?;
    let per_hour = [report.after.cost_per_hour, report.saving.per_hour];
    let per_month = [report.after.cost_per_month, report.saving.per_month];
    let (per_hour, per_month) = (adding_up(&per_hour, 3), adding_up(&per_month, 2));
    let before_per_hour = report.before.cost_per_hour.to_string_fixed(3);
    let before_per_month = report.before.cost_per_month.to_string_fixed(2);
    let mut table = Table::new([("", NAME), ("$/HOUR", FIGURE), ("$/MONTH", FIGURE), ("NODES", FIGURE)]);
    let difference = match before.cmp(&after) {
        std::cmp::Ordering::Less => format!("+{}", after - before),
        std::cmp::Ordering::Equal => "0".to_owned(),
        std::cmp::Ordering::Greater => format!("-{}", before - after),
    };
    for (name, hour, month, nodes) in [
        ("now", &before_per_hour, &before_per_month, before.to_string()),
        ("then", &per_hour[0], &per_month[0], after.to_string()),
        ("saving", &per_hour[1], &per_month[1], difference),
    ] {
        table.row([name.to_owned(), grouped(hour), grouped(month), nodes]);
    }
    table.write(out, style)?;

    let share = format!("{:.1} %", report.saving.share * 100.0);
    let said = match (report.lower_bound_per_hour, report.gap) {
        (Some(bound), gap) => format!(
            "It saves {share}. No plan under the same rules can cost less than ${}/hour{}.",
            grouped(&bound.to_string_fixed(3)),
            gap.map_or_else(String::new, |gap| format!(": this one is within {:.1} % of that", gap * 100.0))
        ),
        (None, _) => format!(
            "It saves {share}. How much less would be possible is not known: {}.",
            report.no_bound.as_deref().unwrap_or_default()
        ),
    };
    writeln!(out)?;
    wrapped(out, "", &said)
}

fn machines(report: &PlanReport, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let columns = [("MACHINES", NAME), ("TERMS", NAME), ("NOW", FIGURE), ("THEN", FIGURE)];
    let mut table = Table::new(columns.into_iter().chain([("$/HOUR NOW", FIGURE), ("$/HOUR THEN", FIGURE)]));
    let costs = |when: usize| -> Vec<Money> {
        let prices = report.machines.iter().map(|row| row.cost[when]);
        prices.chain([report.charges[when]]).collect()
    };
    let (now, then) = (costs(0), costs(1));
    let digits = now.iter().chain(&then).map(|cost| digits_of(*cost)).max().unwrap_or(0).clamp(3, 6);
    let (now, then) = (adding_up(&now, digits), adding_up(&then, digits));
    let none = |count: usize| if count == 0 { "-".to_owned() } else { count.to_string() };
    for (index, row) in report.machines.iter().enumerate() {
        let cost = |when: usize, cost: &str| match row.nodes[when] {
            0 => "-".to_owned(),
            _ => grouped(cost),
        };
        table.row([
            row.instance_type.clone(),
            row.capacity_type.to_owned(),
            none(row.nodes[0]),
            none(row.nodes[1]),
            cost(0, &now[index]),
            cost(1, &then[index]),
        ]);
    }
    if report.charges.iter().any(|charge| !charge.is_zero()) {
        let last = report.machines.len();
        let name = ["charge per node".to_owned(), String::new(), String::new(), String::new()];
        table.row(name.into_iter().chain([grouped(&now[last]), grouped(&then[last])]));
    }
    table.row([
        "total".to_owned(),
        String::new(),
        report.before.nodes.to_string(),
        report.after.nodes.len().to_string(),
        grouped(&report.before.cost_per_hour.to_string_fixed(digits)),
        grouped(&report.after.cost_per_hour.to_string_fixed(digits)),
    ]);
    table.write(out, style)
}

fn disruption(report: &PlanReport, style: Style, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n{}", style.bold("What it takes"))?;
    let bought = report.after.nodes.iter().filter(|node| node.existing.is_none()).count();
    if report.removed.is_empty() && bought == 0 && report.moves == 0 {
        return writeln!(out, "nothing: the cluster is as it should be");
    }
    let said = format!(
        "{} to buy, {} to drain; {} of {} pods move, in {}.",
        counted(bought, "node"),
        counted(report.removed.len(), "node"),
        grouped(&report.moves.to_string()),
        grouped(&report.placed_pods.to_string()),
        counted(report.waves, "wave")
    );
    wrapped(out, "", &said)
}

fn kept(report: &PlanReport, style: Style, out: &mut dyn Write) -> io::Result<()> {
    if report.kept.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}", style.bold("Nodes that stay"))?;
    let mut kinds = BTreeMap::<&str, Vec<&str>>::new();
    for one in &report.kept {
        kinds.entry(&one.kind).or_default().push(&one.node);
    }
    let mut kinds: Vec<_> = kinds.into_iter().collect();
    kinds.sort_by_key(|(_, nodes)| std::cmp::Reverse(nodes.len()));
    for (kind, nodes) in kinds {
        wrapped(out, "  ", &format!("{}: {kind}: {}", counted(nodes.len(), "node"), names(&nodes)))?;
    }
    writeln!(out, "  (--explain NODE says more about one of them)")
}

/// Pods that hold their nodes: all of them, those with the same reason together.
fn unmovable(report: &PlanReport, style: Style, out: &mut dyn Write) -> io::Result<()> {
    if report.unmovable.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}", style.bold("Pods that cannot be moved"))?;
    let mut reasons = BTreeMap::<&str, Vec<String>>::new();
    for one in &report.unmovable {
        let pods = if one.pods == 1 { String::new() } else { format!(" ({} pods)", one.pods) };
        reasons.entry(&one.reason).or_default().push(format!("{}{pods}", one.workload));
    }
    for (reason, workloads) in reasons {
        wrapped(out, "  ", &format!("{reason}: {}", workloads.join(", ")))?;
    }
    Ok(())
}

/// Waiting pods without a place, those with the same reason together.
fn unplaced(pods: &[super::report::UnplacedPod], style: Style, out: &mut dyn Write) -> io::Result<()> {
    if pods.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}", style.bold("Pods that still have no place"))?;
    let mut reasons = BTreeMap::<&str, Vec<&str>>::new();
    for one in pods {
        reasons.entry(&one.reason).or_default().push(&one.pod);
    }
    for (reason, pods) in reasons {
        wrapped(out, "  ", &format!("{}: {reason}", names(&pods)))?;
    }
    Ok(())
}

fn warnings(report: &PlanReport, style: Style, out: &mut dyn Write) -> io::Result<()> {
    for one in &report.not_listed {
        writeln!(out, "\n{}", style.warning(&format!("not listed, and so not looked at: {one}")))?;
    }
    Ok(())
}

/// Writes what a change needs.
pub(super) fn write_manifest(report: &ManifestReport, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let adds = &report.adds;
    let signed =
        |text: String| if text.starts_with('-') { text.replacen('-', "-$", 1) } else { format!("+${text}") };
    let head = format!(
        "{}/hour, {}/month, {} {}",
        signed(grouped(&adds.per_hour.to_string_fixed(3))),
        signed(grouped(&adds.per_month.to_string_fixed(2))),
        if adds.nodes < 0 { adds.nodes.to_string() } else { format!("+{}", adds.nodes) },
        if adds.nodes.abs() == 1 { "node" } else { "nodes" }
    );
    writeln!(out, "{}", style.bold(&head))?;
    writeln!(
        out,
        "from ${}/hour and {} to ${}/hour and {}\n",
        grouped(&report.before.cost_per_hour.to_string_fixed(3)),
        counted(report.before.nodes, "node"),
        grouped(&report.after.cost_per_hour.to_string_fixed(3)),
        counted(report.after.nodes, "node")
    )?;
    let mut table =
        Table::new([("WORKLOAD", NAME), ("KIND", NAME), ("NEW PODS", FIGURE), ("REPLACED", FIGURE)]);
    for one in &report.workloads {
        let cells = [one.workload.clone(), one.kind.clone(), one.pods.to_string(), one.replaces.to_string()];
        table.row(cells);
    }
    table.write(out, style)?;
    writeln!(out)?;
    writeln!(
        out,
        "{} on nodes that are there, {} on {} to buy{}",
        counted(report.pods_on_existing_nodes, "pod"),
        report.pods_on_new_nodes,
        counted(report.new_nodes.len(), "node"),
        if adds.nodes <= 0 && !report.new_nodes.is_empty() {
            ", which waiting pods need in any case"
        } else {
            ""
        }
    )?;
    for node in &report.new_nodes {
        let pods: Vec<&str> = node.pods.iter().map(String::as_str).collect();
        let machine = format!("{} ({}) in {}", node.instance_type, node.capacity_type, node.zone);
        wrapped(out, "  ", &format!("{machine}, ${}/hour: {}", node.price_per_hour, names(&pods)))?;
    }
    unplaced(&report.unplaced, style, out)
}

/// The first few names, and how many more there are.
fn names(names: &[&str]) -> String {
    let more = match names.len().saturating_sub(NAMES) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{}{more}", names[..NAMES.min(names.len())].join(", "))
}

/// A number with its noun.
fn counted(count: usize, noun: &str) -> String {
    format!("{} {noun}{}", grouped(&count.to_string()), if count == 1 { "" } else { "s" })
}

/// Writes prose in lines of at most [`WIDTH`] characters; lines after the first are set in by two more.
pub(super) fn wrapped(out: &mut dyn Write, indent: &str, text: &str) -> io::Result<()> {
    let mut line = indent.to_owned();
    let mut is_empty = true;
    for word in text.split(' ') {
        if !is_empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            writeln!(out, "{line}")?;
            line = if indent.is_empty() { String::new() } else { format!("{indent}  ") };
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    writeln!(out, "{line}")
}

/// How many digits after the point it takes to show an amount exactly.
fn digits_of(amount: Money) -> usize {
    amount.to_string().split_once('.').map_or(0, |(_, digits)| digits.len())
}

/// Amounts rounded to `digits` after the point so that they sum to their sum as it is shown: what
/// rounding leaves goes to those that lost most.
fn adding_up(amounts: &[Money], digits: usize) -> Vec<String> {
    let unit = 10_i64.pow(u32::try_from(9_usize.saturating_sub(digits)).unwrap_or(0));
    let total: Money = amounts.iter().copied().sum();
    let shown: Money = total.to_string_fixed(digits).parse().unwrap_or(total);
    let mut units: Vec<i64> = amounts.iter().map(|amount| amount.nanos().div_euclid(unit)).collect();
    let missing = shown.nanos() / unit - units.iter().sum::<i64>();
    let mut by_loss: Vec<usize> = (0..amounts.len()).collect();
    by_loss.sort_by_key(|&index| std::cmp::Reverse(amounts[index].nanos().rem_euclid(unit)));
    for index in by_loss.into_iter().take(usize::try_from(missing).unwrap_or(0)) {
        units[index] += 1;
    }
    units.into_iter().map(|amount| Money::from_nanos(amount * unit).to_string_fixed(digits)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shown_figures_add_up() {
        let third = Money::from_nanos(333_333_333);
        assert_eq!(adding_up(&[third, third, third + Money::from_nanos(1)], 2), ["0.33", "0.33", "0.34"]);
        assert_eq!(
            adding_up(&[Money::from_nanos(-5_400_000), Money::from_nanos(15_400_000)], 3),
            ["-0.005", "0.015"]
        );
        assert_eq!(adding_up(&[], 3), Vec::<String>::new());
    }

    #[test]
    fn prose_is_wrapped_and_set_in() {
        let mut out = Vec::new();
        wrapped(&mut out, "  ", "word ".repeat(20).trim_end()).unwrap();
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines.iter().all(|line| line.len() <= WIDTH), "{text}");
        assert!(lines[0].starts_with("  word") && lines[1].starts_with("    word"), "{text}");
    }
}
