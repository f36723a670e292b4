//! `@provides`: what a field brings along of fields that are resolved elsewhere.

use super::{
    Checked, Field,
    field_sets::{Application, Codes},
    requires::check_external,
};
use crate::compose::{ErrorCode, report::Report};

static CODES: Codes = Codes {
    invalid_type: ErrorCode::ProvidesInvalidFieldsType,
    invalid: ErrorCode::ProvidesInvalidFields,
    directive: ErrorCode::ProvidesDirectiveInFieldsArg,
    arguments: Some(ErrorCode::ProvidesFieldsHasArgs),
};

pub(super) fn check(checked: &Checked<'_>, field: &Field<'_>, report: &mut Report) {
    let Some(directive) = field.definition.directives.get("federation__provides") else {
        return;
    };
    let parent = field.parent;
    let schema = &checked.subgraph.schema;
    let leads_to = field.definition.ty.inner_named_type();
    let is_composite = schema
        .types
        .get(leads_to)
        .is_some_and(|ty| ty.is_object() || ty.is_interface() || ty.is_union());
    let application = Application {
        checked,
        parent,
        field: Some(field),
        directive_name: "provides",
        directive,
        codes: &CODES,
    };
    if parent.is_interface {
        let what =
            "fields of interfaces cannot have it; say it in the types that implement the interface";
        application.error(report, ErrorCode::ProvidesUnsupportedOnInterface, what);
        return;
    }
    if field.facts.is_external {
        let what = "the field is @external, so that this subgraph never resolves it and has nothing to provide; remove one of the two";
        let code = ErrorCode::ExternalCollisionWithAnotherDirective;
        application.error(report, code, what);
        return;
    }
    if !is_composite {
        let what = format!(
            "the field is of type \"{leads_to}\", of which no fields can be provided; remove the directive"
        );
        application.error(report, ErrorCode::ProvidesOnNonObjectField, what);
        return;
    }
    let set = field.facts.provides.as_ref();
    if let Some(selections) = application.check(leads_to, set, report) {
        let code = ErrorCode::ProvidesFieldsMissingExternal;
        check_external(&application, &selections, false, "provide", code, report);
    }
}
