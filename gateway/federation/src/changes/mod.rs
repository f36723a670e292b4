//! What has changed between two versions of an API schema, and which operations that concerns.
//!
//! [`compare`] lists the changes; [`Uses`] says what an operation makes use of. A change breaks an operation when the
//! operation uses what has changed ([`Uses::concerns`]); validation of the operation over the new schema stays the last word.

mod compare;
#[cfg(test)]
mod tests;
mod uses;

use std::fmt;

pub use compare::compare;
pub use uses::Uses;

/// One change of a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What has changed, as a schema coordinate: `Type`, `Type.field`, `Type.field(argument:)`, `Enum.VALUE`, `@directive`.
    pub coordinate: String,
    /// How it is for clients.
    pub severity: Severity,
    /// What happened to it.
    pub what: String,
    /// The coordinates whose users it concerns; the coordinate itself unless said otherwise.
    concerns: Vec<String>,
}

/// What a change is for clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// No client notices.
    Safe,
    /// A client may notice: one that knows every value of an enum, say.
    Dangerous,
    /// Operations that use it fail, or get answers that their authors do not expect.
    Breaking,
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Safe => "safe",
            Self::Dangerous => "dangerous",
            Self::Breaking => "breaking",
        })
    }
}

impl fmt::Display for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}: {} {}",
            self.severity, self.coordinate, self.what
        )
    }
}
