use crate::engine::{
    Engine,
    handmade::{LABELS, labelled},
};

/// For each roll: whether a query that began on the one supergraph would be answered alike on the other.
fn verdicts<const N: usize>(sdl: &str, labels: &[&str], query: &str, rolls: [f64; N]) -> [bool; N] {
    assert_ne!(sdl, LABELS, "nothing has changed");
    let (old, new) = (labelled(LABELS, labels), labelled(sdl, labels));
    let changes = new.changes_since(&old);
    rolls.map(|rolled| {
        let key = |engine: &Engine| engine.key(query, None, rolled);
        new.answers_alike(&old, (&key(&old), &key(&new)), &changes)
    })
}

/// The supergraph with a field that only `new` has, for everybody.
fn moved(field: &str, label: &str) -> String {
    let before = format!(
        r#"{field}: Int @join__field(graph: NEW, override: "old", overrideLabel: "{label}") @join__field(graph: OLD, overrideLabel: "{label}")"#
    );
    let after = format!("{field}: Int @join__field(graph: NEW)");
    LABELS.replace(&before, &after)
}

#[test]
fn who_is_asked_already_is_asked_alike_when_more_follow() {
    let more = LABELS.replace("percent(25)", "percent(30)");
    let price = "{ product { price } }";
    assert_eq!(
        verdicts(&more, &[], price, [0.1, 0.27, 0.5]),
        [true, false, true]
    );
    let all = moved("price", "percent(25)");
    assert_eq!(verdicts(&all, &[], price, [0.1, 0.5]), [true, false]);
}

#[test]
fn a_label_that_is_named_counts_as_on() {
    let all = moved("stock", "beta");
    let stock = "{ product { stock } }";
    assert_eq!(verdicts(&all, &["beta"], stock, [0.5]), [true]);
    assert_eq!(verdicts(&all, &[], stock, [0.5]), [false]);
}

#[test]
fn labels_of_other_fields_do_not_matter() {
    let all = moved("price", "percent(25)");
    let weight = "{ product { weight } }";
    assert_eq!(verdicts(&all, &["beta"], weight, [0.1, 0.5]), [true, true]);
    // One that is new is one of another field, too.
    let labelled = LABELS.replace("beta", "percent(50)");
    assert_eq!(verdicts(&labelled, &[], weight, [0.1, 0.9]), [true, true]);
}
