//! The corpus: each case does as it says, and the oracle agrees, or the difference is known.

use std::{collections::BTreeSet, env, fmt::Write as _};

use federation::compose::ErrorCode;

use simulator::agreement::{Outcome, compare, corpus, differences::Differences};

use crate::oracle;

#[test]
fn the_corpus_composes_as_it_says_and_as_the_oracle_composes_it() {
    let only = env::var("CASE").ok();
    let other = env::var_os("ORACLE").is_some();
    let oracle = oracle();
    let mut differences = Differences::read().expect("the list of differences");
    let mut wrong = String::new();
    let (mut cases, mut count) = (0, 0);
    for case in corpus::read().expect("the corpus") {
        if only
            .as_ref()
            .is_some_and(|only| !case.name.starts_with(only))
        {
            continue;
        }
        cases += 1;
        let answer = oracle.ask(&case.subgraphs).expect("the oracle answers");
        let theirs = Outcome::of_oracle(answer);
        let ours = Outcome::of_ours(&case.subgraphs);
        let mut told = String::new();
        if ours.verdict() != case.expect && !other {
            let messages = ours.messages().join("\n            ");
            let _ = writeln!(told, "  expected: {}\n  ours:     {messages}", case.expect);
        }
        for difference in compare(&theirs, &ours, true) {
            if !differences.explain(&case.name, &difference) {
                let _ = write!(told, "{difference}");
            }
        }
        if !told.is_empty() {
            count += 1;
            let _ = writeln!(wrong, "{}\n{told}", case.name);
        }
    }
    if only.is_none() && !other {
        for gone in differences.not_met() {
            let _ = writeln!(
                wrong,
                "differences.txt: {gone}: there is no such difference"
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong}\n{count} of {cases} cases");
}

/// Codes that no case can have, and why.
const NOT_IN_THE_CORPUS: [(ErrorCode, &str); 5] = [
    (
        ErrorCode::DirectiveCostInvalidWeight,
        "GraphQL's own rules refuse such a value before",
    ),
    (
        ErrorCode::ListSizeInvalidRequireOneSlicingArgument,
        "GraphQL's own rules refuse such a value before",
    ),
    (
        ErrorCode::MaxValidationSubgraphPathsExceeded,
        "takes a large schema: satisfiability/tests/bounds.rs",
    ),
    (
        ErrorCode::UnsupportedFeature,
        "every feature of the known versions is supported",
    ),
    (
        ErrorCode::UnsupportedLinkedFeature,
        "a gateway's concern: composition links what it knows",
    ),
];

#[test]
fn every_code_is_in_the_corpus() {
    let cases = corpus::read().expect("the corpus");
    let expected: BTreeSet<&str> = cases
        .iter()
        .flat_map(|case| case.expect.split(' '))
        .collect();
    let missing: Vec<_> = ErrorCode::ALL
        .into_iter()
        .filter(|code| !expected.contains(code.as_str()))
        .collect();
    let known: Vec<_> = NOT_IN_THE_CORPUS.iter().map(|(code, _)| *code).collect();
    assert_eq!(missing, known);
}
