//! The few places where SQLite and PostgreSQL want different words. Everything else is one SQL text.

use sqlx::AssertSqlSafe;

/// Which database a service keeps its data in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// A file of its own, one writer at a time.
    Sqlite,
    /// A database of its own on a server.
    Postgres,
}

impl Dialect {
    /// The dialect of a database URL; `None` when its scheme is neither `sqlite:` nor `postgres:`/`postgresql:`.
    pub fn of(url: &str) -> Option<Self> {
        match url.split(':').next()? {
            "sqlite" => Some(Self::Sqlite),
            "postgres" | "postgresql" => Some(Self::Postgres),
            _ => None,
        }
    }

    /// How a transaction that will write begins. SQLite takes its write lock at once: a transaction that reads first
    /// and writes later could otherwise not be upgraded when another has written in between.
    pub(crate) fn begin(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN IMMEDIATE",
            Self::Postgres => "BEGIN",
        }
    }

    /// Appends the row lock of a read that decides a later write. SQLite has one writer and needs none.
    pub fn for_update(self, select: &str) -> AssertSqlSafe<String> {
        AssertSqlSafe(match self {
            Self::Sqlite => select.to_owned(),
            Self::Postgres => format!("{select} FOR UPDATE"),
        })
    }

    /// As `for_update`, passing over rows that another replica is working on.
    pub fn for_update_skip_locked(self, select: &str) -> AssertSqlSafe<String> {
        AssertSqlSafe(match self {
            Self::Sqlite => select.to_owned(),
            Self::Postgres => format!("{select} FOR UPDATE SKIP LOCKED"),
        })
    }

    /// The statement that waits until nobody is changing rows of `table`, and lets nobody change or lock any until the
    /// transaction ends. `None` on SQLite: there, a transaction that may write is alone from its beginning.
    pub fn lock_table(self, table: &str) -> Option<AssertSqlSafe<String>> {
        match self {
            Self::Sqlite => None,
            Self::Postgres => Some(AssertSqlSafe(format!(
                "LOCK TABLE {table} IN EXCLUSIVE MODE"
            ))),
        }
    }

    /// Replaces `{list}` in `sql` by a subquery over a JSON array of texts bound as `$1`, so that a list of any
    /// length is one statement: `WHERE id IN {list}`, bound with [`json_list`].
    pub fn with_list(self, sql: &str) -> AssertSqlSafe<String> {
        let list = match self {
            Self::Sqlite => "(SELECT value FROM json_each($1))",
            Self::Postgres => "(SELECT json_array_elements_text($1::json))",
        };
        AssertSqlSafe(sql.replace("{list}", list))
    }
}

/// The bound value of a [`Dialect::with_list`] statement.
pub fn json_list<I: IntoIterator<Item: ToString>>(items: I) -> String {
    let list: serde_json::Value = items.into_iter().map(|item| item.to_string()).collect();
    list.to_string()
}
