//! The `import` of a link: names, or names with their aliases.

use apollo_compiler::{Name, Node, ast, parser::SourceSpan};

use crate::compose::{ErrorCode, subgraph::text::Problems};

/// An element that a `@link` imports; directives with their `@`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::compose) struct Import {
    pub(in crate::compose) element: String,
    /// Its name in this subgraph.
    pub(in crate::compose) alias: String,
    pub(in crate::compose) span: Option<SourceSpan>,
}

/// Reads the list of imports. What is none of the two forms is told, and left out.
pub(super) fn read(imports: &Node<ast::Value>, problems: &mut Problems<'_>) -> Vec<Import> {
    let list = match &**imports {
        ast::Value::List(list) => list.as_slice(),
        ast::Value::Null => &[],
        _ => {
            problems.error(
                ErrorCode::InvalidLinkDirectiveUsage,
                "the import of @link is no list: put [ and ] around it",
                imports.location(),
            );
            &[]
        }
    };
    let mut read = Vec::with_capacity(list.len());
    for one in list {
        match read_one(one) {
            Ok((element, alias)) => read.push(Import {
                element: element.to_owned(),
                alias: alias.to_owned(),
                span: one.location(),
            }),
            Err(fault) => {
                let message = format!(
                    "`{}` in the import of @link {fault}: an import is either a name, as \"@key\", or an object \
                     {{name: \"@key\", as: \"@alias\"}}",
                    one.serialize().no_indent()
                );
                problems.error(
                    ErrorCode::InvalidLinkDirectiveUsage,
                    message,
                    one.location(),
                );
            }
        }
    }
    read
}

fn read_one(value: &ast::Value) -> Result<(&str, &str), &'static str> {
    let (element, alias) = match value {
        ast::Value::String(element) => (element.as_str(), element.as_str()),
        ast::Value::Object(fields) => read_renamed(fields)?,
        _ => return Err("is neither"),
    };
    if element.starts_with('@') != alias.starts_with('@') {
        return Err(
            "makes a type of a directive, or the other way round (both names take an @, or none)",
        );
    }
    for name in [element, alias] {
        if !Name::is_valid_syntax(name.strip_prefix('@').unwrap_or(name)) {
            return Err("has a name that is none in GraphQL");
        }
    }
    Ok((element, alias))
}

fn read_renamed(fields: &[(Name, Node<ast::Value>)]) -> Result<(&str, &str), &'static str> {
    let (mut element, mut alias) = (None, None);
    for (key, value) in fields {
        let text = value.as_str().ok_or("has a field that is no string")?;
        match key.as_str() {
            "name" => element = Some(text),
            "as" => alias = Some(text),
            _ => return Err("has an unknown field"),
        }
    }
    let element = element.ok_or("has no `name`")?;
    Ok((element, alias.unwrap_or(element)))
}
