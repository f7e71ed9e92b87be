//! `hayes doctor`: what is plugged in, what is in the way and how to mend it, and whether a modem answers.

use std::io::IsTerminal;

use super::arguments::Doctor;
use super::console::{Console, Exit, quoted, width};
use crate::connect::{AUTO, Address};
use crate::doctor::{Finding, Health, examine};
use crate::notation::{self, harmless, harmless_line};
use crate::port::{Cancel, list};
use crate::probe::{reach, states, who};
use crate::report::style::{Style, filled};

/// What a UART may have been set to; USB has no speed.
const BAUDS: [u32; 5] = [115_200, 9_600, 460_800, 921_600, 57_600];

pub(crate) fn run(arguments: &Doctor, console: &Console) -> Result<Exit, Exit> {
    if let Some(root) = arguments.root.as_deref().filter(|root| !root.is_dir()) {
        return Err(console.refuse_file(Exit::Usage, "hayes::cli no-root", &[&root.display()], root));
    }
    // The one that answers is looked for anyway.
    let named = arguments.port.as_deref().filter(|port| *port != AUTO).map(Address::parse).transpose();
    let named = named.map_err(|error| console.refuse_as(Exit::Usage, &error))?;
    let root = arguments.root.clone().unwrap_or_else(list::root);
    let (ports, mut findings) = if named.is_some() { Default::default() } else { examine(&root) };
    let here = ports.iter().filter(|port| port.refusal.is_none());
    let here = here.map(|port| (Address::Device(list::under(&root, &port.path)), port.usb.is_none()));
    let named = named.into_iter().map(|port| {
        let has_speed = matches!(port, Address::Device(_) | Address::Rfc2217 { .. });
        (port, has_speed)
    });
    // Another machine's ports are not here.
    let asked: Vec<_> = here.filter(|_| arguments.root.is_none()).chain(named).collect();
    let cancel = Cancel::new().map_err(|error| console.refused(&error))?;
    let ask = |(port, has_speed): &(Address, bool)| {
        console.at_work(&format!("asking {port} …"));
        ask(port, *has_speed, arguments.baud, &cancel, &mut findings)
    };
    let heard: Vec<bool> = asked.iter().filter_map(ask).collect();
    console.at_work("");
    if !heard.is_empty() && !heard.contains(&true) {
        let finding = Finding::new("modem", Health::Wrong, "no port answers AT");
        let mend = "give the modem power and wait for its start; a UART needs RX and TX crossed and its own speed (-b)";
        findings.push(finding.mended_by(mend));
    }
    let exit = if findings.iter().any(|finding| finding.health == Health::Wrong) { Exit::Device } else { Exit::Passed };
    let text: String = match arguments.json {
        true => findings.iter().map(|finding| notation::json(finding) + "\n").collect(),
        false => findings.iter().map(|finding| shown(finding, console)).collect(),
    };
    Ok(console.print(&text).worst(exit))
}

fn shown(finding: &Finding, console: &Console) -> String {
    let (mark, style) = match finding.health {
        Health::Good => ("ok    ", Style::Good),
        Health::Notable => ("note  ", Style::Notable),
        Health::Wrong => ("wrong ", Style::Bad),
    };
    let mark = console.out.paint(style, mark);
    // A device and a program may be called anything.
    let (about, says) = (harmless_line(&finding.about), harmless_line(&finding.says));
    let mut lines = vec![format!("{mark} {}: {says}", console.out.paint(Style::Name, about))];
    lines.extend(finding.mend.as_ref().map(|mend| format!("       → {}", harmless(mend))));
    let is_read = std::io::stdout().is_terminal();
    let line = |line: String| if is_read { filled(&line, width(), "         ") + "\n" } else { line + "\n" };
    lines.into_iter().map(line).collect()
}

/// Whether a modem answers on the port, where that could be opened; adds who it is and how it does.
fn ask(port: &Address, has_speed: bool, baud: Option<u32>, cancel: &Cancel, found: &mut Vec<Finding>) -> Option<bool> {
    let about = port.to_string();
    let bauds = match baud.as_ref() {
        Some(baud) => std::slice::from_ref(baud),
        None if !has_speed => BAUDS.get(..1).unwrap_or(&BAUDS),
        None => &BAUDS,
    };
    for baud in bauds {
        match reach(port, *baud, cancel) {
            Ok(Some(mut conversation)) => {
                found.push(who(&about, Some(*baud).filter(|_| has_speed), &mut conversation));
                found.extend(states(&about, &quoted(&about), &mut conversation));
                return Some(true);
            }
            Ok(None) => {}
            Err(error) => {
                let finding = Finding::new(about, Health::Wrong, error.message);
                found.push(Finding { mend: error.help, ..finding });
                return None;
            }
        }
    }
    found.push(Finding::new(about, Health::Notable, "does not answer AT"));
    Some(false)
}
