//! Settings that are not typed each time: `hayes.toml` of a project and of the user, with profiles. What a setting is,
//! and what a project may set, stands in one table. The command line and the environment beat the files; among them a
//! profile beats what stands above it, and the project the user.
//!
//! A project may come from anywhere, cloned by somebody who has not read it. So it makes a run more careful, and never
//! less; it names no place on the network, and neither files nor secrets.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::connect::Address;
use crate::diagnostic::{Complaint, Diagnostic, nearest};
use crate::source::{LARGEST_TEXT, Source, Span, leads_out_of_clone, read_file};
use crate::state;

/// The name of the files.
const FILE: &str = "hayes.toml";

/// An option of the command line that files and the environment may give too.
pub(crate) struct Setting {
    /// The option's long name, and the key
    pub(crate) key: &'static str,
    from_project: FromProject,
}

/// What a project's file may say of a setting.
#[derive(Clone, Copy, PartialEq, Eq)]
enum FromProject {
    Anything,
    /// `true`, which makes a run more careful
    True,
    /// A place on this machine, none on the network
    Here,
    /// A project may not set it; the text says why
    Nothing(&'static str),
}

const CAREFUL: FromProject = FromProject::Nothing("it would make a run less careful");
const PLACE: FromProject = FromProject::Nothing("it names a place outside of the project");

const fn setting(key: &'static str, from_project: FromProject) -> Setting {
    Setting { key, from_project }
}

pub(crate) const SETTINGS: [Setting; 24] = [
    setting("port", FromProject::Here),
    setting("baud", FromProject::Anything),
    setting("flow", FromProject::Anything),
    setting("wait", FromProject::Anything),
    setting("real", FromProject::True),
    setting("timeout", FromProject::Anything),
    setting("timeout-scale", FromProject::Anything),
    setting("plan", FromProject::True),
    setting("yes", CAREFUL),
    setting("outside", CAREFUL),
    setting("shareable", FromProject::True),
    setting("secrets-file", PLACE),
    setting("inventory", PLACE),
    setting("jobs", FromProject::Anything),
    setting("waves", FromProject::Anything),
    setting("max-fail", FromProject::Anything),
    setting("start-delay", FromProject::Anything),
    setting("modem-timeout", FromProject::Anything),
    setting("retries", FromProject::Anything),
    setting("keep", CAREFUL),
    setting("carrier", PLACE),
    setting("ca", PLACE),
    setting("state", PLACE),
    setting("color", FromProject::Anything),
];

/// The names of the profiles that the files of this folder have.
pub(crate) fn profiles(folder: &Path) -> Vec<String> {
    Configuration::read(folder, None, None).profiles
}

impl Setting {
    pub(crate) fn find(key: &str) -> Option<&'static Setting> {
        SETTINGS.iter().find(|setting| setting.key == key)
    }

    /// The variable of the environment.
    pub(crate) fn variable(&self) -> String {
        format!("HAYES_{}", self.key.to_ascii_uppercase().replace('-', "_"))
    }

    /// A file's name that stands in a file is meant from there.
    fn is_path(&self) -> bool {
        matches!(self.key, "secrets-file" | "inventory" | "ca" | "state")
    }
}

/// What files say of a setting, or of a script's parameter.
pub(crate) struct FromFile {
    pub(crate) values: Vec<String>,
    pub(crate) source: Arc<Source>,
    pub(crate) span: Span,
}

impl FromFile {
    /// `hayes.toml:3`
    pub(crate) fn origin(&self) -> String {
        format!("{}:{}", self.source.name, self.source.position(self.span.start as usize).line)
    }
}

/// What the files say, and what is wrong with them.
#[derive(Default)]
pub(crate) struct Configuration {
    pub(crate) settings: BTreeMap<&'static str, FromFile>,
    /// Of scripts' parameters
    pub(crate) vars: BTreeMap<String, FromFile>,
    /// The files that were read
    pub(crate) files: Vec<String>,
    profiles: Vec<String>,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// What has no place in a file
    pub(crate) complaints: Vec<Complaint>,
}

impl Configuration {
    /// That of this folder: the nearest file upward, over the user's; or the files that are named. With this profile.
    pub(crate) fn read(folder: &Path, profile: Option<&str>, named: Option<&[PathBuf]>) -> Configuration {
        let mut configuration = Configuration::default();
        let own = state::settings().map(|settings| settings.join(FILE));
        // What is there and is no file is told.
        let is_there = |file: &PathBuf| file.symlink_metadata().is_ok();
        let project = folder.ancestors().map(|folder| folder.join(FILE)).find(is_there);
        let project = project.filter(|file| Some(file) != own.as_ref());
        let own = own.filter(is_there);
        let files = own.map(|file| (file, false)).into_iter().chain(project.map(|file| (file, true)));
        let files: Vec<(PathBuf, bool)> = match named {
            Some(named) => named.iter().map(|file| (file.clone(), false)).collect(),
            None => files.collect(),
        };
        let mut sources = Vec::new();
        for (file, is_project) in files {
            if is_project && file.parent().is_some_and(|parent| leads_out_of_clone(&file, parent)) {
                let message = format!("{} is a link that leads out of its folder, and is not read", file.display());
                let help = "copy it there; where you trust it, --config reads it";
                configuration.complaints.push(Complaint::new(message).help(help));
                continue;
            }
            let Some(source) = configuration.source(&file, folder) else { continue };
            sources.push((source, file.parent().unwrap_or(folder).to_owned(), is_project));
        }
        let mut tables = Vec::new();
        for (source, folder, is_project) in &sources {
            let Some(table) = configuration.table(source) else { continue };
            tables.push((Reading { source, folder, is_project: *is_project }, table));
        }
        for (reading, table) in &tables {
            configuration.settings_of(reading, table.get_ref(), true);
        }
        let mut profiles = BTreeSet::new();
        for (reading, table) in &tables {
            let Some(all) = table.get_ref().get("profile").and_then(|all| all.get_ref().as_table()) else { continue };
            for (name, value) in all {
                let name: &str = name.get_ref();
                profiles.insert(name);
                // What is wrong with another profile is told too.
                let mut read = Configuration::default();
                match value.get_ref().as_table() {
                    Some(table) => read.settings_of(reading, table, false),
                    None => read.wrong(
                        reading,
                        span(value),
                        "a profile is a table",
                        "write [profile.NAME] above its settings",
                    ),
                }
                configuration.diagnostics.append(&mut read.diagnostics);
                if Some(name) == profile {
                    configuration.settings.append(&mut read.settings);
                    configuration.vars.append(&mut read.vars);
                }
            }
        }
        configuration.profiles = profiles.iter().map(|name| (*name).to_owned()).collect();
        if let Some(wanted) = profile.filter(|wanted| !profiles.contains(wanted)) {
            let near = nearest(wanted, profiles.iter().copied());
            let names = || profiles.iter().copied().collect::<Vec<_>>().join(", ");
            let help = match near {
                Some(near) => format!("did you mean {near}?"),
                None if profiles.is_empty() => format!("write [profile.{wanted}] into {FILE}"),
                None => format!("its profiles are: {}", names()),
            };
            configuration.complaints.push(Complaint::new(format!("there is no profile {wanted}")).help(help));
        }
        configuration
    }

    fn source(&mut self, file: &Path, folder: &Path) -> Option<Arc<Source>> {
        let name = file.strip_prefix(folder).unwrap_or(file).display().to_string();
        if file.symlink_metadata().is_err() {
            let none = Complaint::new(format!("there is no file {name}")).help("--config names one");
            self.complaints.push(none.near(file));
            return None;
        }
        if !state::is_ours(file) {
            let help = "copy it, or `chown` it, where you trust it";
            let message = format!("{name} is another user's file, and is not read");
            self.complaints.push(Complaint::new(message).help(help));
            return None;
        }
        match read_file(file, LARGEST_TEXT) {
            Ok(text) => {
                self.files.push(name.clone());
                Some(Source::new(name, text))
            }
            Err(error) => {
                self.complaints.push(Complaint::new(format!("{name} {error}")));
                None
            }
        }
    }

    fn table<'s>(&mut self, source: &'s Arc<Source>) -> Option<Spanned<DeTable<'s>>> {
        let (table, errors) = DeTable::parse_recoverable(&source.text);
        for error in &errors {
            let message = error.message().trim_end_matches('.').replace('\n', "; ");
            let span = source.place(error.span().unwrap_or_default());
            self.diagnostics.push(Diagnostic::new("hayes::config::toml", source, message).at(span, ""));
        }
        errors.is_empty().then_some(table)
    }

    /// What stands in a table: of the file itself, or of a profile.
    fn settings_of(&mut self, reading: &Reading<'_>, table: &DeTable<'_>, is_top: bool) {
        for (key, value) in table {
            let place = Span::new(key.span().start, key.span().end);
            match (Setting::find(key.get_ref()), &**key.get_ref()) {
                (Some(setting), _) => self.setting(reading, setting, value),
                (None, "vars") => self.vars(reading, value),
                (None, "profile") if is_top && value.get_ref().is_table() => {}
                (None, "profile") if is_top => {
                    self.wrong(reading, span(value), "a profile is a table", "write [profile.NAME] above its settings");
                }
                (None, unknown) => {
                    let known = SETTINGS.iter().map(|setting| setting.key);
                    let near = nearest(unknown, known.chain(["vars"]).chain(is_top.then_some("profile")));
                    let message = format!("`{unknown}` is no setting");
                    let diagnostic = Diagnostic::new("hayes::config::unknown-key", reading.source, message);
                    let help = match unknown {
                        "secrets" | "secret" => {
                            "secrets stand in no such file: HAYES_SECRET_NAME, or secrets-file in the user's"
                        }
                        _ => "`hayes config` lists what there is",
                    };
                    self.diagnostics.push(diagnostic.at(place, "").did_you_mean(near, help));
                }
            }
        }
    }

    fn setting(&mut self, reading: &Reading<'_>, setting: &'static Setting, value: &Value<'_>) {
        let place = span(value);
        let Some(values) = texts(value) else {
            let help = "write a text, a number, true or false, or a list of them";
            return self.wrong(reading, place, &format!("this is no value of `{}`", setting.key), help);
        };
        if reading.is_project
            && let Some(why) = refused(setting, &values)
        {
            let message = format!("`{}` is not taken from a project's file: {why}", setting.key);
            let diagnostic = Diagnostic::new("hayes::config::not-from-project", reading.source, message);
            let help =
                format!("give it as --{} or {}, or put it into the user's {FILE}", setting.key, setting.variable());
            return self.diagnostics.push(diagnostic.at(place, "").help(help));
        }
        let from_there = |value: String| match setting.is_path() {
            true => reading.folder.join(value).display().to_string(),
            false => value,
        };
        let values = values.into_iter().map(from_there).collect();
        let source = Arc::clone(reading.source);
        self.settings.insert(setting.key, FromFile { values, source, span: place });
    }

    fn vars(&mut self, reading: &Reading<'_>, value: &Value<'_>) {
        let Some(table) = value.get_ref().as_table() else {
            return self.wrong(reading, span(value), "`vars` is a table", "write [vars], and under it apn = \"super\"");
        };
        for (name, value) in table {
            match texts(value).as_deref() {
                Some([text]) => {
                    let from =
                        FromFile { values: vec![text.clone()], source: reading.source.clone(), span: span(value) };
                    self.vars.insert(name.get_ref().to_string(), from);
                }
                Some(_) | None => {
                    let help = "write a text or a number, as apn = \"super\"";
                    self.wrong(reading, span(value), &format!("this is no value of `{}`", name.get_ref()), help);
                }
            }
        }
    }

    fn wrong(&mut self, reading: &Reading<'_>, place: Span, message: &str, help: &str) {
        self.diagnostics
            .push(Diagnostic::new("hayes::config::value", reading.source, message).at(place, "").help(help));
    }
}

type Value<'f> = Spanned<DeValue<'f>>;

/// A file that is read.
struct Reading<'f> {
    source: &'f Arc<Source>,
    folder: &'f Path,
    is_project: bool,
}

fn span(value: &Value<'_>) -> Span {
    Span::new(value.span().start, value.span().end)
}

/// Why a project may not say this.
fn refused(setting: &Setting, values: &[String]) -> Option<&'static str> {
    let on_network = |value: &String| Address::parse(value).is_ok_and(|address| address.is_remote());
    match setting.from_project {
        FromProject::Anything => None,
        FromProject::True => values.iter().any(|value| value != "true").then_some("it would make a run less careful"),
        FromProject::Here => {
            values.iter().any(on_network).then_some("what is sent, secrets too, would leave this machine")
        }
        FromProject::Nothing(why) => Some(why),
    }
}

/// As it would stand on the command line. None for what does not stand there.
#[expect(clippy::wildcard_enum_match_arm, reason = "dates and tables are no values of settings")]
fn texts(value: &Value<'_>) -> Option<Vec<String>> {
    Some(match value.get_ref() {
        DeValue::String(text) => vec![text.to_string()],
        DeValue::Integer(number) => vec![i64::from_str_radix(number.as_str(), number.radix()).ok()?.to_string()],
        DeValue::Float(number) => vec![number.as_str().to_owned()],
        DeValue::Boolean(yes) => vec![yes.to_string()],
        DeValue::Array(values) => {
            let each: Option<Vec<Vec<String>>> = values.iter().map(texts).collect();
            each?.concat()
        }
        _ => return None,
    })
}
