//! Budgets, autoscalers, claims, volumes, namespaces, storage classes, services.

use serde_json::{Map, Value, json};

use super::{dotted, metadata};
use crate::world::World;
use crate::world::meta::Kind;
use crate::world::workload::{Autoscaler, Budget, BudgetRule, Claim, Limit, Plain, Volume};

pub(super) fn budget(world: &World, budget: &Budget) -> Value {
    let limit = |limit| match limit {
        Limit::Count(count) => json!(count),
        Limit::Percent(percent) => json!(format!("{percent}%")),
    };
    let (name, value) = match budget.rule {
        BudgetRule::MaxUnavailable(value) => ("maxUnavailable", limit(value)),
        BudgetRule::MinAvailable(value) => ("minAvailable", limit(value)),
    };
    let standing = world.standing(budget);
    let (reason, status) =
        if standing.allowed > 0 { ("SufficientPods", "True") } else { ("InsufficientPods", "False") };
    let mut spec = json!({"selector": {"matchLabels": budget.selector}});
    spec[name] = value;
    let mut meta = metadata(&budget.meta);
    meta.insert("generation".into(), json!(1));
    json!({
        "metadata": meta,
        "spec": spec,
        "status": {
            "currentHealthy": standing.healthy, "desiredHealthy": standing.desired,
            "disruptionsAllowed": standing.allowed, "expectedPods": standing.expected, "observedGeneration": 1,
            "conditions": [{
                "type": "DisruptionAllowed", "status": status, "reason": reason, "message": "",
                "observedGeneration": 1, "lastTransitionTime": budget.meta.created.to_string(),
            }],
        },
    })
}

/// The same object as autoscaling/v1 without type and as autoscaling/v2 with it: the agent has an
/// informer for each.
pub(super) fn autoscaler(world: &World, scaler: &Autoscaler) -> [Value; 2] {
    let target = world.workloads.get(&scaler.target);
    let name = target.map(|target| target.meta.name.clone()).unwrap_or_default();
    let replicas = target.map_or(0, |target| target.replicas);
    let reference = json!({"kind": "Deployment", "name": name, "apiVersion": "apps/v1"});
    let mut v1 = json!({
        "metadata": metadata(&scaler.meta),
        "spec": {
            "scaleTargetRef": reference, "minReplicas": scaler.minimum, "maxReplicas": scaler.maximum,
            "targetCPUUtilizationPercentage": scaler.target_percent,
        },
        "status": {
            "currentReplicas": replicas, "desiredReplicas": replicas,
            "currentCPUUtilizationPercentage": scaler.current_percent,
        },
    });
    let mut v2 = json!({
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": metadata(&scaler.meta),
        "spec": {
            "scaleTargetRef": reference, "minReplicas": scaler.minimum, "maxReplicas": scaler.maximum,
            "metrics": [{"type": "Resource", "resource": {
                "name": "cpu", "target": {"type": "Utilization", "averageUtilization": scaler.target_percent},
            }}],
        },
        "status": {
            "currentReplicas": replicas, "desiredReplicas": replicas,
            "currentMetrics": [{"type": "Resource", "resource": {"name": "cpu", "current": {
                "averageValue": super::cpu(scaler.current_cpu_milli), "averageUtilization": scaler.current_percent,
            }}}],
            "conditions": [{
                "type": "AbleToScale", "status": "True", "reason": "ReadyForNewScale",
                "message": "recommended size matches current size",
                "lastTransitionTime": scaler.meta.created.to_string(),
            }],
        },
    });
    if let Some((_, scaled)) = scaler.last_scaled {
        v1["status"]["lastScaleTime"] = json!(scaled.to_string());
        v2["status"]["lastScaleTime"] = json!(scaled.to_string());
    }
    [v1, v2]
}

fn volume_name(world: &World, claim: &Claim) -> Option<String> {
    let (id, _) = claim.volume.as_ref()?;
    world.volumes.get(id).map(|volume| volume.meta.name.clone())
}

pub(super) fn claim(world: &World, claim: &Claim) -> Value {
    let (class, driver) = world.provider.storage_class();
    let size = format!("{}Gi", claim.gib);
    let mut meta = metadata(&claim.meta);
    let mut spec = json!({
        "accessModes": ["ReadWriteOnce"], "storageClassName": class, "volumeMode": "Filesystem",
        "resources": {"requests": {"storage": size}},
    });
    let mut status = json!({"phase": "Pending"});
    if let Some(name) = volume_name(world, claim) {
        meta.insert(
            "annotations".into(),
            json!({
                "pv.kubernetes.io/bind-completed": "yes", "pv.kubernetes.io/bound-by-controller": "yes",
                "volume.kubernetes.io/selected-node": *claim.selected_node,
                "volume.kubernetes.io/storage-provisioner": driver,
            }),
        );
        spec["volumeName"] = json!(name);
        status = json!({"phase": "Bound", "accessModes": ["ReadWriteOnce"], "capacity": {"storage": size}});
    }
    json!({"metadata": meta, "spec": spec, "status": status})
}

pub(super) fn volume(world: &World, volume: &Volume) -> Value {
    let (class, driver) = world.provider.storage_class();
    let claim = world.claims.get(&volume.claim);
    let gib = claim.map_or(0, |claim| claim.gib);
    let reference = claim.map(|claim| {
        json!({
            "apiVersion": "v1", "kind": "PersistentVolumeClaim", "name": claim.meta.name,
            "namespace": claim.meta.namespace, "uid": claim.meta.uid.to_string(),
        })
    });
    json!({
        "metadata": metadata(&volume.meta),
        "spec": {
            "accessModes": ["ReadWriteOnce"], "capacity": {"storage": format!("{gib}Gi")},
            "claimRef": reference, "storageClassName": class, "volumeMode": "Filesystem",
            "persistentVolumeReclaimPolicy": "Delete",
            "csi": {"driver": driver, "fsType": "ext4", "volumeHandle": volume.handle},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [{
                "key": "topology.kubernetes.io/zone", "operator": "In", "values": [*volume.zone],
            }]}]}},
        },
        "status": {"phase": "Bound"},
    })
}

pub(super) fn plain(world: &World, plain: &Plain) -> Value {
    let meta = metadata(&plain.meta);
    match plain.kind {
        Kind::StorageClass => json!({
            "metadata": meta, "provisioner": world.provider.storage_class().1, "reclaimPolicy": "Delete",
            "volumeBindingMode": "WaitForFirstConsumer",
        }),
        Kind::Service => {
            let address = dotted(plain.cluster_ip);
            json!({
                "metadata": meta,
                "spec": {
                    "type": "ClusterIP", "clusterIP": address, "clusterIPs": [address],
                    "ports": [{"name": "http", "protocol": "TCP", "port": 80, "targetPort": "http"}],
                    "selector": plain.selector, "sessionAffinity": "None", "ipFamilies": ["IPv4"],
                    "ipFamilyPolicy": "SingleStack", "internalTrafficPolicy": "Cluster",
                },
                "status": {"loadBalancer": {}},
            })
        }
        _ => {
            let mut status = Map::new();
            status.insert("phase".into(), json!("Active"));
            json!({"metadata": meta, "spec": {"finalizers": ["kubernetes"]}, "status": status})
        }
    }
}
