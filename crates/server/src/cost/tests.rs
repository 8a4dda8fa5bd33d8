use std::collections::BTreeMap;
use std::sync::Arc;

use cloud::{Catalog, PriceBook};
use jiff::ToSpan;
use jiff::civil::date;
use jiff::tz::TimeZone;
use model::{
    KeepMarks, Labels, Lifecycle, Money, Node, NodeSystem, Pod, PodPhase, PodSpec, PodUsage, Provider,
    Resources, Timestamp, Uid, WorkloadKey, WorkloadKind,
};
use proptest::prelude::*;
use store::{ClusterHour, CostRows, Measures};

use super::hourly::CostMeter;
use super::now::{ClusterCost, NodeCost, PodOnNode};
use super::spend::{self, Period};
use super::{IDLE, SYSTEM};

const GIB: i64 = 1 << 30;

fn start() -> Timestamp {
    "2026-11-02T10:30:00Z".parse().unwrap()
}

/// A machine with `cores` CPUs and four times as many GiB, of which half a core and one GiB are
/// kept back.
fn node(name: &str, instance_type: &str, lifecycle: Lifecycle, cores: i64, gpus: i64) -> Arc<Node> {
    let resources = |cpu_milli, memory_bytes| Resources {
        cpu_milli,
        memory_bytes,
        extended: (gpus > 0).then(|| ("nvidia.com/gpu".into(), gpus)).into_iter().collect(),
        ..Resources::default()
    };
    Arc::new(Node {
        name: name.into(),
        uid: Uid::new(name),
        labels: Arc::new(Labels::default()),
        annotations: Arc::new(Labels::default()),
        taints: Box::default(),
        unschedulable: false,
        capacity: resources(cores * 1000, cores * 4 * GIB),
        allocatable: resources(cores * 1000 - 500, (cores * 4 - 1) * GIB),
        conditions: Box::default(),
        provider: Provider::Aws,
        provider_id: "".into(),
        instance_type: instance_type.into(),
        region: "us-east-1".into(),
        zone: "us-east-1a".into(),
        lifecycle,
        pool: None,
        internal_address: "".into(),
        external_address: "".into(),
        system: Arc::new(NodeSystem::default()),
        created_at: start(),
        declared_features: Box::default(),
    })
}

fn pod(workload: &str, cpu_milli: i64, memory_bytes: i64, used: Option<(i64, i64)>) -> PodOnNode {
    let requests = Resources { cpu_milli, memory_bytes, pods: 1, ..Resources::default() };
    let (namespace, name) = workload.split_once('/').unwrap();
    PodOnNode {
        pod: Arc::new(Pod {
            namespace: namespace.into(),
            name: name.into(),
            uid: Uid::new(workload),
            labels: Arc::new(Labels::default()),
            spec: Arc::new(PodSpec { requests, ..PodSpec::default() }),
            owner: None,
            node: Some("n".into()),
            required_node: None,
            claims: Box::default(),
            phase: PodPhase::Running,
            reason: None,
            ready: true,
            deleted_at: None,
            unschedulable: None,
            keep: KeepMarks::default(),
            is_static: false,
            created_at: start(),
            is_gated: false,
            required_features: Box::default(),
            ephemeral_claims: Box::default(),
        }),
        workload: WorkloadKey {
            namespace: namespace.into(),
            kind: WorkloadKind::Deployment,
            name: name.into(),
        },
        usage: used.map(|(cpu_milli, memory_bytes)| PodUsage { cpu_milli, memory_bytes, at: start() }),
    }
}

fn prices() -> PriceBook {
    PriceBook::new(Catalog::builtin())
}

fn one_node(pods: Vec<PodOnNode>) -> ClusterCost {
    let node = node("n", "m5.xlarge", Lifecycle::OnDemand, 4, 0);
    ClusterCost { nodes: vec![NodeCost::new(&node, pods, &prices())] }
}

#[test]
fn a_pod_bears_its_part_of_the_node_and_idle_and_system_the_rest() {
    // A quarter of the CPU and half of the memory of an m5.xlarge, which costs 0.192.
    let cost = one_node(vec![pod("shop/web", 1_000, 8 * GIB, None)]);
    let node = &cost.nodes[0];
    assert_eq!(cost.total().total().to_string(), "0.192");
    let pod = &node.pods[0];
    let is = |share: Money, whole: Money, numerator, denominator| {
        let exact = whole.times_ratio(numerator, denominator).unwrap();
        assert!((share - exact).nanos().abs() <= 1, "{share} is not {exact}");
    };
    is(pod.cost.cpu, node.cost.cpu, 1, 4);
    is(pod.cost.memory, node.cost.memory, 1, 2);
    is(node.system.cpu, node.cost.cpu, 500, 4_000);
    is(node.system.memory, node.cost.memory, 1, 16);
    assert_eq!(node.idle.total() + node.system.total() + pod.cost.total(), node.price.per_hour);
    // An m5.xlarge has 4 GiB to a vCPU, and about as much of its price is for each.
    assert!(node.cost.cpu > node.cost.memory && node.cost.memory > Money::ZERO, "{:?}", node.cost);
    assert!(node.cost.gpu.is_zero());
}

#[test]
fn a_pod_without_requests_costs_nothing_and_an_overcommitted_node_has_no_idle() {
    let cost = one_node(vec![pod("shop/best-effort", 0, 0, None)]);
    assert!(cost.pods().cost.total().is_zero());
    let full = one_node(vec![pod("a/a", 3_000, 10 * GIB, None), pod("a/b", 3_000, 10 * GIB, None)]);
    assert!(full.idle().total().is_zero());
    assert_eq!(full.pods().cost.total() + full.system().total(), full.total().total());
}

#[test]
fn the_gpus_of_a_machine_are_paid_by_who_asks_for_them() {
    let machine = node("g", "g4dn.xlarge", Lifecycle::OnDemand, 4, 1);
    let mut asks = pod("ml/inference", 1_000, GIB, None);
    let requests = Resources {
        extended: BTreeMap::from([("nvidia.com/gpu".into(), 1)]),
        ..asks.pod.spec.requests.clone()
    };
    let spec = Arc::new(PodSpec { requests, ..PodSpec::default() });
    asks.pod = Arc::new(Pod { spec, ..Pod::clone(&asks.pod) });
    let with = NodeCost::new(&machine, vec![asks, pod("web/web", 1_000, GIB, None)], &prices());
    assert!(with.cost.gpu > Money::ZERO);
    assert_eq!(with.pods[0].cost.gpu, with.cost.gpu);
    assert!(with.pods[1].cost.gpu.is_zero() && with.idle.gpu.is_zero());
    let without = NodeCost::new(&machine, Vec::new(), &prices());
    assert_eq!(without.idle.gpu, without.cost.gpu);
}

#[test]
fn waste_is_what_is_requested_and_not_used_pod_by_pod() {
    let cost = one_node(vec![
        pod("shop/web", 1_000, 4 * GIB, Some((250, 4 * GIB))),
        pod("shop/greedy", 500, GIB, Some((900, 3 * GIB))),
        pod("shop/unmeasured", 500, GIB, None),
    ]);
    let of = cost.pods();
    assert_eq!((of.pods, of.measured_pods), (3, 2));
    assert_eq!((of.wasted.cpu_milli, of.wasted.memory_bytes), (750, 0));
    let web = &cost.nodes[0].pods[0];
    assert_eq!(of.wasted_cost, web.cost.cpu.times_ratio(750, 1_000).unwrap());
}

#[test]
fn two_cpus_requested_for_48_hours_and_half_a_one_used_are_72_wasted_cpu_hours() {
    let cost = one_node(vec![pod("shop/web", 2_000, GIB, Some((500, GIB)))]);
    let mut meter = CostMeter::new(start());
    meter.count(&cost, start() + 48.hours());
    let mut sum = Measures::default();
    meter.rows().cluster.into_iter().for_each(|row| sum += row.measures);
    assert_eq!(sum.cpu_wasted, 72 * 3_600_000);
    assert_eq!(sum.cpu_requested, 96 * 3_600_000);
    assert_eq!(sum.node_seconds, 48 * 3_600);
    assert_eq!(sum.memory_requested, 48 * 3_600 * 1_024);
    // 48 hours at 0.192, to the nano-dollar.
    assert_eq!(sum.cost.to_string(), "9.216");
}

#[test]
fn hours_are_split_at_their_boundaries() {
    let cost = one_node(Vec::new());
    let mut meter = CostMeter::new(start());
    meter.count(&cost, start() + 45.minutes());
    let rows = meter.rows();
    let seconds: Vec<i64> = rows.cluster.iter().map(|row| row.measures.node_seconds).collect();
    assert_eq!(seconds, [1_800, 900]);
    assert_eq!(rows.cluster[1].hour, rows.cluster[0].hour + 1);
    assert_eq!(spend::instant_of(rows.cluster[1].hour).to_string(), "2026-11-02T11:00:00Z");
    let names: Vec<&str> = rows.namespaces.iter().map(|row| &*row.namespace).collect();
    assert_eq!(names, [IDLE, SYSTEM, IDLE, SYSTEM]);
}

#[test]
fn time_told_twice_or_late_is_counted_once() {
    let cost = one_node(vec![pod("shop/web", 1_000, GIB, None)]);
    let mut once = CostMeter::new(start());
    once.count(&cost, start() + 100.minutes());
    let mut told_twice = CostMeter::new(start());
    for minutes in [60, 30, 60, 100, 100, 5] {
        told_twice.count(&cost, start() + minutes.minutes());
    }
    let seconds = |rows: CostRows| -> i64 { rows.cluster.iter().map(|row| row.measures.node_seconds).sum() };
    assert_eq!(once.counted_until(), told_twice.counted_until());
    assert_eq!(seconds(once.rows()), seconds(told_twice.rows()));

    told_twice.clear();
    told_twice.count(&cost, start() + 100.minutes());
    assert_eq!(told_twice.rows(), CostRows::default(), "what was stored is not counted again");
    told_twice.skip(start() + 200.minutes());
    told_twice.count(&cost, start() + 201.minutes());
    assert_eq!(seconds(told_twice.rows()), 60, "time of which nothing is known is not counted");
}

#[test]
fn a_fraction_of_a_second_is_counted_when_the_second_is_full() {
    let cost = one_node(Vec::new());
    let mut meter = CostMeter::new(start());
    for tenths in 1..=25_i64 {
        meter.count(&cost, start() + (tenths * 100).milliseconds());
    }
    assert_eq!(meter.counted_until(), start() + 2.seconds());
}

fn hour_row(hour: i64, lifecycle: Lifecycle, dollars: i32) -> ClusterHour {
    let measures = Measures {
        cost: Money::from_dollars(dollars),
        cpu_allocatable: 4 * 3_600_000,
        ..Measures::default()
    };
    ClusterHour { hour, lifecycle, measures }
}

#[test]
fn days_and_months_are_those_of_the_calendar() {
    let hour = spend::hour_of("2026-02-28T23:15:00Z".parse().unwrap());
    let shown = |hour: i64| spend::instant_of(hour).to_string();
    assert_eq!(shown(Period::Hour.start_of(hour)), "2026-02-28T23:00:00Z");
    assert_eq!(shown(Period::Day.start_of(hour)), "2026-02-28T00:00:00Z");
    assert_eq!(shown(Period::Month.start_of(hour)), "2026-02-01T00:00:00Z");
    assert_eq!(shown(Period::Month.end_of(hour)), "2026-03-01T00:00:00Z");
    assert_eq!(Period::Day.end_of(hour), hour + 1);
}

#[test]
fn a_forecast_goes_on_at_the_average_of_the_last_seven_days() {
    // Two dollars an hour, on spot and on demand together, for ten days and a half; ten dollars an
    // hour before that, which the moving average has forgotten.
    let now: Timestamp = "2026-11-11T12:30:00Z".parse().unwrap();
    let this_hour = spend::hour_of(now);
    let mut rows = Vec::new();
    for hour in Period::Month.start_of(this_hour)..this_hour {
        let early = hour < this_hour - 7 * 24;
        rows.push(hour_row(hour, Lifecycle::OnDemand, if early { 9 } else { 1 }));
        rows.push(hour_row(hour, Lifecycle::Spot, 1));
    }
    rows.push(hour_row(this_hour, Lifecycle::Spot, 1));
    let forecast = spend::forecast(&rows, now).unwrap();
    // 252 complete hours: 84 at ten dollars and 168 at two; and the one that runs.
    assert_eq!(forecast.month_to_date, Money::from_dollars(84 * 10 + 168 * 2 + 1));
    assert_eq!(forecast.day_to_date, Money::from_dollars(25));
    // Eleven hours and a half remain of the day, and 19 days more of the month.
    assert_eq!(forecast.end_of_day, Money::from_dollars(25 + 23));
    assert_eq!(forecast.end_of_month, forecast.month_to_date + Money::from_dollars(23 + 19 * 48));
    assert_eq!(spend::forecast(&rows[rows.len() - 1..], now), None, "no hour is complete");
}

#[test]
fn averages_are_over_measured_hours() {
    let rows = [
        hour_row(100, Lifecycle::OnDemand, 1),
        hour_row(100, Lifecycle::Spot, 1),
        hour_row(150, Lifecycle::OnDemand, 4),
    ];
    assert_eq!(spend::average_daily(&rows, i64::MIN), Some(Money::from_dollars(72)));
    assert_eq!(spend::average_daily(&[], i64::MIN), None);
    // Two days merged to a row each, and an hour of its own: 30 dollars in 49 hours.
    let thinned = [
        hour_row(0, Lifecycle::Spot, 12),
        hour_row(24, Lifecycle::Spot, 12),
        hour_row(48, Lifecycle::Spot, 6),
    ];
    let average = Money::from_dollars(30).times_ratio(24, 49);
    assert_eq!(spend::average_daily(&thinned, 48), average);
    let by_lifecycle = spend::cost_per_cpu_hour_by_lifecycle(&rows);
    // Five dollars for eight core-hours, one for four.
    assert_eq!(by_lifecycle[&Lifecycle::OnDemand].to_string(), "0.625");
    assert_eq!(by_lifecycle[&Lifecycle::Spot].to_string(), "0.25");
}

/// A stretch of a cluster's life: seconds, and nodes with the pods on them.
type Stretch = (i64, Vec<(usize, Vec<(usize, i64, i64, Option<(i64, i64)>)>)>);

const MACHINES: [(&str, Lifecycle, i64); 4] = [
    ("m5.large", Lifecycle::OnDemand, 2),
    ("m5.xlarge", Lifecycle::Spot, 4),
    ("r6i.2xlarge", Lifecycle::SpotFallback, 8),
    ("nobody.knows", Lifecycle::OnDemand, 16),
];
const WORKLOADS: [&str; 4] = ["shop/web", "shop/db", "ops/log", "ops/cron"];

fn stretches() -> impl Strategy<Value = Vec<Stretch>> {
    let usage = prop::option::of((0_i64..4_000, 0_i64..8 * GIB));
    let pods = prop::collection::vec((0..WORKLOADS.len(), 0_i64..3_000, 0_i64..6 * GIB, usage), 0..5);
    let nodes = prop::collection::vec((0..MACHINES.len(), pods), 0..4);
    prop::collection::vec((1_i64..20_000, nodes), 1..6)
}

fn priced(stretch: &Stretch, prices: &PriceBook) -> ClusterCost {
    let nodes = stretch.1.iter().enumerate().map(|(index, (machine, pods))| {
        let (name, lifecycle, cores) = MACHINES[*machine];
        let pods =
            pods.iter().map(|&(workload, cpu, memory, used)| pod(WORKLOADS[workload], cpu, memory, used));
        NodeCost::new(&node(&format!("n{index}"), name, lifecycle, cores, 0), pods.collect(), prices)
    });
    ClusterCost { nodes: nodes.collect() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_report_now_sums_to_the_cluster(stretch in stretches().prop_map(|mut all| all.remove(0))) {
        let prices = prices();
        let cost = priced(&stretch, &prices);
        // The other way: the prices of the nodes, asked for one by one.
        let nodes = cost.nodes.iter().map(|one| prices.price(&super::now::price_query(&one.node)).per_hour);
        let whole: Money = nodes.sum();
        let nobody = cost.idle().total() + cost.system().total();
        let namespaces: Money = cost.by_namespace().values().map(|one| one.cost.total()).sum();
        let workloads: Money = cost.by_workload().values().map(|one| one.cost.total()).sum();
        prop_assert_eq!(cost.total().total(), whole);
        prop_assert_eq!(namespaces + nobody, whole);
        prop_assert_eq!(workloads + nobody, whole);
        prop_assert_eq!(cost.pods().cost.total() + nobody, whole);
        for one in cost.by_workload().values() {
            prop_assert!(one.wasted_cost <= one.cost.total());
        }
    }

    #[test]
    fn every_hourly_row_agrees_with_a_count_made_the_other_way(all in stretches(), split in 1_i64..5_000) {
        let prices = prices();
        let mut meter = CostMeter::new(start());
        // The other way: second by second as far as hours are concerned, node by node, without the
        // meter's shares. Exact where that is possible, and within rounding for shares.
        let mut expected = BTreeMap::<(i64, Lifecycle), (Money, [i128; 5])>::new();
        let mut workload_cost = BTreeMap::<(i64, String), (f64, u32)>::new();
        let mut from = start().as_second();
        for stretch in &all {
            let cost = priced(stretch, &prices);
            // Told in two parts, and the first of them twice.
            let part = from + split.min(stretch.0);
            for until in [part, part, from + stretch.0] {
                meter.count(&cost, Timestamp::from_second(until).unwrap());
            }
            for (begin, end) in [(from, part), (part, from + stretch.0)] {
                let mut by_hour = BTreeMap::<i64, i64>::new();
                (begin..end).for_each(|second| *by_hour.entry(second / 3_600).or_default() += 1);
                for (hour, seconds) in by_hour {
                    for one in &cost.nodes {
                        let price = prices.price(&super::now::price_query(&one.node)).per_hour;
                        let amount = price.times_ratio(seconds, 3_600).unwrap();
                        let entry = expected.entry((hour, one.node.lifecycle)).or_default();
                        entry.0 += amount;
                        let requests = || one.pods.iter().map(|pod| &pod.pod.spec.requests);
                        let wide = i128::from;
                        let amounts = [
                            wide(one.node.allocatable.cpu_milli),
                            requests().map(|one| wide(one.cpu_milli)).sum(),
                            wide(one.node.allocatable.memory_bytes),
                            requests().map(|one| wide(one.memory_bytes)).sum(),
                            one.pods.len() as i128,
                        ];
                        entry.1.iter_mut().zip(amounts).for_each(|(sum, one)| *sum += one * wide(seconds));
                        for pod in &one.pods {
                            let of = workload_cost.entry((hour, pod.workload.to_string())).or_default();
                            of.0 += pod.cost.total().nanos() as f64 * seconds as f64 / 3_600.0;
                            of.1 += 1;
                        }
                    }
                }
            }
            from += stretch.0;
        }

        let rows = meter.rows();
        prop_assert_eq!(rows.cluster.len(), expected.len());
        for row in &rows.cluster {
            let (cost, amounts) = expected[&(row.hour, row.lifecycle)];
            let measures = row.measures;
            prop_assert_eq!(measures.cost, cost);
            prop_assert_eq!(i128::from(measures.cpu_allocatable), amounts[0]);
            prop_assert_eq!(i128::from(measures.cpu_requested), amounts[1]);
            prop_assert_eq!(i128::from(measures.memory_allocatable), (amounts[2] + (1 << 19)) >> 20);
            prop_assert_eq!(i128::from(measures.memory_requested), (amounts[3] + (1 << 19)) >> 20);
            prop_assert_eq!(i128::from(measures.pod_seconds), amounts[4]);
            prop_assert!(measures.cpu_cost + measures.memory_cost == measures.cost);
        }
        for row in rows.workloads.iter().filter(|row| row.workload.namespace.as_ref() != IDLE) {
            if &*row.workload.namespace == SYSTEM {
                continue;
            }
            let (cost, parts) = workload_cost[&(row.hour, row.workload.to_string())];
            let off = (row.measures.cost.nanos() as f64 - cost).abs();
            prop_assert!(off <= 4.0 * f64::from(parts) + 1.0, "{off} nano-dollars off in {parts} parts");
        }

        // The three kinds of rows have one sum, in every hour and in every longer period.
        for period in [Period::Hour, Period::Day, Period::Month] {
            let cluster = spend::by_period(rows.cluster.iter().map(|r| (r.hour, (), r.measures)), period);
            let spaces = spend::by_period(rows.namespaces.iter().map(|r| (r.hour, (), r.measures)), period);
            let works = spend::by_period(rows.workloads.iter().map(|r| (r.hour, (), r.measures)), period);
            let costs = |sums: &BTreeMap<(i64, ()), Measures>| -> Vec<Money> {
                sums.values().map(|one| one.cost).collect()
            };
            prop_assert_eq!(costs(&cluster), costs(&spaces));
            prop_assert_eq!(costs(&cluster), costs(&works));
            // The other way: by the civil date of each row.
            for ((begin, ()), sum) in &cluster {
                let begin = spend::instant_of(*begin).to_zoned(TimeZone::UTC).datetime();
                let same = |hour: i64| {
                    let at = spend::instant_of(hour).to_zoned(TimeZone::UTC).datetime();
                    match period {
                        Period::Hour => at == begin,
                        Period::Day => at.date() == begin.date(),
                        Period::Month => date(at.year(), at.month(), 1) == begin.date(),
                    }
                };
                let rows = rows.cluster.iter().filter(|row| same(row.hour));
                prop_assert_eq!(rows.map(|row| row.measures.cost).sum::<Money>(), sum.cost);
            }
        }
    }
}
