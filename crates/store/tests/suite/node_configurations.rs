//! Node configurations: one default, names once, versions.

use model::NodeConfigurationId;
use serde_json::json;
use store::{Cluster, Error, NodeConfiguration};

use crate::{World, at, on_both};

on_both!(a_cluster_has_one_default_and_each_name_once, a_stale_change_loses);

fn configuration(world: &World, cluster: &Cluster, name: &str, is_default: bool) -> NodeConfiguration {
    NodeConfiguration {
        id: NodeConfigurationId::new(&world.ids),
        organization_id: world.org,
        cluster_id: cluster.id,
        name: name.to_owned(),
        is_default,
        settings: json!({"minDiskSize": 100}),
        version: 1,
        created_at: at(1),
        updated_at: at(1),
    }
}

async fn create(world: &World, configuration: &NodeConfiguration) -> store::Result<()> {
    let mut tx = world.store.begin().await?;
    tx.create_node_configuration(configuration).await?;
    tx.commit(&[world.entry(1, "nodeConfigurationCreated")]).await
}

async fn a_cluster_has_one_default_and_each_name_once(world: World) {
    let (prod, other) = (world.cluster("prod").await, world.cluster("other").await);
    let (default, gpu) =
        (configuration(&world, &prod, "default", true), configuration(&world, &prod, "gpu", false));
    create(&world, &default).await.unwrap();
    create(&world, &gpu).await.unwrap();
    create(&world, &configuration(&world, &other, "default", true)).await.unwrap();
    for twice in [configuration(&world, &prod, "gpu", false), configuration(&world, &prod, "x", true)] {
        assert!(matches!(create(&world, &twice).await, Err(Error::AlreadyExists { .. })), "{}", twice.name);
    }
    let stranger = world.stranger().await;
    let foreign = NodeConfiguration { organization_id: stranger, ..configuration(&world, &prod, "y", false) };
    assert!(matches!(create(&world, &foreign).await, Err(Error::MissingReference { .. })));
    assert_eq!(world.store.node_configurations(stranger, prod.id).await.unwrap(), []);

    let mut tx = world.store.begin().await.unwrap();
    assert!(
        !tx.delete_node_configuration(world.org, prod.id, default.id).await.unwrap(),
        "the default stays"
    );
    assert!(!tx.set_default_node_configuration(stranger, prod.id, gpu.id).await.unwrap());
    assert!(tx.set_default_node_configuration(world.org, prod.id, gpu.id).await.unwrap());
    assert!(tx.delete_node_configuration(world.org, prod.id, default.id).await.unwrap());
    tx.commit(&[world.entry(2, "nodeConfigurationDeleted")]).await.unwrap();
    let left = world.store.node_configurations(world.org, prod.id).await.unwrap();
    assert_eq!(left, [NodeConfiguration { is_default: true, ..gpu }]);
    assert_eq!(world.store.node_configurations(world.org, other.id).await.unwrap().len(), 1);
}

async fn a_stale_change_loses(world: World) {
    let prod = world.cluster("prod").await;
    let first = configuration(&world, &prod, "default", true);
    create(&world, &first).await.unwrap();
    let changed =
        NodeConfiguration { settings: json!({"minDiskSize": 50}), updated_at: at(2), ..first.clone() };
    let mut tx = world.store.begin().await.unwrap();
    assert_eq!(tx.update_node_configuration(&changed).await.unwrap(), 2);
    assert!(matches!(tx.update_node_configuration(&first).await, Err(Error::Conflict { .. })));
    tx.commit(&[world.entry(2, "nodeConfigurationUpdated")]).await.unwrap();
    let kept = world.store.node_configurations(world.org, prod.id).await.unwrap();
    assert_eq!(kept, [NodeConfiguration { version: 2, ..changed }]);
}
