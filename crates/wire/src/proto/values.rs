//! Values whose JSON differs from serde's own.

use std::fmt;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};
use utoipa::openapi::schema::{AdditionalProperties, KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// A 64-bit integer: a string on the wire, since a JavaScript number would lose digits; a number is
/// read, too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Int64(pub i64);

impl From<i64> for Int64 {
    fn from(number: i64) -> Self {
        Self(number)
    }
}

impl Serialize for Int64 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Int64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl Visitor<'_> for Text {
            type Value = Int64;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a 64-bit integer, as a string or a number")
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Int64, E> {
                Ok(Int64(number))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Int64, E> {
                i64::try_from(number)
                    .map(Int64)
                    .map_err(|_| E::invalid_value(de::Unexpected::Unsigned(number), &self))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Int64, E> {
                text.parse().map(Int64).map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
            }

            fn visit_unit<E: de::Error>(self) -> Result<Int64, E> {
                Ok(Int64(0))
            }
        }

        deserializer.deserialize_any(Text)
    }
}

impl PartialSchema for Int64 {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
            .into()
    }
}

impl ToSchema for Int64 {}

/// A JSON object of any content, without nulls.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object(pub Map<String, Value>);

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(
            self.0
                .iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(key, value)| (key, WithoutNulls(value))),
        )
    }
}

/// Writes a value as it is, but for entries of objects that are null.
struct WithoutNulls<'a>(&'a Value);

impl Serialize for WithoutNulls<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Object(map) => serializer.collect_map(
                map.iter()
                    .filter(|(_, value)| !value.is_null())
                    .map(|(key, value)| (key, WithoutNulls(value))),
            ),
            Value::Array(items) => serializer.collect_seq(items.iter().map(WithoutNulls)),
            other => other.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Map::deserialize(deserializer).map(Self)
    }
}

impl PartialSchema for Object {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .additional_properties(Some(AdditionalProperties::FreeForm(true)))
            .into()
    }
}

impl ToSchema for Object {}

/// An empty object: the answer of calls that have nothing to say. Clients parse it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Empty {}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::proto::from_json;

    #[test]
    fn int64_is_a_string_out_and_either_in() {
        assert_eq!(serde_json::to_value(Int64(i64::MAX)).unwrap(), json!("9223372036854775807"));
        for body in [&b"15"[..], b"\"15\""] {
            assert_eq!(from_json::<Int64>(body).unwrap(), Int64(15));
        }
        for body in [&b"\"\""[..], b"\"1.5\"", b"1.5", b"9223372036854775808", b"[]", b"true"] {
            assert!(from_json::<Int64>(body).is_err(), "{body:?}");
        }
    }

    #[test]
    fn objects_carry_no_nulls() {
        let object: Object =
            serde_json::from_value(json!({"a": null, "b": {"c": null, "d": [{"e": null}]}})).unwrap();
        assert_eq!(serde_json::to_value(&object).unwrap(), json!({"b": {"d": [{}]}}));
    }
}
