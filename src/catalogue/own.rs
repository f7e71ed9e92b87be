//! A person's own modules: files in the form of `data/modules/`, read when the program starts. They are looked at
//! before the modules that Hayes knows, so that one of the same name takes its place.

use std::sync::OnceLock;

use toml::{Table, Value};

use super::command::only_asks;
use super::entry::{INHERITED, Module, take_from};
use super::lookup::{command_of, known};
use crate::at::command::{Command, parse};

const TECHNOLOGIES: [&str; 6] = ["GSM", "UMTS", "LTE", "LTE-M", "NB-IoT", "NR"];

/// What a person's file takes as well from the one that it is `like`. Each of ours says these of itself.
const MORE: &str = "technologies quirks supersim boot-urcs boot-seconds scan-abortable act-8-is-lte-m without-final";

/// With what their files say
static OWN: OnceLock<(Vec<Module>, Vec<String>)> = OnceLock::new();

/// Reads a file of this name; the error says what is wrong with it, in one paragraph.
pub fn read(file: &str, text: &str) -> Result<Module, String> {
    let in_words = |error: toml::de::Error| error.to_string().trim_end().replace("a borrowed string", "a text");
    // A text with escapes is right, but none that an entry could borrow: it is written anew below.
    if let Err(error) = toml::from_str::<Module>(leak(text.to_owned()))
        && !(error.message().starts_with("invalid type: string") && error.message().contains("a borrowed string"))
    {
        return Err(in_words(error));
    }
    let mut table: Table = text.parse().map_err(in_words)?;
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file).replace(".toml", "");
    let text_of = |table: &Table, key: &str| table.get(key).and_then(Value::as_str).map(str::to_owned);
    let module =
        |like: String| known(&like).ok_or_else(|| format!("`like` names `{like}`, and Hayes knows no such module"));
    let like = text_of(&table, "like").map(module).transpose()?;
    let needed: &[&str] = if like.is_some() { &["vendor"] } else { &["vendor", "iccid", "reboot"] };
    if let Some(missing) = needed.iter().find(|needed| text_of(&table, needed).is_none()) {
        return Err(format!("`{missing}` is missing"));
    }
    let (vendor, id) = (text_of(&table, "vendor").unwrap_or_default(), text_of(&table, "id").unwrap_or(name));
    let source = Value::Array(vec![file.into()]);
    for (key, value) in [
        ("family", id.clone().into()),
        ("id", id.into()),
        ("manufacturer", vendor.into()),
        ("source", source),
        ("status", "unconfirmed".into()),
    ] {
        table.entry(key).or_insert(value);
    }
    if let Some(like) = like {
        let other = Table::try_from(like).map_err(|error| error.to_string())?;
        take_from(&mut table, &other, &format!("{INHERITED} {MORE}"));
    }
    let written = toml::to_string(&table).map_err(|error| error.to_string())?;
    let module: Module = toml::from_str(leak(written)).map_err(in_words)?;
    if module.models.iter().all(|model| model.is_empty()) {
        return Err("`models` names no model: write it as AT+CGMM answers it, `models = [\"BG95*\"]`".to_owned());
    }
    for setting in module.settings() {
        let (what, commands) = (setting.what, [("read", setting.read), ("set", setting.set)]);
        if let Some((field, _)) = commands.iter().find(|(_, command)| command.is_empty()) {
            return Err(format!("a setting has no `{field}`, the command that {field}s it (what = \"{what}\")"));
        }
    }
    let looks = module.settings().map(|setting| setting.read).chain([module.iccid]);
    let changes = |asked: &Command<'_>| command_of(asked).is_some() && !only_asks(asked);
    if let Some(read) = looks.into_iter().find(|read| parse(read).is_some_and(|line| line.commands.iter().any(changes)))
    {
        return Err(format!("`{read}` changes something: to look, a command is sent that only asks, as `AT+CPSMS?`"));
    }
    if let Some(other) = module.technologies.iter().find(|technology| !TECHNOLOGIES.contains(technology)) {
        return Err(format!("`technologies` are of {}: `{other}` is none", TECHNOLOGIES.join(", ")));
    }
    let not_whole = |line: &&str| !line.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("AT"));
    if let Some(command) = module.command_lines().find(not_whole) {
        return Err(format!("`{command}` is no command: it is written whole, `AT+CEREG`"));
    }
    if module.registration.is_empty() {
        return Err("`registration` names no command: `registration = [\"AT+CEREG\"]`".to_owned());
    }
    if module.boot_seconds.is_some_and(|seconds| !(0.0..=600.0).contains(&seconds)) {
        return Err("`boot-seconds` is a number of seconds up to 600".to_owned());
    }
    Ok(module)
}

/// Makes them known, once in a program's life and before anything is looked up.
pub fn install(modules: Vec<Module>, texts: Vec<String>) {
    let _ = OWN.set((modules, texts));
}

/// By which it shows that they are as they were in another run
pub fn texts<'t>() -> impl Iterator<Item = &'t str> {
    OWN.get().into_iter().flat_map(|(_, texts)| texts).map(String::as_str)
}

pub(super) fn own() -> &'static [Module] {
    OWN.get().map_or(&[], |(modules, _)| modules)
}

/// A file is read once, and what is known of its module lives as long as the program.
fn leak(text: String) -> &'static str {
    text.leak()
}
