//! Why a port could not be opened, in words that say what to do.

use std::path::{Path, PathBuf};

use super::list::{Holder, Usb};
use crate::diagnostic::{Complaint, nearest};

pub(super) fn busy(path: &Path, holders: &[Holder], usb: Option<&Usb>) -> Complaint {
    let path = path.display();
    let message = match holders {
        [] => format!("{path} is busy: another program holds it"),
        [holder] => format!("{path} is busy: {holder} holds it"),
        [holder, others @ ..] => format!("{path} is busy: {holder} and {} more hold it", others.len()),
    };
    let help = match holders.first() {
        Some(holder) if holder.name == "ModemManager" => {
            let device = usb.and_then(|usb| usb.device.as_ref()).map_or("DEVICE".into(), |path| path.to_string_lossy());
            format!(
                "take the modem away from it while you work: sudo mmcli --inhibit-device={device} (leave that running); \
                 for good, by a udev rule: `hayes doctor` tells which"
            )
        }
        Some(holder) if holder.pid == std::process::id() => {
            "it is open in this same run: give each modem a port of its own".to_owned()
        }
        Some(holder) => {
            format!("end it (kill {}), or use another port of the modem: `hayes ports` lists them", holder.pid)
        }
        None => format!("`sudo fuser -v {path}` tells which; end it, or use another port of the modem"),
    };
    Complaint::new(message).of("hayes::port::busy").help(help)
}

/// Some program has made the port its own (TIOCEXCL). The mark may be that of one that was killed: it stays while any
/// other has the port open, and nothing tells whose it is.
#[cfg(any(unix, test))]
pub(super) fn marked(path: &Path, holders: &[Holder], usb: Option<&Usb>) -> Complaint {
    let mut error = busy(path, holders, usb);
    let shown = path.display();
    let (has_it, end) = match holders.first() {
        Some(holder) if holder.name == "ModemManager" || holder.pid == std::process::id() => return error,
        Some(holder) => (format!("{holder} has it open"), format!("end it (kill {})", holder.pid)),
        None => {
            ("which program has it open is not told".to_owned(), format!("`sudo fuser -v {shown}` tells which; end it"))
        }
    };
    error.message = format!("{shown} is busy: it is marked as exclusive, and {has_it}");
    error.help = Some(format!(
        "that program has marked it, or one that was killed (TIOCEXCL); the mark goes when the last one closes the port: {end}; \
         or take the mark away: sudo python3 -c 'import fcntl, os; fcntl.ioctl(os.open(\"{shown}\", os.O_RDWR | os.O_NOCTTY | \
         os.O_NONBLOCK), 0x540D)'"
    ));
    error
}

#[cfg(unix)]
pub(super) fn forbidden(path: &Path, group: Option<(String, bool)>) -> Complaint {
    // A rule for /dev/tty* that names no group leaves the node to root.
    match group.filter(|(group, _)| !["root", "wheel"].contains(&&**group)) {
        None => Complaint::told("hayes::port::forbidden", &[&path.display()]),
        Some((group, false)) => Complaint::told("hayes::port::forbidden group", &[&path.display(), &group]),
        Some((group, true)) => Complaint::told("hayes::port::forbidden member", &[&path.display(), &group]),
    }
}

/// `target` is where the path points if it is a symbolic link; `known` are the ports that there are.
pub(super) fn missing(path: &Path, why: &str, target: Option<&Path>, known: &[PathBuf]) -> Complaint {
    let message = match target {
        Some(target) => format!("{} points to {}, and that is gone", path.display(), target.display()),
        None => format!("there is no port {}: {why}", path.display()),
    };
    let message = message.strip_suffix(": there is none").map_or(message.clone(), str::to_owned);
    let help = match (meant(path, known), known) {
        (Some(near), _) => format!("did you mean {}?", near.display()),
        _ if ["latest", "any", "first", "usb", "default", "modem"].iter().any(|word| path == Path::new(word)) => {
            "`-p auto` is the one modem here that answers; `hayes ports` lists the ports".to_owned()
        }
        (None, []) => {
            "no serial port is here: is the modem plugged in and powered? `dmesg | tail` tells what the system saw"
                .to_owned()
        }
        (None, known) => {
            const MOST_PORTS: usize = 6;
            let names: Vec<String> = known.iter().take(MOST_PORTS).map(|path| path.display().to_string()).collect();
            let more = if known.len() > MOST_PORTS { ", …" } else { "" };
            format!("these are here: {}{more}; `hayes ports` tells what they are", names.join(", "))
        }
    };
    Complaint::new(message).of("hayes::port::missing").help(help)
}

#[cfg(unix)]
pub(super) fn not_a_port(path: &Path, what: &str) -> Complaint {
    Complaint::told("hayes::port::not-a-port", &[&path.display(), &what])
}

fn meant<'p>(path: &Path, known: &'p [PathBuf]) -> Option<&'p Path> {
    let name = |path: &'p Path| path.strip_prefix("/dev").unwrap_or(path).to_str();
    let letters = |path: &Path| path.to_string_lossy().trim_end_matches(|c: char| c.is_ascii_digit()).to_owned();
    // Another number is no typing error: ttyUSB1 for ttyUSB2 would be another modem.
    let others = || known.iter().map(PathBuf::as_path).filter(|known| letters(known) != letters(path));
    let wanted = path.strip_prefix("/dev").unwrap_or(path).to_string_lossy();
    // `/dev/ttyusb0`, `usb0`
    let bare = |path: &Path| {
        let path = path.to_string_lossy().to_ascii_lowercase();
        let name = path.trim_start_matches('/').trim_start_matches("dev/");
        name.strip_prefix("tty").unwrap_or(name).to_owned()
    };
    if let Some(same) = known.iter().find(|known| bare(known) == bare(path)) {
        return Some(same);
    }
    // A kind that there is was not mistyped: it is not plugged in.
    if ["ttyUSB", "ttyACM", "ttyS", "ttyAMA"].contains(&wanted.trim_end_matches(|c: char| c.is_ascii_digit())) {
        return None;
    }
    let near = nearest(&wanted, others().filter_map(name))?;
    others().find(|known| name(known) == Some(near))
}

#[cfg(all(test, unix))]
#[path = "../../tests/units/open_error.rs"]
mod tests;
