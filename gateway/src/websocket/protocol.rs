//! The messages of `graphql-transport-ws`, and its close codes.

use std::{borrow::Cow, error::Error};

use serde::Deserialize;
use serde_json::{Map, Value, value::RawValue};
use tokio_tungstenite::tungstenite;

use crate::engine::Response;

/// What a client sends.
#[derive(Debug)]
pub(super) enum FromClient {
    ConnectionInit { payload: Option<Map<String, Value>> },
    Ping { payload: Option<Box<RawValue>> },
    Pong,
    Subscribe { id: String, payload: Box<RawValue> },
    Complete { id: String },
}

/// The union of all messages: a tagged enum would copy every payload once more on its way.
#[derive(Deserialize)]
struct Envelope {
    #[serde(rename = "type")]
    kind: String,
    id: Option<String>,
    payload: Option<Box<RawValue>>,
}

impl FromClient {
    /// Reads a message; what is none of the protocol's ends the connection.
    pub(super) fn parse(text: &str) -> Result<Self, Close> {
        let Envelope { kind, id, payload } = serde_json::from_str(text)
            .map_err(|error| Close::invalid(&format!("not a protocol message: {error}")))?;
        // The specification wants ids of subscriptions to be non-empty.
        let id = || {
            id.filter(|id| !id.is_empty())
                .ok_or_else(|| Close::invalid(&format!("`{kind}` needs an `id`")))
        };
        match kind.as_str() {
            "connection_init" => {
                let payload = payload
                    .map(|payload| serde_json::from_str(payload.get()))
                    .transpose();
                let payload: Option<Option<_>> = payload.map_err(|_| {
                    Close::invalid("the payload of `connection_init` must be an object")
                })?;
                Ok(Self::ConnectionInit {
                    payload: payload.flatten(),
                })
            }
            "ping" => Ok(Self::Ping { payload }),
            "pong" => Ok(Self::Pong),
            "subscribe" => match payload {
                Some(payload) => Ok(Self::Subscribe { id: id()?, payload }),
                None => Err(Close::invalid("`subscribe` needs a `payload`")),
            },
            "complete" => Ok(Self::Complete { id: id()? }),
            _ => Err(Close::invalid(&format!(
                "`{kind}` is not a message of the protocol"
            ))),
        }
    }
}

/// A close frame's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Close {
    pub(super) code: u16,
    pub(super) reason: Cow<'static, str>,
}

impl Close {
    pub(super) const GOING_AWAY: Self = Self::new(1001, "Going away");
    pub(super) const TOO_BIG: Self = Self::new(1009, "Message too big");
    pub(super) const TRY_AGAIN: Self =
        Self::new(1013, "Tokens cannot be verified at the moment, try again");
    pub(super) const UNAUTHORIZED: Self = Self::new(4401, "Unauthorized");
    pub(super) const FORBIDDEN: Self = Self::new(4403, "Forbidden");
    pub(super) const SUBPROTOCOL: Self = Self::new(4406, "Subprotocol not acceptable");
    pub(super) const INIT_TIMEOUT: Self = Self::new(4408, "Connection initialisation timeout");
    pub(super) const INIT_TWICE: Self = Self::new(4429, "Too many initialisation requests");

    const fn new(code: u16, reason: &'static str) -> Self {
        Self {
            code,
            reason: Cow::Borrowed(reason),
        }
    }

    /// 4400, for what the protocol does not know.
    pub(super) fn invalid(reason: &str) -> Self {
        Self {
            code: 4400,
            reason: fit(reason).into(),
        }
    }

    /// 4409, for an id that is in use.
    pub(super) fn duplicate(id: &str) -> Self {
        Self {
            code: 4409,
            reason: fit(&format!("Subscriber for {id} already exists")).into(),
        }
    }
}

/// Cuts a reason to the 123 bytes that a close frame has room for (RFC 6455, section 5.5).
fn fit(reason: &str) -> String {
    let mut end = reason.len().min(123);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    reason[..end].to_owned()
}

/// How to close after a failed read; none when there is nobody left to tell.
pub(super) fn on_read_error(error: &axum::Error) -> Option<Close> {
    let error = error.source()?.downcast_ref::<tungstenite::Error>()?;
    match error {
        tungstenite::Error::Capacity(_) => Some(Close::TOO_BIG),
        tungstenite::Error::Utf8(_) => Some(Close::invalid("not UTF-8")),
        _ => None,
    }
}

/// `connection_ack`
pub(super) fn ack() -> String {
    r#"{"type":"connection_ack"}"#.to_owned()
}

/// `pong`, with the ping's payload.
pub(super) fn pong(payload: Option<&RawValue>) -> String {
    match payload {
        Some(payload) => format!(r#"{{"type":"pong","payload":{payload}}}"#),
        None => r#"{"type":"pong"}"#.to_owned(),
    }
}

/// `next`
pub(super) fn next(id: &str, response: &Response) -> String {
    with_payload(id, "next", &response.to_bytes())
}

/// `error`: its payload is the list of errors alone.
pub(super) fn error(id: &str, response: &Response) -> String {
    #[derive(Deserialize)]
    struct Body<'a> {
        #[serde(borrow)]
        errors: &'a RawValue,
    }
    let body = response.to_bytes();
    match serde_json::from_slice::<Body<'_>>(&body) {
        Ok(body) => with_payload(id, "error", body.errors.get().as_bytes()),
        Err(_) => with_payload(id, "error", br#"[{"message":"internal error"}]"#),
    }
}

/// `complete`
pub(super) fn complete(id: &str) -> String {
    format!(r#"{{"id":{},"type":"complete"}}"#, Value::from(id))
}

fn with_payload(id: &str, kind: &str, payload: &[u8]) -> String {
    // Serialised JSON is UTF-8; the check is the price of not trusting that with `unsafe`.
    let payload = String::from_utf8_lossy(payload);
    format!(
        r#"{{"id":{},"type":"{kind}","payload":{payload}}}"#,
        Value::from(id)
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn refuses_what_is_not_of_the_protocol() {
        for (text, expected) in [
            ("{", "not a protocol message"),
            ("[]", "not a protocol message"),
            (r#"{"id":"1"}"#, "missing field `type`"),
            (
                r#"{"type":"start","id":"1"}"#,
                "`start` is not a message of the protocol",
            ),
            (
                r#"{"type":"subscribe","payload":{}}"#,
                "`subscribe` needs an `id`",
            ),
            (
                r#"{"type":"subscribe","id":"","payload":{}}"#,
                "`subscribe` needs an `id`",
            ),
            (
                r#"{"type":"subscribe","id":"1"}"#,
                "`subscribe` needs a `payload`",
            ),
            (r#"{"type":"complete"}"#, "`complete` needs an `id`"),
            (
                r#"{"type":"connection_init","payload":7}"#,
                "must be an object",
            ),
        ] {
            let close = FromClient::parse(text).unwrap_err();
            assert_eq!(close.code, 4400);
            assert!(close.reason.contains(expected), "{text}: {}", close.reason);
        }
        for text in [
            r#"{"type":"connection_init"}"#,
            r#"{"type":"connection_init","payload":null}"#,
            r#"{"type":"ping","payload":{"a":1},"more":true}"#,
            r#"{"type":"pong"}"#,
        ] {
            assert!(FromClient::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn reasons_fit_into_a_close_frame() {
        let close = Close::duplicate(&"é".repeat(200));
        assert!(
            close.reason.len() <= 123 && close.reason.ends_with('é'),
            "{close:?}"
        );
    }

    #[test]
    fn writes_ids_as_json() {
        let response = Response::request_error("CODE", "text");
        let message: Value = serde_json::from_str(&error("a\"b", &response)).unwrap();
        let payload = json!([{ "message": "text", "extensions": { "code": "CODE" } }]);
        assert_eq!(
            message,
            json!({ "id": "a\"b", "type": "error", "payload": payload })
        );
        assert_eq!(complete("1"), r#"{"id":"1","type":"complete"}"#);
    }
}
