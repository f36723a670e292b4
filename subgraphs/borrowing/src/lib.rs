//! The borrowing subgraph: lends books by a saga with book and user, takes them back, and pushes the decisions.
//!
//! A request follows `schema → lending → domain | saga → store + outbox`; a message, `handlers → lending → …`.
//! Deliberately absent: stock and points. Book and user own those; borrowing knows only what they have answered.

pub mod admin;
pub mod calendar;
pub mod deadline;
pub mod domain;
pub mod handlers;
pub mod lending;
pub mod loaders;
pub mod messages;
pub mod saga;
pub mod schema;
pub mod steps;
pub mod store;

use std::sync::Arc;

use chrono::TimeDelta;
use chrono_tz::Tz;
use futures_util::future::BoxFuture;
use kit::{Assembly, Parts, ServiceError, Settings};

use crate::{
    domain::{LateFees, Rules},
    handlers::Handlers,
    lending::{Lending, Terms},
};

/// The longest that a loan may be set to run, in days.
const LONGEST_LOAN: u32 = 3650;

/// The tables.
pub const MIGRATIONS: &[kit::Migration] = &[(
    1,
    "borrowings",
    include_str!("../migrations/0001_borrowings.sql"),
)];

/// The subgraph.
pub const SERVICE: kit::Service = kit::Service {
    name: "borrowing",
    port: 4002,
    migrations: MIGRATIONS,
    assemble,
    sdl: schema::sdl,
};

fn assemble(parts: Parts) -> BoxFuture<'static, Result<Assembly, ServiceError>> {
    Box::pin(async move {
        let lending = Lending::new(
            parts.mailbox.clone(),
            parts.clock.clone(),
            parts.live.clone(),
            &parts.metrics,
            terms(&parts.settings)?,
        );
        let schema = schema::schema(lending.clone(), parts.stop.clone());
        let deadlines = deadline::run(lending.clone(), parts.metrics.clone(), parts.stop.clone());
        Ok(Assembly {
            routes: kit::graphql::routes(schema, schema::per_request(&lending), &parts),
            admin: admin::routes(lending.clone()),
            handler: Arc::new(Handlers::new(lending)),
            tasks: vec![Box::pin(deadlines)],
        })
    })
}

/// The terms of lending, as set.
fn terms(settings: &Settings) -> Result<Terms, ServiceError> {
    let loan_days = settings.or("LOAN_DAYS", 7_u32)?;
    if !(1..=LONGEST_LOAN).contains(&loan_days) {
        let reason = format!("it must be between 1 and {LONGEST_LOAN}");
        return Err(settings.error("LOAN_DAYS", reason).into());
    }
    let zone = match settings.get("TIME_ZONE") {
        None => Tz::Asia__Seoul,
        Some(name) => name.parse().map_err(|_| {
            settings.error(
                "TIME_ZONE",
                "it is not a name like Asia/Seoul or Europe/London",
            )
        })?,
    };
    let late_fees: LateFees = settings
        .get("LATE_FEE_TIERS")
        .unwrap_or("7:500,14:1000,:2000")
        .parse()
        .map_err(|reason: String| settings.error("LATE_FEE_TIERS", reason))?;
    Ok(Terms {
        rules: Rules {
            loan_days,
            zone,
            late_fees,
        },
        deadline: seconds(settings, "SAGA_DEADLINE_SECONDS", 900)?,
        undo_overdue: seconds(settings, "UNDO_OVERDUE_SECONDS", 900)?,
    })
}

fn seconds(settings: &Settings, name: &str, default: u32) -> Result<TimeDelta, ServiceError> {
    let seconds: u32 = settings.or(name, default)?;
    if seconds == 0 {
        return Err(settings.error(name, "it must be at least 1").into());
    }
    Ok(TimeDelta::seconds(i64::from(seconds)))
}
