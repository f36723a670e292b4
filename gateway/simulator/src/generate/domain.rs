//! What a set of subgraphs is about, before it is divided among them.

use fastrand::Rng;

use super::Features;

const ENTITIES: [&str; 4] = ["Product", "User", "Review", "Shop"];
const VALUES: [&str; 3] = ["Address", "Size", "Money"];
const LEAVES: [&str; 8] = [
    "name", "price", "rank", "note", "color", "weight", "active", "code",
];
const LINKS: [&str; 6] = ["owner", "related", "items", "place", "media", "part"];
const SCALARS: [&str; 6] = ["String", "Int", "Float", "Boolean", "ID", "String"];

/// Everything there is.
#[derive(Debug, Clone, Default)]
pub(super) struct Domain {
    pub(super) entities: Vec<Entity>,
    pub(super) values: Vec<Group>,
    pub(super) enums: Vec<Group>,
    pub(super) unions: Vec<Group>,
    pub(super) interfaces: Vec<Interface>,
    /// An interface whose objects are all entities, so that a subgraph may know it as an object.
    pub(super) media: Option<Interface>,
    pub(super) has_scalar: bool,
}

/// A type with keys.
#[derive(Debug, Clone)]
pub(super) struct Entity {
    pub(super) name: String,
    pub(super) keys: Vec<KeyShape>,
    pub(super) fields: Vec<Shape>,
}

/// A key, with the fields that it selects.
#[derive(Debug, Clone)]
pub(super) struct KeyShape {
    pub(super) text: String,
    pub(super) fields: Vec<Shape>,
}

/// A named list: fields of a value type, members of a union, values of an enum.
#[derive(Debug, Clone, Default)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) fields: Vec<Shape>,
    pub(super) members: Vec<String>,
}

/// An interface: its fields are fields of all its implementers.
#[derive(Debug, Clone)]
pub(super) struct Interface {
    pub(super) name: String,
    pub(super) implementers: Vec<String>,
    pub(super) fields: Vec<Shape>,
}

/// A field, the same in all subgraphs.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Shape {
    pub(super) name: String,
    pub(super) named: String,
    /// `[[…]]`, with `!` where `non_null` says so, from outside in.
    pub(super) lists: usize,
    pub(super) non_null: Vec<bool>,
    /// Name, type and default.
    pub(super) arguments: Vec<(String, String, Option<String>)>,
}

impl Shape {
    pub(super) fn plain(name: &str, named: &str, non_null: bool) -> Self {
        Self {
            name: name.to_owned(),
            named: named.to_owned(),
            lists: 0,
            non_null: vec![non_null],
            arguments: Vec::new(),
        }
    }

    pub(super) fn ty(&self) -> String {
        let mut text = self.named.clone();
        for level in (0..=self.lists).rev() {
            if level < self.lists {
                text = format!("[{text}]");
            }
            if self.non_null.get(level).copied().unwrap_or(false) {
                text.push('!');
            }
        }
        text
    }
}

impl Domain {
    pub(super) fn random(rng: &mut Rng, features: &Features) -> Self {
        let mut domain = Self::default();
        let mut names = ENTITIES.to_vec();
        rng.shuffle(&mut names);
        names.truncate(rng.usize(1..=3));
        if features.roll(rng, "enums") {
            domain.enums.push(Group {
                name: "Color".to_owned(),
                members: ["RED", "GREEN", "BLUE"].map(str::to_owned).to_vec(),
                ..Group::default()
            });
        }
        domain.has_scalar = features.roll(rng, "scalars");
        for name in VALUES {
            if features.roll(rng, "values") && domain.values.len() < 2 {
                let fields = domain.value_fields(rng, features);
                domain.values.push(Group {
                    name: name.to_owned(),
                    fields,
                    ..Group::default()
                });
            }
        }
        let media = features.roll(rng, "interface_object");
        if media {
            names.truncate(2);
            names.extend(["Book", "Movie"]);
        }
        for name in &names {
            domain.entities.push(Entity {
                name: (*name).to_owned(),
                keys: vec![KeyShape {
                    text: "id".to_owned(),
                    fields: vec![Shape::plain("id", "ID", true)],
                }],
                fields: Vec::new(),
            });
        }
        domain.abstracts(rng, features, media);
        for index in 0..domain.entities.len() {
            let name = domain.entities[index].name.clone();
            if name != "Book" && name != "Movie" {
                domain.more_keys(rng, features, index);
            }
            domain.entity_fields(rng, features, index);
        }
        domain
    }

    pub(super) fn entity(&self, name: &str) -> Option<&Entity> {
        self.entities.iter().find(|one| one.name == name)
    }

    pub(super) fn value(&self, name: &str) -> Option<&Group> {
        self.values.iter().find(|one| one.name == name)
    }

    fn value_fields(&self, rng: &mut Rng, features: &Features) -> Vec<Shape> {
        let mut fields = Vec::new();
        for name in pick(rng, &LEAVES, 2) {
            fields.push(self.leaf(rng, features, name));
        }
        if let Some(inner) = self.values.first()
            && rng.bool()
        {
            fields.push(shape(rng, features, "part", &inner.name));
        }
        fields
    }

    fn leaf(&self, rng: &mut Rng, features: &Features, name: &str) -> Shape {
        let named = match name {
            "color" if !self.enums.is_empty() => "Color",
            "note" if self.has_scalar => "Json",
            "active" => "Boolean",
            _ => SCALARS[rng.usize(..SCALARS.len())],
        };
        shape(rng, features, name, named)
    }

    fn abstracts(&mut self, rng: &mut Rng, features: &Features, media: bool) {
        let names: Vec<_> = self.entities.iter().map(|one| one.name.clone()).collect();
        let common = Shape::plain("title", "String", false);
        if media {
            self.media = Some(Interface {
                name: "Media".to_owned(),
                implementers: vec!["Book".to_owned(), "Movie".to_owned()],
                fields: vec![common.clone()],
            });
        }
        if features.roll(rng, "interfaces") {
            let mut implementers = names.clone();
            implementers.truncate(rng.usize(1..=3));
            let mut fields = vec![Shape::plain("id", "ID", true)];
            if rng.bool() {
                fields.push(common);
            }
            self.interfaces.push(Interface {
                name: "Thing".to_owned(),
                implementers,
                fields,
            });
        }
        if features.roll(rng, "unions") {
            let mut members = names;
            members.extend(self.values.iter().map(|one| one.name.clone()));
            rng.shuffle(&mut members);
            members.truncate(rng.usize(2..=3));
            self.unions.push(Group {
                name: "Item".to_owned(),
                members,
                ..Group::default()
            });
        }
    }

    fn more_keys(&mut self, rng: &mut Rng, features: &Features, index: usize) {
        let name = self.entities[index].name.clone();
        if features.roll(rng, "more_keys") {
            self.entities[index].keys.push(KeyShape {
                text: "sku".to_owned(),
                fields: vec![Shape::plain("sku", "String", true)],
            });
        }
        if features.roll(rng, "more_keys") {
            self.entities[index].keys.push(KeyShape {
                text: "code zone".to_owned(),
                fields: vec![
                    Shape::plain("code", "ID", true),
                    Shape::plain("zone", "Int", true),
                ],
            });
        }
        if !features.roll(rng, "more_keys") {
            return;
        }
        let other = (index + 1) % self.entities.len();
        let is_plain = !matches!(self.entities[other].name.as_str(), "Book" | "Movie");
        if rng.bool() && other != index && is_plain {
            let other = self.entities[other].name.clone();
            self.entities[index].keys.push(KeyShape {
                text: "twin { id }".to_owned(),
                fields: vec![Shape::plain("twin", &other, true)],
            });
        } else {
            let pk = format!("{name}Pk");
            self.values.push(Group {
                name: pk.clone(),
                fields: vec![
                    Shape::plain("x", "ID", true),
                    Shape::plain("y", "Int", true),
                ],
                ..Group::default()
            });
            let selected = if rng.bool() { "x" } else { "x y" };
            self.entities[index].keys.push(KeyShape {
                text: format!("pk {{ {selected} }}"),
                fields: vec![Shape::plain("pk", &pk, true)],
            });
        }
    }

    fn entity_fields(&mut self, rng: &mut Rng, features: &Features, index: usize) {
        let name = self.entities[index].name.clone();
        let mut fields = Vec::new();
        for shared in self.interfaces.iter().chain(&self.media) {
            if shared.implementers.contains(&name) {
                for field in &shared.fields {
                    if field.name != "id" && !fields.contains(field) {
                        fields.push(field.clone());
                    }
                }
            }
        }
        let taken: Vec<_> = self.entities[index]
            .keys
            .iter()
            .flat_map(|key| &key.fields)
            .map(|one| one.name.clone())
            .collect();
        let count = rng.usize(2..=3);
        for leaf in pick(rng, &LEAVES, count) {
            if !taken.iter().any(|one| one == leaf) {
                fields.push(self.leaf(rng, features, leaf));
            }
        }
        let targets = self.targets();
        let count = rng.usize(0..=2);
        for link in pick(rng, &LINKS, count) {
            let target = &targets[rng.usize(..targets.len())];
            fields.push(shape(rng, features, link, target));
        }
        self.entities[index].fields = fields;
    }

    /// Types that a field may lead to.
    pub(super) fn targets(&self) -> Vec<String> {
        let entities = self.entities.iter().map(|one| &one.name);
        let values = self.values.iter().map(|one| &one.name);
        let unions = self.unions.iter().map(|one| &one.name);
        let interfaces = self
            .interfaces
            .iter()
            .chain(&self.media)
            .map(|one| &one.name);
        entities
            .chain(values.filter(|name| !name.ends_with("Pk")))
            .chain(unions)
            .chain(interfaces)
            .cloned()
            .collect()
    }
}

/// A field with random lists, nullability and arguments.
pub(super) fn shape(rng: &mut Rng, features: &Features, name: &str, named: &str) -> Shape {
    let mut lists = 0;
    if features.roll(rng, "lists") {
        lists = if rng.u8(..6) == 0 { 2 } else { 1 };
    }
    let non_null = (0..=lists)
        .map(|_| features.roll(rng, "non_null"))
        .collect();
    let mut arguments = Vec::new();
    if features.roll(rng, "arguments") {
        for argument in pick(rng, &["first", "unit", "by"], 1) {
            let ty = ["Int", "String", "Boolean", "[Int!]", "ID"][rng.usize(..5)];
            let default = (ty == "Int" && rng.bool()).then(|| "7".to_owned());
            arguments.push((argument.to_owned(), ty.to_owned(), default));
        }
    }
    Shape {
        name: name.to_owned(),
        named: named.to_owned(),
        lists,
        non_null,
        arguments,
    }
}

fn pick<'a>(rng: &mut Rng, from: &[&'a str], count: usize) -> Vec<&'a str> {
    let mut all = from.to_vec();
    rng.shuffle(&mut all);
    all.truncate(count);
    all
}
