//! Cuts the whole contract down to the part that is built, in a form a reviewer can read.

use std::collections::BTreeSet;
use std::fmt::Write;

use anyhow::{Context, Result};
use serde_json::{Map, Value};

use super::areas::Areas;
use super::contract::Contract;

/// The text of the reduced contract: the areas' operations and all schemas they need, each field on a
/// line of its own.
pub fn cut(whole: &str, areas: &Areas) -> Result<String> {
    let contract = Contract::read(whole)?;
    let value: Value = serde_json::from_str(whole)?;
    let operations: BTreeSet<&str> =
        areas.modules.iter().flat_map(|area| &area.operations).map(String::as_str).collect();
    let mut schemas = BTreeSet::new();
    let mut todo: Vec<&str> =
        areas.modules.iter().flat_map(|area| &area.schemas).map(String::as_str).collect();
    for id in &operations {
        todo.extend(contract.operation(id)?.bodies().flat_map(|schema| schema.targets()));
    }
    while let Some(name) = todo.pop() {
        if schemas.insert(name) {
            todo.extend(contract.schema(name)?.targets());
        }
    }

    let mut text = String::from("{\n  \"operations\": {");
    write_entries(&mut text, &value["operations"], operations, |operation| {
        let mut kept = Map::new();
        for key in ["method", "path", "queryParams", "requestBody", "responses"] {
            if let Some(part) = operation
                .get(key)
                .filter(|part| !part.is_null() && part.as_array().is_none_or(|items| !items.is_empty()))
            {
                kept.insert(key.to_owned(), part.clone());
            }
        }
        kept
    })?;
    text.push_str("\n  },\n  \"schemas\": {");
    write_entries(&mut text, &value["schemas"], schemas, |schema| schema.clone())?;
    text.push_str("\n  }\n}\n");
    Ok(text)
}

/// Writes the entries of `of` that are called one of `names`: their own members on lines, and those of
/// `properties` and `queryParams` too.
fn write_entries(
    text: &mut String,
    of: &Value,
    names: BTreeSet<&str>,
    keep: impl Fn(&Map<String, Value>) -> Map<String, Value>,
) -> Result<()> {
    for (index, name) in names.into_iter().enumerate() {
        let entry =
            of.get(name).and_then(Value::as_object).with_context(|| format!("{name} is no object"))?;
        write!(text, "{}\n    {}: {{", if index == 0 { "" } else { "," }, Value::from(name))?;
        for (index, (key, value)) in keep(entry).into_iter().enumerate() {
            write!(text, "{}\n      {}: ", if index == 0 { "" } else { "," }, Value::from(key))?;
            match &value {
                Value::Object(members) if !members.is_empty() => {
                    let lines =
                        members.iter().map(|(key, value)| format!("{}: {value}", Value::from(key.as_str())));
                    write_lines(text, '{', lines, '}')?;
                }
                Value::Array(items) if items.iter().any(Value::is_object) => {
                    write_lines(text, '[', items.iter().map(Value::to_string), ']')?;
                }
                other => write!(text, "{other}")?,
            }
        }
        text.push_str("\n    }");
    }
    Ok(())
}

fn write_lines(
    text: &mut String,
    open: char,
    lines: impl Iterator<Item = String>,
    close: char,
) -> Result<()> {
    let lines: Vec<String> = lines.map(|line| format!("\n        {line}")).collect();
    write!(text, "{open}{}\n      {close}", lines.join(","))?;
    Ok(())
}
