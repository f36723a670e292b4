//! Subgraphs' texts → `compose`.

#![no_main]

use federation_fuzz::invariants;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        invariants::composition(text);
    }
});
