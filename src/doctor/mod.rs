//! What a person asks on the first evening: is there a modem, may I open it, who holds it, does its driver know it? It
//! is read from the system's files: nothing is opened here, and nothing is changed.

mod rules;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::at::parameters::{parameters, split_prefix};
use crate::port::list::{Listed, names_in, ports_of, under};
use crate::source::read_binary;
use rules::{Node, Rule, Rules, UdevEvent};

/// What was found out about one thing, and the line that mends it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// A port, a USB device or a program
    pub about: String,
    pub health: Health,
    pub says: String,
    /// What to do: a command where there is one
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mend: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    Good,
    /// May hurt
    Notable,
    Wrong,
}

impl Finding {
    pub fn new(about: impl Into<String>, health: Health, says: impl Into<String>) -> Finding {
        Finding { about: about.into(), health, says: says.into(), mend: None }
    }

    #[must_use]
    pub fn mended_by(mut self, mend: impl Into<String>) -> Finding {
        self.mend = Some(mend.into());
        self
    }
}

/// Vendors by their number in hexadecimal digits: `2c7c`.
#[derive(Deserialize)]
struct UsbVendors {
    modems: BTreeMap<String, String>,
    adapters: BTreeMap<String, String>,
}

static VENDORS: LazyLock<UsbVendors> = LazyLock::new(|| {
    // A test reads the file: there is no error.
    toml::from_str(include_str!("usb.toml"))
        .unwrap_or(UsbVendors { modems: BTreeMap::new(), adapters: BTreeMap::new() })
});

/// What is asked of a modem that answers, and what of its answer is wrong: `asked.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Symptom {
    pub(crate) command: String,
    pub(crate) about: String,
    #[serde(default)]
    pub(crate) kind: String,
    /// Which of the answer's values tells
    place: usize,
    #[serde(default)]
    right: Vec<String>,
    #[serde(default)]
    notable: Vec<String>,
    #[serde(default)]
    wrong: Vec<String>,
    /// What is right is not worth a line.
    #[serde(default)]
    pub(crate) only_wrong: bool,
    mend: String,
}

static SYMPTOMS: LazyLock<BTreeMap<String, Vec<Symptom>>> =
    // A test reads the file: there is no error.
    LazyLock::new(|| toml::from_str(include_str!("asked.toml")).unwrap_or_default());

pub(crate) fn symptoms() -> &'static [Symptom] {
    SYMPTOMS.get("question").map_or(&[], Vec::as_slice)
}

impl Symptom {
    /// How the modem does by the line that it answered.
    pub(crate) fn health(&self, line: &str) -> Health {
        let value = parameters(split_prefix(line.as_bytes()).1).nth(self.place);
        let value = value.map(|value| value.text().trim().to_owned()).unwrap_or_default();
        let is_of = |values: &[String]| values.contains(&value);
        if is_of(&self.notable) {
            Health::Notable
        } else if is_of(&self.wrong) || !self.right.is_empty() && !is_of(&self.right) {
            Health::Wrong
        } else {
            Health::Good
        }
    }

    /// The line that mends it on this port, as it is named on a command line.
    pub(crate) fn mend(&self, port: &str) -> String {
        self.mend.replace("PORT", port)
    }
}

/// A USB device as sysfs tells of it.
struct Plugged {
    /// `/sys/bus/usb/devices/1-2`
    folder: PathBuf,
    vendor: String,
    product: String,
    name: String,
    /// By its maker; one of neither kind has interfaces of its maker's own and no driver for them.
    is_modem: bool,
    is_adapter: bool,
    interfaces: Vec<Interface>,
}

struct Interface {
    folder: PathBuf,
    /// `ff` is the vendor's own, `08` a disk.
    class: String,
    driver: Option<String>,
}

/// What of the machine's files tells what was done already.
struct Machine<'r> {
    root: &'r Path,
    ports: &'r [Listed],
    rules: Rules,
    /// What runs: the words of each command, its name first
    programs: Vec<Vec<String>>,
}

/// What keeps ModemManager off a modem.
enum KeptOff {
    Not,
    /// Set otherwise, or switched off: how the rule is made to hold
    Nearly(String),
    /// There, and not in force yet
    Soon(String),
    By(String),
}

/// The ports of the machine whose files stand below `root`, and what there is to say of them and of what is plugged in.
pub fn examine(root: &Path) -> (Vec<Listed>, Vec<Finding>) {
    let ports = ports_of(root);
    let mut plugged = plugged(root);
    // Much has no driver and is no modem: it is looked at where nothing else is here.
    let is_any_here = !ports.is_empty() || plugged.iter().any(Plugged::is_known);
    if is_any_here {
        plugged.retain(Plugged::is_known);
    }
    let machine = Machine { root, ports: &ports, rules: Rules::below(root), programs: programs(root) };
    let with_port = |device: &&Plugged| machine.ports_of(device).next().is_some();
    let mut findings: Vec<Finding> = ports.iter().map(|port| machine.of_port(port, &plugged)).collect();
    findings
        .extend(plugged.iter().filter(|device| !with_port(device)).filter_map(|device| machine.without_port(device)));
    findings.extend(plugged.iter().filter(with_port).filter_map(|device| machine.may_fall_asleep(device)));
    findings.extend(machine.modem_manager(&plugged));
    findings.extend(machine.brltty(&plugged));
    if findings.is_empty() || !is_any_here {
        let says = "no serial port is here, and no USB device that is known as a modem";
        let mend = "plug the modem in and give it power; `sudo dmesg --follow` tells what the system sees";
        findings.insert(0, Finding::new("ports", Health::Wrong, says).mended_by(mend));
    }
    (ports, findings)
}

/// What lets udev read its rules again.
const RELOAD: &str = "sudo udevadm control --reload && sudo udevadm trigger";
const OWN_RULES: &str = "/etc/udev/rules.d/99-hayes.rules";
const MODEM_MANAGER: &str = "ModemManager";

impl Machine<'_> {
    fn ports_of(&self, device: &Plugged) -> impl Iterator<Item = &Listed> {
        self.ports.iter().filter(|port| belongs(port, device))
    }

    fn of_port(&self, port: &Listed, plugged: &[Plugged]) -> Finding {
        let about = port.path.display().to_string();
        let device = plugged.iter().find(|device| belongs(port, device));
        if let Some(refusal) = &port.refusal {
            let finding = Finding::new(about, Health::Wrong, &refusal.message);
            let mend = match port.holders.first() {
                Some(holder) if holder.name == MODEM_MANAGER => {
                    device.map(|device| self.taken_from_modem_manager(port, device))
                }
                Some(_) => None,
                None => self.let_in(port, device),
            };
            return Finding { mend: mend.or(refusal.help.clone()), ..finding };
        }
        let usb = port.usb.as_ref().map(|usb| {
            let words = [&usb.manufacturer, &usb.product].into_iter().flatten();
            let name: String = words.map(|word| format!("{word} ")).collect();
            let interface = usb.interface.map(|interface| format!(", interface {interface}")).unwrap_or_default();
            format!("{name}({:04x}:{:04x}){interface}", usb.vendor_id, usb.product_id)
        });
        let facts =
            [usb, port.driver.clone(), port.role.clone(), port.links.first().map(|link| link.display().to_string())];
        let facts: Vec<String> = facts.into_iter().flatten().collect();
        Finding::new(about, Health::Good, if facts.is_empty() { "a serial port".to_owned() } else { facts.join(" · ") })
    }

    /// Where a rule of the administrator gives the port to all or to a group, and is not in force yet.
    fn let_in(&self, port: &Listed, device: Option<&Plugged>) -> Option<String> {
        let event = self.of_port_as_udev_sees_it(port, device);
        let set = ["MODE", "GROUP"].into_iter().filter_map(|key| self.rules.set(&event, key));
        let is_own = |rule: &Rule| rule.place().starts_with("/etc/");
        let (_, rule) = set.into_iter().find(|(_, rule)| is_own(rule) && !self.is_in_force(port, &event))?;
        Some(format!("a rule is for this port ({}), and is not in force yet: {RELOAD}", rule.place()))
    }

    /// Whether the port has the mode that the rules give it.
    fn is_in_force(&self, port: &Listed, event: &UdevEvent) -> bool {
        let wanted = self.rules.set(event, "MODE").and_then(|(mode, _)| u32::from_str_radix(mode, 8).ok());
        wanted.is_none() || wanted == mode_of(&under(self.root, &port.path))
    }

    /// A modem that is plugged in and has no port, or what may be one.
    fn without_port(&self, device: &Plugged) -> Option<Finding> {
        if device.is_adapter {
            return None;
        }
        let Plugged { vendor, product, interfaces, .. } = device;
        // What is of an unknown maker may be a fingerprint reader.
        let (health, unknown, condition) = match device.is_modem {
            true => (Health::Wrong, "", ""),
            false => (Health::Notable, "; Hayes does not know its maker: it may be a modem", "if it is the modem: "),
        };
        let told = |says: String, mend: String| {
            let finding = Finding::new(device.title(), health, format!("{says}{unknown}"));
            Some(finding.mended_by(format!("{condition}{mend}")))
        };
        let event = device.as_udev_sees_it();
        if !interfaces.is_empty() && interfaces.iter().all(|interface| interface.class == "08") {
            let says = "shows itself as a disk with drivers, not as a modem".to_owned();
            let is_here =
                ["usr/sbin/usb_modeswitch", "sbin/usb_modeswitch"].iter().any(|file| self.root.join(file).exists());
            let mend = match (self.rules.runs(&event, "usb_modeswitch"), is_here) {
                (Some(rule), _) => format!("usb_modeswitch is to switch it ({}): plug it in again", rule.place()),
                (None, true) => "usb_modeswitch is installed, and has no rule for it: look for a newer \
                                 usb-modeswitch-data, else its manual tells the message that switches it"
                    .to_owned(),
                (None, false) => "sudo apt install usb-modeswitch, then plug it in again".to_owned(),
            };
            return told(says, mend);
        }
        let nodes: Vec<String> = interfaces.iter().flat_map(|interface| terminals(&interface.folder)).collect();
        if let [first, ..] = nodes.as_slice() {
            let says = format!("has {}, and /dev does not: {}", nodes.join(", "), "no program can open them");
            let mend = format!("a container is given it by --device=/dev/{first}; elsewhere: sudo udevadm trigger");
            return told(says, mend);
        }
        let serial = |interface: &Interface| interface.driver.clone().filter(|name| SERIAL_DRIVERS.contains(&&**name));
        if let Some(driver) = interfaces.iter().find_map(serial) {
            let says = format!("has its driver, `{driver}`, and no port yet");
            return told(
                says,
                "wait half a minute, then plug it in again; `sudo dmesg` tells what is wrong".to_owned(),
            );
        }
        if !interfaces.iter().any(|interface| interface.lacks_driver()) {
            return told(
                "has no serial port: it shows only a network card, or is starting".to_owned(),
                "wait half a minute; else its USB mode has no AT port (the module's manual tells how to change it)"
                    .to_owned(),
            );
        }
        let folder = self.root.join("sys/bus/usb-serial/drivers/option1");
        let new_ids = text(folder.join("new_id"));
        let numbers =
            |line: &str| line.split_whitespace().take(2).map(|number| u16::from_str_radix(number, 16).ok()).collect();
        let own: Vec<Option<u16>> = numbers(&format!("{vendor} {product}"));
        if new_ids.lines().any(|line| own == numbers(line)) {
            let says = "has no driver: the kernel's module `option` was told of it, and has not taken it".to_owned();
            return told(says, "plug it in again; `sudo dmesg` tells what takes it".to_owned());
        }
        if let Some(rule) = self.rules.runs(&event, "new_id") {
            let says = format!("has no driver; a rule tells the kernel's module `option` of it ({})", rule.place());
            return told(says, format!("{RELOAD}, then plug it in again"));
        }
        let new_id = format!("echo {vendor} {product} | sudo tee /sys/bus/usb-serial/drivers/option1/new_id");
        match folder.exists() {
            false => told(
                "has no driver: the kernel's module `option` is not loaded".to_owned(),
                format!("sudo modprobe option && {new_id}"),
            ),
            true => told("has no driver: the kernel's module `option` does not know it".to_owned(), new_id),
        }
    }

    /// The kernel may cut the power of a modem that is silent for two seconds; what it says by itself is then lost.
    fn may_fall_asleep(&self, device: &Plugged) -> Option<Finding> {
        let power = |file: &str| read(&device.folder.join("power").join(file)).map(|text| text.trim().to_owned());
        let is_negative = |text: &str| text.starts_with('-');
        let is_awake =
            power("control")? != "auto" || power("autosuspend_delay_ms").is_some_and(|delay| is_negative(&delay));
        let event = device.as_udev_sees_it();
        let keys = ["control", "level", "autosuspend", "autosuspend_delay_ms"];
        let rule = keys.into_iter().find_map(|key| {
            let (value, rule) = self.rules.set(&event, &format!("ATTR{{power/{key}}}"))?;
            (value == "on" || is_negative(value)).then(|| rule.place())
        });
        if !device.is_modem {
            return None;
        }
        let finding = |health, says: String| Finding::new(device.title(), health, says);
        match rule {
            Some(rule) if is_awake => Some(finding(Health::Good, format!("the kernel leaves it awake: {rule}"))),
            Some(rule) => {
                let says =
                    format!("the kernel may suspend it: a rule leaves it awake ({rule}), and is not in force yet");
                Some(finding(Health::Notable, says).mended_by(format!("{RELOAD}, then plug it in again")))
            }
            None if is_awake => None,
            None => {
                let says = "the kernel may suspend it while it is silent, and its URCs are lost".to_owned();
                let place = device.folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let mend = format!("echo on | sudo tee /sys/bus/usb/devices/{place}/power/control");
                Some(finding(Health::Notable, says).mended_by(mend))
            }
        }
    }

    fn runs(&self, program: &str) -> bool {
        self.programs.iter().any(|words| words.first().is_some_and(|name| name == program))
    }

    /// It opens each modem that appears, but those that it is kept off.
    fn modem_manager(&self, plugged: &[Plugged]) -> Vec<Finding> {
        if !self.runs(MODEM_MANAGER) {
            return Vec::new();
        }
        let finding = |health, says: String| Finding::new(MODEM_MANAGER, health, says);
        let holds = |port: &Listed| port.holders.iter().any(|holder| holder.name == MODEM_MANAGER);
        // What it holds is told of the port.
        let free = plugged.iter().filter(|device| device.is_modem && !self.ports_of(device).any(holds));
        let mut findings = Vec::new();
        let (mut mends, mut unruled): (Vec<String>, Vec<String>) = Default::default();
        for device in free {
            let title = device.title();
            match self.kept(device) {
                KeptOff::By(what) => {
                    findings.push(finding(Health::Good, format!("runs, and leaves {title} alone: {what}")))
                }
                KeptOff::Soon(rule) => {
                    let says = format!("runs; a rule keeps it off {title} ({rule}), and is not in force yet");
                    let mend = format!("{RELOAD}, then plug the modem in again");
                    findings.push(finding(Health::Notable, says).mended_by(mend));
                }
                KeptOff::Nearly(mend) => mends.push(mend),
                KeptOff::Not => unruled.push(device.rule()),
            }
        }
        if !unruled.is_empty() {
            mends.push(format!("write to {OWN_RULES} and plug it in again: {}", unruled.join(" and ")));
        }
        let has_modem = plugged.iter().any(|device| device.is_modem) || self.ports.iter().any(holds);
        let says = "runs, and opens each modem that is plugged in: AT commands of two programs mix".to_owned();
        if !mends.is_empty() {
            findings.push(finding(Health::Notable, says).mended_by(mends.join("; ")));
        } else if !has_modem {
            findings.push(finding(Health::Notable, says).mended_by("sudo systemctl stop ModemManager, while you work"));
        }
        findings
    }

    /// What to do about a port that ModemManager has open.
    fn taken_from_modem_manager(&self, port: &Listed, device: &Plugged) -> String {
        let now = match port.usb.as_ref().and_then(|usb| usb.device.as_ref()) {
            Some(path) => format!(
                "take the modem away from it while you work: sudo mmcli --inhibit-device={} (leave that running)",
                path.display()
            ),
            None => "sudo systemctl stop ModemManager, while you work".to_owned(),
        };
        match self.kept(device) {
            KeptOff::Not => {
                let rule = device.rule();
                format!("{now}; for good, write this line to {OWN_RULES} and plug the modem in again: {rule}")
            }
            KeptOff::Nearly(mend) => format!("{now}; for good, {mend}"),
            KeptOff::Soon(rule) => {
                format!("a rule keeps it off ({rule}), and is not in force yet: {RELOAD}, then plug the modem in again")
            }
            KeptOff::By(what) => {
                format!("it keeps what it had: plug the modem in again; it is kept off by now: {what}")
            }
        }
    }

    fn kept(&self, device: &Plugged) -> KeptOff {
        let place = device.folder.file_name().unwrap_or_default().to_string_lossy();
        let inhibits = |words: &Vec<String>| {
            words.first().is_some_and(|name| name == "mmcli")
                && words.iter().any(|word| word.starts_with("--inhibit-device"))
                && words.iter().any(|word| word.rsplit(['/', '=']).next() == Some(&*place))
        };
        if self.programs.iter().any(inhibits) {
            return KeptOff::By("`mmcli --inhibit-device` runs".to_owned());
        }
        let own = [device.as_udev_sees_it()];
        let ports: Vec<UdevEvent> =
            self.ports_of(device).map(|port| self.of_port_as_udev_sees_it(port, Some(device))).collect();
        let is_true = |value: &str| value == "1" || value.eq_ignore_ascii_case("true");
        let of_all = own.iter().chain(&ports).find_map(|event| self.rules.set(event, "ENV{ID_MM_DEVICE_IGNORE}"));
        let each = ports.iter().map(|event| self.rules.set(event, "ENV{ID_MM_PORT_IGNORE}"));
        let each: Option<Vec<_>> = each.map(|set| set.filter(|(value, _)| is_true(value))).collect();
        let of_ports = each.and_then(|each| each.into_iter().next());
        let known = self.known_to_udev(&device.folder);
        let of_each: Vec<Option<String>> =
            self.ports_of(device).map(|port| self.known_to_udev(&self.class(port)?)).collect();
        let has = |known: &Option<String>, wanted: &str| {
            let lines = known.iter().flat_map(|known| known.lines());
            let mut set = lines.filter_map(|line| line.strip_prefix("E:ID_MM_")?.split_once('='));
            set.any(|(name, value)| name == wanted && is_true(value))
        };
        let is_known = known.is_some() || of_each.iter().any(Option::is_some);
        // ModemManager's own rules keep it off single ports, those for diagnosis: the others it opens.
        let is_in_force = of_each.iter().chain([&known]).any(|known| has(known, "DEVICE_IGNORE"))
            || !of_each.is_empty() && of_each.iter().all(|known| has(known, "PORT_IGNORE"));
        match of_all.filter(|(value, _)| is_true(value)).or(of_ports) {
            Some((_, rule)) if is_in_force || !is_known => KeptOff::By(rule.place()),
            Some((_, rule)) => KeptOff::Soon(rule.place()),
            None if is_in_force => KeptOff::By("udev says so".to_owned()),
            None => {
                let mut events = own.iter().chain(&ports);
                let off = events.find_map(|event| self.rules.commented_out(event, "ENV{ID_MM_DEVICE_IGNORE}", "1"));
                match (of_all, off) {
                    (Some((_, rule)), _) => {
                        KeptOff::Nearly(format!("{} takes it back: let that set \"1\"", rule.place()))
                    }
                    (None, Some(rule)) => {
                        let place = rule.place();
                        KeptOff::Nearly(format!("take away the # of {place}; {RELOAD}, and plug the modem in again"))
                    }
                    (None, None) => KeptOff::Not,
                }
            }
        }
    }

    /// What udev keeps of the device or port of this folder, as its rules were when that appeared.
    fn known_to_udev(&self, folder: &Path) -> Option<String> {
        let number = text(folder.join("dev"));
        read(&self.root.join(format!("run/udev/data/c{number}")))
    }

    /// `/sys/class/tty/ttyUSB0`
    fn class(&self, port: &Listed) -> Option<PathBuf> {
        Some(self.root.join("sys/class/tty").join(port.path.file_name()?))
    }

    fn of_port_as_udev_sees_it(&self, port: &Listed, device: Option<&Plugged>) -> UdevEvent {
        let kernel = port.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let folder = self.class(port).unwrap_or_default();
        let driver = port.driver.clone().unwrap_or_default();
        let tty = Node { kernel: kernel.clone(), subsystem: "tty", folder, ..Node::default() };
        let serial = Node { kernel, subsystem: "usb-serial", driver, ..Node::default() };
        let Some(device) = device else { return UdevEvent { nodes: vec![tty], properties: BTreeMap::new() } };
        let number = port.usb.as_ref().and_then(|usb| usb.interface).map(|number| format!("{number:02x}"));
        let is_its = |interface: &&Interface| {
            text(interface.folder.join("bInterfaceNumber")) == number.as_deref().unwrap_or_default()
        };
        let interface = device.interfaces.iter().find(is_its).map(|interface| Node {
            kernel: interface.folder.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            subsystem: "usb",
            driver: interface.driver.clone().unwrap_or_default(),
            folder: interface.folder.clone(),
        });
        let own = device.as_udev_sees_it();
        let mut properties = own.properties;
        properties.remove("DEVTYPE");
        properties.extend(number.map(|number| ("ID_USB_INTERFACE_NUM".to_owned(), number)));
        UdevEvent { nodes: [tty, serial].into_iter().chain(interface).chain(own.nodes).collect(), properties }
    }

    /// It takes adapters for Braille displays.
    fn brltty(&self, plugged: &[Plugged]) -> Option<Finding> {
        if !self.runs("brltty") || !plugged.iter().any(|device| device.is_adapter) {
            return None;
        }
        if self.rules.are_emptied(self.root, "brltty") {
            let says = "runs, and takes no USB serial adapter: its udev rules are switched off";
            return Some(Finding::new("brltty", Health::Good, says));
        }
        let says = "runs, and takes USB serial adapters for Braille displays: their ports vanish";
        Some(Finding::new("brltty", Health::Notable, says).mended_by("sudo apt remove brltty, unless you read Braille"))
    }
}

/// Drivers of the kernel that make a terminal of an interface.
const SERIAL_DRIVERS: [&str; 6] = ["option", "cdc_acm", "qcserial", "sierra", "usbserial_generic", "usbserial"];

impl Interface {
    fn lacks_driver(&self) -> bool {
        self.class == "ff" && self.driver.is_none()
    }
}

impl Plugged {
    fn is_known(&self) -> bool {
        self.is_modem || self.is_adapter
    }

    fn title(&self) -> String {
        format!("{} ({}:{})", self.name, self.vendor, self.product)
    }

    /// What keeps ModemManager off it.
    fn rule(&self) -> String {
        let Plugged { vendor, product, .. } = self;
        format!("ATTRS{{idVendor}}==\"{vendor}\", ATTRS{{idProduct}}==\"{product}\", ENV{{ID_MM_DEVICE_IGNORE}}=\"1\"")
    }

    fn as_udev_sees_it(&self) -> UdevEvent {
        let Plugged { vendor, product, folder, .. } = self;
        let node = Node {
            kernel: folder.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            subsystem: "usb",
            driver: "usb".to_owned(),
            folder: folder.clone(),
        };
        let short =
            |number: &str| Some(number.trim_start_matches('0')).filter(|it| !it.is_empty()).unwrap_or("0").to_owned();
        let release = short(&text(folder.join("bcdDevice")));
        let of_all = [
            ("ID_VENDOR_ID", vendor),
            ("ID_USB_VENDOR_ID", vendor),
            ("ID_MODEL_ID", product),
            ("ID_USB_MODEL_ID", product),
        ];
        let mut properties: BTreeMap<String, String> =
            of_all.into_iter().map(|(name, value)| (name.to_owned(), value.clone())).collect();
        properties.insert("DEVTYPE".to_owned(), "usb_device".to_owned());
        properties.insert("ID_BUS".to_owned(), "usb".to_owned());
        properties.insert("ID_SERIAL_SHORT".to_owned(), text(folder.join("serial")));
        properties.insert("PRODUCT".to_owned(), format!("{}/{}/{release}", short(vendor), short(product)));
        UdevEvent { nodes: vec![node], properties }
    }
}

fn belongs(port: &Listed, device: &Plugged) -> bool {
    let of_port = port.usb.as_ref().and_then(|usb| usb.device.as_ref()?.file_name());
    of_port.is_some_and(|name| Some(name) == device.folder.file_name())
}

/// The terminals that a driver has made of an interface: `1-2:1.0/ttyUSB0`, `1-2:1.0/tty/ttyACM0`.
fn terminals(interface: &Path) -> Vec<String> {
    let names = [interface.to_owned(), interface.join("tty")].into_iter().flat_map(|folder| names_in(&folder));
    names.filter(|name| name.starts_with("ttyUSB") || name.starts_with("ttyACM")).collect()
}

#[cfg(unix)]
fn mode_of(node: &Path) -> Option<u32> {
    use std::os::unix::fs::MetadataExt;
    Some(fs::metadata(node).ok()?.mode() & 0o777)
}

#[cfg(not(unix))]
fn mode_of(_: &Path) -> Option<u32> {
    None
}

/// What the kernel and udev tell in a file: a page at the most.
fn read(file: &Path) -> Option<String> {
    read_binary(file, 1 << 16).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

fn text(file: PathBuf) -> String {
    read(&file).map(|text| text.trim().to_owned()).unwrap_or_default()
}

/// The commands that run, each with its name first, as the kernel cuts it.
fn programs(root: &Path) -> Vec<Vec<String>> {
    let of = |pid: &String| {
        let folder = root.join("proc").join(pid);
        let name = read(&folder.join("comm"))?.trim_end().to_owned();
        let words = read(&folder.join("cmdline")).unwrap_or_default();
        Some([name].into_iter().chain(words.split('\0').map(str::to_owned)).collect())
    };
    names_in(&root.join("proc")).iter().filter(|name| name.parse::<u32>().is_ok()).filter_map(of).collect()
}

/// The USB devices that are modems or serial adapters.
fn plugged(root: &Path) -> Vec<Plugged> {
    let devices = root.join("sys/bus/usb/devices");
    let names = names_in(&devices);
    let of = |name: &String| {
        let folder = devices.join(name);
        let (vendor, product) = (text(folder.join("idVendor")), text(folder.join("idProduct")));
        let maker = VENDORS.modems.get(&vendor);
        let known = maker.or_else(|| VENDORS.adapters.get(&vendor));
        let interface = |of: &&String| of.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with(':'));
        let about = |interface: &String| {
            let folder = devices.join(interface);
            let driver = fs::read_link(folder.join("driver")).ok();
            let driver = driver.and_then(|link| Some(link.file_name()?.to_string_lossy().into_owned()));
            Interface { class: text(folder.join("bInterfaceClass")), folder, driver }
        };
        let interfaces: Vec<Interface> = names.iter().filter(interface).map(about).collect();
        if known.is_none() && !interfaces.iter().any(Interface::lacks_driver) {
            return None;
        }
        let words = [text(folder.join("manufacturer")), text(folder.join("product"))];
        let own: Vec<&str> = words.iter().map(String::as_str).filter(|word| !word.is_empty()).collect();
        Some(Plugged {
            name: if own.is_empty() { known.map_or("a USB device", String::as_str).to_owned() } else { own.join(" ") },
            is_modem: maker.is_some(),
            is_adapter: maker.is_none() && known.is_some(),
            interfaces,
            folder,
            vendor,
            product,
        })
    };
    names.iter().filter(|name| !name.contains(':')).filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_table_of_vendors_is_read() {
        assert_eq!(super::VENDORS.modems["2c7c"], "Quectel");
        assert_eq!(super::VENDORS.adapters["0403"], "FTDI");
    }

    #[test]
    fn the_table_of_symptoms_is_read() {
        let told: Vec<_> = super::symptoms().iter().map(|it| (&*it.command, it.health("+X: 0,3"))).collect();
        assert_eq!(told.last(), Some(&("AT+CREG?", super::Health::Wrong)));
        assert_eq!(told.first(), Some(&("AT+CFUN?", super::Health::Wrong)));
    }
}
