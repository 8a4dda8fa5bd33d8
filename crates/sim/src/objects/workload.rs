//! Workload objects: their status is counted from their pods when somebody looks.

use serde_json::{Map, Value, json};

use super::{insert_labels, metadata, owner_references, pod};
use crate::world::World;
use crate::world::meta::Kind;
use crate::world::pod::Phase;
use crate::world::workload::{Batch, Workload};

pub(super) fn render(world: &World, workload: &Workload) -> Value {
    let mut meta = metadata(&workload.meta);
    meta.insert("generation".into(), json!(workload.meta.generation));
    if let Some(owner) = workload.owner.and_then(|id| world.workloads.get(&id)) {
        meta.insert("ownerReferences".into(), owner_references(owner.kind, &owner.meta));
    }
    if matches!(workload.kind, Kind::Deployment | Kind::ReplicaSet) {
        let annotations = meta.entry("annotations").or_insert_with(|| json!({}));
        annotations["deployment.kubernetes.io/revision"] = json!(workload.revision.to_string());
    }
    let (spec, status) = match workload.kind {
        Kind::Job => job(world, workload),
        Kind::CronJob => cron_job(workload),
        Kind::DaemonSet => daemon_set(world, workload),
        _ => replicated(world, workload),
    };
    json!({"metadata": meta, "spec": spec, "status": status})
}

fn template(workload: &Workload) -> Value {
    let mut meta = Map::new();
    insert_labels(&mut meta, "labels", &workload.template.labels);
    insert_labels(&mut meta, "annotations", &workload.template.annotations);
    let batch = matches!(workload.kind, Kind::Job | Kind::CronJob);
    json!({"metadata": meta, "spec": pod::spec(&workload.template, batch)})
}

/// Pods that count, ready ones, and those of the newest template.
struct Tally {
    active: u64,
    ready: u64,
    updated: u64,
}

fn tally(world: &World, workload: &Workload) -> Tally {
    let mut tally = Tally { active: 0, ready: 0, updated: 0 };
    let mut count = |owner: &Workload| {
        for pod in world.pods_of(owner.meta.id).iter().filter_map(|id| world.pods.get(id)) {
            if pod.is_active() {
                tally.active += 1;
                tally.ready += u64::from(pod.ready);
                tally.updated += u64::from(owner.hash == workload.hash);
            }
        }
    };
    match workload.kind {
        Kind::Deployment => {
            let children = world.children_of(workload.meta.id);
            children.iter().filter_map(|id| world.workloads.get(id)).for_each(&mut count);
        }
        _ => count(workload),
    }
    tally
}

fn replicated(world: &World, workload: &Workload) -> (Value, Value) {
    let tally = tally(world, workload);
    let mut spec = json!({
        "replicas": workload.replicas, "selector": {"matchLabels": workload.selector}, "template": template(workload),
    });
    let mut status = json!({"observedGeneration": workload.meta.generation, "replicas": tally.active});
    if tally.ready > 0 {
        status["readyReplicas"] = json!(tally.ready);
        status["availableReplicas"] = json!(tally.ready);
    }
    match workload.kind {
        Kind::Deployment => {
            spec["revisionHistoryLimit"] = json!(10);
            spec["progressDeadlineSeconds"] = json!(600);
            spec["strategy"] = json!({"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"}});
            status["updatedReplicas"] = json!(tally.updated);
        }
        Kind::StatefulSet => {
            spec["serviceName"] = json!(workload.meta.name);
            spec["podManagementPolicy"] = json!("OrderedReady");
            status["updatedReplicas"] = json!(tally.updated);
            if workload.claim_gib > 0 {
                let (class, _) = world.provider.storage_class();
                spec["volumeClaimTemplates"] = json!([{
                    "metadata": {"name": "data"},
                    "spec": {
                        "accessModes": ["ReadWriteOnce"], "storageClassName": class, "volumeMode": "Filesystem",
                        "resources": {"requests": {"storage": format!("{}Gi", workload.claim_gib)}},
                    },
                    "status": {"phase": "Pending"},
                }]);
            }
        }
        _ => status["fullyLabeledReplicas"] = json!(tally.active),
    }
    (spec, status)
}

fn daemon_set(world: &World, workload: &Workload) -> (Value, Value) {
    let tally = tally(world, workload);
    let spec = json!({
        "revisionHistoryLimit": 10, "selector": {"matchLabels": workload.selector}, "template": template(workload),
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}},
    });
    let status = json!({
        "currentNumberScheduled": tally.active, "desiredNumberScheduled": tally.active,
        "numberAvailable": tally.ready, "numberReady": tally.ready, "numberMisscheduled": 0,
        "numberUnavailable": tally.active - tally.ready, "observedGeneration": workload.meta.generation,
        "updatedNumberScheduled": tally.active,
    });
    (spec, status)
}

fn job(world: &World, workload: &Workload) -> (Value, Value) {
    let pods = || world.pods_of(workload.meta.id).iter().filter_map(|id| world.pods.get(id));
    let spec = json!({
        "parallelism": 1, "completions": 1, "backoffLimit": 6, "completionMode": "NonIndexed", "suspend": false,
        "selector": {"matchLabels": workload.selector}, "template": template(workload),
    });
    let mut status = Map::new();
    status.insert("startTime".into(), json!(workload.meta.created.to_string()));
    let succeeded = pods().filter(|pod| pod.phase == Phase::Succeeded).count();
    let active = pods().filter(|pod| pod.is_active()).count();
    for (name, count) in [("succeeded", succeeded), ("active", active)] {
        if count > 0 {
            status.insert(name.into(), json!(count));
        }
    }
    if let Some(completed) = workload.batch.and_then(|batch| batch.completed) {
        let at = completed.to_string();
        let condition = |kind: &str| {
            json!({
                "type": kind, "status": "True", "reason": "CompletionsReached",
                "lastProbeTime": at, "lastTransitionTime": at,
            })
        };
        status.insert("completionTime".into(), json!(at));
        status.insert("conditions".into(), json!([condition("SuccessCriteriaMet"), condition("Complete")]));
    }
    (spec, Value::Object(status))
}

fn cron_job(workload: &Workload) -> (Value, Value) {
    let schedule = workload.batch.map(Batch::schedule).unwrap_or_default();
    let spec = json!({
        "schedule": schedule, "concurrencyPolicy": "Forbid", "suspend": false,
        "successfulJobsHistoryLimit": 3, "failedJobsHistoryLimit": 1,
        "jobTemplate": {"metadata": {}, "spec": {"template": template(workload)}},
    });
    let mut status = Map::new();
    if let Some(last) = workload.batch.and_then(|batch| batch.last_scheduled) {
        status.insert("lastScheduleTime".into(), json!(last.to_string()));
    }
    (spec, Value::Object(status))
}
