//! What `@requiresScopes` and `@policy` demand: alternatives, each of which is a set of names that are all needed.

use apollo_compiler::{Node, ast};

/// Alternatives; no demand if there are none.
pub(super) type Demand = Vec<Vec<String>>;

/// More alternatives than anyone writes: demands of several subgraphs that together have more are refused.
pub(super) const MOST_ALTERNATIVES: usize = 1_000;

/// Reads the argument of either directive.
pub(super) fn read(value: &ast::Value) -> Demand {
    let alternatives = value.as_list().unwrap_or_default().iter();
    alternatives
        .map(|names| {
            let names = names.as_list().unwrap_or_default().iter();
            names
                .filter_map(|name| name.as_str().map(str::to_owned))
                .collect()
        })
        .collect()
}

/// Writes it.
pub(super) fn write(demand: &Demand) -> Node<ast::Value> {
    let text = |name: &String| Node::new(ast::Value::String(name.clone()));
    let alternatives = demand
        .iter()
        .map(|names| Node::new(ast::Value::List(names.iter().map(text).collect())));
    Node::new(ast::Value::List(alternatives.collect()))
}

/// What satisfies both demands, without alternatives that others imply, the shortest first; none if these are too many. A
/// demand that stands alone stays as it is written.
pub(super) fn both(a: &Demand, b: &Demand) -> Option<Demand> {
    if a.is_empty() || a == b {
        return Some(b.clone());
    }
    if b.is_empty() {
        return Some(a.clone());
    }
    if a.len().saturating_mul(b.len()) > MOST_ALTERNATIVES {
        return None;
    }
    let mut all = Demand::new();
    for one in a {
        all.extend(b.iter().map(|two| {
            let mut names = [one.as_slice(), two].concat();
            names.sort_unstable();
            names.dedup();
            names
        }));
    }
    all.sort_by(|one, two| one.len().cmp(&two.len()).then_with(|| one.cmp(two)));
    let mut kept = Demand::new();
    for alternative in all {
        let implies = |one: &Vec<String>| one.iter().all(|name| alternative.contains(name));
        if !kept.iter().any(implies) {
            kept.push(alternative);
        }
    }
    Some(kept)
}
