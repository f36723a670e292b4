//! `@requires`, `@provides`, `@override`, `@inaccessible` and contexts, where a draft allows them.

use super::{
    distribute::Draft,
    domain::Shape,
    draft::{Fd, Kind},
};

impl Draft<'_> {
    pub(super) fn add_directives(&mut self) {
        let mut serial = 0;
        for sub in 0..self.subs.len() {
            let names: Vec<_> = self.subs[sub].types.keys().cloned().collect();
            for name in names {
                let ty = &self.subs[sub].types[&name];
                if ty.kind != Kind::Object || ty.keys.is_empty() {
                    continue;
                }
                let is_resolvable = ty.is_resolvable();
                let may_require = is_resolvable || self.roll("requires_behind_a_stub");
                if may_require && self.roll("requires") {
                    serial += 1;
                    self.add_requires(sub, &name, serial);
                }
            }
        }
        for sub in 0..self.subs.len() {
            self.add_provides(sub);
        }
        self.add_overrides();
        self.add_context();
        self.hide();
    }

    /// Fields of a type that other subgraphs resolve and this one does not have.
    fn elsewhere(&self, sub: usize, ty: &str) -> Vec<Shape> {
        let own = self.subs[sub].types.get(ty);
        let mut found: Vec<Shape> = Vec::new();
        let mut names = vec![ty.to_owned()];
        if let Some(media) = &self.domain.media {
            // An interface object's other fields are those of the interface.
            if media.implementers.iter().any(|one| one == ty) {
                names.push(media.name.clone());
            }
        }
        for (index, other) in self.subs.iter().enumerate() {
            if index == sub {
                continue;
            }
            let types = names.iter().filter_map(|name| other.types.get(name));
            for field in types.flat_map(|ty| &ty.fields) {
                let known = own.is_some_and(|ty| ty.field(&field.shape.name).is_some())
                    || found.iter().any(|one| one.name == field.shape.name);
                // What is provided is not computed from requirements.
                let is_computed = self.no_arguments && field.requires.is_some();
                if !known
                    && !is_computed
                    && !field.external
                    && field.overrides.is_none()
                    && field.context.is_none()
                {
                    found.push(field.shape.clone());
                }
            }
        }
        found
    }

    fn add_requires(&mut self, sub: usize, ty: &str, serial: usize) {
        let mut selected = Vec::new();
        loop {
            let sources = self.elsewhere(sub, ty);
            let Some(source) = self.choose(&sources) else {
                break;
            };
            match self.select(sub, &source, 2) {
                Some(text) => {
                    self.put_external(sub, ty, source);
                    selected.push(text);
                }
                None => break,
            }
            if !self.roll("requires_more") {
                break;
            }
        }
        if selected.is_empty() {
            return;
        }
        let named = if self.rng.bool() { "String" } else { "Int" };
        let shape =
            super::domain::shape(&mut self.rng, self.features, &format!("est{serial}"), named);
        let mut field = Fd::new(shape);
        field.requires = Some(selected.join(" "));
        if let Some(ty) = self.subs[sub].types.get_mut(ty) {
            ty.fields.push(field);
        }
    }

    fn put_external(&mut self, sub: usize, ty: &str, shape: Shape) {
        if self.put_field(sub, ty, shape.clone())
            && let Some(ty) = self.subs[sub].types.get_mut(ty)
            && let Some(field) = ty.fields.last_mut()
            && field.shape.name == shape.name
        {
            field.external = true;
        }
    }

    /// A field set for one field that is not resolved here; what it needs is added.
    fn select(&mut self, sub: usize, shape: &Shape, depth: usize) -> Option<String> {
        if self.no_arguments && !shape.arguments.is_empty() {
            return None;
        }
        let arguments = self.literal_arguments(shape);
        let name = format!("{}{arguments}", shape.name);
        if !self.ensure(sub, &shape.named) {
            return None;
        }
        let Some(ty) = self.subs[sub].types.get(&shape.named).cloned() else {
            return Some(name);
        };
        match ty.kind {
            Kind::Enum | Kind::Scalar => Some(name),
            _ if depth == 0 || !self.roll("requires_nested") && depth < 2 => None,
            Kind::Object => {
                let below = self.select_below(sub, &shape.named, depth - 1)?;
                Some(format!("{name} {{ {below} }}"))
            }
            Kind::Interface => {
                let plain: Vec<_> = ty.fields.iter().map(|one| one.shape.clone()).collect();
                if self.rng.bool()
                    && let Some(field) = self.choose(&plain)
                {
                    return Some(format!("{name} {{ {} }}", field.name));
                }
                let members = self.implementers(sub, &shape.named);
                let member = self.choose(&members)?;
                let below = self.select_below(sub, &member, depth - 1)?;
                Some(format!("{name} {{ ... on {member} {{ {below} }} }}"))
            }
            Kind::Union => {
                let member = self.choose(&ty.members)?;
                let below = self.select_below(sub, &member, depth - 1)?;
                Some(format!("{name} {{ ... on {member} {{ {below} }} }}"))
            }
        }
    }

    fn implementers(&self, sub: usize, interface: &str) -> Vec<String> {
        let here = self.subs[sub].types.iter();
        here.filter(|(_, ty)| ty.implements.iter().any(|one| one == interface))
            .map(|(name, _)| name.clone())
            .collect()
    }

    /// One or two fields of an object type: what is here, or what is elsewhere as `@external`.
    fn select_below(&mut self, sub: usize, ty: &str, depth: usize) -> Option<String> {
        let here: Vec<_> = self.subs[sub].types[ty]
            .fields
            .iter()
            .filter(|one| {
                one.requires.is_none() && one.context.is_none() && one.overrides.is_none()
            })
            .map(|one| one.shape.clone())
            .collect();
        let elsewhere = self.elsewhere(sub, ty);
        let mut selected = Vec::new();
        for _ in 0..self.rng.usize(1..=2) {
            let from_elsewhere = self.rng.bool() && !elsewhere.is_empty();
            let pool = if from_elsewhere { &elsewhere } else { &here };
            let Some(shape) = self.choose(pool) else {
                continue;
            };
            if selected.iter().any(|(name, _)| *name == shape.name) {
                continue;
            }
            if let Some(text) = self.select(sub, &shape, depth) {
                if from_elsewhere {
                    self.put_external(sub, ty, shape.clone());
                }
                selected.push((shape.name.clone(), text));
            }
        }
        let texts: Vec<_> = selected.into_iter().map(|(_, text)| text).collect();
        (!texts.is_empty()).then(|| texts.join(" "))
    }

    fn literal_arguments(&mut self, shape: &Shape) -> String {
        if shape.arguments.is_empty() || !self.roll("requires_arguments") {
            return String::new();
        }
        let texts: Vec<_> = shape
            .arguments
            .iter()
            .map(|(name, ty, _)| {
                let value = match ty.as_str() {
                    "Int" => "3",
                    "Boolean" => "true",
                    "[Int!]" => "[1, 2]",
                    _ => "\"x\"",
                };
                format!("{name}: {value}")
            })
            .collect();
        format!("({})", texts.join(", "))
    }

    fn add_provides(&mut self, sub: usize) {
        let names: Vec<_> = self.subs[sub].types.keys().cloned().collect();
        for parent in names {
            let fields = self.subs[sub].types[&parent].fields.clone();
            for field in fields {
                if field.external || field.in_key || !self.roll("provides") {
                    continue;
                }
                let Some(target) = self.subs[sub].types.get(&field.shape.named).cloned() else {
                    continue;
                };
                let (member, is_abstract) = match target.kind {
                    Kind::Object => (field.shape.named.clone(), false),
                    Kind::Union => match self.choose(&target.members) {
                        Some(member) => (member, true),
                        None => continue,
                    },
                    Kind::Interface => {
                        match self.choose(&self.implementers(sub, &field.shape.named)) {
                            Some(member) => (member, true),
                            None => continue,
                        }
                    }
                    Kind::Enum | Kind::Scalar => continue,
                };
                if let Some(text) = self.provide(sub, &member) {
                    let text = if is_abstract {
                        format!("... on {member} {{ {text} }}")
                    } else {
                        text
                    };
                    if let Some(field) = self.subs[sub]
                        .types
                        .get_mut(&parent)
                        .and_then(|ty| ty.field_mut(&field.shape.name))
                    {
                        field.provides = Some(text);
                    }
                }
            }
        }
    }

    /// A field set of what this subgraph will provide of a type.
    fn provide(&mut self, sub: usize, ty: &str) -> Option<String> {
        let known = self.subs[sub].types.get(ty)?;
        if known.keys.is_empty() || known.directives.iter().any(|one| one == "@interfaceObject") {
            return None;
        }
        // `@provides` may not select fields with arguments.
        self.no_arguments = true;
        let mut sources = self.elsewhere(sub, ty);
        sources.retain(|one| !one.name.starts_with("extra"));
        let source = self.choose(&sources);
        let text = source
            .clone()
            .and_then(|source| self.select(sub, &source, 2));
        self.no_arguments = false;
        let (source, text) = (source?, text?);
        self.put_external(sub, ty, source.clone());
        self.provided.push((ty.to_owned(), source.name));
        Some(text)
    }

    fn add_overrides(&mut self) {
        for entity in self.domain.entities.clone() {
            let homes = self.homes(&entity.name);
            for from in homes.clone() {
                let fields = self.subs[from].types[&entity.name].fields.clone();
                for field in fields {
                    let is_plain = !field.external
                        && !field.in_key
                        && field.requires.is_none()
                        && field.provides.is_none();
                    if !is_plain || !self.roll("override") {
                        continue;
                    }
                    let others: Vec<_> = homes.iter().copied().filter(|one| *one != from).collect();
                    let Some(to) = self.choose(&others) else {
                        continue;
                    };
                    let is_alone = homes.iter().all(|&sub| {
                        sub == from
                            || self.subs[sub].types[&entity.name]
                                .field(&field.shape.name)
                                .is_none()
                    });
                    if self.subs[to].fed1 || !is_alone {
                        continue;
                    }
                    let label = self.roll("override_label").then(|| "beta".to_owned());
                    let source = self.subs[from].name.clone();
                    if self.put_field(to, &entity.name, field.shape.clone())
                        && let Some(field) = self.subs[to]
                            .types
                            .get_mut(&entity.name)
                            .and_then(|ty| ty.field_mut(&field.shape.name))
                    {
                        field.overrides = Some((source, label));
                    }
                }
            }
        }
    }

    fn hide(&mut self) {
        for sub in &mut self.subs {
            if sub.fed1 {
                continue;
            }
            for (name, ty) in &mut sub.types {
                // Fields that interfaces may have stay; an entity keeps its key, so something of it is seen.
                let is_open = ty.kind == Kind::Object && !ty.keys.is_empty();
                for field in &mut ty.fields {
                    if is_open
                        && field.shape.name != "title"
                        && name != "Media"
                        && !field.in_key
                        && !field.external
                        && self.features.roll(&mut self.rng, "inaccessible")
                    {
                        field.inaccessible = true;
                    }
                }
            }
        }
    }

    /// A type of its own, only found inside those that carry the context: its field depends on the object around it.
    fn add_context(&mut self) {
        for sub in 0..self.subs.len() {
            if self.subs[sub].fed1 || !self.roll("context") {
                continue;
            }
            let name = self.subs[sub].name.to_uppercase();
            let (inner, context) = (format!("Inner{name}"), format!("around{name}"));
            let mut carriers: Vec<(String, Shape)> = Vec::new();
            for (name, ty) in &self.subs[sub].types {
                let is_carrier = ty.kind == Kind::Object
                    && !matches!(name.as_str(), "Query" | "Mutation" | "Subscription");
                let value = ty.fields.iter().find(|one| {
                    !one.external
                        && !one.inaccessible
                        && one.requires.is_none()
                        && one.overrides.is_none()
                        && one.shape.lists == 0
                        && one.shape.arguments.is_empty()
                        && one.shape.named == "String"
                });
                if let Some(value) = value.filter(|_| is_carrier && carriers.len() < 2) {
                    carriers.push((name.clone(), value.shape.clone()));
                }
            }
            if carriers.is_empty() {
                continue;
            }
            let selection = match carriers.as_slice() {
                [(_, value)] => format!("{{ {} }}", value.name),
                all => all
                    .iter()
                    .map(|(ty, value)| format!("... on {ty} {{ {} }}", value.name))
                    .collect::<Vec<_>>()
                    .join(" "),
            };
            let plain = Shape::plain("told", "String", false);
            let mut field = Fd::new(plain.clone());
            field.context = Some(format!(
                "value: String @fromContext(field: \"${context} {selection}\")"
            ));
            for (ty, _) in &carriers {
                let link = format!("inner{name}");
                let link = super::domain::shape(&mut self.rng, self.features, &link, &inner);
                let Some(ty) = self.subs[sub].types.get_mut(ty) else {
                    continue;
                };
                ty.directives.push(format!("@context(name: \"{context}\")"));
                ty.fields.push(Fd::new(link));
            }
            self.put_inner(sub, &inner, field);
            let other = (sub + 1) % self.subs.len();
            self.put_inner(
                other,
                &inner,
                Fd::new(Shape::plain("label", "String", false)),
            );
        }
    }

    fn put_inner(&mut self, sub: usize, name: &str, field: Fd) {
        let mut id = Fd::new(Shape::plain("id", "ID", true));
        id.in_key = true;
        let ty = super::draft::Ty {
            keys: vec![("id".to_owned(), true)],
            fields: vec![id, field],
            ..super::draft::Ty::default()
        };
        self.subs[sub].types.insert(name.to_owned(), ty);
    }
}
