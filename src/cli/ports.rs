//! `hayes ports`: the serial ports of this machine; with `--probe`, which of them answers AT, and what modem it is.

use serde::{Serialize, Serializer};

use super::arguments::Ports;
use super::console::{Console, Exit};
use crate::notation::{self, harmless_line};
use crate::port::Cancel;
use crate::port::list::{Listed, ports};
use crate::probe::{self, Reply};
use crate::report::result::plural;
use crate::report::style::Style;
use crate::usb::UsbName;

pub(crate) fn list(arguments: &Ports, console: &Console) -> Result<Exit, Exit> {
    let ports = ports();
    let mut rows: Vec<PortLine> = ports.iter().map(|port| PortLine::new(port, &ports)).collect();
    if arguments.probe {
        let cancel = Cancel::new().map_err(|error| console.refused(&error))?;
        console.at_work(&format!("asking {} …", plural(ports.len() as u64, "port")));
        let replies = probe::ask_all(&ports, arguments.baud, &cancel);
        console.at_work("");
        rows.iter_mut().zip(replies).for_each(|(row, reply)| row.answers = Some(reply));
    }
    // A script asks so whether there is a modem.
    let answers = rows.iter().any(|row| matches!(row.answers, Some(Reply::Modem(_))));
    let exit = if arguments.probe && !answers { Exit::Device } else { Exit::Passed };
    if arguments.json {
        let line = |row: &PortLine| notation::json(row) + "\n";
        return Ok(exit.worst(console.print(&rows.iter().map(line).collect::<String>())));
    }
    if rows.is_empty() {
        console.say(
            "no serial port is here: is the modem plugged in and powered? `dmesg | tail` tells what the system saw\n",
        );
        return Ok(exit);
    }
    Ok(exit.worst(console.print(&rows.iter().map(|row| row.text(console)).collect::<String>())))
}

/// One port, as `--json` prints it.
#[derive(Debug, Serialize)]
struct PortLine {
    port: String,
    links: Vec<String>,
    device: Option<String>,
    usb: Option<String>,
    interface: Option<u8>,
    driver: Option<String>,
    role: Option<String>,
    held_by: Vec<String>,
    /// What -p takes, and what means this port when it is plugged in again too
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_json")]
    answers: Option<Reply>,
}

/// Whether it answers, with what AT+CGMI and AT+CGMM told; else why it was not asked.
fn as_json<S: Serializer>(reply: &Option<Reply>, serializer: S) -> Result<S::Ok, S::Error> {
    let (at, modem, why) = match reply {
        Some(Reply::Modem(modem)) => (true, Some(modem).filter(|modem| !modem.is_empty()), None),
        Some(Reply::NotAsked(why)) => (false, None, Some(why)),
        Some(Reply::Silence) | None => (false, None, None),
    };
    serde_json::json!({"at": at, "modem": modem, "why": why}).serialize(serializer)
}

impl PortLine {
    fn new(port: &Listed, all: &[Listed]) -> PortLine {
        let product = port.usb.as_ref().map(|usb| {
            let words: Vec<&str> =
                [&usb.manufacturer, &usb.product].into_iter().flatten().map(String::as_str).collect();
            words.join(" ")
        });
        PortLine {
            port: port.path.display().to_string(),
            links: port.links.iter().map(|link| link.display().to_string()).collect(),
            device: product.filter(|product| !product.is_empty()),
            usb: port.usb.as_ref().map(|usb| format!("{:04x}:{:04x}", usb.vendor_id, usb.product_id)),
            interface: port.usb.as_ref().and_then(|usb| usb.interface),
            driver: port.driver.clone(),
            role: port.role.clone(),
            held_by: port.holders.iter().map(ToString::to_string).collect(),
            name: UsbName::of(port, all).map(|name| name.to_string()),
            answers: None,
        }
    }

    fn text(&self, console: &Console) -> String {
        let interface = self.interface.map(|interface| format!("interface {interface}"));
        let held = (!self.held_by.is_empty()).then(|| format!("held by {}", self.held_by.join(", ")));
        let facts = [&self.device, &self.usb, &interface, &self.driver, &self.role, &held];
        let facts: Vec<&str> = facts.into_iter().flatten().map(String::as_str).collect();
        let mut text =
            format!("{}  {}\n", console.out.paint(Style::Name, &self.port), harmless_line(&facts.join(" · ")));
        if let Some(answers) = &self.answers {
            let (style, said) = match answers {
                Reply::Modem(modem) if modem.is_empty() => (Style::Good, "answers AT".to_owned()),
                Reply::Modem(modem) => (Style::Good, format!("answers AT: {}", harmless_line(modem))),
                Reply::NotAsked(why) => (Style::Dim, why.clone()),
                Reply::Silence => (Style::Dim, "does not answer AT".to_owned()),
            };
            text.push_str(&format!("  {}\n", console.out.paint(style, said)));
        }
        for link in self.name.iter().chain(&self.links) {
            text.push_str(&format!("  {}\n", console.out.paint(Style::Dim, harmless_line(link))));
        }
        text
    }
}
