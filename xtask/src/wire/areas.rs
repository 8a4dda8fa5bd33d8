//! `contract/areas.toml`: what of the contract is built, where, and under which names.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

/// The selection.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Areas {
    /// Prefixes of the contract's schema names that say only which service a type came from.
    pub strip: Vec<String>,
    /// Rust names of schemas, of fields of inline objects and of variants, where the rule gives a bad one.
    names: BTreeMap<String, String>,
    /// Numbers under which old clients send the names of an enum: enum, name, number.
    numbers: BTreeMap<String, BTreeMap<String, i64>>,
    /// Which names and numbers were asked for.
    #[serde(skip)]
    used: RefCell<BTreeSet<String>>,
    /// The modules, in the order in which they take the schemas they need.
    #[serde(rename = "module")]
    pub modules: Vec<Area>,
}

/// One module of the `wire` crate.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Area {
    /// Its name.
    pub name: String,
    /// What it is for: the head of the module.
    pub about: String,
    /// Operations whose query, request and answer types it holds.
    #[serde(default)]
    pub operations: Vec<String>,
    /// Schemas it holds besides, or that another module would take otherwise.
    #[serde(default)]
    pub schemas: Vec<String>,
    /// Fields, as `Type.field`, that we always send although the contract does not insist.
    #[serde(default)]
    pub always: Vec<String>,
    /// Rust types of fields, by `field` or `Type.field`, where the contract says only `string`.
    #[serde(default)]
    pub types: BTreeMap<String, String>,
}

impl Areas {
    pub fn read(text: &str) -> Result<Self> {
        toml::from_str(text).context("read contract/areas.toml")
    }

    /// The Rust name given to what `path` leads to.
    pub fn name(&self, path: &str) -> Option<String> {
        let name = self.names.get(path)?;
        self.used.borrow_mut().insert(path.to_owned());
        Some(name.clone())
    }

    /// The numbers of the enum that `path` leads to.
    pub fn numbers(&self, path: &str) -> Option<&BTreeMap<String, i64>> {
        let numbers = self.numbers.get(path)?;
        self.used.borrow_mut().insert(path.to_owned());
        Some(numbers)
    }

    /// Fails when a name or a number was given to what is not there.
    pub fn finish(&self) -> Result<()> {
        let used = self.used.borrow();
        let idle = self.names.keys().chain(self.numbers.keys()).find(|path| !used.contains(*path));
        ensure!(idle.is_none(), "contract/areas.toml: there is no {idle:?} to be named");
        Ok(())
    }

    /// The Rust name of a schema of the contract.
    pub fn rust_name(&self, schema: &str) -> String {
        if let Some(name) = self.name(schema) {
            return name;
        }
        let leaf = schema.rsplit('.').next().unwrap_or(schema);
        let short = self.strip.iter().find_map(|prefix| leaf.strip_prefix(prefix.as_str())).unwrap_or(leaf);
        short.replace('_', "")
    }
}
