//! Answers compared with the published document: is the status there, is the body what its schema says.
//!
//! Knows the part of OpenAPI 3.0 that the document uses, and fails on what it does not know.

use axum::http::Method;
use serde_json::{Map, Value};

use super::Answer;

/// The published document.
pub struct Published(Value);

/// An operation of the document.
pub struct Operation<'a> {
    /// Upper-case method.
    pub method: String,
    /// Path with its parameters' names.
    pub path: &'a str,
    /// What the document says.
    pub says: &'a Value,
}

impl Published {
    /// Reads `document`.
    pub fn new(document: Value) -> Self {
        Self(document)
    }

    /// The document.
    pub fn value(&self) -> &Value {
        &self.0
    }

    /// All operations.
    pub fn operations(&self) -> Vec<Operation<'_>> {
        let paths = self.0["paths"].as_object().expect("paths");
        let methods = |(path, item): (&'_ String, &'_ Value)| -> Vec<(String, String)> {
            let item = item.as_object().expect("a path item");
            item.keys().map(|method| (path.clone(), method.clone())).collect()
        };
        let all: Vec<(String, String)> = paths.iter().flat_map(methods).collect();
        all.into_iter()
            .map(|(path, method)| {
                let (path, item) = paths.get_key_value(&path).expect("the path");
                Operation { says: &item[&method], method: method.to_uppercase(), path }
            })
            .collect()
    }

    /// Panics when `answer` to this request is none that the document announces. Paths that no
    /// operation has are not the document's business.
    #[track_caller]
    pub fn check(&self, method: &Method, path: &str, answer: &Answer) {
        let path = path.split('?').next().unwrap_or_default();
        let path = path.strip_prefix("/api").unwrap_or(path);
        let Some(operation) = self.operation(method, path) else { return };
        let status = answer.status.as_u16().to_string();
        let responses = &operation.says["responses"];
        let known = match responses.get(&status) {
            Some(known) => known,
            None if answer.status.is_success() => {
                panic!("{method} {path} answered {status}, which the document does not announce")
            }
            None => &responses["default"],
        };
        let Some(content) = known.get("content") else {
            assert!(answer.body.is_empty(), "{method} {path} {status} has a body: {}", answer.text());
            return;
        };
        let kind = answer.header("content-type").split(';').next().unwrap_or_default();
        let media = content.get(kind).unwrap_or_else(|| {
            panic!("{method} {path} {status} came as {kind:?}, announced is {content}: {}", answer.text())
        });
        if kind == "application/json"
            && let Some(schema) = media.get("schema")
            && let Err(wrong) = self.fits(&answer.json(), schema, "body")
        {
            panic!("{method} {path} {status} is not what the document announces: {wrong}\n{}", answer.text());
        }
    }

    /// The operation that a path belongs to: of several that fit, the one with the most fixed segments.
    fn operation(&self, method: &Method, path: &str) -> Option<Operation<'_>> {
        let fitting = self.operations().into_iter().filter(|one| one.method == method.as_str());
        fitting
            .filter_map(|one| Some((fixed_segments(one.path, path)?, one)))
            .max_by_key(|(fixed, _)| *fixed)
            .map(|(_, one)| one)
    }

    /// Whether `value` is what `schema` says; else where it is not.
    pub fn fits(&self, value: &Value, schema: &Value, at: &str) -> Result<(), String> {
        if value.is_null() {
            return Err(format!("{at} is null, and nothing ever is"));
        }
        if let Some(reference) = schema["$ref"].as_str() {
            let target = self.0.pointer(reference.trim_start_matches('#'));
            return self.fits(value, target.ok_or(format!("no {reference}"))?, at);
        }
        for variants in ["oneOf", "anyOf"] {
            if let Some(variants) = schema[variants].as_array() {
                let tried: Vec<_> = variants.iter().map(|one| self.fits(value, one, at)).collect();
                if !tried.iter().any(Result::is_ok) {
                    return Err(format!("{at} is none of its variants: {tried:?}"));
                }
            }
        }
        if schema.get("allOf").is_some() {
            let (properties, required, open) = self.object_of(schema)?;
            return match value {
                Value::Object(fields) if !properties.is_empty() => {
                    self.fields_fit(fields, &properties, &required, open.as_ref(), at)
                }
                _ => {
                    let mut parts = schema["allOf"].as_array().into_iter().flatten();
                    parts.try_for_each(|part| self.fits(value, part, at))
                }
            };
        }
        if let Some(allowed) = schema["enum"].as_array()
            && !allowed.contains(value)
        {
            return Err(format!("{at} is {value}, not one of {allowed:?}"));
        }
        let fits = match schema["type"].as_str() {
            None => true,
            Some("string") => value.as_str().is_some_and(|text| {
                let format = schema["format"].as_str().unwrap_or_default();
                format_fits(format, text)
            }),
            Some("boolean") => value.is_boolean(),
            Some("integer") => value.is_i64() || value.is_u64(),
            Some("number") => value.is_number(),
            Some("array") => value.is_array(),
            Some("object") => value.is_object(),
            Some(other) => return Err(format!("the document's type {other} at {at} is not known")),
        };
        if !fits {
            return Err(format!("{at} is {value}, announced is {schema}"));
        }
        match value {
            Value::Array(items) => items
                .iter()
                .enumerate()
                .try_for_each(|(index, item)| self.fits(item, &schema["items"], &format!("{at}[{index}]"))),
            Value::Object(fields) => {
                let (properties, required, open) = self.object_of(schema)?;
                self.fields_fit(fields, &properties, &required, open.as_ref(), at)
            }
            _ => Ok(()),
        }
    }

    /// Properties, required names and what other names may hold, `allOf` followed.
    #[expect(clippy::type_complexity, reason = "three lists, named above, used twice")]
    fn object_of(&self, schema: &Value) -> Result<(Map<String, Value>, Vec<String>, Option<Value>), String> {
        if let Some(reference) = schema["$ref"].as_str() {
            let target = self.0.pointer(reference.trim_start_matches('#'));
            return self.object_of(target.ok_or(format!("no {reference}"))?);
        }
        let mut properties = schema["properties"].as_object().cloned().unwrap_or_default();
        let names = schema["required"].as_array().into_iter().flatten();
        let mut required: Vec<String> = names.filter_map(Value::as_str).map(str::to_owned).collect();
        let mut open = schema.get("additionalProperties").cloned();
        for part in schema["allOf"].as_array().into_iter().flatten() {
            let (more_properties, more_required, more_open) = self.object_of(part)?;
            properties.extend(more_properties);
            required.extend(more_required);
            open = open.or(more_open);
        }
        Ok((properties, required, open))
    }

    fn fields_fit(
        &self,
        fields: &Map<String, Value>,
        properties: &Map<String, Value>,
        required: &[String],
        open: Option<&Value>,
        at: &str,
    ) -> Result<(), String> {
        if let Some(missing) = required.iter().find(|name| !fields.contains_key(*name)) {
            return Err(format!("{at} lacks {missing}"));
        }
        for (name, field) in fields {
            let at = format!("{at}.{name}");
            match (properties.get(name), open) {
                (Some(schema), _) => self.fits(field, schema, &at)?,
                (None, Some(Value::Bool(false))) => return Err(format!("{at} is not announced")),
                (None, Some(schema @ Value::Object(_))) => self.fits(field, schema, &at)?,
                // An object that names no properties is a free one.
                (None, Some(_)) => {}
                (None, None) if properties.is_empty() => {}
                (None, None) => return Err(format!("{at} is not announced")),
            }
        }
        Ok(())
    }
}

fn format_fits(format: &str, text: &str) -> bool {
    match format {
        "date-time" => text.parse::<model::Timestamp>().is_ok() && text.ends_with('Z'),
        "uuid" => uuid::Uuid::parse_str(text).is_ok(),
        "int64" => text.parse::<i64>().is_ok(),
        "uint64" => text.parse::<u64>().is_ok(),
        _ => true,
    }
}

/// How many segments of a documented path are fixed, if `path` is one of its.
fn fixed_segments(documented: &str, path: &str) -> Option<usize> {
    let (documented, path): (Vec<_>, Vec<_>) = (documented.split('/').collect(), path.split('/').collect());
    if documented.len() != path.len() {
        return None;
    }
    let mut fixed = 0;
    for (pattern, segment) in documented.iter().zip(path) {
        match pattern.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
            None if *pattern == segment => fixed += 2,
            None => return None,
            Some((_, "")) if !segment.is_empty() => {}
            Some((_, verb)) if !verb.is_empty() && segment.ends_with(verb) => fixed += 1,
            Some(_) => return None,
        }
    }
    Some(fixed)
}
