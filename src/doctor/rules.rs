//! What udev's rules make of a device, told by their files as udev reads them (udev(7)): the file of a name counts in
//! the first folder that has it, lines go by the names of the files, and the last that sets a thing holds. No program
//! that a rule names is run: what hangs on one is taken for true.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::port::list::names_in;
use crate::source::{LARGEST_TEXT, read_binary};

/// Where rules stand, the first before the others.
const RULE_FOLDERS: [&str; 5] =
    ["etc/udev/rules.d", "run/udev/rules.d", "usr/local/lib/udev/rules.d", "usr/lib/udev/rules.d", "lib/udev/rules.d"];

/// All lines of all files, in the order that udev takes them.
pub(crate) struct Rules(Vec<Rule>);

#[derive(Debug)]
pub(crate) struct Rule {
    file: String,
    line: usize,
    /// It has a `#` before it, and would be a rule without.
    pub(crate) is_comment: bool,
    terms: Vec<RuleTerm>,
}

/// `ATTRS{idVendor}=="2c7c"`
#[derive(Debug)]
struct RuleTerm {
    key: String,
    attribute: String,
    operator: &'static str,
    value: String,
}

/// A device, or one that it is plugged into, as the keys of a rule name it.
#[derive(Default)]
pub(crate) struct Node {
    pub(crate) kernel: String,
    pub(crate) subsystem: &'static str,
    pub(crate) driver: String,
    /// Its attributes are files here.
    pub(crate) folder: PathBuf,
}

/// What rules are tried on: the device first, then what it is plugged into; and the properties that udev gives it.
pub(crate) struct UdevEvent {
    pub(crate) nodes: Vec<Node>,
    pub(crate) properties: BTreeMap<String, String>,
}

impl Rules {
    pub(crate) fn below(root: &Path) -> Rules {
        let mut files = BTreeMap::new();
        for folder in RULE_FOLDERS {
            for name in names_in(&root.join(folder)).into_iter().filter(|name| name.ends_with(".rules")) {
                files.entry(name.clone()).or_insert_with(|| format!("{folder}/{name}"));
            }
        }
        Rules(files.into_values().flat_map(|file| read(root, &file)).collect())
    }

    /// The value that is set in the end, `ENV{ID_MM_DEVICE_IGNORE}` for one, and the rule that sets it.
    pub(crate) fn set(&self, event: &UdevEvent, key: &str) -> Option<(&str, &Rule)> {
        let mut properties = event.properties.clone();
        let mut found = None;
        let mut skipped: Option<(&str, &str)> = None;
        for rule in self.0.iter().filter(|rule| !rule.is_comment) {
            let is_label = |term: &RuleTerm| term.key == "LABEL" && skipped == Some((&rule.file, &term.value));
            if skipped.is_some_and(|(file, _)| file != rule.file) || rule.terms.iter().any(is_label) {
                skipped = None;
            }
            if skipped.is_some() || !rule.is_of(&event.nodes, &properties) {
                continue;
            }
            for term in rule.terms.iter().filter(|term| !term.is_condition()) {
                if term.name() == key {
                    found = Some((&*term.value, rule));
                }
                match &*term.key {
                    "ENV" => _ = properties.insert(term.attribute.clone(), term.value.clone()),
                    "GOTO" => skipped = Some((&rule.file, &term.value)),
                    _ => {}
                }
            }
        }
        found
    }

    /// The rule that would set it, were there no `#` before it: one that says which device it is for.
    pub(crate) fn commented_out(&self, event: &UdevEvent, key: &str, value: &str) -> Option<&Rule> {
        let sets = |term: &RuleTerm| !term.is_condition() && term.name() == key && term.value == value;
        self.0.iter().find(|rule| {
            rule.is_comment
                && rule.terms.iter().any(sets)
                && rule.terms.iter().any(RuleTerm::is_condition)
                && rule.is_of(&event.nodes, &event.properties)
        })
    }

    /// Whether a rule that is for this device runs something in whose name this stands.
    pub(crate) fn runs(&self, event: &UdevEvent, program: &str) -> Option<&Rule> {
        let runs = |term: &RuleTerm| term.key == "RUN" && term.value.contains(program);
        let mut rules = self.0.iter().filter(|rule| !rule.is_comment && rule.terms.iter().any(runs));
        rules.find(|rule| rule.is_of(&event.nodes, &event.properties))
    }

    /// Whether there are files of this name, and no rule in any of them: so an administrator switches them off.
    pub(crate) fn are_emptied(&self, root: &Path, name: &str) -> bool {
        let first = |folder: &str| names_in(&root.join(folder)).into_iter().any(|file| file.contains(name));
        RULE_FOLDERS.into_iter().any(first) && !self.0.iter().any(|rule| !rule.is_comment && rule.file.contains(name))
    }
}

impl Rule {
    /// `/etc/udev/rules.d/99-hayes.rules, line 3`
    pub(crate) fn place(&self) -> String {
        format!("/{}, line {}", self.file, self.line)
    }

    /// The keys that end with S are looked for in one device of the line, all in the same.
    fn is_of(&self, nodes: &[Node], properties: &BTreeMap<String, String>) -> bool {
        let Some(own) = nodes.first() else { return false };
        let conditions = || self.terms.iter().filter(|term| term.is_condition());
        let is_above = |term: &&RuleTerm| matches!(&*term.key, "KERNELS" | "SUBSYSTEMS" | "DRIVERS" | "ATTRS");
        conditions().filter(|term| !is_above(term)).all(|term| term.holds(own, properties))
            && nodes.iter().any(|node| conditions().filter(is_above).all(|term| term.holds(node, properties)))
    }
}

impl RuleTerm {
    fn is_condition(&self) -> bool {
        matches!(self.operator, "==" | "!=")
    }

    fn name(&self) -> String {
        if self.attribute.is_empty() { self.key.clone() } else { format!("{}{{{}}}", self.key, self.attribute) }
    }

    fn holds(&self, node: &Node, properties: &BTreeMap<String, String>) -> bool {
        let value = match self.key.trim_end_matches('S') {
            "ACTION" => "add".to_owned(),
            "KERNEL" => node.kernel.clone(),
            "SUBSYSTEM" => node.subsystem.to_owned(),
            "DRIVER" => node.driver.clone(),
            "ATTR" => match super::read(&node.folder.join(&self.attribute)) {
                Some(value) => value.trim_end().to_owned(),
                // What is not there matches nothing, not even `!=` (udev(7)).
                None => return false,
            },
            "ENV" => properties.get(&self.attribute).cloned().unwrap_or_default(),
            _ => return true,
        };
        let fits = self.value.split('|').any(|pattern| fits(pattern.as_bytes(), value.as_bytes()));
        fits == (self.operator == "==")
    }
}

/// As a shell's pattern: `*`, `?`, `[a-z]`, `[!0-9]`. Where it fails, only the last star takes one byte more.
fn fits(mut pattern: &[u8], mut text: &[u8]) -> bool {
    // What stands behind the last star, and the text that this was tried on
    let mut star: Option<(&[u8], &[u8])> = None;
    loop {
        if let [b'*', behind @ ..] = pattern {
            pattern = behind;
            star = Some((pattern, text));
        } else if pattern.is_empty() && text.is_empty() {
            return true;
        } else if let Some((byte, rest)) = text.split_first()
            && let Some(behind) = behind_one(pattern, *byte)
        {
            (pattern, text) = (behind, rest);
        } else if let Some((behind, [_, rest @ ..])) = star {
            (pattern, text) = (behind, rest);
            star = Some((pattern, text));
        } else {
            return false;
        }
    }
}

/// The rest of a pattern, where its first sign is for this byte.
fn behind_one(pattern: &[u8], byte: u8) -> Option<&[u8]> {
    let (first, pattern) = pattern.split_first()?;
    if *first != b'[' {
        return (*first == b'?' || *first == byte).then_some(pattern);
    }
    let end = pattern.iter().skip(1).position(|byte| *byte == b']')?;
    let (set, pattern) = pattern.split_at(end + 1);
    let (set, is_without) = match set {
        [b'!' | b'^', set @ ..] => (set, true),
        _ => (set, false),
    };
    let in_range = |range: &[u8]| matches!(range, [from, b'-', to] if (from..=to).contains(&&byte));
    let is_in = set.contains(&byte) || set.windows(3).any(in_range);
    (is_in != is_without).then(|| pattern.get(1..).unwrap_or_default())
}

fn read(root: &Path, file: &str) -> Vec<Rule> {
    // A link to /dev/null takes away the file of the same name in another folder.
    let text = read_binary(&root.join(file), LARGEST_TEXT).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let mut rules = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((at, line)) = lines.next() {
        let mut line = line.trim().to_owned();
        while let Some(begun) = line.strip_suffix('\\') {
            line = format!("{begun} {}", lines.next().map_or("", |(_, more)| more.trim()));
        }
        let bare = line.trim_start_matches(['#', ' ', '\t']);
        let is_comment = line.starts_with('#');
        if let Some(terms) = terms(bare).filter(|terms| !terms.is_empty()) {
            rules.push(Rule { file: file.to_owned(), line: at + 1, is_comment, terms });
        }
    }
    rules
}

/// What stands in a line; none where it is no rule.
fn terms(line: &str) -> Option<Vec<RuleTerm>> {
    let mut terms = Vec::new();
    let mut rest = line;
    while !rest.is_empty() {
        let (left, right) = rest.split_once('"')?;
        // `e"…"` has escapes, `i"…"` is for any case.
        let left = left.trim_end_matches(['e', 'i']);
        let operator = ["==", "!=", "+=", "-=", ":=", "="].into_iter().find(|operator| left.ends_with(operator))?;
        let name = left.strip_suffix(operator)?.trim();
        let (key, attribute) = match name.split_once('{') {
            Some((key, attribute)) => (key, attribute.strip_suffix('}')?),
            None => (name, ""),
        };
        if key.is_empty() || !key.chars().all(|c| c.is_ascii_uppercase() || c == '_') {
            return None;
        }
        let end = right
            .match_indices('"')
            .map(|(at, _)| at)
            .find(|at| !right.get(..*at).unwrap_or_default().ends_with('\\'))?;
        let (value, behind) = right.split_at(end);
        let (key, attribute, value) = (key.to_owned(), attribute.to_owned(), value.to_owned());
        terms.push(RuleTerm { key, attribute, operator, value });
        rest = behind.strip_prefix('"')?.trim_start_matches([',', ' ', '\t']);
    }
    Some(terms)
}
