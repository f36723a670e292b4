//! Random `@defer` in an operation.

use apollo_compiler::{
    Name, Node,
    ast::{
        Argument, Definition, Directive, DirectiveList, Document, InlineFragment, OperationType,
        Selection, Value,
    },
    name,
};
use fastrand::Rng;

/// How often a selection set's end becomes a part of its own.
const CHANCE: f64 = 0.25;

/// The operation with some of its selections deferred; nothing, when none are.
pub(crate) fn deferred(seed: u64, text: &str) -> Option<String> {
    // apollo-compiler lets `a(b: [1])` and `a(b: [1, 2])` share a key; which of them a part means is anybody's guess.
    if text.contains(": [") {
        return None;
    }
    let mut document = Document::parse(text, "operation.graphql").ok()?;
    let mut deferring = Deferring {
        rng: Rng::with_seed(seed),
        parts: 0,
        condition: None,
    };
    for definition in &mut document.definitions {
        if let Definition::OperationDefinition(operation) = definition {
            if operation.operation_type == OperationType::Subscription {
                return None;
            }
            let operation = operation.make_mut();
            let conditions = operation.variables.iter();
            let mut conditions = conditions.filter(|one| one.ty.inner_named_type() == "Boolean");
            deferring.condition = conditions.next().map(|one| one.name.clone());
            // A mutation's root fields are not deferred.
            let is_query = operation.operation_type == OperationType::Query;
            deferring.set(&mut operation.selection_set, is_query);
        }
    }
    (deferring.parts > 0).then(|| document.to_string())
}

struct Deferring {
    rng: Rng,
    parts: usize,
    condition: Option<Name>,
}

impl Deferring {
    fn set(&mut self, set: &mut Vec<Selection>, may_defer: bool) {
        for selection in set.iter_mut() {
            match selection {
                Selection::Field(field) if field.selection_set.is_empty() => {}
                Selection::Field(field) => self.set(&mut field.make_mut().selection_set, true),
                Selection::InlineFragment(inline) => {
                    self.set(&mut inline.make_mut().selection_set, may_defer);
                }
                Selection::FragmentSpread(_) => {}
            }
        }
        if may_defer && !set.is_empty() && self.rng.f64() < CHANCE {
            let kept = self.rng.usize(0..set.len());
            let mut inline = InlineFragment {
                type_condition: None,
                directives: DirectiveList::default(),
                selection_set: set.split_off(kept),
            };
            inline.directives.push(Node::new(self.directive()));
            set.push(Selection::InlineFragment(Node::new(inline)));
        }
    }

    fn directive(&mut self) -> Directive {
        let label = format!("part{}", self.parts);
        self.parts += 1;
        let mut arguments = vec![argument(name!("label"), Value::String(label))];
        if let Some(condition) = self.condition.clone().filter(|_| self.rng.u8(0..4) == 0) {
            arguments.push(argument(name!("if"), Value::Variable(condition)));
        }
        Directive {
            name: name!("defer"),
            arguments,
        }
    }
}

fn argument(name: Name, value: Value) -> Node<Argument> {
    Node::new(Argument {
        name,
        value: Node::new(value),
    })
}
