//! A port's address (`/dev/ttyUSB2`, `tcp://…`, `sim:bg96`) → an open port.

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::diagnostic::{Complaint, nearest};
use crate::notation::ShownDuration;
use crate::port::list::{self, Holder};
use crate::port::{Cancel, Clock, FlowControl, Memory, Port, Replay, Rfc2217, Serial, Tcp};
use crate::sim::{self, Options, Simulator};
use crate::usb::UsbName;

/// Where a modem is. Its text form reads back as itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Address {
    /// A serial port, or a pseudo-terminal: `/dev/ttyUSB2`, `/dev/serial/by-id/…`, `COM3`
    Device(PathBuf),
    /// `usb:VID:PID[:ifNN][:SERIAL]`: a serial port by the USB device behind it
    Usb(UsbName),
    /// `tcp://host:port`: bytes as they are. `host` has no brackets, an IPv6 address neither.
    Tcp { host: String, port: u16 },
    /// `rfc2217://host:port`: a serial port on another computer, with its baud rate and lines
    Rfc2217 { host: String, port: u16 },
    /// `sim:MODEL[?key=value&…]`: the simulated modem in this process
    /// `options` as they stand behind the `?`, without `time`; `time=virtual` makes timeouts and delays cost nothing.
    Simulator { model: String, options: String, virtual_time: bool },
    /// `replay:FILE`: a recorded conversation, in virtual time
    Replay(PathBuf),
}

/// What is talked to where no port is named.
pub const SIMULATED: &str = "sim:bg96";

/// The port of the one modem that answers AT: what the command line takes in place of an address.
pub const AUTO: &str = "auto";

pub(crate) const SCHEMES: [&str; 5] = ["usb:", "tcp://", "rfc2217://", "sim:", "replay:"];

#[derive(Debug, Clone)]
pub struct Opening {
    /// Of a serial port, here or behind RFC 2217.
    pub baud: u32,
    /// Of a serial port here.
    pub flow: FlowControl,
    /// How long a connection over the network may take to come about.
    pub connect_limit: Duration,
    /// Wakes the port, and ends its opening.
    pub cancel: Cancel,
}

impl Opening {
    /// 115200 baud, 10 s.
    pub fn new(cancel: Cancel) -> Opening {
        Opening { baud: 115_200, flow: FlowControl::None, connect_limit: Duration::from_secs(10), cancel }
    }
}

/// Opens what the address names, and nothing else: no other port is looked at, none is probed.
pub fn open(address: &Address, settings: &Opening) -> Result<Box<dyn Port>, Complaint> {
    let Opening { baud, flow, connect_limit, cancel } = settings;
    let serial = |path: &Path| Serial::open(path, *baud, cancel)?.with_flow(*flow);
    match address {
        Address::Device(path) => boxed(|| serial(path)).map_err(|error| match path.to_str() {
            Some(text) if error.code == "hayes::port::missing" => match no_device(text) {
                Some(help) => error.help(help),
                None => error,
            },
            Some(_) | None => error,
        }),
        Address::Usb(name) => boxed(|| serial(&name.find(&list::ports())?)),
        Address::Tcp { host, port } => boxed(|| Tcp::connect(host, *port, *connect_limit, cancel)),
        Address::Rfc2217 { host, port } => boxed(|| Rfc2217::connect(host, *port, *baud, *connect_limit, cancel)),
        Address::Simulator { model, options, virtual_time: false } => {
            boxed(|| Ok(Memory::in_real_time(simulator(model, options)?, cancel)))
        }
        Address::Simulator { model, options, virtual_time: true } => {
            boxed(|| Ok(Memory::in_virtual_time(simulator(model, options)?, cancel)))
        }
        // Nobody waits for a recording: what took a minute then is there at once.
        Address::Replay(file) => boxed(|| Ok(Memory::in_virtual_time(Replay::open(file)?, cancel))),
    }
}

/// What a name is meant for that no device has: a simulated modem, an address of the network, a device with its speed.
fn no_device(text: &str) -> Option<String> {
    if let Some((name, number)) = text.rsplit_once([':', ',']).filter(|(_, number)| number.parse::<u32>().is_ok()) {
        let is_device = name.contains('/') || name.get(..3).is_some_and(|com| com.eq_ignore_ascii_case("com"));
        return Some(match is_device {
            true => format!("the speed stands apart: -p {name} -b {number}"),
            false => format!("did you mean tcp://{name}:{number}?"),
        });
    }
    let (model, options) = text.split_once('?').map_or((text, ""), |(model, _)| text.split_at(model.len()));
    if text.contains(['/', '\\']) || text.starts_with("tty") {
        return None;
    }
    if sim::is_model(model) {
        return Some(format!("did you mean the simulated modem, sim:{text}?"));
    }
    Some(match sim::meant(model).as_slice() {
        [] => return None,
        [known] => format!("did you mean the simulated modem, sim:{known}{options}?"),
        several => format!("did you mean a simulated modem, one of sim:{}?", several.join(", sim:")),
    })
}

const LOOK_FOR_PORT: Duration = Duration::from_millis(250);
/// A device that has just appeared gets its other ports, and its permissions, in the next moment.
const SETTLING_TIME: Duration = Duration::from_secs(1);

/// As [`open`], for a port that may come within `wait`: a device that is plugged in, a server that starts. `tell` is
/// given once what is waited for.
pub fn open_within(
    address: &Address,
    settings: &Opening,
    wait: Duration,
    tell: &mut dyn FnMut(&str),
) -> Result<Box<dyn Port>, Complaint> {
    let clock = Clock::start();
    let mut waited = false;
    loop {
        let error = match open(address, settings) {
            Err(error) if address.may_come(&error, waited) && clock.now() < wait => error,
            opened => return opened,
        };
        if !std::mem::replace(&mut waited, true) {
            tell(&format!("{}: waiting up to {} for it", error.message, ShownDuration(wait)));
        }
        while address.is_away() && clock.now() < wait {
            pause(settings, LOOK_FOR_PORT)?;
        }
        pause(settings, SETTLING_TIME.min(wait.saturating_sub(clock.now())))?;
    }
}

fn pause(settings: &Opening, time: Duration) -> Result<(), Complaint> {
    let interrupted = || Complaint::told("hayes::port::interrupted", &[]);
    settings.cancel.pause(time).then_some(()).ok_or_else(interrupted)
}

/// Each kind has a frame of its own: a thousand modems at the same time pay for the largest with their stacks.
#[inline(never)]
fn boxed<P: Port + 'static>(open: impl FnOnce() -> Result<P, Complaint>) -> Result<Box<dyn Port>, Complaint> {
    Ok(Box::new(open()?))
}

pub fn simulator(model: &str, options: &str) -> Result<Simulator, Complaint> {
    Simulator::new(model, Options::parse(options)?)
}

impl Address {
    /// The modem is simulated in this process.
    pub fn is_simulated(&self) -> bool {
        matches!(self, Address::Simulator { .. })
    }

    /// Other programs that have the device open, as far as the system tells.
    pub fn others(&self) -> Vec<Holder> {
        self.device().map_or(Vec::new(), |path| list::others(&path))
    }

    /// The device that it leads to now, links followed.
    pub fn real_device(&self) -> Option<PathBuf> {
        std::fs::canonicalize(self.device()?).ok()
    }

    fn device(&self) -> Option<PathBuf> {
        match self {
            Address::Device(path) => Some(path.clone()),
            Address::Usb(name) => name.find(&list::ports()).ok(),
            Address::Tcp { .. } | Address::Rfc2217 { .. } | Address::Simulator { .. } | Address::Replay(_) => None,
        }
    }

    /// Whether what could not be opened may be opened later; once it was `waited` for, it may be busy for a moment too.
    fn may_come(&self, error: &Complaint, waited: bool) -> bool {
        let may_come = !matches!(self, Address::Simulator { .. } | Address::Replay(_));
        let is_absent = matches!(error.code, "hayes::port::missing" | "hayes::port::unreachable");
        may_come && error.code != "hayes::port::interrupted" && (is_absent || waited)
    }

    /// Another machine's, or what another program here offers over the network.
    pub(crate) fn is_remote(&self) -> bool {
        matches!(self, Address::Tcp { .. } | Address::Rfc2217 { .. })
    }

    /// What tells it from other ports, and whether it is the same one from each machine. What is on the network is one
    /// port, however it is spoken to and its host is written.
    pub(crate) fn mark(&self) -> (String, bool) {
        let (Address::Tcp { host, port } | Address::Rfc2217 { host, port }) = self else {
            return (self.to_string(), false);
        };
        let name = host.trim_end_matches('.').to_ascii_lowercase();
        let name = if name == "localhost" { "127.0.0.1" } else { &name };
        let known = name.parse::<IpAddr>().ok();
        let is_everywhere = known.is_none_or(|known| !known.is_loopback());
        (format!("{} {port}", known.map_or_else(|| name.to_owned(), |known| known.to_string())), is_everywhere)
    }

    /// A device that is not there, as a look at its name tells.
    fn is_away(&self) -> bool {
        match self {
            Address::Device(path) => !path.exists(),
            Address::Usb(_) => self.device().is_none(),
            Address::Tcp { .. } | Address::Rfc2217 { .. } | Address::Simulator { .. } | Address::Replay(_) => false,
        }
    }

    /// Looks only at the text: whether there is such a port shows when it is opened. What can be simulated is known
    /// already.
    pub fn parse(text: &str) -> Result<Address, Complaint> {
        if text.is_empty() {
            return Err(Complaint::told("hayes::port::missing empty", &[]));
        }
        if text.contains('\0') {
            return Err(Complaint::told("hayes::port::missing nul", &[]));
        }
        if text == AUTO {
            return Err(Complaint::told("hayes::port::missing auto", &[]));
        }
        if let Some(rest) = text.strip_prefix("usb:") {
            return UsbName::parse(rest).map(Address::Usb);
        }
        if let Some(rest) = text.strip_prefix("tcp://") {
            return host_and_port(text, rest).map(|(host, port)| Address::Tcp { host, port });
        }
        if let Some(rest) = text.strip_prefix("rfc2217://") {
            return host_and_port(text, rest).map(|(host, port)| Address::Rfc2217 { host, port });
        }
        if let Some(rest) = text.strip_prefix("sim:") {
            return simulator_address(text, rest);
        }
        if let Some(file) = text.strip_prefix("replay:") {
            if file.is_empty() {
                return Err(Complaint::told("hayes::port::missing no-file", &[]));
            }
            return Ok(Address::Replay(file.into()));
        }
        match foreign_scheme(text) {
            Some(scheme) => Err(unknown_scheme(text, scheme)),
            None => Ok(Address::Device(text.into())),
        }
    }
}

/// The scheme of a text that has one which is not ours. `/dev/serial/by-path/pci-0000:00:14.0` and `C:\` have none.
fn foreign_scheme(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_once(':')?;
    // A host and its port number, a device and its speed: told once there is no such device.
    if rest.parse::<u32>().is_ok() {
        return None;
    }
    let is_scheme = scheme.len() > 1 && scheme.chars().all(|c| c.is_ascii_alphanumeric() || c == '+' || c == '-');
    // `COM3:` is what Windows' own tools call COM3.
    let is_com = scheme.get(..3).is_some_and(|com| com.eq_ignore_ascii_case("com")) && text.ends_with(':');
    (is_scheme && !is_com).then_some(scheme)
}

fn unknown_scheme(text: &str, scheme: &str) -> Complaint {
    let wanted = match scheme.to_ascii_lowercase().as_str() {
        "telnet" => Some("rfc2217://"),
        "socket" | "raw" => Some("tcp://"),
        "file" => Some("replay:"),
        "hwgrep" => Some("usb:"),
        other => {
            let near = nearest(other, SCHEMES.map(|scheme| scheme.trim_end_matches([':', '/'])));
            SCHEMES.into_iter().find(|scheme| near.is_some_and(|near| scheme.starts_with(near)))
        }
    };
    let rest = text.get(scheme.len()..).unwrap_or_default().trim_start_matches([':', '/']);
    match wanted {
        Some(wanted) => Complaint::told("hayes::port::missing scheme-meant", &[&scheme, &wanted, &rest]),
        None => Complaint::told("hayes::port::missing scheme", &[&scheme]),
    }
}

/// `host:7000`, `[::1]:7000`: the host, and what stands behind its colon (RFC 3986 §3.2).
pub(crate) fn split_host(text: &str) -> (&str, Option<&str>) {
    match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, port)) => (host, port.strip_prefix(':')),
        None => text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port))),
    }
}

fn host_and_port(text: &str, rest: &str) -> Result<(String, u16), Complaint> {
    let scheme = text.strip_suffix(rest).unwrap_or_default();
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    let (host, port) = split_host(rest);
    if !(rest.starts_with('[') && rest.contains(']')) && rest.matches(':').count() > 1 {
        return Err(Complaint::told("hayes::port::missing colons", &[&text, &scheme]));
    }
    if host.is_empty() {
        return Err(Complaint::told("hayes::port::missing no-host", &[&text, &scheme]));
    }
    let Some(port) = port.filter(|port| !port.is_empty()) else {
        return Err(Complaint::told("hayes::port::missing no-number", &[&text, &scheme, &bracketed(host)]));
    };
    match port.parse() {
        Ok(number @ 1_u16..) => Ok((host.to_owned(), number)),
        Ok(0) | Err(_) => Err(Complaint::told("hayes::port::missing number", &[&port, &scheme, &bracketed(host)])),
    }
}

fn simulator_address(text: &str, rest: &str) -> Result<Address, Complaint> {
    let (model, query) = rest.split_once('?').map_or((rest, None), |(model, query)| (model, Some(query)));
    if model.is_empty() {
        return Err(Complaint::told("hayes::port::missing no-model", &[&text]));
    }
    let mut options: Vec<&str> = Vec::new();
    let mut virtual_time = false;
    for option in query.into_iter().flat_map(|query| query.split('&')).filter(|option| !option.is_empty()) {
        match option.split_once('=') {
            Some(("time", "real")) => virtual_time = false,
            Some(("time", "virtual")) => virtual_time = true,
            Some(("time", _)) => return Err(Complaint::told("hayes::port::missing time", &[&option])),
            Some(("virtual" | "virtual-time" | "clock", _)) => {
                return Err(Complaint::told("hayes::port::missing time-meant", &[&option]));
            }
            Some((key, _)) if !key.is_empty() => options.push(option),
            Some(_) | None => return Err(Complaint::told("hayes::port::missing option", &[&option])),
        }
    }
    let options = options.join("&");
    Options::parse(&options)?;
    if !sim::is_model(model) {
        simulator(model, &options)?;
    }
    Ok(Address::Simulator { model: model.to_owned(), options, virtual_time })
}

fn bracketed(host: &str) -> String {
    if host.contains(':') { format!("[{host}]") } else { host.to_owned() }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Device(path) => write!(f, "{}", path.display()),
            Address::Usb(name) => write!(f, "{name}"),
            Address::Tcp { host, port } => write!(f, "tcp://{}:{port}", bracketed(host)),
            Address::Rfc2217 { host, port } => write!(f, "rfc2217://{}:{port}", bracketed(host)),
            Address::Simulator { model, options, virtual_time } => {
                let time = if *virtual_time { "time=virtual" } else { "" };
                let query: Vec<&str> = [options, time].into_iter().filter(|part| !part.is_empty()).collect();
                write!(f, "sim:{model}{}{}", if query.is_empty() { "" } else { "?" }, query.join("&"))
            }
            Address::Replay(file) => write!(f, "replay:{}", file.display()),
        }
    }
}
