//! The reading half of protobuf's JSON: a deserializer over a parsed value.

use std::fmt::{self, Display};

use serde::de::value::{MapDeserializer, SeqDeserializer, StringDeserializer};
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::{Map, Value};

use crate::error::{FieldViolation, InvalidRequest};

/// Reads a body. No bytes at all are read as the empty object.
///
/// # Errors
/// Says that the text is no JSON, or which field is wrong and what would be right.
pub fn from_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, InvalidRequest> {
    let value = if body.iter().all(u8::is_ascii_whitespace) {
        Value::Null
    } else {
        serde_json::from_slice(body).map_err(|error| InvalidRequest::Syntax(error.to_string()))?
    };
    read(Reader { value, text: false })
}

/// Reads what `reader` holds and says where it went wrong.
pub(super) fn read<T: DeserializeOwned>(reader: Reader) -> Result<T, InvalidRequest> {
    serde_path_to_error::deserialize(reader).map_err(|error| {
        let path = error.path().to_string();
        let field = if path == "." { String::new() } else { path };
        InvalidRequest::Field(FieldViolation { field, description: error.into_inner().0 })
    })
}

/// What a value should have been.
#[derive(Debug)]
pub(super) struct Mismatch(String);

impl Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Mismatch {}

impl de::Error for Mismatch {
    fn custom<T: Display>(message: T) -> Self {
        Self(message.to_string())
    }

    fn invalid_type(unexpected: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self(format!("must be {expected}, not {unexpected}"))
    }

    fn invalid_value(unexpected: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self(format!("must be {expected}, not {unexpected}"))
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self(format!("{field} is given twice, once in each spelling"))
    }
}

/// A value and how leniently to read it.
pub(super) struct Reader {
    pub(super) value: Value,
    /// The value comes from a query string: numbers and booleans are text, and a list of one item
    /// looks like the item.
    pub(super) text: bool,
}

impl Reader {
    /// The integer written in a string or as a float without fraction, if it is one.
    fn integer(&self) -> Option<Value> {
        match &self.value {
            Value::Null => Some(Value::from(0)),
            Value::String(text) => {
                text.parse::<i64>().map(Value::from).or_else(|_| text.parse::<u64>().map(Value::from)).ok()
            }
            Value::Number(number) => {
                let number = number.as_f64().filter(|_| number.is_f64())?;
                // Beyond 2⁵³ a float does not say which integer was meant.
                (number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0)
                    .then(|| Value::from(number as i64))
            }
            _ => None,
        }
    }

    fn float(&self) -> Option<f64> {
        match &self.value {
            Value::Null => Some(0.0),
            Value::String(text) => text.parse().ok(),
            _ => None,
        }
    }
}

macro_rules! integers {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
            let value = self.integer().unwrap_or(self.value);
            Reader { value, text: false }.deserialize_any(visitor)
        }
    )*};
}

macro_rules! floats {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
            match self.float() {
                Some(number) => visitor.visit_f64(number),
                None => self.deserialize_any(visitor),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Reader {
    type Error = Mismatch;

    integers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
    }
    floats! { deserialize_f32 deserialize_f64 }
    forward_to_deserialize_any! {
        i128 u128 char bytes byte_buf unit unit_struct tuple tuple_struct identifier ignored_any
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self.value {
            Value::Null => visitor.visit_string(String::new()),
            _ => self.deserialize_any(visitor),
        }
    }

    /// What asks for a borrowed text is going to parse it: a time, an amount.
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self.value {
            // What cannot be empty, such as a time, cannot be absent either.
            Value::Null => visitor.visit_str("").map_err(|_: Mismatch| Mismatch("is required".to_owned())),
            Value::String(text) => {
                visitor.visit_str(&text).map_err(|Mismatch(error)| Mismatch(format!("{error}, in {text:?}")))
            }
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(value),
            Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(number), ..) => visitor.visit_u64(number),
                (_, Some(number), _) => visitor.visit_i64(number),
                (.., number) => visitor.visit_f64(number.unwrap_or(f64::NAN)),
            },
            Value::String(text) => visitor.visit_string(text),
            Value::Array(items) => {
                let text = self.text;
                let mut items = SeqDeserializer::new(items.into_iter().map(|value| Reader { value, text }));
                let read = visitor.visit_seq(&mut items)?;
                items.end().map(|()| read)
            }
            Value::Object(map) => visitor.visit_map(MapDeserializer::new(present(map, self.text))),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match (&self.value, self.text) {
            (Value::Null, _) => visitor.visit_bool(false),
            (Value::String(text), true) => match text.as_str() {
                "true" | "1" => visitor.visit_bool(true),
                "false" | "0" => visitor.visit_bool(false),
                _ => self.deserialize_any(visitor),
            },
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self.value {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        let value = match self.value {
            Value::Null => Value::Array(Vec::new()),
            items @ Value::Array(_) => items,
            single if self.text => Value::Array(vec![single]),
            other => return Err(unexpected(&other, "a list")),
        };
        Self { value, ..self }.deserialize_any(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        let value = match self.value {
            Value::Null => Value::Object(Map::new()),
            object @ Value::Object(_) => object,
            other => return Err(unexpected(&other, "an object")),
        };
        Self { value, ..self }.deserialize_any(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        match self.value {
            Value::Null => visitor.visit_map(Message::new(Map::new(), fields, self.text)),
            Value::Object(map) => visitor.visit_map(Message::new(map, fields, self.text)),
            other => Err(unexpected(&other, "an object")),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        match self.value {
            Value::String(name) => visitor.visit_enum(StringDeserializer::new(name)),
            _ => self.deserialize_any(visitor),
        }
    }
}

impl IntoDeserializer<'_, Mismatch> for Reader {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// What to say of a value of the wrong kind, in the words of JSON.
fn unexpected(value: &Value, expected: &str) -> Mismatch {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    Mismatch(format!("must be {expected}, not {kind}"))
}

/// The entries that are not null.
fn present(map: Map<String, Value>, text: bool) -> impl Iterator<Item = (String, Reader)> {
    map.into_iter()
        .filter(|(_, value)| !value.is_null())
        .map(move |(key, value)| (key, Reader { value, text }))
}

/// The fields of a message: first those that came, under the names the type knows, then, as null, those
/// that did not come.
struct Message {
    entries: std::vec::IntoIter<(String, Value)>,
    value: Value,
    text: bool,
}

impl Message {
    fn new(map: Map<String, Value>, fields: &'static [&'static str], text: bool) -> Self {
        let mut entries: Vec<(String, Value)> = map
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (known_name(key, fields), value))
            .collect();
        for field in fields {
            if !entries.iter().any(|(key, _)| key == field) {
                entries.push(((*field).to_owned(), Value::Null));
            }
        }
        Self { entries: entries.into_iter(), value: Value::Null, text }
    }
}

/// The name the type knows the field by, when `key` is one of its spellings.
fn known_name(key: String, fields: &'static [&'static str]) -> String {
    if fields.contains(&key.as_str()) || !key.contains('_') {
        return key;
    }
    let camel = lower_camel_case(&key);
    if fields.contains(&camel.as_str()) { camel } else { key }
}

/// `provider_id` as protobuf spells it in JSON: `providerId`.
fn lower_camel_case(name: &str) -> String {
    let mut camel = String::with_capacity(name.len());
    let mut after_underscore = false;
    for character in name.chars() {
        match character {
            '_' => after_underscore = true,
            _ if after_underscore => {
                camel.extend(character.to_uppercase());
                after_underscore = false;
            }
            _ => camel.push(character),
        }
    }
    camel
}

impl<'de> MapAccess<'de> for Message {
    type Error = Mismatch;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Mismatch> {
        let Some((key, value)) = self.entries.next() else { return Ok(None) };
        self.value = value;
        seed.deserialize(StringDeserializer::new(key)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Mismatch> {
        seed.deserialize(Reader { value: self.value.take(), text: self.text })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::Timestamp;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Taint {
        effect: String,
        is_phase2: bool,
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Node {
        node_id: String,
        provider_id: Option<String>,
        taints: Vec<Taint>,
        first_taint: Taint,
        labels: BTreeMap<String, String>,
        size_gib: i32,
        created_at: Option<Timestamp>,
        share: f64,
    }

    fn node(body: &str) -> Result<Node, InvalidRequest> {
        from_json(body.as_bytes())
    }

    fn violation(body: &str) -> (String, String) {
        match node(body).unwrap_err() {
            InvalidRequest::Field(violation) => (violation.field, violation.description),
            other => panic!("{other}"),
        }
    }

    #[test]
    fn both_spellings_of_every_field_are_read_but_keys_of_maps_are_left_alone() {
        let camel = node(
            r#"{"nodeId": "n", "providerId": "p", "taints": [{"isPhase2": true}], "labels": {"a_b": "c"}}"#,
        );
        let snake = node(
            r#"{"node_id": "n", "provider_id": "p", "taints": [{"is_phase2": true}], "labels": {"a_b": "c"}}"#,
        );
        assert_eq!(camel, snake);
        let node = camel.unwrap();
        assert_eq!(node.labels["a_b"], "c");
        assert!(node.taints[0].is_phase2);
    }

    #[test]
    fn null_absent_and_an_empty_body_are_the_same() {
        let nulls = r#"{"nodeId": null, "providerId": null, "taints": null, "firstTaint": null, "labels": null,
            "sizeGib": null, "createdAt": null, "share": null}"#;
        for body in [nulls, "{}", "", " \n", "null"] {
            assert_eq!(node(body).unwrap(), Node::default(), "{body:?}");
        }
        assert_eq!(node(r#"{"labels": {"a": null}}"#).unwrap().labels.len(), 0);
    }

    #[test]
    fn unknown_fields_are_ignored() {
        assert_eq!(node(r#"{"future": {"field": [1]}, "nodeId": "n"}"#).unwrap().node_id, "n");
    }

    #[test]
    fn numbers_may_be_strings() {
        for body in
            [r#"{"sizeGib": 5}"#, r#"{"size_gib": "5"}"#, r#"{"sizeGib": 5.0}"#, r#"{"sizeGib": 5e0}"#]
        {
            assert_eq!(node(body).unwrap().size_gib, 5, "{body}");
        }
        assert_eq!(node(r#"{"share": "0.25"}"#).unwrap().share, 0.25);
        assert_eq!(node(r#"{"share": 1}"#).unwrap().share, 1.0);
    }

    #[test]
    fn times_come_in_any_offset() {
        let created_at = node(r#"{"createdAt": "2026-03-01T02:00:00.5+02:00"}"#).unwrap().created_at.unwrap();
        assert_eq!(serde_json::to_string(&created_at).unwrap(), r#""2026-03-01T00:00:00.5Z""#);
    }

    #[test]
    fn errors_name_the_field_in_camel_case_and_what_would_be_right() {
        assert_eq!(
            violation(r#"{"taints": [{}, {"is_phase2": "yes"}]}"#),
            ("taints[1].isPhase2".into(), r#"must be a boolean, not string "yes""#.into())
        );
        assert_eq!(
            violation(r#"{"node_id": 5}"#),
            ("nodeId".into(), "must be a string, not integer `5`".into())
        );
        assert_eq!(violation(r#"{"sizeGib": 3000000000}"#).0, "sizeGib");
        assert_eq!(violation(r#"{"sizeGib": 1.5}"#).0, "sizeGib");
        assert_eq!(violation(r#"{"labels": {"a": 1}}"#).0, "labels.a");
        assert_eq!(
            violation(r#"{"createdAt": "2026-01-01T00:00:00"}"#),
            (
                "createdAt".into(),
                "failed to find offset component, which is required for parsing a timestamp, \
                    in \"2026-01-01T00:00:00\""
                    .into()
            )
        );
        assert_eq!(violation("[]"), ("".into(), "must be an object, not a list".into()));
        assert_eq!(violation(r#"{"taints": {}}"#), ("taints".into(), "must be a list, not an object".into()));
        assert_eq!(violation(r#"{"labels": "a"}"#).1, "must be an object, not a string");
        assert!(violation(r#"{"nodeId": "a", "node_id": "b"}"#).1.contains("given twice"));
        assert!(matches!(node(r#"{"nodeId": "#), Err(InvalidRequest::Syntax(_))));
    }
}
