//! Actions and operations.

use model::{ActionId, OperationId};
use serde_json::json;
use store::{Cluster, NewAction, Operation, OperationError};

use crate::{World, at, on_both};

on_both!(
    an_action_is_offered_until_acknowledged_and_in_its_turn,
    a_failure_fails_what_waits_and_the_operation,
    the_last_of_two_acknowledged_at_once_ends_the_operation,
    overdue_actions_are_told,
    an_operation_without_actions_is_finished_once,
);

fn operation(world: &World, cluster: &Cluster) -> Operation {
    Operation {
        id: OperationId::new(&world.ids),
        organization_id: world.org,
        cluster_id: cluster.id,
        kind: "nodeDrain".to_owned(),
        done: false,
        error: None,
        created_by: "u".to_owned(),
        created_at: at(1),
        finished_at: None,
    }
}

fn action(world: &World, operation: &Operation, after: Option<ActionId>) -> NewAction {
    NewAction {
        id: ActionId::new(&world.ids),
        organization_id: world.org,
        cluster_id: operation.cluster_id,
        operation_id: Some(operation.id),
        after,
        payload: json!({"actionDrainNode": {"nodeName": "n1", "force": true}}),
        created_at: at(2),
        deadline: None,
    }
}

/// An operation of three actions in a row.
async fn three(world: &World) -> (Operation, [NewAction; 3]) {
    let cluster = world.cluster("prod").await;
    let operation = operation(world, &cluster);
    let first = action(world, &operation, None);
    let second = action(world, &operation, Some(first.id));
    let third = action(world, &operation, Some(second.id));
    let mut tx = world.store.begin().await.unwrap();
    tx.create_operation(&operation).await.unwrap();
    for action in [&first, &second, &third] {
        tx.create_action(action).await.unwrap();
    }
    tx.commit(&[world.entry(2, "nodeDrained")]).await.unwrap();
    (operation, [first, second, third])
}

async fn acknowledge(world: &World, action: &NewAction, error: Option<&str>, seconds: i64) {
    let mut tx = world.store.begin().await.unwrap();
    let id = action.id;
    tx.acknowledge_action(world.org, action.cluster_id, id, error, at(seconds)).await.unwrap().unwrap();
    tx.commit_unaudited().await.unwrap();
}

async fn pending(world: &World, operation: &Operation) -> Vec<ActionId> {
    let pending = world.store.pending_actions(world.org, operation.cluster_id).await.unwrap();
    pending.into_iter().map(|action| action.asked.id).collect()
}

async fn an_action_is_offered_until_acknowledged_and_in_its_turn(world: World) {
    let (operation, [first, second, third]) = three(&world).await;
    for _ in 0..2 {
        assert_eq!(pending(&world, &operation).await, [first.id]);
    }
    acknowledge(&world, &first, None, 10).await;
    assert_eq!(pending(&world, &operation).await, [second.id]);
    // Again, and otherwise: nothing changes.
    acknowledge(&world, &first, Some("late"), 11).await;
    assert_eq!(pending(&world, &operation).await, [second.id]);
    assert_eq!(world.store.open_operations(world.org, operation.cluster_id).await.unwrap().len(), 1);
    acknowledge(&world, &second, None, 12).await;
    acknowledge(&world, &third, None, 13).await;
    assert_eq!(pending(&world, &operation).await, []);
    let done = world.store.operation(world.org, operation.id).await.unwrap().unwrap();
    assert_eq!(done, Operation { done: true, finished_at: Some(at(13)), ..operation.clone() });
    assert!(world.store.open_operations(world.org, operation.cluster_id).await.unwrap().is_empty());

    let actions = world.store.actions_of_operation(world.org, operation.id).await.unwrap();
    let asked = actions.iter().map(|action| action.asked.clone()).collect::<Vec<_>>();
    assert_eq!(asked, [first.clone(), second, third]);
    let (stranger, unknown) = (world.stranger().await, ActionId::new(&world.ids));
    let mut tx = world.store.begin().await.unwrap();
    for (org, id) in [(world.org, unknown), (stranger, first.id)] {
        let none = tx.acknowledge_action(org, operation.cluster_id, id, None, at(14)).await.unwrap();
        assert_eq!(none, None);
    }
    assert_eq!(world.store.operation(stranger, operation.id).await.unwrap(), None);
}

async fn a_failure_fails_what_waits_and_the_operation(world: World) {
    let (operation, [first, second, third]) = three(&world).await;
    acknowledge(&world, &first, Some("node failed to drain: pdb"), 10).await;
    assert_eq!(pending(&world, &operation).await, []);
    let actions = world.store.actions_of_operation(world.org, operation.id).await.unwrap();
    for (action, follower) in actions[1..].iter().zip([&second, &third]) {
        assert_eq!((action.asked.id, action.done_at), (follower.id, Some(at(10))));
        assert!(action.error.as_deref().unwrap().starts_with("not tried: "), "{action:?}");
    }
    let done = world.store.operation(world.org, operation.id).await.unwrap().unwrap();
    let details = "node failed to drain: pdb".to_owned();
    assert_eq!(done.error, Some(OperationError { reason: "action_failed".to_owned(), details }));
    assert_eq!(done.finished_at, Some(at(10)));
}

async fn the_last_of_two_acknowledged_at_once_ends_the_operation(world: World) {
    let cluster = world.cluster("prod").await;
    for round in 0..10 {
        let operation = operation(&world, &cluster);
        let (a, b) = (action(&world, &operation, None), action(&world, &operation, None));
        let mut tx = world.store.begin().await.unwrap();
        tx.create_operation(&operation).await.unwrap();
        tx.create_action(&a).await.unwrap();
        tx.create_action(&b).await.unwrap();
        tx.commit_unaudited().await.unwrap();
        tokio::join!(acknowledge(&world, &a, None, 10), acknowledge(&world, &b, None, 10));
        assert!(world.store.operation(world.org, operation.id).await.unwrap().unwrap().done, "round {round}");
    }
}

async fn overdue_actions_are_told(world: World) {
    let cluster = world.cluster("prod").await;
    let operation = operation(&world, &cluster);
    let mut late = action(&world, &operation, None);
    late.deadline = Some(at(60));
    let mut tx = world.store.begin().await.unwrap();
    tx.create_operation(&operation).await.unwrap();
    tx.create_action(&late).await.unwrap();
    tx.create_action(&action(&world, &operation, None)).await.unwrap();
    tx.commit_unaudited().await.unwrap();
    assert!(world.store.overdue_actions(at(59)).await.unwrap().is_empty());
    let overdue = world.store.overdue_actions(at(60)).await.unwrap();
    assert_eq!(overdue.len(), 1);
    assert_eq!((overdue[0].id, overdue[0].organization_id), (late.id, world.org));
    acknowledge(&world, &late, Some("timed out"), 61).await;
    assert!(world.store.overdue_actions(at(62)).await.unwrap().is_empty());
}

async fn an_operation_without_actions_is_finished_once(world: World) {
    let cluster = world.cluster("prod").await;
    let operation = operation(&world, &cluster);
    let error = OperationError { reason: "quota".to_owned(), details: "no more".to_owned() };
    let mut tx = world.store.begin().await.unwrap();
    tx.create_operation(&operation).await.unwrap();
    assert!(tx.finish_operation(world.org, operation.id, Some(&error), at(5)).await.unwrap());
    assert!(!tx.finish_operation(world.org, operation.id, None, at(6)).await.unwrap());
    tx.commit_unaudited().await.unwrap();
    let done = world.store.operation(world.org, operation.id).await.unwrap().unwrap();
    assert_eq!((done.error, done.finished_at), (Some(error), Some(at(5))));
}
