//! The page that browsers get: a small GraphQL IDE.
//!
//! Written by hand, without a build step and without anything from elsewhere, so that it works behind any firewall and
//! under a policy that forbids everything but itself.

use axum::{Router, body::Body, response::Response, routing::get};
use http::{HeaderName, HeaderValue, header};

const PAGE: &str = include_str!("explorer/index.html");
const STYLE: &str = include_str!("explorer/explorer.css");
const SCRIPT: &str = include_str!("explorer/explorer.js");

/// `connect-src` covers the WebSocket as well (CSP 3, section 6.7.2.8); the schemes are for browsers that predate it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' ws: wss:; \
                      img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The page.
pub(crate) fn page() -> Response {
    answer("text/html; charset=utf-8", PAGE)
}

/// Where the page finds what it loads: its links are relative to the endpoint, and `/graphql` is one as well.
pub(crate) fn asset_paths(endpoint: &str) -> Vec<(String, &'static str, &'static str)> {
    let mut folders = vec!["/"];
    let folder = &endpoint[..=endpoint.rfind('/').unwrap_or(0)];
    if folder != "/" {
        folders.push(folder);
    }
    let assets = |folder: &str| {
        [
            (
                format!("{folder}explorer/explorer.css"),
                "text/css; charset=utf-8",
                STYLE,
            ),
            (
                format!("{folder}explorer/explorer.js"),
                "text/javascript; charset=utf-8",
                SCRIPT,
            ),
        ]
    };
    folders.into_iter().flat_map(assets).collect()
}

/// What the page loads.
pub(crate) fn assets(endpoint: &str) -> Router {
    asset_paths(endpoint).into_iter().fold(
        Router::new(),
        |router, (path, content_type, content)| {
            router.route(
                &path,
                get(move || async move { answer(content_type, content) }),
            )
        },
    )
}

fn answer(content_type: &'static str, content: &'static str) -> Response {
    let mut response = Response::new(Body::from(content));
    let fixed: [(HeaderName, &str); 6] = [
        (header::CONTENT_TYPE, content_type),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        // A new version of the gateway brings a new page; there is no version in the paths.
        (header::CACHE_CONTROL, "no-cache"),
        // The same address answers programs with JSON.
        (header::VARY, "accept"),
    ];
    for (name, value) in fixed {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
