//! Passwords: argon2id hashes, made and checked off the async threads, a few at a time.
//!
//! A hash costs tens of milliseconds and 19 MiB on purpose (OWASP's parameters, the crate's default), so the number
//! that run at once is bounded: a rush of sign-ins waits, and is told so when it waits too long.

use std::{sync::Arc, time::Duration};

use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use kit::Refusal;
use tokio::sync::{Semaphore, SemaphorePermit};

const PATIENCE: Duration = Duration::from_secs(5);

/// Hashes and checks passwords. Clones share the bound.
#[derive(Clone)]
pub struct Passwords {
    at_once: Arc<Semaphore>,
    /// Checked in place of a hash that is not there, so that an unknown card takes as long as a wrong password.
    decoy: Arc<str>,
}

/// Checks a new password.
pub fn check(password: &str) -> Result<(), Refusal> {
    if is_acceptable(password) {
        Ok(())
    } else {
        Err(Refusal::bad_input("a password has 8 to 128 characters"))
    }
}

fn is_acceptable(password: &str) -> bool {
    (8..=128).contains(&password.chars().count())
}

impl Passwords {
    /// Runs up to `at_once` hashes at a time; `salt` is the decoy's.
    pub fn new(at_once: usize, salt: [u8; 16]) -> Self {
        Self {
            at_once: Arc::new(Semaphore::new(at_once)),
            decoy: hash(b"", salt).into(),
        }
    }

    /// The hash to keep of a password that has been [checked](check).
    pub async fn hash(&self, password: String, salt: [u8; 16]) -> Result<String, Refusal> {
        let _turn = self.turn().await?;
        compute(move || hash(password.as_bytes(), salt)).await
    }

    /// Whether `password` is the one that `kept` was made of; takes as long when nothing was kept.
    pub async fn verify(&self, password: String, kept: Option<&str>) -> Result<bool, Refusal> {
        if !is_acceptable(&password) {
            // No password is like this, whatever the card: answering at once tells nothing.
            return Ok(false);
        }
        let _turn = self.turn().await?;
        let known = kept.is_some();
        let kept: Arc<str> = kept.map_or_else(|| self.decoy.clone(), Into::into);
        let matches = compute(move || {
            Argon2::default()
                .verify_password(password.as_bytes(), &*kept)
                .is_ok()
        })
        .await?;
        Ok(matches && known)
    }

    async fn turn(&self) -> Result<SemaphorePermit<'_>, Refusal> {
        match tokio::time::timeout(PATIENCE, self.at_once.acquire()).await {
            Ok(Ok(turn)) => Ok(turn),
            _ => Err(Refusal::new(
                "SERVICE_UNAVAILABLE",
                "too many people are signing in at once; try again in a moment",
            )),
        }
    }
}

/// Argon2id, version 19, 19 MiB, two passes, one lane; as a PHC string.
fn hash(password: &[u8], salt: [u8; 16]) -> String {
    Argon2::default()
        .hash_password_with_salt(password, &salt)
        .expect("the default parameters and a 16-byte salt are valid")
        .to_string()
}

async fn compute<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        tracing::error!(%error, "hashing a password failed");
        Refusal::new(
            "INTERNAL_SERVER_ERROR",
            "something went wrong here; it has been logged",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_matches_its_own_hash_alone() {
        let passwords = Passwords::new(1, [1; 16]);
        let kept = passwords
            .hash("correct horse".to_owned(), [2; 16])
            .await
            .unwrap();
        assert!(
            kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{kept}"
        );
        let matches =
            async |password: &str, kept| passwords.verify(password.to_owned(), kept).await.unwrap();
        assert!(matches("correct horse", Some(&*kept)).await);
        assert!(!matches("correct house", Some(&*kept)).await);
        assert!(!matches("correct horse", None).await);
        // Not even what the decoy was made of.
        assert!(!matches("", None).await);
    }

    #[test]
    fn a_password_is_neither_short_nor_endless() {
        assert!(check("12345678").is_ok());
        assert!(check(&"ü".repeat(128)).is_ok());
        assert!(check("1234567").is_err());
        assert!(check(&"x".repeat(129)).is_err());
    }
}
