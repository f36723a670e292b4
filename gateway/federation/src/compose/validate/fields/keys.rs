//! `@key`: what identifies an entity.

use super::{
    Checked, Composite,
    field_sets::{Application, Codes},
    interface_keys,
};
use crate::compose::{
    ErrorCode,
    report::Report,
    subgraph::{FederationVersion, FieldSet, resolve_noting},
};

static CODES: Codes = Codes {
    invalid_type: ErrorCode::KeyInvalidFieldsType,
    invalid: ErrorCode::KeyInvalidFields,
    directive: ErrorCode::KeyDirectiveInFieldsArg,
    arguments: Some(ErrorCode::KeyFieldsHasArgs),
};

pub(super) fn check(checked: &Checked<'_>, ty: &Composite<'_>, report: &mut Report) {
    let version = checked.subgraph.version;
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
        let fields = key.map(|key| &key.fields);
        if let Some(fields) = fields
            && selects_abstract(&application, fields, report)
        {
            continue;
        }
        let selections = application.check(ty.name, fields, report);
        if let (Some(key), Some(_)) = (key, selections)
            && ty.is_interface
        {
            interface_keys::check(&application, key, report);
        }
    }
}

/// Reports a field of abstract type: a key is compared between subgraphs, so that it may not depend on run-time types.
fn selects_abstract(application: &Application<'_>, fields: &FieldSet, report: &mut Report) -> bool {
    let schema = &application.checked.subgraph.schema;
    let ty = application.parent.name;
    let mut first = None;
    // Whether all of it resolves is a question that comes later.
    let _ = resolve_noting(schema, ty, &fields.selections, &mut |ty, field| {
        let leads_to = schema
            .type_field(ty, field)
            .ok()
            .and_then(|field| schema.types.get(field.ty.inner_named_type()));
        if let Some(leads_to) = leads_to.filter(|ty| ty.is_union() || ty.is_interface()) {
            first.get_or_insert((ty, field, leads_to));
        }
    });
    let Some((ty, field, leads_to)) = first else {
        return false;
    };
    let kind = if leads_to.is_union() {
        "a union"
    } else {
        "an interface"
    };
    let what = format!(
        "\"{ty}.{field}\" is of type \"{}\", {kind}; a key can only select from objects",
        leads_to.name(),
    );
    application.error(report, ErrorCode::KeyFieldsSelectInvalidType, what);
    true
}
