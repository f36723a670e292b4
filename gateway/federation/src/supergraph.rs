//! A loaded supergraph: its schema, the schema that clients see, and where its subgraphs are.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use apollo_compiler::{
    Name, Schema,
    schema::{ExtendedType, Implementers},
    validation::{DiagnosticList, Valid},
};

use crate::{api_schema, model::Model};

/// Why a supergraph was refused.
#[derive(Debug, thiserror::Error)]
pub enum SupergraphError {
    /// The SDL is not a valid GraphQL schema.
    #[error("the supergraph is not a valid schema:\n{0}")]
    Invalid(String),
    /// The SDL is a schema, but not a supergraph.
    #[error(
        "this is not a supergraph: it has no join__Graph enum with @join__graph(name:, url:) on its values"
    )]
    NotASupergraph,
    /// What remains for clients is not a valid schema.
    #[error("the supergraph's API schema is not valid:\n{0}")]
    InvalidApi(String),
    /// A join directive does not fit the schema.
    #[error("the supergraph's join directives are wrong: {0}")]
    InvalidJoin(String),
}

/// One subgraph of a supergraph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subgraph {
    /// Its value in `join__Graph`.
    pub graph: String,
    /// Its name, as operators know it.
    pub name: String,
    /// Where it answers, as composed; may be empty.
    pub url: String,
}

/// A supergraph in Apollo's format, loaded. Clones share everything.
#[derive(Debug, Clone)]
pub struct Supergraph {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    sdl: String,
    schema: Valid<Schema>,
    api_schema: Valid<Schema>,
    implementers: apollo_compiler::collections::HashMap<Name, Implementers>,
    subgraphs: Vec<Subgraph>,
    by_graph: HashMap<String, usize>,
    override_labels: Vec<String>,
    model: Model,
}

impl Supergraph {
    /// Loads a supergraph's SDL (join v0.1 to v0.5).
    pub fn parse(sdl: &str) -> Result<Self, SupergraphError> {
        let schema = Schema::parse_and_validate(sdl, "supergraph.graphql")
            .map_err(|error| SupergraphError::Invalid(error.errors.to_string()))?;
        Self::load(sdl.to_owned(), schema)
    }

    /// Loads a supergraph that was composed here: its text is what the schema prints as.
    pub(crate) fn of_schema(schema: Schema) -> Result<Self, SupergraphError> {
        let schema = schema
            .validate()
            .map_err(|error| SupergraphError::Invalid(messages(&error.errors)))?;
        Self::load(schema.serialize().to_string(), schema)
    }

    fn load(sdl: String, schema: Valid<Schema>) -> Result<Self, SupergraphError> {
        let subgraphs = subgraphs_of(&schema)?;
        let api_schema = api_schema::derive(&schema)
            .validate()
            .map_err(|error| SupergraphError::InvalidApi(messages(&error.errors)))?;
        let override_labels = override_labels_of(&schema);
        let model = Model::load(&schema, &subgraphs, &override_labels)
            .map_err(SupergraphError::InvalidJoin)?;
        let by_graph = subgraphs
            .iter()
            .enumerate()
            .map(|(index, one)| (one.graph.clone(), index))
            .collect();
        Ok(Self {
            inner: Arc::new(Inner {
                sdl,
                override_labels,
                model,
                implementers: api_schema.implementers_map(),
                schema,
                api_schema,
                subgraphs,
                by_graph,
            }),
        })
    }

    pub(crate) fn model(&self) -> &Model {
        &self.inner.model
    }

    /// The text that was loaded.
    pub fn sdl(&self) -> &str {
        &self.inner.sdl
    }

    /// The whole schema, join directives and inaccessible elements included.
    pub fn schema(&self) -> &Valid<Schema> {
        &self.inner.schema
    }

    /// What clients see: no federation machinery, nothing `@inaccessible`.
    pub fn api_schema(&self) -> &Valid<Schema> {
        &self.inner.api_schema
    }

    /// Who implements each interface of the API schema.
    pub fn implementers(&self) -> &apollo_compiler::collections::HashMap<Name, Implementers> {
        &self.inner.implementers
    }

    /// The subgraphs, in the order of `join__Graph`.
    pub fn subgraphs(&self) -> &[Subgraph] {
        &self.inner.subgraphs
    }

    /// The labels of `@override` that the supergraph knows, sorted (join v0.4, `overrideLabel`).
    pub fn override_labels(&self) -> &[String] {
        &self.inner.override_labels
    }

    /// The subgraph behind a `join__Graph` value.
    pub fn subgraph_by_graph(&self, graph: &str) -> Option<&Subgraph> {
        self.inner
            .by_graph
            .get(graph)
            .map(|&index| &self.inner.subgraphs[index])
    }
}

/// Messages without snippets: a derived schema has no source text to show.
pub(crate) fn messages(errors: &DiagnosticList) -> String {
    let messages: Vec<_> = errors.iter().map(|one| one.error.to_string()).collect();
    messages.join("\n")
}

fn override_labels_of(schema: &Schema) -> Vec<String> {
    let fields = schema.types.values().flat_map(|ty| match ty {
        ExtendedType::Object(object) => object.fields.values().collect::<Vec<_>>(),
        ExtendedType::Interface(interface) => interface.fields.values().collect(),
        _ => Vec::new(),
    });
    let labels: BTreeSet<&str> = fields
        .flat_map(|field| field.directives.get_all("join__field"))
        .filter_map(|directive| directive.specified_argument_by_name("overrideLabel"))
        .filter_map(|label| label.as_str())
        .collect();
    labels.into_iter().map(str::to_owned).collect()
}

fn subgraphs_of(schema: &Schema) -> Result<Vec<Subgraph>, SupergraphError> {
    let Some(ExtendedType::Enum(graphs)) = schema.types.get("join__Graph") else {
        return Err(SupergraphError::NotASupergraph);
    };
    graphs
        .values
        .iter()
        .map(|(value, definition)| {
            let directive = definition
                .directives
                .get("join__graph")
                .ok_or(SupergraphError::NotASupergraph)?;
            let text = |name: &str| {
                directive
                    .specified_argument_by_name(name)
                    .and_then(|value| value.as_str())
                    .map(str::to_owned)
                    .ok_or(SupergraphError::NotASupergraph)
            };
            Ok(Subgraph {
                graph: value.to_string(),
                name: text("name")?,
                url: text("url")?,
            })
        })
        .collect()
}
