//! Query strings, read by the same rules as bodies.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::reader::{Reader, read};
use crate::error::{FieldViolation, InvalidRequest};

/// Reads a query string (without its question mark). Dotted keys such as `page.limit` are names like
/// others; a key that is repeated is a list; a parameter without a value, which some clients send as
/// `page.cursor=` for the first page, is absent.
///
/// # Errors
/// Says which parameter is wrong and what would be right.
pub fn from_query<T: DeserializeOwned>(query: &str) -> Result<T, InvalidRequest> {
    let mut parameters: Map<String, Value> = Map::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let key = decode(key)?;
        if value.is_empty() {
            continue;
        }
        let value = Value::String(decode(value)?);
        match parameters.get_mut(&key) {
            None => {
                parameters.insert(key, value);
            }
            Some(Value::Array(values)) => values.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
    }
    read(Reader { value: Value::Object(parameters), text: true })
}

/// Undoes the percent-encoding of a form: `%2F` is a byte, `+` a space.
fn decode(text: &str) -> Result<String, InvalidRequest> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        match first {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digit = |byte: &u8| char::from(*byte).to_digit(16);
                let (Some(high), Some(low)) = (tail.first().and_then(digit), tail.get(1).and_then(digit))
                else {
                    return Err(undecodable(text, "has a % that two hexadecimal digits do not follow"));
                };
                bytes.push((high * 16 + low) as u8);
                rest = &tail[2..];
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8(bytes).map_err(|_| undecodable(text, "is not UTF-8 once decoded"))
}

fn undecodable(text: &str, why: &str) -> InvalidRequest {
    InvalidRequest::Field(FieldViolation {
        field: String::new(),
        description: format!("the query string {why}, at {:?}", text.chars().take(64).collect::<String>()),
    })
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Query {
        #[serde(rename = "page.limit")]
        page_limit: Option<u32>,
        #[serde(rename = "page.cursor")]
        page_cursor: Option<String>,
        cluster_ids: Vec<String>,
        from_date: Option<Timestamp>,
        unschedulable: Option<bool>,
    }

    fn query(text: &str) -> Query {
        from_query(text).unwrap()
    }

    #[test]
    fn reads_dots_lists_numbers_and_booleans() {
        let read = query("page.limit=50&page.cursor=a%2Fb+c&clusterIds=x&clusterIds=y&unschedulable=true");
        assert_eq!(read.page_limit, Some(50));
        assert_eq!(read.page_cursor.as_deref(), Some("a/b c"));
        assert_eq!(read.cluster_ids, ["x", "y"]);
        assert_eq!(read.unschedulable, Some(true));
        assert_eq!(query("cluster_ids=x").cluster_ids, ["x"]);
        assert_eq!(
            query("from_date=2026-01-01T00%3A00%3A00.000000001Z").from_date.unwrap().subsec_nanosecond(),
            1
        );
        assert_eq!(query(""), Query::default());
        assert_eq!(query("unknown=1&&"), Query::default());
    }

    #[test]
    fn a_parameter_without_a_value_is_absent() {
        assert_eq!(query("page.cursor=&page.limit=&unschedulable&fromDate=&clusterIds="), Query::default());
    }

    #[test]
    fn errors_name_the_parameter() {
        for (text, field) in
            [("page.limit=ten", "page.limit"), ("unschedulable=2", "unschedulable"), ("page.limit=%zz", "")]
        {
            match from_query::<Query>(text).unwrap_err() {
                InvalidRequest::Field(violation) => assert_eq!(violation.field, field, "{text}"),
                other => panic!("{other}"),
            }
        }
    }

    proptest! {
        #[test]
        fn no_query_string_panics(text in ".*") {
            let _ = from_query::<Query>(&text);
        }
    }
}
