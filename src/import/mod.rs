//! Scripts of other programs → a Hayes script: chat, comgt, minicom's runscript, Tera Term's macros.
//!
//! A reader for each program ([`chat`], [`comgt`], [`runscript`], [`ttl`]) turns its text into [`Deed`]s. [`flow`]
//! follows its jumps: what only leads to a failure needs no word in Hayes. [`writing`] puts the rest down. What cannot
//! be said stands as a comment at its place.

mod chat;
mod comgt;
mod flow;
mod runscript;
mod ttl;
mod writing;

use std::collections::BTreeSet;
use std::time::Duration;

/// Whose script it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Dialect {
    Chat,
    Comgt,
    /// The script language of minicom
    Runscript,
    /// A macro of Tera Term
    Ttl,
}

impl Dialect {
    /// By the file's ending, and by words that only one of them has; none of a text that is no such script.
    pub fn of(name: &str, text: &str) -> Option<Dialect> {
        let has = |words: &[&str]| {
            let first = |line: &str| line.split_whitespace().next().map(str::to_ascii_lowercase);
            text.lines().filter_map(first).any(|first| words.contains(&first.as_str()))
        };
        let is_chat = |word: &str| {
            let word = word.trim_matches(['\'', '"']).to_ascii_uppercase();
            word.is_empty() || word.starts_with("AT") || ["OK", "ABORT", "CONNECT", "TIMEOUT", "ECHO"].contains(&&*word)
        };
        let dialect =
            if name.to_ascii_lowercase().ends_with(".ttl") || has(&["sendln", "mpause", "messagebox", "endif"]) {
                Dialect::Ttl
            } else if has(&["opengt", "waitfor", "waitquiet"]) {
                Dialect::Comgt
            } else if has(&["expect", "expect{", "send", "goto"]) {
                Dialect::Runscript
            } else {
                let named = name.to_ascii_lowercase().ends_with(".chat");
                return (named || text.split_whitespace().any(is_chat)).then_some(Dialect::Chat);
            };
        Some(dialect)
    }

    fn name(self) -> &'static str {
        match self {
            Dialect::Chat => "chat",
            Dialect::Comgt => "comgt",
            Dialect::Runscript => "runscript",
            Dialect::Ttl => "Tera Term",
        }
    }
}

/// A Hayes script, and how many lines of the other one could not be said in it.
pub struct Imported {
    pub text: String,
    pub unsaid: usize,
}

/// What this script does, as a Hayes script.
pub fn import(dialect: Dialect, name: &str, text: &str) -> Imported {
    let mut told = Told::default();
    match dialect {
        Dialect::Chat => chat::read(text, &mut told),
        Dialect::Comgt => comgt::read(text, &mut told),
        Dialect::Runscript => runscript::read(text, &mut told),
        Dialect::Ttl => ttl::read(text, &mut told),
    }
    told.deeds = flow::followed(told.deeds);
    writing::script(&format!("From {name}, a script of {}.", dialect.name()), &told)
}

/// What a script of another program does.
#[derive(Default)]
struct Told {
    deeds: Vec<Deed>,
    /// Values that come from outside
    params: BTreeSet<String>,
    /// Those of them that are masked
    secrets: BTreeSet<String>,
}

/// One step. Texts have `${name}` where a value stands, and `$${` for a `${` of their own.
#[derive(Debug, Clone)]
enum Deed {
    /// A line is sent
    Send(String),
    /// Bytes are sent, and no line end
    Bare(String),
    Wait(Wait),
    /// The next line of the answer gets a name
    Capture(String),
    Sleep(Duration),
    /// From here on an answer may take that long
    Timeout(Duration),
    Abort(String),
    Log(String),
    Set(String, String),
    /// A line that is the same in Hayes
    Line(String),
    Label(String),
    Go(String),
    Exit {
        passed: bool,
    },
    Comment(String),
    /// It is done only where a jump leads that Hayes has no word for
    Untold(Box<Deed>),
    /// A line that Hayes has no word for
    Unsaid(String),
}

/// It waits for one of these texts.
#[derive(Debug, Clone, Default)]
struct Wait {
    wanted: Vec<Wanted>,
    within: Option<Duration>,
}

#[derive(Debug, Clone)]
struct Wanted {
    text: String,
    then: Onward,
}

/// Where it goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Onward {
    Next,
    Label(String),
    /// It ends as failed; why, where it is told
    Fail(String),
}

impl Told {
    fn wait(&mut self, texts: impl IntoIterator<Item = String>, within: Option<Duration>) {
        let wanted = texts.into_iter().map(|text| Wanted { text, then: Onward::Next }).collect();
        self.deeds.push(Deed::Wait(Wait { wanted, within }));
    }

    /// The wait that has just been told.
    fn last_wait(&mut self) -> Option<&mut Wait> {
        match self.deeds.last_mut() {
            Some(Deed::Wait(wait)) => Some(wait),
            Some(_) | None => None,
        }
    }

    /// Where it goes on when the wait that has just been told ends with nothing: told, unless it leads to a failure.
    fn late(&mut self, label: &str) {
        let place = self.deeds.len().saturating_sub(1);
        self.deeds.insert(place, Deed::Unsaid(format!("timeout: goto {label}")));
    }

    fn unsaid(&mut self, line: &str) {
        self.deeds.push(Deed::Unsaid(line.trim().to_owned()));
    }

    /// The value of a name that comes from outside.
    fn param(&mut self, name: &str) -> String {
        let name = named(name);
        let hole = format!("${{{name}}}");
        self.params.insert(name);
        hole
    }
}

/// A name as Hayes has them.
fn named(name: &str) -> String {
    let mut name: String =
        name.to_ascii_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let is_reserved = ["and", "or", "not", "in", "matches", "true", "false", "if", "else", "for", "all", "as"];
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) || is_reserved.contains(&name.as_str()) {
        name.insert_str(0, "the_");
    }
    name
}

/// Text that stands for itself.
fn literal(text: &str) -> String {
    text.replace("${", "$${")
}

/// Where the letter stands that no backslash goes before.
fn unescaped(text: &str, wanted: char) -> Option<usize> {
    let mut escaped = false;
    text.find(|letter: char| {
        let is_it = letter == wanted && !escaped;
        escaped = letter == '\\' && !escaped;
        is_it
    })
}

/// `^M` is Ctrl-M.
fn control(letter: char) -> char {
    char::from_u32(u32::from(letter.to_ascii_uppercase()) ^ 0x40).filter(char::is_ascii).unwrap_or(letter)
}

/// A text that is sent: a line where it ends with a CR.
fn sent(text: &str) -> Deed {
    match text.strip_suffix("\r\n").or_else(|| text.strip_suffix('\r')) {
        Some(line) => Deed::Send(line.to_owned()),
        None => Deed::Bare(text.to_owned()),
    }
}

fn seconds(text: &str) -> Option<Duration> {
    text.parse::<f64>().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
}
