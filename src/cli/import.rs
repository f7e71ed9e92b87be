//! Scripts that one begins with: `hayes import` makes one of another program's, `hayes copy` takes one of the library.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::Path;

use super::arguments::Import;
use super::console::{Console, Exit};
use super::scripts;
use crate::import::{self, Dialect};
use crate::library;
use crate::report::result::plural;

pub(crate) fn import(arguments: &Import, console: &Console) -> Result<Exit, Exit> {
    let source = scripts::read_file(&arguments.script, console)?;
    let dialect = arguments.from.unwrap_or_else(|| Dialect::of(&source.name, &source.text));
    let name = Path::new(&*source.name).file_name().unwrap_or_default().to_string_lossy();
    let imported = import::import(dialect, &name, &source.text);
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
        let near = library::meant(name).map(|near| format!("did you mean {near}?"));
        let help = near.as_deref().unwrap_or("`hayes list` names them");
        return console.refuse(Exit::Invalid, &format!("there is no script {name} in the library"), Some(help));
    };
    let own = format!("{}.hayes", script.name.rsplit('/').next().unwrap_or(script.name));
    let file = file.unwrap_or(Path::new(&own));
    let exit = write_new(file, script.text, console);
    if exit == Exit::Passed {
        console.say(&format!("{} is a copy of {}; `hayes run {0}` runs it\n", file.display(), script.name));
    }
    exit
}

fn write_new(file: &Path, text: &str, console: &Console) -> Exit {
    match File::create_new(file).and_then(|mut new| new.write_all(text.as_bytes())) {
        Ok(()) => Exit::Passed,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let message = format!("{} is there already", file.display());
            console.refuse(Exit::Unwritable, &message, Some("name another file: none is overwritten"))
        }
        Err(error) => console.refuse(Exit::Unwritable, &format!("{} cannot be written: {error}", file.display()), None),
    }
}
