//! Input objects that need each other without end cannot be given; merging may close such a circle.

use apollo_compiler::{Name, Schema, ast, schema::ExtendedType};
use rustc_hash::FxHashSet;

use super::{Merger, places::Place};
use crate::compose::{ErrorCode, report::Report};

/// Reports each circle of required fields of input objects.
pub(super) fn check(merged: &Schema, merger: &Merger<'_>, report: &mut Report) {
    let mut done: FxHashSet<&Name> = FxHashSet::default();
    for (name, ty) in &merged.types {
        if ty.is_input_object() && !done.contains(name) {
            walk(merged, name, &mut done, merger, report);
        }
    }
}

/// An input object on the way down, and the required fields that are still to be followed.
struct Step<'a> {
    ty: &'a Name,
    fields: Vec<(&'a Name, &'a Name)>,
    /// The field that was followed last.
    followed: Option<&'a Name>,
}

impl<'a> Step<'a> {
    fn of(merged: &'a Schema, ty: &'a Name) -> Self {
        let mut fields: Vec<_> = match merged.types.get(ty) {
            Some(ExtendedType::InputObject(definition)) => definition
                .fields
                .values()
                .filter_map(|field| match &*field.ty {
                    ast::Type::NonNullNamed(inner) => Some((&field.name, inner)),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        };
        fields.reverse();
        Self {
            ty,
            fields,
            followed: None,
        }
    }
}

/// Goes down without recursion: the way may be as long as there are types.
fn walk<'a>(
    merged: &'a Schema,
    start: &'a Name,
    done: &mut FxHashSet<&'a Name>,
    merger: &Merger<'_>,
    report: &mut Report,
) {
    let mut way = vec![Step::of(merged, start)];
    let mut on_way: FxHashSet<&Name> = FxHashSet::default();
    on_way.insert(start);
    while let Some(step) = way.last_mut() {
        let Some((field, ty)) = step.fields.pop() else {
            done.insert(step.ty);
            on_way.remove(step.ty);
            way.pop();
            continue;
        };
        step.followed = Some(field);
        if on_way.contains(ty) {
            report_circle(&way, ty, merger, report);
        } else if !done.contains(ty) {
            on_way.insert(ty);
            way.push(Step::of(merged, ty));
        }
    }
}

fn report_circle(way: &[Step<'_>], back_to: &Name, merger: &Merger<'_>, report: &mut Report) {
    let circle = way.iter().skip_while(|step| step.ty != back_to);
    let fields = circle.filter_map(|step| Some(Place::member(step.ty, step.followed?)));
    let mut names = Vec::new();
    let mut all = Vec::new();
    for field in fields {
        let (subgraphs, places) = field.had(merger);
        names.push(format!("\"{field}\" (of {subgraphs})"));
        all.extend(places);
    }
    let message = format!(
        "The input object \"{back_to}\" needs itself, as merged, by {}: make one of these nullable in all subgraphs",
        names.join(", ")
    );
    report.error(ErrorCode::InvalidGraphql, message, all);
}
