//! What stands in `editors/` knows the words of the grammar, all of them and no others.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
#[cfg(unix)]
use std::process::Command;
#[cfg(unix)]
use std::time::Duration;

#[cfg(unix)]
use hayes::library;
#[cfg(unix)]
use hayes::syntax::{topic, topics};
use regex::Regex;

use crate::folder::Folder;

/// Words that are no keywords of the grammar: signs in words, values, and names that are always there.
const BESIDE_KEYWORDS: [&str; 14] = [
    "and", "or", "true", "false", "off", "response", "body", "result", "elapsed", "replied", "attempt", "error",
    "module", "prompt",
];

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The words of the rules `kw_…`
fn keywords() -> BTreeSet<String> {
    let grammar = read("grammar/hayes.pest");
    let rules = grammar.lines().filter(|line| line.starts_with("kw_"));
    rules.map(|rule| rule.split('"').nth(1).unwrap().to_owned()).collect()
}

fn hold(what: &str, written: BTreeSet<String>) {
    let keywords = keywords();
    let missing: Vec<_> = keywords.difference(&written).collect();
    assert!(missing.is_empty(), "{what} lacks {missing:?}");
    let beside = |word: &&String| !BESIDE_KEYWORDS.contains(&word.as_str());
    let foreign: Vec<_> = written.difference(&keywords).filter(beside).collect();
    assert!(foreign.is_empty(), "{what} has {foreign:?}, which are no keywords of the grammar");
}

#[test]
fn vim_knows_the_words_of_the_grammar() {
    let syntax = read("editors/vim/syntax/hayes.vim");
    let lists = syntax.lines().filter(|line| line.starts_with("syntax keyword hayes") && !line.contains(" contained"));
    let words = lists.flat_map(|list| list.split_whitespace().skip(3)).map(str::to_owned).collect();
    hold("editors/vim/syntax/hayes.vim", words);
}

#[test]
fn vscode_knows_the_words_of_the_grammar() {
    let grammar: serde_json::Value =
        serde_json::from_str(&read("editors/vscode/syntaxes/hayes.tmLanguage.json")).unwrap();
    let patterns = grammar["repository"]["words"]["patterns"].as_array().unwrap();
    let lists = patterns.iter().filter(|pattern| {
        let name = pattern["name"].as_str().unwrap();
        name.starts_with("keyword.control") || name.starts_with("keyword.other")
    });
    let words = lists.flat_map(|list| {
        let list = list["match"].as_str().unwrap();
        let words = list.split_once("(?:").unwrap().1.split_once(')').unwrap().0;
        words.split('|').map(str::to_owned).collect::<Vec<_>>()
    });
    hold("editors/vscode/syntaxes/hayes.tmLanguage.json", words.collect());
}

/// Without a port, `hayes run` takes the same one.
#[test]
fn vscode_runs_on_the_simulated_modem_of_the_command_line() {
    let package: serde_json::Value = serde_json::from_str(&read("editors/vscode/package.json")).unwrap();
    let settings = &package["contributes"]["configuration"]["properties"];
    assert_eq!(settings["hayes.simulatedModem"]["default"], hayes::connect::SIMULATED);
}

#[test]
fn tree_sitter_knows_the_words_of_the_grammar() {
    let grammar = read("editors/tree-sitter-hayes/grammar.js");
    let highlights = read("editors/tree-sitter-hayes/queries/highlights.scm");
    let word = Regex::new(r#""([a-z][a-z-]*)""#).unwrap();
    let words = |text: &str| word.captures_iter(text).map(|found| found[1].to_owned()).collect::<BTreeSet<_>>();
    let beside = ["about", "script", "function", "field", "ctrl-z", "cr", "esc", "i"];
    let rules = words(&grammar).into_iter().filter(|word| !beside.contains(&word.as_str())).collect();
    hold("editors/tree-sitter-hayes/grammar.js", rules);
    // The names in a `#any-of?` are no words of the grammar, but names that are always there.
    let lists = highlights.lines().filter(|line| !line.contains("#any-of?")).collect::<Vec<_>>().join("\n");
    // A statement that is one word is a node of that name.
    let alone = ["stop", "break"].into_iter().filter(|word| highlights.contains(&format!("({word}) @keyword")));
    let coloured = words(&lists)
        .into_iter()
        .chain(alone.map(str::to_owned))
        .filter(|word| !beside.contains(&word.as_str()))
        .collect();
    hold("editors/tree-sitter-hayes/queries/highlights.scm", coloured);
}

/// The parser that is made of the grammar reads every script of the library, and the examples of the language, without
/// an error.
#[test]
#[cfg(unix)]
fn tree_sitter_reads_the_library() {
    if !crate::peers::installed("tree-sitter") {
        return;
    }
    let folder = crate::folder::Folder::new();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("editors/tree-sitter-hayes");
    let copied = Command::new("cp").arg("-r").arg(source).arg(folder.0.join("grammar")).status().unwrap();
    assert!(copied.success());
    let grammar = folder.0.join("grammar");
    let tool = |arguments: &[&str]| {
        let mut tool = Command::new("tree-sitter");
        tool.args(arguments).current_dir(&grammar).env("HOME", &folder.0).env("XDG_CACHE_HOME", folder.0.join("cache"));
        crate::peers::within(Duration::from_secs(300), &mut tool)
    };
    let made = tool(&["generate"]);
    assert!(made.status.success(), "{}", crate::peers::all(&made));
    let mut scripts: Vec<String> = Vec::new();
    let examples = topics().map(|word| (word, topic(word).unwrap().example));
    let library = library::scripts().map(|entry| (entry.name, entry.text.to_owned()));
    for (number, (_, text)) in library.chain(examples).enumerate() {
        let file = folder.0.join(format!("{number}.hayes"));
        fs::write(&file, text).unwrap();
        scripts.push(file.display().to_string());
    }
    assert!(scripts.len() > 100);
    let parse: Vec<&str> = ["parse", "--quiet"].into_iter().chain(scripts.iter().map(String::as_str)).collect();
    let parsed = tool(&parse);
    assert!(parsed.status.success(), "{}", crate::peers::all(&parsed));
    let of_zed = ["brackets", "indents", "outline"].map(|query| {
        let languages = Path::new(env!("CARGO_MANIFEST_DIR")).join("editors/zed/languages/hayes");
        languages.join(query).with_extension("scm").display().to_string()
    });
    let own = ["highlights", "folds", "indents"].map(|query| format!("queries/{query}.scm"));
    for query in own.iter().chain(&of_zed) {
        let queried = tool(&["query", query, &scripts[0]]);
        assert!(queried.status.success(), "{}", crate::peers::all(&queried));
    }
}

/// The extension of VS Code beside an editor that is made up.
#[test]
#[cfg(unix)]
fn the_vscode_extension_starts_the_server() {
    if !crate::peers::installed("node") {
        return;
    }
    let mut node = Command::new("node");
    node.args(["--test", "test/"]).current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("editors/vscode"));
    let ran = crate::peers::within(Duration::from_secs(120), &mut node);
    assert!(ran.status.success(), "{}", crate::peers::all(&ran));
}

/// The keys of a schema at a place.
fn schema_keys(schema: &serde_json::Value, place: &str) -> BTreeSet<String> {
    let at = schema.pointer(place).unwrap_or_else(|| panic!("no {place}"));
    assert_eq!(at["additionalProperties"], false, "{place}");
    at["properties"].as_object().unwrap().keys().cloned().collect()
}

/// What `hayes` says in a folder, standard error behind standard output.
fn said(folder: &Folder, arguments: &[&str]) -> String {
    let mut hayes = std::process::Command::new(env!("CARGO_BIN_EXE_hayes"));
    hayes.args(arguments).current_dir(&folder.0).env("COLUMNS", "200").env("XDG_CONFIG_HOME", &folder.0);
    let output = hayes.output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// An inventory's keys are those that the reader knows, and a value of another kind than the schema's is refused.
#[test]
fn the_schema_of_inventories_is_what_is_read() {
    let schema: serde_json::Value = serde_json::from_str(&read("editors/schemas/inventory.schema.json")).unwrap();
    let folder = Folder::new();
    fs::write(folder.0.join("s.hayes"), "AT\n").unwrap();
    let told = |inventory: &str| {
        fs::write(folder.0.join("i.toml"), inventory).unwrap();
        said(&folder, &["batch", "s.hayes", "-i", "i.toml", "--list"])
    };
    let all = [
        ("", ""),
        ("/properties/defaults", "[defaults]\n"),
        ("/properties/modem/items", "[[modem]]\n"),
        ("/properties/range/items", "[[range]]\n"),
        ("/properties/group/additionalProperties", "[group.a]\n"),
        ("/properties/gateway/items", "[[gateway]]\n"),
    ];
    for (place, head) in all {
        let keys = schema_keys(&schema, place);
        let refused = told(&format!("{head}unknown_key = 1\n"));
        let known = refused.split_once("its keys are ").unwrap_or_else(|| panic!("{refused}")).1;
        let known = known.split([';', '\n']).next().unwrap().split(", ").map(|key| key.trim().to_owned());
        assert_eq!(keys, known.collect(), "{head}");
        for key in keys {
            // A date is of no kind that an inventory has.
            let refused = told(&format!("{head}{key} = 2026-11-30\n"));
            assert!(refused.contains("hayes::inventory::value"), "{head}{key}: {refused}");
        }
    }
}

#[test]
fn the_schema_of_settings_is_what_is_read() {
    let schema: serde_json::Value = serde_json::from_str(&read("editors/schemas/hayes.schema.json")).unwrap();
    let folder = Folder::new();
    let listed = said(&folder, &["config"]);
    let known: BTreeSet<String> = listed.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect();
    assert!(known.len() > 20, "{listed}");
    let with = |more: &[&str]| known.iter().cloned().chain(more.iter().map(|key| (*key).to_owned())).collect();
    let whole: BTreeSet<String> = with(&["vars", "profile"]);
    assert_eq!(schema_keys(&schema, ""), whole);
    let profile: BTreeSet<String> = with(&["vars"]);
    assert_eq!(schema_keys(&schema, "/properties/profile/additionalProperties"), profile);
}
