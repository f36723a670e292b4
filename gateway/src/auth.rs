//! Who is calling: the bearer token of a request or of a `connection_init`.
//!
//! A caller without a token is anonymous and passes, unless the configuration says otherwise; a token that does not
//! hold is refused rather than ignored, so that a client notices. What a caller may see is the subgraphs' business.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{HeaderMap, header};
use ops::token::{TokenError, Verifier, VerifierConfig};
use tokio_util::sync::CancellationToken;

use crate::config::Config;

/// Verifies callers.
#[derive(Clone)]
pub(crate) struct Authenticator {
    verifiers: Vec<Verifier>,
    required: bool,
}

/// A caller whose token, if any, holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Caller {
    /// Seconds since the epoch at which the token ends; none for the anonymous.
    expires_at: Option<i64>,
}

/// Why a caller was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The text may be told to the client.
    Unauthenticated(&'static str),
    /// No keys to verify with yet.
    Unavailable,
}

impl Authenticator {
    /// An authenticator after the configuration; fetches keys until `stop`.
    pub(crate) fn new(
        config: &Config,
        client: &ops::client::HttpClient,
        stop: &CancellationToken,
    ) -> Self {
        let sources = config
            .authentication
            .router
            .jwt
            .iter()
            .flat_map(|jwt| &jwt.jwks);
        let verifiers = sources.map(|source| {
            let config = VerifierConfig {
                jwks_urls: vec![source.url.clone()],
                issuer: source.issuer.clone(),
                audience: source.audience.clone(),
            };
            Verifier::new(config, client.clone(), stop.clone())
        });
        Self {
            verifiers: verifiers.collect(),
            required: config.authorization.require_authentication,
        }
    }

    /// The caller who sent these headers.
    pub(crate) async fn caller(&self, headers: &HeaderMap) -> Result<Caller, Refusal> {
        if self.verifiers.is_empty() {
            return Ok(Caller { expires_at: None });
        }
        if !headers.contains_key(header::AUTHORIZATION) {
            return if self.required {
                Err(Refusal::Unauthenticated("a token is required"))
            } else {
                Ok(Caller { expires_at: None })
            };
        }
        let Some(token) = ops::token::bearer(headers) else {
            return Err(Refusal::Unauthenticated(
                "the Authorization header is not a bearer token",
            ));
        };
        let mut refusal = Refusal::Unauthenticated("the token is signed with an unknown key");
        for verifier in &self.verifiers {
            match verifier.verify(token).await {
                Ok(claims) => {
                    return Ok(Caller {
                        expires_at: Some(claims.exp),
                    });
                }
                Err(TokenError::UnknownKey) => {}
                Err(TokenError::KeysUnavailable) => refusal = Refusal::Unavailable,
                Err(TokenError::Expired) => {
                    refusal = Refusal::Unauthenticated("the token has expired");
                }
                Err(_) => refusal = Refusal::Unauthenticated("the token is not valid"),
            }
        }
        Err(refusal)
    }
}

impl Caller {
    /// How long the token still holds; none: it does not end.
    pub(crate) fn remaining(self) -> Option<Duration> {
        let end = Duration::from_secs(u64::try_from(self.expires_at?).unwrap_or(0));
        Some(end.saturating_sub(since_epoch()))
    }
}

// A token's end is a point in calendar time, and its verifier went by this same clock.
#[allow(clippy::disallowed_methods)]
fn since_epoch() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

impl Refusal {
    /// The `extensions.code` for the client.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Unauthenticated(_) => "UNAUTHENTICATED",
            Self::Unavailable => "SERVICE_UNAVAILABLE",
        }
    }

    /// The text for the client.
    pub(crate) fn message(self) -> &'static str {
        match self {
            Self::Unauthenticated(message) => message,
            Self::Unavailable => "tokens cannot be verified at the moment",
        }
    }
}
