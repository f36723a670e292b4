//! What a service is told from outside: by the environment in a process of its own, by the all-in-one otherwise.

use std::{collections::HashMap, str::FromStr, sync::Arc};

/// A setting that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{name}={value:?} cannot be used: {reason}")]
pub struct SettingError {
    /// The variable.
    pub name: String,
    /// What it was set to.
    pub value: String,
    /// What it must be.
    pub reason: String,
}

/// Named settings, as in the environment. An empty value counts as not set.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    values: Arc<HashMap<String, String>>,
}

impl Settings {
    /// The environment of the process.
    pub fn from_env() -> Self {
        std::env::vars().collect()
    }

    /// A setting's text.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.trim().is_empty())
    }

    /// A setting, or `default` where it is not set.
    pub fn or<T: FromStr<Err: std::fmt::Display>>(
        &self,
        name: &str,
        default: T,
    ) -> Result<T, SettingError> {
        match self.get(name) {
            None => Ok(default),
            Some(value) => value
                .trim()
                .parse()
                .map_err(|error: T::Err| self.error(name, error)),
        }
    }

    /// The error for a setting that cannot be used.
    pub fn error(&self, name: &str, reason: impl ToString) -> SettingError {
        let value = self.get(name).unwrap_or_default().to_owned();
        SettingError {
            name: name.to_owned(),
            value,
            reason: reason.to_string(),
        }
    }
}

impl FromIterator<(String, String)> for Settings {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        Self {
            values: Arc::new(pairs.into_iter().collect()),
        }
    }
}
