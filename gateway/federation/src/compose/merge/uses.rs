//! What a subgraph's field sets name: keys, what is provided, what is required.

use apollo_compiler::{Schema, ast, schema::ExtendedType};
use rustc_hash::FxHashSet;

use crate::compose::subgraph::Subgraph;

type Coordinates<'a> = FxHashSet<(&'a str, &'a str)>;

/// Type and field of what one subgraph's field sets name, at any depth.
#[derive(Debug, Default)]
pub(super) struct Uses<'a> {
    keys: Coordinates<'a>,
    provided: Coordinates<'a>,
    required: Coordinates<'a>,
}

impl<'a> Uses<'a> {
    pub(super) fn of(subgraph: &'a Subgraph) -> Self {
        let mut uses = Self::default();
        let schema = &subgraph.schema;
        for (name, facts) in &subgraph.facts.types {
            for key in &facts.keys {
                collect(schema, name, &key.fields.selections, &mut uses.keys);
            }
            for (field, facts) in &facts.fields {
                if let Some(requires) = &facts.requires {
                    collect(schema, name, &requires.selections, &mut uses.required);
                }
                if let Some(provides) = &facts.provides
                    && let Some(field) = field_of(schema, name, field)
                {
                    let of = field.ty.inner_named_type();
                    collect(schema, of, &provides.selections, &mut uses.provided);
                }
            }
        }
        uses
    }

    /// Whether some key of the subgraph has the field: of its own type, or of one that leads to it.
    pub(super) fn is_in_key(&self, ty: &str, field: &str) -> bool {
        self.keys.contains(&(ty, field))
    }

    /// Whether some `@provides` of the subgraph names the field.
    pub(super) fn is_provided(&self, ty: &str, field: &str) -> bool {
        self.provided.contains(&(ty, field))
    }

    /// Whether the subgraph still needs the field, even if another one resolves it.
    pub(super) fn is_needed(&self, subgraph: &Subgraph, ty: &str, field: &str) -> bool {
        let place = &(ty, field);
        self.keys.contains(place)
            || self.provided.contains(place)
            || self.required.contains(place)
            || is_of_interface(&subgraph.schema, ty, field)
    }
}

fn is_of_interface(schema: &Schema, ty: &str, field: &str) -> bool {
    let Some(ExtendedType::Object(object)) = schema.types.get(ty) else {
        return false;
    };
    object.implements_interfaces.iter().any(|interface| {
        let interface = schema.get_interface(interface);
        interface.is_some_and(|interface| interface.fields.contains_key(field))
    })
}

/// Unknown types and fields are errors of validation; here they lead nowhere.
fn collect<'a>(
    schema: &'a Schema,
    ty: &'a str,
    selections: &'a [ast::Selection],
    into: &mut Coordinates<'a>,
) {
    for selection in selections {
        match selection {
            ast::Selection::Field(field) => {
                into.insert((ty, &field.name));
                if field.selection_set.is_empty() {
                    continue;
                }
                if let Some(definition) = field_of(schema, ty, &field.name) {
                    let of = definition.ty.inner_named_type();
                    collect(schema, of, &field.selection_set, into);
                }
            }
            ast::Selection::InlineFragment(fragment) => {
                let on = fragment.type_condition.as_ref();
                let on = on.map_or(ty, |on| on.as_str());
                collect(schema, on, &fragment.selection_set, into);
            }
            ast::Selection::FragmentSpread(_) => {}
        }
    }
}

fn field_of<'a>(schema: &'a Schema, ty: &str, field: &str) -> Option<&'a ast::FieldDefinition> {
    schema.type_field(ty, field).ok().map(|field| &***field)
}
