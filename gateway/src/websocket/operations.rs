//! The operations running on one connection.

use std::{collections::HashMap, sync::Arc};

use futures_util::{
    Stream, StreamExt,
    future::ready,
    stream::{self, AbortHandle, BoxStream, SelectAll, abortable},
};

use crate::engine::Response;

/// What an operation brings forth.
pub(super) enum Event {
    /// A response of the operation with this id.
    Response(Arc<str>, Response),
    /// The operation with this id ended by itself.
    End(Arc<str>),
}

/// The operations running on one connection, by the client's ids.
#[derive(Default)]
pub(super) struct Operations {
    handles: HashMap<Arc<str>, AbortHandle>,
    streams: SelectAll<BoxStream<'static, Event>>,
}

impl Operations {
    /// Runs an operation.
    pub(super) fn start(
        &mut self,
        id: String,
        responses: impl Stream<Item = Response> + Send + 'static,
    ) {
        let id = Arc::<str>::from(id);
        let (of_response, of_end) = (Arc::clone(&id), Arc::clone(&id));
        let events = responses
            .map(move |response| Event::Response(Arc::clone(&of_response), response))
            .chain(stream::once(ready(Event::End(of_end))));
        let (events, handle) = abortable(events);
        self.handles.insert(id, handle);
        self.streams.push(events.boxed());
    }

    /// Ends an operation, if it runs. Its id is free at once and brings no further event; its stream is dropped, and
    /// told upstream, when [`next`](Self::next) is called again.
    pub(super) fn stop(&mut self, id: &str) {
        if let Some(handle) = self.handles.remove(id) {
            handle.abort();
        }
    }

    /// Ends all and drops their streams.
    pub(super) fn stop_all(&mut self) {
        self.handles.clear();
        self.streams.clear();
    }

    /// Whether the id is in use.
    pub(super) fn is_running(&self, id: &str) -> bool {
        self.handles.contains_key(id)
    }

    /// How many run.
    pub(super) fn len(&self) -> usize {
        self.handles.len()
    }

    /// The next event; none when nothing runs. May be dropped and called again without loss.
    pub(super) async fn next(&mut self) -> Option<Event> {
        self.streams.next().await
    }
}
