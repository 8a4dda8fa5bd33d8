//! The contract as far as the generator reads it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use serde::Deserialize;

/// Operations and the schemas they use.
#[derive(Debug, Deserialize)]
pub struct Contract {
    pub operations: BTreeMap<String, Operation>,
    pub schemas: BTreeMap<String, Schema>,
}

/// One operation: what it takes and answers.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Operation {
    #[serde(default)]
    pub query_params: Vec<QueryParameter>,
    pub request_body: Option<Schema>,
    #[serde(default)]
    pub responses: BTreeMap<String, Schema>,
}

/// A parameter of the query string.
#[derive(Debug, Deserialize)]
pub struct QueryParameter {
    pub name: String,
    pub required: bool,
    pub schema: Schema,
    #[serde(rename = "enum", default)]
    pub names: Vec<String>,
}

/// A JSON schema, in the few words the contract uses.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Schema {
    #[serde(rename = "$ref")]
    pub reference: Option<String>,
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub format: Option<String>,
    pub items: Option<Box<Schema>>,
    pub properties: Option<BTreeMap<String, Schema>>,
    #[serde(default)]
    pub required: BTreeSet<String>,
    pub additional_properties: Option<Box<Schema>>,
    #[serde(rename = "enum", default, deserialize_with = "texts")]
    pub names: Vec<String>,
}

/// The names of an enum; the contract has one of numbers, which is an integer to us.
fn texts<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let values = Vec::<serde_json::Value>::deserialize(deserializer)?;
    Ok(values.iter().filter_map(|value| value.as_str().map(str::to_owned)).collect())
}

impl Contract {
    pub fn read(text: &str) -> Result<Self> {
        serde_json::from_str(text).context("read the contract")
    }

    /// The schema called `name`.
    pub fn schema(&self, name: &str) -> Result<&Schema> {
        self.schemas.get(name).with_context(|| format!("the contract has no schema {name}"))
    }

    /// The operation called `id`.
    pub fn operation(&self, id: &str) -> Result<&Operation> {
        self.operations.get(id).with_context(|| format!("the contract has no operation {id}"))
    }
}

impl Operation {
    /// The schemas of the request's body and of the answers that mean success.
    pub fn bodies(&self) -> impl Iterator<Item = &Schema> {
        let answers = self.responses.iter().filter(|(status, _)| status.starts_with('2'));
        self.request_body.iter().chain(answers.map(|(_, schema)| schema))
    }
}

impl Schema {
    /// The name of the schema this one refers to.
    pub fn target(&self) -> Option<&str> {
        self.reference.as_deref()?.strip_prefix("#/schemas/")
    }

    /// The names of all schemas this one refers to directly, in the order of its fields.
    pub fn targets(&self) -> Vec<&str> {
        let mut targets: Vec<&str> = self.target().into_iter().collect();
        let children = self.items.as_deref().into_iter().chain(self.additional_properties.as_deref());
        for child in children.chain(self.properties.iter().flat_map(|fields| fields.values())) {
            targets.extend(child.targets());
        }
        targets
    }
}
