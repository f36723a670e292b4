//! A subgraph whose resolvers wait, count and repeat what they were sent.

use std::sync::{
    Arc,
    atomic::{AtomicI32, Ordering},
};

use async_graphql::{Context, Data, Object, Schema, Subscription};
use async_graphql_axum::{GraphQLProtocol, GraphQLRequest, GraphQLResponse, GraphQLWebSocket};
use axum::{
    Router,
    extract::{State, WebSocketUpgrade},
    response::Response,
    routing::post,
};
use futures_util::{Stream, StreamExt, stream};
use http::HeaderMap;
use tokio::{
    net::TcpListener,
    sync::{Semaphore, watch},
};

/// What tests see and steer.
#[derive(Clone)]
pub(crate) struct Subgraph {
    pub(crate) url: String,
    /// How many calls of `slow` are waiting or done.
    pub(crate) entered: Arc<watch::Sender<usize>>,
    /// A permit lets one `slow` go.
    pub(crate) gate: Arc<Semaphore>,
    /// How many subscriptions are open.
    pub(crate) listeners: Arc<watch::Sender<usize>>,
    /// What `ticks` tells its listeners next.
    pub(crate) tick: Arc<watch::Sender<i32>>,
    touched: Arc<AtomicI32>,
}

struct Query;
struct Mutation;
struct Subscriptions;
struct InitAuthorization(Option<String>);

#[Object]
impl Query {
    async fn hello(&self) -> &str {
        "world"
    }

    async fn header(&self, context: &Context<'_>, name: String) -> Option<String> {
        let value = context.data_unchecked::<HeaderMap>().get(name)?;
        value.to_str().ok().map(str::to_owned)
    }

    async fn slow(&self, context: &Context<'_>) -> bool {
        let subgraph = context.data_unchecked::<Subgraph>();
        subgraph.entered.send_modify(|count| *count += 1);
        subgraph.gate.acquire().await.unwrap().forget();
        true
    }

    async fn long(&self, length: usize) -> String {
        "x".repeat(length)
    }
}

#[Object]
impl Mutation {
    async fn touch(&self, context: &Context<'_>) -> i32 {
        let touched = &context.data_unchecked::<Subgraph>().touched;
        touched.fetch_add(1, Ordering::SeqCst) + 1
    }
}

/// Counts a subscription while it lives.
struct Listener(Arc<watch::Sender<usize>>);

impl Listener {
    fn new(context: &Context<'_>) -> Self {
        let listeners = Arc::clone(&context.data_unchecked::<Subgraph>().listeners);
        listeners.send_modify(|count| *count += 1);
        Self(listeners)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

#[Subscription]
impl Subscriptions {
    async fn count(&self, to: i32) -> impl Stream<Item = i32> {
        stream::iter(1..=to)
    }

    async fn forever(&self, context: &Context<'_>) -> impl Stream<Item = i32> {
        let listener = Listener::new(context);
        stream::iter([1])
            .chain(stream::pending())
            .inspect(move |_| drop(Arc::clone(&listener.0)))
    }

    /// The present tick, and each that follows.
    async fn ticks(&self, context: &Context<'_>) -> impl Stream<Item = i32> {
        let ticks = context.data_unchecked::<Subgraph>().tick.subscribe();
        stream::unfold((ticks, true), |(mut ticks, first)| async move {
            if !first {
                ticks.changed().await.ok()?;
            }
            let tick = *ticks.borrow_and_update();
            Some((tick, (ticks, false)))
        })
    }

    async fn flood(&self, context: &Context<'_>, length: usize) -> impl Stream<Item = String> {
        let listener = Listener::new(context);
        stream::repeat("x".repeat(length)).inspect(move |_| drop(Arc::clone(&listener.0)))
    }

    async fn authorization(&self, context: &Context<'_>) -> impl Stream<Item = Option<String>> {
        let authorization = context.data_unchecked::<InitAuthorization>().0.clone();
        stream::iter([authorization])
    }
}

type OurSchema = Schema<Query, Mutation, Subscriptions>;

impl Subgraph {
    /// Serves on a free port for as long as the test's runtime lives.
    pub(crate) async fn serve() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let subgraph = Self {
            url: format!("http://{}/graphql", listener.local_addr().unwrap()),
            entered: Arc::default(),
            gate: Arc::new(Semaphore::new(0)),
            listeners: Arc::default(),
            tick: Arc::default(),
            touched: Arc::default(),
        };
        let schema = Schema::build(Query, Mutation, Subscriptions)
            .data(subgraph.clone())
            .finish();
        let routes = Router::new()
            .route("/graphql", post(answer).get(upgrade))
            .with_state(schema);
        tokio::spawn(async move { axum::serve(listener, routes).await });
        subgraph
    }

    /// Waits until `count` calls of `slow` have arrived.
    pub(crate) async fn entered(&self, count: usize) {
        self.entered
            .subscribe()
            .wait_for(|entered| *entered >= count)
            .await
            .unwrap();
    }

    /// Waits until as many subscriptions are open.
    pub(crate) async fn listeners(&self, count: usize) {
        self.listeners
            .subscribe()
            .wait_for(|open| *open == count)
            .await
            .unwrap();
    }
}

async fn answer(
    State(schema): State<OurSchema>,
    headers: HeaderMap,
    request: GraphQLRequest,
) -> GraphQLResponse {
    schema
        .execute(request.into_inner().data(headers))
        .await
        .into()
}

async fn upgrade(
    State(schema): State<OurSchema>,
    protocol: GraphQLProtocol,
    upgrade: WebSocketUpgrade,
) -> Response {
    upgrade
        .protocols(["graphql-transport-ws"])
        .on_upgrade(move |socket| async move {
            GraphQLWebSocket::new(socket, schema, protocol)
                .on_connection_init(|payload| async move {
                    let authorization = payload["Authorization"].as_str().map(str::to_owned);
                    let mut data = Data::default();
                    data.insert(InitAuthorization(authorization));
                    Ok(data)
                })
                .serve()
                .await;
        })
}
