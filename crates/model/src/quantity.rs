//! Kubernetes quantities: `500m`, `0.5Gi`, `512e6`.
//!
//! Follows `k8s.io/apimachinery/pkg/api/resource`: nothing finer than a nano, nothing beyond
//! 2⁶³ − 1, and rounding away from zero, so that a request is never taken for less than was asked.

use std::fmt;
use std::str::FromStr;

const NANOS_PER_UNIT: i128 = 1_000_000_000;
const NANOS_PER_MILLI: i128 = 1_000_000;
/// The largest magnitude of a quantity, as the API machinery caps it.
const MAX_NANOS: i128 = i64::MAX as i128 * NANOS_PER_UNIT;

/// An amount of a resource, exact to 10⁻⁹ of its unit (core, byte, piece).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity {
    nanos: i128,
}

/// Why a text is not a quantity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuantityError {
    /// No digits where the number should be.
    #[error("{0:?} is not a quantity: it must start with a number, such as 500m or 1.5Gi")]
    NoNumber(String),
    /// Something after the number that is no suffix of Kubernetes.
    #[error(
        "{text:?} is not a quantity: unknown suffix {suffix:?}, expected one of n u m k M G T P E Ki Mi Gi Ti Pi Ei \
         or an exponent such as e6"
    )]
    UnknownSuffix {
        /// The whole text.
        text: String,
        /// What follows the number.
        suffix: String,
    },
}

impl Quantity {
    /// Nothing.
    pub const ZERO: Self = Self { nanos: 0 };

    /// Thousandths, rounded away from zero: how the scheduler counts CPU. Saturates.
    pub fn milli(self) -> i64 {
        saturate(divide_away_from_zero(self.nanos, NANOS_PER_MILLI))
    }

    /// Whole units, rounded away from zero: how the scheduler counts everything but CPU. Saturates.
    pub fn whole(self) -> i64 {
        saturate(divide_away_from_zero(self.nanos, NANOS_PER_UNIT))
    }
}

/// Exact; the sum is capped as a single quantity is.
impl std::ops::Add for Quantity {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { nanos: (self.nanos + other.nanos).clamp(-MAX_NANOS, MAX_NANOS) }
    }
}

fn divide_away_from_zero(nanos: i128, unit: i128) -> i128 {
    nanos / unit + (nanos % unit).signum()
}

fn saturate(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
}

/// What the suffix multiplies the number by.
enum Scale {
    PowerOfTwo(u32),
    PowerOfTen(i64),
}

impl Scale {
    fn parse(suffix: &str) -> Option<Self> {
        Some(match suffix {
            "n" => Self::PowerOfTen(-9),
            "u" => Self::PowerOfTen(-6),
            "m" => Self::PowerOfTen(-3),
            "" => Self::PowerOfTen(0),
            "k" => Self::PowerOfTen(3),
            "M" => Self::PowerOfTen(6),
            "G" => Self::PowerOfTen(9),
            "T" => Self::PowerOfTen(12),
            "P" => Self::PowerOfTen(15),
            "E" => Self::PowerOfTen(18),
            "Ki" => Self::PowerOfTwo(10),
            "Mi" => Self::PowerOfTwo(20),
            "Gi" => Self::PowerOfTwo(30),
            "Ti" => Self::PowerOfTwo(40),
            "Pi" => Self::PowerOfTwo(50),
            "Ei" => Self::PowerOfTwo(60),
            _ => {
                let exponent = suffix.strip_prefix(['e', 'E'])?;
                let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
                if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                    return None;
                }
                // An exponent too long for an integer is as good as any large one.
                let large = if exponent.starts_with('-') { -1_000_000 } else { 1_000_000 };
                Self::PowerOfTen(exponent.parse().unwrap_or(large))
            }
        })
    }
}

impl FromStr for Quantity {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let shown = || text.chars().take(64).collect::<String>();
        let (negative, unsigned) = match text.as_bytes().first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            _ => (false, text),
        };
        let end = unsigned
            .bytes()
            .position(|byte| !byte.is_ascii_digit() && byte != b'.')
            .unwrap_or(unsigned.len());
        let (number, suffix) = unsigned.split_at(end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
            return Err(QuantityError::NoNumber(shown()));
        }
        let scale = Scale::parse(suffix).ok_or_else(|| QuantityError::UnknownSuffix {
            text: shown(),
            suffix: suffix.chars().take(16).collect(),
        })?;
        let magnitude = match scale {
            Scale::PowerOfTen(exponent) => decimal_nanos(whole, fraction, exponent),
            Scale::PowerOfTwo(shift) => binary_nanos(whole, fraction, shift),
        };
        Ok(Self { nanos: if negative { -magnitude } else { magnitude } })
    }
}

/// `whole.fraction × 10^exponent` in nanos, rounded up, capped.
fn decimal_nanos(whole: &str, fraction: &str, exponent: i64) -> i128 {
    let digits = || whole.bytes().chain(fraction.bytes()).map(|digit| i128::from(digit - b'0'));
    // How many of the digits stand before the point of the result in nanos.
    let taken = (whole.len() as i64).saturating_add(exponent).saturating_add(9);
    let mut nanos: i128 = 0;
    for (index, digit) in digits().enumerate() {
        if (index as i64) < taken {
            nanos = nanos.saturating_mul(10).saturating_add(digit).min(MAX_NANOS);
        } else if digit != 0 {
            return (nanos + 1).min(MAX_NANOS);
        }
    }
    let missing = taken.saturating_sub((whole.len() + fraction.len()) as i64);
    for _ in 0..missing {
        if nanos == 0 || nanos == MAX_NANOS {
            break;
        }
        nanos = nanos.saturating_mul(10).min(MAX_NANOS);
    }
    nanos
}

/// `whole.fraction × 2^shift` in nanos, rounded up, capped. The fraction counts to 18 digits, the
/// last of them rounded up.
fn binary_nanos(whole: &str, fraction: &str, shift: u32) -> i128 {
    let factor = 1_i128 << shift;
    let whole = decimal_nanos(whole, "", -9);
    let fraction = decimal_nanos("0", fraction, 9);
    let whole = whole.saturating_mul(factor).saturating_mul(NANOS_PER_UNIT);
    let fraction = divide_away_from_zero(fraction * factor, NANOS_PER_UNIT);
    whole.saturating_add(fraction).min(MAX_NANOS)
}

/// The shortest of the plain and the milli form: `4`, `500m`, or nanos where nothing else is exact.
impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.nanos % NANOS_PER_UNIT == 0 {
            write!(f, "{}", self.nanos / NANOS_PER_UNIT)
        } else if self.nanos % NANOS_PER_MILLI == 0 {
            write!(f, "{}m", self.nanos / NANOS_PER_MILLI)
        } else {
            write!(f, "{}n", self.nanos)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(text: &str) -> Quantity {
        text.parse().unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn reads_every_spelling() {
        for (text, milli) in [
            ("0.5", 500),
            ("500m", 500),
            ("1", 1000),
            ("+2", 2000),
            (".25", 250),
            ("3.", 3000),
            ("100u", 1),
            ("1n", 1),
            ("0", 0),
            ("0.0", 0),
            ("-0.5", -500),
            ("1500u", 2),
            ("-1500u", -2),
            ("1E3", 1_000_000),
            ("1e-1", 100),
            ("1e+1", 10_000),
            ("0.0001", 1),
            ("1.0000000000001", 1001),
        ] {
            assert_eq!(of(text).milli(), milli, "{text}");
        }
        for (text, bytes) in [
            ("512Mi", 536_870_912),
            ("0.5Gi", 536_870_912),
            ("500M", 500_000_000),
            ("512e6", 512_000_000),
            ("1Ki", 1024),
            ("524288Ki", 536_870_912),
            ("1.5Ki", 1536),
            ("0.1Ki", 103),
            ("1E", 1_000_000_000_000_000_000),
            ("1Ei", 1 << 60),
            ("8Ei", i64::MAX),
            ("1e30", i64::MAX),
            ("-1e30", -i64::MAX),
            ("0e99999999999999999999", 0),
            ("1e-99999999999999999999", 1),
            ("76224326324", 76_224_326_324),
            ("128974848000m", 128_974_848),
            ("2k", 2000),
            ("999999999999999999999999999999999999999999", i64::MAX),
        ] {
            assert_eq!(of(text).whole(), bytes, "{text}");
        }
    }

    #[test]
    fn refuses_what_kubernetes_refuses() {
        for text in [
            "", "-", ".", "m", "Gi", "1.2.3", "1 Gi", " 1", "1K", "1gi", "1Kib", "1e", "1e+", "--1", "1,5",
            "0x10", "é", "1é",
        ] {
            assert!(text.parse::<Quantity>().is_err(), "{text:?}");
        }
        let message = "5Gib".parse::<Quantity>().unwrap_err().to_string();
        assert!(message.starts_with("\"5Gib\" is not a quantity: unknown suffix \"Gib\""), "{message}");
    }

    proptest! {
        #[test]
        fn shown_form_reads_back(nanos in -MAX_NANOS..=MAX_NANOS) {
            let quantity = Quantity { nanos };
            prop_assert_eq!(of(&quantity.to_string()), quantity);
        }

        #[test]
        fn suffix_and_exponent_agree(
            number in 0_u32..1_000_000, (suffix, power) in prop::sample::select(vec![("n", -9), ("u", -6), ("m", -3), ("k", 3), ("M", 6), ("G", 9)]),
        ) {
            prop_assert_eq!(of(&format!("{number}{suffix}")), of(&format!("{number}e{power}")));
        }

        #[test]
        fn binary_suffix_is_exact(number in 0_i64..1_000_000, power in 1_u32..=4) {
            let suffix = ["Ki", "Mi", "Gi", "Ti"][power as usize - 1];
            prop_assert_eq!(of(&format!("{number}{suffix}")).whole(), number << (10 * power));
            prop_assert_eq!(of(&format!("{number}.5{suffix}")).whole(), (number << (10 * power)) + (1 << (10 * power - 1)));
        }

        #[test]
        fn never_rounds_down(number in 0_i64..i64::MAX / 2, digits in "[0-9]{1,30}") {
            let whole = of(&format!("{number}.{digits}")).whole();
            let expected = number + i64::from(digits.bytes().any(|digit| digit != b'0'));
            prop_assert_eq!(whole, expected);
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,40}") {
            let _ = text.parse::<Quantity>();
        }

        #[test]
        fn no_number_like_text_panics(text in "[-+]?[0-9]{0,45}\\.?[0-9]{0,45}([eE][-+]?[0-9]{0,25}|[KMGTPE]i?|[numk])?") {
            let _ = text.parse::<Quantity>();
        }
    }
}
