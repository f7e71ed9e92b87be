//! Places that belong together: where a name gets its value, wherever it stands, the scripts that `run` names.

use std::collections::{HashMap, HashSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lsp_types as lsp;

use super::mentions::{Mention, Mentions, Owner};
use super::{Document, Workspace, range, uri_of};
use crate::check::Scripts;
use crate::library;
use crate::source::{LARGEST_TEXT, Source, Span, read_file};
use crate::state;
use crate::syntax::{self, GIVEN_NAMES, ast::Script};

/// So many scripts of the editor's folder are looked through for references.
const MOST_SCRIPTS: usize = 2000;

/// So many files and folders are looked at to find them.
const MOST_ENTRIES: usize = 50_000;

/// What is at a place: a name of a script, or a script.
enum Target {
    Name { script: Arc<Source>, name: String },
    Script(Arc<Source>),
}

pub(super) fn definition(
    workspace: &Workspace,
    asked: &lsp::GotoDefinitionParams,
) -> Option<lsp::GotoDefinitionResponse> {
    let (document, offset) = workspace.place(&asked.text_document_position_params)?;
    let at = u32::try_from(offset).ok()?;
    let locations = match target(workspace, document, at)? {
        Target::Script(script) => vec![location(&script, Span::new(0, 0))?],
        Target::Name { script, name } => {
            let is_here = Arc::ptr_eq(&script, &document.source);
            let other = if is_here { Mentions::default() } else { mentions_of(&script) };
            let mentions = if is_here { document.mentions() } else { &other };
            let bound: Vec<&Mention> = mentions.bound(&name).collect();
            // The last one above it; in a loop it may stand below.
            let above = bound.iter().rev().find(|mention| is_here && mention.span.start <= at);
            vec![location(&script, above.or(bound.first())?.span)?]
        }
    };
    Some(lsp::GotoDefinitionResponse::Array(locations))
}

pub(super) fn references(workspace: &Workspace, asked: &lsp::ReferenceParams) -> Option<Vec<lsp::Location>> {
    let (document, offset) = workspace.place(&asked.text_document_position)?;
    let target = target(workspace, document, u32::try_from(offset).ok()?)?;
    let with_declaration = asked.context.include_declaration;
    let places = mentions_everywhere(workspace, &target).into_iter().flat_map(|(script, mentions)| {
        let wanted = mentions
            .into_iter()
            .filter(|mention| with_declaration || !matches!(mention.of, Owner::Bound { .. }))
            .filter_map(|mention| location(&script, mention.span));
        wanted.collect::<Vec<_>>()
    });
    Some(places.collect())
}

/// The name at a place that may have another name.
pub(super) fn may_rename(
    workspace: &Workspace,
    asked: &lsp::TextDocumentPositionParams,
) -> Result<Option<lsp::PrepareRenameResponse>, String> {
    let Some((document, offset)) = workspace.place(asked) else { return Ok(None) };
    let at = u32::try_from(offset).unwrap_or(u32::MAX);
    let Some(mention) = document.mentions().at(at) else { return Ok(None) };
    let placeholder = mention.name.clone();
    renamed(workspace, document, at)?;
    let range = document.range(mention.span);
    Ok(Some(lsp::PrepareRenameResponse::RangeWithPlaceholder { range, placeholder }))
}

pub(super) fn rename(workspace: &Workspace, asked: &lsp::RenameParams) -> Result<Option<lsp::WorkspaceEdit>, String> {
    let Some((document, offset)) = workspace.place(&asked.text_document_position) else { return Ok(None) };
    let target = renamed(workspace, document, u32::try_from(offset).unwrap_or(u32::MAX))?;
    let new = asked.new_name.as_str();
    let means_something = || syntax::topic(new).is_some() || GIVEN_NAMES.iter().any(|(given, ..)| *given == new);
    if !syntax::is_name(new) || new == "_" || means_something() {
        return Err(format!("`{new}` is no name: letters, digits and `_`, and no word of the language"));
    }
    #[expect(clippy::mutable_key_type, reason = "the protocol's own type of an edit; a URI does not change here")]
    let mut changes: HashMap<lsp::Uri, Vec<lsp::TextEdit>> = HashMap::new();
    for (script, mentions) in mentions_everywhere(workspace, &target) {
        if mentions_of(&script).own(new).next().is_some() && mentions.iter().any(|it| is_own(&it.of)) {
            return Err(format!("there is a `{new}` in {} already", script.name));
        }
        let edits = mentions.into_iter().map(|mention| {
            // A column keeps its name.
            let text = mention.column.map_or_else(
                || new.to_owned(),
                |value| {
                    let record = script.slice(Span { end: mention.span.start, ..value });
                    format!("{} = {record}{new}", mention.name)
                },
            );
            lsp::TextEdit::new(range(&script, mention.column.unwrap_or(mention.span)), text)
        });
        let uri = uri_of(Path::new(&script.name)).or_else(|| script.name.parse().ok());
        let uri = workspace.open.get(&script.name).map(|open| open.uri.clone()).or(uri);
        changes.entry(uri.ok_or("this script has no address")?).or_default().extend(edits);
    }
    Ok(Some(lsp::WorkspaceEdit::new(changes)))
}

/// The name at a place, if it is one that the user may change.
fn renamed(workspace: &Workspace, document: &Document, at: u32) -> Result<Target, String> {
    let target = target(workspace, document, at);
    let Some(Target::Name { script, name }) = target else { return Err("here stands no name".to_owned()) };
    if library::find(&script.name).is_some()
        || copies().is_some_and(|folder| Path::new(&script.name).starts_with(folder))
    {
        return Err(format!("`{name}` is a name of {}, which comes with Hayes", script.name));
    }
    if mentions_of(&script).bound(&name).next().is_none() {
        return Err(format!("`{name}` gets no value in this script"));
    }
    Ok(Target::Name { script, name })
}

fn target(workspace: &Workspace, document: &Document, at: u32) -> Option<Target> {
    let mentions = document.mentions();
    let find = |name: &str| workspace.scripts().find(name, &document.source).ok();
    if let Some(run) = mentions.run_at(at) {
        return find(&run.value).map(Target::Script);
    }
    let Mention { name, of, .. } = mentions.at(at)?;
    let name = name.clone();
    match of {
        Owner::Bound { .. } | Owner::Used => Some(Target::Name { script: Arc::clone(&document.source), name }),
        Owner::Other { script } => Some(Target::Name { script: find(script)?, name }),
        Owner::Field { .. } => None,
    }
}

/// Where a name or a script is spoken of, in all scripts of the editor's folder.
fn mentions_everywhere(workspace: &Workspace, target: &Target) -> Vec<(Arc<Source>, Vec<Mention>)> {
    let (Target::Name { script: wanted, .. } | Target::Script(wanted)) = target;
    let is_wanted = |name: &str, from: &Source| {
        workspace.scripts().find(name, from).is_ok_and(|found| is_same(&found.name, &wanted.name))
    };
    let mut everywhere = Vec::new();
    // Of many scripts few speak of it; those alone are parsed.
    let word = if let Target::Name { name, .. } = target { name.as_str() } else { "run" };
    for script in all_scripts(workspace, wanted).into_iter().filter(|script| script.text.contains(word)) {
        let mentions = mentions_of(&script);
        let found: Vec<Mention> = match target {
            Target::Script(_) => {
                let runs = mentions.runs.iter().filter(|run| is_wanted(&run.value, &script));
                let mention = |run: &crate::source::Name| Mention {
                    name: run.value.clone(),
                    span: run.span,
                    of: Owner::Used,
                    column: None,
                };
                runs.map(mention).collect()
            }
            Target::Name { name, .. } => {
                let is_here = is_same(&script.name, &wanted.name);
                let fits = |mention: &&Mention| match &mention.of {
                    Owner::Bound { .. } | Owner::Used => is_here,
                    Owner::Other { script: other } => is_wanted(other, &script),
                    Owner::Field { .. } => false,
                };
                mentions.names.iter().filter(|mention| mention.name == *name).filter(fits).cloned().collect()
            }
        };
        if !found.is_empty() {
            everywhere.push((script, found));
        }
    }
    everywhere
}

fn mentions_of(script: &Arc<Source>) -> Mentions {
    let (tree, _): (Script, _) = syntax::parse(script);
    Mentions::of(&tree)
}

/// The scripts that are open, those of the editor's folder, and this one.
fn all_scripts(workspace: &Workspace, wanted: &Arc<Source>) -> Vec<Arc<Source>> {
    let mut scripts: Vec<Arc<Source>> = workspace.open.values().map(|open| Arc::clone(&open.source)).collect();
    let real = |name: &Path| name.canonicalize().unwrap_or_else(|_| name.to_owned());
    let mut known: HashSet<PathBuf> = scripts.iter().map(|script| real(Path::new(&script.name))).collect();
    for file in workspace.root.iter().flat_map(|root| files(root)) {
        if known.insert(real(&file))
            && let Ok(text) = read_file(&file, LARGEST_TEXT)
        {
            scripts.push(Source::new(file.display().to_string(), text));
        }
    }
    if known.insert(real(Path::new(&wanted.name))) {
        scripts.push(Arc::clone(wanted));
    }
    scripts
}

fn is_own(owner: &Owner) -> bool {
    matches!(owner, Owner::Bound { .. } | Owner::Used)
}

/// Whether two names are of one file, by whatever way.
fn is_same(one: &str, other: &str) -> bool {
    let real = |name: &str| Path::new(name).canonicalize().ok();
    one == other || real(one).is_some_and(|real_one| real(other) == Some(real_one))
}

/// A place in a script. One of the library is written where an editor can open it.
pub(super) fn location(script: &Source, span: Span) -> Option<lsp::Location> {
    let uri = match library::find(&script.name).filter(|_| script.is_carried) {
        Some(entry) => uri_of(&written(entry)?)?,
        None if Path::new(&script.name).is_absolute() => uri_of(Path::new(&script.name))?,
        None => script.name.parse().ok()?,
    };
    Some(lsp::Location::new(uri, range(script, span)))
}

/// The script as a file in the user's state folder.
fn written(entry: &library::LibraryScript) -> Option<PathBuf> {
    let file = copies()?.join(format!("{}.hayes", entry.name));
    let is_there = || read_file(&file, LARGEST_TEXT).is_ok_and(|text| text == entry.text);
    if !is_there() {
        state::private_folder(file.parent()?).ok()?;
        let _ = std::fs::remove_file(&file);
        state::private_file(&file).and_then(|mut file| file.write_all(entry.text.as_bytes())).ok()?;
        // What is changed there would not be run.
        let mut rights = file.metadata().ok()?.permissions();
        rights.set_readonly(true);
        std::fs::set_permissions(&file, rights).ok()?;
    }
    Some(file)
}

/// Where the library's scripts are written, to be looked at.
fn copies() -> Option<PathBuf> {
    Some(state::folder()?.join("library"))
}

/// The scripts in a folder and those below it. What begins with a dot, and what is built, holds none.
fn files(root: &Path) -> Vec<PathBuf> {
    let (mut found, mut folders, mut seen) = (Vec::new(), vec![root.to_owned()], 0);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            seen += 1;
            if seen > MOST_ENTRIES || found.len() >= MOST_SCRIPTS {
                return found;
            }
            let (path, name) = (entry.path(), entry.file_name());
            let name = name.to_string_lossy();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && !name.starts_with('.') && name != "target" && name != "node_modules" => {
                    folders.push(path);
                }
                Ok(kind) if kind.is_file() && name.ends_with(".hayes") => found.push(path),
                Ok(_) | Err(_) => {}
            }
        }
    }
    found.sort_unstable();
    found
}
