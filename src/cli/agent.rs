//! `hayes agent`: a gateway of a fleet, which does what its operator orders.

use std::fmt::Display;
use std::io::ErrorKind;
use std::path::Path;

use clap::{Arg, Args, Subcommand};

use super::console::{Console, Exit};
use super::fleet::{CarrierArguments, refused};
use super::modem::Signals;
use crate::diagnostic::Complaint;
use crate::fleet::carrier::{self, Access, is_name};
use crate::fleet::gateway::{AgentFolder, Gateway, ToGateway};
use crate::fleet::nkey::{self, KeyKind};
use crate::port::{Cancel, Timestamp};
use crate::report::style::harmless;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct AgentArguments {
    #[command(subcommand)]
    task: Option<AgentTask>,
    #[command(flatten)]
    place: CarrierArguments,
    /// Do what is to be done now, and end
    #[arg(long)]
    once: bool,
}

#[derive(Debug, Subcommand)]
enum AgentTask {
    /// Make this gateway's key, and print its table of the inventory
    #[command(arg(hidden("carrier")), arg(hidden("ca")))]
    Enroll {
        /// What the inventory calls this gateway
        #[arg(long, value_name = "GATEWAY")]
        name: String,
        /// The key of the operator, whose orders are followed; a second one while it is changed
        #[arg(long, value_name = "KEY", required = true)]
        operator: Vec<String>,
        /// What the operator calls the fleet
        #[arg(long, default_value = "fleet")]
        fleet: String,
    },
}

/// An option of the agent that follows orders, which means nothing here.
fn hidden(name: &'static str) -> Arg {
    Arg::new(name).long(name).hide(true)
}

pub(crate) fn agent(arguments: &AgentArguments, console: &Console) -> Result<Exit, Exit> {
    let folder = arguments.place.folder("agent", console)?;
    match &arguments.task {
        Some(AgentTask::Enroll { name, operator, fleet }) => Ok(enroll(&folder, name, operator, fleet, console)),
        None => follow(&folder, arguments, console),
    }
}

fn enroll(folder: &Path, name: &str, operators: &[String], fleet: &str, console: &Console) -> Exit {
    if let Some(wrong) = [name, fleet].into_iter().find(|name| !is_name(name)) {
        return console.refuse(Exit::Usage, "hayes::cli gateway-name", &[&format_args!("{wrong:?}")]);
    }
    if let Some(wrong) = operators.iter().find_map(|key| nkey::read(KeyKind::Operator, key).err()) {
        let wrong = Complaint::new(wrong).help("`hayes fleet init` prints the operator's key");
        return console.refuse_as(Exit::Usage, &wrong);
    }
    let agent = AgentFolder::new(folder);
    if let Ok(known) = agent.enrolment() {
        let values: [&dyn Display; 3] = [&folder.display(), &known.gateway, &known.fleet];
        return console.refuse(Exit::Unwritable, "hayes::cli gateway-there", &values);
    }
    match agent.enrol(fleet, name, operators) {
        Ok([key, seal]) => {
            console.print(&format!("[[gateway]]\nname = \"{name}\"\nkey = \"{key}\"\nseal = \"{seal}\"\n"))
        }
        Err(error) => refused(&format!("{} cannot be the folder of a new gateway", folder.display()), console)(error),
    }
}

/// Does what orders say, until it is stopped.
fn follow(folder: &Path, arguments: &AgentArguments, console: &Console) -> Result<Exit, Exit> {
    let place = folder.display();
    let folder = AgentFolder::new(folder);
    let who = folder.enrolment().map_err(|error| {
        if !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) {
            return refused(&format!("{place}/agent.json"), console)(error);
        }
        console.refuse(Exit::Usage, "hayes::cli not-enrolled", &[&place])
    })?;
    let key = folder.key().map_err(refused("the gateway's key", console))?;
    let Some(address) = arguments.place.carrier() else {
        return Err(console.refuse(Exit::Usage, "hayes::cli no-orders", &[]));
    };
    let authorities = arguments.place.authorities();
    let authorities = authorities.as_deref();
    let access = Access { fleet: &who.fleet, gateway: Some(&who.gateway), seed: key.seed(), authorities };
    let carrier = carrier::open(&address, &access);
    let carrier = carrier.map_err(|why| console.refuse_as(Exit::Usage, &Complaint::new(why.to_string())))?;
    let say = |text: &str| console.say(&format!("{} {}\n", Timestamp::now(), harmless(text.as_bytes())));
    let gateway = Gateway::open(folder, carrier, &say).map_err(refused("the agent", console))?;
    let stop = gateway.sender();
    let cancel = Cancel::new().map_err(|error| console.refused(&error))?;
    let signals = Signals::cancel_and(&cancel, move || _ = stop.send(ToGateway::Stop));
    let signals = signals.map_err(|error| console.refused(&error))?;
    let done = gateway.run(arguments.once).map_err(refused("the agent", console))?;
    Ok(match done {
        _ if signals.came() => signals.exit(),
        true => Exit::Passed,
        false => Exit::Incomplete,
    })
}
