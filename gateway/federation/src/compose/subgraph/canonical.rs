//! One form for all: federation's directives under their full names, root types under their usual ones, and nothing of the
//! specifications' own definitions.

use apollo_compiler::{
    Name, Node, Schema, ast,
    collections::IndexMap,
    schema::{Component, DirectiveList, ExtendedType},
};

use super::{Spelling, link::Links, machinery, roots, roots::Roots};

/// What it takes to find the names again that a subgraph has given.
#[derive(Debug, Clone, Copy)]
pub(super) struct Names<'a> {
    pub(super) spelling: &'a Spelling,
    pub(super) roots: &'a Roots,
    pub(super) links: &'a Links,
}

/// Rewrites a valid schema in place.
pub(super) fn rewrite(schema: &mut Schema, names: Names<'_>) {
    names.directive_definitions(schema);
    // What validation needed beside the text stands nowhere.
    schema.types.retain(|name, ty| {
        ty.is_built_in()
            || (ty.location().is_some()
                && !machinery::is_type_of_specification(name, names.spelling, names.links))
    });
    for ty in schema.types.values_mut().filter(|ty| !ty.is_built_in()) {
        names.ty(ty);
    }
    if !names.roots.renamed.is_empty() {
        let types = std::mem::take(&mut schema.types);
        schema.types = types
            .into_iter()
            .map(|(mut name, ty)| {
                names.roots.rename(&mut name);
                (name, ty)
            })
            .collect();
    }
    names.schema_definition(schema);
}

impl Names<'_> {
    fn directive_definitions(self, schema: &mut Schema) {
        schema.directive_definitions.retain(|name, definition| {
            definition.is_built_in()
                || (definition.location().is_some()
                    && !machinery::is_directive_of_specification(name, self.spelling, self.links))
        });
        for definition in schema.directive_definitions.values_mut() {
            if !definition.is_built_in() {
                self.arguments(&mut definition.make_mut().arguments);
            }
        }
    }

    /// What it says of the roots follows from the types' names from now on; the links are read.
    fn schema_definition(self, schema: &mut Schema) {
        let has = |name: &str| {
            let is_there = schema.types.get(name).is_some_and(ExtendedType::is_object);
            is_there.then(|| Name::new_unchecked(name).into())
        };
        let (query, mutation, subscription) = (has("Query"), has("Mutation"), has("Subscription"));
        let definition = schema.schema_definition.make_mut();
        definition.query = query;
        definition.mutation = mutation;
        definition.subscription = subscription;
        let directives = &mut definition.directives;
        directives
            .0
            .retain(|directive| !machinery::is_link(&directive.name, self.links));
        self.components(directives);
    }

    fn ty(self, ty: &mut ExtendedType) {
        match ty {
            ExtendedType::Scalar(node) => self.components(&mut node.make_mut().directives),
            ExtendedType::Object(node) => {
                let object = node.make_mut();
                self.roots.rename(&mut object.name);
                self.components(&mut object.directives);
                if roots::is_query(&object.name) {
                    object.fields.retain(|name, _| !machinery::is_queried(name));
                }
                self.fields(&mut object.fields);
            }
            ExtendedType::Interface(node) => {
                let interface = node.make_mut();
                self.components(&mut interface.directives);
                self.fields(&mut interface.fields);
            }
            ExtendedType::Union(node) => {
                let union = node.make_mut();
                self.components(&mut union.directives);
                if !self.roots.renamed.is_empty() {
                    union.members = std::mem::take(&mut union.members)
                        .into_iter()
                        .map(|mut member| {
                            self.roots.rename(&mut member.name);
                            member
                        })
                        .collect();
                }
            }
            ExtendedType::Enum(node) => {
                let ty = node.make_mut();
                self.components(&mut ty.directives);
                for value in ty.values.values_mut() {
                    if !value.directives.is_empty() {
                        self.nodes(&mut value.make_mut().directives);
                    }
                }
            }
            ExtendedType::InputObject(node) => {
                let input = node.make_mut();
                self.components(&mut input.directives);
                for field in input.fields.values_mut() {
                    if !field.directives.is_empty() {
                        self.nodes(&mut field.make_mut().directives);
                    }
                }
            }
        }
    }

    fn fields(self, fields: &mut IndexMap<Name, Component<ast::FieldDefinition>>) {
        for field in fields.values_mut() {
            let field = field.make_mut();
            if !self.roots.renamed.is_empty() {
                self.reference(&mut field.ty);
            }
            self.nodes(&mut field.directives);
            self.arguments(&mut field.arguments);
        }
    }

    fn reference(self, ty: &mut ast::Type) {
        match ty {
            ast::Type::Named(name) | ast::Type::NonNullNamed(name) => self.roots.rename(name),
            ast::Type::List(inner) | ast::Type::NonNullList(inner) => self.reference(inner),
        }
    }

    fn arguments(self, arguments: &mut [Node<ast::InputValueDefinition>]) {
        for argument in arguments {
            if !argument.directives.is_empty() {
                self.nodes(&mut argument.make_mut().directives);
            }
        }
    }

    fn components(self, directives: &mut DirectiveList) {
        directives.0.iter_mut().for_each(|one| self.directive(one));
    }

    fn nodes(self, directives: &mut ast::DirectiveList) {
        directives.0.iter_mut().for_each(|one| self.directive(one));
    }

    fn directive(self, directive: &mut Node<ast::Directive>) {
        if let Some(canonical) = self.spelling.canonical(&directive.name) {
            directive.make_mut().name = canonical.clone();
        }
    }
}
