//! Things of an organisation that paths can name.

use jiff::SignedDuration;
use model::{ClusterId, InvitationId, KeyId, OperationId, OrganizationId, RebalancingScheduleId, UserId};
use serde_json::{Value, json};
use server::app::App;
use server::auth::permission::Role;
use server::http::api_router::Rule;
use store::{Invitation, Operation, RebalancingSchedule};
use uuid::Uuid;

use crate::harness::{KeyOf, Tenant, TestServer};

/// One of each.
pub struct Objects {
    pub cluster: ClusterId,
    organization: OrganizationId,
    key: KeyId,
    user: UserId,
    invitation: InvitationId,
    operation: OperationId,
    schedule: RebalancingScheduleId,
    /// A name that appears nowhere else.
    cluster_name: &'static str,
}

/// What a path parameter stands for.
enum Parameter {
    /// Something that belongs to an organisation.
    Owned(String),
    /// Something that is the same for everybody, or that only exists inside something owned.
    Free(String),
}

impl Objects {
    /// Makes one of each in `tenant`.
    pub async fn make(server: &TestServer, tenant: &Tenant) -> Self {
        let cluster_name = "zanzibar-prod";
        let cluster = tenant.cluster(cluster_name).await;
        let user = tenant.member(Role::Viewer).await;
        let (key, _) = tenant.key_with_id(KeyOf::Member(Role::Viewer)).await;
        let (invitation, operation, schedule) = paperwork(&server.app, tenant.id, cluster).await;
        Self { cluster, organization: tenant.id, key, user, invitation, operation, schedule, cluster_name }
    }

    /// Ids of nothing.
    pub fn none(tenant: &Tenant) -> Self {
        let id = Uuid::from_u128(0x7f4d2c6e_0b1a_4c55_9d3e_2a8f5b6c7d81);
        Self {
            cluster: ClusterId(id),
            organization: tenant.id,
            key: KeyId(id),
            user: UserId(id),
            invitation: InvitationId(id),
            operation: OperationId(id),
            schedule: RebalancingScheduleId(id),
            cluster_name: "",
        }
    }

    /// What nobody outside the organisation may read.
    pub fn texts(&self) -> Vec<String> {
        vec![
            self.organization.to_string(),
            self.cluster.to_string(),
            self.cluster_name.to_owned(),
            self.key.to_string(),
            self.user.to_string(),
            self.invitation.to_string(),
            self.operation.to_string(),
            self.schedule.to_string(),
        ]
    }

    /// The path of `rule` with these objects in it.
    pub fn path(&self, rule: &Rule) -> String {
        let mut path = rule.path.clone();
        for (name, parameter) in self.parameters(rule) {
            let (Parameter::Owned(id) | Parameter::Free(id)) = parameter;
            path = path.replacen(&format!("{{{name}}}"), &id, 1);
        }
        path
    }

    /// Whether the path names something that exists for one organisation only.
    pub fn names_a_tenants_object(&self, rule: &Rule) -> bool {
        self.parameters(rule).iter().any(|(_, parameter)| matches!(parameter, Parameter::Owned(_)))
    }

    fn parameters(&self, rule: &Rule) -> Vec<(String, Parameter)> {
        let mut found = Vec::new();
        let mut before = "";
        for segment in rule.path.split('/') {
            match segment.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
                Some((name, _verb)) => found.push((name.to_owned(), self.parameter(before, name, rule))),
                None => before = segment,
            }
        }
        found
    }

    /// By the fixed segment before it, as parameters have several names in the contract.
    fn parameter(&self, before: &str, name: &str, rule: &Rule) -> Parameter {
        use Parameter::{Free, Owned};
        match before {
            "tokens" => Owned(self.key.to_string()),
            "clusters" | "external-clusters" => Owned(self.cluster.to_string()),
            "organizations" => Owned(self.organization.to_string()),
            "users" => Owned(self.user.to_string()),
            "invitations" => Owned(self.invitation.to_string()),
            "operations" => Owned(self.operation.to_string()),
            "components" => Free("spot-handler".to_owned()),
            "node-templates" => Free("default-by-castai".to_owned()),
            "nodes"
            | "actions"
            | "policies"
            | "node-configurations"
            | "rebalancing-jobs"
            | "rebalancing-plans" => Free(Uuid::from_u128(3).to_string()),
            "rebalancing-schedules" => Owned(self.schedule.to_string()),
            _ => panic!(
                "{} {}: say in tests/api/permissions/objects.rs what {{{name}}} after {before:?} names",
                rule.method, rule.path
            ),
        }
    }
}

/// An invitation to the organisation, an operation on its cluster that is under way, and a schedule.
async fn paperwork(
    app: &App,
    organization: OrganizationId,
    cluster: ClusterId,
) -> (InvitationId, OperationId, RebalancingScheduleId) {
    let now = app.clock.now();
    let invitation = Invitation {
        id: InvitationId::new(&*app.ids),
        organization_id: organization,
        email: "invited@example.com".to_owned(),
        role_bindings: json!([{"roleId": Role::Viewer.id()}]),
        token_hash: [7; 32],
        created_by: "test".to_owned(),
        created_at: now,
        expires_at: now.saturating_add(SignedDuration::from_hours(24)).expect("tomorrow"),
        claimed_at: None,
        claimed_by: None,
    };
    let operation = Operation {
        id: OperationId::new(&*app.ids),
        organization_id: organization,
        cluster_id: cluster,
        kind: "nodeDrain".to_owned(),
        done: false,
        error: None,
        created_by: "test".to_owned(),
        created_at: now,
        finished_at: None,
    };
    let schedule = RebalancingSchedule {
        id: RebalancingScheduleId::new(&*app.ids),
        organization_id: organization,
        name: "nightly".to_owned(),
        definition: json!({
            "schedule": {"cron": "@daily"}, "triggerConditions": {}, "launchConfiguration": {},
        }),
        created_at: now,
        updated_at: now,
        version: 1,
    };
    let mut tx = app.store.begin().await.expect("begin");
    tx.create_rebalancing_schedule(&schedule).await.expect("make a schedule");
    tx.create_invitation(&invitation).await.expect("make an invitation");
    tx.create_operation(&operation).await.expect("make an operation");
    tx.commit_unaudited().await.expect("commit");
    (invitation.id, operation.id, schedule.id)
}

/// A query with what an operation cannot do without: a period of time.
pub fn query(documented: &Value) -> String {
    let parameters = documented["parameters"].as_array().into_iter().flatten();
    let period = parameters.filter_map(|parameter| match parameter["name"].as_str() {
        Some("startTime") => Some("startTime=2026-11-01T00:00:00Z"),
        Some("endTime") => Some("endTime=2026-11-02T00:00:00Z"),
        _ => None,
    });
    let period: Vec<&str> = period.collect();
    if period.is_empty() { String::new() } else { format!("?{}", period.join("&")) }
}
