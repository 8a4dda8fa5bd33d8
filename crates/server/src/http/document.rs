//! The published OpenAPI document, made from the operations' own documentation.
//!
//! It is 3.0.3, because the official client's generator is a 3.0 tool. utoipa writes 3.1; as nothing
//! of ours is ever null on the wire, dropping nulls removes most of what differs, and [`to_3_0`] the
//! rest. What every operation has in common is added here once: security, the error answers, and an
//! example, taken from the schemas where the operation gives none.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::auth::permission::Permission;

/// What an operation's path in the document maps its methods to.
pub type Paths = BTreeMap<String, BTreeMap<String, Value>>;

/// The document, as it is served.
#[derive(Clone, Debug)]
pub struct Document(Value);

impl Document {
    /// Puts it together.
    pub fn new(paths: Paths, mut schemas: BTreeMap<String, Value>) -> Self {
        let error = <wire::error::ErrorResponse as utoipa::PartialSchema>::schema();
        let violation = <wire::error::FieldViolation as utoipa::PartialSchema>::schema();
        schemas.insert("CommonErrorResponse".to_owned(), serde_json::to_value(error).unwrap_or_default());
        schemas
            .insert("CommonFieldViolation".to_owned(), serde_json::to_value(violation).unwrap_or_default());
        let mut document = json!({
            "openapi": "3.0.3",
            "info": {
                "title": "Supercargo",
                "version": env!("CARGO_PKG_VERSION"),
                "description": "Kubernetes cost control plane. Authorize with an API key in the header `X-API-Key`. \
                    Money is a decimal string of US dollars; a month has 730 hours; times are RFC 3339 in UTC. \
                    64-bit integers are strings. Absent means unset: null is never sent, and read as absent.",
                "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
            },
            "servers": [{"url": "../..", "description": "This server"}],
            "security": [{"ApiKey": []}, {"Token": []}],
            "paths": paths,
            "components": {
                "schemas": schemas,
                "securitySchemes": {
                    "ApiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "An API key; see `POST /v1/auth/tokens`."},
                    "Token": {"type": "http", "scheme": "bearer", "description": "The same key as `Authorization: Bearer`; `Token` is understood, too."},
                },
            },
        });
        to_3_0(&mut document);
        let tags = tags(&document["paths"]);
        document["tags"] = json!(tags);
        add_examples(&mut document);
        Self(document)
    }

    /// As JSON text, the same bytes for the same operations.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(&self.0).unwrap_or_default();
        text.push('\n');
        text
    }

    /// As a value, for tests and checks.
    pub fn value(&self) -> &Value {
        &self.0
    }
}

/// Adds to one operation what all have: who may call it, and how errors look.
pub fn complete(operation: &mut Value, permission: Permission) {
    let public = permission == Permission::Public;
    if public {
        operation["security"] = json!([]);
    }
    let has_path_parameters = operation["parameters"]
        .as_array()
        .is_some_and(|parameters| parameters.iter().any(|parameter| parameter["in"] == "path"));
    let mut answers =
        vec![("400", "Something in the request is not as it must be; `fieldViolations` says what.")];
    if !public {
        answers.push(("401", "No key, or one that does not count (any more)."));
    }
    if !public && permission != Permission::Authenticated {
        answers.push(("403", "The key's role does not permit this."));
    }
    if has_path_parameters {
        answers.push(("404", "It does not exist, or not for this caller."));
    }
    answers.push(("default", "Any other error."));
    if let Some(responses) = operation["responses"].as_object_mut() {
        for (status, description) in answers {
            responses.entry(status).or_insert_with(|| json!({"description": description}));
        }
        for (_, answer) in responses.iter_mut().filter(|(status, _)| !status.starts_with(['2', '3'])) {
            if answer.get("content").is_none() {
                answer["content"] = json!({"application/json": {"schema": {"$ref": "#/components/schemas/CommonErrorResponse"}}});
            }
        }
    }
}

/// Turns what 3.1 says into what 3.0.3 can say.
fn to_3_0(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(to_3_0),
        Value::Object(object) => {
            if let Some(Value::Array(types)) = object.get("type") {
                let named: Vec<Value> = types.iter().filter(|name| *name != "null").cloned().collect();
                match <[Value; 1]>::try_from(named) {
                    Ok([only]) => object.insert("type".to_owned(), only),
                    Err(_) => object.remove("type"),
                };
            }
            for union in ["oneOf", "anyOf"] {
                if let Some(Value::Array(variants)) = object.get_mut(union) {
                    variants.retain(|variant| variant.get("type") != Some(&json!("null")));
                    if variants.len() == 1 {
                        let only = variants.remove(0);
                        object.remove(union);
                        flatten_into(object, only);
                    }
                }
            }
            if let Some(Value::Array(examples)) = object.get("examples") {
                let first = examples.first().cloned();
                object.remove("examples");
                if let Some(first) = first {
                    object.entry("example").or_insert(first);
                }
            }
            if let Some(only) = object.remove("const") {
                object.insert("enum".to_owned(), json!([only]));
            }
            // Beside a reference, 3.0 ignores everything: what is said there needs an allOf.
            if object.len() > 1
                && let Some(reference) = object.remove("$ref")
            {
                object.insert("allOf".to_owned(), json!([{"$ref": reference}]));
            }
            object.remove("propertyNames");
            object.remove("contentEncoding");
            object.remove("contentMediaType");
            object.values_mut().for_each(to_3_0);
        }
        _ => {}
    }
}

fn flatten_into(object: &mut Map<String, Value>, only: Value) {
    if let Value::Object(fields) = only {
        for (name, field) in fields {
            object.entry(name).or_insert(field);
        }
    }
}

/// The tags that operations have, each with a sentence.
fn tags(paths: &Value) -> Vec<Value> {
    let mut names: Vec<&str> = paths
        .as_object()
        .into_iter()
        .flat_map(Map::values)
        .filter_map(Value::as_object)
        .flat_map(Map::values)
        .filter_map(|operation| operation["tags"][0].as_str())
        .collect();
    names.sort_unstable();
    names.dedup();
    names.into_iter().map(|name| json!({"name": name, "description": tag_description(name)})).collect()
}

fn tag_description(name: &str) -> &'static str {
    match name {
        "actions" => "What the in-cluster controller is to do, and what became of it.",
        "agent" => "What the in-cluster agent reports.",
        "audit" => "Who did what, and when; chained by hash.",
        "auth-tokens" => "API keys.",
        "clusters" => "Connected clusters, their nodes and operations.",
        "cost-reports" => "What clusters cost, by whom, and how much of it is wasted.",
        "evictor" => "Exceptions from how pods are evicted and nodes removed.",
        "inventory" => "Regions, zones, instance types, prices and what not to buy.",
        "node-configurations" => "What is set up on the machines of a cluster's new nodes.",
        "node-templates" => "Kinds of nodes that may be bought for a cluster.",
        "organizations" => "Organisations, members and invitations.",
        "policies" => "What the autoscaler of a cluster may do.",
        "rebalancing" => "Cheaper configurations of clusters, their execution, and what is in the way.",
        "rebalancing-schedules" => "When, and in which way, clusters are rebalanced.",
        "server" => "The server itself.",
        "sessions" => "Signing in from a browser.",
        _ => "Operations of this area.",
    }
}

/// Gives every JSON body an example: its operation's own, or one made of its schema.
fn add_examples(document: &mut Value) {
    let schemas = document["components"]["schemas"].clone();
    let Some(paths) = document["paths"].as_object_mut() else { return };
    let operations = paths.values_mut().filter_map(Value::as_object_mut).flat_map(|item| item.values_mut());
    for operation in operations {
        if let Some(body) = operation.get_mut("requestBody") {
            add_example(body, &schemas);
        }
        let responses = operation.get_mut("responses").and_then(Value::as_object_mut);
        for (status, response) in responses.into_iter().flatten() {
            if status.starts_with('2') {
                add_example(response, &schemas);
            }
        }
    }
}

fn add_example(body: &mut Value, schemas: &Value) {
    let Some(media) = body.pointer_mut("/content/application~1json").and_then(Value::as_object_mut) else {
        return;
    };
    if !media.contains_key("example") && !media.contains_key("examples") {
        let example = media.get("schema").map(|schema| example_of(schema, schemas, "", 0));
        media.insert("example".to_owned(), example.unwrap_or_default());
    }
}

/// How deep an example shows optional fields; below that, it has only what it cannot lack.
const DEEPEST_EXAMPLE: usize = 6;

fn example_of(schema: &Value, schemas: &Value, name: &str, depth: usize) -> Value {
    if let Some(example) = schema.get("example") {
        return example.clone();
    }
    if let Some(reference) = schema["$ref"].as_str() {
        let target = reference.rsplit('/').next().unwrap_or_default();
        return example_of(&schemas[target], schemas, name, depth + 1);
    }
    if let Some(first) = schema["enum"].get(0) {
        return first.clone();
    }
    for union in ["allOf", "oneOf", "anyOf"] {
        if let Some(parts) = schema[union].as_array() {
            let mut whole = Value::Null;
            for part in parts {
                let example = example_of(part, schemas, name, depth);
                match (&mut whole, example) {
                    (Value::Object(whole), Value::Object(part)) => whole.extend(part),
                    (whole, example) => *whole = example,
                }
                if union != "allOf" {
                    break;
                }
            }
            return whole;
        }
    }
    match schema["type"].as_str() {
        Some("array") if depth >= DEEPEST_EXAMPLE => json!([]),
        Some("array") => match example_of(&schema["items"], schemas, name, depth + 1) {
            Value::Object(fields) if fields.is_empty() => json!([]),
            item => json!([item]),
        },
        Some("boolean") => json!(false),
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or(json!(1)),
        Some("string") => example_text(schema["format"].as_str().unwrap_or_default(), name),
        Some("object") | None => {
            let mut fields = Map::new();
            let required = |name: &str| {
                schema["required"].as_array().is_some_and(|names| names.iter().any(|one| one == name))
            };
            for (name, field) in schema["properties"].as_object().into_iter().flatten() {
                if depth >= DEEPEST_EXAMPLE && !required(name) {
                    continue;
                }
                fields.insert(name.clone(), example_of(field, schemas, name, depth + 1));
            }
            Value::Object(fields)
        }
        Some(_) => Value::Null,
    }
}

fn example_text(format: &str, name: &str) -> Value {
    let ends = |suffix: &str| name.ends_with(suffix);
    json!(match format {
        "date-time" => "2026-11-02T10:30:00Z",
        "uuid" => "7f4d2c6e-0b1a-4c55-9d3e-2a8f5b6c7d80",
        "int64" => "4",
        "decimal" => "16.285",
        _ if name == "id" || ends("Id") => "7f4d2c6e-0b1a-4c55-9d3e-2a8f5b6c7d80",
        _ if ends("mail") => "ada@example.com",
        _ if ends("rice") || ends("ost") || ends("Hourly") || ends("Monthly") => "0.192",
        _ if name == "region" => "us-east-1",
        _ if name == "zone" => "us-east-1a",
        _ if name == "instanceType" => "m5.xlarge",
        _ if name == "name" || ends("Name") => "shop-prod",
        _ if name == "nextCursor" || name == "nextPageCursor" => "",
        _ => "text",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_3_1_can_say_is_said_in_3_0() {
        let mut schema = json!({
            "type": ["string", "null"],
            "properties": {"a": {"oneOf": [{"type": "null"}, {"$ref": "#/x"}], "description": "d"}, "b": {"const": "v"}},
            "examples": ["e"],
        });
        to_3_0(&mut schema);
        assert_eq!(
            schema,
            json!({
                "type": "string",
                "properties": {"a": {"allOf": [{"$ref": "#/x"}], "description": "d"}, "b": {"enum": ["v"]}},
                "example": "e",
            })
        );
    }
}
