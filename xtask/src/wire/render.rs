//! Writes a module as a person would have.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::describe::Descriptions;
use super::plan::{Field, Item, Module, Shape, Type, Variant};

/// Columns a comment may take, without its indentation.
const COMMENT_WIDTH: usize = 100;

/// The text of `module`, before rustfmt.
pub fn module(module: &Module, descriptions: &mut Descriptions) -> String {
    let mut text = comment("//!", &module.about);
    text.push_str(
        "//!\n//! Written by `cargo xtask wire`: fields come from `contract/schemas.json`, words from\n\
         //! `contract/descriptions.toml`.\n\n",
    );
    text.push_str(&imports(module));
    for item in &module.items {
        text.push('\n');
        match &item.shape {
            Shape::Message(fields) => message(&mut text, module, item, fields, descriptions),
            Shape::Query(fields) => query(&mut text, module, item, fields, descriptions),
            Shape::Names(variants) => names(&mut text, module, item, variants, descriptions),
        }
    }
    text
}

fn message(
    text: &mut String,
    module: &Module,
    item: &Item,
    fields: &[Field],
    descriptions: &mut Descriptions,
) {
    text.push_str(&comment("///", &descriptions.of_type(&module.name, &item.name)));
    text.push_str("#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]\n");
    text.push_str("#[serde(rename_all = \"camelCase\")]\n");
    if item.schema_name != item.name {
        let _ = writeln!(text, "#[schema(as = {})]", item.schema_name);
    }
    let _ = writeln!(text, "pub struct {} {{", item.name);
    for field in fields {
        text.push_str(&comment("    ///", &descriptions.of_field(&module.name, &item.name, &field.wire)));
        if let Some(rename) = rename(field) {
            let _ = writeln!(text, "    #[serde(rename = \"{rename}\")]");
        }
        let mut schema: Vec<String> = Vec::new();
        match field.ty {
            Type::Plain("Money" | "Decimal") => {
                schema.push("value_type = String, format = \"decimal\"".into())
            }
            Type::Plain("Int64") => schema.push("value_type = String, format = Int64".into()),
            _ => {}
        }
        if !field.required {
            text.push_str("    #[serde(skip_serializing_if = \"Option::is_none\")]\n");
            schema.push("nullable = false".into());
        }
        if let Type::Plain("String" | "Money" | "Decimal" | "Int64") = field.ty {
            let example = descriptions.example(&module.name, &field.wire);
            schema.extend(example.map(|example| format!("example = {example:?}")));
        }
        if !schema.is_empty() {
            let _ = writeln!(text, "    #[schema({})]", schema.join(", "));
        }
        declare(text, field);
    }
    text.push_str("}\n");
}

fn query(text: &mut String, module: &Module, item: &Item, fields: &[Field], descriptions: &mut Descriptions) {
    text.push_str(&comment("///", &descriptions.of_type(&module.name, &item.name)));
    text.push_str("#[derive(Clone, Debug, Default, PartialEq, Deserialize, IntoParams)]\n");
    text.push_str("#[serde(rename_all = \"camelCase\")]\n#[into_params(parameter_in = Query)]\n");
    let _ = writeln!(text, "pub struct {} {{", item.name);
    for field in fields {
        text.push_str(&comment("    ///", &descriptions.of_field(&module.name, &item.name, &field.wire)));
        if let Some(rename) = rename(field) {
            let _ = writeln!(text, "    #[serde(rename = \"{rename}\")]");
        }
        let of_names = match &field.ty {
            Type::List(items) => matches!(**items, Type::Of(..)),
            ty => matches!(ty, Type::Of(..)),
        };
        if of_names {
            text.push_str("    #[param(inline)]\n");
        }
        declare(text, field);
    }
    text.push_str("}\n");
    if pages(fields) {
        let _ = writeln!(
            text,
            "\nimpl {} {{\n    /// Which page of the list is asked for.\n    pub fn page(&self) -> PageQuery {{\n        \
             PageQuery {{ limit: self.page_limit, cursor: self.page_cursor.clone() }}\n    }}\n}}",
            item.name
        );
    }
}

fn names(
    text: &mut String,
    module: &Module,
    item: &Item,
    variants: &[Variant],
    descriptions: &mut Descriptions,
) {
    text.push_str("open_enum! {\n");
    text.push_str(&comment("    ///", &descriptions.of_type(&module.name, &item.name)));
    let _ = writeln!(text, "    #[schema_name = \"{}\"]\n    pub enum {} {{", item.schema_name, item.name);
    for variant in variants {
        if let Some(about) = descriptions.of_variant(&module.name, &item.name, &variant.text) {
            text.push_str(&comment("        ///", &about));
        }
        let number = variant.number.map(|number| format!(" ({number})")).unwrap_or_default();
        let _ = writeln!(text, "        {} = \"{}\"{number},", variant.rust, variant.text);
    }
    text.push_str("    }\n}\n");
}

/// Writes the field itself.
fn declare(text: &mut String, field: &Field) {
    let name = match field.rust.as_str() {
        "type" | "in" | "ref" | "use" | "where" | "match" | "enum" | "default" => format!("r#{}", field.rust),
        other => other.to_owned(),
    };
    let ty = rust_type(&field.ty);
    let _ = match (field.required, &field.ty) {
        (true, _) => writeln!(text, "    pub {name}: {ty},"),
        (false, _) => writeln!(text, "    pub {name}: Option<{ty}>,"),
    };
}

fn rust_type(ty: &Type) -> String {
    match ty {
        Type::Plain(name) => (*name).to_owned(),
        Type::Of(_, name) => name.clone(),
        Type::List(items) => format!("Vec<{}>", rust_type(items)),
        Type::Map(values) => format!("BTreeMap<String, {}>", rust_type(values)),
    }
}

/// The name serde has to be told because its rule would make another.
fn rename(field: &Field) -> Option<&str> {
    let mut camel = String::new();
    let mut upper = false;
    for character in field.rust.chars() {
        match character {
            '_' => upper = true,
            _ if upper => {
                camel.push(character.to_ascii_uppercase());
                upper = false;
            }
            _ => camel.push(character),
        }
    }
    (camel != field.wire).then_some(field.wire.as_str())
}

fn pages(fields: &[Field]) -> bool {
    fields.iter().any(|field| field.wire == "page.limit")
}

/// The `use` lines.
fn imports(module: &Module) -> String {
    let mut plain = BTreeSet::new();
    let mut of: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let (mut messages, mut queries, mut enums, mut paged) = (false, false, false, false);
    for item in &module.items {
        match &item.shape {
            Shape::Names(_) => enums = true,
            Shape::Message(fields) => {
                messages = true;
                fields.iter().for_each(|field| types(&field.ty, &mut plain, &mut of));
            }
            Shape::Query(fields) => {
                queries = true;
                paged |= pages(fields);
                fields.iter().for_each(|field| types(&field.ty, &mut plain, &mut of));
            }
        }
    }
    let mut text = String::new();
    if plain.contains("BTreeMap") {
        text.push_str("use std::collections::BTreeMap;\n\n");
    }
    let model: Vec<&str> = ["Money", "Timestamp"].into_iter().filter(|name| plain.contains(name)).collect();
    if !model.is_empty() {
        let _ = writeln!(text, "use model::{{{}}};", model.join(", "));
    }
    match (messages, queries) {
        (true, _) => text.push_str("use serde::{Deserialize, Serialize};\n"),
        (false, true) => text.push_str("use serde::Deserialize;\n"),
        (false, false) => {}
    }
    match (messages, queries) {
        (true, true) => text.push_str("use utoipa::{IntoParams, ToSchema};\n"),
        (true, false) => text.push_str("use utoipa::ToSchema;\n"),
        (false, true) => text.push_str("use utoipa::IntoParams;\n"),
        (false, false) => {}
    }
    text.push('\n');
    for (home, names) in of.iter().filter(|(home, _)| **home != module.name) {
        let _ = writeln!(
            text,
            "use crate::{home}::{{{}}};",
            names.iter().copied().collect::<Vec<_>>().join(", ")
        );
    }
    if enums {
        text.push_str("use crate::open_enum;\n");
    }
    if paged {
        text.push_str("use crate::page::PageQuery;\n");
    }
    let proto: Vec<&str> =
        ["Decimal", "Int64", "Object"].into_iter().filter(|name| plain.contains(name)).collect();
    if !proto.is_empty() {
        let _ = writeln!(text, "use crate::proto::{{{}}};", proto.join(", "));
    }
    text
}

fn types<'a>(ty: &'a Type, plain: &mut BTreeSet<&'a str>, of: &mut BTreeMap<&'a str, BTreeSet<&'a str>>) {
    match ty {
        Type::Plain(name) => {
            plain.insert(name);
        }
        Type::Of(home, name) => {
            of.entry(home).or_default().insert(name);
        }
        Type::List(items) => types(items, plain, of),
        Type::Map(values) => {
            plain.insert("BTreeMap");
            types(values, plain, of);
        }
    }
}

/// `words` as comment lines that begin with `mark`.
fn comment(mark: &str, words: &str) -> String {
    let mut text = String::new();
    for paragraph in words.trim().split("\n\n") {
        if !text.is_empty() {
            let _ = writeln!(text, "{mark}");
        }
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > COMMENT_WIDTH {
                let _ = writeln!(text, "{mark} {line}");
                line.clear();
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        let _ = writeln!(text, "{mark} {line}");
    }
    text
}
