//! Who may see a field may see, through it, what it is computed from: so it demands of clients (`@authenticated`,
//! `@requiresScopes`, `@policy`) at least what that demands.

use apollo_compiler::{Name, Node, Schema, ast, parser::SourceSpan, schema::ExtendedType};

use super::Merger;
use crate::compose::{
    ErrorCode,
    merge::{
        applied::Directives,
        auth::{self, Demand},
        features::{Features, Spec},
    },
    report::Report,
    subgraph::{FieldSet, Subgraph, context_setters, contextual_arguments, parse_field_set},
};

/// Reports fields that read, by `@requires` or `@fromContext`, what demands more of clients than they do.
pub(super) fn check(merged: &Schema, merger: &Merger<'_>, report: &mut Report) {
    let features = &merger.features;
    let specs = [Spec::Authenticated, Spec::RequiresScopes, Spec::Policy];
    if specs.into_iter().all(|spec| features.name(spec).is_none()) {
        return;
    }
    let check = Check { merged, features };
    for subgraph in merger.subgraphs {
        for (name, ty) in &subgraph.schema.types {
            if let ExtendedType::Object(object) = ty {
                for field in object.fields.values() {
                    check.requires(subgraph, name, field, report);
                    check.contexts(subgraph, name, field, report);
                }
            }
        }
    }
}

struct Check<'a> {
    merged: &'a Schema,
    features: &'a Features,
}

/// What something demands of clients, all of it.
#[derive(Debug, Default)]
struct Access {
    authenticated: bool,
    scopes: Demand,
    policies: Demand,
}

impl Access {
    fn of<'a>(directives: impl Into<Directives<'a>>, features: &Features) -> Self {
        let mut access = Self::default();
        for directive in directives.into().iter() {
            let is = |spec| features.name(spec) == Some(&directive.name);
            let demand = |argument| {
                let value = directive.specified_argument_by_name(argument);
                value.map(|value| auth::read(value)).unwrap_or_default()
            };
            if is(Spec::Authenticated) {
                access.authenticated = true;
            } else if is(Spec::RequiresScopes) {
                access.scopes = demand("scopes");
            } else if is(Spec::Policy) {
                access.policies = demand("policies");
            }
        }
        access
    }

    /// Nothing if that is too much to tell (which was reported before).
    fn and(&self, other: &Self) -> Option<Self> {
        Some(Self {
            authenticated: self.authenticated || other.authenticated,
            scopes: auth::both(&self.scopes, &other.scopes)?,
            policies: auth::both(&self.policies, &other.policies)?,
        })
    }

    /// Whether whoever satisfies this satisfies that, too.
    fn covers(&self, other: &Self) -> bool {
        (self.authenticated || !other.authenticated)
            && implies(&self.scopes, &other.scopes)
            && implies(&self.policies, &other.policies)
    }
}

/// Whether each alternative of the one has all of some alternative of the other.
fn implies(one: &Demand, other: &Demand) -> bool {
    let has_all = |one: &[String], other: &[String]| other.iter().all(|name| one.contains(name));
    other.is_empty()
        || (!one.is_empty()
            && one
                .iter()
                .all(|one| other.iter().any(|other| has_all(one, other))))
}

/// What demands more: a coordinate.
struct Lacking(String);

impl Check<'_> {
    fn requires(
        &self,
        subgraph: &Subgraph,
        ty: &Name,
        field: &Node<ast::FieldDefinition>,
        report: &mut Report,
    ) {
        let facts = subgraph.facts.field(ty, &field.name);
        let Some(required) = facts.and_then(|facts| facts.requires.as_ref()) else {
            return;
        };
        let Some(access) = self.access_to(ty, &field.name) else {
            return;
        };
        if let Err(Lacking(coordinate)) = self.read(&access, ty, &required.selections) {
            let directive = field.directives.get("federation__requires");
            let what = format!("\"{coordinate}\", which it reads by @requires");
            let span = directive.and_then(Node::location);
            report_lacking(subgraph, ty, field, &what, span, report);
        }
    }

    fn contexts(
        &self,
        subgraph: &Subgraph,
        ty: &Name,
        field: &Node<ast::FieldDefinition>,
        report: &mut Report,
    ) {
        for (argument, reference) in contextual_arguments(field) {
            let Some(access) = self.access_to(ty, &field.name) else {
                return;
            };
            let Ok(FieldSet { selections, .. }) = parse_field_set(reference.selection) else {
                continue;
            };
            let setters = context_setters(&subgraph.schema);
            let setters = setters.get(reference.context).into_iter().flatten();
            for setter in setters {
                let lacking = self
                    .check_type(&access, setter)
                    .and_then(|()| self.read(&access, setter, &selections));
                if let Err(Lacking(coordinate)) = lacking {
                    let what = format!(
                        "\"{coordinate}\", which it reads from the context \"{}\"",
                        reference.context
                    );
                    report_lacking(subgraph, ty, field, &what, argument.location(), report);
                    break;
                }
            }
        }
    }

    /// What a field and its type demand of clients.
    fn access_to(&self, ty: &Name, field: &Name) -> Option<Access> {
        let of_type = self.merged.types.get(ty)?;
        let of_type = Access::of(of_type.directives(), self.features);
        let field = self.merged.type_field(ty, field).ok()?;
        of_type.and(&Access::of(&field.directives, self.features))
    }

    fn read(
        &self,
        access: &Access,
        ty: &Name,
        selections: &[ast::Selection],
    ) -> Result<(), Lacking> {
        for selection in selections {
            match selection {
                ast::Selection::Field(field) => self.read_field(access, ty, field)?,
                ast::Selection::InlineFragment(fragment) => {
                    let ty = fragment.type_condition.as_ref().unwrap_or(ty);
                    self.check_type(access, ty)?;
                    self.read(access, ty, &fragment.selection_set)?;
                }
                ast::Selection::FragmentSpread(_) => {}
            }
        }
        Ok(())
    }

    fn read_field(&self, access: &Access, ty: &Name, field: &ast::Field) -> Result<(), Lacking> {
        let Ok(definition) = self.merged.type_field(ty, &field.name) else {
            return Ok(());
        };
        let needed = Access::of(&definition.directives, self.features);
        if !access.covers(&needed) {
            return Err(Lacking(format!("{ty}.{}", field.name)));
        }
        let leads_to = definition.ty.inner_named_type();
        self.check_type(access, leads_to)?;
        self.read(access, leads_to, &field.selection_set)
    }

    fn check_type(&self, access: &Access, ty: &Name) -> Result<(), Lacking> {
        let Some(definition) = self.merged.types.get(ty) else {
            return Ok(());
        };
        if access.covers(&Access::of(definition.directives(), self.features)) {
            Ok(())
        } else {
            Err(Lacking(ty.to_string()))
        }
    }
}

fn report_lacking(
    subgraph: &Subgraph,
    ty: &Name,
    field: &Node<ast::FieldDefinition>,
    what: &str,
    span: Option<SourceSpan>,
    report: &mut Report,
) {
    let [authenticated, scopes, policy] =
        ["authenticated", "requiresScopes", "policy"].map(|one| subgraph.spelling.written(one));
    report.subgraph_error(
        subgraph,
        ErrorCode::MissingTransitiveAuthRequirements,
        format_args!(
            "\"{ty}.{}\" is open to clients who may not see {what}: protect the field, or its type, with at least the same \
             {authenticated}, {scopes} and {policy}",
            field.name
        ),
        span,
    );
}
