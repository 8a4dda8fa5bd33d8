//! A believable wasteful EKS cluster: a shop after months of scale-ups, with everything in it that makes
//! consolidation hard.

use std::sync::Arc;

use model::Lifecycle;

use super::load::plan;
use super::{Dynamics, Group, Oddity, PodPlan, Scenario, WorkloadPlan};
use crate::machine::Machine;
use crate::provider::Provider;
use crate::random::Random;
use crate::world::meta::Kind;
use crate::world::node::Taint;
use crate::world::template::{
    Container, Effect, Labels, LocalVolume, NodeRequirement, PodTemplate, PodTerm, Resources, Role, Spread,
    Toleration,
};
use crate::world::workload::{BudgetRule, Limit};

const HOSTNAME: &str = "kubernetes.io/hostname";
const ZONE: &str = "topology.kubernetes.io/zone";

/// Teams: namespaces with how many ordinary Deployments each has.
const TEAMS: [(&str, u32); 15] = [
    ("checkout", 11),
    ("payments", 8),
    ("catalog", 9),
    ("search", 9),
    ("media", 10),
    ("identity", 7),
    ("logistics", 8),
    ("growth", 11),
    ("support", 11),
    ("platform", 11),
    ("observability", 7),
    ("ml", 8),
    ("data", 7),
    ("ci", 9),
    ("research", 7),
];
const SUBJECTS: [&str; 24] = [
    "address", "badge", "cart", "coupon", "delivery", "digest", "export", "geo", "image", "invoice", "mail",
    "offer", "order", "parcel", "price", "profile", "push", "rating", "refund", "review", "risk", "session",
    "stock", "wallet",
];
const ROLES: [&str; 10] =
    ["api", "web", "worker", "backend", "gateway", "relay", "admin", "bff", "processor", "cache"];

/// The shop: about 60 nodes and 1,500 pods. The same `seed` gives the same shop.
pub fn shop(seed: u64) -> Scenario {
    let mut random = Random::new(seed, 2);
    let mut workloads = daemons();
    workloads.extend(ordinary(&mut random));
    workloads.extend(stateful(&mut random));
    workloads.extend(jobs());
    workloads.extend(odd());
    Scenario {
        name: "shop-prod".to_owned(),
        provider: Provider::Eks,
        groups: groups(),
        workloads,
        oddities: oddities(),
        dynamics: Dynamics::ORDINARY,
    }
}

fn machines(list: &[(&str, u32)]) -> Vec<(Machine, u32)> {
    list.iter().filter_map(|&(name, count)| Some((Machine::named(Provider::Eks, name)?, count))).collect()
}

fn label(key: &str, value: &str) -> Labels {
    Labels::from([(key.to_owned(), value.to_owned())])
}

/// No group shrinks by itself: that is where the waste is from. Their largest sizes end the growth.
fn groups() -> Vec<Group> {
    let group = |name: &str, list: &[(&str, u32)], lifecycle, maximum| Group {
        name: name.to_owned(),
        machines: machines(list),
        lifecycle,
        labels: Labels::new(),
        taints: Vec::new(),
        maximum,
        scale_down_after: None,
    };
    let on_demand = Lifecycle::OnDemand;
    vec![
        group("general", &[("m5.xlarge", 13), ("m5.2xlarge", 5)], on_demand, 22),
        group(
            "spot",
            &[("m5.xlarge", 3), ("m5a.xlarge", 5), ("m4.xlarge", 6), ("r5.xlarge", 2)],
            Lifecycle::Spot,
            18,
        ),
        Group {
            labels: label("workload-class", "memory"),
            ..group("memory", &[("r5.2xlarge", 2), ("r6i.2xlarge", 4)], on_demand, 8)
        },
        Group {
            taints: vec![Taint::new("kubernetes.io/arch", "arm64", Effect::NoSchedule)],
            ..group("arm", &[("m6g.xlarge", 4), ("m7g.2xlarge", 3)], on_demand, 8)
        },
        Group {
            labels: label("dedicated", "data"),
            taints: vec![Taint::new("dedicated", "data", Effect::NoSchedule)],
            ..group("data", &[("m5.2xlarge", 6)], on_demand, 7)
        },
        Group {
            taints: vec![Taint::new("nvidia.com/gpu", "present", Effect::NoSchedule)],
            ..group("gpu", &[("g4dn.xlarge", 1), ("g4dn.2xlarge", 3)], on_demand, 4)
        },
    ]
}

fn template(requests: Resources, image: &str, name: &str) -> PodTemplate {
    PodTemplate::new(Labels::new(), Container::new(name, image, requests))
}

fn deployment(namespace: &str, name: &str, replicas: u32, requests: Resources) -> WorkloadPlan {
    let mut template = template(requests, &format!("shop/{name}:v1.1.0"), name);
    template.labels.insert("team".into(), namespace.to_owned());
    template.usage.peak_cpu_milli = requests.cpu_milli * u64::from(replicas) * 30 / 100;
    plan(Kind::Deployment, namespace, name, replicas, template)
}

fn oddities() -> Vec<Oddity> {
    let pod = |namespace, name, image| PodPlan {
        namespace,
        name,
        template: Arc::new(template(Resources::new(10, 32), image, "main")),
    };
    vec![
        Oddity::StaticPods(pod("kube-system", "audit-forwarder", "shop/audit-forwarder:v1.2.0"), 2),
        Oddity::NakedPod(pod("default", "debug-shell", "shop/toolbox:v1.0.0")),
        Oddity::EvictedPod(pod("ci", "slot-bff-288827969-xh8n9", "shop/slot-bff:v1.1.0")),
        Oddity::CordonedNode(17),
        Oddity::KeptNode(5),
        Oddity::UnusedClaim { namespace: "research", name: "scratch-unclaimed", gib: 1_024 },
    ]
}

fn daemons() -> Vec<WorkloadPlan> {
    let of = |namespace: &str, name: &str, requests: Resources| {
        let mut template = template(requests, &format!("shop/{name}:v1.9.0"), name);
        template.labels.insert("team".into(), namespace.to_owned());
        template.tolerations.push(Toleration::everything());
        template.host_network = true;
        template.priority = Some(("system-node-critical", 2_000_001_000));
        template.usage.peak_cpu_milli = requests.cpu_milli * 60 * 40 / 100;
        template.usage.daily_permille = 300;
        plan(Kind::DaemonSet, namespace, name, 0, template)
    };
    let mut device_plugin = of("kube-system", "nvidia-device-plugin", Resources::new(20, 64));
    device_plugin.template.node_selector = label("nvidia.com/gpu.present", "true");
    vec![
        of("kube-system", "aws-node", Resources::new(50, 0)),
        of("kube-system", "ebs-csi-node", Resources::new(30, 120)),
        of("kube-system", "kube-proxy", Resources::new(100, 0)),
        device_plugin,
        of("observability", "apm-agent", Resources::new(100, 256)),
        of("observability", "log-agent", Resources::new(60, 128)),
        of("observability", "node-exporter", Resources::new(20, 48)),
    ]
}

fn ordinary(random: &mut Random) -> Vec<WorkloadPlan> {
    let mut workloads = Vec::new();
    let mut number = 0;
    for (team, count) in TEAMS {
        for index in 0..count {
            let subject = SUBJECTS[(number * 7 + 3) % SUBJECTS.len()];
            let role = ROLES[(number * 3 + number / 10) % ROLES.len()];
            number += 1;
            let cpu = [20, 20, 50, 50, 100, 100, 150, 250, 400][random.below(9) as usize];
            let memory = [64, 128, 128, 256, 256, 384, 512, 1_024][random.below(8) as usize];
            let replicas = [2, 3, 4, 6, 8, 10, 14, 20][random.below(8) as usize];
            let name = format!("{subject}-{role}");
            let mut plan = deployment(team, &name, replicas, Resources::new(cpu, memory));
            plan.template.usage.memory_permille = random.between(150, 700);
            plan.template.usage.peak_cpu_milli = cpu * u64::from(replicas) * random.between(80, 450) / 1_000;
            if number.is_multiple_of(2) {
                plan.template.containers.push(Container::new(
                    "metrics",
                    "shop/metrics-exporter:v8.2.1",
                    Resources::new(10, 32),
                ));
            }
            if number.is_multiple_of(3) {
                plan.template.spread = vec![Spread {
                    selector: label("app.kubernetes.io/name", &name),
                    topology_key: ZONE.to_owned(),
                    max_skew: 2,
                }];
            }
            if number.is_multiple_of(2) {
                plan.budget = Some(BudgetRule::MaxUnavailable(Limit::Count(1)));
            } else if number.is_multiple_of(5) {
                plan.budget = Some(BudgetRule::MinAvailable(Limit::Percent(50)));
            }
            if replicas >= 4 && index % 3 == 0 {
                plan.autoscale = Some((replicas.div_ceil(2), replicas * 2, 50));
                plan.template.usage.peak_cpu_milli = cpu * u64::from(replicas) * 65 / 100;
                plan.template.usage.daily_permille = 800;
            }
            workloads.push(plan);
        }
    }
    workloads
}

fn stateful(random: &mut Random) -> Vec<WorkloadPlan> {
    let of = |namespace: &str, name: &str, replicas, requests, gib| {
        let workload = deployment(namespace, name, replicas, requests);
        WorkloadPlan { kind: Kind::StatefulSet, claim_gib: gib, ..workload }
    };
    let mut sets = vec![
        of("search", "index", 6, Resources::new(500, 4_096), 200),
        of("catalog", "rating-db", 3, Resources::new(250, 1_280), 100),
        of("observability", "metrics-store", 3, Resources::new(500, 4_096), 300),
        of("ci", "artifact-store", 2, Resources::new(200, 1_024), 500),
    ];
    for set in &mut sets {
        set.template.usage.memory_permille = random.between(350, 800);
        set.budget = Some(BudgetRule::MaxUnavailable(Limit::Count(1)));
    }
    let mut kafka = of("data", "kafka", 3, Resources::new(1_000, 6_144), 500);
    kafka.template.node_selector = label("dedicated", "data");
    kafka.template.tolerations.push(Toleration::of("dedicated", "data"));
    kafka.template.anti_affinity.push(near(&kafka.name, HOSTNAME));
    kafka.template.spread = vec![Spread {
        selector: label("app.kubernetes.io/name", "kafka"),
        topology_key: ZONE.into(),
        max_skew: 1,
    }];
    kafka.budget = Some(BudgetRule::MaxUnavailable(Limit::Count(1)));
    let mut sessions = of("identity", "session-store", 2, Resources::new(200, 1_024), 20);
    sessions.budget = Some(BudgetRule::MinAvailable(Limit::Percent(100)));
    let redis = of("payments", "redis", 2, Resources::new(200, 2_048), 20);
    let mut spill = of("data", "warehouse", 4, Resources::new(1_500, 12_288), 800);
    spill.template.node_selector = label("dedicated", "data");
    spill.template.tolerations.push(Toleration::of("dedicated", "data"));
    sets.extend([kafka, sessions, redis, spill]);
    sets
}

fn jobs() -> Vec<WorkloadPlan> {
    let of = |namespace: &str, name: &str, every, run, requests| {
        let workload = deployment(namespace, name, 1, requests);
        WorkloadPlan { kind: Kind::CronJob, batch: Some((every, run)), ..workload }
    };
    let mut reindex = of("data", "nightly-reindex", 0, 0, Resources::new(1_000, 2_048));
    reindex.kind = Kind::Job;
    reindex.template.annotations = label("karpenter.sh/do-not-disrupt", "true");
    vec![
        of("checkout", "wallet-exporter", 30, 95, Resources::new(500, 64)),
        of("media", "basket-sync", 60, 400, Resources::new(1_000, 3_072)),
        of("growth", "wiki-backup", 120, 900, Resources::new(500, 3_072)),
        of("platform", "certificate-check", 30, 20, Resources::new(10, 32)),
        of("ml", "feature-build", 360, 5_400, Resources::new(3_000, 8_192)),
        of("data", "sales-report", 1_440, 7_200, Resources::new(2_000, 8_192)),
        of("support", "ticket-export", 60, 120, Resources::new(100, 256)),
        reindex,
    ]
}

/// A term on the workload of that name in the same namespace.
fn near(name: &str, topology_key: &str) -> PodTerm {
    PodTerm {
        selector: label("app.kubernetes.io/name", name),
        topology_key: topology_key.to_owned(),
        namespaces: Vec::new(),
    }
}

/// Everything that is special about one workload or another.
fn odd() -> Vec<WorkloadPlan> {
    let small = Resources::new(100, 256);
    let mut list = Vec::new();
    let mut add = |mut workload: WorkloadPlan, change: &dyn Fn(&mut WorkloadPlan)| {
        change(&mut workload);
        list.push(workload);
    };
    add(deployment("payments", "ledger", 3, small), &|ledger| {
        ledger.budget = Some(BudgetRule::MaxUnavailable(Limit::Count(0)));
    });
    add(deployment("data", "etl-coordinator", 2, small), &|etl| {
        etl.template.annotations = label("karpenter.sh/do-not-disrupt", "true");
    });
    add(deployment("ci", "runner", 3, Resources::new(500, 1_024)), &|runner| {
        runner.template.annotations = label("cluster-autoscaler.kubernetes.io/safe-to-evict", "false");
    });
    add(deployment("ml", "feature-cache", 2, small), &|cache| {
        cache.template.annotations = label("autoscaling.cast.ai/removal-disabled", "true");
    });
    add(deployment("search", "index-warmer", 1, small), &|warmer| {
        warmer.template.labels.insert("autoscaling.cast.ai/removal-disabled".into(), "true".into());
    });
    add(deployment("ingress", "edge-proxy", 3, Resources::new(250, 256)), &|proxy| {
        for container in &mut proxy.template.containers {
            container.host_port = Some(8_443);
        }
    });
    add(deployment("search", "scratch-cache", 2, small), &|cache| {
        cache.template.local_volumes = vec![LocalVolume::EmptyDirectory, LocalVolume::Memory];
    });
    add(deployment("platform", "legacy-shipper", 1, small), &|shipper| {
        shipper.template.local_volumes = vec![LocalVolume::HostPath];
    });
    add(deployment("research", "flaky-importer", 1, small), &|importer| {
        importer.template.crash_looping = true
    });
    add(deployment("growth", "landing-pages", 2, Resources::default()), &|pages| {
        pages.template.usage.peak_cpu_milli = 40;
    });
    add(deployment("payments", "redis-proxy", 2, small), &|proxy| {
        proxy.template.affinity = vec![near("redis", ZONE)];
    });
    add(deployment("checkout", "quote-engine", 4, small), &|engine| {
        engine.template.labels.insert("latency".into(), "critical".into());
    });
    add(deployment("research", "cruncher", 2, Resources::new(1_000, 2_048)), &|cruncher| {
        cruncher.template.anti_affinity = vec![PodTerm {
            selector: label("latency", "critical"),
            topology_key: HOSTNAME.into(),
            namespaces: vec!["checkout".into()],
        }];
    });
    add(deployment("platform", "dns-cache", 3, Resources::new(50, 64)), &|cache| {
        let selector = label("app.kubernetes.io/name", "dns-cache");
        cache.template.spread = vec![Spread { selector, topology_key: HOSTNAME.into(), max_skew: 1 }];
    });
    add(deployment("checkout", "basket-api", 6, Resources::new(250, 512)), &|basket| {
        let selector = label("app.kubernetes.io/name", "basket-api");
        basket.template.spread = vec![Spread { selector, topology_key: ZONE.into(), max_skew: 1 }];
    });
    add(deployment("catalog", "price-loader", 2, small), &|loader| {
        let migrate = Container::new("migrate", "shop/migrate:v2.0.0", Resources::new(1_500, 1_024));
        loader.template.containers.insert(0, Container { role: Role::Init, ..migrate });
    });
    add(deployment("identity", "login-api", 3, small), &|login| {
        let setup = Container::new("setup", "shop/setup:v1.4.0", Resources::new(50, 64));
        let mesh = Container::new("mesh-proxy", "shop/mesh-proxy:v6.7.3", Resources::new(100, 128));
        login.template.containers.insert(0, Container { role: Role::Init, ..setup });
        login.template.containers.insert(1, Container { role: Role::Sidecar, ..mesh });
    });
    add(
        deployment("ml", "inference", 3, Resources { gpu: 1, ..Resources::new(2_000, 8_192) }),
        &|inference| {
            inference.template.tolerations.push(Toleration::of("nvidia.com/gpu", "present"));
        },
    );
    let arm = |workload: &mut WorkloadPlan| {
        workload.template.tolerations.push(Toleration::of("kubernetes.io/arch", "arm64"));
        workload.template.node_affinity =
            vec![NodeRequirement { key: "kubernetes.io/arch".into(), values: vec!["arm64".into()] }];
    };
    add(deployment("media", "image-resizer", 12, Resources::new(500, 1_024)), &arm);
    add(deployment("media", "video-packager", 8, Resources::new(400, 768)), &arm);
    add(deployment("ml", "embedding-cache", 5, Resources::new(500, 16_384)), &|cache| {
        cache.template.node_selector = label("workload-class", "memory");
    });
    add(deployment("media", "thumbnailer", 4, small), &|thumbnailer| {
        thumbnailer.template.usage.memory_permille = 1_700;
    });
    add(deployment("research", "mainframe-bridge", 1, small), &|bridge| {
        bridge.template.node_affinity =
            vec![NodeRequirement { key: "kubernetes.io/arch".into(), values: vec!["s390x".into()] }];
    });
    add(deployment("research", "batch-solver", 2, Resources::new(9_000, 20_480)), &|_| {});
    list
}
