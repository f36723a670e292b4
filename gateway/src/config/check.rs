//! What `serde` cannot see: values that are well-formed, but without sense.

use super::{Config, ConfigError, policy};

impl Config {
    /// Refuses what could only fail later, or panic.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        check_path("supergraph.path", &self.supergraph.path)?;
        check_path("health_check.path", &self.health_check.path)?;
        self.check_collisions()?;
        for (name, url) in &self.override_subgraph_url {
            check_url(&format!("override_subgraph_url.{name}"), url)?;
        }
        if let Some(label) = self
            .override_labels
            .iter()
            .find(|label| label.starts_with("percent("))
        {
            let reason =
                format!("`{label}` is decided anew for every request, it cannot be switched on");
            return Err(value("override_labels", reason));
        }
        let passthrough = &self.subscription.mode.passthrough;
        for target in passthrough.subgraphs.values().chain([&passthrough.all]) {
            if let Some(path) = &target.path {
                check_path("subscription.mode.passthrough.path", path)?;
            }
        }
        for (key, bound) in [
            (
                "limits.http_max_request_bytes",
                self.limits.http_max_request_bytes,
            ),
            ("limits.parser_max_tokens", self.limits.parser_max_tokens),
            (
                "limits.parser_max_recursion",
                self.limits.parser_max_recursion,
            ),
            ("websocket.max_operations", self.websocket.max_operations),
            (
                "websocket.max_connections",
                self.websocket.max_connections.unwrap_or(1),
            ),
            (
                "traffic_shaping.router.concurrency_limit",
                self.traffic_shaping.router.concurrency_limit.unwrap_or(1),
            ),
        ] {
            if bound == 0 {
                return Err(value(key, "must be at least 1"));
            }
        }
        for (key, bound) in [
            (
                "traffic_shaping.router.timeout",
                self.traffic_shaping.router.timeout,
            ),
            (
                "traffic_shaping.all.timeout",
                self.traffic_shaping.all.timeout,
            ),
            ("websocket.init_timeout", self.websocket.init_timeout),
            ("websocket.ping_interval", self.websocket.ping_interval),
            ("websocket.send_timeout", self.websocket.send_timeout),
        ] {
            if bound.is_zero() {
                return Err(value(key, "must be longer than nothing"));
            }
        }
        policy::check(self)
    }

    /// Two routes at one path would be a panic when the server is put together.
    fn check_collisions(&self) -> Result<(), ConfigError> {
        let endpoint = self.supergraph.path.as_str();
        let mut taken = vec![
            ("GraphQL", "/graphql".to_owned()),
            ("metrics", "/metrics".to_owned()),
        ];
        if self.explorer.enabled {
            let assets = crate::explorer::asset_paths(endpoint).into_iter();
            taken.extend(assets.map(|(path, _, _)| ("the explorer", path)));
        }
        let collision = |path: &str| {
            taken
                .iter()
                .find(|(_, other)| other == path)
                .map(|(of, _)| *of)
        };
        if let Some(of) = collision(endpoint).filter(|_| endpoint != "/graphql") {
            return Err(value(
                "supergraph.path",
                format!("`{endpoint}` is the path of {of}"),
            ));
        }
        let health = self.health_check.path.as_str();
        match collision(health).or_else(|| (health == endpoint).then_some("GraphQL")) {
            Some(of) if self.health_check.enabled => Err(value(
                "health_check.path",
                format!("`{health}` is the path of {of}"),
            )),
            _ => Ok(()),
        }
    }
}

/// A refusal of the value at `key`.
pub(super) fn value(key: &str, reason: impl Into<String>) -> ConfigError {
    ConfigError::Value {
        key: key.to_owned(),
        reason: reason.into(),
    }
}

fn check_path(key: &str, path: &str) -> Result<(), ConfigError> {
    // Braces would be route parameters to the HTTP router, and `*` a wildcard.
    let plain = path.starts_with('/') && !path.contains(['{', '}', '*', '?', '#', ' ']);
    if plain {
        Ok(())
    } else {
        Err(value(
            key,
            format!("`{path}` is not an absolute path without patterns"),
        ))
    }
}

/// Refuses what is no URL of a server.
pub(super) fn check_url(key: &str, text: &str) -> Result<(), ConfigError> {
    let url = url::Url::parse(text)
        .map_err(|error| value(key, format!("`{text}` is not a URL: {error}")))?;
    if matches!(url.scheme(), "http" | "https") && url.has_host() {
        Ok(())
    } else {
        Err(value(key, format!("`{text}` is not an http or https URL")))
    }
}
