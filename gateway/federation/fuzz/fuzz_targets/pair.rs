//! A made and broken supergraph with operations over it. `FUZZ_PRINT=1` prints both, for keeping a finding.

#![no_main]

use federation_fuzz::{choices::Choices, invariants, mutate, operation};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let mut choices = Choices::new(data);
    let print = std::env::var_os("FUZZ_PRINT").is_some();
    let sdl = mutate::supergraph(&mut choices);
    if print {
        println!("{sdl}");
    }
    let Some(supergraph) = invariants::supergraph(&sdl) else {
        return;
    };
    let other = choices
        .once_in(8)
        .then(|| federation::Supergraph::parse(&sdl).expect("it loaded before"));
    // Loading costs the most: several operations for one supergraph.
    for _ in 0..8 {
        let text = operation::operation(supergraph.api_schema(), &mut choices);
        if print {
            println!("# operation\n{text}");
        }
        invariants::plan(&supergraph, &text);
        if let Some(other) = &other {
            invariants::same_plan(&supergraph, other, &text);
        }
        if choices.is_over() {
            break;
        }
    }
});
