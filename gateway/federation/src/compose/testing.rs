//! Composing small subgraphs up to a stage, for tests of that stage.

use apollo_compiler::{Schema, schema::ExtendedType};

use super::{
    CompositionError, CompositionErrors, ErrorCode, Hint, HintCode, SubgraphSchema, merge,
    report::Report, subgraph, validate,
};

/// All of Federation 2.9, under its own names.
pub(super) const FEDERATION_2_9: &str = r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [
    "@authenticated" "@composeDirective" "@context" "@cost" "@extends" "@external" "@fromContext" "@inaccessible"
    "@interfaceObject" "@key" "@listSize" "@override" "@policy" "@provides" "@requires" "@requiresScopes" "@shareable" "@tag"
])
"#;

/// The last stage to go through, if none before finds errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Validate,
    Merge,
}

/// What the stages made and found.
#[derive(Debug)]
pub(super) struct Found {
    /// None, if it did not come to merging.
    merged: Option<Schema>,
    pub(super) errors: Vec<CompositionError>,
    pub(super) hints: Vec<Hint>,
}

/// Subgraphs named "a", "b", "c" and so on: with the header above, unless they link Federation themselves or begin with
/// `# Federation 1`.
pub(super) fn compose(stage: Stage, sdls: &[&str]) -> Found {
    compose_as_written(stage, sdls.iter().copied().map(with_header))
}

/// Subgraphs named "a", "b", "c" and so on, as they are: of Federation 1, if they have no link.
pub(super) fn compose_as_written(stage: Stage, sdls: impl IntoIterator<Item = String>) -> Found {
    let names = ('a'..='z').map(String::from);
    compose_named(stage, names.zip(sdls))
}

/// Merges subgraphs, each a name and its schema, with a header as [`compose`].
pub(super) fn merge(subgraphs: &[(&str, &str)]) -> Found {
    let subgraphs = subgraphs.iter();
    let subgraphs = subgraphs.map(|(name, sdl)| ((*name).to_owned(), with_header(sdl)));
    compose_named(Stage::Merge, subgraphs)
}

fn with_header(sdl: &str) -> String {
    if sdl.contains("dev/federation/") || sdl.starts_with("# Federation 1") {
        sdl.to_owned()
    } else {
        format!("{FEDERATION_2_9}{sdl}")
    }
}

fn compose_named(stage: Stage, subgraphs: impl Iterator<Item = (String, String)>) -> Found {
    let sources: Vec<_> = subgraphs
        .map(|(name, sdl)| SubgraphSchema {
            name,
            url: String::new(),
            sdl,
            origin: String::new(),
        })
        .collect();
    let mut report = Report::default();
    let mut merged = None;
    let errors = match run(stage, &sources, &mut merged, &mut report) {
        Ok(()) => Vec::new(),
        Err(errors) => errors.errors().to_vec(),
    };
    Found {
        merged,
        errors,
        hints: report.into_hints(),
    }
}

fn run(
    stage: Stage,
    sources: &[SubgraphSchema],
    merged: &mut Option<Schema>,
    report: &mut Report,
) -> Result<(), CompositionErrors> {
    let subgraphs = subgraph::load(sources, report);
    report.check()?;
    validate::check(&subgraphs, report);
    report.check()?;
    if stage == Stage::Merge {
        *merged = Some(merge::merge(&subgraphs, report));
    }
    report.check()
}

/// Errors and hints.
impl Found {
    pub(super) fn codes(&self) -> Vec<ErrorCode> {
        self.errors.iter().map(|error| error.code).collect()
    }

    pub(super) fn messages(&self) -> Vec<&str> {
        let errors = self.errors.iter();
        errors.map(|error| error.message.as_str()).collect()
    }

    /// Each as `CODE: message`.
    pub(super) fn told(&self) -> Vec<String> {
        let errors = self.errors.iter();
        errors
            .map(|error| format!("{}: {}", error.code, error.message))
            .collect()
    }

    pub(super) fn hint_codes(&self) -> Vec<HintCode> {
        self.hints.iter().map(|hint| hint.code).collect()
    }

    /// The messages of the hints with this code.
    pub(super) fn hinted(&self, code: HintCode) -> Vec<&str> {
        let hints = self.hints.iter().filter(|hint| hint.code == code);
        hints.map(|hint| hint.message.as_str()).collect()
    }
}

/// What was merged; all as text, on one line if not said otherwise.
impl Found {
    fn schema(&self) -> &Schema {
        self.merged.as_ref().expect("subgraphs that can be merged")
    }

    pub(super) fn ty(&self, name: &str) -> String {
        let ty = self.schema().types.get(name).expect("a merged type");
        ty.serialize().no_indent().to_string()
    }

    /// What the supergraph says of a type besides its fields.
    pub(super) fn heading(&self, name: &str) -> String {
        let ty = self.schema().types.get(name).expect("a merged type");
        let mut ty = ty.clone();
        match &mut ty {
            ExtendedType::Object(object) => object.make_mut().fields.clear(),
            ExtendedType::Interface(interface) => interface.make_mut().fields.clear(),
            _ => {}
        }
        ty.serialize().no_indent().to_string()
    }

    /// A field's definition, of `Type.field`.
    pub(super) fn field(&self, coordinate: &str) -> String {
        assert_eq!(self.errors, []);
        let (ty, field) = coordinate.split_once('.').expect("Type.field");
        let field = self.schema().type_field(ty, field);
        let field = field.expect("a merged field");
        field.serialize().no_indent().to_string()
    }

    /// The definition of a directive.
    pub(super) fn directive(&self, name: &str) -> Option<String> {
        let definition = self.schema().directive_definitions.get(name)?;
        Some(definition.serialize().no_indent().to_string())
    }

    /// The directives of the schema, one a line.
    pub(super) fn header(&self) -> String {
        let directives = self.schema().schema_definition.directives.iter();
        let lines: Vec<_> = directives.map(|one| one.to_string()).collect();
        lines.join("\n")
    }

    /// The whole supergraph, on its many lines.
    pub(super) fn sdl(&self) -> String {
        assert_eq!(self.errors, []);
        self.schema().to_string()
    }
}
