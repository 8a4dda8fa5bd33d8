//! Request paths before they are routed: the `/api` alias, and verbs after a colon.
//!
//! axum's router refuses `/things/{id}:ack`. It is served at `/things/{p0}/~ack` instead, and a
//! request's last segment is split at its last colon, but only where the suffix is a verb that some
//! operation has: ids may contain colons.

use std::collections::BTreeSet;

use axum::http::Uri;
use axum::http::uri::PathAndQuery;

/// The verbs of all registered operations.
#[derive(Clone, Debug, Default)]
pub struct Verbs(BTreeSet<String>);

impl Verbs {
    /// The router's form of a documented path: parameters named by position, a verb as a segment of
    /// its own. Remembers the verb.
    pub fn served_at(&mut self, path: &str) -> String {
        let (path, verb) = match split_verb(path) {
            Some((path, verb)) => (path, Some(verb)),
            None => (path, None),
        };
        let mut position = 0;
        let mut segments: Vec<String> = path
            .split('/')
            .map(|segment| {
                if segment.starts_with('{') && segment.ends_with('}') {
                    position += 1;
                    format!("{{p{}}}", position - 1)
                } else {
                    segment.to_owned()
                }
            })
            .collect();
        if let Some(verb) = verb {
            self.0.insert(verb.to_owned());
            segments.push(format!("~{verb}"));
        }
        segments.join("/")
    }

    /// The URI to route: without the `/api` prefix, with a known verb as a segment of its own.
    /// `None` when it stays as it is.
    pub fn rewrite(&self, uri: &Uri) -> Option<Uri> {
        let path = uri.path();
        let unprefixed = match path.strip_prefix("/api") {
            Some("") => "/",
            Some(rest) if rest.starts_with('/') => rest,
            _ => path,
        };
        let rewritten = match split_verb(unprefixed) {
            Some((before, verb)) if self.0.contains(verb) => format!("{before}/~{verb}"),
            _ if unprefixed.len() == path.len() => return None,
            _ => unprefixed.to_owned(),
        };
        let path_and_query = match uri.query() {
            Some(query) => format!("{rewritten}?{query}"),
            None => rewritten,
        };
        let mut parts = uri.clone().into_parts();
        parts.path_and_query = Some(PathAndQuery::try_from(path_and_query).ok()?);
        Uri::from_parts(parts).ok()
    }
}

/// Splits the last segment at its last colon.
fn split_verb(path: &str) -> Option<(&str, &str)> {
    let (before, verb) = path.rsplit_once(':')?;
    let is_verb = !verb.is_empty() && verb.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (is_verb && !before.ends_with('/')).then_some((before, verb))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(verbs: &Verbs, uri: &str) -> String {
        let uri: Uri = uri.parse().unwrap();
        verbs.rewrite(&uri).unwrap_or(uri).to_string()
    }

    #[test]
    fn verbs_and_the_api_prefix() {
        let mut verbs = Verbs::default();
        assert_eq!(verbs.served_at("/v1/things/{thing.id}:ack"), "/v1/things/{p0}/~ack");
        assert_eq!(verbs.served_at("/v1/groups:batchCreate"), "/v1/groups/~batchCreate");
        assert_eq!(verbs.served_at("/v1/a/{x}/b/{y}"), "/v1/a/{p0}/b/{p1}");

        assert_eq!(rewritten(&verbs, "/v1/things/7:ack?x=1"), "/v1/things/7/~ack?x=1");
        assert_eq!(rewritten(&verbs, "/v1/things/arn:aws:ack"), "/v1/things/arn:aws/~ack");
        assert_eq!(rewritten(&verbs, "/v1/things/arn:aws:iam"), "/v1/things/arn:aws:iam");
        assert_eq!(rewritten(&verbs, "/api/v1/things/7?q=%20"), "/v1/things/7?q=%20");
        assert_eq!(rewritten(&verbs, "/apis/v1"), "/apis/v1");
        assert_eq!(
            rewritten(&verbs, "http://h/api/v1/groups:batchCreate"),
            "http://h/v1/groups/~batchCreate"
        );
    }
}
