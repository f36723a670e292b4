//! Small changes to subgraphs' schemas, most of which make them illegal one way or another.

mod directives;
mod elements;
mod links;
mod places;
mod text;
mod types;

use apollo_compiler::ast::Document;
use fastrand::Rng;

use crate::compose::Source;

/// One change: whether there was anything to change.
type Change = fn(&mut Rng, &mut [Document]) -> bool;

/// Each change, with how often it is taken.
const CHANGES: [(&str, u32, Change); 22] = [
    ("drop a directive", 10, directives::remove),
    ("copy a directive", 8, directives::copy),
    ("add a directive", 12, directives::add),
    ("change a field set", 12, text::change_field_set),
    (
        "make a key not resolvable",
        2,
        directives::toggle_resolvable,
    ),
    ("change a description", 3, text::change_description),
    ("change a type", 12, types::change),
    ("change a default", 6, types::change_default),
    ("drop a member", 10, elements::remove_member),
    ("drop an argument", 4, elements::remove_argument),
    ("add an argument", 5, elements::add_argument),
    ("drop an interface", 3, elements::remove_interface),
    ("add an interface", 2, elements::add_interface),
    ("drop a definition", 4, elements::remove_definition),
    ("copy a definition", 5, elements::copy_definition),
    (
        "copy a member to its type elsewhere",
        10,
        elements::copy_member,
    ),
    ("rename a member", 4, elements::rename_member),
    ("extend instead of defining", 4, elements::toggle_extension),
    ("change a kind", 2, elements::change_kind),
    ("change the version", 2, links::change_version),
    ("change an import", 2, links::change_import),
    ("rename a root", 1, links::rename_root),
];

/// Changes subgraphs in one to three ways; also tells which. `None` if a schema has no syntax to begin with.
pub fn mutate(seed: u64, subgraphs: &[Source]) -> Option<(Vec<Source>, Vec<&'static str>)> {
    let mut rng = Rng::with_seed(seed);
    let mut documents = Vec::new();
    for (name, sdl) in subgraphs {
        documents.push(Document::parse(sdl.as_str(), format!("{name}.graphql")).ok()?);
    }
    let count = [1, 1, 1, 2, 2, 3][rng.usize(..6)];
    let mut done = Vec::new();
    for _ in 0..40 {
        let (name, change) = choose(&mut rng);
        if change(&mut rng, &mut documents) {
            done.push(name);
        }
        if done.len() == count {
            break;
        }
    }
    let sources = subgraphs
        .iter()
        .zip(&documents)
        .map(|((name, _), document)| (name.clone(), document.to_string()));
    Some((sources.collect(), done))
}

fn choose(rng: &mut Rng) -> (&'static str, Change) {
    let total: u32 = CHANGES.iter().map(|(_, weight, _)| weight).sum();
    let mut at = rng.u32(..total);
    for (name, weight, change) in CHANGES {
        if at < weight {
            return (name, change);
        }
        at -= weight;
    }
    let (name, _, change) = CHANGES[0];
    (name, change)
}

/// A random index, if there is any.
fn index(rng: &mut Rng, length: usize) -> Option<usize> {
    (length > 0).then(|| rng.usize(..length))
}
