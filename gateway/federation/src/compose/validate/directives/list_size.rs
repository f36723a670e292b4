//! `@listSize`: what it says must fit the field that it is on.

use apollo_compiler::{Node, ast, schema::ExtendedType};

use super::{fields, types};
use crate::compose::{ErrorCode, report::Report, subgraph::Subgraph};

/// Reports `@listSize` on what is no list, with sizes, arguments or fields that cannot be.
pub(super) fn check(subgraph: &Subgraph, report: &mut Report) {
    for ty in types(subgraph) {
        for field in fields(ty) {
            let Some(directive) = field.directives.get("federation__listSize") else {
                continue;
            };
            let use_of = ListSize {
                subgraph,
                ty,
                field,
                directive,
            };
            use_of.check_size(report);
            use_of.check_slicing_arguments(report);
            use_of.check_sized_fields(report);
        }
    }
}

/// One `@listSize`, and where it is.
struct ListSize<'a> {
    subgraph: &'a Subgraph,
    ty: &'a ExtendedType,
    field: &'a ast::FieldDefinition,
    directive: &'a Node<ast::Directive>,
}

impl<'a> ListSize<'a> {
    fn check_size(&self, report: &mut Report) {
        if !self.field.ty.is_list() && self.strings("sizedFields").next().is_none() {
            self.report(
                ErrorCode::ListSizeAppliedToNonList,
                "is no list: name the lists that its type has in `sizedFields`",
                report,
            );
        }
        let size = self.directive.specified_argument_by_name("assumedSize");
        let is_negative = size.is_some_and(
            |size| matches!(&**size, ast::Value::Int(size) if size.as_str().starts_with('-')),
        );
        if is_negative {
            self.report(
                ErrorCode::ListSizeInvalidAssumedSize,
                "has a negative `assumedSize`: a list has no less than 0 elements",
                report,
            );
        }
    }

    fn check_slicing_arguments(&self, report: &mut Report) {
        for name in self.strings("slicingArguments") {
            let problem = match self.field.argument_by_name(name) {
                None => "is no argument of the field",
                Some(argument) if is_int(&argument.ty) => continue,
                Some(_) => "is no Int",
            };
            self.report(
                ErrorCode::ListSizeInvalidSlicingArgument,
                format_args!("has the slicing argument \"{name}\", which {problem}: name arguments of type Int"),
                report,
            );
        }
    }

    fn check_sized_fields(&self, report: &mut Report) {
        let inner = self.field.ty.inner_named_type();
        let target = self.subgraph.schema.types.get(inner);
        for name in self.strings("sizedFields") {
            let sized = target.and_then(|target| fields(target).find(|field| field.name == name));
            let (code, problem) = match sized {
                None => (ErrorCode::ListSizeInvalidSizedField, "does not have it"),
                Some(sized) if sized.ty.is_list() => continue,
                Some(_) => (
                    ErrorCode::ListSizeAppliedToNonList,
                    "has it, but not as a list",
                ),
            };
            self.report(
                code,
                format_args!("has the sized field \"{name}\", but \"{inner}\" {problem}: name fields that are lists"),
                report,
            );
        }
    }

    /// The strings of an argument; one string alone is a list of one.
    fn strings(&self, argument: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        let value = self.directive.specified_argument_by_name(argument);
        let values: &[Node<ast::Value>] = match value {
            None => &[],
            Some(value) => match &**value {
                ast::Value::List(values) => values,
                _ => std::slice::from_ref(value),
            },
        };
        values.iter().filter_map(|value| value.as_str())
    }

    fn report(&self, code: ErrorCode, problem: impl std::fmt::Display, report: &mut Report) {
        let message = format!(
            "\"{}.{}\" with {} {problem}",
            self.ty.name(),
            self.field.name,
            self.subgraph.spelling.written("listSize")
        );
        report.subgraph_error(self.subgraph, code, message, self.directive.location());
    }
}

fn is_int(ty: &ast::Type) -> bool {
    !ty.is_list() && ty.inner_named_type() == "Int"
}
