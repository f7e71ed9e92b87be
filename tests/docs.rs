//! `docs/`: the pages that are made of the library and of the catalogue's data are what these make now (`BLESS=1`
//! writes them), each page is listed, and each link between pages leads somewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use hayes::diagnostic::pages::books;
use hayes::library::scripts;
use hayes::syntax::{Topic, topic, topics};
use hayes::value::functions::FUNCTIONS;
use regex::Regex;
use toml::{Table, Value};

fn root(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The project's file holds what is made now; `BLESS=1` writes it. Where it does not, the first line that differs is
/// told.
pub(crate) fn is_made(file: &str, made: &str) {
    let path = root(file);
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, made).unwrap();
    }
    let stands = fs::read_to_string(&path).unwrap_or_default();
    for (number, (is, was)) in made.lines().zip(stands.lines()).enumerate() {
        assert_eq!(is, was, "line {} of {file} is out of date: BLESS=1 writes it", number + 1);
    }
    assert!(stands == made, "{file} is out of date: BLESS=1 writes it");
}

/// The data files of a folder, by name.
fn data(folder: &str) -> Vec<(String, Table)> {
    let mut files: Vec<PathBuf> = fs::read_dir(root(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    let read = |file: PathBuf| {
        let table = fs::read_to_string(&file).unwrap().parse().unwrap();
        (file.file_stem().unwrap().to_string_lossy().into_owned(), table)
    };
    files.into_iter().map(read).collect()
}

fn text<'a>(of: &'a Table, key: &str) -> &'a str {
    of.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// The texts of a list, or the one text that stands there alone.
fn texts(of: &Table, key: &str) -> String {
    match of.get(key) {
        Some(Value::String(one)) => one.clone(),
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
        _ => String::new(),
    }
}

/// As a cell of a Markdown table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;").replace('*', "\\*")
}

fn code(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("`{}`", text.replace('|', "\\|")) }
}

fn confirmed(of: &Table) -> &'static str {
    if text(of, "status") == "unconfirmed" { "not confirmed" } else { "" }
}

/// What of a module was read at no source: all, or the facts that it names.
fn not_confirmed(module: &Table) -> String {
    let recalled = texts(module, "recalled");
    if recalled.is_empty() { confirmed(module).to_owned() } else { format!("not confirmed: {recalled}") }
}

#[test]
fn library() {
    let mut page =
        "# The library\n\nThe scripts that come with Hayes. `hayes run NAME` runs one, `hayes show NAME` prints it, \
                    `hayes show NAME > my.hayes` makes it yours.\n"
            .to_owned();
    let parameter = Regex::new(r#"(?m)^(param|secret) (\w+)(?::\w+)?(?: = ("[^"]*"|\S+))?(?: +"([^"]*)")?"#).unwrap();
    page.push_str(&sections(scripts().map(|script| script.name.to_owned())));
    let mut folder = "";
    for script in scripts() {
        let of = script.name.split('/').next().unwrap();
        if of != folder {
            folder = of;
            write!(page, "\n## {folder}\n").unwrap();
        }
        let head = script.text.lines().take_while(|line| line.starts_with('#'));
        let about: Vec<&str> = head.map(|line| line.trim_start_matches('#').trim()).collect();
        write!(page, "\n### {}\n\n{}\n", script.name, about.join("\n")).unwrap();
        let rows: Vec<String> = parameter
            .captures_iter(script.text)
            .map(|found| {
                let part = |number: usize| found.get(number).map_or("", |part| part.as_str());
                let asked = if part(1) == "secret" { "a secret: ".to_owned() } else { String::new() };
                format!("| {} | {} | {asked}{} |\n", code(part(2)), code(part(3)), cell(part(4)))
            })
            .collect();
        if !rows.is_empty() {
            write!(page, "\n| `-V` | where it is not given | what it is |\n|---|---|---|\n{}", rows.concat()).unwrap();
        }
    }
    is_made("docs/src/library.md", &page);
}

/// The commands that let a module roam: its own, else those of the one that it is like.
fn roaming(module: &Table, known: &BTreeMap<String, Table>) -> String {
    let Some(settings) = module.get("roaming").and_then(Value::as_array) else {
        return known.get(text(module, "like")).map_or(String::new(), |like| roaming(like, known));
    };
    let commands = settings.iter().filter_map(|setting| Some(code(text(setting.as_table()?, "set"))));
    commands.collect::<Vec<_>>().join(", ")
}

#[test]
fn modules() {
    let mut page = "# Modules\n\nThe modules that Hayes knows, each a file in `src/catalogue/data/modules/`. `hayes explain BG96` tells \
                    what is known of one. What is *not confirmed* was found in manuals and public drivers, and seen on no modem \
                    by us. Your own module is a file too: `modules/NAME.toml` beside your script.\n\n\
                    | maker | models | ICCID | roaming | restart | |\n|---|---|---|---|---|---|\n"
        .to_owned();
    let mut rows = BTreeSet::new();
    let known: BTreeMap<String, Table> = data("src/catalogue/data/modules").into_iter().collect();
    for module in known.values() {
        let models = texts(module, "models").replace('*', "…");
        if models.is_empty() {
            continue;
        }
        rows.insert(format!(
            "| {} | {} | {} | {} | {} | {} |\n",
            cell(text(module, "vendor")),
            cell(&models),
            code(&texts(module, "iccid")),
            roaming(module, &known),
            code(&texts(module, "reboot")),
            not_confirmed(module)
        ));
    }
    page.extend(rows);
    is_made("docs/src/modules.md", &page);
}

#[test]
fn at_commands() {
    let mut page = "# AT commands\n\nThe commands that Hayes knows. `hayes explain AT+CSQ` tells all of one: its parameters, their \
                    values, how long its answer may take, where the facts come from. What is *not confirmed* was found in manuals \
                    and public drivers, and seen on no modem by us.\n"
        .to_owned();
    let files = data("src/catalogue/data/commands");
    page.push_str(&sections(files.iter().map(|(file, _)| heading(file))));
    for (file, commands) in files {
        write!(page, "\n## {}\n", heading(&file)).unwrap();
        // The book's search knows headings, and whole words: who looks for CSQ finds `+CSQ`, and not `AT+CSQ`.
        for command in commands["command"].as_array().unwrap().iter().map(|command| command.as_table().unwrap()) {
            let (name, title) = (text(command, "name"), text(command, "title"));
            let bare =
                name.strip_prefix("AT").filter(|bare| !bare.starts_with(char::is_alphanumeric) && bare.len() > 2);
            let bare = bare.map(|bare| format!("{}: ", code(bare))).unwrap_or_default();
            let told = [texts(command, "vendors"), confirmed(command).to_owned()];
            let told = told.into_iter().filter(|told| !told.is_empty()).collect::<Vec<_>>().join(", ");
            write!(page, "\n### {}\n\n{bare}{title}. *{told}*\n", code(name)).unwrap();
        }
    }
    is_made("docs/src/at-commands.md", &page);
}

/// Each error of modems has an address: `errors.html#cme-30`.
#[test]
fn errors() {
    let mut page = "# Errors of modems\n\nWhat the number of a `+CME ERROR` or a `+CMS ERROR` means, and what usually mends it. \
                    `hayes explain '+CME ERROR: 30'` shows the same. With `AT+CMEE=1` a modem tells numbers, with `AT+CMEE=2` \
                    texts, and without either nothing but `ERROR`. Modules differ in texts. Numbers from 500 on are often a maker's own.\n"
        .to_owned();
    for (series, title) in [("cme", "+CME ERROR: commands"), ("cms", "+CMS ERROR: messages")] {
        let file = root(&format!("src/catalogue/data/{series}_errors.toml"));
        let errors: Table = fs::read_to_string(file).unwrap().parse().unwrap();
        write!(page, "\n## {title}\n\n| number | what it means | what mends it | whose |\n|---|---|---|---|\n")
            .unwrap();
        let mut named = BTreeSet::new();
        for error in errors["error"].as_array().unwrap().iter().map(|error| error.as_table().unwrap()) {
            let code = error["code"].as_integer().unwrap();
            // The same number may be of several makers: the first has the address.
            let address = if named.insert(code) { format!("<a id=\"{series}-{code}\"></a>") } else { String::new() };
            let (means, mends) = (cell(text(error, "text")), cell(text(error, "advice")));
            writeln!(page, "| {address}{code} | {means} | {mends} | {} |", cell(&texts(error, "for"))).unwrap();
        }
    }
    is_made("docs/src/errors.md", &page);
}

/// How mdBook, and code hosts, name the place of a heading.
fn place(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

/// Links to the headings of a long page.
fn sections(headings: impl Iterator<Item = String>) -> String {
    let links: Vec<String> = headings.map(|heading| format!("[{heading}](#{})", place(&heading))).collect();
    format!("\n{}\n", links.join(" · "))
}

/// `quectel_gnss` is "Quectel: gnss".
fn heading(file: &str) -> String {
    let makers = [("simcom", "SIMCom"), ("ublox", "u-blox"), ("sim", "SIM"), ("sms", "SMS")];
    let (first, rest) = file.split_once('_').map_or((file, ""), |(first, rest)| (first, rest));
    let known = makers.iter().find(|(name, _)| *name == first).map(|(_, shown)| (*shown).to_owned());
    let first = known.unwrap_or_else(|| first[..1].to_uppercase() + &first[1..]);
    if rest.is_empty() { first } else { format!("{first}: {rest}") }
}

#[test]
fn diagnostics() {
    let mut page = "# Diagnostics\n\nEvery mistake that Hayes tells of has a code. `hayes explain CODE` shows the same as this page.\n".to_owned();
    let title = |group: &str| {
        let pages = fs::read_to_string(root("src/diagnostic/pages").join(format!("{group}.md"))).unwrap();
        pages.lines().find_map(|line| line.strip_prefix("# ")).unwrap().to_owned()
    };
    page.push_str(&sections(books().map(title)));
    for group in books() {
        let pages = fs::read_to_string(root("src/diagnostic/pages").join(format!("{group}.md"))).unwrap();
        // The file's headings go one step down; so does its own.
        // What is said each time shows there; here stands what there is to say at length.
        let heading =
            |part: &str| part.strip_prefix("## ").and_then(|rest| rest.lines().next()).unwrap_or("").to_owned();
        let pages: String = pages.split_inclusive("\n\n").filter(|part| !heading(part).contains(' ')).collect();
        let is_words = |line: &&str| ["at: ", "help: ", "mend: "].iter().any(|word| line.starts_with(word));
        let lines = pages.lines().filter(|line| !is_words(line)).map(|line| match line.split_once(": ") {
            Some((severity @ ("error" | "warning"), _)) => format!("{severity}\n"),
            _ if line.starts_with('#') => format!("#{line}\n"),
            _ => format!("{line}\n"),
        });
        let fence = |line: String| match line.as_str() {
            "```wrong\n" => "\nWrong:\n\n```hayes\n".to_owned(),
            "```right\n" => "\nRight:\n\n```hayes\n".to_owned(),
            _ => line,
        };
        write!(page, "\n{}", lines.map(fence).collect::<String>().trim_end()).unwrap();
        page.push('\n');
    }
    is_made("docs/src/diagnostics.md", &page);
}

#[test]
fn language() {
    let mut page = "# The language\n\nEach word of it, with an example that runs on a simulated modem. `hayes explain retry` shows \
                    the same, and so does `:help retry`.\n"
        .to_owned();
    let words = || topics().filter(|word| FUNCTIONS.iter().all(|function| function.name != *word));
    // `${` and `#` leave nothing of which a place could be named.
    let named = words().filter(|word| !place(word).is_empty()).map(str::to_owned);
    page.push_str(&sections(named.chain(["Functions".to_owned()])));
    for word in words() {
        let Topic { about, forms, text, example, .. } = topic(word).unwrap();
        write!(page, "\n## {word}\n\n").unwrap();
        if !about.is_empty() {
            write!(page, "It {about}.\n\n").unwrap();
        }
        if !forms.is_empty() {
            write!(page, "```text\n{}\n```\n\n", forms.join("\n")).unwrap();
        }
        write!(page, "{}\n\n```hayes\n{example}```\n", text.replace('\n', "\n\n")).unwrap();
    }
    page.push_str("\n## Functions\n\n| function | what it yields | for example | |\n|---|---|---|---|\n");
    for function in FUNCTIONS {
        let (call, value) = function.example();
        writeln!(page, "| {} | {} | {} | {} |", code(function.name), cell(function.about()), code(call), code(value))
            .unwrap();
    }
    is_made("docs/src/language.md", &page);
}

/// The map of the code, as its crate's documentation has it.
#[test]
fn house() {
    let source = fs::read_to_string(root("src/lib.rs")).unwrap();
    let about =
        source.lines().map_while(|line| line.strip_prefix("//!")).map(|line| line.strip_prefix(' ').unwrap_or(line));
    let mut page = "# How the house is laid out\n\nThis is what the top of `src/lib.rs` says: where each thing of the code stands, \
                    and how a statement, a function, a lint or a module is added. `cargo doc --open` shows it with links.\n"
        .to_owned();
    let link = Regex::new(r"\[(`[^`]+`)\]").unwrap();
    // The first paragraph says what Hayes is.
    for line in about.skip_while(|line| !line.is_empty()) {
        let line = link.replace_all(line, "$1");
        page.push_str(&if line.starts_with("# ") { format!("#{line}\n") } else { format!("{line}\n") });
    }
    is_made("docs/src/house.md", &page);
}

/// What the package index shows of the package for Python.
#[test]
fn python() {
    is_made("docs/src/python.md", &fs::read_to_string(root("python/README.md")).unwrap());
}

#[test]
fn each_page_is_listed_and_each_link_leads_somewhere() {
    let mut pages = Vec::new();
    let mut folders = vec![root("docs/src")];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() { folders.push(path) } else { pages.push(path) }
        }
    }
    let link = Regex::new(r"\]\(([^)#:]*)(?:#([^)]*))?\)").unwrap();
    let beside =
        ["README.md", "CONTRIBUTING.md", "SECURITY.md", "python/README.md", "editors/README.md", "scripts/README.md"];
    let mut wrong = Vec::new();
    let mut listed = BTreeSet::new();
    for page in pages.iter().cloned().chain(beside.map(root)) {
        for found in link.captures_iter(&fs::read_to_string(&page).unwrap()) {
            let to = if found[1].is_empty() { page.clone() } else { page.parent().unwrap().join(&found[1]) };
            let Ok(there) = to.canonicalize() else {
                wrong.push(format!("{}: {}", page.display(), &found[1]));
                continue;
            };
            if found.get(2).is_some_and(|place| !places(&there).contains(place.as_str())) {
                wrong.push(format!("{}: {}", page.display(), &found[0]));
            }
            if page.ends_with("SUMMARY.md") {
                listed.insert(there);
            }
        }
    }
    let pages = pages.iter().map(|page| page.canonicalize().unwrap()).filter(|page| !page.ends_with("SUMMARY.md"));
    wrong.extend(
        pages.filter(|page| !listed.contains(page)).map(|page| format!("not in SUMMARY.md: {}", page.display())),
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What a link to a place of the page may name.
fn places(page: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(page).unwrap();
    let given = Regex::new(r#"<a id="([^"]+)""#).unwrap();
    let given: Vec<String> = given.captures_iter(&text).map(|found| found[1].to_owned()).collect();
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings.map(|line| place(line.trim_start_matches('#').trim())).chain(given).collect()
}
