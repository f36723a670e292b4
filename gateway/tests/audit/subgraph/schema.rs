//! A subgraph's schema from its SDL alone, with what federation adds to it.

use std::collections::{HashMap, HashSet};

use apollo_compiler::{
    Name, Schema,
    ast::DirectiveList,
    collections::HashMap as CompilerMap,
    executable::{FieldSet, Selection, SelectionSet},
    schema::{Component, Directive, ExtendedType, FieldDefinition, Implementers},
    validation::Valid,
};

/// The directives that a subgraph may use (Apollo Federation's subgraph specification), those of federation 1 included.
const DIRECTIVES: &str = "
scalar _Any
scalar FieldSet
scalar link__Import
enum link__Purpose { SECURITY EXECUTION }
type _Service { sdl: String! }
directive @link(url: String!, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA
directive @key(fields: FieldSet!, resolvable: Boolean = true) repeatable on OBJECT | INTERFACE
directive @requires(fields: FieldSet!) on FIELD_DEFINITION
directive @provides(fields: FieldSet!) on FIELD_DEFINITION
directive @external(reason: String) on OBJECT | FIELD_DEFINITION
directive @extends on OBJECT | INTERFACE
directive @shareable repeatable on OBJECT | FIELD_DEFINITION
directive @override(from: String!, label: String) on FIELD_DEFINITION
directive @interfaceObject on OBJECT
directive @inaccessible on FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION
";

/// A field's place.
type Coordinate = (Name, Name);

/// A subgraph's schema, and what its federation directives say.
pub(crate) struct SubgraphSchema {
    pub(crate) schema: Valid<Schema>,
    pub(crate) implementers: CompilerMap<Name, Implementers>,
    /// The resolvable keys of each entity type and entity interface.
    pub(crate) keys: HashMap<Name, Vec<SelectionSet>>,
    pub(crate) requires: HashMap<Coordinate, SelectionSet>,
    pub(crate) provides: HashMap<Coordinate, SelectionSet>,
    pub(crate) interface_objects: HashSet<Name>,
    /// Fields that only other subgraphs resolve, where nothing provides them. A key's fields never are, whatever is written.
    external: HashSet<Coordinate>,
}

impl SubgraphSchema {
    pub(crate) fn parse(sdl: &str) -> Result<Self, String> {
        let builder = || {
            Schema::builder()
                .adopt_orphan_extensions()
                .parse(sdl, "subgraph.graphql")
                .parse(DIRECTIVES, "directives.graphql")
        };
        let plain = builder()
            .build()
            .map_err(|error| error.errors.to_string())?;
        let schema = builder()
            .parse(roots(&plain), "entities.graphql")
            .build()
            .and_then(Schema::validate)
            .map_err(|error| error.errors.to_string())?;
        let mut this = Self {
            implementers: schema.implementers_map(),
            keys: HashMap::new(),
            requires: HashMap::new(),
            provides: HashMap::new(),
            interface_objects: HashSet::new(),
            external: HashSet::new(),
            schema,
        };
        this.read()?;
        Ok(this)
    }

    fn read(&mut self) -> Result<(), String> {
        let schema = self.schema.clone();
        let mut of_keys = HashSet::new();
        for (name, ty) in &schema.types {
            let (directives, fields) = match ty {
                ExtendedType::Object(object) => (&object.directives, &object.fields),
                ExtendedType::Interface(interface) => (&interface.directives, &interface.fields),
                _ => continue,
            };
            if directives.has("interfaceObject") {
                self.interface_objects.insert(name.clone());
            }
            for key in directives.get_all("key") {
                let set = field_set(&schema, name, key)?;
                collect(&set, &mut of_keys);
                if is_resolvable(key) {
                    self.keys.entry(name.clone()).or_default().push(set);
                }
            }
            let all_external = directives.has("external");
            for (field, definition) in fields {
                let coordinate = (name.clone(), field.clone());
                let directives = &definition.directives;
                if all_external || directives.has("external") {
                    self.external.insert(coordinate.clone());
                }
                if let Some(set) = directive_set(&schema, name, directives, "requires")? {
                    self.requires.insert(coordinate.clone(), set);
                }
                let to = definition.ty.inner_named_type();
                if let Some(set) = directive_set(&schema, to, directives, "provides")? {
                    self.provides.insert(coordinate, set);
                }
            }
        }
        self.external
            .retain(|coordinate| !of_keys.contains(coordinate));
        Ok(())
    }

    /// Whether only other subgraphs resolve a field, unless it is provided.
    pub(crate) fn is_external(&self, ty: &Name, field: &Name) -> bool {
        self.external.contains(&(ty.clone(), field.clone()))
    }

    /// A field's definition.
    pub(crate) fn field(&self, ty: &str, field: &str) -> Option<&Component<FieldDefinition>> {
        self.schema.type_field(ty, field).ok()
    }

    /// Whether objects of a type are of another one, too.
    pub(crate) fn is(&self, ty: &str, other: &str) -> bool {
        ty == other
            || match self.schema.types.get(other) {
                Some(ExtendedType::Union(union)) => union.members.iter().any(|name| name == ty),
                Some(ExtendedType::Interface(_)) => self
                    .implementers
                    .get(other)
                    .is_some_and(|all| all.objects.iter().any(|name| name == ty)),
                _ => false,
            }
    }
}

/// What federation adds to the root, as an extension.
fn roots(schema: &Schema) -> String {
    let entities: Vec<_> = schema
        .types
        .iter()
        .filter(|(_, ty)| ty.is_object() && ty.directives().get_all("key").any(is_resolvable))
        .map(|(name, _)| name.as_str())
        .collect();
    let service = "extend type Query { _service: _Service! }";
    if entities.is_empty() {
        return service.to_owned();
    }
    format!(
        "{service}\nunion _Entity = {}\nextend type Query {{ _entities(representations: [_Any!]!): [_Entity]! }}",
        entities.join(" | ")
    )
}

fn is_resolvable(key: impl AsRef<Directive>) -> bool {
    let resolvable = key.as_ref().specified_argument_by_name("resolvable");
    resolvable.is_none_or(|value| value.to_bool() != Some(false))
}

fn directive_set(
    schema: &Valid<Schema>,
    ty: &Name,
    directives: &DirectiveList,
    name: &str,
) -> Result<Option<SelectionSet>, String> {
    let directive = directives.get(name);
    directive
        .map(|directive| field_set(schema, ty, directive))
        .transpose()
}

fn field_set(
    schema: &Valid<Schema>,
    ty: &Name,
    directive: &Directive,
) -> Result<SelectionSet, String> {
    let fields = directive.specified_argument_by_name("fields");
    let text = fields
        .and_then(|fields| fields.as_str())
        .unwrap_or_default();
    FieldSet::parse_and_validate(schema, ty.clone(), text, "fields")
        .map(|set| set.selection_set.clone())
        .map_err(|error| error.errors.to_string())
}

/// Every field that a set selects.
fn collect(set: &SelectionSet, fields: &mut HashSet<Coordinate>) {
    for selection in &set.selections {
        match selection {
            Selection::Field(field) => {
                fields.insert((set.ty.clone(), field.name.clone()));
                collect(&field.selection_set, fields);
            }
            Selection::InlineFragment(inline) => collect(&inline.selection_set, fields),
            Selection::FragmentSpread(_) => {}
        }
    }
}
