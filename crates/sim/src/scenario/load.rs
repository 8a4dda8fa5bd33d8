//! A cluster for load: any provider, any number of nodes, ordinary workloads.

use model::Lifecycle;

use super::{Dynamics, Group, Scenario, WorkloadPlan};
use crate::machine::Machine;
use crate::provider::Provider;
use crate::random::Random;
use crate::world::meta::Kind;
use crate::world::template::{Container, Labels, PodTemplate, Resources, Toleration};
use crate::world::workload::{BudgetRule, Limit};

/// Pods of Deployments for each node, beside its daemons.
const PODS_PER_NODE: u32 = 12;

/// A cluster of `nodes` nodes with about 15 pods each. The same `seed` gives the same cluster.
pub fn load_test(provider: Provider, name: &str, nodes: u32, seed: u64, dynamics: Dynamics) -> Scenario {
    let mut random = Random::new(seed, 1);
    let kinds: [&str; 2] = match provider {
        Provider::Eks => ["m5.xlarge", "m5.2xlarge"],
        Provider::Gke => ["e2-standard-4", "n2-standard-8"],
        Provider::Aks => ["Standard_D4s_v5", "Standard_D8s_v5"],
        Provider::Anywhere => ["host-8c32g", "host-16c64g"],
    };
    let machines: Vec<Machine> = kinds.iter().filter_map(|name| Machine::named(provider, name)).collect();
    let spot = if provider == Provider::Anywhere { 0 } else { nodes / 4 };
    let group = |name: &str, lifecycle, count: u32| Group {
        name: name.to_owned(),
        machines: machines
            .iter()
            .enumerate()
            .map(|(index, machine)| (machine.clone(), if index == 0 { count.div_ceil(2) } else { count / 2 }))
            .collect(),
        lifecycle,
        labels: Labels::new(),
        taints: Vec::new(),
        maximum: count * 2 + 5,
        scale_down_after: Some(1_800),
    };
    let mut groups = vec![group("general", Lifecycle::OnDemand, nodes - spot)];
    if spot > 0 {
        groups.push(group("spot", Lifecycle::Spot, spot));
    }
    let mut workloads: Vec<WorkloadPlan> = ["kube-proxy", "log-agent", "node-exporter"]
        .into_iter()
        .map(|name| {
            let mut template = PodTemplate::new(
                Labels::new(),
                Container::new(name, &format!("load/{name}:v1"), Resources::new(50, 64)),
            );
            template.tolerations.push(Toleration::everything());
            plan(Kind::DaemonSet, "kube-system", name, 0, template)
        })
        .collect();
    let mut left = nodes * PODS_PER_NODE;
    while left > 0 {
        let replicas = (random.between(2, 12) as u32).min(left);
        left -= replicas;
        let number = workloads.len();
        let requests = Resources::new(random.between(5, 30) * 10, random.between(1, 8) * 64);
        let name = format!("service-{number:03}");
        let container = Container::new(&name, &format!("load/{name}:v1.1.0"), requests);
        let mut workload = plan(
            Kind::Deployment,
            &format!("team-{:02}", number % 12),
            &name,
            replicas,
            PodTemplate::new(Labels::new(), container),
        );
        workload.template.usage.peak_cpu_milli = requests.cpu_milli * u64::from(replicas) * 35 / 100;
        if number.is_multiple_of(3) {
            workload.autoscale = Some((replicas.div_ceil(2), replicas * 2, 40));
        }
        if number.is_multiple_of(2) {
            workload.budget = Some(BudgetRule::MaxUnavailable(Limit::Count(1)));
        }
        workloads.push(workload);
    }
    Scenario { name: name.to_owned(), provider, groups, workloads, oddities: Vec::new(), dynamics }
}

/// A workload without autoscaler, budget, claims and runs.
pub(super) fn plan(
    kind: Kind,
    namespace: &str,
    name: &str,
    replicas: u32,
    template: PodTemplate,
) -> WorkloadPlan {
    WorkloadPlan {
        kind,
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        replicas,
        template,
        autoscale: None,
        budget: None,
        claim_gib: 0,
        batch: None,
    }
}
