//! One form for all: federation's directives under their full names, root types under their usual ones, and nothing of the
//! specification's own definitions.

use std::collections::HashMap;

use apollo_compiler::{Name, Node, ast, ast::Definition, name};

use super::Spelling;

/// Rewrites a document in place.
pub(super) fn rewrite(document: &mut ast::Document, spelling: &Spelling) {
    let names = Names {
        spelling,
        roots: root_names(document),
    };
    document
        .definitions
        .retain(|definition| !is_machinery(definition, spelling));
    for definition in &mut document.definitions {
        names.rewrite(definition);
    }
}

/// The names that root types have here, and those that they get.
fn root_names(document: &ast::Document) -> HashMap<Name, Name> {
    let operations = document
        .definitions
        .iter()
        .flat_map(|definition| match definition {
            Definition::SchemaDefinition(schema) => schema.root_operations.as_slice(),
            Definition::SchemaExtension(schema) => schema.root_operations.as_slice(),
            _ => &[],
        });
    operations
        .map(|root| (root.1.clone(), default_root(root.0)))
        .filter(|(written, usual)| written != usual)
        .collect()
}

fn default_root(operation: ast::OperationType) -> Name {
    match operation {
        ast::OperationType::Query => name!("Query"),
        ast::OperationType::Mutation => name!("Mutation"),
        ast::OperationType::Subscription => name!("Subscription"),
    }
}

/// Whether a definition is of the specification, or made for the gateway's use, rather than of the subgraph.
fn is_machinery(definition: &Definition, spelling: &Spelling) -> bool {
    let Some(name) = definition.name() else {
        // Root types have their usual names from now on.
        return true;
    };
    match definition {
        Definition::DirectiveDefinition(_) => name == "link" || spelling.canonical(name).is_some(),
        _ => {
            matches!(
                name.as_str(),
                "_Any" | "_Entity" | "_Service" | "_FieldSet" | "FieldSet"
            ) || name.starts_with("link__")
                || name.starts_with("federation__")
        }
    }
}

struct Names<'a> {
    spelling: &'a Spelling,
    roots: HashMap<Name, Name>,
}

impl Names<'_> {
    fn rewrite(&self, definition: &mut Definition) {
        match definition {
            Definition::DirectiveDefinition(node) => {
                self.arguments(&mut node.make_mut().arguments);
            }
            Definition::ScalarTypeDefinition(node) => {
                self.directives(&mut node.make_mut().directives);
            }
            Definition::ScalarTypeExtension(node) => {
                self.directives(&mut node.make_mut().directives);
            }
            Definition::ObjectTypeDefinition(node) => {
                let object = node.make_mut();
                self.root(&mut object.name);
                self.directives(&mut object.directives);
                self.fields(&object.name, &mut object.fields);
            }
            Definition::ObjectTypeExtension(node) => {
                let object = node.make_mut();
                self.root(&mut object.name);
                self.directives(&mut object.directives);
                self.fields(&object.name, &mut object.fields);
            }
            Definition::InterfaceTypeDefinition(node) => {
                let interface = node.make_mut();
                self.directives(&mut interface.directives);
                self.fields(&interface.name, &mut interface.fields);
            }
            Definition::InterfaceTypeExtension(node) => {
                let interface = node.make_mut();
                self.directives(&mut interface.directives);
                self.fields(&interface.name, &mut interface.fields);
            }
            Definition::UnionTypeDefinition(node) => {
                let union = node.make_mut();
                self.directives(&mut union.directives);
                union
                    .members
                    .iter_mut()
                    .for_each(|member| self.root(member));
            }
            Definition::UnionTypeExtension(node) => {
                let union = node.make_mut();
                self.directives(&mut union.directives);
                union
                    .members
                    .iter_mut()
                    .for_each(|member| self.root(member));
            }
            Definition::EnumTypeDefinition(node) => {
                let enumeration = node.make_mut();
                self.directives(&mut enumeration.directives);
                self.values(&mut enumeration.values);
            }
            Definition::EnumTypeExtension(node) => {
                let enumeration = node.make_mut();
                self.directives(&mut enumeration.directives);
                self.values(&mut enumeration.values);
            }
            Definition::InputObjectTypeDefinition(node) => {
                let input = node.make_mut();
                self.directives(&mut input.directives);
                self.arguments(&mut input.fields);
            }
            Definition::InputObjectTypeExtension(node) => {
                let input = node.make_mut();
                self.directives(&mut input.directives);
                self.arguments(&mut input.fields);
            }
            Definition::SchemaDefinition(_)
            | Definition::SchemaExtension(_)
            | Definition::OperationDefinition(_)
            | Definition::FragmentDefinition(_) => {}
        }
    }

    fn root(&self, name: &mut Name) {
        if let Some(usual) = self.roots.get(name) {
            *name = usual.clone();
        }
    }

    fn fields(&self, ty: &Name, fields: &mut Vec<Node<ast::FieldDefinition>>) {
        if ty == "Query" {
            fields.retain(|field| !matches!(field.name.as_str(), "_entities" | "_service"));
        }
        for field in fields {
            let field = field.make_mut();
            self.ty(&mut field.ty);
            self.directives(&mut field.directives);
            self.arguments(&mut field.arguments);
        }
    }

    fn ty(&self, ty: &mut ast::Type) {
        match ty {
            ast::Type::Named(name) | ast::Type::NonNullNamed(name) => self.root(name),
            ast::Type::List(inner) | ast::Type::NonNullList(inner) => self.ty(inner),
        }
    }

    fn arguments(&self, arguments: &mut [Node<ast::InputValueDefinition>]) {
        for argument in arguments {
            self.directives(&mut argument.make_mut().directives);
        }
    }

    fn values(&self, values: &mut [Node<ast::EnumValueDefinition>]) {
        for value in values {
            self.directives(&mut value.make_mut().directives);
        }
    }

    fn directives(&self, directives: &mut ast::DirectiveList) {
        for directive in &mut directives.0 {
            if let Some(canonical) = self.spelling.canonical(&directive.name) {
                directive.make_mut().name = canonical.clone();
            }
        }
    }
}
