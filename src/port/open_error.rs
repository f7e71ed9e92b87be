//! Why a port could not be opened, in words that say what to do.

use std::fmt;
use std::path::{Path, PathBuf};

use super::list::{Holder, Usb};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenError {
    pub kind: OpenErrorKind,
    /// What is wrong, in one sentence without a final full stop.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenErrorKind {
    /// Another program holds the port.
    Busy,
    /// The user may not open it.
    Forbidden,
    /// There is no such port, file, host or simulated modem.
    Missing,
    /// It is there, and is no serial port; or the other end does not speak the protocol.
    NotAPort,
    /// The network did not get us there: refused, no route, no answer in time.
    Unreachable,
    /// The cancel handle was used while the port was being opened.
    Interrupted,
    /// Anything else the system said.
    System,
}

impl OpenError {
    pub fn new(kind: OpenErrorKind, message: impl Into<String>) -> OpenError {
        OpenError { kind, message: message.into(), help: None }
    }

    pub fn with_help(mut self, help: impl Into<String>) -> OpenError {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for OpenError {}

pub(super) fn busy(path: &Path, holders: &[Holder], usb: Option<&Usb>) -> OpenError {
    let path = path.display();
    let message = match holders {
        [] => format!("{path} is busy: another program holds it"),
        [holder] => format!("{path} is busy: {holder} holds it"),
        [holder, others @ ..] => format!("{path} is busy: {holder} and {} more hold it", others.len()),
    };
    let help = match holders.first() {
        Some(holder) if holder.name == "ModemManager" => modem_manager_help(usb),
        Some(holder) if holder.pid == std::process::id() => {
            "it is open in this same run: give each modem a port of its own".to_owned()
        }
        Some(holder) => {
            format!("end it (kill {}), or use another port of the modem: `hayes ports` lists them", holder.pid)
        }
        None => format!("`sudo fuser -v {path}` tells which; end it, or use another port of the modem"),
    };
    OpenError::new(OpenErrorKind::Busy, message).with_help(help)
}

fn modem_manager_help(usb: Option<&Usb>) -> String {
    let device = usb.and_then(|usb| usb.device.as_ref());
    let device = device.map_or("DEVICE".to_owned(), |path| path.display().to_string());
    let mut help = format!(
        "take the modem away from it while you work: sudo mmcli --inhibit-device={device} (leave that running)"
    );
    if let Some(Usb { vendor_id, product_id, .. }) = usb {
        help += &format!(
            "; for good, write this line to /etc/udev/rules.d/99-hayes.rules and plug the modem in again: \
             ATTRS{{idVendor}}==\"{vendor_id:04x}\", ATTRS{{idProduct}}==\"{product_id:04x}\", ENV{{ID_MM_DEVICE_IGNORE}}=\"1\""
        );
    }
    help
}

#[cfg(unix)]
pub(super) fn forbidden(path: &Path, group: Option<&str>) -> OpenError {
    let message = format!("you may not open {}", path.display());
    let help = match group {
        // A rule for /dev/tty* that names no group leaves the node to root.
        None | Some("root" | "wheel") => format!(
            "only root may: give the port a group with a udev rule, or try `sudo chmod a+rw {}` until it is plugged in again",
            path.display()
        ),
        Some(group) => format!("join the group that may: sudo usermod -aG {group} $USER, then log in again"),
    };
    OpenError::new(OpenErrorKind::Forbidden, message).with_help(help)
}

/// `target` is where the path points if it is a symbolic link; `known` are the ports that there are.
pub(super) fn missing(path: &Path, why: &str, target: Option<&Path>, known: &[PathBuf]) -> OpenError {
    let message = match target {
        Some(target) => format!("{} points to {}, and that is gone", path.display(), target.display()),
        None => format!("there is no port {}: {why}", path.display()),
    };
    let message = message.strip_suffix(": there is none").map_or(message.clone(), str::to_owned);
    let help = match (nearest(path, known), known) {
        (Some(near), _) => format!("did you mean {}?", near.display()),
        (None, []) => {
            "no serial port is here: is the modem plugged in and powered? `dmesg | tail` tells what the system saw"
                .to_owned()
        }
        (None, known) => {
            const SHOWN: usize = 6;
            let names: Vec<String> = known.iter().take(SHOWN).map(|path| path.display().to_string()).collect();
            let more = if known.len() > SHOWN { ", …" } else { "" };
            format!("these are here: {}{more}; `hayes ports` tells what they are", names.join(", "))
        }
    };
    OpenError::new(OpenErrorKind::Missing, message).with_help(help)
}

#[cfg(unix)]
pub(super) fn not_a_port(path: &Path, what: &str) -> OpenError {
    OpenError::new(OpenErrorKind::NotAPort, format!("{} is no serial port but {what}", path.display()))
        .with_help("name a serial port, as /dev/ttyUSB2; `hayes ports` lists them")
}

/// The port that was probably meant: one typing error away, or two in a long name.
fn nearest<'p>(path: &Path, known: &'p [PathBuf]) -> Option<&'p Path> {
    let wanted = path.to_string_lossy();
    let wanted = wanted.strip_prefix("/dev/").unwrap_or(&wanted);
    let distance = |known: &PathBuf| {
        let known = known.to_string_lossy();
        strsim::osa_distance(wanted, known.strip_prefix("/dev/").unwrap_or(&known))
    };
    let allowed = if wanted.len() > 8 { 2 } else { 1 };
    let best = known.iter().map(|known| (distance(known), known)).min_by_key(|(distance, _)| *distance)?;
    // Another number is no typing error: ttyUSB1 for ttyUSB2 would be another modem.
    let same_letters = best.1.to_string_lossy().trim_end_matches(|c: char| c.is_ascii_digit())
        == path.to_string_lossy().trim_end_matches(|c: char| c.is_ascii_digit());
    (best.0 <= allowed && !same_letters).then_some(best.1.as_path())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn help(error: OpenError) -> String {
        error.help.unwrap()
    }

    #[test]
    fn a_typing_error_is_seen() {
        let known = ["/dev/ttyS0", "/dev/ttyUSB0", "/dev/ttyUSB1"].map(PathBuf::from);
        let missing = |path: &str| missing(Path::new(path), "there is none", None, &known);
        assert_eq!(missing("/dev/ttytUSB0").message, "there is no port /dev/ttytUSB0");
        assert_eq!(help(missing("/dev/ttytUSB0")), "did you mean /dev/ttyUSB0?");
        assert_eq!(help(missing("ttyUSB0")), "did you mean /dev/ttyUSB0?");
        assert_eq!(
            help(missing("/dev/ttyUSB2")),
            "these are here: /dev/ttyS0, /dev/ttyUSB0, /dev/ttyUSB1; `hayes ports` tells what they are"
        );
    }

    #[test]
    fn a_link_to_nowhere_is_told() {
        let error = missing(Path::new("/tmp/modem"), "there is none", Some(Path::new("/dev/pts/7")), &[]);
        assert_eq!(error.message, "/tmp/modem points to /dev/pts/7, and that is gone");
    }

    #[test]
    fn a_busy_port_names_its_holder() {
        let holder = Holder { pid: 812, name: "minicom".to_owned() };
        let error = busy(Path::new("/dev/ttyUSB2"), &[holder], None);
        assert_eq!(error.message, "/dev/ttyUSB2 is busy: minicom (process 812) holds it");
        assert_eq!(help(error), "end it (kill 812), or use another port of the modem: `hayes ports` lists them");
    }

    #[test]
    fn modem_manager_gets_its_own_advice() {
        let usb = Usb {
            vendor_id: 0x2c7c,
            product_id: 0x0296,
            device: Some("/sys/devices/pci0000:00/usb1/1-2".into()),
            ..Usb::default()
        };
        let holder = Holder { pid: 400, name: "ModemManager".to_owned() };
        assert_eq!(
            help(busy(Path::new("/dev/ttyUSB2"), &[holder], Some(&usb))),
            "take the modem away from it while you work: \
             sudo mmcli --inhibit-device=/sys/devices/pci0000:00/usb1/1-2 (leave that running); \
             for good, write this line to /etc/udev/rules.d/99-hayes.rules and plug the modem in again: \
             ATTRS{idVendor}==\"2c7c\", ATTRS{idProduct}==\"0296\", ENV{ID_MM_DEVICE_IGNORE}=\"1\""
        );
    }

    #[test]
    #[cfg(unix)]
    fn a_forbidden_port_names_the_group() {
        let error = forbidden(Path::new("/dev/ttyUSB2"), Some("dialout"));
        assert_eq!(error.message, "you may not open /dev/ttyUSB2");
        assert_eq!(help(error), "join the group that may: sudo usermod -aG dialout $USER, then log in again");
    }
}
