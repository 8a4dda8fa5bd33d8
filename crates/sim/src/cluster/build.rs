//! The beginning: everything a scenario names is created, placed and running before time passes.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::SignedDuration;

use super::{Cluster, Event};
use crate::scenario::{Scenario, WorkloadPlan};
use crate::world::meta::{Id, Kind};
use crate::world::pod::Phase;
use crate::world::template::Labels;
use crate::world::workload::{Autoscaler, Batch, Budget, Plain, Workload};

impl Cluster {
    pub(super) fn build(&mut self, scenario: &Scenario) {
        self.create_namespaces(scenario);
        for group in 0..scenario.groups.len() {
            let machines = scenario.groups.get(group).map(|group| group.machines.clone()).unwrap_or_default();
            let mut zone = group;
            for (machine, count) in machines {
                for _ in 0..count {
                    self.add_node(group, machine.clone(), zone % 3);
                    zone += 1;
                }
            }
        }
        scenario.oddities.iter().for_each(|oddity| self.create_oddity(oddity));
        for plan in &scenario.workloads {
            self.create_workload(plan);
        }
        self.settle();
        self.start_everything();
        scenario.oddities.iter().for_each(|oddity| self.mark_oddity(oddity));
        self.backdate();
        if scenario.dynamics.alive {
            self.plan_load();
            self.plan_crons();
        } else {
            // Nothing is left to happen: what the beginning planned has happened.
            self.queue = Default::default();
        }
        self.world.take_changes();
    }

    /// Places and starts until nothing moves any more, without letting time pass: StatefulSets need a
    /// round for each ordinal.
    fn start_everything(&mut self) {
        loop {
            self.schedule();
            let waiting =
                self.world.pods.values().filter(|pod| pod.phase == Phase::Pending && pod.placement.is_some());
            let waiting: Vec<Id> = waiting.map(|pod| pod.meta.id).collect();
            if waiting.is_empty() {
                break;
            }
            for id in waiting {
                self.start_pod(id);
            }
            self.settle();
        }
    }

    fn create_namespaces(&mut self, scenario: &Scenario) {
        let mut names: BTreeSet<&str> =
            ["default", "kube-node-lease", "kube-public", "kube-system", "castai-agent"].into();
        names.extend(scenario.workloads.iter().map(|plan| plan.namespace.as_str()));
        for name in names {
            let mut meta = self.world.meta(&mut self.random, "", name, self.start);
            meta.labels.insert("kubernetes.io/metadata.name".into(), name.to_owned());
            self.world.add_plain(Plain {
                meta,
                kind: Kind::Namespace,
                selector: Labels::new(),
                cluster_ip: [0; 4],
            });
        }
        let (class, _) = scenario.provider.storage_class();
        let meta = self.world.meta(&mut self.random, "", class, self.start);
        self.world.add_plain(Plain {
            meta,
            kind: Kind::StorageClass,
            selector: Labels::new(),
            cluster_ip: [0; 4],
        });
    }

    fn create_workload(&mut self, plan: &WorkloadPlan) {
        let selector = Labels::from([("app.kubernetes.io/name".to_owned(), plan.name.clone())]);
        let mut template = plan.template.clone();
        template.labels.extend(selector.clone());
        let mut labels = template.labels.clone();
        labels.extend(selector.clone());
        let mut meta = self.world.meta(&mut self.random, &plan.namespace, &plan.name, self.start);
        meta.labels = labels.clone();
        let hash = self.random.hexadecimal(10);
        let id = self.world.add_workload(Workload {
            meta,
            kind: plan.kind,
            owner: None,
            replicas: plan.replicas,
            template: Arc::new(template),
            selector: selector.clone(),
            revision: 1,
            hash,
            claim_gib: plan.claim_gib,
            batch: plan.batch.map(|(every_minutes, run_seconds)| Batch {
                every_minutes,
                run_seconds,
                last_scheduled: None,
                completed: None,
            }),
        });
        self.dirty.insert(id);
        if let Some((minimum, maximum, target_percent)) = plan.autoscale {
            let mut meta = self.world.meta(&mut self.random, &plan.namespace, &plan.name, self.start);
            meta.labels = labels.clone();
            self.world.add_autoscaler(Autoscaler {
                meta,
                target: id,
                minimum,
                maximum,
                target_percent,
                current_percent: target_percent,
                current_cpu_milli: 0,
                last_scaled: None,
            });
        }
        if let Some(rule) = plan.budget {
            let mut meta = self.world.meta(&mut self.random, &plan.namespace, &plan.name, self.start);
            meta.labels = labels.clone();
            self.world.add_budget(Budget { meta, selector: selector.clone(), rule, blocked: false });
        }
        if matches!(plan.kind, Kind::Deployment | Kind::StatefulSet) {
            let mut meta = self.world.meta(&mut self.random, &plan.namespace, &plan.name, self.start);
            meta.labels = labels;
            let cluster_ip = [172, 20, self.random.below(256) as u8, self.random.below(256) as u8];
            self.world.add_plain(Plain { meta, kind: Kind::Service, selector, cluster_ip });
        }
    }

    /// What is there at the start was not made at the start: nodes and workloads are weeks old.
    fn backdate(&mut self) {
        let start = self.start;
        let random = &mut self.random;
        let mut before = |least_hours: u64, most_hours: u64| {
            let seconds = random.between(least_hours * 3_600, most_hours * 3_600) as i64;
            start.saturating_sub(SignedDuration::from_secs(seconds)).unwrap_or(start)
        };
        for node in self.world.nodes.values_mut() {
            node.meta.created = before(30 * 24, 150 * 24);
            node.ready_since = node.meta.created;
            self.fleet.backdate(node.meta.id, node.meta.created);
        }
        for plain in self.world.plain.values_mut() {
            plain.meta.created = before(300 * 24, 400 * 24);
        }
        for workload in self.world.workloads.values_mut() {
            workload.meta.created = before(150 * 24, 300 * 24);
        }
        for pod in self.world.pods.values_mut() {
            let created = before(1, 30 * 24);
            pod.meta.created = created;
            pod.started = pod.started.map(|_| created);
            if let Some(placement) = &mut pod.placement {
                placement.bound = created;
            }
        }
        let seconds = |time: &mut model::Timestamp| *time = crate::world::seconds(*time);
        self.world.nodes.values_mut().for_each(|node| seconds(&mut node.meta.created));
    }

    /// Every CronJob at the next full turn of its clock.
    fn plan_crons(&mut self) {
        let crons = self.world.workloads.iter().filter(|(_, workload)| workload.kind == Kind::CronJob);
        let crons: Vec<(Id, u64)> = crons
            .filter_map(|(&id, workload)| Some((id, u64::from(workload.batch?.every_minutes) * 60)))
            .collect();
        for (id, period) in crons {
            let into = self.start.as_second().rem_euclid(period.max(60) as i64) as u64;
            self.plan(period.max(60) - into, Event::Cron(id));
        }
    }
}
