//! The bootstrap planner, behind our own plan: the only file that names its types.
//!
//! hive-router-query-planner 2.10 is frozen. It lets the second of two mutation fields overtake the first's entity
//! fetches, cannot plan introspection, and panics on some input: [`crate::Planner`] calls it with one mutation field at a
//! time and without meta-fields, and a panic becomes an error here.

use std::{
    collections::HashMap,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

use hive_router_query_planner::{
    ast::{
        fragment::FragmentDefinition, normalization::normalize_operation,
        operation as hive_operation, selection_item::SelectionItem, selection_set::FieldSelection,
    },
    planner::{
        Planner,
        plan_nodes::{
            BatchFetchNode, ConditionNode, EntityBatchAlias, FetchNode, FetchNodePathSegment,
            FetchRewrite, FlattenNodePath, FlattenNodePathSegment, PlanNode,
        },
    },
    state::supergraph_state::OperationKind as HiveKind,
    utils::{
        cancellation::CancellationToken,
        parsing::{safe_parse_operation, safe_parse_schema},
    },
};

use crate::plan::{
    Conditions, Fetch, Field, Inline, Node, OperationKind, PathElement, Rewrite, RewriteElement,
    Selection, Variable,
};

pub(crate) struct Bridge {
    planner: Planner,
    budget: Duration,
}

impl fmt::Debug for Bridge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bridge").finish_non_exhaustive()
    }
}

impl Bridge {
    pub(crate) fn new(sdl: &str, budget: Duration) -> Result<Self, String> {
        let planner = guarded(|| {
            let schema = safe_parse_schema(sdl).map_err(|error| error.to_string())?;
            Planner::new_from_supergraph(
                &schema,
                hive_router_query_planner::planner::QueryPlannerOptions::default(),
            )
            .map_err(|error| error.to_string())
        })?;
        Ok(Self { planner, budget })
    }

    /// Plans a document with one operation. An operation that selects nothing has no node.
    #[expect(
        clippy::default_trait_access,
        reason = "the override context's module is private"
    )]
    pub(crate) fn plan(&self, document: &str) -> Result<Option<Node>, String> {
        guarded(|| {
            let parsed = safe_parse_operation(document).map_err(|error| error.to_string())?;
            let normalized = normalize_operation(&self.planner.supergraph, &parsed, None)
                .map_err(|error| error.to_string())?;
            let operation = normalized.executable_operation();
            if operation.selection_set.is_empty() {
                return Ok(None);
            }
            let plan = self
                .planner
                .plan_from_normalized_operation(
                    operation,
                    Default::default(),
                    &CancellationToken::with_timeout(self.budget),
                )
                .map_err(|error| error.to_string())?;
            plan.node.map(node).transpose()
        })
    }
}

/// Runs the planner so that its panics end as errors.
fn guarded<T>(run: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
        let message = panic
            .downcast_ref::<&str>()
            .map(ToString::to_string)
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "without a message".to_owned());
        Err(format!("the planner panicked: {message}"))
    })
}

fn node(value: PlanNode) -> Result<Node, String> {
    Ok(match value {
        PlanNode::Fetch(one) => Node::Fetch(Box::new(fetch(one)?)),
        PlanNode::BatchFetch(batch) => unbatch(&batch)?,
        PlanNode::Sequence(sequence) => Node::Sequence(nodes(sequence.nodes)?),
        PlanNode::Parallel(parallel) => Node::Parallel(nodes(parallel.nodes)?),
        PlanNode::Flatten(flatten) => Node::Flatten {
            path: path(&flatten.path),
            node: Box::new(node(*flatten.node)?),
        },
        PlanNode::Condition(ConditionNode {
            condition,
            if_clause,
            else_clause,
        }) => {
            let clause = |clause: Option<Box<PlanNode>>| {
                clause.map(|inner| node(*inner).map(Box::new)).transpose()
            };
            Node::Condition {
                variable: condition,
                if_clause: clause(if_clause)?,
                else_clause: clause(else_clause)?,
            }
        }
        PlanNode::Subscription(subscription) => Node::Subscription {
            primary: Box::new(fetch(subscription.primary)?),
            rest: None,
        },
        PlanNode::Defer(_) => {
            return Err(
                "the planner answered with a node that was not asked for: Defer".to_owned(),
            );
        }
    })
}

fn nodes(all: Vec<PlanNode>) -> Result<Vec<Node>, String> {
    all.into_iter().map(node).collect()
}

fn fetch(fetch: FetchNode) -> Result<Fetch, String> {
    let fragments = fragments(&fetch.operation.document.fragments);
    let operation = fetch.operation.document.operation;
    let requires = match &fetch.requires {
        Some(requires) => selections(&requires.items, &HashMap::new())?,
        None => Vec::new(),
    };
    let items = if requires.is_empty() {
        &operation.selection_set.items
    } else {
        &operation
            .selection_set
            .entities_field()
            .ok_or("an entity fetch without _entities")?
            .selections
            .items
    };
    let output_rewrites = rewrites(fetch.output_rewrites);
    if output_rewrites
        .iter()
        .any(|rewrite| matches!(rewrite, Rewrite::SetValue { .. }))
    {
        return Err("the planner asks for a value to be set in an answer".to_owned());
    }
    Ok(Fetch {
        id: None,
        contexts: Vec::new(),
        service: fetch.service_name,
        kind: match fetch.operation_kind {
            None | Some(HiveKind::Query) => OperationKind::Query,
            Some(HiveKind::Mutation) => OperationKind::Mutation,
            Some(HiveKind::Subscription) => OperationKind::Subscription,
        },
        variables: variables(operation.variable_definitions.as_deref(), |name| {
            name != "representations"
        }),
        requires,
        selections: selections(items, &fragments)?,
        input_rewrites: rewrites(fetch.input_rewrites),
        output_rewrites,
    })
}

/// Takes a batch apart: which fetches share a request is the executor's choice, and Apollo's plans have no such node.
fn unbatch(batch: &BatchFetchNode) -> Result<Node, String> {
    let document = &batch.operation.document;
    let fragments = fragments(&document.fragments);
    let mut nodes = Vec::new();
    for alias in &batch.entity_batch.aliases {
        let field = document
            .operation
            .selection_set
            .items
            .iter()
            .find_map(|item| match item {
                SelectionItem::Field(field) if field.selection_identifier() == alias.alias => {
                    Some(field)
                }
                _ => None,
            });
        let field = field.ok_or("a batch without one of its aliases")?;
        let used = field.variable_usages();
        let one = Fetch {
            id: None,
            contexts: Vec::new(),
            service: batch.service_name.clone(),
            kind: OperationKind::Query,
            variables: variables(document.operation.variable_definitions.as_deref(), |name| {
                name != alias.representations_variable_name && used.contains(name)
            }),
            requires: selections(&alias.requires.items, &HashMap::new())?,
            selections: selections(&field.selections.items, &fragments)?,
            input_rewrites: rewrites(alias.input_rewrites.clone()),
            output_rewrites: rewrites(alias.output_rewrites.clone()),
        };
        nodes.extend(flattened(alias, &one));
    }
    Ok(if nodes.len() == 1 {
        nodes.remove(0)
    } else {
        Node::Parallel(nodes)
    })
}

fn flattened<'a>(alias: &'a EntityBatchAlias, fetch: &'a Fetch) -> impl Iterator<Item = Node> + 'a {
    alias.merge_paths.iter().map(|merge_path| Node::Flatten {
        path: path(merge_path),
        node: Box::new(Node::Fetch(Box::new(fetch.clone()))),
    })
}

fn variables(
    definitions: Option<&[hive_operation::VariableDefinition]>,
    keep: impl Fn(&str) -> bool,
) -> Vec<Variable> {
    definitions
        .unwrap_or_default()
        .iter()
        .filter(|definition| keep(&definition.name))
        .map(|definition| Variable {
            name: definition.name.clone(),
            ty: definition.variable_type.to_string(),
            default: definition.default_value.as_ref().map(ToString::to_string),
        })
        .collect()
}

type Fragments<'a> = HashMap<&'a str, &'a FragmentDefinition>;

fn fragments(definitions: &[FragmentDefinition]) -> Fragments<'_> {
    definitions
        .iter()
        .map(|fragment| (fragment.name.as_str(), fragment))
        .collect()
}

fn selections(
    items: &[SelectionItem],
    fragments: &Fragments<'_>,
) -> Result<Vec<Selection>, String> {
    items
        .iter()
        .map(|item| {
            Ok(match item {
                SelectionItem::Field(one) => Selection::Field(field(one, fragments)?),
                SelectionItem::InlineFragment(inline) => Selection::Inline(Inline {
                    type_condition: inline.type_condition.clone(),
                    conditions: Conditions {
                        skip: inline.skip_if.clone(),
                        include: inline.include_if.clone(),
                    },
                    selections: selections(&inline.selections.items, fragments)?,
                }),
                SelectionItem::FragmentSpread(name) => {
                    let fragment = fragments
                        .get(name.as_str())
                        .ok_or("a spread of an unknown fragment")?;
                    Selection::Inline(Inline {
                        type_condition: fragment.type_condition.clone(),
                        conditions: Conditions::default(),
                        selections: selections(&fragment.selection_set.items, fragments)?,
                    })
                }
            })
        })
        .collect()
}

fn field(field: &FieldSelection, fragments: &Fragments<'_>) -> Result<Field, String> {
    let arguments = field.arguments.iter().flatten();
    Ok(Field {
        name: field.name.clone(),
        alias: field.alias.clone().filter(|alias| *alias != field.name),
        arguments: arguments
            .map(|(name, value)| (name.clone(), value.to_string()))
            .collect(),
        conditions: Conditions {
            skip: field.skip_if.clone(),
            include: field.include_if.clone(),
        },
        selections: selections(&field.selections.items, fragments)?,
    })
}

fn path(path: &FlattenNodePath) -> Vec<PathElement> {
    path.as_slice()
        .iter()
        .map(|segment| match segment {
            FlattenNodePathSegment::Field(key) => PathElement::Key(key.clone()),
            FlattenNodePathSegment::List => PathElement::List,
            FlattenNodePathSegment::TypeCondition(types) => {
                PathElement::Types(types.iter().cloned().collect())
            }
        })
        .collect()
}

fn rewrites(rewrites: Option<Vec<FetchRewrite>>) -> Vec<Rewrite> {
    let path = |segments: Vec<FetchNodePathSegment>| {
        segments
            .into_iter()
            .map(|segment| match segment {
                FetchNodePathSegment::Key(key) => RewriteElement::Key(key),
                FetchNodePathSegment::TypenameEquals(types) => {
                    RewriteElement::Types(types.into_iter().collect())
                }
            })
            .collect()
    };
    rewrites
        .unwrap_or_default()
        .into_iter()
        .map(|rewrite| match rewrite {
            FetchRewrite::ValueSetter(setter) => Rewrite::SetValue {
                path: path(setter.path),
                value: setter.set_value_to,
            },
            FetchRewrite::KeyRenamer(renamer) => Rewrite::RenameKey {
                path: path(renamer.path),
                key: renamer.rename_key_to,
            },
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::guarded;

    #[test]
    fn a_panic_is_an_error() {
        let error = guarded::<()>(|| panic!("at {}", "once")).expect_err("it panicked");
        assert_eq!(error, "the planner panicked: at once");
    }
}
