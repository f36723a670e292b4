//! Arguments of directives that different subgraphs give differently, and that merge: `@cost`, `@listSize`, `@requiresScopes`
//! and `@policy`.

use apollo_compiler::{Name, Node, ast, name};

use super::{
    applied::{self, Applied},
    auth::{self, Demand},
    differences::names,
    groups, values,
};
use crate::compose::{ErrorCode, HintCode, report::Report};

/// How different arguments become one.
#[derive(Debug, Clone, Copy)]
pub(super) enum Strategy {
    /// Those that most subgraphs say.
    MostSaid,
    /// What all demand.
    Both,
    /// The greatest number.
    Greatest,
    /// Each argument of `@listSize` in its own way.
    ListSize,
}

/// Merges arguments that differ, by any strategy but [`Strategy::MostSaid`].
pub(super) fn merge(
    coordinate: &dyn Fn() -> String,
    name: &Name,
    applied: &[Applied<'_>],
    strategy: Strategy,
    report: &mut Report,
) -> Vec<Node<ast::Argument>> {
    let merged = match strategy {
        Strategy::Greatest => vec![greatest(applied, name!("weight"))],
        Strategy::ListSize => vec![
            greatest(applied, name!("assumedSize")),
            union(applied, name!("slicingArguments")),
            union(applied, name!("sizedFields")),
            both_true(applied, name!("requireOneSlicingArgument")),
        ],
        Strategy::Both | Strategy::MostSaid => {
            vec![demand(coordinate, name, applied, report)]
        }
    };
    let merged: Vec<_> = merged.into_iter().flatten().collect();
    let all = applied.iter().map(|one| (one.subgraph, one.application));
    let groups = groups::group(all, |a, b| a.says_the_same_as(*b));
    let result = ast::Directive {
        name: name.clone(),
        arguments: merged.clone(),
    };
    let message = format!(
        "@{name} on \"{}\" has different arguments: {}. The supergraph has {result}.",
        coordinate(),
        groups::differences(&groups, |one| applied::say(name, *one)),
    );
    let places = groups::places(&groups, |one| one.directive.location());
    let code = HintCode::MergedNonRepeatableDirectiveArguments;
    report.hint(code, message, places);
    merged
}

fn argument(name: Name, value: Node<ast::Value>) -> Node<ast::Argument> {
    Node::new(ast::Argument { name, value })
}

/// The values that are given for an argument, those that are written as null left out.
fn given<'a>(applied: &[Applied<'a>], name: &str) -> impl Iterator<Item = &'a Node<ast::Value>> {
    applied
        .iter()
        .filter_map(move |one| one.application.directive.specified_argument_by_name(name))
        .filter(|value| !value.is_null())
}

fn greatest(applied: &[Applied<'_>], name: Name) -> Option<Node<ast::Argument>> {
    let numbers = given(applied, &name).filter_map(|value| Some((value.to_i32()?, value)));
    let (_, value) = numbers.max_by_key(|(number, _)| *number)?;
    Some(argument(name, value.clone()))
}

fn union(applied: &[Applied<'_>], name: Name) -> Option<Node<ast::Argument>> {
    let mut all: Option<Vec<Node<ast::Value>>> = None;
    for value in given(applied, &name) {
        let all = all.get_or_insert_default();
        for item in value.as_list().unwrap_or_default() {
            if !all.iter().any(|one| values::same(one, item)) {
                all.push(item.clone());
            }
        }
    }
    Some(argument(name, Node::new(ast::Value::List(all?))))
}

fn both_true(applied: &[Applied<'_>], name: Name) -> Option<Node<ast::Argument>> {
    let is_true = given(applied, &name)
        .filter_map(|value| value.to_bool())
        .reduce(|a, b| a && b)?;
    Some(argument(name, Node::new(ast::Value::Boolean(is_true))))
}

/// The only argument of `@requiresScopes` or `@policy`.
fn demand(
    coordinate: &dyn Fn() -> String,
    name: &Name,
    applied: &[Applied<'_>],
    report: &mut Report,
) -> Option<Node<ast::Argument>> {
    let mut merged = Demand::new();
    let mut argument_name = None;
    for one in applied {
        let Some(given) = one.application.directive.arguments.first() else {
            continue;
        };
        argument_name = Some(given.name.clone());
        if let Some(both) = auth::both(&merged, &auth::read(&given.value)) {
            merged = both;
            continue;
        }
        let message = format!(
            "@{name} on \"{}\" has too many alternatives in {} together: at most {} can be merged. Write fewer.",
            coordinate(),
            names(applied.iter().map(|one| one.subgraph)),
            auth::MOST_ALTERNATIVES,
        );
        let span = one.application.directive.location();
        let places = [one.subgraph.at(span)];
        report.error(ErrorCode::DirectiveCompositionError, message, places);
        return None;
    }
    Some(argument(argument_name?, auth::write(&merged)))
}
