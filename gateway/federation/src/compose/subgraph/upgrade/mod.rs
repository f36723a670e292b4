//! What a Federation 1 subgraph means in Federation 2.
//!
//! Federation 1 shared value types without a word, ignored directives where they mean nothing, and let subgraphs mark as
//! `@external` whatever they liked. As Apollo's composition does, each such subgraph is rewritten to say in Federation 2
//! what it meant; what it meant depends on the other subgraphs, as they were written.

mod externals;
mod field_sets;
mod plan;

use std::collections::HashSet;

use apollo_compiler::{
    Name, Schema,
    schema::{ComponentOrigin, ExtendedType},
};

use super::{Facts, FederationVersion, Subgraph, usage};
use crate::compose::report::Report;
use plan::Plan;

pub(super) use field_sets::normalize as normalize_field_sets;

/// Rewrites the subgraphs of Federation 1; tells what has no meaning in Federation 2.
pub(super) fn upgrade(subgraphs: &mut [Subgraph], report: &mut Report) {
    if !subgraphs.iter().any(is_old) {
        return;
    }
    let plans = plan::plan(subgraphs);
    for (subgraph, plan) in subgraphs.iter_mut().zip(&plans) {
        if let Some(plan) = plan {
            apply(subgraph, plan, report);
        }
    }
}

fn is_old(subgraph: &Subgraph) -> bool {
    subgraph.version == FederationVersion::V1
}

fn apply(subgraph: &mut Subgraph, plan: &Plan, report: &mut Report) {
    for (name, ty) in &mut subgraph.schema.types {
        match ty {
            ExtendedType::Object(object) => {
                let object = object.make_mut();
                externals::remove_from_object(object, plan.resolved.get(name));
                plan::remove_tags(object, plan.tags.get(name));
            }
            ExtendedType::Interface(interface) => {
                externals::remove_from_interface(interface.make_mut());
            }
            _ => {}
        }
        let facts = subgraph.facts.types.get(name);
        if facts.is_some_and(|facts| facts.is_extension) {
            define(ty);
        }
    }
    field_sets::remove_inactive(&mut subgraph.schema);
    let mut facts = reread(&subgraph.schema, &mut subgraph.facts);
    externals::remove_unused(&mut facts, subgraph, report);
    plan.share(&mut facts);
    subgraph.facts = facts;
}

/// The facts anew. What only extended a type counts as its definition from now on.
fn reread(schema: &Schema, old: &mut Facts) -> Facts {
    let all: HashSet<Name> = schema.types.keys().cloned().collect();
    let mut facts = Facts::of(all, schema);
    usage::mark(schema, &mut facts);
    facts.defined = std::mem::take(&mut old.defined);
    facts
}

/// Makes a definition of an extension.
fn define(ty: &mut ExtendedType) {
    let (directives, fields, interfaces) = match ty {
        ExtendedType::Object(object) => {
            let object = object.make_mut();
            (
                &mut object.directives,
                &mut object.fields,
                &mut object.implements_interfaces,
            )
        }
        ExtendedType::Interface(interface) => {
            let interface = interface.make_mut();
            (
                &mut interface.directives,
                &mut interface.fields,
                &mut interface.implements_interfaces,
            )
        }
        _ => return,
    };
    for directive in &mut directives.0 {
        directive.origin = ComponentOrigin::Definition;
    }
    for field in fields.values_mut() {
        field.origin = ComponentOrigin::Definition;
    }
    *interfaces = std::mem::take(interfaces)
        .into_iter()
        .map(|mut interface| {
            interface.origin = ComponentOrigin::Definition;
            interface
        })
        .collect();
}
