//! The service's settings.

use chrono::TimeDelta;
use kit::{ServiceError, Settings, auth::Role};

use crate::{card, domain::GRANT_LIMIT, password};

/// A user whom the environment names.
pub struct FirstUser {
    /// The variable of the card, for messages.
    pub variable: &'static str,
    /// The card.
    pub card: String,
    /// The password; looked at only when the user is made.
    pub password: String,
    /// The role.
    pub role: Role,
    /// The name.
    pub name: &'static str,
}

/// What the service is told.
pub struct Config {
    /// `TOKEN_TTL_SECONDS`.
    pub token_lifetime: TimeDelta,
    /// `SIGN_UP_POINTS`.
    pub sign_up_points: i64,
    /// `LIBRARIAN_CARD` and `OPERATOR_CARD`, with their passwords.
    pub first_users: Vec<FirstUser>,
}

impl Config {
    /// Reads and checks the settings.
    pub fn read(settings: &Settings) -> Result<Self, ServiceError> {
        let seconds: i64 = settings.or("TOKEN_TTL_SECONDS", 43_200)?;
        if !(1..=31_536_000).contains(&seconds) {
            let reason = "it must be between 1 and 31536000 (a year)";
            return Err(settings.error("TOKEN_TTL_SECONDS", reason).into());
        }
        let sign_up_points: i64 = settings.or("SIGN_UP_POINTS", 0)?;
        if !(0..=GRANT_LIMIT).contains(&sign_up_points) {
            let reason = format!("it must be between 0 and {GRANT_LIMIT}");
            return Err(settings.error("SIGN_UP_POINTS", reason).into());
        }
        let librarian = first_user(
            settings,
            "LIBRARIAN_CARD",
            "LIBRARIAN_PASSWORD",
            Role::Librarian,
            "Librarian",
        )?;
        let operator = first_user(
            settings,
            "OPERATOR_CARD",
            "OPERATOR_PASSWORD",
            Role::Operator,
            "Operator",
        )?;
        Ok(Self {
            token_lifetime: TimeDelta::seconds(seconds),
            sign_up_points,
            first_users: librarian.into_iter().chain(operator).collect(),
        })
    }
}

fn first_user(
    settings: &Settings,
    variable: &'static str,
    password_variable: &'static str,
    role: Role,
    name: &'static str,
) -> Result<Option<FirstUser>, ServiceError> {
    let (card, password) = match (settings.get(variable), settings.get(password_variable)) {
        (None, None) => return Ok(None),
        (Some(card), Some(password)) => (card.to_owned(), password.to_owned()),
        _ => {
            return Err(ServiceError::Other(format!(
                "{variable} and {password_variable} go together: set both, or neither"
            )));
        }
    };
    if !card::is_acceptable(&card) {
        let reason = "a card has 1 to 32 letters, digits and hyphens";
        return Err(settings.error(variable, reason).into());
    }
    // The error must not repeat the password.
    password::check(&password)
        .map_err(|refusal| ServiceError::Other(format!("{password_variable}: {refusal}")))?;
    Ok(Some(FirstUser {
        variable,
        card,
        password,
        role,
        name,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Config, String> {
        let settings = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Config::read(&settings).map_err(|error| error.to_string())
    }

    #[test]
    fn nothing_needs_to_be_set() {
        let config = read(&[]).unwrap();
        assert_eq!(config.token_lifetime, TimeDelta::hours(12));
        assert_eq!(config.sign_up_points, 0);
        assert!(config.first_users.is_empty());
    }

    #[test]
    fn the_first_users_come_from_the_environment() {
        let config = read(&[
            ("LIBRARIAN_CARD", "DESK"),
            ("LIBRARIAN_PASSWORD", "long enough"),
            ("OPERATOR_CARD", "OPS"),
            ("OPERATOR_PASSWORD", "long enough"),
        ])
        .unwrap();
        let found: Vec<_> = config
            .first_users
            .iter()
            .map(|user| (user.card.as_str(), user.role))
            .collect();
        assert_eq!(found, [("DESK", Role::Librarian), ("OPS", Role::Operator)]);
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        for (settings, named) in [
            (&[("TOKEN_TTL_SECONDS", "0")][..], "TOKEN_TTL_SECONDS"),
            (&[("SIGN_UP_POINTS", "-1")], "SIGN_UP_POINTS"),
            (&[("LIBRARIAN_CARD", "DESK")], "LIBRARIAN_PASSWORD"),
            (&[("OPERATOR_PASSWORD", "long enough")], "OPERATOR_CARD"),
            (
                &[
                    ("OPERATOR_CARD", "a b"),
                    ("OPERATOR_PASSWORD", "long enough"),
                ],
                "OPERATOR_CARD",
            ),
        ] {
            let error = read(settings).err().unwrap();
            assert!(error.contains(named), "{error}");
        }
    }

    #[test]
    fn a_password_is_not_repeated() {
        let error = read(&[("LIBRARIAN_CARD", "DESK"), ("LIBRARIAN_PASSWORD", "secret")])
            .err()
            .unwrap();
        assert!(error.contains("LIBRARIAN_PASSWORD"), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }
}
