//! Subgraphs composed by the gateway's own composition, for the tests of what comes after it.

use federation::{
    Supergraph,
    compose::{CompositionErrors, SubgraphSchema},
};

/// One subgraph: its name and its SDL.
pub type Source = (String, String);

/// Composes subgraphs.
pub fn compose(subgraphs: &[Source]) -> Result<Supergraph, CompositionErrors> {
    Ok(federation::compose(&schemas(subgraphs))?.supergraph)
}

/// The subgraphs as composition takes them, each at an address that leads nowhere.
pub(crate) fn schemas(subgraphs: &[Source]) -> Vec<SubgraphSchema> {
    let schema = |(name, sdl): &Source| SubgraphSchema {
        name: name.clone(),
        url: format!("http://{name}.invalid"),
        sdl: sdl.clone(),
        origin: String::new(),
    };
    subgraphs.iter().map(schema).collect()
}
