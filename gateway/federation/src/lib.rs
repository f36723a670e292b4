//! GraphQL federation: composition, the supergraph model and query plans.
//!
//! [`compose()`] makes a supergraph of subgraphs' schemas ([`mod@compose`] has an example), in Apollo's format. [`Supergraph`]
//! loads one (join v0.1 to v0.5) and derives the API schema that clients see. [`Planner`] turns an operation over that schema
//! into a [`plan::Plan`]: which subgraph is asked what, in which order, and where its answer goes. A plan prints as text
//! ([`plan::Plan::to_text`]) and as Apollo's query plan JSON ([`plan::Plan::to_json`]). [`changes`] compares two API schemas.
//!
//! Everything here is pure: text in, values out; no I/O, no clock, no async runtime, no global state. The same subgraphs give
//! the same supergraph, the same supergraph and operation the same plan, byte for byte. Work is bounded: an operation that is
//! out of all proportion ends in a [`PlanError`]. Executing plans is the caller's business (the `gateway` crate does it over
//! HTTP and WebSocket), and so is introspection, which no subgraph is asked for.
//!
//! ```
//! use apollo_compiler::ExecutableDocument;
//! use federation::{PlanOptions, Planner, Supergraph};
//!
//! let supergraph = Supergraph::parse(r#"
//!     schema @link(url: "https://specs.apollo.dev/link/v1.0") @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION) {
//!       query: Query
//!     }
//!     directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA
//!     directive @join__graph(name: String!, url: String!) on ENUM_VALUE
//!     directive @join__type(graph: join__Graph!, key: join__FieldSet) repeatable on OBJECT
//!     directive @join__field(graph: join__Graph) repeatable on FIELD_DEFINITION
//!     scalar join__FieldSet
//!     scalar link__Import
//!     enum link__Purpose { SECURITY EXECUTION }
//!     enum join__Graph {
//!       BOOKS @join__graph(name: "books", url: "http://books.example/graphql")
//!       STOCK @join__graph(name: "stock", url: "http://stock.example/graphql")
//!     }
//!     type Query @join__type(graph: BOOKS) { book: Book @join__field(graph: BOOKS) }
//!     type Book @join__type(graph: BOOKS, key: "id") @join__type(graph: STOCK, key: "id") {
//!       id: ID!
//!       title: String! @join__field(graph: BOOKS)
//!       available: Int! @join__field(graph: STOCK)
//!     }
//! "#)?;
//! let query = "{ book { title available } }";
//! let document = ExecutableDocument::parse_and_validate(supergraph.api_schema(), query, "query.graphql")
//!     .map_err(|errors| errors.to_string())?;
//! let operation = document.operations.get(None).expect("the only one");
//! let plan = Planner::new(&supergraph).plan(&document, operation, &PlanOptions::default())?;
//!
//! let json = plan.to_json();
//! assert_eq!(json["node"]["kind"], "Sequence");
//! assert_eq!(json["node"]["nodes"][0]["operation"], "query{book{__typename title id}}");
//! assert_eq!(json["node"]["nodes"][1]["path"], serde_json::json!(["book"]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod api_schema;
pub mod changes;
pub mod compose;
mod model;
pub mod plan;
mod plan_json;
mod plan_text;
mod planner;
mod supergraph;

pub use compose::compose;
pub use planner::{PlanError, PlanOptions, Planner};
pub use supergraph::{Subgraph, Supergraph, SupergraphError};
