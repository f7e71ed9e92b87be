//! A port by the USB device behind it: `usb:2c7c:0125:if02`. The numbers are those of `lsusb`, `if02` is what the names
//! in `/dev/serial/by-id` call the interface. Unlike a pattern over descriptions (`hwgrep://` of pyserial), which takes
//! the first of several, it means one port or none.

use std::fmt;
use std::path::PathBuf;

use crate::diagnostic::Complaint;
use crate::port::list::{Listed, Usb};

/// `usb:VID:PID[:ifNN][:SERIAL]`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UsbName {
    vendor: u16,
    product: u16,
    interface: Option<u8>,
    serial: Option<String>,
}

impl UsbName {
    /// What stands behind `usb:`.
    pub fn parse(text: &str) -> Result<UsbName, Complaint> {
        let wrong = || {
            Complaint::new(format!("`usb:{text}` does not name a USB device"))
                .help("write usb:VID:PID, four hexadecimal digits each, as `hayes ports` shows them: usb:2c7c:0125")
        };
        let hex = |text: Option<&str>| {
            let digits = text.filter(|text| text.len() == 4).ok_or_else(wrong)?;
            u16::from_str_radix(digits, 16).map_err(|_| wrong())
        };
        let mut parts = text.split(':');
        let (vendor, product) = (hex(parts.next())?, hex(parts.next())?);
        let mut rest: Vec<&str> = parts.collect();
        let interface = rest.first().and_then(|first| u8::from_str_radix(first.strip_prefix("if")?, 16).ok());
        if interface.is_some() {
            rest.remove(0);
        }
        let serial = Some(rest.join(":")).filter(|serial| !serial.is_empty());
        Ok(UsbName { vendor, product, interface, serial })
    }

    /// The shortest name that only this port has; none where it is not on USB, or has a twin.
    pub fn of(port: &Listed, all: &[Listed]) -> Option<UsbName> {
        let Usb { vendor_id, product_id, interface, serial, .. } = port.usb.clone()?;
        let short = UsbName { vendor: vendor_id, product: product_id, interface, serial: None };
        let names = [short.clone(), UsbName { serial, ..short }];
        names.into_iter().find(|name| all.iter().filter(|port| name.is_of(port)).count() == 1)
    }

    fn is_of(&self, port: &Listed) -> bool {
        let matches = |usb: &Usb| {
            (usb.vendor_id, usb.product_id) == (self.vendor, self.product)
                && (self.interface.is_none() || usb.interface == self.interface)
                && (self.serial.is_none() || usb.serial == self.serial)
        };
        port.usb.as_ref().is_some_and(matches)
    }

    /// Its port. Of several that are one modem's it is the one that udev's rules call its AT port.
    pub fn find(&self, ports: &[Listed]) -> Result<PathBuf, Complaint> {
        let meant: Vec<&Listed> = ports.iter().filter(|port| self.is_of(port)).collect();
        let mut primary = meant.iter().filter(|port| port.role.as_deref() == Some("at-primary"));
        match (meant.as_slice(), primary.next(), primary.next()) {
            ([], ..) => Err(self.missing(ports)),
            ([port], ..) | (_, Some(port), None) => Ok(port.path.clone()),
            _ => {
                let which = named(meant.iter().copied(), ports);
                let error = Complaint::new(format!("{self} is {} ports", meant.len())).of("hayes::port::several");
                Err(error.help(format!("name one: {which}; `hayes ports --probe` tells which answers AT")))
            }
        }
    }

    fn missing(&self, ports: &[Listed]) -> Complaint {
        let device = UsbName { interface: None, serial: None, ..self.clone() };
        let (of_device, others): (Vec<&Listed>, Vec<&Listed>) =
            ports.iter().filter(|port| port.usb.is_some()).partition(|port| device.is_of(port));
        let help = match (of_device.as_slice(), others.as_slice()) {
            ([], []) => "no USB device with a serial port is here: is it plugged in and powered? \
                         `hayes doctor` finds out why not"
                .to_owned(),
            ([], others) => format!("these are here: {}", named(others.iter().copied(), ports)),
            (of_device, _) => format!("the device has {}", named(of_device.iter().copied(), ports)),
        };
        Complaint::new(format!("there is no port {self}")).of("hayes::port::missing").help(help)
    }
}

/// What to write for each of these ports; by its path where it has no name of its own.
fn named<'p>(these: impl Iterator<Item = &'p Listed>, all: &[Listed]) -> String {
    let name =
        |port: &Listed| UsbName::of(port, all).map_or_else(|| port.path.display().to_string(), |name| name.to_string());
    these.map(name).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for UsbName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "usb:{:04x}:{:04x}", self.vendor, self.product)?;
        self.interface.map_or(Ok(()), |interface| write!(f, ":if{interface:02x}"))?;
        self.serial.as_ref().map_or(Ok(()), |serial| write!(f, ":{serial}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two modems of a kind with their serial numbers, and one whose ports udev knows.
    fn ports() -> Vec<Listed> {
        let port = |(number, product, interface, serial, role): (u8, u16, u8, Option<&str>, Option<&str>)| Listed {
            path: format!("/dev/ttyUSB{number}").into(),
            links: Vec::new(),
            usb: Some(Usb {
                vendor_id: 0x2c7c,
                product_id: product,
                interface: Some(interface),
                serial: serial.map(str::to_owned),
                ..Usb::default()
            }),
            driver: None,
            role: role.map(str::to_owned),
            holders: Vec::new(),
            refusal: None,
        };
        let all = [
            (0, 0x0125, 2, Some("A1"), None),
            (1, 0x0125, 3, Some("A1"), None),
            (2, 0x0125, 2, Some("B2:x"), None),
            (3, 0x0296, 0, None, Some("qcdm")),
            (4, 0x0296, 0x1a, None, Some("at-primary")),
        ];
        all.into_iter().map(port).collect()
    }

    /// A name and its port, or what is said in its place.
    #[test]
    fn a_name_means_one_port_or_none() {
        for (name, expected) in [
            ("2c7c:0296", "/dev/ttyUSB4"),
            ("2C7C:0296:if00", "/dev/ttyUSB3"),
            ("2c7c:0296:if1a", "/dev/ttyUSB4"),
            ("2c7c:0125:B2:x", "/dev/ttyUSB2"),
            ("2c7c:0125:if02:A1", "/dev/ttyUSB0"),
            ("2c7c:0125:if03", "/dev/ttyUSB1"),
            (
                "2c7c:0125",
                "usb:2c7c:0125 is 3 ports → name one: usb:2c7c:0125:if02:A1, usb:2c7c:0125:if03, \
                 usb:2c7c:0125:if02:B2:x; `hayes ports --probe` tells which answers AT",
            ),
            (
                "2c7c:0296:if07",
                "there is no port usb:2c7c:0296:if07 → the device has usb:2c7c:0296:if00, usb:2c7c:0296:if1a",
            ),
            (
                "0403:6001",
                "there is no port usb:0403:6001 → these are here: usb:2c7c:0125:if02:A1, usb:2c7c:0125:if03, \
                 usb:2c7c:0125:if02:B2:x, usb:2c7c:0296:if00, usb:2c7c:0296:if1a",
            ),
        ] {
            let name = UsbName::parse(name).unwrap();
            assert_eq!(UsbName::parse(name.to_string().strip_prefix("usb:").unwrap()).unwrap(), name);
            let found = match name.find(&ports()) {
                Ok(path) => path.display().to_string(),
                Err(error) => format!("{} → {}", error.message, error.help.unwrap()),
            };
            assert_eq!(found, expected);
        }
        let none = UsbName::parse("2c7c:0296").unwrap().find(&[]).unwrap_err();
        assert!(none.help.unwrap().starts_with("no USB device with a serial port is here"));
    }
}
