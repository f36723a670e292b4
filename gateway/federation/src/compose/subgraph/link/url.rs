//! The URLs of specifications.

/// A specification's URL, taken apart. Anything is one: what is no URL at all is an identity.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Url {
    pub(super) identity: String,
    /// The last part before the version; may be empty.
    pub(super) name: String,
    /// As written: `v2.3`.
    pub(super) version: Option<String>,
}

impl Url {
    pub(super) fn parse(text: &str) -> Self {
        let path = text.split(['?', '#']).next().unwrap_or_default();
        let (identity, version) = match path.rsplit_once('/') {
            Some((identity, version)) if numbers(version).is_some() => {
                (identity, Some(version.to_owned()))
            }
            _ => (path, None),
        };
        let name = match identity.rsplit_once('/') {
            // Behind "https://" is a host, which names nothing.
            Some((before, _)) if before.ends_with('/') => "",
            Some((_, name)) => name,
            None => identity,
        };
        Self {
            identity: identity.to_owned(),
            name: name.to_owned(),
            version,
        }
    }
}

/// The numbers of `v<major>.<minor>`.
pub(super) fn numbers(version: &str) -> Option<(u32, u32)> {
    let (major, minor) = version.strip_prefix('v')?.split_once('.')?;
    let number = |text: &str| {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| text.parse().ok()).flatten()
    };
    Some((number(major)?, number(minor)?))
}
