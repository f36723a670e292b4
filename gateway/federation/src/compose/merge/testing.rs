//! Merging a few small subgraphs, for tests.

use apollo_compiler::{Schema, schema::ExtendedType};

use crate::compose::{CompositionErrors, Hint, SubgraphSchema, report::Report, subgraph};

/// What merging made, and what it found.
pub(super) struct Outcome {
    schema: Schema,
    errors: Option<CompositionErrors>,
    hints: Vec<Hint>,
}

/// All that Federation 2.9 has, under its own names.
const HEADER: &str = r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [
    "@key" "@shareable" "@tag" "@inaccessible" "@cost" "@listSize" "@authenticated" "@requiresScopes" "@policy"
    "@composeDirective" "@interfaceObject" "@context" "@fromContext" "@external" "@requires" "@provides" "@override"
])"#;

/// Merges subgraphs, each a name and its schema: with the header above, unless it links Federation itself.
pub(super) fn merge(subgraphs: &[(&str, &str)]) -> Outcome {
    let sources: Vec<_> = subgraphs
        .iter()
        .map(|(name, sdl)| SubgraphSchema {
            name: (*name).to_owned(),
            url: String::new(),
            sdl: if sdl.contains("dev/federation/") || sdl.starts_with("# Federation 1") {
                (*sdl).to_owned()
            } else {
                format!("{HEADER} {sdl}")
            },
            origin: String::new(),
        })
        .collect();
    let mut report = Report::default();
    let subgraphs = subgraph::load(&sources, &mut report);
    report.check().expect("subgraphs that load");
    let schema = super::merge(&subgraphs, &mut report);
    Outcome {
        schema,
        errors: report.check().err(),
        hints: report.into_hints(),
    }
}

impl Outcome {
    /// A type, as text on one line.
    pub(super) fn ty(&self, name: &str) -> String {
        let ty = self.schema.types.get(name).expect("a merged type");
        ty.serialize().no_indent().to_string()
    }

    /// What the supergraph says of a type besides its fields, as text on one line.
    pub(super) fn heading(&self, name: &str) -> String {
        let mut ty = self.schema.types.get(name).expect("a merged type").clone();
        match &mut ty {
            ExtendedType::Object(object) => object.make_mut().fields.clear(),
            ExtendedType::Interface(interface) => interface.make_mut().fields.clear(),
            _ => {}
        }
        ty.serialize().no_indent().to_string()
    }

    /// A field's definition (of `Type.field`), as text on one line.
    pub(super) fn field(&self, coordinate: &str) -> String {
        assert!(self.errors.is_none(), "{}", self.errors.as_ref().unwrap());
        let (ty, field) = coordinate.split_once('.').expect("Type.field");
        let field = self.schema.type_field(ty, field).expect("a merged field");
        field.serialize().no_indent().to_string()
    }

    /// The definition of a directive, as text on one line.
    pub(super) fn directive(&self, name: &str) -> Option<String> {
        let definition = self.schema.directive_definitions.get(name)?;
        Some(definition.serialize().no_indent().to_string())
    }

    /// The whole supergraph.
    pub(super) fn sdl(&self) -> String {
        assert!(self.errors.is_none(), "{}", self.errors.as_ref().unwrap());
        self.schema.to_string()
    }

    /// The directives of the schema, one a line.
    pub(super) fn header(&self) -> String {
        let directives = self.schema.schema_definition.directives.iter();
        let lines: Vec<_> = directives.map(|one| one.to_string()).collect();
        lines.join("\n")
    }

    /// Codes and messages of the errors.
    pub(super) fn errors(&self) -> Vec<String> {
        let errors = self.errors.iter().flat_map(CompositionErrors::errors);
        errors
            .map(|error| format!("{}: {}", error.code, error.message))
            .collect()
    }

    /// The codes of the errors.
    pub(super) fn error_codes(&self) -> Vec<&str> {
        let errors = self.errors.iter().flat_map(CompositionErrors::errors);
        errors.map(|error| error.code.as_str()).collect()
    }

    /// The codes of the hints.
    pub(super) fn hint_codes(&self) -> Vec<&str> {
        self.hints.iter().map(|hint| hint.code.as_str()).collect()
    }

    /// Codes and messages of the hints, those with this code.
    pub(super) fn hints(&self, code: &str) -> Vec<&str> {
        let hints = self.hints.iter().filter(|hint| hint.code.as_str() == code);
        hints.map(|hint| hint.message.as_str()).collect()
    }
}
