//! Tokens: JWTs signed with ES256 (RFC 7518, section 3.4), and the public key that verifies them (RFC 7517).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{
    Algorithm, EncodingKey, Header,
    jwk::{Jwk, JwkSet, PublicKeyUse, ThumbprintHash},
};
use kit::{auth::Role, ids::UserId};
use serde::Serialize;

/// Who signs.
pub const ISSUER: &str = "circulate";

/// What precedes the 32 bytes of a P-256 private key in PKCS#8 (RFC 5958, RFC 5915 without the optional public key):
/// version 0, id-ecPublicKey with prime256v1, and an ECPrivateKey of version 1.
const PKCS8_PREFIX: [u8; 35] = [
    0x30, 0x41, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
    0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x04, 0x27, 0x30, 0x25, 0x02, 0x01,
    0x01, 0x04, 0x20,
];

/// Why a signing key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Not base64.
    #[error("the signing key in the database is damaged: {0}")]
    Encoding(#[from] base64::DecodeError),
    /// Not a private key on P-256, or a claim that cannot be written.
    #[error("the signing key cannot be used: {0}")]
    Key(#[from] jsonwebtoken::errors::Error),
}

/// Signs tokens.
pub struct Signer {
    key: EncodingKey,
    header: Header,
    public: Jwk,
    lifetime: TimeDelta,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: UserId,
    card: &'a str,
    role: &'a str,
    iat: i64,
    exp: i64,
}

/// A private key in the form the database keeps it in, from 32 random bytes. All but one in 2³² are a key.
pub fn private_key(random: [u8; 32]) -> Option<String> {
    let pkcs8 = STANDARD.encode([PKCS8_PREFIX.as_slice(), &random].concat());
    Signer::new(&pkcs8, TimeDelta::zero())
        .is_ok()
        .then_some(pkcs8)
}

impl Signer {
    /// Signs with the key that [`private_key`] made, tokens that last for `lifetime`.
    pub fn new(pkcs8: &str, lifetime: TimeDelta) -> Result<Self, KeyError> {
        let key = EncodingKey::from_ec_der(&STANDARD.decode(pkcs8)?);
        let mut public = Jwk::from_encoding_key(&key, Algorithm::ES256)?;
        let kid = public.thumbprint(ThumbprintHash::SHA256)?;
        public.common.key_id = Some(kid.clone());
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(kid);
        Ok(Self {
            key,
            header,
            public,
            lifetime,
        })
    }

    /// A token for a user, and when it ends.
    pub fn sign(
        &self,
        user: UserId,
        card: &str,
        role: Role,
        now: DateTime<Utc>,
    ) -> Result<(String, DateTime<Utc>), KeyError> {
        let iat = now.timestamp();
        let exp = iat + self.lifetime.num_seconds();
        let claims = Claims {
            iss: ISSUER,
            sub: user,
            card,
            role: role.as_str(),
            iat,
            exp,
        };
        let token = jsonwebtoken::encode(&self.header, &claims, &self.key)?;
        Ok((token, DateTime::from_timestamp(exp, 0).unwrap_or(now)))
    }

    /// What `/.well-known/jwks.json` serves.
    pub fn published(&self) -> JwkSet {
        JwkSet {
            keys: vec![self.public.clone()],
        }
    }
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{DecodingKey, Validation, decode};

    use super::*;

    #[test]
    fn a_token_is_verified_by_the_published_key() {
        let signer = Signer::new(&private_key([7; 32]).unwrap(), TimeDelta::hours(1)).unwrap();
        let now = DateTime::from_timestamp(4_000_000_000, 250).unwrap();
        let user = UserId::from_uuid("0192f0c1-2d3e-7a4b-8c5d-6e7f80910001".parse().unwrap());
        let (token, expires_at) = signer.sign(user, "C1", Role::Librarian, now).unwrap();
        assert_eq!(expires_at.timestamp(), 4_000_003_600);

        let published = signer.published();
        let header = jsonwebtoken::decode_header(&token).unwrap();
        let key = published.find(&header.kid.unwrap()).unwrap();
        let mut validation = Validation::new(Algorithm::ES256);
        validation.set_issuer(&[ISSUER]);
        let claims =
            decode::<serde_json::Value>(&token, &DecodingKey::from_jwk(key).unwrap(), &validation)
                .unwrap()
                .claims;
        assert_eq!(
            claims,
            serde_json::json!({
                "iss": "circulate", "sub": user.to_string(), "card": "C1", "role": "LIBRARIAN",
                "iat": 4_000_000_000_i64, "exp": 4_000_003_600_i64,
            })
        );
    }

    #[test]
    fn the_private_part_is_not_published() {
        let signer = Signer::new(&private_key([7; 32]).unwrap(), TimeDelta::hours(1)).unwrap();
        let published = serde_json::to_value(signer.published()).unwrap();
        let mut fields: Vec<&String> = published["keys"][0].as_object().unwrap().keys().collect();
        fields.sort();
        assert_eq!(fields, ["alg", "crv", "kid", "kty", "use", "x", "y"]);
    }

    #[test]
    fn not_every_number_is_a_key() {
        assert!(private_key([0; 32]).is_none());
        assert!(private_key([255; 32]).is_none());
    }
}
