//! `@override` where it can never work, whatever the other subgraphs are.

use super::{Checked, Field};
use crate::compose::{ErrorCode, report::Report};

pub(super) fn check(checked: &Checked<'_>, field: &Field<'_>, report: &mut Report) {
    let Some(directive) = field.definition.directives.get("federation__override") else {
        return;
    };
    let subgraph = checked.subgraph;
    let coordinate = field.coordinate();
    let written = subgraph.spelling.written("override");
    let is_of_itself = field
        .facts
        .overrides
        .as_ref()
        .is_some_and(|said| said.from == subgraph.name);
    let (code, message) = if field.parent.is_interface {
        let message = format!(
            "\"{coordinate}\" cannot have {written}, as interfaces resolve nothing; say it in the types that implement the interface"
        );
        (ErrorCode::OverrideOnInterface, message)
    } else if field.parent.facts.is_interface_object {
        let message = format!(
            "\"{coordinate}\" cannot have {written}, as its type is an interface object; move the field in one step instead"
        );
        (ErrorCode::OverrideCollisionWithAnotherDirective, message)
    } else if is_of_itself {
        let message = format!(
            "\"{coordinate}\" has {written} from this very subgraph; name the subgraph that resolved the field before, or remove the directive"
        );
        (ErrorCode::OverrideFromSelfError, message)
    } else {
        return;
    };
    report.subgraph_error(subgraph, code, message, directive.location());
}
