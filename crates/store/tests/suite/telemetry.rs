//! Logs, metrics, cloud events; prices and the blacklist.

use model::Lifecycle;
use serde_json::json;
use store::{
    BlacklistEntry, CloudEvent, ComponentLog, ComponentMetric, Error, KEPT_LOGS_PER_CLUSTER,
    KEPT_SERIES_PER_COMPONENT,
};

use crate::{World, at, on_both};

on_both!(
    the_last_lines_are_kept,
    the_latest_values_are_kept,
    cloud_events_are_listed_newest_first,
    price_adjustments_keep_their_order,
    the_blacklist_forgets_what_has_expired,
);

async fn the_last_lines_are_kept(world: World) {
    let (org, id, other) = (world.org, world.cluster("a").await.id, world.cluster("b").await.id);
    let line = |n: i64| ComponentLog {
        component: "agent".to_owned(),
        level: "info".to_owned(),
        message: format!("line {n}"),
        fields: json!({"id": n.to_string()}),
        time: at(n),
    };
    world.store.append_logs(org, other, &[line(1)]).await.unwrap();
    let lines: Vec<_> = (0..KEPT_LOGS_PER_CLUSTER + 5).map(line).collect();
    world.store.append_logs(org, id, &lines).await.unwrap();
    let kept = world.store.logs(org, id, 10_000).await.unwrap();
    assert_eq!(kept.len() as i64, KEPT_LOGS_PER_CLUSTER);
    assert_eq!(kept.first(), lines.last());
    assert_eq!(kept.last(), Some(&line(5)));
    assert_eq!(world.store.logs(org, id, 2).await.unwrap().len(), 2);
    assert_eq!(world.store.logs(org, other, 10).await.unwrap().len(), 1);
    let stranger = world.stranger().await;
    assert!(world.store.logs(stranger, id, 10).await.unwrap().is_empty());
    let result = world.store.append_logs(stranger, id, &[line(1)]).await;
    assert!(matches!(result, Err(Error::MissingReference { .. })), "{result:?}");
}

async fn the_latest_values_are_kept(world: World) {
    let (org, id) = (world.org, world.cluster("a").await.id);
    let metric = |series: &str, value, seconds| ComponentMetric {
        component: "cluster-controller".to_owned(),
        series: series.to_owned(),
        value,
        time: at(seconds),
    };
    let many: Vec<_> = (0..KEPT_SERIES_PER_COMPONENT).map(|n| metric(&format!("s{n:05}"), 0.5, 1)).collect();
    world.store.record_metrics(org, id, &many).await.unwrap();
    world.store.record_metrics(org, id, &[metric("up", 2.25, 9), metric("up", 1.0, 5)]).await.unwrap();
    world.store.record_metrics(org, id, &[metric("up", 1.0, 7)]).await.unwrap();
    let kept = world.store.metrics(org, id).await.unwrap();
    assert_eq!(kept.len() as i64, KEPT_SERIES_PER_COMPONENT);
    assert_eq!(kept.last(), Some(&metric("up", 2.25, 9)));
    let stranger = world.stranger().await;
    assert!(world.store.metrics(stranger, id).await.unwrap().is_empty());
    assert!(world.store.record_metrics(stranger, id, &many).await.is_err());
}

async fn cloud_events_are_listed_newest_first(world: World) {
    let (org, id) = (world.org, world.cluster("a").await.id);
    let event = |seconds| CloudEvent {
        event_type: "interrupted".to_owned(),
        node_id: String::new(),
        provider_id: "aws:///i-1".to_owned(),
        received_at: at(seconds),
    };
    for seconds in [1, 2, 3] {
        world.store.record_cloud_event(org, id, &event(seconds)).await.unwrap();
    }
    assert_eq!(world.store.cloud_events(org, id, 2).await.unwrap(), [event(3), event(2)]);
    let stranger = world.stranger().await;
    assert!(world.store.record_cloud_event(stranger, id, &event(1)).await.is_err());
    assert!(world.store.cloud_events(stranger, id, 2).await.unwrap().is_empty());
}

async fn price_adjustments_keep_their_order(world: World) {
    let adjustments = [json!({"multiplier": "0.8"}), json!({"family": "m5"}), json!({"zone": "a"})];
    for kept in [&adjustments[..], &adjustments[1..], &[]] {
        let mut tx = world.store.begin().await.unwrap();
        tx.set_price_adjustments(world.org, kept).await.unwrap();
        tx.commit_unaudited().await.unwrap();
        assert_eq!(world.store.price_adjustments(world.org).await.unwrap(), kept);
    }
}

async fn the_blacklist_forgets_what_has_expired(world: World) {
    let (a, b) = (world.cluster("a").await.id, world.cluster("b").await.id);
    let everywhere = BlacklistEntry {
        cluster_id: None,
        instance_family: Some("t2".to_owned()),
        instance_type: None,
        lifecycle: None,
        expires_at: None,
        created_at: at(1),
    };
    let in_a = BlacklistEntry {
        cluster_id: Some(a),
        instance_family: None,
        instance_type: Some("m5.large".to_owned()),
        lifecycle: Some(Lifecycle::Spot),
        expires_at: Some(at(50)),
        created_at: at(1),
    };
    let mut tx = world.store.begin().await.unwrap();
    tx.add_to_blacklist(world.org, &everywhere).await.unwrap();
    tx.add_to_blacklist(world.org, &BlacklistEntry { expires_at: None, ..in_a.clone() }).await.unwrap();
    tx.add_to_blacklist(world.org, &in_a).await.unwrap();
    tx.commit_unaudited().await.unwrap();
    let store = &world.store;
    let everywhere_alone = std::slice::from_ref(&everywhere);
    let both = [everywhere.clone(), in_a.clone()];
    assert_eq!(store.blacklist(world.org, None, at(49)).await.unwrap(), both);
    assert_eq!(store.blacklist(world.org, Some(a), at(49)).await.unwrap(), both);
    assert_eq!(store.blacklist(world.org, Some(b), at(49)).await.unwrap(), everywhere_alone);
    assert_eq!(store.blacklist(world.org, Some(a), at(50)).await.unwrap(), everywhere_alone);
    let mut tx = store.begin().await.unwrap();
    assert!(tx.remove_from_blacklist(world.org, &everywhere).await.unwrap());
    assert!(!tx.remove_from_blacklist(world.org, &everywhere).await.unwrap());
    tx.commit_unaudited().await.unwrap();
    assert!(store.blacklist(world.org, None, at(50)).await.unwrap().is_empty());
}
