use apollo_compiler::{ExecutableDocument, Schema, validation::Valid};

use super::{Severity, Uses, compare};

const OLD: &str = "
    type Query { book(id: ID!, format: Format = PAPER): Book, find(by: Search): [Item!]! }
    interface Item { id: ID! }
    type Book implements Item { id: ID!, title: String!, year: Int }
    type Film implements Item { id: ID! }
    union Any = Book | Film
    enum Format { PAPER, FILE }
    input Search { title: String, limit: Int = 10 }
    directive @fast(level: Int) on QUERY | FIELD
";

fn schema(sdl: &str) -> Valid<Schema> {
    Schema::parse_and_validate(sdl, "schema.graphql").expect("a valid schema")
}

/// The changes from `OLD` with one text replaced by another, and which of them concern an operation.
fn changes(from: &str, to: &str, operation: &str) -> (Vec<String>, Vec<String>) {
    let new = OLD.replace(from, to);
    assert_ne!(new, OLD, "nothing is replaced");
    let (old, new) = (schema(OLD), schema(&new));
    let document = ExecutableDocument::parse_and_validate(&old, operation, "operation.graphql")
        .expect("a valid operation");
    let uses = Uses::of(&old, &document, document.operations.get(None).expect("one"));
    let all = compare(&old, &new);
    let told = |concerned: bool| {
        all.iter()
            .filter(|change| !concerned || uses.concerns(change))
            .map(ToString::to_string)
            .collect()
    };
    (told(false), told(true))
}

#[track_caller]
fn assert_concerned(from: &str, to: &str, operation: &str, change: &str) {
    let (all, concerned) = changes(from, to, operation);
    assert_eq!(
        (all.as_slice(), concerned.as_slice()),
        (
            [change.to_owned()].as_slice(),
            [change.to_owned()].as_slice()
        )
    );
}

#[track_caller]
fn assert_unconcerned(from: &str, to: &str, operation: &str, change: &str) {
    let (all, concerned) = changes(from, to, operation);
    assert_eq!(all, [change]);
    assert!(concerned.is_empty(), "{concerned:?}");
}

#[test]
fn a_field_that_is_gone_concerns_who_selects_it() {
    let change = "breaking: Book.year was removed";
    let all = "{ book(id: 1) { title ...More } } fragment More on Book { year }";
    assert_concerned(", year: Int", "", all, change);
    assert_unconcerned(", year: Int", "", "{ book(id: 1) { title } }", change);
}

#[test]
fn a_field_may_promise_more_and_not_less() {
    let one = "{ book(id: 1) { title year } }";
    assert_concerned(
        "year: Int",
        "year: Int!",
        one,
        "safe: Book.year was of type Int and is of type Int!",
    );
    assert_concerned(
        "title: String!",
        "title: String",
        one,
        "breaking: Book.title was of type String! and is of type String",
    );
}

#[test]
fn an_argument_may_take_more_and_not_less() {
    let given = "query($id: ID!) { book(id: $id) { id } }";
    assert_concerned(
        "book(id: ID!,",
        "book(id: ID,",
        given,
        "safe: Query.book(id:) was of type ID! and is of type ID",
    );
    let without = "{ find { id } }";
    assert_concerned(
        "find(by: Search)",
        "find(by: Search!)",
        without,
        "breaking: Query.find(by:) was of type Search and is of type Search!",
    );
    assert_concerned(
        "find(by: Search)",
        "find(by: Search, now: Int!)",
        without,
        "breaking: Query.find(now:) was added and is required",
    );
    assert_unconcerned(
        "find(by: Search)",
        "find(by: Search, now: Int)",
        without,
        "safe: Query.find(now:) was added",
    );
}

#[test]
fn a_default_value_is_dangerous_for_who_uses_the_field() {
    let change = "dangerous: Query.book(format:) had the default value PAPER and has FILE";
    assert_concerned("= PAPER", "= FILE", "{ book(id: 1) { id } }", change);
    assert_unconcerned("= PAPER", "= FILE", "{ find { id } }", change);
}

#[test]
fn values_and_input_fields_concern_who_may_send_them() {
    let gone = "breaking: Format.FILE was removed";
    assert_concerned(
        "PAPER, FILE }",
        "PAPER }",
        "{ book(id: 1, format: FILE) { id } }",
        gone,
    );
    assert_unconcerned(
        "PAPER, FILE }",
        "PAPER }",
        "{ book(id: 1, format: PAPER) { id } }",
        gone,
    );
    assert_concerned(
        "PAPER, FILE }",
        "PAPER }",
        "query($f: Format) { book(id: 1, format: $f) { id } }",
        gone,
    );
    let input = "breaking: Search.title was removed";
    assert_concerned(
        "title: String, ",
        "",
        "query($by: Search) { find(by: $by) { id } }",
        input,
    );
    assert_concerned(
        "title: String, ",
        "",
        "{ find(by: { title: \"x\" }) { id } }",
        input,
    );
    assert_unconcerned(
        "title: String, ",
        "",
        "{ find(by: { limit: 1 }) { id } }",
        input,
    );
}

#[test]
fn types_that_part_concern_who_narrows_to_them() {
    let change = "breaking: Film no longer implements Item";
    assert_concerned(
        "Film implements Item",
        "Film",
        "{ find { ... on Film { id } } }",
        change,
    );
    assert_unconcerned(
        "Film implements Item",
        "Film",
        "{ find { ... on Book { id } } }",
        change,
    );
    let come = "dangerous: Format.CLAY was added";
    assert_concerned(
        "PAPER, FILE }",
        "PAPER, FILE, CLAY }",
        "query($f: Format) { book(id: 1, format: $f) { id } }",
        come,
    );
}

#[test]
fn kinds_types_and_directives() {
    let one = "query @fast(level: 1) { book(id: 1) { id } }";
    assert_unconcerned(
        "union Any = Book | Film",
        "scalar Any",
        one,
        "breaking: Any was a union and is a scalar",
    );
    assert_unconcerned(
        "union Any = Book | Film",
        "",
        one,
        "breaking: Any was removed",
    );
    assert_unconcerned(
        "union Any = Book | Film",
        "union Any = Book",
        one,
        "breaking: Any has no member Film any more",
    );
    assert_concerned(
        "directive @fast(level: Int) on QUERY | FIELD",
        "",
        one,
        "breaking: @fast was removed",
    );
    assert_concerned(
        "on QUERY | FIELD",
        "on QUERY",
        one,
        "breaking: @fast may no longer be on FIELD",
    );
    let (all, _) = changes(
        "union Any = Book | Film",
        "union Any = Book | Film scalar New",
        one,
    );
    assert_eq!(all, ["safe: New was added"]);
    assert_eq!(compare(&schema(OLD), &schema(OLD)), []);
    assert!(Severity::Breaking > Severity::Dangerous);
}
