//! Field sets: the `fields` of `@key`, `@requires` and `@provides`, and the selections of `@fromContext`.

use apollo_compiler::{ast, parser::Parser};

/// A parsed field set; names in it are not looked up yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::compose) struct FieldSet {
    /// As it was written.
    pub(in crate::compose) text: String,
    pub(in crate::compose) selections: Vec<ast::Selection>,
}

/// Parses a field set, braces around it or not. The error is for people.
pub(in crate::compose) fn parse_field_set(text: &str) -> Result<FieldSet, String> {
    let trimmed = text.trim();
    let query = if trimmed.starts_with('{') {
        trimmed.to_owned()
    } else {
        format!("{{{trimmed}}}")
    };
    let document = Parser::new().parse_ast(query, "fields").map_err(|errors| {
        let messages: Vec<_> = errors
            .errors
            .iter()
            .map(|one| one.error.to_string())
            .collect();
        messages.join("; ")
    })?;
    match document.definitions.as_slice() {
        [ast::Definition::OperationDefinition(operation)] => Ok(FieldSet {
            text: text.to_owned(),
            selections: operation.selection_set.clone(),
        }),
        _ => Err("this is no selection of fields".to_owned()),
    }
}
