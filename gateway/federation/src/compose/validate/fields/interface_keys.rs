//! Keys of interfaces: each implementation has them, too.

use std::collections::BTreeMap;

use apollo_compiler::{Name, ast};

use super::field_sets::Application;
use crate::compose::{ErrorCode, report::Report, subgraph::Key};

/// Reports the implementations that lack a key of their interface, or have it in a weaker form.
pub(super) fn check(application: &Application<'_>, key: &Key, report: &mut Report) {
    let shape = Shape::of(&key.fields.selections);
    let facts = &application.checked.subgraph.facts;
    let mut without = Vec::new();
    let mut unresolvable = Vec::new();
    for object in application.checked.implementations(application.parent.name) {
        let keys = facts.ty(&object.name).map_or(&[][..], |ty| &ty.keys);
        let same = keys.iter().find(|one| {
            one.fields.text == key.fields.text || Shape::of(&one.fields.selections) == shape
        });
        match same {
            None => without.push(&object.name),
            Some(same) if key.is_resolvable && !same.is_resolvable => {
                unresolvable.push(&object.name);
            }
            Some(_) => {}
        }
    }
    if !without.is_empty() {
        let what = format!(
            "each implementation needs the same key, but {} it; add it there",
            told(&without, "lacks", "lack")
        );
        application.error(report, ErrorCode::InterfaceKeyNotOnImplementation, what);
    }
    if !unresolvable.is_empty() {
        let what = format!(
            "the key is resolvable, but {} it with `resolvable: false`; make them agree",
            told(&unresolvable, "has", "have")
        );
        application.error(report, ErrorCode::InterfaceKeyNotOnImplementation, what);
    }
}

/// `"A" lacks`, or `"A" and "B" lack`.
fn told(types: &[&Name], singular: &str, plural: &str) -> String {
    match types {
        [only] => format!("\"{only}\" {singular}"),
        [all @ .., last] => {
            let all: Vec<_> = all.iter().map(|name| format!("\"{name}\"")).collect();
            format!("{} and \"{last}\" {plural}", all.join(", "))
        }
        [] => String::new(),
    }
}

/// What a key selects, in whatever order and spelling.
#[derive(Debug, PartialEq, Eq)]
struct Shape<'a>(BTreeMap<Part<'a>, Shape<'a>>);

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part<'a> {
    Field(&'a Name),
    Fragment(Option<&'a Name>),
}

impl<'a> Shape<'a> {
    fn of(selections: &'a [ast::Selection]) -> Self {
        let mut shape = Self(BTreeMap::new());
        shape.add(selections);
        shape
    }

    fn add(&mut self, selections: &'a [ast::Selection]) {
        for selection in selections {
            let (part, inner) = match selection {
                ast::Selection::Field(field) => (Part::Field(&field.name), &field.selection_set),
                ast::Selection::InlineFragment(fragment) => (
                    Part::Fragment(fragment.type_condition.as_ref()),
                    &fragment.selection_set,
                ),
                // There are none in a sound key.
                ast::Selection::FragmentSpread(_) => continue,
            };
            let inner_shape = self.0.entry(part).or_insert_with(|| Self(BTreeMap::new()));
            inner_shape.add(inner);
        }
    }
}
