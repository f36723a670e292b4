//! That the subgraphs of these tests are strict: a wrong plan has to fail, and would not before subgraphs that answer anything.

use serde_json::{Value, json};

use crate::world::World;

/// What a subgraph is asked directly, and what has to come of it.
pub(crate) struct Refusal {
    pub(crate) name: &'static str,
    pub(crate) suite: &'static str,
    subgraph: &'static str,
    query: &'static str,
    representations: fn() -> Value,
    outcome: Outcome,
}

enum Outcome {
    /// An error that says this.
    Refused(&'static str),
    /// These entities, and no error.
    Answered(fn() -> Value),
}

/// All of them.
pub(crate) const ALL: [Refusal; 10] = [
    Refusal {
        name: "a field of another subgraph",
        suite: "simple-requires-provides",
        subgraph: "inventory",
        query: "... on Product { name }",
        representations: || json!([{ "__typename": "Product", "upc": "p1" }]),
        outcome: Outcome::Refused("does not have a field `name`"),
    },
    Refusal {
        name: "an external field",
        suite: "simple-requires-provides",
        subgraph: "reviews",
        query: "... on User { username }",
        representations: || json!([{ "__typename": "User", "id": "u1" }]),
        outcome: Outcome::Refused("User.username: external, and not provided here"),
    },
    Refusal {
        name: "an external field that is provided",
        suite: "simple-requires-provides",
        subgraph: "reviews",
        query: "... on Review { author { username } }",
        representations: || json!([{ "__typename": "Review", "id": "r1" }]),
        outcome: Outcome::Answered(|| json!([{ "author": { "username": "u-username-1" } }])),
    },
    Refusal {
        name: "a required value that was not sent",
        suite: "simple-requires-provides",
        subgraph: "inventory",
        query: "... on Product { shippingEstimate }",
        representations: || json!([{ "__typename": "Product", "upc": "p1", "weight": 1 }]),
        outcome: Outcome::Refused("Product.price is required, and was not sent"),
    },
    Refusal {
        name: "a computed value follows what was sent",
        suite: "simple-requires-provides",
        subgraph: "inventory",
        query: "... on Product { shippingEstimate }",
        representations: || json!([{ "__typename": "Product", "upc": "p1", "weight": 3, "price": 5 }]),
        outcome: Outcome::Answered(|| json!([{ "shippingEstimate": 150 }])),
    },
    Refusal {
        name: "a representation without a key",
        suite: "parent-entity-call",
        subgraph: "b",
        query: "... on Product { pid }",
        representations: || json!([{ "__typename": "Product", "id": "p1" }]),
        outcome: Outcome::Refused("no key of Product"),
    },
    Refusal {
        name: "a representation with a value that the subgraph does not define",
        suite: "parent-entity-call",
        subgraph: "b",
        query: "... on Product { pid }",
        representations: || json!([{ "__typename": "Product", "id": "p1", "pid": "p1-pid", "upc": 1 }]),
        outcome: Outcome::Refused("there is no Product.upc"),
    },
    Refusal {
        name: "a type that is no entity there",
        suite: "parent-entity-call",
        subgraph: "c",
        query: "... on Product { id }",
        representations: || json!([{ "__typename": "Category", "id": "c1" }]),
        outcome: Outcome::Refused("Category has no resolvable key"),
    },
    Refusal {
        name: "a key whose values belong to different entities",
        suite: "parent-entity-call",
        subgraph: "b",
        query: "... on Product { pid }",
        representations: || {
            json!([
                { "__typename": "Product", "id": "p1", "pid": "p2-pid" },
                { "__typename": "Product", "id": "p2", "pid": "p2-pid" },
            ])
        },
        outcome: Outcome::Answered(|| json!([null, { "pid": "p2-pid" }])),
    },
    Refusal {
        name: "a concrete type where only the interface object is known",
        suite: "simple-interface-object",
        subgraph: "b",
        query: "... on Account { name }",
        representations: || json!([{ "__typename": "Admin", "id": "u1" }]),
        outcome: Outcome::Refused("Admin has no resolvable key"),
    },
];

impl Refusal {
    pub(crate) async fn check(&self, world: &World) -> Result<(), String> {
        let query = format!(
            "query($representations: [_Any!]!) {{ _entities(representations: $representations) {{ {} }} }}",
            self.query
        );
        let variables = json!({ "representations": (self.representations)() });
        let answer = world
            .ask_subgraph(self.subgraph, &query, &variables)
            .await?;
        let errors = answer["errors"].to_string();
        let holds = match &self.outcome {
            Outcome::Refused(reason) => errors.contains(reason),
            Outcome::Answered(entities) => answer == json!({ "data": { "_entities": entities() } }),
        };
        if holds {
            Ok(())
        } else {
            Err(format!("{answer:#}"))
        }
    }
}
