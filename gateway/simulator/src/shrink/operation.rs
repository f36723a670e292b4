//! Smaller operations.

use apollo_compiler::{
    Node,
    ast::{Definition, Document, FragmentDefinition, InlineFragment, Selection},
    response::JsonMap,
};

use crate::generate::Operation;

/// The nth way to make an operation smaller; nothing after the last.
pub(super) fn reduce(operation: &Operation, nth: usize) -> Option<Operation> {
    let mut document = Document::parse(operation.text.as_str(), "operation.graphql").ok()?;
    let mut step = Step { left: nth };
    let mut done = false;
    let fragments: Vec<_> = document
        .definitions
        .iter()
        .filter_map(|one| one.as_fragment_definition().cloned())
        .collect();
    for definition in &mut document.definitions {
        let set = match definition {
            Definition::OperationDefinition(one) => &mut one.make_mut().selection_set,
            Definition::FragmentDefinition(one) => &mut one.make_mut().selection_set,
            _ => continue,
        };
        if step.set(set, &fragments) {
            done = true;
            break;
        }
    }
    done.then(|| tidy(document, operation))
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

    fn set(&mut self, set: &mut Vec<Selection>, fragments: &[Node<FragmentDefinition>]) -> bool {
        for index in 0..set.len() {
            if set.len() > 1 && self.now() {
                set.remove(index);
                return true;
            }
            if self.one(set, index, fragments) {
                return true;
            }
        }
        false
    }

    fn one(
        &mut self,
        set: &mut Vec<Selection>,
        index: usize,
        fragments: &[Node<FragmentDefinition>],
    ) -> bool {
        match &mut set[index] {
            Selection::Field(field) => {
                let field = field.make_mut();
                if field.alias.is_some() && self.now() {
                    field.alias = None;
                    return true;
                }
                for argument in 0..field.arguments.len() {
                    if self.now() {
                        field.arguments.remove(argument);
                        return true;
                    }
                }
                if !field.directives.is_empty() && self.now() {
                    field.directives.0.clear();
                    return true;
                }
                self.set(&mut field.selection_set, fragments)
            }
            Selection::InlineFragment(inline) => {
                if self.now() {
                    let below = inline.selection_set.clone();
                    set.splice(index..=index, below);
                    return true;
                }
                let inline = inline.make_mut();
                if !inline.directives.is_empty() && self.now() {
                    inline.directives.0.clear();
                    return true;
                }
                self.set(&mut inline.selection_set, fragments)
            }
            Selection::FragmentSpread(spread) => {
                if !self.now() {
                    return false;
                }
                let Some(fragment) = fragments
                    .iter()
                    .find(|one| one.name == spread.fragment_name)
                else {
                    return false;
                };
                set[index] = Selection::InlineFragment(Node::new(InlineFragment {
                    type_condition: Some(fragment.type_condition.clone()),
                    directives: spread.directives.clone(),
                    selection_set: fragment.selection_set.clone(),
                }));
                true
            }
        }
    }
}

/// Without what is no longer used: fragments, variables and their values.
fn tidy(mut document: Document, before: &Operation) -> Operation {
    loop {
        let text = document.to_string();
        let count = document.definitions.len();
        document.definitions.retain(|one| {
            one.as_fragment_definition()
                .is_none_or(|fragment| uses(&text, &format!("...{}", fragment.name)))
        });
        if document.definitions.len() == count {
            break;
        }
    }
    let mut bare = document.clone();
    for definition in &mut bare.definitions {
        if let Definition::OperationDefinition(one) = definition {
            one.make_mut().variables.clear();
        }
    }
    let used = bare.to_string();
    let mut variables = JsonMap::new();
    for definition in &mut document.definitions {
        if let Definition::OperationDefinition(one) = definition {
            let one = one.make_mut();
            one.variables
                .retain(|variable| uses(&used, &format!("${}", variable.name)));
            for variable in &one.variables {
                if let Some(value) = before.variables.get(variable.name.as_str()) {
                    variables.insert(variable.name.as_str(), value.clone());
                }
            }
        }
    }
    Operation {
        text: document.to_string(),
        variables,
    }
}

/// Whether a text holds a word, not only as the beginning of another.
fn uses(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let next = text[at + word.len()..].chars().next();
        next.is_none_or(|c| !c.is_alphanumeric() && c != '_')
    })
}
