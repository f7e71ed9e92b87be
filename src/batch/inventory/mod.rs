//! Which modems there are, and what each is given: TOML, or CSV as spreadsheets write it.
//!
//! Modems are collected from all files, checked against each other, and given what their groups and the defaults say.
//! All that is wrong is told at once, each with its place.

mod csv;
mod select;
mod toml;

use std::collections::{BTreeMap, HashMap};
use std::fmt::Display;
use std::sync::Arc;

use crate::connect::Address;
use crate::diagnostic::{self, Complaint, Diagnostic};
use crate::source::{Name, Source, Span};

pub use select::Selection;
pub(crate) use select::glob;

#[derive(Debug, Clone, Default)]
pub struct Inventory {
    pub modems: Vec<BatchModem>,
    /// Of the groups that say so: how many of their modems run at the same time.
    pub max_parallel: BTreeMap<String, usize>,
    /// `ports = […]`: where modems are looked for that are named by their IMEI or ICCID; may hold globs.
    pub ports: Vec<String>,
    /// `[[gateway]]`: the machines that have modems of their own
    pub gateways: Vec<FleetGateway>,
}

/// A machine that an agent drives the modems of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FleetGateway {
    pub name: String,
    /// The public key that `hayes agent enroll` has printed
    pub key: Option<String>,
    /// The one that secrets are sealed to
    pub seal: Option<String>,
}

/// One modem. What its groups and the defaults say is merged in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BatchModem {
    pub name: String,
    /// Where it is; with an identity: where it is looked for first.
    pub address: Option<Address>,
    /// Who it is, where cables may have been swapped.
    pub identity: Identity,
    pub groups: Vec<Arc<str>>,
    /// `label.rack = "A3"`: to select by, and columns of reports
    pub labels: BTreeMap<Arc<str>, String>,
    pub vars: BTreeMap<Arc<str>, String>,
    /// Bits a second
    pub baud: Option<u32>,
    /// The gateway that it is at; none: this machine
    pub gateway: Option<Arc<str>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Identity {
    /// 15 digits
    pub imei: Option<String>,
    /// 18 to 20 digits, without the padding F
    pub iccid: Option<String>,
}

impl BatchModem {
    /// Its port, as it is written; empty where it was not found.
    pub fn port(&self) -> String {
        self.address.as_ref().map(ToString::to_string).unwrap_or_default()
    }
}

impl Identity {
    pub fn is_empty(&self) -> bool {
        self.imei.is_none() && self.iccid.is_none()
    }

    /// `IMEI 351234561234567, ICCID 8988307000000000001`
    pub fn named(&self, between: &str) -> String {
        let numbers = [("IMEI", &self.imei), ("ICCID", &self.iccid)];
        let named = numbers.iter().filter_map(|(what, number)| Some(format!("{what} {}", number.as_ref()?)));
        named.collect::<Vec<String>>().join(between)
    }
}

/// More modems than anybody has on a bench: a slip of the finger in a range.
pub const MOST_MODEMS: usize = 100_000;

/// Reads inventories as one list. CSV is told from TOML by the file's name, else by its first line.
pub fn read(sources: &[Arc<Source>]) -> Result<Inventory, Vec<Diagnostic>> {
    let mut draft = Draft::default();
    for source in sources {
        draft.source = Arc::clone(source);
        match foreign_format(source) {
            Some((format, span)) => draft.problem(span, "hayes::inventory::format", &[&format]),
            None if is_csv(source) => csv::read(&mut draft),
            None => toml::read(&mut draft),
        }
    }
    draft.finish().map_err(|mut diagnostics| {
        let shown: Vec<Arc<Source>> = sources.iter().map(|source| without_values(source)).collect();
        for diagnostic in &mut diagnostics {
            let place = sources.iter().position(|source| Arc::ptr_eq(source, &diagnostic.source));
            if let Some(shown) = place.and_then(|place| shown.get(place)) {
                diagnostic.source = Arc::clone(shown);
            }
        }
        diagnostics
    })
}

/// An inventory as diagnostics show it: with the values of `vars` hidden, for one may be a secret.
fn without_values(source: &Source) -> Arc<Source> {
    let values = match foreign_format(source) {
        Some(_) => std::iter::once(0..source.text.len()).collect(),
        None if is_csv(source) => csv::values(&source.text),
        None => toml::values(&source.text),
    };
    source.overwritten(values, b"")
}

/// The form of text that other tools keep inventories in, and the line that shows it.
fn foreign_format(source: &Source) -> Option<(&'static str, Span)> {
    let name = source.name.to_ascii_lowercase();
    let first = source.text.lines().find(|line| !line.trim().is_empty() && !line.starts_with('#'))?;
    let is_json = first.starts_with('{') || first.starts_with("[{") || name.ends_with(".json");
    let is_key = first.ends_with(':') && !first.contains(['=', ',', ';', '\t', '[']);
    let is_yaml = first == "---" || is_key || name.ends_with(".yaml") || name.ends_with(".yml");
    let start = source.text.find(first)?;
    let is_script = name.ends_with(".hayes").then_some("a script");
    let format = is_script.or(is_json.then_some("JSON")).or(is_yaml.then_some("YAML"))?;
    Some((format, Span::new(start, start + first.len())))
}

fn is_csv(source: &Source) -> bool {
    let name = source.name.to_ascii_lowercase();
    if name.ends_with(".csv") || name.ends_with(".tsv") {
        return true;
    }
    if name.ends_with(".toml") {
        return false;
    }
    let text = source.text.trim_start_matches('\u{feff}');
    let first = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#')).unwrap_or_default();
    !first.starts_with('[') && !first.contains('=')
}

/// The key that was probably meant.
fn nearest<'k>(name: &str, keys: &[&'k str]) -> Option<&'k str> {
    let foreign = crate::notation::rows(include_str!("foreign.md"));
    let mut meant = foreign.filter(|(words, _)| words.split(' ').any(|word| word == name)).map(|(_, key)| key);
    meant
        .find_map(|meant| keys.iter().copied().find(|key| *key == meant))
        .or_else(|| diagnostic::nearest(&name.replace('_', "-"), keys.iter().copied()))
}

#[derive(Debug, Default, Clone)]
struct ModemEntry {
    name: Option<Name>,
    port: Option<Name>,
    imei: Option<Name>,
    iccid: Option<Name>,
    gateway: Option<Name>,
    groups: Vec<Name>,
    settings: ModemSettings,
    span: Span,
}

#[derive(Debug, Default, Clone)]
struct ModemSettings {
    vars: BTreeMap<Arc<str>, String>,
    labels: BTreeMap<Arc<str>, String>,
    baud: Option<u32>,
}

#[derive(Debug, Default)]
struct Draft {
    source: Arc<Source>,
    modems: Vec<(BatchModem, ModemSettings)>,
    defaults: ModemSettings,
    groups: BTreeMap<String, ModemSettings>,
    outer_groups: BTreeMap<String, Vec<Name>>,
    max_parallel: BTreeMap<String, usize>,
    ports: Vec<String>,
    gateways: Vec<FleetGateway>,
    gateways_named: Vec<(Arc<Source>, Name)>,
    /// Each group that a modem is in, with its first place
    groups_named: BTreeMap<String, (Arc<Source>, Span)>,
    /// What each modem has alone, its name, port, IMEI and ICCID; and the place and the name of the first that has it
    seen: HashMap<String, (Arc<Source>, Name)>,
    group_names: HashMap<String, Arc<str>>,
    diagnostics: Vec<Diagnostic>,
    too_many: bool,
}

impl Draft {
    /// What is wrong there, in the words of its page.
    fn problem(&mut self, span: Span, page: &'static str, values: &[&dyn Display]) {
        self.diagnostics.push(Diagnostic::told(page, &self.source, span, values));
    }

    fn group(&mut self, name: &str, max_parallel: Option<usize>, settings: &ModemSettings) {
        self.groups.entry(name.to_owned()).or_default().overlay(settings);
        self.max_parallel.extend(max_parallel.map(|most| (name.to_owned(), most)));
    }

    /// All that are in the group are in these too.
    fn is_in(&mut self, group: &str, outer: Vec<Name>) {
        for name in &outer {
            let mut around = vec![name.value.as_str()];
            let mut place = 0;
            while let Some(next) = around.get(place).copied() {
                place += 1;
                let further = self.outer_groups.get(next).into_iter().flatten().map(|name| name.value.as_str());
                around.extend(further.filter(|name| !around.contains(name)).collect::<Vec<_>>());
            }
            if around.contains(&group) {
                return self.problem(name.span, "hayes::inventory::group-circle", &[&group]);
            }
        }
        self.outer_groups.entry(group.to_owned()).or_default().extend(outer);
    }

    /// False once there are too many, which is told.
    fn has_room(&mut self, span: Span, more: usize) -> bool {
        if self.modems.len().saturating_add(more) <= MOST_MODEMS {
            return true;
        }
        if !std::mem::replace(&mut self.too_many, true) {
            self.problem(span, "hayes::inventory::too-many", &[&MOST_MODEMS]);
        }
        false
    }

    fn add(&mut self, entry: ModemEntry) {
        if !self.has_room(entry.span, 1) {
            return;
        }
        let Some(name) = entry.name.as_ref().filter(|name| !name.value.is_empty()) else {
            return self.problem(entry.span, "hayes::inventory::no-name", &[]);
        };
        if let Some(wrong) = wrong_name(&name.value) {
            let is_range = name.value.contains("..") && name.value.contains('{');
            let page = if is_range { "hayes::inventory::name range" } else { "hayes::inventory::name" };
            return self.problem(name.span, page, &[&format_args!("{:?}", name.value), &wrong]);
        }
        let key = format!("name {}", name.value);
        if !self.is_sole(key, name, &name.value, "hayes::inventory::name-twice", &[&"modems"]) {
            return;
        }
        let imei = entry.imei.as_ref().and_then(|imei| self.digits(imei, &name.value, true));
        let iccid = entry.iccid.as_ref().and_then(|iccid| self.digits(iccid, &name.value, false));
        let address = entry.port.as_ref().and_then(|port| self.address(port, &name.value, entry.gateway.as_ref()));
        let gateway = entry.gateway.as_ref().map(|gateway| self.shared(&gateway.value));
        self.gateways_named.extend(entry.gateway.clone().map(|gateway| (Arc::clone(&self.source), gateway)));
        for group in &entry.groups {
            self.groups_named.entry(group.value.clone()).or_insert_with(|| (Arc::clone(&self.source), group.span));
        }
        if entry.port.is_none() && entry.imei.is_none() && entry.iccid.is_none() {
            self.problem(entry.span, "hayes::inventory::no-port", &[&name.value]);
        }
        let modem = BatchModem {
            name: name.value.clone(),
            address,
            identity: Identity { imei, iccid },
            groups: entry.groups.iter().map(|group| self.shared(&group.value)).collect(),
            gateway,
            ..BatchModem::default()
        };
        self.modems.push((modem, entry.settings));
    }

    /// One text for each group's name, however many modems have it.
    fn shared(&mut self, name: &str) -> Arc<str> {
        let known = self.group_names.entry(name.to_owned()).or_insert_with(|| name.into());
        Arc::clone(known)
    }

    /// An IMEI, or an ICCID without its padding.
    fn digits(&mut self, placed: &Name, modem: &str, is_imei: bool) -> Option<String> {
        let (count, page, twice) = match is_imei {
            true => (15..=15, "hayes::inventory::imei", "hayes::inventory::identity-twice"),
            false => (18..=20, "hayes::inventory::iccid", "hayes::inventory::identity-twice iccid"),
        };
        let digits: String = placed.value.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
        let digits = if is_imei { digits } else { digits.trim_end_matches(['F', 'f']).to_owned() };
        if !count.contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            self.problem(placed.span, page, &[&format_args!("{:?}", placed.value)]);
            return None;
        }
        self.is_sole(format!("{page} {digits}"), placed, modem, twice, &[]);
        Some(digits)
    }

    fn address(&mut self, port: &Name, modem: &str, gateway: Option<&Name>) -> Option<Address> {
        let told = |error: Complaint| {
            self.problem(port.span, "hayes::inventory::port", &[&error.message, &error.help.unwrap_or_default()]);
        };
        let address = Address::parse(&port.value).map_err(told).ok()?;
        // Each simulated or replayed modem is one of its own, even under the same address.
        if !matches!(address, Address::Simulator { .. } | Address::Replay(_)) {
            // Each gateway has devices of its own; what is on the network is the same from everywhere.
            let (mark, is_everywhere) = address.mark();
            let whose = gateway.filter(|_| !is_everywhere).map(|gateway| gateway.value.as_str()).unwrap_or_default();
            self.is_sole(format!("port {whose} {mark}"), port, modem, "hayes::inventory::port-twice", &[&address]);
        }
        Some(address)
    }

    /// Whether no other modem has this too; else that is told: `values`, then the first modem, are what the page is
    /// given.
    fn is_sole(&mut self, key: String, place: &Name, modem: &str, page: &'static str, values: &[&dyn Display]) -> bool {
        let Some((source, first)) = self.seen.get(&key) else {
            let first = Name { value: modem.to_owned(), span: place.span };
            self.seen.insert(key, (Arc::clone(&self.source), first));
            return true;
        };
        let told = Diagnostic::told(page, &self.source, place.span, &[values, &[&first.value]].concat());
        self.diagnostics.push(if Arc::ptr_eq(&self.source, source) {
            told.at(first.span, "first here")
        } else {
            let line = source.position(first.span.start as usize).line;
            let help = told.help.clone().unwrap_or_default();
            told.help(format!("{help}; the first is at {}:{line}", source.name))
        });
        false
    }

    fn add_gateway(&mut self, name: &Name, key: Option<Name>, seal: Option<Name>) {
        let page = "hayes::inventory::name-twice";
        if self.is_sole(format!("gateway {}", name.value), name, &name.value, page, &[&"gateways"]) {
            let [key, seal] = [key, seal].map(|key| key.map(|key| key.value));
            self.gateways.push(FleetGateway { name: name.value.clone(), key, seal });
        }
    }

    /// A modem's gateway is one of those that there are.
    fn know_gateways(&mut self) {
        for (source, named) in std::mem::take(&mut self.gateways_named) {
            if !self.gateways.iter().any(|gateway| gateway.name == named.value) {
                let near = diagnostic::nearest(&named.value, self.gateways.iter().map(|gateway| gateway.name.as_str()));
                let otherwise =
                    || format!("add a [[gateway]] with name = \"{}\"; `hayes agent enroll` prints it", named.value);
                let help = near.map_or_else(otherwise, |near| format!("did you mean {near}?"));
                let values: [&dyn Display; 2] = [&named.value, &help];
                self.diagnostics.push(Diagnostic::told("hayes::inventory::gateway", &source, named.span, &values));
            }
        }
    }

    /// A group of which nothing is said is misspelt where nobody is in one of nearly its name.
    fn know_groups(&mut self) {
        let outer: Vec<&str> = self.outer_groups.values().flatten().map(|name| name.value.as_str()).collect();
        let is_idle = |group: &&str| !self.groups_named.contains_key(*group) && !outer.contains(group);
        let idle: Vec<&str> = self.groups.keys().map(String::as_str).filter(is_idle).collect();
        for (name, (source, span)) in self.groups_named.iter().filter(|(name, _)| !self.groups.contains_key(*name)) {
            // `rack1` and `rack2` are two.
            let letters = |name: &str| name.replace(|char: char| char.is_ascii_digit(), "");
            let idle = idle.iter().copied().filter(|idle| letters(idle) != letters(name));
            if let Some(near) = diagnostic::nearest(name, idle) {
                let told = Diagnostic::told("hayes::inventory::group", source, *span, &[name, &near]);
                self.diagnostics.push(told);
            }
        }
    }

    fn finish(mut self) -> Result<Inventory, Vec<Diagnostic>> {
        self.know_gateways();
        self.know_groups();
        if !self.diagnostics.is_empty() {
            self.diagnostics.sort_by_key(|diagnostic| diagnostic.span().unwrap_or_default().start);
            return Err(self.diagnostics);
        }
        let merge = |(mut modem, own): (BatchModem, ModemSettings)| {
            let mut settings = self.defaults.clone();
            if !self.outer_groups.is_empty() {
                let mut groups = Vec::new();
                modem.groups.iter().for_each(|group| with_outer(group, &self.outer_groups, &mut groups));
                modem.groups = groups;
            }
            let groups = modem.groups.iter().filter_map(|name| self.groups.get(&**name));
            groups.for_each(|group| settings.overlay(group));
            settings.overlay(&own);
            modem.vars = settings.vars;
            modem.labels = settings.labels;
            modem.baud = settings.baud;
            modem
        };
        Ok(Inventory {
            modems: self.modems.into_iter().map(merge).collect(),
            max_parallel: self.max_parallel,
            ports: self.ports,
            gateways: self.gateways,
        })
    }
}

/// Adds the group behind those that it stands in, so that it beats them.
fn with_outer(group: &Arc<str>, outer: &BTreeMap<String, Vec<Name>>, all: &mut Vec<Arc<str>>) {
    if all.contains(group) {
        return;
    }
    for name in outer.get(&**group).into_iter().flatten() {
        with_outer(&Arc::from(name.value.as_str()), outer, all);
    }
    all.push(Arc::clone(group));
}

impl ModemSettings {
    /// What `over` says beats what stands here.
    fn overlay(&mut self, over: &ModemSettings) {
        self.vars.extend(over.vars.iter().map(|(name, value)| (Arc::clone(name), value.clone())));
        self.labels.extend(over.labels.iter().map(|(name, value)| (Arc::clone(name), value.clone())));
        self.baud = over.baud.or(self.baud);
    }
}

/// What is wrong with a name: it stands in selections, in file names and in a terminal.
fn wrong_name(name: &str) -> Option<&'static str> {
    if name.trim() != name {
        Some("begins or ends with a blank")
    } else if name.starts_with(['!', '&', '@', '-', '.', '~']) {
        Some("begins with a sign that --limit, a shell or a file system would take for its own")
    } else if name.contains([',', ':', '*', '?', '[', ']', '=', '\\', '"']) {
        Some("holds a sign that --limit takes for its own")
    } else if name.contains(['{', '}']) {
        Some("holds a brace, which only a [[range]] gives a meaning")
    } else if name.chars().any(char::is_control) {
        Some("holds control characters")
    } else if name.chars().count() > 100 {
        Some("is longer than 100 characters")
    } else {
        None
    }
}
