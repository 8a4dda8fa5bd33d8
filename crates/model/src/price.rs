//! What a machine costs and why: rates, one's own adjustments, and the derivation of a price.

use std::sync::Arc;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Deserializer, Serialize};

use crate::{Lifecycle, Money, Provider};

const GIB: u128 = 1 << 30;

/// Prices of a machine's parts, per hour. They price machines that no catalogue knows, and divide a
/// machine's price between its resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceRates {
    /// One vCPU for an hour.
    pub per_vcpu: Money,
    /// One GiB of memory for an hour.
    pub per_gib: Money,
    /// One GPU for an hour.
    pub per_gpu: Money,
}

/// The size of a machine, as far as it matters for its price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MachineSize {
    /// Thousandths of a vCPU.
    pub cpu_millis: u64,
    /// Bytes of memory.
    pub memory_bytes: u64,
    /// GPU devices.
    pub gpus: u64,
}

impl ResourceRates {
    /// What CPU, memory and GPUs of a machine of `size` cost per hour, each rounded down to the
    /// nano-dollar. Sizes beyond any machine are capped so that the sum of the three still fits.
    pub fn parts(&self, size: MachineSize) -> [Money; 3] {
        let part = |rate: Money, amount: u64, unit: u128| {
            let nanos = rate.nanos().max(0).unsigned_abs();
            let exact = u128::from(nanos) * u128::from(amount) / unit;
            Money::from_nanos(i64::try_from(exact).unwrap_or(i64::MAX / 4))
        };
        [
            part(self.per_vcpu, size.cpu_millis, 1000),
            part(self.per_gib, size.memory_bytes, GIB),
            part(self.per_gpu, size.gpus, 1),
        ]
    }

    /// The price per hour of a machine of `size`.
    pub fn price(&self, size: MachineSize) -> Money {
        self.parts(size).into_iter().sum()
    }
}

/// One's own prices: which machines are meant, and what is done with their price. Adjustments stand
/// in an order; each one that matches works on the result of the ones before it. A condition that
/// is absent matches everything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", try_from = "AdjustmentText")]
pub struct PriceAdjustment {
    /// What to call it where a price is explained, such as `enterprise discount`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Machines of this provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<Provider>,
    /// Machines in this region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Machines in this zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// Machines of this family, such as `m5`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
    /// Machines of this type, such as `m5.xlarge`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_type: Option<String>,
    /// Machines running under these terms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lifecycle: Option<Lifecycle>,
    /// What is done with the price.
    #[serde(flatten)]
    pub change: PriceChange,
}

/// What an adjustment does with a price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub enum PriceChange {
    /// The price times a factor: 0.8 is a discount of 20 %.
    Multiplier {
        /// Zero to a thousand, at most nine digits after the point.
        multiplier: Decimal,
    },
    /// This price, whatever it was before.
    Absolute {
        /// US dollars per hour.
        price_per_hour: Money,
    },
    /// A price by size, for machines that no catalogue knows.
    PerResource {
        /// US dollars per vCPU and hour.
        price_per_vcpu_hour: Money,
        /// US dollars per GiB of memory and hour.
        price_per_gib_hour: Money,
        /// US dollars per GPU and hour.
        price_per_gpu_hour: Money,
    },
}

/// Why an adjustment is not one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PriceAdjustmentError {
    /// None, or more than one, of the three changes is given.
    #[error(
        "an adjustment has exactly one of multiplier, pricePerHour, or pricePerVcpuHour with pricePerGibHour"
    )]
    NotOneChange,
    /// A factor that is negative, too large or too fine.
    #[error("multiplier {0}: from 0 to 1000 with at most nine digits after the point")]
    Multiplier(Decimal),
    /// A negative price.
    #[error("{field} {price} is negative")]
    Negative {
        /// The field it stands in.
        field: &'static str,
        /// The price that was given.
        price: Money,
    },
}

impl PriceAdjustment {
    /// True when the adjustment is meant for the machine that `query` asks about, which is of
    /// `family`.
    pub fn matches(&self, query: &PriceQuery<'_>, family: Option<&str>) -> bool {
        let is = |wanted: &Option<String>, actual: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| Some(wanted) == actual)
        };
        self.provider.is_none_or(|wanted| wanted == query.provider)
            && self.lifecycle.is_none_or(|wanted| wanted == query.lifecycle)
            && is(&self.region, query.region)
            && is(&self.zone, query.zone)
            && is(&self.family, family)
            && is(&self.instance_type, query.instance_type)
    }
}

impl PriceChange {
    /// The price of a machine of `size` that cost `before`. A factor rounds half to even at the
    /// nano-dollar; one whose result would not fit [`Money`] leaves the price as it was.
    pub fn apply(&self, before: Money, size: MachineSize) -> Money {
        match self {
            Self::Multiplier { multiplier } => {
                let factor = multiplier.mantissa().to_i64();
                let unit = 10_i64.checked_pow(multiplier.scale());
                factor.zip(unit).and_then(|(factor, unit)| before.times_ratio(factor, unit)).unwrap_or(before)
            }
            Self::Absolute { price_per_hour } => *price_per_hour,
            Self::PerResource { price_per_vcpu_hour, price_per_gib_hour, price_per_gpu_hour } => {
                ResourceRates {
                    per_vcpu: *price_per_vcpu_hour,
                    per_gib: *price_per_gib_hour,
                    per_gpu: *price_per_gpu_hour,
                }
                .price(size)
            }
        }
    }

    /// Refuses factors and prices that make no sense.
    fn check(self) -> Result<Self, PriceAdjustmentError> {
        let not_negative = |field, price: Money| match price < Money::ZERO {
            true => Err(PriceAdjustmentError::Negative { field, price }),
            false => Ok(()),
        };
        match &self {
            Self::Multiplier { multiplier } => {
                let multiplier = multiplier.normalize();
                let fits = !multiplier.is_sign_negative()
                    && multiplier <= Decimal::ONE_THOUSAND
                    && multiplier.scale() <= 9;
                if !fits {
                    return Err(PriceAdjustmentError::Multiplier(multiplier));
                }
                return Ok(Self::Multiplier { multiplier });
            }
            Self::Absolute { price_per_hour } => not_negative("pricePerHour", *price_per_hour)?,
            Self::PerResource { price_per_vcpu_hour, price_per_gib_hour, price_per_gpu_hour } => {
                not_negative("pricePerVcpuHour", *price_per_vcpu_hour)?;
                not_negative("pricePerGibHour", *price_per_gib_hour)?;
                not_negative("pricePerGpuHour", *price_per_gpu_hour)?;
            }
        }
        Ok(self)
    }
}

/// An adjustment as it is written: all three changes are possible until they are looked at.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AdjustmentText {
    name: Option<String>,
    provider: Option<Provider>,
    region: Option<String>,
    zone: Option<String>,
    family: Option<String>,
    instance_type: Option<String>,
    lifecycle: Option<Lifecycle>,
    #[serde(default, deserialize_with = "number_or_text")]
    multiplier: Option<Decimal>,
    #[serde(default, deserialize_with = "number_or_text")]
    price_per_hour: Option<Money>,
    #[serde(default, deserialize_with = "number_or_text")]
    price_per_vcpu_hour: Option<Money>,
    #[serde(default, deserialize_with = "number_or_text")]
    price_per_gib_hour: Option<Money>,
    #[serde(default, deserialize_with = "number_or_text")]
    price_per_gpu_hour: Option<Money>,
}

impl TryFrom<AdjustmentText> for PriceAdjustment {
    type Error = PriceAdjustmentError;

    fn try_from(text: AdjustmentText) -> Result<Self, Self::Error> {
        let by_size = (text.price_per_vcpu_hour, text.price_per_gib_hour, text.price_per_gpu_hour);
        let change = match (text.multiplier, text.price_per_hour, by_size) {
            (Some(multiplier), None, (None, None, None)) => PriceChange::Multiplier { multiplier },
            (None, Some(price_per_hour), (None, None, None)) => PriceChange::Absolute { price_per_hour },
            (None, None, (Some(per_vcpu), Some(per_gib), per_gpu)) => PriceChange::PerResource {
                price_per_vcpu_hour: per_vcpu,
                price_per_gib_hour: per_gib,
                price_per_gpu_hour: per_gpu.unwrap_or(Money::ZERO),
            },
            _ => return Err(PriceAdjustmentError::NotOneChange),
        };
        Ok(Self {
            name: text.name,
            provider: text.provider,
            region: text.region,
            zone: text.zone,
            family: text.family,
            instance_type: text.instance_type,
            lifecycle: text.lifecycle,
            change: change.check()?,
        })
    }
}

/// Reads `"0.8"` as well as `0.8`: people write both. A number is taken by its shortest decimal
/// text, so that 0.8 is exactly eight tenths.
fn number_or_text<'de, D: Deserializer<'de>, T: std::str::FromStr<Err: std::fmt::Display>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Number {
        Whole(i64),
        Fraction(f64),
        Text(String),
    }
    let text = match Option::<Number>::deserialize(deserializer)? {
        None => return Ok(None),
        Some(Number::Whole(number)) => number.to_string(),
        Some(Number::Fraction(number)) => number.to_string(),
        Some(Number::Text(text)) => text,
    };
    text.parse().map(Some).map_err(serde::de::Error::custom)
}

/// Which machine a price is asked for.
#[derive(Clone, Copy, Debug)]
pub struct PriceQuery<'a> {
    /// Who sells it.
    pub provider: Provider,
    /// The region it runs in, where known.
    pub region: Option<&'a str>,
    /// The zone it runs in, where known.
    pub zone: Option<&'a str>,
    /// The name of its type, where known.
    pub instance_type: Option<&'a str>,
    /// The terms it runs under.
    pub lifecycle: Lifecycle,
    /// Its size, which is what remains to go by when no catalogue knows the type.
    pub size: MachineSize,
}

/// A price and its derivation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Price {
    /// US dollars per hour.
    pub per_hour: Money,
    /// True when the price, or part of it, is an estimate rather than a list price or one's own.
    pub estimated: bool,
    /// Where it comes from: where it starts, then each adjustment in the order of application.
    pub sources: Vec<PriceSource>,
}

/// One step in the derivation of a price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum PriceSource {
    /// A row of the catalogue.
    Catalogue {
        /// The price list, such as `aws-pricelist-2026-07-20`.
        source: Arc<str>,
        /// The day or month of that list, such as `2026-07-20`, where its name says it.
        #[serde(skip_serializing_if = "Option::is_none")]
        date: Option<String>,
    },
    /// The catalogue knows the machine's on-demand price but no spot price; a usual ratio of the
    /// two was taken.
    SpotEstimate {
        /// The on-demand price per hour.
        on_demand: Money,
        /// What a spot price usually is of it, in per cent.
        percent: u8,
    },
    /// The catalogue knows the type, but not in the machine's region: the median of its on-demand
    /// prices elsewhere.
    RegionEstimate {
        /// In how many regions the catalogue has it.
        regions: usize,
    },
    /// No catalogue knows the machine: priced by its size.
    SizeEstimate {
        /// The prices of its parts.
        rates: ResourceRates,
        /// Where those come from, in words.
        basis: String,
    },
    /// One of one's own adjustments.
    Adjustment {
        /// Its place in the order, from 0.
        index: usize,
        /// Its name, where it has one.
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// The price per hour after it.
        price: Money,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn adjustment(json: &str) -> Result<PriceAdjustment, serde_json::Error> {
        serde_json::from_str(json)
    }

    #[test]
    fn adjustments_are_read_and_written_alike() {
        for text in [
            r#"{"name":"deal","provider":"aws","multiplier":"0.8"}"#,
            r#"{"region":"eu-west-1","lifecycle":"spot","pricePerHour":"0.096"}"#,
            r#"{"pricePerVcpuHour":"0.03","pricePerGibHour":"0.004","pricePerGpuHour":"0"}"#,
        ] {
            assert_eq!(serde_json::to_string(&adjustment(text).unwrap()).unwrap(), text);
        }
        let number = adjustment(r#"{"multiplier":0.8}"#).unwrap();
        assert_eq!(number, adjustment(r#"{"multiplier":"0.80"}"#).unwrap());
    }

    #[test]
    fn adjustments_that_make_no_sense_are_refused_with_a_reason() {
        for (text, reason) in [
            ("{}", "exactly one of"),
            (r#"{"multiplier":1,"pricePerHour":1}"#, "exactly one of"),
            (r#"{"pricePerVcpuHour":1}"#, "exactly one of"),
            (r#"{"multiplier":-0.5}"#, "from 0 to 1000"),
            (r#"{"multiplier":"0.0000000001"}"#, "at most nine digits"),
            (r#"{"pricePerHour":-1}"#, "is negative"),
            (r#"{"multiplier":1,"regoin":"x"}"#, "unknown field"),
        ] {
            let error = adjustment(text).unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }

    #[test]
    fn a_discount_is_exact() {
        let change = PriceChange::Multiplier { multiplier: "0.8".parse().unwrap() };
        let price = "0.096".parse().unwrap();
        assert_eq!(change.apply(price, MachineSize::default()).to_string(), "0.0768");
    }
}
