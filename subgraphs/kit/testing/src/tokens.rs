//! A user service's keys without a user service: issues tokens and publishes the key they are verified with.

use axum::{Json, Router, routing::get};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use kit::{Clock, auth::Role, ids::UserId};
use p256::{SecretKey, elliptic_curve::sec1::ToEncodedPoint, pkcs8::EncodePrivateKey};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// Issues tokens; its JWKS is served for as long as the test's runtime lives.
pub struct Tokens {
    key: EncodingKey,
    /// Where the public key is.
    pub jwks_url: String,
}

impl Tokens {
    /// Makes a key and serves its public half on a free port.
    ///
    /// # Panics
    /// When there is no randomness or no free port.
    pub async fn serve() -> Self {
        let mut bytes = [0_u8; 32];
        getrandom::fill(&mut bytes).expect("randomness");
        let secret =
            SecretKey::from_slice(&bytes).expect("a scalar below the curve's order, almost surely");
        let der = secret.to_pkcs8_der().expect("a key can be written");
        let jwks = jwks(&secret);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a local address");
        let routes = Router::new().route("/jwks.json", get(async move || Json(jwks)));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        let key = EncodingKey::from_ec_der(der.as_bytes());
        Self {
            key,
            jwks_url: format!("http://{address}/jwks.json"),
        }
    }

    /// A token for `user`, good for an hour.
    pub fn token(&self, user: UserId, role: Role) -> String {
        self.token_for_seconds(user, role, 3600)
    }

    /// A token for `user` that ends in `seconds` (or ended, when negative).
    ///
    /// # Panics
    /// When it cannot be signed.
    pub fn token_for_seconds(&self, user: UserId, role: Role, seconds: i64) -> String {
        let now = Clock::real().now().timestamp();
        let claims = json!({
            "iss": "circulate", "sub": user, "card": "C00000000", "role": role.as_str(), "iat": now, "exp": now + seconds,
        });
        let header = Header {
            kid: Some("test".to_owned()),
            ..Header::new(Algorithm::ES256)
        };
        jsonwebtoken::encode(&header, &claims, &self.key).expect("a token can be signed")
    }
}

fn jwks(secret: &SecretKey) -> Value {
    let point = secret.public_key().to_encoded_point(false);
    let coordinate = |bytes: Option<&p256::FieldBytes>| {
        URL_SAFE_NO_PAD.encode(bytes.expect("an uncompressed point"))
    };
    json!({ "keys": [{
        "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "test",
        "x": coordinate(point.x()), "y": coordinate(point.y()),
    }] })
}
