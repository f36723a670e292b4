//! Operations over a schema, mostly valid: what selects one field name twice with different arguments is not.

use std::fmt::Write as _;

use apollo_compiler::{
    Schema,
    ast::{OperationType, Type},
    collections::HashMap,
    schema::{ExtendedType, FieldDefinition, Implementers},
    validation::Valid,
};

use crate::choices::Choices;

/// How deep selections go.
const DEPTH: usize = 8;
/// How many selections there are.
const SELECTIONS: usize = 80;

/// An operation as text.
pub fn operation(schema: &Valid<Schema>, choices: &mut Choices<'_>) -> String {
    let kinds = [
        OperationType::Query,
        OperationType::Query,
        OperationType::Query,
        OperationType::Mutation,
        OperationType::Subscription,
    ];
    let kind = kinds[choices.below(kinds.len())];
    let (kind, root) = match schema.root_operation(kind) {
        Some(root) => (kind, root.to_string()),
        None => (OperationType::Query, "Query".to_owned()),
    };
    let mut maker = Maker {
        schema,
        implementers: schema.implementers_map(),
        choices,
        left: SELECTIONS,
        aliases: 0,
        variables: String::new(),
        variable_count: 0,
        fragments: Vec::new(),
        defers: schema.directive_definitions.contains_key("defer"),
    };
    let mut body = String::new();
    maker.selections(&mut body, &root, 0, kind == OperationType::Subscription);
    let mut text = format!(
        "{kind}($yes: Boolean! = true, $no: Boolean = false{}) {body}",
        maker.variables
    );
    for fragment in &maker.fragments {
        text.push_str(fragment);
    }
    text
}

struct Maker<'a, 'b> {
    schema: &'a Valid<Schema>,
    implementers: HashMap<apollo_compiler::Name, Implementers>,
    choices: &'a mut Choices<'b>,
    left: usize,
    aliases: usize,
    variables: String,
    variable_count: usize,
    fragments: Vec<String>,
    defers: bool,
}

impl Maker<'_, '_> {
    fn selections(&mut self, text: &mut String, ty: &str, depth: usize, only_one: bool) {
        text.push_str(" {");
        let before = text.len();
        let count = if only_one {
            1
        } else {
            1 + self.choices.below(6)
        };
        for _ in 0..count {
            if self.left == 0 {
                break;
            }
            self.left -= 1;
            let fragment = !only_one && depth < DEPTH && self.choices.once_in(4);
            if fragment {
                self.fragment(text, ty, depth);
            } else {
                self.field(text, ty, depth);
            }
        }
        if text.len() == before {
            text.push_str(" __typename");
        }
        text.push_str(" }");
    }

    fn field(&mut self, text: &mut String, ty: &str, depth: usize) {
        let fields = match self.schema.types.get(ty) {
            Some(ExtendedType::Object(object)) => &object.fields,
            Some(ExtendedType::Interface(interface)) => &interface.fields,
            _ => {
                text.push_str(" __typename");
                return;
            }
        };
        if depth > 0 && self.choices.once_in(12) {
            text.push_str(" __typename");
            return;
        }
        let index = self.choices.below(fields.len());
        let Some((name, field)) = fields.get_index(index) else {
            return;
        };
        let inner = field.ty.inner_named_type();
        let composite = self
            .schema
            .types
            .get(inner)
            .is_some_and(|ty| ty.is_object() || ty.is_interface() || ty.is_union());
        if composite && depth >= DEPTH {
            text.push_str(" __typename");
            return;
        }
        // Different arguments, or one name of two types, need another key.
        if !field.arguments.is_empty() || self.choices.once_in(6) {
            self.aliases += 1;
            let _ = write!(text, " a{}:", self.aliases);
        }
        let _ = write!(text, " {name}");
        self.arguments(text, field);
        self.condition(text, depth);
        if composite {
            self.selections(text, inner, depth + 1, false);
        }
    }

    fn fragment(&mut self, text: &mut String, ty: &str, depth: usize) {
        let mut conditions = vec![ty.to_owned()];
        match self.schema.types.get(ty) {
            Some(ExtendedType::Interface(_)) => {
                if let Some(implementers) = self.implementers.get(ty) {
                    let mut all: Vec<String> =
                        implementers.iter().map(ToString::to_string).collect();
                    all.sort();
                    conditions.extend(all);
                }
            }
            Some(ExtendedType::Union(union)) => {
                conditions.extend(union.members.iter().map(ToString::to_string));
            }
            Some(ExtendedType::Object(object)) => {
                conditions.extend(object.implements_interfaces.iter().map(ToString::to_string));
            }
            _ => {}
        }
        let on = conditions[self.choices.below(conditions.len())].clone();
        if self.choices.once_in(4) {
            let _ = write!(text, " ...F{}", self.fragments.len());
            let name = self.fragments.len();
            // Its place is taken first, as fragments may nest.
            self.fragments.push(String::new());
            self.condition(text, depth);
            let mut body = format!(" fragment F{name} on {on}");
            self.selections(&mut body, &on, depth + 1, false);
            self.fragments[name] = body;
            return;
        }
        text.push_str(" ...");
        if on != ty || self.choices.once_in(2) {
            let _ = write!(text, " on {on}");
        }
        if self.defers && depth > 0 && self.choices.once_in(3) {
            self.aliases += 1;
            let _ = match self.choices.below(4) {
                0 => write!(text, " @defer"),
                1 => write!(text, " @defer(label: \"d{}\")", self.aliases),
                2 => write!(text, " @defer(if: $yes)"),
                _ => write!(text, " @defer(label: \"d{}\", if: $no)", self.aliases),
            };
        } else {
            self.condition(text, depth);
        }
        self.selections(text, &on, depth + 1, false);
    }

    fn condition(&mut self, text: &mut String, depth: usize) {
        if depth == 0 || !self.choices.once_in(6) {
            return;
        }
        let conditions = [
            "@skip(if: $yes)",
            "@include(if: $yes)",
            "@skip(if: $no)",
            "@include(if: $no)",
            "@include(if: true)",
            "@skip(if: false)",
            "@include(if: false)",
            "@include(if: $yes) @skip(if: $no)",
        ];
        text.push(' ');
        text.push_str(conditions[self.choices.below(conditions.len())]);
    }

    fn arguments(&mut self, text: &mut String, field: &FieldDefinition) {
        let mut given = Vec::new();
        for argument in &field.arguments {
            if !argument.is_required() && self.choices.once_in(2) {
                continue;
            }
            let value = if self.choices.once_in(3) {
                let name = format!("v{}", self.variable_count);
                self.variable_count += 1;
                let _ = write!(self.variables, ", ${name}: {}", argument.ty);
                format!("${name}")
            } else {
                self.value(&argument.ty, 0)
            };
            given.push(format!("{}: {value}", argument.name));
        }
        if !given.is_empty() {
            let _ = write!(text, "({})", given.join(", "));
        }
    }

    fn value(&mut self, ty: &Type, depth: usize) -> String {
        if !ty.is_non_null() && (depth > 3 || self.choices.once_in(6)) {
            return "null".to_owned();
        }
        if ty.is_list() {
            let inner = ty.item_type();
            let all: Vec<_> = (0..self.choices.below(3))
                .map(|_| self.value(inner, depth + 1))
                .collect();
            return format!("[{}]", all.join(", "));
        }
        let name = ty.inner_named_type();
        match (name.as_str(), self.schema.types.get(name)) {
            ("Int", _) => "3".to_owned(),
            ("Float", _) => "1.5".to_owned(),
            ("Boolean", _) => "true".to_owned(),
            (_, Some(ExtendedType::Enum(one))) => one
                .values
                .keys()
                .next()
                .map_or_else(|| "X".to_owned(), ToString::to_string),
            (_, Some(ExtendedType::InputObject(input))) => {
                let mut fields = Vec::new();
                for (name, field) in &input.fields {
                    if field.is_required() || (depth < 3 && self.choices.once_in(3)) {
                        fields.push(format!("{name}: {}", self.value(&field.ty, depth + 1)));
                    }
                }
                format!("{{{}}}", fields.join(", "))
            }
            _ => "\"x\"".to_owned(),
        }
    }
}
