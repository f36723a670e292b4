//! Keys, and what fields say of their resolution: the rules that one subgraph can break on its own.
//!
//! What was odd, but legal, in Federation 1 is gone since the upgrade.

mod external;
mod field_sets;
mod interface_keys;
mod interface_objects;
mod keys;
mod overrides;
mod provides;
mod requires;
mod shareable;
#[cfg(test)]
mod tests;

use apollo_compiler::{
    Name, ast,
    collections::IndexMap,
    schema::{Component, DirectiveList, ExtendedType, ObjectType},
};
use rustc_hash::FxHashMap;

use crate::compose::{
    report::Report,
    subgraph::{FieldFacts, Subgraph, TypeFacts},
};

/// Reports what is wrong in one subgraph.
pub(super) fn check(subgraph: &Subgraph, report: &mut Report) {
    let checked = Checked::of(subgraph);
    for ty in subgraph.schema.types.values() {
        let Some(composite) = Composite::of(subgraph, ty) else {
            continue;
        };
        keys::check(&checked, &composite, report);
        interface_objects::check(&checked, &composite, report);
        shareable::check_type(&checked, &composite, report);
        for (name, definition) in composite.fields {
            let Some(facts) = composite.facts.fields.get(name) else {
                continue;
            };
            let field = Field {
                parent: &composite,
                definition,
                facts,
            };
            requires::check(&checked, &field, report);
            provides::check(&checked, &field, report);
            external::check(&checked, &field, report);
            shareable::check_field(&checked, &field, report);
            overrides::check(&checked, &field, report);
        }
    }
}

/// The subgraph that is checked.
struct Checked<'a> {
    subgraph: &'a Subgraph,
    /// The objects of each interface, in the order of the text.
    implementations: FxHashMap<&'a Name, Vec<&'a ObjectType>>,
}

impl<'a> Checked<'a> {
    fn of(subgraph: &'a Subgraph) -> Self {
        let mut implementations: FxHashMap<&Name, Vec<&ObjectType>> = FxHashMap::default();
        for ty in subgraph.schema.types.values() {
            if let ExtendedType::Object(object) = ty {
                for interface in &object.implements_interfaces {
                    let of_interface = implementations.entry(&interface.name).or_default();
                    of_interface.push(object);
                }
            }
        }
        Self {
            subgraph,
            implementations,
        }
    }

    fn implementations(&self, interface: &Name) -> &[&'a ObjectType] {
        self.implementations
            .get(interface)
            .map_or(&[], Vec::as_slice)
    }
}

/// An object type or an interface.
struct Composite<'a> {
    name: &'a Name,
    is_interface: bool,
    directives: &'a DirectiveList,
    fields: &'a IndexMap<Name, Component<ast::FieldDefinition>>,
    facts: &'a TypeFacts,
}

impl<'a> Composite<'a> {
    fn of(subgraph: &'a Subgraph, ty: &'a ExtendedType) -> Option<Self> {
        let (name, directives, fields) = match ty {
            ExtendedType::Object(object) => (&object.name, &object.directives, &object.fields),
            ExtendedType::Interface(interface) => {
                (&interface.name, &interface.directives, &interface.fields)
            }
            _ => return None,
        };
        Some(Self {
            name,
            is_interface: ty.is_interface(),
            directives,
            fields,
            facts: subgraph.facts.ty(name)?,
        })
    }
}

/// A field of an object type or an interface.
struct Field<'a> {
    parent: &'a Composite<'a>,
    definition: &'a Component<ast::FieldDefinition>,
    facts: &'a FieldFacts,
}

impl Field<'_> {
    fn coordinate(&self) -> String {
        format!("{}.{}", self.parent.name, self.definition.name)
    }
}
