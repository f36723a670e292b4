//! Which error comes before which.
//!
//! A composer stops after the first stage that finds errors, and ours has other stages than the oracle. So where subgraphs
//! are wrong in several ways at once, only the codes of the first stage that either of them refuses in are compared: both
//! have looked there, and whatever comes later may be missing or may follow from it.

use std::collections::BTreeMap;

type Errors = BTreeMap<String, Vec<String>>;

/// The stage of a code: links, then GraphQL's own rules, then the rules on one subgraph, then merging, then what needs the
/// merged schema.
fn stage(code: &str) -> u8 {
    match code {
        "CRASH" | "PANIC" | "NO_CODE" => 0,
        "INVALID_LINK_DIRECTIVE_USAGE"
        | "INVALID_LINK_IDENTIFIER"
        | "UNKNOWN_FEDERATION_LINK_VERSION"
        | "UNKNOWN_LINK_VERSION"
        | "INVALID_SUBGRAPH_NAME" => 1,
        "INVALID_GRAPHQL"
        | "DIRECTIVE_DEFINITION_INVALID"
        | "TYPE_DEFINITION_INVALID"
        | "ROOT_QUERY_USED"
        | "ROOT_MUTATION_USED"
        | "ROOT_SUBSCRIPTION_USED" => 2,
        "SATISFIABILITY_ERROR" | "MISSING_TRANSITIVE_AUTH_REQUIREMENTS" => 5,
        "NO_QUERIES" | "TYPE_KIND_MISMATCH" | "LINK_IMPORT_NAME_MISMATCH" => 4,
        _ if of_one_subgraph(code) => 3,
        _ => 4,
    }
}

fn of_one_subgraph(code: &str) -> bool {
    let prefixes = [
        "AUTH_REQUIREMENTS_",
        "CONTEXT_",
        "COST_",
        "DIRECTIVE_COST_",
        "EXTERNAL_UNUSED",
        "EXTERNAL_ON_",
        "INTERFACE_KEY_NOT_",
        "INVALID_SHAREABLE_",
        "KEY_",
        "LIST_SIZE_",
        "MERGED_DIRECTIVE_",
        "NO_CONTEXT_",
        "OVERRIDE_FROM_",
        "OVERRIDE_LABEL_",
        "OVERRIDE_ON_",
        "PROVIDES_",
        "QUERY_ROOT_",
        "REQUIRES_",
    ];
    prefixes.iter().any(|prefix| code.starts_with(prefix))
}

/// Of two composers' errors, those of the first stage that either has errors of.
pub(super) fn first(oracle: &Errors, ours: &Errors) -> (Errors, Errors) {
    let stages = oracle.keys().chain(ours.keys()).map(|code| stage(code));
    let first = stages.min().unwrap_or_default();
    let of_it = |errors: &Errors| {
        let of_it = errors.iter().filter(|(code, _)| stage(code) == first);
        of_it
            .map(|(code, messages)| (code.clone(), messages.clone()))
            .collect()
    };
    (of_it(oracle), of_it(ours))
}
