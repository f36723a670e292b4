//! All in one.
fn main() {}
