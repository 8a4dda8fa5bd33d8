//! What the autoscaler may do: documents and node templates, each changed against the version it was read in.

use serde_json::json;
use store::{DocumentKind, Error, NodeTemplate};

use crate::{World, at, on_both};

on_both!(a_document_is_changed_against_its_version, a_template_is_changed_against_its_version);

async fn a_document_is_changed_against_its_version(world: World) {
    let (store, org, kind) = (&world.store, world.org, DocumentKind::Policies);
    let cluster = world.cluster("shop").await.id;
    assert_eq!(store.autoscaler_document(org, cluster, kind).await.unwrap(), None);
    for (before, enabled) in [(0, true), (1, false)] {
        let mut tx = store.begin().await.unwrap();
        let document = json!({"enabled": enabled});
        tx.set_autoscaler_document(org, cluster, kind, &document, before, at(before)).await.unwrap();
        tx.commit_unaudited().await.unwrap();
        let kept = store.autoscaler_document(org, cluster, kind).await.unwrap().unwrap();
        assert_eq!((kept.document, kept.version, kept.updated_at), (document, before + 1, at(before)));
    }
    assert_eq!(store.autoscaler_document(org, cluster, DocumentKind::EvictorConfig).await.unwrap(), None);

    let stranger = world.stranger().await;
    assert_eq!(store.autoscaler_document(stranger, cluster, kind).await.unwrap(), None);
    for (organization, kind, before) in
        [(org, kind, 0), (org, kind, 1), (stranger, kind, 2), (stranger, DocumentKind::EvictorConfig, 0)]
    {
        let mut tx = store.begin().await.unwrap();
        let refused =
            tx.set_autoscaler_document(organization, cluster, kind, &json!({}), before, at(9)).await;
        assert!(matches!(refused, Err(Error::Conflict { .. })), "{before}: {refused:?}");
    }
}

async fn a_template_is_changed_against_its_version(world: World) {
    let (store, org) = (&world.store, world.org);
    let cluster = world.cluster("shop").await.id;
    let template = |version| NodeTemplate {
        name: "batch jobs".to_owned(),
        document: json!({"version": version}),
        version,
        updated_at: at(version),
    };
    let mut tx = store.begin().await.unwrap();
    tx.create_node_template(org, cluster, &template(1)).await.unwrap();
    tx.update_node_template(org, cluster, &template(2)).await.unwrap();
    tx.commit_unaudited().await.unwrap();
    assert_eq!(store.node_templates(org, cluster).await.unwrap(), [template(2)]);
    assert_eq!(store.node_template(org, cluster, "batch jobs").await.unwrap(), Some(template(2)));
    assert_eq!(store.node_template(org, cluster, "Batch jobs").await.unwrap(), None);

    let stranger = world.stranger().await;
    assert_eq!(store.node_templates(stranger, cluster).await.unwrap(), []);
    for (organization, version) in [(org, 2), (org, 4), (stranger, 3)] {
        let mut tx = store.begin().await.unwrap();
        let refused = tx.update_node_template(organization, cluster, &template(version)).await;
        assert!(matches!(refused, Err(Error::Conflict { .. })), "{version}: {refused:?}");
    }
    let mut tx = store.begin().await.unwrap();
    let again = tx.create_node_template(org, cluster, &template(1)).await;
    assert!(matches!(again, Err(Error::Conflict { .. })), "{again:?}");
    assert!(!tx.delete_node_template(stranger, cluster, "batch jobs").await.unwrap());
    assert!(tx.delete_node_template(org, cluster, "batch jobs").await.unwrap());
    assert!(!tx.delete_node_template(org, cluster, "batch jobs").await.unwrap());
    tx.commit_unaudited().await.unwrap();
    assert_eq!(store.node_templates(org, cluster).await.unwrap(), []);
}
