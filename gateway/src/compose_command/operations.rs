//! Clients' operations, from a folder.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use apollo_compiler::{
    ExecutableDocument, Node, Schema,
    ast::{Definition, Document, FragmentDefinition, Selection},
    validation::Valid,
};

use super::{ComposeCommandError, read};

/// A file of operations, valid over the published schema.
pub(super) struct OperationFile {
    pub(super) path: PathBuf,
    /// With the fragments that it takes from other files.
    pub(super) text: String,
    pub(super) document: Valid<ExecutableDocument>,
}

/// All files with operations in a folder and in those below it, by path. A fragment may be used by any of them.
pub(super) fn load(
    folder: &Path,
    published: &Valid<Schema>,
) -> Result<Vec<OperationFile>, ComposeCommandError> {
    let mut paths = BTreeSet::new();
    find(folder, &mut paths)?;
    let mut files = Vec::new();
    for path in paths {
        let text = read(&path)?;
        let document = Document::parse(text.as_str(), &path).map_err(|error| {
            ComposeCommandError::Operation {
                path: path.clone(),
                errors: error.errors.to_string(),
            }
        })?;
        files.push((path, text, document));
    }
    let mut fragments = BTreeMap::new();
    for (_, _, document) in &files {
        for definition in &document.definitions {
            if let Definition::FragmentDefinition(fragment) = definition {
                fragments.entry(fragment.name.as_str()).or_insert(fragment);
            }
        }
    }
    let mut operations = Vec::new();
    for (path, text, document) in &files {
        let is_operation = |one: &Definition| matches!(one, Definition::OperationDefinition(_));
        if !document.definitions.iter().any(is_operation) {
            continue;
        }
        let mut text = text.clone();
        for name in missing(document, &fragments) {
            text.push('\n');
            text.push_str(&fragments[name].to_string());
        }
        let document = ExecutableDocument::parse_and_validate(published, text.as_str(), path)
            .map_err(|error| ComposeCommandError::Operation {
                path: path.clone(),
                errors: error.errors.to_string(),
            })?;
        operations.push(OperationFile {
            path: path.clone(),
            text,
            document,
        });
    }
    if operations.is_empty() {
        return Err(ComposeCommandError::NoOperations(folder.to_owned()));
    }
    Ok(operations)
}

fn find(folder: &Path, found: &mut BTreeSet<PathBuf>) -> Result<(), ComposeCommandError> {
    let unreadable = |source| ComposeCommandError::Unreadable {
        path: folder.to_owned(),
        source,
    };
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let path = entry.path();
        // Links are not followed: a circle of them would have no end.
        if entry.file_type().map_err(unreadable)?.is_dir() {
            find(&path, found)?;
        } else if path
            .extension()
            .is_some_and(|end| end == "graphql" || end == "gql")
        {
            found.insert(path);
        }
    }
    Ok(())
}

type Fragments<'a> = BTreeMap<&'a str, &'a Node<FragmentDefinition>>;

/// The fragments that a document uses, directly or through others, and that other files define.
fn missing<'a>(document: &'a Document, fragments: &Fragments<'a>) -> BTreeSet<&'a str> {
    let mut own = BTreeSet::new();
    let mut open = Vec::new();
    for definition in &document.definitions {
        match definition {
            Definition::OperationDefinition(operation) => {
                spreads(&operation.selection_set, &mut open);
            }
            Definition::FragmentDefinition(fragment) => {
                own.insert(fragment.name.as_str());
                spreads(&fragment.selection_set, &mut open);
            }
            _ => {}
        }
    }
    let mut missing = BTreeSet::new();
    while let Some(name) = open.pop() {
        let Some(fragment) = fragments.get(name) else {
            continue;
        };
        if !own.contains(name) && missing.insert(name) {
            spreads(&fragment.selection_set, &mut open);
        }
    }
    missing
}

fn spreads<'a>(selections: &'a [Selection], names: &mut Vec<&'a str>) {
    for selection in selections {
        match selection {
            Selection::Field(field) => spreads(&field.selection_set, names),
            Selection::InlineFragment(inline) => spreads(&inline.selection_set, names),
            Selection::FragmentSpread(spread) => names.push(spread.fragment_name.as_str()),
        }
    }
}
