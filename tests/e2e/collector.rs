//! A collector of traces (OTLP over HTTP), which the world under test exports to.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{Router, body::Bytes, extract::State, routing::post};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest, common::v1::any_value::Value,
};
use prost::Message as _;
use tokio::net::TcpListener;

/// A finished span, as far as tests look at it.
#[derive(Clone, Debug)]
struct Span {
    trace: String,
    name: String,
    /// Its attributes' texts.
    texts: Vec<String>,
}

/// What has been exported so far.
#[derive(Clone, Default)]
pub(crate) struct Collector {
    spans: Arc<Mutex<Vec<Span>>>,
}

impl Collector {
    /// Starts to collect; the endpoint to export to.
    pub(crate) async fn start() -> std::io::Result<(Self, String)> {
        let collector = Self::default();
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let routes = Router::new()
            .route("/v1/traces", post(receive))
            .with_state(collector.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Ok((collector, endpoint))
    }

    fn spans(&self) -> Vec<Span> {
        self.spans
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Names of spans of a trace, and the texts of their attributes.
    pub(crate) fn words_of(&self, trace: &str) -> BTreeSet<String> {
        let spans = self.spans().into_iter().filter(|span| span.trace == trace);
        spans
            .flat_map(|span| std::iter::once(span.name).chain(span.texts))
            .collect()
    }

    /// The traces that have a span of that name.
    pub(crate) fn traces_with(&self, name: &str) -> BTreeSet<String> {
        let spans = self.spans().into_iter().filter(|span| span.name == name);
        spans.map(|span| span.trace).collect()
    }
}

async fn receive(State(collector): State<Collector>, body: Bytes) {
    let request = ExportTraceServiceRequest::decode(body).expect("OTLP");
    let mut spans = collector
        .spans
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    for span in request
        .resource_spans
        .into_iter()
        .flat_map(|resource| resource.scope_spans)
        .flat_map(|scope| scope.spans)
    {
        let text = |value: Option<Value>| match value {
            Some(Value::StringValue(text)) => Some(text),
            _ => None,
        };
        let texts = span
            .attributes
            .into_iter()
            .filter_map(|attribute| text(attribute.value?.value));
        spans.push(Span {
            trace: hex(&span.trace_id),
            name: span.name,
            texts: texts.collect(),
        });
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
