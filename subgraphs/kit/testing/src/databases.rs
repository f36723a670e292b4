//! Both databases, fresh for each test and gone after it.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use kit::{Clock, Db, Migration};
use sqlx::{Any, migrate::MigrateDatabase};

/// A database for one test.
pub struct TestDb {
    /// Open, with the mailbox's and the service's own tables.
    pub db: Db,
    /// Where it is, to open it again.
    pub url: String,
}

/// Runs `test` on a fresh SQLite file, then on a fresh PostgreSQL database, each removed afterwards.
///
/// PostgreSQL is the server of `DATABASE_URL`, or the one on 127.0.0.1:5432.
///
/// # Panics
/// When PostgreSQL cannot be reached: a test that passes on one database alone would say too little.
pub async fn on_each_database<F: Future<Output = ()>>(
    migrations: &[Migration],
    test: impl Fn(TestDb) -> F,
) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let url = format!("sqlite:{}", folder.path().join("test.db").display());
    let db = Db::open(&url, migrations).await.expect("a SQLite file");
    test(TestDb { db, url }).await;
    drop(folder);

    let url = fresh_postgres_url();
    let db = Db::open(&url, migrations).await.unwrap_or_else(|error| {
        panic!("PostgreSQL is needed for this test (DATABASE_URL or 127.0.0.1:5432; tests/run.sh provides one): {error}")
    });
    let outcome = AssertUnwindSafe(test(TestDb {
        db,
        url: url.clone(),
    }))
    .catch_unwind()
    .await;
    Any::force_drop_database(&url)
        .await
        .expect("dropping the test's database");
    if let Err(panic) = outcome {
        std::panic::resume_unwind(panic);
    }
}

/// The PostgreSQL server of the tests, without a database's name.
pub fn postgres_server() -> String {
    let server = std::env::var("DATABASE_URL")
        .ok()
        .filter(|url| url.starts_with("postgres"));
    let server = server.unwrap_or_else(|| "postgres://postgres@127.0.0.1:5432".to_owned());
    let after_scheme = server.find("://").map_or(0, |at| at + 3);
    let host_end = server[after_scheme..]
        .find(['/', '?'])
        .map_or(server.len(), |at| after_scheme + at);
    server[..host_end].to_owned()
}

fn fresh_postgres_url() -> String {
    let name = Clock::real().id::<kit::ids::Message>().uuid().simple();
    format!("{}/circulate_test_{name}", postgres_server())
}
