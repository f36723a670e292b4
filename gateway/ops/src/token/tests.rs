use super::*;

use axum::{Json, Router, extract::State, routing};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use p256::pkcs8::EncodePrivateKey as _;
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::net::TcpListener;

/// What the tests' keys are made from. Nobody would take them for secrets.
type Seed = [u8; 32];
const FIRST: Seed = [1; 32];
const SECOND: Seed = [2; 32];
const ED: Seed = [3; 32];
/// What comes before the seed of an Ed25519 key in PKCS #8 (RFC 8410, section 7).
const ED25519_PKCS8: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

#[derive(Clone, Default)]
struct Published {
    keys: Arc<Mutex<Vec<Value>>>,
    fetches: Arc<AtomicUsize>,
    /// Whether the source fails.
    down: Arc<std::sync::atomic::AtomicBool>,
}

/// A key source whose keys can be exchanged and which can be taken down.
struct Issuer {
    published: Published,
    url: String,
    stop: CancellationToken,
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn jwks(State(published): State<Published>) -> Result<Json<Value>, http::StatusCode> {
    published.fetches.fetch_add(1, Ordering::SeqCst);
    if published.down.load(Ordering::SeqCst) {
        return Err(http::StatusCode::BAD_GATEWAY);
    }
    let keys = published.keys.lock().unwrap().clone();
    Ok(Json(json!({ "keys": keys })))
}

impl Issuer {
    async fn start(keys: &[Value]) -> Self {
        let published = Published::default();
        *published.keys.lock().unwrap() = keys.to_vec();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/jwks", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/jwks", routing::get(jwks))
            .with_state(published.clone());
        let stop = CancellationToken::new();
        tokio::spawn(crate::server::serve(
            listener,
            router,
            stop.clone(),
            Duration::from_secs(1),
        ));
        Self {
            published,
            url,
            stop,
        }
    }

    /// A verifier whose quiet period never ends by itself, so that a slow machine does not decide
    /// a test's outcome.
    fn verifier(&self) -> Verifier {
        self.verifier_that_waits(Duration::ZERO)
    }

    fn verifier_that_waits(&self, first_keys_within: Duration) -> Verifier {
        let config = VerifierConfig {
            jwks_urls: vec![self.url.clone()],
            issuer: Some("circulate".to_owned()),
            audience: None,
        };
        let pace = Pace {
            quiet: Duration::from_secs(3600),
            first_keys_within,
        };
        let client = crate::client::http_client();
        Verifier::with_pace(config, client, self.stop.clone(), pace)
    }

    fn publish(&self, keys: &[Value]) {
        *self.published.keys.lock().unwrap() = keys.to_vec();
    }

    fn set_down(&self, down: bool) {
        self.published.down.store(down, Ordering::SeqCst);
    }

    fn fetches(&self) -> usize {
        self.published.fetches.load(Ordering::SeqCst)
    }
}

fn key(seed: Seed, algorithm: Algorithm) -> EncodingKey {
    match algorithm {
        Algorithm::ES256 => {
            let key = p256::SecretKey::from_slice(&seed).unwrap();
            EncodingKey::from_ec_der(key.to_pkcs8_der().unwrap().as_bytes())
        }
        _ => EncodingKey::from_ed_der(&[ED25519_PKCS8.as_slice(), &seed].concat()),
    }
}

fn published(seed: Seed, id: &str, algorithm: Algorithm) -> Value {
    let mut jwk = Jwk::from_encoding_key(&key(seed, algorithm), algorithm).unwrap();
    jwk.common.key_id = Some(id.to_owned());
    serde_json::to_value(jwk).unwrap()
}

fn sign(seed: Seed, id: &str, algorithm: Algorithm, claims: &Value) -> String {
    let mut header = Header::new(algorithm);
    header.kid = Some(id.to_owned());
    jsonwebtoken::encode(&header, claims, &key(seed, algorithm)).unwrap()
}

fn mia(seconds_left: i64) -> Value {
    json!({"iss": "circulate", "sub": "mia", "card": "C-1", "role": "PATRON", "exp": now() + seconds_left})
}

#[tokio::test]
async fn a_good_token_is_read_and_then_remembered() {
    let issuer = Issuer::start(&[published(FIRST, "a", Algorithm::ES256)]).await;
    let verifier = issuer.verifier();
    let token = sign(FIRST, "a", Algorithm::ES256, &mia(60));

    let claims = verifier.verify(&token).await.unwrap();
    assert_eq!(
        (claims.sub.as_str(), claims.card.as_deref()),
        ("mia", Some("C-1"))
    );
    assert_eq!(claims.role.as_deref(), Some("PATRON"));
    assert_eq!(claims.raw["iss"], "circulate");
    assert!(verifier.cached(&token).is_some());
    assert_eq!(verifier.verify(&token).await, Ok(claims));
}

#[tokio::test]
async fn eddsa_works_too() {
    let issuer = Issuer::start(&[published(ED, "e", Algorithm::EdDSA)]).await;
    let token = sign(ED, "e", Algorithm::EdDSA, &mia(60));
    assert_eq!(issuer.verifier().verify(&token).await.unwrap().sub, "mia");
}

#[tokio::test]
async fn what_is_wrong_with_a_token_is_told_apart() {
    let issuer = Issuer::start(&[
        published(FIRST, "a", Algorithm::ES256),
        published(ED, "e", Algorithm::EdDSA),
    ])
    .await;
    let verifier = issuer.verifier();
    let es256 = |claims: &Value| sign(FIRST, "a", Algorithm::ES256, claims);
    let with = |name: &str, value: Value| {
        let mut claims = mia(60);
        claims[name] = value;
        es256(&claims)
    };
    let good = es256(&mia(60));
    let (unsigned, _) = good.rsplit_once('.').unwrap();
    let none = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJtaWEiLCJleHAiOjk5OTk5OTk5OTl9.";

    let cases = [
        ("expired", es256(&mia(-60)), TokenError::Expired),
        (
            "other key",
            sign(SECOND, "a", Algorithm::ES256, &mia(60)),
            TokenError::BadSignature,
        ),
        (
            "other algorithm",
            sign(ED, "a", Algorithm::EdDSA, &mia(60)),
            TokenError::BadSignature,
        ),
        (
            "key of the other algorithm",
            sign(FIRST, "e", Algorithm::ES256, &mia(60)),
            TokenError::BadSignature,
        ),
        (
            "other issuer",
            with("iss", json!("somebody")),
            TokenError::NotForUs,
        ),
        ("no issuer", with("iss", Value::Null), TokenError::NotForUs),
        (
            "not yet",
            with("nbf", json!(now() + 600)),
            TokenError::NotForUs,
        ),
        (
            "no subject",
            with("sub", Value::Null),
            TokenError::Malformed,
        ),
        (
            "no signature",
            format!("{unsigned}."),
            TokenError::BadSignature,
        ),
        ("algorithm none", none.to_owned(), TokenError::Malformed),
        ("nonsense", "a.b.c".to_owned(), TokenError::Malformed),
        (
            "endless",
            "a".repeat(TOKEN_LIMIT + 1),
            TokenError::Malformed,
        ),
    ];
    for (name, token, expected) in cases {
        assert_eq!(verifier.verify(&token).await, Err(expected), "{name}");
    }
    assert!(
        verifier.verify(&es256(&mia(-2))).await.is_ok(),
        "within the leeway"
    );
    assert!(verifier.verify(&good).await.is_ok());
}

#[tokio::test]
async fn a_remembered_token_still_expires() {
    let issuer = Issuer::start(&[published(FIRST, "a", Algorithm::ES256)]).await;
    let verifier = issuer.verifier();
    let token = sign(FIRST, "a", Algorithm::ES256, &mia(60));
    let claims = verifier.verify(&token).await.unwrap();
    let aged = Claims {
        exp: now() - 60,
        ..claims
    };
    verifier.remember(&token, verifier.inner.keys.generation(), &aged, now());
    assert_eq!(verifier.verify(&token).await, Err(TokenError::Expired));
}

#[tokio::test]
async fn an_unknown_key_is_fetched_and_a_withdrawn_one_forgotten() {
    let first = published(FIRST, "a", Algorithm::ES256);
    let second = published(SECOND, "b", Algorithm::ES256);
    let issuer = Issuer::start(std::slice::from_ref(&first)).await;
    let verifier = issuer.verifier();
    let old = sign(FIRST, "a", Algorithm::ES256, &mia(60));
    let new = sign(SECOND, "b", Algorithm::ES256, &mia(60));
    assert!(verifier.verify(&old).await.is_ok());

    issuer.publish(&[second]);
    let fetches = issuer.fetches();
    assert_eq!(
        verifier.verify(&new).await,
        Err(TokenError::UnknownKey),
        "within the quiet period"
    );
    assert_eq!(
        issuer.fetches(),
        fetches,
        "strangers' tokens cause no storm"
    );
    assert!(
        verifier.verify(&old).await.is_ok(),
        "the withdrawal is not known yet"
    );

    verifier.inner.keys.forget_last_fetch().await;
    assert_eq!(verifier.verify(&new).await.unwrap().sub, "mia");
    assert_eq!(issuer.fetches(), fetches + 1);
    verifier.inner.keys.forget_last_fetch().await;
    assert_eq!(
        verifier.verify(&old).await,
        Err(TokenError::UnknownKey),
        "not from the cache either"
    );
}

#[tokio::test]
async fn keys_outlive_their_source_and_a_source_may_come_late() {
    let issuer = Issuer::start(&[published(FIRST, "a", Algorithm::ES256)]).await;
    issuer.set_down(true);
    let verifier = issuer.verifier();
    let token = sign(FIRST, "a", Algorithm::ES256, &mia(60));
    assert_eq!(
        verifier.verify(&token).await,
        Err(TokenError::KeysUnavailable)
    );

    issuer.set_down(false);
    verifier.inner.keys.forget_last_fetch().await;
    assert!(verifier.verify(&token).await.is_ok());

    issuer.set_down(true);
    verifier.inner.keys.forget_last_fetch().await;
    let other = sign(SECOND, "b", Algorithm::ES256, &mia(60));
    assert_eq!(
        verifier.verify(&other).await,
        Err(TokenError::KeysUnavailable)
    );
    let another = sign(FIRST, "a", Algorithm::ES256, &mia(61));
    assert!(
        verifier.verify(&another).await.is_ok(),
        "known keys go on working"
    );
}

#[tokio::test]
async fn a_token_waits_for_the_first_keys() {
    let issuer = Issuer::start(&[published(FIRST, "a", Algorithm::ES256)]).await;
    issuer.set_down(true);
    let verifier = issuer.verifier_that_waits(Duration::from_secs(60));
    let token = sign(FIRST, "a", Algorithm::ES256, &mia(600));
    let waiting = tokio::spawn(async move { verifier.verify(&token).await });
    while issuer.fetches() < 3 {
        tokio::task::yield_now().await;
    }
    issuer.set_down(false);
    assert_eq!(waiting.await.unwrap().unwrap().sub, "mia");
}

#[tokio::test]
async fn the_cache_stays_bounded() {
    let issuer = Issuer::start(&[published(FIRST, "a", Algorithm::ES256)]).await;
    let verifier = issuer.verifier();
    let token = sign(FIRST, "a", Algorithm::ES256, &mia(60));
    let claims = verifier.verify(&token).await.unwrap();
    let generation = verifier.inner.keys.generation();
    for number in 0..CACHE_LIMIT * 2 {
        verifier.remember(&number.to_string(), generation, &claims, now());
        assert!(verifier.cache().tokens.len() <= CACHE_LIMIT);
    }
}

#[test]
fn bearer_tokens_are_found() {
    let read = |value: &str| {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, value.parse().unwrap());
        bearer(&headers).map(str::to_owned)
    };
    assert_eq!(read("Bearer abc").as_deref(), Some("abc"));
    assert_eq!(read("bearer  abc ").as_deref(), Some("abc"));
    assert_eq!(read("Basic abc"), None);
    assert_eq!(read("Bearer "), None);
    assert_eq!(bearer(&HeaderMap::new()), None);
}
