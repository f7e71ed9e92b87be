//! A person's own modules: `modules/*.toml` beside the scripts of the command line, and in the user's folder.

use std::path::{Path, PathBuf};

use super::arguments::Task;
use super::console::{Console, Exit};
use crate::catalogue::own;
use crate::source::{LARGEST_TEXT, leads_out_of_clone, read_file};
use crate::state;

/// Reads them and makes them known. What is wrong with one is said before anything else is done.
pub(crate) fn make_known(task: Option<&Task>, console: &Console) -> Result<(), Exit> {
    let (mut modules, mut texts) = (Vec::new(), Vec::new());
    let own = state::settings();
    let beside = beside(task);
    // Those beside the script come last and win.
    for (folder, file) in own.iter().chain(&beside).flat_map(|folder| files(folder).map(move |file| (folder, file))) {
        let name = file.display().to_string();
        if Some(folder) != own.as_ref() && leads_out_of_clone(&file, folder) {
            return Err(console.refuse(Exit::Usage, "hayes::cli module-link", &[&name]));
        }
        let text = read_file(&file, LARGEST_TEXT).map_err(|error| error.to_string());
        let read = |text: String| Ok((own::read(&name, &text).map_err(|why| format!("cannot be used: {why}"))?, text));
        let unfit = |why| console.refuse(Exit::Usage, "hayes::cli module-file", &[&name, &why]);
        let (module, text) = text.and_then(read).map_err(unfit)?;
        modules.push(module);
        texts.push(text);
    }
    own::install(modules, texts);
    Ok(())
}

/// The folders of the scripts that are run or checked; else the folder that one stands in.
fn beside(task: Option<&Task>) -> Vec<PathBuf> {
    // Without a task it is the interactive mode.
    let Some(task) = task else { return vec![PathBuf::new()] };
    let scripts = if let Task::Run(arguments) = task {
        arguments.scripts.as_slice()
    } else if let Task::Check(arguments) = task {
        arguments.scripts.as_slice()
    } else if let Task::Batch(arguments) = task {
        std::slice::from_ref(&arguments.script)
    } else if let Task::Fleet(arguments) = task {
        arguments.script().map(std::slice::from_ref).unwrap_or_default()
    } else {
        let is_asked = matches!(task, Task::Lsp { .. } | Task::Repl(_) | Task::At(_) | Task::Explain(_));
        return is_asked.then(PathBuf::new).into_iter().collect();
    };
    let mut folders: Vec<PathBuf> = scripts
        .iter()
        .filter(|script| script.ends_with(".hayes"))
        .filter_map(|script| Path::new(script).parent().map(Path::to_owned))
        .collect();
    // A script of the library stands nowhere: what counts is where the user is.
    if folders.is_empty() {
        folders.push(PathBuf::new());
    }
    folders.sort();
    folders.dedup();
    folders
}

/// By their names; a folder that is not there has none.
fn files(folder: &Path) -> std::vec::IntoIter<PathBuf> {
    let entries = std::fs::read_dir(folder.join("modules")).into_iter().flatten();
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    files.into_iter()
}
