//! Tests of `src/port/os/linux.rs` from within: what is private there.

use super::*;

#[test]
fn the_usb_interface_is_found_in_a_path() {
    let interface = |path: &str| interface_of(Path::new(path)).map(str::to_owned);
    assert_eq!(
        interface("../../devices/pci0000:00/0000:00:14.0/usb1/1-2/1-2.3/1-2.3:1.2/ttyUSB2/tty/ttyUSB2").as_deref(),
        Some("1-2.3:1.2")
    );
    assert_eq!(interface("../../devices/platform/soc/usb/3-1/3-1:1.0/tty/ttyACM0").as_deref(), Some("3-1:1.0"));
    assert_eq!(interface("../../devices/pnp0/00:05/tty/ttyS0"), None);
    assert_eq!(interface("../../devices/pci0000:00/0000:00:14.0/tty/ttyS4"), None);
}

#[test]
fn the_owner_of_a_lock_is_found() {
    let locks = "1: FLOCK  ADVISORY  WRITE 812 00:05:345 0 EOF\n1: -> FLOCK  ADVISORY  WRITE 900 00:05:345 0 EOF\n\
                 2: POSIX  ADVISORY  READ 7 08:01:99 0 EOF\n";
    assert_eq!(lock_owner(locks, 345), Some(812));
    assert_eq!(lock_owner(locks, 99), None);
}
