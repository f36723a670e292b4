//! `@requires`: what of other subgraphs' fields a field is computed from.

use apollo_compiler::{executable, validation::Valid};

use super::{
    Checked, Field,
    field_sets::{Application, Codes},
};
use crate::compose::{
    ErrorCode,
    report::Report,
    subgraph::{FieldSet, SelectedField, Selection, for_each_field},
};

static CODES: Codes = Codes {
    invalid_type: ErrorCode::RequiresInvalidFieldsType,
    invalid: ErrorCode::RequiresInvalidFields,
    directive: ErrorCode::RequiresDirectiveInFieldsArg,
    arguments: None,
};

pub(super) fn check(checked: &Checked<'_>, field: &Field<'_>, report: &mut Report) {
    let Some(directive) = field.definition.directives.get("federation__requires") else {
        return;
    };
    let parent = field.parent;
    let application = Application {
        checked,
        parent,
        field: Some(field),
        directive_name: "requires",
        directive,
        codes: &CODES,
    };
    if parent.is_interface {
        let what =
            "fields of interfaces cannot have it; say it in the types that implement the interface";
        application.error(report, ErrorCode::RequiresUnsupportedOnInterface, what);
        return;
    }
    let set = field.facts.requires.as_ref();
    let Some(selections) = application.check(parent.name, set, report) else {
        return;
    };
    let are_valid = set.is_none_or(|set| check_arguments(&application, set, &selections, report));
    if are_valid {
        check_external(
            &application,
            &selections,
            false,
            "require",
            ErrorCode::RequiresFieldsMissingExternal,
            report,
        );
    }
}

/// Reports arguments that are unknown, missing, from variables, or of wrong values.
fn check_arguments(
    application: &Application<'_>,
    set: &FieldSet,
    selections: &[Selection<'_>],
    report: &mut Report,
) -> bool {
    let mut has_arguments = false;
    for_each_field(selections, &mut |field| {
        has_arguments |= !field.node.arguments.is_empty();
        has_arguments |= field
            .definition
            .is_some_and(|definition| !definition.arguments.is_empty());
    });
    if !has_arguments {
        return true;
    }
    // Arguments are rare here, and the compiler knows all about them.
    let schema = Valid::assume_valid_ref(&application.checked.subgraph.schema);
    let ty = application.parent.name.clone();
    let parsed = executable::FieldSet::parse_and_validate(schema, ty, set.text.as_str(), "fields");
    let Err(faults) = parsed else {
        return true;
    };
    if let Some(first) = faults.errors.iter().next() {
        application.error(report, CODES.invalid, first.error);
    }
    false
}

/// Reports leaves that this subgraph resolves itself: asking others for them is a mistake. `@external` counts for all that
/// is selected in a field that has it.
pub(super) fn check_external(
    application: &Application<'_>,
    selections: &[Selection<'_>],
    is_in_external: bool,
    verb: &str,
    code: ErrorCode,
    report: &mut Report,
) {
    for selection in selections {
        match selection {
            Selection::Fragment(fragment) => check_external(
                application,
                &fragment.selections,
                is_in_external,
                verb,
                code,
                report,
            ),
            Selection::Field(field) => {
                let is_external = is_in_external || is_external(application.checked, field);
                if !field.selections.is_empty() {
                    let is_external =
                        is_external || is_external_in_implementation(application.checked, field);
                    check_external(
                        application,
                        &field.selections,
                        is_external,
                        verb,
                        code,
                        report,
                    );
                } else if !is_external {
                    application.error(report, code, own_leaf(application.checked, field, verb));
                }
            }
        }
    }
}

fn is_external(checked: &Checked<'_>, field: &SelectedField<'_>) -> bool {
    checked
        .subgraph
        .facts
        .field(field.parent.name(), &field.node.name)
        .is_some_and(|facts| facts.is_external)
}

/// Whether a field of an interface is external in some type that implements it.
fn is_external_in_implementation(checked: &Checked<'_>, field: &SelectedField<'_>) -> bool {
    let facts = &checked.subgraph.facts;
    let mut implementations = checked.implementations(field.parent.name()).iter();
    implementations.any(|object| {
        facts
            .field(&object.name, &field.node.name)
            .is_some_and(|facts| facts.is_external)
    })
}

fn own_leaf(checked: &Checked<'_>, field: &SelectedField<'_>, verb: &str) -> String {
    let coordinate = format!("\"{}.{}\"", field.parent.name(), field.node.name);
    let facts = checked
        .subgraph
        .facts
        .field(field.parent.name(), &field.node.name);
    if facts.is_some_and(|facts| facts.is_external_key_of_extension) {
        format!(
            "{coordinate} is a key field of an extension, so that this subgraph has it in spite of its @external; there is no need to {verb} it"
        )
    } else {
        format!(
            "this subgraph resolves {coordinate} itself; there is no need to {verb} it, or it lacks @external"
        )
    }
}
