//! The simulated modems that other processes of this machine are: `hayes sim` has the other side of the port.

use std::sync::OnceLock;

use crate::connect::Address;
use crate::port::transcript;

/// What each `hayes sim` has open. It is looked up when it is first needed: that takes a look at each process.
#[derive(Debug, Clone, Default)]
pub struct Simulators {
    /// The numbers of pseudo-terminals in /dev/pts, and the ports of TCP on which they listen
    found: OnceLock<(Vec<u32>, Vec<u16>)>,
}

impl Simulators {
    /// Whether a simulated modem is behind this address, in this process or in another one; of a recording, whether one
    /// was. False where that cannot be known: on another machine, of another user's process, and where the system does
    /// not tell.
    pub fn is_behind(&self, address: &Address) -> bool {
        match address {
            Address::Simulator { .. } => true,
            Address::Replay(file) => transcript::is_of_simulated(file),
            Address::Device(_) | Address::Usb(_) => {
                let device = address.real_device();
                let number =
                    device.as_deref().and_then(|path| path.strip_prefix("/dev/pts").ok()?.to_str()?.parse().ok());
                number.is_some_and(|number| self.found().0.contains(&number))
            }
            Address::Tcp { host, port } | Address::Rfc2217 { host, port } => {
                is_here(host) && self.found().1.contains(port)
            }
        }
    }

    fn found(&self) -> &(Vec<u32>, Vec<u16>) {
        self.found.get_or_init(system::look)
    }
}

/// Whether it is this machine. Names are not looked up: that may take long.
fn is_here(host: &str) -> bool {
    use std::net::{IpAddr, TcpListener};
    match host.parse::<IpAddr>() {
        Ok(address) => address.is_loopback() || TcpListener::bind((address, 0)).is_ok(),
        Err(_) => host.eq_ignore_ascii_case("localhost"),
    }
}

#[cfg(target_os = "linux")]
mod system {
    use std::fs;

    use crate::port::list::names_in;

    pub(crate) fn look() -> (Vec<u32>, Vec<u16>) {
        let (mut terminals, mut sockets) = (Vec::new(), Vec::new());
        for process in
            names_in("/proc".as_ref()).iter().filter(|name| name.parse::<u32>().is_ok() && is_simulator(name))
        {
            for number in names_in(format!("/proc/{process}/fd").as_ref()) {
                let Ok(target) = fs::read_link(format!("/proc/{process}/fd/{number}")) else { continue };
                if target.ends_with("ptmx") {
                    let about = fs::read_to_string(format!("/proc/{process}/fdinfo/{number}")).unwrap_or_default();
                    let index = about.lines().find_map(|line| line.strip_prefix("tty-index:"));
                    terminals.extend(index.and_then(|index| index.trim().parse::<u32>().ok()));
                }
                let socket = target.to_str().and_then(|name| name.strip_prefix("socket:[")?.strip_suffix(']'));
                sockets.extend(socket.map(str::to_owned));
            }
        }
        (terminals, if sockets.is_empty() { Vec::new() } else { listening(&sockets) })
    }

    fn is_simulator(process: &str) -> bool {
        let line = fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
        let mut words = line.split(|byte| *byte == 0);
        words.next().is_some_and(|program| program.ends_with(b"hayes")) && words.any(|word| word == b"sim")
    }

    /// The ports of those that listen: `0: 0100007F:1F90 00000000:0000 0A … INODE`, the eleventh field.
    fn listening(sockets: &[String]) -> Vec<u16> {
        const LISTENS: &str = "0A";
        let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|table| fs::read_to_string(table).unwrap_or_default());
        let port = |line: &str| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let [_, local, _, state, _, _, _, _, _, inode, ..] = fields.as_slice() else { return None };
            let is_one = *state == LISTENS && sockets.iter().any(|socket| socket == inode);
            u16::from_str_radix(local.rsplit(':').next().filter(|_| is_one)?, 16).ok()
        };
        tables.iter().flat_map(|table| table.lines().filter_map(port)).collect()
    }
}

/// Other systems do not tell.
#[cfg(not(target_os = "linux"))]
mod system {
    pub(crate) fn look() -> (Vec<u32>, Vec<u16>) {
        Default::default()
    }
}
