//! Decides which Rust types there are: names, homes, fields and their types.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail, ensure};

use super::areas::{Area, Areas};
use super::contract::{Contract, QueryParameter, Schema};

/// A module to be written.
pub struct Module {
    pub name: String,
    pub about: String,
    pub items: Vec<Item>,
}

/// A type to be written.
pub struct Item {
    pub name: String,
    /// Its name in the published document: the contract's.
    pub schema_name: String,
    pub shape: Shape,
}

/// What kind of type it is.
pub enum Shape {
    /// A JSON object with known fields.
    Message(Vec<Field>),
    /// The parameters of a query string.
    Query(Vec<Field>),
    /// A set of names that may grow.
    Names(Vec<Variant>),
}

/// A field of a struct.
pub struct Field {
    /// Its name in JSON.
    pub wire: String,
    /// Its name in Rust.
    pub rust: String,
    pub ty: Type,
    /// Sent always, even when it is empty.
    pub required: bool,
}

/// A name of an enum.
pub struct Variant {
    pub rust: String,
    pub text: String,
    pub number: Option<i64>,
}

/// The type of a field.
#[derive(Clone, PartialEq)]
pub enum Type {
    /// A Rust type by its own name, such as `String`.
    Plain(&'static str),
    /// A type of some module: module, name.
    Of(String, String),
    List(Box<Type>),
    Map(Box<Type>),
}

/// The modules to write, in the order of `contract/areas.toml`.
pub fn plan(areas: &Areas, contract: &Contract) -> Result<Vec<Module>> {
    let homes = homes(areas, contract)?;
    let mut modules = Vec::new();
    let mut published = BTreeSet::new();
    for area in &areas.modules {
        let mut builder =
            Builder { areas, contract, area, homes: &homes, items: Vec::new(), seen: BTreeSet::new() };
        for id in &area.operations {
            let operation = contract.operation(id)?;
            builder.query(id, &operation.query_params)?;
            for body in operation.bodies() {
                builder.visit(body)?;
            }
        }
        for schema in &area.schemas {
            builder.named(schema)?;
        }
        let mut names = BTreeSet::new();
        for item in &builder.items {
            ensure!(names.insert(&item.name), "two types of {} are called {}", area.name, item.name);
            if let Shape::Message(_) = item.shape {
                let new = published.insert(item.schema_name.clone());
                ensure!(new, "two types would be published as {}", item.schema_name);
            }
        }
        let items = builder.items;
        nothing_idle(area, &items)?;
        modules.push(Module { name: area.name.clone(), about: area.about.clone(), items });
    }
    areas.finish()?;
    Ok(modules)
}

/// Fails when `area` says something of a field that is not there.
fn nothing_idle(area: &Area, items: &[Item]) -> Result<()> {
    let mut there = BTreeSet::new();
    for item in items {
        if let Shape::Message(fields) | Shape::Query(fields) = &item.shape {
            there.extend(fields.iter().map(|field| format!("{}.{}", item.name, field.wire)));
            there.extend(fields.iter().map(|field| field.wire.clone()));
        }
    }
    let idle = area.always.iter().chain(area.types.keys()).find(|field| !there.contains(*field));
    ensure!(idle.is_none(), "contract/areas.toml: {} has no field {idle:?}", area.name);
    Ok(())
}

/// The module of each schema: the one that lists it, otherwise the first that needs it.
fn homes<'a>(areas: &'a Areas, contract: &'a Contract) -> Result<BTreeMap<&'a str, &'a str>> {
    let mut homes = BTreeMap::new();
    for area in &areas.modules {
        for schema in &area.schemas {
            let other = homes.insert(schema.as_str(), area.name.as_str());
            ensure!(other.is_none(), "contract/areas.toml lists {schema} twice");
        }
    }
    for area in &areas.modules {
        let mut todo: Vec<&str> = area.schemas.iter().map(String::as_str).collect();
        for id in &area.operations {
            todo.extend(contract.operation(id)?.bodies().flat_map(Schema::targets));
        }
        let mut seen = BTreeSet::new();
        while let Some(name) = todo.pop() {
            if seen.insert(name) && *homes.entry(name).or_insert(&area.name) == area.name {
                todo.extend(contract.schema(name)?.targets());
            }
        }
    }
    Ok(homes)
}

struct Builder<'a> {
    areas: &'a Areas,
    contract: &'a Contract,
    area: &'a Area,
    homes: &'a BTreeMap<&'a str, &'a str>,
    items: Vec<Item>,
    seen: BTreeSet<String>,
}

impl Builder<'_> {
    /// Adds the types that `schema` refers to, in the order of its fields.
    fn visit(&mut self, schema: &Schema) -> Result<()> {
        schema.targets().into_iter().try_for_each(|name| self.named(name))
    }

    /// Adds the type of a schema of the contract and, after it, what it refers to.
    fn named(&mut self, name: &str) -> Result<()> {
        if self.homes.get(name) != Some(&self.area.name.as_str()) || !self.seen.insert(name.to_owned()) {
            return Ok(());
        }
        let schema = self.contract.schema(name)?;
        let leaf = name.rsplit('.').next().unwrap_or(name);
        let rust = self.areas.rust_name(name);
        if !schema.names.is_empty() {
            self.names(rust, leaf, leaf, &schema.names)?;
        } else if schema.properties.is_some() {
            self.message(name, rust, leaf, schema)?;
        }
        self.visit(schema)
    }

    fn message(&mut self, path: &str, name: String, schema_name: &str, schema: &Schema) -> Result<()> {
        let at = self.items.len();
        let mut fields = Vec::new();
        for (wire, property) in schema.properties.iter().flatten() {
            let always = self.area.always.iter().any(|field| *field == format!("{name}.{wire}"));
            let asked = self.area.types.get(&format!("{name}.{wire}")).or(self.area.types.get(wire));
            let ty = match asked {
                Some(ty) => plain(ty)?,
                None => self.ty(
                    &format!("{path}.{wire}"),
                    &format!("{schema_name}{}", pascal_case(wire)),
                    property,
                )?,
            };
            fields.push(Field {
                wire: wire.clone(),
                rust: snake_case(wire),
                ty,
                required: always || schema.required.contains(wire),
            });
        }
        let item = Item { name, schema_name: schema_name.to_owned(), shape: Shape::Message(fields) };
        self.items.insert(at, item);
        Ok(())
    }

    /// The type of a value; an inline object at `path` becomes a type of its own.
    fn ty(&mut self, path: &str, schema_name: &str, schema: &Schema) -> Result<Type> {
        if let Some(target) = schema.target() {
            let schema = self.contract.schema(target)?;
            if schema.names.is_empty() && schema.properties.is_none() {
                return self.ty(target, schema_name, schema);
            }
            let home = self.homes.get(target).with_context(|| format!("{target} has no module"))?;
            return Ok(Type::Of((*home).to_owned(), self.areas.rust_name(target)));
        }
        if schema.properties.as_ref().is_some_and(|fields| !fields.is_empty()) {
            let name = self.areas.name(path).unwrap_or_else(|| schema_name.to_owned());
            self.message(path, name.clone(), schema_name, schema)?;
            return Ok(Type::Of(self.area.name.clone(), name));
        }
        Ok(match (schema.kind.as_deref(), schema.format.as_deref()) {
            (Some("string"), Some("date-time")) => Type::Plain("Timestamp"),
            (Some("string"), _) => Type::Plain("String"),
            (Some("boolean"), _) => Type::Plain("bool"),
            (Some("integer"), Some("int32")) => Type::Plain("i32"),
            (Some("integer"), _) => Type::Plain("i64"),
            (Some("number"), _) => Type::Plain("f64"),
            (Some("array"), _) => {
                let items =
                    schema.items.as_deref().with_context(|| format!("{path} is a list of nothing"))?;
                Type::List(Box::new(self.ty(path, schema_name, items)?))
            }
            (Some("object"), _) => match schema.additional_properties.as_deref() {
                Some(values) if values.kind.is_some() || values.reference.is_some() => {
                    Type::Map(Box::new(self.ty(path, schema_name, values)?))
                }
                _ => Type::Plain("Object"),
            },
            other => bail!("{path} is of no known kind: {other:?}; give its type in contract/areas.toml"),
        })
    }

    fn query(&mut self, operation: &str, parameters: &[QueryParameter]) -> Result<()> {
        if parameters.is_empty() {
            return Ok(());
        }
        let rule = || format!("{}Query", operation.split_once("API").map_or(operation, |(_, verb)| verb));
        let name = self.areas.name(operation).unwrap_or_else(rule);
        let at = self.items.len();
        let mut fields = Vec::new();
        for parameter in parameters {
            let wire = &parameter.name;
            let ty = if wire == "page.limit" {
                Type::Plain("u32")
            } else if let Some(ty) = self.area.types.get(wire) {
                plain(ty)?
            } else if !parameter.names.is_empty() {
                let path = format!("{operation}.{wire}");
                let enum_name = self.areas.name(&path).unwrap_or_else(|| pascal_case(wire));
                if self.seen.insert(format!("enum {enum_name}")) {
                    self.names(enum_name.clone(), &enum_name, &path, &parameter.names)?;
                }
                let name = Type::Of(self.area.name.clone(), enum_name);
                let list = parameter.schema.kind.as_deref() == Some("array");
                if list { Type::List(Box::new(name)) } else { name }
            } else {
                self.ty(wire, wire, &parameter.schema)?
            };
            fields.push(Field {
                wire: wire.clone(),
                rust: snake_case(wire),
                ty,
                required: parameter.required,
            });
        }
        self.items.insert(at, Item { name: name.clone(), schema_name: name, shape: Shape::Query(fields) });
        Ok(())
    }

    /// Adds an enum. `path` is how `contract/areas.toml` calls it when it names variants or numbers.
    fn names(&mut self, name: String, schema_name: &str, path: &str, texts: &[String]) -> Result<()> {
        let prefix = common_prefix(texts);
        let numbers = self.areas.numbers(path);
        let mut variants: Vec<Variant> = Vec::new();
        for text in texts {
            let unspecified = text.to_ascii_uppercase().ends_with("_UNSPECIFIED");
            let short = if unspecified { "UNSPECIFIED" } else { &text[prefix..] };
            let given = self.areas.name(&format!("{path}.{text}"));
            let rust = given.unwrap_or_else(|| pascal_case(short));
            if let Some(other) = variants.iter().find(|other| other.rust == rust) {
                bail!("{path}: {text} and {} would both be called {rust}: name one of them", other.text);
            }
            let number = numbers.and_then(|numbers| numbers.get(text)).copied();
            variants.push(Variant { rust, text: text.clone(), number });
        }
        let item = Item { name, schema_name: schema_name.to_owned(), shape: Shape::Names(variants) };
        self.items.push(item);
        Ok(())
    }
}

/// A type that `contract/areas.toml` asks for by name.
fn plain(name: &str) -> Result<Type> {
    const KNOWN: [&str; 4] = ["String", "Money", "Int64", "Decimal"];
    let known = KNOWN.into_iter().find(|known| *known == name);
    known.map(Type::Plain).with_context(|| format!("{name} is none of {}", KNOWN.join(", ")))
}

/// Length of the prefix, ending in an underscore, that all of several names share.
fn common_prefix(names: &[String]) -> usize {
    let Some((first, rest)) = names.split_first().filter(|(_, rest)| !rest.is_empty()) else { return 0 };
    let shared = |end: usize| rest.iter().all(|name| name.starts_with(&first[..end]) && name.len() > end);
    first.match_indices('_').map(|(at, _)| at + 1).filter(|&end| shared(end)).max().unwrap_or(0)
}

/// `providerId`, `page.limit` as Rust writes them: `provider_id`, `page_limit`.
fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for character in name.chars() {
        match character {
            '.' => snake.push('_'),
            upper if upper.is_ascii_uppercase() => {
                snake.push('_');
                snake.push(upper.to_ascii_lowercase());
            }
            other => snake.push(other),
        }
    }
    snake
}

/// `on_demand`, `ON_DEMAND`, `onDemand` and `in-use` as a Rust type is written: `OnDemand`, `InUse`.
fn pascal_case(name: &str) -> String {
    let mut pascal = String::new();
    for word in name.split(['_', '.', '-']).filter(|word| !word.is_empty()) {
        let (first, rest) = word.split_at(1);
        pascal.push_str(&first.to_ascii_uppercase());
        let shouted = !word.chars().any(|character| character.is_ascii_lowercase());
        pascal.push_str(&if shouted { rest.to_ascii_lowercase() } else { rest.to_owned() });
    }
    pascal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_spelled_as_rust_does() {
        assert_eq!(snake_case("selfHostedWithEc2Nodes"), "self_hosted_with_ec2_nodes");
        assert_eq!(snake_case("page.limit"), "page_limit");
        for text in ["on_demand", "ON_DEMAND", "onDemand", "OnDemand", "on-demand"] {
            assert_eq!(pascal_case(text), "OnDemand");
        }
    }

    #[test]
    fn names_of_an_enum_lose_the_prefix_they_share() {
        let prefix =
            |names: &[&str]| common_prefix(&names.iter().map(|name| name.to_string()).collect::<Vec<_>>());
        assert_eq!(prefix(&["LOG_LEVEL_INFO", "LOG_LEVEL_WARNING"]), "LOG_LEVEL_".len());
        assert_eq!(prefix(&["LOG_LEVEL", "LOG_LEVEL_INFO"]), "LOG_".len());
        assert_eq!(prefix(&["ODCR", "CAPACITY_BLOCK"]), 0);
        assert_eq!(prefix(&["ONE_NAME"]), 0);
    }
}
