//! Measurements of `metrics.k8s.io`.

use model::{Interner, NamespacedName, PodUsage, Quantity};
use serde::Deserialize;

use super::text::{Amounts, Instant};
use super::{Metadata, ObjectError};

#[derive(Debug, Deserialize)]
pub(super) struct PodMetrics<'a> {
    #[serde(borrow, default)]
    metadata: Metadata<'a>,
    timestamp: Instant,
    #[serde(borrow)]
    containers: Option<Vec<Container<'a>>>,
}

#[derive(Debug, Deserialize)]
struct Container<'a> {
    #[serde(borrow, default)]
    usage: Amounts<'a>,
}

impl PodMetrics<'_> {
    pub(super) fn into_model(
        self,
        interner: &mut Interner,
    ) -> Result<(NamespacedName, PodUsage), ObjectError> {
        let sum = |name: &str| {
            let containers = self.containers.iter().flatten();
            containers.filter_map(|one| one.usage.get(name)).fold(Quantity::ZERO, |sum, amount| sum + amount)
        };
        let name =
            NamespacedName { namespace: self.metadata.namespace(interner), name: self.metadata.own_name()? };
        Ok((
            name,
            PodUsage {
                cpu_milli: sum("cpu").milli(),
                memory_bytes: sum("memory").whole(),
                at: self.timestamp.0,
            },
        ))
    }
}
