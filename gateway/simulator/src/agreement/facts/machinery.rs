//! Which definitions of a supergraph belong to the specifications that it links.

use apollo_compiler::{Schema, ast::Value};

/// The names that linked specifications take.
pub(super) struct Machinery {
    /// Names of directives.
    directives: Vec<String>,
    /// Beginnings of names.
    prefixes: Vec<String>,
}

impl Machinery {
    pub(super) fn of(schema: &Schema) -> Self {
        let mut machinery = Self {
            directives: vec!["link".to_owned()],
            prefixes: ["join__", "link__"].map(str::to_owned).to_vec(),
        };
        for link in schema.schema_definition.directives.get_all("link") {
            let text = |name| link.specified_argument_by_name(name)?.as_str();
            let Some(rest) =
                text("url").and_then(|url| url.strip_prefix("https://specs.apollo.dev/"))
            else {
                continue;
            };
            let name = rest.split('/').next().unwrap_or_default();
            if name == "cost" {
                // One specification of two directives, neither of them named by the link alone.
                machinery.directives.push("listSize".to_owned());
            }
            let name = text("as").unwrap_or(name);
            machinery.directives.push(name.to_owned());
            machinery.prefixes.push(format!("{name}__"));
            let imports = link.specified_argument_by_name("import");
            let imports = imports.and_then(|one| one.as_list()).unwrap_or_default();
            machinery
                .directives
                .extend(imports.iter().filter_map(|one| imported(one)));
        }
        machinery
    }

    pub(super) fn owns(&self, name: &str) -> bool {
        self.prefixes.iter().any(|prefix| name.starts_with(prefix))
    }

    pub(super) fn owns_directive(&self, name: &str) -> bool {
        self.owns(name) || self.directives.iter().any(|one| one == name)
    }
}

/// The name under which a directive is imported.
fn imported(import: &Value) -> Option<String> {
    let text = match import {
        Value::Object(fields) => {
            let field = |name: &str| {
                let mut fields = fields.iter();
                fields
                    .find(|(key, _)| key == name)
                    .and_then(|(_, value)| value.as_str())
            };
            field("as").or_else(|| field("name"))
        }
        _ => import.as_str(),
    };
    text?.strip_prefix('@').map(str::to_owned)
}
