//! The suite's table of contents.

mod approval;
mod catalogue;
mod desk;
mod gateway;
mod mypage;
mod outages;
mod privacy;
mod races;
mod rejection;
mod replicas;
mod returns;
mod sign_in;
mod traces;

use futures_util::future::LocalBoxFuture;

use crate::world::World;

/// One test.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) run: for<'a> fn(&'a World) -> LocalBoxFuture<'a, ()>,
}

const fn case(name: &'static str, run: for<'a> fn(&'a World) -> LocalBoxFuture<'a, ()>) -> Case {
    Case { name, run }
}

/// Every test, in the order in which a reader would meet them.
pub(crate) fn all() -> Vec<Case> {
    let modules = [
        sign_in::cases(),
        catalogue::cases(),
        approval::cases(),
        rejection::cases(),
        returns::cases(),
        races::cases(),
        desk::cases(),
        privacy::cases(),
        mypage::cases(),
        outages::cases(),
        replicas::cases(),
        gateway::cases(),
        traces::cases(),
    ];
    modules.into_iter().flatten().collect()
}
