//! `hayes ports`: the serial ports of this machine; with `--probe`, which of them answers AT, and what modem it is.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::arguments::Ports;
use super::console::{Console, Exit};
use crate::at::{PromptPlan, Question, ResultCode};
use crate::catalogue::{Catalogue, prospect};
use crate::conversation::Conversation;
use crate::notation;
use crate::port::list::{Listed, ports};
use crate::port::{Cancel, OpenError, OpenErrorKind, Serial};
use crate::report::style::Style;

pub(crate) fn list(arguments: &Ports, console: &Console) -> Exit {
    let rows: Vec<PortLine> = ports().iter().map(|port| PortLine::new(port, arguments)).collect();
    if arguments.json {
        let line = |row: &PortLine| notation::json(row) + "\n";
        return console.print(&rows.iter().map(line).collect::<String>());
    }
    if rows.is_empty() {
        console.say(
            "no serial port is here: is the modem plugged in and powered? `dmesg | tail` tells what the system saw\n",
        );
        return Exit::Passed;
    }
    console.print(&rows.iter().map(|row| row.text(console)).collect::<String>())
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
    #[serde(skip_serializing_if = "Option::is_none")]
    answers: Option<Probe>,
}

#[derive(Debug, Serialize)]
struct Probe {
    at: bool,
    /// What AT+CGMI and AT+CGMM answered
    modem: Option<String>,
    /// Why it was not asked, or did not answer
    why: Option<String>,
}

impl PortLine {
    fn new(port: &Listed, arguments: &Ports) -> PortLine {
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
            answers: arguments.probe.then(|| probe(port, arguments.baud)),
        }
    }

    fn text(&self, console: &Console) -> String {
        let interface = self.interface.map(|interface| format!("interface {interface}"));
        let held = (!self.held_by.is_empty()).then(|| format!("held by {}", self.held_by.join(", ")));
        let facts = [&self.device, &self.usb, &interface, &self.driver, &self.role, &held];
        let facts: Vec<&str> = facts.into_iter().flatten().map(String::as_str).collect();
        let mut text = format!("{}  {}\n", console.out.paint(Style::Name, &self.port), facts.join(" · "));
        if let Some(answers) = &self.answers {
            let said = match (answers.at, &answers.modem, &answers.why) {
                (true, Some(modem), _) => format!("answers AT: {modem}"),
                (true, None, _) => "answers AT".to_owned(),
                (false, _, Some(why)) => why.clone(),
                (false, _, None) => "does not answer AT".to_owned(),
            };
            let style = if answers.at { Style::Good } else { Style::Dim };
            text.push_str(&format!("  {}\n", console.out.paint(style, said)));
        }
        for link in &self.links {
            text.push_str(&format!("  {}\n", console.out.paint(Style::Dim, link)));
        }
        text
    }
}

/// Asks gently: `AT`, and where that is answered, who it is. A port that another program holds is left alone.
fn probe(port: &Listed, baud: u32) -> Probe {
    let silent = |why: Option<String>| Probe { at: false, modem: None, why };
    if let Some(holder) = port.holders.first() {
        return silent(Some(format!("not asked: {holder} holds it")));
    }
    match reach(&port.path, baud) {
        Err(error) => silent(Some(error.message)),
        Ok(None) => silent(None),
        Ok(Some(mut conversation)) => {
            let told = ["AT+CGMI", "AT+CGMM"].map(|command| first_line(&mut conversation, command));
            let who: Vec<String> = told.into_iter().flatten().filter_map(Result::ok).collect();
            let modem = who.join(" ");
            Probe { at: true, modem: (!modem.is_empty()).then_some(modem), why: None }
        }
    }
}

/// Opens the port and says `AT`; none where nothing answers.
pub(crate) fn reach(path: &Path, baud: u32) -> Result<Option<Conversation>, OpenError> {
    let cancel = Cancel::new().map_err(|error| OpenError::new(OpenErrorKind::System, error.to_string()))?;
    let mut conversation = Conversation::new(Box::new(Serial::open(path, baud, &cancel)?), &Catalogue);
    let answers = (0..2).any(|_| first_line(&mut conversation, "AT").is_some_and(|told| told.is_ok()));
    Ok(answers.then_some(conversation))
}

/// The first line of the answer, or the result that refuses it; none where no answer came.
pub(crate) fn first_line(conversation: &mut Conversation, command: &str) -> Option<Result<String, ResultCode>> {
    let question = Arc::new(Question::new(
        format!("{command}\r"),
        prospect(command, None).expected,
        Duration::from_millis(700),
        PromptPlan::Unexpected,
    ));
    let answer = conversation.ask(&question, &mut ()).ok()?;
    let line = answer.lines.first().map(|line| line.text()).unwrap_or_default();
    Some(match answer.result? {
        result if result.is_success() => Ok(line),
        refusal => Err(refusal),
    })
}
