//! What clients may ask for: the API schema, by the model's numbers.

use std::rc::Rc;

use apollo_compiler::{Name, schema::ExtendedType};
use rustc_hash::FxHashMap;

use crate::{
    Supergraph,
    model::{FieldId, Kind, LabelId, Model, TypeId},
};

/// A field that clients may ask for.
#[derive(Debug, Clone)]
pub(super) struct ApiField {
    pub(super) id: FieldId,
    pub(super) name: Name,
    /// Its type, without lists and non-nulls.
    pub(super) output: TypeId,
    pub(super) is_composite: bool,
    /// Whether subgraphs that resolve it differ in the types that its objects may have.
    pub(super) has_different_types: bool,
    /// The labels of `@override` that decide who resolves it.
    pub(super) labels: Vec<LabelId>,
}

/// Looked up once for each type.
#[derive(Debug)]
pub(super) struct Api<'m> {
    supergraph: &'m Supergraph,
    model: &'m Model,
    fields: FxHashMap<TypeId, Rc<[ApiField]>>,
    possible: FxHashMap<TypeId, Rc<[TypeId]>>,
}

impl<'m> Api<'m> {
    pub(super) fn new(supergraph: &'m Supergraph) -> Self {
        Self {
            supergraph,
            model: supergraph.model(),
            fields: FxHashMap::default(),
            possible: FxHashMap::default(),
        }
    }

    /// The types of queries, mutations and subscriptions.
    pub(super) fn roots(&self) -> Vec<TypeId> {
        let definition = &self.supergraph.api_schema().schema_definition;
        let roots = [
            &definition.query,
            &definition.mutation,
            &definition.subscription,
        ];
        roots
            .into_iter()
            .flatten()
            .filter_map(|root| self.model.type_named(&root.name))
            .collect()
    }

    /// The fields of an object type, in the schema's order.
    pub(super) fn fields(&mut self, ty: TypeId) -> Rc<[ApiField]> {
        if let Some(known) = self.fields.get(&ty) {
            return Rc::clone(known);
        }
        let fields: Rc<[ApiField]> = self.read_fields(ty).into();
        self.fields.insert(ty, Rc::clone(&fields));
        fields
    }

    fn read_fields(&self, ty: TypeId) -> Vec<ApiField> {
        let api = self.supergraph.api_schema();
        let Some(ExtendedType::Object(object)) = api.types.get(&self.model.ty(ty).name) else {
            return Vec::new();
        };
        let read = |name: &Name| {
            let id = self.model.field_named(ty, name)?;
            let output = self.model.field(id).output.named;
            Some(ApiField {
                id,
                name: name.clone(),
                output,
                is_composite: self.model.ty(output).kind != Kind::Other,
                has_different_types: self.has_different_types(ty, id),
                labels: self.labels(ty, name),
            })
        };
        object.fields.keys().filter_map(read).collect()
    }

    fn has_different_types(&self, ty: TypeId, id: FieldId) -> bool {
        let field = self.model.field(id);
        let output = self.model.ty(field.output.named);
        if !matches!(output.kind, Kind::Interface | Kind::Union) {
            return false;
        }
        let resolvers = field.joins.iter().filter(|join| !join.is_external);
        let mut types = resolvers.filter_map(|join| {
            self.model.ty(ty).joined(join.subgraph)?;
            let output = self.model.ty(field.output_in(join).named);
            let output = output.joined(join.subgraph)?;
            (!output.is_interface_object).then_some(&output.possible)
        });
        let first = types.next();
        types.any(|other| Some(other) != first)
    }

    /// Interface objects may resolve it too.
    fn labels(&self, ty: TypeId, name: &str) -> Vec<LabelId> {
        if self.model.labels.is_empty() {
            return Vec::new();
        }
        let owners = std::iter::once(ty).chain(self.model.ty(ty).interfaces.iter().copied());
        let fields = owners.filter_map(|owner| self.model.field_named(owner, name));
        let mut labels = Vec::new();
        for join in fields.flat_map(|field| &self.model.field(field).joins) {
            if let Some(label) = join.label
                && !labels.contains(&label.id)
            {
                labels.push(label.id);
            }
        }
        labels
    }

    /// The object types that clients may find where this type is declared.
    pub(super) fn possible(&mut self, ty: TypeId) -> Rc<[TypeId]> {
        if let Some(known) = self.possible.get(&ty) {
            return Rc::clone(known);
        }
        let types = &self.supergraph.api_schema().types;
        let mut possible = self.model.ty(ty).possible.clone();
        possible.retain(|one| types.contains_key(&self.model.ty(*one).name));
        let possible: Rc<[TypeId]> = possible.into();
        self.possible.insert(ty, Rc::clone(&possible));
        possible
    }
}
