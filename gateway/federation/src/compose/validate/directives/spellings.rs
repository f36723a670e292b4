//! Directives that get into the supergraph have one name there, so all subgraphs that use one must spell it alike.

use std::collections::HashSet;

use apollo_compiler::{Node, ast, collections::IndexMap, schema::ExtendedType};

use super::{compose_directive::MERGED, fields, types};
use crate::compose::{ErrorCode, report::Report, subgraph::Subgraph};

/// Reports directives that subgraphs use under different names.
pub(super) fn check(subgraphs: &[Subgraph], report: &mut Report) {
    let mut spellings: [IndexMap<String, Vec<&str>>; MERGED.len()] = Default::default();
    for subgraph in subgraphs {
        let used = Used::of(subgraph).0;
        for (directive, spellings) in MERGED.into_iter().zip(&mut spellings) {
            if used.contains(directive) {
                let written = subgraph.spelling.written(directive);
                spellings.entry(written).or_default().push(&subgraph.name);
            }
        }
    }
    for (directive, spellings) in MERGED.into_iter().zip(&spellings) {
        if spellings.len() > 1 {
            report.error(
                ErrorCode::LinkImportNameMismatch,
                format!(
                    "\"@{directive}\" has several names, and can only have one in the supergraph: {}; import it under the same \
                     name everywhere",
                    listed(spellings)
                ),
                [],
            );
        }
    }
}

/// Names and the subgraphs that use them, as part of a sentence.
pub(super) fn listed(names: &IndexMap<String, Vec<&str>>) -> String {
    let listed: Vec<_> = names
        .iter()
        .map(|(name, subgraphs)| {
            let plural = if subgraphs.len() > 1 { "s" } else { "" };
            let subgraphs = subgraphs.join("\", \"");
            format!("\"{name}\" in the subgraph{plural} \"{subgraphs}\"")
        })
        .collect();
    listed.join(", ")
}

/// The directives of federation that a subgraph applies anywhere, without their prefix.
#[derive(Default)]
struct Used<'a>(HashSet<&'a str>);

impl<'a> Used<'a> {
    fn of(subgraph: &'a Subgraph) -> Self {
        let mut used = Self::default();
        let schema = &subgraph.schema.schema_definition;
        used.add(schema.directives.iter().map(|one| &one.node));
        for ty in types(subgraph) {
            used.add(ty.directives().iter().map(|one| &one.node));
            match ty {
                ExtendedType::Object(_) | ExtendedType::Interface(_) => {
                    for field in fields(ty) {
                        used.add(&field.directives.0);
                        used.add_arguments(&field.arguments);
                    }
                }
                ExtendedType::Enum(ty) => {
                    used.add(ty.values.values().flat_map(|value| &value.directives.0));
                }
                ExtendedType::InputObject(ty) => {
                    used.add(ty.fields.values().flat_map(|field| &field.directives.0));
                }
                ExtendedType::Scalar(_) | ExtendedType::Union(_) => {}
            }
        }
        for definition in subgraph.schema.directive_definitions.values() {
            used.add_arguments(&definition.arguments);
        }
        used
    }

    fn add_arguments(&mut self, arguments: &'a [Node<ast::InputValueDefinition>]) {
        let directives = arguments.iter();
        self.add(directives.flat_map(|argument| &argument.directives.0));
    }

    fn add(&mut self, directives: impl IntoIterator<Item = &'a Node<ast::Directive>>) {
        let names = directives.into_iter().map(|one| one.name.as_str());
        let federation = names.filter_map(|name| name.strip_prefix("federation__"));
        self.0.extend(federation);
    }
}
