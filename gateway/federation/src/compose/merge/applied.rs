//! Directives on an element, of all its subgraphs', as the supergraph has them.

#[cfg(test)]
mod tests;

use apollo_compiler::{Name, Node, ast, name, schema};

use super::{
    features::{Features, Role, Spec},
    groups, joins,
    merged_arguments::{self, Strategy},
    values::Application,
};
use crate::compose::{HintCode, report::Report, subgraph::Subgraph};

/// The directives that one subgraph puts on an element.
#[derive(Debug, Clone, Copy)]
pub(super) enum Directives<'a> {
    /// On a type, or on the schema.
    Type(&'a schema::DirectiveList),
    /// On what is inside one: a field, an argument, a value.
    Inner(&'a ast::DirectiveList),
}

impl<'a> Directives<'a> {
    pub(super) fn iter(self) -> impl Iterator<Item = &'a Node<ast::Directive>> {
        let (of_type, inner) = match self {
            Self::Type(directives) => (directives.0.as_slice(), [].as_slice()),
            Self::Inner(directives) => ([].as_slice(), directives.0.as_slice()),
        };
        of_type.iter().map(|one| &one.node).chain(inner)
    }
}

impl<'a> From<&'a schema::DirectiveList> for Directives<'a> {
    fn from(directives: &'a schema::DirectiveList) -> Self {
        Self::Type(directives)
    }
}

impl<'a> From<&'a ast::DirectiveList> for Directives<'a> {
    fn from(directives: &'a ast::DirectiveList) -> Self {
        Self::Inner(directives)
    }
}

/// One application of a directive, in one subgraph.
#[derive(Clone, Copy)]
pub(super) struct Applied<'a> {
    pub(super) subgraph: &'a Subgraph,
    pub(super) application: Application<'a>,
    role: Role,
}

/// The merged directives of an element, `@context` included, `@join__*` left out (except for `@join__directive`): they are the
/// caller's.
pub(super) fn merge<'a>(
    coordinate: &dyn Fn() -> String,
    sources: impl Iterator<Item = (&'a Subgraph, Directives<'a>)>,
    features: &Features,
    report: &mut Report,
) -> Vec<Node<ast::Directive>> {
    let mut applied = Vec::new();
    for (subgraph, directives) in sources {
        for directive in directives.iter() {
            if let Some(role) = features.role(subgraph, &directive.name) {
                let schema = &subgraph.schema;
                let application = Application { directive, schema };
                applied.push(Applied {
                    subgraph,
                    application,
                    role,
                });
            }
        }
    }
    // Few elements have any.
    if applied.is_empty() {
        return Vec::new();
    }
    applied.sort_by_key(|one| one.role);
    let mut merged = Vec::new();
    for same in applied.chunk_by(|a, b| a.role == b.role) {
        merge_one(coordinate, same, features, report, &mut merged);
    }
    merged
}

/// Merges the applications of one directive; there is at least one.
fn merge_one(
    coordinate: &dyn Fn() -> String,
    applied: &[Applied<'_>],
    features: &Features,
    report: &mut Report,
    merged: &mut Vec<Node<ast::Directive>>,
) {
    let Some(first) = applied.first() else { return };
    let name = match first.role {
        Role::Spec(spec) => features.name(spec).cloned(),
        _ => None,
    };
    let name = name.unwrap_or_else(|| first.application.directive.name.clone());
    let strategy = match first.role {
        Role::Spec(Spec::Context) => {
            for context in applied.iter().filter_map(|one| context(&name, *one)) {
                if !merged.contains(&context) {
                    merged.push(context);
                }
            }
            return;
        }
        Role::Carried => return merged.extend(carried(applied)),
        Role::Spec(Spec::Inaccessible | Spec::Authenticated) | Role::OneOf => {
            merged.push(directive(name, Vec::new()));
            return;
        }
        Role::Spec(Spec::Tag) => return merged.extend(distinct(&name, applied)),
        Role::Composed(index) => {
            let Some(composed) = features.composed.get(index) else {
                return;
            };
            if !applied
                .iter()
                .any(|one| composed.is_composed_by(one.subgraph))
            {
                return;
            }
            if composed.definition.repeatable {
                return merged.extend(distinct(&name, applied));
            }
            Strategy::MostSaid
        }
        Role::Deprecated | Role::SpecifiedBy => Strategy::MostSaid,
        Role::Spec(Spec::RequiresScopes | Spec::Policy) => Strategy::Both,
        Role::Spec(Spec::Cost) => Strategy::Greatest,
        Role::Spec(Spec::ListSize) => Strategy::ListSize,
    };
    let arguments = alike(applied).unwrap_or_else(|| match strategy {
        Strategy::MostSaid => most_said(coordinate, &name, applied, report),
        _ => merged_arguments::merge(coordinate, &name, applied, strategy, report),
    });
    merged.push(directive(name, arguments));
}

fn directive(name: Name, arguments: Vec<Node<ast::Argument>>) -> Node<ast::Directive> {
    Node::new(ast::Directive { name, arguments })
}

/// For a message: what a subgraph says, under the name that it has in the supergraph.
pub(super) fn say(name: &Name, application: Application<'_>) -> String {
    let arguments = application.directive.arguments.clone();
    directive(name.clone(), arguments).to_string()
}

/// The arguments, if all say the same.
fn alike(applied: &[Applied<'_>]) -> Option<Vec<Node<ast::Argument>>> {
    let (first, others) = applied.split_first()?;
    let first = first.application;
    others
        .iter()
        .all(|one| one.application.says_the_same_as(first))
        .then(|| first.directive.arguments.clone())
}

/// A context has the subgraph's name in it: others may have one of the same name.
fn context(name: &Name, applied: Applied<'_>) -> Option<Node<ast::Directive>> {
    let context = applied.application.argument("name")?.as_str()?;
    let value = joins::context_name(applied.subgraph, context);
    let argument = ast::Argument {
        name: name!("name"),
        value: Node::new(ast::Value::String(value)),
    };
    Some(directive(name.clone(), vec![Node::new(argument)]))
}

/// The different ones of a repeatable directive, in the order in which they come.
fn distinct(name: &Name, applied: &[Applied<'_>]) -> impl Iterator<Item = Node<ast::Directive>> {
    let applied = applied.iter().map(|one| (one.subgraph, one.application));
    let groups = groups::group(applied, |a, b| a.says_the_same_as(*b));
    groups
        .into_iter()
        .map(|group| directive(name.clone(), group.value.directive.arguments.clone()))
}

/// As most subgraphs have it.
fn most_said(
    coordinate: &dyn Fn() -> String,
    name: &Name,
    applied: &[Applied<'_>],
    report: &mut Report,
) -> Vec<Node<ast::Argument>> {
    let all = applied.iter().map(|one| (one.subgraph, one.application));
    let mut groups = groups::group(all, |a, b| a.says_the_same_as(*b));
    let Some(chosen) = groups::most_said(&groups) else {
        return Vec::new();
    };
    groups[..=chosen].rotate_right(1);
    let message = format!(
        "@{name} on \"{}\" has different arguments: {}. The supergraph has the first.",
        coordinate(),
        groups::differences(&groups, |one| say(name, *one)),
    );
    let places = groups.iter().map(|group| {
        group
            .subgraphs
            .first()?
            .at(group.value.directive.location())
    });
    let code = HintCode::InconsistentNonRepeatableDirectiveArguments;
    report.hint(code, message, places.collect::<Vec<_>>());
    groups
        .first()
        .map(|group| group.value.directive.arguments.clone())
        .unwrap_or_default()
}

/// `@join__directive(graphs: …, name: …, args: …)` for each different one.
fn carried(applied: &[Applied<'_>]) -> impl Iterator<Item = Node<ast::Directive>> {
    let applied = applied.iter().map(|one| (one.subgraph, one.application));
    let groups = groups::group(applied, |a, b| {
        a.directive.name == b.directive.name && a.says_the_same_as(*b)
    });
    groups.into_iter().map(|group| {
        let graphs = group.subgraphs.iter().map(|one| one.graph.clone());
        carry(graphs, group.value.directive)
    })
}

/// A directive as `@join__directive`.
pub(super) fn carry(
    graphs: impl Iterator<Item = Name>,
    original: &ast::Directive,
) -> Node<ast::Directive> {
    let graphs = graphs.map(|graph| Node::new(ast::Value::Enum(graph)));
    let args = original.arguments.iter();
    let args = args.map(|one| (one.name.clone(), one.value.clone()));
    let argument = |name, value| {
        Node::new(ast::Argument {
            name,
            value: Node::new(value),
        })
    };
    directive(
        name!("join__directive"),
        vec![
            argument(name!("graphs"), ast::Value::List(graphs.collect())),
            argument(name!("name"), ast::Value::String(original.name.to_string())),
            argument(name!("args"), ast::Value::Object(args.collect())),
        ],
    )
}
