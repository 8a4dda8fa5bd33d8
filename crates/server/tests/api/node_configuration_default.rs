//! The default node configuration: there is exactly one, always.

use std::future::IntoFuture as _;

use serde_json::json;
use store::testing::Backend;

use crate::connected::{Connected, eks};
use crate::harness::TestServer;
use crate::node_configuration::{Configurations, text};

const PROFILE: &str = "arn:aws:iam::123456789012:instance-profile/nodes";

#[tokio::test]
async fn terraform_moves_the_default_and_reads_it_back() {
    let server = TestServer::start().await;
    let shop = Connected::register(&server, eks("shop")).await;
    let configurations = Configurations::of(&server, shop.id);
    let body = json!({"name": "mine", "minDiskSize": 100, "eks": {"instanceProfileArn": PROFILE}});
    let mine = configurations.create(&body).await;
    assert_eq!(configurations.defaults().await, ["default"], "there was one before anybody asked");

    // Create: POST …/default, whose answer has the id; then the read that says `default: true`.
    let path = format!("/{}/default", text(&mine["id"]));
    for _ in 0..2 {
        let answer = configurations.ask("POST", &path).await.expect(200).json();
        assert_eq!((&answer["id"], &answer["default"]), (&mine["id"], &json!(true)));
    }
    assert_eq!(configurations.get(&mine["id"]).await["default"], true);
    assert_eq!(configurations.defaults().await, ["mine"]);

    // Somebody else makes another one the default: the read says so, and it is applied anew.
    let all = configurations.all().await;
    let other = all.iter().find(|one| one["name"] == "default").unwrap();
    configurations.ask("POST", &format!("/{}/default", text(&other["id"]))).await.expect(200);
    assert_eq!(configurations.get(&mine["id"]).await["default"], false);
    configurations.ask("POST", &path).await.expect(200);
    assert_eq!(configurations.defaults().await, ["mine"]);

    // Settings change without the default changing.
    let change = json!({"minDiskSize": 50, "eks": {"instanceProfileArn": PROFILE}});
    let updated =
        configurations.ask("POST", &format!("/{}", text(&mine["id"]))).json(change).await.expect(200).json();
    assert_eq!(updated["default"], true);

    let refused = configurations.ask("DELETE", &format!("/{}", text(&mine["id"]))).await.expect(409);
    assert_eq!(refused.message(), "mine is the default configuration: make another one the default first");
    configurations.ask("DELETE", &format!("/{}", text(&other["id"]))).await.expect(200);
    configurations.ask("POST", &format!("/{}/default", text(&other["id"]))).await.expect(404);
    assert_eq!(configurations.defaults().await, ["mine"]);
}

#[tokio::test]
async fn a_cluster_has_a_default_from_the_start() {
    let server = TestServer::start().await;
    let shop = Connected::register(&server, eks("shop")).await;
    let role = json!({"eks": {"assumeRoleArn": "arn:aws:iam::123456789012:role/shop"}});
    shop.ask("POST", "").json(role).await.expect(200);
    let configurations = Configurations::of(&server, shop.id);
    let all = configurations.all().await;
    assert_eq!(all.len(), 1);
    let default = &all[0];
    assert_eq!(
        (&default["name"], &default["default"], &default["version"], &default["minDiskSize"]),
        (&json!("default"), &json!(true), &json!(1), &json!(100))
    );
    assert_eq!((&default["subnets"], &default["tags"]), (&json!([]), &json!({})));
    assert_eq!(configurations.all().await, all, "looking again makes no other");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_look_at_once_all_see_the_same_default() {
    let server =
        TestServer::start_with(Backend::Postgres, std::sync::Arc::new(server::cli::host::SystemClock)).await;
    let shop = Connected::register(&server, eks("shop")).await;
    let configurations = Configurations::of(&server, shop.id);
    let looks = futures_util::future::join_all((0..8).map(|_| configurations.all())).await;
    assert!(looks.iter().all(|all| all.len() == 1 && *all == looks[0]), "{looks:?}");
    // And of many who set the default at once, one wins; the others are told or come before.
    let create = |name: String| {
        let body = json!({"name": name, "eks": {"instanceProfileArn": PROFILE}});
        let configurations = &configurations;
        async move { configurations.create(&body).await["id"].clone() }
    };
    let ids = futures_util::future::join_all((0..6).map(|n| create(format!("n{n}")))).await;
    let set =
        ids.iter().map(|id| configurations.ask("POST", &format!("/{}/default", text(id))).into_future());
    for answer in futures_util::future::join_all(set).await {
        assert!([200, 409].contains(&answer.status.as_u16()), "{}", answer.text());
    }
    assert_eq!(configurations.defaults().await.len(), 1);
}
