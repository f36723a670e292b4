//! Which of a client's headers go upstream.
//!
//! Nothing does unless a rule says so. Rules run in order, over an initially empty set. Headers that describe one
//! connection or one body (RFC 9110, section 7.6.1) never pass: they would be untrue upstream.

use std::collections::BTreeMap;

use http::{HeaderMap, HeaderName, HeaderValue, header};
use regex::Regex;
use serde_json::{Map, Value};

use crate::config::{
    ConfigError, HeaderOperation, HeaderRules, NamedOrMatching, check_name, check_value,
};

/// The rules, ready to apply.
#[derive(Debug, Clone)]
pub(crate) struct Propagation {
    rules: Vec<Rule>,
}

#[derive(Debug, Clone)]
enum Rule {
    Propagate {
        from: HeaderName,
        to: HeaderName,
        default: Option<HeaderValue>,
    },
    PropagateMatching(Regex),
    Insert(HeaderName, HeaderValue),
    Remove(HeaderName),
    RemoveMatching(Regex),
}

/// Per connection or per body, or written by the gateway itself.
const NEVER: [HeaderName; 22] = [
    header::CONNECTION,
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::CONTENT_LENGTH,
    header::CONTENT_TYPE,
    header::CONTENT_ENCODING,
    header::HOST,
    header::ACCEPT,
    header::ACCEPT_ENCODING,
    header::EXPECT,
    header::SEC_WEBSOCKET_ACCEPT,
    header::SEC_WEBSOCKET_EXTENSIONS,
    header::SEC_WEBSOCKET_KEY,
    header::SEC_WEBSOCKET_PROTOCOL,
    header::SEC_WEBSOCKET_VERSION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("traceparent"),
    HeaderName::from_static("tracestate"),
];

impl Propagation {
    /// Compiles the rules.
    pub(crate) fn new(rules: &HeaderRules) -> Result<Self, ConfigError> {
        let rules = rules.all.request.iter().enumerate();
        let rules =
            rules.map(|(index, rule)| compile(&format!("headers.all.request[{index}]"), rule));
        Ok(Self {
            rules: rules.collect::<Result<_, _>>()?,
        })
    }

    /// The headers for the subgraphs.
    pub(crate) fn apply(&self, client: &HeaderMap) -> HeaderMap {
        let mut upstream = HeaderMap::new();
        for rule in &self.rules {
            match rule {
                Rule::Propagate { from, to, default } => {
                    let mut values = client.get_all(from).iter().peekable();
                    if values.peek().is_none() {
                        if let Some(default) = default {
                            upstream.insert(to.clone(), default.clone());
                        }
                    } else {
                        upstream.remove(to);
                        for value in values {
                            upstream.append(to.clone(), value.clone());
                        }
                    }
                }
                Rule::PropagateMatching(pattern) => {
                    for name in client
                        .keys()
                        .filter(|name| !NEVER.contains(name) && pattern.is_match(name.as_str()))
                    {
                        upstream.remove(name);
                        for value in client.get_all(name) {
                            upstream.append(name.clone(), value.clone());
                        }
                    }
                }
                Rule::Insert(name, value) => {
                    upstream.insert(name.clone(), value.clone());
                }
                Rule::Remove(name) => {
                    upstream.remove(name);
                }
                Rule::RemoveMatching(pattern) => {
                    let names: Vec<_> = upstream
                        .keys()
                        .filter(|name| pattern.is_match(name.as_str()))
                        .cloned()
                        .collect();
                    for name in names {
                        upstream.remove(name);
                    }
                }
            }
        }
        upstream
    }
}

fn compile(key: &str, rule: &HeaderOperation) -> Result<Rule, ConfigError> {
    match rule {
        HeaderOperation::Propagate(what) => match target(key, what)? {
            Target::Named(from) => {
                let key = format!("{key}.propagate");
                let to = match &what.rename {
                    Some(name) => permitted(&key, name)?,
                    None => from.clone(),
                };
                let default = what
                    .default
                    .as_deref()
                    .map(|text| check_value(&key, text))
                    .transpose()?;
                Ok(Rule::Propagate { from, to, default })
            }
            Target::Matching(pattern) => Ok(Rule::PropagateMatching(pattern)),
        },
        HeaderOperation::Insert(pair) => {
            let key = format!("{key}.insert");
            Ok(Rule::Insert(
                permitted(&key, &pair.name)?,
                check_value(&key, &pair.value)?,
            ))
        }
        HeaderOperation::Remove(what) => match target(key, what)? {
            Target::Named(name) => Ok(Rule::Remove(name)),
            Target::Matching(pattern) => Ok(Rule::RemoveMatching(pattern)),
        },
    }
}

enum Target {
    Named(HeaderName),
    Matching(Regex),
}

fn target(key: &str, what: &NamedOrMatching) -> Result<Target, ConfigError> {
    let refuse = |reason: String| {
        Err(ConfigError::Value {
            key: key.to_owned(),
            reason,
        })
    };
    match (&what.named, &what.matching) {
        (Some(name), None) => Ok(Target::Named(permitted(key, name)?)),
        (None, Some(_)) if what.rename.is_some() || what.default.is_some() => {
            refuse("`rename` and `default` need `named`".to_owned())
        }
        (None, Some(pattern)) => match Regex::new(pattern) {
            Ok(pattern) => Ok(Target::Matching(pattern)),
            Err(error) => refuse(format!("`{pattern}` is not a regular expression: {error}")),
        },
        _ => refuse("needs either `named` or `matching`".to_owned()),
    }
}

fn permitted(key: &str, name: &str) -> Result<HeaderName, ConfigError> {
    let name = check_name(key, name)?;
    if NEVER.contains(&name) {
        let reason = format!("`{name}` belongs to one connection or body and is never passed on");
        return Err(ConfigError::Value {
            key: key.to_owned(),
            reason,
        });
    }
    Ok(name)
}

/// A client's headers over WebSocket: those of the upgrade, overridden by its `connection_init` payload.
///
/// Browsers cannot set headers on a WebSocket, so clients put them in the payload, either as its own entries or
/// under `headers`. Names are compared without case. Entries that cannot be headers are left out.
pub(crate) fn from_init_payload(upgrade: &HeaderMap, payload: &Map<String, Value>) -> HeaderMap {
    let mut headers = upgrade.clone();
    let nested = payload.get("headers").and_then(Value::as_object);
    for (name, value) in payload.iter().chain(nested.into_iter().flatten()) {
        let Some(Ok(mut value)) = value.as_str().map(HeaderValue::try_from) else {
            continue;
        };
        let Ok(name) = HeaderName::try_from(name.as_str()) else {
            continue;
        };
        if NEVER.contains(&name) {
            continue;
        }
        value.set_sensitive(name == header::AUTHORIZATION);
        headers.insert(name, value);
    }
    headers
}

/// The `connection_init` payload for subgraphs: the propagated headers, `Authorization` as subgraphs expect to read it.
pub(crate) fn to_init_payload(headers: &HeaderMap) -> Map<String, Value> {
    // Through an ordered map, so that equal headers give equal payloads.
    let ordered: BTreeMap<String, Value> = headers
        .iter()
        .filter_map(|(name, value)| {
            let name = if name == header::AUTHORIZATION {
                "Authorization"
            } else {
                name.as_str()
            };
            Some((name.to_owned(), Value::from(value.to_str().ok()?)))
        })
        .collect();
    ordered.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Config;

    fn propagation(rules: &str) -> Result<Propagation, String> {
        let yaml = format!("headers: {{ all: {{ request: {rules} }} }}");
        let config = Config::from_yaml(&yaml).map_err(|error| error.to_string())?;
        Propagation::new(&config.headers).map_err(|error| error.to_string())
    }

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(*name, HeaderValue::from_static(value));
        }
        map
    }

    #[test]
    fn passes_nothing_unasked() {
        let none = propagation("[]").unwrap();
        assert!(
            none.apply(&headers(&[("authorization", "Bearer x"), ("x-a", "1")]))
                .is_empty()
        );
    }

    #[test]
    fn applies_rules_in_order() {
        let rules = propagation(
            "[{propagate: {named: Authorization}}, {propagate: {matching: '^x-.*'}}, {remove: {named: x-secret}}, \
             {propagate: {named: a, rename: b, default: none}}, {insert: {name: x-from, value: gateway}}]",
        )
        .unwrap();
        let client = headers(&[
            ("authorization", "Bearer t"),
            ("x-one", "1"),
            ("x-one", "2"),
            ("x-secret", "s"),
            ("x-from", "elsewhere"),
            ("cookie", "c"),
        ]);
        let expected = headers(&[
            ("authorization", "Bearer t"),
            ("x-one", "1"),
            ("x-one", "2"),
            ("b", "none"),
            ("x-from", "gateway"),
        ]);
        assert_eq!(rules.apply(&client), expected);
    }

    #[test]
    fn never_passes_connection_headers() {
        let rules = propagation("[{propagate: {matching: '.*'}}]").unwrap();
        let client = headers(&[
            ("host", "x"),
            ("content-length", "5"),
            ("connection", "upgrade"),
            ("x", "1"),
        ]);
        assert_eq!(rules.apply(&client), headers(&[("x", "1")]));
        let error = propagation("[{propagate: {named: Content-Length}}]").unwrap_err();
        assert!(error.contains("never passed on"), "{error}");
    }

    #[test]
    fn refuses_senseless_rules() {
        for (rules, expected) in [
            ("[{propagate: {}}]", "either `named` or `matching`"),
            (
                "[{propagate: {named: a, matching: b}}]",
                "either `named` or `matching`",
            ),
            ("[{propagate: {matching: '('}}]", "not a regular expression"),
            ("[{propagate: {matching: a, rename: b}}]", "need `named`"),
            ("[{insert: {name: 'a b', value: c}}]", "not a header name"),
        ] {
            let error = propagation(rules).unwrap_err();
            assert!(error.contains(expected), "{rules}: {error}");
        }
    }

    #[test]
    fn reads_the_init_payload() {
        let upgrade = headers(&[("authorization", "Bearer upgrade"), ("x-kept", "1")]);
        let payload = json!({"AUTHORIZATION": "Bearer init", "headers": {"X-More": "2"}, "n": 1, "bad name": "x"});
        let read = from_init_payload(&upgrade, payload.as_object().unwrap());
        assert_eq!(
            read,
            headers(&[
                ("authorization", "Bearer init"),
                ("x-kept", "1"),
                ("x-more", "2")
            ])
        );
        let written = to_init_payload(&read);
        assert_eq!(
            Value::from(written),
            json!({"Authorization": "Bearer init", "x-kept": "1", "x-more": "2"})
        );
    }
}
