//! Smaller sets of subgraphs.

use std::collections::HashSet;

use apollo_compiler::{
    Name, Node,
    ast::{self, Definition, DirectiveList, Document, FieldDefinition},
};

use crate::compose::Source;

/// The nth way to make subgraphs smaller; nothing after the last.
pub(super) fn reduce(subgraphs: &[Source], nth: usize) -> Option<Vec<Source>> {
    let mut left = nth;
    if subgraphs.len() > 1 {
        if left < subgraphs.len() {
            let mut smaller = subgraphs.to_vec();
            smaller.remove(left);
            return Some(smaller);
        }
        left -= subgraphs.len();
    }
    let mut documents: Vec<_> = subgraphs
        .iter()
        .map(|(name, sdl)| Document::parse(sdl.as_str(), name).ok())
        .collect::<Option<_>>()?;
    let everywhere = everywhere(&documents);
    if let Some((ty, field)) = everywhere.get(left) {
        for document in &mut documents {
            remove_field(document, ty, field.as_ref());
        }
    } else {
        let mut step = Step {
            left: left - everywhere.len(),
        };
        if !documents.iter_mut().any(|document| step.document(document)) {
            return None;
        }
    }
    let texts = documents
        .into_iter()
        .map(|document| tidy(document).to_string());
    let names = subgraphs.iter().map(|(name, _)| name.clone());
    Some(names.zip(texts).collect())
}

/// What can be removed from all subgraphs at once: types, and fields of types.
fn everywhere(documents: &[Document]) -> Vec<(Name, Option<Name>)> {
    let mut found = Vec::new();
    for definition in documents.iter().flat_map(|one| &one.definitions) {
        let Some(name) = definition.name() else {
            continue;
        };
        let mut push = |one| {
            if !found.contains(&one) {
                found.push(one);
            }
        };
        push((name.clone(), None));
        for field in fields(definition) {
            push((name.clone(), Some(field.name.clone())));
        }
    }
    found
}

fn fields(definition: &Definition) -> &[Node<FieldDefinition>] {
    match definition {
        Definition::ObjectTypeDefinition(one) => &one.fields,
        Definition::ObjectTypeExtension(one) => &one.fields,
        Definition::InterfaceTypeDefinition(one) => &one.fields,
        Definition::InterfaceTypeExtension(one) => &one.fields,
        _ => &[],
    }
}

fn fields_mut(definition: &mut Definition) -> Option<&mut Vec<Node<FieldDefinition>>> {
    Some(match definition {
        Definition::ObjectTypeDefinition(one) => &mut one.make_mut().fields,
        Definition::ObjectTypeExtension(one) => &mut one.make_mut().fields,
        Definition::InterfaceTypeDefinition(one) => &mut one.make_mut().fields,
        Definition::InterfaceTypeExtension(one) => &mut one.make_mut().fields,
        _ => return None,
    })
}

fn directives_mut(definition: &mut Definition) -> Option<&mut DirectiveList> {
    Some(match definition {
        Definition::ObjectTypeDefinition(one) => &mut one.make_mut().directives,
        Definition::ObjectTypeExtension(one) => &mut one.make_mut().directives,
        Definition::InterfaceTypeDefinition(one) => &mut one.make_mut().directives,
        Definition::InterfaceTypeExtension(one) => &mut one.make_mut().directives,
        _ => return None,
    })
}

fn remove_field(document: &mut Document, ty: &Name, field: Option<&Name>) {
    let Some(field) = field else {
        document.definitions.retain(|one| one.name() != Some(ty));
        return;
    };
    for definition in &mut document.definitions {
        if definition.name() == Some(ty)
            && let Some(fields) = fields_mut(definition)
        {
            fields.retain(|one| one.name != *field);
        }
    }
}

/// Counts down to the reduction that is made.
struct Step {
    left: usize,
}

impl Step {
    fn now(&mut self) -> bool {
        if self.left == 0 {
            return true;
        }
        self.left -= 1;
        false
    }

    fn document(&mut self, document: &mut Document) -> bool {
        for index in 0..document.definitions.len() {
            if document.definitions[index].name().is_none() {
                continue;
            }
            if self.now() {
                document.definitions.remove(index);
                return true;
            }
            if self.definition(&mut document.definitions[index]) {
                return true;
            }
        }
        false
    }

    fn definition(&mut self, definition: &mut Definition) -> bool {
        if let Definition::UnionTypeDefinition(one) = definition {
            let members = &mut one.make_mut().members;
            return self.remove_one(members);
        }
        if let Definition::EnumTypeDefinition(one) = definition {
            return self.remove_one(&mut one.make_mut().values);
        }
        if let Definition::ObjectTypeDefinition(one) = definition
            && self.remove_one(&mut one.make_mut().implements_interfaces)
        {
            return true;
        }
        if let Some(directives) = directives_mut(definition)
            && self.remove_one(&mut directives.0)
        {
            return true;
        }
        let Some(fields) = fields_mut(definition) else {
            return false;
        };
        if self.remove_one(fields) {
            return true;
        }
        fields.iter_mut().any(|field| {
            let field = field.make_mut();
            self.remove_one(&mut field.directives.0) || self.flatten(field)
        })
    }

    fn remove_one<T>(&mut self, from: &mut Vec<T>) -> bool {
        for index in 0..from.len() {
            if self.now() {
                from.remove(index);
                return true;
            }
        }
        false
    }

    /// One object in place of a list.
    fn flatten(&mut self, field: &mut FieldDefinition) -> bool {
        if !field.ty.is_list() || !self.now() {
            return false;
        }
        let item = field.ty.item_type().clone();
        field.ty = item;
        true
    }
}

/// Without what refers to types that are gone, and without externals that nothing names any more.
fn tidy(mut document: Document) -> Document {
    let known: HashSet<Name> = document
        .definitions
        .iter()
        .filter_map(|one| one.name().cloned())
        .collect();
    let is_known = |name: &Name| {
        known.contains(name)
            || matches!(name.as_str(), "String" | "Int" | "Float" | "Boolean" | "ID")
    };
    for definition in &mut document.definitions {
        if let Definition::UnionTypeDefinition(one) = definition {
            one.make_mut().members.retain(is_known);
        }
        if let Definition::ObjectTypeDefinition(one) = definition {
            one.make_mut().implements_interfaces.retain(is_known);
        }
        if let Some(fields) = fields_mut(definition) {
            fields.retain(|one| is_known(one.ty.inner_named_type()));
        }
    }
    let named = named_in_field_sets(&document);
    for definition in &mut document.definitions {
        if let Some(fields) = fields_mut(definition) {
            fields
                .retain(|one| !one.directives.has("external") || named.contains(one.name.as_str()));
        }
    }
    document.definitions.retain(|one| match one {
        Definition::ObjectTypeDefinition(one) => !one.fields.is_empty(),
        Definition::ObjectTypeExtension(one) => !one.fields.is_empty(),
        Definition::InterfaceTypeDefinition(one) => !one.fields.is_empty(),
        Definition::UnionTypeDefinition(one) => !one.members.is_empty(),
        _ => true,
    });
    document
}

fn named_in_field_sets(document: &Document) -> HashSet<String> {
    let mut found = HashSet::new();
    let mut read = |directives: &mut dyn Iterator<Item = &Node<ast::Directive>>| {
        for directive in directives {
            let text = directive.specified_argument_by_name("fields");
            let Some(text) = text.and_then(|text| text.as_str()) else {
                continue;
            };
            let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
            found.extend(words.map(str::to_owned));
        }
    };
    for definition in &document.definitions {
        read(&mut definition.directives().iter());
        for field in fields(definition) {
            read(&mut field.directives.iter());
        }
    }
    found
}
