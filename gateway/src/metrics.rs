//! What the gateway counts beyond plain HTTP.

use ops::metrics::Metrics;
use prometheus::{IntCounter, IntCounterVec, IntGauge};

use crate::engine::Counts;

/// The gateway's own measurements.
#[derive(Clone)]
pub(crate) struct Measurements {
    /// Operations by transport (`http`, `websocket`) and outcome (`data`, `refused`, `stream`, `parts`, `overload`).
    pub(crate) operations: IntCounterVec,
    /// Supergraphs gone over to while serving.
    pub(crate) reloads: IntCounter,
    /// Subscriptions now open.
    pub(crate) subscriptions: IntGauge,
    /// Client WebSockets now open.
    pub(crate) connections: IntGauge,
    /// What engines count.
    pub(crate) engines: Counts,
}

impl Measurements {
    /// Registers the measurements.
    pub(crate) fn new(metrics: &Metrics) -> Self {
        let none: &[&str] = &[];
        let plans = metrics.counter(
            "gateway_plans_total",
            "Plans that operations needed, by whether the cache had them",
            &["cache"],
        );
        Self {
            operations: metrics.counter(
                "gateway_operations_total",
                "GraphQL operations by transport and outcome",
                &["transport", "outcome"],
            ),
            reloads: metrics
                .counter(
                    "gateway_supergraph_reloads_total",
                    "Supergraphs gone over to while serving",
                    none,
                )
                .with_label_values(none),
            subscriptions: metrics
                .gauge("gateway_subscriptions", "Subscriptions open", &[])
                .with_label_values(none),
            connections: metrics
                .gauge(
                    "gateway_websocket_connections",
                    "Client WebSockets open",
                    &[],
                )
                .with_label_values(none),
            engines: Counts {
                hits: plans.with_label_values(&["hit"]),
                misses: plans.with_label_values(&["miss"]),
                engines: metrics
                    .gauge(
                        "gateway_engines",
                        "Supergraphs in memory: in use, being prepared, and still held by streams or requests",
                        &[],
                    )
                    .with_label_values(none),
            },
        }
    }
}
