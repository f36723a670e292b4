//! GraphQL, "Collecting Fields": a selection's fields for one object, in order of their keys.

use apollo_compiler::{
    ExecutableDocument, Name, Node,
    ast::DirectiveList,
    executable::{Field, Selection, SelectionSet},
    response::JsonMap,
};

/// Fields with the same response key.
pub(super) type Group<'a> = (&'a Name, Vec<&'a Node<Field>>);

pub(super) struct Collector<'a> {
    pub(super) document: &'a ExecutableDocument,
    pub(super) variables: &'a JsonMap,
}

impl<'a> Collector<'a> {
    /// The fields of these selections that apply to an object; `applies` says which type conditions do.
    pub(super) fn collect(
        &self,
        sets: &[&'a SelectionSet],
        applies: &dyn Fn(&str) -> bool,
    ) -> Vec<Group<'a>> {
        let mut groups = Vec::new();
        for set in sets {
            self.set(set, applies, &mut groups);
        }
        groups
    }

    fn set(
        &self,
        set: &'a SelectionSet,
        applies: &dyn Fn(&str) -> bool,
        groups: &mut Vec<Group<'a>>,
    ) {
        for selection in &set.selections {
            if !self.is_included(selection.directives()) {
                continue;
            }
            match selection {
                Selection::Field(field) => {
                    let key = field.response_key();
                    match groups.iter_mut().find(|(known, _)| *known == key) {
                        Some((_, fields)) => fields.push(field),
                        None => groups.push((key, vec![field])),
                    }
                }
                Selection::InlineFragment(inline) => {
                    if inline.type_condition.as_ref().is_none_or(|ty| applies(ty)) {
                        self.set(&inline.selection_set, applies, groups);
                    }
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.document.fragments.get(&spread.fragment_name)
                        && applies(fragment.type_condition())
                    {
                        self.set(&fragment.selection_set, applies, groups);
                    }
                }
            }
        }
    }

    fn is_included(&self, directives: &DirectiveList) -> bool {
        let says = |name: &str| {
            let value = directives.get(name)?.specified_argument_by_name("if")?;
            match value.as_variable() {
                Some(variable) => self.variables.get(variable.as_str())?.as_bool(),
                None => value.to_bool(),
            }
        };
        says("skip") != Some(true) && says("include") != Some(false)
    }
}
