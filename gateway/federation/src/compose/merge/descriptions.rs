//! Descriptions of what several subgraphs describe.

use apollo_compiler::Node;

use super::groups;
use crate::compose::{HintCode, report::Report, subgraph::Subgraph};

/// The description of an element: the one that most of its subgraphs give it, or the first of those.
pub(super) fn merge<'a>(
    coordinate: &dyn Fn() -> String,
    sources: impl Iterator<Item = (&'a Subgraph, Option<&'a Node<str>>)>,
    report: &mut Report,
) -> Option<Node<str>> {
    let texts = sources.filter_map(|(subgraph, text)| Some((subgraph, text?)));
    let mut groups = groups::group(texts.filter(|(_, text)| !text.is_empty()), |a, b| a == b);
    let chosen = groups::most_said(&groups)?;
    if groups.len() > 1 {
        // The chosen one first: it is what the others are compared with.
        groups[..=chosen].rotate_right(1);
        let message = format!(
            "\"{}\" is described differently: {}. The supergraph has the first.",
            coordinate(),
            groups::differences(&groups, |text| format!("{:?}", text.as_str())),
        );
        let places = groups::places(&groups, |text| text.location());
        report.hint(HintCode::InconsistentDescription, message, places);
        return groups.first().map(|group| group.value.clone());
    }
    groups.get(chosen).map(|group| group.value.clone())
}
