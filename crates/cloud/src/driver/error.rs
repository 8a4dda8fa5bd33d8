//! What can be wrong with a call to a cloud, by what the caller has to do about it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use model::Lifecycle;
use serde::{Deserialize, Serialize};

/// Why a call failed. The variants differ in what helps; each holds the cloud's own words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum DriverError {
    /// Sold out there on these terms, for minutes or hours. Buy something else, and come back later.
    #[error("no {lifecycle} capacity for {instance_type} in {}: {message}", zone.as_deref().unwrap_or("any zone"))]
    Capacity {
        /// The machine type that is not to be had.
        instance_type: Arc<str>,
        /// Where; `None` for the whole region.
        zone: Option<Arc<str>>,
        /// On which terms.
        lifecycle: Lifecycle,
        /// The cloud's words.
        message: String,
    },
    /// The account's limit would be passed. Smaller machines, other terms or another family may fit
    /// under another limit; until something is deleted or the limit is raised, this does not.
    #[error("a quota of the account is used up: {message}")]
    Quota {
        /// The cloud's words, with the limit's name.
        message: String,
    },
    /// The credentials are missing, wrong or too weak. Nothing helps but a person.
    #[error("the cloud refuses the credentials: {message}")]
    Auth {
        /// The cloud's words, with the permission that is missing where it says one.
        message: String,
    },
    /// Too many calls. The call was not carried out.
    #[error("too many calls, try again in {} ms", retry_after.as_millis())]
    Throttled {
        /// How long to wait at least.
        retry_after: Duration,
    },
    /// The request can never succeed as it is.
    #[error("{field}: {message}")]
    Invalid {
        /// The field of the request that is to blame.
        field: String,
        /// What is wrong with it, and what would be right.
        message: String,
    },
    /// Anything that may pass by itself: a broken connection, an error of the cloud's own. Whether
    /// the call was carried out is not known.
    #[error("the cloud did not answer: {message}")]
    Transient {
        /// What happened.
        message: String,
    },
}

/// The variants of [`DriverError`] by name, for metrics and for what is remembered of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ErrorKind {
    /// [`DriverError::Capacity`].
    Capacity,
    /// [`DriverError::Quota`].
    Quota,
    /// [`DriverError::Auth`].
    Auth,
    /// [`DriverError::Throttled`].
    Throttled,
    /// [`DriverError::Invalid`].
    Invalid,
    /// [`DriverError::Transient`].
    Transient,
}

impl DriverError {
    /// Which variant it is.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Capacity { .. } => ErrorKind::Capacity,
            Self::Quota { .. } => ErrorKind::Quota,
            Self::Auth { .. } => ErrorKind::Auth,
            Self::Throttled { .. } => ErrorKind::Throttled,
            Self::Invalid { .. } => ErrorKind::Invalid,
            Self::Transient { .. } => ErrorKind::Transient,
        }
    }

    /// Whether the same request may succeed later without anything being changed by a person.
    pub const fn may_pass(&self) -> bool {
        matches!(self, Self::Capacity { .. } | Self::Throttled { .. } | Self::Transient { .. })
    }

    /// A field that is wrong, and what would be right.
    pub fn invalid(field: &str, message: impl fmt::Display) -> Self {
        Self::Invalid { field: field.to_owned(), message: message.to_string() }
    }
}

impl ErrorKind {
    /// The name used in metrics and records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Capacity => "capacity",
            Self::Quota => "quota",
            Self::Auth => "auth",
            Self::Throttled => "throttled",
            Self::Invalid => "invalid",
            Self::Transient => "transient",
        }
    }
}
