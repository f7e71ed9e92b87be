//! What one begins with: `hayes init` writes a project, `hayes new module` a module's file, `hayes import` makes a
//! script of another program's, `hayes copy` takes one of the library.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::arguments::{Import, NewModule};
use super::console::{self, Console, Exit, quoted};
use super::modem::{self, OpenModem};
use super::scripts;
use crate::diagnostic::Complaint;
use crate::import::{self, Dialect};
use crate::library;
use crate::notation::harmless;
use crate::report::result::plural;
use crate::runtime::{Mask, Status};
use crate::scaffold::{self, module};

/// `hayes init`: what is there already stays as it is.
pub(crate) fn init(folder: &Path, console: &Console) -> Exit {
    if folder.exists() && !folder.is_dir() {
        return console.refuse(Exit::Usage, "hayes::cli no-folder", &[&folder.display()]);
    }
    let mut made = Vec::new();
    for (name, text) in scaffold::PROJECT {
        let file = if folder == Path::new(".") { PathBuf::from(name) } else { folder.join(name) };
        // A link that leads nowhere is there too.
        if file.symlink_metadata().is_ok() {
            let there = if name == ".gitignore" { scripts::open_text(&file).ok() } else { None };
            let has = |line: &&str| there.as_ref().is_none_or(|there| there.lines().any(|it| it.trim() == *line));
            let lacks: Vec<&str> = text.lines().filter(|line| !line.starts_with('#') && !has(line)).collect();
            let lacks = if lacks.is_empty() { String::new() } else { format!("; it lacks {}", lacks.join(", ")) };
            console.say(&format!("{} is there already, and stays as it is{lacks}\n", file.display()));
            continue;
        }
        let exit = write_below(&file, text, console);
        if exit != Exit::Passed {
            return exit;
        }
        made.push(file.display().to_string());
    }
    if made.is_empty() || !folder.join("first.hayes").is_file() {
        made.iter().for_each(|file| console.say(&format!("made {file}\n")));
        return Exit::Passed;
    }
    let place =
        if folder == Path::new(".") { String::new() } else { format!("cd {} && ", quoted(&folder.to_string_lossy())) };
    let next = format!("try it: {place}hayes run first.hayes; then hayes batch first.hayes -i modems.toml");
    console.print(&format!("made {}\n{next}\n", made.join(", ")))
}

pub(crate) fn new_module(arguments: &NewModule, console: &Console) -> Result<Exit, Exit> {
    let port = modem::choose(&arguments.connection, console)?;
    let written = arguments.output.as_deref().map(|file| ("-o", file));
    modem::files_apart(std::iter::empty(), &port, &arguments.connection, written, console)?;
    let mut modem = OpenModem::open(&port, &arguments.connection, Mask::default(), console)
        .map_err(|(exit, error)| console.refuse_as(exit, &error))?;
    console.say("asking which commands it has; nothing is set\n");
    let mut file = arguments.output.clone();
    let tell = |step: module::InterviewStep<'_>| match step {
        module::InterviewStep::Asking(command) => console.at_work(&format!("asking {command} …")),
        module::InterviewStep::Silent(command) => console.say(&format!("{command} is not answered\n")),
    };
    let described = module::describe(&mut modem.conversation, &tell, |name| {
        !file.get_or_insert_with(|| format!("modules/{name}.toml").into()).exists()
    });
    console.at_work("");
    let file = file.unwrap_or_default();
    let given_up = if modem.cancel.is_cancelled() { modem.exit(Status::Interrupted) } else { Exit::Failed };
    let closed = modem.close(console);
    let described = described.map_err(|why| console.refuse_as(given_up, &Complaint::new(why)))?;
    let Some(module::ModuleDraft { text, asked, answered, known }) = described else {
        return Err(console.refuse(Exit::Unwritable, "hayes::cli file-there", &[&file.display()]));
    };
    let exit = write_below(&file, &text, console);
    if exit == Exit::Passed && file != Path::new(STDOUT) {
        console.say(&format!("{} is written: {answered} of {asked} questions were answered\n", file.display()));
        if let Some(known) = known {
            console.say(&format!(
                "Hayes knows this module already: `hayes explain {known}`; the file goes before what it knows\n"
            ));
        }
    }
    Ok(exit.worst(closed))
}

pub(crate) fn import(arguments: &Import, console: &Console) -> Result<Exit, Exit> {
    let source = scripts::read_file(&arguments.script, console)?;
    if arguments.from.is_none() && (source.name.ends_with(".hayes") || library::find(&source.name).is_some()) {
        return Err(console.refuse(Exit::Invalid, "hayes::cli import-own", &[&source.name]));
    }
    let dialect = arguments.from.or_else(|| Dialect::of(&source.name, &source.text)).ok_or_else(|| {
        let complaint = Complaint::told("hayes::cli import", &[&source.name]);
        let wvdial = "it is a configuration of wvdial: write its Init lines as commands, and its Phone as `ATD…`";
        let is_wvdial = Dialect::is_wvdial(&source.text);
        console.refuse_as(Exit::Invalid, &if is_wvdial { complaint.help(wvdial) } else { complaint })
    })?;
    let name = Path::new(&*source.name).file_name().unwrap_or_default().to_string_lossy();
    let mut imported = import::import(dialect, &name, &source.text);
    // What turns the direction of a text is an escape in a script too.
    imported.text = harmless(&imported.text).into_owned();
    let exit = match &arguments.output {
        Some(file) => write_new(file, &imported.text, console),
        None => console.print(&imported.text),
    };
    if exit == Exit::Passed && imported.unsaid > 0 {
        let lines = plural(imported.unsaid as u64, "line");
        console.say(&format!("{lines} could not be said in Hayes: look for `# not imported`\n"));
    }
    Ok(exit)
}

pub(crate) fn copy(name: &str, file: Option<&Path>, console: &Console) -> Exit {
    let Some(script) = library::find(name) else {
        let complaint = Complaint::told("hayes::cli copy", &[&name]).did_you_mean(library::meant(name));
        return console.refuse_as(Exit::Invalid, &complaint);
    };
    let own = format!("{}.hayes", script.name.rsplit('/').next().unwrap_or(script.name));
    // Who writes `> FILE` means that file.
    let usual = if console::output_is_file() { STDOUT } else { &own };
    let file = file.unwrap_or(Path::new(usual));
    let exit = write_new(file, script.text, console);
    if exit == Exit::Passed && file != Path::new(STDOUT) {
        console.say(&format!("{} is a copy of {}; `hayes run {0}` runs it\n", file.display(), script.name));
    }
    exit
}

/// What stands for standard output where a file is named.
const STDOUT: &str = "-";

/// Writes a file that was not there, or to standard output.
fn write_new(file: &Path, text: &str, console: &Console) -> Exit {
    if file == Path::new(STDOUT) {
        return console.print(text);
    }
    // What is not whole does not stay.
    let write = |mut new: File| new.write_all(text.as_bytes()).inspect_err(|_| _ = std::fs::remove_file(file));
    match File::create_new(file).and_then(write) {
        Ok(()) => Exit::Passed,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            console.refuse(Exit::Unwritable, "hayes::cli file-there", &[&file.display()])
        }
        Err(error) => console.refuse(Exit::Unwritable, "hayes::cli file", &[&file.display(), &error]),
    }
}

/// As [`write_new`]; makes the folder where it is not there.
fn write_below(file: &Path, text: &str, console: &Console) -> Exit {
    match file.parent().map_or(Ok(()), std::fs::create_dir_all) {
        Ok(()) => write_new(file, text, console),
        Err(error) => console.refuse(Exit::Unwritable, "hayes::cli file", &[&file.display(), &error]),
    }
}
