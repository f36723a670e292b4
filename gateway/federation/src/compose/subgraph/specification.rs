//! What the specifications define: federation's directives by version, and `@link` itself.

use apollo_compiler::{Name, Node, ast};

use super::{FederationVersion, Link};

/// The newest version of each directive. Types without a prefix that are not GraphQL's own are federation's scalars.
const FEDERATION: &str = r"
    directive @authenticated on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
    directive @cacheTag(format: String!) repeatable on OBJECT | FIELD_DEFINITION
    directive @composeDirective(name: String) repeatable on SCHEMA
    directive @context(name: String!) repeatable on INTERFACE | OBJECT | UNION
    directive @cost(weight: Int!) on ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT | SCALAR
    directive @extends on OBJECT | INTERFACE
    directive @external(reason: String) on OBJECT | FIELD_DEFINITION
    directive @fromContext(field: ContextFieldValue) on ARGUMENT_DEFINITION
    directive @inaccessible on FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION
    directive @interfaceObject on OBJECT
    directive @key(fields: FieldSet!, resolvable: Boolean = true) repeatable on OBJECT | INTERFACE
    directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!], requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION
    directive @override(from: String!, label: String) on FIELD_DEFINITION
    directive @policy(policies: [[Policy!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
    directive @provides(fields: FieldSet!) on FIELD_DEFINITION
    directive @requires(fields: FieldSet!) on FIELD_DEFINITION
    directive @requiresScopes(scopes: [[Scope!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
    directive @shareable repeatable on OBJECT | FIELD_DEFINITION
    directive @tag(name: String!) repeatable on FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION | SCHEMA
";

/// What comes with any version: `@link`, with types of the link specification; Apollo's connectors, which nobody but its
/// router reads; and what GraphQL has added since `apollo-compiler` wrote its own definitions down.
const OTHERS: &str = r"
    directive @connect(id: JSON, source: JSON, http: JSON, selection: JSON!, entity: JSON, batch: JSON, errors: JSON, isSuccess: JSON) repeatable on FIELD_DEFINITION | OBJECT
    directive @link(url: String, as: String, for: Purpose, import: [Import]) repeatable on SCHEMA
    directive @oneOf on INPUT_OBJECT
    directive @source(name: String!, http: JSON!, errors: JSON, isSuccess: JSON) repeatable on SCHEMA
";

/// Whether a link is to Apollo's connectors.
pub(super) fn is_connectors(link: &Link) -> bool {
    let version = link.version.as_deref();
    link.apollo_name() == Some("connect")
        && version.is_some_and(|version| CONNECTORS_VERSIONS.contains(&version))
}

/// The directives of each version, by the minor version that brought them.
const SINCE: [(&str, u8); 19] = [
    ("authenticated", 5),
    ("cacheTag", 12),
    ("composeDirective", 1),
    ("context", 8),
    ("cost", 9),
    ("extends", 0),
    ("external", 0),
    ("fromContext", 8),
    ("inaccessible", 0),
    ("interfaceObject", 3),
    ("key", 0),
    ("listSize", 9),
    ("override", 0),
    ("policy", 6),
    ("provides", 0),
    ("requires", 0),
    ("requiresScopes", 5),
    ("shareable", 0),
    ("tag", 0),
];

/// The scalars of each version, likewise.
const SCALARS_SINCE: [(&str, u8); 4] = [
    ("ContextFieldValue", 8),
    ("FieldSet", 0),
    ("Policy", 6),
    ("Scope", 5),
];

/// The directives that Federation 1 knows without any `@link`.
const FEDERATION_1: [&str; 7] = [
    "extends",
    "external",
    "inaccessible",
    "key",
    "provides",
    "requires",
    "tag",
];

/// The newest minor version of Federation 2.
const NEWEST: u8 = 12;

/// A specification apart from federation's whose directives mean what federation's of the same name do.
#[derive(Debug)]
pub(super) struct Shared {
    /// Its name at `specs.apollo.dev`; also that of its first directive.
    pub(super) name: &'static str,
    pub(super) versions: &'static [&'static str],
    /// Without their prefix.
    pub(super) directives: &'static [&'static str],
    /// Which minor version of federation it takes with it: where an older one is linked, that is upgraded.
    pub(super) implies: u8,
}

/// The directives of Apollo's connectors; the first is named as its specification.
pub(super) const CONNECTORS: [&str; 2] = ["connect", "source"];
const CONNECTORS_VERSIONS: [&str; 4] = ["v0.1", "v0.2", "v0.3", "v0.4"];

/// Those that a subgraph may link on their own.
pub(super) const SHARED: [Shared; 8] = [
    shared("authenticated", &["v0.1"], &["authenticated"], 5),
    shared("cacheTag", &["v0.1"], &["cacheTag"], 0),
    shared("context", &["v0.1"], &["context", "fromContext"], 0),
    shared("cost", &["v0.1"], &["cost", "listSize"], 9),
    shared("inaccessible", &["v0.1", "v0.2"], &["inaccessible"], 0),
    shared("policy", &["v0.1"], &["policy"], 0),
    shared("requiresScopes", &["v0.1"], &["requiresScopes"], 5),
    shared("tag", &["v0.1", "v0.2", "v0.3"], &["tag"], 0),
];

const fn shared(
    name: &'static str,
    versions: &'static [&'static str],
    directives: &'static [&'static str],
    implies: u8,
) -> Shared {
    Shared {
        name,
        versions,
        directives,
        implies,
    }
}

/// The versions of specifications of which no other can be understood.
pub(super) const STRICT: [(&str, &[&str]); 6] = [
    ("core", &["v0.1", "v0.2"]),
    ("inaccessible", &["v0.1", "v0.2"]),
    ("join", &["v0.1", "v0.2", "v0.3", "v0.4", "v0.5"]),
    ("kotlin_labs", &["v0.1", "v0.2"]),
    ("link", &["v1.0"]),
    ("tag", &["v0.1", "v0.2", "v0.3"]),
];

/// The names of a version's directives, without their prefix.
pub(super) fn directives(version: FederationVersion) -> impl Iterator<Item = &'static str> {
    SINCE
        .into_iter()
        .filter(move |(name, since)| match version {
            FederationVersion::V1 => FEDERATION_1.contains(name),
            FederationVersion::V2 { minor } => *since <= minor,
        })
        .map(|(name, _)| name)
}

/// The names of a version's scalars, without their prefix.
pub(super) fn scalars(version: FederationVersion) -> impl Iterator<Item = &'static str> {
    let minor = match version {
        FederationVersion::V1 => 0,
        FederationVersion::V2 { minor } => minor,
    };
    SCALARS_SINCE
        .into_iter()
        .filter(move |(_, since)| *since <= minor)
        .map(|(name, _)| name)
}

/// Federation's scalar of that name, in whatever version.
pub(super) fn scalar(name: &str) -> Option<&'static str> {
    let mut known = SCALARS_SINCE.iter().map(|(known, _)| *known);
    known.find(|known| *known == name)
}

/// The version that a `vX.Y` of the federation specification names, if there is such a version.
pub(super) fn version(major: u32, minor: u32) -> Option<FederationVersion> {
    let minor = u8::try_from(minor).ok()?;
    (major == 2 && minor <= NEWEST).then_some(FederationVersion::V2 { minor })
}

/// The newest version.
pub(super) const fn newest() -> FederationVersion {
    FederationVersion::V2 { minor: NEWEST }
}

/// The definitions, parsed once for all subgraphs.
#[derive(Debug)]
pub(super) struct Definitions {
    federation: Vec<Node<ast::DirectiveDefinition>>,
    others: Vec<Node<ast::DirectiveDefinition>>,
}

impl Definitions {
    pub(super) fn new() -> Self {
        Self {
            federation: parse(FEDERATION),
            others: parse(OTHERS),
        }
    }

    /// What a version says of a directive, under its name without a prefix.
    pub(super) fn directive(
        &self,
        name: &str,
        version: FederationVersion,
    ) -> Option<ast::DirectiveDefinition> {
        let newest = self.federation.iter().find(|one| one.name == name)?;
        let mut definition = ast::DirectiveDefinition::clone(newest);
        let minor = match version {
            FederationVersion::V1 => 0,
            FederationVersion::V2 { minor } => minor,
        };
        match name {
            "shareable" => definition.repeatable = minor >= 2,
            "override" if minor < 7 => definition.arguments.retain(|one| one.name != "label"),
            "tag" if minor < 3 => definition
                .locations
                .retain(|one| *one != ast::DirectiveLocation::Schema),
            _ => {}
        }
        Some(definition)
    }

    /// A directive that is not federation's: `link`, `oneOf`, `connect` or `source`.
    pub(super) fn other(&self, name: &str) -> Option<ast::DirectiveDefinition> {
        let definition = self.others.iter().find(|one| one.name == name)?;
        Some(ast::DirectiveDefinition::clone(definition))
    }
}

/// The directive definitions of one of the constant texts above. (That these parse is tested.)
fn parse(text: &str) -> Vec<Node<ast::DirectiveDefinition>> {
    let document =
        ast::Document::parse(text, "specification.graphql").unwrap_or_else(|broken| broken.partial);
    let definitions = document.definitions.iter();
    definitions
        .filter_map(ast::Definition::as_directive_definition)
        .cloned()
        .collect()
}

/// Whether a name is that of one of GraphQL's own scalars.
pub(super) fn is_built_in(name: &str) -> bool {
    matches!(name, "Boolean" | "Float" | "ID" | "Int" | "String")
}

/// A name of the specification, with a prefix at most.
pub(super) fn known(name: &str) -> Name {
    Name::new_unchecked(name)
}

/// A federation directive's name in the canonical form of a schema.
pub(super) fn canonical(directive: &str) -> Name {
    known(&format!("federation__{directive}"))
}
