//! `gateway plan`, the real binary: what it prints, and how it ends.

use std::{
    io::Write as _,
    path::PathBuf,
    process::{Command, Output, Stdio},
};

const SUPERGRAPH: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/federation/tests/fixtures/shop.graphql"
);

/// A file that is there as long as the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, text: &str) -> Self {
        let name = format!("{}-{name}", std::process::id());
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::write(&path, text).expect("the target folder can be written");
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("UTF-8")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn plan(arguments: &[&str], stdin: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_gateway"))
        .arg("plan")
        .args(arguments)
        .env_remove("APOLLO_ROUTER_SUPERGRAPH_PATH")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut pipe = child.stdin.take().expect("piped");
    // A command that refuses its arguments does not read.
    let _ = pipe.write_all(stdin.as_bytes());
    drop(pipe);
    child.wait_with_output().expect("the binary ends")
}

#[track_caller]
fn printed(arguments: &[&str], stdin: &str) -> String {
    let output = plan(arguments, stdin);
    let stderr = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!((output.status.code(), stderr.as_str()), (Some(0), ""));
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[track_caller]
fn refused(code: i32, arguments: &[&str], stdin: &str) -> String {
    let output = plan(arguments, stdin);
    let stdout = String::from_utf8(output.stdout).expect("UTF-8");
    let stderr = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(
        (output.status.code(), stdout.as_str()),
        (Some(code), ""),
        "{stderr}"
    );
    stderr
}

const REVIEWS: &str = "{ product(id: 1) { name reviews { id } } }";

#[test]
fn a_plan_is_printed_for_reading() {
    let file = Scratch::new("text.graphql", REVIEWS);
    let text = printed(
        &["--supergraph", SUPERGRAPH, "--operation", file.path()],
        "",
    );
    let beginning = "QueryPlan {\n  Sequence {\n    Fetch(service: \"products\") {\n      {\n";
    assert!(text.starts_with(beginning), "{text}");
    assert!(
        text.contains("\n    Flatten(path: \"product\") {\n"),
        "{text}"
    );
    assert!(text.ends_with("\n}\n"), "{text}");
}

#[test]
fn a_plan_is_printed_as_apollos_json() {
    let arguments = ["-s", SUPERGRAPH, "-o", "-", "--format", "json"];
    let text = printed(&arguments, REVIEWS);
    let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(json["kind"], "QueryPlan");
    assert_eq!(json["node"]["nodes"][0]["serviceName"], "products");
}

#[test]
fn the_supergraph_can_come_from_standard_input() {
    let file = Scratch::new("stdin.graphql", "{ me { name } }");
    let sdl = std::fs::read_to_string(SUPERGRAPH).expect("the fixture");
    let text = printed(&["-s", "-", "-o", file.path()], &sdl);
    assert!(text.contains("Fetch(service: \"users\")"), "{text}");
}

#[test]
fn the_named_operation_is_planned() {
    let both = "query A { me { name } } query B { seen }";
    let common = ["-s", SUPERGRAPH, "-o", "-"];
    let named = [&common[..], &["--operation-name", "B"]].concat();
    let text = printed(&named, both);
    assert!(text.contains("seen") && !text.contains("me"), "{text}");
    insta::assert_snapshot!(refused(2, &common, both), @"gateway: choose one of the operations with --operation-name: A, B");
    let unknown = [&common[..], &["--operation-name", "C"]].concat();
    insta::assert_snapshot!(refused(2, &unknown, both), @"gateway: there is no operation C; there is: A, B");
}

#[test]
fn files_that_cannot_be_read_are_named() {
    let missing = refused(1, &["-s", "missing.graphql", "-o", "-"], "");
    assert!(
        missing.starts_with("gateway: cannot read the supergraph missing.graphql: "),
        "{missing}"
    );
    let missing = refused(1, &["-s", SUPERGRAPH, "-o", "missing.graphql"], "");
    assert!(
        missing.starts_with("gateway: cannot read the operation missing.graphql: "),
        "{missing}"
    );
    insta::assert_snapshot!(refused(2, &["-s", "-", "-o", "-"], ""), @"gateway: only one of the supergraph and the operation can come from standard input");
}

#[test]
fn what_is_not_a_supergraph_is_refused() {
    let file = Scratch::new("not.graphql", "{ a }");
    let arguments = ["-s", "-", "-o", file.path()];
    insta::assert_snapshot!(refused(1, &arguments, "type Query { a: Int }"), @"gateway: this is not a supergraph: it has no join__Graph enum with @join__graph(name:, url:) on its values");
}

#[test]
fn an_invalid_operation_is_shown_where_it_is() {
    let arguments = ["-s", SUPERGRAPH, "-o", "-"];
    let query = "query {\n  me {\n    nam\n  }\n}\n";
    let refusal = refused(1, &arguments, query);
    for part in [
        "not valid over the supergraph",
        "`nam`",
        "-:3:5",
        "3 │     nam",
    ] {
        assert!(refusal.contains(part), "no {part} in {refusal}");
    }
    let refusal = refused(1, &arguments, "{ me { ");
    assert!(refusal.contains("syntax error"), "{refusal}");
}

#[test]
fn override_labels_are_the_supergraphs() {
    let arguments = ["-s", SUPERGRAPH, "-o", "-", "--override-label", "typo"];
    insta::assert_snapshot!(refused(2, &arguments, REVIEWS), @"gateway: the supergraph has no override label typo; it has none");
}

#[test]
fn both_files_have_to_be_named() {
    let refusal = refused(2, &["-s", SUPERGRAPH], "");
    assert!(refusal.contains("--operation <OPERATION>"), "{refusal}");
}
