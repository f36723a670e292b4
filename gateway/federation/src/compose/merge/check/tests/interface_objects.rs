use super::*;

const KEYED: &str = r#"type Query { i: I } interface I @key(fields: "id") { id: ID! }
                       type T implements I @key(fields: "id") { id: ID! }"#;
const OBJECT: &str = r#"type I @interfaceObject @key(fields: "id") { id: ID! x: Int }"#;

#[test]
fn an_interface_object_is_an_interface_somewhere() {
    let alone = format!("type Query {{ a: Int }} {OBJECT}");
    refuses(&[InterfaceObjectUsageError], &[&alone]);
    refuses(
        &[InterfaceObjectUsageError],
        &[&alone, &OBJECT.replace("x: Int", "y: Int")],
    );
    accepts(&[KEYED, OBJECT]);
}

#[test]
fn an_interface_object_is_not_beside_its_implementations() {
    let beside = format!(r#"{OBJECT} type T @key(fields: "id", resolvable: false) {{ id: ID! }}"#);
    refuses(&[InterfaceObjectUsageError], &[KEYED, &beside]);
    let other = format!(r#"{OBJECT} type Z @key(fields: "id", resolvable: false) {{ id: ID! }}"#);
    accepts(&[KEYED, &other, r#"type Z @key(fields: "id") { id: ID! }"#]);
}

#[test]
fn a_keyed_interface_is_with_all_its_implementations() {
    let another = r#"interface I { id: ID! } type U implements I @key(fields: "id") { id: ID! }"#;
    refuses(&[InterfaceKeyMissingImplementationType], &[KEYED, another]);
    assert_eq!(
        messages(&[KEYED, another]),
        [
            "[a] the interface \"I\" has the key \"id\", so the subgraph can be asked for any of its implementations, but does \
          not have \"U\": define what is missing there, with the interface, or say \"resolvable: false\""
        ]
    );
    refuses(
        &[InterfaceKeyMissingImplementationType],
        &[KEYED, another, OBJECT],
    );
    let unimplemented = format!(r#"{KEYED} type U @key(fields: "id") {{ id: ID! }}"#);
    refuses(
        &[InterfaceKeyMissingImplementationType],
        &[&unimplemented, another],
    );
    let unresolvable = KEYED.replacen(r#"fields: "id""#, r#"fields: "id", resolvable: false"#, 1);
    accepts(&[&unresolvable, another]);
}
