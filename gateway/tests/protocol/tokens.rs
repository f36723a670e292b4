//! Signed tokens, and the address where their key is published.

use std::time::{SystemTime, UNIX_EPOCH};

use axum::{Json, Router, routing::get};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use p256::{SecretKey, elliptic_curve::sec1::ToEncodedPoint, pkcs8::EncodePrivateKey};
use serde_json::json;
use tokio::net::TcpListener;

/// Issues tokens.
pub(crate) struct Tokens {
    key: EncodingKey,
    pub(crate) jwks_url: String,
}

impl Tokens {
    pub(crate) async fn serve() -> Self {
        // A test's key need not be a secret, only valid.
        let secret = SecretKey::from_slice(&[7; 32]).unwrap();
        let point = secret.public_key().to_encoded_point(false);
        let jwks = json!({ "keys": [{
            "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "test",
            "x": URL_SAFE_NO_PAD.encode(point.x().unwrap()),
            "y": URL_SAFE_NO_PAD.encode(point.y().unwrap()),
        }] });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let jwks_url = format!("http://{}/jwks.json", listener.local_addr().unwrap());
        let routes = Router::new().route("/jwks.json", get(async move || Json(jwks)));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        let key = EncodingKey::from_ec_der(secret.to_pkcs8_der().unwrap().as_bytes());
        Self { key, jwks_url }
    }

    /// A token that ends in `seconds`, as a header's value.
    #[allow(clippy::disallowed_methods)] // a token's end is a point in calendar time
    pub(crate) fn bearer(&self, seconds: i64) -> String {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_secs() as i64;
        let claims = json!({ "iss": "test", "sub": "someone", "iat": now, "exp": now + seconds });
        let header = Header {
            kid: Some("test".to_owned()),
            ..Header::new(Algorithm::ES256)
        };
        format!(
            "Bearer {}",
            jsonwebtoken::encode(&header, &claims, &self.key).unwrap()
        )
    }

    /// The configuration that trusts these tokens and passes them on.
    pub(crate) fn config(&self) -> String {
        let url = &self.jwks_url;
        format!(
            "authentication: {{ router: {{ jwt: {{ jwks: [{{ url: '{url}', issuer: test }}] }} }} }}\n\
             headers: {{ all: {{ request: [{{ propagate: {{ named: authorization }} }}] }} }}\n"
        )
    }
}
