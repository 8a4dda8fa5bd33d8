//! Scalars of the Kubernetes API, borrowed where the text allows.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use model::{Interner, Labels, PodAmount, Quantity, Resources, Timestamp};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

/// A text, borrowed unless it contains escapes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text<'a>(Cow<'a, str>);

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;

        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }

            fn visit_string<E>(self, text: String) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text)))
            }
        }

        deserializer.deserialize_str(TextVisitor)
    }
}

/// A map from texts to something, in the order of the text, without looking anything up.
#[derive(Clone, Debug)]
pub(super) struct Map<'a, V>(pub(super) Vec<(Text<'a>, V)>);

impl<V> Default for Map<'_, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

/// Labels and annotations. A null value counts as an empty one.
pub(super) type Pairs<'a> = Map<'a, Option<Text<'a>>>;

/// Amounts by resource.
pub(super) type Amounts<'a> = Map<'a, Amount>;

impl<'de: 'a, 'a, V: Deserialize<'de>> Deserialize<'de> for Map<'a, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MapVisitor<V>(std::marker::PhantomData<V>);

        impl<'de, V: Deserialize<'de>> Visitor<'de> for MapVisitor<V> {
            type Value = Map<'de, V>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = access.next_entry()? {
                    entries.push(entry);
                }
                Ok(Map(entries))
            }
        }

        deserializer.deserialize_map(MapVisitor(std::marker::PhantomData))
    }
}

impl Pairs<'_> {
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, value.as_deref().unwrap_or("")))
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(one, _)| *one == name).map(|(_, value)| value)
    }

    pub(super) fn to_labels(&self, interner: &mut Interner) -> Labels {
        self.iter().map(|(name, value)| (interner.string(name), interner.string(value))).collect()
    }
}

impl Amounts<'_> {
    pub(super) fn get(&self, name: &str) -> Option<Quantity> {
        self.0.iter().find(|(one, _)| **one == *name).map(|(_, amount)| amount.0)
    }

    pub(super) fn to_resources(&self, interner: &mut Interner) -> Resources {
        let mut resources = Resources::default();
        for (name, amount) in &self.0 {
            resources.set(&interner.string(name), amount.0);
        }
        resources
    }
}

/// A quantity, as a string or as a number; of nothing there is less than nothing.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Amount(pub(super) Quantity);

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AmountVisitor;

        impl Visitor<'_> for AmountVisitor {
            type Value = Amount;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a quantity")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Amount, E> {
                match text.parse() {
                    Ok(amount) if amount < Quantity::ZERO => {
                        Err(E::custom(format_args!("{text:?} is a negative quantity")))
                    }
                    Ok(amount) => Ok(Amount(amount)),
                    Err(error) => Err(E::custom(error)),
                }
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Amount, E> {
                self.visit_str(&number.to_string())
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Amount, E> {
                self.visit_str(&number.to_string())
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Amount, E> {
                self.visit_str(&number.to_string())
            }
        }

        deserializer.deserialize_any(AmountVisitor)
    }
}

/// A point in time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Instant(pub(super) Timestamp);

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Text::deserialize(deserializer)?;
        text.parse()
            .map(Instant)
            .map_err(|_| D::Error::custom(format_args!("{:?} is not an RFC 3339 time", &*text)))
    }
}

/// `IntOrString`: a number of pods, or a percentage of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct CountOrPercent(pub(super) PodAmount);

impl<'de> Deserialize<'de> for CountOrPercent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct CountVisitor;

        impl Visitor<'_> for CountVisitor {
            type Value = CountOrPercent;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of pods or a percentage")
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<CountOrPercent, E> {
                i32::try_from(number).map(|count| CountOrPercent(PodAmount::Count(count))).map_err(E::custom)
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<CountOrPercent, E> {
                i32::try_from(number).map(|count| CountOrPercent(PodAmount::Count(count))).map_err(E::custom)
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<CountOrPercent, E> {
                let wrong =
                    || E::custom(format_args!("{text:?} is neither a number of pods nor a percentage"));
                match text.strip_suffix('%') {
                    Some(percent) => percent.parse().map(PodAmount::Percent),
                    None => text.parse().map(PodAmount::Count),
                }
                .map(CountOrPercent)
                .map_err(|_| wrong())
            }
        }

        deserializer.deserialize_any(CountVisitor)
    }
}
