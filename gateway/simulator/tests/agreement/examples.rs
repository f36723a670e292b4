//! Subgraphs with a supergraph beside them: the audit's and the library's. And large made ones.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use federation::{Supergraph, compose::SubgraphSchema};
use federation_testing::Shape;
use simulator::{
    agreement::{Outcome, compare, differences::Differences},
    compose::Source,
};

use crate::oracle;

fn from_root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path)
}

/// The subgraphs of a supergraph, whose schemas lie in a folder under their names.
fn subgraphs(supergraph: &Supergraph, folder: &Path) -> Vec<SubgraphSchema> {
    let read = |name: &str| {
        let path = folder.join(format!("{name}.graphql"));
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    supergraph
        .subgraphs()
        .iter()
        .map(|one| SubgraphSchema {
            name: one.name.clone(),
            url: one.url.clone(),
            sdl: read(&one.name),
            origin: String::new(),
        })
        .collect()
}

#[test]
fn the_audits_subgraphs_make_the_audits_supergraphs() {
    let oracle = oracle();
    let mut differences = Differences::read_of_examples().expect("the list of differences");
    let mut wrong = String::new();
    let mut suites: Vec<_> = fs::read_dir(from_root("gateway/tests/audit/suites"))
        .expect("the audit's suites")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir())
        .map(|path| {
            (
                format!("audit/{}", path.file_name().unwrap_or_default().display()),
                path,
            )
        })
        .map(|(name, path)| {
            (
                name,
                path.join("supergraph.graphql"),
                path.join("subgraphs"),
            )
        })
        .collect();
    suites.sort();
    assert_eq!(suites.len(), 24);
    let library = from_root("schema");
    suites.push((
        "library".to_owned(),
        library.join("supergraph.graphql"),
        library,
    ));
    for (name, supergraph, folder) in suites {
        let sdl = fs::read_to_string(supergraph).expect("a supergraph");
        let supergraph = Supergraph::parse(&sdl).expect("a supergraph");
        let subgraphs = subgraphs(&supergraph, &folder);
        let ours = Outcome::composed_by_us(&subgraphs);
        for difference in compare(&Outcome::of_supergraph(&sdl), &ours, true) {
            let name = format!("kept:{name}");
            if !differences.explain(&name, &difference) {
                let _ = writeln!(
                    wrong,
                    "{name}: beside the supergraph that is kept\n{difference}"
                );
            }
        }
        let sources: Vec<Source> = subgraphs
            .into_iter()
            .map(|one| (one.name, one.sdl))
            .collect();
        let theirs = Outcome::of_oracle(oracle.ask(&sources).expect("the oracle answers"));
        for difference in compare(&theirs, &Outcome::of_ours(&sources), true) {
            if !differences.explain(&name, &difference) {
                let _ = writeln!(wrong, "{name}: beside the oracle\n{difference}");
            }
        }
    }
    for gone in differences.not_met() {
        let _ = writeln!(
            wrong,
            "differences.txt: {gone}: there is no such difference"
        );
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn made_subgraphs_compose_as_they_were_made_and_as_the_oracle_composes_them() {
    let oracle = oracle();
    for seed in 0..4 {
        let shape = Shape {
            subgraphs: 3 + 2 * seed as usize,
            types: 40 + 20 * seed as usize,
            seed,
        };
        let subgraphs = shape.subgraphs();
        let ours = Outcome::of_ours(&subgraphs);
        let theirs = Outcome::of_oracle(oracle.ask(&subgraphs).expect("the oracle answers"));
        let told: Vec<_> = compare(&theirs, &ours, true)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert!(told.is_empty(), "{shape:?}\n{}", told.concat());
    }
}
