//! The types of a made supergraph: which there are, where they are at home, who extends them and what they refer to.

use std::{collections::BTreeSet, fmt::Write as _};

use crate::{
    Random, Shape,
    definition::{Definition, FieldAt, HEAD, Kind, SUBGRAPH_HEAD},
    roots,
};

/// A made supergraph, before it is written.
pub(crate) struct Model {
    pub(crate) subgraphs: usize,
    pub(crate) entities: Vec<Entity>,
    pub(crate) values: Vec<Value>,
    pub(crate) enums: Vec<Definition>,
    pub(crate) inputs: Vec<Definition>,
    pub(crate) interfaces: Vec<Interface>,
    pub(crate) unions: Vec<Union>,
    pub(crate) roots: Vec<Definition>,
    /// Entities that must not be in a subgraph, as it knows their interface as an interface object.
    barred: BTreeSet<(usize, usize)>,
}

/// A type with keys.
pub(crate) struct Entity {
    pub(crate) definition: Definition,
    pub(crate) home: usize,
    pub(crate) extended_by: Vec<usize>,
    /// Leaf fields, wherever they are resolved.
    pub(crate) leaves: Vec<String>,
    /// Fields that lead to other entities, and to which.
    pub(crate) references: Vec<(String, usize)>,
    /// A field that leads to a value, and to which.
    pub(crate) detail: Option<(String, usize)>,
}

/// A type without keys.
pub(crate) struct Value {
    pub(crate) definition: Definition,
    pub(crate) leaves: Vec<String>,
}

/// An interface over entities of one subgraph.
pub(crate) struct Interface {
    pub(crate) definition: Definition,
    pub(crate) home: usize,
    pub(crate) implementers: Vec<usize>,
    /// The field that another subgraph adds, and that subgraph.
    pub(crate) added: Option<(String, usize)>,
    pub(crate) by_interface_object: bool,
}

/// A union of entities and values of one subgraph.
pub(crate) struct Union {
    pub(crate) definition: Definition,
    pub(crate) home: usize,
    pub(crate) entities: Vec<usize>,
    pub(crate) values: Vec<usize>,
}

impl Model {
    pub(crate) fn new(shape: Shape) -> Self {
        let subgraphs = shape.subgraphs.max(1);
        let share = |percent: usize| (shape.types * percent / 100).max(1);
        let mut random = Random::new(shape.seed);
        let mut model = Self {
            subgraphs,
            entities: Vec::new(),
            values: Vec::new(),
            enums: Vec::new(),
            inputs: Vec::new(),
            interfaces: Vec::new(),
            unions: Vec::new(),
            roots: Vec::new(),
            barred: BTreeSet::new(),
        };
        model.make_enums(share(10));
        model.make_inputs(share(15), &mut random);
        model.make_entities(share(45));
        model.make_interfaces(share(5), &mut random);
        model.extend_entities(&mut random);
        model.make_values(share(20), &mut random);
        model.refer(&mut random);
        model.make_unions(share(5), &mut random);
        model.roots = roots::make(&mut model);
        model
    }

    /// The supergraph's text.
    pub(crate) fn sdl(&self) -> String {
        let mut sdl = HEAD.to_owned();
        sdl.push_str("\nenum join__Graph {\n");
        for subgraph in 0..self.subgraphs {
            let _ = writeln!(
                sdl,
                "  S{subgraph} @join__graph(name: \"s{subgraph}\", url: \"http://s{subgraph}.invalid/graphql\")"
            );
        }
        sdl.push_str("}\n");
        for definition in self.definitions() {
            definition.write(&mut sdl);
        }
        sdl
    }

    /// The subgraphs' names and texts.
    pub(crate) fn subgraph_sdls(&self) -> Vec<(String, String)> {
        let mut sdls = vec![SUBGRAPH_HEAD.to_owned(); self.subgraphs];
        for definition in self.definitions() {
            for &subgraph in definition.at.keys() {
                // Query is in every subgraph, with fields or without.
                if definition.is_empty_in(subgraph) {
                    continue;
                }
                definition.write_in(subgraph, &mut sdls[subgraph]);
            }
        }
        let name = |subgraph| format!("s{subgraph}");
        (0..self.subgraphs).map(name).zip(sdls).collect()
    }

    fn definitions(&self) -> impl Iterator<Item = &Definition> {
        (self.roots.iter())
            .chain(self.entities.iter().map(|entity| &entity.definition))
            .chain(self.values.iter().map(|value| &value.definition))
            .chain(
                self.interfaces
                    .iter()
                    .map(|interface| &interface.definition),
            )
            .chain(self.unions.iter().map(|union| &union.definition))
            .chain(&self.enums)
            .chain(&self.inputs)
            .filter(|definition| !definition.at.is_empty())
    }

    fn make_enums(&mut self, count: usize) {
        for number in 0..count {
            let mut one = Definition::new(Kind::Enum, format!("Enum{number}"));
            one.values = (0..3 + number % 5)
                .map(|value| format!("VALUE{value}"))
                .collect();
            one.put(number % self.subgraphs);
            self.enums.push(one);
        }
    }

    /// The name of some enum, which is in the subgraph from now on.
    fn some_enum(&mut self, subgraph: usize, random: &mut Random) -> String {
        let index = random.below(self.enums.len());
        let one = &mut self.enums[index];
        one.put(subgraph);
        one.name.clone()
    }

    fn make_inputs(&mut self, count: usize, random: &mut Random) {
        for number in 0..count {
            let home = number % self.subgraphs;
            let mut one = Definition::new(Kind::Input, format!("Input{number}"));
            one.put(home);
            one.field("text", "String", home);
            one.field("count", "Int = 3", home);
            one.field("ids", "[ID!]", home);
            let kind = self.some_enum(home, random);
            one.field("kind", &kind, home);
            if let Some(before) = number.checked_sub(self.subgraphs) {
                one.field("inner", &format!("Input{before}"), home);
            }
            self.inputs.push(one);
        }
    }

    fn make_entities(&mut self, count: usize) {
        for number in 0..count {
            let home = number % self.subgraphs;
            let mut definition = Definition::new(Kind::Object, format!("Entity{number}"));
            let keys = &mut definition.put(home).keys;
            keys.insert("id");
            if number % 5 == 1 {
                keys.insert("sku");
            }
            definition.field("id", "ID!", home);
            let mut leaves = vec!["name", "price", "weight"];
            definition.field("name", "String!", home);
            definition.field("price", "Int", home);
            definition.field("weight", "Float", home);
            if number % 5 == 1 {
                definition.field("sku", "String!", home);
                leaves.push("sku");
            }
            self.entities.push(Entity {
                definition,
                home,
                extended_by: Vec::new(),
                leaves: leaves.into_iter().map(str::to_owned).collect(),
                references: Vec::new(),
                detail: None,
            });
        }
    }

    /// Every other interface is known to a second subgraph too, as an interface or as an interface object.
    fn make_interfaces(&mut self, count: usize, random: &mut Random) {
        for number in 0..count {
            let home = number % self.subgraphs;
            let name = format!("Interface{number}");
            let at_home: Vec<usize> = (home..self.entities.len())
                .step_by(self.subgraphs)
                .collect();
            let most = 2 + random.below(7);
            let start = random.below(at_home.len());
            let implementers: BTreeSet<usize> = (0..most.min(at_home.len()))
                .map(|step| at_home[(start + step) % at_home.len()])
                .collect();
            let by_interface_object = number % 4 == 2;
            let other = (home + 1 + random.below(self.subgraphs - 1)) % self.subgraphs;
            // A subgraph that has an interface object must not have the interface's types, and the other way round.
            let fits = implementers.iter().all(|&entity| {
                let known = &self.entities[entity].definition.at;
                if by_interface_object {
                    !known.contains_key(&other)
                } else {
                    !self.barred.contains(&(entity, other))
                }
            });
            let adds = number % 2 == 0 && other != home && fits;
            let added = adds.then(|| (format!("rank{number}"), other));
            let mut interface = Interface {
                definition: Definition::new(Kind::Interface, name),
                home,
                implementers: implementers.into_iter().collect(),
                added,
                by_interface_object,
            };
            self.define_interface(&mut interface);
            self.interfaces.push(interface);
        }
    }

    fn define_interface(&mut self, interface: &mut Interface) {
        let Interface {
            definition,
            home,
            implementers,
            added,
            by_interface_object,
        } = interface;
        definition.put(*home);
        definition.field("id", "ID!", *home);
        definition.field("name", "String!", *home);
        for &entity in &*implementers {
            let of = &mut self.entities[entity].definition;
            of.implements.insert((definition.name.clone(), *home));
        }
        let Some((field, other)) = added else {
            return;
        };
        let at = definition.put(*other);
        if *by_interface_object {
            at.interface_object = true;
            at.keys.insert("id");
            definition.put(*home).keys.insert("id");
        }
        definition.field("id", "ID!", *other);
        definition.field(field, "Int", *other);
        for &entity in &*implementers {
            if *by_interface_object {
                self.barred.insert((entity, *other));
                let of = &mut self.entities[entity].definition;
                let field = of.field(field, "Int", *other);
                field.at.clear();
                field.by_interface_object = true;
            } else {
                self.place(entity, *other);
                let of = &mut self.entities[entity].definition;
                of.implements.insert((definition.name.clone(), *other));
                of.field(field, "Int", *other);
            }
            self.entities[entity].leaves.push(field.clone());
        }
    }

    /// Puts an entity into a subgraph that knows its `id`, unless it must not be there.
    pub(crate) fn place(&mut self, entity: usize, subgraph: usize) -> bool {
        if self.barred.contains(&(entity, subgraph)) {
            return false;
        }
        let definition = &mut self.entities[entity].definition;
        definition.put(subgraph).keys.insert("id");
        definition.field("id", "ID!", subgraph);
        true
    }

    fn extend_entities(&mut self, random: &mut Random) {
        for number in 0..self.entities.len() {
            for _ in 0..[1, 2, 0, 3, 1][number % 5] {
                let other = random.below(self.subgraphs);
                let entity = &self.entities[number];
                let known = entity.definition.at.contains_key(&other);
                if known || self.barred.contains(&(number, other)) {
                    continue;
                }
                self.extend_entity(number, other, random);
            }
        }
    }

    fn extend_entity(&mut self, number: usize, other: usize, random: &mut Random) {
        // Some know it by its second key alone: from elsewhere the way leads through its home.
        if number % 10 == 1 {
            let definition = &mut self.entities[number].definition;
            definition.put(other).keys.insert("sku");
            definition.field("sku", "String!", other);
        } else {
            self.place(number, other);
        }
        let kind = self.some_enum(other, random);
        let entity = &mut self.entities[number];
        entity.extended_by.push(other);
        let of = &mut entity.definition;
        of.field(&format!("score{other}"), "Int", other);
        of.field(&format!("label{other}"), "String!", other);
        of.field(&format!("kind{other}"), &kind, other);
        for name in ["score", "label", "kind"] {
            entity.leaves.push(format!("{name}{other}"));
        }
        if random.once_in(3) {
            let requires = "price weight";
            for required in requires.split(' ') {
                let field = entity.definition.field(required, "", other);
                if let Some(at) = field.at.get_mut(&other) {
                    at.external = true;
                }
            }
            let name = format!("estimate{other}");
            let field = entity.definition.field(&name, "Float", other);
            let at = FieldAt {
                external: false,
                requires: Some(requires),
            };
            field.at.insert(other, at);
            // With the second key alone, hive-router-query-planner 2.10.11 fails ("expected a single parent"), and the
            // samples are to be planned by both.
            if number % 10 != 1 {
                entity.leaves.push(name);
            }
        }
    }

    fn make_values(&mut self, count: usize, random: &mut Random) {
        for number in 0..count {
            let mut at = vec![number % self.subgraphs];
            if number % 4 == 0 && self.subgraphs > 1 {
                at.push((number + 1) % self.subgraphs);
            }
            let mut definition = Definition::new(Kind::Object, format!("Value{number}"));
            let kind = random.below(self.enums.len());
            for &subgraph in &at {
                self.enums[kind].put(subgraph);
                definition.put(subgraph);
                definition.field("text", "String", subgraph);
                definition.field("amount", "Float!", subgraph);
                definition.field("kind", &self.enums[kind].name, subgraph);
                definition.field("tags", "[String!]!", subgraph);
            }
            let leaves = definition.fields.iter().map(|field| field.name.clone());
            self.values.push(Value {
                leaves: leaves.collect(),
                definition,
            });
        }
    }

    /// Lets entities refer to entities and values: at home, and where they are extended.
    fn refer(&mut self, random: &mut Random) {
        for number in 0..self.entities.len() {
            let home = self.entities[number].home;
            let mut asked = vec![("first".to_owned(), home), ("second".to_owned(), home)];
            for &other in &self.entities[number].extended_by {
                asked.push((format!("peers{other}"), other));
            }
            for (field, subgraph) in asked {
                let target = random.below(self.entities.len());
                if !self.place(target, subgraph) {
                    continue;
                }
                let mut ty = format!("Entity{target}");
                if !field.starts_with("first") {
                    ty = format!("[{ty}!]!");
                }
                let entity = &mut self.entities[number];
                entity.definition.field(&field, &ty, subgraph);
                entity.references.push((field, target));
            }
            let values = self.values.len().saturating_sub(home);
            let values = values.div_ceil(self.subgraphs);
            if values > 0 {
                let value = home + random.below(values) * self.subgraphs;
                let entity = &mut self.entities[number];
                let ty = format!("Value{value}");
                entity.definition.field("detail", &ty, home);
                entity.detail = Some(("detail".to_owned(), value));
            }
        }
    }

    fn make_unions(&mut self, count: usize, random: &mut Random) {
        for number in 0..count {
            let home = number % self.subgraphs;
            let mut definition = Definition::new(Kind::Union, format!("Union{number}"));
            definition.put(home);
            let entities: Vec<usize> = (home..self.entities.len())
                .step_by(self.subgraphs)
                .filter(|_| random.once_in(3))
                .take(6)
                .chain(self.entities.get(home).map(|_| home))
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect();
            let values: Vec<usize> = self.values.get(home).map(|_| home).into_iter().collect();
            for entity in &entities {
                definition.members.insert((format!("Entity{entity}"), home));
            }
            for value in &values {
                definition.members.insert((format!("Value{value}"), home));
            }
            // A subgraph without any type has no union either.
            if definition.members.is_empty() {
                continue;
            }
            self.unions.push(Union {
                definition,
                home,
                entities,
                values,
            });
        }
    }
}
