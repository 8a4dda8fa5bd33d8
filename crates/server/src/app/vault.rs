//! Encrypts what must be kept but not be readable in the store: cloud credentials.
//!
//! ChaCha20-Poly1305 with a key that is not in the store. The cluster's id is authenticated with the
//! text, so that what was kept for one cluster cannot be put under another. A sealed text is a version
//! byte, twelve random bytes (the nonce), and the encrypted text with its tag.

use std::fmt;

use model::ClusterId;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use crate::auth::key::Entropy;

/// The first byte of everything sealed so.
const VERSION: u8 = 1;

/// Seals and opens with one key.
pub struct Vault {
    key: LessSafeKey,
}

/// Why something cannot be sealed or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// The text is too long for the cipher: gigabytes.
    #[error("cannot encrypt")]
    Seal,
    /// It was sealed with another key or for another cluster, or was changed.
    #[error(
        "cannot decrypt: it was sealed with another key (see secrets.key, SUPERCARGO_SECRETS_KEY), or changed"
    )]
    Open,
}

impl Vault {
    /// One with this key.
    #[expect(clippy::expect_used, reason = "the cipher refuses keys by their length alone")]
    pub fn new(key: [u8; 32]) -> Self {
        let key = UnboundKey::new(&CHACHA20_POLY1305, &key).expect("a key of 32 bytes");
        Self { key: LessSafeKey::new(key) }
    }

    /// Encrypts `text` for `cluster`.
    ///
    /// # Errors
    /// [`VaultError::Seal`].
    pub fn seal(
        &self,
        cluster: ClusterId,
        text: &[u8],
        entropy: &dyn Entropy,
    ) -> Result<Vec<u8>, VaultError> {
        let mut random = [0u8; 32];
        entropy.fill(&mut random);
        let mut nonce = [0u8; NONCE_LEN];
        nonce.copy_from_slice(&random[..NONCE_LEN]);
        let mut sealed = text.to_vec();
        self.key
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(cluster.0.as_bytes()),
                &mut sealed,
            )
            .map_err(|_| VaultError::Seal)?;
        Ok([&[VERSION][..], &nonce, &sealed].concat())
    }

    /// Decrypts what was sealed for `cluster`.
    ///
    /// # Errors
    /// [`VaultError::Open`].
    pub fn open(&self, cluster: ClusterId, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        let (&version, rest) = sealed.split_first().ok_or(VaultError::Open)?;
        let (nonce, text) = rest.split_at_checked(NONCE_LEN).ok_or(VaultError::Open)?;
        if version != VERSION {
            return Err(VaultError::Open);
        }
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| VaultError::Open)?;
        let mut text = text.to_vec();
        let opened = self
            .key
            .open_in_place(nonce, Aad::from(cluster.0.as_bytes()), &mut text)
            .map_err(|_| VaultError::Open)?;
        Ok(opened.to_vec())
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault")
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    struct Fixed(u8);

    impl Entropy for Fixed {
        fn fill(&self, bytes: &mut [u8; 32]) {
            bytes.fill(self.0);
        }
    }

    const CLUSTER: ClusterId = ClusterId(Uuid::from_u128(7));

    #[test]
    fn what_was_sealed_opens_again_and_shows_nothing_of_itself() {
        let vault = Vault::new([1; 32]);
        let sealed = vault.seal(CLUSTER, b"a secret text", &Fixed(2)).unwrap();
        assert!(!sealed.windows(6).any(|part| part == b"secret"));
        assert_eq!(vault.open(CLUSTER, &sealed).unwrap(), b"a secret text");
        assert_ne!(sealed, vault.seal(CLUSTER, b"a secret text", &Fixed(3)).unwrap());
    }

    #[test]
    fn nothing_opens_with_another_key_for_another_cluster_or_changed() {
        let vault = Vault::new([1; 32]);
        let sealed = vault.seal(CLUSTER, b"a secret text", &Fixed(2)).unwrap();
        assert_eq!(Vault::new([9; 32]).open(CLUSTER, &sealed), Err(VaultError::Open));
        assert_eq!(vault.open(ClusterId(Uuid::from_u128(8)), &sealed), Err(VaultError::Open));
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(vault.open(CLUSTER, &changed), Err(VaultError::Open), "byte {at}");
            assert_eq!(vault.open(CLUSTER, &sealed[..at]), Err(VaultError::Open), "cut at {at}");
        }
    }
}
