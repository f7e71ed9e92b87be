//! `hayes sim`: simulated modems as devices for any program.

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};

use super::arguments::{HELP_COLUMNS, Sim};
use super::console::{Console, Exit, width};
use super::modem::Signals;
use crate::diagnostic::Complaint;
use crate::port::crew::allow_descriptors;
use crate::port::host::{Host, HostEvent};
use crate::report::style::harmless;
use crate::report::style::{Style, filled};
use crate::sim::{Model, Options, Simulator, fault_help, models, option_help};

fn list(console: &Console) -> Exit {
    let models: Vec<_> = models().collect();
    let width = models.iter().map(|model| model.name.len()).max().unwrap_or(0);
    let line = |model: &&Model| {
        let padding = " ".repeat(width - model.name.len());
        let unconfirmed = match model.unconfirmed {
            "" => String::new(),
            what => format!(" (unconfirmed: {what})"),
        };
        format!("{}{padding}  {}{unconfirmed}\n", console.out.paint(Style::Name, &model.name), model.title)
    };
    console.print(&models.iter().map(line).collect::<String>())
}

pub(crate) fn sim(arguments: &Sim, console: &Console) -> Result<Exit, Exit> {
    let Some(model) = &arguments.model else { return Ok(list(console)) };
    let model = model.strip_prefix("sim:").unwrap_or(model);
    let (model, query) = model.split_once('?').unwrap_or((model, ""));
    if arguments.count == 0 {
        return Err(console.refuse(Exit::Usage, "hayes::cli sim-count", &[]));
    }
    // Where the system allows too few, that is told when they run out.
    let _ = allow_descriptors(3 * arguments.count as u64 + 64);
    let (cancel, signals) = Signals::begin(console)?;
    let mut host = Host::new(&cancel).map_err(|error| console.refused(&error))?;
    let mut names = Vec::new();
    for number in 0..arguments.count {
        let device = Box::new(simulator(model, query, arguments, number, console)?);
        let name = match &arguments.listen {
            Some(address) => {
                let first = listening(address, console)?;
                // Port 0 stays 0: the system takes a free one for each.
                let step = u16::try_from(number).unwrap_or(u16::MAX);
                let port = if first.port() == 0 { 0 } else { first.port().saturating_add(step) };
                let address = SocketAddr::new(first.ip(), port);
                host.add_listener(device, address).map(|address| format!("tcp://{address}"))
            }
            None => {
                let of_many = |link: &Path| PathBuf::from(format!("{}-{}", link.display(), number + 1));
                let link = arguments.link.as_deref();
                let link = link.map(|link| if arguments.count == 1 { link.to_owned() } else { of_many(link) });
                let terminal = host.add_terminal(device, link.as_deref());
                terminal.map(|path| link.map_or(path, |link| link.display().to_string()))
            }
        };
        names.push(name.map_err(|error| console.refuse_as(Exit::Device, &error))?);
    }
    let printed = console.print(&names.iter().map(|name| format!("{name}\n")).collect::<String>());
    let what = if names.len() == 1 { "a simulated".to_owned() } else { format!("{} simulated", names.len()) };
    let port = harmless(names.first().map_or(&[], String::as_bytes));
    console.say(&format!("{what} {model}, until Ctrl-C; try: hayes at -p {port} ATI\n"));
    host.run(&mut |number, event| tell(names.get(number).map_or("", String::as_str), &event, console));
    // Ctrl-C is the usual end, so it passes; a SIGTERM ends it with the exit code for that.
    Ok(printed.worst(if signals.exit() == Exit::Terminated { Exit::Terminated } else { Exit::Passed }))
}

fn simulator(model: &str, query: &str, arguments: &Sim, number: usize, console: &Console) -> Result<Simulator, Exit> {
    let refused_option = |wrong: Complaint| console.refuse_as(Exit::Usage, &wrong);
    let mut options = Options::parse(query).map_err(refused_option)?;
    for fault in &arguments.fault {
        options.add_faults(fault).map_err(refused_option)?;
    }
    // Each of many modems is somebody else.
    if arguments.seed.is_some() || arguments.count > 1 {
        let seed = arguments.seed.unwrap_or(0).wrapping_add(number as u64);
        options.set("seed", &seed.to_string()).map_err(refused_option)?;
    }
    Simulator::new(model, options).map_err(refused_option)
}

fn listening(address: &str, console: &Console) -> Result<SocketAddr, Exit> {
    let text = address.strip_prefix("tcp://").unwrap_or(address);
    let resolved = text.to_socket_addrs().ok().and_then(|mut addresses| addresses.next());
    resolved.ok_or_else(|| console.refuse(Exit::Usage, "hayes::cli sim-address", &[&address]))
}

fn tell(name: &str, event: &HostEvent, console: &Console) {
    let what = match event {
        HostEvent::Connected => "in use".to_owned(),
        HostEvent::Disconnected => "free".to_owned(),
        HostEvent::Unplugged => "unplugged".to_owned(),
        HostEvent::Plugged { name } => format!("plugged in again as {name}"),
        HostEvent::Failed { error } => format!("not back yet: {error}"),
    };
    console.say(&format!("{name}: {what}\n"));
}

pub(crate) fn with_tables(page: &str) -> String {
    let columns = width().min(HELP_COLUMNS);
    let row = |names: usize, name: String, meaning: &str| {
        let indent = " ".repeat(names + 3);
        let end = if name.chars().count() <= names { " ".to_owned() } else { format!("\n{indent}") };
        format!("  {name:<names$}{end}{}\n", filled(&format!("{indent}{meaning}"), columns, &indent).trim_start())
    };
    let options = option_help().map(|[name, value, meaning]| row(24, format!("{name}={value}"), meaning));
    let faults = fault_help().map(|[name, arguments, meaning]| row(24, format!("{name}{arguments}"), meaning));
    page.replace("«options»", &options.collect::<String>()).replace("«faults»", &faults.collect::<String>())
}
