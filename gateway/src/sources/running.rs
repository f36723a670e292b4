//! The schema of a running subgraph: `_service { sdl }`.

use std::time::Duration;

use http::{HeaderMap, Uri};
use ops::client::HttpClient;
use serde::Deserialize;

use crate::engine::fetch::{self, FetchError};

const QUERY: &[u8] =
    br#"{"query":"query SubgraphSdl{_service{sdl}}","operationName":"SubgraphSdl"}"#;

/// A subgraph that takes longer to tell its schema is not well.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Why a running subgraph did not tell its schema; for operators.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// No usable answer.
    #[error("{0}")]
    NoAnswer(String),
    /// The subgraph answered with errors.
    #[error(
        "it answers with errors: {0}; a subgraph of a federation answers `{{ _service {{ sdl }} }}`"
    )]
    Refused(String),
    /// An answer without a schema.
    #[error("its answer has no data._service.sdl (HTTP status {0})")]
    NoSchema(http::StatusCode),
}

#[derive(Deserialize)]
struct Answer {
    data: Option<Data>,
    #[serde(default)]
    errors: Vec<Message>,
}

#[derive(Deserialize)]
struct Data {
    #[serde(rename = "_service")]
    service: Option<Service>,
}

#[derive(Deserialize)]
struct Service {
    sdl: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    message: String,
}

pub(super) async fn sdl(
    client: &HttpClient,
    url: &Uri,
    headers: &HeaderMap,
) -> Result<String, ServiceError> {
    let no_answer = |error: FetchError| ServiceError::NoAnswer(error.to_string());
    let answer = fetch::post(client, url, headers.clone(), QUERY.to_vec(), TIMEOUT)
        .await
        .map_err(no_answer)?;
    let body: Answer = serde_json::from_slice(&answer.body)
        .map_err(|error| no_answer(FetchError::Malformed(error.to_string())))?;
    if !body.errors.is_empty() {
        let messages: Vec<_> = body.errors.into_iter().map(|one| one.message).collect();
        return Err(ServiceError::Refused(messages.join("; ")));
    }
    body.data
        .and_then(|data| data.service?.sdl)
        .ok_or(ServiceError::NoSchema(answer.status))
}
