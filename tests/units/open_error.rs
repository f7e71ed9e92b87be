use super::*;
use crate::source::tables;

#[test]
fn each_refusal_says_what_is_wrong_and_what_to_do() {
    tables::hold(include_str!("../../src/port/open_error.md"), &mut |of, case| {
        let (path, more) = case.split_once(' ').unwrap_or((case, ""));
        let path = Path::new(path);
        let error = match of {
            "missing" => {
                let ports = ["/dev/ttyS0", "/dev/ttyUSB0", "/dev/ttyUSB1"].map(PathBuf::from);
                missing(path, "there is none", None, &ports)
            }
            "missing behind a link" => missing(path, "there is none", Some(Path::new(more)), &[]),
            "busy" | "marked" => {
                let (pid, name) = more.split_once(' ').unwrap();
                let holder = Holder { pid: pid.parse().unwrap(), name: name.to_owned() };
                let device = Some("/sys/devices/pci0000:00/usb1/1-2".into());
                let usb = Usb { vendor_id: 0x2c7c, product_id: 0x0296, device, ..Usb::default() };
                let told = if of == "busy" { busy } else { marked };
                told(path, &[holder], Some(&usb))
            }
            _ => {
                let (group, member) = more.split_once(' ').unwrap_or((more, ""));
                forbidden(path, Some((group.to_owned(), member == "member")))
            }
        };
        format!("{} => {}", error.message, error.help.unwrap_or_default())
    });
}
