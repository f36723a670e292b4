//! One HTTP request to a subgraph.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt, Full, Limited};
use ops::client::HttpClient;

/// A subgraph's response beyond this size is refused: it has to fit into memory, with everybody else's.
const MAX_RESPONSE: usize = 256 * 1024 * 1024;

/// Why a subgraph gave no answer; the message is for operators.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum FetchError {
    #[error("the subgraph has no usable URL")]
    NoUrl,
    #[error("no answer within {0:?}")]
    Timeout(Duration),
    #[error("{0}")]
    Transport(String),
    #[error("HTTP status {0}")]
    Status(StatusCode),
    #[error("not a GraphQL response: {0}")]
    Malformed(String),
}

impl FetchError {
    pub(crate) fn status(&self) -> Option<u16> {
        match self {
            Self::Status(status) => Some(status.as_u16()),
            _ => None,
        }
    }
}

/// A JSON body, and the status that came with it.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Bytes,
}

/// Posts a GraphQL request.
pub(crate) async fn post(
    client: &HttpClient,
    url: &Uri,
    mut headers: HeaderMap,
    body: Vec<u8>,
    timeout: Duration,
) -> Result<Answer, FetchError> {
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    headers.insert(
        header::ACCEPT,
        HeaderValue::from_static("application/json, application/graphql-response+json;q=0.9"),
    );
    let mut request = Request::new(Full::new(Bytes::from(body)));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = url.clone();
    *request.headers_mut() = headers;
    tokio::time::timeout(timeout, exchange(client, request))
        .await
        .unwrap_or(Err(FetchError::Timeout(timeout)))
}

async fn exchange(
    client: &HttpClient,
    request: Request<Full<Bytes>>,
) -> Result<Answer, FetchError> {
    let response = client
        .request(request)
        .await
        .map_err(|error| FetchError::Transport(chain(&error)))?;
    let (head, body) = response.into_parts();
    let is_json = head
        .headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_none_or(|value| value.contains("json"));
    if !is_json {
        return Err(if head.status.is_success() {
            FetchError::Malformed("the content type is not JSON".to_owned())
        } else {
            FetchError::Status(head.status)
        });
    }
    let body = Limited::new(body, MAX_RESPONSE)
        .collect()
        .await
        .map_err(|error| FetchError::Transport(error.to_string()))?
        .to_bytes();
    Ok(Answer {
        status: head.status,
        body,
    })
}

/// An error with its causes: hyper's own message says little.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
