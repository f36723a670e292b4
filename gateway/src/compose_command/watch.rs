//! `gateway compose --watch`.

use std::time::Duration;

use federation::compose::compose;
use gateway::sources::Watch;

use super::{ComposeArguments, ComposeCommandError, sources, write};

/// Composes whenever something changes, until the process is told to stop; what happens is told on standard error.
pub(crate) async fn watch(arguments: &ComposeArguments) -> Result<(), ComposeCommandError> {
    let client = ops::client::http_client();
    let every = Duration::from_millis(arguments.poll);
    let mut watch = match &arguments.config {
        Some(path) => Watch::manifest(path, client, every),
        None => Watch::sources(sources(arguments)?, client, every),
    };
    let Some(output) = &arguments.output else {
        return Ok(());
    };
    let stop = ops::stop::on_signal();
    loop {
        let change = tokio::select! {
            change = watch.changed() => change,
            () = stop.cancelled() => return Ok(()),
        };
        for trouble in &change.troubles {
            eprintln!("{trouble}");
        }
        let path = output.display();
        if change.incomplete {
            eprintln!("{path} is not written: subgraphs are missing");
            continue;
        }
        let count = change.subgraphs.len();
        match compose(&change.subgraphs) {
            Ok(composition) => {
                for hint in &composition.hints {
                    eprintln!("hint: {}: {}", hint.code, hint.message);
                }
                match write(output, composition.supergraph.sdl()) {
                    Ok(()) => eprintln!("{path} is written, of {count} subgraphs"),
                    Err(error) => eprintln!("{error}"),
                }
            }
            Err(errors) => {
                eprintln!("{errors}\n{path} stays as it is: the subgraphs do not compose");
            }
        }
    }
}
