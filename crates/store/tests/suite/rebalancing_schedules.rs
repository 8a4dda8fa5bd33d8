//! Rebalancing schedules and jobs: names once, jobs once, no schedule goes from under its followers.

use model::{RebalancingJobId, RebalancingScheduleId};
use serde_json::json;
use store::{Cluster, Error, RebalancingJob, RebalancingSchedule};

use crate::{World, at, on_both};

on_both!(a_schedule_goes_when_nobody_follows_it, a_stale_change_of_a_job_loses);

fn schedule(world: &World, name: &str) -> RebalancingSchedule {
    RebalancingSchedule {
        id: RebalancingScheduleId::new(&world.ids),
        organization_id: world.org,
        name: name.to_owned(),
        definition: json!({"schedule": {"cron": "@daily"}}),
        created_at: at(1),
        updated_at: at(1),
        version: 1,
    }
}

fn job(world: &World, cluster: &Cluster, schedule: &RebalancingSchedule) -> RebalancingJob {
    RebalancingJob {
        id: RebalancingJobId::new(&world.ids),
        organization_id: world.org,
        cluster_id: cluster.id,
        schedule_id: schedule.id,
        enabled: true,
        status: "JobStatusPending".to_owned(),
        plan_id: String::new(),
        last_trigger_at: None,
        counted_from: at(1),
        created_at: at(1),
        version: 1,
    }
}

/// A schedule that a cluster follows.
async fn followed(world: &World) -> (Cluster, RebalancingSchedule, RebalancingJob) {
    let (prod, nightly) = (world.cluster("prod").await, schedule(world, "nightly"));
    let job = job(world, &prod, &nightly);
    let mut tx = world.store.begin().await.unwrap();
    tx.create_rebalancing_schedule(&nightly).await.unwrap();
    tx.create_rebalancing_job(&job).await.unwrap();
    tx.commit(&[world.entry(1, "rebalancingJobCreated")]).await.unwrap();
    (prod, nightly, job)
}

async fn a_schedule_goes_when_nobody_follows_it(world: World) {
    let (prod, nightly, first) = followed(&world).await;
    let stranger = world.stranger().await;
    // Each in a transaction of its own: PostgreSQL goes on with none that had an error.
    let same_name =
        world.store.begin().await.unwrap().create_rebalancing_schedule(&schedule(&world, "nightly")).await;
    assert!(matches!(same_name, Err(Error::AlreadyExists { .. })));
    let twice =
        world.store.begin().await.unwrap().create_rebalancing_job(&job(&world, &prod, &nightly)).await;
    assert!(matches!(twice, Err(Error::AlreadyExists { .. })));
    let foreign = RebalancingJob { organization_id: stranger, ..job(&world, &prod, &nightly) };
    let foreign = world.store.begin().await.unwrap().create_rebalancing_job(&foreign).await;
    assert!(matches!(foreign, Err(Error::MissingReference { .. })));
    let refused = world.store.begin().await.unwrap().delete_rebalancing_schedule(world.org, nightly.id).await;
    assert!(matches!(refused, Err(Error::MissingReference { .. })), "a cluster follows it");

    let mut tx = world.store.begin().await.unwrap();
    tx.update_cluster(&Cluster { status: "archived".to_owned(), ..prod.clone() }).await.unwrap();
    tx.commit(&[world.entry(2, "clusterDeleted")]).await.unwrap();
    assert_eq!(world.store.rebalancing_jobs(world.org).await.unwrap(), []);
    assert_eq!(world.store.rebalancing_jobs_of_cluster(world.org, prod.id).await.unwrap(), [first]);
    let mut tx = world.store.begin().await.unwrap();
    assert!(tx.delete_rebalancing_schedule(world.org, nightly.id).await.unwrap());
    tx.commit(&[world.entry(3, "rebalancingScheduleDeleted")]).await.unwrap();
    assert_eq!(world.store.rebalancing_schedules(world.org).await.unwrap(), []);
}

async fn a_stale_change_of_a_job_loses(world: World) {
    let (prod, _, first) = followed(&world).await;
    let changed = RebalancingJob {
        enabled: false,
        status: "JobStatusFinished".to_owned(),
        plan_id: "plan".to_owned(),
        last_trigger_at: Some(at(5)),
        counted_from: at(5),
        ..first.clone()
    };
    let mut tx = world.store.begin().await.unwrap();
    assert_eq!(tx.update_rebalancing_job(&changed).await.unwrap(), 2);
    assert!(matches!(tx.update_rebalancing_job(&first).await, Err(Error::Conflict { .. })));
    tx.commit(&[world.entry(2, "rebalancingJobUpdated")]).await.unwrap();
    let kept = world.store.rebalancing_jobs_of_cluster(world.org, prod.id).await.unwrap();
    assert_eq!(kept, [RebalancingJob { version: 2, ..changed }]);
}
