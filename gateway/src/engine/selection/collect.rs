//! GraphQL's CollectFields for one type, with conditions kept symbolic and deferred fragments kept apart.

use std::collections::HashSet;

use apollo_compiler::{
    Name, Node,
    ast::Value,
    executable::{DirectiveList, Field as AstField, InlineFragment, Selection, SelectionSet},
    schema::ExtendedType,
};

use super::{Compiler, Condition, DeferredSet, Field, Mention, Output, Set, Source, Taken};
use crate::engine::keys::Key;

/// What the selections take from objects of a type.
pub(super) fn collect(compiler: &Compiler<'_>, type_name: &Name, sources: &[Source]) -> Taken {
    let mut collector = Collector {
        compiler,
        type_name,
        fields: Vec::new(),
        mentions: Vec::new(),
        deferred: Vec::new(),
        visited: HashSet::new(),
        uncertain: HashSet::new(),
    };
    for source in sources {
        collector.visit(&source.selections, &source.conditions);
    }
    Taken {
        mentions: if has_open_order(&collector.mentions) {
            collector.mentions
        } else {
            Vec::new()
        },
        fields: collector.fields,
        deferred: collector.deferred,
    }
}

/// Whether a field's first mention may be left out while a later one is not.
fn has_open_order(mentions: &[Mention]) -> bool {
    let mut conditional = HashSet::new();
    mentions.iter().any(|mention| {
        let is_open = conditional.contains(&mention.field);
        if !mention.conditions.is_empty() {
            conditional.insert(mention.field);
        }
        is_open
    })
}

struct Collector<'a> {
    compiler: &'a Compiler<'a>,
    type_name: &'a Name,
    fields: Vec<Field>,
    mentions: Vec<Mention>,
    deferred: Vec<DeferredSet>,
    /// Named fragments that were taken, and under which conditions.
    visited: HashSet<(Name, Vec<Condition>)>,
    /// Those that may be for the object, with the type conditions around them.
    uncertain: HashSet<(Name, Vec<Condition>, Vec<Name>)>,
}

impl<'a> Collector<'a> {
    fn visit(&mut self, selections: &[Selection], conditions: &[Condition]) {
        for selection in selections {
            let directives = selection.directives();
            let Some(conditions) = combine(conditions, directives) else {
                continue;
            };
            if let Selection::Field(field) = selection {
                self.add(field, conditions);
                continue;
            }
            let Some((condition, set, name)) = self.fragment(selection) else {
                continue;
            };
            if !condition.is_none_or(|condition| self.applies(condition)) {
                // It may still be for the object, once more is known of it than an interface.
                if let Some(condition) = condition.filter(|condition| self.may_apply(condition)) {
                    let around = vec![condition.clone()];
                    self.defer_uncertain(directives, set, conditions, around);
                }
                continue;
            }
            let Some(conditions) = self.defer(directives, condition, set, conditions) else {
                continue;
            };
            let is_new =
                name.is_none_or(|name| self.visited.insert((name.clone(), conditions.clone())));
            if is_new {
                self.visit(&set.selections, &conditions);
            }
        }
    }

    /// Puts aside what is deferred in a fragment that may be for the object, inside these type conditions.
    fn defer_uncertain(
        &mut self,
        directives: &DirectiveList,
        set: &SelectionSet,
        conditions: Vec<Condition>,
        around: Vec<Name>,
    ) {
        if directives.has("defer") {
            let (first, inner) = around.split_first().unzip();
            let set = within(inner.unwrap_or_default(), set);
            self.defer(directives, first, &set, conditions);
            return;
        }
        for selection in &set.selections {
            let directives = selection.directives();
            let Some(conditions) = combine(&conditions, directives) else {
                continue;
            };
            let Some((condition, set, name)) = self.fragment(selection) else {
                continue;
            };
            if !condition.is_none_or(|condition| self.may_apply(condition)) {
                continue;
            }
            let mut around = around.clone();
            around.extend(condition.filter(|one| !around.contains(one)).cloned());
            let is_new = name.is_none_or(|name| {
                let visit = (name.clone(), conditions.clone(), around.clone());
                self.uncertain.insert(visit)
            });
            if is_new {
                self.defer_uncertain(directives, set, conditions, around);
            }
        }
    }

    /// A fragment's type condition, its selections and its name, if it has them.
    fn fragment<'s>(
        &self,
        selection: &'s Selection,
    ) -> Option<(Option<&'s Name>, &'s SelectionSet, Option<&'s Name>)>
    where
        'a: 's,
    {
        let document = self.compiler.document;
        match selection {
            Selection::Field(_) => None,
            Selection::InlineFragment(inline) => {
                Some((inline.type_condition.as_ref(), &inline.selection_set, None))
            }
            Selection::FragmentSpread(spread) => {
                let name = &spread.fragment_name;
                let fragment = document.fragments.get(name)?;
                let condition = Some(fragment.type_condition());
                Some((condition, &fragment.selection_set, Some(name)))
            }
        }
    }

    fn is_object(&self) -> bool {
        matches!(
            self.compiler.schema().types.get(self.type_name),
            Some(ExtendedType::Object(_))
        )
    }

    fn applies(&self, condition: &Name) -> bool {
        let schema = self.compiler.schema();
        let is_one = |name: &Name| name == condition || schema.is_subtype(condition, name);
        // Of some objects only an interface is known: whatever they are, they may all be of the type.
        let all = self.compiler.supergraph.implementers().get(self.type_name);
        is_one(self.type_name)
            || all.is_some_and(|all| !all.objects.is_empty() && all.objects.iter().all(is_one))
    }

    /// Whether objects of which only an interface is known may turn out to be of a type.
    fn may_apply(&self, condition: &Name) -> bool {
        let schema = self.compiler.schema();
        let implementers = self.compiler.supergraph.implementers();
        let is_one = |name: &Name| name == condition || schema.is_subtype(condition, name);
        implementers
            .get(self.type_name)
            .is_some_and(|all| all.objects.iter().any(is_one))
    }

    /// Puts a deferred fragment aside. Says under which conditions it is taken at once nevertheless, if ever.
    fn defer(
        &mut self,
        directives: &DirectiveList,
        type_condition: Option<&Name>,
        set: &SelectionSet,
        mut conditions: Vec<Condition>,
    ) -> Option<Vec<Condition>> {
        let Some(directive) = directives.get("defer").filter(|_| self.compiler.defers) else {
            return Some(conditions);
        };
        let argument = directive.specified_argument_by_name("if");
        let mut otherwise = None;
        match argument.map(AsRef::as_ref) {
            Some(Value::Boolean(false)) => return Some(conditions),
            Some(Value::Variable(variable)) => {
                let condition = |expected| Condition {
                    variable: variable.clone(),
                    expected,
                    default: Some(true),
                };
                let mut at_once = conditions.clone();
                at_once.push(condition(false));
                conditions.push(condition(true));
                otherwise = Some(at_once);
            }
            _ => {}
        }
        let label = directive
            .specified_argument_by_name("label")
            .and_then(|label| label.as_str());
        let known = self
            .deferred
            .iter()
            .position(|known| known.label.as_deref() == label);
        let place = known.unwrap_or_else(|| {
            self.deferred.push(DeferredSet {
                label: label.map(Into::into),
                // Of an object of unknown type more may be known when its turn comes.
                set: if self.is_object() {
                    Set::of_type(self.type_name)
                } else {
                    Set::new(self.compiler, self.type_name)
                },
                conditions: Vec::new(),
            });
            self.deferred.len() - 1
        });
        let deferred = &mut self.deferred[place];
        deferred.set.sources.push(Source {
            conditions: conditions.clone(),
            selections: vec![Selection::InlineFragment(Node::new(InlineFragment {
                type_condition: type_condition.cloned(),
                directives: DirectiveList::default(),
                selection_set: set.clone(),
            }))],
        });
        add_alternative(&mut deferred.conditions, conditions, known.is_none());
        otherwise
    }

    fn add(&mut self, field: &AstField, conditions: Vec<Condition>) {
        let response_key = field.response_key().as_str();
        let known = self
            .fields
            .iter()
            .position(|known| *known.response_key == *response_key);
        let place = known.unwrap_or_else(|| {
            let made = self.make(field, response_key);
            self.fields.push(made);
            self.fields.len() - 1
        });
        let known_field = &mut self.fields[place];
        if let Output::Object(set) = &mut known_field.output {
            set.sources.push(Source {
                conditions: conditions.clone(),
                selections: field.selection_set.selections.clone(),
            });
        }
        self.mentions.push(Mention {
            field: place,
            conditions: conditions.clone(),
        });
        add_alternative(&mut known_field.conditions, conditions, known.is_none());
    }

    fn make(&self, field: &AstField, response_key: &str) -> Field {
        // The object's own definition, which may promise more than the interface's.
        let definition = self
            .compiler
            .schema()
            .type_field(self.type_name, &field.name);
        let ty = definition.map_or_else(|_| field.ty().clone(), |definition| definition.ty.clone());
        let output = match field.name.as_str() {
            "__typename" if self.is_object() => Output::Typename,
            "__typename" => Output::Unknown,
            "__schema" | "__type" => Output::Introspection,
            _ if field.selection_set.selections.is_empty() => {
                Output::Leaf(self.compiler.leaf(ty.inner_named_type()))
            }
            _ => Output::Object(Set::new(self.compiler, ty.inner_named_type())),
        };
        Field {
            response_key: response_key.into(),
            prefix: format!("\"{response_key}\":").into_bytes().into(),
            key: self
                .compiler
                .keys
                .get(response_key)
                .unwrap_or(Key::TYPENAME),
            coordinate: format!("{}.{}", self.type_name, field.name).into(),
            ty,
            output,
            conditions: Vec::new(),
        }
    }
}

/// A selection set inside type conditions.
fn within(conditions: &[Name], set: &SelectionSet) -> SelectionSet {
    conditions.iter().rev().fold(set.clone(), |set, condition| {
        let mut around = SelectionSet::new(condition.clone());
        around.push(InlineFragment {
            type_condition: Some(condition.clone()),
            directives: DirectiveList::default(),
            selection_set: set,
        });
        around
    })
}

/// Adds to what any of suffices; no condition at all ends the list.
fn add_alternative(known: &mut Vec<Vec<Condition>>, conditions: Vec<Condition>, is_first: bool) {
    if conditions.is_empty() {
        known.clear();
    } else if is_first || !known.is_empty() {
        known.push(conditions);
    }
}

/// Adds a selection's own conditions; `None`: it is never taken.
fn combine(outer: &[Condition], directives: &DirectiveList) -> Option<Vec<Condition>> {
    let mut conditions = outer.to_vec();
    for (name, expected) in [("skip", false), ("include", true)] {
        let Some(argument) = directives
            .get(name)
            .and_then(|one| one.specified_argument_by_name("if"))
        else {
            continue;
        };
        match argument.as_ref() {
            Value::Boolean(value) if *value != expected => return None,
            Value::Variable(variable) => {
                let condition = Condition {
                    variable: variable.clone(),
                    expected,
                    default: None,
                };
                if !conditions.contains(&condition) {
                    conditions.push(condition);
                }
            }
            _ => {}
        }
    }
    Some(conditions)
}
