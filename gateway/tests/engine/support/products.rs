//! Products: interfaces, unions, lists of lists, a mutation, a subscription.

use std::sync::{Arc, Mutex};

use async_graphql::{
    Context, Enum, Error, ErrorExtensions, ID, Interface, Object, Schema, SimpleObject,
    Subscription, Union,
    futures_util::{Stream, StreamExt, stream},
};
use tokio::sync::broadcast;

use super::upstream::Caller;

/// What the subgraph knows, and what happens to it.
pub(crate) struct Catalog {
    names: Mutex<Vec<(String, String)>>,
    pub(crate) changes: broadcast::Sender<String>,
}

impl Default for Catalog {
    fn default() -> Self {
        let names = [("1", "Chair"), ("2", "Table"), ("3", "Lamp")];
        Self {
            names: Mutex::new(
                names
                    .map(|(id, name)| (id.to_owned(), name.to_owned()))
                    .to_vec(),
            ),
            changes: broadcast::channel(16).0,
        }
    }
}

impl Catalog {
    fn find(&self, id: &str) -> Option<Product> {
        let names = self.names.lock().unwrap();
        names
            .iter()
            .find(|(known, _)| known == id)
            .map(|(id, name)| Product {
                id: id.into(),
                name: name.clone(),
            })
    }

    fn all(&self) -> Vec<Product> {
        ["1", "2", "3"]
            .iter()
            .filter_map(|id| self.find(id))
            .collect()
    }
}

#[derive(Clone)]
pub(crate) struct Product {
    id: ID,
    name: String,
}

#[derive(Enum, Clone, Copy, PartialEq, Eq)]
enum Shade {
    Dark,
    Light,
}

#[Object]
impl Product {
    async fn id(&self) -> &ID {
        &self.id
    }

    async fn name(&self) -> &str {
        &self.name
    }

    async fn label(&self, prefix: Option<String>) -> String {
        format!("{}{}", prefix.unwrap_or_default(), self.name)
    }

    async fn shade(&self) -> Shade {
        if self.name == "Chair" {
            Shade::Dark
        } else {
            Shade::Light
        }
    }

    async fn weight(&self) -> f64 {
        1.5
    }

    /// Fails for one product, where null is allowed.
    async fn discount(&self) -> Result<Option<i32>, Error> {
        if self.name == "Table" {
            return Err(Error::new("no discount for tables")
                .extend_with(|_, extensions| extensions.set("code", "NO_DISCOUNT")));
        }
        Ok(Some(10))
    }

    /// Fails for one product, where null is not allowed.
    async fn stock(&self) -> Result<i32, Error> {
        if self.name == "Table" {
            Err(Error::new("the stock is not known"))
        } else {
            Ok(7)
        }
    }
}

#[derive(SimpleObject, Clone)]
struct Outlet {
    id: ID,
    city: String,
}

#[derive(Union)]
enum Hit {
    Product(Product),
    Outlet(Outlet),
}

#[derive(Interface)]
#[graphql(field(name = "id", ty = "&ID"))]
enum Thing {
    Product(Product),
    Outlet(Outlet),
}

pub(crate) struct Query;

#[Object]
impl Query {
    async fn products(&self, context: &Context<'_>) -> Vec<Product> {
        context.data_unchecked::<Arc<Catalog>>().all()
    }

    async fn product(&self, context: &Context<'_>, id: ID) -> Option<Product> {
        context.data_unchecked::<Arc<Catalog>>().find(&id)
    }

    async fn shelves(&self, context: &Context<'_>) -> Vec<Vec<Product>> {
        let all = context.data_unchecked::<Arc<Catalog>>().all();
        vec![all[..1].to_vec(), vec![], all.clone()]
    }

    async fn search(&self, context: &Context<'_>) -> Vec<Hit> {
        let all = context.data_unchecked::<Arc<Catalog>>().all();
        let outlet = Outlet {
            id: "o1".into(),
            city: "Seoul".to_owned(),
        };
        vec![
            Hit::Product(all[0].clone()),
            Hit::Outlet(outlet),
            Hit::Product(all[1].clone()),
        ]
    }

    async fn things(&self, context: &Context<'_>) -> Vec<Thing> {
        let all = context.data_unchecked::<Arc<Catalog>>().all();
        let outlet = Outlet {
            id: "o1".into(),
            city: "Seoul".to_owned(),
        };
        vec![Thing::Outlet(outlet), Thing::Product(all[2].clone())]
    }

    /// What the subgraph was told about the caller.
    async fn seen(&self, context: &Context<'_>) -> String {
        context.data_unchecked::<Caller>().0.clone()
    }

    #[graphql(entity)]
    async fn find_product(&self, context: &Context<'_>, id: ID) -> Option<Product> {
        context.data_unchecked::<Arc<Catalog>>().find(&id)
    }
}

pub(crate) struct Mutation;

#[Object]
impl Mutation {
    async fn rename_product(&self, context: &Context<'_>, id: ID, name: String) -> Option<Product> {
        let catalog = context.data_unchecked::<Arc<Catalog>>();
        if let Some(entry) = catalog
            .names
            .lock()
            .unwrap()
            .iter_mut()
            .find(|(known, _)| *known == *id)
        {
            entry.1 = name;
        }
        catalog.find(&id)
    }
}

pub(crate) struct Subscriptions;

#[Subscription(name = "Subscription")]
impl Subscriptions {
    /// The product as it is, then after every change.
    async fn product_changed(&self, context: &Context<'_>, id: ID) -> impl Stream<Item = Product> {
        let catalog = Arc::clone(context.data_unchecked::<Arc<Catalog>>());
        let first = stream::iter(catalog.find(&id));
        first.chain(stream::unfold(
            (catalog.changes.subscribe(), id),
            |(mut changes, id)| async move {
                let name = changes.recv().await.ok()?;
                Some((
                    Product {
                        id: id.clone(),
                        name,
                    },
                    (changes, id),
                ))
            },
        ))
    }

    /// Only who may listen gets anything.
    async fn secrets(&self, context: &Context<'_>) -> Result<impl Stream<Item = String>, Error> {
        let caller = context.data_unchecked::<Caller>().0.clone();
        if caller.is_empty() {
            return Err(Error::new("sign in")
                .extend_with(|_, extensions| extensions.set("code", "UNAUTHENTICATED")));
        }
        Ok(stream::iter([caller]))
    }
}

pub(crate) fn schema(catalog: Arc<Catalog>) -> Schema<Query, Mutation, Subscriptions> {
    Schema::build(Query, Mutation, Subscriptions)
        .data(catalog)
        .enable_federation()
        .enable_subscription_in_federation()
        .finish()
}
