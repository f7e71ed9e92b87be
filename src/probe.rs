//! Which ports answer AT, and what modems they are. What a person asks for alone is asked: `AT` is sent to ports that
//! may be no modem's.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::at::{PromptPlan, Question, ResultCode};
use crate::catalogue::explain::{Context, advice, beside};
use crate::catalogue::{Catalogue, module_by_model, prospect};
use crate::connect::{self, Address, Opening};
use crate::conversation::Conversation;
use crate::diagnostic::Complaint;
use crate::doctor::{Finding, Health, Symptom, symptoms};
use crate::port::Cancel;
use crate::port::list::{Listed, Usb};
use crate::usb::UsbName;

/// Without AT+CMEE a modem does not say more than ERROR.
const NO_SIM: &str =
    "the SIM is missing, not seated, or the wrong way round: `hayes run modem/check-sim -p PORT` tells more";

/// What a port said to `AT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reply {
    /// What AT+CGMI and AT+CGMM told; nothing where they were refused
    Modem(String),
    Silence,
    /// It was not asked: why
    NotAsked(String),
}

/// A modem that answers, and the port to talk to it on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AnsweringModem {
    pub(crate) path: PathBuf,
    /// What `-p` takes, and what stays the same when it is plugged in again where there is such a name
    pub(crate) name: String,
    pub(crate) modem: String,
}

/// Asks gently: `AT`, and where that is answered, who it is. A port that another program holds is left alone.
pub(crate) fn ask(port: &Listed, baud: u32, cancel: &Cancel) -> Reply {
    if let Some(holder) = port.holders.first() {
        return Reply::NotAsked(format!("not asked: {holder} holds it"));
    }
    match reach(&Address::Device(port.path.clone()), baud, cancel) {
        Err(error) => Reply::NotAsked(error.message),
        Ok(None) => Reply::Silence,
        Ok(Some(mut conversation)) => {
            let told = ["AT+CGMI", "AT+CGMM"].map(|command| first_line(&mut conversation, command));
            Reply::Modem(told.into_iter().flatten().filter_map(Result::ok).collect::<Vec<_>>().join(" "))
        }
    }
}

/// Asks all ports at the same time, each as [`ask`] does.
pub(crate) fn ask_all(ports: &[Listed], baud: u32, cancel: &Cancel) -> Vec<Reply> {
    std::thread::scope(|scope| {
        let asked: Vec<_> = ports.iter().map(|port| scope.spawn(move || ask(port, baud, cancel))).collect();
        let reply = |asked: std::thread::ScopedJoinHandle<'_, Reply>| asked.join().unwrap_or(Reply::Silence);
        asked.into_iter().map(reply).collect()
    })
}

/// Opens the port and says `AT`; none where nothing answers.
pub(crate) fn reach(port: &Address, baud: u32, cancel: &Cancel) -> Result<Option<Conversation>, Complaint> {
    let opened = connect::open(port, &Opening { baud, ..Opening::new(cancel.clone()) })?;
    let mut conversation = Conversation::new(opened, &Catalogue);
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

/// The modems that answer, each once: of a modem's several AT ports it is the one that udev's rules call its first,
/// else the one of the lowest interface.
pub(crate) fn modems(ports: &[Listed], replies: &[Reply]) -> Vec<AnsweringModem> {
    let answering = ports.iter().zip(replies).filter_map(|(port, reply)| match reply {
        Reply::Modem(modem) => Some((port, modem)),
        Reply::Silence | Reply::NotAsked(_) => None,
    });
    let mut modems: Vec<(&Listed, &String)> = Vec::new();
    let device = |port: &Listed| port.usb.as_ref().and_then(|usb| usb.device.clone());
    let place = |port: &Listed| {
        let interface = port.usb.as_ref().and_then(|Usb { interface, .. }| *interface);
        (port.role.as_deref() != Some("at-primary"), interface)
    };
    for (port, modem) in answering {
        let same = modems.iter_mut().find(|(known, _)| device(port).is_some() && device(known) == device(port));
        match same {
            Some((known, _)) if place(port) < place(known) => *known = port,
            Some(_) => {}
            None => modems.push((port, modem)),
        }
    }
    let met = |(port, modem): (&Listed, &String)| AnsweringModem {
        path: port.path.clone(),
        name: UsbName::of(port, ports).map_or_else(|| port.path.display().to_string(), |name| name.to_string()),
        modem: modem.clone(),
    };
    modems.into_iter().map(met).collect()
}

/// That no port answers, and what each did instead.
pub(crate) fn nobody(ports: &[Listed], replies: &[Reply]) -> Complaint {
    let error = |message: &str| Complaint::new(message).of("hayes::port::missing");
    if ports.is_empty() {
        return error("no serial port is here")
            .help("is the modem plugged in and powered? `hayes doctor` finds out why not, --wait 30s waits for it");
    }
    let why = |(port, reply): (&Listed, &Reply)| match reply {
        Reply::NotAsked(why) if why.contains(&*port.path.to_string_lossy()) => why.clone(),
        Reply::NotAsked(why) => format!("{}: {}", port.path.display(), why.trim_start_matches("not asked: ")),
        Reply::Silence | Reply::Modem(_) => format!("{} is silent", port.path.display()),
    };
    let each: Vec<String> = ports.iter().zip(replies).map(why).collect();
    error("no port answers AT").help(format!("{}; `hayes doctor` finds out why", each.join(", ")))
}

impl AnsweringModem {
    pub(crate) fn address(&self) -> Address {
        Address::Device(self.path.clone())
    }
}

/// Who answers on a port; a speed where it has one.
pub(crate) fn who(about: &str, baud: Option<u32>, conversation: &mut Conversation) -> Finding {
    let told = ["AT+CGMI", "AT+CGMM", "AT+CGMR"].map(|command| first_line(conversation, command));
    let words: Vec<String> = told.into_iter().flatten().filter_map(|told| told.ok()).collect();
    let known = words.get(1).is_some_and(|model| module_by_model(model).is_some());
    let known = if known { ", which Hayes knows" } else { "" };
    let speed = baud.map_or_else(String::new, |baud| format!(" at {baud} baud"));
    let who = if words.is_empty() { "it does not say who it is".to_owned() } else { words.join(" ") };
    Finding::new(about, Health::Good, format!("answers AT{speed}: {who}{known}"))
}

/// What the modem says of itself; nothing of a command that it does not know. `port`: as a command line names it.
pub(crate) fn states(about: &str, port: &str, conversation: &mut Conversation) -> Vec<Finding> {
    let heard = symptoms().iter().filter_map(|asked| Some((asked, first_line(conversation, &asked.command)?)));
    let heard: Vec<_> = heard.collect();
    let is_well = |kind: &str| {
        let mut of_kind = heard.iter().filter(|(asked, _)| !kind.is_empty() && asked.kind == kind);
        of_kind.any(|(asked, told)| told.as_ref().is_ok_and(|line| asked.health(line) == Health::Good))
    };
    let finding = |(asked, told): &(&Symptom, Result<String, ResultCode>)| {
        let about_it = format!("{about}, {}", asked.about);
        let line = match told {
            Ok(line) => line,
            Err(result) if asked.command == "AT+CPIN?" => {
                let known = advice(result, None).filter(|_| *result != ResultCode::Error);
                let finding = Finding::new(about_it, Health::Wrong, result.to_string());
                return Some(finding.mended_by(known.unwrap_or(NO_SIM).replace("PORT", port)));
            }
            Err(_) => return None,
        };
        let meaning = beside(line, &Context { command: Some(&asked.command), module: None });
        let says = meaning.map_or(line.clone(), |meaning| format!("{line} · {meaning}"));
        let health = if is_well(&asked.kind) { Health::Good } else { asked.health(line) };
        let finding = Finding::new(about_it, health, says);
        match health {
            Health::Good => Some(finding).filter(|_| !asked.only_wrong),
            Health::Notable | Health::Wrong => Some(finding.mended_by(asked.mend(port))),
        }
    };
    heard.iter().filter_map(finding).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port(number: u8, device: Option<&str>, interface: u8, role: Option<&str>) -> Listed {
        let usb = device.map(|device| Usb {
            vendor_id: 0x2c7c,
            product_id: 0x0125,
            interface: Some(interface),
            device: Some(device.into()),
            ..Usb::default()
        });
        let path = format!("/dev/ttyUSB{number}").into();
        let role = role.map(str::to_owned);
        Listed { path, links: Vec::new(), usb, driver: None, role, holders: Vec::new(), refusal: None }
    }

    #[test]
    fn a_modem_with_two_ports_that_answer_is_one() {
        let ports = [
            port(2, Some("/sys/1-2"), 3, None),
            port(3, Some("/sys/1-2"), 2, None),
            port(4, Some("/sys/1-3"), 2, None),
            port(5, Some("/sys/1-3"), 4, Some("at-primary")),
            port(6, None, 0, None),
            port(7, None, 0, None),
        ];
        let replies = vec![Reply::Modem("EC25".to_owned()); ports.len()];
        let met: Vec<String> = modems(&ports, &replies).into_iter().map(|met| met.name).collect();
        assert_eq!(met, ["/dev/ttyUSB3", "usb:2c7c:0125:if04", "/dev/ttyUSB6", "/dev/ttyUSB7"]);
        let mut replies = vec![Reply::Silence; ports.len()];
        replies[1] = Reply::NotAsked("not asked: minicom (process 812) holds it".to_owned());
        replies[2] = Reply::NotAsked("you may not open /dev/ttyUSB4".to_owned());
        assert_eq!(modems(&ports, &replies), []);
        let help = nobody(&ports[..3], &replies).help.unwrap();
        let expected = "/dev/ttyUSB2 is silent, /dev/ttyUSB3: minicom (process 812) holds it, you may not open \
                        /dev/ttyUSB4; `hayes doctor` finds out why";
        assert_eq!(help, expected);
    }
}
