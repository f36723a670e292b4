//! `@key`: what identifies an entity.

use super::{
    Checked, Composite,
    field_sets::{Application, Codes},
    interface_keys,
};
use crate::compose::{
    ErrorCode,
    report::Report,
    subgraph::{FederationVersion, Selection, for_each_field},
};

static CODES: Codes = Codes {
    invalid_type: ErrorCode::KeyInvalidFieldsType,
    invalid: ErrorCode::KeyInvalidFields,
    directive: ErrorCode::KeyDirectiveInFieldsArg,
    arguments: Some(ErrorCode::KeyFieldsHasArgs),
};

pub(super) fn check(checked: &Checked<'_>, ty: &Composite<'_>, report: &mut Report) {
    let version = checked.subgraph.version;
    if ty.is_interface && version == FederationVersion::V1 {
        // Federation 1 does nothing with it.
        return;
    }
    let are_allowed = !ty.is_interface || version >= FederationVersion::V2 { minor: 3 };
    let directives = ty
        .directives
        .iter()
        .filter(|directive| directive.name == "federation__key");
    // The facts have the keys in the same order, but for malformed ones.
    let mut parsed = ty.facts.keys.iter().peekable();
    for directive in directives {
        let key = parsed.next_if(|key| key.span == directive.location());
        let application = Application {
            checked,
            parent: ty,
            field: None,
            directive_name: "key",
            directive,
            codes: &CODES,
        };
        if !are_allowed {
            let what = "interfaces have keys from version 2.3 of the federation specification on; link that or a later one";
            application.error(report, ErrorCode::KeyUnsupportedOnInterface, what);
            continue;
        }
        let selections = application.check(ty.name, key.map(|key| &key.fields), report);
        let (Some(key), Some(selections)) = (key, selections) else {
            continue;
        };
        check_types(&application, &selections, report);
        if ty.is_interface {
            interface_keys::check(&application, key, report);
        }
    }
}

/// A key is compared between subgraphs, so that it may not depend on an object's run-time type.
fn check_types(application: &Application<'_>, selections: &[Selection<'_>], report: &mut Report) {
    for_each_field(selections, &mut |field| {
        let Some(ty) = field.ty else {
            return;
        };
        let kind = if ty.is_union() {
            "a union"
        } else if ty.is_interface() {
            "an interface"
        } else {
            return;
        };
        let what = format!(
            "\"{}.{}\" is of type \"{}\", {kind}; a key can only select from objects",
            field.parent.name(),
            field.node.name,
            ty.name(),
        );
        application.error(report, ErrorCode::KeyFieldsSelectInvalidType, what);
    });
}
