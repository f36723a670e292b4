//! Arguments of fields that `@requires` names: the subgraphs that resolve such a field must get those that they need, and can
//! only get those that they know.

use apollo_compiler::{Name, Node, ast, schema::ExtendedType};
use rustc_hash::FxHashMap;

use crate::compose::{
    ErrorCode,
    report::Report,
    subgraph::{SelectedField, Subgraph, for_each_field, resolve},
};

/// Where each field, by type and name, has arguments that need a value.
type Needed<'a> = FxHashMap<(&'a str, &'a str), Vec<&'a Subgraph>>;

/// Reports arguments in `@requires` that other subgraphs would miss, or do not have.
pub(super) fn check(subgraphs: &[Subgraph], report: &mut Report) {
    let mut needed = None;
    for subgraph in subgraphs {
        for ty in subgraph.schema.types.values() {
            let (ExtendedType::Object(object), Some(facts)) = (ty, subgraph.facts.ty(ty.name()))
            else {
                continue;
            };
            for (field, definition) in &object.fields {
                let Some(set) = facts
                    .fields
                    .get(field)
                    .and_then(|one| one.requires.as_ref())
                else {
                    continue;
                };
                let Ok(selections) = resolve(&subgraph.schema, &object.name, &set.selections)
                else {
                    continue;
                };
                let requiring = Requiring {
                    subgraph,
                    ty: &object.name,
                    definition,
                };
                let needed = needed.get_or_insert_with(|| gather_needed(subgraphs));
                for_each_field(&selections, &mut |required| {
                    requiring.check_needed(required, needed, report);
                    requiring.check_given(required, subgraphs, report);
                });
            }
        }
    }
}

fn gather_needed(subgraphs: &[Subgraph]) -> Needed<'_> {
    let mut needed = Needed::default();
    for subgraph in subgraphs {
        for ty in subgraph.schema.types.values() {
            let fields = match ty {
                ExtendedType::Object(object) => &object.fields,
                ExtendedType::Interface(interface) => &interface.fields,
                _ => continue,
            };
            for (field, definition) in fields {
                if definition.arguments.iter().any(|one| one.is_required()) {
                    let place = (ty.name().as_str(), field.as_str());
                    needed.entry(place).or_default().push(subgraph);
                }
            }
        }
    }
    needed
}

/// A field with `@requires`.
struct Requiring<'a> {
    subgraph: &'a Subgraph,
    ty: &'a Name,
    definition: &'a ast::FieldDefinition,
}

impl Requiring<'_> {
    /// What a subgraph needs, and is not given.
    fn check_needed(&self, required: &SelectedField<'_>, needed: &Needed<'_>, report: &mut Report) {
        let (ty, field) = (required.parent.name(), &required.node.name);
        for other in needed
            .get(&(ty.as_str(), field.as_str()))
            .into_iter()
            .flatten()
        {
            let Some(definition) = field_in(other, ty, field) else {
                continue;
            };
            let missing = definition
                .arguments
                .iter()
                .filter(|argument| argument.is_required() && !gives(required.node, &argument.name));
            for argument in missing {
                let name = &argument.name;
                let what = format!(
                    "subgraph \"{}\" needs a value for the argument \"{ty}.{field}({name}:)\"; give one, as in \"{field}({name}: …)\"",
                    other.name
                );
                self.error(report, &what, other, argument);
            }
        }
    }

    /// What is given, and a subgraph does not know.
    fn check_given(
        &self,
        required: &SelectedField<'_>,
        subgraphs: &[Subgraph],
        report: &mut Report,
    ) {
        let (ty, field) = (required.parent.name(), &required.node.name);
        for given in &required.node.arguments {
            let name = &given.name;
            for other in subgraphs {
                let Some(definition) = field_in(other, ty, field) else {
                    continue;
                };
                if definition.argument_by_name(name).is_none() {
                    let what = format!(
                        "subgraph \"{}\" has no argument \"{ty}.{field}({name}:)\"; add it there, or leave it out here",
                        other.name
                    );
                    self.error(report, &what, other, definition);
                }
            }
        }
    }

    fn error<T>(&self, report: &mut Report, what: &str, other: &Subgraph, place: &Node<T>) {
        let message = format!(
            "[{}] {} of \"{}.{}\": {what}",
            self.subgraph.name,
            self.subgraph.spelling.written("requires"),
            self.ty,
            self.definition.name,
        );
        let own = self.definition.directives.get("federation__requires");
        let places = [
            own.and_then(|directive| self.subgraph.at(directive.location())),
            other.at(place.location()),
        ];
        report.error(ErrorCode::RequiresInvalidFields, message, places);
    }
}

fn field_in<'a>(
    subgraph: &'a Subgraph,
    ty: &Name,
    field: &Name,
) -> Option<&'a Node<ast::FieldDefinition>> {
    let definition = subgraph.schema.type_field(ty, field).ok()?;
    Some(&definition.node)
}

fn gives(field: &ast::Field, argument: &Name) -> bool {
    field.arguments.iter().any(|given| given.name == *argument)
}
