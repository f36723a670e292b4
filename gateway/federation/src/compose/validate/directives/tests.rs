//! Each rule, accepting and refusing. What is right was asked of Apollo's composition (2.14).

mod composed;
mod contexts;
mod placement;

use crate::compose::{
    ErrorCode::{self, *},
    HintCode,
    testing::{Found, Stage, compose},
};

fn found(sdls: &[&str]) -> Found {
    compose(Stage::Validate, sdls)
}

fn codes(sdls: &[&str]) -> Vec<ErrorCode> {
    found(sdls).codes()
}

#[track_caller]
fn accepts(sdl: &str) {
    assert_eq!(codes(&[sdl]), [], "{sdl}");
}

#[track_caller]
fn refuses(code: ErrorCode, sdl: &str) {
    assert_eq!(codes(&[sdl]), [code], "{sdl}");
}

fn hints(sdls: &[&str]) -> Vec<HintCode> {
    let found = found(sdls);
    assert_eq!(found.errors, []);
    found.hint_codes()
}
