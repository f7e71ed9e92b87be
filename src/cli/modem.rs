//! From `-p` to an open port, with what to say where that fails.

use std::path::Path;

use super::arguments::Connection;
use super::console::Console;
use super::exit::Exit;
use super::results::apart;
use super::signals::Signals;
use crate::catalogue::Catalogue;
use crate::connect::{self, Address, SIMULATED, Settings};
use crate::conversation::Conversation;
use crate::port::{self, Cancel, OpenError, OpenErrorKind, Port, RecordStatus, Recorded};
use crate::runtime::{Mask, Status};

/// Which port is meant.
#[derive(Debug, Clone)]
pub(crate) struct Chosen {
    pub(crate) address: Address,
    /// None was named, so it is the simulator.
    pub(crate) by_default: bool,
}

/// The port that was named, else the simulated modem, which is told.
pub(crate) fn choose(connection: &Connection, console: &Console) -> Result<Chosen, Exit> {
    let chosen = choose_untold(connection, console)?;
    if chosen.by_default {
        console
            .say(&format!("no port is named: this is the simulated modem {SIMULATED}; -p PORT talks to a real one\n"));
    }
    Ok(chosen)
}

/// The same; the caller tells that it is the simulated modem.
pub(crate) fn choose_untold(connection: &Connection, console: &Console) -> Result<Chosen, Exit> {
    let named = connection.port.as_deref();
    let address = match Address::parse(named.unwrap_or(SIMULATED)) {
        Ok(address) => address,
        Err(error) => {
            console.complain(&error.message, Some(&error.help));
            return Err(Exit::Usage);
        }
    };
    let simulated = matches!(address, Address::Simulator { .. });
    if connection.real && simulated {
        let what = if named.is_none() { "no port is named".to_owned() } else { format!("{address} is simulated") };
        let help = "name a real port: -p /dev/ttyUSB2; `hayes ports` lists them";
        console.complain(&format!("{what}, and --real refuses the simulated modem"), Some(help));
        return Err(Exit::Usage);
    }
    Ok(Chosen { address, by_default: named.is_none() })
}

/// No file that is written for a modem is one that is `read`, or both.
pub(crate) fn files_apart<'a>(
    read: impl Iterator<Item = (&'static str, &'a Path)>,
    chosen: &'a Chosen,
    connection: &'a Connection,
    results: Option<&'a Path>,
    console: &Console,
) -> Result<(), Exit> {
    let replayed = if let Address::Replay(file) = &chosen.address { Some(("the port", file.as_path())) } else { None };
    let read: Vec<(&str, &Path)> = read.chain(replayed).collect();
    let recorded = connection.record.as_deref().map(|file| ("--record", file));
    let results = results.map(|file| ("-o", file));
    let written: Vec<(&str, &Path)> = recorded.into_iter().chain(results).collect();
    apart(&read, &written, console)
}

/// An open port, and what the system asks of the program meanwhile.
pub(crate) struct Modem {
    pub(crate) conversation: Conversation,
    /// What Ctrl-C calls
    pub(crate) cancel: Cancel,
    signals: Signals,
    recorded: Option<RecordStatus>,
}

/// Why there is no modem.
#[derive(Debug)]
pub(crate) enum NoModem {
    Unopened(OpenError),
    /// The file for `--record` cannot be written.
    Unrecordable(String),
}

impl Modem {
    /// Opens the port; `secrets` are masked in what is recorded.
    pub(crate) fn open(chosen: &Chosen, connection: &Connection, secrets: Mask) -> Result<Modem, NoModem> {
        let system =
            |error: std::io::Error| NoModem::Unopened(OpenError::new(OpenErrorKind::System, error.to_string()));
        let cancel = Cancel::new().map_err(system)?;
        let signals = Signals::cancel(&cancel).map_err(system)?;
        let settings = Settings { baud: connection.baud, ..Settings::new(cancel.clone()) };
        let port = connect::open(&chosen.address, &settings).map_err(NoModem::Unopened)?;
        let (port, recorded): (Box<dyn Port>, _) = match &connection.record {
            None => (port, None),
            Some(file) => {
                let mask: port::Mask = Box::new(move |bytes| secrets.bytes(bytes));
                let recorded = Recorded::create(port, file, &chosen.address.to_string(), mask);
                let recorded = recorded.map_err(|error| {
                    NoModem::Unrecordable(format!("the conversation cannot be recorded in {}: {error}", file.display()))
                })?;
                let status = recorded.status();
                (Box::new(recorded), Some(status))
            }
        };
        Ok(Modem { conversation: Conversation::new(port, &Catalogue), cancel, signals, recorded })
    }

    /// Closes the port. What could not be recorded is told.
    pub(crate) fn close(self, console: &Console) -> Exit {
        drop(self.conversation);
        match self.recorded.and_then(|status| status.take_error()) {
            None => Exit::Passed,
            Some(error) => {
                console.complain(&format!("the conversation could not be recorded whole: {error}"), None);
                Exit::Unwritable
            }
        }
    }

    /// The exit code of a run that ended so.
    pub(crate) fn exit(&self, status: Status) -> Exit {
        match status {
            Status::Passed | Status::Skipped => Exit::Passed,
            Status::Failed => Exit::Failed,
            Status::Unreachable => Exit::Device,
            Status::Interrupted => self.signals.exit(),
        }
    }
}
