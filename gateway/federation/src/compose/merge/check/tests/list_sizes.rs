use super::*;

#[test]
fn some_slicing_argument_is_in_the_supergraph() {
    let sized = r#"type Query { a(first: Int, last: Int): [Int] @shareable
        @listSize(slicingArguments: ["first", "last"], requireOneSlicingArgument: false) }"#;
    let other = |argument: &str| format!("type Query {{ a{argument}: [Int] @shareable }}");
    refuses(&[ListSizeInvalidSlicingArgument], &[sized, &other("")]);
    accepts(&[sized, &other("(last: Int)")]);
}
