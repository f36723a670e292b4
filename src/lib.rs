//! All in one.
