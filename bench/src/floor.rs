//! What a loan cannot do without: its commits and its confirmed publishes, one after the other and nothing else, on the
//! same servers.
//!
//! An approval is five commits (borrowing, book, borrowing, user, borrowing) with four messages between them. Over the
//! broker a message is a mandatory publish to a quorum queue, confirmed; in the all-in-one it is one more commit, into
//! the receiver's inbox.

use std::{path::Path, sync::Arc};

use kit::{Db, Migration};
use lapin::{
    BasicProperties, Channel, Connection, ConnectionProperties,
    options::{BasicPublishOptions, ConfirmSelectOptions, QueueDeclareOptions, QueueDeleteOptions},
    types::{AMQPValue, FieldTable},
};

use crate::{
    Failure, Kind,
    stats::{Times, at_once, one_by_one},
    world::Servers,
};

const COMMITS: usize = 5;
const MESSAGES: usize = 4;
const TABLE: &[Migration] = &[(
    1,
    "floor",
    "CREATE TABLE floor (id TEXT NOT NULL PRIMARY KEY, payload TEXT NOT NULL)",
)];
/// About what an outbox row holds.
const PAYLOAD: &str = r#"{"borrowingId":"0198c0de-0000-7000-8000-000000000000","bookId":"0198c0de-0000-7000-8000-000000000001","quantity":1,"pad":"................................................................"}"#;

/// The floor, one at a time and with many at once.
pub(crate) struct Floor {
    pub(crate) latency: Times,
    pub(crate) sustained: Times,
}

pub(crate) async fn measure(
    kind: Kind,
    folder: &Path,
    count: usize,
    clients: usize,
    seconds: u64,
) -> Result<Floor, Failure> {
    match kind {
        Kind::Embedded => {
            let url = format!("sqlite:{}", folder.join("floor.db").display());
            let db = Db::open(&url, TABLE).await?;
            let floor = run(
                &Ground {
                    db: db.clone(),
                    channel: None,
                    commits: COMMITS + MESSAGES,
                },
                count,
                clients,
                seconds,
            )
            .await;
            db.close().await;
            floor
        }
        Kind::Services => on_servers(count, clients, seconds).await,
    }
}

async fn on_servers(count: usize, clients: usize, seconds: u64) -> Result<Floor, Failure> {
    use sqlx::migrate::MigrateDatabase;
    let servers = Servers::from_env();
    let url = format!(
        "{}/circulate_bench_{}_floor",
        servers.postgres.trim_end_matches('/'),
        std::process::id()
    );
    let db = Db::open(&url, TABLE).await?;
    let connection = Connection::connect(&servers.rabbit, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    let queue = format!("bench-{}-floor", std::process::id());
    let mut arguments = FieldTable::default();
    arguments.insert(
        "x-queue-type".into(),
        AMQPValue::LongString("quorum".into()),
    );
    let options = QueueDeclareOptions {
        durable: true,
        ..Default::default()
    };
    channel
        .queue_declare(queue.clone().into(), options, arguments)
        .await?;
    channel
        .confirm_select(ConfirmSelectOptions::default())
        .await?;
    let ground = Ground {
        db: db.clone(),
        channel: Some((channel.clone(), queue.clone())),
        commits: COMMITS,
    };
    let floor = run(&ground, count, clients, seconds).await;
    channel
        .queue_delete(queue.into(), QueueDeleteOptions::default())
        .await?;
    db.close().await;
    sqlx::Any::force_drop_database(&url).await?;
    floor
}

#[derive(Clone)]
struct Ground {
    db: Db,
    channel: Option<(Channel, String)>,
    commits: usize,
}

async fn run(
    ground: &Ground,
    count: usize,
    clients: usize,
    seconds: u64,
) -> Result<Floor, Failure> {
    let ground = Arc::new(ground.clone());
    let latency = one_by_one(count, |_| loan(ground.clone())).await?;
    let workers = (0..clients)
        .map(|_| {
            let ground = ground.clone();
            move |_: usize| loan(ground.clone())
        })
        .collect();
    let sustained = at_once(workers, seconds).await?;
    Ok(Floor { latency, sustained })
}

/// One loan's worth.
async fn loan(ground: Arc<Ground>) -> Result<(), Failure> {
    let clock = kit::Clock::real();
    for step in 0..ground.commits {
        let mut tx = ground.db.begin().await?;
        sqlx::query("INSERT INTO floor (id, payload) VALUES ($1, $2)")
            .bind(clock.id::<kit::ids::Message>().to_string())
            .bind(PAYLOAD)
            .execute(tx.conn())
            .await?;
        tx.commit().await?;
        if let Some((channel, queue)) = ground.channel.as_ref().filter(|_| step < MESSAGES) {
            publish(channel, queue).await?;
        }
    }
    Ok(())
}

async fn publish(channel: &Channel, queue: &str) -> Result<(), Failure> {
    let options = BasicPublishOptions {
        mandatory: true,
        ..Default::default()
    };
    let properties = BasicProperties::default().with_delivery_mode(2);
    let confirm = channel
        .basic_publish(
            "".into(),
            queue.into(),
            options,
            PAYLOAD.as_bytes(),
            properties,
        )
        .await?
        .await?;
    if confirm.is_ack() {
        Ok(())
    } else {
        Err("the broker refused a publish".into())
    }
}
