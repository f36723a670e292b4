//! Whether each fetch's text means something to its subgraph.

use apollo_compiler::{ExecutableDocument, executable::Operation};
use federation::plan::{Fetch, PathElement};

use super::{
    execute::describe,
    fault::{Faults, Rule},
    model::Model,
};

/// Validates a fetch's text, and compares its variables with the client's.
pub(super) fn fetch(
    model: &Model<'_>,
    operation: &Operation,
    fetch: &Fetch,
    at: &[PathElement],
    faults: &mut Faults,
) {
    let name = describe(fetch, at);
    let Some(service) = model.service(&fetch.service) else {
        let message = format!("{name}: there is no such subgraph");
        faults.add(Rule::KnownSubgraph, message);
        return;
    };
    let text = fetch.operation();
    let schema = service.subgraph.schema();
    if let Err(error) = ExecutableDocument::parse_and_validate(schema, &text, "fetch.graphql") {
        faults.add(
            Rule::ValidFetch,
            format!("{name}: {text}\n{}", error.errors),
        );
    }
    for variable in &fetch.variables {
        let client = operation
            .variables
            .iter()
            .find(|one| one.name == variable.name.as_str());
        let is_same = client.is_some_and(|client| {
            let default = client
                .default_value
                .as_ref()
                .map(|value| value.serialize().no_indent().to_string());
            client.ty.to_string() == variable.ty
                && bare(default.as_ref()) == bare(variable.default.as_ref())
        });
        if !is_same {
            let message = format!("{name}: ${} is not the client's", variable.name);
            faults.add(Rule::ClientVariables, message);
        }
    }
}

/// A default without what separates its tokens.
fn bare(text: Option<&String>) -> Option<String> {
    text.map(|text| {
        text.chars()
            .filter(|c| !c.is_whitespace() && *c != ',')
            .collect()
    })
}
