//! Dumps in all the shapes that kubectl gives them, and errors that say where to look.

use std::error::Error;

use cluster::{ClusterState, DumpError, DumpReader};

fn read(texts: &[&str]) -> Result<ClusterState, DumpError> {
    let mut reader = DumpReader::new();
    for text in texts {
        reader.read(text.as_bytes())?;
    }
    Ok(reader.finish())
}

/// The whole chain, as a command line prints it.
fn error(text: &str) -> String {
    let error = read(&[text]).map(|_| ()).unwrap_err();
    let mut chain = vec![error.to_string()];
    let mut source = error.source();
    while let Some(one) = source {
        chain.push(one.to_string());
        source = one.source();
    }
    chain.join(": ")
}

const NODE: &str = r#"{"apiVersion":"v1","kind":"Node","metadata":{"name":"a"}}"#;
const POD: &str = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"n","creationTimestamp":"2026-01-01T00:00:00Z"},
    "spec":{"nodeName":"a","containers":[{"name":"c","resources":{"requests":{"cpu":"0.1"}}}]}}"#;

#[test]
fn lists_single_objects_and_several_of_them() {
    let whole = format!(r#"{{"apiVersion":"v1","items":[{NODE},{POD}],"kind":"List"}}"#);
    let expected = read(&[&whole]).unwrap();
    assert_eq!((expected.counts().nodes, expected.counts().pods), (1, 1));
    assert_eq!(expected.requested_by_node()["a"].cpu_milli, 100);
    for texts in [&[NODE, POD][..], &[POD, NODE], &[&format!("{NODE}\n{POD}")], &[&whole, &whole]] {
        assert!(read(texts).unwrap() == expected, "{texts:?}");
    }
}

#[test]
fn raw_lists_whose_items_do_not_say_their_kind() {
    let pods = POD.replace(r#""apiVersion":"v1","kind":"Pod","#, "");
    let list = format!(r#"{{"kind":"PodList","apiVersion":"v1","metadata":{{}},"items":[{pods}]}}"#);
    let metrics = r#"{"kind":"PodMetricsList","apiVersion":"metrics.k8s.io/v1beta1","metadata":{},"items":[{"metadata":
        {"name":"p","namespace":"n"},"timestamp":"2026-01-02T00:00:00Z","containers":[{"usage":{"cpu":"1n","memory":"1Ki"}},{"usage":{"cpu":"1n"}}]}]}"#;
    let nodes = r#"{"kind":"NodeMetricsList","apiVersion":"metrics.k8s.io/v1beta1","metadata":{},"items":[{"metadata":{"name":"a"}}]}"#;
    let state = read(&[metrics, nodes, &list]).unwrap();
    let usage = state.usage(state.pods().next().unwrap()).unwrap();
    assert_eq!((usage.cpu_milli, usage.memory_bytes), (1, 1024));
}

#[test]
fn an_empty_list_is_a_cluster_without_objects_and_nothing_is_no_dump() {
    assert_eq!(read(&[r#"{"kind":"List","items":[]}"#]).unwrap().counts().nodes, 0);
    assert_eq!(error(""), "the dump is empty");
}

#[test]
fn errors_say_which_byte_of_which_object() {
    let list = |items: &str| format!(r#"{{"kind":"List","items":[{items}]}}"#);
    let first = r#"{"kind":"Node","metadata":{"name":"a"}}"#;
    assert_eq!(
        error(&list(&format!(
            r#"{first},{{"kind":"Pod","metadata":{{"name":"p","namespace":"n"}},"spec":{{"containers":[{{"resources":{{"requests":{{"cpu":"1x"}}}}}}]}}}}"#
        ))),
        "cannot use object 2, Pod n/p: wrong at byte 175: spec.containers[0].resources.requests.cpu: \"1x\" is not a quantity: \
         unknown suffix \"x\", expected one of n u m k M G T P E Ki Mi Gi Ti Pi Ei or an exponent such as e6"
    );
    assert_eq!(
        error(&list(&format!("{first},{{\"kind\":\"Pod\" \"metadata\":{{}}}}"))),
        "cannot read the dump, in object 2, the one after Node a: byte 78: not the JSON expected here: \
         expected `,` or `}` at line 1 column 15"
    );
    assert_eq!(
        error(&list(&format!("{first},{first}"))[..].replace("]}", "")),
        "cannot read the dump, in object 3, the one after Node a: the text ends early, at byte 103"
    );
    assert_eq!(
        error(r#"{"metadata":{"name":"a"}}"#),
        "cannot use object 1,  a: wrong at byte 0: kind is missing"
    );
    assert!(
        error("apiVersion: v1").starts_with("cannot read the dump, in object 1: byte 0: expected an object")
    );
}
