//! `gateway plan`: how an operation would be answered, without asking anybody.

use std::{fs, io, path::PathBuf};

use apollo_compiler::{ExecutableDocument, Node, executable::Operation, validation::Valid};
use clap::{Args, ValueEnum};
use federation::{PlanError, PlanOptions, Planner, Supergraph, SupergraphError};

/// What `gateway plan` is told.
#[derive(Debug, Args)]
pub(crate) struct PlanArguments {
    /// The supergraph schema; `-` is standard input.
    #[arg(long, short, env = "APOLLO_ROUTER_SUPERGRAPH_PATH")]
    supergraph: PathBuf,
    /// The file with the operation; `-` is standard input.
    #[arg(long, short)]
    operation: PathBuf,
    /// Which operation of the file, if it has several.
    #[arg(long, value_name = "NAME")]
    operation_name: Option<String>,
    /// How the plan is printed.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// A label of @override that is on; repeat it for several.
    #[arg(long = "override-label", value_name = "LABEL")]
    override_labels: Vec<String>,
    /// Plan as for a client that takes the answer in one part: @defer is ignored.
    #[arg(long)]
    no_defer: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// For reading.
    Text,
    /// Apollo's query plan JSON.
    Json,
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlanCommandError {
    #[error("only one of the supergraph and the operation can come from standard input")]
    BothFromStdin,
    #[error("cannot read the {what} {}: {source}", .path.display())]
    Unreadable {
        what: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    #[error(transparent)]
    Supergraph(#[from] SupergraphError),
    #[error(
        "the operation is not valid over the supergraph's API schema:\n{}",
        .0.trim_end()
    )]
    InvalidOperation(String),
    #[error("choose one of the operations with --operation-name: {}", .0.join(", "))]
    SeveralOperations(Vec<String>),
    #[error("there is no operation {name}; there is: {}", .known.join(", "))]
    UnknownOperation { name: String, known: Vec<String> },
    #[error("the supergraph has no override label {label}; {}", labels(.known))]
    UnknownLabel { label: String, known: Vec<String> },
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error("the plan has no JSON: {0}")]
    Json(#[from] serde_json::Error),
}

impl PlanCommandError {
    /// 2 when the command was called wrongly (as clap does), 1 when what it was given cannot be planned.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::BothFromStdin
            | Self::SeveralOperations(_)
            | Self::UnknownOperation { .. }
            | Self::UnknownLabel { .. } => 2,
            _ => 1,
        }
    }
}

fn labels(known: &[String]) -> String {
    match known {
        [] => "it has none".to_owned(),
        some => format!("it has: {}", some.join(", ")),
    }
}

/// The plan, printed as asked, without a line break at the end.
pub(crate) fn run(arguments: PlanArguments) -> Result<String, PlanCommandError> {
    let stdin = |path: &PathBuf| path.as_os_str() == "-";
    if stdin(&arguments.supergraph) && stdin(&arguments.operation) {
        return Err(PlanCommandError::BothFromStdin);
    }
    let sdl = read("supergraph", &arguments.supergraph)?;
    let supergraph = Supergraph::parse(&sdl)?;
    let options = options(&supergraph, &arguments)?;
    let text = read("operation", &arguments.operation)?;
    let document =
        ExecutableDocument::parse_and_validate(supergraph.api_schema(), text, &arguments.operation)
            .map_err(|error| PlanCommandError::InvalidOperation(error.errors.to_string()))?;
    let operation = chosen(&document, &arguments)?;
    let plan = Planner::new(&supergraph).plan(&document, operation, &options)?;
    Ok(match arguments.format {
        Format::Text => plan.to_text(),
        Format::Json => serde_json::to_string_pretty(&plan.to_json())?,
    })
}

fn read(what: &'static str, path: &PathBuf) -> Result<String, PlanCommandError> {
    let text = if path.as_os_str() == "-" {
        io::read_to_string(io::stdin())
    } else {
        fs::read_to_string(path)
    };
    text.map_err(|source| PlanCommandError::Unreadable {
        what,
        path: path.clone(),
        source,
    })
}

fn options(
    supergraph: &Supergraph,
    arguments: &PlanArguments,
) -> Result<PlanOptions, PlanCommandError> {
    let known = supergraph.override_labels();
    if let Some(label) = arguments
        .override_labels
        .iter()
        .find(|label| !known.contains(label))
    {
        return Err(PlanCommandError::UnknownLabel {
            label: label.clone(),
            known: known.to_vec(),
        });
    }
    Ok(PlanOptions {
        override_labels: arguments.override_labels.iter().cloned().collect(),
        defer: !arguments.no_defer,
    })
}

fn chosen<'d>(
    document: &'d Valid<ExecutableDocument>,
    arguments: &PlanArguments,
) -> Result<&'d Node<Operation>, PlanCommandError> {
    let name = arguments.operation_name.as_deref();
    document.operations.get(name).map_err(|_| {
        let known = document.operations.named.keys();
        let known: Vec<_> = known.map(ToString::to_string).collect();
        match name {
            Some(name) => PlanCommandError::UnknownOperation {
                name: name.to_owned(),
                known,
            },
            None => PlanCommandError::SeveralOperations(known),
        }
    })
}
