//! Who sells a machine and under which terms.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The terms under which a machine runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lifecycle {
    /// Runs until it is stopped.
    OnDemand,
    /// Cheaper, and may be taken back by the provider at short notice.
    Spot,
    /// On-demand bought because spot was not to be had; to be returned to spot.
    SpotFallback,
}

impl Lifecycle {
    /// All of them, in the order of reports.
    pub const ALL: [Self; 3] = [Self::OnDemand, Self::Spot, Self::SpotFallback];

    /// The name used in reports, metrics and the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OnDemand => "on_demand",
            Self::Spot => "spot",
            Self::SpotFallback => "spot_fallback",
        }
    }
}

/// Who sells the machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    /// Amazon Web Services.
    Aws,
    /// Google Cloud.
    Gcp,
    /// Microsoft Azure.
    Azure,
    /// A machine room of one's own, or a provider whose prices no catalogue knows.
    Other,
}

impl Provider {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Aws, Self::Gcp, Self::Azure, Self::Other];

    /// The name used in the catalogue, the store and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::Gcp => "gcp",
            Self::Azure => "azure",
            Self::Other => "other",
        }
    }
}

/// A name that is none of the known ones.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown {what} {name:?}: expected one of {expected}")]
pub struct UnknownName {
    /// What was being named.
    pub what: &'static str,
    /// The name that was given.
    pub name: String,
    /// The names that would have been right, separated by commas.
    pub expected: String,
}

impl UnknownName {
    /// The error for `name`, which is none of `expected`.
    pub fn new(what: &'static str, name: &str, expected: &[&str]) -> Self {
        Self { what, name: name.to_owned(), expected: expected.join(", ") }
    }
}

macro_rules! named {
    ($type:ident, $what:literal) => {
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl FromStr for $type {
            type Err = UnknownName;

            fn from_str(name: &str) -> Result<Self, Self::Err> {
                Self::ALL
                    .into_iter()
                    .find(|one| one.as_str() == name)
                    .ok_or_else(|| UnknownName::new($what, name, &Self::ALL.map(Self::as_str)))
            }
        }
    };
}

named!(Lifecycle, "lifecycle");
named!(Provider, "provider");
