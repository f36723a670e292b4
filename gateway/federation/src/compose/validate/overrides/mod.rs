//! `@override` over several subgraphs: whether what it is to replace is there, and can be replaced.

mod labels;
mod suggestion;
#[cfg(test)]
mod tests;

use apollo_compiler::{Name, ast, schema::ExtendedType};
use rustc_hash::FxHashMap;

use labels::is_label;
use suggestion::nearest;

use crate::compose::{
    ErrorCode, HintCode, Location,
    report::Report,
    subgraph::{FieldFacts, Override, Subgraph},
};

/// Reports what is wrong or left over of each `@override`.
pub(super) fn check(subgraphs: &[Subgraph], report: &mut Report) {
    let by_name: FxHashMap<&str, &Subgraph> = subgraphs
        .iter()
        .map(|subgraph| (subgraph.name.as_str(), subgraph))
        .collect();
    for subgraph in subgraphs {
        for (name, ty) in &subgraph.schema.types {
            let (ExtendedType::Object(object), Some(facts)) = (ty, subgraph.facts.ty(name)) else {
                continue;
            };
            for (field, definition) in &object.fields {
                let Some(facts) = facts.fields.get(field) else {
                    continue;
                };
                if let Some(said) = &facts.overrides {
                    let overriding = Overriding {
                        subgraph,
                        ty: name,
                        definition,
                        facts,
                        said,
                    };
                    overriding.check(subgraphs, &by_name, report);
                }
            }
        }
    }
}

/// A field with `@override`.
struct Overriding<'a> {
    subgraph: &'a Subgraph,
    ty: &'a Name,
    definition: &'a ast::FieldDefinition,
    facts: &'a FieldFacts,
    said: &'a Override,
}

impl Overriding<'_> {
    fn check(
        &self,
        subgraphs: &[Subgraph],
        by_name: &FxHashMap<&str, &Subgraph>,
        report: &mut Report,
    ) {
        let Some(source) = by_name.get(self.said.from.as_str()) else {
            self.hint_unknown_source(subgraphs, report);
            return;
        };
        let Some(overridden) = source.facts.field(self.ty, &self.definition.name) else {
            self.check_absent(source, subgraphs, report);
            return;
        };
        if overridden.overrides.is_some() {
            let what = format!(
                "\"{}\" overrides it, too; name the subgraph that really resolves it, and keep one @override",
                source.name
            );
            let places = [self.place(), self.place_in(source)];
            self.error(report, ErrorCode::OverrideSourceHasOverride, what, places);
        } else if let Some((subgraph, directive)) = self.conflict(source) {
            let what = format!(
                "the field has @{directive} in \"{}\", and the two do not go together; remove @{directive} first",
                subgraph.name
            );
            let places = [self.place(), self.place_in(source)];
            let code = ErrorCode::OverrideCollisionWithAnotherDirective;
            self.error(report, code, what, places);
        } else {
            self.check_label(report);
            self.hint_state(source, overridden, report);
        }
    }

    /// The directive beside which nothing can be overridden, and where it stands.
    fn conflict<'s>(&'s self, source: &'s Subgraph) -> Option<(&'s Subgraph, &'static str)> {
        let definition = self.definition_in(source);
        let has = |directive: &str| {
            definition.is_some_and(|definition| definition.directives.has(directive))
        };
        if has("federation__requires") {
            Some((source, "requires"))
        } else if has("federation__provides") {
            Some((source, "provides"))
        } else if self.facts.is_external {
            Some((self.subgraph, "external"))
        } else {
            None
        }
    }

    /// The source does not have the field: it is done, or the source has it by an interface object.
    fn check_absent(&self, source: &Subgraph, subgraphs: &[Subgraph], report: &mut Report) {
        let Some(interface) = self.interface_object_with_field(source, subgraphs) else {
            let message = format!(
                "{} is left over: subgraph \"{}\" no longer has the field; remove the directive",
                self.told(),
                source.name
            );
            let code = HintCode::OverrideDirectiveCanBeRemoved;
            report.hint(code, message, [self.place()]);
            return;
        };
        let what = format!(
            "\"{}\" has the field for all implementations of interface object \"{interface}\", and cannot give up that of one; move the interface object's field",
            source.name
        );
        let code = ErrorCode::OverrideCollisionWithAnotherDirective;
        self.error(report, code, what, [self.place()]);
    }

    fn interface_object_with_field<'s>(
        &self,
        source: &Subgraph,
        subgraphs: &'s [Subgraph],
    ) -> Option<&'s Name> {
        let objects = subgraphs
            .iter()
            .filter_map(|subgraph| subgraph.schema.get_object(self.ty));
        objects
            .flat_map(|object| &object.implements_interfaces)
            .map(|interface| &interface.name)
            .find(|interface| {
                source.facts.ty(interface).is_some_and(|facts| {
                    facts.is_interface_object && facts.fields.contains_key(&self.definition.name)
                })
            })
    }

    fn check_label(&self, report: &mut Report) {
        let Some(label) = &self.said.label else {
            return;
        };
        if is_label(label) {
            return;
        }
        let what = format!(
            "the label \"{label}\" is neither a letter, followed by letters, digits and any of _-:./, nor percent(x) with x from 0 to 100, of at most 8 decimals"
        );
        self.error(
            report,
            ErrorCode::OverrideLabelInvalid,
            what,
            [self.place()],
        );
    }

    fn hint_unknown_source(&self, subgraphs: &[Subgraph], report: &mut Report) {
        let names = subgraphs.iter().map(|subgraph| subgraph.name.as_str());
        let message = match nearest(&self.said.from, names) {
            Some(near) => format!(
                "{} names subgraph \"{}\", which does not exist; did you mean \"{near}\"?",
                self.told(),
                self.said.from
            ),
            None => format!(
                "{} names subgraph \"{}\", which does not exist; remove the directive, or correct the name",
                self.told(),
                self.said.from
            ),
        };
        let code = HintCode::FromSubgraphDoesNotExist;
        report.hint(code, message, [self.place()]);
    }

    fn hint_state(&self, source: &Subgraph, overridden: &FieldFacts, report: &mut Report) {
        let told = self.told();
        let Subgraph { name, .. } = source;
        if overridden.is_external {
            let message = format!(
                "{told} is left over: in subgraph \"{name}\", the field is @external, and not resolved; remove the directive"
            );
            let code = HintCode::OverrideDirectiveCanBeRemoved;
            report.hint(code, message, [self.place(), self.place_in(source)]);
            return;
        }
        let use_left = if overridden.is_used {
            ", or mark it @external there: keys, @requires, @provides, contexts or interfaces of that subgraph still use it"
        } else {
            ""
        };
        let (code, message) = if self.said.label.is_some() {
            let message = format!(
                "{told} moves the field step by step from subgraph \"{name}\"; when that is done, remove the field from there{use_left}"
            );
            (HintCode::OverrideMigrationInProgress, message)
        } else {
            let message = format!(
                "{told} has replaced the field of subgraph \"{name}\"; remove it from there{use_left}"
            );
            (HintCode::OverriddenFieldCanBeRemoved, message)
        };
        report.hint(code, message, [self.place_in(source), self.place()]);
    }

    fn told(&self) -> String {
        format!(
            "[{}] {} of \"{}.{}\"",
            self.subgraph.name,
            self.subgraph.spelling.written("override"),
            self.ty,
            self.definition.name
        )
    }

    fn error(
        &self,
        report: &mut Report,
        code: ErrorCode,
        what: impl std::fmt::Display,
        places: impl IntoIterator<Item = Option<Location>>,
    ) {
        let message = format!("{} from \"{}\": {what}", self.told(), self.said.from);
        report.error(code, message, places);
    }

    fn place(&self) -> Option<Location> {
        self.subgraph.at(self.said.span)
    }

    fn place_in(&self, source: &Subgraph) -> Option<Location> {
        source.at(self.definition_in(source)?.name.location())
    }

    fn definition_in<'s>(&self, source: &'s Subgraph) -> Option<&'s ast::FieldDefinition> {
        let definition = source.schema.type_field(self.ty, &self.definition.name);
        definition.ok().map(|definition| &***definition)
    }
}
