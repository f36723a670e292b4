//! A loaded supergraph.

/// Why a supergraph was refused.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SupergraphError(String);

/// A supergraph in Apollo's format, loaded.
#[derive(Debug, Clone)]
pub struct Supergraph {}

impl Supergraph {
    /// Loads a supergraph's SDL.
    pub fn parse(sdl: &str) -> Result<Self, SupergraphError> {
        let _ = sdl;
        Ok(Self {})
    }
}
