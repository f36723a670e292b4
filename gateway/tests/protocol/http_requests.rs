//! GraphQL over HTTP: methods, media types, bodies.

use http::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, World};

const GRAPHQL: &str = "application/graphql-response+json; charset=utf-8";
const JSON: &str = "application/json; charset=utf-8";

#[tokio::test]
async fn the_accept_header_decides_type_and_status() {
    let world = World::start("").await;
    let post = async |accept: Option<&str>, body: Value| {
        let mut request = world.post().json(&body);
        if let Some(accept) = accept {
            request = request.header("accept", accept);
        }
        Answer::read(request.send().await.unwrap()).await
    };
    let good = json!({ "query": "{ hello }" });
    let invalid = json!({ "query": "{ nothing }" });
    let unparsable = json!({ "query": "{" });
    let malformed = json!({ "query": 1 });
    for (accept, body, status, content_type) in [
        (
            Some("application/graphql-response+json"),
            &good,
            200,
            GRAPHQL,
        ),
        (
            Some("application/graphql-response+json"),
            &invalid,
            400,
            GRAPHQL,
        ),
        (
            Some("application/graphql-response+json"),
            &unparsable,
            400,
            GRAPHQL,
        ),
        (
            Some("application/graphql-response+json"),
            &malformed,
            400,
            GRAPHQL,
        ),
        (Some("application/json"), &good, 200, JSON),
        (Some("application/json"), &invalid, 200, JSON),
        (Some("application/json"), &unparsable, 200, JSON),
        (Some("application/json"), &malformed, 400, JSON),
        (Some("*/*"), &good, 200, JSON),
        (
            Some("text/html;q=0.9, application/json;q=0.8"),
            &good,
            200,
            JSON,
        ),
        (Some("text/plain"), &good, 406, JSON),
        (
            Some("multipart/mixed;subscriptionSpec=1.0"),
            &good,
            200,
            JSON,
        ),
    ] {
        let answer = post(accept, body.clone()).await;
        assert_eq!(answer.status, status, "{accept:?} {body}: {answer:?}");
        assert_eq!(
            answer.header("content-type"),
            content_type,
            "{accept:?} {body}"
        );
        if body == &good && status == 200 {
            assert_eq!(answer.json(), json!({ "data": { "hello": "world" } }));
        } else {
            assert!(
                !answer.message().is_empty(),
                "{accept:?} {body}: {answer:?}"
            );
        }
    }
}

#[tokio::test]
async fn what_is_no_graphql_request_is_refused() {
    let world = World::start("").await;
    for (content_type, body, status, code, message) in [
        (
            "application/json",
            "{",
            400,
            "BAD_REQUEST",
            "the body is not valid JSON",
        ),
        (
            "application/json",
            "",
            400,
            "BAD_REQUEST",
            "the body is not valid JSON",
        ),
        (
            "application/json",
            "7",
            400,
            "BAD_REQUEST",
            "the body is not a JSON object",
        ),
        (
            "application/json",
            "{}",
            400,
            "BAD_REQUEST",
            "`query` is missing",
        ),
        (
            "application/json",
            "[]",
            400,
            "BATCHING_NOT_SUPPORTED",
            "batches are not supported",
        ),
        (
            "application/json",
            r#"{"query":"{ hello }","variables":"{}"}"#,
            400,
            "BAD_REQUEST",
            "`variables` must be an object, not a string",
        ),
        (
            "application/json",
            r#"{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"a"}}}"#,
            400,
            "PERSISTED_QUERY_NOT_SUPPORTED",
            "PersistedQueryNotSupported",
        ),
        (
            "application/json; charset=latin1",
            "{}",
            415,
            "UNSUPPORTED_MEDIA_TYPE",
            "charset",
        ),
        (
            "application/graphql",
            "{ hello }",
            415,
            "UNSUPPORTED_MEDIA_TYPE",
            "application/graphql",
        ),
        ("text/plain", "{}", 400, "CSRF_ERROR", "foreign web page"),
        (
            "multipart/form-data; boundary=x",
            "--x--",
            400,
            "CSRF_ERROR",
            "foreign web page",
        ),
    ] {
        let request = world.post().header("content-type", content_type).body(body);
        let request = request.header("accept", "application/graphql-response+json");
        let answer = Answer::read(request.send().await.unwrap()).await;
        assert_eq!(answer.status, status, "{content_type} {body}: {answer:?}");
        assert_eq!(answer.code(), code, "{content_type} {body}");
        assert!(
            answer.message().contains(message),
            "{content_type} {body}: {answer:?}"
        );
    }
    let vouched = world
        .post()
        .header("apollo-require-preflight", "1")
        .body("{}")
        .send();
    assert_eq!(Answer::read(vouched.await.unwrap()).await.status, 415);
    let zipped = world
        .post()
        .header("content-encoding", "gzip")
        .json(&json!({}))
        .send();
    assert_eq!(Answer::read(zipped.await.unwrap()).await.status, 415);
}

#[tokio::test]
async fn get_is_for_queries() {
    let world = World::start("").await;
    let get = async |query: &str| {
        let request = world.request(Method::GET, &format!("/?{query}"));
        let request = request.header("x-apollo-operation-name", "x");
        Answer::read(request.send().await.unwrap()).await
    };
    let variables = "query=query%20H($n:String!)%7Bheader(name:$n)%7D&operationName=H\
                     &variables=%7B%22n%22:%22x-apollo-operation-name%22%7D";
    let answer = get(variables).await;
    assert_eq!(
        (answer.status.as_u16(), answer.json()),
        (200, json!({ "data": { "header": null } }))
    );

    for refused in [
        "query=mutation%7Btouch%7D",
        "query=subscription%7Bforever%7D",
    ] {
        let answer = get(refused).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("allow")),
            (405, "POST"),
            "{answer:?}"
        );
        assert_eq!(answer.code(), "METHOD_NOT_ALLOWED");
    }
    for malformed in ["", "query=%7Bhello%7D&variables=7", "query=a&query=b"] {
        assert_eq!(get(malformed).await.status, 400, "{malformed}");
    }
    let touched = world.query("mutation { touch }").await;
    assert_eq!(
        touched.json(),
        json!({ "data": { "touch": 1 } }),
        "a refused mutation has run"
    );

    let simple = world
        .request(Method::GET, "/?query=%7Bhello%7D")
        .send()
        .await
        .unwrap();
    let simple = Answer::read(simple).await;
    assert_eq!(
        (simple.status.as_u16(), simple.code().as_str()),
        (400, "CSRF_ERROR")
    );
}

#[tokio::test]
async fn the_csrf_check_can_be_switched_off() {
    let world = World::start("csrf: { unsafe_disabled: true }").await;
    let simple = world
        .request(Method::GET, "/?query=%7Bhello%7D")
        .send()
        .await
        .unwrap();
    assert_eq!(
        Answer::read(simple).await.json(),
        json!({ "data": { "hello": "world" } })
    );
}

#[tokio::test]
async fn other_methods_and_paths_are_refused() {
    let world = World::start("").await;
    for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS] {
        let answer = Answer::read(world.request(method, "/").send().await.unwrap()).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("allow")),
            (405, "GET, POST")
        );
    }
    let body = json!({ "query": "{ hello }" });
    let elsewhere = world
        .request(Method::POST, "/elsewhere")
        .json(&body)
        .send()
        .await
        .unwrap();
    assert_eq!(elsewhere.status(), 404);
    let alias = world
        .request(Method::POST, "/graphql")
        .json(&body)
        .send()
        .await
        .unwrap();
    assert_eq!(alias.status(), 200);
}

#[tokio::test]
async fn paths_follow_the_configuration() {
    let config =
        "supergraph: { path: /api }\nhealth_check: { path: /up }\nexplorer: { enabled: false }";
    let world = World::start(config).await;
    let body = json!({ "query": "{ hello }" });
    let status = async |method: Method, path: &str| {
        world
            .request(method, path)
            .json(&body)
            .send()
            .await
            .unwrap()
            .status()
            .as_u16()
    };
    assert_eq!(status(Method::POST, "/api").await, 200);
    assert_eq!(status(Method::POST, "/").await, 404);
    assert_eq!(status(Method::GET, "/up").await, 200);
    assert_eq!(status(Method::GET, "/up?ready").await, 200);
    assert_eq!(status(Method::GET, "/health").await, 404);
    assert_eq!(status(Method::GET, "/explorer/explorer.js").await, 404);
}

#[tokio::test]
async fn bodies_are_bounded() {
    let world = World::start("limits: { http_max_request_bytes: 200 }").await;
    let fits = json!({ "query": "{ hello }" }).to_string();
    let large = json!({ "query": format!("{{ hello }}{}", " ".repeat(200)) }).to_string();
    let send = async |body: reqwest::Body| {
        let request = world
            .post()
            .header("content-type", "application/json")
            .body(body);
        Answer::read(request.send().await.unwrap()).await
    };
    let chunked = |text: &str| {
        let chunks: Vec<_> = text
            .as_bytes()
            .chunks(64)
            .map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec()))
            .collect();
        reqwest::Body::wrap_stream(futures_util::stream::iter(chunks))
    };
    assert_eq!(send(fits.clone().into()).await.status, 200);
    assert_eq!(send(chunked(&fits)).await.status, 200);
    for body in [large.clone().into(), chunked(&large)] {
        let answer = send(body).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (413, "PAYLOAD_TOO_LARGE")
        );
    }
}

#[tokio::test]
async fn a_browser_gets_the_explorer() {
    let world = World::start("").await;
    let page = world
        .request(Method::GET, "/")
        .header("accept", "text/html,*/*;q=0.8");
    let page = Answer::read(page.send().await.unwrap()).await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    let policy = page.header("content-security-policy");
    assert!(
        policy.contains("default-src 'none'") && !policy.contains("unsafe"),
        "{policy}"
    );
    assert!(
        !page.text.contains("://"),
        "the page loads something from elsewhere"
    );
    for (path, content_type) in [
        ("explorer/explorer.css", "text/css; charset=utf-8"),
        ("explorer/explorer.js", "text/javascript; charset=utf-8"),
    ] {
        assert!(page.text.contains(path), "{path}");
        let asset = world
            .request(Method::GET, &format!("/{path}"))
            .send()
            .await
            .unwrap();
        assert_eq!(
            Answer::read(asset).await.header("content-type"),
            content_type
        );
    }
    let linked = world
        .request(Method::GET, "/?query=%7Bhello%7D")
        .header("accept", "text/html, */*");
    let linked = linked
        .header("apollo-require-preflight", "1")
        .send()
        .await
        .unwrap();
    assert_eq!(
        Answer::read(linked).await.json(),
        json!({ "data": { "hello": "world" } })
    );
}

#[tokio::test]
async fn the_explorer_finds_its_parts_below_any_endpoint() {
    let world = World::start("supergraph: { path: /api/v1/graphql }").await;
    for page in ["/api/v1/graphql", "/graphql"] {
        let request = world
            .request(Method::GET, page)
            .header("accept", "text/html");
        assert_eq!(request.send().await.unwrap().status(), 200);
        let folder = page.trim_end_matches("graphql");
        let script = format!("{folder}explorer/explorer.js");
        assert_eq!(
            world
                .request(Method::GET, &script)
                .send()
                .await
                .unwrap()
                .status(),
            200
        );
    }
}

#[tokio::test]
async fn long_responses_are_compressed_for_those_who_ask() {
    let world = World::start("").await;
    let body = json!({ "query": "{ long(length: 4000) }" });
    let zipped = world
        .post()
        .json(&body)
        .header("accept-encoding", "gzip")
        .send()
        .await
        .unwrap();
    assert_eq!(zipped.headers()["content-encoding"], "gzip");
    assert!(zipped.bytes().await.unwrap().len() < 400);
    let plain = world.post().json(&body).send().await.unwrap();
    assert!(!plain.headers().contains_key("content-encoding"));
}
