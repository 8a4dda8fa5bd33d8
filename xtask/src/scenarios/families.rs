//! The families: what pods of each look like.

use anyhow::Context;
use serde_json::{Value, json};

use super::random::Random;

/// A family of scenarios.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Family {
    /// The sizes of Karpenter's scheduling benchmark, no constraints.
    Generic,
    /// Its mix of five: generic, spread over zones, spread over hosts, near each other, alone on a host.
    Diverse,
    /// Deployments with many or few replicas, no constraints.
    Deploysnc,
    /// The same, 30 % of them spread over zones, 5 % alone on their hosts.
    Deploys,
    /// The same, all spread over zones.
    Zonespread,
    /// The same, all alone on their hosts.
    Anti,
    /// Thirty deployments of Karpenter's performance suite, of equal number.
    Wide,
    /// Its small and large pods, one half each.
    Basic,
    /// Pods of a production cluster, drawn from a trace.
    Openb,
}

impl Family {
    #[cfg(test)]
    pub(super) const ALL: [Self; 9] = [
        Self::Generic,
        Self::Diverse,
        Self::Deploysnc,
        Self::Deploys,
        Self::Zonespread,
        Self::Anti,
        Self::Wide,
        Self::Basic,
        Self::Openb,
    ];
}

/// CPU, memory and GPUs of a pod of a trace.
pub(super) type Size = (i64, i64, i64);

const ZONE: &str = "topology.kubernetes.io/zone";
const HOST: &str = "kubernetes.io/hostname";

/// The pods of a family.
pub(super) fn pods(family: Family, count: usize, trace: &[Size], random: &mut Random) -> Vec<Value> {
    match family {
        Family::Generic => (0..count).map(|_| labelled(random)).collect(),
        Family::Diverse => (0..count).map(|at| diverse(at * 5 / count.max(1), random)).collect(),
        Family::Deploysnc | Family::Deploys | Family::Zonespread | Family::Anti => {
            deployments(family, count, random)
        }
        Family::Wide => (0..count).map(|at| wide(at * WIDE.len() / count.max(1))).collect(),
        Family::Basic => {
            let size = |at: usize| if at * 2 < count { (900, 3100) } else { (3500, 28672) };
            (0..count).map(size).map(|(cpu, mem)| json!({"cpu": cpu, "mem": mem})).collect()
        }
        Family::Openb => {
            let pod = |(cpu, mem, gpu): Size| json!({"cpu": cpu, "mem": mem, "gpu": gpu});
            (0..count).map(|_| pod(random.pick(trace))).collect()
        }
    }
}

const LABELS: [&str; 7] = ["a", "b", "c", "d", "e", "f", "g"];

fn labelled(random: &mut Random) -> Value {
    let cpu = random.pick(&[100, 250, 500, 1000, 1500]);
    let mem = random.pick(&[100, 256, 512, 1024, 2048, 4096]);
    json!({"cpu": cpu, "mem": mem, "labels": {"my-label": random.pick(&LABELS)}})
}

fn diverse(fifth: usize, random: &mut Random) -> Value {
    let mut pod = labelled(random);
    match fifth {
        0 => {}
        1 | 2 => {
            let key = if fifth == 1 { ZONE } else { HOST };
            pod["tsc"] = json!([{"key": key, "skew": 1, "match": {"my-label": random.pick(&LABELS)}}]);
        }
        3 => {
            let group = random.pick(&LABELS);
            pod["labels"] = json!({"my-affinity": group});
            pod["aff"] = json!({"key": ZONE, "match": {"my-affinity": group}});
        }
        _ => {
            pod["labels"] = json!({"app": "nginx"});
            pod["anti"] = json!({"key": HOST, "match": {"app": "nginx"}});
        }
    }
    pod
}

/// Deployments whose number of replicas has a heavy tail (Pareto, exponent 1.1, 2 to 200), with 1 to 8 GiB
/// for each CPU.
fn deployments(family: Family, count: usize, random: &mut Random) -> Vec<Value> {
    let mut pods = Vec::with_capacity(count);
    let mut number = 0;
    while pods.len() < count {
        let app = format!("d{number}");
        number += 1;
        let replicas = (2.0 * (1.0 - random.unit()).powf(-1.0 / 1.1)).min(200.0) as usize;
        let cpu = random.pick(&[50, 100, 100, 200, 250, 250, 500, 500, 1000, 1000, 2000, 4000, 8000]);
        let mem = (cpu * random.pick(&[1, 2, 2, 4, 4, 4, 8, 8]) * 1024 / 1000).max(64);
        let kind = random.unit();
        let mut pod = json!({"cpu": cpu, "mem": mem, "labels": {"app": app}});
        let selector = json!({"app": app});
        if family == Family::Zonespread || (family == Family::Deploys && kind < 0.30) {
            pod["tsc"] = json!([{"key": ZONE, "skew": 1, "match": selector}]);
        } else if family == Family::Anti || (family == Family::Deploys && kind < 0.35) {
            pod["anti"] = json!({"key": HOST, "match": selector});
        }
        let replicas = replicas.min(count - pods.len());
        pods.extend(std::iter::repeat_n(pod, replicas));
    }
    pods
}

/// CPU and memory of the thirty deployments. All are spread over zones; the first three are alone on their
/// hosts, the next three spread over hosts.
const WIDE: [(i64, i64); 30] = [
    (240, 300),
    (450, 400),
    (650, 700),
    (900, 1024),
    (1400, 2048),
    (1900, 4096),
    (2400, 8192),
    (2800, 4096),
    (3300, 16384),
    (3700, 10240),
    (2300, 65536),
    (900, 30720),
    (1300, 32768),
    (2800, 32768),
    (1800, 30720),
    (1850, 20480),
    (3300, 30720),
    (3800, 300),
    (225, 500),
    (450, 750),
    (700, 1024),
    (900, 2048),
    (1300, 4096),
    (1800, 8192),
    (2400, 16384),
    (2800, 32768),
    (3400, 28672),
    (3800, 65536),
    (3300, 13312),
    (2800, 24576),
];

fn wide(number: usize) -> Value {
    let (cpu, mem) = WIDE[number];
    let app = format!("w{number}");
    let spread = |key: &str| json!({"key": key, "skew": 1, "match": {"app": app}});
    let mut pod = json!({"cpu": cpu, "mem": mem, "labels": {"app": app}, "tsc": [spread(ZONE)]});
    match number {
        0..3 => pod["anti"] = json!({"key": HOST, "match": {"app": app}}),
        3..6 => pod["tsc"] = json!([spread(ZONE), spread(HOST)]),
        _ => {}
    }
    pod
}

/// The sizes of the pods of a trace, from its CSV file.
pub(super) fn trace(text: &str) -> anyhow::Result<Vec<Size>> {
    let mut lines = text.lines();
    let columns: Vec<&str> = lines.next().context("the trace is empty")?.split(',').collect();
    let column = |name: &str| {
        columns.iter().position(|one| *one == name).with_context(|| format!("the trace has no column {name}"))
    };
    let (cpu, mem, gpu) = (column("cpu_milli")?, column("memory_mib")?, column("num_gpu")?);
    let size = |(number, line): (usize, &str)| {
        let fields: Vec<&str> = line.split(',').collect();
        let amount = |at: usize| -> anyhow::Result<i64> {
            let field = fields.get(at).copied().unwrap_or_default();
            field.parse().with_context(|| format!("line {}: {field:?} is no whole number", number + 2))
        };
        Ok((amount(cpu)?, amount(mem)?, amount(gpu)?))
    };
    let sizes: Vec<Size> =
        lines.enumerate().filter(|(_, line)| !line.is_empty()).map(size).collect::<anyhow::Result<_>>()?;
    anyhow::ensure!(!sizes.is_empty(), "the trace has no pods");
    Ok(sizes)
}
