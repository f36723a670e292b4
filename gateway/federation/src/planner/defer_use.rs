//! Where a document says `@defer`, before anything is taken apart: whether it matters, and what turns it on.

use std::collections::BTreeSet;

use apollo_compiler::{
    ExecutableDocument, Name,
    ast::Value,
    executable::{Operation, Selection, SelectionSet},
};

pub(super) fn has_defer(document: &ExecutableDocument, operation: &Operation) -> bool {
    let mut found = false;
    each_defer(document, operation, &mut |_| found = true);
    found
}

pub(super) fn defer_variables(
    document: &ExecutableDocument,
    operation: &Operation,
    variables: &mut BTreeSet<Name>,
) {
    each_defer(document, operation, &mut |condition| {
        if let Some(Value::Variable(name)) = condition {
            variables.insert(name.clone());
        }
    });
}

fn each_defer(
    document: &ExecutableDocument,
    operation: &Operation,
    visit: &mut dyn FnMut(Option<&Value>),
) {
    each_defer_in(&operation.selection_set, visit);
    for fragment in document.fragments.values() {
        each_defer_in(&fragment.selection_set, visit);
    }
}

fn each_defer_in(set: &SelectionSet, visit: &mut dyn FnMut(Option<&Value>)) {
    for selection in &set.selections {
        let (directives, below) = match selection {
            Selection::Field(field) => {
                each_defer_in(&field.selection_set, visit);
                continue;
            }
            Selection::InlineFragment(inline) => (&inline.directives, Some(&inline.selection_set)),
            Selection::FragmentSpread(spread) => (&spread.directives, None),
        };
        if let Some(defer) = directives.get("defer") {
            visit(defer.specified_argument_by_name("if").map(AsRef::as_ref));
        }
        if let Some(below) = below {
            each_defer_in(below, visit);
        }
    }
}
