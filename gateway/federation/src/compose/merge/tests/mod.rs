//! Merging of object types, interfaces, fields and arguments. What is expected is what Apollo's composition 2.14 answers.

use apollo_compiler::{Schema, schema::ExtendedType};

use crate::compose::{SubgraphSchema, report::Report, subgraph};

mod arguments;
mod external;
mod fields;
mod interface_objects;
mod joins;
mod overrides;
mod sharing;

const LINK: &str = r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.8", import: [
    "@context", "@external", "@fromContext", "@interfaceObject", "@key", "@override", "@provides", "@requires", "@shareable", "@tag"
]) "#;

/// What merging makes of subgraphs that are named `a`, `b` and so on.
struct Merged {
    schema: Schema,
    /// Codes and messages.
    errors: Vec<(String, String)>,
    hints: Vec<(String, String)>,
}

fn merge(schemas: &[&str]) -> Merged {
    let linked = schemas.iter().map(|sdl| format!("{LINK}{sdl}"));
    merge_written(linked)
}

fn merge_federation_1(schemas: &[&str]) -> Merged {
    merge_written(schemas.iter().map(|sdl| (*sdl).to_owned()))
}

fn merge_written(schemas: impl Iterator<Item = String>) -> Merged {
    let sources: Vec<_> = ('a'..='z')
        .zip(schemas)
        .map(|(name, sdl)| SubgraphSchema {
            name: name.to_string(),
            url: String::new(),
            sdl,
            origin: String::new(),
        })
        .collect();
    let mut report = Report::default();
    let subgraphs = subgraph::load(&sources, &mut report);
    report.check().expect("the subgraphs are well-formed");
    let schema = super::merge(&subgraphs, &mut report);
    let errors = report.check().err().into_iter();
    let errors = errors
        .flat_map(|errors| errors.errors().to_vec())
        .map(|error| (error.code.to_string(), error.message))
        .collect();
    let hints = report.into_hints().into_iter();
    Merged {
        schema,
        errors,
        hints: hints
            .map(|hint| (hint.code.to_string(), hint.message))
            .collect(),
    }
}

impl Merged {
    /// The codes of the errors.
    fn errors(&self) -> Vec<&str> {
        self.errors.iter().map(|(code, _)| code.as_str()).collect()
    }

    /// The codes of the hints.
    fn hints(&self) -> Vec<&str> {
        self.hints.iter().map(|(code, _)| code.as_str()).collect()
    }

    /// A field's definition in the supergraph, on one line.
    fn field(&self, coordinate: &str) -> String {
        assert_eq!(self.errors, [], "the subgraphs merge");
        let (ty, field) = coordinate.split_once('.').expect("Type.field");
        match self.schema.type_field(ty, field) {
            Ok(field) => field.serialize().no_indent().to_string(),
            Err(_) => "nothing".to_owned(),
        }
    }

    /// What the supergraph says of a type besides its fields, on one line.
    fn ty(&self, name: &str) -> String {
        assert_eq!(self.errors, [], "the subgraphs merge");
        let mut ty = self.schema.types[name].clone();
        match &mut ty {
            ExtendedType::Object(object) => object.make_mut().fields.clear(),
            ExtendedType::Interface(interface) => interface.make_mut().fields.clear(),
            _ => {}
        }
        ty.serialize().no_indent().to_string()
    }
}
