//! Label selectors as `kubectl` takes them: `a=b,c!=d,e in (f,g),h notin (i),j,!k`.

use std::str::FromStr;
use std::sync::Arc;

use model::{LabelSelector, Labels, Operator, Requirement};

/// A selector of nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Selector(LabelSelector);

impl Selector {
    /// Whether it selects an object with these labels.
    pub(super) fn matches(&self, labels: &Labels) -> bool {
        self.0.matches(labels)
    }
}

/// Why a text is no selector.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a label selector: write key=value, key!=value, key in (a,b), key notin (a,b), key or !key, with commas between"
)]
pub(super) struct SelectorError(String);

impl FromStr for Selector {
    type Err = SelectorError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || SelectorError(text.to_owned());
        let requirements: Option<Vec<Requirement>> = split(text).into_iter().map(requirement).collect();
        let requirements = requirements.filter(|all| !all.is_empty()).ok_or_else(wrong)?;
        Ok(Self(LabelSelector { requirements: requirements.into() }))
    }
}

/// At commas that are not in parentheses.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0_i32);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth -= 1,
            b',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

fn requirement(text: &str) -> Option<Requirement> {
    let text = text.trim();
    let make = |key: &str, operator, values: Vec<&str>| {
        let key = key.trim();
        let is_key = |one: char| one.is_ascii_alphanumeric() || "-_./".contains(one);
        (!key.is_empty() && key.chars().all(is_key)).then(|| Requirement {
            key: key.into(),
            operator,
            values: values.into_iter().map(|value| Arc::from(value.trim())).collect(),
        })
    };
    if let Some(key) = text.strip_prefix('!') {
        return make(key, Operator::DoesNotExist, Vec::new());
    }
    if let Some(inside) = text.strip_suffix(')') {
        let (head, values) = inside.split_once('(')?;
        let (key, word) = head.trim().rsplit_once(char::is_whitespace)?;
        let operator = match word {
            "in" => Operator::In,
            "notin" => Operator::NotIn,
            _ => return None,
        };
        return make(key, operator, values.split(',').collect());
    }
    for (sign, operator) in [("!=", Operator::NotIn), ("==", Operator::In), ("=", Operator::In)] {
        if let Some((key, value)) = text.split_once(sign) {
            return make(key, operator, vec![value]).filter(|one| !one.values[0].contains(['=', '(', ' ']));
        }
    }
    make(text, Operator::Exists, Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selects_as_kubectl_does() {
        let labels: Labels = [("pool", "general"), ("zone", "a")].into_iter().collect();
        for (text, expected) in [
            ("pool=general", true),
            ("pool==general,zone!=b", true),
            ("pool in (spot, general), zone notin (b,c)", true),
            ("pool,!gpu", true),
            ("gpu", false),
            ("!pool", false),
            ("pool=spot", false),
            ("zone in (b)", false),
            ("absent!=x", true),
            ("pool=", false),
        ] {
            assert_eq!(text.parse::<Selector>().unwrap().matches(&labels), expected, "{text}");
        }
    }

    #[test]
    fn refuses_what_is_none() {
        for text in ["", ",", "a b", "a=b=c", "a in b", "a within (b)", "=b", "a in (b"] {
            assert!(text.parse::<Selector>().is_err(), "{text:?}");
        }
    }
}
