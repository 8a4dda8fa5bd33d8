//! The `metadata.uid` of Kubernetes objects, small in memory.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The uid of a Kubernetes object. API servers make UUIDs, but the API promises only a text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Uid {
    /// The usual form.
    Uuid(Uuid),
    /// Anything else, as it was given.
    Text(Arc<str>),
}

impl Uid {
    /// Reads a uid; every text is one. Only the hyphenated lower-case form counts as a UUID, so that
    /// [`Display`](fmt::Display) gives back the very text.
    pub fn new(text: &str) -> Self {
        match Uuid::try_parse(text) {
            Ok(uuid) if uuid.as_hyphenated().encode_lower(&mut Uuid::encode_buffer()) == text => {
                Self::Uuid(uuid)
            }
            _ => Self::Text(text.into()),
        }
    }

    /// The UUID; for another text, one computed from its SHA-256, always the same.
    pub fn to_uuid(&self) -> Uuid {
        match self {
            Self::Uuid(uuid) => *uuid,
            Self::Text(text) => {
                let mut bytes = [0u8; 16];
                bytes.copy_from_slice(&Sha256::digest(text.as_bytes())[..16]);
                uuid::Builder::from_custom_bytes(bytes).into_uuid()
            }
        }
    }
}

impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uuid(uuid) => uuid.as_hyphenated().fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

impl fmt::Debug for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Uid({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_comes_back() {
        for text in [
            "cef89925-7457-4a4d-b997-8626d67aee1c",
            "CEF89925-7457-4A4D-B997-8626D67AEE1C",
            "",
            "etcd-node-1",
        ] {
            assert_eq!(Uid::new(text).to_string(), text);
            assert_eq!(Uid::new(text).to_uuid(), Uid::new(text).to_uuid());
        }
        assert!(matches!(Uid::new("cef89925-7457-4a4d-b997-8626d67aee1c"), Uid::Uuid(_)));
    }
}
