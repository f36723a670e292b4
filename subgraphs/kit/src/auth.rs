//! Who is calling, and what they may do. Each subgraph verifies the token itself: it does not trust the gateway.

use async_graphql::Context;
use chrono::{DateTime, Utc};
use http::HeaderMap;
use ops::token::{Claims, TokenError, Verifier};

use crate::{ids::UserId, refusal::Refusal};

/// What a caller may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Borrows books.
    Patron,
    /// Works the desk and the catalogue.
    Librarian,
    /// Runs the system: dead letters, stuck sagas.
    Operator,
}

impl Role {
    /// The role's name in tokens and databases.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Patron => "PATRON",
            Self::Librarian => "LIBRARIAN",
            Self::Operator => "OPERATOR",
        }
    }

    /// The role of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Patron, Self::Librarian, Self::Operator]
            .into_iter()
            .find(|role| role.as_str() == name)
    }
}

/// A caller whose token was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The user.
    pub id: UserId,
    /// What they may do.
    pub role: Role,
    /// When their token ends.
    pub expires_at: DateTime<Utc>,
}

impl Caller {
    /// Whether this is a librarian.
    pub fn is_librarian(&self) -> bool {
        self.role == Role::Librarian
    }

    /// Whether the caller may see what belongs to `user`: their own, and everything for a librarian.
    pub fn may_see(&self, user: UserId) -> bool {
        self.id == user || self.is_librarian()
    }

    fn from_claims(claims: &Claims) -> Option<Self> {
        Some(Self {
            id: claims.sub.parse().ok()?,
            role: Role::parse(claims.role.as_deref()?)?,
            expires_at: DateTime::from_timestamp(claims.exp, 0)?,
        })
    }
}

/// Why a token was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// The token is no good: sign in again.
    #[error("the token was not accepted: {0}; sign in again")]
    Rejected(String),
    /// The keys have never been fetched: try again.
    #[error(
        "tokens cannot be verified yet, as the user service has not published its keys; try again in a moment"
    )]
    KeysUnavailable,
}

/// The caller of a request by its `Authorization` header; `None` for the anonymous.
pub async fn caller(verifier: &Verifier, headers: &HeaderMap) -> Result<Option<Caller>, AuthError> {
    match ops::token::bearer(headers) {
        Some(token) => verify(verifier, token).await.map(Some),
        None if headers.contains_key(http::header::AUTHORIZATION) => Err(AuthError::Rejected(
            "it is not of the form `Bearer <token>`".to_owned(),
        )),
        None => Ok(None),
    }
}

/// The caller that `token` stands for.
pub async fn verify(verifier: &Verifier, token: &str) -> Result<Caller, AuthError> {
    let claims = verifier.verify(token).await.map_err(|error| match error {
        TokenError::KeysUnavailable => AuthError::KeysUnavailable,
        error => AuthError::Rejected(error.to_string()),
    })?;
    Caller::from_claims(&claims)
        .ok_or_else(|| AuthError::Rejected("its subject or role is not one of ours".to_owned()))
}

/// The caller as resolvers find it.
#[derive(Clone, Debug, Default)]
pub struct CallerData(pub Option<Caller>);

/// The caller, if anybody is signed in.
pub fn maybe_caller<'c>(ctx: &Context<'c>) -> Option<&'c Caller> {
    ctx.data_opt::<CallerData>()
        .and_then(|data| data.0.as_ref())
}

/// The caller; refuses the anonymous.
pub fn require_caller<'c>(ctx: &Context<'c>) -> Result<&'c Caller, Refusal> {
    maybe_caller(ctx).ok_or_else(Refusal::unauthenticated)
}

/// The caller, who must be a librarian.
pub fn require_librarian<'c>(ctx: &Context<'c>) -> Result<&'c Caller, Refusal> {
    let caller = require_caller(ctx)?;
    if caller.is_librarian() {
        Ok(caller)
    } else {
        Err(Refusal::forbidden("only a librarian may do this"))
    }
}
