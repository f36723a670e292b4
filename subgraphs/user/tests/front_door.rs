//! The service from outside: signing up and in, who may see and do what.

mod support;

use kit_testing::on_each_database;
use serde_json::{Value, json};
use support::{GRANT, LIBRARIAN_CARD, PASSWORD, World, grant};

const SIGN_IN: &str = "mutation($card: String!, $password: String!) {
    signIn(card: $card, password: $password) { token } }";

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_signs_up_and_in_and_is_known() {
    on_each_database(user::SERVICE.migrations, async |test| {
        let world = World::start_with(&test.url, &[("SIGN_UP_POINTS", "30")]).await;
        let query = "mutation { signUp(input: { name: \" Ada \", password: \"a long password\" }) {
            token expiresAt user { id name card points role blocked createdAt } } }";
        let session = world.data(None, query, json!({})).await["signUp"].take();
        assert_eq!(session["user"]["name"], "Ada");
        assert_eq!(session["user"]["points"], 30);
        assert_eq!(session["user"]["role"], "PATRON");
        assert_eq!(session["user"]["blocked"], false);

        // The service verifies the token by the keys that it serves itself.
        let card = session["user"]["card"].as_str().unwrap();
        let member = world.sign_in(card).await;
        assert_eq!(session["user"]["id"], *member.id);
        let query =
            "{ me { id points ledger { nodes { amount balance reason borrowing { id } } } } }";
        for token in [session["token"].as_str().unwrap(), &member.token] {
            let me = world.data(Some(token), query, json!({})).await["me"].take();
            let welcome =
                json!({ "amount": 30, "balance": 30, "reason": "GRANT", "borrowing": null });
            assert_eq!(
                me,
                json!({ "id": member.id, "points": 30, "ledger": { "nodes": [welcome] } })
            );
        }
        world.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_others_are_told_of_a_new_user_and_of_a_block() {
    on_each_database(user::SERVICE.migrations, async |test| {
        let world = World::start(&test.url).await;
        let librarian = world.librarian().await;
        let patron = world.sign_up("Ada").await;
        let block = "mutation($id: ID!) { blockUser(userId: $id) { blocked } }";
        let unblock = "mutation($id: ID!) { unblockUser(userId: $id) { blocked } }";
        // Twice: the second changes nothing, so there is nothing to tell.
        for (mutation, blocked) in [(block, true), (block, true), (unblock, false)] {
            let id = json!({ "id": patron.id });
            let data = world.data(Some(&librarian.token), mutation, id).await;
            let user = data.as_object().unwrap().values().next().unwrap();
            assert_eq!(user["blocked"], blocked);
        }
        let told: Vec<_> = world.sent(4).await;
        assert!(told.iter().all(|message| message.kind == "UserChanged"));
        let about: Vec<(i64, &Value)> = told
            .iter()
            .filter(|message| message.aggregate_id == patron.id)
            .map(|message| (message.aggregate_version, &message.payload))
            .collect();
        let state = |blocked| json!({ "id": patron.id, "card": patron.card, "name": "Ada", "role": "PATRON", "blocked": blocked });
        assert_eq!(
            about,
            [(1, &state(false)), (2, &state(true)), (3, &state(false))]
        );
        world.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_and_an_unknown_card_are_told_alike() {
    on_each_database(user::SERVICE.migrations, async |test| {
        let world = World::start(&test.url).await;
        let patron = world.sign_up("Ada").await;
        let mut answers = Vec::new();
        for (card, password) in [
            (patron.card.as_str(), "not the password"),
            ("C000000000", PASSWORD),
            (&patron.card, ""),
        ] {
            let variables = json!({ "card": card, "password": password });
            let (_, body) = world.post(None, SIGN_IN, variables).await;
            answers.push(body["errors"][0]["extensions"]["code"].clone());
            answers.push(body["errors"][0]["message"].clone());
        }
        assert_eq!(answers[0], "WRONG_CREDENTIALS");
        assert_eq!(answers[..2], answers[2..4]);
        assert_eq!(answers[..2], answers[4..]);
        world.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_right_is_refused() {
    on_each_database(user::SERVICE.migrations, async |test| {
        let world = World::start(&test.url).await;
        let sign_up = "mutation($input: SignUpInput!) { signUp(input: $input) { token } }";
        for (name, password) in [("", PASSWORD), ("Ada", "short")] {
            let input = json!({ "input": { "name": name, "password": password } });
            assert_eq!(world.refusal(None, sign_up, input).await, "BAD_USER_INPUT");
        }
        let librarian = world.librarian().await;
        let token = Some(librarian.token.as_str());
        let nobody = world.id::<kit::ids::User>().to_string();
        for (variables, code) in [
            (grant(&librarian.id, 0, "r"), "BAD_USER_INPUT"),
            (grant(&librarian.id, -5, "r"), "BAD_USER_INPUT"),
            (grant(&librarian.id, 5, ""), "BAD_USER_INPUT"),
            (grant(&nobody, 5, "r"), "NOT_FOUND"),
            (grant("not an id", 5, "r"), "NOT_FOUND"),
        ] {
            assert_eq!(world.refusal(token, GRANT, variables).await, code);
        }
        for arguments in ["first: 0", "first: 101", "after: \"?\""] {
            let query = format!("{{ me {{ ledger({arguments}) {{ nodes {{ id }} }} }} }}");
            assert_eq!(
                world.refusal(token, &query, json!({})).await,
                "BAD_USER_INPUT"
            );
        }
        world.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn private_fields_are_for_oneself_and_librarians() {
    on_each_database(user::SERVICE.migrations, async |test| {
        let world = World::start(&test.url).await;
        let (ada, bob) = (world.sign_up("Ada").await, world.sign_up("Bob").await);
        let librarian = world.librarian().await;
        let by_id = "query($id: ID!, $card: String!) { user(id: $id) { name } userByCard(card: $card) { name } }";
        let of_ada = json!({ "id": ada.id, "card": ada.card });
        for (token, expected) in [
            (None, Value::Null),
            (Some(&bob.token), Value::Null),
            (Some(&ada.token), json!({ "name": "Ada" })),
            (Some(&librarian.token), json!({ "name": "Ada" })),
        ] {
            let data = world.data(token.map(String::as_str), by_id, of_ada.clone()).await;
            assert_eq!(data, json!({ "user": expected, "userByCard": expected }));
        }
        assert_eq!(world.data(None, "{ me { id } }", json!({})).await, json!({ "me": null }));

        // As another service's entity, the id is anybody's and the rest is not; one refusal does not spoil the others.
        let entities = "query($of: [_Any!]!) { _entities(representations: $of) { ... on User { id FIELD } } }";
        let nobody = world.id::<kit::ids::User>().to_string();
        let of = json!({ "of": [
            { "__typename": "User", "id": ada.id },
            { "__typename": "User", "id": bob.id },
            { "__typename": "User", "id": nobody },
        ] });
        let ids = world.data(None, &entities.replace("FIELD", ""), of.clone()).await;
        assert_eq!(ids["_entities"], json!([{ "id": ada.id }, { "id": bob.id }, null]));
        for field in ["name", "card", "points", "role", "blocked", "createdAt", "ledger { nodes { id } }"] {
            let query = entities.replace("FIELD", field);
            let (_, body) = world.post(Some(&bob.token), &query, of.clone()).await;
            // async-graphql leaves a refused field out and its siblings in; the gateway completes the nulls.
            assert_eq!(body["data"]["_entities"][0], json!({ "id": ada.id }), "{body}");
            assert_eq!(body["data"]["_entities"][1]["id"], *bob.id, "{body}");
            assert_eq!(body["errors"].as_array().unwrap().len(), 1, "{body}");
            assert_eq!(body["errors"][0]["extensions"]["code"], "FORBIDDEN", "{body}");
        }
        world.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn librarians_mutations_are_refused_to_others() {
    on_each_database(user::SERVICE.migrations, async |test| {
        let world = World::start(&test.url).await;
        let patron = world.sign_up("Ada").await;
        let block = "mutation($user: ID!) { blockUser(userId: $user) { id } }";
        let unblock = "mutation($user: ID!) { unblockUser(userId: $user) { id } }";
        for (mutation, variables) in [
            (GRANT, grant(&patron.id, 5, "r")),
            (block, json!({ "user": patron.id })),
            (unblock, json!({ "user": patron.id })),
        ] {
            for (token, code) in [
                (None, "UNAUTHENTICATED"),
                (Some(patron.token.as_str()), "FORBIDDEN"),
            ] {
                assert_eq!(
                    world.refusal(token, mutation, variables.clone()).await,
                    code
                );
            }
        }
        assert_eq!(world.balance(&patron).await, (0, 0));

        // A token that somebody has promoted themselves with is no token.
        let (head, rest) = patron.token.split_once('.').unwrap();
        let (_, signature) = rest.split_once('.').unwrap();
        let librarian = world.librarian().await;
        let claims = librarian.token.split('.').nth(1).unwrap();
        let forged = format!("{head}.{claims}.{signature}");
        let (status, body) = world.post(Some(&forged), "{ me { id } }", json!({})).await;
        assert_eq!(status, 401);
        assert_eq!(body["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
        world.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_share_the_key_and_the_first_users() {
    on_each_database(user::SERVICE.migrations, async |test| {
        let (one, two) = tokio::join!(World::start(&test.url), World::start(&test.url));
        let keys = one.keys().await;
        assert_eq!(keys["keys"].as_array().unwrap().len(), 1);
        assert_eq!(keys, two.keys().await);
        let patron = one.sign_up("Ada").await;
        let me = two
            .data(Some(&patron.token), "{ me { id } }", json!({}))
            .await;
        assert_eq!(me["me"]["id"], *patron.id);
        assert_eq!(one.librarian().await.id, two.librarian().await.id);
        one.stop().await;

        // And one that starts later, under other circumstances.
        let three =
            World::start_with(&test.url, &[("LIBRARIAN_PASSWORD", "another password")]).await;
        assert_eq!(keys, three.keys().await);
        let librarian = three.sign_in(LIBRARIAN_CARD).await;
        let me = two
            .data(Some(&librarian.token), "{ me { role } }", json!({}))
            .await;
        assert_eq!(me["me"]["role"], "LIBRARIAN");
        two.stop().await;
        three.stop().await;
    })
    .await;
}
