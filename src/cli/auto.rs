//! `-p auto`: the one modem that answers AT. Of several a person who sits before a terminal chooses one.

use std::io::{IsTerminal, stderr, stdin};
use std::time::Duration;

use super::arguments::Connection;
use super::console::{Console, Exit};
use super::modem::Signals;
use crate::connect::Address;
use crate::diagnostic::Complaint;
use crate::notation::ShownDuration;
use crate::port::list::ports;
use crate::port::{Cancel, Clock};
use crate::probe::{AnsweringModem, ask_all, modems, nobody};
use crate::report::result::plural;
use crate::report::style::harmless;

/// How long to leave silent ports alone before they are asked again.
const ASK_AGAIN: Duration = Duration::from_secs(1);

pub(super) fn find(connection: &Connection, console: &Console) -> Result<Address, Exit> {
    let cancel = Cancel::new().map_err(|error| console.refused(&error))?;
    let look = || chosen(connection, &cancel, console);
    let (found, interrupted) = Signals::during(&cancel, look).map_err(|error| console.refused(&error))?;
    interrupted.map_or(found, |exit| Err(console.refuse(exit, "hayes::cli interrupted", &[])))
}

fn chosen(connection: &Connection, cancel: &Cancel, console: &Console) -> Result<Address, Exit> {
    let met = wait_for_some(connection, cancel, console);
    let met = met.map_err(|error| console.refuse_as(Exit::Device, &error))?;
    if let [one] = met.as_slice() {
        console.say(&format!("auto: {}\n", described(one)));
        return Ok(one.address());
    }
    let on_terminal = stdin().is_terminal() && stderr().is_terminal();
    if let Some(one) = on_terminal.then(|| pick(&met, cancel, console)).flatten() {
        console.say(&format!("next time: -p {}\n", one.name));
        return Ok(one.address());
    }
    let names: Vec<String> = met.iter().map(|one| format!("-p {} ({})", one.name, modem(one))).collect();
    Err(console.refuse(Exit::Device, "hayes::cli several", &[&met.len(), &names.join(", ")]))
}

/// The modems that answer; at least one.
fn wait_for_some(
    connection: &Connection,
    cancel: &Cancel,
    console: &Console,
) -> Result<Vec<AnsweringModem>, Complaint> {
    let (clock, limit) = (Clock::start(), connection.wait.unwrap_or_default());
    let mut told = false;
    loop {
        let ports = ports();
        console.at_work(&format!("asking {} …", plural(ports.len() as u64, "port")));
        let replies = ask_all(&ports, connection.baud, cancel);
        console.at_work("");
        let met = modems(&ports, &replies);
        if !met.is_empty() {
            return Ok(met);
        }
        let error = nobody(&ports, &replies);
        if !std::mem::replace(&mut told, true) && !limit.is_zero() {
            console.say(&format!("{}: waiting up to {} for one that does\n", error.message, ShownDuration(limit)));
        }
        if clock.now() >= limit || !cancel.pause(ASK_AGAIN) {
            return Err(error);
        }
    }
}

/// Shows them with numbers, and takes one. None where nothing was chosen.
fn pick<'m>(met: &'m [AnsweringModem], cancel: &Cancel, console: &Console) -> Option<&'m AnsweringModem> {
    console.say(&format!("{} modems answer AT:\n", met.len()));
    met.iter().enumerate().for_each(|(at, one)| console.say(&format!("  {}  {}\n", at + 1, described(one))));
    loop {
        let question = format!("which one (1 to {})? ", met.len());
        let typed = cancel.typed_line(&question, |question| console.say(question), false, 0);
        let typed = typed.ok().filter(|line| !line.trim().is_empty())?;
        let number = typed.trim().parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        if let Some(one) = number.and_then(|number| met.get(number)) {
            return Some(one);
        }
    }
}

fn described(one: &AnsweringModem) -> String {
    let path = one.path.display().to_string();
    let name = if one.name == path { String::new() } else { format!(" ({})", one.name) };
    format!("{path}{name}: {}", modem(one))
}

fn modem(one: &AnsweringModem) -> String {
    if one.modem.is_empty() { "a modem".to_owned() } else { harmless(one.modem.as_bytes()) }
}
