//! The default node template, which nobody creates, and the policies that say what it says.

use serde_json::{Value, json};

use crate::autoscaler;
use crate::harness::{Answer, TestServer};

const NAME: &str = "default-by-castai";

/// The paths of a cluster's policies, templates and default template.
async fn start() -> (TestServer, [String; 3]) {
    let (server, cluster, policies) = autoscaler::start().await;
    let templates = format!("/v1/kubernetes/clusters/{cluster}/node-templates");
    let default = format!("{templates}/{NAME}");
    (server, [policies, templates, default])
}

async fn put(server: &TestServer, path: &str, body: Value) -> Answer {
    server.put(path).key(&server.owner_key).json(body).await
}

async fn policies(server: &TestServer, path: &str) -> Value {
    server.get(path).key(&server.owner_key).await.expect(200).json()
}

async fn template(server: &TestServer, templates: &str) -> Value {
    let path = format!("{templates}?includeDefault=true&excludeStats=true");
    let list = server.get(&path).key(&server.owner_key).await.expect(200).json();
    list["items"][0]["template"].clone()
}

#[tokio::test]
async fn every_cluster_has_it_and_nobody_can_take_it_away() {
    let (server, [_, templates, default]) = start().await;
    let first = template(&server, &templates).await;
    assert_eq!(
        (&first["name"], &first["isDefault"], &first["isEnabled"], &first["version"]),
        (&json!(NAME), &json!(true), &json!(true), &json!("1"))
    );
    let others = server.get(&templates).key(&server.owner_key).await.expect(200).json();
    assert_eq!(others, json!({"items": []}), "the default template is listed when asked for");
    server.post(&templates).key(&server.owner_key).json(json!({"name": NAME})).await.expect(409);
    server.delete(&default).key(&server.owner_key).await.expect(409);
    assert_eq!(template(&server, &templates).await, first);
}

#[tokio::test]
async fn the_provider_puts_it_without_creating_it_and_finds_it_as_sent() {
    let (server, [_, templates, default]) = start().await;
    let sent = json!({
        "isDefault": true, "isEnabled": true, "configurationId": "5f2a3b1c-7e1d-4c3a-9b2f-8d6e5a4c3b21",
        "shouldTaint": false, "customInstancesEnabled": false, "rebalancingConfig": {"minNodes": 0},
        "constraints": {"onDemand": true, "spot": false, "architectures": ["amd64"], "os": ["linux"], "minCpu": 2},
    });
    let answer = put(&server, &default, sent.clone()).await.expect(200).json();
    let mut wanted = sent.clone();
    (wanted["name"], wanted["version"]) = (json!(NAME), json!("2"));
    assert_eq!((&answer, template(&server, &templates).await), (&wanted, wanted.clone()));
    // A second apply without changes leaves the version, and with it what was read of the policies.
    put(&server, &default, sent).await.expect(200);
    assert_eq!(template(&server, &templates).await["version"], "2");
}

#[tokio::test]
async fn a_change_of_the_policies_changes_the_template() {
    let (server, [path, templates, _]) = start().await;
    let changed = put(
        &server,
        &path,
        json!({
            "spotInstances": {
                "enabled": true, "spotBackups": {"enabled": true}, "spotDiversityPriceIncrease": 15,
                "spotInterruptionPredictions": {"enabled": true, "type": "AWSRebalanceRecommendations"},
            },
            "unschedulablePods": {
                "customInstancesEnabled": true,
                "nodeConstraints": {"enabled": true, "minRamMiB": 4096, "maxRamMiB": 0},
            },
        }),
    )
    .await
    .expect(200)
    .json();
    assert_eq!(changed["defaultNodeTemplateVersion"], "2");
    let template_now = template(&server, &templates).await;
    assert_eq!(
        (&template_now["version"], &template_now["customInstancesEnabled"]),
        (&json!("2"), &json!(true))
    );
    assert_eq!(
        template_now["constraints"],
        json!({
            "spot": true, "onDemand": true, "useSpotFallbacks": true, "spotDiversityPriceIncreaseLimitPercent": 15,
            "spotInterruptionPredictionsEnabled": true,
            "spotInterruptionPredictionsType": "aws-rebalance-recommendations",
            "maxCpu": 32, "minMemory": 4096, "architectures": ["amd64"], "os": ["linux"],
        }),
        "what did not change is not written there"
    );
    let off = json!({"enabled": true, "unschedulablePods": {"nodeConstraints": {"enabled": false}}});
    put(&server, &path, off).await.expect(200);
    let constraints = template(&server, &templates).await["constraints"].clone();
    assert!(constraints.get("maxCpu").is_none() && constraints.get("minMemory").is_none(), "{constraints}");
    let version = template(&server, &templates).await["version"].clone();
    put(&server, &path, json!({"enabled": false})).await.expect(200);
    assert_eq!(template(&server, &templates).await["version"], version, "the template says nothing of this");
}

#[tokio::test]
async fn a_change_of_the_template_changes_the_policies() {
    let (server, [path, _, default]) = start().await;
    let sent = json!({
        "isDefault": true, "customInstancesEnabled": true,
        "constraints": {
            "spot": true, "useSpotFallbacks": true, "fallbackRestoreRateSeconds": 600, "enableSpotDiversity": true,
            "spotDiversityPriceIncreaseLimitPercent": 5, "minCpu": 4, "maxMemory": 65536,
            "spotInterruptionPredictionsEnabled": true, "spotInterruptionPredictionsType": "interruption-predictions",
        },
    });
    put(&server, &default, sent).await.expect(200);
    let document = policies(&server, &path).await;
    assert_eq!(
        document["spotInstances"],
        json!({
            "enabled": true, "maxReclaimRate": 0,
            "spotBackups": {"enabled": true, "spotBackupRestoreRateSeconds": 600},
            "spotDiversityEnabled": true, "spotDiversityPriceIncreaseLimitPercent": 5,
            "spotInterruptionPredictions": {"enabled": true, "type": "CASTAIInterruptionPredictions"},
        })
    );
    assert_eq!(
        document["unschedulablePods"]["nodeConstraints"],
        json!({"enabled": true, "minCpuCores": 4, "maxCpuCores": 0, "minRamMib": 0, "maxRamMib": 65536})
    );
    assert_eq!(document["unschedulablePods"]["customInstancesEnabled"], true);
    assert_eq!(document["defaultNodeTemplateVersion"], "2");
    assert_eq!(put(&server, &path, document.clone()).await.expect(200).json(), document);

    put(&server, &default, json!({"isDefault": true})).await.expect(200);
    let document = policies(&server, &path).await;
    assert_eq!(document["spotInstances"]["enabled"], false);
    assert_eq!(document["spotInstances"]["spotBackups"]["spotBackupRestoreRateSeconds"], 1800);
    assert_eq!(document["unschedulablePods"]["nodeConstraints"]["enabled"], false);
    assert_eq!(document["defaultNodeTemplateVersion"], "3");
}
