//! What a schema has besides types and fields, and what matters to composition alone.

use std::fmt::Write as _;

use fastrand::Rng;

use super::{
    Features,
    draft::{Fd, Kind, Sub, Ty},
};

pub(super) fn add(rng: &mut Rng, features: &Features, subs: &mut [Sub]) {
    let with_inputs = features.roll(rng, "inputs");
    for sub in subs {
        if !sub.fed1 && features.roll(rng, "versions") {
            sub.minor = Some(rng.u32(least_version(sub)..=9));
        }
        let minor = sub.minor.unwrap_or(if sub.fed1 { 0 } else { 8 });
        for (name, ty) in &mut sub.types {
            trim_type(rng, features, minor, name, ty);
        }
        if sub.fed1 {
            // It knows @tag of all these.
            continue;
        }
        if with_inputs && rng.bool() {
            add_inputs(rng, features, sub);
        }
    }
}

/// The first version that has what the subgraph uses.
fn least_version(sub: &Sub) -> u32 {
    let mut least = 3;
    for field in sub.types.values().flat_map(|ty| &ty.fields) {
        if field.context.is_some() {
            return 8;
        }
        if field
            .overrides
            .as_ref()
            .is_some_and(|(_, label)| label.is_some())
        {
            least = 7;
        }
    }
    let contexts = sub.types.values().flat_map(|ty| &ty.directives);
    if contexts.into_iter().any(|one| one.contains("@context")) {
        return 8;
    }
    least
}

fn trim_type(rng: &mut Rng, features: &Features, minor: u32, name: &str, ty: &mut Ty) {
    let is_root = matches!(name, "Query" | "Mutation" | "Subscription");
    if features.roll(rng, "descriptions") {
        ty.description = Some(description(rng, name));
    }
    let is_extension = ty.fields.iter().any(|field| field.in_key && field.external);
    if is_extension {
        ty.description = None;
    }
    if features.roll(rng, "tags") && minor > 0 {
        ty.directives.push(tag(rng));
    }
    if !is_root && features.roll(rng, "hidden") && minor > 0 {
        ty.directives.push("@inaccessible".to_owned());
    }
    let is_object =
        ty.kind == Kind::Object && ty.directives.iter().all(|one| one != "@interfaceObject");
    if is_object && minor >= 5 && !is_root && features.roll(rng, "access") {
        ty.directives.push("@authenticated".to_owned());
    }
    for field in &mut ty.fields {
        trim_field(rng, features, minor, is_object, field);
    }
    if ty.kind == Kind::Enum {
        for value in &mut ty.members {
            trim_value(rng, features, minor, value);
        }
    }
}

fn trim_field(rng: &mut Rng, features: &Features, minor: u32, is_object: bool, field: &mut Fd) {
    if features.roll(rng, "descriptions") {
        field.description = Some(description(rng, &field.shape.name));
    }
    if field.external {
        return;
    }
    if features.roll(rng, "deprecated") {
        field.directives.push(deprecated(rng));
    }
    if features.roll(rng, "tags") && minor > 0 {
        field.directives.push(tag(rng));
    }
    if minor >= 5 && is_object && features.roll(rng, "access") {
        let scope = ["a", "b"][rng.usize(..2)];
        field
            .directives
            .push(format!("@requiresScopes(scopes: [[\"{scope}\", \"all\"]])"));
    }
    if minor >= 9 && is_object && features.roll(rng, "costs") {
        field
            .directives
            .push(format!("@cost(weight: {})", rng.u8(..20)));
    }
    if minor >= 9 && field.shape.lists == 1 && features.roll(rng, "costs") {
        field
            .directives
            .push("@listSize(assumedSize: 12)".to_owned());
    }
}

fn trim_value(rng: &mut Rng, features: &Features, minor: u32, value: &mut String) {
    if features.roll(rng, "descriptions") {
        *value = format!("{:?} {value}", description(rng, "value"));
    }
    if features.roll(rng, "deprecated") {
        let _ = write!(value, " {}", deprecated(rng));
    }
    if minor > 0 && features.roll(rng, "tags") {
        let _ = write!(value, " {}", tag(rng));
    }
    if minor > 0 && features.roll(rng, "hidden") {
        value.push_str(" @inaccessible");
    }
}

fn description(rng: &mut Rng, name: &str) -> String {
    match rng.u8(..3) {
        0 => format!("Its {name}."),
        1 => format!("The {name}, as it is here."),
        _ => format!("A {name}"),
    }
}

fn deprecated(rng: &mut Rng) -> String {
    [
        "@deprecated",
        "@deprecated(reason: \"old\")",
        "@deprecated(reason: \"odd\")",
    ][rng.usize(..3)]
    .to_owned()
}

fn tag(rng: &mut Rng) -> String {
    format!("@tag(name: \"{}\")", ["x", "y", "z"][rng.usize(..3)])
}

/// An input object with an enum, and fields that take it. Where subgraphs differ, that may be right or wrong.
fn add_inputs(rng: &mut Rng, features: &Features, sub: &mut Sub) {
    let mut differs = |text: &'static str, other: &'static str| {
        if features.roll(rng, "input_differs") {
            other
        } else {
            text
        }
    };
    let order = [
        differs("UP", "UP"),
        differs("DOWN", "DOWN @inaccessible"),
        differs("", "RANDOM"),
    ];
    let mut fields = [
        differs("name: String", "name: String!"),
        differs("sizes: [Int!]", "sizes: [Int!]!"),
        differs("order: Order", "order: Order = UP"),
        differs("limit: Int = 10", "limit: Int"),
        differs("not: Filter", ""),
        differs("", "more: Boolean @inaccessible"),
    ];
    let mut argument = differs(
        "where: Filter",
        "where: Filter = { name: \"all\", order: UP }",
    );
    if !features.has("input_defaults_differ") {
        // What one subgraph takes for granted and another does not cannot be asked of one schema over all.
        (fields[2], fields[3]) = ("order: Order", "limit: Int = 10");
        argument = "where: Filter";
    }
    let _ = write!(
        sub.more,
        "\nenum Order {{ {} }}\n\ninput Filter {{ {} }}\n",
        order.join(" "),
        fields.join(" ")
    );
    let objects = sub.types.values_mut().filter(|ty| {
        // Apollo's composition, which may be asked in doubt, loses the arguments of interface objects' fields.
        ty.kind == Kind::Object && ty.directives.iter().all(|one| one != "@interfaceObject")
    });
    for ty in objects {
        for field in &mut ty.fields {
            if !field.in_key && !field.external && rng.u8(..6) == 0 {
                field.context = Some(match field.context.take() {
                    Some(other) => format!("{other}, {argument}"),
                    None => argument.to_owned(),
                });
            }
        }
    }
}
