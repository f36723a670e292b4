//! What a client gets.

use std::time::Duration;

use bytes::Bytes;

use super::error::{Errors, GraphQLError};

/// One GraphQL response.
#[derive(Debug, Clone)]
pub struct Response {
    body: Bytes,
    request_error: bool,
    code: Option<String>,
    retry_after: Option<Duration>,
    has_next: bool,
}

impl Response {
    /// A response without `data`, with one error.
    pub fn request_error(code: &str, message: &str) -> Self {
        Self::refusal(&[GraphQLError::coded(code, message)])
    }

    /// A response without `data`.
    pub(crate) fn refusal(errors: &[GraphQLError]) -> Self {
        let code = errors
            .first()
            .and_then(|error| error.extensions.get("code"))
            .and_then(|code| code.as_str());
        Self {
            body: Bytes::from(format!("{{\"errors\":{}}}", errors_json(errors))),
            request_error: true,
            code: code.map(str::to_owned),
            retry_after: None,
            has_next: false,
        }
    }

    /// A response with `data`, given as JSON text.
    pub(crate) fn data(data: &[u8], errors: &Errors) -> Self {
        let errors = errors.as_slice();
        let mut body = Vec::with_capacity(data.len() + 64);
        body.push(b'{');
        if !errors.is_empty() {
            body.extend_from_slice(b"\"errors\":");
            body.extend_from_slice(errors_json(errors).as_bytes());
            body.push(b',');
        }
        body.extend_from_slice(b"\"data\":");
        body.extend_from_slice(data);
        body.push(b'}');
        Self {
            body: Bytes::from(body),
            request_error: false,
            code: None,
            retry_after: None,
            has_next: false,
        }
    }

    /// The first of several payloads: a response that says that more will follow.
    pub(crate) fn first(data: &[u8], errors: &Errors) -> Self {
        let whole = Self::data(data, errors);
        let entries = whole.body.strip_suffix(b"}").unwrap_or(&whole.body);
        Self {
            body: [entries, b",\"hasNext\":true}"].concat().into(),
            has_next: true,
            ..whole
        }
    }

    /// A later payload, given as the JSON text of the items of `incremental`, if there are any.
    pub(crate) fn incremental(items: &[u8], has_next: bool) -> Self {
        let mut body = Vec::with_capacity(items.len() + 64);
        body.push(b'{');
        if !items.is_empty() {
            body.extend_from_slice(b"\"incremental\":[");
            body.extend_from_slice(items);
            body.extend_from_slice(b"],");
        }
        body.extend_from_slice(format!("\"hasNext\":{has_next}}}").as_bytes());
        Self {
            body: body.into(),
            request_error: false,
            code: None,
            retry_after: None,
            has_next,
        }
    }

    /// `data: null` and the errors that say why.
    pub(crate) fn failure(errors: Vec<GraphQLError>) -> Self {
        let mut all = Errors::default();
        for error in errors {
            all.push(error);
        }
        Self::data(b"null", &all)
    }

    /// The same response, with the advice to try again after a while.
    #[must_use]
    pub fn with_retry_after(mut self, after: Duration) -> Self {
        self.retry_after = Some(after);
        self
    }

    /// The JSON text.
    pub fn to_bytes(&self) -> Bytes {
        self.body.clone()
    }

    /// Whether another payload of the same answer follows.
    pub fn has_next(&self) -> bool {
        self.has_next
    }

    /// Whether the request was refused as a whole: there is no `data` entry.
    pub fn is_request_error(&self) -> bool {
        self.request_error
    }

    /// The first error's `extensions.code`, when [`is_request_error`](Self::is_request_error).
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// When the client may try again, if the refusal was temporary.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }
}

/// Strings, numbers and maps with string keys always serialize.
pub(crate) fn errors_json(errors: &[GraphQLError]) -> String {
    serde_json::to_string(errors).unwrap_or_else(|_| "[]".to_owned())
}
