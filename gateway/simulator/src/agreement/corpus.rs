//! The corpus: sets of subgraphs in `compositions/`, a file each.
//!
//! A file begins with what the case is about and what we make of it, `composes` or the codes; then each subgraph begins
//! with a line that names it. `(federation 2.3)` stands for the link to that version with all its directives imported.
//!
//! ```text
//! # A key names fields that are there.
//! # expect: KEY_INVALID_FIELDS
//!
//! # subgraph films (federation 2.3)
//! type Query { film: Film }
//! type Film @key(fields: "number") { id: ID! }
//! ```

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::compose::Source;

/// One set of subgraphs.
#[derive(Debug, Clone)]
pub struct Case {
    /// Its file's path in the corpus, without the ending.
    pub name: String,
    /// What we make of it: `composes`, or the codes in their order, blanks between.
    pub expect: String,
    /// Names and SDL.
    pub subgraphs: Vec<Source>,
}

/// The directives of federation 2, each with the minor version that brought it.
const DIRECTIVES: [(&str, u32); 18] = [
    ("key", 0),
    ("requires", 0),
    ("provides", 0),
    ("external", 0),
    ("shareable", 0),
    ("extends", 0),
    ("override", 0),
    ("inaccessible", 0),
    ("tag", 0),
    ("composeDirective", 1),
    ("interfaceObject", 3),
    ("authenticated", 5),
    ("requiresScopes", 5),
    ("policy", 6),
    ("context", 8),
    ("fromContext", 8),
    ("cost", 9),
    ("listSize", 9),
];

/// The link that a heading's version stands for.
pub fn link(minor: u32) -> String {
    let known = DIRECTIVES.iter().filter(|(_, since)| *since <= minor);
    let imports: Vec<_> = known.map(|(name, _)| format!("\"@{name}\"")).collect();
    format!(
        "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.{minor}\", import: [{}]) ",
        imports.join(", ")
    )
}

/// The folder of the corpus.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("compositions")
}

/// All cases, by name.
pub fn read() -> io::Result<Vec<Case>> {
    let mut cases = Vec::new();
    for theme in entries(&folder())? {
        if !theme.is_dir() {
            continue;
        }
        for file in entries(&theme)? {
            let name = format!("{}/{}", stem(&theme), stem(&file));
            let text = fs::read_to_string(&file)?;
            let case = parse(&name, &text).ok_or_else(|| {
                io::Error::other(format!("{name} has no `# expect:` or no `# subgraph`"))
            })?;
            cases.push(case);
        }
    }
    Ok(cases)
}

/// A folder's entries, sorted.
pub(crate) fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

pub(crate) fn stem(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn parse(name: &str, text: &str) -> Option<Case> {
    let mut case = Case {
        name: name.to_owned(),
        expect: String::new(),
        subgraphs: Vec::new(),
    };
    for line in text.lines() {
        if let Some(expect) = line.strip_prefix("# expect: ") {
            expect.clone_into(&mut case.expect);
        } else if let Some(heading) = line.strip_prefix("# subgraph ") {
            let (name, version) = heading.split_once(' ').unwrap_or((heading, ""));
            let minor = version
                .strip_prefix("(federation 2.")
                .and_then(|rest| rest.strip_suffix(')'));
            let start = match minor {
                Some(minor) => link(minor.parse().ok()?),
                None => String::new(),
            };
            case.subgraphs.push((name.to_owned(), start));
        } else if let Some((_, sdl)) = case.subgraphs.last_mut() {
            sdl.push_str(line);
            sdl.push('\n');
        }
    }
    let complete = !case.expect.is_empty() && !case.subgraphs.is_empty();
    complete.then_some(case)
}
