//! The definitions of the specifications that a supergraph links, as text.

use std::fmt::Write as _;

use super::features::{Features, Spec};
use crate::compose::subgraph::FederationVersion;

const LINK: &str = "
    directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA
    scalar link__Import
    enum link__Purpose {
      \"`SECURITY` features provide metadata necessary to securely resolve fields.\"
      SECURITY
      \"`EXECUTION` features provide metadata necessary for operation execution.\"
      EXECUTION
    }
";

const JOIN: &str = "
    directive @join__enumValue(graph: join__Graph!) repeatable on ENUM_VALUE
    directive @join__graph(name: String!, url: String!) on ENUM_VALUE
    directive @join__implements(graph: join__Graph!, interface: String!) repeatable on OBJECT | INTERFACE
    directive @join__type(
      graph: join__Graph!, key: join__FieldSet, extension: Boolean! = false, resolvable: Boolean! = true,
      isInterfaceObject: Boolean! = false
    ) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR
    directive @join__unionMember(graph: join__Graph!, member: String!) repeatable on UNION
    scalar join__FieldSet
";

const JOIN_CONTEXT: &str = "
    input join__ContextArgument { name: String! type: String! context: String! selection: join__FieldValue! }
    scalar join__FieldValue
";

const JOIN_DIRECTIVE: &str = "
    directive @join__directive(graphs: [join__Graph!], name: String!, args: join__DirectiveArguments) repeatable on
      SCHEMA | OBJECT | INTERFACE | FIELD_DEFINITION
    scalar join__DirectiveArguments
";

/// All that a supergraph with these features needs.
pub(super) fn text(features: &Features) -> String {
    let mut text = format!("{LINK}{JOIN}");
    join_field(features.version, &mut text);
    if features.has_carried() {
        text.push_str(JOIN_DIRECTIVE);
    }
    let mut define = |spec: Spec, name: &str| {
        // Writing to a string cannot fail.
        let _ = write!(text, "directive @{name}{}", spec.definition());
    };
    for (spec, name) in &features.specs {
        define(*spec, name);
    }
    // The two of one specification come together.
    match (features.name(Spec::Cost), features.name(Spec::ListSize)) {
        (Some(_), None) => define(Spec::ListSize, "cost__listSize"),
        (None, Some(_)) => define(Spec::Cost, "cost"),
        _ => {}
    }
    text
}

/// What it can say depends on the version of the join specification.
fn join_field(version: FederationVersion, text: &mut String) {
    let has_labels = version >= FederationVersion::V2 { minor: 7 };
    let has_contexts = version >= FederationVersion::V2 { minor: 8 };
    let label = if has_labels {
        "overrideLabel: String"
    } else {
        ""
    };
    let contexts = if has_contexts {
        "contextArguments: [join__ContextArgument!]"
    } else {
        ""
    };
    if has_contexts {
        text.push_str(JOIN_CONTEXT);
    }
    let _ = write!(
        text,
        "directive @join__field(
          graph: join__Graph, requires: join__FieldSet, provides: join__FieldSet, type: String, external: Boolean,
          override: String, usedOverridden: Boolean, {label} {contexts}
        ) repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION\n"
    );
}

impl Spec {
    /// What follows the directive's name in its definition, and what else the definition needs.
    fn definition(self) -> &'static str {
        match self {
            Self::Context => {
                "(name: String!) repeatable on OBJECT | INTERFACE | UNION
                directive @context__fromContext(field: context__ContextFieldValue) on ARGUMENT_DEFINITION
                scalar context__ContextFieldValue\n"
            }
            Self::Tag => {
                "(name: String!) repeatable on FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ARGUMENT_DEFINITION |
                SCALAR | ENUM | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION | SCHEMA\n"
            }
            Self::Inaccessible => {
                " on FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE |
                INPUT_OBJECT | INPUT_FIELD_DEFINITION\n"
            }
            Self::Authenticated => " on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM\n",
            Self::RequiresScopes => {
                "(scopes: [[requiresScopes__Scope!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
                scalar requiresScopes__Scope\n"
            }
            Self::Policy => {
                "(policies: [[policy__Policy!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
                scalar policy__Policy\n"
            }
            Self::Cost => {
                "(weight: Int!) on ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT | SCALAR\n"
            }
            Self::ListSize => {
                "(
                  assumedSize: Int, slicingArguments: [String!], sizedFields: [String!],
                  requireOneSlicingArgument: Boolean = true
                ) on FIELD_DEFINITION\n"
            }
        }
    }
}
