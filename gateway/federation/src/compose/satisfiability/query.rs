//! A path as the query that a client could send.

use std::fmt::Write as _;

use apollo_compiler::{Schema, ast::Type, schema::ExtendedType};

use super::walk::Step;
use crate::model::{Kind, Model, TypeId};

/// What is asked for at the end of a path.
pub(super) enum End<'a> {
    Field {
        leaf: TypeId,
        name: &'a str,
        is_composite: bool,
    },
    /// Just objects of this type.
    Type(TypeId),
}

/// Input objects within input objects deeper than this are left empty.
const MAX_NESTING: usize = 8;

/// Writes the shortest operation with this path; required arguments have a value of their type.
pub(super) fn text(model: &Model, api: &Schema, steps: &[&Step], end: &End<'_>) -> String {
    let leaf = match end {
        End::Field { leaf, .. } | End::Type(leaf) => *leaf,
    };
    let root = steps.first().map_or(leaf, |step| step.leaf);
    let mut writer = Writer {
        model,
        api,
        text: operation(api, &model.ty(root).name).to_owned(),
        indent: 0,
    };
    writer.open();
    let mut declared = root;
    for step in steps {
        writer.narrow(declared, step.leaf);
        writer.field(step.leaf, &step.field);
        writer.open();
        declared = step.output;
    }
    writer.narrow(declared, leaf);
    if let End::Field {
        name, is_composite, ..
    } = end
    {
        writer.field(leaf, name);
        if *is_composite {
            writer.open();
            writer.line("__typename");
        }
    } else {
        writer.line("__typename");
    }
    while writer.indent > 0 {
        writer.close();
    }
    writer.text
}

fn operation(api: &Schema, root: &str) -> &'static str {
    let definition = &api.schema_definition;
    let is = |name: &Option<apollo_compiler::schema::ComponentName>| {
        name.as_ref().is_some_and(|name| name.name == root)
    };
    if is(&definition.mutation) {
        "mutation"
    } else if is(&definition.subscription) {
        "subscription"
    } else {
        "query"
    }
}

struct Writer<'a> {
    model: &'a Model,
    api: &'a Schema,
    text: String,
    indent: usize,
}

impl Writer<'_> {
    fn line(&mut self, text: &str) {
        let width = self.indent * 2;
        // Writing to a string does not fail.
        let _ = write!(self.text, "\n{:width$}{text}", "");
    }

    fn open(&mut self) {
        self.text.push_str(" {");
        self.indent += 1;
    }

    fn close(&mut self) {
        self.indent -= 1;
        self.line("}");
    }

    /// A fragment, where the declared type does not say the object's.
    fn narrow(&mut self, declared: TypeId, leaf: TypeId) {
        if declared != leaf && self.model.ty(declared).kind != Kind::Object {
            self.line(&format!("... on {}", self.model.ty(leaf).name));
            self.open();
        }
    }

    fn field(&mut self, ty: TypeId, name: &str) {
        let Ok(field) = self.api.type_field(&self.model.ty(ty).name, name) else {
            return self.line(name);
        };
        let required = field.arguments.iter().filter(|one| one.is_required());
        let arguments: Vec<_> = required
            .map(|one| format!("{}: {}", one.name, self.value(&one.ty, 0)))
            .collect();
        if arguments.is_empty() {
            self.line(name);
        } else {
            self.line(&format!("{name}({})", arguments.join(", ")));
        }
    }

    fn value(&self, ty: &Type, nesting: usize) -> String {
        let name = match ty {
            Type::List(_) | Type::NonNullList(_) => return "[]".to_owned(),
            Type::Named(name) | Type::NonNullNamed(name) => name,
        };
        match self.api.types.get(name) {
            Some(ExtendedType::Enum(all)) => {
                let first = all.values.keys().next();
                first.map_or_else(|| "null".to_owned(), ToString::to_string)
            }
            Some(ExtendedType::InputObject(_)) if nesting >= MAX_NESTING => "{}".to_owned(),
            Some(ExtendedType::InputObject(input)) => {
                let required = input.fields.values().filter(|field| field.is_required());
                let fields: Vec<_> = required
                    .map(|one| format!("{}: {}", one.name, self.value(&one.ty, nesting + 1)))
                    .collect();
                format!("{{{}}}", fields.join(", "))
            }
            _ => match name.as_str() {
                "Int" | "Float" => "1".to_owned(),
                "Boolean" => "true".to_owned(),
                _ => "\"1\"".to_owned(),
            },
        }
    }
}
