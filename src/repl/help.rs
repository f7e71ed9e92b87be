//! `:help`: what there is, and a page for each statement, command and key.

use super::commands::COMMANDS;
use crate::catalogue::explain::{Context, explain};
use crate::report::style::{Palette, Style, filled, harmless};
use crate::syntax::statements;

/// What a newcomer reads first; nothing else is said until it is asked for.
pub(super) fn greeting(port: Option<&str>, palette: Palette) -> String {
    let first = match port {
        Some(port) => {
            let port = palette.paint(Style::Name, port);
            format!("This is {port}. Type an AT command, as AT+CSQ, or a line of a script.")
        }
        None => "No port is open: :open PORT opens one, :open tries again, :ports lists them.".to_owned(),
    };
    format!(
        "{first}\n\
         Tab completes and explains, Ctrl-R searches what you typed before.\n\
         Ctrl-C interrupts the modem, Ctrl-D leaves; :help tells the rest.\n"
    )
}

/// `None`: there is nothing under that name.
pub(super) fn topic(topic: &str, palette: Palette) -> Option<String> {
    let name = topic.trim_start_matches(':');
    if topic.is_empty() {
        return Some(overview(palette));
    }
    if name == "keys" {
        return Some(KEYS.to_owned());
    }
    if let Some(entry) =
        COMMANDS.iter().find(|entry| entry.name == name && (topic.starts_with(':') || name != "timeout"))
    {
        return Some(format!(":{} {}\n  {}\n", entry.name, entry.takes, entry.does));
    }
    if let Some((_, form)) = statements().find(|(word, _)| *word == name) {
        return Some(format!("{form}\n"));
    }
    let explained = explain(topic, &Context::default());
    explained.is_known().then(|| explained.to_string().lines().map(|line| harmless(line.as_bytes()) + "\n").collect())
}

fn overview(palette: Palette) -> String {
    let mut text = String::new();
    for entry in COMMANDS {
        let form = format!(":{} {}", entry.name, entry.takes);
        text.push_str(&format!("  {}  {}\n", palette.paint(Style::Name, format!("{form:<20}")), entry.does));
    }
    let words: Vec<&str> = statements().map(|(word, _)| word).collect();
    text.push_str("statements (:help WORD shows one):\n");
    text.push_str(&format!("{}\n", filled(&format!("  {}", words.join(" ")), 80, "  ")));
    text
}

const KEYS: &str = "\
  Tab               complete, or list what may stand there
  Right, End        take the grey completion
  Up, Down          what was typed before; Ctrl-R searches it
  Ctrl-C            drop the line; interrupt the modem by the AT rules
  Ctrl-D            leave
  Ctrl-A, Ctrl-E    to the line's start, to its end
  Ctrl-W, Ctrl-U    delete a word, the line
  Ctrl-L            clear the screen
";
