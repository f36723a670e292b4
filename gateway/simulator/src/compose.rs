//! Composition by `@theguild/federation-composition`, in one process for many.

use std::{
    io::{self, BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{Mutex, PoisonError},
};

use serde::Deserialize;
use serde_json::json;

/// One subgraph: its name and its SDL.
pub type Source = (String, String);

/// Why there is no supergraph.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// The subgraphs do not compose; one message an error, its code first.
    #[error("{}", .0.join("\n"))]
    Refused(Vec<String>),
    /// The composer itself does not work. Run `gateway/simulator/oracle/install.sh` once: it installs it.
    #[error("the composer does not answer (gateway/simulator/oracle/install.sh installs it): {0}")]
    Broken(#[from] io::Error),
}

/// What the composer says to a set of subgraphs.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Answer {
    /// They compose.
    Composed {
        /// The supergraph's SDL.
        supergraph: String,
        /// The SDL of what clients see.
        api: String,
        /// The supergraph with what the composer forgets to say of external fields.
        #[serde(default)]
        mended: String,
    },
    /// They do not; at least one reason.
    Refused {
        /// In the composer's order.
        errors: Vec<Complaint>,
    },
}

/// One of the composer's errors.
#[derive(Debug, Clone, Deserialize)]
pub struct Complaint {
    /// The specification's code; `CRASH` if the composer came to grief.
    pub code: String,
    /// In its words.
    pub message: String,
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
        Self::of(&Path::new(env!("CARGO_MANIFEST_DIR")).join("oracle/compose.mjs"))
    }

    /// Starts another composer that speaks as `compose.mjs` does.
    pub fn of(script: &Path) -> Result<Self, ComposeError> {
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
        match self.ask(subgraphs)? {
            Answer::Composed { mended, .. } => Ok(mended),
            Answer::Refused { errors } => {
                let text = |error: &Complaint| format!("{}: {}", error.code, error.message);
                Err(ComposeError::Refused(errors.iter().map(text).collect()))
            }
        }
    }

    /// Composes subgraphs, and tells all that the composer says.
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

impl Drop for Composer {
    fn drop(&mut self) {
        let pipes = self.pipes.get_mut().unwrap_or_else(PoisonError::into_inner);
        // It may have ended already; and nobody is left to be told.
        let _ = pipes.child.kill();
        let _ = pipes.child.wait();
    }
}
