//! Changes of what is text: field sets and descriptions.

use apollo_compiler::{
    Node,
    ast::{Definition, Document, Value},
};
use fastrand::Rng;

use super::{
    directives::{applied, fields_argument},
    index, places,
};

pub(super) fn change_field_set(rng: &mut Rng, documents: &mut [Document]) -> bool {
    let has_set = |name: &str| matches!(name, "key" | "requires" | "provides");
    let names = field_names(documents);
    let Some((place, at)) = applied(rng, documents, |one| has_set(&one.name)) else {
        return false;
    };
    let Some(value) = places::directives(documents, place)
        .and_then(|list| list.0.get_mut(at))
        .and_then(fields_argument)
    else {
        return false;
    };
    let Some(text) = value.as_str() else {
        return false;
    };
    let name = index(rng, names.len()).map_or("id", |at| names[at].as_str());
    let mut words: Vec<_> = text.split_whitespace().map(str::to_owned).collect();
    match rng.u8(..14) {
        0..=3 => {
            if let Some(at) = index(rng, words.len()) {
                words.remove(at);
            }
        }
        4..=8 => words.insert(rng.usize(..=words.len()), name.to_owned()),
        9 => words.push(format!("{{ {name} }}")),
        10 => words.push("@deprecated".to_owned()),
        11 => words.push("(by: 3)".to_owned()),
        12 => words.insert(0, "other:".to_owned()),
        _ => words.push(format!("... on Product {{ {name} }}")),
    }
    *value = Node::new(Value::String(words.join(" ")));
    true
}

fn field_names(documents: &mut [Document]) -> Vec<String> {
    let mut names = Vec::new();
    for definition in documents.iter_mut().flat_map(|one| &mut one.definitions) {
        let fields = places::fields(definition).into_iter().flatten();
        names.extend(fields.map(|field| field.name.to_string()));
    }
    names.sort();
    names.dedup();
    names
}

pub(super) fn change_description(rng: &mut Rng, documents: &mut [Document]) -> bool {
    let mut found = Vec::new();
    for place in places::all(documents) {
        found.push((place.document, place.definition, place.member));
    }
    let Some(at) = index(rng, found.len()) else {
        return false;
    };
    let (document, definition, member) = found[at];
    let texts = ["", "One.", "Two.", "Two\nlines."];
    let text = texts[rng.usize(..4)];
    let description = (!text.is_empty()).then(|| Node::new_str(text));
    let definition = &mut documents[document].definitions[definition];
    if let Some(member) = member {
        if let Some(field) = places::fields(definition).and_then(|all| all.get_mut(member)) {
            field.make_mut().description = description;
            return true;
        }
        if let Some(field) = places::inputs(definition).and_then(|all| all.get_mut(member)) {
            field.make_mut().description = description;
            return true;
        }
        if let Some(value) = places::values(definition).and_then(|all| all.get_mut(member)) {
            value.make_mut().description = description;
            return true;
        }
        return false;
    }
    match definition {
        Definition::ObjectTypeDefinition(one) => one.make_mut().description = description,
        Definition::InterfaceTypeDefinition(one) => one.make_mut().description = description,
        Definition::UnionTypeDefinition(one) => one.make_mut().description = description,
        Definition::EnumTypeDefinition(one) => one.make_mut().description = description,
        Definition::InputObjectTypeDefinition(one) => one.make_mut().description = description,
        Definition::ScalarTypeDefinition(one) => one.make_mut().description = description,
        _ => return false,
    }
    true
}
