//! What the demo prints: the first figures, each from the function that the API answers with.

use jiff::SignedDuration;
use model::{Money, Timestamp};
use store::Cluster;
use wire::cost_reports::AggregateBy;

use crate::app::{App, cost_reports, prices};
use crate::cli::output::{Align, Style, Table};
use crate::cost::now::ClusterCost;

/// How many workloads are listed.
const MOST_WASTEFUL: usize = 5;

/// Prints the report of a cluster with `days` of history.
pub(super) async fn print(app: &App, cluster: &Cluster, days: i64) -> anyhow::Result<()> {
    let now = app.clock.now();
    let prices = prices::book(app, cluster.organization_id).await?;
    let present = app.live.read(app, cluster.organization_id, cluster.id, |state| {
        let cost = ClusterCost::of(state, &prices);
        let spot = cost.nodes.iter().filter(|node| node.node.lifecycle == model::Lifecycle::Spot).count();
        (
            cost.total().total(),
            cost.nodes.len(),
            spot,
            state.counts().pods,
            state.unschedulable_pods().count(),
        )
    });
    let (per_hour, nodes, spot, pods, unschedulable) = present.await?.unwrap_or_default();
    let start = now.saturating_sub(SignedDuration::from_hours(days * 24)).unwrap_or(Timestamp::UNIX_EPOCH);
    let range = cost_reports::range(start, now)?;
    let cost = cost_reports::cluster_cost(app, cluster, range, &AggregateBy::Day).await?.summary;
    let efficiency = cost_reports::efficiency(app, cluster, range).await?;
    let workloads = cost_reports::workload_efficiency(app, cluster, range, false).await?;

    let style = Style::for_stdout();
    println!("{}", style.bold(&format!("{}: {nodes} nodes ({spot} spot), {pods} pods", cluster.name)));
    println!("  now             ${}/hour, ${}/month", dollars(per_hour, 3), dollars(per_hour.per_month(), 2));
    println!("  last {days} days    ${}", dollars(cost.total_cost, 2));
    if let Some(forecast) = cost.forecast {
        println!(
            "  this month      ${} so far, ${} by its end",
            dollars(forecast.month_to_date, 2),
            dollars(forecast.end_of_month, 2)
        );
    }
    println!(
        "  wasted          ${} requested and not used in {days} days",
        dollars(efficiency.summary.wasted_cost, 2)
    );
    println!("  unschedulable   {unschedulable} pods\n");

    let mut table = Table::new([
        ("MOST WASTEFUL WORKLOADS", Align::Left),
        ("KIND", Align::Left),
        ("COST $", Align::Right),
        ("WASTED $", Align::Right),
    ]);
    for item in workloads.items.iter().take(MOST_WASTEFUL) {
        table.row([
            format!("{}/{}", item.namespace, item.workload_name),
            item.workload_type.clone(),
            dollars(item.total_cost, 2),
            dollars(item.wasted_cost, 2),
        ]);
    }
    table.write(&mut std::io::stdout(), style)?;
    Ok(())
}

/// Rounded once, with thousands set apart.
fn dollars(amount: Money, digits: usize) -> String {
    crate::cli::output::grouped(&amount.to_string_fixed(digits))
}
