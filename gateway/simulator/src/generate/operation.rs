//! Random operations over an API schema.

use apollo_compiler::{
    ExecutableDocument, Name, Node, Schema,
    ast::Type,
    collections::IndexMap,
    response::{JsonMap, JsonValue},
    schema::{
        Component, EnumType, ExtendedType, FieldDefinition, InputObjectType, InputValueDefinition,
    },
    validation::Valid,
};
use fastrand::Rng;
use std::fmt::Write as _;

use super::Features;

/// Selections of one operation, at most; several of these may come to the same field.
const SELECTIONS: usize = 24;

/// Documents that are tried before a seed is given up. Conflicts of keys are left to validation.
const ATTEMPTS: usize = 20;

/// An operation and its variables' values.
#[derive(Debug, Clone, Default)]
pub struct Operation {
    /// The document, with one operation.
    pub text: String,
    /// Variable values.
    pub variables: JsonMap,
}

/// A valid operation; nothing, if none was found.
pub fn operation(seed: u64, schema: &Valid<Schema>, features: &Features) -> Option<Operation> {
    let mut rng = Rng::with_seed(seed ^ 0x6f70_6572_6174_696f);
    (0..ATTEMPTS).find_map(|_| {
        let operation = Writer::new(&mut rng, schema, features).write()?;
        ExecutableDocument::parse_and_validate(schema, &operation.text, "operation.graphql")
            .is_ok()
            .then_some(operation)
    })
}

struct Writer<'a> {
    rng: &'a mut Rng,
    schema: &'a Valid<Schema>,
    features: &'a Features,
    budget: usize,
    declarations: Vec<String>,
    variables: JsonMap,
    fragments: Vec<(String, Name, String)>,
    aliases: usize,
    deferred: usize,
    is_subscription: bool,
}

impl<'a> Writer<'a> {
    fn new(rng: &'a mut Rng, schema: &'a Valid<Schema>, features: &'a Features) -> Self {
        let budget = rng.usize(3..=SELECTIONS);
        Self {
            rng,
            schema,
            features,
            budget,
            declarations: Vec::new(),
            variables: JsonMap::new(),
            fragments: Vec::new(),
            aliases: 0,
            deferred: 0,
            is_subscription: false,
        }
    }

    fn write(mut self) -> Option<Operation> {
        let roots = &self.schema.schema_definition;
        let (keyword, root) = match (&roots.mutation, &roots.subscription) {
            (Some(root), _) if self.roll("mutate") => ("mutation", root.name.clone()),
            (_, Some(root)) if self.roll("subscribe") => ("subscription", root.name.clone()),
            _ => ("query", roots.query.as_ref()?.name.clone()),
        };
        self.is_subscription = keyword == "subscription";
        let body = if self.is_subscription {
            let fields: Vec<_> = self.fields(&root)?.values().collect();
            let field = fields[self.rng.usize(..fields.len())];
            let text = self.field(field, 4)?;
            format!("{{ {text} }}")
        } else {
            self.set(&root, 5)?
        };
        let mut text = keyword.to_owned();
        if !self.declarations.is_empty() {
            let _ = write!(text, " Operation({})", self.declarations.join(", "));
        }
        let _ = writeln!(text, " {body}");
        for (name, ty, body) in &self.fragments {
            let _ = writeln!(text, "fragment {name} on {ty} {body}");
        }
        Some(Operation {
            text,
            variables: self.variables,
        })
    }

    fn roll(&mut self, feature: &str) -> bool {
        self.features.roll(self.rng, feature)
    }

    fn fields(&self, ty: &str) -> Option<&'a IndexMap<Name, Component<FieldDefinition>>> {
        match self.schema.types.get(ty)? {
            ExtendedType::Object(object) => Some(&object.fields),
            ExtendedType::Interface(interface) => Some(&interface.fields),
            _ => None,
        }
    }

    /// A selection set for objects of this type.
    fn set(&mut self, ty: &Name, depth: usize) -> Option<String> {
        let mut parts = Vec::new();
        let wanted = self.rng.usize(1..=4);
        for _ in 0..wanted {
            if self.budget == 0 && !parts.is_empty() {
                break;
            }
            self.budget = self.budget.saturating_sub(1);
            if let Some(part) = self.selection(ty, depth) {
                parts.push(part);
            }
        }
        if parts.is_empty() {
            if matches!(ty.as_str(), "Mutation" | "Query") && depth < 2 {
                return None;
            }
            parts.push("__typename".to_owned());
        }
        if self.roll("twice") {
            let again = parts[self.rng.usize(..parts.len())].clone();
            parts.push(again);
        }
        Some(format!("{{ {} }}", parts.join(" ")))
    }

    fn selection(&mut self, ty: &Name, depth: usize) -> Option<String> {
        if self.roll("typename") {
            let alias = if self.roll("alias") { "kind: " } else { "" };
            return Some(format!("{alias}__typename{}", self.condition()));
        }
        let is_abstract = self
            .schema
            .types
            .get(ty)
            .is_some_and(|ty| ty.is_interface() || ty.is_union());
        let fields = self.fields(ty).filter(|fields| !fields.is_empty());
        let inline = fields.is_none() || self.roll("inline") || (is_abstract && self.rng.bool());
        if inline && depth > 0 {
            let condition = self.condition_type(ty);
            let body = self.set(&condition, depth - 1)?;
            let mut directive = self.condition();
            directive.push_str(&self.defer());
            if self.roll("named") {
                return Some(self.spread(condition, body, &directive));
            }
            if condition == *ty && self.rng.u8(..3) == 0 {
                return Some(format!("...{directive} {body}"));
            }
            return Some(format!("... on {condition}{directive} {body}"));
        }
        let fields: Vec<_> = fields?.values().collect();
        let field = fields[self.rng.usize(..fields.len())];
        self.field(field, depth)
    }

    /// A fragment that was made for this type before, or this one.
    fn spread(&mut self, ty: Name, body: String, directive: &str) -> String {
        let known = self.fragments.iter().find(|(_, on, _)| *on == ty);
        if let Some((name, _, _)) = known
            && self.rng.bool()
        {
            return format!("...{name}{directive}");
        }
        let name = format!("Part{}", self.fragments.len());
        self.fragments.push((name.clone(), ty, body));
        format!("...{name}{directive}")
    }

    /// A type that objects of this type may have too.
    fn condition_type(&mut self, ty: &Name) -> Name {
        let possible = |ty: &str| -> Vec<Name> {
            self.schema
                .types
                .values()
                .filter(|one| one.is_object())
                .map(|one| one.name().clone())
                .filter(|one| one == ty || self.schema.is_subtype(ty, one))
                .collect()
        };
        let own = possible(ty);
        let mut types: Vec<Name> = self
            .schema
            .types
            .values()
            .filter(|one| one.is_interface() || one.is_union())
            .map(|one| one.name().clone())
            .filter(|one| possible(one).iter().any(|member| own.contains(member)))
            .collect();
        types.extend(own.iter().cloned());
        types.extend(own);
        if types.is_empty() {
            return ty.clone();
        }
        let index = self.rng.usize(..types.len());
        types.swap_remove(index)
    }

    fn field(&mut self, field: &FieldDefinition, depth: usize) -> Option<String> {
        let inner = field.ty.inner_named_type();
        let is_leaf = self.schema.types.get(inner)?.is_leaf();
        if !is_leaf && depth == 0 {
            return None;
        }
        let mut text = String::new();
        if self.roll("alias") {
            // Sometimes a name that another field has.
            let name = match self.rng.usize(..4) {
                0 => "name".to_owned(),
                1 => "id".to_owned(),
                _ => {
                    self.aliases += 1;
                    format!("x{}", self.aliases)
                }
            };
            let _ = write!(text, "{name}: ");
        }
        text.push_str(&field.name);
        text.push_str(&self.arguments(&field.arguments));
        text.push_str(&self.condition());
        if !is_leaf {
            let below = self.set(inner, depth - 1)?;
            let _ = write!(text, " {below}");
        }
        Some(text)
    }

    fn arguments(&mut self, definitions: &[Node<InputValueDefinition>]) -> String {
        let mut texts = Vec::new();
        for definition in definitions {
            let is_required = definition.is_required();
            if !is_required && self.rng.u8(..3) == 0 {
                continue;
            }
            let value = self.value(&definition.ty);
            let text = if self.roll("variables") {
                self.variable(&definition.ty, &value)
            } else {
                self.literal(&definition.ty, &value, true)
            };
            texts.push(format!("{}: {text}", definition.name));
        }
        if texts.is_empty() {
            String::new()
        } else {
            format!("({})", texts.join(", "))
        }
    }

    fn variable(&mut self, ty: &Type, value: &JsonValue) -> String {
        let name = format!("v{}", self.declarations.len());
        match self.rng.usize(..6) {
            0 => {
                let default = self.literal(ty, value, false);
                self.declarations.push(format!("${name}: {ty} = {default}"));
            }
            // Without a value, where that is allowed.
            1 if !ty.is_non_null() => self.declarations.push(format!("${name}: {ty}")),
            _ => {
                self.declarations.push(format!("${name}: {ty}"));
                self.variables.insert(name.as_str(), value.clone());
            }
        }
        format!("${name}")
    }

    fn value(&mut self, ty: &Type) -> JsonValue {
        if !ty.is_non_null() && self.rng.u8(..8) == 0 {
            return JsonValue::Null;
        }
        if ty.is_list() {
            // All of one length: apollo-compiler 1.33 takes lists for equal when the shorter begins the longer, so a
            // conflict of arguments would pass its validation.
            return (0..2).map(|_| self.value(ty.item_type())).collect();
        }
        match self.schema.types.get(ty.inner_named_type()) {
            Some(ExtendedType::Enum(values)) => return self.member(values),
            Some(ExtendedType::InputObject(input)) => return self.entries(input),
            _ => {}
        }
        let number = self.rng.u32(..4);
        match ty.inner_named_type().as_str() {
            "Int" => JsonValue::from(number),
            "Float" => JsonValue::from(f64::from(number) + 0.5),
            "Boolean" => JsonValue::from(number > 1),
            _ => JsonValue::from(format!("s{number}")),
        }
    }

    fn member(&mut self, values: &EnumType) -> JsonValue {
        let place = self.rng.usize(..values.values.len());
        JsonValue::from(values.values[place].value.as_str())
    }

    fn entries(&mut self, input: &InputObjectType) -> JsonValue {
        let mut entries = JsonMap::new();
        for field in input.fields.values() {
            // An object in itself has to end.
            let is_itself = *field.ty.inner_named_type() == input.name;
            let may_miss = !field.is_required();
            if !(may_miss && (is_itself || self.rng.bool())) {
                entries.insert(field.name.as_str(), self.value(&field.ty));
            }
        }
        JsonValue::Object(entries)
    }

    /// A value as GraphQL text; in objects, some of it may be in variables.
    fn literal(&mut self, ty: &Type, value: &JsonValue, may_vary: bool) -> String {
        match (value, self.schema.types.get(ty.inner_named_type())) {
            (JsonValue::Array(items), _) => {
                let items: Vec<_> = items
                    .iter()
                    .map(|item| self.literal(ty.item_type(), item, may_vary))
                    .collect();
                format!("[{}]", items.join(","))
            }
            (JsonValue::Object(entries), Some(ExtendedType::InputObject(input))) => {
                let mut texts = Vec::new();
                for (name, value) in entries {
                    let ty = &input.fields[name.as_str()].ty;
                    let text = if may_vary && self.rng.u8(..4) == 0 {
                        self.variable(ty, value)
                    } else {
                        self.literal(ty, value, may_vary)
                    };
                    texts.push(format!("{}: {text}", name.as_str()));
                }
                format!("{{{}}}", texts.join(", "))
            }
            (JsonValue::String(member), Some(ExtendedType::Enum(_))) => member.as_str().to_owned(),
            _ => value.to_string(),
        }
    }

    /// Sometimes `@defer`, its label unlike all others.
    fn defer(&mut self) -> String {
        if self.is_subscription || !self.roll("defer") {
            return String::new();
        }
        self.deferred += 1;
        match self.rng.u8(..4) {
            0 => {
                let declaration = "$later: Boolean!".to_owned();
                if !self.declarations.contains(&declaration) {
                    self.declarations.push(declaration);
                    let value = JsonValue::from(self.rng.bool());
                    self.variables.insert("later", value);
                }
                format!(" @defer(label: \"d{}\", if: $later)", self.deferred)
            }
            1 => " @defer".to_owned(),
            _ => format!(" @defer(label: \"d{}\")", self.deferred),
        }
    }

    /// `@skip` or `@include`, or neither.
    fn condition(&mut self) -> String {
        if !self.roll("conditions") {
            return String::new();
        }
        let directive = if self.rng.bool() { "skip" } else { "include" };
        let value = self.rng.bool();
        if self.rng.u8(..4) == 0 {
            return format!(" @{directive}(if: {value})");
        }
        // Few, so that the same one is met twice.
        let name = format!("if{}", self.rng.u8(..2));
        let declaration = format!("${name}: Boolean!");
        if !self.declarations.contains(&declaration) {
            self.declarations.push(declaration);
            self.variables.insert(name.as_str(), JsonValue::from(value));
        }
        format!(" @{directive}(if: ${name})")
    }
}
