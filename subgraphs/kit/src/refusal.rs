//! What a client is told when it may not have what it asked for: a sentence, and a stable `extensions.code`.

use async_graphql::{Error, ErrorExtensions};

/// A refusal that a client may read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// The stable code.
    pub code: &'static str,
    /// What is wrong, and what to do.
    pub message: String,
}

impl Refusal {
    /// A refusal.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// The input cannot be right.
    pub fn bad_input(message: impl Into<String>) -> Self {
        Self::new("BAD_USER_INPUT", message)
    }

    /// Nobody is signed in.
    pub fn unauthenticated() -> Self {
        Self::new(
            "UNAUTHENTICATED",
            "sign in first: this needs an Authorization header with the token of signIn",
        )
    }

    /// The caller may not do this.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new("FORBIDDEN", message)
    }

    /// There is no such thing (or it is not the caller's to see).
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new("NOT_FOUND", message)
    }

    /// As a GraphQL error.
    pub fn graphql(&self) -> Error {
        Error::new(self.message.clone())
            .extend_with(|_, extensions| extensions.set("code", self.code))
    }
}

/// Why a resolver fails: something the client may read, or something only the operator may.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// For the client.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// For the operator: logged here, masked to the client.
    #[error("{0}")]
    Store(#[from] sqlx::Error),
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        refusal.graphql()
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refusal) => refusal.graphql(),
            Failure::Store(error) => {
                tracing::error!(%error, "a request failed on the database");
                Refusal::new(
                    "INTERNAL_SERVER_ERROR",
                    "something went wrong here; it has been logged",
                )
                .graphql()
            }
        }
    }
}
