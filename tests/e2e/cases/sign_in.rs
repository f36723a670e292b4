//! Signing up and in, and what a token is worth.

use serde_json::json;

use super::{Case, case};
use crate::client::greet;
use crate::library::text;
use crate::world::World;

const SIGN_IN: &str = "mutation($card: String!, $password: String!) {
    signIn(card: $card, password: $password) { token expiresAt user { id name card role } } }";
const ME: &str = "{ me { id name card role points blocked } }";

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("sign_in::a_reader_signs_up_and_in", |w| {
            Box::pin(a_reader_signs_up_and_in(w))
        }),
        case("sign_in::wrong_credentials_are_refused_alike", |w| {
            Box::pin(wrong_credentials(w))
        }),
        case("sign_in::a_bad_token_is_refused_by_the_gateway", |w| {
            Box::pin(bad_token(w))
        }),
        case("sign_in::services_refuse_bad_tokens_themselves", |w| {
            Box::pin(services_verify(w))
        }),
        case("sign_in::tokens_work_while_the_user_service_is_down", |w| {
            Box::pin(user_down(w))
        }),
    ]
}

async fn a_reader_signs_up_and_in(world: &World) {
    let mia = world.patron(0).await;
    let credentials = json!({"card": mia.card, "password": mia.password});
    let session = &world.anyone().data(SIGN_IN, credentials).await["signIn"];
    assert_eq!(session["user"]["id"], mia.id.as_str());
    assert_eq!(session["user"]["role"], "PATRON");
    assert!(
        text(&session["expiresAt"]).ends_with('Z') || text(&session["expiresAt"]).contains('+')
    );

    let again = world.client(Some(text(&session["token"])));
    let me = &again.data(ME, json!({})).await["me"];
    assert_eq!(
        (text(&me["id"]), text(&me["card"])),
        (mia.id.as_str(), mia.card.as_str())
    );
    assert_eq!((&me["points"], &me["blocked"]), (&json!(0), &json!(false)));
    assert!(world.anyone().data(ME, json!({})).await["me"].is_null());
}

async fn wrong_credentials(world: &World) {
    let mia = world.patron(0).await;
    for (card, password) in [
        (mia.card.as_str(), "not the password"),
        (mia.card.as_str(), ""),
        ("no such card", mia.password.as_str()),
    ] {
        let credentials = json!({"card": card, "password": password});
        let code = world.anyone().refusal(SIGN_IN, credentials).await;
        assert_eq!(code, "WRONG_CREDENTIALS", "{card:?} {password:?}");
    }
}

async fn bad_token(world: &World) {
    let mia = world.patron(0).await;
    let (signed, signature) = mia.client.token().rsplit_once('.').expect("a JWT");
    // Another character at the signature's start always means other bytes.
    let other = if signature.starts_with('A') { 'B' } else { 'A' };
    let forged = format!("{signed}.{other}{}", &signature[1..]);
    for token in ["nonsense", forged.as_str()] {
        let reply = world.client(Some(token)).run(ME, json!({})).await;
        assert_eq!(
            (reply.status, reply.code()),
            (401, Some("UNAUTHENTICATED")),
            "{}",
            reply.body
        );
        let payload = json!({"Authorization": format!("Bearer {token}")});
        assert_eq!(greet(world.gateway(), payload).await, Err(4403));
    }
    let good = format!("Bearer {}", mia.client.token());
    assert_eq!(
        greet(world.gateway(), json!({"authorization": good})).await,
        Ok(())
    );
    assert_eq!(
        greet(world.gateway(), json!({"headers": {"Authorization": good}})).await,
        Ok(())
    );
}

async fn services_verify(world: &World) {
    let mia = world.patron(0).await;
    for service in crate::world::SUBGRAPHS {
        let url = format!("{}/graphql", world.service_url(service).await);
        let stranger = world.client(Some("nonsense")).at(&url);
        let reply = stranger.run("{ __typename }", json!({})).await;
        assert_eq!(
            reply.code(),
            Some("UNAUTHENTICATED"),
            "{service}: {}",
            reply.body
        );
        let reply = mia.client.at(&url).run("{ __typename }", json!({})).await;
        assert_eq!(reply.body["data"]["__typename"], "Query", "{service}");
    }
}

async fn user_down(world: &World) {
    let mia = world.patron(0).await;
    let book = world.book(1, 0).await;
    // Everybody has the keys by now.
    assert!(mia.client.data(ME, json!({})).await["me"].is_object());
    world.stop("user").await;
    let query = "query($id: ID!) { book(id: $id) { title } }";
    let found = mia.client.data(query, json!({"id": book.id})).await;
    assert_eq!(found["book"]["title"], book.title.as_str());
    // The caller is known, and no librarian.
    let everybodys = "{ borrowings { edges { node { id } } } }";
    assert_eq!(mia.client.refusal(everybodys, json!({})).await, "FORBIDDEN");
    let reply = mia.client.run(ME, json!({})).await;
    assert!(
        reply.body["data"]["me"].is_null() && reply.code().is_some(),
        "{}",
        reply.body
    );
    world.start_again("user").await;
    assert!(mia.client.data(ME, json!({})).await["me"].is_object());
}
