//! compose.yaml, as far as starting its programs needs it.
//!
//! Interpolation, commands, environment, bind mounts, health checks and start conditions are
//! followed as a container engine would; images, networks and limits mean nothing here.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::Trouble;

#[derive(Debug, Deserialize)]
pub(super) struct Compose {
    pub(super) services: BTreeMap<String, Definition>,
}

/// One service as compose.yaml defines it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Definition {
    /// None: the image's own, which is not one of ours.
    pub(super) command: Option<Vec<String>>,
    /// None: interpolated to nothing.
    #[serde(default)]
    environment: BTreeMap<String, Option<String>>,
    #[serde(default)]
    volumes: Vec<String>,
    #[serde(default)]
    pub(super) depends_on: BTreeMap<String, Dependency>,
    pub(super) healthcheck: Option<HealthCheck>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Dependency {
    pub(super) condition: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct HealthCheck {
    test: Vec<String>,
}

impl HealthCheck {
    /// The command, without compose's leading `CMD`.
    pub(super) fn command(&self) -> Result<&[String], Trouble> {
        match self.test.split_first() {
            Some((form, command)) if form == "CMD" && !command.is_empty() => Ok(command),
            _ => Err(format!(
                "a health check must be [CMD, program, …], not {:?}",
                self.test
            )
            .into()),
        }
    }
}

impl Compose {
    /// Reads the file with these variables in place of the shell's and `.env`'s.
    pub(super) fn read(path: &Path, variables: &BTreeMap<&str, String>) -> Result<Self, Trouble> {
        let text = std::fs::read_to_string(path)?;
        // Comments are no place for interpolation, and may show its syntax.
        let code: String = text
            .lines()
            .filter(|line| !line.trim_start().starts_with('#'))
            .flat_map(|line| [line, "\n"])
            .collect();
        let text = interpolate(&code, variables)?;
        Ok(serde_saphyr::from_str(&text)?)
    }

    /// The services with a command of ours, each after those that it depends on.
    pub(super) fn programs_in_order(&self) -> Result<Vec<&str>, Trouble> {
        let mut ordered: Vec<&str> = Vec::new();
        let mut waiting: Vec<&str> = self.programs().collect();
        while !waiting.is_empty() {
            let (ready, rest): (Vec<_>, Vec<_>) = waiting.iter().copied().partition(|name| {
                let needs = self.services[*name].depends_on.keys();
                needs
                    .filter(|need| self.programs().any(|program| program == need.as_str()))
                    .all(|need| ordered.contains(&need.as_str()))
            });
            if ready.is_empty() {
                return Err(format!("compose.yaml: {rest:?} depend on one another").into());
            }
            ordered.extend(ready);
            waiting = rest;
        }
        Ok(ordered)
    }

    fn programs(&self) -> impl Iterator<Item = &str> {
        let ours = self
            .services
            .iter()
            .filter(|(_, service)| service.command.is_some());
        ours.map(|(name, _)| name.as_str())
    }
}

impl Definition {
    /// The variables that have a value.
    pub(super) fn environment(&self) -> impl Iterator<Item = (&str, &str)> {
        self.environment
            .iter()
            .filter_map(|(name, value)| Some((name.as_str(), value.as_deref()?)))
    }

    /// The port on which the program listens in its container.
    pub(super) fn container_port(&self) -> Result<u16, Trouble> {
        let mut values = self.environment().map(|(_, value)| value);
        let port = values.find_map(|value| value.strip_prefix("0.0.0.0:"));
        Ok(port
            .ok_or("no environment value says 0.0.0.0:<port>")?
            .parse()?)
    }

    /// Bind mounts: path in the container → path here. Every source must exist.
    pub(super) fn mounts(&self, root: &Path) -> Result<Vec<(String, PathBuf)>, Trouble> {
        let binds = self
            .volumes
            .iter()
            .filter(|volume| volume.starts_with("./"));
        binds
            .map(|volume| {
                let mut parts = volume.split(':');
                let (source, target) = parts.next().zip(parts.next()).ok_or("no target")?;
                let source = root
                    .join(source)
                    .canonicalize()
                    .map_err(|error| format!("{volume}: {error}"))?;
                Ok((target.to_owned(), source))
            })
            .collect()
    }
}

/// `${NAME}`, `${NAME:-default}`, `${NAME:?message}` and `$$`, as the compose specification has them.
fn interpolate(text: &str, variables: &BTreeMap<&str, String>) -> Result<String, Trouble> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            out.push('$');
            rest = after;
            continue;
        }
        let (expression, after) = rest
            .strip_prefix('{')
            .and_then(|inner| inner.split_once('}'))
            .ok_or("compose.yaml: `$` must start `${…}` or be doubled")?;
        out.push_str(&evaluate(expression, variables)?);
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

fn evaluate(expression: &str, variables: &BTreeMap<&str, String>) -> Result<String, Trouble> {
    let (name, rule) = expression.split_once(':').unwrap_or((expression, ""));
    let set = variables.get(name).filter(|value| !value.is_empty());
    match (set, rule.split_at_checked(1)) {
        (Some(value), _) => Ok(value.clone()),
        (None, Some(("-", default))) => Ok(default.to_owned()),
        (None, Some(("?", message))) => Err(format!("{name}: {message}").into()),
        (None, _) => Ok(String::new()),
    }
}
