//! Our composition against the oracle's, `@theguild/federation-composition`: on the corpus, on the audit's subgraphs, on
//! the library's own, and on random ones.
//!
//! `CASE=beginning` tells all about the cases of the corpus whose names begin so; `ORACLE=script` asks another composer that
//! speaks as `oracle/compose.mjs` does, and only tells how it differs. `random.rs` says what else can be set.

mod corpus;
mod examples;
mod random;

use std::{env, path::Path};

use simulator::agreement::oracle::Oracle;

/// The oracle, or what is asked in its place.
fn oracle() -> Oracle {
    match env::var_os("ORACLE") {
        Some(script) => Oracle::of(Path::new(&script)),
        None => Oracle::start(),
    }
    .expect("the oracle is installed: gateway/simulator/oracle/install.sh")
}
