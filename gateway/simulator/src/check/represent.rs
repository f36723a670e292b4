//! Representations: what an entity fetch sends of each object, and whether it has been fetched before.

use federation::plan::{ContextArgument, Field, PathElement, Rewrite, RewriteElement, Selection};

use super::{
    fault::Rule,
    fields::Item,
    knowledge::{Known, Told},
    model::Model,
    rules::ContextRule,
    select::{Place, Selecting},
    targets::{Target, applies},
};

/// What is sent of an object of one type.
pub(super) struct Representation {
    /// The object's position, as it was.
    known: Known,
    ty: String,
    selections: Vec<Selection>,
}

impl Representation {
    /// What a representation lacks of a field set; nothing, when it has all of it.
    pub(super) fn lacks(&self, model: &Model<'_>, items: &[Item]) -> Option<String> {
        lacks(model, &self.known, &self.ty, &self.selections, items)
    }
}

fn lacks(
    model: &Model<'_>,
    known: &Known,
    ty: &str,
    selections: &[Selection],
    items: &[Item],
) -> Option<String> {
    let mut fields = Vec::new();
    collect(model, known, ty, selections, &mut fields);
    items.iter().find_map(|item| match item {
        Item::On {
            type_condition,
            below,
        } => type_condition
            .as_ref()
            .is_none_or(|condition| model.is_a(ty, condition))
            .then(|| lacks(model, known, ty, selections, below))
            .flatten(),
        Item::Field { name, .. } if name == "__typename" => None,
        Item::Field {
            name,
            arguments,
            below,
        } => {
            let sent: Vec<_> = fields
                .iter()
                .filter(|field| field.response_key() == name)
                .collect();
            let Some(first) = sent.first() else {
                return Some(format!("{ty}.{name} is not sent"));
            };
            let entry = known.types.get(ty)?.entries.get(&first.name)?;
            if entry.field != *name || entry.arguments != *arguments {
                return Some(format!("{ty}.{name} is sent with {}'s value", entry.field));
            }
            let child = entry.child.as_ref()?;
            let inner: Vec<_> = sent
                .iter()
                .flat_map(|field| field.selections.iter().cloned())
                .collect();
            let mut types = child.types.keys();
            types.find_map(|ty| lacks(model, child, ty, &inner, below))
        }
    })
}

/// The fields that are sent of an object: those of each fragment that the executor takes it for.
fn collect<'s>(
    model: &Model<'_>,
    known: &Known,
    ty: &str,
    selections: &'s [Selection],
    fields: &mut Vec<&'s Field>,
) {
    for selection in selections {
        match selection {
            Selection::Field(field) => fields.push(field),
            Selection::Inline(inline) => {
                if applies(model, known, ty, &inline.type_condition) == Some(true) {
                    collect(model, known, ty, &inline.selections, fields);
                }
            }
        }
    }
}

impl Selecting<'_> {
    /// An object's representation, and what the subgraph takes it for; nothing, when none is sent of such objects.
    pub(super) fn represent(
        &mut self,
        before: &Known,
        target: &Target,
        at: &[PathElement],
    ) -> Option<Place> {
        let position = target.position(before)?;
        let mut fields = Vec::new();
        collect(
            self.model,
            position,
            &target.ty,
            &self.fetch.requires,
            &mut fields,
        );
        if fields.is_empty() {
            return None;
        }
        self.was_fetched(position, &target.ty, &self.fetch.requires);
        for context in &self.fetch.contexts {
            self.context(context, before, target, at);
        }
        let sent_type = match &position.types.get(&target.ty)?.told {
            Some(Told::Interface(interface)) => interface.clone(),
            _ => target.ty.clone(),
        };
        let name = self.rewritten(&sent_type);
        let representation = Representation {
            known: Known {
                types: position.types.clone(),
            },
            ty: target.ty.clone(),
            selections: self.fetch.requires.clone(),
        };
        let keys = self.service.keys(&name);
        if !keys
            .iter()
            .any(|key| representation.lacks(self.model, key).is_none())
        {
            let message = format!("no resolvable key of {name} is sent of a {}", target.ty);
            self.fault(Rule::ResolvableKey, &message);
        }
        let types = self.model.expand(self.service, &name);
        let found = types.into_iter().find(|(ty, _)| *ty == target.ty);
        let Some((ty, subgraph_type)) = found else {
            let message = format!("the subgraph knows no {} as a {name}", target.ty);
            self.fault(Rule::ResolvableKey, &message);
            return None;
        };
        Some(Place {
            ty,
            subgraph_type,
            provided: Vec::new(),
            representation: Some(representation),
        })
    }

    /// The `__typename` that is sent.
    fn rewritten(&mut self, sent: &str) -> String {
        let mut name = sent.to_owned();
        for rewrite in &self.fetch.input_rewrites {
            match rewrite {
                Rewrite::SetValue { path, value } => match path.as_slice() {
                    [RewriteElement::Types(types), RewriteElement::Key(key)]
                        if key == "__typename" =>
                    {
                        if types.iter().any(|ty| self.model.is_a(sent, ty)) {
                            name.clone_from(value);
                        }
                    }
                    _ => self.fault(Rule::Rewrites, "a value other than __typename is set"),
                },
                Rewrite::RenameKey { .. } => {
                    self.fault(Rule::Rewrites, "a representation's key is renamed");
                }
            }
        }
        name
    }

    fn was_fetched(&mut self, known: &Known, ty: &str, selections: &[Selection]) {
        for selection in selections {
            match selection {
                Selection::Inline(inline) => {
                    match applies(self.model, known, ty, &inline.type_condition) {
                        Some(true) => self.was_fetched(known, ty, &inline.selections),
                        Some(false) => {}
                        None => {
                            let message = format!("whether a {ty} is sent as one is not known");
                            self.fault(Rule::TypeKnown, &message);
                        }
                    }
                }
                Selection::Field(field) if field.name == "__typename" => {
                    if known
                        .types
                        .get(ty)
                        .is_none_or(|object| object.told.is_none())
                    {
                        let message = format!("the __typename of a {ty} was not fetched before");
                        self.fault(Rule::FetchedBefore, &message);
                    }
                }
                Selection::Field(field) => {
                    let object = known.types.get(ty);
                    let Some(entry) = object.and_then(|one| one.entries.get(&field.name)) else {
                        let message = format!("{} of a {ty} was not fetched before", field.name);
                        self.fault(Rule::FetchedBefore, &message);
                        continue;
                    };
                    if let Some(child) = &entry.child {
                        for ty in child.types.keys() {
                            self.was_fetched(child, ty, &field.selections);
                        }
                    }
                }
            }
        }
    }

    /// A context's value is what the subgraph's schema says, and has been fetched.
    fn context(
        &mut self,
        context: &ContextArgument,
        before: &Known,
        target: &Target,
        at: &[PathElement],
    ) {
        let Some(above) = at.get(..context.depth) else {
            self.fault(Rule::Contexts, "a context is deeper than its path");
            return;
        };
        let entries = above
            .iter()
            .filter(|one| matches!(one, PathElement::Key(_)));
        let enclosing = target.enclosing(entries.count());
        let variable = format!("${}", context.variable.name);
        let uses = self.context_uses(&target.ty, &variable);
        let Some(position) = enclosing.position(before) else {
            self.fault(Rule::Contexts, "a context's object is not there");
            return;
        };
        for (coordinate, rule) in uses {
            let fits = self.model.carries(&enclosing.ty, &rule.context)
                && leads_to(
                    self.model,
                    position,
                    &enclosing.ty,
                    &context.selections,
                    &rule.selection,
                );
            if !fits {
                let message = format!("{variable} of {coordinate} is not a {}'s", enclosing.ty);
                self.fault(Rule::Contexts, &message);
            }
        }
    }

    /// The fields whose arguments a variable is, with what the supergraph says of the argument.
    fn context_uses(&self, ty: &str, variable: &str) -> Vec<(String, ContextRule)> {
        let mut asked = Vec::new();
        all_fields(&self.fetch.selections, &mut asked);
        let mut uses = Vec::new();
        for field in asked {
            for one in self.service.rules(ty, &field.name).contexts {
                let given = (one.argument.clone(), variable.to_owned());
                if field.arguments.contains(&given) {
                    uses.push((format!("{ty}.{}", field.name), one));
                }
            }
        }
        uses
    }
}

fn all_fields<'s>(selections: &'s [Selection], found: &mut Vec<&'s Field>) {
    for selection in selections {
        match selection {
            Selection::Field(field) => {
                found.push(field);
                all_fields(&field.selections, found);
            }
            Selection::Inline(inline) => all_fields(&inline.selections, found),
        }
    }
}

/// Whether a way through the response leads to what a field set selects.
fn leads_to(
    model: &Model<'_>,
    known: &Known,
    ty: &str,
    selections: &[Selection],
    items: &[Item],
) -> bool {
    let mut fields = Vec::new();
    collect(model, known, ty, selections, &mut fields);
    items.iter().all(|item| match item {
        Item::On {
            type_condition,
            below,
        } => {
            let applies = type_condition
                .as_ref()
                .is_none_or(|condition| model.is_a(ty, condition));
            !applies || leads_to(model, known, ty, selections, below)
        }
        Item::Field {
            name,
            arguments,
            below,
        } => fields.iter().any(|field| {
            let object = known.types.get(ty);
            object
                .and_then(|one| one.entries.get(field.response_key()))
                .is_some_and(|entry| {
                    entry.field == *name
                        && entry.arguments == *arguments
                        && entry.child.as_ref().is_none_or(|child| {
                            let mut types = child.types.keys();
                            types.all(|ty| leads_to(model, child, ty, &field.selections, below))
                        })
                })
        }),
    })
}
