//! `hayes explain`: what a command, an answer, an error, a URC or a diagnostic code means.

use super::arguments::{self, Explain};
use super::console::{Console, Exit, width};
use crate::catalogue::explain::{Context, Explanation, Kind, explain};
use crate::catalogue::{module, module_by_model, modules, result_code, urc};
use crate::diagnostic::{Complaint, nearest, pages};
use crate::hints::{of_sentence, of_titles};
use crate::library;
use crate::notation::{self, row_of};
use crate::report::style::{Style, filled, harmless};
use crate::syntax::{Topic, fields_of, foreign, told_foreign, topic, topics};

pub(crate) fn run(arguments: &Explain, console: &Console) -> Exit {
    let all = arguments.text.join(" ");
    if let Some(told) = exit_codes(subject(&all)).filter(|_| arguments.command.is_none()) {
        return say(&all, told, arguments, console);
    }
    if all == "codes" {
        let first =
            |code| pages::page(code).and_then(|page| page.text.split_inclusive(". ").next()).unwrap_or_default();
        return pages::codes().fold(Exit::Passed, |exit, code| {
            exit.worst(match arguments.json {
                true => page(code, arguments, console),
                false => console.print(&wrapped(&format!("{code}  {}", first(code)))),
            })
        });
    }
    if let Some(line) = with_colon(subject(&all)) {
        return one(&line, arguments, console);
    }
    let mut exit = Exit::Passed;
    for (number, text) in texts(&arguments.text).iter().enumerate() {
        if number > 0 && !arguments.json {
            exit = exit.worst(console.print("\n"));
        }
        let asked = Some(subject(text)).filter(|asked| is_known(asked)).unwrap_or(text);
        let line = with_colon(asked);
        exit = exit.worst(one(line.as_deref().unwrap_or(asked), arguments, console));
    }
    exit
}

/// One sentence, which is all that there is to say.
fn say(text: &str, told: String, arguments: &Explain, console: &Console) -> Exit {
    if !arguments.json {
        return console.print(&wrapped(&told));
    }
    let told = Explanation { text: text.to_owned(), kind: Kind::Words, title: told, ..Explanation::default() };
    console.print(&(notation::json(&told) + "\n"))
}

/// An answer as people write one, behind words of theirs: `+CREG 0,3`, `creg: 0,3`, `why is CREG 0,3`.
fn with_colon(text: &str) -> Option<String> {
    let (before, values) = text.trim_end_matches(['?', ' ']).rsplit_once(' ')?;
    let (said, name) = before.rsplit_once(' ').unwrap_or(("", before));
    let name = name.trim_end_matches(':').to_ascii_uppercase();
    let bare = name.trim_start_matches(['+', '^', '#', '*', '$', '%']);
    let is_name = bare.len() > 1 && bare.chars().all(char::is_alphanumeric);
    let is_values = values.starts_with(|first: char| first.is_ascii_digit() || first == '"');
    let is_said = said.chars().all(|letter| letter.is_lowercase() || " ,'".contains(letter));
    let line = format!("{}{bare}: {values}", if name == bare { "+" } else { name.get(..1)? });
    let explained = (is_name && is_values && is_said).then(|| explain(&line, &Context::default()))?;
    (explained.complete && matches!(explained.kind, Kind::Answer | Kind::Urc)).then_some(line)
}

/// What a question asks for: X of `what is X?`, `what does X mean`. Any other text is itself.
fn subject(text: &str) -> &str {
    const BEFORE: &str = "what is the meaning of |what is the |what is an |what is a |what is |what's |what does |what do \
                          |what are |how to |how do i |how do you |how can i |meaning of |explain |why is there ";
    let starts = |start: &&str| text.get(..start.len()).is_some_and(|begins| begins.eq_ignore_ascii_case(start));
    let Some(start) = BEFORE.split('|').find(starts) else { return text };
    let asked = text.get(start.len()..).unwrap_or(text).trim_end_matches('?').trim_end();
    [" mean", " means", " stand for", " do"].into_iter().find_map(|end| asked.strip_suffix(end)).unwrap_or(asked)
}

fn is_known(text: &str) -> bool {
    let explained = explain(text, &Context::default());
    // `iccid` may be a number that is asked for, and no AT+ICCID.
    let is_guess = || explained.kind == Kind::Command && is_prose(text) && !of_sentence(text).is_empty();
    is_code(text) || word(text).is_some() || library::find(text).is_some() || (explained.is_known() && !is_guess())
}

/// `exit codes`: what all of them mean; `exit code 6`, `6`: what that one does.
fn exit_codes(text: &str) -> Option<String> {
    let all = include_str!("help.md").lines().find_map(|line| line.strip_prefix("Exit codes: 0 all"))?;
    let asked = ["exit codes", "exit code", "exit status"].into_iter().find_map(|what| text.strip_prefix(what));
    let number = asked.unwrap_or(text).trim();
    if asked.is_some() && number.is_empty() {
        return Some(format!("Exit codes: 0 all{all}"));
    }
    let each = format!("0 all{all}");
    let mut each = each.trim_end_matches('.').split(", ").filter_map(|code| code.split_once(' '));
    each.find(|(code, _)| *code == number).map(|(code, what)| format!("exit code {code} of Hayes: {what}"))
}

/// What is to be explained: a shell parts `+CREG: 0,5` at its blank; what holds a blank was quoted, and is whole.
fn texts(words: &[String]) -> Vec<String> {
    if is_sentence(words) {
        return vec![words.join(" ")];
    }
    let mut texts: Vec<String> = Vec::new();
    let mut rest = words;
    let mut is_whole = true;
    while let Some(word) = rest.first() {
        let was_whole = std::mem::replace(&mut is_whole, word.contains(char::is_whitespace));
        let goes_on = !was_whole && texts.last().is_some_and(|text| wants(text, word));
        // The words of an answer's line may be those of the language: `now`.
        let in_line = !was_whole && texts.last().is_some_and(|text| text.contains(": "));
        let known = if is_whole || goes_on { 0 } else { longest_known(rest, in_line) };
        let begins = was_whole || is_whole || known > 0 || begins(word);
        let Some((first, more)) = rest.split_at_checked(known.max(1)) else { break };
        rest = more;
        match texts.last_mut().filter(|_| !begins) {
            Some(open) => {
                open.push(' ');
                open.push_str(&first.join(" "));
            }
            None => texts.push(first.join(" ")),
        }
    }
    texts
}

/// Words of people, few of which are of the language.
fn is_sentence(words: &[String]) -> bool {
    let letters = |text: &String| text.chars().all(|letter| letter.is_lowercase() || ",.?!'-".contains(letter));
    let of_language = words.iter().filter(|text| word(text).is_some()).count();
    let all = words.join(" ");
    subject(&all) != all || (words.len() > 3 && words.iter().all(letters) && of_language * 2 < words.len())
}

/// Whether the text is no whole one without the next word: `+CGMM:` and `BG96`, `+CME` and `ERROR`.
fn wants(text: &str, word: &str) -> bool {
    let is_known = |text: &str| explain(text, &Context::default()).is_known();
    text.ends_with(':') || (!is_known(text) && is_known(&format!("{text} {word}")))
}

fn begins(word: &str) -> bool {
    let is_command = word.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("at"));
    is_command || word.starts_with("--") || word.starts_with(['+', '^', '*', '#', '%', '$']) || is_code(word)
}

/// `hayes::run::timeout`, `run::timeout`: words with `::` between them. An IPv6 address is none.
fn is_code(text: &str) -> bool {
    let is_word = |part: &str| {
        part.starts_with(|first: char| first.is_ascii_lowercase())
            && part.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-')
    };
    text.contains("::") && text.split("::").all(is_word)
}

/// How many of the first words are together a result code, a URC or a module's name, as modems write them: `APP RDY`;
/// or one is a word of the language, where it does not stand in the line of an answer.
fn longest_known(words: &[String], in_line: bool) -> usize {
    const MOST_WORDS: usize = 3;
    let is_known = |text: &str| {
        result_code(text).is_some_and(|known| known.text == text)
            || urc(text.as_bytes()).is_some_and(|known| known.start == text)
            || (!text.contains(' ')
                && ((!in_line && (word(text).is_some() || foreign(text).is_some()))
                    || module(text).is_some()
                    || module_by_model(text).is_some()))
    };
    let counts = (1..=words.len().min(MOST_WORDS)).rev();
    counts.into_iter().find(|count| words.get(..*count).is_some_and(|first| is_known(&first.join(" ")))).unwrap_or(0)
}

fn one(text: &str, arguments: &Explain, console: &Console) -> Exit {
    if is_code(text) {
        return page(text, arguments, console);
    }
    let module = arguments.module.as_deref().and_then(module_by_model);
    if let Some(name) = arguments.module.as_ref().filter(|_| module.is_none()) {
        let near = nearest(&name.to_ascii_uppercase(), modules().flat_map(|module| module.models.iter().copied()));
        return console.refuse_as(Exit::Usage, &Complaint::told("hayes::cli no-module", &[name]).did_you_mean(near));
    }
    if text.starts_with('-') {
        return flag(text, arguments, console);
    }
    if let Some(topic) = word(text) {
        return language(&topic, arguments, console);
    }
    if let Some(script) = library::find(text) {
        let (name, title) = (script.name, script.title());
        let exit = say(text, format!("{name}  a script of the library: {title}"), arguments, console);
        let more = || console.print(&wrapped(&format!("  `hayes show {name}` shows it, `hayes run {name}` runs it")));
        return if arguments.json { exit } else { exit.worst(more()) };
    }
    let mut explained = explain(text, &Context { command: arguments.command.as_deref(), module });
    let ways = if is_prose(text) { of_sentence(text) } else { Vec::new() };
    if !explained.is_known() && pages::page(text).is_some() && (ways.is_empty() || text.contains('-')) {
        return page(text, arguments, console);
    }
    if let Some(instead) = told_foreign(text).filter(|_| !explained.is_known()) {
        return say(text, instead, arguments, console);
    }
    if is_prose(text) {
        explained = with_ways(text, explained, ways);
    } else if text.contains(['.', '/']) && !explained.is_known() {
        explained.notes.extend(meant(text));
    }
    let printed = if arguments.json {
        notation::json(&explained) + "\n"
    } else {
        explained.to_string().lines().map(|line| wrapped(&harmless(line.as_bytes()))).collect()
    };
    let exit = if explained.is_known() { Exit::Passed } else { Exit::Failed };
    exit.worst(console.print(&printed))
}

/// A person's words, not a modem's: half of them are, or the one that there is.
fn is_prose(text: &str) -> bool {
    let is_word = |word: &&str| word.chars().all(|c| c.is_lowercase() || ",.?!'-/".contains(c));
    let (words, all) = (text.split(' ').filter(is_word).count(), text.split(' ').count());
    if all == 1 { text.chars().all(|c| c.is_alphanumeric() || c == '-') } else { words * 2 >= all }
}

/// What is known of a person's words, with what helps. `ping google` are two words, and no AT+PING of one module.
fn with_ways(text: &str, mut explained: Explanation, mut ways: Vec<String>) -> Explanation {
    let several = text.contains(' ');
    let is_guess = matches!(explained.kind, Kind::Command | Kind::Several) && !text.contains(['+', '=', ':']);
    let is_sure = !is_guess || !several || ways.is_empty() && explained.complete;
    if explained.is_known() && is_sure {
        let has_number = text.contains(|c: char| c.is_ascii_digit());
        explained.notes.extend(ways.into_iter().filter(|_| (several || is_guess) && !has_number));
        return explained;
    }
    if ways.is_empty() {
        ways = of_titles(text);
    }
    // What is of a modem in it is named anyhow: `how long does AT+COPS=? take`.
    let is_name = |name: &&str| name.len() > 3 && *name != "hayes" && (ways.is_empty() || name.contains('+'));
    let names = text.split(' ').filter(is_name).filter(|name| several && is_known(name)).take(3);
    let names: Vec<String> = names.map(|name| format!("`hayes explain '{name}'` tells of {name}")).collect();
    ways.splice(0..0, names);
    let unknown = Explanation { text: text.to_owned(), ..Explanation::default() };
    if !ways.is_empty() {
        return Explanation { kind: Kind::Words, notes: ways, ..unknown };
    }
    if !several && !explained.notes.is_empty() {
        return explained;
    }
    let takes = "`hayes explain` takes a command (AT+CSQ), an answer (+CREG: 0,5), an error (+CME ERROR: 10), a module \
                 (BG96), a word of scripts (retry), an option (--plan), a code (`hayes explain codes` lists them), or a \
                 few words on what is wrong or wanted (no network)";
    let notes = meant(text).into_iter().chain([takes.to_owned()]).collect();
    Explanation { title: "Not known to Hayes".to_owned(), notes, ..unknown }
}

/// What of the language or of the library has nearly this name.
fn meant(text: &str) -> Option<String> {
    if text.bytes().all(|letter| letter.is_ascii_digit()) {
        return Some(format!("the number of an error stands behind its name: `hayes explain '+CME ERROR: {text}'`"));
    }
    let record = text.split('.').next().unwrap_or(text);
    let fields: Vec<String> = fields_of(record).map(|(field, _)| format!("{record}.{field}")).collect();
    let field = || nearest(text, fields.iter().map(String::as_str));
    let near = nearest(text, topics()).or_else(field).or_else(|| library::meant(text));
    let near = near
        .or_else(|| nearest(&text.to_ascii_uppercase(), modules().flat_map(|module| module.models.iter().copied())))?;
    Some(format!("did you mean {near}? `hayes explain {near}`"))
}

/// The page of a word of the language; `AT` is a command.
fn word(text: &str) -> Option<Topic> {
    topic(text).filter(|topic| topic.word != "AT")
}

/// A flag of the command line: which commands take it, and what for; each help once.
fn flag(text: &str, arguments: &Explain, console: &Console) -> Exit {
    let name = text.split('=').next().unwrap_or(text);
    let is_it = |it: &&clap::Arg| {
        it.get_long().is_some_and(|long| name.strip_prefix("--") == Some(long))
            || it.get_short().is_some_and(|short| name == format!("-{short}"))
    };
    let mut all = arguments::command();
    // Arguments are described when they are needed.
    all.build();
    let mut pages: Vec<(String, Vec<&str>)> = Vec::new();
    let mut example = None;
    for task in all.get_subcommands().filter(|task| !task.is_hide_set()) {
        for it in task.get_arguments().filter(is_it).filter(|it| !it.is_hide_set()) {
            example = example.or_else(|| row_of(include_str!("flags.md"), &format!("--{}", it.get_long()?)));
            let names = it.get_short().map(|short| format!("-{short}, ")).unwrap_or_default()
                + &it.get_long().map(|long| format!("--{long}")).unwrap_or_default();
            let takes = it.get_value_names().filter(|_| it.get_action().takes_values()).unwrap_or_default();
            let takes: String = takes.iter().map(|value| format!(" <{value}>")).collect();
            let help = it.get_long_help().or_else(|| it.get_help()).map(ToString::to_string).unwrap_or_default();
            let page = format!("{names}{takes}  {help}");
            match pages.iter_mut().find(|(known, _)| *known == page) {
                Some((_, tasks)) => tasks.push(task.get_name()),
                None => pages.push((page, vec![task.get_name()])),
            }
        }
    }
    if pages.is_empty() {
        let names = || all.get_subcommands().flat_map(clap::Command::get_arguments).filter_map(|it| it.get_long());
        let near = || nearest(name.trim_start_matches('-'), names()).map(|near| format!("did you mean --{near}?"));
        let near = crate::hints::foreign(name).map(str::to_owned).or_else(near);
        console.complain(&format!("no command takes {name}"), near.as_deref());
        return Exit::Failed;
    }
    if arguments.json {
        let page = |(page, tasks): &(String, Vec<&str>)| serde_json::json!({"option": page, "commands": tasks});
        let pages: String = pages.iter().map(|it| format!("{}\n", page(it))).collect();
        return console.print(&pages);
    }
    let page = |(page, tasks): (String, Vec<&str>)| {
        wrapped(&page) + &wrapped(&format!("    hayes {}", tasks.join(", hayes ")))
    };
    let example = example.map(|example| format!("\nexample:\n  {example}\n")).unwrap_or_default();
    console.print(&(pages.into_iter().map(page).collect::<Vec<_>>().join("\n") + &example))
}

fn language(topic: &Topic, arguments: &Explain, console: &Console) -> Exit {
    if arguments.json {
        return console.print(&(notation::json(topic) + "\n"));
    }
    // Lines of a script, which stand behind four blanks, are to be copied.
    let shown = |line: &str| if line.starts_with("    ") { format!("{line}\n") } else { wrapped(line) };
    console.print(&topic.to_string().lines().map(shown).collect::<String>())
}

fn page(code: &str, arguments: &Explain, console: &Console) -> Exit {
    let Some(page) = pages::page(code) else {
        let help = pages::nearest(code).map(|near| format!("did you mean {near}?"));
        console.complain(&format!("there is no diagnostic {code}"), help.as_deref());
        return Exit::Failed;
    };
    if arguments.json {
        return console.print(&(notation::json(&page) + "\n"));
    }
    let about = filled(page.text.trim(), width(), "");
    let mut text = format!("{}\n\n{about}\n", console.out.paint(Style::Name, page.code));
    for (title, style, script) in [("wrong:", Style::Bad, page.wrong), ("right:", Style::Good, page.right)] {
        let Some(script) = script else { continue };
        text.push_str(&format!("\n{}\n", console.out.paint(style, title)));
        text.extend(script.trim_end().lines().map(|line| format!("  {line}\n")));
    }
    console.print(&text)
}

/// The line in the width that there is; where it goes on, it is indented a little more.
fn wrapped(line: &str) -> String {
    let indent = line.len() - line.trim_start().len();
    let further = " ".repeat(indent + if indent == 0 { 0 } else { 2 });
    filled(line, width(), &further) + "\n"
}

#[cfg(test)]
#[path = "../../tests/units/told_by_explain.rs"]
mod tests;
