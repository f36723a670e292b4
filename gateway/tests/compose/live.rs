//! `gateway --compose` and `--hot-reload`, and `gateway compose --watch`: what joins, changes, breaks and leaves.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Stdio},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::mpsc, time::timeout};

use crate::{
    subgraph::{Subgraph, entry},
    support::{BOOKS, Folder, STOCK},
};

/// Nothing here takes long; what does is broken.
const PATIENCE: Duration = Duration::from_secs(20);

/// A process and the lines that it writes to standard error; it ends with the test.
struct Running {
    child: Child,
    lines: mpsc::UnboundedReceiver<String>,
    seen: Vec<String>,
}

impl Running {
    fn start(folder: &Folder, arguments: &[&str]) -> Self {
        let mut child = folder
            .gateway(arguments)
            .env("LOG_FORMAT", "text")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let stderr = BufReader::new(child.stderr.take().expect("piped"));
        let (sender, lines) = mpsc::unbounded_channel();
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Self {
            child,
            lines,
            seen: Vec::new(),
        }
    }

    /// Waits for a line with this text, the next one that has it.
    async fn line(&mut self, text: &str) -> String {
        loop {
            let line = timeout(PATIENCE, self.lines.recv()).await;
            let line = line
                .ok()
                .flatten()
                .unwrap_or_else(|| panic!("no line with {text:?} in\n{}", self.seen.join("\n")));
            self.seen.push(line.clone());
            if line.contains(text) {
                return line;
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A gateway that serves.
struct Gateway {
    process: Running,
    url: String,
    client: reqwest::Client,
}

impl Gateway {
    async fn serving(mut process: Running) -> Self {
        let line = process.line("serving").await;
        let at = line.find("127.0.0.1:").expect("an address");
        let address: String = line[at..]
            .chars()
            .take_while(|letter| letter.is_ascii_digit() || matches!(letter, '.' | ':'))
            .collect();
        Self {
            process,
            url: format!("http://{address}/"),
            client: reqwest::Client::new(),
        }
    }

    async fn ask(&self, query: &str) -> Value {
        let request = self.client.post(&self.url).json(&json!({ "query": query }));
        let response = request.timeout(PATIENCE).send().await.expect("an answer");
        response.json().await.expect("JSON")
    }

    #[track_caller]
    fn expect(answer: &Value, data: &Value) {
        assert_eq!(answer, &json!({ "data": data }));
    }
}

const COMPOSE: [&str; 6] = [
    "--compose",
    "supergraph.yaml",
    "--poll",
    "20",
    "--listen",
    "127.0.0.1:0",
];

#[tokio::test]
async fn subgraphs_join_change_break_and_leave() {
    let one = Subgraph::serve("one", "type Query { one: String }").await;
    let manifest = format!("subgraphs:\n{}", one.entry());
    let folder = Folder::with(&[("supergraph.yaml", &manifest)]);
    let mut gateway = Gateway::serving(Running::start(&folder, &COMPOSE)).await;
    Gateway::expect(&gateway.ask("{ one }").await, &json!({ "one": "one" }));

    one.change("type Query { one: String, more: String }");
    gateway.process.line("serving another supergraph").await;
    Gateway::expect(&gateway.ask("{ more }").await, &json!({ "more": "one" }));

    one.change("type Query { one: Nothing }");
    gateway.process.line("do not compose").await;
    gateway.process.line("INVALID_GRAPHQL: [one]").await;
    Gateway::expect(&gateway.ask("{ more }").await, &json!({ "more": "one" }));
    one.change("type Query { one: String }");
    gateway.process.line("serving another supergraph").await;
    assert!(gateway.ask("{ more }").await["errors"].is_array());

    let two = Subgraph::serve("two", "type Query { two: String }").await;
    folder.write("supergraph.yaml", &format!("{manifest}{}", two.entry()));
    gateway.process.line("serving another supergraph").await;
    let both = gateway.ask("{ one two }").await;
    Gateway::expect(&both, &json!({ "one": "one", "two": "two" }));

    // Who falls silent has not left: its schema stays, and the others' changes are taken.
    let silent = two.entry();
    two.stop().await;
    gateway
        .process
        .line("cannot get the schema of the subgraph `two`")
        .await;
    one.change("type Query { one: String, anew: String }");
    gateway.process.line("serving another supergraph").await;
    Gateway::expect(&gateway.ask("{ anew }").await, &json!({ "anew": "one" }));
    let partial = gateway.ask("{ one two }").await;
    assert_eq!(
        partial["data"],
        json!({ "one": "one", "two": null }),
        "{silent}"
    );

    folder.write("supergraph.yaml", &manifest);
    gateway.process.line("serving another supergraph").await;
    assert!(gateway.ask("{ two }").await["data"].is_null());
    Gateway::expect(&gateway.ask("{ one }").await, &json!({ "one": "one" }));
}

#[tokio::test]
async fn a_gateway_waits_for_its_subgraphs() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let manifest = format!("subgraphs:\n{}", entry("late", address));
    let folder = Folder::with(&[("supergraph.yaml", &manifest)]);
    let mut process = Running::start(&folder, &COMPOSE);
    process.line("not composing").await;
    // A file that makes no sense for a while does not make whole what is not.
    let early = Subgraph::serve("early", "type Query { early: String }").await;
    folder.write("supergraph.yaml", &format!("{manifest}{}", early.entry()));
    process.line("not composing").await;
    folder.write("supergraph.yaml", "subgraphs: {}");
    process.line("there is none").await;
    process.line("not composing").await;
    folder.write("supergraph.yaml", &manifest);
    let listener = TcpListener::bind(address).await.expect("the port again");
    let _late = Subgraph::serve_on(listener, "late", "type Query { late: String }");
    let gateway = Gateway::serving(process).await;
    Gateway::expect(&gateway.ask("{ late }").await, &json!({ "late": "late" }));
}

#[tokio::test]
async fn a_manifest_without_sense_ends_the_gateway() {
    let folder = Folder::with(&[("supergraph.yaml", "subgraphs: {}")]);
    let mut process = Running::start(&folder, &COMPOSE);
    process
        .line("supergraph.yaml: subgraphs: there is none")
        .await;
    assert_eq!(process.child.wait().expect("it ends").code(), Some(1));
}

// The command is waited for on this thread; the subgraph needs another.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_file_is_gone_over_to() {
    let one = Subgraph::serve("one", "type Query { one: String }").await;
    let manifest = format!("subgraphs:\n{}", one.entry());
    let folder = Folder::with(&[("supergraph.yaml", &manifest)]);
    let compose = ["--config", "supergraph.yaml", "--output", "made.graphql"];
    assert_eq!(folder.compose(&compose).code, 0);
    let arguments = [
        "--supergraph",
        "made.graphql",
        "--hot-reload",
        "--poll",
        "20",
        "--listen",
        "127.0.0.1:0",
    ];
    let mut gateway = Gateway::serving(Running::start(&folder, &arguments)).await;
    folder.write("made.graphql", "type Query { one: String }");
    gateway.process.line("this is not a supergraph").await;
    Gateway::expect(&gateway.ask("{ one }").await, &json!({ "one": "one" }));
    one.change("type Query { other: String }");
    assert_eq!(folder.compose(&compose).code, 0);
    gateway.process.line("serving another supergraph").await;
    Gateway::expect(&gateway.ask("{ other }").await, &json!({ "other": "one" }));
}

#[tokio::test]
async fn watching_writes_what_composes_and_keeps_it_otherwise() {
    let folder = Folder::with(&[("books.graphql", BOOKS), ("stock.graphql", STOCK)]);
    let arguments = [
        "compose",
        "books.graphql",
        "stock.graphql",
        "--output",
        "made.graphql",
        "--watch",
        "--poll",
        "20",
    ];
    let mut process = Running::start(&folder, &arguments);
    process
        .line("made.graphql is written, of 2 subgraphs")
        .await;
    let first = folder.read("made.graphql");
    folder.write("books.graphql", "type Query {");
    process.line("INVALID_GRAPHQL: [books]").await;
    process.line("made.graphql stays as it is").await;
    assert_eq!(folder.read("made.graphql"), first);
    folder.write("books.graphql", &BOOKS.replace("title", "name"));
    process
        .line("made.graphql is written, of 2 subgraphs")
        .await;
    assert!(folder.read("made.graphql").contains("name: String!"));
}
