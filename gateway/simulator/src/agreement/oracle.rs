//! The oracle, `@theguild/federation-composition`, in one process for many questions.

use std::{
    io::{self, BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{Mutex, PoisonError},
};

use serde::Deserialize;
use serde_json::json;

use crate::compose::Source;

/// What the oracle says to a set of subgraphs.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Answer {
    /// They compose.
    Composed {
        /// The supergraph's SDL.
        supergraph: String,
        /// The SDL of what clients see.
        api: String,
    },
    /// They do not; at least one reason.
    Refused {
        /// In its order.
        errors: Vec<Complaint>,
    },
}

/// One of its errors.
#[derive(Debug, Clone, Deserialize)]
pub struct Complaint {
    /// The specification's code; `CRASH` if it came to grief.
    pub code: String,
    /// In its words.
    pub message: String,
}

/// A running oracle.
pub struct Oracle {
    pipes: Mutex<Pipes>,
}

struct Pipes {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Oracle {
    /// Starts the process; `gateway/simulator/oracle/install.sh` installs what it needs.
    pub fn start() -> io::Result<Self> {
        Self::of(&Path::new(env!("CARGO_MANIFEST_DIR")).join("oracle/compose.mjs"))
    }

    /// Starts another composer that speaks as `compose.mjs` does.
    pub fn of(script: &Path) -> io::Result<Self> {
        let mut child = Command::new("node")
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::Error::other("no pipes"));
        };
        Ok(Self {
            pipes: Mutex::new(Pipes {
                child,
                input,
                output: BufReader::new(output),
            }),
        })
    }

    /// What it makes of subgraphs.
    pub fn ask(&self, subgraphs: &[Source]) -> io::Result<Answer> {
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
        serde_json::from_str(&answer).map_err(io::Error::other)
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        let pipes = self.pipes.get_mut().unwrap_or_else(PoisonError::into_inner);
        // It may have ended already; and nobody is left to be told.
        let _ = pipes.child.kill();
        let _ = pipes.child.wait();
    }
}
