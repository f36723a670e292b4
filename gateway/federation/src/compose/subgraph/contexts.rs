//! What `@context` and `@fromContext` say.

use apollo_compiler::{Name, Node, Schema, ast, collections::IndexMap, schema::ExtendedType};

/// The `field` of a `@fromContext`, split: `$context selection`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::compose) struct ContextReference<'a> {
    pub(in crate::compose) context: &'a str,
    /// As it was written, the space before it included; not parsed yet.
    pub(in crate::compose) selection: &'a str,
}

impl<'a> ContextReference<'a> {
    /// Nothing if the text names no context, or selects nothing from it.
    pub(in crate::compose) fn parse(text: &'a str) -> Option<Self> {
        let rest = skip_ignored(skip_ignored(text).strip_prefix('$')?);
        if rest.starts_with(|first: char| first.is_ascii_digit()) {
            return None;
        }
        let end = rest
            .find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
            .unwrap_or(rest.len());
        let (context, selection) = rest.split_at(end);
        (!context.is_empty() && !selection.is_empty()).then_some(Self { context, selection })
    }
}

/// The contexts of a subgraph and the types that set them, both in the order of the text.
pub(in crate::compose) fn context_setters(schema: &Schema) -> IndexMap<&str, Vec<&Name>> {
    let mut setters: IndexMap<&str, Vec<&Name>> = IndexMap::default();
    for (name, ty) in &schema.types {
        for context in contexts_of(ty) {
            setters.entry(context).or_default().push(name);
        }
    }
    setters
}

/// The names of the contexts that a type sets.
pub(in crate::compose) fn contexts_of(ty: &ExtendedType) -> impl Iterator<Item = &str> {
    ty.directives()
        .get_all("federation__context")
        .filter_map(|directive| directive.specified_argument_by_name("name")?.as_str())
}

/// The arguments of a field that take their value from a context. Malformed ones are missing: they are errors of
/// [`validate`](crate::compose::validate).
pub(in crate::compose) fn contextual_arguments(
    field: &ast::FieldDefinition,
) -> impl Iterator<Item = (&Node<ast::InputValueDefinition>, ContextReference<'_>)> {
    field.arguments.iter().filter_map(|argument| {
        let text = argument
            .directives
            .get("federation__fromContext")?
            .specified_argument_by_name("field")?
            .as_str()?;
        Some((argument, ContextReference::parse(text)?))
    })
}

/// Without what GraphQL ignores in front: white space, commas, comments.
fn skip_ignored(mut text: &str) -> &str {
    loop {
        text = text.trim_start_matches([' ', '\t', '\n', '\r', ',', '\u{feff}']);
        let Some(comment) = text.strip_prefix('#') else {
            return text;
        };
        let end = comment.find(['\n', '\r']).unwrap_or(comment.len());
        text = &comment[end..];
    }
}
