//! Linux tells all of it in files: sysfs what is plugged in where, /proc who has what open, /run/udev what the rules
//! make of it. No port is opened, and no library is needed.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::event::{EventfdFlags, eventfd};
use rustix::fs::inotify::{self, CreateFlags, WatchFlags};

use super::group_that_may;
use crate::port::list::{Holder, Listed, Usb, names_in, under};
use crate::port::open_error;
use crate::source::read_file;

const TTYS: &str = "/sys/class/tty";

/// `root` is `/`, or a folder that holds another machine's files.
pub(in crate::port) fn ports(root: &Path) -> Vec<Listed> {
    let links = links(root);
    let mut open = open_files(&root.join("proc"));
    paths(root)
        .into_iter()
        .map(|path| {
            let name = path.file_name().unwrap_or_default();
            let class = ["sys/class/tty", "sys/class/wwan"].map(|class| root.join(class).join(name));
            let device = class.iter().find_map(|class| fs::canonicalize(class.join("device")).ok());
            let usb = device.as_deref().and_then(|device| usb(root, device));
            let holders = open.remove(&path).unwrap_or_default();
            let node = under(root, &path);
            let refusal = match holders.as_slice() {
                [] => forbidden_to_us(root, &node).map(|group| open_error::forbidden(&path, group)),
                holders => Some(open_error::busy(&path, holders, usb.as_ref())),
            };
            Listed {
                links: links.get(&path).cloned().unwrap_or_default(),
                usb,
                driver: device.as_deref().and_then(driver),
                role: class.iter().find_map(|class| role(root, &fs::read_to_string(class.join("dev")).ok()?)),
                holders,
                refusal,
                path,
            }
        })
        .collect()
}

/// Real ports: not the virtual terminals, nor the serial8250 driver's places without hardware.
pub(in crate::port) fn paths(root: &Path) -> Vec<PathBuf> {
    let ttys = names_in(&under(root, Path::new(TTYS))).into_iter().filter(|name| {
        let tty = under(root, Path::new(TTYS)).join(name);
        tty.join("device").exists() && fs::read_to_string(tty.join("type")).map_or(true, |kind| kind.trim() != "0")
    });
    // A modem on PCIe has its AT port here: wwan0at0.
    let wwan = names_in(&root.join("sys/class/wwan")).into_iter().filter(|name| name.contains("at"));
    ttys.chain(wwan).map(|name| Path::new("/dev").join(name)).filter(|path| under(root, path).exists()).collect()
}

/// The group that may open the node, where this user may not; see [`group_that_may`].
fn forbidden_to_us(root: &Path, node: &Path) -> Option<Option<(String, bool)>> {
    let node = fs::metadata(node).ok()?;
    let about_us = fs::read_to_string(root.join("proc/self/status")).ok()?;
    let ids = |of: &str| -> Vec<u32> {
        let line = about_us.lines().find_map(|line| line.strip_prefix(of));
        line.unwrap_or_default().split_whitespace().filter_map(|id| id.parse().ok()).collect()
    };
    let (users, groups) = (ids("Uid:"), [ids("Gid:"), ids("Groups:")].concat());
    let user = *users.get(1)?;
    let allowed = match user {
        0 => 0o6,
        _ if user == node.uid() => node.mode() >> 6,
        _ if groups.contains(&node.gid()) => node.mode() >> 3,
        _ => node.mode(),
    };
    (allowed & 0o6 != 0o6).then(|| group_that_may(root, &node, user))
}

/// Where the open terminal is plugged in: bus, ports, configuration and interface, as `1-2.3:1.2`. It stays the same
/// when the device resets and gets another node. None for what is no USB device.
pub(in crate::port) fn place(terminal: impl AsFd) -> Option<String> {
    let number = rustix::fs::fstat(terminal).ok()?.st_rdev;
    Some(interface_of(&fs::read_link(sysfs(number)).ok()?)?.to_owned())
}

pub(in crate::port) fn usb_of(path: &Path) -> Option<Usb> {
    let number = fs::metadata(path).ok()?.rdev();
    usb(Path::new("/"), &fs::canonicalize(sysfs(number).join("device")).ok()?)
}

/// The node that the device at this place has now.
pub(in crate::port) fn find(place: &str) -> Option<PathBuf> {
    names_in(Path::new(TTYS)).into_iter().find_map(|name| {
        let device = fs::read_link(Path::new(TTYS).join(&name)).ok()?;
        let node = Path::new("/dev").join(&name);
        (interface_of(&device)? == place && node.exists()).then_some(node)
    })
}

/// Who has the port open, as far as we may know: other users' descriptors are hidden, their locks are not. The one that
/// has locked it comes first; this process counts only if it is that.
pub(in crate::port) fn holders(path: &Path) -> Vec<Holder> {
    let Ok(node) = fs::canonicalize(path) else { return Vec::new() };
    let owner =
        fs::metadata(&node).ok().and_then(|node| lock_owner(&fs::read_to_string("/proc/locks").ok()?, node.ino()));
    let others = open_files(Path::new("/proc")).remove(&node).unwrap_or_default();
    owner
        .map(|pid| holder(Path::new("/proc"), pid))
        .into_iter()
        .chain(others.into_iter().filter(|other| Some(other.pid) != owner))
        .collect()
}

/// Root may open what another program has made its own with TIOCEXCL, and serialport would then take that away from it.
/// So the port is opened without the privilege to do so.
pub(in crate::port) fn as_others_must<T>(open: impl FnOnce() -> T) -> T {
    use rustix::thread::{CapabilitySet, capabilities, set_capabilities};
    // Each thread has its own.
    let Ok(before) = capabilities(None) else { return open() };
    if !before.effective.contains(CapabilitySet::SYS_ADMIN) {
        return open();
    }
    let mut less = before;
    less.effective.remove(CapabilitySet::SYS_ADMIN);
    let is_less = set_capabilities(None, less).is_ok();
    let opened = open();
    if is_less {
        // What is permitted may be taken up again.
        let _ = set_capabilities(None, before);
    }
    opened
}

/// minicom, pppd and others write their process number to a file of the port's name; not all of them lock the port too.
pub(in crate::port) fn lock_file_holder(terminal: impl AsFd) -> Option<Holder> {
    // The file has the node's name, not that of a link to it. The descriptor tells it: `canonicalize` needs 3 KiB of
    // stack, which a thousand modems would pay for.
    let node = fs::read_link(format!("/proc/self/fd/{}", terminal.as_fd().as_raw_fd())).ok()?;
    let name = node.file_name()?.to_str()?;
    let text = fs::read_to_string(format!("/var/lock/LCK..{name}")).ok()?;
    let pid: u32 = text.split_whitespace().next()?.parse().ok()?;
    // A program that was killed leaves its file behind.
    (pid != std::process::id() && Path::new("/proc").join(pid.to_string()).exists())
        .then(|| holder(Path::new("/proc"), pid))
}

/// Tells when a program opens one of our terminals: one that nobody has open cannot be waited for.
pub(in crate::port) fn openings() -> io::Result<Option<File>> {
    Ok(Some(File::from(inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?)))
}

/// From now on the openings of this terminal are told, by the number that is returned.
pub(in crate::port) fn watch_openings(openings: &File, terminal: &Path) -> Option<i32> {
    inotify::add_watch(openings, terminal, WatchFlags::OPEN).ok()
}

pub(in crate::port) fn forget(openings: &File, seat: i32) {
    // A terminal that is gone has taken its watch with it.
    let _ = inotify::remove_watch(openings, seat);
}

/// Calls `opened` for each terminal that was opened; once for several times.
pub(in crate::port) fn opened(openings: &File, mut opened: impl FnMut(i32)) {
    let mut buffer = [MaybeUninit::uninit(); 4096];
    let mut events = inotify::Reader::new(openings, &mut buffer);
    while let Ok(event) = events.next() {
        opened(event.wd());
    }
}

/// A counter: it can be read from the first write on, so that one write wakes all that wait.
pub(in crate::port) fn bell() -> io::Result<Vec<File>> {
    Ok(vec![File::from(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?)])
}

/// All open terminals by their node, with the other processes that have them open. Who has the other end of a
/// pseudo-terminal is no such one: it is the modem.
fn open_files(processes: &Path) -> BTreeMap<PathBuf, Vec<Holder>> {
    let mut open: BTreeMap<PathBuf, Vec<Holder>> = BTreeMap::new();
    let mut other_ends = Vec::new();
    for pid in names_in(processes).iter().filter_map(|name| name.parse::<u32>().ok()) {
        if pid == std::process::id() {
            continue;
        }
        let process = processes.join(pid.to_string());
        let descriptors = process.join("fd");
        for descriptor in names_in(&descriptors) {
            let Ok(target) = fs::read_link(descriptors.join(&descriptor)) else { continue };
            if target.ends_with("ptmx") {
                let about = fs::read_to_string(process.join("fdinfo").join(&descriptor)).unwrap_or_default();
                let number = about.lines().find_map(|line| line.strip_prefix("tty-index:"));
                other_ends.extend(number.map(|number| (Path::new("/dev/pts").join(number.trim()), pid)));
            }
            if !target.starts_with("/dev") || target.starts_with("/dev/null") {
                continue;
            }
            let holders = open.entry(target).or_default();
            if holders.last().is_none_or(|last| last.pid != pid) {
                holders.push(holder(processes, pid));
            }
        }
    }
    for (node, pid) in other_ends {
        open.entry(node).and_modify(|holders| holders.retain(|holder| holder.pid != pid));
    }
    open
}

/// From `/proc/locks`: `1: FLOCK  ADVISORY  WRITE 812 00:05:345 0 EOF`.
fn lock_owner(locks: &str, inode: u64) -> Option<u32> {
    locks.lines().find_map(|lock| {
        let mut fields = lock.split_whitespace().skip_while(|field| *field != "FLOCK").skip(3);
        let pid = fields.next()?.parse().ok()?;
        (fields.next()?.rsplit(':').next()?.parse() == Ok(inode)).then_some(pid)
    })
}

fn holder(processes: &Path, pid: u32) -> Holder {
    let name = fs::read_to_string(processes.join(format!("{pid}/comm")));
    Holder { pid, name: name.map_or_else(|_| "a program".to_owned(), |name| name.trim_end().to_owned()) }
}

/// The entry of a device number in sysfs: a link to where it is plugged in.
fn sysfs(number: u64) -> PathBuf {
    format!("/sys/dev/char/{}:{}", rustix::fs::major(number), rustix::fs::minor(number)).into()
}

/// The USB interface in a path of sysfs: the `1-2.3:1.2` of `…/usb1/1-2/1-2.3/1-2.3:1.2/ttyUSB2/tty/ttyUSB2`.
fn interface_of(device: &Path) -> Option<&str> {
    device.iter().filter_map(|part| part.to_str()).find(|part| is_interface(part))
}

fn is_interface(part: &str) -> bool {
    let number = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    let Some((device, interface)) = part.split_once(':') else { return false };
    let Some((bus, ports)) = device.split_once('-') else { return false };
    let Some((configuration, interface)) = interface.split_once('.') else { return false };
    number(bus) && ports.split('.').all(number) && number(configuration) && number(interface)
}

fn usb(root: &Path, device: &Path) -> Option<Usb> {
    let interface =
        device.ancestors().find(|part| part.file_name().and_then(|n| n.to_str()).is_some_and(is_interface))?;
    let device = interface.parent()?;
    let text = |of: &Path, name: &str| {
        let text = read_file(&of.join(name), 1 << 12).ok()?.trim().to_owned();
        (!text.is_empty()).then_some(text)
    };
    // What sysfs links to is named from the top.
    let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    let hex = |name: &str| u16::from_str_radix(&text(device, name)?, 16).ok();
    Some(Usb {
        vendor_id: hex("idVendor")?,
        product_id: hex("idProduct")?,
        manufacturer: text(device, "manufacturer"),
        product: text(device, "product"),
        serial: text(device, "serial"),
        interface: text(interface, "bInterfaceNumber").and_then(|number| u8::from_str_radix(&number, 16).ok()),
        device: Some(Path::new("/").join(device.strip_prefix(&root).unwrap_or(device))),
    })
}

fn driver(device: &Path) -> Option<String> {
    // The node of usb-serial stands below its interface: the interface's driver (option, qcserial) says more.
    let of_interface =
        device.parent().filter(|parent| parent.file_name().and_then(|n| n.to_str()).is_some_and(is_interface));
    let link = fs::read_link(of_interface.unwrap_or(device).join("driver")).ok()?;
    Some(link.file_name()?.to_str()?.to_owned())
}

/// udev keeps what its rules set: `E:ID_MM_PORT_TYPE_AT_PRIMARY=1`.
fn role(root: &Path, number: &str) -> Option<String> {
    let kept = fs::read_to_string(root.join(format!("run/udev/data/c{}", number.trim()))).ok()?;
    let role = kept.lines().find_map(|line| line.strip_prefix("E:ID_MM_PORT_TYPE_")?.strip_suffix("=1"))?;
    Some(role.to_ascii_lowercase().replace('_', "-"))
}

/// The stable names, by the node that they point to.
fn links(root: &Path) -> BTreeMap<PathBuf, Vec<PathBuf>> {
    let mut links: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
    for folder in ["/dev/serial/by-id", "/dev/serial/by-path"] {
        for name in names_in(&under(root, Path::new(folder))) {
            let link = Path::new(folder).join(name);
            if let Some(node) = fs::read_link(under(root, &link)).ok().as_deref().and_then(Path::file_name) {
                links.entry(Path::new("/dev").join(node)).or_default().push(link);
            }
        }
    }
    links
}

#[cfg(test)]
#[path = "../../../tests/units/linux.rs"]
mod tests;
