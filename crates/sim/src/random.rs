//! The one source of chance: a seeded stream, the same on every machine.
//!
//! Only integers are drawn and compared, so that no platform's floating point can change a run.

use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};

/// The letters that Kubernetes makes name suffixes of: no vowels, so no words.
const SUFFIX_LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// A reproducible stream of draws.
#[derive(Clone, Debug)]
pub struct Random(ChaCha8Rng);

impl Random {
    /// The stream `stream` of `seed`: streams of one seed are independent of each other.
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(stream);
        Self(generator)
    }

    /// A number below `bound`; zero when `bound` is zero.
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.0.next_u64()) * u128::from(bound)) >> 64) as u64
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high.saturating_sub(low) + 1)
    }

    /// True in `permille` of a thousand draws.
    pub fn chance(&mut self, permille: u64) -> bool {
        self.below(1_000) < permille
    }

    /// One of `choices`, each as likely as the others. `None` when there are none.
    pub fn pick<'a, T>(&mut self, choices: &'a [T]) -> Option<&'a T> {
        choices.get(self.below(choices.len() as u64) as usize)
    }

    /// 128 bits that look like a random (version 4) UUID.
    pub fn uid(&mut self) -> u128 {
        let bits = (u128::from(self.0.next_u64()) << 64) | u128::from(self.0.next_u64());
        (bits & !(0xf << 76) & !(0b11 << 62)) | (0x4 << 76) | (0b10 << 62)
    }

    /// A Kubernetes name suffix of `length` letters, such as `x7k2p`.
    pub fn suffix(&mut self, length: usize) -> String {
        (0..length)
            .map(|_| char::from(SUFFIX_LETTERS[self.below(SUFFIX_LETTERS.len() as u64) as usize]))
            .collect()
    }

    /// `length` hexadecimal digits.
    pub fn hexadecimal(&mut self, length: usize) -> String {
        (0..length).map(|_| char::from(b"0123456789abcdef"[self.below(16) as usize])).collect()
    }
}

/// A number below 1,000 that depends on nothing but `a` and `b`: noise that needs no stream, for
/// values that are computed when somebody looks.
pub fn noise_permille(a: u64, b: u64) -> u64 {
    let mut bits = a.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ b.wrapping_mul(0xd1b5_4a32_d192_ed03);
    bits ^= bits >> 32;
    bits = bits.wrapping_mul(0xff51_afd7_ed55_8ccd);
    bits ^= bits >> 29;
    ((u128::from(bits) * 1_000) >> 64) as u64
}
