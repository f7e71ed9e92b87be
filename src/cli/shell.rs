//! `hayes completions` and `hayes man`: what a shell and `man` need, made from the arguments' own definition.

use super::arguments::{Completions, Man, command};
use super::console::Console;
use super::exit::Exit;

pub(crate) fn completions(arguments: &Completions, console: &Console) -> Exit {
    let mut text = Vec::new();
    clap_complete::generate(arguments.shell, &mut command(), "hayes", &mut text);
    console.print(&String::from_utf8_lossy(&text))
}

pub(crate) fn man(arguments: &Man, console: &Console) -> Exit {
    let Some(folder) = &arguments.folder else {
        let mut text = Vec::new();
        return match clap_mangen::Man::new(command()).render(&mut text) {
            Ok(()) => console.print(&String::from_utf8_lossy(&text)),
            Err(error) => unwritten(console, &error.to_string()),
        };
    };
    match std::fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(command(), folder)) {
        Ok(()) => Exit::Passed,
        Err(error) => unwritten(console, &format!("{}: {error}", folder.display())),
    }
}

fn unwritten(console: &Console, why: &str) -> Exit {
    console.complain(&format!("the manual could not be written: {why}"), None);
    Exit::Unwritable
}
