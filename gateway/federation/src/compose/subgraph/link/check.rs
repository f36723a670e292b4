//! What links must keep to, each and all together.

use std::collections::HashMap;

use super::{FEDERATION, Link};
use crate::compose::{
    ErrorCode,
    subgraph::{FederationVersion, specification, text::Problems},
};

/// Tells what is wrong.
pub(super) fn check(links: &[Link], problems: &mut Problems<'_>) {
    for link in links {
        check_version(link, problems);
    }
    check_identities(links, problems);
    check_names(links, problems);
    check_imports(links, problems);
}

/// That the version is known, and has what is imported from it.
fn check_version(link: &Link, problems: &mut Problems<'_>) {
    let Some((major, minor)) = link.numbers() else {
        return;
    };
    if link.is_federation() {
        match specification::version(major, minor) {
            Some(version) => check_elements(link, version, problems),
            None => problems.error(
                ErrorCode::UnknownFederationLinkVersion,
                format_args!(
                    "there is no version v{major}.{minor} of the federation specification that this composition knows: \
                     link one of v2.0 to {}",
                    specification::newest()
                ),
                link.span,
            ),
        }
        return;
    }
    let strict = specification::STRICT
        .iter()
        .find(|(name, _)| link.apollo_name() == Some(name));
    if let Some((name, versions)) = strict
        && !link
            .version
            .as_deref()
            .is_some_and(|version| versions.contains(&version))
    {
        problems.error(
            ErrorCode::UnknownLinkVersion,
            format_args!(
                "there is no version v{major}.{minor} of the {name} specification that this composition knows: link {}",
                versions.join(" or ")
            ),
            link.span,
        );
    }
}

fn check_elements(link: &Link, version: FederationVersion, problems: &mut Problems<'_>) {
    for import in &link.imports {
        let name = import.element.trim_start_matches('@');
        let is_directive = import.element.starts_with('@');
        let knows = |version| {
            specification::directives(version).any(|known| is_directive && known == name)
                || specification::scalars(version).any(|known| !is_directive && known == name)
        };
        if knows(version) {
            continue;
        }
        let help = if !is_directive && specification::directives(version).any(|known| known == name)
        {
            format!("directives are imported with their @, as \"@{name}\"")
        } else if knows(specification::newest()) {
            "a newer version has it: link that".to_owned()
        } else {
            "remove it from the import, or correct its name".to_owned()
        };
        problems.error(
            ErrorCode::InvalidLinkDirectiveUsage,
            format_args!(
                "the import of @link names \"{}\", which {} of the federation specification does not have: {help}",
                import.element,
                version
            ),
            import.span.or(link.span),
        );
    }
}

/// That no specification is linked twice.
fn check_identities(links: &[Link], problems: &mut Problems<'_>) {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for link in links {
        let count = seen.entry(&link.identity).or_default();
        *count += 1;
        if *count == 2 {
            problems.error(
                ErrorCode::InvalidLinkDirectiveUsage,
                format_args!(
                    "\"{}\" is linked twice: keep one @link, and import everything there",
                    link.identity
                ),
                link.span,
            );
        }
    }
}

/// That no two specifications go by one name.
fn check_names(links: &[Link], problems: &mut Problems<'_>) {
    let mut seen: HashMap<&str, &Link> = HashMap::new();
    for link in links.iter().filter(|link| !link.name.is_empty()) {
        match seen.get(link.name.as_str()) {
            Some(other) if other.identity != link.identity => problems.error(
                ErrorCode::InvalidLinkDirectiveUsage,
                format_args!(
                    "\"{}\" and \"{}\" are both linked under the name \"{}\": give one another name with `as`",
                    other.identity, link.identity, link.name
                ),
                link.span,
            ),
            Some(_) => {}
            None => {
                seen.insert(&link.name, link);
            }
        }
    }
}

/// That no name is imported twice, and nothing under two names.
fn check_imports(links: &[Link], problems: &mut Problems<'_>) {
    let mut aliases: HashMap<&str, &Link> = HashMap::new();
    for link in links {
        let mut elements: HashMap<&str, &str> = HashMap::new();
        for import in &link.imports {
            let other = aliases.insert(&import.alias, link);
            let known_as = elements.insert(&import.element, &import.alias);
            let span = import.span.or(link.span);
            if let Some(alias) = known_as {
                let message = format!(
                    "\"{}\" of \"{}\" is imported twice, as \"{alias}\" and as \"{}\": keep one",
                    import.element, link.identity, import.alias
                );
                problems.error(ErrorCode::InvalidLinkDirectiveUsage, message, span);
            } else if let Some(other) = other {
                let message = format!(
                    "\"{}\" is imported both from \"{}\" and from \"{}\": give one another name, \
                     {{name: \"{}\", as: …}}",
                    import.alias, other.identity, link.identity, import.element
                );
                problems.error(ErrorCode::InvalidLinkDirectiveUsage, message, span);
            }
        }
    }
    check_shared(links, problems);
}

/// What federation itself imports must not come from its own specification, too: which name would be meant?
fn check_shared(links: &[Link], problems: &mut Problems<'_>) {
    let Some(federation) = links.iter().find(|link| link.is_federation()) else {
        return;
    };
    for link in links.iter().filter(|link| !link.is_federation()) {
        for shared in &specification::SHARED {
            if link.apollo_name() != Some(shared.name) {
                continue;
            }
            for import in &link.imports {
                let twice = federation
                    .imports
                    .iter()
                    .any(|one| one.element == import.element && one.alias != import.alias);
                if twice {
                    problems.error(
                        ErrorCode::InvalidLinkDirectiveUsage,
                        format_args!(
                            "\"{}\" is imported both from \"{FEDERATION}\" and from \"{}\": import it from the first only",
                            import.element, link.identity
                        ),
                        import.span.or(link.span),
                    );
                }
            }
        }
    }
}
