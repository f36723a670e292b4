//! `@link`: versions, imports, names.

use super::{accepted, federation, load_all, refused, refuses};
use crate::compose::{ErrorCode, HintCode, subgraph::FederationVersion};

/// A subgraph whose query has a directive.
fn with(link: &str, directive: &str) -> String {
    format!("{link} type Query {{ a: Int {directive} }}")
}

/// The directives of `Query.a` in canonical form.
#[track_caller]
fn canonical(sdl: &str) -> Vec<String> {
    let subgraph = accepted(sdl);
    let field = subgraph
        .schema
        .type_field("Query", "a")
        .expect("it is there");
    let directives = field.directives.iter();
    directives.map(|one| one.name.to_string()).collect()
}

#[test]
fn versions_are_those_of_the_specification() {
    for minor in 0..=12 {
        let subgraph = accepted(&with(&federation(&format!("v2.{minor}"), ""), ""));
        assert_eq!(subgraph.version, FederationVersion::V2 { minor });
    }
    let without = accepted(&with("", ""));
    assert_eq!(without.version, FederationVersion::V1);
    for version in ["v1.0", "v2.13", "v2.99", "v3.0", "v2.999"] {
        refuses(
            ErrorCode::UnknownFederationLinkVersion,
            &with(&federation(version, ""), ""),
        );
    }
}

#[test]
fn a_version_is_two_numbers() {
    for url in [
        "https://specs.apollo.dev/federation",
        "https://specs.apollo.dev/federation/v2",
        "https://specs.apollo.dev/federation/2.3",
        "https://specs.apollo.dev/federation/vX.Y",
        "https://specs.apollo.dev/federation/v2.3.1",
        "https://specs.apollo.dev/federation/v2.3/",
        "https://specs.apollo.dev/",
        "https://specs.apollo.dev/tag",
    ] {
        let link = format!("extend schema @link(url: \"{url}\")");
        refuses(ErrorCode::InvalidLinkIdentifier, &with(&link, ""));
    }
}

#[test]
fn others_specifications_are_nobodys_business() {
    for url in [
        "https://example.com/books/v1.0",
        "https://example.com/books/v1",
        "https://example.com",
        "books",
        "",
        "https://specs.apollo.dev/nothing/v7.1",
    ] {
        let link = format!("extend schema @link(url: \"{url}\", for: SECURITY)");
        let subgraph = accepted(&with(&link, ""));
        assert_eq!(subgraph.links.len(), 1);
        assert_eq!(subgraph.links[0].url, url);
    }
    let link = "extend schema @link(url: \"https://example.com/books/v1.2\", import: [\"@shelf\"])
        directive @shelf on FIELD_DEFINITION";
    assert_eq!(canonical(&with(link, "@shelf")), ["shelf"]);
}

#[test]
fn some_specifications_must_be_known() {
    for (spec, known) in [("tag", "v0.3"), ("inaccessible", "v0.2"), ("link", "v1.0")] {
        let link = |version| {
            format!("extend schema @link(url: \"https://specs.apollo.dev/{spec}/{version}\")")
        };
        accepted(&with(&link(known), ""));
        refuses(ErrorCode::UnknownLinkVersion, &with(&link("v7.1"), ""));
    }
}

#[test]
fn an_import_names_what_the_version_has() {
    accepted(&with(
        &federation("v2.5", "\"@key\", \"@authenticated\", \"FieldSet\""),
        "",
    ));
    for import in [
        "\"@authenticated\"",
        "\"@nothing\"",
        "\"key\"",
        "\"@FieldSet\"",
        "\"Scope\"",
        "\"@cost\"",
    ] {
        refuses(
            ErrorCode::InvalidLinkDirectiveUsage,
            &with(&federation("v2.4", import), ""),
        );
    }
    let error = refused(&with(&federation("v2.4", "\"@authenticated\""), ""));
    assert!(
        error.message.contains("a newer version has it"),
        "{}",
        error.message
    );
    assert_eq!(
        (error.locations[0].line, error.locations[0].column),
        (1, 79)
    );
}

#[test]
fn imports_have_two_forms() {
    accepted(&with(
        &federation("v2.3", "{name: \"@key\"}, {name: \"@tag\", as: \"@mark\"}"),
        "",
    ));
    for import in [
        "1",
        "null",
        "[\"@key\"]",
        "{as: \"@key\"}",
        "{name: 1}",
        "{name: \"@key\", as: null}",
        "{name: \"@key\", as: \"k\"}",
        "{name: \"FieldSet\", as: \"@k\"}",
        "{name: \"@key\", az: \"@k\"}",
        "{name: \"@key\", as: \"@1\"}",
        "{name: \"@key\", as: \"@\"}",
    ] {
        refuses(
            ErrorCode::InvalidLinkDirectiveUsage,
            &with(&federation("v2.3", import), ""),
        );
    }
    refuses(
        ErrorCode::InvalidLinkDirectiveUsage,
        &with(
            "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.3\", import: \"@key\")",
            "",
        ),
    );
}

#[test]
fn names_are_given_once() {
    let federation = federation("v2.3", "\"@key\"");
    let other = |url: &str, rest: &str| format!("{federation} @link(url: \"{url}\"{rest})");
    accepted(&with(
        &other("https://example.com/books/v1.0", ", import: [\"@shelf\"]"),
        "",
    ));
    for link in [
        other("https://specs.apollo.dev/federation/v2.4", ""),
        other("https://example.com/federation/v1.0", ""),
        other("https://example.com/books/v1.0", ", as: \"federation\""),
        other("https://example.com/books/v1.0", ", import: [\"@key\"]"),
        other(
            "https://example.com/books/v1.0",
            ", import: [{name: \"@shelf\", as: \"@key\"}]",
        ),
    ] {
        refuses(ErrorCode::InvalidLinkDirectiveUsage, &with(&link, ""));
    }
    refuses(
        ErrorCode::InvalidLinkDirectiveUsage,
        &with(
            &super::federation("v2.3", "\"@key\", {name: \"@key\", as: \"@k\"}"),
            "",
        ),
    );
}

#[test]
fn what_is_not_imported_has_a_prefix() {
    let imported = federation("v2.3", "\"@shareable\"");
    let renamed = federation("v2.3", "{name: \"@shareable\", as: \"@shared\"}");
    let none = federation("v2.3", "");
    let named =
        "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.3\", as: \"fed\")";
    for (link, directive) in [
        (imported.as_str(), "@shareable"),
        (&renamed, "@shared"),
        (&none, "@federation__shareable"),
        (named, "@fed__shareable"),
    ] {
        assert_eq!(canonical(&with(link, directive)), ["federation__shareable"]);
        assert_eq!(
            accepted(&with(link, directive))
                .spelling
                .written("shareable"),
            directive
        );
    }
    for (link, directive, help) in [
        (
            imported.as_str(),
            "@federation__shareable",
            "the subgraph imports it as @shareable",
        ),
        (&renamed, "@shareable", "the subgraph imports it as @shared"),
        (&none, "@shareable", "import \"@shareable\""),
        (named, "@federation__shareable", "write @fed__shareable"),
        (&none, "@authenticated", "Link a newer version"),
        (&none, "@sharable", "correct its name"),
        ("", "@shareable", "Link the federation specification"),
    ] {
        let error = refused(&with(link, directive));
        assert_eq!(error.code, ErrorCode::InvalidGraphql);
        assert!(error.message.contains(help), "{}", error.message);
    }
}

#[test]
fn federations_directives_may_have_links_of_their_own() {
    let link = |links: &str| format!("{}{links}", federation("v2.9", "\"@key\""));
    for (links, directive, name) in [
        (
            "@link(url: \"https://specs.apollo.dev/tag/v0.3\")",
            "@tag(name: \"a\")",
            "federation__tag",
        ),
        (
            "@link(url: \"https://specs.apollo.dev/tag/v0.3\", as: \"label\")",
            "@label(name: \"a\")",
            "federation__tag",
        ),
        (
            "@link(url: \"https://specs.apollo.dev/tag/v0.3\", import: [{name: \"@tag\", as: \"@mark\"}])",
            "@mark(name: \"a\")",
            "federation__tag",
        ),
        (
            "@link(url: \"https://specs.apollo.dev/inaccessible/v0.2\", import: [\"@inaccessible\"])",
            "@inaccessible",
            "federation__inaccessible",
        ),
        (
            "@link(url: \"https://specs.apollo.dev/cost/v0.1\")",
            "@cost(weight: 3)",
            "federation__cost",
        ),
        (
            "@link(url: \"https://specs.apollo.dev/cost/v0.1\")",
            "@cost__listSize(assumedSize: 3)",
            "federation__listSize",
        ),
        (
            "@link(url: \"https://specs.apollo.dev/authenticated/v0.1\")",
            "@authenticated",
            "federation__authenticated",
        ),
        (
            "@link(url: \"https://specs.apollo.dev/policy/v0.1\")",
            "@policy(policies: [[\"a\"]])",
            "federation__policy",
        ),
    ] {
        assert_eq!(canonical(&with(&link(links), directive)), [name], "{links}");
    }
    refuses(
        ErrorCode::InvalidGraphql,
        &with(
            &link("@link(url: \"https://specs.apollo.dev/authenticated/v9.1\")"),
            "@authenticated",
        ),
    );
    refuses(
        ErrorCode::InvalidLinkDirectiveUsage,
        &with(
            &format!(
                "{}@link(url: \"https://specs.apollo.dev/tag/v0.3\", import: [{{name: \"@tag\", as: \"@mark\"}}])",
                federation("v2.9", "\"@tag\"")
            ),
            "",
        ),
    );
}

#[test]
fn a_newer_feature_raises_an_older_version() {
    let raised = |version: &str, link: &str| {
        let sdl = with(
            &format!(
                "{}@link(url: \"https://specs.apollo.dev/{link}\")",
                federation(version, "")
            ),
            "",
        );
        let loaded = load_all(&[("books", &sdl)]);
        assert_eq!(loaded.errors, []);
        let hints: Vec<_> = loaded.hints.iter().map(|hint| hint.code).collect();
        (loaded.subgraphs[0].version, hints)
    };
    let hint = vec![HintCode::ImplicitlyUpgradedFederationVersion];
    assert_eq!(
        raised("v2.3", "cost/v0.1"),
        (FederationVersion::V2 { minor: 9 }, hint.clone())
    );
    assert_eq!(
        raised("v2.0", "authenticated/v0.1"),
        (FederationVersion::V2 { minor: 5 }, hint)
    );
    assert_eq!(
        raised("v2.9", "authenticated/v0.1"),
        (FederationVersion::V2 { minor: 9 }, vec![])
    );
    assert_eq!(
        raised("v2.3", "tag/v0.3"),
        (FederationVersion::V2 { minor: 3 }, vec![])
    );
}

#[test]
fn the_link_directive_may_have_another_name() {
    let definition = "directive @uses(url: String, as: String, import: [uses__Import], for: uses__Purpose) repeatable on SCHEMA
        scalar uses__Import
        enum uses__Purpose { SECURITY EXECUTION }";
    let links = "extend schema @uses(url: \"https://specs.apollo.dev/link/v1.0\", as: \"uses\")
        @uses(url: \"https://specs.apollo.dev/federation/v2.3\", import: [\"@shareable\"])";
    let sdl = with(&format!("{definition} {links}"), "@shareable");
    assert_eq!(canonical(&sdl), ["federation__shareable"]);
    assert!(!accepted(&sdl).schema.types.contains_key("uses__Import"));
    let without = load_all(&[("books", &with(links, "@shareable"))]);
    assert!(without.codes().contains(&ErrorCode::InvalidGraphql));
}

#[test]
fn the_predecessor_of_links_is_read_where_it_is_defined() {
    let definition = "directive @core(feature: String!, as: String) repeatable on SCHEMA";
    let schema = "schema @core(feature: \"https://specs.apollo.dev/core/v0.1\") { query: Query }";
    let subgraph = accepted(&with(
        &format!("{definition} {schema}"),
        "@tag(name: \"a\")",
    ));
    assert_eq!(subgraph.version, FederationVersion::V1);
    assert_eq!(subgraph.links[0].identity, "https://specs.apollo.dev/core");
    refuses(ErrorCode::InvalidGraphql, &with(schema, ""));
}

#[test]
fn connectors_are_let_pass() {
    let link = format!(
        "{} @link(url: \"https://specs.apollo.dev/connect/v0.1\", import: [\"@connect\"])
        @connect__source(name: \"books\", http: {{baseURL: \"https://example.com\"}})",
        federation("v2.10", "")
    );
    let connect = "@connect(source: \"books\", http: {GET: \"/\"}, selection: \"$\")";
    let subgraph = accepted(&with(&link, connect));
    assert_eq!(canonical(&with(&link, connect)), ["connect"]);
    assert!(
        subgraph
            .schema
            .schema_definition
            .directives
            .has("connect__source")
    );
    assert!(
        !subgraph
            .schema
            .directive_definitions
            .contains_key("connect")
    );
    refuses(
        ErrorCode::InvalidGraphql,
        &with(&link, "@connect(source: \"books\")"),
    );
}
