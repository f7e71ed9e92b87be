//! The serial ports of this machine.

use std::cmp::Ordering;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::os::devices;
pub use super::os::{leave_to_port, line_on_stdin, streams_on};
use crate::diagnostic::Complaint;
use crate::notation::as_counted;

/// A serial port that is there. Nothing was sent to it, and it was not opened.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listed {
    pub path: PathBuf,
    /// Other names of it, the stable ones: `/dev/serial/by-id/…`, `/dev/serial/by-path/…`
    pub links: Vec<PathBuf>,
    pub usb: Option<Usb>,
    /// The kernel's driver: `option`, `cdc_acm`, `serial8250`
    pub driver: Option<String>,
    /// What udev's rules for modems call the port: `at-primary`, `at-secondary`, `gps`, `qcdm`
    pub role: Option<String>,
    pub holders: Vec<Holder>,
    /// Why it cannot be opened, as far as that shows without opening it
    pub refusal: Option<Complaint>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Usb {
    pub vendor_id: u16,
    pub product_id: u16,
    pub manufacturer: Option<String>,
    pub product: Option<String>,
    pub serial: Option<String>,
    /// Which of the device's interfaces the port is: a modem has several.
    pub interface: Option<u8>,
    /// The device in sysfs, the same for all its interfaces: `/sys/devices/…/usb1/1-2/1-2.3`. Linux only.
    pub device: Option<PathBuf>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    pub pid: u32,
    pub name: String,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (process {})", self.name, self.pid)
    }
}

/// All serial ports, in the order of their names, ttyUSB2 before ttyUSB10.
pub fn ports() -> Vec<Listed> {
    let root = root();
    let mut ports = ports_of(&root);
    for port in &mut ports {
        port.path = under(&root, &port.path);
        port.links.iter_mut().for_each(|link| *link = under(&root, link));
    }
    ports
}

/// Where this machine's files are. A container may have those of the machine around it elsewhere.
pub(crate) fn root() -> PathBuf {
    std::env::var_os("HAYES_ROOT").filter(|root| !root.is_empty()).map_or_else(|| "/".into(), PathBuf::from)
}

/// Where the file with this absolute path stands below `root`.
pub fn under(root: &Path, path: &Path) -> PathBuf {
    root.join(path.strip_prefix("/").unwrap_or(path))
}

/// The ports of the machine whose files stand below `root`.
pub fn ports_of(root: &Path) -> Vec<Listed> {
    let mut ports = devices::ports(root);
    ports.sort_by(|one, other| counted(&one.path, &other.path));
    ports
}

/// Other programs that have this port open, as far as the system tells.
pub fn others(path: &Path) -> Vec<Holder> {
    let mut others = devices::holders(path);
    others.retain(|holder| holder.pid != std::process::id() && !gave_us(path, holder));
    others
}

/// The line that this program was given as its standard input, and its speed.
static GIVEN: OnceLock<(PathBuf, u32)> = OnceLock::new();

/// The line that standard input and output are, as pppd gives it. Its errors go elsewhere: on the terminal of a user
/// all three are one.
pub fn is_given_a_line() -> bool {
    line_on_stdin().is_some_and(|(line, _)| streams_on(&line) == [true, true, false])
}

/// Takes the line that standard input is, if it is one.
pub fn take_line() -> Option<&'static Path> {
    let line = GIVEN.get().cloned().or_else(line_on_stdin)?;
    Some(&GIVEN.get_or_init(|| line).0)
}

pub fn speed_of_taken(path: &Path) -> Option<u32> {
    GIVEN.get().filter(|(line, speed)| line == path && *speed > 0).map(|(_, speed)| *speed)
}

/// Whether the holder waits for this program, to which it gave the line: pppd, and the shell that it starts.
pub fn gave_us(path: &Path, holder: &Holder) -> bool {
    let parent = |of: u32| {
        let about = fs::read_to_string(format!("/proc/{of}/stat")).ok()?;
        about.rsplit(')').next()?.split_whitespace().nth(1)?.parse::<u32>().ok()
    };
    let is_given = || GIVEN.get().is_some_and(|(line, _)| fs::canonicalize(path).is_ok_and(|path| path == *line));
    is_given() && std::iter::successors(parent(std::process::id()), |pid| parent(*pid)).any(|pid| pid == holder.pid)
}

/// Their names alone; costs less.
pub fn paths() -> Vec<PathBuf> {
    let root = root();
    let mut paths: Vec<PathBuf> = devices::paths(&root).iter().map(|path| under(&root, path)).collect();
    paths.sort_by(|one, other| counted(one, other));
    paths
}

fn counted(one: &Path, other: &Path) -> Ordering {
    let [one, other] = [one, other].map(Path::to_string_lossy);
    as_counted(&one).cmp(as_counted(&other))
}

/// What stands in a folder, sorted; nothing where there is no such folder, as /sys in some containers.
pub fn names_in(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<String> = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}
