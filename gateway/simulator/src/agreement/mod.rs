//! Our composition beside the oracle's, on the same subgraphs.
//!
//! Both answers are brought to one form (`facts`), in which nothing is left of what has no meaning: order, layout, and
//! what is said by saying nothing. What still differs is a [`Disagreement`]; the [`differences`] that are known, and why
//! they are right, are data.

pub mod corpus;
pub mod differences;
mod facts;
pub mod oracle;
pub mod patterns;

use std::{
    collections::BTreeMap,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
};

use apollo_compiler::Schema;
use federation::compose::SubgraphSchema;

use crate::compose::{Source, schemas};
use facts::Facts;
use oracle::Answer;

/// What a composer makes of subgraphs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// They compose.
    Composed {
        /// What the supergraph says.
        supergraph: Facts,
        /// What the API schema says.
        api: Facts,
    },
    /// They do not: messages by code.
    Refused(BTreeMap<String, Vec<String>>),
}

/// In what two composers disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Aspect {
    /// One composes, the other does not.
    Verdict,
    /// Neither does, for different reasons.
    Codes,
    /// Both do, to different supergraphs.
    Supergraph,
    /// Clients see different schemas.
    Api,
}

impl Aspect {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Verdict, Self::Codes, Self::Supergraph, Self::Api];

    /// Its name in `differences.txt`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Verdict => "verdict",
            Self::Codes => "codes",
            Self::Supergraph => "supergraph",
            Self::Api => "api",
        }
    }
}

/// One difference between the oracle's outcome and ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disagreement {
    /// In what.
    pub aspect: Aspect,
    /// What only the oracle says: codes with messages, or facts.
    pub oracle: Vec<String>,
    /// What only we say.
    pub ours: Vec<String>,
}

impl fmt::Display for Disagreement {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "  {}:", self.aspect.name())?;
        for line in &self.oracle {
            writeln!(formatter, "    oracle: {line}")?;
        }
        for line in &self.ours {
            writeln!(formatter, "    ours:   {line}")?;
        }
        Ok(())
    }
}

impl Outcome {
    /// The oracle's.
    pub fn of_oracle(answer: Answer) -> Self {
        match answer {
            Answer::Composed { supergraph, api } => Self::Composed {
                supergraph: Facts::of_supergraph(&parse(&supergraph)),
                api: Facts::of_api(&parse(&api)),
            },
            Answer::Refused { errors } => Self::refused(
                errors
                    .into_iter()
                    .map(|error| (error.code, error.message))
                    .collect(),
            ),
        }
    }

    /// Ours. A panic counts as a refusal with the code `PANIC`.
    pub fn of_ours(subgraphs: &[Source]) -> Self {
        Self::composed_by_us(&schemas(subgraphs))
    }

    /// Ours, of subgraphs with addresses.
    pub fn composed_by_us(subgraphs: &[SubgraphSchema]) -> Self {
        match catch_unwind(AssertUnwindSafe(|| federation::compose(subgraphs))) {
            Ok(Ok(composition)) => Self::Composed {
                supergraph: Facts::of_supergraph(composition.supergraph.schema()),
                api: Facts::of_api(composition.supergraph.api_schema()),
            },
            Ok(Err(errors)) => Self::refused(
                errors
                    .errors()
                    .iter()
                    .map(|error| (error.code.to_string(), error.message.clone()))
                    .collect(),
            ),
            Err(panic) => {
                let text = panic
                    .downcast_ref::<String>()
                    .map(String::as_str)
                    .or_else(|| panic.downcast_ref::<&str>().copied());
                let message = text.unwrap_or("a panic").to_owned();
                Self::refused(vec![("PANIC".to_owned(), message)])
            }
        }
    }

    /// Of a supergraph as text, say one that is kept beside its subgraphs.
    pub fn of_supergraph(sdl: &str) -> Self {
        let schema = parse(sdl);
        let api = federation::Supergraph::parse(sdl)
            .map(|supergraph| Facts::of_api(supergraph.api_schema()))
            .unwrap_or_default();
        Self::Composed {
            supergraph: Facts::of_supergraph(&schema),
            api,
        }
    }

    fn refused(errors: Vec<(String, String)>) -> Self {
        let mut by_code: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (code, message) in errors {
            by_code.entry(code).or_default().push(message);
        }
        Self::Refused(by_code)
    }

    /// The codes, or `composes`: how a case says what it expects.
    pub fn verdict(&self) -> String {
        match self {
            Self::Composed { .. } => "composes".to_owned(),
            Self::Refused(errors) => {
                let codes: Vec<_> = errors.keys().map(String::as_str).collect();
                codes.join(" ")
            }
        }
    }

    /// The first message of each code.
    pub fn messages(&self) -> Vec<String> {
        match self {
            Self::Composed { .. } => vec!["composes".to_owned()],
            Self::Refused(errors) => errors
                .iter()
                .map(|(code, messages)| format!("{code}: {}", messages.join(" | ")))
                .collect(),
        }
    }
}

fn parse(sdl: &str) -> Schema {
    Schema::parse(sdl, "oracle.graphql").unwrap_or_else(|error| error.partial)
}

/// How two outcomes differ. With `all_codes`, both have to give the same codes: what is wrong in one way. Where subgraphs
/// are wrong in several ways at once, composers stop at different stages, and errors follow from errors: then it is enough
/// that they have a code in common.
pub fn compare(oracle: &Outcome, ours: &Outcome, all_codes: bool) -> Vec<Disagreement> {
    match (oracle, ours) {
        (Outcome::Refused(theirs), Outcome::Refused(our)) => {
            let same = theirs.keys().eq(our.keys());
            if same || (!all_codes && theirs.keys().any(|code| our.contains_key(code))) {
                return Vec::new();
            }
            vec![Disagreement {
                aspect: Aspect::Codes,
                oracle: oracle.messages(),
                ours: ours.messages(),
            }]
        }
        (
            Outcome::Composed { supergraph, api },
            Outcome::Composed {
                supergraph: our_supergraph,
                api: our_api,
            },
        ) => [
            (Aspect::Supergraph, supergraph, our_supergraph),
            (Aspect::Api, api, our_api),
        ]
        .into_iter()
        .filter_map(|(aspect, theirs, ours)| {
            let (oracle, ours) = theirs.differences(ours);
            let differs = !oracle.is_empty() || !ours.is_empty();
            differs.then_some(Disagreement {
                aspect,
                oracle,
                ours,
            })
        })
        .collect(),
        _ => vec![Disagreement {
            aspect: Aspect::Verdict,
            oracle: oracle.messages(),
            ours: ours.messages(),
        }],
    }
}
