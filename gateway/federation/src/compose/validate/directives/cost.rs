//! `@cost`: not on fields of interfaces, whose cost is that of the implementations.

use apollo_compiler::schema::ExtendedType;

use super::{fields, types};
use crate::compose::{ErrorCode, report::Report, subgraph::Subgraph};

/// Reports `@cost` on fields of interfaces. (On their arguments it is allowed.)
pub(super) fn check(subgraph: &Subgraph, report: &mut Report) {
    for ty in types(subgraph).filter(|ty| matches!(ty, ExtendedType::Interface(_))) {
        for field in fields(ty) {
            let Some(directive) = field.directives.get("federation__cost") else {
                continue;
            };
            report.subgraph_error(
                subgraph,
                ErrorCode::CostAppliedToInterfaceField,
                format!(
                    "{} is on the interface's field \"{}.{}\": put it on that field in the types that implement the interface",
                    subgraph.spelling.written("cost"),
                    ty.name(),
                    field.name
                ),
                directive.location(),
            );
        }
    }
}
