//! Responses and refusals as HTTP.

use std::time::Duration;

use axum::{body::Body, response::Response};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde_json::json;

use super::Format;
use crate::engine;

/// The engine's code for a mutation that came by GET.
const NOT_BY_GET: &str = "METHOD_NOT_ALLOWED";

/// A request that got no GraphQL execution.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
    header: Option<(HeaderName, HeaderValue)>,
    /// The request was well-formed GraphQL over HTTP, so `application/json` clients get 200.
    well_formed: bool,
}

impl Refusal {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            header: None,
            well_formed: false,
        }
    }

    fn with(mut self, name: HeaderName, value: &'static str) -> Self {
        self.header = Some((name, HeaderValue::from_static(value)));
        self
    }

    /// Not a GraphQL-over-HTTP request.
    pub(super) fn malformed(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BAD_REQUEST", message)
    }

    /// A JSON array of requests.
    pub(super) fn batch() -> Self {
        let message = "batches are not supported: send one operation per request";
        Self::new(StatusCode::BAD_REQUEST, "BATCHING_NOT_SUPPORTED", message)
    }

    /// A hash in place of a document; clients that try hashes first fall back on seeing this very message.
    pub(super) fn persisted_query() -> Self {
        let refusal = Self::new(
            StatusCode::BAD_REQUEST,
            "PERSISTED_QUERY_NOT_SUPPORTED",
            "PersistedQueryNotSupported",
        );
        Self {
            well_formed: true,
            ..refusal
        }
    }

    /// None of our media types would be understood.
    pub(super) fn not_acceptable() -> Self {
        let message =
            "this endpoint answers application/graphql-response+json and application/json";
        Self::new(StatusCode::NOT_ACCEPTABLE, "NOT_ACCEPTABLE", message)
    }

    /// A subscription whose client cannot take a stream.
    pub(super) fn subscription_not_acceptable() -> Self {
        let message = "subscriptions need a WebSocket (graphql-transport-ws) or \
                       `Accept: multipart/mixed;subscriptionSpec=1.0`";
        Self::new(StatusCode::NOT_ACCEPTABLE, "NOT_ACCEPTABLE", message)
    }

    /// A body of another kind.
    pub(super) fn unsupported(message: impl Into<String>) -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "UNSUPPORTED_MEDIA_TYPE",
            message,
        )
    }

    /// Another method is needed.
    pub(super) fn method(allow: &'static str) -> Self {
        let message = format!("this needs one of these methods: {allow}");
        Self::new(StatusCode::METHOD_NOT_ALLOWED, NOT_BY_GET, message).with(header::ALLOW, allow)
    }

    /// More bytes than allowed.
    pub(super) fn too_large(limit: usize) -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "PAYLOAD_TOO_LARGE",
            format!("the body exceeds {limit} bytes"),
        )
    }

    /// A request that any web page could have made.
    pub(super) fn csrf(required: &[String]) -> Self {
        let message = format!(
            "this request could have been sent by a foreign web page: send `Content-Type: application/json` or one of \
             these headers: {}",
            required.join(", ")
        );
        Self::new(StatusCode::BAD_REQUEST, "CSRF_ERROR", message)
    }

    /// A token that does not hold.
    pub(super) fn unauthenticated(code: &'static str, message: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, code, message).with(header::WWW_AUTHENTICATE, "Bearer")
    }

    /// Something needed is away for now.
    pub(super) fn unavailable(message: &str) -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "SERVICE_UNAVAILABLE",
            message,
        )
        .with(header::RETRY_AFTER, "2")
    }

    /// As much as allowed is already running.
    pub(super) fn overload() -> Self {
        let message = "too many operations are running, try again";
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "SERVICE_UNAVAILABLE",
            message,
        )
        .with(header::RETRY_AFTER, "1")
    }

    /// The body did not come in time.
    pub(super) fn slow_body() -> Self {
        Self::new(
            StatusCode::REQUEST_TIMEOUT,
            "REQUEST_TIMEOUT",
            "the body took too long to arrive",
        )
    }

    /// The answer was not ready in time.
    pub(super) fn timeout() -> Self {
        Self::new(
            StatusCode::GATEWAY_TIMEOUT,
            "GATEWAY_TIMEOUT",
            "the operation took too long",
        )
    }

    /// The text for the client.
    pub(super) fn message(&self) -> &str {
        &self.message
    }

    /// The refusal as a GraphQL-shaped response.
    pub(super) fn into_response(self, format: Format) -> Response {
        let body =
            json!({ "errors": [{ "message": self.message, "extensions": { "code": self.code } }] });
        let status = if self.well_formed && format == Format::Json {
            StatusCode::OK
        } else {
            self.status
        };
        let mut response = write(status, format, Bytes::from(body.to_string()));
        if let Some((name, value)) = self.header {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

/// The engine's response as HTTP.
pub(super) fn response(response: &engine::Response, format: Format) -> Response {
    let status = match (response.is_request_error(), format) {
        _ if response.code() == Some(NOT_BY_GET) => StatusCode::METHOD_NOT_ALLOWED,
        _ if response.code() == Some("GATEWAY_TIMEOUT") => StatusCode::GATEWAY_TIMEOUT,
        _ if response.retry_after().is_some() => StatusCode::SERVICE_UNAVAILABLE,
        (true, Format::GraphqlResponse) => StatusCode::BAD_REQUEST,
        (true, Format::Json) | (false, _) => StatusCode::OK,
    };
    let mut written = write(status, format, response.to_bytes());
    if status == StatusCode::METHOD_NOT_ALLOWED {
        written
            .headers_mut()
            .insert(header::ALLOW, HeaderValue::from_static("POST"));
    }
    if let Some(wait) = response.retry_after() {
        written
            .headers_mut()
            .insert(header::RETRY_AFTER, whole_seconds(wait));
    }
    written
}

fn whole_seconds(wait: Duration) -> HeaderValue {
    HeaderValue::from(wait.as_secs() + u64::from(wait.subsec_nanos() > 0))
}

fn write(status: StatusCode, format: Format, body: Bytes) -> Response {
    let content_type = match format {
        Format::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
        Format::Json => "application/json; charset=utf-8",
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
