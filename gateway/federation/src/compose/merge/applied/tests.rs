use crate::compose::{
    HintCode,
    testing::{Found, merge},
};

/// The field Query.f, with these directives in the subgraphs.
fn field(directives: &[&str]) -> Found {
    let names = ["a", "b", "c"];
    let schemas: Vec<_> = directives
        .iter()
        .map(|one| {
            let arguments = "(x: Int, y: Int)";
            format!("type Query {{ f{arguments}: [Int] @shareable {one} g: Int @shareable }}")
        })
        .collect();
    let subgraphs: Vec<_> = names
        .into_iter()
        .zip(schemas.iter().map(String::as_str))
        .collect();
    merge(&subgraphs)
}

/// Its merged directives.
fn merged(directives: &[&str]) -> String {
    let outcome = field(directives);
    assert_eq!(outcome.errors, []);
    let query = outcome.ty("Query");
    let (_, rest) = query.split_once("[Int]").unwrap();
    rest.trim_end_matches("g: Int }").trim().to_owned()
}

#[test]
fn tags_unite() {
    assert_eq!(
        merged(&[
            "@tag(name: \"x\") @tag(name: \"y\")",
            "@tag(name: \"y\") @tag(name: \"z\")"
        ]),
        "@tag(name: \"x\") @tag(name: \"y\") @tag(name: \"z\")"
    );
}

#[test]
fn what_one_subgraph_hides_or_protects_is_so() {
    assert_eq!(
        merged(&["@authenticated", "@inaccessible", "@inaccessible"]),
        "@inaccessible @authenticated"
    );
}

#[test]
fn the_greatest_cost_holds() {
    assert_eq!(
        merged(&["@cost(weight: 3)", "@cost(weight: 7)", "@cost(weight: 5)"]),
        "@cost(weight: 7)"
    );
    let outcome = field(&["@cost(weight: 3)", "@cost(weight: 7)"]);
    assert_eq!(
        outcome.hinted(HintCode::MergedNonRepeatableDirectiveArguments),
        [
            "@cost on \"Query.f\" has different arguments: @cost(weight: 3) in \"a\", but @cost(weight: 7) in \"b\". The \
          supergraph has @cost(weight: 7)."
        ]
    );
    let outcome = field(&["@cost(weight: 3)", "@cost(weight: 3)"]);
    assert_eq!(
        outcome.hinted(HintCode::MergedNonRepeatableDirectiveArguments),
        [""; 0]
    );
}

#[test]
fn list_sizes_merge_argument_by_argument() {
    assert_eq!(
        merged(&[
            "@listSize(assumedSize: 5, slicingArguments: [\"x\"], requireOneSlicingArgument: true)",
            "@listSize(assumedSize: 4, slicingArguments: [\"y\", \"x\"], requireOneSlicingArgument: false)",
        ]),
        "@listSize(assumedSize: 5, slicingArguments: [\"x\", \"y\"], requireOneSlicingArgument: false)"
    );
    assert_eq!(
        merged(&["@listSize(assumedSize: 5)", ""]),
        "@listSize(assumedSize: 5)"
    );
}

#[test]
fn slicing_arguments_that_vanish_are_not_named() {
    let outcome = merge(&[
        (
            "a",
            "type Query { f(x: Int, y: Int): [Int] @shareable @listSize(slicingArguments: [\"x\", \"y\"]) }",
        ),
        (
            "b",
            "type Query { f(x: Int): [Int] @shareable @listSize(slicingArguments: [\"x\"]) }",
        ),
    ]);
    assert!(
        outcome
            .ty("Query")
            .contains("f(x: Int): [Int] @listSize(slicingArguments: [\"x\"])")
    );
}

#[test]
fn demands_hold_together() {
    assert_eq!(
        merged(&[
            "@requiresScopes(scopes: [[\"a\", \"b\"], [\"c\"]])",
            "@requiresScopes(scopes: [[\"b\"], [\"d\", \"e\"]])",
        ]),
        "@requiresScopes(scopes: [[\"a\", \"b\"], [\"b\", \"c\"], [\"c\", \"d\", \"e\"]])"
    );
    assert_eq!(
        merged(&[
            "@policy(policies: [[\"q\", \"p\"]])",
            "",
            "@policy(policies: [[\"q\", \"p\"]])"
        ]),
        "@policy(policies: [[\"q\", \"p\"]])"
    );
    assert_eq!(
        merged(&[
            "@policy(policies: [[\"p\"]])",
            "@policy(policies: [[\"p\"], [\"q\"]])"
        ]),
        "@policy(policies: [[\"p\"]])"
    );
}

#[test]
fn demands_without_measure_are_refused() {
    let scopes = |prefix: &str| {
        let all: Vec<_> = (0..40)
            .map(|index| format!("[\"{prefix}{index}\"]"))
            .collect();
        format!("@requiresScopes(scopes: [{}])", all.join(", "))
    };
    let [error] = field(&[&scopes("a"), &scopes("b")])
        .told()
        .try_into()
        .unwrap();
    assert!(
        error.starts_with("DIRECTIVE_COMPOSITION_ERROR: @requiresScopes on \"Query.f\""),
        "{error}"
    );
}

#[test]
fn most_subgraphs_decide_why_something_is_deprecated() {
    assert_eq!(
        merged(&[
            "@deprecated(reason: \"x\")",
            "@deprecated(reason: \"y\")",
            "@deprecated(reason: \"y\")"
        ]),
        "@deprecated(reason: \"y\")"
    );
    assert_eq!(
        merged(&["@deprecated", "@deprecated(reason: \"y\")"]),
        "@deprecated"
    );
    let outcome = field(&["@deprecated(reason: \"x\")", "@deprecated(reason: \"y\")"]);
    let hints = outcome.hinted(HintCode::InconsistentNonRepeatableDirectiveArguments);
    assert_eq!(
        hints,
        [
            "@deprecated on \"Query.f\" has different arguments: @deprecated(reason: \"x\") in \"a\", but \
          @deprecated(reason: \"y\") in \"b\". The supergraph has the first."
        ]
    );
    // One of these spells the default out.
    let outcome = field(&[
        "@deprecated",
        "@deprecated(reason: \"No longer supported\")",
    ]);
    assert_eq!(
        outcome.hinted(HintCode::InconsistentNonRepeatableDirectiveArguments),
        [""; 0]
    );
}

#[test]
fn a_scalar_has_one_specification() {
    let outcome = merge(&[
        (
            "a",
            "scalar S @specifiedBy(url: \"https://a.example\") type Query { a: S }",
        ),
        (
            "b",
            "\"of b\" scalar S @tag(name: \"b\") type Query { b: S }",
        ),
    ]);
    assert_eq!(
        outcome.ty("S"),
        "\"of b\" scalar S @join__type(graph: A) @join__type(graph: B) @tag(name: \"b\") \
         @specifiedBy(url: \"https://a.example\")"
    );
}

#[test]
fn contexts_have_their_subgraphs_names() {
    let outcome = merge(&[
        (
            "a-1",
            "union U @context(name: \"c\") = T type T @context(name: \"d\") { a: Int } type Query { u: U }",
        ),
        ("b", "type Query { b: Int }"),
    ]);
    assert!(outcome.ty("U").contains("@context(name: \"a-1__c\") = T"));
    assert!(outcome.ty("T").contains("@context(name: \"a-1__d\") {"));
    assert_eq!(outcome.ty("T").matches("@context").count(), 1);
}

#[test]
fn renamed_directives_keep_their_names() {
    let import = "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.9\", import: [\
        { name: \"@tag\", as: \"@label\" }, { name: \"@cost\", as: \"@price\" }])";
    let outcome = merge(&[(
        "a",
        &format!(
            "{import} type Query {{ a: [Int] @label(name: \"x\") @price(weight: 3) @federation__listSize(assumedSize: 3) }}"
        ),
    )]);
    assert!(outcome.ty("Query").contains(
        "a: [Int] @label(name: \"x\") @price(weight: 3) @federation__listSize(assumedSize: 3)"
    ));
    assert!(outcome.header().contains(
        "@link(url: \"https://specs.apollo.dev/tag/v0.3\", import: [{name: \"@tag\", as: \"@label\"}])\n\
         @link(url: \"https://specs.apollo.dev/cost/v0.1\", import: [{name: \"@cost\", as: \"@price\"}, \
         {name: \"@listSize\", as: \"@federation__listSize\"}])"
    ));
    assert!(outcome.directive("label").is_some());
    assert!(outcome.directive("tag").is_none());
}

#[test]
fn interfaces_demand_what_their_implementations_demand() {
    let outcome = merge(&[
        (
            "a",
            "interface I { f: Int g: Int }
             type A implements I @authenticated { f: Int @requiresScopes(scopes: [[\"x\"]]) g: Int }
             type B implements I @policy(policies: [[\"p\"]]) { f: Int @requiresScopes(scopes: [[\"x\"], [\"y\"]]) g: Int }
             type Query { i: I }",
        ),
        ("b", "type Query { b: Int }"),
    ]);
    assert_eq!(
        outcome.ty("I"),
        "interface I @join__type(graph: A) @authenticated @policy(policies: [[\"p\"]]) { \
         f: Int @requiresScopes(scopes: [[\"x\"]]) g: Int }"
    );
}

#[test]
fn implementations_demand_what_an_interface_object_demands() {
    let outcome = merge(&[
        (
            "a",
            "interface I @key(fields: \"id\") { id: ID! }
             type T implements I @key(fields: \"id\") { id: ID! x: Int @shareable @requiresScopes(scopes: [[\"b\"]]) }
             type Query { i: I }",
        ),
        (
            "b",
            "type I @interfaceObject @key(fields: \"id\") {
               id: ID! x: Int @shareable @authenticated @requiresScopes(scopes: [[\"a\"]])
             }",
        ),
    ]);
    for ty in ["I", "T"] {
        assert!(
            outcome
                .ty(ty)
                .contains("@authenticated @requiresScopes(scopes: [[\"a\", \"b\"]])"),
            "{}",
            outcome.ty(ty)
        );
    }
}

#[test]
fn what_most_say_describes_an_element() {
    let text = |text: &str| format!("\"{text}\" type Query {{ f: Int @shareable }}");
    let outcome = merge(&[
        ("a", &text("x")),
        ("b", &text("y")),
        ("c", &text("y")),
        ("d", &text("")),
    ]);
    assert!(outcome.ty("Query").starts_with("\"y\" type Query"));
    assert_eq!(
        outcome.hinted(HintCode::InconsistentDescription),
        [
            "\"Query\" is described differently: \"y\" in \"b\" and \"c\", but \"x\" in \"a\". The supergraph has the first."
        ]
    );
    let outcome = merge(&[("a", &text("x")), ("b", &text(""))]);
    assert_eq!(outcome.hinted(HintCode::InconsistentDescription), [""; 0]);
}
