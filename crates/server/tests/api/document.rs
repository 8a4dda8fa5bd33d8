//! The published document: complete, 3.0.3, and the same wherever it is to be had.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::harness::{Published, TestServer, golden, supercargo};

#[test]
fn golden_the_document_is_what_the_program_publishes() {
    golden("openapi/openapi.json", &server::serve::document().unwrap());
}

#[tokio::test]
async fn the_server_the_command_and_the_library_publish_the_same() {
    let server = TestServer::start().await;
    let served = server.get("/v1/spec/openapi.json").await.expect(200);
    assert_eq!(served.header("content-type"), "application/json");
    assert_eq!(served.text(), server::serve::document().unwrap());
    let printed = supercargo(&["openapi"]);
    assert!(printed.status.success());
    assert_eq!(String::from_utf8(printed.stdout).unwrap(), served.text());
}

fn published() -> Published {
    Published::new(serde_json::from_str(&server::serve::document().unwrap()).unwrap())
}

#[test]
fn every_operation_is_documented_whole() {
    let published = published();
    assert_eq!(published.value()["openapi"], "3.0.3");
    let mut ids = BTreeSet::new();
    for operation in published.operations() {
        let says = operation.says;
        let id = says["operationId"].as_str().unwrap();
        assert!(ids.insert(id.to_owned()), "{id} is used twice");
        for text in ["summary", "description", "x-permission"] {
            assert!(says[text].as_str().is_some_and(|text| !text.is_empty()), "{id} has no {text}");
        }
        assert!(!says["summary"].as_str().unwrap().ends_with('.'), "{id}: a summary is no sentence");
        assert_eq!(says["tags"].as_array().unwrap().len(), 1, "{id} has one tag");
        assert!(
            published.value()["tags"].as_array().unwrap().iter().any(|tag| tag["name"] == says["tags"][0]
                && tag["description"] != "Operations of this area."),
            "{id}: the tag {} has no description of its own: see tag_description in http/document.rs",
            says["tags"][0]
        );
        error_schema(says, id);
        examples(&published, says, id);
        parameters(operation.path, says, id);
    }
}

fn error_schema(says: &Value, id: &str) {
    let responses = says["responses"].as_object().unwrap();
    let succeeds = |status: &str| status.starts_with(['2', '3']);
    assert!(responses.keys().any(|status| succeeds(status)), "{id} never succeeds");
    assert!(responses.contains_key("default"), "{id} announces no other errors");
    for (status, response) in responses.iter().filter(|(status, _)| !succeeds(status)) {
        let schema = &response["content"]["application/json"]["schema"]["$ref"];
        assert_eq!(schema, "#/components/schemas/CommonErrorResponse", "{id} {status}");
    }
}

/// Every JSON body has an example, and it is what its schema says.
fn examples(published: &Published, says: &Value, id: &str) {
    let responses = says["responses"].as_object().unwrap().iter();
    let successes = responses.filter(|(status, _)| status.starts_with('2')).map(|(_, response)| response);
    for body in successes.chain(says.get("requestBody")) {
        let Some(media) = body["content"].get("application/json") else { continue };
        let example = media.get("example").unwrap_or_else(|| panic!("{id} has a body without an example"));
        if let Err(wrong) = published.fits(example, &media["schema"], "example") {
            panic!("{id}: {wrong}");
        }
    }
}

fn parameters(path: &str, says: &Value, id: &str) {
    let described = says["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
    let in_path: BTreeSet<&str> = described
        .iter()
        .filter(|parameter| parameter["in"] == "path")
        .map(|parameter| parameter["name"].as_str().unwrap())
        .collect();
    let in_template: BTreeSet<&str> =
        path.split('{').skip(1).map(|rest| rest.split_once('}').unwrap().0).collect();
    assert_eq!(in_path, in_template, "{id}: the path's parameters");
    for parameter in described {
        let described = parameter["description"].as_str().is_some_and(|text| !text.is_empty());
        assert!(described, "{id}: the parameter {} has no description", parameter["name"]);
    }
}

/// 3.1 says some things in ways that 3.0 tools read wrongly.
#[test]
fn nothing_of_3_1_is_left() {
    fn look(value: &Value, at: &str) {
        match value {
            Value::Null => panic!("{at} is null"),
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(index, item)| look(item, &format!("{at}/{index}")));
            }
            Value::Object(fields) => {
                assert!(!(fields.contains_key("$ref") && fields.len() > 1), "{at} says more beside $ref");
                for (name, field) in fields {
                    let at = format!("{at}/{name}");
                    let in_schema = !at.contains("/properties/") || at.ends_with("/type");
                    assert!(!(in_schema && name == "type" && field.is_array()), "{at} is a list of types");
                    look(field, &at);
                }
            }
            _ => {}
        }
    }
    look(published().value(), "#");
}
