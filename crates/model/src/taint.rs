//! Taints keep pods off nodes; tolerations let them on.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// What a taint does to pods that do not tolerate it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum TaintEffect {
    /// They are not placed on the node.
    NoSchedule,
    /// They are placed there only when nothing else is left.
    PreferNoSchedule,
    /// They are not placed there, and leave when they are there.
    NoExecute,
}

impl TaintEffect {
    /// The name in the Kubernetes API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoSchedule => "NoSchedule",
            Self::PreferNoSchedule => "PreferNoSchedule",
            Self::NoExecute => "NoExecute",
        }
    }
}

/// A mark on a node that keeps pods away.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Taint {
    /// Its name.
    pub key: Arc<str>,
    /// Its value, often empty.
    pub value: Arc<str>,
    /// What it does.
    pub effect: TaintEffect,
}

/// Which taints a pod does not mind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Toleration {
    /// The taint's name; `None` stands for every name.
    pub key: Option<Arc<str>>,
    /// The value it must have; `None` (operator `Exists`) for any.
    pub value: Option<Arc<str>>,
    /// The effect it must have; `None` for any.
    pub effect: Option<TaintEffect>,
    /// How long a `NoExecute` taint is endured; `None` for ever.
    pub seconds: Option<i64>,
}

impl Toleration {
    /// Whether the taint is tolerated, for however long.
    pub fn tolerates(&self, taint: &Taint) -> bool {
        self.effect.is_none_or(|effect| effect == taint.effect)
            && self.key.as_ref().is_none_or(|key| *key == taint.key)
            && self.value.as_ref().is_none_or(|value| *value == taint.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_parts_match_everything() {
        let taint = Taint { key: "dedicated".into(), value: "data".into(), effect: TaintEffect::NoSchedule };
        let everything = Toleration { key: None, value: None, effect: None, seconds: None };
        assert!(everything.tolerates(&taint));
        assert!(Toleration { key: Some("dedicated".into()), ..everything.clone() }.tolerates(&taint));
        assert!(!Toleration { key: Some("other".into()), ..everything.clone() }.tolerates(&taint));
        assert!(!Toleration { value: Some("web".into()), ..everything.clone() }.tolerates(&taint));
        assert!(!Toleration { effect: Some(TaintEffect::NoExecute), ..everything }.tolerates(&taint));
    }
}
