//! Request spans, and the W3C `traceparent` that ties the spans of all processes together.
//!
//! <https://www.w3.org/TR/trace-context/#traceparent-header>; `tracestate` is not carried.

use std::time::Instant;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId};
use tracing::{Instrument as _, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::metrics::Metrics;

/// The header, and the key in message envelopes and WebSocket payloads.
pub const TRACEPARENT: &str = "traceparent";

/// The current span as a `traceparent`, if a trace runs.
pub fn traceparent() -> Option<String> {
    let context = Span::current().context();
    let span = context.span();
    let span = span.span_context();
    span.is_valid().then(|| {
        format!(
            "00-{}-{}-{:02x}",
            span.trace_id(),
            span.span_id(),
            span.trace_flags().to_u8()
        )
    })
}

/// Makes `span` a child of the remote span; a malformed value is ignored, as the standard asks.
///
/// Call it before the span is entered: afterwards its parent is settled.
pub fn continue_from(span: &Span, traceparent: &str) {
    if let Some(remote) = parse(traceparent) {
        // Fails only without our subscriber, when there is no trace to continue.
        let _ = span.set_parent(Context::new().with_remote_span_context(remote));
    }
}

/// Reads `version-traceid-spanid-flags`; later versions may append fields, `ff` is invalid.
fn parse(traceparent: &str) -> Option<SpanContext> {
    let mut parts = traceparent.trim().split('-');
    let (version, trace, span, flags) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let lower_hex = |text: &str, length| {
        text.len() == length && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    };
    let shaped =
        lower_hex(version, 2) && lower_hex(trace, 32) && lower_hex(span, 16) && lower_hex(flags, 2);
    if !shaped || version == "ff" || (version == "00" && parts.next().is_some()) {
        return None;
    }
    let context = SpanContext::new(
        TraceId::from_hex(trace).ok()?,
        SpanId::from_hex(span).ok()?,
        // Only the lowest bit, sampled, has a meaning that we know.
        TraceFlags::new(u8::from_str_radix(flags, 16).ok()? & 1),
        true,
        opentelemetry::trace::TraceState::default(),
    );
    context.is_valid().then_some(context)
}

/// Gives every route of `router` a span and a place in the HTTP histogram.
///
/// Routes added afterwards are not observed: keep `/health` and `/metrics` out of it.
pub fn http_layer(router: Router, metrics: Metrics) -> Router {
    router.layer(middleware::from_fn_with_state(metrics, observe))
}

/// The middleware behind [`http_layer`]: one span a request, child of the caller's.
///
/// The time is that to the response's head: a stream's or a WebSocket's life is not a latency.
pub async fn observe(State(metrics): State<Metrics>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let matched = request.extensions().get::<MatchedPath>().cloned();
    // Never the raw path: its values are unbounded.
    let route = matched.as_ref().map_or("unmatched", MatchedPath::as_str);
    let span = tracing::info_span!(
        "request",
        otel.name = format!("{method} {route}"),
        otel.kind = "server",
        http.request.method = %method,
        http.route = route,
        http.response.status_code = tracing::field::Empty,
    );
    if let Some(remote) = request
        .headers()
        .get(TRACEPARENT)
        .and_then(|value| value.to_str().ok())
    {
        continue_from(&span, remote);
    }
    let response = next.run(request).instrument(span.clone()).await;
    span.record("http.response.status_code", response.status().as_u16());
    metrics.observe_http(
        method.as_str(),
        route,
        response.status(),
        started.elapsed().as_secs_f64(),
    );
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::{LogFormat, TelemetryConfig};
    use bytes::Bytes;
    use http_body_util::BodyExt as _;
    use std::time::Duration;
    use tower::ServiceExt as _;

    const REMOTE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    fn config(otlp_endpoint: Option<String>) -> TelemetryConfig {
        TelemetryConfig {
            filter: "info".to_owned(),
            format: LogFormat::Json,
            otlp_endpoint,
        }
    }

    /// A router that answers with the traceparent it would send on.
    fn echo(metrics: &Metrics) -> Router {
        let router = Router::new().route(
            "/echo/{id}",
            axum::routing::get(async || traceparent().unwrap_or_default()),
        );
        http_layer(router, metrics.clone())
    }

    async fn call(router: Router, path: &str, remote: Option<&str>) -> String {
        let mut request = http::Request::get(path);
        if let Some(remote) = remote {
            request = request.header(TRACEPARENT, remote);
        }
        let request = request.body(axum::body::Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        String::from_utf8(body.to_vec()).unwrap()
    }

    #[test]
    fn only_well_formed_traceparents_are_read() {
        assert!(parse(REMOTE).is_some());
        assert!(parse("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more").is_some());
        for bad in [
            "",
            "00",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b71692033-01",
        ] {
            assert!(parse(bad).is_none(), "{bad}");
        }
    }

    #[tokio::test]
    async fn a_request_continues_its_callers_trace_and_is_counted_by_route() {
        let (dispatch, _telemetry) = crate::telemetry::build("test", &config(None)).unwrap();
        let _guard = tracing::dispatcher::set_default(&dispatch);
        let metrics = Metrics::new("test");

        let sent_on = call(echo(&metrics), "/echo/7", Some(REMOTE)).await;
        assert!(
            sent_on.starts_with("00-0af7651916cd43dd8448eb211c80319c-"),
            "{sent_on}"
        );
        assert!(
            !sent_on.contains("b7ad6b7169203331"),
            "a span of its own: {sent_on}"
        );
        assert!(sent_on.ends_with("-01"), "{sent_on}");

        let fresh = call(echo(&metrics), "/echo/8", Some("nonsense")).await;
        assert!(
            parse(&fresh).is_some() && !fresh.contains("0af765"),
            "{fresh}"
        );
        let text = metrics.render();
        let line = r#"http_request_duration_seconds_count{method="GET",route="/echo/{id}",status="200",service="test"} 2"#;
        assert!(text.contains(line), "{text}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn spans_reach_a_collector_on_shutdown() {
        let (arrived, mut bodies) = tokio::sync::mpsc::unbounded_channel::<Bytes>();
        let collector = Router::new().route(
            "/v1/traces",
            axum::routing::post(async move |body: Bytes| {
                arrived.send(body).unwrap();
            }),
        );
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let stop = tokio_util::sync::CancellationToken::new();
        tokio::spawn(crate::server::serve(
            listener,
            collector,
            stop.clone(),
            Duration::from_secs(1),
        ));

        let (dispatch, telemetry) =
            crate::telemetry::build("lending-desk", &config(Some(endpoint))).unwrap();
        let guard = tracing::dispatcher::set_default(&dispatch);
        call(echo(&Metrics::new("test")), "/echo/7", Some(REMOTE)).await;
        drop(guard);
        telemetry.shutdown().await;

        let body = bodies.recv().await.unwrap();
        // Protobuf keeps strings and ids as they are, so no decoder is needed to find them.
        let holds = |needle: &[u8]| body.windows(needle.len()).any(|window| window == needle);
        assert!(holds(b"GET /echo/{id}"));
        assert!(holds(b"lending-desk"));
        assert!(holds(
            &0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c_u128.to_be_bytes()
        ));
        stop.cancel();
    }
}
