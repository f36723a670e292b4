//! Signing up and signing in: passwords, cards and tokens around the store.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use kit::{Clock, Failure, Refusal, ServiceError, auth::Role};

use crate::{
    card,
    config::FirstUser,
    domain,
    password::{self, Passwords},
    store::{NewUser, Store, User},
    token::Signer,
};

/// Fills a buffer with random bytes; a parameter, so that tests decide them.
pub type Random = fn(&mut [u8]);

/// Cards drawn before giving up: with ten million users one draw in ten is taken.
const DRAWS: usize = 32;

/// A signed-in user.
pub struct Session {
    /// The token to send with every request.
    pub token: String,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
    /// Who it stands for.
    pub user: User,
}

/// Signs users up and in. Clones share everything.
#[derive(Clone)]
pub struct Accounts {
    /// The users.
    pub store: Store,
    /// Hashes passwords.
    pub passwords: Passwords,
    /// Signs tokens.
    pub signer: Arc<Signer>,
    /// When tokens begin and end.
    pub clock: Clock,
    /// Salts and card numbers.
    pub random: Random,
    /// What a new user starts with.
    pub sign_up_points: i64,
}

impl Accounts {
    /// Makes a patron with a fresh card, and signs them in.
    pub async fn sign_up(&self, name: &str, password: String) -> Result<Session, Failure> {
        let name = domain::name(name)?;
        password::check(&password)?;
        let mut new = NewUser {
            card: String::new(),
            name,
            password_hash: self.passwords.hash(password, self.draw()).await?,
            role: Role::Patron,
            points: self.sign_up_points,
        };
        for _ in 0..DRAWS {
            new.card = card::from_random(self.draw());
            if let Some(user) = self.store.add(&new).await? {
                return Ok(self.session(user)?);
            }
        }
        tracing::error!("no free card number was found in {DRAWS} draws");
        Err(Refusal::new(
            "SERVICE_UNAVAILABLE",
            "no free card number was found; try again",
        )
        .into())
    }

    /// Signs in by card and password.
    pub async fn sign_in(&self, card: &str, password: String) -> Result<Session, Failure> {
        let kept = self.store.password_hash(card).await?;
        if self.passwords.verify(password, kept.as_deref()).await?
            && let Some(user) = self.store.by_card(card).await?
        {
            return Ok(self.session(user)?);
        }
        Err(Refusal::new("WRONG_CREDENTIALS", "the card or the password is wrong").into())
    }

    /// Makes a user of the environment, unless they are there already.
    pub async fn ensure(&self, first: &FirstUser) -> Result<(), ServiceError> {
        let mut there = self.store.by_card(&first.card).await?;
        if there.is_none() {
            let hash = self
                .passwords
                .hash(first.password.clone(), self.draw())
                .await
                .map_err(|refusal| ServiceError::Other(refusal.message))?;
            let new = NewUser {
                card: first.card.clone(),
                name: first.name.to_owned(),
                password_hash: hash,
                role: first.role,
                points: 0,
            };
            if let Some(user) = self.store.add(&new).await? {
                tracing::info!(card = %user.card, role = user.role.as_str(), "made the first of this role");
                return Ok(());
            }
            // Another replica was faster.
            there = self.store.by_card(&first.card).await?;
        }
        match there {
            Some(user) if user.role != first.role => Err(ServiceError::Other(format!(
                "{} is {:?}, which is the card of a {}; choose another",
                first.variable,
                first.card,
                user.role.as_str()
            ))),
            _ => Ok(()),
        }
    }

    fn session(&self, user: User) -> Result<Session, Refusal> {
        let now = self.clock.now();
        match self.signer.sign(user.id, &user.card, user.role, now) {
            Ok((token, expires_at)) => Ok(Session {
                token,
                expires_at,
                user,
            }),
            Err(error) => {
                tracing::error!(%error, "a token could not be signed");
                Err(Refusal::new(
                    "INTERNAL_SERVER_ERROR",
                    "something went wrong here; it has been logged",
                ))
            }
        }
    }

    fn draw<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.random)(&mut bytes);
        bytes
    }
}
