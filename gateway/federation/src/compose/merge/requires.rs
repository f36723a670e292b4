//! `@requires` with arguments: what one subgraph asks for must be what the others can answer.

use apollo_compiler::{Name, ast};

use super::{Merger, objects::Part};
use crate::compose::{
    ErrorCode,
    report::Report,
    subgraph::{FieldSet, SelectedField, Subgraph, for_each_field, resolve},
};

/// Holds the arguments in each `@requires` against the subgraphs that resolve the fields.
pub(super) fn check(merger: &Merger<'_>, report: &mut Report) {
    for subgraph in merger.subgraphs {
        for (ty, definition) in &subgraph.schema.types {
            let (Some(facts), Some(object)) = (subgraph.facts.ty(ty), definition.as_object())
            else {
                continue;
            };
            for (field, node) in &object.fields {
                let facts = facts.fields.get(field);
                let Some(requires) = facts.and_then(|facts| facts.requires.as_ref()) else {
                    continue;
                };
                let asking = Asking {
                    subgraph,
                    ty,
                    field: node,
                    requires,
                };
                asking.check(merger, report);
            }
        }
    }
}

/// A field with `@requires`.
struct Asking<'a> {
    subgraph: &'a Subgraph,
    ty: &'a Name,
    field: &'a ast::FieldDefinition,
    requires: &'a FieldSet,
}

impl Asking<'_> {
    /// A field set that means nothing is an error of validation.
    fn check(&self, merger: &Merger<'_>, report: &mut Report) {
        let schema = &self.subgraph.schema;
        let Ok(selections) = resolve(schema, self.ty, &self.requires.selections) else {
            return;
        };
        for_each_field(&selections, &mut |selected| {
            // Merging has compared those without arguments here.
            let has_arguments = |field: &ast::FieldDefinition| !field.arguments.is_empty();
            if selected
                .definition
                .is_some_and(|field| has_arguments(field))
            {
                self.check_field(selected, merger, report);
            }
        });
    }

    fn check_field(&self, selected: &SelectedField<'_>, merger: &Merger<'_>, report: &mut Report) {
        let ty = selected.parent.name();
        let sources = merger.types.get(ty).into_iter().flat_map(|ty| &ty.sources);
        for source in sources {
            let field = Part::of(ty, *source).and_then(|part| part.field(&selected.node.name));
            let Some(field) = field.filter(|field| !field.is_external()) else {
                continue;
            };
            let given = &selected.node.arguments;
            for argument in &field.node.arguments {
                let name = &argument.name;
                if argument.is_required() && given.iter().all(|given| given.name != *name) {
                    let what = format!("gives no value for \"{ty}.{}({name}:)\"", field.node.name);
                    let cure = "is required there; give one";
                    self.refuse(&what, field.subgraph, cure, report);
                }
            }
            for argument in given {
                let name = &argument.name;
                if field.node.argument_by_name(name).is_none() {
                    let what = format!("gives a value for \"{ty}.{}({name}:)\"", field.node.name);
                    let cure = "is unknown there; leave it out, or add the argument there";
                    self.refuse(&what, field.subgraph, cure, report);
                }
            }
        }
    }

    fn refuse(&self, what: &str, there: &Subgraph, cure: &str, report: &mut Report) {
        let message = format!(
            "@requires(fields: \"{}\") of \"{}.{}\" {what}, which subgraph \"{}\" resolves: it {cure}",
            self.requires.text, self.ty, self.field.name, there.name,
        );
        let span = self.field.name.location();
        let code = ErrorCode::RequiresInvalidFields;
        report.subgraph_error(self.subgraph, code, message, span);
    }
}
