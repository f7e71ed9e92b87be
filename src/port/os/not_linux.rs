//! macOS and Windows: serialport knows how to ask them. Who holds a port they do not tell.

use std::path::{Path, PathBuf};

use serialport::SerialPortType;

use crate::port::list::{Holder, Listed, Place, Usb};

pub(in crate::port) fn ports() -> Vec<Listed> {
    let listed = serialport::available_ports().unwrap_or_default();
    listed
        .into_iter()
        .map(|port| Listed {
            path: port.port_name.into(),
            links: Vec::new(),
            usb: match port.port_type {
                SerialPortType::UsbPort(usb) => Some(Usb {
                    vendor_id: usb.vid,
                    product_id: usb.pid,
                    manufacturer: usb.manufacturer,
                    product: usb.product,
                    serial: usb.serial_number,
                    interface: None,
                    device: None,
                }),
                SerialPortType::PciPort | SerialPortType::BluetoothPort | SerialPortType::Unknown => None,
            },
            driver: None,
            role: None,
            holders: Vec::new(),
        })
        .collect()
}

pub(in crate::port) fn paths() -> Vec<PathBuf> {
    ports().into_iter().map(|port| port.path).collect()
}

#[cfg(unix)]
pub(in crate::port) fn place(_terminal: impl std::os::fd::AsFd) -> Option<Place> {
    None
}

pub(in crate::port) fn usb_of(_path: &Path) -> Option<Usb> {
    None
}

pub(in crate::port) fn find(_place: &Place) -> Option<PathBuf> {
    None
}

pub(in crate::port) fn holders(_path: &Path) -> Vec<Holder> {
    Vec::new()
}

/// Here root may open what another program has made its own.
#[cfg(unix)]
pub(in crate::port) fn as_others_must<T>(open: impl FnOnce() -> T) -> T {
    open()
}

#[cfg(unix)]
pub(in crate::port) fn lock_file_holder(_terminal: impl std::os::fd::AsFd) -> Option<Holder> {
    None
}
