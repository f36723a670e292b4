//! Operation text over a fixed set of supergraphs → a plan. The first byte chooses the supergraph.

#![no_main]

use std::sync::LazyLock;

use federation::Supergraph;
use federation_fuzz::{invariants, supergraphs};

static SUPERGRAPHS: LazyLock<Vec<Supergraph>> = LazyLock::new(|| {
    supergraphs::all()
        .map(|sdl| Supergraph::parse(sdl).expect("a supergraph"))
        .collect()
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else {
        return;
    };
    let supergraph = &SUPERGRAPHS[usize::from(*first) % SUPERGRAPHS.len()];
    if let Ok(text) = std::str::from_utf8(rest) {
        invariants::plan(supergraph, text);
    }
});
