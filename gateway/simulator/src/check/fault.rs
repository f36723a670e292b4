//! What is wrong with a plan.

use std::fmt;

/// Which rule a plan breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// A fetch names a subgraph that there is.
    KnownSubgraph,
    /// A fetch's text is valid over its subgraph's schema.
    ValidFetch,
    /// A fetch declares the client's variables as the client does.
    ClientVariables,
    /// `__schema` and `__type` are not a subgraph's to answer.
    NoIntrospection,
    /// Nothing is empty: no fragment, no sequence.
    NotEmpty,
    /// A fetch does what its place in the operation needs: queries, but for a mutation's root and a subscription's primary.
    Kind,
    /// Rewrites are those of the contract between planner and executor.
    Rewrites,
    /// `requires` has fragments on types, each with `__typename`.
    RequiresShape,
    /// What a representation is made of has been fetched before.
    FetchedBefore,
    /// A representation holds a key that the subgraph resolves.
    ResolvableKey,
    /// A field with `@requires` is asked where its requirements are sent.
    RequirementsSent,
    /// An `@external` field is only asked where it is provided.
    NotExternal,
    /// A field is not asked of a subgraph that another one overrides.
    NotOverridden,
    /// Arguments from a context have their value.
    Contexts,
    /// Where the type matters, it is known.
    TypeKnown,
    /// A path leads through what has been fetched, lists included.
    Path,
    /// No two fields want the same entry.
    NoClash,
    /// The client gets what it has selected.
    Covered,
    /// A mutation's root fields come in order, each with its entity fetches before the next.
    MutationOrder,
    /// A subscription's primary has one root field.
    Subscription,
    /// No fetch could be one with another.
    NoDuplicate,
    /// Each fetch has objects to ask about.
    Useful,
    /// Deferred parts are the client's, and what they wait for comes before them.
    Deferred,
}

/// A rule that a plan breaks, and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The rule.
    pub rule: Rule,
    /// What breaks it.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.rule, self.message)
    }
}

/// Faults, each once.
#[derive(Debug, Default)]
pub(super) struct Faults(std::collections::BTreeSet<Fault>);

impl Faults {
    pub(super) fn add(&mut self, rule: Rule, message: impl Into<String>) {
        self.0.insert(Fault {
            rule,
            message: message.into(),
        });
    }

    pub(super) fn into_result<T>(self, value: T) -> Result<T, Vec<Fault>> {
        if self.0.is_empty() {
            Ok(value)
        } else {
            Err(self.0.into_iter().collect())
        }
    }
}
