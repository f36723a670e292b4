//! A service's own database: connecting (and waiting until it can), migrations, and the write transaction.

use std::{str::FromStr, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use sqlx::{
    Any, AnyConnection, AnyPool, AssertSqlSafe, Executor, Transaction,
    any::{AnyConnectOptions, AnyPoolOptions},
    migrate::{MigrateDatabase, MigrateError, Migration as SqlxMigration, MigrationType, Migrator},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::dialect::Dialect;

/// One step of a schema: its number, its name, its SQL for both databases.
pub type Migration = (i64, &'static str, &'static str);

const MAILBOX: &[Migration] = &[(1, "mailbox", include_str!("../migrations/0001_mailbox.sql"))];
/// Connections of one replica, unless told otherwise.
pub const CONNECTIONS: u32 = 12;

/// Why a service's database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// The URL is not one.
    #[error("DATABASE_URL must start with sqlite: or postgres:, not {0:?}")]
    Url(String),
    /// The folder of a SQLite file cannot be made.
    #[error(
        "cannot create the folder of the database file {path}: {source}; choose a writable place in DATABASE_URL"
    )]
    Folder {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// A migration failed.
    #[error("the database schema cannot be brought up to date: {0}")]
    Migrate(#[from] MigrateError),
    /// The database does not answer, or refuses.
    #[error("the database: {0}")]
    Sql(#[from] sqlx::Error),
}

/// A service's database. Clones share the connections.
#[derive(Clone)]
pub struct Db {
    pool: AnyPool,
    dialect: Dialect,
    /// SQLite has one writer; queueing for it here is fair and cheaper than its busy-wait.
    writer: Option<Arc<Semaphore>>,
}

impl Db {
    /// Opens the database, creates it when it is missing, and brings its schema up to date.
    pub async fn open(url: &str, migrations: &[Migration]) -> Result<Self, DbError> {
        Self::open_with(url, migrations, CONNECTIONS).await
    }

    /// The same, with at most `connections` connections.
    pub async fn open_with(
        url: &str,
        migrations: &[Migration],
        connections: u32,
    ) -> Result<Self, DbError> {
        sqlx::any::install_default_drivers();
        let dialect = Dialect::of(url)
            .ok_or_else(|| DbError::Url(url.split(':').next().unwrap_or("").to_owned()))?;
        create_if_missing(url, dialect).await?;
        let options = AnyConnectOptions::from_str(url)?;
        let pool = AnyPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(Duration::from_secs(10))
            .after_connect(move |connection, _| prepare(connection, dialect))
            .connect_with(options)
            .await?;
        migrate(&pool, "_kit_migrations", MAILBOX).await?;
        migrate(&pool, "_migrations", migrations).await?;
        let writer = (dialect == Dialect::Sqlite).then(|| Arc::new(Semaphore::new(1)));
        Ok(Self {
            pool,
            dialect,
            writer,
        })
    }

    /// Connections for reading. Writes go through [`Db::begin`].
    pub fn pool(&self) -> &AnyPool {
        &self.pool
    }

    /// Which database this is.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Begins a transaction that may write.
    pub async fn begin(&self) -> Result<Tx, sqlx::Error> {
        let permit = self.turn().await?;
        let inner = self.pool.begin_with(self.dialect.begin()).await?;
        Ok(Tx {
            inner,
            _permit: permit,
            dialect: self.dialect,
            after_commit: Vec::new(),
            ordinal: 0,
        })
    }

    /// Waits for one's turn to write, where writers take turns: for a single statement that needs no transaction.
    pub(crate) async fn turn(&self) -> Result<Option<OwnedSemaphorePermit>, sqlx::Error> {
        match &self.writer {
            Some(writer) => {
                let turn = writer.clone().acquire_owned().await;
                turn.map(Some).map_err(|_| sqlx::Error::PoolClosed)
            }
            None => Ok(None),
        }
    }

    /// Closes every connection; the database can no longer be used through any clone.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

type AfterCommit = Box<dyn FnOnce() + Send>;

/// A write transaction. Dropped without [`Tx::commit`], it is rolled back.
pub struct Tx {
    inner: Transaction<'static, Any>,
    _permit: Option<OwnedSemaphorePermit>,
    dialect: Dialect,
    after_commit: Vec<AfterCommit>,
    /// The order of the messages sent in this transaction.
    pub(crate) ordinal: i64,
}

impl Tx {
    /// The connection, for `sqlx` queries.
    pub fn conn(&mut self) -> &mut AnyConnection {
        &mut self.inner
    }

    /// Which database this is.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Runs `action` once the transaction is durable, and not at all when it is rolled back.
    pub fn after_commit(&mut self, action: impl FnOnce() + Send + 'static) {
        self.after_commit.push(Box::new(action));
    }

    /// Makes the transaction durable, then runs what waits for that.
    pub async fn commit(self) -> Result<(), sqlx::Error> {
        self.inner.commit().await?;
        for action in self.after_commit {
            action();
        }
        Ok(())
    }

    /// Starts a part that [`Tx::rollback_part`] can undo alone.
    pub(crate) async fn begin_part(&mut self) -> Result<usize, sqlx::Error> {
        self.inner.execute("SAVEPOINT part").await?;
        Ok(self.after_commit.len())
    }

    /// Keeps the part.
    pub(crate) async fn keep_part(&mut self) -> Result<(), sqlx::Error> {
        self.inner.execute("RELEASE SAVEPOINT part").await.map(drop)
    }

    /// Undoes the part that began with `mark`.
    pub(crate) async fn rollback_part(&mut self, mark: usize) -> Result<(), sqlx::Error> {
        self.after_commit.truncate(mark);
        self.inner.execute("ROLLBACK TO SAVEPOINT part").await?;
        self.keep_part().await
    }
}

fn prepare(
    connection: &mut AnyConnection,
    dialect: Dialect,
) -> BoxFuture<'_, Result<(), sqlx::Error>> {
    Box::pin(async move {
        if dialect == Dialect::Sqlite {
            // FULL, not NORMAL: on power loss NORMAL forgets the last commits, and a message acknowledged by one
            // service's file would then be missing from another's.
            for pragma in [
                "PRAGMA busy_timeout = 10000",
                "PRAGMA journal_mode = WAL",
                "PRAGMA synchronous = FULL",
                "PRAGMA foreign_keys = ON",
            ] {
                connection.execute(pragma).await?;
            }
        }
        Ok(())
    })
}

async fn create_if_missing(url: &str, dialect: Dialect) -> Result<(), DbError> {
    if dialect == Dialect::Sqlite {
        let path = url.trim_start_matches("sqlite:").trim_start_matches("//");
        let path = path.split('?').next().unwrap_or(path);
        if let Some(folder) = std::path::Path::new(path).parent() {
            std::fs::create_dir_all(folder).map_err(|source| DbError::Folder {
                path: path.to_owned(),
                source,
            })?;
        }
    }
    if !Any::database_exists(url).await?
        && let Err(error) = Any::create_database(url).await
        // Another replica may have created it in the meantime.
        && !Any::database_exists(url).await?
    {
        return Err(error.into());
    }
    Ok(())
}

async fn migrate(
    pool: &AnyPool,
    table: &'static str,
    migrations: &[Migration],
) -> Result<(), DbError> {
    let steps = migrations.iter().map(|&(version, name, sql)| {
        SqlxMigration::new(
            version,
            name.into(),
            MigrationType::Simple,
            sqlx::SqlSafeStr::into_sql_str(AssertSqlSafe(sql)),
            false,
        )
    });
    let mut migrator = Migrator::with_migrations(steps.collect());
    migrator.dangerous_set_table_name(table);
    migrator.run(pool).await?;
    Ok(())
}
