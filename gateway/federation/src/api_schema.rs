//! The schema that clients see: the supergraph without federation's machinery and without what is `@inaccessible`.

use std::collections::HashSet;

use apollo_compiler::{
    Name, Node, Schema,
    ast::{DirectiveDefinition, DirectiveList, DirectiveLocation, Type, Value},
    name,
    schema::{Component, ExtendedType, FieldDefinition, InputValueDefinition},
};

/// Directives that introspection tells clients about; every other application serves the machinery.
const KEPT: [&str; 3] = ["deprecated", "specifiedBy", "oneOf"];

/// Derives the API schema; the result still has to be validated.
pub(crate) fn derive(supergraph: &Schema) -> Schema {
    let features = Features::of(supergraph);
    let mut schema = supergraph.clone();
    let hidden: HashSet<Name> = schema
        .types
        .iter()
        .filter(|(name, ty)| features.owns(name) || ty.directives().has(&features.inaccessible))
        .map(|(name, _)| name.clone())
        .collect();

    schema.types.retain(|name, _| !hidden.contains(name));
    schema.directive_definitions.retain(|name, definition| {
        KEPT.contains(&name.as_str()) || definition.is_built_in() || !features.owns_directive(name)
    });
    let definition = schema.schema_definition.make_mut();
    definition.directives.0.clear();
    for root in [
        &mut definition.query,
        &mut definition.mutation,
        &mut definition.subscription,
    ] {
        root.take_if(|root| hidden.contains(&root.name));
    }
    for definition in schema.directive_definitions.values_mut() {
        if !definition.is_built_in() {
            clean_arguments(&mut definition.make_mut().arguments, &features, &hidden);
        }
    }
    for ty in schema.types.values_mut() {
        clean_type(ty, &features, &hidden);
    }
    let defer = defer_definition();
    schema
        .directive_definitions
        .insert(defer.name.clone(), Node::new(defer));
    schema
}

/// `@defer` as the incremental delivery proposal has it: ours, whatever a subgraph composed under this name.
fn defer_definition() -> DirectiveDefinition {
    let argument = |name, description: &str, ty, default: Option<bool>| {
        Node::new(InputValueDefinition {
            description: Some(description.into()),
            name,
            ty: Node::new(ty),
            default_value: default.map(|value| Node::new(Value::Boolean(value))),
            directives: DirectiveList::new(),
        })
    };
    DirectiveDefinition {
        description: Some("Lets the fragment be answered later than what is around it.".into()),
        name: name!("defer"),
        arguments: vec![
            argument(
                name!("label"),
                "Tells the fragment's answers from others'.",
                Type::Named(name!("String")),
                None,
            ),
            argument(
                name!("if"),
                "When false, the fragment is answered with what is around it.",
                Type::NonNullNamed(name!("Boolean")),
                Some(true),
            ),
        ],
        repeatable: false,
        locations: vec![
            DirectiveLocation::FragmentSpread,
            DirectiveLocation::InlineFragment,
        ],
    }
}

fn clean_type(ty: &mut ExtendedType, features: &Features, hidden: &HashSet<Name>) {
    if ty.is_built_in() {
        return;
    }
    match ty {
        ExtendedType::Scalar(scalar) => clean_type_directives(&mut scalar.make_mut().directives),
        ExtendedType::Object(object) => {
            let object = object.make_mut();
            clean_type_directives(&mut object.directives);
            object
                .implements_interfaces
                .retain(|interface| !hidden.contains(&interface.name));
            clean_fields(&mut object.fields, features, hidden);
        }
        ExtendedType::Interface(interface) => {
            let interface = interface.make_mut();
            clean_type_directives(&mut interface.directives);
            interface
                .implements_interfaces
                .retain(|parent| !hidden.contains(&parent.name));
            clean_fields(&mut interface.fields, features, hidden);
        }
        ExtendedType::Union(union) => {
            let union = union.make_mut();
            clean_type_directives(&mut union.directives);
            union
                .members
                .retain(|member| !hidden.contains(&member.name));
        }
        ExtendedType::Enum(definition) => {
            let definition = definition.make_mut();
            clean_type_directives(&mut definition.directives);
            definition
                .values
                .retain(|_, value| !value.directives.has(&features.inaccessible));
            for value in definition.values.values_mut() {
                clean_directives(&mut value.make_mut().directives);
            }
        }
        ExtendedType::InputObject(input) => {
            let input = input.make_mut();
            clean_type_directives(&mut input.directives);
            input.fields.retain(|_, field| {
                !field.directives.has(&features.inaccessible)
                    && !hidden.contains(field.ty.inner_named_type())
            });
            for field in input.fields.values_mut() {
                clean_directives(&mut field.make_mut().directives);
            }
        }
    }
}

fn clean_fields(
    fields: &mut apollo_compiler::collections::IndexMap<Name, Component<FieldDefinition>>,
    features: &Features,
    hidden: &HashSet<Name>,
) {
    fields.retain(|_, field| {
        !field.directives.has(&features.inaccessible)
            && !hidden.contains(field.ty.inner_named_type())
    });
    for field in fields.values_mut() {
        let field = field.make_mut();
        clean_directives(&mut field.directives);
        clean_arguments(&mut field.arguments, features, hidden);
    }
}

fn clean_arguments(
    arguments: &mut Vec<Node<InputValueDefinition>>,
    features: &Features,
    hidden: &HashSet<Name>,
) {
    arguments.retain(|argument| {
        !argument.directives.has(&features.inaccessible)
            && !hidden.contains(argument.ty.inner_named_type())
    });
    for argument in arguments {
        clean_directives(&mut argument.make_mut().directives);
    }
}

fn clean_directives(directives: &mut DirectiveList) {
    directives
        .0
        .retain(|directive| KEPT.contains(&directive.name.as_str()));
}

fn clean_type_directives(directives: &mut apollo_compiler::schema::DirectiveList) {
    directives
        .0
        .retain(|directive| KEPT.contains(&directive.name.as_str()));
}

/// The specifications that the supergraph links, by the names that they brought into it.
struct Features {
    prefixes: Vec<String>,
    directives: HashSet<String>,
    inaccessible: String,
}

impl Features {
    fn of(schema: &Schema) -> Self {
        let mut features = Self {
            prefixes: vec![
                "join__".into(),
                "link__".into(),
                "core__".into(),
                "federation__".into(),
            ],
            directives: HashSet::from(["link".to_owned(), "core".to_owned()]),
            inaccessible: "inaccessible".to_owned(),
        };
        for directive in &schema.schema_definition.directives.0 {
            let argument = |name: &str| directive.specified_argument_by_name(name);
            let url = match directive.name.as_str() {
                "core" => argument("feature"),
                "link" => argument("url"),
                _ => continue,
            };
            let Some(name) = url.and_then(|url| url.as_str()).and_then(spec_name) else {
                continue;
            };
            let namespace = argument("as")
                .and_then(|value| value.as_str())
                .unwrap_or(name);
            features.prefixes.push(format!("{namespace}__"));
            features.directives.insert(namespace.to_owned());
            if name == "inaccessible" {
                namespace.clone_into(&mut features.inaccessible);
            }
            features.read_imports(argument("import").map(AsRef::as_ref));
        }
        features
    }

    fn read_imports(&mut self, import: Option<&Value>) {
        for item in import.and_then(Value::as_list).unwrap_or_default() {
            let (name, alias) = match item.as_ref() {
                Value::String(name) => (name.as_str(), name.as_str()),
                Value::Object(entries) => {
                    let entry = |key: &str| {
                        entries
                            .iter()
                            .find(|(name, _)| name == key)
                            .and_then(|(_, value)| value.as_str())
                    };
                    let Some(name) = entry("name") else { continue };
                    (name, entry("as").unwrap_or(name))
                }
                _ => continue,
            };
            if let Some(directive) = alias.strip_prefix('@') {
                self.directives.insert(directive.to_owned());
                if name == "@inaccessible" {
                    directive.clone_into(&mut self.inaccessible);
                }
            }
        }
    }

    fn owns(&self, name: &str) -> bool {
        self.prefixes
            .iter()
            .any(|prefix| name.starts_with(prefix.as_str()))
    }

    fn owns_directive(&self, name: &str) -> bool {
        self.directives.contains(name) || self.owns(name)
    }
}

/// `https://specs.apollo.dev/join/v0.3` → `join`: the segment before the version.
fn spec_name(url: &str) -> Option<&str> {
    let mut segments = url.trim_end_matches('/').rsplit('/');
    let last = segments.next()?;
    let is_version = last
        .strip_prefix('v')
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    if is_version {
        segments.next()
    } else {
        Some(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_specification_is_named_by_the_segment_before_its_version() {
        assert_eq!(
            spec_name("https://specs.apollo.dev/join/v0.3"),
            Some("join")
        );
        assert_eq!(
            spec_name("https://example.com/custom/v1.0/"),
            Some("custom")
        );
        assert_eq!(spec_name("https://example.com/vast"), Some("vast"));
    }
}
