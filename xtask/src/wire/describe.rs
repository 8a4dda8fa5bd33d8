//! `contract/descriptions.toml`: what types and fields mean.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

/// The key under which a type's own description stands.
const ITSELF: &str = "_";

/// Descriptions, and a record of which were asked for.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct Descriptions {
    /// Module, then type, then field. In the module `common`, the type is `fields`, for fields that mean
    /// the same wherever they stand. The type `examples`, of a module or of `common`, holds values.
    modules: BTreeMap<String, BTreeMap<String, BTreeMap<String, String>>>,
    #[serde(skip)]
    used: BTreeSet<[String; 3]>,
    #[serde(skip)]
    missing: BTreeSet<String>,
}

impl Descriptions {
    pub fn read(text: &str) -> Result<Self> {
        toml::from_str(text).context("read contract/descriptions.toml")
    }

    /// What `ty` of `module` is.
    pub fn of_type(&mut self, module: &str, ty: &str) -> String {
        self.find([module, ty, ITSELF]).unwrap_or_else(|| self.miss(module, ty, ITSELF))
    }

    /// What `field` of `ty` means.
    pub fn of_field(&mut self, module: &str, ty: &str, field: &str) -> String {
        self.find([module, ty, field])
            .or_else(|| self.find(["common", "fields", field]))
            .unwrap_or_else(|| self.miss(module, ty, field))
    }

    /// A value for `field` in examples, where one was thought of.
    pub fn example(&mut self, module: &str, field: &str) -> Option<String> {
        self.find([module, "examples", field]).or_else(|| self.find(["common", "examples", field]))
    }

    /// What a name of the enum `ty` means, if it needs saying.
    pub fn of_variant(&mut self, module: &str, ty: &str, name: &str) -> Option<String> {
        self.find([module, ty, name])
    }

    /// Fails when something has no description, or when one describes nothing.
    pub fn finish(self) -> Result<()> {
        let idle: Vec<String> = self
            .modules
            .iter()
            .flat_map(|(module, types)| types.iter().map(move |(ty, fields)| (module, ty, fields)))
            .flat_map(|(module, ty, fields)| {
                fields.keys().map(move |field| [module, ty, field].map(String::clone))
            })
            .filter(|key| !self.used.contains(key))
            .map(|key| key.join("."))
            .collect();
        if !self.missing.is_empty() || !idle.is_empty() {
            bail!(
                "contract/descriptions.toml lacks descriptions of:\n  {}\nand describes what is not there:\n  {}",
                self.missing.into_iter().collect::<Vec<_>>().join("\n  "),
                idle.join("\n  ")
            );
        }
        Ok(())
    }

    fn find(&mut self, key: [&str; 3]) -> Option<String> {
        let text = self.modules.get(key[0])?.get(key[1])?.get(key[2])?;
        self.used.insert(key.map(str::to_owned));
        Some(text.clone())
    }

    fn miss(&mut self, module: &str, ty: &str, field: &str) -> String {
        self.missing.insert(format!("{module}.{ty}.{field}"));
        String::new()
    }
}
