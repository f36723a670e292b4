//! Verification of callers' tokens against published keys (JWKS).
//!
//! Keys are fetched in the background and kept while their source is down, so that a restart of
//! the user service signs nobody out. Accepted algorithms are ES256, RS256 and EdDSA, and a token's
//! must be its key's (RFC 8725, section 3.1).

mod keys;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{HeaderMap, header};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Header, Validation};
use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use crate::client::HttpClient;
use keys::{Key, Keys, Pace};

/// Clocks of the machines involved may differ by this many seconds.
const LEEWAY: i64 = 5;

/// Verified tokens remembered at most; at about 1 KiB each, a few MiB.
const CACHE_LIMIT: usize = 4096;

/// Longer tokens are refused unread: no header of a sane client is that long.
const TOKEN_LIMIT: usize = 16 * 1024;

/// Where keys come from, and what tokens must say.
#[derive(Clone, Debug, Default)]
pub struct VerifierConfig {
    /// Addresses of key sets; each is kept apart, so one that fails does not empty the others.
    pub jwks_urls: Vec<String>,
    /// The `iss` that tokens must carry, if any.
    pub issuer: Option<String>,
    /// The `aud` that tokens must carry, if any.
    pub audience: Option<String>,
}

/// What a verified token says.
#[derive(Clone, Debug, PartialEq)]
pub struct Claims {
    /// The subject: our user id.
    pub sub: String,
    /// The card's barcode.
    pub card: Option<String>,
    /// The role's name.
    pub role: Option<String>,
    /// Expiry, seconds since 1970.
    pub exp: i64,
    /// All claims.
    pub raw: Arc<Map<String, Value>>,
}

/// Why a token is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not a JSON Web Token, or one without `sub` or `exp`.
    #[error("the token is malformed")]
    Malformed,
    /// The signature, or its algorithm, is not the key's.
    #[error("the token's signature is wrong")]
    BadSignature,
    /// It has expired.
    #[error("the token has expired")]
    Expired,
    /// Another issuer's or audience's, or not valid yet.
    #[error("the token is not meant for this service")]
    NotForUs,
    /// No source publishes its key.
    #[error("the token's key is unknown")]
    UnknownKey,
    /// Keys could not be fetched yet: the token may be good; the caller should try again (503).
    #[error("tokens cannot be verified at the moment")]
    KeysUnavailable,
}

/// Verifies tokens; clones share keys and cache.
#[derive(Clone, Debug)]
pub struct Verifier {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    config: VerifierConfig,
    keys: Keys,
    cache: Mutex<Cache>,
}

/// Tokens verified against one generation of keys.
#[derive(Debug, Default)]
struct Cache {
    generation: u64,
    tokens: HashMap<Box<str>, Claims>,
}

impl Verifier {
    /// Starts fetching keys in the background, until `stop`.
    ///
    /// Must be called inside a Tokio runtime; does not wait for the keys, [`Verifier::verify`] does.
    pub fn new(config: VerifierConfig, client: HttpClient, stop: CancellationToken) -> Self {
        Self::with_pace(config, client, stop, Pace::default())
    }

    fn with_pace(
        config: VerifierConfig,
        client: HttpClient,
        stop: CancellationToken,
        pace: Pace,
    ) -> Self {
        let keys = Keys::new(config.jwks_urls.clone(), client, pace);
        let inner = Arc::new(Inner {
            config,
            keys,
            cache: Mutex::default(),
        });
        let background = inner.clone();
        tokio::spawn(async move {
            let _ = stop
                .run_until_cancelled(background.keys.refresh_forever())
                .await;
        });
        Self { inner }
    }

    /// Checks signature, expiry, issuer and audience.
    ///
    /// Waits at most seconds for keys that have not been published yet.
    pub async fn verify(&self, token: &str) -> Result<Claims, TokenError> {
        let now = now();
        if let Some(claims) = self.cached(token) {
            return if claims.exp + LEEWAY < now {
                Err(TokenError::Expired)
            } else {
                Ok(claims)
            };
        }
        if token.len() > TOKEN_LIMIT {
            return Err(TokenError::Malformed);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Malformed)?;
        let (generation, keys) = self.inner.keys.find(header.kid.as_deref()).await?;
        let claims = self.check(token, &header, &keys)?;
        self.remember(token, generation, &claims, now);
        Ok(claims)
    }

    /// Tries the candidates: one with the token's key id, or all when it names none.
    fn check(&self, token: &str, header: &Header, keys: &[Arc<Key>]) -> Result<Claims, TokenError> {
        let mut refusal = TokenError::BadSignature;
        for key in keys.iter().filter(|key| key.algorithm == header.alg) {
            let decoded =
                jsonwebtoken::decode::<Map<String, Value>>(token, &key.decoding, &self.rules(key));
            match decoded {
                Ok(decoded) => return claims(decoded.claims),
                Err(error) => refusal = refusal_of(error.kind()),
            }
            if refusal != TokenError::BadSignature {
                break;
            }
        }
        Err(refusal)
    }

    fn rules(&self, key: &Key) -> Validation {
        let mut rules = Validation::new(key.algorithm);
        rules.leeway = LEEWAY as u64;
        rules.validate_nbf = true;
        let mut required = vec!["exp", "sub"];
        if let Some(issuer) = &self.inner.config.issuer {
            rules.set_issuer(&[issuer]);
            required.push("iss");
        }
        match &self.inner.config.audience {
            Some(audience) => {
                rules.set_audience(&[audience]);
                required.push("aud");
            }
            None => rules.validate_aud = false,
        }
        rules.set_required_spec_claims(&required);
        rules
    }

    fn cached(&self, token: &str) -> Option<Claims> {
        let cache = self.cache();
        let current = cache.generation == self.inner.keys.generation();
        current.then(|| cache.tokens.get(token).cloned()).flatten()
    }

    fn remember(&self, token: &str, generation: u64, claims: &Claims, now: i64) {
        let mut cache = self.cache();
        if cache.generation != generation {
            // Keys have changed: a token of a withdrawn key must not live on here.
            *cache = Cache {
                generation,
                tokens: HashMap::new(),
            };
        }
        if cache.tokens.len() >= CACHE_LIMIT {
            cache.tokens.retain(|_, claims| claims.exp + LEEWAY >= now);
        }
        if cache.tokens.len() >= CACHE_LIMIT {
            cache.tokens.clear();
        }
        cache.tokens.insert(token.into(), claims.clone());
    }

    fn cache(&self) -> std::sync::MutexGuard<'_, Cache> {
        self.inner
            .cache
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn claims(raw: Map<String, Value>) -> Result<Claims, TokenError> {
    let text = |name: &str| raw.get(name).and_then(Value::as_str).map(str::to_owned);
    // RFC 7519 allows a fraction in NumericDate.
    let exp = raw
        .get("exp")
        .and_then(|exp| exp.as_i64().or_else(|| exp.as_f64().map(|f| f as i64)));
    Ok(Claims {
        sub: text("sub").ok_or(TokenError::Malformed)?,
        card: text("card"),
        role: text("role"),
        exp: exp.ok_or(TokenError::Malformed)?,
        raw: Arc::new(raw),
    })
}

fn refusal_of(kind: &ErrorKind) -> TokenError {
    match kind {
        ErrorKind::ExpiredSignature => TokenError::Expired,
        ErrorKind::InvalidSignature | ErrorKind::InvalidAlgorithm => TokenError::BadSignature,
        ErrorKind::InvalidIssuer | ErrorKind::InvalidAudience | ErrorKind::ImmatureSignature => {
            TokenError::NotForUs
        }
        ErrorKind::MissingRequiredClaim(name) if name == "iss" || name == "aud" => {
            TokenError::NotForUs
        }
        _ => TokenError::Malformed,
    }
}

// Expiry is real time by nature: a settable clock must never lengthen a token's life.
#[expect(
    clippy::disallowed_methods,
    reason = "token expiry follows the machine's clock"
)]
fn now() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or(Duration::ZERO);
    since.as_secs() as i64
}

/// The token of an `Authorization: Bearer …` header (the scheme in any case), if there is one.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.trim().split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

#[cfg(test)]
mod tests;
