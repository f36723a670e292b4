//! Why an operation has no plan.

/// An operation cannot be planned. The message is for operators.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// A type of the document is not in the supergraph.
    #[error("the supergraph has no type {0}")]
    UnknownType(String),
    /// The supergraph has no such root type.
    #[error("the supergraph has no {0} type")]
    NoRoot(&'static str),
    /// An alias that GraphQL keeps for introspection.
    #[error(
        "the alias {0} is reserved: names that begin with two underscores are for introspection"
    )]
    ReservedAlias(String),
    /// No subgraph can be asked for a field from where it is wanted.
    #[error(
        "no subgraph can resolve {coordinate} here: there is no key that leads to one that defines it"
    )]
    Unreachable {
        /// `Type.field`.
        coordinate: String,
    },
    /// More levels than any answer has.
    #[error("the operation has more than {limit} levels")]
    TooDeep {
        /// How many are planned.
        limit: usize,
    },
    /// More fields, with all fragments taken apart, than anyone writes.
    #[error("the operation has more than {limit} fields with all fragments expanded")]
    TooLarge {
        /// How many are planned.
        limit: usize,
    },
    /// More `@defer`s than anyone waits for.
    #[error("the operation defers more than {limit} fragments")]
    TooManyDeferrals {
        /// How many are planned.
        limit: usize,
    },
    /// The work for this operation is out of all proportion.
    #[error("the operation takes too much work to plan")]
    TooComplex,
    /// A subscription has exactly one root field (GraphQL, "Single Root Field").
    #[error("a subscription asks for exactly one root field, of one subgraph")]
    NotOneRootField,
}
