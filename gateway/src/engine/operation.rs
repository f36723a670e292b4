//! From a client's text to an operation that is ready to run: parsed, validated, bounded, planned, compiled.

use std::{collections::HashMap, sync::OnceLock};

use apollo_compiler::{
    ExecutableDocument, Name, Node,
    ast::OperationType,
    executable::{Operation, Selection, SelectionSet},
    introspection,
    parser::Parser,
    request::{RequestError, coerce_variable_values},
    response::JsonMap,
    validation::Valid,
};
use federation::{PlanOptions, Planner, Supergraph, plan::Plan};

use super::{
    compile,
    error::{GraphQLError, Location},
    keys::Keys,
    overrides,
    plan_cache::Key,
    program::Program,
    selection::{self, Compiler, Set},
    upstream::Limits,
};

/// Fields of one operation with all fragments expanded. Fragments of fragments grow exponentially; nothing that a person
/// writes comes near.
const MAX_EXPANDED_FIELDS: usize = 50_000;

/// Levels of one operation with all fragments expanded. No answer can be deeper: its JSON would not be read.
const MAX_DEPTH: usize = 100;

/// An operation and its plan.
pub(crate) struct Planned {
    pub(crate) document: Valid<ExecutableDocument>,
    pub(crate) operation: Node<Operation>,
    pub(crate) plan: Plan,
    /// Whether it is to be answered in parts.
    pub(crate) defers: bool,
}

/// An operation that is ready to run.
pub(crate) struct Prepared {
    pub(crate) document: Valid<ExecutableDocument>,
    pub(crate) operation: Node<Operation>,
    pub(crate) set: Set,
    pub(crate) keys: Keys,
    pub(crate) program: Program,
    defers: bool,
    has_introspection: bool,
    /// The answer to introspection, when no variable can change it.
    introspected: OnceLock<JsonMap>,
}

impl Planned {
    /// Plans a request's operation. The errors are what the client reads.
    pub(crate) fn new(
        supergraph: &Supergraph,
        limits: &Limits,
        key: &Key,
    ) -> Result<Self, Vec<GraphQLError>> {
        let document = parse(supergraph, limits, &key.query)?;
        let operation = document
            .operations
            .get(key.operation_name.as_deref())
            .map_err(|error| {
                vec![request_error(
                    "GRAPHQL_UNKNOWN_OPERATION_NAME",
                    &error,
                    &document,
                )]
            })?
            .clone();
        let size = Measure {
            document: &document,
            fragments: HashMap::new(),
        }
        .set(&operation.selection_set);
        size.check(limits).map_err(|error| vec![error])?;
        introspection::check_max_depth(&document, &operation)
            .map_err(|error| vec![request_error("MAX_INTROSPECTION_DEPTH", &error, &document)])?;
        let options = PlanOptions {
            defer: key.variant.defers
                && operation.operation_type != OperationType::Subscription
                && selection::has_defer(&document, &operation.selection_set),
            override_labels: overrides::names(supergraph, &key.variant.labels),
        };
        let plan = Planner::new(supergraph)
            .plan(&document, &operation, &options)
            .map_err(|error| {
                tracing::error!(%error, query = %key.query, "an operation cannot be planned");
                vec![GraphQLError::coded(
                    "QUERY_PLANNING_FAILED",
                    "This operation cannot be planned",
                )]
            })?;
        Ok(Self {
            document,
            operation,
            plan,
            defers: options.defer,
        })
    }
}

impl Prepared {
    /// Makes a planned operation ready to run.
    pub(crate) fn new(supergraph: &Supergraph, planned: Planned) -> Self {
        let Planned {
            document,
            operation,
            plan,
            defers,
        } = planned;
        let mut keys = Keys::new();
        selection::intern_keys(&document, &operation.selection_set, &mut keys);
        let program = compile::compile(supergraph, &plan, &mut keys);
        let has_introspection = operation
            .root_fields(&document)
            .any(|field| matches!(field.name.as_str(), "__schema" | "__type"));
        Self {
            set: Set::root(&operation.selection_set),
            document,
            operation,
            keys,
            program,
            defers,
            has_introspection,
            introspected: OnceLock::new(),
        }
    }

    /// Whether it is answered in parts.
    pub(crate) fn defers(&self) -> bool {
        self.defers
    }

    pub(crate) fn kind(&self) -> OperationType {
        self.operation.operation_type
    }

    pub(crate) fn has_introspection(&self) -> bool {
        self.has_introspection
    }

    pub(crate) fn compiler<'a>(&'a self, supergraph: &'a Supergraph) -> Compiler<'a> {
        Compiler {
            supergraph,
            document: &self.document,
            keys: &self.keys,
            defers: self.defers,
        }
    }

    /// GraphQL's CoerceVariableValues.
    pub(crate) fn coerce(
        &self,
        supergraph: &Supergraph,
        variables: serde_json::Map<String, serde_json::Value>,
    ) -> Result<Valid<JsonMap>, GraphQLError> {
        let values: JsonMap = variables
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        coerce_variable_values(supergraph.api_schema(), &self.operation, &values).map_err(|error| {
            request_error("VALIDATION_INVALID_TYPE_VARIABLE", &error, &self.document)
        })
    }

    /// Answers `__schema` and `__type`; nothing, when the operation does not ask.
    pub(crate) fn introspect(
        &self,
        supergraph: &Supergraph,
        variables: &Valid<JsonMap>,
    ) -> Result<Option<std::borrow::Cow<'_, JsonMap>>, GraphQLError> {
        use std::borrow::Cow;
        if !self.has_introspection {
            return Ok(None);
        }
        if let Some(known) = self.introspected.get() {
            return Ok(Some(Cow::Borrowed(known)));
        }
        let answer = introspection::partial_execute(
            supergraph.api_schema(),
            supergraph.implementers(),
            &self.document,
            &self.operation,
            variables,
        )
        .map_err(|error| request_error("INTROSPECTION_FAILED", &error, &self.document))?;
        let data = answer.data.unwrap_or_default();
        if self.operation.variables.is_empty() {
            return Ok(Some(Cow::Borrowed(self.introspected.get_or_init(|| data))));
        }
        Ok(Some(Cow::Owned(data)))
    }
}

pub(crate) fn parse(
    supergraph: &Supergraph,
    limits: &Limits,
    query: &str,
) -> Result<Valid<ExecutableDocument>, Vec<GraphQLError>> {
    let mut parser = Parser::new()
        .token_limit(limits.max_tokens)
        .recursion_limit(limits.max_recursion);
    let ast = parser
        .parse_ast(query, "query.graphql")
        .map_err(|error| diagnostics("GRAPHQL_PARSING_FAILED", &error.errors))?;
    let document = ast
        .to_executable_validate(supergraph.api_schema())
        .map_err(|errors| diagnostics("GRAPHQL_VALIDATION_FAILED", &errors.errors))?;
    Ok(document)
}

fn diagnostics(
    code: &str,
    errors: &apollo_compiler::validation::DiagnosticList,
) -> Vec<GraphQLError> {
    errors
        .iter()
        .map(|diagnostic| {
            let json = diagnostic.to_json();
            let mut error = GraphQLError::coded(code, json.message);
            error.locations = json
                .locations
                .iter()
                .map(|location| Location {
                    line: location.line,
                    column: location.column,
                })
                .collect();
            error
        })
        .collect()
}

fn request_error(code: &str, error: &RequestError, document: &ExecutableDocument) -> GraphQLError {
    let json = error.to_graphql_error(&document.sources);
    let mut converted = GraphQLError::coded(code, json.message);
    converted.locations = json
        .locations
        .iter()
        .map(|location| Location {
            line: location.line,
            column: location.column,
        })
        .collect();
    converted
}

/// How large a selection is with all fragments expanded.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    fields: usize,
    depth: usize,
    aliases: usize,
}

impl Size {
    fn check(self, limits: &Limits) -> Result<(), GraphQLError> {
        let exceeded = |what: &str, limit: usize| {
            Err(GraphQLError::coded(
                "MAX_LIMIT_EXCEEDED",
                format!("The operation has more {what} than {limit}"),
            ))
        };
        match limits {
            _ if self.fields > MAX_EXPANDED_FIELDS => exceeded("fields", MAX_EXPANDED_FIELDS),
            _ if self.depth > MAX_DEPTH => exceeded("levels", MAX_DEPTH),
            Limits {
                max_depth: Some(limit),
                ..
            } if self.depth > *limit => exceeded("levels", *limit),
            Limits {
                max_aliases: Some(limit),
                ..
            } if self.aliases > *limit => exceeded("aliases", *limit),
            _ => Ok(()),
        }
    }
}

/// Measures each fragment once: expanding them to count would be the attack itself.
struct Measure<'a> {
    document: &'a ExecutableDocument,
    fragments: HashMap<&'a Name, Size>,
}

impl<'a> Measure<'a> {
    fn set(&mut self, set: &'a SelectionSet) -> Size {
        let mut total = Size::default();
        for selection in &set.selections {
            let one = match selection {
                Selection::Field(field) => {
                    let below = self.set(&field.selection_set);
                    Size {
                        fields: below.fields.saturating_add(1),
                        depth: below.depth + 1,
                        aliases: below
                            .aliases
                            .saturating_add(usize::from(field.alias.is_some())),
                    }
                }
                Selection::InlineFragment(inline) => self.set(&inline.selection_set),
                Selection::FragmentSpread(spread) => self.fragment(&spread.fragment_name),
            };
            total.fields = total.fields.saturating_add(one.fields);
            total.aliases = total.aliases.saturating_add(one.aliases);
            total.depth = total.depth.max(one.depth);
        }
        total
    }

    fn fragment(&mut self, name: &'a Name) -> Size {
        if let Some(size) = self.fragments.get(name) {
            return *size;
        }
        let size = match self.document.fragments.get(name) {
            Some(fragment) => self.set(&fragment.selection_set),
            None => Size::default(),
        };
        self.fragments.insert(name, size);
        size
    }
}
