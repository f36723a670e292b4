//! Writes what fuzzing begins with into `corpus/`: `cargo +nightly run --example seeds`.

use std::{fs, io, path::Path};

use federation_fuzz::supergraphs;
use federation_testing::{Random, Shape};

fn main() -> io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let write = |target: &str, name: String, bytes: &[u8]| {
        let folder = corpus.join(target);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(name), bytes)
    };
    for (index, sdl) in supergraphs::all().enumerate() {
        write("supergraph", format!("seed-{index}"), sdl.as_bytes())?;
    }
    let small = Shape {
        subgraphs: 2,
        types: 6,
        seed: 0,
    };
    write(
        "supergraph",
        "seed-made".to_owned(),
        small.make().sdl.as_bytes(),
    )?;
    let compositions = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../simulator/compositions");
    let mut number = 0;
    for folder in fs::read_dir(compositions)?
        .flatten()
        .filter(|one| one.path().is_dir())
    {
        for case in fs::read_dir(folder.path())?.flatten() {
            write(
                "composition",
                format!("seed-{number}"),
                &fs::read(case.path())?,
            )?;
            number += 1;
        }
    }
    for (number, (index, text)) in supergraphs::operations().into_iter().enumerate() {
        let bytes: Vec<u8> = [index as u8].into_iter().chain(text.into_bytes()).collect();
        write("operation", format!("seed-{number}"), &bytes)?;
    }
    // Any bytes are a pair.
    let mut random = Random::new(1);
    for number in 0..64 {
        let bytes: Vec<u8> = (0..40 + number * 8)
            .map(|_| random.below(256) as u8)
            .collect();
        write("pair", format!("seed-{number}"), &bytes)?;
    }
    Ok(())
}
