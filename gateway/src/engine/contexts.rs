//! Requests for entities that depend on what encloses them (`@fromContext`): made when it is known how many different
//! values there are.

#[cfg(test)]
mod tests;

use std::{fmt::Write as _, sync::Arc};

use super::{
    decode::{Shape, ShapeField},
    keys::Keys,
    program::{ContextFetch, EntityFetch, Part, Piece, Template},
    representations::Group,
};

impl ContextFetch {
    /// One request, with a field for each group, and the variables with the groups' values.
    pub(crate) fn request<'g>(
        &self,
        groups: &'g [Group],
        keys: &Keys,
    ) -> (EntityFetch, Vec<(String, &'g [u8])>) {
        let (mut declared, mut body) = (Vec::new(), String::new());
        let (mut values, mut parts) = (Vec::new(), Vec::new());
        let mut shape = Shape::default();
        for (index, group) in groups.iter().enumerate() {
            let name = |name: &str| match groups.len() {
                1 => name.to_owned(),
                _ => format!("{name}_{index}"),
            };
            let (variable, alias) = (name("representations"), name("_entities"));
            declared.push(format!("${variable}:[_Any!]!"));
            for (argument, value) in self.arguments.iter().zip(&group.values) {
                let variable = name(&argument.variable);
                declared.push(format!("${variable}:{}", argument.ty));
                values.push((variable, value.as_slice()));
            }
            if groups.len() > 1 {
                let _ = write!(body, "{alias}:");
            }
            let _ = write!(body, "_entities(representations:${variable})");
            for piece in &self.text {
                match piece {
                    Piece::Text(text) => body.push_str(text),
                    Piece::Argument(index) => {
                        let _ = write!(body, "${}", name(&self.arguments[*index].variable));
                    }
                }
            }
            let key = keys.beyond(index);
            shape.fields.push(ShapeField {
                name: alias.as_str().into(),
                key,
                child: Some(Arc::clone(&self.shape)),
            });
            parts.push(Part {
                variable,
                alias,
                key,
                shares: self.part.shares,
                paths: self.part.paths.clone(),
                requires: Vec::new(),
            });
        }
        declared.extend(self.declared.iter().cloned());
        let operation = format!("query({}){{{body}}}", declared.join(","));
        let template = Template {
            query: serde_json::Value::from(operation).to_string(),
            ..self.template.clone()
        };
        let request = EntityFetch {
            template,
            shape,
            parts,
        };
        (request, values)
    }
}
