//! Amounts of what nodes have and pods ask for.

use std::collections::BTreeMap;
use std::ops::AddAssign;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::Quantity;

/// Amounts by resource, in the units of the scheduler. Sums saturate.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Resources {
    /// Thousandths of a CPU.
    pub cpu_milli: i64,
    /// Bytes of memory.
    pub memory_bytes: i64,
    /// Bytes of local ephemeral storage.
    pub ephemeral_storage_bytes: i64,
    /// Pod slots; a pod asks for one.
    pub pods: i64,
    /// Everything else by its name: GPUs, huge pages, what device plugins and administrators add.
    /// A resource of amount zero is not listed.
    pub extended: BTreeMap<Arc<str>, i64>,
}

impl Resources {
    /// Sets the amount of the resource that Kubernetes calls `name`, rounded as the scheduler does:
    /// `cpu` up to a milli, everything else up to a whole.
    pub fn set(&mut self, name: &Arc<str>, quantity: Quantity) {
        match &**name {
            "cpu" => self.cpu_milli = quantity.milli(),
            "memory" => self.memory_bytes = quantity.whole(),
            "ephemeral-storage" => self.ephemeral_storage_bytes = quantity.whole(),
            "pods" => self.pods = quantity.whole(),
            _ if quantity == Quantity::ZERO => {
                self.extended.remove(name);
            }
            _ => {
                self.extended.insert(Arc::clone(name), quantity.whole());
            }
        }
    }

    /// The amount of an extended resource; zero when there is none.
    pub fn extended(&self, name: &str) -> i64 {
        self.extended.get(name).copied().unwrap_or(0)
    }

    /// Raises each amount to that of `other` where it is larger.
    pub fn raise_to(&mut self, other: &Self) {
        self.cpu_milli = self.cpu_milli.max(other.cpu_milli);
        self.memory_bytes = self.memory_bytes.max(other.memory_bytes);
        self.ephemeral_storage_bytes = self.ephemeral_storage_bytes.max(other.ephemeral_storage_bytes);
        self.pods = self.pods.max(other.pods);
        for (name, &amount) in &other.extended {
            let mine = self.extended.entry(Arc::clone(name)).or_default();
            *mine = (*mine).max(amount);
        }
    }
}

impl AddAssign<&Self> for Resources {
    fn add_assign(&mut self, other: &Self) {
        self.cpu_milli = self.cpu_milli.saturating_add(other.cpu_milli);
        self.memory_bytes = self.memory_bytes.saturating_add(other.memory_bytes);
        self.ephemeral_storage_bytes =
            self.ephemeral_storage_bytes.saturating_add(other.ephemeral_storage_bytes);
        self.pods = self.pods.saturating_add(other.pods);
        for (name, &amount) in &other.extended {
            let mine = self.extended.entry(Arc::clone(name)).or_default();
            *mine = mine.saturating_add(amount);
        }
    }
}

impl<'a> std::iter::Sum<&'a Self> for Resources {
    fn sum<I: Iterator<Item = &'a Self>>(all: I) -> Self {
        all.fold(Self::default(), |mut sum, one| {
            sum += one;
            sum
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_rounds_adds_and_raises() {
        let mut a = Resources::default();
        for (name, text) in
            [("cpu", "1500u"), ("memory", "0.1Ki"), ("nvidia.com/gpu", "1"), ("hugepages-2Mi", "0")]
        {
            a.set(&name.into(), text.parse().unwrap());
        }
        assert_eq!((a.cpu_milli, a.memory_bytes, a.extended("nvidia.com/gpu")), (2, 103, 1));
        assert_eq!(a.extended.len(), 1, "a resource of amount zero is not listed");
        let mut b = Resources { cpu_milli: 1, memory_bytes: 200, ..Resources::default() };
        b.raise_to(&a);
        assert_eq!((b.cpu_milli, b.memory_bytes, b.extended("nvidia.com/gpu")), (2, 200, 1));
        b += &a;
        assert_eq!((b.cpu_milli, b.memory_bytes, b.extended("nvidia.com/gpu")), (4, 303, 2));
    }
}
