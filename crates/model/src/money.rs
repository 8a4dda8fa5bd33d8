//! Money, exact.
//!
//! An amount is a whole number of nano-dollars (10⁻⁹ USD): every price of the catalogue is one, and
//! sums, in Rust and in SQL, are exact. Division happens only in [`Money::times_ratio`] and
//! [`Money::split`], which say how they round; shown figures are rounded once, by [`Money::to_string_fixed`].

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Hours in a month of a monthly price: a year of 8,760 hours, a twelfth of it.
pub const HOURS_PER_MONTH: i64 = 730;

const NANOS: i64 = 1_000_000_000;
const DIGITS: usize = 9;

/// An amount of US dollars, exact to 10⁻⁹. Covers ± 9.2 billion dollars; sums beyond that saturate
/// nowhere: they panic in debug and are refused by the `checked_` methods.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Money(i64);

/// Why a text is not an amount of money.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not a decimal number.
    #[error("{0:?} is not a decimal number of dollars, such as 0.096")]
    NotANumber(String),
    /// More than nine digits after the point, or too large.
    #[error("{0:?} does not fit: at most nine digits after the point and nine billion dollars")]
    OutOfRange(String),
}

impl Money {
    /// No money.
    pub const ZERO: Self = Self(0);

    /// From nano-dollars, as kept in the store.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// Nano-dollars, as kept in the store.
    pub const fn nanos(self) -> i64 {
        self.0
    }

    /// From whole dollars.
    pub const fn from_dollars(dollars: i32) -> Self {
        Self(dollars as i64 * NANOS)
    }

    /// True when it is exactly nothing.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// An hourly price as a monthly one ([`HOURS_PER_MONTH`]).
    pub fn per_month(self) -> Self {
        Self(self.0 * HOURS_PER_MONTH)
    }

    /// The sum, or `None` when it does not fit.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The amount times `numerator / denominator`, rounded half to even at the ninth digit; a zero
    /// denominator or a result that does not fit gives `None`.
    pub fn times_ratio(self, numerator: i64, denominator: i64) -> Option<Self> {
        if denominator == 0 {
            return None;
        }
        let exact = i128::from(self.0) * i128::from(numerator);
        i64::try_from(divide_half_even(exact, i128::from(denominator))).ok().map(Self)
    }

    /// What an hourly price costs over `nanoseconds`, rounded half to even at the ninth digit.
    pub fn over_nanoseconds(self, nanoseconds: i64) -> Self {
        const HOUR: i128 = 3_600 * 1_000_000_000;
        let exact = i128::from(self.0) * i128::from(nanoseconds);
        Self(i64::try_from(divide_half_even(exact, HOUR)).unwrap_or(i64::MAX))
    }

    /// Divides the amount by `weights` so that the parts sum to it **exactly**: each part is rounded
    /// down, and what is left goes one nano-dollar each to the largest remainders, earlier ones first.
    /// With no positive weight, everything is zero but the first part, which gets the whole.
    pub fn split(self, weights: &[u64]) -> Vec<Self> {
        let total: u128 = weights.iter().map(|&weight| u128::from(weight)).sum();
        let mut parts = vec![Self::ZERO; weights.len()];
        if total == 0 {
            if let Some(first) = parts.first_mut() {
                *first = self;
            }
            return parts;
        }
        let (sign, amount) = (self.0.signum(), u128::from(self.0.unsigned_abs()));
        let mut remainders: Vec<(u128, usize)> = Vec::with_capacity(weights.len());
        let mut given: u128 = 0;
        for (index, &weight) in weights.iter().enumerate() {
            let share = amount * u128::from(weight);
            given += share / total;
            parts[index] = Self((share / total) as i64 * sign);
            remainders.push((share % total, index));
        }
        remainders.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        for &(_, index) in remainders.iter().take((amount - given) as usize) {
            parts[index].0 += sign;
        }
        parts
    }

    /// Rounded half to even to `digits` after the point: the one rounding of a shown figure.
    pub fn to_string_fixed(self, digits: usize) -> String {
        let digits = digits.min(DIGITS);
        let unit = 10_i64.pow((DIGITS - digits) as u32);
        let rounded = divide_half_even(i128::from(self.0), i128::from(unit));
        let scale = 10_i128.pow(digits as u32);
        let (sign, rounded) = (if rounded < 0 { "-" } else { "" }, rounded.abs());
        if digits == 0 {
            return format!("{sign}{rounded}");
        }
        format!("{sign}{}.{:0digits$}", rounded / scale, rounded % scale)
    }
}

/// `numerator / denominator` rounded to the nearest integer, ties to the even one.
fn divide_half_even(numerator: i128, denominator: i128) -> i128 {
    let (numerator, denominator) =
        if denominator < 0 { (-numerator, -denominator) } else { (numerator, denominator) };
    let quotient = numerator.div_euclid(denominator);
    let twice = numerator.rem_euclid(denominator) * 2;
    match twice.cmp(&denominator) {
        std::cmp::Ordering::Less => quotient,
        std::cmp::Ordering::Greater => quotient + 1,
        std::cmp::Ordering::Equal => quotient + (quotient & 1),
    }
}

/// All digits that carry something, and never an exponent: `0.096`, `16.285`, `-3`, `0`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let magnitude = self.0.unsigned_abs();
        let (whole, fraction) = (magnitude / NANOS as u64, magnitude % NANOS as u64);
        let mut text = format!("{}{whole}", if self.0 < 0 { "-" } else { "" });
        if fraction != 0 {
            let digits = format!("{fraction:09}");
            text.push('.');
            text.push_str(digits.trim_end_matches('0'));
        }
        f.pad(&text)
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "${self}")
    }
}

impl FromStr for Money {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let not_a_number = || MoneyError::NotANumber(text.chars().take(64).collect());
        let out_of_range = || MoneyError::OutOfRange(text.chars().take(64).collect());
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if (whole.is_empty() && fraction.is_empty()) || !all_digits(whole) || !all_digits(fraction) {
            return Err(not_a_number());
        }
        let fraction = fraction.trim_end_matches('0');
        if fraction.len() > DIGITS {
            return Err(out_of_range());
        }
        let mut nanos: i64 = 0;
        for digit in
            whole.bytes().chain(fraction.bytes()).chain(std::iter::repeat_n(b'0', DIGITS - fraction.len()))
        {
            nanos = nanos
                .checked_mul(10)
                .and_then(|nanos| nanos.checked_add(i64::from(digit - b'0')))
                .ok_or_else(out_of_range)?;
        }
        Ok(Self(if negative { -nanos } else { nanos }))
    }
}

/// A decimal string, as everywhere on the wire: a JSON float would not be exact.
impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl Add for Money {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Money {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Neg for Money {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl SubAssign for Money {
    fn sub_assign(&mut self, other: Self) {
        self.0 -= other.0;
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_and_writes_decimals() {
        for (text, shown) in
            [("0.096", "0.096"), ("16.2850", "16.285"), ("-3", "-3"), (".5", "0.5"), ("0", "0")]
        {
            assert_eq!(text.parse::<Money>().unwrap().to_string(), shown);
        }
        for text in ["", ".", "-", "1e3", "1,5", "0x1", " 1", "0.0000000001", "99999999999"] {
            assert!(text.parse::<Money>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn rounds_half_to_even_once() {
        let of = |text: &str| text.parse::<Money>().unwrap();
        assert_eq!(of("0.125").to_string_fixed(2), "0.12");
        assert_eq!(of("0.135").to_string_fixed(2), "0.14");
        assert_eq!(of("-0.125").to_string_fixed(2), "-0.12");
        assert_eq!(of("2.5").to_string_fixed(0), "2");
        assert_eq!(of("0.12").per_month().to_string(), "87.6");
        assert_eq!(of("1").times_ratio(1, 3).unwrap().to_string(), "0.333333333");
    }

    proptest! {
        #[test]
        fn text_round_trips(nanos in any::<i64>().prop_filter("has a negative", |n| *n != i64::MIN)) {
            let money = Money::from_nanos(nanos);
            prop_assert_eq!(money.to_string().parse::<Money>().unwrap(), money);
        }

        #[test]
        fn parts_sum_to_the_whole(
            nanos in -1_000_000_000_000_i64..1_000_000_000_000,
            weights in prop::collection::vec(0_u64..1_000_000_000, 1..50),
        ) {
            let whole = Money::from_nanos(nanos);
            prop_assert_eq!(whole.split(&weights).into_iter().sum::<Money>(), whole);
        }
    }
}
