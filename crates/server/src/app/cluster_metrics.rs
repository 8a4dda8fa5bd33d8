//! What clusters cost and hold now, as Prometheus metrics with the names of the contract, so that
//! dashboards made for them go on working.
//!
//! Prometheus knows floats only: these figures are for plots, exact ones are in the cost reports.

use std::fmt::Write as _;

use model::{Lifecycle, Money, Resources};
use store::Page;

use super::{App, prices};
use crate::auth::principal::Principal;
use crate::cost::now::ClusterCost;
use crate::http::error::ApiResult;

/// What one cluster is like now.
struct Measured {
    name: String,
    total_cost: Money,
    by_lifecycle: [(Lifecycle, Money, i64); 3],
    capacity: Resources,
    allocatable: Resources,
    requests: Resources,
    nodes: usize,
    pods: usize,
    unschedulable: usize,
}

/// The metrics of all live clusters that exist for the caller, in the Prometheus text format.
///
/// # Errors
/// What the store met.
pub async fn text(app: &App, principal: &Principal) -> ApiResult<String> {
    let mut measured = Vec::new();
    let prices = prices::book(app, principal.organization).await?;
    for cluster in app.store.clusters(principal.organization, false, &Page::ALL).await?.items {
        if !principal.may_see_cluster(cluster.id) {
            continue;
        }
        let name = cluster.name.clone();
        let look = |state: &cluster::ClusterState| {
            let cost = ClusterCost::of(state, &prices);
            let mut one = Measured {
                name,
                total_cost: cost.total().total(),
                by_lifecycle: Lifecycle::ALL.map(|lifecycle| (lifecycle, Money::ZERO, 0)),
                capacity: Resources::default(),
                allocatable: Resources::default(),
                requests: Resources::default(),
                nodes: cost.nodes.len(),
                pods: state.counts().pods,
                unschedulable: state.unschedulable_pods().count(),
            };
            for node in &cost.nodes {
                one.capacity += &node.node.capacity;
                one.allocatable += &node.node.allocatable;
                for (lifecycle, sum, cpu_milli) in &mut one.by_lifecycle {
                    if *lifecycle == node.node.lifecycle {
                        *sum += node.cost.total();
                        *cpu_milli += node.node.allocatable.cpu_milli;
                    }
                }
            }
            for requested in state.requested_by_node().values() {
                one.requests += requested;
            }
            one
        };
        measured.extend(app.live.read(app, cluster.organization_id, cluster.id, look).await?);
    }
    Ok(write(&measured))
}

fn write(measured: &[Measured]) -> String {
    let mut text = String::new();
    let dollars = |money: Money| money.nanos() as f64 / 1e9;
    let cores = |resources: &Resources| resources.cpu_milli as f64 / 1e3;
    let bytes = |resources: &Resources| resources.memory_bytes as f64;
    let mut gauge = |name: &str, help: &str, value: &dyn Fn(&Measured) -> Vec<(String, f64)>| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "# HELP castai_cluster_{name} {help}\n# TYPE castai_cluster_{name} gauge");
        for one in measured {
            for (label, value) in value(one) {
                let _ = writeln!(
                    text,
                    "castai_cluster_{name}{{castai_cluster=\"{}\"{label}}} {value}",
                    escape(&one.name)
                );
            }
        }
    };
    let only = |value: f64| vec![(String::new(), value)];
    gauge("total_cost_hourly", "Cost of the cluster in an hour, US dollars", &|one| {
        only(dollars(one.total_cost))
    });
    gauge("compute_cost_hourly", "Cost of the nodes in an hour, by lifecycle, US dollars", &|one| {
        one.by_lifecycle
            .iter()
            .map(|(lifecycle, cost, _)| (lifecycle_label(*lifecycle), dollars(*cost)))
            .collect()
    });
    gauge(
        "compute_cost_per_cpu_hourly",
        "Cost of the nodes in an hour per allocatable CPU, by lifecycle, US dollars",
        &|one| {
            let with_cpu = one.by_lifecycle.iter().filter(|(_, _, cpu_milli)| *cpu_milli > 0);
            with_cpu
                .map(|(lifecycle, cost, cpu_milli)| {
                    (lifecycle_label(*lifecycle), dollars(*cost) * 1e3 / *cpu_milli as f64)
                })
                .collect()
        },
    );
    gauge("provisioned_cpu_cores", "CPU that nodes have", &|one| only(cores(&one.capacity)));
    gauge("provisioned_memory_bytes", "Memory that nodes have", &|one| only(bytes(&one.capacity)));
    gauge("allocatable_cpu_cores", "CPU that pods can have", &|one| only(cores(&one.allocatable)));
    gauge("allocatable_memory_bytes", "Memory that pods can have", &|one| only(bytes(&one.allocatable)));
    gauge("requests_cpu_cores", "CPU that pods on nodes request", &|one| only(cores(&one.requests)));
    gauge("requests_memory_bytes", "Memory that pods on nodes request", &|one| only(bytes(&one.requests)));
    gauge("node_count", "Nodes", &|one| only(one.nodes as f64));
    gauge("pods_count", "Pods, finished ones included", &|one| only(one.pods as f64));
    gauge("unschedulable_pods_count", "Pods that no node can take", &|one| only(one.unschedulable as f64));
    text
}

fn lifecycle_label(lifecycle: Lifecycle) -> String {
    format!(",lifecycle=\"{lifecycle}\"")
}

/// A label's value, as the text format wants it.
fn escape(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
