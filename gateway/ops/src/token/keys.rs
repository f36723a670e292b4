//! The published keys: fetched, kept, and replaced when their source says so.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::TokenError;
use crate::client::HttpClient;

/// How often keys are fetched while all is well.
const REFRESH_EVERY: Duration = Duration::from_secs(60);

/// How soon a source that has never answered is asked again: whoever starts together with the
/// user service should not refuse callers for longer than it takes to come up.
const FIRST_RETRY: Duration = Duration::from_millis(50);

/// Retries of a source that has never answered grow apart up to this many times [`FIRST_RETRY`],
/// and are worth a warning from then on: before, it is just starting.
const STARTING_FAILURES: u32 = 20;

const FETCH_TIMEOUT: Duration = Duration::from_secs(5);
const BODY_LIMIT: usize = 1024 * 1024;

/// How patient the fetching is; tests choose their own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// Fetches are at least this far apart, whatever tokens strangers send.
    pub(super) quiet: Duration,
    /// How long a token may wait for a source that has never answered.
    pub(super) first_keys_within: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            quiet: Duration::from_secs(2),
            first_keys_within: Duration::from_secs(3),
        }
    }
}

/// One usable public key.
#[derive(Debug)]
pub(super) struct Key {
    id: Option<String>,
    pub(super) algorithm: Algorithm,
    pub(super) decoding: DecodingKey,
}

/// All sources, and the keys last seen at each.
#[derive(Debug)]
pub(super) struct Keys {
    client: HttpClient,
    pace: Pace,
    current: RwLock<Current>,
    /// Held while fetching, so that one fetch serves all who wait for it.
    fetching: Mutex<Fetching>,
}

#[derive(Debug, Default)]
struct Current {
    /// Grows whenever a source's keys change.
    generation: u64,
    keys: Vec<Arc<Key>>,
}

#[derive(Debug)]
struct Fetching {
    sources: Vec<Source>,
    last: Option<Instant>,
}

#[derive(Debug)]
struct Source {
    url: String,
    /// The last good answer, to tell a change.
    seen: Option<Vec<Value>>,
    keys: Vec<Arc<Key>>,
    /// Fetches that have failed since the last one that worked.
    failures: u32,
    /// Whether the operator has been told of the failures.
    told: bool,
}

#[derive(Deserialize)]
struct Published {
    keys: Vec<Value>,
}

impl Keys {
    pub(super) fn new(urls: Vec<String>, client: HttpClient, pace: Pace) -> Self {
        let sources = urls
            .into_iter()
            .map(|url| Source {
                url,
                seen: None,
                keys: Vec::new(),
                failures: 0,
                told: false,
            })
            .collect();
        Self {
            client,
            pace,
            current: RwLock::default(),
            fetching: Mutex::new(Fetching {
                sources,
                last: None,
            }),
        }
    }

    pub(super) fn generation(&self) -> u64 {
        self.read().generation
    }

    /// The keys that may have signed, and their generation; fetches when there is none.
    pub(super) async fn find(&self, id: Option<&str>) -> Result<(u64, Vec<Arc<Key>>), TokenError> {
        let (generation, found) = self.matching(id);
        if !found.is_empty() {
            return Ok((generation, found));
        }
        let deadline = Instant::now() + self.pace.first_keys_within;
        loop {
            let sources = self.refresh().await;
            let (generation, found) = self.matching(id);
            match sources {
                _ if !found.is_empty() => return Ok((generation, found)),
                Sources::Up => return Err(TokenError::UnknownKey),
                Sources::Awaited if Instant::now() < deadline => {
                    tokio::time::sleep(FIRST_RETRY).await;
                }
                // The source that is down may well have it.
                Sources::Awaited | Sources::Down => return Err(TokenError::KeysUnavailable),
            }
        }
    }

    fn matching(&self, id: Option<&str>) -> (u64, Vec<Arc<Key>>) {
        let current = self.read();
        let fits = |key: &&Arc<Key>| id.is_none() || key.id.is_none() || key.id.as_deref() == id;
        (
            current.generation,
            current.keys.iter().filter(fits).cloned().collect(),
        )
    }

    pub(super) async fn refresh_forever(&self) {
        loop {
            let pause = match self.refresh().await {
                Sources::Up => REFRESH_EVERY,
                Sources::Down => self.pace.quiet,
                Sources::Awaited => FIRST_RETRY,
            };
            tokio::time::sleep(pause).await;
        }
    }

    /// Fetches every source, unless that was done just now.
    async fn refresh(&self) -> Sources {
        let mut fetching = self.fetching.lock().await;
        let quiet = match fetching.state() {
            Sources::Awaited => fetching.first_retry(),
            Sources::Up | Sources::Down => self.pace.quiet,
        };
        if fetching.last.is_none_or(|last| last.elapsed() >= quiet) {
            let mut changed = false;
            for source in &mut fetching.sources {
                changed |= source.fetch(&self.client).await;
            }
            fetching.last = Some(Instant::now());
            if changed {
                let keys = fetching
                    .sources
                    .iter()
                    .flat_map(|source| source.keys.clone())
                    .collect();
                let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
                current.generation += 1;
                current.keys = keys;
            }
        }
        fetching.state()
    }

    /// Ends the quiet period, so that tests need not wait for it.
    #[cfg(test)]
    pub(super) async fn forget_last_fetch(&self) {
        self.fetching.lock().await.last = None;
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Current> {
        self.current.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How the sources are, taken together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sources {
    /// All answered when last asked.
    Up,
    /// One does not answer now.
    Down,
    /// One has never answered.
    Awaited,
}

impl Fetching {
    fn state(&self) -> Sources {
        if self.sources.iter().any(|source| source.seen.is_none()) {
            Sources::Awaited
        } else if self.sources.iter().all(|source| source.failures == 0) {
            Sources::Up
        } else {
            Sources::Down
        }
    }

    fn first_retry(&self) -> Duration {
        let awaited = self.sources.iter().filter(|source| source.seen.is_none());
        let failures = awaited.map(|source| source.failures).min().unwrap_or(1);
        FIRST_RETRY * failures.clamp(1, STARTING_FAILURES)
    }
}

impl Source {
    /// Says whether the keys have changed. On failure the last good ones stay.
    async fn fetch(&mut self, client: &HttpClient) -> bool {
        match get(client, &self.url).await {
            Ok(published) => {
                if std::mem::take(&mut self.told) {
                    tracing::info!(url = self.url, "the key source answers again");
                }
                self.failures = 0;
                if self.seen.as_ref() == Some(&published) {
                    return false;
                }
                self.keys = published.iter().filter_map(usable).map(Arc::new).collect();
                self.seen = Some(published);
                true
            }
            Err(reason) => {
                self.failures = self.failures.saturating_add(1);
                let starting = self.seen.is_none() && self.failures < STARTING_FAILURES;
                if !self.told && !starting {
                    let kept = self.keys.len();
                    tracing::warn!(
                        url = self.url,
                        reason,
                        kept,
                        "the key source does not answer"
                    );
                    self.told = true;
                }
                false
            }
        }
    }
}

async fn get(client: &HttpClient, url: &str) -> Result<Vec<Value>, String> {
    let request = http::Request::get(url)
        .header(http::header::ACCEPT, "application/json")
        .body(Full::<Bytes>::default())
        .map_err(|error| error.to_string())?;
    let fetch = async {
        let response = client
            .request(request)
            .await
            .map_err(|error| error.to_string())?;
        if !response.status().is_success() {
            return Err(response.status().to_string());
        }
        let body = Limited::new(response.into_body(), BODY_LIMIT)
            .collect()
            .await;
        let body = body.map_err(|error| error.to_string())?.to_bytes();
        let published: Published =
            serde_json::from_slice(&body).map_err(|error| format!("not a key set: {error}"))?;
        Ok(published.keys)
    };
    tokio::time::timeout(FETCH_TIMEOUT, fetch)
        .await
        .unwrap_or_else(|_| Err(format!("no answer within {FETCH_TIMEOUT:?}")))
}

/// Keys of other kinds or for other uses are passed over (RFC 7517, section 5).
fn usable(published: &Value) -> Option<Key> {
    let jwk: Jwk = serde_json::from_value(published.clone()).ok()?;
    if matches!(jwk.common.public_key_use, Some(PublicKeyUse::Encryption)) {
        return None;
    }
    let algorithm = match &jwk.algorithm {
        AlgorithmParameters::EllipticCurve(ec) if ec.curve == EllipticCurve::P256 => {
            Algorithm::ES256
        }
        AlgorithmParameters::OctetKeyPair(ed) if ed.curve == EllipticCurve::Ed25519 => {
            Algorithm::EdDSA
        }
        AlgorithmParameters::RSA(_) => Algorithm::RS256,
        _ => return None,
    };
    let declared = jwk
        .common
        .key_algorithm
        .map(|declared| declared.to_string());
    if declared.is_some_and(|declared| declared != format!("{algorithm:?}")) {
        return None;
    }
    let decoding = DecodingKey::from_jwk(&jwk).ok()?;
    Some(Key {
        id: jwk.common.key_id,
        algorithm,
        decoding,
    })
}
