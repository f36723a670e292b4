//! What composition tells: errors and hints, and where they lie.

use std::fmt;

use serde_json::{Value, json};

use super::{ErrorCode, HintCode};

/// A place in a subgraph's schema. Displays as compilers write it: the place, then the line with a mark under the column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The subgraph's name.
    pub subgraph: String,
    /// Where its schema was read ([`super::SubgraphSchema::origin`]).
    pub origin: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// The line itself; of a very long one, what begins at the column, behind an ellipsis.
    pub excerpt: String,
}

/// Why subgraphs do not compose. Displays as a text for operators, source lines included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompositionError {
    /// The specification's code.
    pub code: ErrorCode,
    /// What is wrong and what to do: subgraphs and coordinates by name.
    pub message: String,
    /// Where; empty if it is nowhere in particular.
    pub locations: Vec<Location>,
}

/// What is legal, but odd. Displays as a text for operators, source lines included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// Apollo's code.
    pub code: HintCode,
    /// What is odd and what it leads to.
    pub message: String,
    /// Where; empty if it is nowhere in particular.
    pub locations: Vec<Location>,
}

/// All that stands in the way of a supergraph; at least one error. Displays as a text for operators, source lines included;
/// [`CompositionErrors::to_json`] is for programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompositionErrors {
    pub(super) errors: Vec<CompositionError>,
}

impl CompositionErrors {
    /// The errors, in the order in which they were found.
    pub fn errors(&self) -> &[CompositionError] {
        &self.errors
    }

    /// A list of what [`CompositionError::to_json`] makes of each.
    pub fn to_json(&self) -> Value {
        self.errors.iter().map(CompositionError::to_json).collect()
    }
}

impl CompositionError {
    /// `{"code", "message", "locations"}`, the locations as in [`Location::to_json`].
    pub fn to_json(&self) -> Value {
        to_json(self.code.as_str(), &self.message, &self.locations)
    }
}

impl Hint {
    /// `{"code", "message", "locations"}`, the locations as in [`Location::to_json`].
    pub fn to_json(&self) -> Value {
        to_json(self.code.as_str(), &self.message, &self.locations)
    }
}

impl Location {
    /// `{"subgraph", "origin", "line", "column"}`.
    pub fn to_json(&self) -> Value {
        json!({
            "subgraph": self.subgraph,
            "origin": self.origin,
            "line": self.line,
            "column": self.column,
        })
    }
}

fn to_json(code: &str, message: &str, locations: &[Location]) -> Value {
    let locations: Vec<_> = locations.iter().map(Location::to_json).collect();
    json!({ "code": code, "message": message, "locations": locations })
}

impl std::error::Error for CompositionErrors {}

impl fmt::Display for CompositionErrors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.errors.iter().enumerate() {
            if index > 0 {
                writeln!(formatter)?;
            }
            write!(formatter, "{error}")?;
        }
        Ok(())
    }
}

impl fmt::Display for CompositionError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{}: {}", self.code, self.message)?;
        write_locations(formatter, &self.locations)
    }
}

impl fmt::Display for Hint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{}: {}", self.code, self.message)?;
        write_locations(formatter, &self.locations)
    }
}

fn write_locations(formatter: &mut fmt::Formatter<'_>, locations: &[Location]) -> fmt::Result {
    locations
        .iter()
        .try_for_each(|location| write!(formatter, "{location}"))
}

impl fmt::Display for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            origin,
            line,
            column,
            excerpt,
            ..
        } = self;
        let width = line.to_string().len();
        writeln!(formatter, "{:width$}--> {origin}:{line}:{column}", "")?;
        writeln!(formatter, "{:width$} |", "")?;
        writeln!(formatter, "{line} | {excerpt}")?;
        let before = if excerpt.starts_with('…') {
            1
        } else {
            column.saturating_sub(1)
        };
        // Tabs stay tabs, so that the mark stands under its column however wide they are shown.
        let before: String = excerpt
            .chars()
            .take(before)
            .map(|letter| if letter == '\t' { '\t' } else { ' ' })
            .collect();
        writeln!(formatter, "{:width$} | {before}^", "")
    }
}
