//! The client's view of the tree: only what was asked for, in the order that it was asked for, completed as GraphQL's
//! "Value Completion" and "Handling Field Errors" say. Writes JSON text directly.

use apollo_compiler::{ast::Type, response::JsonMap};

use super::{
    error::{Errors, GraphQLError, PathItem},
    program::Scope,
    selection::{Compiler, DeferredSet, Field, Leaf, Output, Set, Taken, takes},
    tree::{Data, ObjectId, Tree},
};

const NO_TYPE: &str = "The object's type is not known here";

/// A small query may ask for an exponential answer: products of reviews of products.
const MAX_DATA: usize = 64 * 1024 * 1024;

/// Objects with deferred fragments that one payload may leave behind.
const MAX_PENDING: usize = 100_000;

/// Everything that a projection reads.
pub(crate) struct Source<'a> {
    pub(crate) compiler: Compiler<'a>,
    pub(crate) tree: &'a Tree,
    pub(crate) variables: &'a JsonMap,
    /// `__schema` and `__type` by response key.
    pub(crate) introspection: Option<&'a JsonMap>,
}

/// What is projected: an object, at its place in the response.
#[derive(Clone, Copy)]
pub(crate) struct View<'s, 'p> {
    pub(crate) set: &'s Set,
    pub(crate) object: ObjectId,
    pub(crate) path: &'p [Step<'s>],
    /// The payload that it belongs to.
    pub(crate) scope: Scope,
}

/// An object with a deferred fragment, in a payload that has been written.
#[derive(Debug)]
pub(crate) struct Pending<'s> {
    pub(crate) deferred: &'s DeferredSet,
    /// The set that defers it.
    pub(crate) around: &'s Set,
    pub(crate) object: ObjectId,
    pub(crate) path: Box<[Step<'s>]>,
    /// The payload that the object belongs to.
    pub(crate) parent: Scope,
}

impl<'s> Pending<'s> {
    /// What is deferred now that more may be known of the object's type; nothing, if no fragment is for such objects.
    pub(crate) fn now(&self, source: &Source<'_>) -> Option<&'s DeferredSet> {
        let type_name = source.tree.type_name(self.object);
        let (_, taken) = self.around.taken(&source.compiler, type_name)?;
        taken.deferred.iter().find(|deferred| {
            deferred.label == self.deferred.label && takes(source.variables, &deferred.conditions)
        })
    }
}

/// Writes a view as JSON, or null; adds the errors of completion, and what remains to be answered.
pub(crate) fn project<'s>(
    source: &Source<'_>,
    view: View<'s, '_>,
    errors: &mut Errors,
    out: &mut Vec<u8>,
    pending: &mut Vec<Pending<'s>>,
) {
    let (start, waiting) = (out.len(), pending.len());
    let mut projector = Projector {
        source,
        out,
        path: view.path.to_vec(),
        scope: view.scope,
        errors,
        pending,
        is_too_large: false,
    };
    let completed = projector.object(view.set, view.object);
    if completed != Completed::Value || projector.is_too_large {
        out.truncate(start);
        out.extend_from_slice(b"null");
        pending.truncate(waiting);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Completed {
    Value,
    /// Null, with nothing yet to say why.
    Null,
    /// Null, and it is known why.
    Failed,
}

/// A step to a place in the response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step<'s> {
    Key(&'s str),
    Index(usize),
}

impl From<&Step<'_>> for PathItem {
    fn from(step: &Step<'_>) -> Self {
        match step {
            Step::Key(key) => Self::Key((*key).into()),
            Step::Index(index) => Self::Index(*index),
        }
    }
}

struct Projector<'s, 'a> {
    source: &'a Source<'a>,
    out: &'a mut Vec<u8>,
    path: Vec<Step<'s>>,
    scope: Scope,
    errors: &'a mut Errors,
    pending: &'a mut Vec<Pending<'s>>,
    /// The response has outgrown its bound: there will be no data.
    is_too_large: bool,
}

impl<'s> Projector<'s, '_> {
    fn object(&mut self, set: &'s Set, object: ObjectId) -> Completed {
        let tree = self.source.tree;
        let is_full = self.out.len() > MAX_DATA || self.pending.len() > MAX_PENDING;
        if is_full && !std::mem::replace(&mut self.is_too_large, true) {
            let message = "The response is too large";
            self.errors
                .push(GraphQLError::coded("RESPONSE_TOO_LARGE", message));
        }
        if self.is_too_large {
            return Completed::Failed;
        }
        let Some((type_name, taken)) = set.taken(&self.source.compiler, tree.type_name(object))
        else {
            self.report(NO_TYPE);
            return Completed::Failed;
        };
        self.out.push(b'{');
        let start = self.out.len();
        let variables = self.source.variables;
        let completed = if taken.mentions.is_empty() {
            let mut fields = taken.fields.iter();
            fields.all(|field| {
                !takes(variables, &field.conditions) || self.field(start, type_name, field, object)
            })
        } else {
            let mut fields = taken.in_order(variables);
            fields.all(|field| self.field(start, type_name, field, object))
        };
        if !completed {
            return Completed::Failed;
        }
        self.out.push(b'}');
        self.put_off(set, taken, object);
        Completed::Value
    }

    /// Writes an entry of an object whose entries begin at `start`; false: the object is null.
    fn field(&mut self, start: usize, type_name: &str, field: &'s Field, object: ObjectId) -> bool {
        if self.out.len() > start {
            self.out.push(b',');
        }
        self.out.extend_from_slice(&field.prefix);
        self.path.push(Step::Key(&field.response_key));
        let completed = match &field.output {
            Output::Typename => {
                self.out.push(b'"');
                self.out.extend_from_slice(type_name.as_bytes());
                self.out.push(b'"');
                true
            }
            Output::Unknown => {
                self.report(NO_TYPE);
                false
            }
            Output::Introspection => self.introspection(field),
            _ => {
                let data = self.source.tree.get(object, field.key);
                self.complete(&field.ty, field, data.unwrap_or(Data::Null))
            }
        };
        self.path.pop();
        completed
    }

    /// Notes what is answered later about an object that is in the response.
    fn put_off(&mut self, around: &'s Set, taken: &'s Taken, object: ObjectId) {
        for deferred in &taken.deferred {
            if takes(self.source.variables, &deferred.conditions) {
                self.pending.push(Pending {
                    deferred,
                    around,
                    object,
                    path: self.path.as_slice().into(),
                    parent: self.scope,
                });
            }
        }
    }

    fn introspection(&mut self, field: &Field) -> bool {
        let value = self
            .source
            .introspection
            .and_then(|all| all.get(&*field.response_key));
        match value.and_then(|value| serde_json::to_vec(value).ok()) {
            Some(text) => self.out.extend_from_slice(&text),
            None => self.out.extend_from_slice(b"null"),
        }
        true
    }

    /// Writes a value of a type; false: null has to go to the parent.
    fn complete(&mut self, ty: &Type, field: &'s Field, data: Data) -> bool {
        let (start, waiting) = (self.out.len(), self.pending.len());
        let completed = match (ty, data) {
            (_, Data::Null) => Completed::Null,
            (Type::List(item) | Type::NonNullList(item), data) => self.list(item, field, data),
            (_, data) => self.named(field, data),
        };
        if completed == Completed::Value {
            return true;
        }
        self.out.truncate(start);
        self.pending.truncate(waiting);
        if !ty.is_non_null() {
            self.out.extend_from_slice(b"null");
            return true;
        }
        if completed == Completed::Null {
            self.report(&format!(
                "Cannot return null for non-nullable field {}",
                field.coordinate
            ));
        }
        false
    }

    fn named(&mut self, field: &'s Field, data: Data) -> Completed {
        match (&field.output, data) {
            (Output::Object(set), Data::Object(object)) => self.object(set, object),
            (Output::Leaf(leaf), Data::Leaf(span)) => {
                let text = self.source.tree.text(span);
                self.leaf(leaf, text, field)
            }
            _ => self.wrong(field),
        }
    }

    fn list(&mut self, item: &Type, field: &'s Field, data: Data) -> Completed {
        let tree = self.source.tree;
        match data {
            Data::List(list) => self.items(tree.items(list), |this, data| {
                this.complete(item, field, *data)
            }),
            Data::Leaf(span) => {
                let text = tree.text(span);
                self.leaf_list(item, field, text)
            }
            _ => self.wrong(field),
        }
    }

    /// A list of scalars is one piece of text in the tree; its items are looked at here, one by one.
    fn leaf_list(&mut self, item: &Type, field: &'s Field, text: &[u8]) -> Completed {
        match serde_json::from_slice::<Vec<&serde_json::value::RawValue>>(text) {
            Ok(items) => self.items(&items, |this, raw| {
                this.complete_text(item, field, raw.get().as_bytes())
            }),
            Err(_) => self.wrong(field),
        }
    }

    fn complete_text(&mut self, ty: &Type, field: &'s Field, text: &[u8]) -> bool {
        let start = self.out.len();
        let completed = match (ty, &field.output) {
            _ if text == b"null" => Completed::Null,
            (Type::List(item) | Type::NonNullList(item), _) => self.leaf_list(item, field, text),
            (_, Output::Leaf(leaf)) => self.leaf(leaf, text, field),
            _ => self.wrong(field),
        };
        if completed == Completed::Value {
            return true;
        }
        self.out.truncate(start);
        if !ty.is_non_null() {
            self.out.extend_from_slice(b"null");
            return true;
        }
        if completed == Completed::Null {
            self.report(&format!(
                "Cannot return null for non-nullable field {}",
                field.coordinate
            ));
        }
        false
    }

    fn items<T>(
        &mut self,
        items: &[T],
        mut complete: impl FnMut(&mut Self, &T) -> bool,
    ) -> Completed {
        self.out.push(b'[');
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.out.push(b',');
            }
            self.path.push(Step::Index(index));
            let completed = complete(self, item);
            self.path.pop();
            if !completed {
                return Completed::Failed;
            }
        }
        self.out.push(b']');
        Completed::Value
    }

    fn leaf(&mut self, leaf: &Leaf, text: &[u8], field: &Field) -> Completed {
        let is_string = text.first() == Some(&b'"');
        let is_number = text
            .first()
            .is_some_and(|first| first.is_ascii_digit() || *first == b'-');
        let fits = match leaf {
            Leaf::Custom => true,
            Leaf::Boolean => text == b"true" || text == b"false",
            Leaf::Float => is_number,
            Leaf::Int if is_number => return self.int(text, field),
            Leaf::Id
                if is_number && !text.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E')) =>
            {
                self.out.push(b'"');
                self.out.extend_from_slice(text);
                self.out.push(b'"');
                return Completed::Value;
            }
            Leaf::String | Leaf::Id => is_string,
            Leaf::Int => false,
            Leaf::Enum(values) => match serde_json::from_slice::<String>(text) {
                Ok(value) if values.hidden.contains(value.as_str()) => return Completed::Null,
                Ok(value) => values.known.contains(value.as_str()),
                Err(_) => false,
            },
        };
        if !fits {
            return self.wrong(field);
        }
        self.out.extend_from_slice(text);
        Completed::Value
    }

    /// GraphQL's Int has 32 bits, and may be written as `1.0` or `1e2` by a subgraph that has only one kind of number.
    fn int(&mut self, text: &[u8], field: &Field) -> Completed {
        let text = std::str::from_utf8(text).unwrap_or_default();
        let value = text.parse::<i32>().ok().or_else(|| {
            let value = text.parse::<f64>().ok()?;
            let fits = value.fract() == 0.0
                && value >= f64::from(i32::MIN)
                && value <= f64::from(i32::MAX);
            fits.then_some(value as i32)
        });
        match value {
            Some(value) => {
                self.out.extend_from_slice(value.to_string().as_bytes());
                Completed::Value
            }
            None => self.wrong(field),
        }
    }

    fn wrong(&mut self, field: &Field) -> Completed {
        self.report(&format!(
            "Invalid value found for field {}: expected {}",
            field.coordinate,
            field.ty.inner_named_type()
        ));
        Completed::Failed
    }

    /// Adds an error at the current path, unless there is one already that says why nothing is here.
    fn report(&mut self, message: &str) {
        let path: Vec<_> = self.path.iter().map(PathItem::from).collect();
        if !self.errors.explain(&path) {
            self.errors
                .push(GraphQLError::coded("RESPONSE_VALIDATION_FAILED", message).at(path));
        }
    }
}
