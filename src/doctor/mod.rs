//! What a person asks on the first evening: is there a modem, may I open it, who holds it, does its driver know it? It
//! is read from the system's files: nothing is opened here, and nothing is changed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::at::parameters::{parameters, split_prefix};
use crate::port::list::{Listed, names_in, ports_of};

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
    is_modem: bool,
    /// Class and driver of each interface: `ff` is the vendor's own, `08` a disk.
    interfaces: Vec<(String, Option<String>)>,
}

/// The ports of the machine whose files stand below `root`, and what there is to say of them and of what is plugged in.
pub fn examine(root: &Path) -> (Vec<Listed>, Vec<Finding>) {
    let ports = ports_of(root);
    let plugged = plugged(root);
    let mut findings: Vec<Finding> = ports.iter().map(of_port).collect();
    let has_port = |device: &Plugged| ports.iter().any(|port| belongs(port, device));
    findings.extend(plugged.iter().filter(|device| !has_port(device)).filter_map(|device| without_port(root, device)));
    findings.extend(plugged.iter().filter(|device| has_port(device)).filter_map(may_fall_asleep));
    findings.extend(programs(root, &ports, &plugged));
    if findings.is_empty() {
        let none = Finding::new("ports", Health::Wrong, "no serial port is here, and no USB device that is a modem");
        findings.push(
            none.mended_by("plug the modem in and give it power; `sudo dmesg --follow` tells what the system sees"),
        );
    }
    (ports, findings)
}

fn belongs(port: &Listed, device: &Plugged) -> bool {
    let of_port = port.usb.as_ref().and_then(|usb| usb.device.as_ref()?.file_name());
    of_port.is_some_and(|name| Some(name) == device.folder.file_name())
}

fn of_port(port: &Listed) -> Finding {
    let about = port.path.display().to_string();
    if let Some(refusal) = &port.refusal {
        let finding = Finding::new(about, Health::Wrong, &refusal.message);
        return Finding { mend: refusal.help.clone(), ..finding };
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

/// A modem that is plugged in and has no port.
fn without_port(root: &Path, device: &Plugged) -> Option<Finding> {
    if !device.is_modem {
        return None;
    }
    let Plugged { vendor, product, .. } = device;
    let about = format!("{} ({vendor}:{product})", device.name);
    if !device.interfaces.is_empty() && device.interfaces.iter().all(|(class, _)| class == "08") {
        let finding = Finding::new(about, Health::Wrong, "shows itself as a disk with drivers, not as a modem");
        return Some(finding.mended_by("sudo apt install usb-modeswitch, then plug it in again"));
    }
    if !device.interfaces.iter().any(|(class, driver)| class == "ff" && driver.is_none()) {
        let finding =
            Finding::new(about, Health::Wrong, "has no serial port: it shows only a network card, or is starting");
        return Some(finding.mended_by(
            "wait half a minute; else its USB mode has no AT port (the module's manual tells how to change it)",
        ));
    }
    let module = "sudo modprobe option";
    let new_id = format!("echo {vendor} {product} | sudo tee /sys/bus/usb-serial/drivers/option1/new_id");
    let (says, mend) = match root.join("sys/bus/usb-serial/drivers/option1").exists() {
        false => ("has no driver: the kernel's module `option` is not loaded", format!("{module} && {new_id}")),
        true => ("has no driver: the kernel's module `option` does not know it", new_id),
    };
    Some(Finding::new(about, Health::Wrong, says).mended_by(mend))
}

/// The kernel may cut the power of a modem that is silent for two seconds; what it says by itself is then lost.
fn may_fall_asleep(device: &Plugged) -> Option<Finding> {
    let control = fs::read_to_string(device.folder.join("power/control")).ok()?;
    if control.trim() != "auto" || !device.is_modem {
        return None;
    }
    let Plugged { vendor, product, .. } = device;
    let about = format!("{} ({vendor}:{product})", device.name);
    let finding =
        Finding::new(about, Health::Notable, "the kernel may suspend it while it is silent, and its URCs are lost");
    let place = device.folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Some(finding.mended_by(format!("echo on | sudo tee /sys/bus/usb/devices/{place}/power/control")))
}

/// Programs that take ports as they appear.
fn programs(root: &Path, ports: &[Listed], plugged: &[Plugged]) -> Vec<Finding> {
    let names: Vec<String> = names_in(&root.join("proc"))
        .iter()
        .filter(|name| name.parse::<u32>().is_ok())
        .filter_map(|pid| fs::read_to_string(root.join("proc").join(pid).join("comm")).ok())
        .map(|name| name.trim_end().to_owned())
        .collect();
    let runs = |name: &str| names.iter().any(|running| running == name);
    let mut findings = Vec::new();
    let holds = |name: &str| ports.iter().flat_map(|port| &port.holders).any(|holder| holder.name == name);
    if runs("ModemManager") && !holds("ModemManager") {
        let says = "runs, and opens each modem that is plugged in: AT commands of two programs mix";
        let rule = |device: &Plugged| {
            let Plugged { vendor, product, .. } = device;
            format!(
                "ATTRS{{idVendor}}==\"{vendor}\", ATTRS{{idProduct}}==\"{product}\", ENV{{ID_MM_DEVICE_IGNORE}}=\"1\""
            )
        };
        let rules: Vec<String> = plugged.iter().filter(|device| device.is_modem).map(rule).collect();
        let mend = match rules.as_slice() {
            [] => "sudo systemctl stop ModemManager, while you work".to_owned(),
            rules => format!("write to /etc/udev/rules.d/99-hayes.rules and plug it in again: {}", rules.join(" and ")),
        };
        findings.push(Finding::new("ModemManager", Health::Notable, says).mended_by(mend));
    }
    if runs("brltty") && plugged.iter().any(|device| !device.is_modem) {
        let says = "runs, and takes USB serial adapters for Braille displays: their ports vanish";
        findings.push(
            Finding::new("brltty", Health::Notable, says).mended_by("sudo apt remove brltty, unless you read Braille"),
        );
    }
    findings
}

/// The USB devices that are modems or serial adapters.
fn plugged(root: &Path) -> Vec<Plugged> {
    let devices = root.join("sys/bus/usb/devices");
    let text = |file: PathBuf| fs::read_to_string(file).map(|text| text.trim().to_owned()).unwrap_or_default();
    let names = names_in(&devices);
    let of = |name: &String| {
        let folder = devices.join(name);
        let (vendor, product) = (text(folder.join("idVendor")), text(folder.join("idProduct")));
        let maker = VENDORS.modems.get(&vendor);
        let known = maker.or_else(|| VENDORS.adapters.get(&vendor))?;
        let interface = |of: &&String| of.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with(':'));
        let about = |interface: &String| {
            let driver = fs::read_link(devices.join(interface).join("driver")).ok();
            let driver = driver.and_then(|link| Some(link.file_name()?.to_string_lossy().into_owned()));
            (text(devices.join(interface).join("bInterfaceClass")), driver)
        };
        let words = [text(folder.join("manufacturer")), text(folder.join("product"))];
        let own: Vec<&str> = words.iter().map(String::as_str).filter(|word| !word.is_empty()).collect();
        Some(Plugged {
            name: if own.is_empty() { known.clone() } else { own.join(" ") },
            is_modem: maker.is_some(),
            interfaces: names.iter().filter(interface).map(about).collect(),
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
