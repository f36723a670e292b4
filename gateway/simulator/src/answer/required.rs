//! What `@requires` selects, taken out of a representation: the same, whatever else the representation holds.

use std::collections::BTreeMap;

use apollo_compiler::{
    executable::{Selection, SelectionSet},
    response::{JsonMap, JsonValue},
};

use crate::world::World;

/// The required values, in one form. `ty` is the object's type, as far as it is known.
pub(super) fn project(
    world: &World,
    ty: &str,
    set: &SelectionSet,
    values: &JsonMap,
) -> Result<JsonValue, String> {
    let mut entries = BTreeMap::new();
    collect(world, ty, set, values, &mut entries)?;
    let mut map = JsonMap::new();
    for (name, value) in entries {
        map.insert(name, value);
    }
    Ok(JsonValue::Object(map))
}

fn collect(
    world: &World,
    ty: &str,
    set: &SelectionSet,
    values: &JsonMap,
    entries: &mut BTreeMap<String, JsonValue>,
) -> Result<(), String> {
    for selection in &set.selections {
        match selection {
            Selection::Field(field) if field.name == "__typename" => {}
            Selection::Field(field) => {
                let value = values
                    .get(field.name.as_str())
                    .ok_or_else(|| format!("{ty}.{} is required and was not sent", field.name))?;
                let inner = field.ty().inner_named_type();
                let own = below(world, inner, &field.selection_set, value)?;
                match entries.get_mut(field.name.as_str()) {
                    Some(known) => merge(known, own),
                    None => {
                        entries.insert(field.name.to_string(), own);
                    }
                }
            }
            Selection::InlineFragment(inline) => {
                let applies = inline
                    .type_condition
                    .as_ref()
                    .is_none_or(|condition| world.is_subtype(ty, condition));
                if applies {
                    collect(world, ty, &inline.selection_set, values, entries)?;
                }
            }
            Selection::FragmentSpread(_) => return Err("a spread in a field set".to_owned()),
        }
    }
    Ok(())
}

fn below(
    world: &World,
    ty: &str,
    set: &SelectionSet,
    value: &JsonValue,
) -> Result<JsonValue, String> {
    Ok(match value {
        JsonValue::Array(items) => items
            .iter()
            .map(|one| below(world, ty, set, one))
            .collect::<Result<_, _>>()?,
        JsonValue::Object(values) if !set.selections.is_empty() => {
            let ty = values
                .get("__typename")
                .and_then(JsonValue::as_str)
                .unwrap_or(ty);
            project(world, ty, set, values)?
        }
        one => one.clone(),
    })
}

fn merge(known: &mut JsonValue, own: JsonValue) {
    match (known, own) {
        (JsonValue::Object(known), JsonValue::Object(own)) => {
            for (name, value) in own {
                match known.get_mut(name.as_str()) {
                    Some(known) => merge(known, value),
                    None => {
                        known.insert(name, value);
                    }
                }
            }
        }
        (JsonValue::Array(known), JsonValue::Array(own)) => {
            for (known, own) in known.iter_mut().zip(own) {
                merge(known, own);
            }
        }
        _ => {}
    }
}
