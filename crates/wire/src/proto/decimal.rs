//! Amounts that are not money.

use std::fmt;
use std::str::FromStr;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::schema::{ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

const DIGITS: usize = 6;
const UNIT: i64 = 1_000_000;

/// A decimal number with six digits after the point: core hours, GiB, shares. A string on the wire,
/// such as `"12.5"`; a number is read, too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decimal(i64);

impl Decimal {
    /// `numerator / denominator`, rounded half to even at the sixth digit; `None` when the
    /// denominator is zero or the result does not fit.
    pub fn ratio(numerator: i64, denominator: i64) -> Option<Self> {
        let (numerator, denominator) = match denominator {
            0 => return None,
            negative if negative < 0 => (-i128::from(numerator), -i128::from(denominator)),
            positive => (i128::from(numerator), i128::from(positive)),
        };
        let scaled = numerator * i128::from(UNIT);
        let (quotient, twice) = (scaled.div_euclid(denominator), scaled.rem_euclid(denominator) * 2);
        let up = twice > denominator || (twice == denominator && quotient % 2 != 0);
        i64::try_from(quotient + i128::from(up)).ok().map(Self)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let magnitude = self.0.unsigned_abs();
        let (whole, fraction) = (magnitude / UNIT.unsigned_abs(), magnitude % UNIT.unsigned_abs());
        let mut text = format!("{}{whole}", if self.0 < 0 { "-" } else { "" });
        if fraction != 0 {
            text.push_str(format!(".{fraction:0DIGITS$}").trim_end_matches('0'));
        }
        f.pad(&text)
    }
}

/// Not a decimal number of at most six digits after the point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a decimal number with at most six digits after the point")]
pub struct NotADecimal;

impl FromStr for Decimal {
    type Err = NotADecimal;

    fn from_str(text: &str) -> Result<Self, NotADecimal> {
        let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let fraction = fraction.trim_end_matches('0');
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) || fraction.len() > DIGITS {
            return Err(NotADecimal);
        }
        format!("{whole}{fraction:0<DIGITS$}")
            .parse::<i64>()
            .map(|units| Self(sign * units))
            .map_err(|_| NotADecimal)
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl Visitor<'_> for Text {
            type Value = Decimal;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a decimal number, as a string, with at most six digits after the point")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Decimal, E> {
                text.parse().map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Decimal, E> {
                self.visit_str(&number.to_string())
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Decimal, E> {
                self.visit_str(&number.to_string())
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Decimal, E> {
                self.visit_str(&number.to_string())
            }

            fn visit_unit<E: de::Error>(self) -> Result<Decimal, E> {
                Ok(Decimal::default())
            }
        }

        deserializer.deserialize_any(Text)
    }
}

impl PartialSchema for Decimal {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::Custom("decimal".to_owned())))
            .description(Some("A decimal number with at most six digits after the point."))
            .examples(["12.5"])
            .into()
    }
}

impl ToSchema for Decimal {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rounds_half_to_even_at_the_sixth_digit() {
        for (numerator, denominator, shown) in [
            (1, 3, "0.333333"),
            (2, 3, "0.666667"),
            (-1, 3, "-0.333333"),
            (1, -2, "-0.5"),
            (5, 10_000_000, "0"),
            (15, 10_000_000, "0.000002"),
            (72 * 3_600_000, 3_600_000, "72"),
        ] {
            assert_eq!(Decimal::ratio(numerator, denominator).unwrap().to_string(), shown);
        }
        assert_eq!(Decimal::ratio(1, 0), None);
        assert_eq!(Decimal::ratio(i64::MAX, 1), None);
    }

    #[test]
    fn what_is_no_decimal_is_refused() {
        for text in ["", "-", ".5", "1.0000001", "1e3", " 1", "1,5", "99999999999999"] {
            assert!(text.parse::<Decimal>().is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn reads_what_it_writes(units: i64) {
            prop_assume!(units != i64::MIN);
            prop_assert_eq!(Decimal(units).to_string().parse(), Ok(Decimal(units)));
        }
    }
}
