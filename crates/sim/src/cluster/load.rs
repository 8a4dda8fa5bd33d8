//! What the workloads have to do: demand over the day and the month, what pods use of it, and the
//! autoscalers and rollouts that follow.

use std::sync::Arc;

use super::{Cluster, Event, UNSCHEDULABLE_SECONDS};
use crate::objects::PodMetrics;
use crate::random::noise_permille;
use crate::time::VirtualTime;
use crate::world::meta::{Id, Kind};
use crate::world::pod::{Owner, Phase, Pod};
use crate::world::template::{PodTemplate, Role, Usage};

/// Seconds between two looks of the autoscalers.
const AUTOSCALER_SECONDS: u64 = 60;
/// How far the use may be from the target before replicas change, in thousandths.
const TOLERANCE_PERMILLE: u64 = 100;
/// Memory of a container that asks for none.
const UNREQUESTED_MEMORY: u64 = 64 << 20;

/// Demand of a shop by the hour of a weekday in UTC, in thousandths of the peak.
const DAY: [u64; 24] = [
    340, 290, 250, 230, 240, 290, 380, 500, 620, 720, 790, 830, 850, 840, 830, 840, 870, 920, 980, 1_000,
    960, 840, 660, 480,
];

/// The share of the day's peak that is asked for now, in thousandths; Saturday and Sunday ask a fifth less.
fn day_permille(second: i64) -> u64 {
    let of_day = second.rem_euclid(86_400) as u64;
    let (hour, into) = ((of_day / 3_600) as usize, of_day % 3_600);
    let (here, next) = (DAY[hour], DAY[(hour + 1) % 24]);
    let level = (here * (3_600 - into) + next * into) / 3_600;
    // 1970-01-01 was a Thursday.
    let weekday = (second.div_euclid(86_400) + 3).rem_euclid(7);
    if weekday >= 5 { level * 4 / 5 } else { level }
}

impl Cluster {
    /// Plans what recurs, at the beginning.
    pub(super) fn plan_load(&mut self) {
        self.plan(AUTOSCALER_SECONDS, Event::Autoscalers);
        self.plan(3_600, Event::Hour);
        self.plan(UNSCHEDULABLE_SECONDS, Event::Unschedulable);
        self.plan(10, Event::GroupsGrow);
        self.plan(600, Event::GroupsShrink);
        if self.dynamics.rollout_every_hours > 0 {
            self.plan(u64::from(self.dynamics.rollout_every_hours) * 3_600, Event::Rollout);
        }
    }

    /// CPU that all replicas of a workload with this usage use together now, in thousandths.
    fn demand(&self, usage: Usage, at: VirtualTime) -> u64 {
        let second = self.start.as_second() + at.as_seconds();
        let daily =
            day_permille(second) * usage.daily_permille + 1_000 * (1_000 - usage.daily_permille.min(1_000));
        let grown = 1_000 + self.dynamics.growth_permille_per_day * (at.as_seconds().max(0) as u64) / 86_400;
        let millionths = daily * grown / 1_000;
        (u128::from(usage.peak_cpu_milli) * u128::from(millionths) / 1_000_000) as u64
    }

    /// Autoscalers keep the use near their target
    /// (<https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#algorithm-details>).
    pub(super) fn run_autoscalers(&mut self) {
        self.plan(AUTOSCALER_SECONDS, Event::Autoscalers);
        let now = crate::world::seconds(self.shown());
        let ids: Vec<Id> = self.world.autoscalers.keys().copied().collect();
        for id in ids {
            let Some(scaler) = self.world.autoscalers.get(&id) else { continue };
            let Some(target) = self.world.workloads.get(&scaler.target) else { continue };
            let request = target.template.effective_requests().cpu_milli;
            let replicas = u64::from(target.replicas);
            if request == 0 || replicas == 0 {
                continue;
            }
            let each = self.demand(target.template.usage, self.now) / replicas;
            let percent = each * 100 / request;
            let ratio_permille = percent * 1_000 / scaler.target_percent.max(1);
            let wanted = if ratio_permille.abs_diff(1_000) <= TOLERANCE_PERMILLE {
                replicas
            } else {
                (replicas * ratio_permille).div_ceil(1_000)
            };
            let wanted = wanted.clamp(u64::from(scaler.minimum), u64::from(scaler.maximum)) as u32;
            // Fewer only after five minutes: the stabilisation window.
            let rested = scaler.last_scaled.is_none_or(|(last, _)| last.plus_seconds(300) <= self.now);
            let (target_id, is_new) = (scaler.target, percent != scaler.current_percent);
            let scales = wanted > target.replicas || (wanted < target.replicas && rested);
            if let Some(scaler) = self.world.autoscalers.get_mut(&id) {
                scaler.current_percent = percent;
                scaler.current_cpu_milli = each;
                if scales {
                    scaler.last_scaled = Some((self.now, now));
                }
            }
            if scales {
                self.set_replicas(target_id, wanted);
            }
            if scales || is_new {
                self.world.touch(Kind::HorizontalPodAutoscaler, id);
            }
        }
    }

    /// Some Deployment gets a new version; its team may ask for a little more while at it.
    pub(super) fn run_rollout(&mut self) {
        self.plan(u64::from(self.dynamics.rollout_every_hours) * 3_600, Event::Rollout);
        let deployments: Vec<Id> = self
            .world
            .workloads
            .iter()
            .filter(|(_, workload)| workload.kind == Kind::Deployment && workload.replicas > 0)
            .map(|(&id, _)| id)
            .collect();
        let Some(&id) = self.random.pick(&deployments) else { return };
        let Some(workload) = self.world.workloads.get(&id) else { return };
        let mut template = PodTemplate::clone(&workload.template);
        let revision = workload.revision + 1;
        for container in template.containers.iter_mut().filter(|container| container.role == Role::Main) {
            let repository = container.image.split(':').next().unwrap_or_default();
            container.image = format!("{repository}:v1.{revision}.0");
        }
        if self.random.chance(250)
            && let Some(container) = template.containers.first_mut()
        {
            container.requests.cpu_milli = container.requests.cpu_milli * 11 / 10;
        }
        self.set_template(id, template);
    }

    /// What every running pod uses.
    pub(super) fn measure(&self) -> Vec<PodMetrics> {
        let at = crate::world::seconds(self.shown());
        let shown: Arc<str> = Arc::from(at.to_string());
        let running = self.world.pods.values().filter(|pod| {
            pod.phase == Phase::Running
                && pod.meta.deleted.is_none()
                && pod.started.is_some_and(|started| started < at)
        });
        let on_ready_node = |pod: &&Pod| {
            let node = pod.placement.as_ref().and_then(|placement| self.world.nodes.get(&placement.node));
            node.is_some_and(|node| node.ready)
        };
        running
            .filter(on_ready_node)
            .map(|pod| PodMetrics {
                pod: pod.meta.id,
                namespace: pod.meta.namespace.clone(),
                name: pod.meta.name.clone(),
                at: shown.clone(),
                template: pod.template.clone(),
                usage: self.container_usage(pod),
            })
            .collect()
    }

    fn container_usage(&self, pod: &Pod) -> Vec<(u64, u64)> {
        let usage = pod.template.usage;
        let replicas = match pod.owner {
            Owner::Workload(owner) => self.world.workloads.get(&owner).map_or(1, |owner| match owner.kind {
                Kind::DaemonSet => self.world.pods_of(owner.meta.id).len() as u64,
                _ => u64::from(owner.replicas),
            }),
            _ => 1,
        };
        let each_nano = self.demand(usage, self.now) * 1_000_000 / replicas.max(1);
        let minute = (self.now.as_seconds() / 60) as u64;
        let staying = || pod.template.staying_containers();
        let requested: u64 = staying().map(|container| container.requests.cpu_milli).sum();
        let count = staying().count() as u64;
        staying()
            .enumerate()
            .map(|(index, container)| {
                let noise = 900 + noise_permille(pod.meta.id.0, minute * 8 + index as u64) / 5;
                let share = match requested {
                    0 => 1_000 / count.max(1),
                    all => container.requests.cpu_milli * 1_000 / all,
                };
                let memory = match container.requests.memory {
                    0 => UNREQUESTED_MEMORY,
                    requested => requested,
                };
                let memory_noise = 970 + noise_permille(pod.meta.id.0, index as u64) / 20 + minute % 7;
                (
                    each_nano * share / 1_000 * noise / 1_000,
                    (memory * usage.memory_permille / 1_000 * memory_noise / 1_000) >> 10,
                )
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evenings_are_busy_and_weekends_quieter() {
        // 2026-11-02 is a Monday.
        let monday = 1_793_577_600;
        assert_eq!(day_permille(monday + 19 * 3_600), 1_000);
        assert_eq!(day_permille(monday + 3 * 3_600 + 1_800), 235);
        assert_eq!(day_permille(monday - 86_400 + 19 * 3_600), 800);
    }
}
