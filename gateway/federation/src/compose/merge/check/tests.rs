//! Each rule, accepting and refusing. What is right was asked of Apollo's composition (2.14).

mod access;
mod contexts;
mod inaccessible;
mod interface_objects;
mod interfaces;
mod list_sizes;
mod presence;
mod validity;

use crate::compose::{
    ErrorCode::{self, *},
    testing::{Found, Stage, compose},
};

fn found(sdls: &[&str]) -> Found {
    compose(Stage::Merge, sdls)
}

#[track_caller]
fn accepts(sdls: &[&str]) {
    assert_eq!(found(sdls).errors, [], "{sdls:#?}");
}

#[track_caller]
fn refuses(codes: &[ErrorCode], sdls: &[&str]) {
    let found = found(sdls);
    assert_eq!(found.codes(), codes, "{sdls:#?}\n{:#?}", found.errors);
}

fn messages(sdls: &[&str]) -> Vec<String> {
    let found = found(sdls);
    found.messages().into_iter().map(str::to_owned).collect()
}
