//! Who may call, what goes upstream, how much runs at once, and how the gateway stops.

use http::Method;
use serde_json::json;

use crate::{
    harness::{Answer, PATIENCE, World},
    tokens::Tokens,
};

const WHO: &str = r#"{ header(name: "authorization") }"#;

#[tokio::test]
async fn tokens_are_verified_and_passed_on() {
    let tokens = Tokens::serve().await;
    let world = World::start(&tokens.config()).await;
    let ask = async |authorization: Option<&str>| {
        let mut request = world.post().json(&json!({ "query": WHO }));
        if let Some(value) = authorization {
            request = request.header("authorization", value);
        }
        Answer::read(request.send().await.unwrap()).await
    };
    assert_eq!(
        ask(None).await.json(),
        json!({ "data": { "header": null } })
    );
    let bearer = tokens.bearer(3_600);
    let mut answer = ask(Some(&bearer)).await;
    // The first one may come before the keys.
    while answer.status == 503 {
        assert_eq!(answer.code(), "SERVICE_UNAVAILABLE");
        answer = ask(Some(&bearer)).await;
    }
    assert_eq!(answer.json(), json!({ "data": { "header": bearer } }));

    let forged = format!(
        "{}x",
        bearer.trim_end_matches(|c: char| c.is_ascii_alphanumeric())
    );
    let expired = tokens.bearer(-60);
    for refused in [
        forged.as_str(),
        "Bearer x",
        "Basic eDp5",
        "Bearer",
        expired.as_str(),
    ] {
        let answer = ask(Some(refused)).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (401, "UNAUTHENTICATED")
        );
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
    assert_eq!(ask(Some(&expired)).await.message(), "the token has expired");
}

#[tokio::test]
async fn callers_without_a_token_can_be_refused() {
    let tokens = Tokens::serve().await;
    let config = format!(
        "{}authorization: {{ require_authentication: true }}",
        tokens.config()
    );
    let world = World::start(&config).await;
    let answer = world.query("{ hello }").await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (401, "UNAUTHENTICATED")
    );
}

#[tokio::test]
async fn without_keys_a_token_cannot_be_judged() {
    let jwt = "authentication: { router: { jwt: { jwks: [{ url: 'http://127.0.0.1:9/' }] } } }";
    let world = World::start(jwt).await;
    let token = Tokens::serve().await.bearer(60);
    let request = world
        .post()
        .json(&json!({ "query": "{ hello }" }))
        .header("authorization", token);
    let answer = Answer::read(request.send().await.unwrap()).await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("retry-after")),
        (503, "2")
    );
    assert_eq!(answer.code(), "SERVICE_UNAVAILABLE");
}

#[tokio::test]
async fn headers_go_upstream_only_by_rule() {
    let rules = "headers: { all: { request: [{ propagate: { matching: '^x-' } }, \
                 { insert: { name: x-from, value: gateway } }, { remove: { named: x-secret } }] } }";
    let world = World::start(rules).await;
    let query = r#"{ a: header(name: "x-a") from: header(name: "x-from") secret: header(name: "x-secret")
                     cookie: header(name: "cookie") }"#;
    let request = world.post().json(&json!({ "query": query }));
    let request = request
        .header("x-a", "1")
        .header("x-from", "me")
        .header("x-secret", "s");
    let answer = Answer::read(request.header("cookie", "c=1").send().await.unwrap()).await;
    let data = json!({ "a": "1", "from": "gateway", "secret": null, "cookie": null });
    assert_eq!(answer.json(), json!({ "data": data }));
}

#[tokio::test]
async fn pages_of_allowed_origins_may_call() {
    let world = World::start("cors: { origins: ['https://app.example'] }").await;
    let preflight = async |origin: &str| {
        let request = world.request(Method::OPTIONS, "/").header("origin", origin);
        let request = request.header("access-control-request-method", "POST");
        let request = request.header(
            "access-control-request-headers",
            "content-type, authorization",
        );
        Answer::read(request.send().await.unwrap()).await
    };
    let allowed = preflight("https://app.example").await;
    assert_eq!(allowed.status, 200);
    assert_eq!(
        allowed.header("access-control-allow-origin"),
        "https://app.example"
    );
    assert_eq!(
        allowed.header("access-control-allow-headers"),
        "content-type, authorization"
    );
    assert_eq!(
        preflight("https://evil.example")
            .await
            .header("access-control-allow-origin"),
        ""
    );
}

#[tokio::test]
async fn more_than_the_limit_is_told_to_come_back() {
    let world = World::start("traffic_shaping: { router: { concurrency_limit: 1 } }").await;
    let waiting = world.post().json(&json!({ "query": "{ slow }" })).send();
    let waiting = tokio::spawn(waiting);
    world.subgraph.entered(1).await;
    let refused = world.query("{ hello }").await;
    assert_eq!(
        (refused.status.as_u16(), refused.header("retry-after")),
        (503, "1")
    );
    assert_eq!(refused.code(), "SERVICE_UNAVAILABLE");
    world.subgraph.gate.add_permits(1);
    let finished = Answer::read(waiting.await.unwrap().unwrap()).await;
    assert_eq!(finished.json(), json!({ "data": { "slow": true } }));
    assert_eq!(world.query("{ hello }").await.status, 200);
}

#[tokio::test]
async fn an_operation_that_takes_too_long_is_given_up() {
    let world = World::start("traffic_shaping: { router: { timeout: 200ms } }").await;
    let answer = world.query("{ slow }").await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (504, "GATEWAY_TIMEOUT")
    );
}

#[tokio::test]
async fn subscriptions_come_as_multipart_to_those_who_understand_it() {
    let world = World::start("").await;
    let subscribe = async |accept: &str| {
        let body = json!({ "query": "subscription { count(to: 2) }" });
        Answer::read(
            world
                .post()
                .json(&body)
                .header("accept", accept)
                .header("accept-encoding", "gzip")
                .send()
                .await
                .unwrap(),
        )
        .await
    };
    let refused = subscribe("application/json").await;
    assert_eq!(
        (refused.status.as_u16(), refused.code().as_str()),
        (406, "NOT_ACCEPTABLE")
    );

    let answer = subscribe("multipart/mixed;boundary=graphql;subscriptionSpec=1.0").await;
    let content_type = "multipart/mixed;boundary=\"graphql\";subscriptionSpec=1.0";
    assert_eq!(
        (answer.status.as_u16(), answer.header("content-type")),
        (200, content_type)
    );
    let part = |count| {
        let json = json!({ "payload": { "data": { "count": count } } });
        format!("\r\ncontent-type: application/json\r\n\r\n{json}")
    };
    let expected = format!(
        "\r\n--graphql{}\r\n--graphql{}\r\n--graphql--\r\n",
        part(1),
        part(2)
    );
    assert_eq!(answer.text, expected);
}

#[tokio::test]
async fn a_multipart_subscription_ends_with_its_token() {
    let tokens = Tokens::serve().await;
    let world = World::start(&tokens.config()).await;
    let subscribe = async || {
        let request = world
            .post()
            .json(&json!({ "query": "subscription { forever }" }));
        let request = request.header("authorization", tokens.bearer(2));
        request
            .header("accept", "multipart/mixed;subscriptionSpec=1.0")
            .send()
            .await
            .unwrap()
    };
    let mut response = subscribe().await;
    while response.status() == 503 {
        response = subscribe().await;
    }
    let text = Answer::read(response).await.text;
    let last = text
        .split("--graphql")
        .filter(|part| part.contains('{'))
        .last()
        .unwrap();
    let json = last.split("\r\n\r\n").nth(1).unwrap();
    let message: serde_json::Value = serde_json::from_str(json).unwrap();
    assert_eq!(message["payload"], json!(null));
    assert_eq!(message["errors"][0]["extensions"]["code"], "TOKEN_EXPIRED");
    world.subgraph.listeners(0).await;
}

#[tokio::test]
async fn switched_off_subscriptions_are_refused() {
    let world = World::start("subscription: { enabled: false }").await;
    let request = world
        .post()
        .json(&json!({ "query": "subscription { forever }" }));
    let request = request.header("accept", "multipart/mixed;subscriptionSpec=1.0");
    let answer = Answer::read(request.send().await.unwrap()).await;
    assert_eq!(answer.code(), "SUBSCRIPTION_NOT_ENABLED");
    world.subgraph.listeners(0).await;
}

#[tokio::test]
async fn requests_in_flight_finish_when_the_gateway_stops() {
    let world = World::start("").await;
    let waiting = tokio::spawn(world.post().json(&json!({ "query": "{ slow }" })).send());
    world.subgraph.entered(1).await;
    let request = world
        .post()
        .json(&json!({ "query": "subscription { forever }" }));
    let request = request.header("accept", "multipart/mixed;subscriptionSpec=1.0");
    let mut stream = request.send().await.unwrap();
    stream.chunk().await.unwrap();
    world.stop.cancel();
    while world.post().send().await.is_ok() {
        tokio::task::yield_now().await;
    }
    let stream = tokio::time::timeout(PATIENCE, stream.text())
        .await
        .unwrap()
        .unwrap();
    assert!(stream.ends_with("--\r\n"), "{stream}");
    world.subgraph.gate.add_permits(1);
    let finished = Answer::read(waiting.await.unwrap().unwrap()).await;
    assert_eq!(finished.json(), json!({ "data": { "slow": true } }));
    tokio::time::timeout(PATIENCE, world.server)
        .await
        .unwrap()
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn operations_are_counted() {
    let world = World::start("").await;
    world.query("{ hello }").await;
    world.query("{ nothing }").await;
    for outcome in ["data", "refused"] {
        let labels = [("outcome", outcome), ("transport", "http")];
        assert_eq!(world.metric("gateway_operations_total", &labels).await, 1);
    }
}
