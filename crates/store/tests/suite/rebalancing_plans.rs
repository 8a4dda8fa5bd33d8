//! Rebalancing plans.

use model::RebalancingPlanId;
use serde_json::json;
use store::{Cluster, Error, Page, PlanFilter, RebalancingPlan};

use crate::{World, at, on_both};

on_both!(plans_are_listed_newest_first_and_by_status, of_two_changes_to_one_version_one_is_kept,);

fn plan(world: &World, cluster: &Cluster, seconds: i64, status: &str, open: bool) -> RebalancingPlan {
    RebalancingPlan {
        id: RebalancingPlanId::new(&world.ids),
        organization_id: world.org,
        cluster_id: cluster.id,
        schedule_id: None,
        status: status.to_owned(),
        open,
        request: json!({"minNodes": 3}),
        content: json!({}),
        created_by: "u".to_owned(),
        created_at: at(seconds),
        updated_at: at(seconds),
        version: 1,
    }
}

async fn create(world: &World, plan: &RebalancingPlan) {
    let mut tx = world.store.begin().await.unwrap();
    tx.create_rebalancing_plan(plan).await.unwrap();
    tx.commit_unaudited().await.unwrap();
}

async fn plans_are_listed_newest_first_and_by_status(world: World) {
    let cluster = world.cluster("prod").await;
    let first = plan(&world, &cluster, 1, "finished", false);
    let second = plan(&world, &cluster, 2, "draining_nodes", true);
    let third = plan(&world, &cluster, 3, "generated", false);
    for plan in [&first, &second, &third] {
        create(&world, plan).await;
    }
    let list = async |statuses: &[&str], page: &Page| {
        let statuses = statuses.iter().map(ToString::to_string).collect();
        let filter = PlanFilter { statuses, schedule_id: None };
        world.store.rebalancing_plans(world.org, cluster.id, &filter, page).await.unwrap()
    };
    let all = list(&[], &Page::first(2)).await;
    assert_eq!(all.items, [third.clone(), second.clone()]);
    let rest = list(&[], &Page { after: all.next, ..Page::first(2) }).await;
    assert_eq!((rest.items, rest.next), (vec![first.clone()], None));
    let some = list(&["finished", "generated"], &Page::ALL).await;
    assert_eq!(some.items, [third.clone(), first]);
    assert_eq!(world.store.open_rebalancing_plans().await.unwrap(), [second]);

    let stranger = world.stranger().await;
    let found = world.store.rebalancing_plan(stranger, cluster.id, third.id).await.unwrap();
    assert_eq!(found, None);
}

async fn of_two_changes_to_one_version_one_is_kept(world: World) {
    let cluster = world.cluster("prod").await;
    let plan = plan(&world, &cluster, 1, "generated", false);
    create(&world, &plan).await;
    let change = async |status: &str| {
        let changed = RebalancingPlan { status: status.to_owned(), open: true, ..plan.clone() };
        let mut tx = world.store.begin().await.unwrap();
        let version = tx.update_rebalancing_plan(&changed).await?;
        tx.commit_unaudited().await.map(|()| version)
    };
    assert_eq!(change("creating_nodes").await.unwrap(), 2);
    assert!(matches!(change("error").await, Err(Error::Conflict { .. })));
    let kept = world.store.rebalancing_plan(world.org, cluster.id, plan.id).await.unwrap().unwrap();
    assert_eq!((&*kept.status, kept.open, kept.version), ("creating_nodes", true, 2));
}
