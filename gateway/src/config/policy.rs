//! The sections that decide who may call and what is passed on.

use http::{HeaderName, HeaderValue};
use serde::Deserialize;

use super::{
    Config, ConfigError,
    check::{check_url, value},
};

/// `headers`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HeaderRules {
    /// For every subgraph.
    pub all: RequestHeaders,
}

/// `headers.all`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RequestHeaders {
    /// Applied in order.
    pub request: Vec<HeaderOperation>,
}

/// One rule of `headers.all.request`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeaderOperation {
    /// Passes the client's header on.
    Propagate(NamedOrMatching),
    /// Sets a header to a fixed value.
    Insert(NameAndValue),
    /// Takes out what earlier rules put in.
    Remove(NamedOrMatching),
}

/// One header by name, or all that match.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NamedOrMatching {
    /// A header's name.
    pub named: Option<String>,
    /// A regular expression on lower-case names.
    pub matching: Option<String>,
    /// The name upstream, with `named`.
    pub rename: Option<String>,
    /// The value when the client sent none, with `named`.
    pub default: Option<String>,
}

/// `insert`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NameAndValue {
    /// The header's name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// `authentication`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Authentication {
    /// Of clients.
    pub router: RouterAuthentication,
}

/// `authentication.router`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RouterAuthentication {
    /// By signed token; left out, tokens are not looked at.
    pub jwt: Option<Jwt>,
}

/// `authentication.router.jwt`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Jwt {
    /// Where the keys are; each source has its own issuer.
    pub jwks: Vec<Jwks>,
}

/// One source of keys.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Jwks {
    /// URL of the key set.
    pub url: String,
    /// The `iss` that tokens must have.
    #[serde(default)]
    pub issuer: Option<String>,
    /// The `aud` that tokens must have.
    #[serde(default)]
    pub audience: Option<String>,
}

/// `authorization`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Authorization {
    /// Whether callers without a token are refused.
    pub require_authentication: bool,
}

/// `cors`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Cors {
    /// Origins whose pages may call, such as `https://app.example`.
    pub origins: Vec<String>,
    /// Whether pages of every origin may call.
    pub allow_any_origin: bool,
    /// Whether browsers may send cookies along.
    pub allow_credentials: bool,
    /// Request headers that pages may set; empty: those they ask for.
    pub allow_headers: Vec<String>,
    /// Response headers that pages may read.
    pub expose_headers: Vec<String>,
}

/// `csrf`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Csrf {
    /// Turns the check off.
    pub unsafe_disabled: bool,
    /// Headers that a page cannot set without a preflight; one of them vouches for a request.
    pub required_headers: Vec<String>,
}

impl Default for Csrf {
    fn default() -> Self {
        Self {
            unsafe_disabled: false,
            required_headers: vec![
                "x-apollo-operation-name".to_owned(),
                "apollo-require-preflight".to_owned(),
            ],
        }
    }
}

/// What `serde` cannot see.
pub(super) fn check(config: &Config) -> Result<(), ConfigError> {
    if let Some(jwt) = &config.authentication.router.jwt {
        if jwt.jwks.is_empty() {
            return Err(value(
                "authentication.router.jwt.jwks",
                "names no source of keys",
            ));
        }
        for (index, source) in jwt.jwks.iter().enumerate() {
            check_url(
                &format!("authentication.router.jwt.jwks[{index}].url"),
                &source.url,
            )?;
        }
    } else if config.authorization.require_authentication {
        return Err(value(
            "authorization.require_authentication",
            "needs authentication.router.jwt",
        ));
    }
    check_cors(&config.cors)?;
    for name in &config.csrf.required_headers {
        check_name("csrf.required_headers", name)?;
    }
    crate::headers::Propagation::new(&config.headers).map(drop)
}

fn check_cors(cors: &Cors) -> Result<(), ConfigError> {
    if cors.allow_any_origin && cors.allow_credentials {
        // The CORS protocol forbids the pair; browsers would refuse every answer.
        return Err(value(
            "cors.allow_credentials",
            "cannot be combined with cors.allow_any_origin",
        ));
    }
    for origin in &cors.origins {
        let parsed = url::Url::parse(origin)
            .ok()
            .map(|url| url.origin().ascii_serialization());
        if parsed.as_deref() != Some(origin) {
            return Err(value(
                "cors.origins",
                format!("`{origin}` is not an origin, such as https://app.example"),
            ));
        }
    }
    for name in cors.allow_headers.iter().chain(&cors.expose_headers) {
        check_name("cors", name)?;
    }
    Ok(())
}

/// A header's name, or an error with the key it came from.
pub(crate) fn check_name(key: &str, name: &str) -> Result<HeaderName, ConfigError> {
    HeaderName::try_from(name).map_err(|_| value(key, format!("`{name}` is not a header name")))
}

/// A header's value, or an error with the key it came from.
pub(crate) fn check_value(key: &str, text: &str) -> Result<HeaderValue, ConfigError> {
    HeaderValue::try_from(text).map_err(|_| value(key, "is not a header value"))
}
