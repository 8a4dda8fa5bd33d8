//! A scan's result, as people read it.

use std::io::{self, Write};

use model::Money;

use super::report::{Cost, GroupReport, ScanReport, WorkloadReport, share};
use crate::cli::output::{Align, Style, Table, grouped};

/// Workloads in the table, unless all are asked for.
const WORKLOADS: usize = 20;
/// Workloads in the table of the most wasteful ones.
const WASTEFUL: usize = 10;
/// Names of objects after a warning.
const NAMES: usize = 6;

const NAME: Align = Align::Left;
const FIGURE: Align = Align::Right;

/// Writes the whole report.
pub(super) fn write(report: &ScanReport, all: bool, style: Style, out: &mut dyn Write) -> io::Result<()> {
    head(report, style, out)?;

    writeln!(out, "\n{}", style.bold("Cost by namespace"))?;
    let mut table = Table::new([("NAMESPACE", NAME)].into_iter().chain(GROUP_COLUMNS));
    for one in &report.namespaces {
        table.row([one.namespace.clone()].into_iter().chain(group_cells(&one.group, report.cost)));
    }
    remainder(&mut table, 1, report);
    table.write(out, style)?;

    writeln!(out, "\n{}", style.bold("Cost by workload"))?;
    let shown = if all { report.workloads.len() } else { WORKLOADS.min(report.workloads.len()) };
    let mut table = Table::new([("WORKLOAD", NAME), ("KIND", NAME)].into_iter().chain(GROUP_COLUMNS));
    for one in &report.workloads[..shown] {
        table.row(name_cells(one).into_iter().chain(group_cells(&one.group, report.cost)));
    }
    let others = &report.workloads[shown..];
    if !others.is_empty() {
        let cost: Money = others.iter().map(|one| one.group.cost.cost_per_hour).sum();
        let pods: u64 = others.iter().map(|one| one.group.pods).sum();
        let name = format!("{} others (--all lists them)", others.len());
        let cells = [name, String::new(), pods.to_string(), String::new(), String::new()];
        table.row(cells.into_iter().chain(cost_cells(cost, report.cost)));
    }
    remainder(&mut table, 2, report);
    table.write(out, style)?;

    writeln!(out, "\n{}", style.bold("Most wasteful workloads: requested, not used"))?;
    wasteful(report, style, out)?;

    writeln!(out, "\n{}", style.bold("Unschedulable pods"))?;
    if report.unschedulable.is_empty() {
        writeln!(out, "none")?;
    }
    for pod in &report.unschedulable {
        writeln!(out, "{}/{}: {}", pod.namespace, pod.pod, pod.reason)?;
    }

    writeln!(out, "\n{}", style.bold("Warnings"))?;
    if report.warnings.is_empty() {
        writeln!(out, "none")?;
    }
    for warning in &report.warnings {
        let names = warning.objects.iter().take(NAMES).map(String::as_str).collect::<Vec<_>>().join(", ");
        let colon = if names.is_empty() { "" } else { ": " };
        let more = match warning.objects.len().saturating_sub(NAMES) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        writeln!(out, "{}{colon}{names}{more}", style.warning(&warning.message))?;
    }
    Ok(())
}

/// All workloads, figures as they are.
pub(super) fn workloads_csv(report: &ScanReport) -> Table {
    let columns = ["pods", "cpuRequestedCores", "memoryRequestedGib", "gpusRequested", "cpuUsedCores"];
    let columns = ["namespace", "kind", "name"].into_iter().chain(columns).chain([
        "memoryUsedGib",
        "costPerHour",
        "costPerMonth",
        "wastedCostPerHour",
    ]);
    let mut table = Table::new(columns.map(|name| (name, NAME)));
    for one in &report.workloads {
        let group = &one.group;
        let used = |figure: fn(&super::report::ResourceFigures) -> f64| {
            group.used.as_ref().map(|used| figure(used).to_string()).unwrap_or_default()
        };
        table.row([
            one.namespace.clone(),
            one.kind.clone(),
            one.name.clone(),
            group.pods.to_string(),
            group.requested.cpu_cores.to_string(),
            group.requested.memory_gib.to_string(),
            group.requested.gpus.to_string(),
            used(|used| used.cpu_cores),
            used(|used| used.memory_gib),
            group.cost.cost_per_hour.to_string(),
            group.cost.cost_per_month.to_string(),
            group.wasted_cost_per_hour.map(|cost| cost.to_string()).unwrap_or_default(),
        ]);
    }
    table
}

fn head(report: &ScanReport, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let estimate = if report.estimated { " (estimate)" } else { "" };
    let Cost { cost_per_hour, cost_per_month } = report.cost;
    writeln!(
        out,
        "{} nodes ({} spot), {} pods",
        grouped(&report.nodes.to_string()),
        report.spot_nodes,
        grouped(&report.pods.to_string())
    )?;
    let price = format!(
        "${}/hour, ${}/month{estimate}",
        grouped(&cost_per_hour.to_string_fixed(3)),
        grouped(&cost_per_month.to_string_fixed(2))
    );
    writeln!(out, "{}\n", style.bold(&price))?;

    let mut table =
        Table::new([("", NAME), ("ALLOCATABLE", FIGURE), ("REQUESTED", FIGURE), ("USED", FIGURE)]);
    let of = |part: f64, whole: f64| {
        let percent = if whole == 0.0 { 0.0 } else { part / whole * 100.0 };
        format!("{part:.1} ({percent:.1} %)")
    };
    let used =
        |figure: Option<f64>, whole: f64| figure.map_or("not known".to_owned(), |used| of(used, whole));
    let (allocatable, requested) = (report.allocatable, report.requested);
    table.row([
        "CPU cores".to_owned(),
        format!("{:.1}", allocatable.cpu_cores),
        of(requested.cpu_cores, allocatable.cpu_cores),
        used(report.used.map(|used| used.cpu_cores), allocatable.cpu_cores),
    ]);
    table.row([
        "Memory GiB".to_owned(),
        format!("{:.1}", allocatable.memory_gib),
        of(requested.memory_gib, allocatable.memory_gib),
        used(report.used.map(|used| used.memory_gib), allocatable.memory_gib),
    ]);
    if allocatable.gpus > 0 {
        let requested = of(requested.gpus as f64, allocatable.gpus as f64);
        table.row(["GPUs".to_owned(), allocatable.gpus.to_string(), requested, "not known".to_owned()]);
    }
    table.write(out, style)
}

const GROUP_COLUMNS: [(&str, Align); 6] = [
    ("PODS", FIGURE),
    ("CPU", FIGURE),
    ("MEMORY GIB", FIGURE),
    ("$/HOUR", FIGURE),
    ("$/MONTH", FIGURE),
    ("SHARE", FIGURE),
];

fn group_cells(group: &GroupReport, whole: Cost) -> impl Iterator<Item = String> {
    let (pods, requested) = (group.pods, group.requested);
    [pods.to_string(), format!("{:.2}", requested.cpu_cores), format!("{:.2}", requested.memory_gib)]
        .into_iter()
        .chain(cost_cells(group.cost.cost_per_hour, whole))
}

fn cost_cells(cost: Money, whole: Cost) -> [String; 3] {
    let percent = share(cost.nanos(), whole.cost_per_hour.nanos()) * 100.0;
    [cost.to_string_fixed(4), grouped(&cost.per_month().to_string_fixed(2)), format!("{percent:.1} %")]
}

/// The rows that no pod stands for, and the sum, in a table whose rows have that many names.
fn remainder(table: &mut Table, names: usize, report: &ScanReport) {
    let rows = [
        ("idle (not requested)", report.idle),
        ("system (kept by nodes)", report.system),
        ("total", report.cost),
    ];
    for (name, cost) in rows {
        let empty = std::iter::repeat_n(String::new(), names - 1 + 3);
        let cells = [name.to_owned()].into_iter().chain(empty);
        table.row(cells.chain(cost_cells(cost.cost_per_hour, report.cost)));
    }
}

fn name_cells(one: &WorkloadReport) -> [String; 2] {
    [format!("{}/{}", one.namespace, one.name), one.kind.clone()]
}

fn wasteful(report: &ScanReport, style: Style, out: &mut dyn Write) -> io::Result<()> {
    if report.used.is_none() {
        return writeln!(
            out,
            "not known without pod metrics; add the file that this prints:\n  \
             kubectl get --raw /apis/metrics.k8s.io/v1beta1/pods"
        );
    }
    let columns = [("WORKLOAD", NAME), ("KIND", NAME), ("PODS", FIGURE), ("CPU USED/REQUESTED", FIGURE)];
    let columns = columns.into_iter().chain([("GIB USED/REQUESTED", FIGURE), ("WASTED $/MONTH", FIGURE)]);
    let mut table = Table::new(columns);
    for one in report.most_wasteful(WASTEFUL) {
        let Some((used, wasted)) = one.group.used.zip(one.group.wasted_cost_per_hour) else { continue };
        let requested = one.group.requested;
        table.row(name_cells(one).into_iter().chain([
            one.group.pods.to_string(),
            format!("{:.2}/{:.2}", used.cpu_cores, requested.cpu_cores),
            format!("{:.2}/{:.2}", used.memory_gib, requested.memory_gib),
            grouped(&wasted.per_month().to_string_fixed(2)),
        ]));
    }
    table.write(out, style)
}
