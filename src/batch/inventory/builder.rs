//! Collects modems from files, checks them against each other, and merges in what groups and defaults say.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::{Group, Identity, Inventory, MOST_MODEMS, Modem};
use crate::connect::Address;
use crate::diagnostic::Diagnostic;
use crate::source::{Source, Span};

/// A text of the inventory and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Placed {
    pub(super) text: String,
    pub(super) span: Span,
}

/// One modem as a file has it.
#[derive(Debug, Default)]
pub(super) struct Entry {
    pub(super) name: Option<Placed>,
    pub(super) port: Option<Placed>,
    pub(super) imei: Option<Placed>,
    pub(super) iccid: Option<Placed>,
    pub(super) groups: Vec<Placed>,
    pub(super) settings: Settings,
    /// The whole entry
    pub(super) span: Span,
}

/// What a modem, a group and the defaults may all say.
#[derive(Debug, Default, Clone)]
pub(super) struct Settings {
    pub(super) vars: BTreeMap<Arc<str>, String>,
    pub(super) labels: BTreeMap<Arc<str>, String>,
    pub(super) baud: Option<u32>,
}

#[derive(Debug, Default)]
pub(super) struct Builder {
    modems: Vec<(Modem, Settings)>,
    defaults: Settings,
    groups: BTreeMap<String, (Group, Settings)>,
    ports: Vec<String>,
    names: HashMap<String, Place>,
    addresses: HashMap<Address, Place>,
    identities: HashMap<String, Place>,
    group_names: HashMap<String, Arc<str>>,
    diagnostics: Vec<Diagnostic>,
    too_many: bool,
}

/// Where something stood first.
#[derive(Debug, Clone)]
struct Place {
    source: Arc<Source>,
    span: Span,
    modem: String,
}

impl Builder {
    pub(super) fn problem(
        &mut self,
        source: &Arc<Source>,
        span: Span,
        code: &'static str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let help = help.into();
        let diagnostic = Diagnostic::new(code, source, message).at(span, "");
        self.diagnostics.push(if help.is_empty() { diagnostic } else { diagnostic.help(help) });
    }

    pub(super) fn defaults(&mut self, settings: Settings) {
        self.defaults.overlay(&settings);
    }

    pub(super) fn group(&mut self, name: &str, group: Group, settings: Settings) {
        let known = self.groups.entry(name.to_owned()).or_default();
        known.0.max_parallel = group.max_parallel.or(known.0.max_parallel);
        known.1.overlay(&settings);
    }

    pub(super) fn ports(&mut self, ports: impl IntoIterator<Item = String>) {
        self.ports.extend(ports);
    }

    /// False once there are too many, which is told.
    pub(super) fn has_room(&mut self, source: &Arc<Source>, span: Span, more: usize) -> bool {
        if self.modems.len().saturating_add(more) <= MOST_MODEMS {
            return true;
        }
        if !std::mem::replace(&mut self.too_many, true) {
            let message = format!("that makes more than {MOST_MODEMS} modems");
            self.problem(source, span, "hayes::inventory::too-many", message, "split the inventory");
        }
        false
    }

    pub(super) fn add(&mut self, source: &Arc<Source>, entry: Entry) {
        if !self.has_room(source, entry.span, 1) {
            return;
        }
        let Some(name) = entry.name.as_ref().filter(|name| !name.text.is_empty()) else {
            let help = "give it a name: results and --resume know a modem by it";
            self.problem(source, entry.span, "hayes::inventory::no-name", "this modem has no name", help);
            return;
        };
        if let Some(wrong) = wrong_name(&name.text) {
            let message = format!("{:?} is no name for a modem: it {wrong}", name.text);
            let help = if name.text.contains("..") && name.text.contains('{') {
                "many modems in one entry are a [[range]]; a [[modem]] is one"
            } else {
                "a name is letters, digits and . _ - / @, as gw-0001"
            };
            self.problem(source, name.span, "hayes::inventory::name", message, help);
            return;
        }
        let place = |span| Place { source: Arc::clone(source), span, modem: name.text.clone() };
        if let Some(first) = self.names.get(&name.text).cloned() {
            let message = format!("there are two modems called {}", name.text);
            self.twice(source, name.span, &first, "hayes::inventory::name-twice", message, "rename one of them");
            return;
        }
        self.names.insert(name.text.clone(), place(name.span));
        let identity = self.identity(source, &entry, &place);
        let address = self.address(source, &entry, &place);
        if entry.port.is_none() && entry.imei.is_none() && entry.iccid.is_none() {
            let message = format!("{} has no port", name.text);
            let help = "say where it is: a device, tcp://host:port, rfc2217://host:port, sim:MODEL; or who it is: imei";
            self.problem(source, entry.span, "hayes::inventory::no-port", message, help);
        }
        let groups = entry.groups.iter().map(|group| self.shared(&group.text)).collect();
        let modem = Modem {
            name: name.text.clone(),
            address,
            identity,
            groups,
            labels: BTreeMap::new(),
            vars: BTreeMap::new(),
            baud: None,
        };
        self.modems.push((modem, entry.settings));
    }

    /// One text for each group's name, however many modems have it.
    fn shared(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.group_names.get(name) {
            return Arc::clone(known);
        }
        let shared: Arc<str> = name.into();
        self.group_names.insert(name.to_owned(), Arc::clone(&shared));
        shared
    }

    fn identity(&mut self, source: &Arc<Source>, entry: &Entry, place: &dyn Fn(Span) -> Place) -> Identity {
        let mut identity = Identity::default();
        if let Some(imei) = &entry.imei {
            let digits: String = imei.text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
            if digits.len() == 15 && digits.bytes().all(|byte| byte.is_ascii_digit()) {
                identity.imei = Some(digits);
            } else {
                let message = format!("{:?} is no IMEI", imei.text);
                self.problem(source, imei.span, "hayes::inventory::imei", message, "an IMEI is 15 digits, in quotes");
            }
        }
        if let Some(iccid) = &entry.iccid {
            let digits: String = iccid.text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
            let digits = digits.trim_end_matches(['F', 'f']).to_owned();
            if (18..=20).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) {
                identity.iccid = Some(digits);
            } else {
                let message = format!("{:?} is no ICCID", iccid.text);
                let help = "an ICCID is 18 to 20 digits, in quotes; it is printed on the SIM";
                self.problem(source, iccid.span, "hayes::inventory::iccid", message, help);
            }
        }
        for (kind, value, placed) in [("IMEI", &identity.imei, &entry.imei), ("ICCID", &identity.iccid, &entry.iccid)] {
            let (Some(value), Some(placed)) = (value, placed) else { continue };
            match self.identities.get(&format!("{kind}{value}")).cloned() {
                Some(first) => {
                    let message = format!("{} has this {kind} too", first.modem);
                    let code = "hayes::inventory::identity-twice";
                    self.twice(source, placed.span, &first, code, message, "one of the two is wrong");
                }
                None => _ = self.identities.insert(format!("{kind}{value}"), place(placed.span)),
            }
        }
        identity
    }

    fn address(&mut self, source: &Arc<Source>, entry: &Entry, place: &dyn Fn(Span) -> Place) -> Option<Address> {
        let port = entry.port.as_ref()?;
        let address = match Address::parse(&port.text) {
            Ok(address) => address,
            Err(error) => {
                self.problem(source, port.span, "hayes::inventory::port", error.message, error.help);
                return None;
            }
        };
        // Each simulated or replayed modem is one of its own, even under the same address.
        if matches!(address, Address::Device(_) | Address::Tcp { .. } | Address::Rfc2217 { .. }) {
            match self.addresses.get(&address).cloned() {
                Some(first) => {
                    let message = format!("{address} is the port of {} too", first.modem);
                    let code = "hayes::inventory::port-twice";
                    let help = "a port can be driven once: give each modem its own";
                    self.twice(source, port.span, &first, code, message, help);
                }
                None => _ = self.addresses.insert(address.clone(), place(port.span)),
            }
        }
        Some(address)
    }

    fn twice(
        &mut self,
        source: &Arc<Source>,
        span: Span,
        first: &Place,
        code: &'static str,
        message: String,
        help: &str,
    ) {
        let line = first.source.position(first.span.start as usize).line;
        let diagnostic = Diagnostic::new(code, source, message).at(span, "again here");
        self.diagnostics.push(if Arc::ptr_eq(source, &first.source) {
            diagnostic.at(first.span, "first here").help(help)
        } else {
            diagnostic.help(format!("{help}; the first is at {}:{line}", first.source.name))
        });
    }

    /// The inventory, or all that is wrong with it.
    pub(super) fn finish(mut self) -> Result<Inventory, Vec<Diagnostic>> {
        if !self.diagnostics.is_empty() {
            self.diagnostics.sort_by_key(|diagnostic| diagnostic.span().unwrap_or_default().start);
            return Err(self.diagnostics);
        }
        let merge = |(mut modem, own): (Modem, Settings)| {
            let mut settings = self.defaults.clone();
            let groups = modem.groups.iter().filter_map(|name| self.groups.get(&**name));
            groups.for_each(|(_, group)| settings.overlay(group));
            settings.overlay(&own);
            modem.vars = settings.vars;
            modem.labels = settings.labels;
            modem.baud = settings.baud;
            modem
        };
        Ok(Inventory {
            modems: self.modems.into_iter().map(merge).collect(),
            groups: self.groups.iter().map(|(name, (group, _))| (name.clone(), group.clone())).collect(),
            ports: self.ports,
        })
    }
}

impl Settings {
    /// What `over` says beats what stands here.
    fn overlay(&mut self, over: &Settings) {
        self.vars.extend(over.vars.iter().map(|(name, value)| (Arc::clone(name), value.clone())));
        self.labels.extend(over.labels.iter().map(|(name, value)| (Arc::clone(name), value.clone())));
        self.baud = over.baud.or(self.baud);
    }
}

/// What is wrong with a name: it stands in selections, in file names and in a terminal.
fn wrong_name(name: &str) -> Option<&'static str> {
    if name.trim() != name {
        Some("begins or ends with a blank")
    } else if name.starts_with(['!', '&', '@', '-', '.']) {
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
