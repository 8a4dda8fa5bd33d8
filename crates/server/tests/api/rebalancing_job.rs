//! Rebalancing jobs, called as Terraform calls them.

use std::sync::Arc;

use model::ManualClock;
use serde_json::{Value, json};

use crate::connected::{CLUSTERS, Connected, eks};
use crate::harness::{Request, TestServer};
use crate::rebalancing_schedule::everything;

const SCHEDULES: &str = "/v1/rebalancing-schedules";

async fn schedule(server: &TestServer, name: &str) -> Value {
    let mut body = everything();
    body["name"] = json!(name);
    server.post(SCHEDULES).key(&server.owner_key).json(body).await.expect(200).json()["id"].clone()
}

/// The jobs of a cluster, as an owner calls for them.
struct Jobs<'s> {
    server: &'s TestServer,
    cluster: Connected<'s>,
}

impl Jobs<'_> {
    fn ask(&self, method: &str, rest: &str) -> Request {
        let path = format!("/v1/kubernetes/clusters/{}/rebalancing-jobs{rest}", self.cluster.id);
        self.server.request(method, &path).key(&self.server.owner_key)
    }

    /// What Terraform sends for a new one.
    fn asked(&self, schedule: &Value, enabled: bool) -> Value {
        json!({"id": "", "clusterId": self.cluster.id, "rebalancingScheduleId": schedule, "enabled": enabled})
    }

    async fn of_schedule(&self, schedule: &Value) -> Vec<Value> {
        let query = format!("?rebalancingScheduleId={}", schedule.as_str().unwrap());
        self.ask("GET", &query).await.expect(200).json()["jobs"].as_array().unwrap().clone()
    }
}

fn at(id: &Value) -> String {
    format!("/{}", id.as_str().unwrap())
}

#[tokio::test]
async fn terraform_has_a_cluster_follow_a_schedule() {
    let clock = Arc::new(ManualClock::new("2026-11-02T11:00:00Z".parse().unwrap()));
    let server = TestServer::start_at(clock).await;
    let nightly = schedule(&server, "nightly").await;
    let jobs = Jobs { server: &server, cluster: Connected::register(&server, eks("shop")).await };

    // Create: nothing in the list, so POST; then the read.
    assert!(jobs.of_schedule(&nightly).await.is_empty());
    let created = jobs.ask("POST", "").json(jobs.asked(&nightly, true)).await.expect(200).json();
    let id = &created["id"];
    assert_eq!(
        jobs.ask("GET", &at(id)).await.expect(200).json(),
        json!({
            "id": id, "clusterId": jobs.cluster.id, "rebalancingScheduleId": nightly, "enabled": true,
            "status": "JobStatusPending", "nextTriggerAt": "2026-11-03T01:30:00Z",
        })
    );
    // Trap 27: the update names no schedule, and sends nulls.
    let change = json!({
        "id": id, "rebalancingScheduleId": "", "enabled": false, "lastTriggerAt": null, "nextTriggerAt": null,
    });
    jobs.ask("PUT", &at(id)).json(change).await.expect(200);
    let read = jobs.ask("GET", &at(id)).await.expect(200).json();
    assert_eq!((&read["enabled"], &read["rebalancingScheduleId"]), (&json!(false), &nightly));
    assert!(read.get("nextTriggerAt").is_none(), "not while it is disabled");
    // Created anew by another run: the list has it, so PUT.
    assert_eq!(jobs.of_schedule(&nightly).await, [read]);
    jobs.ask("PUT", &at(id)).json(json!({"enabled": true})).await.expect(200);

    // The schedule shows who follows it, as scripts read it.
    let list = server.get(SCHEDULES).key(&server.owner_key).await.expect(200).json();
    assert_eq!(list["schedules"][0]["jobs"][0]["clusterId"], json!(jobs.cluster.id));

    // Destroy: the job, then the schedule.
    let path = format!("{SCHEDULES}{}", at(&nightly));
    let refused = server.delete(&path).key(&server.owner_key).await.expect(409);
    assert!(refused.message().contains(&jobs.cluster.id.to_string()), "{}", refused.message());
    assert_eq!(jobs.ask("DELETE", &at(id)).await.expect(200).json(), json!({}));
    jobs.ask("GET", &at(id)).await.expect(404);
    jobs.ask("DELETE", &at(id)).await.expect(404);
    server.delete(&path).key(&server.owner_key).await.expect(200);
}

#[tokio::test]
async fn a_cluster_follows_each_schedule_once() {
    let server = TestServer::start().await;
    let (nightly, weekly) = (schedule(&server, "nightly").await, schedule(&server, "weekly").await);
    let jobs = Jobs { server: &server, cluster: Connected::register(&server, eks("shop")).await };
    let first = jobs.ask("POST", "").json(jobs.asked(&nightly, true)).await.expect(200).json();
    jobs.ask("POST", "").json(jobs.asked(&nightly, false)).await.expect(409);
    let second = jobs.ask("POST", "").json(json!({"rebalancingScheduleId": weekly})).await.expect(200).json();
    assert_eq!(second["enabled"], true, "when nothing is said");
    let move_to = |schedule: &Value| {
        jobs.ask("PUT", &at(&second["id"])).json(json!({"rebalancingScheduleId": schedule}))
    };
    move_to(&nightly).await.expect(409);
    jobs.ask("DELETE", &at(&first["id"])).await.expect(200);
    assert_eq!(move_to(&nightly).await.expect(200).json()["rebalancingScheduleId"], nightly);
    assert!(jobs.of_schedule(&weekly).await.is_empty());

    let nothing = json!("5f0c2f0e-0d55-4b8e-a8a5-2a1b6d3d9c01");
    for (body, field) in [
        (json!({"enabled": true}), "rebalancingScheduleId"),
        (jobs.asked(&nothing, true), "rebalancingScheduleId"),
        (json!({"rebalancingScheduleId": weekly, "clusterId": nothing}), "clusterId"),
    ] {
        let refused = jobs.ask("POST", "").json(body).await.expect(400);
        assert_eq!(refused.json()["fieldViolations"][0]["field"], field);
    }
    // A schedule of somebody else does not exist.
    let foreign = server.foreign_key().await;
    let theirs = server.post(SCHEDULES).key(&foreign).json(everything()).await.expect(200).json();
    jobs.ask("POST", "").json(jobs.asked(&theirs["id"], true)).await.expect(400);
}

#[tokio::test]
async fn a_deleted_cluster_keeps_no_schedule() {
    let server = TestServer::start().await;
    let nightly = schedule(&server, "nightly").await;
    let jobs = Jobs { server: &server, cluster: Connected::register(&server, eks("shop")).await };
    jobs.ask("POST", "").json(jobs.asked(&nightly, true)).await.expect(200);
    server.delete(&format!("{CLUSTERS}/{}", jobs.cluster.id)).key(&server.owner_key).await.expect(204);
    let path = format!("{SCHEDULES}{}", at(&nightly));
    let shown = server.get(&path).key(&server.owner_key).await.expect(200).json();
    assert_eq!(shown["jobs"], json!([]));
    server.delete(&path).key(&server.owner_key).await.expect(200);
    assert_eq!(jobs.ask("GET", "").await.expect(200).json(), json!({"jobs": []}));
}
