//! From a script's name on the command line to its source: a path, a library name, `-`.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use super::console::Console;
use super::exit::Exit;
use crate::library;
use crate::source::Source;

/// Reads a script, or says why it cannot be read.
pub(crate) fn read(name: &str, console: &Console) -> Result<Arc<Source>, Exit> {
    match library::find(name) {
        Some(entry) if name != "-" && !Path::new(name).exists() => Ok(entry.source()),
        _ => read_file(name, console),
    }
}

/// Reads a file or standard input, never the library: for what writes the text back.
pub(crate) fn read_file(name: &str, console: &Console) -> Result<Arc<Source>, Exit> {
    if name == "-" {
        return match read_all(std::io::stdin().lock()) {
            Ok(bytes) => text("<stdin>", bytes, console),
            Err(error) => Err(refuse(console, &format!("standard input cannot be read: {error}"), None)),
        };
    }
    match std::fs::File::open(name).and_then(read_all) {
        Ok(bytes) => text(name, bytes, console),
        Err(error) => Err(unreadable(name, &error, console)),
    }
}

/// No script is as large as this; a device or a pipe may go on for ever.
const LARGEST: usize = 16 << 20;

/// All there is, as far as a script may go and a byte more.
fn read_all(reader: impl Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(LARGEST as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn text(name: &str, bytes: Vec<u8>, console: &Console) -> Result<Arc<Source>, Exit> {
    if bytes.len() > LARGEST {
        return Err(refuse(console, &format!("{name} is larger than 16 MiB: that is no script"), None));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Source::new(name, text)),
        Err(error) => {
            let line =
                1 + error.as_bytes().iter().take(error.utf8_error().valid_up_to()).filter(|b| **b == b'\n').count();
            let message = format!("{name} is no text: line {line} holds bytes that are not UTF-8");
            Err(refuse(console, &message, Some("save it as UTF-8")))
        }
    }
}

fn unreadable(name: &str, error: &std::io::Error, console: &Console) -> Exit {
    let near = library::nearest(name);
    let message = match error.kind() {
        std::io::ErrorKind::NotFound => format!("there is no script {name}, neither a file nor in the library"),
        std::io::ErrorKind::IsADirectory => format!("{name} is a folder, not a script"),
        _ => format!("{name} cannot be read: {error}"),
    };
    let help = match near.first() {
        Some(near) => format!("did you mean {near}?"),
        None => "`hayes list` names the scripts of the library".to_owned(),
    };
    refuse(console, &message, Some(&help))
}

fn refuse(console: &Console, message: &str, help: Option<&str>) -> Exit {
    console.complain(message, help);
    Exit::Invalid
}
