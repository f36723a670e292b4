//! Reading a GraphQL-over-HTTP request.

use http::{HeaderMap, header};
use serde_json::{Map, Value};

use super::Refusal;
use crate::engine::Request;

/// Whether a browser asks before it lets a foreign page send this content type.
pub(super) fn needs_preflight(content_type: &str) -> bool {
    let simple = [
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "text/plain",
    ];
    let name = content_type.split(';').next().unwrap_or_default().trim();
    // Without a slash it is no media type, and browsers treat what they cannot parse as simple.
    name.contains('/')
        && !simple
            .iter()
            .any(|simple| name.eq_ignore_ascii_case(simple))
}

/// Checks that the body is JSON in UTF-8, as it is.
pub(super) fn check_content(headers: &HeaderMap) -> Result<(), Refusal> {
    let Some(content_type) = headers.get(header::CONTENT_TYPE) else {
        return Err(Refusal::unsupported(
            "the Content-Type header is missing: send application/json",
        ));
    };
    let text = content_type.to_str().unwrap_or_default();
    let (name, parameters) = text.split_once(';').unwrap_or((text, ""));
    let name = name.trim();
    if !name.eq_ignore_ascii_case("application/json")
        && !name.eq_ignore_ascii_case("application/graphql+json")
    {
        return Err(Refusal::unsupported(format!(
            "the content type `{name}` is not supported: send application/json"
        )));
    }
    let charset = parameters
        .split(';')
        .filter_map(|part| part.split_once('='))
        .find_map(|(key, value)| {
            key.trim()
                .eq_ignore_ascii_case("charset")
                .then(|| value.trim().trim_matches('"').to_owned())
        });
    if let Some(charset) = charset.filter(|charset| !charset.eq_ignore_ascii_case("utf-8")) {
        return Err(Refusal::unsupported(format!(
            "the charset `{charset}` is not supported: send utf-8"
        )));
    }
    match headers
        .get(header::CONTENT_ENCODING)
        .map(|value| value.to_str().unwrap_or_default())
    {
        None | Some("identity") => Ok(()),
        Some(encoding) => Err(Refusal::unsupported(format!(
            "the content encoding `{encoding}` is not supported"
        ))),
    }
}

/// A request from a JSON body.
pub(super) fn from_json(body: &[u8]) -> Result<Request, Refusal> {
    let value = serde_json::from_slice(body)
        .map_err(|error| Refusal::malformed(format!("the body is not valid JSON: {error}")))?;
    match value {
        Value::Object(entries) => from_entries(entries),
        Value::Array(_) => Err(Refusal::batch()),
        _ => Err(Refusal::malformed("the body is not a JSON object")),
    }
}

/// A request from a URL's query.
pub(super) fn from_query(query: &str) -> Result<Request, Refusal> {
    let mut entries = Map::new();
    for (key, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let value = match &*key {
            "query" | "operationName" => Value::String(value.into_owned()),
            "variables" | "extensions" if value.is_empty() => Value::Null,
            "variables" | "extensions" => serde_json::from_str(&value).map_err(|error| {
                Refusal::malformed(format!("the parameter `{key}` is not valid JSON: {error}"))
            })?,
            // Others are free for caches and logs to use.
            _ => continue,
        };
        if entries.insert(key.to_string(), value).is_some() {
            return Err(Refusal::malformed(format!(
                "the parameter `{key}` appears twice"
            )));
        }
    }
    if entries.get("operationName").is_some_and(|name| name == "") {
        entries.remove("operationName");
    }
    from_entries(entries)
}

fn from_entries(mut entries: Map<String, Value>) -> Result<Request, Refusal> {
    let extensions = object(&mut entries, "extensions")?;
    let query = match string(&mut entries, "query")? {
        Some(query) => query,
        None if extensions.contains_key("persistedQuery") => return Err(Refusal::persisted_query()),
        None => return Err(Refusal::malformed("`query` is missing")),
    };
    let operation_name = string(&mut entries, "operationName")?;
    let variables = object(&mut entries, "variables")?;
    Ok(Request {
        query,
        operation_name,
        variables,
        extensions,
    })
}

fn string(entries: &mut Map<String, Value>, key: &str) -> Result<Option<String>, Refusal> {
    match entries.remove(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(Refusal::malformed(format!(
            "`{key}` must be a string, not {}",
            kind(&other)
        ))),
    }
}

fn object(entries: &mut Map<String, Value>, key: &str) -> Result<Map<String, Value>, Refusal> {
    match entries.remove(key) {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(map)) => Ok(map),
        Some(other) => Err(Refusal::malformed(format!(
            "`{key}` must be an object, not {}",
            kind(&other)
        ))),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_what_browsers_ask_about() {
        assert!(needs_preflight("application/json"));
        assert!(needs_preflight("application/json; charset=utf-8"));
        for simple in [
            "text/plain",
            "TEXT/PLAIN;charset=utf-8",
            "multipart/form-data; boundary=x",
            "json",
            "",
        ] {
            assert!(!needs_preflight(simple), "{simple}");
        }
    }

    #[test]
    fn reads_bodies() {
        let request =
            from_json(br#"{"query":"{a}","operationName":null,"variables":{"x":1},"id":7}"#)
                .unwrap();
        assert_eq!(
            (request.query.as_str(), request.operation_name),
            ("{a}", None)
        );
        assert_eq!(Value::from(request.variables), serde_json::json!({"x": 1}));
        for (body, expected) in [
            ("{", "not valid JSON"),
            ("[]", "batches"),
            ("1", "not a JSON object"),
            ("{}", "`query` is missing"),
            (r#"{"query":1}"#, "`query` must be a string, not a number"),
            (
                r#"{"query":"{a}","variables":[]}"#,
                "`variables` must be an object, not a list",
            ),
            (
                r#"{"query":"{a}","operationName":{}}"#,
                "`operationName` must be a string, not an object",
            ),
            (
                r#"{"extensions":{"persistedQuery":{}}}"#,
                "PersistedQueryNotSupported",
            ),
        ] {
            let refusal = from_json(body.as_bytes()).unwrap_err();
            assert!(
                refusal.message().contains(expected),
                "{body}: {}",
                refusal.message()
            );
        }
    }

    #[test]
    fn reads_queries() {
        let request =
            from_query("query=%7Ba+b%7D&operationName=&variables=%7B%22x%22%3A1%7D&cache=1")
                .unwrap();
        assert_eq!(
            (request.query.as_str(), request.operation_name),
            ("{a b}", None)
        );
        assert_eq!(Value::from(request.variables), serde_json::json!({"x": 1}));
        assert!(
            from_query("query=a&query=b")
                .unwrap_err()
                .message()
                .contains("twice")
        );
        assert!(
            from_query("query=a&variables=%7B")
                .unwrap_err()
                .message()
                .contains("`variables`")
        );
    }
}
