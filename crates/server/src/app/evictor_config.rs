//! Exceptions from how pods are evicted and nodes removed: a list for each cluster, replaced as a whole.

use model::ClusterId;
use serde_json::json;
use store::{Cluster, DocumentKind};
use wire::evictor::{
    AdvancedConfig, EvictionConfig, LabelSelector, LabelSelectorExpressionOperator as Operator,
};

use super::{App, audit, clusters};
use crate::auth::principal::Principal;
use crate::http::error::{ApiError, ApiResult};

/// Most exceptions of a cluster: each is compared with every pod or node.
const MOST: usize = 200;
/// How often to start over when somebody else changed the list in between.
const ATTEMPTS: usize = 5;

/// The cluster's exceptions, in their order.
///
/// # Errors
/// 404.
pub async fn get(app: &App, principal: &Principal, id: ClusterId) -> ApiResult<AdvancedConfig> {
    let cluster = clusters::get(app, principal, id).await?;
    Ok(read(app, &cluster).await?.0)
}

/// The list and its version, which is 0 when there never was one.
async fn read(app: &App, cluster: &Cluster) -> ApiResult<(AdvancedConfig, i64)> {
    let kept = app
        .store
        .autoscaler_document(cluster.organization_id, cluster.id, DocumentKind::EvictorConfig)
        .await?;
    let Some(kept) = kept else { return Ok((AdvancedConfig::default(), 0)) };
    Ok((serde_json::from_value(kept.document).map_err(ApiError::internal)?, kept.version))
}

/// Puts `wanted` in place of the cluster's exceptions.
///
/// # Errors
/// 400 for what makes no sense; 404; 409 for a deleted cluster.
pub async fn replace(
    app: &App,
    principal: &Principal,
    id: ClusterId,
    wanted: AdvancedConfig,
) -> ApiResult<AdvancedConfig> {
    let cluster = clusters::get_unarchived(app, principal, id).await?;
    if wanted.eviction_config.len() > MOST {
        return Err(ApiError::field("evictionConfig", format!("must have at most {MOST} entries")));
    }
    for (index, one) in wanted.eviction_config.iter().enumerate() {
        check(&format!("evictionConfig[{index}]"), one)?;
    }
    for _ in 0..ATTEMPTS {
        let (before, version) = read(app, &cluster).await?;
        if before == wanted {
            return Ok(wanted);
        }
        let (organization, kind, now) =
            (cluster.organization_id, DocumentKind::EvictorConfig, app.clock.now());
        let mut tx = app.store.begin().await?;
        match tx.set_autoscaler_document(organization, id, kind, &json!(wanted), version, now).await {
            Err(store::Error::Conflict { .. }) => continue,
            written => written?,
        }
        let event = json!({"before": before, "after": wanted});
        tx.commit(&[audit::entry(app, principal, "evictorConfigUpdated", Some(id), event)]).await?;
        return Ok(wanted);
    }
    Err(ApiError::conflict("the exceptions are being changed by many at once: try again"))
}

fn check(field: &str, one: &EvictionConfig) -> ApiResult<()> {
    let selectors = match (&one.pod_selector, &one.node_selector) {
        (Some(pods), None) => pods.label_selector.as_ref(),
        (None, Some(nodes)) => Some(&nodes.label_selector),
        _ => return Err(ApiError::field(field, "must have exactly one of podSelector and nodeSelector")),
    };
    let side = if one.pod_selector.is_some() { "podSelector" } else { "nodeSelector" };
    if let Some(selector) = selectors {
        check_selector(&format!("{field}.{side}.labelSelector"), selector)?;
    }
    let replicas = one.pod_selector.as_ref().and_then(|pods| pods.replicas_min);
    if replicas.is_some_and(|least| least < 0) {
        return Err(ApiError::field(format!("{field}.podSelector.replicasMin"), "must be 0 or more"));
    }
    let settings = &one.settings;
    if settings.aggressive.is_none() && settings.disposable.is_none() && settings.removal_disabled.is_none() {
        let wanted = "must have one of aggressive, disposable and removalDisabled";
        return Err(ApiError::field(format!("{field}.settings"), wanted));
    }
    Ok(())
}

fn check_selector(field: &str, selector: &LabelSelector) -> ApiResult<()> {
    for (index, expression) in selector.match_expressions.iter().flatten().enumerate() {
        let field = format!("{field}.matchExpressions[{index}]");
        if expression.key.is_empty() {
            return Err(ApiError::field(field + ".key", "must be the key of a label"));
        }
        let values = expression.values.as_ref().map_or(0, Vec::len);
        match (&expression.operator, values) {
            (Operator::In | Operator::NotIn, 0) => {
                return Err(ApiError::field(field + ".values", "must have a value at least"));
            }
            (Operator::Exists | Operator::DoesNotExist, 1..) => {
                return Err(ApiError::field(field + ".values", "must be empty for this operator"));
            }
            (Operator::Invalid | Operator::Other(_), _) => {
                return Err(ApiError::field(
                    field + ".operator",
                    "must be In, NotIn, Exists or DoesNotExist",
                ));
            }
            _ => {}
        }
    }
    Ok(())
}
