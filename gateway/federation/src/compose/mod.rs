//! Composition: subgraphs' schemas in, a supergraph in Apollo's format out.
//!
//! ```
//! use federation::compose::{ErrorCode, SubgraphSchema, compose};
//!
//! let subgraph = |name: &str, sdl: &str| SubgraphSchema {
//!     name: name.to_owned(),
//!     url: format!("http://{name}.example/graphql"),
//!     sdl: format!(
//!         r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"]) {sdl}"#
//!     ),
//!     origin: format!("{name}.graphql"),
//! };
//! let books = subgraph("books", r#"type Query { book: Book } type Book @key(fields: "id") { id: ID! title: String! }"#);
//! let stock = subgraph("stock", r#"type Book @key(fields: "id") { id: ID! available: Int! }"#);
//! let composition = compose(&[books.clone(), stock])?;
//! assert_eq!(composition.supergraph.subgraphs().len(), 2);
//! assert!(composition.supergraph.sdl().contains("available: Int! @join__field(graph: STOCK)"));
//!
//! // Nobody says which book it is whose stock is asked for.
//! let stock = subgraph("stock", "type Book { available: Int! }");
//! let errors = compose(&[books, stock]).expect_err("there is no way from a book to its stock");
//! let error = &errors.errors()[0];
//! assert_eq!(error.code, ErrorCode::SatisfiabilityError);
//! assert_eq!(error.locations[0].origin, "stock.graphql");
//! # Ok::<(), federation::compose::CompositionErrors>(())
//! ```

// The stages, in their order, each a folder: `subgraph` reads what one subgraph says and brings it to one form, whatever
// federation version it is written in; `validate` holds each subgraph against the specification's rules; `merge` makes
// one schema of them all; `satisfiability` shows that whatever that schema allows can be answered. A stage begins only
// when the one before it found no error, so that nobody reads errors that follow from others.
mod error;
mod error_code;
mod hint_code;
mod merge;
mod report;
mod satisfiability;
mod subgraph;
#[cfg(test)]
mod testing;
mod validate;

pub use error::{CompositionError, CompositionErrors, Hint, Location};
pub use error_code::ErrorCode;
pub use hint_code::HintCode;

use crate::Supergraph;
use report::Report;

/// What one subgraph exports, to be composed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubgraphSchema {
    /// Its name, as operators know it; errors name it.
    pub name: String,
    /// Where it answers; may be empty.
    pub url: String,
    /// Its schema: of Federation 1, or of 2.0 to 2.12.
    pub sdl: String,
    /// Where the schema was read, for locations in errors: a file's path, or an address. Empty: the subgraph's name.
    pub origin: String,
}

/// What [`compose`] makes.
#[derive(Debug, Clone)]
pub struct Composition {
    /// The supergraph, loaded; [`Supergraph::sdl`] is its text.
    pub supergraph: Supergraph,
    /// What is legal, but odd.
    pub hints: Vec<Hint>,
}

/// Composes subgraphs' schemas into one supergraph.
///
/// The result is the same, byte for byte, in whatever order the subgraphs come.
///
/// # Errors
///
/// All errors of the first stage that has any: each with the code that the federation specification gives it, and where in
/// which subgraph it lies.
pub fn compose(subgraphs: &[SubgraphSchema]) -> Result<Composition, CompositionErrors> {
    let mut report = Report::default();
    let subgraphs = subgraph::load(subgraphs, &mut report);
    report.check()?;
    validate::check(&subgraphs, &mut report);
    report.check()?;
    let merged = merge::merge(&subgraphs, &mut report);
    report.check()?;
    let supergraph = Supergraph::of_schema(merged).map_err(|error| report.defect(&error))?;
    satisfiability::check(&subgraphs, &supergraph, &mut report);
    report.check()?;
    Ok(Composition {
        supergraph,
        hints: report.into_hints(),
    })
}
