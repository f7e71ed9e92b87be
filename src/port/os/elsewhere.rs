//! macOS and Windows: serialport knows how to ask them which ports there are. Who holds or opens one they do not tell.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use serialport::SerialPortType;

use crate::port::list::{Holder, Listed, Usb};

pub(in crate::port) fn ports(_root: &Path) -> Vec<Listed> {
    let listed = serialport::available_ports().unwrap_or_default();
    listed
        .into_iter()
        .map(|port| Listed {
            path: port.port_name.into(),
            usb: match port.port_type {
                SerialPortType::UsbPort(usb) => Some(Usb {
                    vendor_id: usb.vid,
                    product_id: usb.pid,
                    manufacturer: usb.manufacturer,
                    product: usb.product,
                    serial: usb.serial_number,
                    ..Usb::default()
                }),
                SerialPortType::PciPort | SerialPortType::BluetoothPort | SerialPortType::Unknown => None,
            },
            ..Listed::default()
        })
        .collect()
}

pub(in crate::port) fn paths(root: &Path) -> Vec<PathBuf> {
    ports(root).into_iter().map(|port| port.path).collect()
}

pub(in crate::port) fn usb_of(_path: &Path) -> Option<Usb> {
    None
}

pub(in crate::port) fn find(_place: &str) -> Option<PathBuf> {
    None
}

pub(in crate::port) fn holders(_path: &Path) -> Vec<Holder> {
    Vec::new()
}

pub(in crate::port) fn openings() -> io::Result<Option<File>> {
    Ok(None)
}

pub(in crate::port) fn watch_openings(_openings: &File, _terminal: &Path) -> Option<i32> {
    None
}

pub(in crate::port) fn forget(_openings: &File, _seat: i32) {}

pub(in crate::port) fn opened(_openings: &File, _opened: impl FnMut(i32)) {}

#[cfg(unix)]
pub(in crate::port) fn place(_terminal: impl std::os::fd::AsFd) -> Option<String> {
    None
}

/// On Linux this drops root's right to open a port that another program has claimed; here root keeps it.
#[cfg(unix)]
pub(in crate::port) fn as_others_must<T>(open: impl FnOnce() -> T) -> T {
    open()
}

#[cfg(unix)]
pub(in crate::port) fn lock_file_holder(_terminal: impl std::os::fd::AsFd) -> Option<Holder> {
    None
}

/// The two ends of a pipe: what is written to one can be read from the other.
#[cfg(unix)]
pub(in crate::port) fn bell() -> io::Result<Vec<File>> {
    let (reader, writer) = io::pipe()?;
    rustix::io::ioctl_fionbio(&reader, true)?;
    Ok(vec![std::os::fd::OwnedFd::from(reader).into(), std::os::fd::OwnedFd::from(writer).into()])
}
