//! Why a port could not be opened, in words that say what to do.

use std::path::{Path, PathBuf};

use super::list::{Holder, Usb};
use crate::diagnostic::{Complaint, nearest};

pub(super) fn busy(path: &Path, holders: &[Holder], usb: Option<&Usb>) -> Complaint {
    let path = path.display();
    let who = match holders {
        [] => "another program holds".to_owned(),
        [holder] => format!("{holder} holds"),
        [holder, others @ ..] => format!("{holder} and {} more hold", others.len()),
    };
    match holders.first() {
        Some(holder) if holder.name == "ModemManager" => {
            let device = usb.and_then(|usb| usb.device.as_ref()).map_or("DEVICE".into(), |path| path.to_string_lossy());
            Complaint::told("hayes::port::busy manager", &[&path, &who, &device])
        }
        Some(holder) if holder.pid == std::process::id() => Complaint::told("hayes::port::busy ours", &[&path, &who]),
        Some(holder) => Complaint::told("hayes::port::busy held", &[&path, &who, &holder.pid]),
        None => Complaint::told("hayes::port::busy unknown", &[&path, &who]),
    }
}

/// Some program has made the port its own (TIOCEXCL). The mark may be that of one that was killed: it stays while any
/// other has the port open, and nothing tells whose it is.
#[cfg(any(unix, test))]
pub(super) fn marked(path: &Path, holders: &[Holder], usb: Option<&Usb>) -> Complaint {
    match holders.first() {
        Some(holder) if holder.name == "ModemManager" || holder.pid == std::process::id() => busy(path, holders, usb),
        Some(holder) => Complaint::told("hayes::port::busy marked", &[&path.display(), holder, &holder.pid]),
        None => Complaint::told("hayes::port::busy marked-unknown", &[&path.display()]),
    }
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
    let what = match target {
        Some(target) => format!("{} points to {}, and that is gone", path.display(), target.display()),
        None if why == "there is none" => format!("there is no port {}", path.display()),
        None => format!("there is no port {}: {why}", path.display()),
    };
    match (meant(path, known), known) {
        (Some(near), _) => Complaint::told("hayes::port::missing near", &[&what, &near.display()]),
        _ if ["latest", "any", "first", "usb", "default", "modem"].iter().any(|word| path == Path::new(word)) => {
            Complaint::told("hayes::port::missing any", &[&what])
        }
        (None, []) => Complaint::told("hayes::port::missing all", &[&what]),
        (None, known) => {
            const MOST_PORTS: usize = 6;
            let names: Vec<String> = known.iter().take(MOST_PORTS).map(|path| path.display().to_string()).collect();
            let more = if known.len() > MOST_PORTS { ", …" } else { "" };
            Complaint::told("hayes::port::missing others", &[&what, &names.join(", "), &more])
        }
    }
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
