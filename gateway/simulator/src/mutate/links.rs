//! Changes of how a subgraph links federation, and of its roots.

use apollo_compiler::{
    Node,
    ast::{Directive, Document, Type, Value},
    name,
};
use fastrand::Rng;

use super::{index, places};

pub(super) fn change_version(rng: &mut Rng, documents: &mut [Document]) -> bool {
    let minor = rng.u8(..=9);
    change(rng, documents, "url", |_, url| {
        let text = url.as_str().unwrap_or_default();
        let (start, _) = text.rsplit_once('.')?;
        Some(Value::String(format!("{start}.{minor}")))
    })
}

/// An import goes, or comes under another name.
pub(super) fn change_import(rng: &mut Rng, documents: &mut [Document]) -> bool {
    change(rng, documents, "import", |rng, imports| {
        let mut imports = imports.as_list()?.to_vec();
        let at = index(rng, imports.len())?;
        if rng.bool() {
            imports.remove(at);
        } else {
            let import = Node::new(Value::String(imports[at].as_str()?.to_owned()));
            let alias = Node::new(Value::String(format!("{}Here", imports[at].as_str()?)));
            imports[at] = Node::new(Value::Object(vec![
                (name!("name"), import),
                (name!("as"), alias),
            ]));
        }
        Some(Value::List(imports))
    })
}

fn change(
    rng: &mut Rng,
    documents: &mut [Document],
    argument: &str,
    to: impl Fn(&mut Rng, &Value) -> Option<Value>,
) -> bool {
    let mut links = Vec::new();
    for place in places::all(documents) {
        let list = places::directives(documents, place);
        for (at, directive) in list.into_iter().flat_map(|list| list.0.iter()).enumerate() {
            if directive.name == "link" {
                links.push((place, at));
            }
        }
    }
    let Some(at) = index(rng, links.len()) else {
        return false;
    };
    let (place, at) = links[at];
    let link = places::directives(documents, place).and_then(|list| list.0.get_mut(at));
    let Some(value) = link.and_then(|link| value(link, argument)) else {
        return false;
    };
    let Some(new) = to(rng, value) else {
        return false;
    };
    *value = Node::new(new);
    true
}

fn value<'d>(directive: &'d mut Node<Directive>, name: &str) -> Option<&'d mut Node<Value>> {
    let mut arguments = directive.make_mut().arguments.iter_mut();
    let argument = arguments.find(|argument| argument.name == name)?;
    Some(&mut argument.make_mut().value)
}

/// `Query` becomes another type of the subgraph, named so by a schema definition; fields of its type follow.
pub(super) fn rename_root(rng: &mut Rng, documents: &mut [Document]) -> bool {
    let Some(at) = index(rng, documents.len()) else {
        return false;
    };
    let mut found = false;
    for definition in &mut documents[at].definitions {
        if definition.name().is_some_and(|name| name == "Query") {
            found |= super::elements::rename(definition, name!("Root"));
        }
        for field in places::fields(definition).into_iter().flatten() {
            if field.ty.inner_named_type() == "Query" {
                field.make_mut().ty = Type::Named(name!("Root"));
            }
        }
    }
    if found && let Ok(schema) = Document::parse("extend schema { query: Root }", "root.graphql") {
        documents[at]
            .definitions
            .extend(schema.definitions.iter().cloned());
    }
    found
}
