//! Who asks for an interface may get any of its implementations: what these demand of clients, the interface demands. What
//! an interface object demands for a field, it demands for that field of all implementations.

use apollo_compiler::{
    Name, Node, Schema, ast,
    collections::IndexMap,
    name,
    schema::{Component, ExtendedType, ObjectType},
};

use super::{
    auth::{self, Demand},
    features::{Features, Spec},
};
use crate::compose::{ErrorCode, HintCode, report::Report};

const SPECS: [Spec; 3] = [Spec::Authenticated, Spec::RequiresScopes, Spec::Policy];

/// Goes over the merged schema.
pub(super) fn demand(merged: &mut Schema, features: &Features, report: &mut Report) {
    if SPECS.iter().all(|spec| features.name(*spec).is_none()) {
        return;
    }
    demand_of_implementations(merged, features, report);
    let mut all: IndexMap<Name, OfInterface> = IndexMap::default();
    for ty in merged.types.values() {
        if let ExtendedType::Object(object) = ty
            && !object.implements_interfaces.is_empty()
        {
            gather(object, features, &mut all);
        }
    }
    for (name, demands) in all {
        let Some(ExtendedType::Interface(interface)) = merged.types.get_mut(&name) else {
            continue;
        };
        let interface = interface.make_mut();
        let own = interface.directives.iter().map(|one| &one.node);
        let own = Demands::of(own, features);
        interface
            .directives
            .0
            .retain(|one| spec_of(&one.name, features).is_none());
        let coordinate = || name.to_string();
        let written = unite(&own, &demands.itself, &coordinate, features, report);
        interface.directives.0.extend(written.map(Component::from));
        for (field, demands) in demands.fields {
            if let Some(field) = interface.fields.get_mut(&field) {
                demand_of_field(&name, field, &demands, features, report);
            }
        }
    }
}

/// An interface's fields demand something by themselves only where an interface object says so.
fn demand_of_implementations(merged: &mut Schema, features: &Features, report: &mut Report) {
    let mut all: IndexMap<Name, Vec<(Name, Demands)>> = IndexMap::default();
    for (name, ty) in &merged.types {
        let ExtendedType::Interface(interface) = ty else {
            continue;
        };
        let fields = interface.fields.iter().filter_map(|(field, definition)| {
            let demands = Demands::of(definition.directives.iter(), features);
            (!demands.is_empty()).then(|| (field.clone(), demands))
        });
        let fields: Vec<_> = fields.collect();
        if !fields.is_empty() {
            all.insert(name.clone(), fields);
        }
    }
    if all.is_empty() {
        return;
    }
    for (name, ty) in &mut merged.types {
        let ExtendedType::Object(object) = ty else {
            continue;
        };
        let interfaces = object.implements_interfaces.iter();
        let demands: Vec<_> = interfaces
            .filter_map(|interface| all.get(&interface.name))
            .flatten()
            .collect();
        for (field, demands) in demands {
            if let Some(field) = object.make_mut().fields.get_mut(field) {
                demand_of_field(name, field, demands, features, report);
            }
        }
    }
}

/// Adds demands to those that a field has.
fn demand_of_field(
    ty: &Name,
    field: &mut Component<ast::FieldDefinition>,
    demands: &Demands,
    features: &Features,
    report: &mut Report,
) {
    let own = Demands::of(field.directives.iter(), features);
    let field_name = field.name.clone();
    let directives = &mut field.make_mut().directives.0;
    directives.retain(|one| spec_of(&one.name, features).is_none());
    let coordinate = || format!("{ty}.{field_name}");
    directives.extend(unite(&own, demands, &coordinate, features, report));
}

/// What is demanded of who asks for an element: by each implementation's, without repetition.
#[derive(Debug, Default, Clone)]
struct Demands {
    authenticated: bool,
    scopes: Vec<Demand>,
    policies: Vec<Demand>,
}

/// Of all implementations of an interface.
#[derive(Debug, Default)]
struct OfInterface {
    itself: Demands,
    fields: IndexMap<Name, Demands>,
}

fn spec_of(directive: &Name, features: &Features) -> Option<Spec> {
    let mut specs = SPECS.into_iter();
    specs.find(|spec| features.name(*spec) == Some(directive))
}

/// Adds an implementation's demands to those on its interfaces.
fn gather(object: &ObjectType, features: &Features, all: &mut IndexMap<Name, OfInterface>) {
    let itself = Demands::of(object.directives.iter().map(|one| &one.node), features);
    let mut fields = Vec::new();
    for (name, field) in &object.fields {
        let demands = Demands::of(field.directives.iter(), features);
        if !demands.is_empty() {
            fields.push((name, demands));
        }
    }
    if itself.is_empty() && fields.is_empty() {
        return;
    }
    for interface in &object.implements_interfaces {
        let known = all.entry(interface.name.clone()).or_default();
        known.itself.add(&itself);
        for (field, demands) in &fields {
            let known = known.fields.entry((*field).clone()).or_default();
            known.add(demands);
        }
    }
}

impl Demands {
    fn of<'a>(
        directives: impl Iterator<Item = &'a Node<ast::Directive>>,
        features: &Features,
    ) -> Self {
        let mut demands = Self::default();
        for directive in directives {
            let demand = || {
                let argument = directive.arguments.first();
                argument.map(|argument| auth::read(&argument.value))
            };
            match spec_of(&directive.name, features) {
                Some(Spec::RequiresScopes) => demands.scopes.extend(demand()),
                Some(Spec::Policy) => demands.policies.extend(demand()),
                Some(_) => demands.authenticated = true,
                None => {}
            }
        }
        demands
    }

    fn is_empty(&self) -> bool {
        !self.authenticated && self.scopes.is_empty() && self.policies.is_empty()
    }

    fn add(&mut self, other: &Self) {
        self.authenticated |= other.authenticated;
        let add = |known: &mut Vec<Demand>, more: &[Demand]| {
            for one in more {
                if !known.contains(one) {
                    known.push(one.clone());
                }
            }
        };
        add(&mut self.scopes, &other.scopes);
        add(&mut self.policies, &other.policies);
    }
}

/// The directives that say what both demand.
fn unite(
    own: &Demands,
    of_implementations: &Demands,
    coordinate: &dyn Fn() -> String,
    features: &Features,
    report: &mut Report,
) -> impl Iterator<Item = Node<ast::Directive>> {
    let mut all = own.clone();
    all.add(of_implementations);
    let directive = |spec, arguments: Vec<Node<ast::Argument>>| {
        let name = features.name(spec)?.clone();
        Some(Node::new(ast::Directive { name, arguments }))
    };
    let authenticated = all
        .authenticated
        .then(|| directive(Spec::Authenticated, Vec::new()))
        .flatten();
    let mut demanding = |spec, name, demands: &[Demand]| {
        let argument = ast::Argument {
            name,
            value: auth::write(&conjunction(spec, demands, coordinate, report)?),
        };
        directive(spec, vec![Node::new(argument)])
    };
    let scopes = demanding(Spec::RequiresScopes, name!("scopes"), &all.scopes);
    let policies = demanding(Spec::Policy, name!("policies"), &all.policies);
    [authenticated, scopes, policies].into_iter().flatten()
}

/// What satisfies all demands; none if there are none, or (which is an error) if it is too much to say.
fn conjunction(
    spec: Spec,
    demands: &[Demand],
    coordinate: &dyn Fn() -> String,
    report: &mut Report,
) -> Option<Demand> {
    let (first, others) = demands.split_first()?;
    let mut all = first.clone();
    for one in others {
        if let Some(both) = auth::both(&all, one) {
            all = both;
            continue;
        }
        let message = format!(
            "What @{} demands of \"{}\" by interfaces and implementations has too many alternatives: at most {} can be \
             merged. Write fewer.",
            spec.directive(),
            coordinate(),
            auth::MOST_ALTERNATIVES,
        );
        report.error(ErrorCode::DirectiveCompositionError, message, []);
        return None;
    }
    if !others.is_empty() {
        let message = format!(
            "What @{} demands of \"{}\" differs between interfaces and implementations: the supergraph demands {} there.",
            spec.directive(),
            coordinate(),
            auth::write(&all).serialize().no_indent(),
        );
        let code = HintCode::MergedNonRepeatableDirectiveArguments;
        report.hint(code, message, []);
    }
    Some(all)
}
