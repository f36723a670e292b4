//! `@defer` over plans written by hand: the shop's subgraphs answer when the test says so, and what the client gets then.

/// When nothing (more) comes.
mod ends;
/// What an item holds.
mod items;
/// What comes before what, and what is not waited for.
mod order;

use federation::plan::Node;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::engine::{
    Context,
    handmade::{
        Asked, SHOP, World, defer, entities, fetch, flatten, incremental, is_answered, is_over,
        next, node, none, part,
    },
};

const USER: &str = "{ ... on User { __typename id } }";
const PRODUCT: &str = "{ ... on Product { __typename id } }";

/// The caller's name at once, what the caller likes later: from users, then from products.
const LIKES: &str = r#"{ me { name ... @defer(label: "likes") { favourites { name } } } }"#;

fn likes() -> Node {
    let favourites = entities(
        1,
        "users",
        USER,
        "{ ... on User { favourites { __typename id } } }",
    );
    let names = entities(2, "products", PRODUCT, "{ ... on Product { name } }");
    let steps = vec![flatten("me", favourites), flatten("me.favourites.@", names)];
    defer(
        Some(me()),
        vec![part(Some("likes"), "me", &[0], Some(Node::Sequence(steps)))],
    )
}

/// The fetch 0: the caller, from users.
fn me() -> Node {
    node(fetch(0, "users", "{ me { __typename id name } }"))
}

/// The answer to [`me`].
fn ada() -> Value {
    json!({"data": {"me": {"__typename": "User", "id": "u1", "name": "Ada"}}})
}

/// The caller's address.
fn email(id: u32, service: &str) -> Node {
    let email = entities(id, service, USER, "{ ... on User { email } }");
    flatten("me", email)
}

/// What a subgraph answers that is asked for entities.
fn found(entities: Value) -> Value {
    json!({"data": {"_entities": entities}})
}

/// An operation under way, for a client that takes parts.
struct Deferring {
    world: World,
    answers: mpsc::UnboundedReceiver<Value>,
}

impl Deferring {
    /// Begins a query over the shop's subgraphs that this plan answers.
    async fn begin(query: &str, plan: Node) -> Self {
        Self::begin_in(SHOP, query, plan).await
    }

    async fn begin_in(supergraph: &str, query: &str, plan: Node) -> Self {
        let world = World::new(supergraph).await;
        world.plan(query, plan);
        let answers = world.run(query, none(), incremental());
        Self { world, answers }
    }

    /// Begins the query again, with these variables.
    fn again(&mut self, query: &str, variables: Value) {
        self.answers = self.world.run(query, variables, incremental());
    }

    async fn asked(&mut self, service: &str) -> Asked {
        self.world.asked(service).await
    }

    async fn answer(&mut self, service: &str, body: Value) {
        self.world.answer(service, body).await;
    }

    async fn next(&mut self) -> Value {
        next(&mut self.answers).await
    }

    /// The items of all payloads that are still to come.
    async fn items(&mut self) -> Vec<Value> {
        let mut items = Vec::new();
        loop {
            let payload = self.next().await;
            let more = payload["incremental"].as_array();
            items.extend(more.into_iter().flatten().cloned());
            if payload["hasNext"] == false {
                return items;
            }
        }
    }

    fn is_answered(&mut self) -> bool {
        is_answered(&mut self.answers)
    }

    async fn is_over(&mut self) -> bool {
        is_over(&mut self.answers).await
    }
}
