//! Operations over a made supergraph: one small, one deep, one wide, one over abstract types.

use std::fmt::Write as _;

use crate::{
    Sample,
    model::{Entity, Model},
};

/// Steps from entity to entity in the deep operation.
const DEEP: usize = 10;
/// Root fields of the wide operation.
const WIDE: usize = 24;

pub(crate) fn samples(model: &Model) -> Vec<Sample> {
    [
        ("small", small(model)),
        ("deep", deep(model)),
        ("wide", wide(model)),
        ("abstract", over_abstract_types(model)),
    ]
    .into_iter()
    .map(|(name, text)| Sample { name, text })
    .collect()
}

/// One entity that others extend, with its leaves.
fn small(model: &Model) -> String {
    let number = (model.entities.iter())
        .position(|entity| entity.extended_by.len() > 1)
        .unwrap_or_default();
    let mut text = format!("query($id: ID!) {{ entity{number}(id: $id) {{ id");
    leaves(&mut text, &model.entities[number], 6);
    text.push_str(" } }\n");
    text
}

/// From reference to reference, with what is known of each entity in all its subgraphs.
fn deep(model: &Model) -> String {
    let mut text = "query($id: ID!) { entity0(id: $id) { id".to_owned();
    let mut entity = &model.entities[0];
    let mut open = 1;
    for step in 0..DEEP {
        leaves(&mut text, entity, 8);
        let Some((field, target)) = entity.references.get(step % entity.references.len().max(1))
        else {
            break;
        };
        let _ = write!(text, " {field} {{ id");
        open += 1;
        entity = &model.entities[*target];
    }
    leaves(&mut text, entity, 8);
    text.push_str(&" }".repeat(open + 1));
    text.push('\n');
    text
}

/// Many root fields, each with all that is one step away.
fn wide(model: &Model) -> String {
    let mut text = "query($id: ID!) {".to_owned();
    let stride = (model.entities.len() / WIDE).max(1);
    let numbers = (0..model.entities.len()).step_by(stride).take(WIDE);
    for number in numbers {
        let entity = &model.entities[number];
        let _ = write!(text, " e{number}: entity{number}(id: $id) {{ id");
        leaves(&mut text, entity, usize::MAX);
        if let Some((field, value)) = &entity.detail {
            let inner = model.values[*value].leaves.join(" ");
            let _ = write!(text, " {field} {{ {inner} }}");
        }
        for (field, target) in &entity.references {
            let _ = write!(text, " {field} {{ id");
            leaves(&mut text, &model.entities[*target], 5);
            text.push_str(" }");
        }
        text.push_str(" }");
    }
    text.push_str(" }\n");
    text
}

/// Interfaces and unions with a fragment for each of their types.
fn over_abstract_types(model: &Model) -> String {
    let mut text = "query {".to_owned();
    for (number, interface) in model.interfaces.iter().enumerate().take(3) {
        let _ = write!(text, " interface{number} {{ __typename id name");
        fragments(&mut text, model, &interface.implementers);
        text.push_str(" }");
        if let Some((field, _)) = &interface.added {
            let _ = write!(text, " ranked{number} {{ id {field} name }}");
        }
    }
    for union in model.unions.iter().take(2) {
        let name = union.definition.name.to_lowercase();
        let _ = write!(text, " {name}(text: \"x\") {{ __typename");
        fragments(&mut text, model, &union.entities);
        for value in &union.values {
            let leaf = &model.values[*value].leaves[0];
            let _ = write!(text, " ... on Value{value} {{ note: {leaf} }}");
        }
        text.push_str(" }");
    }
    text.push_str(" }\n");
    text
}

fn fragments(text: &mut String, model: &Model, entities: &[usize]) {
    for number in entities {
        let entity = &model.entities[*number];
        let _ = write!(text, " ... on Entity{number} {{ id");
        for leaf in entity.leaves.iter().rev().take(6) {
            let _ = match leaf.strip_prefix("kind") {
                // Fields of one key must agree in type across the fragments, and this is an enum of its own.
                Some(_) => write!(text, " {leaf}of{number}: {leaf}"),
                None => write!(text, " {leaf}"),
            };
        }
        if let Some((field, target)) = entity.references.first() {
            let _ = write!(text, " {field}{number}: {field} {{ id");
            leaves(text, &model.entities[*target], 4);
            text.push_str(" }");
        }
        text.push_str(" }");
    }
}

fn leaves(text: &mut String, entity: &Entity, most: usize) {
    for leaf in entity.leaves.iter().rev().take(most) {
        text.push(' ');
        text.push_str(leaf);
    }
}
