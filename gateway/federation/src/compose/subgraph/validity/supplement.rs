//! What a text leaves to the specifications: their definitions, and the query root.

use std::collections::HashSet;

use apollo_compiler::{Name, Node, ast, ast::Definition, name};

use super::Context;
use crate::compose::subgraph::{
    FederationVersion,
    link::LinkType,
    roots,
    specification::{self, known},
};

/// Prefixes the specifications' own types, so that a text cannot name them without defining them.
pub(super) const HIDDEN: &str = "specified.";

/// A document as it is to be validated, and what comes with it: definitions of the specifications' directives that it does
/// not define, and a query root, of which the gateway's own field `_service` is always there.
pub(super) fn complete(
    document: &ast::Document,
    context: Context<'_>,
) -> (ast::Document, ast::Document) {
    let mut text = document.clone();
    text.definitions.retain(|one| !is_built_in_directive(one));
    let mut supplement = Supplement {
        context,
        definitions: Vec::new(),
    };
    let mut defined = HashSet::new();
    for definition in &mut text.definitions {
        if let Definition::DirectiveDefinition(given) = definition {
            if context.takes_field_set(&given.name) {
                supplement.loosen(given);
            }
            defined.insert(given.name.clone());
        }
    }
    supplement.add_directives(&defined);
    supplement.add_types();
    if !has_query(document, &context.roots.query()) {
        supplement.add_query();
    }
    let mut rest = ast::Document::new();
    rest.definitions = supplement.definitions;
    (text, rest)
}

/// GraphQL's own directives are what GraphQL says, whatever a text repeats of them.
fn is_built_in_directive(definition: &Definition) -> bool {
    definition.as_directive_definition().is_some_and(|one| {
        matches!(
            one.name.as_str(),
            "deprecated" | "include" | "skip" | "specifiedBy"
        )
    })
}

/// Whether a query root has fields of its own. (One that is no object, or that is named and not there, is another error.)
fn has_query(document: &ast::Document, query: &Name) -> bool {
    let mut is_there = false;
    for definition in document
        .definitions
        .iter()
        .filter(|one| one.name() == Some(query))
    {
        let fields = match definition {
            Definition::ObjectTypeDefinition(object) => &object.fields,
            Definition::ObjectTypeExtension(object) => &object.fields,
            Definition::DirectiveDefinition(_) => continue,
            _ => return true,
        };
        if !fields.is_empty() {
            return true;
        }
        is_there = true;
    }
    let is_named = roots::operations(document).any(|root| root.1 == *query);
    is_named && !is_there
}

struct Supplement<'a> {
    context: Context<'a>,
    definitions: Vec<Definition>,
}

impl Supplement<'_> {
    /// Whatever is given as `fields` passes GraphQL's validation: what is wrong with it has codes of its own. Federation 1
    /// even let the argument out of the definition.
    fn loosen(&self, given: &mut Node<ast::DirectiveDefinition>) {
        let given = given.make_mut();
        let ty = Node::new(ast::Type::Named(hidden("FieldSet")));
        if let Some(fields) = given.argument_by_name_mut("fields") {
            let fields = fields.make_mut();
            fields.ty = ty;
            fields.default_value = None;
        } else if self.context.version == FederationVersion::V1 {
            given.arguments.push(Node::new(ast::InputValueDefinition {
                description: None,
                name: name!("fields"),
                ty,
                default_value: None,
                directives: ast::DirectiveList::default(),
            }));
        }
    }

    fn add_directives(&mut self, defined: &HashSet<Name>) {
        let context = self.context;
        for (written, canonical) in context.spelling.directives() {
            let Some(name) = canonical.strip_prefix("federation__") else {
                continue;
            };
            // Federation 1 knows what @inaccessible means, but not without a definition.
            let is_unknown = context.version == FederationVersion::V1 && name == "inaccessible";
            if defined.contains(written) || is_unknown {
                continue;
            }
            if let Some(definition) = context.specified.directive(name, context.version) {
                self.add_directive(definition, written);
            }
        }
        let link = &context.links.directive;
        if context.links.is_used
            && link == "link"
            && !defined.contains(link)
            && let Some(definition) = context.specified.other("link")
        {
            self.add_directive(definition, link);
        }
        for (written, name) in context.links.connectors() {
            if !defined.contains(written.as_str())
                && let Some(definition) = context.specified.other(name)
            {
                self.add_directive(definition, &known(&written));
            }
        }
        if !defined.contains("oneOf")
            && let Some(definition) = context.specified.other("oneOf")
        {
            self.add_directive(definition, &name!("oneOf"));
        }
    }

    fn add_directive(&mut self, mut definition: ast::DirectiveDefinition, written: &Name) {
        definition.name = written.clone();
        for argument in &mut definition.arguments {
            let name = argument.ty.inner_named_type();
            let is_specified = specification::scalar(name).is_some()
                || LinkType::of(name).is_some()
                || name == "JSON";
            if is_specified {
                let argument = argument.make_mut();
                hide(argument.ty.make_mut());
            }
        }
        let mut definition = Node::new(definition);
        if self.context.takes_field_set(written) {
            self.loosen(&mut definition);
        }
        self.definitions
            .push(Definition::DirectiveDefinition(definition));
    }

    fn add_types(&mut self) {
        let scalars = specification::scalars(specification::newest()).chain(["Import", "JSON"]);
        for scalar in scalars {
            let definition = ast::ScalarTypeDefinition {
                description: None,
                name: hidden(scalar),
                directives: ast::DirectiveList::default(),
            };
            let definition = Definition::ScalarTypeDefinition(Node::new(definition));
            self.definitions.push(definition);
        }
        let value = |value: Name| {
            Node::new(ast::EnumValueDefinition {
                description: None,
                value,
                directives: ast::DirectiveList::default(),
            })
        };
        let definition = ast::EnumTypeDefinition {
            description: None,
            name: hidden("Purpose"),
            directives: ast::DirectiveList::default(),
            values: vec![value(name!("EXECUTION")), value(name!("SECURITY"))],
        };
        let definition = Definition::EnumTypeDefinition(Node::new(definition));
        self.definitions.push(definition);
    }

    /// A root may be without fields of its own, and a subgraph without a query: it always has `_service`.
    fn add_query(&mut self) {
        let service = ast::FieldDefinition {
            description: None,
            name: name!("_service"),
            arguments: Vec::new(),
            ty: ast::Type::Named(name!("String")),
            directives: ast::DirectiveList::default(),
        };
        let extension = ast::ObjectTypeExtension {
            name: self.context.roots.query(),
            implements_interfaces: Vec::new(),
            directives: ast::DirectiveList::default(),
            fields: vec![Node::new(service)],
        };
        let extension = Definition::ObjectTypeExtension(Node::new(extension));
        self.definitions.push(extension);
    }
}

fn hidden(name: &str) -> Name {
    known(&format!("{HIDDEN}{name}"))
}

fn hide(ty: &mut ast::Type) {
    match ty {
        ast::Type::Named(name) | ast::Type::NonNullNamed(name) => *name = hidden(name),
        ast::Type::List(inner) | ast::Type::NonNullList(inner) => hide(inner),
    }
}
