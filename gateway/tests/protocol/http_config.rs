//! What operators read when the configuration is wrong.

use federation::Supergraph;
use gateway::{Config, Gateway};
use insta::assert_snapshot;
use ops::metrics::Metrics;
use tokio_util::sync::CancellationToken;

fn refusal(yaml: &str) -> String {
    let set = |name: &str| (name == "PORT").then(|| "4100".to_owned());
    Config::from_yaml_with(yaml, set).unwrap_err().to_string()
}

#[test]
fn unknown_keys_are_named_with_those_that_exist() {
    assert_snapshot!(
        "unknown_section",
        refusal("supergraph:\n  listen: 0.0.0.0:4000\ntelemetri: {}\n")
    );
    assert_snapshot!(
        "unknown_key",
        refusal("traffic_shaping:\n  router:\n    timout: 5s\n")
    );
    assert_snapshot!(
        "unknown_rule",
        refusal("headers: { all: { request: [{ forward: { named: a } }] } }\n")
    );
}

#[test]
fn wrong_values_are_explained() {
    let cases = [
        "supergraph: { listen: localhost }",
        "supergraph: { introspection: 7 }",
        "supergraph: { path: graphql }",
        "health_check: { path: / }",
        "health_check: { path: /metrics }",
        "supergraph: { path: /metrics }",
        "supergraph: { path: /api/graphql }\nhealth_check: { path: /api/explorer/explorer.js }",
        "traffic_shaping: { router: { timeout: 30 parsecs } }",
        "traffic_shaping: { router: { timeout: 0s } }",
        "traffic_shaping: { router: { concurrency_limit: 0 } }",
        "limits: { parser_max_tokens: -1 }",
        "override_subgraph_url: { one: 'ftp://example.org' }",
        "subscription: { mode: { passthrough: { all: { protocol: graphql_transport_ws } } } }",
        "authentication: { router: { jwt: { jwks: [] } } }",
        "authentication: { router: { jwt: { jwks: [{ url: nowhere }] } } }",
        "authorization: { require_authentication: true }",
        "cors: { allow_any_origin: true, allow_credentials: true }",
        "cors: { origins: ['https://example.org/'] }",
        "headers: { all: { request: [{ propagate: { named: host } }] } }",
        "headers: { all: { request: [{ propagate: { matching: '(' } }] } }",
        "supergraph: { listen: '${env.ADDRESS}' }",
    ];
    let lines: Vec<_> = cases
        .iter()
        .map(|yaml| format!("{yaml}\n    {}", refusal(yaml).replace('\n', "\n    ")))
        .collect();
    assert_snapshot!("wrong_values", lines.join("\n\n"));
}

#[test]
fn names_of_apollo_router_are_understood() {
    let yaml = "
supergraph: { listen: '127.0.0.1:${env.PORT:-4000}', path: /, introspection: true }
sandbox: { enabled: true }
health_check: { enabled: true, path: /health }
override_subgraph_url: { book: 'http://127.0.0.1:4001/graphql' }
subscription: { enabled: true, mode: { passthrough: { all: { path: /graphql/ws, protocol: graphql_ws } } } }
headers:
  all:
    request:
      - propagate: { named: authorization }
      - propagate: { matching: '^x-.*' }
      - insert: { name: x-from, value: gateway }
      - remove: { named: x-internal }
authentication: { router: { jwt: { jwks: [{ url: 'http://127.0.0.1:4003/.well-known/jwks.json', issuer: circulate }] } } }
include_subgraph_errors: { all: false, subgraphs: { book: true } }
cors: { origins: ['https://app.example'], allow_credentials: true }
limits: { http_max_request_bytes: 2000000, parser_max_tokens: 15000, parser_max_recursion: 500, max_depth: 20, max_aliases: 30 }
traffic_shaping: { router: { timeout: 30s, concurrency_limit: 100 }, all: { timeout: 5s } }
";
    let config =
        Config::from_yaml_with(yaml, |name| (name == "PORT").then(|| "4100".to_owned())).unwrap();
    assert_eq!(config.supergraph.listen.to_string(), "127.0.0.1:4100");
    assert_eq!(config.limits.max_depth, Some(20));
    assert_eq!(config.traffic_shaping.all.timeout.as_secs(), 5);
}

#[test]
fn an_empty_configuration_is_the_default() {
    for yaml in ["", "# nothing yet\n", "---\n"] {
        let config = Config::from_yaml(yaml).unwrap();
        assert_eq!(format!("{config:?}"), format!("{:?}", Config::default()));
    }
}

#[tokio::test]
async fn subgraphs_that_do_not_exist_or_have_no_address_are_named() {
    let supergraph = include_str!("supergraph.graphql");
    let start = |yaml: &str, supergraph: &str| {
        let config = Config::from_yaml(yaml).unwrap();
        let stop = CancellationToken::new();
        let supergraph = Supergraph::parse(supergraph).unwrap();
        match Gateway::new(config, supergraph, Metrics::new("gateway"), stop) {
            Ok(_) => "started".to_owned(),
            Err(error) => error.to_string(),
        }
    };
    let two = "override_subgraph_url: { two: 'http://127.0.0.1:1' }";
    assert_snapshot!("unknown_subgraph", start(two, supergraph));
    assert_snapshot!(
        "no_url",
        start("", &supergraph.replace("http://127.0.0.1:9/graphql", ""))
    );
    assert_eq!(start("", supergraph), "started");
}

#[tokio::test]
async fn overrides_that_do_not_exist_are_named() {
    let supergraph = include_str!("../engine/labels.graphql");
    let start = |yaml: &str| {
        let config = match Config::from_yaml(yaml) {
            Ok(config) => config,
            Err(error) => return error.to_string(),
        };
        let stop = CancellationToken::new();
        let supergraph = Supergraph::parse(supergraph).unwrap();
        match Gateway::new(config, supergraph, Metrics::new("gateway"), stop) {
            Ok(_) => "started".to_owned(),
            Err(error) => error.to_string(),
        }
    };
    assert_eq!(start("override_labels: [beta]"), "started");
    assert_eq!(
        start("override_labels: [beta, gamma]"),
        "configuration: override_labels: no @override has the label `gamma`; \
         the supergraph has beta, percent(25), percent(75)"
    );
    assert_eq!(
        start("override_labels: ['percent(25)']"),
        "configuration: override_labels: `percent(25)` is decided anew for every request, it cannot be switched on"
    );
}
