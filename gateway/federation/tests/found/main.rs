//! Replays what fuzzing found (see `fuzz/README.md`): supergraphs in `supergraphs/`, supergraphs with an
//! operation in `pairs/`, subgraphs in `compositions/`.

#[expect(unreachable_pub, reason = "public in the crate of the fuzz targets")]
mod invariants;

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The entries of a folder beside this file, sorted.
fn entries(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/found")
        .join(folder);
    let entries =
        fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "{} is empty", folder.display());
    paths
}

fn read(path: &Path) -> String {
    // A finding need not be UTF-8 at its end: the fuzzer cuts where it likes.
    String::from_utf8_lossy(&fs::read(path).expect("a readable file")).into_owned()
}

#[test]
fn supergraphs_are_loaded_or_refused() {
    for path in entries("supergraphs") {
        println!("{}", path.display());
        invariants::supergraph(&read(&path));
    }
}

#[test]
fn subgraphs_compose_or_are_refused() {
    for path in entries("compositions") {
        println!("{}", path.display());
        invariants::composition(&read(&path));
    }
}

#[test]
fn pairs_are_planned_or_refused() {
    for path in entries("pairs") {
        println!("{}", path.display());
        let sdl = read(&path.join("supergraph.graphql"));
        let text = read(&path.join("operation.graphql"));
        if let Some(supergraph) = invariants::supergraph(&sdl) {
            invariants::plan(&supergraph, &text);
            if let Some(other) = invariants::supergraph(&sdl) {
                invariants::same_plan(&supergraph, &other, &text);
            }
        }
    }
}
