//! Changes of applied directives.

use apollo_compiler::{
    Node,
    ast::{Directive, DirectiveLocation, Document, Value},
};
use fastrand::Rng;

use super::{index, places};

pub(super) fn remove(rng: &mut Rng, documents: &mut [Document]) -> bool {
    let Some((place, at)) = applied(rng, documents, |_| true) else {
        return false;
    };
    if let Some(list) = places::directives(documents, place) {
        list.0.remove(at);
    }
    true
}

/// A directive that is somewhere comes to stand at another place of the same kind.
pub(super) fn copy(rng: &mut Rng, documents: &mut [Document]) -> bool {
    let Some((from, at)) = applied(rng, documents, |_| true) else {
        return false;
    };
    let Some(copied) = places::directives(documents, from).and_then(|list| list.0.get(at).cloned())
    else {
        return false;
    };
    let mut targets = places::all(documents);
    targets.retain(|place| place.location == from.location && *place != from);
    let Some(to) = index(rng, targets.len()) else {
        return false;
    };
    if let Some(list) = places::directives(documents, targets[to]) {
        list.0.push(copied);
    }
    true
}

/// A directive that was not there before.
pub(super) fn add(rng: &mut Rng, documents: &mut [Document]) -> bool {
    let mut places = places::all(documents);
    places.retain(|place| place.location != DirectiveLocation::Schema);
    let Some(at) = index(rng, places.len()) else {
        return false;
    };
    let place = places[at];
    let names: &[&str] = match place.location {
        DirectiveLocation::FieldDefinition => &[
            "@shareable",
            "@external",
            "@inaccessible",
            "@tag(name: \"new\")",
            "@override(from: \"a\")",
            "@override(from: \"b\")",
            "@deprecated(reason: \"new\")",
            "@requires(fields: \"id\")",
            "@provides(fields: \"id\")",
            "@authenticated",
            "@cost(weight: 5)",
            "@listSize(assumedSize: 3)",
        ],
        DirectiveLocation::Object => &[
            "@shareable",
            "@external",
            "@inaccessible",
            "@tag(name: \"new\")",
            "@key(fields: \"id\")",
            "@key(fields: \"id\", resolvable: false)",
            "@interfaceObject",
            "@extends",
            "@authenticated",
            "@context(name: \"new\")",
        ],
        DirectiveLocation::Interface => &[
            "@inaccessible",
            "@tag(name: \"new\")",
            "@key(fields: \"id\")",
            "@authenticated",
        ],
        DirectiveLocation::Scalar => &["@inaccessible", "@specifiedBy(url: \"https://new\")"],
        _ => &["@inaccessible", "@tag(name: \"new\")", "@deprecated"],
    };
    let Some(directive) = parse(names[rng.usize(..names.len())]) else {
        return false;
    };
    if let Some(list) = places::directives(documents, place) {
        list.0.push(directive);
    }
    true
}

pub(super) fn toggle_resolvable(rng: &mut Rng, documents: &mut [Document]) -> bool {
    let Some((place, at)) = applied(rng, documents, |one| one.name == "key") else {
        return false;
    };
    let Some(key) = places::directives(documents, place).and_then(|list| list.0.get_mut(at)) else {
        return false;
    };
    let key = key.make_mut();
    let before = key.arguments.len();
    key.arguments
        .retain(|argument| argument.name != "resolvable");
    if key.arguments.len() == before
        && let Some(other) = parse("@key(fields: \"\", resolvable: false)")
    {
        key.arguments
            .extend(other.arguments.iter().skip(1).cloned());
    }
    true
}

/// A random directive of those that are applied.
pub(super) fn applied(
    rng: &mut Rng,
    documents: &mut [Document],
    wanted: impl Fn(&Directive) -> bool,
) -> Option<(places::Place, usize)> {
    let mut found = Vec::new();
    for place in places::all(documents) {
        let list = places::directives(documents, place);
        for (at, directive) in list.into_iter().flat_map(|list| list.0.iter()).enumerate() {
            if directive.name != "link" && wanted(directive) {
                found.push((place, at));
            }
        }
    }
    index(rng, found.len()).map(|at| found[at])
}

/// A directive from its text.
fn parse(text: &str) -> Option<Node<Directive>> {
    let document = Document::parse(format!("scalar S {text}"), "directive.graphql").ok()?;
    let definition = document.definitions.first()?;
    definition.directives().0.first().cloned()
}

/// The `fields` of a directive.
pub(super) fn fields_argument(directive: &mut Node<Directive>) -> Option<&mut Node<Value>> {
    let mut arguments = directive.make_mut().arguments.iter_mut();
    let argument = arguments.find(|argument| argument.name == "fields")?;
    Some(&mut argument.make_mut().value)
}
