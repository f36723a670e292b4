//! Numbers for Prometheus. Each service of a process has a registry of its own.

use std::collections::HashMap;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Router, routing};
use http::{StatusCode, header};
use prometheus::{
    HistogramOpts, HistogramVec, IntCounterVec, IntGaugeVec, Opts, Registry, TextEncoder,
};

/// Seconds; from a cache hit to a saga that waits for a participant.
const LATENCY_BUCKETS: [f64; 12] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0,
];

/// A service's metrics; clones share them. Every metric carries the label `service`.
#[derive(Clone, Debug)]
pub struct Metrics {
    /// Where further collectors may be registered.
    pub registry: Registry,
    http: HistogramVec,
}

impl Metrics {
    /// An empty registry, but for the HTTP histogram that [`crate::trace::observe`] fills.
    pub fn new(service: &str) -> Self {
        let labels = HashMap::from([("service".to_owned(), service.to_owned())]);
        let registry = Registry::new_custom(None, Some(labels))
            .expect("a registry without prefix is always valid");
        let http = register_histogram(
            &registry,
            "http_request_duration_seconds",
            "Time from a request to the head of its response",
            &["method", "route", "status"],
        );
        Self { registry, http }
    }

    /// Registers a counter.
    ///
    /// # Panics
    /// When the name or a label is not a Prometheus name, or is registered already: both are
    /// mistakes of the caller that show on the first start.
    pub fn counter(&self, name: &str, help: &str, labels: &[&str]) -> IntCounterVec {
        let counter = IntCounterVec::new(Opts::new(name, help), labels).expect("valid names");
        self.register(counter)
    }

    /// Registers a gauge. Panics as [`Metrics::counter`] does.
    pub fn gauge(&self, name: &str, help: &str, labels: &[&str]) -> IntGaugeVec {
        let gauge = IntGaugeVec::new(Opts::new(name, help), labels).expect("valid names");
        self.register(gauge)
    }

    /// Registers a histogram of seconds. Panics as [`Metrics::counter`] does.
    pub fn histogram(&self, name: &str, help: &str, labels: &[&str]) -> HistogramVec {
        register_histogram(&self.registry, name, help, labels)
    }

    /// Everything in Prometheus' text format.
    pub fn render(&self) -> String {
        TextEncoder::new()
            .encode_to_string(&self.registry.gather())
            .unwrap_or_else(|error| format!("# {error}\n"))
    }

    pub(crate) fn observe_http(&self, method: &str, route: &str, status: StatusCode, seconds: f64) {
        self.http
            .with_label_values(&[method, route, status.as_str()])
            .observe(seconds);
    }

    fn register<C: prometheus::core::Collector + Clone + 'static>(&self, collector: C) -> C {
        self.registry
            .register(Box::new(collector.clone()))
            .expect("a metric is registered once");
        collector
    }
}

fn register_histogram(
    registry: &Registry,
    name: &str,
    help: &str,
    labels: &[&str],
) -> HistogramVec {
    let options = HistogramOpts::new(name, help).buckets(LATENCY_BUCKETS.to_vec());
    let histogram = HistogramVec::new(options, labels).expect("valid names");
    registry
        .register(Box::new(histogram.clone()))
        .expect("a metric is registered once");
    histogram
}

/// The `/metrics` route alone.
pub fn routes(metrics: Metrics) -> Router {
    Router::new()
        .route("/metrics", routing::get(answer))
        .with_state(metrics)
}

async fn answer(State(metrics): State<Metrics>) -> Response {
    let kind = [(header::CONTENT_TYPE, prometheus::TEXT_FORMAT)];
    (kind, metrics.render()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_carry_their_service_and_registries_do_not_meet() {
        let book = Metrics::new("book");
        let user = Metrics::new("user");
        let sent = book.counter("messages_sent_total", "Messages sent", &["kind"]);
        user.counter("messages_sent_total", "Messages sent", &["kind"]);
        sent.with_label_values(&["BookChanged"]).inc();
        book.gauge("outbox_waiting", "Rows waiting", &[])
            .with_label_values::<&str>(&[])
            .set(3);
        book.histogram("handle_seconds", "Handling", &["kind"])
            .with_label_values(&["BookChanged"])
            .observe(0.02);

        let text = book.render();
        assert!(
            text.contains(r#"messages_sent_total{kind="BookChanged",service="book"} 1"#),
            "{text}"
        );
        assert!(
            text.contains(r#"outbox_waiting{service="book"} 3"#),
            "{text}"
        );
        assert!(
            text.contains(
                r#"handle_seconds_bucket{kind="BookChanged",service="book",le="0.025"} 1"#
            ),
            "{text}"
        );
        assert!(!user.render().contains("BookChanged"));
    }

    #[test]
    #[should_panic(expected = "registered once")]
    fn registering_a_metric_twice_is_a_mistake() {
        let metrics = Metrics::new("book");
        metrics.counter("sent_total", "Sent", &[]);
        metrics.counter("sent_total", "Sent", &[]);
    }
}
