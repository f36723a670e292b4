//! `schema/supergraph.graphql` is what the services' schemas make.

use std::{fs, path::Path};

use federation::compose::{SubgraphSchema, compose};
use gateway::sources::Sources;

#[tokio::test]
async fn the_supergraph_is_what_the_services_make() {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema");
    let sources = Sources::from_manifest(&schema.join("supergraph.yaml")).unwrap();
    let read = sources.read(&ops::client::http_client()).await;
    let subgraphs: Vec<SubgraphSchema> = read.into_iter().map(Result::unwrap).collect();
    let exported = [
        book::SERVICE,
        borrowing::SERVICE,
        mypage::SERVICE,
        user::SERVICE,
    ];
    for (subgraph, service) in subgraphs.iter().zip(exported) {
        assert_eq!(subgraph.name, service.name);
        assert_eq!(
            subgraph.sdl.trim_end(),
            (service.sdl)().trim_end(),
            "schema/{0}.graphql is stale: cargo run -p {0} -- sdl > schema/{0}.graphql",
            service.name
        );
    }
    let composed = compose(&subgraphs).unwrap();
    let committed = fs::read_to_string(schema.join("supergraph.graphql")).unwrap();
    assert!(
        committed == composed.supergraph.sdl(),
        "schema/supergraph.graphql is stale: cargo run -p gateway -- compose --config schema/supergraph.yaml \
         --output schema/supergraph.graphql"
    );
}
