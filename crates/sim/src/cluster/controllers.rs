//! The controllers of kube-controller-manager: from what is wanted to pods.

use std::sync::Arc;

use super::{Cluster, Event};
use crate::world::meta::{Id, Kind};
use crate::world::pod::{Owner, Phase, Pod};
use crate::world::template::{Effect, Labels, PodTemplate, Toleration};
use crate::world::workload::{Batch, Claim, Workload};

/// Old ReplicaSets that a Deployment keeps.
const REVISION_HISTORY_LIMIT: usize = 10;
/// Finished Jobs that a CronJob keeps.
const JOB_HISTORY_LIMIT: usize = 3;

impl Cluster {
    /// Brings one workload nearer to what it wants.
    pub(super) fn reconcile(&mut self, id: Id) {
        let Some(workload) = self.world.workloads.get(&id) else { return };
        match workload.kind {
            Kind::Deployment => self.reconcile_deployment(id),
            Kind::ReplicaSet => self.reconcile_replica_set(id),
            Kind::StatefulSet => self.reconcile_stateful_set(id),
            Kind::DaemonSet => self.reconcile_daemon_set(id),
            Kind::Job => self.reconcile_job(id),
            _ => {}
        }
    }

    /// A rolling update with 25 % more and 25 % fewer pods, as
    /// <https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-update-deployment> says.
    fn reconcile_deployment(&mut self, id: Id) {
        let Some(deployment) = self.world.workloads.get(&id).cloned() else { return };
        let newest = self.newest_replica_set(&deployment);
        let mut old: Vec<(Id, u32)> = Vec::new();
        let mut empty: Vec<Id> = Vec::new();
        for &child in self.world.children_of(id) {
            match self.world.workloads.get(&child) {
                Some(set) if child != newest && set.replicas > 0 => old.push((child, set.replicas)),
                Some(_) if child != newest && self.world.pods_of(child).is_empty() => empty.push(child),
                _ => {}
            }
        }
        for &expired in empty.iter().rev().skip(REVISION_HISTORY_LIMIT) {
            self.world.remove_workload(expired);
        }
        let wanted = deployment.replicas;
        let old_total: u32 = old.iter().map(|&(_, replicas)| replicas).sum();
        let surge = if old_total == 0 { 0 } else { wanted.div_ceil(4) };
        self.set_replicas(newest, wanted.min((wanted + surge).saturating_sub(old_total)));

        let (total, fresh, fresh_ready) = {
            let fresh = self.world.workloads.get(&newest).map_or(0, |set| set.replicas);
            (old_total + fresh, fresh, self.ready_pods(newest))
        };
        let floor = wanted - wanted / 4;
        let mut spare = total.saturating_sub(floor).saturating_sub(fresh.saturating_sub(fresh_ready));
        for (set, replicas) in old {
            let fewer = replicas.min(spare);
            spare -= fewer;
            self.set_replicas(set, replicas - fewer);
        }
    }

    fn newest_replica_set(&mut self, deployment: &Workload) -> Id {
        let children = self.world.children_of(deployment.meta.id).iter();
        let mut sets = children.filter_map(|id| self.world.workloads.get(id));
        if let Some(set) = sets.find(|set| set.hash == deployment.hash) {
            return set.meta.id;
        }
        let now = self.shown();
        let name = format!("{}-{}", deployment.meta.name, deployment.hash);
        let mut meta = self.world.meta(&mut self.random, &deployment.meta.namespace, &name, now);
        meta.labels = deployment.meta.labels.clone();
        meta.labels.insert("pod-template-hash".into(), deployment.hash.clone());
        let mut selector = deployment.selector.clone();
        selector.insert("pod-template-hash".into(), deployment.hash.clone());
        let mut template = PodTemplate::clone(&deployment.template);
        template.labels.insert("pod-template-hash".into(), deployment.hash.clone());
        self.world.add_workload(Workload {
            meta,
            kind: Kind::ReplicaSet,
            owner: Some(deployment.meta.id),
            replicas: 0,
            template: Arc::new(template),
            selector,
            ..deployment.clone()
        })
    }

    /// Changes a workload's replicas; its controller follows.
    pub(super) fn set_replicas(&mut self, id: Id, replicas: u32) {
        let Some(workload) = self.world.workloads.get_mut(&id) else { return };
        if workload.replicas != replicas {
            workload.replicas = replicas;
            workload.meta.generation += 1;
            let kind = workload.kind;
            self.world.touch(kind, id);
            self.dirty.insert(id);
        }
    }

    fn ready_pods(&self, workload: Id) -> u32 {
        let pods = self.world.pods_of(workload).iter().filter_map(|id| self.world.pods.get(id));
        pods.filter(|pod| pod.ready && pod.is_active()).count() as u32
    }

    fn active_pods(&self, workload: Id) -> Vec<Id> {
        let pods = self.world.pods_of(workload).iter();
        pods.copied().filter(|id| self.world.pods.get(id).is_some_and(Pod::is_active)).collect()
    }

    fn reconcile_replica_set(&mut self, id: Id) {
        let Some(set) = self.world.workloads.get(&id).cloned() else { return };
        let mut active = self.active_pods(id);
        let wanted = set.replicas as usize;
        for _ in active.len()..wanted {
            let name = format!("{}-{}", set.meta.name, self.random.suffix(5));
            self.create_pod(&set, &name, Vec::new());
        }
        // Those go first that do the least: not placed, not ready, youngest.
        active.sort_by_key(|id| {
            self.world.pods.get(id).map(|pod| (pod.placement.is_some(), pod.ready, std::cmp::Reverse(*id)))
        });
        for &surplus in active.iter().take(active.len().saturating_sub(wanted)) {
            self.delete_pod(surplus);
        }
    }

    /// One pod at a time, the next only when all before it are ready; updates from the last to the first.
    fn reconcile_stateful_set(&mut self, id: Id) {
        let Some(set) = self.world.workloads.get(&id).cloned() else { return };
        let ordinal_of =
            |pod: &Pod| pod.meta.name.rsplit('-').next().and_then(|text| text.parse::<u32>().ok());
        let present: Vec<(u32, Id)> = self
            .world
            .pods_of(id)
            .iter()
            .filter_map(|id| self.world.pods.get(id))
            .filter_map(|pod| Some((ordinal_of(pod)?, pod.meta.id)))
            .collect();
        for ordinal in 0..set.replicas {
            let pod =
                present.iter().find(|(of, _)| *of == ordinal).and_then(|(_, id)| self.world.pods.get(id));
            match pod {
                None => {
                    let name = format!("{}-{ordinal}", set.meta.name);
                    let claims = self.claim_for(&set, &name).into_iter().collect();
                    self.create_pod(&set, &name, claims);
                    return;
                }
                Some(pod) if pod.is_finished() => {
                    let id = pod.meta.id;
                    self.delete_pod(id);
                    return;
                }
                Some(pod) if !pod.ready => return,
                Some(_) => {}
            }
        }
        let mut last_first = present;
        last_first.sort_by_key(|&(ordinal, _)| std::cmp::Reverse(ordinal));
        for (ordinal, id) in last_first {
            let Some(pod) = self.world.pods.get(&id) else { continue };
            let surplus = ordinal >= set.replicas;
            let outdated = !Arc::ptr_eq(&pod.template, &set.template);
            if (surplus || outdated) && pod.is_active() {
                self.delete_pod(id);
                return;
            }
        }
    }

    fn claim_for(&mut self, set: &Workload, pod_name: &str) -> Option<Id> {
        if set.claim_gib == 0 {
            return None;
        }
        let name = format!("data-{pod_name}");
        let known = self
            .world
            .claims
            .values()
            .find(|claim| claim.meta.name == name && claim.meta.namespace == set.meta.namespace);
        if let Some(claim) = known {
            return Some(claim.meta.id);
        }
        let now = self.shown();
        let mut meta = self.world.meta(&mut self.random, &set.meta.namespace, &name, now);
        meta.labels = set.selector.clone();
        let claim = Claim { meta, gib: set.claim_gib, volume: None, selected_node: Arc::from("") };
        Some(self.world.add_claim(claim))
    }

    /// A pod on every node that takes it. A daemon that does not fit is not created until it does.
    fn reconcile_daemon_set(&mut self, id: Id) {
        let Some(set) = self.world.workloads.get(&id).cloned() else { return };
        let requests = set.template.effective_requests();
        let mut missing = Vec::new();
        for (&node_id, node) in &self.world.nodes {
            let covered = self.world.pods_of(id).iter().filter_map(|id| self.world.pods.get(id)).any(|pod| {
                !pod.is_finished()
                    && pod.placement.as_ref().is_some_and(|placement| placement.node == node_id)
            });
            let free = node.free();
            let fits = requests.cpu_milli <= free.cpu_milli
                && requests.memory <= free.memory
                && requests.gpu <= free.gpu
                && node.active_pods < node.machine.max_pods;
            if !covered
                && fits
                && node.ready
                && node.accepts(&set.template.node_selector, &daemon_tolerations(&set))
            {
                missing.push(node_id);
            }
        }
        let now = self.shown();
        for node in missing {
            let name = format!("{}-{}", set.meta.name, self.random.suffix(5));
            let pod = self.create_pod(&set, &name, Vec::new());
            self.world.bind(pod, node, now);
            let delay = self.random.between(2, 8);
            self.plan(delay, Event::PodStarts(pod));
        }
    }

    fn reconcile_job(&mut self, id: Id) {
        let Some(job) = self.world.workloads.get(&id).cloned() else { return };
        let pods = || self.world.pods_of(id).iter().filter_map(|id| self.world.pods.get(id));
        let finished = job.batch.is_some_and(|batch| batch.completed.is_some());
        if pods().any(|pod| pod.phase == Phase::Succeeded) {
            if !finished {
                let now = self.shown();
                if let Some(batch) = self.world.workloads.get_mut(&id).and_then(|job| job.batch.as_mut()) {
                    batch.completed = Some(now);
                }
                self.world.touch(Kind::Job, id);
            }
        } else if !pods().any(Pod::is_active) {
            let name = format!("{}-{}", job.meta.name, self.random.suffix(5));
            self.create_pod(&job, &name, Vec::new());
        }
    }

    /// Starts a CronJob's next Job unless the last still runs, and forgets old ones.
    pub(super) fn run_cron(&mut self, id: Id) {
        let Some(cron) = self.world.workloads.get(&id).cloned() else { return };
        let Some(batch) = cron.batch else { return };
        self.plan(u64::from(batch.every_minutes) * 60, Event::Cron(id));
        let jobs: Vec<Id> = self.world.children_of(id).iter().copied().collect();
        let done = |id: &Id| {
            let batch = self.world.workloads.get(id).and_then(|job| job.batch);
            batch.is_some_and(|batch| batch.completed.is_some())
        };
        let finished: Vec<Id> = jobs.iter().copied().filter(done).collect();
        for &old in finished.iter().rev().skip(JOB_HISTORY_LIMIT - 1) {
            for pod in self.world.pods_of(old).clone() {
                self.world.remove_pod(pod);
            }
            self.world.remove_workload(old);
        }
        if finished.len() < jobs.len() {
            return;
        }
        let now = self.shown();
        let name = format!("{}-{}", cron.meta.name, (self.start.as_second() + self.now.as_seconds()) / 60);
        let mut meta = self.world.meta(&mut self.random, &cron.meta.namespace, &name, now);
        meta.labels = cron.meta.labels.clone();
        let selector = Labels::from([("batch.kubernetes.io/job-name".to_owned(), name.clone())]);
        let mut template = PodTemplate::clone(&cron.template);
        template.labels.extend(selector.clone());
        let job = Workload {
            meta,
            kind: Kind::Job,
            owner: Some(id),
            replicas: 1,
            template: Arc::new(template),
            selector,
            batch: Some(Batch { every_minutes: 0, completed: None, ..batch }),
            ..cron
        };
        let job = self.world.add_workload(job);
        if let Some(batch) = self.world.workloads.get_mut(&id).and_then(|cron| cron.batch.as_mut()) {
            batch.last_scheduled = Some(now);
        }
        self.world.touch(Kind::CronJob, id);
        self.dirty.insert(job);
    }

    /// Gives a workload a new template, and with it a new revision.
    pub(crate) fn set_template(&mut self, id: Id, template: PodTemplate) {
        let hash = self.random.hexadecimal(10);
        if let Some(workload) = self.world.workloads.get_mut(&id) {
            workload.template = Arc::new(template);
            workload.hash = hash;
            workload.revision += 1;
            workload.meta.generation += 1;
            let kind = workload.kind;
            self.world.touch(kind, id);
            self.dirty.insert(id);
        }
    }

    /// Deletes a workload, what it made, and their pods.
    pub(crate) fn delete_workload(&mut self, id: Id) {
        for child in self.world.children_of(id).clone() {
            self.delete_workload(child);
        }
        for pod in self.world.pods_of(id).clone() {
            self.world.remove_pod(pod);
        }
        self.world.remove_workload(id);
        self.settle();
    }

    /// Deletes everything in a namespace, and the namespace.
    pub(crate) fn delete_namespace(&mut self, name: &str) {
        let inside = self.world.workloads.values().filter(|workload| workload.meta.namespace == name);
        for id in inside.map(|workload| workload.meta.id).collect::<Vec<_>>() {
            self.delete_workload(id);
        }
        let pods = self.world.pods.values().filter(|pod| pod.meta.namespace == name);
        for id in pods.map(|pod| pod.meta.id).collect::<Vec<_>>() {
            self.world.remove_pod(id);
        }
        self.world.remove_namespace(name);
    }

    fn create_pod(&mut self, workload: &Workload, name: &str, claims: Vec<Id>) -> Id {
        let now = self.shown();
        let meta = self.world.meta(&mut self.random, &workload.meta.namespace, name, now);
        self.world.add_pod(Pod {
            meta,
            requests: workload.template.effective_requests(),
            template: workload.template.clone(),
            owner: Owner::Workload(workload.meta.id),
            placement: None,
            phase: Phase::Pending,
            ready: false,
            started: None,
            finished: None,
            note: None,
            restarts: 0,
            claims,
        })
    }
}

/// What a daemon tolerates beyond its template: the DaemonSet controller adds these.
fn daemon_tolerations(set: &Workload) -> Vec<Toleration> {
    let mut tolerations = set.template.tolerations.clone();
    for (key, effect) in [
        ("node.kubernetes.io/not-ready", Effect::NoExecute),
        ("node.kubernetes.io/unreachable", Effect::NoExecute),
        ("node.kubernetes.io/unschedulable", Effect::NoSchedule),
    ] {
        tolerations.push(Toleration {
            key: Some(key.to_owned()),
            value: None,
            effect: Some(effect),
            seconds: None,
        });
    }
    tolerations
}
