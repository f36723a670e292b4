//! `@authenticated`, `@requiresScopes` and `@policy`: an interface gets its protection from its implementations.

use apollo_compiler::{Node, ast, schema::ExtendedType};

use super::{fields, types};
use crate::compose::{ErrorCode, report::Report, subgraph::Subgraph};

const AUTH: [&str; 3] = ["authenticated", "policy", "requiresScopes"];

/// Reports protection that is on interfaces, on their fields, or on interface objects.
pub(super) fn check(subgraph: &Subgraph, report: &mut Report) {
    for ty in types(subgraph) {
        let what = match ty {
            ExtendedType::Interface(_) => "interface",
            ExtendedType::Object(object)
                if object.directives.has("federation__interfaceObject") =>
            {
                "interface object"
            }
            _ => continue,
        };
        for (auth, directive) in ty.directives().iter().filter_map(|one| auth(one)) {
            let written = subgraph.spelling.written(auth);
            let message = format!(
                "{written} is on the {what} \"{}\": protect the types that implement it instead",
                ty.name()
            );
            report_placement(subgraph, message, directive, report);
        }
        if ty.is_object() {
            continue;
        }
        for field in fields(ty) {
            for (auth, directive) in field.directives.iter().filter_map(auth) {
                let written = subgraph.spelling.written(auth);
                let message = format!(
                    "{written} is on the interface's field \"{}.{}\": protect that field in the types that implement the \
                     interface instead",
                    ty.name(),
                    field.name
                );
                report_placement(subgraph, message, directive, report);
            }
        }
    }
}

fn report_placement(
    subgraph: &Subgraph,
    message: String,
    directive: &Node<ast::Directive>,
    report: &mut Report,
) {
    report.subgraph_error(
        subgraph,
        ErrorCode::AuthRequirementsAppliedOnInterface,
        message,
        directive.location(),
    );
}

/// Which of the three a directive is, if it is one.
fn auth(directive: &Node<ast::Directive>) -> Option<(&'static str, &Node<ast::Directive>)> {
    let name = directive.name.strip_prefix("federation__")?;
    let auth = AUTH.into_iter().find(|auth| *auth == name)?;
    Some((auth, directive))
}
