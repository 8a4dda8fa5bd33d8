//! Cost roll-ups: nothing twice, sums exact, thinning that loses nothing.

use std::collections::BTreeMap;

use model::{ClusterId, Lifecycle, Money, Timestamp, WorkloadKey, WorkloadKind};
use store::{
    Bucket, ClusterHour, CostRows, Error, HourRange, Measures, NamespaceHour, ThinPolicy, WorkloadHour,
};

use crate::{World, on_both};

on_both!(
    the_same_stretch_is_added_once,
    sums_are_those_of_the_rows,
    thinning_keeps_every_sum,
    costs_belong_to_their_organization,
);

/// The first hour of 2026-01-01.
const START: i64 = 490_896;

fn hour(hour: i64) -> Timestamp {
    Timestamp::from_second((START + hour) * 3_600).unwrap()
}

fn all() -> HourRange {
    HourRange { from: START, until: START + 24 * 400 }
}

fn measures(n: i64) -> Measures {
    Measures {
        cost: Money::from_nanos(1_000_000_007 * n),
        cpu_cost: Money::from_nanos(600_000_001 * n),
        memory_cost: Money::from_nanos(400_000_006 * n),
        wasted_cost: Money::from_nanos(3 * n),
        cpu_allocatable: 4 * n,
        cpu_requested: 5 * n,
        cpu_used: 6 * n,
        cpu_wasted: 7 * n,
        memory_allocatable: 8 * n,
        memory_requested: 9 * n,
        memory_used: 10 * n,
        memory_wasted: 11 * n,
        node_seconds: 12 * n,
        pod_seconds: 13 * n,
    }
}

fn workload(n: i64) -> WorkloadKey {
    WorkloadKey {
        namespace: format!("ns{}", n % 3).into(),
        kind: WorkloadKind::Deployment,
        name: format!("w{n}").into(),
    }
}

/// An hour of every hour in `hours`: two lifecycles, three namespaces, seven workloads.
fn rows(hours: std::ops::Range<i64>) -> CostRows {
    let mut rows = CostRows::default();
    for n in hours {
        for (lifecycle, weight) in [(Lifecycle::OnDemand, 1), (Lifecycle::Spot, 2)] {
            rows.cluster.push(ClusterHour { hour: START + n, lifecycle, measures: measures(weight * n + 1) });
        }
        for w in 0..7 {
            let measures = measures(n + w);
            rows.namespaces.push(NamespaceHour {
                hour: START + n,
                namespace: workload(w).namespace,
                measures,
            });
            rows.workloads.push(WorkloadHour { hour: START + n, workload: workload(w), measures });
        }
    }
    rows
}

async fn the_same_stretch_is_added_once(world: World) {
    let (store, org, id) = (&world.store, world.org, world.cluster("prod").await.id);
    assert_eq!(store.cost_counted_until(org, id).await.unwrap(), None);
    store.add_cost(org, id, None, hour(2), &rows(0..2)).await.unwrap();
    store.add_cost(org, id, Some(hour(2)), hour(3), &rows(2..3)).await.unwrap();
    for repeated in [None, Some(hour(2)), Some(hour(4))] {
        let result = store.add_cost(org, id, repeated, hour(3), &rows(2..3)).await;
        assert!(matches!(result, Err(Error::Conflict { .. })), "{result:?}");
    }
    assert_eq!(store.cost_counted_until(org, id).await.unwrap(), Some(hour(3)));
    let whole = store.cluster_costs(org, Some(id), all(), Bucket::Whole).await.unwrap();
    let on_demand: Measures = measures(1 + 2 + 3);
    assert_eq!((whole[0].lifecycle, whole[0].measures), (Lifecycle::OnDemand, on_demand));

    // Of eight that add the same stretch at once, one does.
    let adding: Vec<_> = (0..8)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(
                async move { store.add_cost(org, id, Some(hour(3)), hour(4), &rows(3..4)).await.is_ok() },
            )
        })
        .collect();
    let mut added = 0;
    for one in adding {
        added += usize::from(one.await.unwrap());
    }
    assert_eq!(added, 1);
    let hours = store.cluster_costs(org, Some(id), all(), Bucket::Hour).await.unwrap();
    assert_eq!(hours.len(), 4 * 2);
    // A second part of the same hour is added to the first.
    let nobody = ClusterId::new(&world.ids);
    assert!(matches!(
        store.add_cost(org, nobody, None, hour(1), &rows(0..1)).await,
        Err(Error::MissingReference { .. })
    ));
    store.add_cost(org, id, Some(hour(4)), hour(5), &rows(3..4)).await.unwrap();
    let last = store
        .namespace_costs(
            org,
            Some(id),
            Some("ns2"),
            HourRange { from: START + 3, until: START + 4 },
            Bucket::Hour,
        )
        .await
        .unwrap();
    assert_eq!(last.len(), 1);
    assert_eq!(last[0].measures, measures(2 * (3 + 2 + 3 + 5)));
}

async fn sums_are_those_of_the_rows(world: World) {
    let (store, org, id) = (&world.store, world.org, world.cluster("prod").await.id);
    let other = world.cluster("other").await.id;
    let hours = 24 * 40;
    let rows = rows(0..hours);
    store.add_cost(org, id, None, hour(hours), &rows).await.unwrap();
    store.add_cost(org, other, None, hour(hours), &rows).await.unwrap();

    let range = HourRange { from: START + 24, until: START + 24 * 39 };
    for bucket in [Bucket::Hour, Bucket::Day, Bucket::Month, Bucket::Whole] {
        // January has 744 hours.
        let start_of = |hour: i64| match bucket {
            Bucket::Hour => hour,
            Bucket::Day => hour / 24 * 24,
            Bucket::Month => START + if hour - START < 744 { 0 } else { 744 },
            Bucket::Whole => range.from,
        };
        let inside = |hour: i64| (range.from..range.until).contains(&hour);
        let mut expected = BTreeMap::<(i64, WorkloadKey), Measures>::new();
        for row in rows.workloads.iter().filter(|row| inside(row.hour)) {
            *expected.entry((start_of(row.hour), row.workload.clone())).or_default() += row.measures;
        }
        let found = store.workload_costs(org, Some(id), None, range, bucket).await.unwrap();
        let found: Vec<_> = found.into_iter().map(|row| ((row.hour, row.workload), row.measures)).collect();
        assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{bucket:?}");

        let mut expected = BTreeMap::<(i64, Lifecycle), Measures>::new();
        for row in rows.cluster.iter().filter(|row| inside(row.hour)) {
            *expected.entry((start_of(row.hour), row.lifecycle)).or_default() += row.measures;
        }
        let found = store.cluster_costs(org, Some(id), range, bucket).await.unwrap();
        let found: Vec<_> = found.into_iter().map(|row| ((row.hour, row.lifecycle), row.measures)).collect();
        assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{bucket:?}");
    }
    let everywhere = store.namespace_costs(org, None, Some("ns1"), range, Bucket::Whole).await.unwrap();
    assert_eq!(everywhere.len(), 2, "one row for each cluster");
    let of_ns1 = store.workload_costs(org, Some(id), Some("ns1"), range, Bucket::Whole).await.unwrap();
    assert_eq!(of_ns1.iter().map(|row| &*row.workload.name).collect::<Vec<_>>(), ["w1", "w4"]);
    let parts = of_ns1.iter().map(|row| row.measures.cost).sum::<Money>();
    assert_eq!(everywhere.iter().find(|row| row.cluster_id == id).unwrap().measures.cost, parts);
}

async fn thinning_keeps_every_sum(world: World) {
    let (store, org, id) = (&world.store, world.org, world.cluster("prod").await.id);
    store.add_cost(org, id, None, hour(24 * 10), &rows(0..24 * 10)).await.unwrap();
    let by_day = store.workload_costs(org, Some(id), None, all(), Bucket::Day).await.unwrap();
    let policy = ThinPolicy { hourly_days: 3, daily_days: None };
    // In the middle of the tenth day: six days are older than three whole ones.
    let gone = store.thin_costs(hour(24 * 9 + 12), policy).await.unwrap();
    assert_eq!(gone, 6 * 23 * (2 + 3 + 7));
    assert_eq!(store.workload_costs(org, Some(id), None, all(), Bucket::Day).await.unwrap(), by_day);
    let hours = store.cluster_costs(org, Some(id), all(), Bucket::Hour).await.unwrap();
    assert_eq!(hours.len(), (6 + 4 * 24) * 2);
    assert_eq!(store.thin_costs(hour(24 * 9 + 12), policy).await.unwrap(), 0);

    // What comes late for a day that was thinned is merged the next time.
    store.add_cost(org, id, Some(hour(24 * 10)), hour(24 * 11), &rows(5..6)).await.unwrap();
    assert!(store.thin_costs(hour(24 * 9 + 12), policy).await.unwrap() > 0);
    let now_by_day = store.workload_costs(org, Some(id), None, all(), Bucket::Day).await.unwrap();
    let mut expected = by_day[0].measures;
    expected += measures(5);
    assert_eq!((now_by_day.len(), now_by_day[0].measures), (by_day.len(), expected));

    let forgetful = ThinPolicy { hourly_days: 3, daily_days: Some(5) };
    store.thin_costs(hour(24 * 9 + 12), forgetful).await.unwrap();
    let left = store.cluster_costs(org, Some(id), all(), Bucket::Day).await.unwrap();
    assert_eq!(left.first().unwrap().hour, START + 24 * 4);
}

async fn costs_belong_to_their_organization(world: World) {
    let (store, org, id) = (&world.store, world.org, world.cluster("prod").await.id);
    let stranger = world.stranger().await;
    store.add_cost(org, id, None, hour(1), &rows(0..1)).await.unwrap();
    assert!(store.add_cost(stranger, id, None, hour(2), &rows(0..1)).await.is_err());
    assert!(store.add_cost(stranger, id, Some(hour(1)), hour(2), &rows(0..1)).await.is_err());
    assert_eq!(store.cost_counted_until(stranger, id).await.unwrap(), None);
    assert!(store.cluster_costs(stranger, None, all(), Bucket::Whole).await.unwrap().is_empty());
    assert!(store.namespace_costs(stranger, Some(id), None, all(), Bucket::Day).await.unwrap().is_empty());
    assert!(store.workload_costs(stranger, None, None, all(), Bucket::Hour).await.unwrap().is_empty());
}
