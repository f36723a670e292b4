//! What `gateway compose` makes of its input, and tells of bad input.

use federation::Supergraph;
use serde_json::Value;

use crate::support::{BOOKS, Folder, STOCK, Told};

const MANIFEST: &str = "
federation_version: =2.9.0
subgraphs:
  books:
    routing_url: http://books.example/graphql
    schema: { file: schemas/books.graphql }
  stock:
    routing_url: ${env.STOCK_URL:-http://stock.example/graphql}
    schema: { file: schemas/stock.graphql }
";

fn library() -> Folder {
    Folder::with(&[
        ("supergraph.yaml", MANIFEST),
        ("schemas/books.graphql", BOOKS),
        ("schemas/stock.graphql", STOCK),
    ])
}

#[track_caller]
fn urls(sdl: &str) -> Vec<(String, String)> {
    let supergraph = Supergraph::parse(sdl).expect("a supergraph");
    let subgraphs = supergraph.subgraphs().iter();
    subgraphs
        .map(|one| (one.name.clone(), one.url.clone()))
        .collect()
}

#[test]
fn a_manifest_among_the_schemas_is_told_where_it_belongs() {
    let told = library().compose(&["supergraph.yaml"]);
    assert_eq!((told.code, told.out.as_str()), (2, ""));
    assert!(
        told.err.contains("give a supergraph.yaml with --config"),
        "{}",
        told.err
    );
}

#[test]
fn a_manifest_becomes_a_supergraph() {
    let folder = library();
    let told = folder.compose(&["--config", "supergraph.yaml"]);
    assert_eq!((told.code, told.err.as_str()), (0, ""));
    let expected = [
        ("books", "http://books.example/graphql"),
        ("stock", "http://stock.example/graphql"),
    ];
    assert_eq!(
        urls(&told.out),
        expected.map(|(name, url)| (name.to_owned(), url.to_owned()))
    );
    // The same in a file.
    let quiet = folder.compose(&["--config", "supergraph.yaml", "--output", "made.graphql"]);
    let nothing = Told {
        code: 0,
        out: String::new(),
        err: String::new(),
    };
    assert_eq!(quiet, nothing);
    assert_eq!(folder.read("made.graphql"), told.out);
}

#[test]
fn files_become_a_supergraph() {
    let folder = library();
    let files = ["schemas/books.graphql", "schemas/stock.graphql"];
    let url = "books=http://here/graphql";
    let told = folder.compose(&[files[0], files[1], "--routing-url", url]);
    assert_eq!(told.code, 0, "{told:?}");
    assert_eq!(
        told.err,
        "warning: nothing says where the subgraph stock answers: the gateway will need override_subgraph_url.stock\n"
    );
    assert_eq!(urls(&told.out)[0].1, "http://here/graphql");
    let unknown = folder.compose(&[files[0], "--routing-url", "films=http://x"]);
    assert_eq!(unknown.code, 2, "{unknown:?}");
    assert_eq!(
        unknown.err,
        "gateway: --routing-url: there is no subgraph films\n"
    );
}

#[test]
fn two_files_of_one_name_are_not_mistaken_for_each_other() {
    let folder = Folder::with(&[("a/books.graphql", BOOKS), ("b/books.graphql", STOCK)]);
    let told = folder.compose(&["a/books.graphql", "b/books.graphql"]);
    assert_eq!((told.code, told.out.as_str()), (1, ""));
    assert!(
        told.err
            .starts_with("gateway: two files are named after the subgraph `books`: "),
        "{told:?}"
    );
}

#[test]
fn what_does_not_compose_is_shown_where_it_stands() {
    let folder = library();
    folder.write(
        "schemas/stock.graphql",
        &STOCK.replace("available: Int!", "available: Many!"),
    );
    folder.write("made.graphql", "the one before");
    let arguments = ["--config", "supergraph.yaml", "--output", "made.graphql"];
    let told = folder.compose(&arguments);
    assert_eq!((told.code, told.out.as_str()), (1, ""));
    assert!(
        told.err.contains("INVALID_GRAPHQL: [stock]"),
        "{}",
        told.err
    );
    assert!(
        told.err.contains("--> schemas/stock.graphql:5:14\n"),
        "{}",
        told.err
    );
    assert!(
        told.err.contains("5 |   available: Many!\n"),
        "{}",
        told.err
    );
    assert_eq!(folder.read("made.graphql"), "the one before");

    let json = folder.compose(&["--config", "supergraph.yaml", "--format", "json"]);
    assert_eq!(json.code, 1);
    let value: Value = serde_json::from_str(&json.out).expect("JSON");
    let location = &value["errors"][0]["locations"][0];
    assert_eq!(value["errors"][0]["code"], "INVALID_GRAPHQL");
    assert_eq!(location["subgraph"], "stock");
    assert_eq!(location["origin"], "schemas/stock.graphql");
    assert_eq!(
        (&location["line"], &location["column"]),
        (&5.into(), &14.into())
    );
}

#[track_caller]
fn refused(manifest: &str) -> String {
    let folder = library();
    folder.write("supergraph.yaml", manifest);
    let told = folder.compose(&["--config", "supergraph.yaml"]);
    assert_eq!((told.code, told.out.as_str()), (1, ""), "{told:?}");
    told.err
}

#[test]
fn a_manifest_without_sense_is_refused_by_key() {
    let schema = |schema: &str| refused(&format!("subgraphs: {{ a: {{ schema: {schema} }} }}"));
    let prefix = "gateway: supergraph.yaml: ";
    assert_eq!(
        schema("{}"),
        format!(
            "{prefix}subgraphs.a.schema: say where the schema is with one of file, sdl and subgraph_url\n"
        )
    );
    assert_eq!(
        schema("{ graphref: g@v, subgraph: a }"),
        format!(
            "{prefix}subgraphs.a.schema.graphref: Apollo's registry is not asked: fetch the schema with `rover subgraph fetch` and name it as `file`\n"
        )
    );
    assert_eq!(
        schema("{ subgraph_url: ftp://x }"),
        format!(
            "{prefix}subgraphs.a.schema.subgraph_url: `ftp://x` is no http:// or https:// address\n"
        )
    );
    assert!(schema("{ fiel: x }").contains("fiel"));
    assert_eq!(
        refused("federation_version: 1\nsubgraphs: { a: { schema: { sdl: x } } }"),
        format!(
            "{prefix}federation_version: `1` is not composed here: write 2, or leave it out; subgraphs of Federation 1 are composed all the same\n"
        )
    );
    assert_eq!(
        refused("subgraphs: {}"),
        format!("{prefix}subgraphs: there is none\n")
    );
    assert!(
        refused("subgraphs: { a: { schema: { file: '${env.NO_SUCH_NAME}' } } }")
            .contains("line 1: ")
    );
    let missing = schema("{ file: nowhere.graphql }");
    assert!(
        missing
            .starts_with("gateway: cannot read the schema of the subgraph `a`, nowhere.graphql: "),
        "{missing}"
    );
}

#[test]
fn wrong_calls_are_told_apart_from_wrong_schemas() {
    let folder = library();
    for arguments in [
        &["--check"] as &[&str],
        &["a.graphql", "--config", "supergraph.yaml"],
        &["a.graphql", "--watch"],
        &["a.graphql", "--published", "x"],
        &["a.graphql", "--routing-url", "books"],
    ] {
        let told = folder.compose(arguments);
        assert_eq!(
            (told.code, told.out.as_str()),
            (2, ""),
            "{arguments:?}: {told:?}"
        );
    }
}
