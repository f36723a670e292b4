//! The endpoint as a front-end's tools meet it.

use serde_json::{Value, json};

use super::{Case, case};
use crate::world::{SUBGRAPHS, World};

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("gateway::describes_the_whole_schema", |w| {
            Box::pin(introspection(w))
        }),
        case("gateway::answers_get_for_queries_only", |w| {
            Box::pin(get(w))
        }),
        case("gateway::runs_mutations_in_order", |w| {
            Box::pin(mutations_in_order(w))
        }),
        case("gateway::refuses_what_the_schema_does_not_have", |w| {
            Box::pin(invalid(w))
        }),
        case("gateway::serves_the_explorer_to_browsers", |w| {
            Box::pin(explorer(w))
        }),
        case("gateway::everything_has_health_and_metrics", |w| {
            Box::pin(operable(w))
        }),
    ]
}

async fn introspection(world: &World) {
    let query = "{ __schema { queryType { name } types { name description fields { name description } } } __typename }";
    let data = world.anyone().data(query, json!({})).await;
    assert_eq!(data["__typename"], "Query");
    let types = data["__schema"]["types"].as_array().expect("types");
    for name in ["Book", "User", "Borrowing", "MyPage", "LoanEvent"] {
        let found = types.iter().find(|described| described["name"] == name);
        let found = found.unwrap_or_else(|| panic!("{name} is missing"));
        assert!(
            found["description"].is_string(),
            "{name} has no description"
        );
        let fields = found["fields"].as_array().expect("fields");
        assert!(
            fields.iter().all(|field| field["description"].is_string()),
            "{name}: {fields:?}"
        );
    }
    let internal = |described: &Value| {
        let name = described["name"].as_str().unwrap_or_default();
        name.starts_with("join__") || name == "_Any" || name == "_Entity" || name == "_Service"
    };
    assert!(
        !types.iter().any(internal),
        "federation's own types are nobody's business"
    );
}

async fn get(world: &World) {
    let ask = async |query: &str| {
        let url = reqwest::Url::parse_with_params(world.gateway(), [("query", query)]);
        let request = world.http().get(url.expect("an address"));
        let request = request.header("accept", "application/graphql-response+json");
        request
            .header("apollo-require-preflight", "true")
            .send()
            .await
            .expect("an answer")
    };
    let answer = ask("{ books(first: 1) { pageInfo { hasNextPage } } }").await;
    assert_eq!(answer.status(), 200);
    let kind = answer.headers()["content-type"]
        .to_str()
        .expect("text")
        .to_owned();
    assert!(
        kind.starts_with("application/graphql-response+json"),
        "{kind}"
    );
    let body: Value = answer.json().await.expect("JSON");
    assert!(body["data"]["books"].is_object(), "{body}");

    let answer = ask("mutation { signIn(card: \"x\", password: \"y\") { token } }").await;
    assert_eq!(answer.status(), 405);
    let answer = ask("{ nothing }").await;
    assert_eq!(answer.status(), 400);
}

async fn mutations_in_order(world: &World) {
    let librarian = world.librarian().await;
    let book = world.book(1, 10).await;
    // Each sees what those before it did, though other services resolve parts of the answers.
    let query = "mutation($id: ID!) {
        a: updateBook(input: {id: $id, copies: 2}) { copies borrowings { edges { node { id } } } }
        b: updateBook(input: {id: $id, copies: 3}) { copies borrowings { edges { node { id } } } }
        c: withdrawBook(id: $id) { copies status }
        d: restoreBook(id: $id) { copies status } }";
    let data = librarian.data(query, json!({"id": book.id})).await;
    let none = json!({"edges": []});
    assert_eq!(
        data,
        json!({
            "a": {"copies": 2, "borrowings": none},
            "b": {"copies": 3, "borrowings": none},
            "c": {"copies": 3, "status": "UNAVAILABLE"},
            "d": {"copies": 3, "status": "AVAILABLE"}
        })
    );
}

async fn invalid(world: &World) {
    for query in [
        "{ nothing }",
        "{ me { ",
        "query($id: ID!) { book(id: $id) { id } }",
    ] {
        let reply = world.anyone().run(query, json!({})).await;
        assert!(
            reply.body.get("data").is_none() && reply.body["errors"].is_array(),
            "{query}: {}",
            reply.body
        );
    }
}

async fn explorer(world: &World) {
    let answer = world
        .http()
        .get(world.gateway())
        .header("accept", "text/html")
        .send()
        .await;
    let answer = answer.expect("an answer");
    assert_eq!(answer.status(), 200);
    let page = answer.text().await.expect("text");
    assert!(page.to_lowercase().contains("<!doctype html>"));
    // It must work without internet.
    for attribute in [
        "src=\"http",
        "src='http",
        "href=\"http",
        "url(http",
        "@import",
    ] {
        assert!(
            !page.contains(attribute),
            "the page loads something from elsewhere: {attribute}"
        );
    }
}

async fn operable(world: &World) {
    let mut addresses = vec![world.gateway().trim_end_matches('/').to_owned()];
    for service in SUBGRAPHS {
        addresses.push(world.service_url(service).await);
    }
    for address in addresses {
        for path in ["/health", "/health?live", "/health?ready"] {
            let answer = world
                .http()
                .get(format!("{address}{path}"))
                .send()
                .await
                .expect("an answer");
            assert_eq!(answer.status(), 200, "{address}{path}");
            let body: Value = answer.json().await.expect("JSON");
            assert_eq!(body["status"], "UP", "{address}{path}");
        }
        let answer = world
            .http()
            .get(format!("{address}/metrics"))
            .send()
            .await
            .expect("an answer");
        let metrics = answer.text().await.expect("text");
        assert!(
            metrics.contains("http_request_duration_seconds_count"),
            "{address}: {metrics}"
        );
    }
}
