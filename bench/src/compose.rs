//! `compose`: our composition next to npm's `@theguild/federation-composition`, on the same subgraphs.
//!
//! Both from text to text, on one thread. Theirs runs in a process of Node's, which times itself: starting it does not count.
//! With satisfiability it needs minutes for the largest, so it is given a limit there, and its time without is told, too.

use std::{
    hint::black_box,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

use clap::Args;
use federation::compose::{SubgraphSchema, compose};
use federation_testing::Shape;
use serde_json::{Value, json};

use crate::Failure;

/// What `compose` can be told.
#[derive(Args)]
pub(crate) struct Options {
    /// Rounds for each line of the table
    #[arg(long, default_value_t = 9)]
    rounds: usize,
    /// Seconds that the peer may take for one line
    #[arg(long, default_value_t = 60)]
    patience: u64,
    /// Compose the largest with ours alone, these many times, without a table: for a profiler
    #[arg(long)]
    profile: Option<usize>,
}

/// How big the made ones are: subgraphs, types.
const SIZES: [(usize, usize); 4] = [(5, 50), (20, 500), (50, 2000), (100, 5000)];

const LIBRARY: [(&str, &str); 4] = [
    ("book", include_str!("../../schema/book.graphql")),
    ("borrowing", include_str!("../../schema/borrowing.graphql")),
    ("mypage", include_str!("../../schema/mypage.graphql")),
    ("user", include_str!("../../schema/user.graphql")),
];

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    if let Some(count) = options.profile {
        let subgraphs = made(SIZES[SIZES.len() - 1]);
        for _ in 0..count {
            black_box(compose(&subgraphs)?);
        }
        return Ok(());
    }
    println!(
        "| Subgraphs' texts → supergraph | ours | theirs | ratio | theirs, without satisfiability | ratio |"
    );
    println!("|---|---|---|---|---|---|");
    let library = LIBRARY.map(|(name, sdl)| subgraph(name, sdl)).to_vec();
    line("library", &library, options)?;
    for size in SIZES {
        line(&format!("made {}/{}", size.0, size.1), &made(size), options)?;
    }
    Ok(())
}

fn made((subgraphs, types): (usize, usize)) -> Vec<SubgraphSchema> {
    let shape = Shape {
        subgraphs,
        types,
        seed: 1,
    };
    let subgraphs = shape.subgraphs();
    subgraphs
        .iter()
        .map(|(name, sdl)| subgraph(name, sdl))
        .collect()
}

fn subgraph(name: &str, sdl: &str) -> SubgraphSchema {
    SubgraphSchema {
        name: name.to_owned(),
        url: "http://localhost".to_owned(),
        sdl: sdl.to_owned(),
        origin: String::new(),
    }
}

fn line(name: &str, subgraphs: &[SubgraphSchema], options: &Options) -> Result<(), Failure> {
    let mut times = Vec::new();
    for _ in 0..options.rounds.max(1) {
        let start = Instant::now();
        black_box(compose(subgraphs)?);
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    let ours = median(times);
    let mut cells = vec![format!("{ours:.1} ms")];
    for satisfiability in [true, false] {
        match theirs(subgraphs, satisfiability, options)? {
            Theirs::Took(theirs) => {
                cells.push(format!("{theirs:.1} ms"));
                cells.push(format!("{:.4}", ours / theirs));
            }
            Theirs::Longer => {
                let limit = options.patience as f64;
                cells.push(format!("over {limit} s"));
                cells.push(format!("< {:.4}", ours / 1e3 / limit));
            }
            Theirs::Crashed(error) => cells.extend([error, "-".to_owned()]),
        }
    }
    println!("| {name} | {} |", cells.join(" | "));
    Ok(())
}

/// What the peer made of it.
enum Theirs {
    /// The median of its times, in milliseconds.
    Took(f64),
    /// Not one round within the limit.
    Longer,
    /// Its own error.
    Crashed(String),
}

fn theirs(
    subgraphs: &[SubgraphSchema],
    satisfiability: bool,
    options: &Options,
) -> Result<Theirs, Failure> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let input = json!({
        "package": root.join("gateway/simulator/oracle/package.json"),
        "millis": options.patience * 500,
        "rounds": options.rounds.max(1),
        "satisfiability": satisfiability,
        "subgraphs": subgraphs
            .iter()
            .map(|one| json!({ "name": one.name, "sdl": one.sdl }))
            .collect::<Vec<_>>(),
    });
    let mut child = Command::new("timeout")
        .arg(options.patience.to_string())
        .arg("node")
        .arg(root.join("bench/src/compose.mjs"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let stdin = child.stdin.take();
    stdin
        .ok_or("no standard input")?
        .write_all(input.to_string().as_bytes())?;
    let output = child.wait_with_output()?;
    // What `timeout` says when it had to end the program.
    if output.status.code() == Some(124) {
        return Ok(Theirs::Longer);
    }
    if !output.status.success() {
        return Err("Node failed: gateway/simulator/oracle/install.sh installs the peer".into());
    }
    let answer: Value = serde_json::from_slice(&output.stdout)?;
    if let Some(error) = answer["error"].as_str() {
        return Err(format!("the peer refuses: {error}").into());
    }
    if let Some(error) = answer["crash"].as_str() {
        return Ok(Theirs::Crashed(error.to_owned()));
    }
    let millis = answer["millis"].as_array().into_iter().flatten();
    let millis = millis.filter_map(Value::as_f64).collect();
    Ok(Theirs::Took(median(millis)))
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_unstable_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or_default()
}
