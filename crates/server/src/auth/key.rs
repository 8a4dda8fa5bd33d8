//! The text of an API key.
//!
//! `scu_` (user), `sca_` (service account) or `scc_` (cluster), 43 characters of base 62 that hold
//! 256 random bits, and 6 that hold a CRC-32 of what stands before. A secret scanner can find such a
//! text and be sure of it, and a mistyped key is refused without a look into the store. Only the
//! SHA-256 of the text is kept: 256 random bits need no slow hash.

use std::fmt;

use sha2::{Digest, Sha256};

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const RANDOM_CHARACTERS: usize = 43;
const CHECK_CHARACTERS: usize = 6;
const TAG_CHARACTERS: usize = 4;

/// Whose key it is, told by its first characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// A person's.
    User,
    /// A machine user's.
    ServiceAccount,
    /// The in-cluster components' of one cluster.
    Cluster,
}

impl KeyKind {
    const fn tag(self) -> &'static str {
        match self {
            Self::User => "scu_",
            Self::ServiceAccount => "sca_",
            Self::Cluster => "scc_",
        }
    }
}

/// Where the 256 bits come from; the mains give the operating system's source.
pub trait Entropy: Send + Sync {
    /// Fills `bytes` with random ones.
    fn fill(&self, bytes: &mut [u8; 32]);
}

/// A key in clear text. Shown once to whoever asked for it, and kept nowhere: neither `Debug` nor
/// `Serialize` give it away.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyText(String);

impl KeyText {
    /// A new one.
    pub fn generate(kind: KeyKind, entropy: &dyn Entropy) -> Self {
        let mut bytes = [0u8; 32];
        entropy.fill(&mut bytes);
        let mut text = format!("{}{}", kind.tag(), base62(bytes));
        text.push_str(&checksum(text.as_bytes()));
        Self(text)
    }

    /// Recognises a key that could have been made here. Anything else gets no closer to the store.
    pub fn parse(text: &str) -> Option<Self> {
        let expected = TAG_CHARACTERS + RANDOM_CHARACTERS + CHECK_CHARACTERS;
        if text.len() != expected || !text.is_ascii() {
            return None;
        }
        let (body, check) = text.split_at(expected - CHECK_CHARACTERS);
        let known = [KeyKind::User, KeyKind::ServiceAccount, KeyKind::Cluster]
            .iter()
            .any(|kind| body.starts_with(kind.tag()));
        (known && check == checksum(body.as_bytes())).then(|| Self(text.to_owned()))
    }

    /// What is kept of it.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }

    /// What lists show, so that a person can tell keys apart: the tag and the first three characters.
    pub fn prefix(&self) -> &str {
        &self.0[..TAG_CHARACTERS + 3]
    }

    /// The clear text, for the one answer that shows it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for KeyText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyText({}…)", self.prefix())
    }
}

/// 256 bits as 43 characters, most significant first.
fn base62(mut bytes: [u8; 32]) -> String {
    let mut text = [0u8; RANDOM_CHARACTERS];
    for character in text.iter_mut().rev() {
        let mut remainder: u32 = 0;
        for byte in &mut bytes {
            let value = remainder << 8 | u32::from(*byte);
            *byte = (value / 62) as u8;
            remainder = value % 62;
        }
        *character = ALPHABET[remainder as usize];
    }
    text.iter().map(|&byte| char::from(byte)).collect()
}

fn checksum(body: &[u8]) -> String {
    let mut crc = flate2::Crc::new();
    crc.update(body);
    let mut value = crc.sum();
    let mut text = [0u8; CHECK_CHARACTERS];
    for character in text.iter_mut().rev() {
        *character = ALPHABET[(value % 62) as usize];
        value /= 62;
    }
    text.iter().map(|&byte| char::from(byte)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    struct Fixed([u8; 32]);

    impl Entropy for Fixed {
        fn fill(&self, bytes: &mut [u8; 32]) {
            *bytes = self.0;
        }
    }

    proptest! {
        #[test]
        fn made_keys_parse_and_mistyped_ones_do_not(bits in any::<[u8; 32]>(), at in 0_usize..53, with in 0_usize..62) {
            let key = KeyText::generate(KeyKind::User, &Fixed(bits));
            prop_assert_eq!(key.reveal().len(), 53);
            prop_assert_eq!(KeyText::parse(key.reveal()), Some(key.clone()));

            let mut mistyped = key.reveal().as_bytes().to_vec();
            mistyped[at] = ALPHABET[with];
            let mistyped = String::from_utf8(mistyped).unwrap();
            prop_assert_eq!(KeyText::parse(&mistyped).is_some(), mistyped == key.reveal());
        }

        #[test]
        fn any_text_is_taken_without_panic(text in "\\PC{0,80}") {
            let _ = KeyText::parse(&text);
        }
    }

    #[test]
    fn neither_debug_nor_the_prefix_gives_the_key_away() {
        let key = KeyText::generate(KeyKind::Cluster, &Fixed([255; 32]));
        assert!(key.reveal().starts_with("scc_"));
        assert_eq!(key.prefix().len(), 7);
        assert!(format!("{key:?}").len() < 24);
    }
}
