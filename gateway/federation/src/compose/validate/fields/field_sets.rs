//! What `@key`, `@requires` and `@provides` have in common: a string that selects fields.

use apollo_compiler::{Node, ast};

use super::{Checked, Composite, Field};
use crate::compose::{
    ErrorCode,
    report::Report,
    subgraph::{FieldSet, SelectedField, Selection, Unresolved, parse_field_set, resolve},
};

/// How the faults of one directive's field sets are told.
pub(super) struct Codes {
    /// `fields` is no string.
    pub(super) invalid_type: ErrorCode,
    /// `fields` is malformed, or names what is not there.
    pub(super) invalid: ErrorCode,
    /// There is a directive in it.
    pub(super) directive: ErrorCode,
    /// There is a field with arguments in it; nothing if these are allowed.
    pub(super) arguments: Option<ErrorCode>,
}

/// One directive with a field set, where it stands.
pub(super) struct Application<'a> {
    pub(super) checked: &'a Checked<'a>,
    pub(super) parent: &'a Composite<'a>,
    /// Nothing if the directive stands on the type.
    pub(super) field: Option<&'a Field<'a>>,
    /// Without prefix: `key`.
    pub(super) directive_name: &'static str,
    pub(super) directive: &'a Node<ast::Directive>,
    pub(super) codes: &'static Codes,
}

impl<'a> Application<'a> {
    /// An error of this directive, told after its text and coordinate.
    pub(super) fn error(&self, report: &mut Report, code: ErrorCode, what: impl std::fmt::Display) {
        let written = self.checked.subgraph.spelling.written(self.directive_name);
        let fields = self
            .directive
            .specified_argument_by_name("fields")
            .map(|value| shortened(value.serialize().no_indent().to_string()))
            .unwrap_or_default();
        let coordinate = match self.field {
            Some(field) => field.coordinate(),
            None => self.parent.name.to_string(),
        };
        let message = format!("{written}(fields: {fields}) of \"{coordinate}\": {what}");
        let span = self.directive.location();
        report.subgraph_error(self.checked.subgraph, code, message, span);
    }

    /// The field set with its names looked up in a type; nothing if it is no valid selection, which is reported. What is a
    /// valid selection, but not allowed here, is only reported.
    ///
    /// `parsed` is missing if the field set is malformed.
    pub(super) fn check(
        &self,
        ty: &'a str,
        parsed: Option<&'a FieldSet>,
        report: &mut Report,
    ) -> Option<Vec<Selection<'a>>> {
        let Some(parsed) = parsed else {
            self.report_malformed(report);
            return None;
        };
        match resolve(&self.checked.subgraph.schema, ty, &parsed.selections) {
            Ok(selections) => {
                let is_valid = self.check_selections(&selections, report);
                is_valid.then_some(selections)
            }
            Err(unresolved) => {
                self.report_unresolved(&unresolved, report);
                None
            }
        }
    }

    fn report_malformed(&self, report: &mut Report) {
        let Some(fields) = self.directive.specified_argument_by_name("fields") else {
            // A missing argument is no valid GraphQL, and so told before.
            return;
        };
        match fields.as_str() {
            None => self.error(
                report,
                self.codes.invalid_type,
                "`fields` must be a string, such as \"id\"",
            ),
            Some(text) => {
                if let Err(error) = parse_field_set(text) {
                    let what = format!("this is no selection of fields: {error}");
                    self.error(report, self.codes.invalid, what);
                }
            }
        }
    }

    fn report_unresolved(&self, unresolved: &Unresolved<'_>, report: &mut Report) {
        let advice = match unresolved {
            Unresolved::UnknownField { .. } => {
                "; if another subgraph resolves it, add it here with @external"
            }
            _ => "",
        };
        self.error(report, self.codes.invalid, format!("{unresolved}{advice}"));
    }

    fn check_selections(&self, selections: &[Selection<'_>], report: &mut Report) -> bool {
        let mut is_valid = true;
        for selection in selections {
            let (directives, inner) = match selection {
                Selection::Field(field) => {
                    is_valid &= self.check_field(field, report);
                    (&field.node.directives, &field.selections)
                }
                Selection::Fragment(fragment) => (&fragment.node.directives, &fragment.selections),
            };
            is_valid &= self.check_directives(directives, report);
            is_valid &= self.check_selections(inner, report);
        }
        is_valid
    }

    fn check_field(&self, field: &SelectedField<'_>, report: &mut Report) -> bool {
        let coordinate = || format!("\"{}.{}\"", field.parent.name(), field.node.name);
        let mut is_valid = true;
        if let Some(alias) = &field.node.alias {
            is_valid = false;
            let what = format!(
                "{} has the alias \"{alias}\"; leave it out: a field set has no aliases",
                coordinate()
            );
            self.error(report, self.codes.invalid, what);
        }
        if let Some(ty) = field.ty
            && field.selections.is_empty()
            && (ty.is_object() || ty.is_interface() || ty.is_union())
        {
            is_valid = false;
            let what = format!(
                "{} is of type \"{}\": say in braces which fields of it",
                coordinate(),
                ty.name()
            );
            self.error(report, self.codes.invalid, what);
        }
        is_valid & self.check_arguments(field, report)
    }

    /// Where arguments are allowed, the caller checks them.
    fn check_arguments(&self, field: &SelectedField<'_>, report: &mut Report) -> bool {
        let Some(code) = self.codes.arguments else {
            return true;
        };
        let (ty, node) = (field.parent.name(), field.node);
        let has_arguments = field
            .definition
            .is_some_and(|definition| !definition.arguments.is_empty());
        if has_arguments {
            let what = format!(
                "\"{ty}.{}\" has arguments, and such fields cannot be used here",
                node.name
            );
            self.error(report, code, what);
            return true;
        }
        if let Some(argument) = node.arguments.first() {
            let what = format!(
                "\"{ty}.{}\" has no argument \"{}\"; leave it out",
                node.name, argument.name
            );
            self.error(report, self.codes.invalid, what);
        }
        node.arguments.is_empty()
    }

    fn check_directives(&self, directives: &ast::DirectiveList, report: &mut Report) -> bool {
        let subgraph = self.checked.subgraph;
        let mut is_valid = true;
        for directive in directives {
            let name = &directive.name;
            let is_known = subgraph.schema.directive_definitions.contains_key(name)
                || subgraph.spelling.canonical(name).is_some();
            if is_known {
                let what = format!("@{name} has no place in a field set; leave it out");
                self.error(report, self.codes.directive, what);
            } else {
                is_valid = false;
                let what = format!("there is no directive @{name}, nor a place for one here");
                self.error(report, self.codes.invalid, what);
            }
        }
        is_valid
    }
}

/// So that many errors in one long field set stay readable, and small.
fn shortened(mut text: String) -> String {
    const MOST: usize = 120;
    if let Some((end, _)) = text.char_indices().nth(MOST) {
        text.truncate(end);
        text.push('…');
    }
    text
}
