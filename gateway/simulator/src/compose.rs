//! Composition by `@theguild/federation-composition`, in one process for many.

use std::{
    io::{self, BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{Mutex, PoisonError},
};

use serde_json::{Value, json};

/// One subgraph: its name and its SDL.
pub type Source = (String, String);

/// Why there is no supergraph.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// The subgraphs do not compose; one message an error, its code first.
    #[error("{}", .0.join("\n"))]
    Refused(Vec<String>),
    /// The composer itself does not work. Run `schema/compose.sh` once: it installs it.
    #[error("the composer does not answer (schema/compose.sh installs it): {0}")]
    Broken(#[from] io::Error),
}

/// A running composer.
pub struct Composer {
    pipes: Mutex<Pipes>,
}

struct Pipes {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Composer {
    /// Starts the process.
    pub fn start() -> Result<Self, ComposeError> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("compose.mjs");
        let mut child = Command::new("node")
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::Error::other("no pipes").into());
        };
        Ok(Self {
            pipes: Mutex::new(Pipes {
                child,
                input,
                output: BufReader::new(output),
            }),
        })
    }

    /// Composes subgraphs to a supergraph's SDL.
    pub fn compose(&self, subgraphs: &[Source]) -> Result<String, ComposeError> {
        let subgraphs: Vec<_> = subgraphs
            .iter()
            .map(|(name, sdl)| json!({ "name": name, "sdl": sdl }))
            .collect();
        let mut answer = String::new();
        {
            let mut pipes = self.pipes.lock().unwrap_or_else(PoisonError::into_inner);
            writeln!(pipes.input, "{}", json!({ "subgraphs": subgraphs }))?;
            pipes.input.flush()?;
            pipes.output.read_line(&mut answer)?;
        }
        let mut answer: Value = serde_json::from_str(&answer).map_err(io::Error::other)?;
        if let Value::String(supergraph) = answer["supergraph"].take() {
            return Ok(supergraph);
        }
        let errors = answer["errors"].as_array().cloned().unwrap_or_default();
        let text = |error: &Value| error.as_str().unwrap_or_default().to_owned();
        Err(ComposeError::Refused(errors.iter().map(text).collect()))
    }
}

impl Drop for Composer {
    fn drop(&mut self) {
        let pipes = self.pipes.get_mut().unwrap_or_else(PoisonError::into_inner);
        // It may have ended already; and nobody is left to be told.
        let _ = pipes.child.kill();
        let _ = pipes.child.wait();
    }
}
