//! `hayes doctor` over made-up machines: their files stand in a folder.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::folder::Folder;
use crate::simulated::Simulated;

struct Machine {
    root: Folder,
}

impl Machine {
    /// One user who is in no group.
    fn new() -> Machine {
        let machine = Machine { root: Folder::new() };
        machine.write(
            "proc/self/status",
            "Name:\thayes\nUid:\t99999\t99999\t99999\t99999\nGid:\t99999\t99999\nGroups:\t\n",
        );
        machine
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.0.join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn link(&self, name: &str, target: impl AsRef<Path>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(target, path).unwrap();
    }

    /// A USB device at 1-2 with one interface of this class.
    fn plug(&self, vendor: &str, product: &str, name: &str, class: &str) {
        let device = "sys/devices/usb1/1-2";
        for (file, text) in [("idVendor", vendor), ("idProduct", product), ("product", name), ("power/control", "on\n")]
        {
            self.write(&format!("{device}/{file}"), text);
        }
        self.write(&format!("{device}/1-2:1.0/bInterfaceClass"), class);
        self.write(&format!("{device}/1-2:1.0/bInterfaceNumber"), "00");
        self.link("sys/bus/usb/devices/1-2", self.path(device));
        self.link("sys/bus/usb/devices/1-2:1.0", self.path(&format!("{device}/1-2:1.0")));
    }

    /// Its port, which anybody of this mode may open.
    fn port(&self, mode: u32) {
        let place = "sys/devices/usb1/1-2/1-2:1.0/ttyUSB0";
        fs::create_dir_all(self.path(place)).unwrap();
        self.link("sys/devices/usb1/1-2/1-2:1.0/driver", "/drivers/option");
        self.link("sys/class/tty/ttyUSB0/device", self.path(place));
        self.write("sys/class/tty/ttyUSB0/dev", "188:0\n");
        self.write("dev/ttyUSB0", "");
        fs::set_permissions(self.path("dev/ttyUSB0"), fs::Permissions::from_mode(mode)).unwrap();
        let group = fs::metadata(self.path("dev/ttyUSB0")).unwrap().gid();
        self.write("etc/group", &format!("other:x:{}:\ndialout:x:{group}:\n", group + 1));
    }

    fn run(&self, pid: u32, name: &str) {
        self.write(&format!("proc/{pid}/comm"), &format!("{name}\n"));
    }

    fn doctor(&self, more: &[&str]) -> (Option<i32>, String) {
        let mut hayes = Command::new(env!("CARGO_BIN_EXE_hayes"));
        let ran = hayes.args(["doctor", "--root"]).arg(self.path("")).args(more).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&ran.stderr), "");
        (ran.status.code(), String::from_utf8(ran.stdout).unwrap())
    }
}

#[test]
fn nothing_is_plugged_in() {
    let (code, said) = Machine::new().doctor(&[]);
    let wanted = "wrong  ports: no serial port is here, and no USB device that is a modem\n       → plug the modem in and \
                  give it power; `sudo dmesg --follow` tells what the system sees\n";
    assert_eq!((code, said.as_str()), (Some(6), wanted));
}

#[test]
fn a_port_that_all_may_open_is_good() {
    let machine = Machine::new();
    machine.plug("2c7c", "0296", "BG96", "ff");
    machine.port(0o666);
    machine.link("dev/serial/by-id/usb-Quectel_BG96-if00-port0", "../../ttyUSB0");
    machine.write("run/udev/data/c188:0", "E:ID_MM_PORT_TYPE_AT_PRIMARY=1\n");
    let wanted = "ok     /dev/ttyUSB0: BG96 (2c7c:0296), interface 0 · option · at-primary · \
                  /dev/serial/by-id/usb-Quectel_BG96-if00-port0\n";
    assert_eq!(machine.doctor(&[]), (Some(0), wanted.to_owned()));
}

#[test]
fn who_may_open_a_port_is_told_and_how_to_become_one() {
    let machine = Machine::new();
    machine.plug("2c7c", "0296", "BG96", "ff");
    machine.port(0o660);
    let wanted = "wrong  /dev/ttyUSB0: you may not open /dev/ttyUSB0\n       → join the group that may: sudo usermod -aG \
                  dialout $USER, then log in again\n";
    assert_eq!(machine.doctor(&[]), (Some(6), wanted.to_owned()));
    // Where the group may not either, joining it would not help.
    fs::set_permissions(machine.path("dev/ttyUSB0"), fs::Permissions::from_mode(0o600)).unwrap();
    assert!(machine.doctor(&[]).1.contains("only root may"));
}

#[test]
fn a_program_that_holds_the_port_is_named() {
    let machine = Machine::new();
    machine.plug("2c7c", "0296", "BG96", "ff");
    machine.port(0o666);
    machine.run(812, "minicom");
    machine.link("proc/812/fd/3", "/dev/ttyUSB0");
    let wanted = "wrong  /dev/ttyUSB0: /dev/ttyUSB0 is busy: minicom (process 812) holds it\n       → end it (kill 812), or \
                  use another port of the modem: `hayes ports` lists them\n";
    assert_eq!(machine.doctor(&[]), (Some(6), wanted.to_owned()));
}

#[test]
fn modem_manager_is_named_with_the_rule_that_keeps_it_away() {
    let machine = Machine::new();
    machine.plug("2c7c", "0296", "BG96", "ff");
    machine.port(0o666);
    machine.run(7, "ModemManager");
    let said = machine.doctor(&[]);
    let rule = r#"ATTRS{idVendor}=="2c7c", ATTRS{idProduct}=="0296", ENV{ID_MM_DEVICE_IGNORE}="1""#;
    assert!(said.0 == Some(0) && said.1.contains("note   ModemManager: runs") && said.1.contains(rule), "{said:?}");
    machine.link("proc/7/fd/9", "/dev/ttyUSB0");
    let said = machine.doctor(&[]);
    assert!(said.0 == Some(6) && said.1.contains("sudo mmcli --inhibit-device=/sys/devices/usb1/1-2"), "{said:?}");
}

#[test]
fn a_modem_without_a_driver_is_told_how_it_gets_one() {
    let machine = Machine::new();
    machine.plug("2c7c", "0296", "BG96", "ff");
    let new_id = "echo 2c7c 0296 | sudo tee /sys/bus/usb-serial/drivers/option1/new_id";
    let wanted = format!(
        "wrong  BG96 (2c7c:0296): has no driver: the kernel's module `option` is not loaded\n       → sudo modprobe option && \
         {new_id}\n"
    );
    assert_eq!(machine.doctor(&[]), (Some(6), wanted));
    machine.write("sys/bus/usb-serial/drivers/option1/new_id", "");
    let wanted = format!(
        "wrong  BG96 (2c7c:0296): has no driver: the kernel's module `option` does not know it\n       → {new_id}\n"
    );
    assert_eq!(machine.doctor(&[]), (Some(6), wanted));
}

#[test]
fn a_modem_that_shows_itself_as_a_disk_is_told_apart() {
    let machine = Machine::new();
    machine.plug("12d1", "1f01", "HUAWEI Mobile", "08");
    assert!(machine.doctor(&[]).1.contains("usb-modeswitch"));
}

#[test]
fn a_modem_that_the_kernel_may_suspend_is_noted() {
    let machine = Machine::new();
    machine.plug("2c7c", "0296", "BG96", "ff");
    machine.port(0o666);
    machine.write("sys/devices/usb1/1-2/power/control", "auto\n");
    let said = machine.doctor(&[]);
    let mend = "→ echo on | sudo tee /sys/bus/usb/devices/1-2/power/control\n";
    assert!(said.0 == Some(0) && said.1.contains("note   BG96 (2c7c:0296)") && said.1.ends_with(mend), "{said:?}");
}

#[test]
fn as_json_each_finding_is_a_line() {
    let machine = Machine::new();
    machine.plug("2c7c", "0296", "BG96", "ff");
    machine.port(0o666);
    let wanted =
        "{\"about\":\"/dev/ttyUSB0\",\"health\":\"good\",\"says\":\"BG96 (2c7c:0296), interface 0 · option\"}\n";
    assert_eq!(machine.doctor(&["--json"]).1, wanted);
}

#[test]
fn a_modem_that_answers_says_who_it_is_and_how_it_does() {
    let doctor = |model: &str| {
        let modem = Simulated::on_terminal(model);
        let ran = Command::new(env!("CARGO_BIN_EXE_hayes")).args(["doctor", "-p", modem.port()]).output().unwrap();
        let said = String::from_utf8(ran.stdout).unwrap();
        (ran.status.code(), said.replace(modem.port(), "PORT"))
    };
    let (code, said) = doctor("bg96");
    let wanted = "\
ok     PORT: answers AT at 115200 baud: Quectel BG96 BG96MAR02A07M1G, which Hayes knows
ok     PORT, SIM: +CPIN: READY · ready, no PIN wanted
ok     PORT, signal: +CSQ: 19,99 · -75 dBm, good
ok     PORT, registration (LTE): +CEREG: 0,2 · not registered, searching
ok     PORT, registration: +CREG: 0,2 · not registered, searching
";
    assert_eq!((code, said.as_str()), (Some(0), wanted));
    let (code, said) = doctor("bg96?sim=absent");
    assert!(code == Some(6) && said.contains("wrong  PORT, SIM: ERROR\n       → the SIM is missing"), "{said}");
    let (code, said) = doctor("bg96?fault=silence");
    assert!(
        code == Some(6) && said.contains("note   PORT: does not answer AT\nwrong  modem: no port answers AT"),
        "{said}"
    );
}
