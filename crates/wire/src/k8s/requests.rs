//! Effective requests of a pod, as kube-scheduler counts them.
//!
//! Follows `AggregateContainerRequests` and `PodRequests` of
//! `k8s.io/component-helpers/resource`, which the scheduler calls with the status taken into account.

use model::{Interner, QosClass, Quantity, Resources};
use serde::Deserialize;

use super::text::{Amount, Amounts, Text};

/// `resources` of a container, of a pod, or of the status of either.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Requirements<'a> {
    #[serde(borrow)]
    requests: Option<Amounts<'a>>,
    #[serde(borrow)]
    limits: Option<Amounts<'a>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Container<'a> {
    #[serde(borrow, default)]
    pub(super) name: Text<'a>,
    #[serde(borrow)]
    pub(super) resources: Option<Requirements<'a>>,
    #[serde(borrow)]
    pub(super) ports: Option<Vec<Port<'a>>>,
    #[serde(borrow)]
    restart_policy: Option<Text<'a>>,
    #[serde(borrow)]
    restart_policy_rules: Option<Vec<RestartRule<'a>>>,
}

#[derive(Debug, Deserialize)]
struct RestartRule<'a> {
    #[serde(borrow)]
    action: Option<Text<'a>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Port<'a> {
    pub(super) container_port: Option<u16>,
    pub(super) host_port: Option<u16>,
    #[serde(rename = "hostIP", borrow)]
    pub(super) host_ip: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) protocol: Option<Text<'a>>,
}

impl Container<'_> {
    /// An init container that goes on running beside the others.
    pub(super) fn is_sidecar(&self) -> bool {
        self.restart_policy.as_deref() == Some("Always")
    }

    /// Its end may start all containers of the pod again.
    pub(super) fn restarts_all(&self) -> bool {
        let mut rules = self.restart_policy_rules.iter().flatten();
        rules.any(|rule| rule.action.as_deref() == Some("RestartAllContainers"))
    }
}

/// What the kubelet has given a container, while it is being resized or after.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ContainerStatus<'a> {
    #[serde(borrow, default)]
    name: Text<'a>,
    #[serde(borrow)]
    allocated_resources: Option<Amounts<'a>>,
    #[serde(borrow)]
    resources: Option<Requirements<'a>>,
}

/// What requests are computed from.
#[derive(Debug, Default)]
pub(super) struct Sources<'s, 'a> {
    pub(super) containers: &'s [Container<'a>],
    pub(super) init_containers: &'s [Container<'a>],
    pub(super) overhead: Option<&'s Amounts<'a>>,
    /// `spec.resources`.
    pub(super) pod_level: Option<&'s Requirements<'a>>,
    pub(super) statuses: &'s [ContainerStatus<'a>],
    pub(super) init_statuses: &'s [ContainerStatus<'a>],
    /// `status.resources` and `status.allocatedResources`.
    pub(super) pod_level_status: Option<&'s Requirements<'a>>,
    pub(super) pod_level_allocated: Option<&'s Amounts<'a>>,
    /// The kubelet has refused the resize that the spec asks for.
    pub(super) resize_infeasible: bool,
}

/// Amounts under way, by few names.
#[derive(Clone, Debug, Default)]
struct Sum<'s>(Vec<(&'s str, Quantity)>);

impl<'s> Sum<'s> {
    fn entry(&mut self, name: &'s str) -> &mut Quantity {
        let at = match self.0.iter().position(|(one, _)| *one == name) {
            Some(at) => at,
            None => {
                self.0.push((name, Quantity::ZERO));
                self.0.len() - 1
            }
        };
        &mut self.0[at].1
    }

    fn add(&mut self, other: &Self) {
        for &(name, amount) in &other.0 {
            let mine = self.entry(name);
            *mine = *mine + amount;
        }
    }

    fn raise_to(&mut self, other: &Self) {
        for &(name, amount) in &other.0 {
            let mine = self.entry(name);
            *mine = (*mine).max(amount);
        }
    }

    fn of(amounts: Option<&'s Amounts<'_>>) -> Self {
        let amounts = amounts.into_iter().flat_map(|amounts| &amounts.0);
        Self(amounts.map(|(name, Amount(amount))| (&**name, *amount)).collect())
    }

    /// Requests, and where there is none, the limit: as the API server defaults them in pods, though
    /// not in templates.
    fn of_requests(requirements: Option<&'s Requirements<'_>>) -> Self {
        let Some(requirements) = requirements else { return Self::default() };
        let mut sum = Self::of(requirements.requests.as_ref());
        for (name, Amount(limit)) in requirements.limits.iter().flat_map(|limits| &limits.0) {
            if !sum.0.iter().any(|(one, _)| *one == &**name) {
                sum.0.push((name, *limit));
            }
        }
        sum
    }
}

impl<'s, 'a> Sources<'s, 'a> {
    /// The effective requests: see [`model::PodSpec::requests`].
    pub(super) fn effective(&self, interner: &mut Interner) -> Resources {
        let mut total = Sum::default();
        for container in self.containers {
            total.add(&self.of_container(container, self.statuses));
        }
        let (mut sidecars, mut starting) = (Sum::default(), Sum::default());
        for container in self.init_containers {
            let own = self.of_container(container, self.init_statuses);
            if container.is_sidecar() {
                total.add(&own);
                sidecars.add(&own);
                starting.raise_to(&sidecars);
            } else {
                let mut beside_sidecars = sidecars.clone();
                beside_sidecars.add(&own);
                starting.raise_to(&beside_sidecars);
            }
        }
        total.raise_to(&starting);
        for (name, amount) in self.of_pod().0 {
            if name == "cpu" || name == "memory" || name.starts_with("hugepages-") {
                *total.entry(name) = amount;
            }
        }
        total.add(&Sum::of(self.overhead));
        let mut resources = Resources { pods: 1, ..Resources::default() };
        for (name, amount) in total.0 {
            resources.set(&interner.string(name), amount);
        }
        resources
    }

    fn of_container(&self, container: &'s Container<'a>, statuses: &'s [ContainerStatus<'a>]) -> Sum<'s> {
        let asked = Sum::of_requests(container.resources.as_ref());
        let status = statuses.iter().find(|status| *status.name == *container.name);
        match status.map(|status| (&status.resources, &status.allocated_resources)) {
            Some((Some(actual), allocated)) => {
                self.while_resizing(asked, Sum::of(actual.requests.as_ref()), Sum::of(allocated.as_ref()))
            }
            _ => asked,
        }
    }

    fn of_pod(&self) -> Sum<'s> {
        let Some(pod_level) = self.pod_level else { return Sum::default() };
        let asked = Sum::of_requests(Some(pod_level));
        match self.pod_level_status {
            Some(actual) => self.while_resizing(
                asked,
                Sum::of(actual.requests.as_ref()),
                Sum::of(self.pod_level_allocated),
            ),
            None => asked,
        }
    }

    /// The largest of what is asked, in use and promised; what is asked in vain does not count.
    fn while_resizing(&self, asked: Sum<'s>, actual: Sum<'s>, allocated: Sum<'s>) -> Sum<'s> {
        let mut largest = if self.resize_infeasible { Sum::default() } else { asked };
        largest.raise_to(&actual);
        largest.raise_to(&allocated);
        largest
    }

    /// The class that the API server computes when a pod is created.
    pub(super) fn qos(&self) -> QosClass {
        let pod_level = self.pod_level.filter(|pod| pod.requests.is_some() || pod.limits.is_some());
        let all: Vec<Option<&Requirements<'_>>> = match pod_level {
            Some(pod_level) => vec![Some(pod_level)],
            None => {
                let containers = self.containers.iter().chain(self.init_containers);
                containers.map(|container| container.resources.as_ref()).collect()
            }
        };
        let amount = |amounts: &Option<Amounts<'_>>, name| {
            amounts.as_ref().and_then(|amounts| amounts.get(name)).filter(|&amount| amount > Quantity::ZERO)
        };
        let (mut any, mut guaranteed) = (false, true);
        for requirements in all {
            for name in ["cpu", "memory"] {
                let limit = requirements.and_then(|one| amount(&one.limits, name));
                let request = requirements.and_then(|one| amount(&one.requests, name));
                any |= limit.is_some() || request.is_some();
                guaranteed &= limit.is_some() && request.is_none_or(|request| Some(request) == limit);
            }
        }
        match (any, guaranteed) {
            (true, true) => QosClass::Guaranteed,
            (true, false) => QosClass::Burstable,
            (false, _) => QosClass::BestEffort,
        }
    }
}
