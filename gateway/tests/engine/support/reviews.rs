//! Reviews of products by users: entities of other subgraphs, extended and pointed at.

use std::sync::{Arc, Mutex};

use async_graphql::{ComplexObject, Context, EmptySubscription, ID, Object, Schema, SimpleObject};

#[derive(Clone)]
struct Row {
    id: String,
    product: String,
    author: String,
    body: String,
}

type Rows = Arc<Mutex<Vec<Row>>>;

#[derive(SimpleObject)]
#[graphql(complex)]
struct Product {
    id: ID,
}

#[ComplexObject]
impl Product {
    async fn reviews(&self, context: &Context<'_>) -> Vec<Review> {
        let rows = context.data_unchecked::<Rows>().lock().unwrap();
        rows.iter()
            .filter(|row| row.product == *self.id)
            .cloned()
            .map(Review)
            .collect()
    }
}

#[derive(SimpleObject)]
#[graphql(unresolvable)]
struct User {
    id: ID,
}

struct Review(Row);

#[Object]
impl Review {
    async fn id(&self) -> ID {
        ID(self.0.id.clone())
    }

    async fn body(&self) -> &str {
        &self.0.body
    }

    async fn author(&self) -> User {
        User {
            id: ID(self.0.author.clone()),
        }
    }

    async fn product(&self) -> Product {
        Product {
            id: ID(self.0.product.clone()),
        }
    }
}

pub(crate) struct Query;

#[Object]
impl Query {
    async fn reviews(&self, context: &Context<'_>) -> Vec<Review> {
        context
            .data_unchecked::<Rows>()
            .lock()
            .unwrap()
            .iter()
            .cloned()
            .map(Review)
            .collect()
    }

    #[graphql(entity)]
    async fn find_product(&self, id: ID) -> Product {
        Product { id }
    }

    #[graphql(entity)]
    async fn find_review(&self, context: &Context<'_>, id: ID) -> Option<Review> {
        let rows = context.data_unchecked::<Rows>().lock().unwrap();
        rows.iter().find(|row| row.id == *id).cloned().map(Review)
    }
}

pub(crate) struct Mutation;

#[Object]
impl Mutation {
    async fn add_review(
        &self,
        context: &Context<'_>,
        product: ID,
        author: ID,
        body: String,
    ) -> Review {
        let mut rows = context.data_unchecked::<Rows>().lock().unwrap();
        let row = Row {
            id: format!("r{}", rows.len() + 1),
            product: product.0,
            author: author.0,
            body,
        };
        rows.push(row.clone());
        Review(row)
    }
}

pub(crate) fn schema() -> Schema<Query, Mutation, EmptySubscription> {
    let row = |id: &str, product: &str, author: &str, body: &str| Row {
        id: id.to_owned(),
        product: product.to_owned(),
        author: author.to_owned(),
        body: body.to_owned(),
    };
    let rows: Rows = Arc::new(Mutex::new(vec![
        row("r1", "1", "u1", "good"),
        row("r2", "1", "u2", "bad"),
        row("r3", "2", "u1", "fine"),
    ]));
    Schema::build(Query, Mutation, EmptySubscription)
        .data(rows)
        .enable_federation()
        .finish()
}
