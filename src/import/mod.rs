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

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::time::Duration;

use crate::at::result_code;
use crate::syntax::{GIVEN_NAMES, is_name};

/// How long to wait for what comes by itself, where nothing is said of it: so long does chat (chat(8)).
const WAIT: Duration = Duration::from_secs(45);

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
        if Dialect::is_wvdial(text) {
            return None;
        }
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

    /// Whether it is a configuration of wvdial, which is no script.
    pub fn is_wvdial(text: &str) -> bool {
        text.lines().any(|line| line.trim_start().to_ascii_lowercase().starts_with("[dialer"))
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
    // A command that is sent in pieces is one.
    let mut deeds: Vec<Deed> = Vec::new();
    for deed in std::mem::take(&mut told.deeds) {
        // Between two pauses an empty line, and a wait for nothing, are none.
        let waits = |wait: &Wait| wait.late.is_some() || wait.wanted.iter().any(|it| !it.text.trim().is_empty());
        let is_nothing = matches!(&deed, Deed::Send(text) | Deed::Bare(text) if text.is_empty())
            || matches!(&deed, Deed::Wait(wait) if !waits(wait));
        if is_nothing && matches!(deeds.last(), Some(Deed::Sleep(_))) {
            continue;
        }
        if let (Deed::Sleep(more), Some(Deed::Sleep(time))) = (&deed, deeds.last_mut()) {
            *time += *more;
            continue;
        }
        let (Deed::Bare(next) | Deed::Send(next)) = &deed else {
            deeds.push(deed);
            continue;
        };
        let is_command = |text: &str| text.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("at"));
        match deeds.pop() {
            Some(Deed::Bare(before)) if is_command(&before) && !is_command(next) => {
                let whole = before + next;
                deeds.push(if matches!(deed, Deed::Send(_)) { Deed::Send(whole) } else { Deed::Bare(whole) });
            }
            before => deeds.extend(before.into_iter().chain([deed])),
        }
    }
    told.deeds = flow::followed(deeds);
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
    /// Labels that the script itself has not
    own: usize,
    /// What chat's command line gives for `\T` and `\U`
    numbers: [Option<String>; 2],
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
    /// A line with this text is part of the result
    Report(String),
    Set(String, String),
    /// A line that is the same in Hayes
    Line(String),
    Label(String),
    Go(String),
    /// A jump to a label where this holds
    If(Test, String),
    /// A subroutine
    Call(String),
    Return,
    /// A block that Hayes has: its first line, and the label behind its end, which is a jump back here
    Loop(String, String),
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
    /// Where it goes on when none of them comes, where that is told
    late: Option<Onward>,
}

#[derive(Debug, Clone)]
struct Wanted {
    text: String,
    then: Onward,
}

/// Where it goes on.
#[derive(Debug, Clone)]
enum Onward {
    Next,
    Label(String),
    /// It ends as failed; why, where it is told
    Fail(String),
    /// These steps stand under it
    Block(Vec<Deed>),
}

/// A condition.
#[derive(Debug, Clone)]
enum Test {
    /// On which text of the last wait came: 0 is the first, -1 that none came in time
    Result(&'static str, i64),
    /// On two expressions of Hayes
    Value(String, &'static str, String),
}

impl Test {
    /// The operator that a text begins with, as Hayes writes it, and what stands behind it.
    fn operator(text: &str) -> Option<(&'static str, &str)> {
        let written =
            [("<>", "!="), ("!=", "!="), ("<=", "<="), (">=", ">="), ("==", "=="), ("=", "=="), ("<", "<"), (">", ">")];
        written.into_iter().find_map(|(theirs, ours)| Some((ours, text.strip_prefix(theirs)?)))
    }

    fn holds(operator: &str, found: Ordering) -> bool {
        match operator {
            "==" => found.is_eq(),
            "!=" => found.is_ne(),
            "<" => found.is_lt(),
            "<=" => found.is_le(),
            ">" => found.is_gt(),
            _ => found.is_ge(),
        }
    }

    fn negated(&self) -> Test {
        let pairs = [("==", "!="), ("!=", "=="), ("<", ">="), (">=", "<"), (">", "<="), ("<=", ">")];
        let other = |operator: &str| pairs.iter().find(|(one, _)| *one == operator).map_or("==", |(_, other)| other);
        match self {
            Test::Result(operator, number) => Test::Result(other(operator), *number),
            Test::Value(left, operator, right) => Test::Value(left.clone(), other(operator), right.clone()),
        }
    }

    fn written(&self) -> String {
        match self {
            Test::Result(operator, number) => format!("the answer {operator} {}", number + 1),
            Test::Value(left, operator, right) => format!("{left} {operator} {right}"),
        }
    }
}

impl Deed {
    /// The step as a line of the script that it came from, where it is one that leads elsewhere.
    fn line(&self) -> String {
        if let Deed::Go(label) = self {
            format!("goto {label}")
        } else if let Deed::Call(label) = self {
            format!("call {label}")
        } else if let Deed::If(test, label) = self {
            format!("if {} goto {label}", test.written())
        } else if let Deed::Loop(line, _) | Deed::Unsaid(line) = self {
            line.clone()
        } else {
            String::new()
        }
    }

    /// The labels that it leads to.
    fn leads_to(&mut self) -> Vec<&mut String> {
        if let Deed::Go(label) | Deed::If(_, label) | Deed::Loop(_, label) = self {
            vec![label]
        } else if let Deed::Wait(wait) = self {
            let ways = wait.wanted.iter_mut().map(|wanted| &mut wanted.then).chain(&mut wait.late);
            ways.filter_map(|then| if let Onward::Label(label) = then { Some(label) } else { None }).collect()
        } else {
            Vec::new()
        }
    }
}

/// Where the question begins that was asked last, with the command whose prompt its text answered.
fn question(deeds: &[Deed]) -> usize {
    let mut start = deeds.len() - usize::from(matches!(deeds.last(), Some(Deed::Send(_) | Deed::Bare(_))));
    let asks = |deed: &Deed| matches!(deed, Deed::Wait(wait) if wait.wanted.iter().any(|it| it.text.trim() == ">"));
    while start >= 2 && deeds.get(start - 1).is_some_and(asks) {
        start -= 2;
    }
    start
}

impl Told {
    fn wait(&mut self, texts: impl IntoIterator<Item = String>, within: Option<Duration>) {
        let wanted = texts.into_iter().map(|text| Wanted { text, then: Onward::Next }).collect();
        self.deeds.push(Deed::Wait(Wait { wanted, within, late: None }));
    }

    fn unsaid(&mut self, line: &str) {
        self.deeds.push(Deed::Unsaid(line.trim().to_owned()));
    }

    /// A line that needs no word in Hayes, and why.
    fn remark(&mut self, line: &str, why: &str) {
        self.deeds.push(Deed::Comment(format!("{line}: {why}")));
    }

    /// A label that no script has: it has a blank.
    fn own_label(&mut self) -> String {
        self.own += 1;
        format!("end {}", self.own)
    }

    /// The value of a name that comes from outside.
    fn param(&mut self, name: &str) -> String {
        let name = named(name);
        let hole = format!("${{{name}}}");
        let hidden = ["pin", "puk", "pass", "passwd", "password", "pw", "pwd", "secret", "token", "key"];
        if name.split('_').any(|word| hidden.contains(&word.trim_end_matches(|last: char| last.is_ascii_digit()))) {
            self.secrets.insert(name.clone());
        }
        self.params.insert(name);
        hole
    }
}

/// A name as Hayes has them.
fn named(name: &str) -> String {
    let mut name: String =
        name.to_ascii_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if !is_name(&name) || GIVEN_NAMES.iter().any(|(given, ..)| *given == name) {
        name.insert_str(0, "the_");
    }
    name
}

/// A result code that ends an answer as failed: nobody need wait for it.
fn is_failure(text: &str) -> bool {
    result_code::parse(text.trim().to_ascii_uppercase().as_bytes()).is_some_and(|code| !code.is_success())
}

/// What the letter behind a backslash stands for, in a dialect that knows these.
fn escaped(letter: char, letters: &str) -> char {
    let known = [('n', '\n'), ('r', '\r'), ('t', '\t'), ('a', '\x07'), ('b', '\x08'), ('f', '\x0C')];
    let found = known.iter().find(|(name, _)| *name == letter && letters.contains(letter));
    found.map_or(letter, |(_, sign)| *sign)
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
    let line = text.strip_suffix("\r\n").or_else(|| text.strip_suffix('\r'));
    line.map_or_else(|| Deed::Bare(text.to_owned()), |line| Deed::Send(line.to_owned()))
}

/// How fast the port is from here on.
fn baud(text: &str) -> Option<Deed> {
    text.parse::<u32>().ok().map(|baud| Deed::Line(format!("port baud {baud}")))
}

fn seconds(text: &str) -> Option<Duration> {
    text.parse::<f64>().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
}
