//! The objects at a path.

use federation::plan::PathElement;

use super::{
    fault::Rule,
    knowledge::{Known, Object, Told},
    model::Model,
};

/// An object of one type at one position.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Target {
    /// The entries to its position, each with the type of the object that has it.
    pub(super) route: Vec<(String, String)>,
    pub(super) ty: String,
}

impl Target {
    /// The object around it, so many entries from the root.
    pub(super) fn enclosing(&self, entries: usize) -> Self {
        let ty = self.route.get(entries).map_or(&self.ty, |(ty, _)| ty);
        Self {
            route: self.route[..entries.min(self.route.len())].to_vec(),
            ty: ty.clone(),
        }
    }

    pub(super) fn position<'k>(&self, root: &'k Known) -> Option<&'k Known> {
        self.route.iter().try_fold(root, |known, (ty, key)| {
            known.types.get(ty)?.entries.get(key)?.child.as_ref()
        })
    }

    pub(super) fn object_mut<'k>(&self, root: &'k mut Known) -> Option<&'k mut Object> {
        let position = self.route.iter().try_fold(root, |known, (ty, key)| {
            let object = known.types.get_mut(ty)?;
            object.entries.get_mut(key)?.child.as_mut()
        });
        position?.types.get_mut(&self.ty)
    }
}

/// Finds them; the fault is in the path itself. `None`: the path leads through a position that no object can be at, because
/// subgraphs that share a field have no type in common.
pub(super) fn find(
    model: &Model<'_>,
    root: &Known,
    path: &[PathElement],
) -> Result<Option<Vec<Target>>, (Rule, String)> {
    let mut is_vacant = false;
    let mut found: Vec<(Target, usize)> = objects(root, &[]).map(|one| (one, 0)).collect();
    for element in path {
        let mut next = Vec::new();
        for (target, lists) in found {
            let position = target.position(root);
            let Some(object) = position.and_then(|one| one.types.get(&target.ty)) else {
                continue;
            };
            match element {
                PathElement::List if lists == 0 => {
                    return Err((
                        Rule::Path,
                        "the path enters a list where there is none".into(),
                    ));
                }
                PathElement::List => next.push((target, lists - 1)),
                PathElement::Key(_) if lists > 0 => {
                    return Err((Rule::Path, "the path does not enter a list".into()));
                }
                PathElement::Key(key) => {
                    let Some(entry) = object.entries.get(key) else {
                        continue;
                    };
                    let Some(child) = &entry.child else {
                        return Err((Rule::Path, format!("{key} is a leaf")));
                    };
                    is_vacant |= child.types.is_empty();
                    let mut route = target.route.clone();
                    route.push((target.ty.clone(), key.clone()));
                    next.extend(objects(child, &route).map(|one| (one, entry.lists)));
                }
                PathElement::Types(types) => {
                    let position = position.expect("it has an object");
                    let applies: Option<Vec<bool>> = types
                        .iter()
                        .map(|one| applies(model, position, &target.ty, one))
                        .collect();
                    match applies {
                        None => {
                            let message = format!("whether a {} is asked about", target.ty);
                            return Err((Rule::TypeKnown, message));
                        }
                        Some(applies) if applies.contains(&true) => next.push((target, lists)),
                        Some(_) => {}
                    }
                }
            }
        }
        found = next;
    }
    if found.iter().any(|(_, lists)| *lists > 0) {
        return Err((Rule::Path, "the path ends before a list's items".into()));
    }
    let found: Vec<_> = found.into_iter().map(|(target, _)| target).collect();
    Ok((!found.is_empty() || !is_vacant).then_some(found))
}

fn objects(known: &Known, route: &[(String, String)]) -> impl Iterator<Item = Target> {
    known.types.keys().map(|ty| Target {
        route: route.to_vec(),
        ty: ty.clone(),
    })
}

/// Whether an executor, which knows no more than the response's `__typename`, takes an object for one of a type; nothing,
/// when it cannot know.
pub(super) fn applies(
    model: &Model<'_>,
    position: &Known,
    ty: &str,
    condition: &str,
) -> Option<bool> {
    match &position.types.get(ty)?.told {
        Some(Told::Own) => Some(model.is_a(ty, condition)),
        Some(Told::Interface(interface)) => Some(model.is_a(interface, condition)),
        None => {
            let is = model.is_a(ty, condition);
            let mut others = position.types.keys();
            others
                .all(|other| model.is_a(other, condition) == is)
                .then_some(is)
        }
    }
}
