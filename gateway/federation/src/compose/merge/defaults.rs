//! Default values of arguments and input fields.

use apollo_compiler::{Node, ast};

use super::{differences::names, groups, values};
use crate::compose::{ErrorCode, HintCode, report::Report, subgraph::Subgraph};

/// The default value of an argument or input field: there is one if all its subgraphs have it. Different ones are an error
/// with the code `mismatch`.
pub(super) fn merge<'a>(
    coordinate: &dyn Fn() -> String,
    sources: impl Iterator<Item = (&'a Subgraph, &'a ast::InputValueDefinition)>,
    mismatch: ErrorCode,
    report: &mut Report,
) -> Option<Node<ast::Value>> {
    let mut missing = Vec::new();
    let given = sources.filter_map(|(subgraph, input)| {
        let Some(value) = &input.default_value else {
            missing.push(subgraph);
            return None;
        };
        let value = values::coerced(value, &input.ty, &subgraph.schema);
        Some((subgraph, value))
    });
    let groups = groups::group(given, |a, b| values::same(a, b));
    let first = groups.first()?;
    let value = first.value.clone();
    let places = groups::places(&groups, Node::location);
    if groups.len() > 1 {
        let message = format!(
            "\"{}\" has different default values: {}. Give it the same one in all of them.",
            coordinate(),
            groups::differences(&groups, |value| value.serialize().no_indent().to_string()),
        );
        report.error(mismatch, message, places);
        return None;
    }
    if missing.is_empty() {
        return Some(value);
    }
    let message = format!(
        "\"{}\" has the default value {} in {}, but none in {}: the supergraph has none.",
        coordinate(),
        value.serialize().no_indent(),
        names(first.subgraphs.iter().copied()),
        names(missing),
    );
    let code = HintCode::InconsistentDefaultValuePresence;
    report.hint(code, message, places);
    None
}
