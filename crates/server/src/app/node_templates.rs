//! Node templates: kinds of nodes that may be bought for a cluster.
//!
//! A template is kept as it was sent, with nothing filled in that nobody said: clients compare. What it means
//! is [`super::planning::settings`]'. Every cluster has the default template, whether or not it was ever changed.

mod rules;

use std::collections::BTreeMap;

use axum::http::StatusCode;
use model::TaintEffect::{NoExecute, NoSchedule};
use model::{ClusterId, Lifecycle};
use serde_json::json;
use store::{AuditEntry, Cluster, NodeTemplate as Row, Tx};
use wire::node_templates::{
    Label, NewNodeTemplate, NodeTemplate, NodeTemplateListItem, NodeTemplateStats,
    PriceAdjustmentConfiguration, RebalancingConfiguration, Taint, TaintEffect, TaintWithOptionalEffect,
    UpdateNodeTemplate,
};
use wire::template_constraints::TemplateConstraints;

use super::policies::{Stored as Policies, mirror};
use super::{App, audit, clusters};
use crate::auth::principal::Principal;
use crate::http::error::{ApiError, ApiResult};

/// The template for pods that ask for no other.
pub const DEFAULT: &str = "default-by-castai";
/// The label of nodes with the name of the template they were made from.
pub const LABEL: &str = "scheduling.cast.ai/node-template";
/// How often to start over when somebody else changed something in between.
const ATTEMPTS: usize = 5;
/// Most templates of a cluster: each is looked at for every machine that could be bought.
const MOST: usize = 200;

/// A template of a cluster.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Template {
    /// What it says, without its version.
    pub(super) document: NodeTemplate,
    /// Counts its changes.
    pub(super) version: i64,
    /// Whether the store has it; it has not the default template that nobody changed.
    kept: bool,
}

impl Template {
    fn read(row: Row) -> ApiResult<Self> {
        let document = serde_json::from_value(row.document).map_err(ApiError::internal)?;
        Ok(Self { document, version: row.version, kept: true })
    }

    /// The default template of a cluster that nobody set anything for.
    fn unchanged_default() -> Self {
        let names = |names: &[&str]| Some(names.iter().map(|&name| name.to_owned()).collect());
        let constraints = TemplateConstraints {
            on_demand: Some(true),
            spot: Some(false),
            architectures: names(&["amd64"]),
            os: names(&["linux"]),
            ..TemplateConstraints::default()
        };
        let document = NodeTemplate {
            name: Some(DEFAULT.to_owned()),
            is_default: Some(true),
            is_enabled: Some(true),
            configuration_id: Some(String::new()),
            should_taint: Some(false),
            custom_instances_enabled: Some(false),
            constraints: Some(constraints),
            rebalancing_config: Some(RebalancingConfiguration { min_nodes: Some(0) }),
            ..NodeTemplate::default()
        };
        Self { document, version: 1, kept: false }
    }

    /// The cluster's default template.
    pub(super) async fn default_of(app: &App, cluster: &Cluster) -> ApiResult<Self> {
        let row = app.store.node_template(cluster.organization_id, cluster.id, DEFAULT).await?;
        row.map_or_else(|| Ok(Self::unchanged_default()), Self::read)
    }

    /// All of the cluster's templates: the default one, then the others by name.
    pub(super) async fn all_of(app: &App, cluster: &Cluster) -> ApiResult<Vec<Self>> {
        let rows = app.store.node_templates(cluster.organization_id, cluster.id).await?;
        let mut all = rows.into_iter().map(Self::read).collect::<ApiResult<Vec<_>>>()?;
        if !all.iter().any(Self::is_default) {
            all.push(Self::unchanged_default());
        }
        all.sort_by_key(|template| !template.is_default());
        Ok(all)
    }

    /// Its name.
    pub(super) fn name(&self) -> &str {
        self.document.name.as_deref().unwrap_or_default()
    }

    fn is_default(&self) -> bool {
        self.name() == DEFAULT
    }

    /// What it becomes when it says `document`: itself when that is what it says.
    pub(super) fn changed(&self, document: NodeTemplate) -> Self {
        let version = self.version + i64::from(document != self.document);
        Self { document, version, kept: self.kept }
    }

    /// Writes it in place of the version before.
    pub(super) async fn write(&self, app: &App, tx: &mut Tx, cluster: &Cluster) -> store::Result<()> {
        let row = Row {
            name: self.name().to_owned(),
            document: json!(self.document),
            version: self.version,
            updated_at: app.clock.now(),
        };
        match self.kept {
            true => tx.update_node_template(cluster.organization_id, cluster.id, &row).await,
            false => tx.create_node_template(cluster.organization_id, cluster.id, &row).await,
        }
    }

    /// As clients see it.
    pub(super) fn shown(&self) -> NodeTemplate {
        NodeTemplate { version: Some(self.version.to_string()), ..self.document.clone() }
    }
}

/// The audit entry of a changed template.
pub(super) fn updated(
    app: &App,
    principal: &Principal,
    cluster: &Cluster,
    before: &Template,
    after: &Template,
) -> AuditEntry {
    let event = json!({"before": before.shown(), "after": after.shown()});
    audit::entry(app, principal, "nodeTemplateUpdated", Some(cluster.id), event)
}

/// What the cluster's templates say, for whoever plans with them: the default one, then the others by name.
///
/// # Errors
/// What the store met.
pub async fn documents(app: &App, cluster: &Cluster) -> ApiResult<Vec<NodeTemplate>> {
    Ok(Template::all_of(app, cluster).await?.iter().map(Template::shown).collect())
}

/// The cluster's templates with how many nodes each has: the default one, if asked for, then by name.
///
/// # Errors
/// 404.
pub async fn list(
    app: &App,
    principal: &Principal,
    id: ClusterId,
    include_default: bool,
    exclude_stats: bool,
) -> ApiResult<Vec<NodeTemplateListItem>> {
    let cluster = clusters::get(app, principal, id).await?;
    let mut templates = Template::all_of(app, &cluster).await?;
    templates.retain(|template| include_default || !template.is_default());
    let mut stats = match exclude_stats {
        true => BTreeMap::new(),
        false => count(app, &cluster).await?,
    };
    let item = |template: Template| NodeTemplateListItem {
        stats: stats.remove(template.name()).unwrap_or_default(),
        template: template.shown(),
    };
    Ok(templates.into_iter().map(item).collect())
}

/// How many nodes each template has, by the label that nodes carry.
async fn count(app: &App, cluster: &Cluster) -> ApiResult<BTreeMap<String, NodeTemplateStats>> {
    let counted = app.live.read(app, cluster.organization_id, cluster.id, |state| {
        let mut counted = BTreeMap::<String, NodeTemplateStats>::new();
        for node in state.nodes() {
            let Some(name) = node.labels.get(LABEL) else { continue };
            let stats = counted.entry(name.to_owned()).or_default();
            count_node(stats, node.lifecycle);
        }
        counted
    });
    Ok(counted.await?.unwrap_or_default())
}

/// Counts one more node that runs under these terms.
pub(super) fn count_node(stats: &mut NodeTemplateStats, lifecycle: Lifecycle) {
    *match lifecycle {
        Lifecycle::OnDemand => &mut stats.count_on_demand,
        Lifecycle::Spot => &mut stats.count_spot,
        Lifecycle::SpotFallback => &mut stats.count_fallback,
    } += 1;
}

/// Adds a template.
///
/// # Errors
/// 400 for what makes no sense; 404; 409 for a name that is taken, and for a deleted cluster.
pub async fn create(
    app: &App,
    principal: &Principal,
    id: ClusterId,
    new: NewNodeTemplate,
) -> ApiResult<NodeTemplate> {
    let cluster = clusters::get_unarchived(app, principal, id).await?;
    let document = of_new(new);
    rules::check_name(document.name.as_deref())?;
    rules::check(&document)?;
    let template = Template { document, version: 1, kept: false };
    let taken = || ApiError::conflict(format!("there is a node template {:?} already", template.name()));
    if template.is_default() {
        return Err(taken());
    }
    if app.store.node_templates(cluster.organization_id, id).await?.len() >= MOST {
        return Err(ApiError::conflict(format!("a cluster has at most {MOST} node templates")));
    }
    let mut tx = app.store.begin().await?;
    match template.write(app, &mut tx, &cluster).await {
        Err(store::Error::Conflict { .. }) => return Err(taken()),
        written => written?,
    }
    let event = json!({"nodeTemplate": template.shown()});
    tx.commit(&[audit::entry(app, principal, "nodeTemplateCreated", Some(id), event)]).await?;
    Ok(template.shown())
}

/// Puts what `update` says in place of what a template said. What the policies say, too, when it is the default
/// one, is changed there as well. An update that changes nothing leaves its version.
///
/// # Errors
/// 400 for what makes no sense; 404 with a text that the official provider knows; 409 for a deleted cluster.
pub async fn update(
    app: &App,
    principal: &Principal,
    id: ClusterId,
    name: &str,
    update: UpdateNodeTemplate,
) -> ApiResult<NodeTemplate> {
    let document = of_update(name, update);
    for _ in 0..ATTEMPTS {
        let cluster = clusters::get_unarchived(app, principal, id).await?;
        let templates = Template::all_of(app, &cluster).await?;
        let before = templates.into_iter().find(|one| one.name() == name).ok_or_else(|| missing(name))?;
        rules::check(&document)?;
        let after = before.changed(document.clone());
        if after.version == before.version {
            return Ok(after.shown());
        }
        let policies = match before.is_default() {
            true => Some(Policies::of(app, &cluster).await?),
            false => None,
        };
        match try_update(app, principal, &cluster, [&before, &after], policies).await {
            Err(store::Error::Conflict { .. }) => {}
            written => return written.map(|()| after.shown()).map_err(Into::into),
        }
    }
    Err(ApiError::conflict("the node template is being changed by many at once: try again"))
}

/// Writes the template and, of the default one, the policies that follow it.
async fn try_update(
    app: &App,
    principal: &Principal,
    cluster: &Cluster,
    [before, after]: [&Template; 2],
    policies: Option<Policies>,
) -> store::Result<()> {
    let mut events = vec![updated(app, principal, cluster, before, after)];
    let mut tx = app.store.begin().await?;
    after.write(app, &mut tx, cluster).await?;
    if let Some(policies) = policies {
        let mirrored = mirror::to_policies(&before.document, &after.document, &policies.document);
        if mirrored != policies.document {
            let event = json!({"before": policies.document, "after": mirrored});
            events.push(audit::entry(app, principal, "policiesUpdated", Some(cluster.id), event));
            policies.replace(app, &mut tx, cluster, mirrored).await?;
        }
    }
    tx.commit(&events).await
}

/// Removes a template. Its nodes stay; no more are bought.
///
/// # Errors
/// 404; 409 for the default template, and for a deleted cluster.
pub async fn delete(app: &App, principal: &Principal, id: ClusterId, name: &str) -> ApiResult<()> {
    let cluster = clusters::get_unarchived(app, principal, id).await?;
    if name == DEFAULT {
        return Err(ApiError::conflict(format!(
            "{DEFAULT} is the default node template, which always exists"
        )));
    }
    let mut tx = app.store.begin().await?;
    if !tx.delete_node_template(cluster.organization_id, id, name).await? {
        return Err(missing(name));
    }
    let event = json!({"nodeTemplate": {"name": name}});
    tx.commit(&[audit::entry(app, principal, "nodeTemplateDeleted", Some(id), event)]).await?;
    Ok(())
}

/// In the words on which the official provider waits for the default template of a new cluster.
fn missing(name: &str) -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        format!("node template not found: the cluster has none called {name:?}"),
    )
}

/// Refuses a template that makes no sense, whatever it is called.
///
/// # Errors
/// 400.
pub fn check(template: &NodeTemplate) -> ApiResult<()> {
    rules::check(template)
}

/// The labels of the template's nodes, but for those of their machines.
pub fn labels(template: &NodeTemplate) -> BTreeMap<String, String> {
    let mut labels = template.custom_labels.clone().unwrap_or_default();
    if let Some(Label { key: Some(key), value }) = &template.custom_label {
        labels.insert(key.clone(), value.clone().unwrap_or_default());
    }
    let name = template.name.as_deref().unwrap_or_default();
    if is_label_value(name) {
        labels.insert(LABEL.to_owned(), name.to_owned());
    }
    labels
}

/// Whether Kubernetes takes it for the value of a label.
pub fn is_label_value(text: &str) -> bool {
    let is_end = |one: Option<char>| one.is_none_or(|one| one.is_ascii_alphanumeric());
    text.len() <= 63
        && is_end(text.chars().next())
        && is_end(text.chars().next_back())
        && text.chars().all(|one| one.is_ascii_alphanumeric() || matches!(one, '-' | '_' | '.'))
}

/// The taints of the template's nodes: its own or, where it asks for one and names none, that of its name.
pub fn taints(template: &NodeTemplate) -> Vec<model::Taint> {
    let own = template.custom_taints.as_deref().unwrap_or_default();
    let name = template.name.as_deref().unwrap_or_default();
    if own.is_empty() && template.should_taint == Some(true) && is_label_value(name) {
        return vec![model::Taint { key: LABEL.into(), value: name.into(), effect: NoSchedule }];
    }
    let taint = |one: &Taint| model::Taint {
        key: one.key.as_deref().unwrap_or_default().into(),
        value: one.value.as_deref().unwrap_or_default().into(),
        effect: match one.effect {
            Some(TaintEffect::NoExecute) => NoExecute,
            _ => NoSchedule,
        },
    };
    own.iter().map(taint).collect()
}

/// What a new template says.
fn of_new(new: NewNodeTemplate) -> NodeTemplate {
    NodeTemplate {
        clm_enabled: new.clm_enabled,
        configuration_id: new.configuration_id,
        configuration_name: None,
        constraints: new.constraints,
        custom_instances_enabled: new.custom_instances_enabled,
        custom_instances_with_extended_memory_enabled: new.custom_instances_with_extended_memory_enabled,
        custom_label: new.custom_label,
        custom_labels: new.custom_labels,
        custom_taints: new.custom_taints.map(with_effects),
        edge_location_ids: new.edge_location_ids,
        gpu: new.gpu,
        is_default: Some(new.is_default.unwrap_or(false)),
        is_enabled: Some(new.is_enabled.unwrap_or(true)),
        name: new.name,
        price_adjustment_configuration: price_adjustments(new.price_adjustment_configuration),
        rebalancing_config: new.rebalancing_config,
        should_taint: new.should_taint,
        stop_enabled: new.stop_enabled,
        version: None,
    }
}

/// What the template `name` says after `update`.
fn of_update(name: &str, update: UpdateNodeTemplate) -> NodeTemplate {
    NodeTemplate {
        clm_enabled: update.clm_enabled,
        configuration_id: update.configuration_id,
        configuration_name: None,
        constraints: update.constraints,
        custom_instances_enabled: update.custom_instances_enabled,
        custom_instances_with_extended_memory_enabled: update.custom_instances_with_extended_memory_enabled,
        custom_label: update.custom_label,
        custom_labels: update.custom_labels,
        custom_taints: update.custom_taints.map(with_effects),
        edge_location_ids: update.edge_location_ids,
        gpu: update.gpu,
        // Clients of typed languages send false for what they leave out.
        is_default: Some(name == DEFAULT || update.is_default.unwrap_or(false)),
        is_enabled: Some(update.is_enabled.unwrap_or(true)),
        name: Some(name.to_owned()),
        price_adjustment_configuration: price_adjustments(update.price_adjustment_configuration),
        rebalancing_config: update.rebalancing_config,
        should_taint: update.should_taint,
        stop_enabled: update.stop_enabled,
        version: None,
    }
}

/// The effect is always shown.
fn with_effects(taints: Vec<TaintWithOptionalEffect>) -> Vec<Taint> {
    let taint = |one: TaintWithOptionalEffect| Taint {
        effect: one.effect.or(Some(TaintEffect::NoSchedule)),
        key: Some(one.key),
        value: one.value,
    };
    taints.into_iter().map(taint).collect()
}

/// An empty one is how clients remove it.
fn price_adjustments(given: Option<PriceAdjustmentConfiguration>) -> Option<PriceAdjustmentConfiguration> {
    given.filter(|given| *given != PriceAdjustmentConfiguration::default())
}
