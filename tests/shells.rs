//! The completion scripts, in the shells that they are for: what only a look at scripts and ports tells is asked of
//! `hayes complete-word`. The shell's own part, what the cursor's word is, is done as the shell does it.

use std::fs;
use std::process::Command;

use crate::folder::Folder;
use crate::peers;

/// What is typed, a row each, and what it comes to: at most four words.
const TYPED: [(&str, &str); 9] = [
    ("hayes run supersim/setup -p sim:bg9", "sim:bg95 sim:bg96"),
    ("hayes run supersim/setup --port=sim:bg9", "--port=sim:bg95 --port=sim:bg96"),
    ("hayes run supersim/setup -V an", "any_sim="),
    ("hayes run \"my own.hayes\" -V an", "any_sim="),
    ("hayes run my\\ own.hayes -V an", "any_sim="),
    ("hayes batch x -i modems.toml -l ben", "bench"),
    ("hayes run supersim/set-a", "supersim/set-apn"),
    ("hayes at AT+CES", "AT+CESQ"),
    ("hayes sim bg96 --fault chao", "chaos"),
];

/// Words with a blank in them: bash completes them as files by itself, in their quotes.
const BLANKS: [(&str, &str); 4] = [
    ("hayes run \"my o", ""),
    ("hayes run 'my s", ""),
    ("hayes run my\\ s", ""),
    ("hayes run \"my own.hayes\" -V \"an y", ""),
];

const BASH: &str = r#"
source completions
compopt() { :; }
while IFS= read -r line; do
    COMP_LINE="$line" COMP_POINT=${#line} IFS=$' \t\n:='
    COMP_WORDS=($line)
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) IFS=$' \t\n'
    _hayes_words hayes "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
    echo "${COMPREPLY[*]}"
done <typed
"#;

const ZSH: &str = r#"
compdef() { : }
source completions 2>/dev/null
_hayes() { : }
compadd() { while [[ $1 != -- ]]; do shift; done; shift; listed+=("$@") }
while IFS= read -r line; do
    words=(${(z)line}) CURRENT=${#words} 
    () { local -a listed; _hayes_words; print -r -- "$listed" }
done <typed
"#;

const FISH: &str = "
source completions
while read -l line
    echo (complete -C $line)
end <typed
";

#[test]
fn shells_complete_what_only_hayes_knows() {
    for (shell, script) in [("bash", BASH), ("zsh", ZSH), ("fish", FISH)] {
        if !peers::installed(shell) {
            continue;
        }
        let folder = Folder::new();
        let write = |name: &str, text: &str| fs::write(folder.0.join(name), text).unwrap();
        let program = std::path::Path::new(env!("CARGO_BIN_EXE_hayes"));
        let completions = Command::new(program).args(["completions", shell]).output().unwrap();
        // Two colons would leave no flag behind a script to complete.
        assert!(shell != "zsh" || !String::from_utf8_lossy(&completions.stdout).contains("'*::"));
        fs::write(folder.0.join("completions"), completions.stdout).unwrap();
        write("modems.toml", "[[modem]]\nname = \"a\"\nport = \"sim:bg96\"\ngroups = [\"bench\"]\n");
        write("my own.hayes", "param any_sim = \"x\"\nAT\n");
        let typed: Vec<_> = TYPED.iter().chain(BLANKS.iter().filter(|_| shell == "bash")).collect();
        write("typed", &typed.iter().map(|(line, _)| format!("{line}\n")).collect::<String>());
        write("try", script);
        let path = format!("{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap());
        let flags: &[&str] = match shell {
            "bash" => &["--norc", "try"],
            "zsh" => &["-f", "try"],
            _ => &["--no-config", "try"],
        };
        let tried = Command::new(shell).args(flags).current_dir(&folder.0).env("PATH", path).output().unwrap();
        // Readline replaces what stands behind the last colon or equals sign only.
        let cut = |word: &str| match shell {
            "bash" => word.trim_end_matches('=').rsplit([':', '=']).next().unwrap().to_owned(),
            _ => word.trim_end_matches('=').to_owned(),
        };
        let words = |line: &str| line.split(' ').map(cut).collect::<Vec<_>>().join(" ");
        let found: Vec<String> = String::from_utf8_lossy(&tried.stdout).lines().map(words).collect();
        let wanted: Vec<String> = typed.iter().map(|(_, wanted)| words(wanted)).collect();
        assert_eq!(found, wanted, "{shell}: {}", String::from_utf8_lossy(&tried.stderr));
    }
}
