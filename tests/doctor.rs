//! `hayes doctor`, and how ports are named and found, over made-up machines: their files stand in a folder.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

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
    /// With a BG96 that has one port, of this mode.
    fn of_bg96(mode: u32) -> Machine {
        let machine = Machine::new();
        machine.plug("2c7c", "0296", "BG96", "ff");
        machine.port(mode);
        machine
    }

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

    /// A port of this interface, or of whatever else stands in sysfs, behind which is a terminal.
    fn port_of(&self, name: &str, interface: &str, terminal: &Path) {
        let place = format!("sys/devices/usb1/1-2/{interface}/{name}");
        fs::create_dir_all(self.path(&place)).unwrap();
        self.link(&format!("sys/class/tty/{name}/device"), self.path(&place));
        self.link(&format!("dev/{name}"), terminal);
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut hayes = Command::new(env!("CARGO_BIN_EXE_hayes"));
        hayes.args(arguments).env("HAYES_ROOT", self.path("")).stdin(Stdio::null());
        hayes
    }

    /// What it prints, standard error first.
    fn hayes(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let ran = self.command(arguments).output().unwrap();
        (ran.status.code(), String::from_utf8([ran.stderr, ran.stdout].concat()).unwrap())
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

const NO_PORT: &str = "wrong  ports: no serial port is here, and no USB device that is known as a modem\n       → plug the \
                       modem in and give it power; `sudo dmesg --follow` tells what the system sees\n";

#[test]
fn nothing_is_plugged_in() {
    let (code, said) = Machine::new().doctor(&[]);
    assert_eq!((code, said.as_str()), (Some(6), NO_PORT));
}

#[test]
fn a_port_that_all_may_open_is_good() {
    let machine = Machine::of_bg96(0o666);
    machine.link("dev/serial/by-id/usb-Quectel_BG96-if00-port0", "../../ttyUSB0");
    machine.write("run/udev/data/c188:0", "E:ID_MM_PORT_TYPE_AT_PRIMARY=1\n");
    let wanted = "ok     /dev/ttyUSB0: BG96 (2c7c:0296), interface 0 · option · at-primary · \
                  /dev/serial/by-id/usb-Quectel_BG96-if00-port0\n";
    assert_eq!(machine.doctor(&[]), (Some(0), wanted.to_owned()));
}

#[test]
fn who_may_open_a_port_is_told_and_how_to_become_one() {
    let machine = Machine::of_bg96(0o660);
    let wanted = "wrong  /dev/ttyUSB0: you may not open /dev/ttyUSB0\n       → join the group that may: sudo usermod -aG \
                  dialout $USER, then log in again\n";
    assert_eq!(machine.doctor(&[]), (Some(6), wanted.to_owned()));
    // Who has joined it since the login is told so: by the list of members, or as their own group.
    let group = fs::metadata(machine.path("dev/ttyUSB0")).unwrap().gid();
    machine.write("etc/passwd", "root:x:0:0::/root:/bin/sh\nada:x:99999:99999::/home/ada:/bin/sh\n");
    machine.write("etc/group", &format!("dialout:x:{group}:bob,ada\n"));
    let joined = "       → you have joined its group dialout since you logged in: log in again; `newgrp dialout` does for one \
                  terminal\n";
    assert!(machine.doctor(&[]).1.ends_with(joined));
    machine.write("etc/group", &format!("dialout:x:{group}:bob,adam\n"));
    assert_eq!(machine.doctor(&[]), (Some(6), wanted.to_owned()));
    machine.write("etc/passwd", &format!("ada:x:99999:{group}::/home/ada:/bin/sh\n"));
    assert!(machine.doctor(&[]).1.ends_with(joined));
    // A rule that gives the port to all, and is not in force yet
    let rule = "SUBSYSTEM==\"tty\", ATTRS{idVendor}==\"2c7c\", MODE=\"0666\"";
    machine.write("etc/udev/rules.d/50-modem.rules", rule);
    let said = machine.doctor(&[]).1;
    assert!(
        said.contains("→ a rule is for this port (/etc/udev/rules.d/50-modem.rules, line 1), and is not in"),
        "{said}"
    );
    machine.write("etc/udev/rules.d/50-modem.rules", "");
    // Where the group may not either, joining it would not help.
    fs::set_permissions(machine.path("dev/ttyUSB0"), fs::Permissions::from_mode(0o600)).unwrap();
    assert!(machine.doctor(&[]).1.contains("only root may"));
}

#[test]
fn a_program_that_holds_the_port_is_named() {
    let machine = Machine::of_bg96(0o666);
    machine.run(812, "minicom");
    machine.link("proc/812/fd/3", "/dev/ttyUSB0");
    let wanted = "wrong  /dev/ttyUSB0: /dev/ttyUSB0 is busy: minicom (process 812) holds it\n       → end it (kill 812), or \
                  use another port of the modem: `hayes ports` lists them\n";
    assert_eq!(machine.doctor(&[]), (Some(6), wanted.to_owned()));
}

#[test]
fn modem_manager_is_named_with_the_rule_that_keeps_it_away() {
    let machine = Machine::of_bg96(0o666);
    machine.run(7, "ModemManager");
    let said = machine.doctor(&[]);
    let rule = r#"ATTRS{idVendor}=="2c7c", ATTRS{idProduct}=="0296", ENV{ID_MM_DEVICE_IGNORE}="1""#;
    assert!(said.0 == Some(0) && said.1.contains("note   ModemManager: runs") && said.1.contains(rule), "{said:?}");
    machine.link("proc/7/fd/9", "/dev/ttyUSB0");
    let said = machine.doctor(&[]);
    assert!(said.0 == Some(6) && said.1.contains("sudo mmcli --inhibit-device=/sys/devices/usb1/1-2"), "{said:?}");
    // However the folder is named
    let mut hayes = Command::new(env!("CARGO_BIN_EXE_hayes"));
    let ran = hayes.args(["doctor", "--root", "."]).current_dir(machine.path("")).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&ran.stdout), said.1);
}

/// A machine with ModemManager and this file of rules: what is said of it.
fn with_rules(rules: &str) -> String {
    let machine = Machine::of_bg96(0o666);
    machine.run(7, "ModemManager");
    machine.write("usr/lib/udev/rules.d/60-modem.rules", rules);
    machine
        .doctor(&[])
        .1
        .lines()
        .skip(1)
        .collect::<Vec<_>>()
        .join("\n")
        .replace("/usr/lib/udev/rules.d/60-modem.rules", "FILE")
}

#[test]
fn a_rule_that_is_there_is_not_advised() {
    const KEPT: &str = "ok     ModemManager: runs, and leaves BG96 (2c7c:0296) alone: FILE, line ";
    const IGNORED: &str = "ENV{ID_MM_DEVICE_IGNORE}=\"1\"";
    let keeps = [
        r#"ATTRS{idVendor}=="2c7c", ATTRS{idProduct}=="0296", "#,
        r#"ATTRS{idVendor}=="2c7c","#,
        r#"  SUBSYSTEM=="usb",ACTION=="add|change|move|bind" , ATTR{idVendor}=="[0-9]c7?" ATTR{idProduct}!="0125", "#,
        r#"SUBSYSTEM=="tty", KERNEL=="ttyUSB[0-3]", SUBSYSTEMS=="usb", ENV{ID_VENDOR_ID}=="2c7c", "#,
        r#"ENV{PRODUCT}=="2c7c/296/*", TEST=="whatever", "#,
        r#"DRIVERS=="option", "#,
    ];
    for rule in keeps {
        assert_eq!(with_rules(&format!("# For the bench\n\n{rule}{IGNORED}\n")), format!("{KEPT}3"), "{rule}");
    }
    let jumps =
        "ACTION!=\"add\", GOTO=\"end\"\nATTRS{idVendor}==\"2c7c\", GOTO=\"ours\"\nGOTO=\"end\"\nLABEL=\"ours\"\n";
    assert_eq!(with_rules(&format!("{jumps}KERNEL==\"*\", \\\n  {IGNORED}\nLABEL=\"end\"\n")), format!("{KEPT}5"));
    let port = "SUBSYSTEM==\"tty\", ATTRS{bInterfaceNumber}==\"00\", ENV{ID_MM_PORT_IGNORE}=\"1\"";
    assert_eq!(with_rules(port), format!("{KEPT}1"));
    // A pattern of many stars takes no longer.
    let stars = |end: &str| {
        let (long, stars) = ("a".repeat(200), "*?".repeat(40));
        with_rules(&format!("ENV{{LONG}}=\"{long}\"\nENV{{LONG}}==\"{stars}{end}\", {IGNORED}\n"))
    };
    assert_eq!(stars("[a-c]"), format!("{KEPT}2"));
    assert!(stars("b").contains("→ write to /etc/udev/rules.d/99-hayes.rules"));
    let keeps_not = [
        r#"ATTRS{idVendor}=="2C7C", "#,
        r#"ATTRS{idVendor}=="2c7c", ATTRS{idProduct}=="0125", "#,
        r#"ATTRS{idVendor}=="1199|1e0e", "#,
        r#"SUBSYSTEM=="tty", KERNEL=="ttyUSB[1-3]", "#,
        // No device of the line has both.
        r#"ATTRS{bInterfaceNumber}=="00", ATTRS{idVendor}=="2c7c", "#,
        r#"ACTION=="remove", "#,
        r#"ATTR{no_such}!="1", "#,
        "GOTO=\"end\"\nLABEL=\"other\"\n",
        "ATTRS{idVendor==\"2c7c\", ",
    ];
    for rule in keeps_not {
        let said = with_rules(&format!("{rule}{IGNORED}\n"));
        assert!(
            said.contains("→ write to /etc/udev/rules.d/99-hayes.rules and plug it in again: ATTRS"),
            "{rule}: {said}"
        );
    }
    // The package's own file has a line for it already.
    let said = with_rules(&format!("# Quectel BG96:\n#ATTRS{{idVendor}}==\"2c7c\", {IGNORED}\n"));
    assert!(said.contains("→ take away the # of FILE, line 2; sudo udevadm control --reload"), "{said}");
    let said = with_rules(&format!("{IGNORED}\nATTRS{{idVendor}}==\"2c7c\", ENV{{ID_MM_DEVICE_IGNORE}}=\"0\"\n"));
    assert!(said.contains("→ FILE, line 2 takes it back: let that set \"1\""), "{said}");
}

#[test]
fn a_rule_holds_where_udev_and_modem_manager_know_it() {
    let machine = Machine::of_bg96(0o666);
    machine.run(7, "ModemManager");
    let rule = "ATTRS{idVendor}==\"2c7c\", ENV{ID_MM_DEVICE_IGNORE}=\"1\"\n";
    machine.write("usr/lib/udev/rules.d/60-modem.rules", rule);
    machine.write("run/udev/data/c188:0", "E:ID_MM_CANDIDATE=1\n");
    let said = machine.doctor(&[]).1;
    let place = "/usr/lib/udev/rules.d/60-modem.rules, line 1";
    let soon =
        format!("note   ModemManager: runs; a rule keeps it off BG96 (2c7c:0296) ({place}), and is not in force yet\n");
    assert!(said.contains(&soon) && said.contains("→ sudo udevadm control --reload"), "{said}");
    // It has opened the modem before.
    machine.link("proc/7/fd/9", "/dev/ttyUSB0");
    let said = machine.doctor(&[]).1;
    assert!(said.contains("→ a rule keeps it off (/usr/lib") && !said.contains("99-hayes"), "{said}");
    machine.write("run/udev/data/c188:0", "E:ID_MM_CANDIDATE=1\nE:ID_MM_DEVICE_IGNORE=1\n");
    let said = machine.doctor(&[]).1;
    let kept = format!("→ it keeps what it had: plug the modem in again; it is kept off by now: {place}\n");
    assert!(said.ends_with(&kept), "{said}");
    fs::remove_file(machine.path("proc/7/fd/9")).unwrap();
    assert!(machine.doctor(&[]).1.ends_with(&format!("leaves BG96 (2c7c:0296) alone: {place}\n")));
    // A file of the same name in /etc goes before it, and an empty one takes it away.
    machine.write("run/udev/data/c188:0", "");
    machine.link("etc/udev/rules.d/60-modem.rules", "/dev/null");
    assert!(machine.doctor(&[]).1.contains("→ write to /etc/udev/rules.d/99-hayes.rules"));
    machine.run(12, "mmcli");
    machine.write("proc/12/cmdline", "mmcli\0--inhibit-device=/sys/devices/usb1/1-2\0");
    assert!(machine.doctor(&[]).1.ends_with("leaves BG96 (2c7c:0296) alone: `mmcli --inhibit-device` runs\n"));
    machine.write("proc/12/cmdline", "mmcli\0--inhibit-device=/sys/devices/usb1/1-3\0");
    assert!(machine.doctor(&[]).1.contains("→ write to /etc/udev/rules.d/99-hayes.rules"));
}

/// ModemManager's own rules keep it off the port for diagnosis.
#[test]
fn a_port_that_modem_manager_ignores_is_not_the_modem() {
    let machine = Machine::of_bg96(0o666);
    machine.write("second", "");
    machine.port_of("ttyUSB1", "1-2:1.1", &machine.path("second"));
    machine.write("sys/class/tty/ttyUSB1/dev", "188:1\n");
    machine.run(7, "ModemManager");
    machine.write("run/udev/data/c188:0", "E:ID_MM_PORT_IGNORE=1\n");
    machine.write("run/udev/data/c188:1", "E:ID_MM_CANDIDATE=1\n");
    let said = machine.doctor(&[]).1;
    assert!(said.contains("→ write to /etc/udev/rules.d/99-hayes.rules"), "{said}");
    for all in [["PORT", "PORT"], ["PORT", "DEVICE"]] {
        for (at, name) in all.iter().enumerate() {
            machine.write(&format!("run/udev/data/c188:{at}"), &format!("E:ID_MM_{name}_IGNORE=1\n"));
        }
        let said = machine.doctor(&[]).1;
        assert!(said.ends_with("leaves BG96 (2c7c:0296) alone: udev says so\n"), "{said}");
    }
}

#[test]
fn the_devices_below_hayes_root_are_those_that_are_asked() {
    let machine = Machine::new();
    let modem = Simulated::on_terminal("bg96?register=0s");
    machine.plug("2c7c", "0296", "BG96", "ff");
    machine.port_of("ttyUSB0", "1-2:1.0", Path::new(modem.port()));
    machine.write("proc/self/status", "Name:\thayes\nUid:\t0\t0\t0\t0\nGid:\t0\t0\nGroups:\t\n");
    let (code, said) = machine.hayes(&["doctor"]);
    let asked = format!("ok     {}: answers AT: Quectel BG96", machine.path("dev/ttyUSB0").display());
    assert!(
        code == Some(0) && said.contains("ok     /dev/ttyUSB0: BG96 (2c7c:0296)") && said.contains(&asked),
        "{said}"
    );
    // Of another machine's files nothing is opened.
    let root = machine.path("").display().to_string();
    let (code, said) = machine.hayes(&["doctor", "--root", &root, "-p", "/dev/ttyUSB0"]);
    assert!(code == Some(2) && said.contains("cannot be used with"), "{said}");
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
fn a_device_of_an_unknown_maker_is_named_where_nothing_else_is_here() {
    let machine = Machine::new();
    machine.plug("27c6", "609c", "Goodix Fingerprint", "ff");
    let said = machine.doctor(&[]);
    let wanted = "note   Goodix Fingerprint (27c6:609c): has no driver: the kernel's module `option` is not loaded; Hayes does \
                  not know its maker: it may be a modem\n       → if it is the modem: sudo modprobe option && \
                  echo 27c6 609c | sudo tee /sys/bus/usb-serial/drivers/option1/new_id\n";
    assert_eq!(said, (Some(6), format!("{NO_PORT}{wanted}")));
    machine.link("sys/devices/usb1/1-2/1-2:1.0/driver", "/drivers/whatever");
    assert_eq!(machine.doctor(&[]).1, NO_PORT);
}

#[test]
fn what_is_no_file_of_the_kernel_is_not_waited_for() {
    let machine = Machine::of_bg96(0o666);
    machine.run(7, "ModemManager");
    for file in ["sys/devices/usb1/1-2/product", "sys/devices/usb1/1-2/power/control", "etc/udev/rules.d/1.rules"] {
        let _ = fs::remove_file(machine.path(file));
        fs::create_dir_all(machine.path(file).parent().unwrap()).unwrap();
        assert!(Command::new("mkfifo").arg(machine.path(file)).status().unwrap().success());
    }
    assert!(machine.doctor(&[]).1.starts_with("ok     /dev/ttyUSB0: (2c7c:0296), interface 0 · option\n"));
}

#[test]
fn what_was_done_for_a_driver_already_is_not_advised() {
    let machine = Machine::new();
    machine.plug("2c7c", "0296", "BG96", "ff");
    machine.write(
        "etc/udev/rules.d/70-bg96.rules",
        "ATTR{idProduct}==\"0296\", RUN+=\"/bin/sh -c 'echo 2c7c 0296 > …/new_id'\"",
    );
    let said = machine.doctor(&[]).1;
    assert!(
        said.contains("a rule tells the kernel's module `option` of it (/etc/udev/rules.d/70-bg96.rules, line 1)"),
        "{said}"
    );
    machine.write("sys/bus/usb-serial/drivers/option1/new_id", "12d1 1f01\n2c7c 296\n");
    let said = machine.doctor(&[]).1;
    assert!(
        said.contains("was told of it, and has not taken it\n       → plug it in again") && !said.contains("tee"),
        "{said}"
    );
    machine.link("sys/devices/usb1/1-2/1-2:1.0/driver", "/drivers/option");
    let said = machine.doctor(&[]).1;
    assert!(said.contains("BG96 (2c7c:0296): has its driver, `option`, and no port yet\n       → wait"), "{said}");
    fs::create_dir_all(machine.path("sys/devices/usb1/1-2/1-2:1.0/ttyUSB0")).unwrap();
    let said = machine.doctor(&[]).1;
    assert!(said.contains("has ttyUSB0, and /dev does not") && said.contains("--device=/dev/ttyUSB0;"), "{said}");
}

#[test]
fn a_modem_that_shows_itself_as_a_disk_is_told_apart() {
    let machine = Machine::new();
    machine.plug("12d1", "1f01", "HUAWEI Mobile", "08");
    assert!(machine.doctor(&[]).1.contains("sudo apt install usb-modeswitch"));
    machine.write("usr/sbin/usb_modeswitch", "");
    assert!(machine.doctor(&[]).1.contains("→ usb_modeswitch is installed, and has no rule for it"));
    let rule = "ATTR{idVendor}==\"12d1\", ATTR{idProduct}==\"1f01\", RUN+=\"usb_modeswitch '/%k'\"";
    machine.write("lib/udev/rules.d/40-usb_modeswitch.rules", rule);
    let wanted =
        "→ usb_modeswitch is to switch it (/lib/udev/rules.d/40-usb_modeswitch.rules, line 1): plug it in again\n";
    assert!(machine.doctor(&[]).1.ends_with(wanted));
}

#[test]
fn brltty_takes_adapters_unless_its_rules_are_switched_off() {
    let machine = Machine::new();
    machine.plug("10c4", "ea60", "CP2102", "ff");
    machine.run(30, "brltty");
    machine.write("usr/lib/udev/rules.d/85-brltty.rules", "ENV{PRODUCT}==\"10c4/ea60/*\", RUN+=\"/bin/brltty\"\n");
    assert!(machine.doctor(&[]).1.contains("note   brltty: runs, and takes USB serial adapters"));
    machine.link("etc/udev/rules.d/85-brltty.rules", "/dev/null");
    assert!(machine.doctor(&[]).1.contains("ok     brltty: runs, and takes no USB serial adapter"));
}

#[test]
fn a_modem_that_the_kernel_may_suspend_is_noted() {
    let machine = Machine::of_bg96(0o666);
    machine.write("sys/devices/usb1/1-2/power/control", "auto\n");
    let said = machine.doctor(&[]);
    let mend = "→ echo on | sudo tee /sys/bus/usb/devices/1-2/power/control\n";
    assert!(said.0 == Some(0) && said.1.contains("note   BG96 (2c7c:0296)") && said.1.ends_with(mend), "{said:?}");
    // A rule that is written and not in force, then one that is; or a delay that never ends.
    machine.write("etc/udev/rules.d/71-awake.rules", "ATTR{idVendor}==\"2c7c\", ATTR{power/control}=\"on\"\n");
    let rule = "/etc/udev/rules.d/71-awake.rules, line 1";
    let said = machine.doctor(&[]).1;
    assert!(said.contains(&format!("a rule leaves it awake ({rule}), and is not in force yet\n")), "{said}");
    machine.write("sys/devices/usb1/1-2/power/control", "on\n");
    let said = machine.doctor(&[]).1;
    assert!(said.ends_with(&format!("ok     BG96 (2c7c:0296): the kernel leaves it awake: {rule}\n")), "{said}");
    machine.write("etc/udev/rules.d/71-awake.rules", "");
    machine.write("sys/devices/usb1/1-2/power/control", "auto\n");
    machine.write("sys/devices/usb1/1-2/power/autosuspend_delay_ms", "-1000\n");
    assert_eq!(machine.doctor(&[]).1.lines().count(), 1);
}

#[test]
fn as_json_each_finding_is_a_line() {
    let machine = Machine::of_bg96(0o666);
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
note   PORT, registration (LTE): +CEREG: 0,2 · not registered, searching
       → `hayes run supersim/diagnose -p PORT` tells why
note   PORT, registration: +CREG: 0,2 · not registered, searching
       → `hayes run supersim/diagnose -p PORT` tells why
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

/// Each port is a pseudo-terminal with a simulated modem behind it.
#[test]
fn a_port_is_found_by_its_usb_device_and_by_its_answer() {
    let machine = Machine::new();
    let modem = Simulated::on_terminal("bg96");
    machine.plug("2c7c", "0296", "BG96", "ff");
    let asked = |arguments: &[&str]| machine.hayes(&[&["at", "AT+CGMM", "-q"], arguments].concat());
    let (code, said) = asked(&["-p", "auto"]);
    assert!(code == Some(6) && said.starts_with("error: no serial port is here\n"), "{said}");
    machine.port_of("ttyUSB0", "1-2:1.0", Path::new(modem.port()));
    assert_eq!(asked(&["-p", "usb:2c7c:0296"]), (Some(0), "AT+CGMM\n  BG96\n".to_owned()));
    let path = machine.path("dev/ttyUSB0").display().to_string();
    let expected = format!("auto: {path} (usb:2c7c:0296:if00): Quectel BG96\nAT+CGMM\n  BG96\n");
    assert_eq!(asked(&["-p", "auto"]), (Some(0), expected));
    // Another port of the same modem, and another modem.
    let (silent, other) = (Simulated::on_terminal("bg96?fault=silence"), Simulated::on_terminal("ec25"));
    machine.write("sys/devices/usb1/1-2/1-2:1.1/bInterfaceNumber", "01");
    machine.port_of("ttyUSB1", "1-2:1.1", Path::new(silent.port()));
    let several = "error: usb:2c7c:0296 is 2 ports\n  help: name one: usb:2c7c:0296:if00, usb:2c7c:0296:if01; `hayes ports \
                   --probe` tells which answers AT\n";
    assert_eq!(asked(&["-p", "usb:2c7c:0296"]), (Some(6), several.to_owned()));
    assert_eq!(asked(&["-p", "usb:2c7c:0296:if00"]), (Some(0), "AT+CGMM\n  BG96\n".to_owned()));
    machine.write("sys/devices/serial/tty", "");
    machine.port_of("ttyS0", "serial", Path::new(other.port()));
    let (code, said) = asked(&["-p", "auto"]);
    let expected = format!(
        "error: 2 modems answer AT\n  help: name one: -p {} (Quectel EC25), -p usb:2c7c:0296:if00 (Quectel BG96)\n",
        machine.path("dev/ttyS0").display()
    );
    assert_eq!((code, said), (Some(6), expected));
}

#[test]
fn a_port_that_comes_later_is_waited_for() {
    let machine = Machine::new();
    let modem = Simulated::on_terminal("bg96");
    let path = machine.path("dev/modem").display().to_string();
    let come = |name: &str, come: &dyn Fn()| {
        let mut hayes = machine.command(&["at", "AT+CGMM", "-q", "--wait", "50s", "-p", name]);
        let running = hayes.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(400));
        come();
        let ended = running.wait_with_output().unwrap();
        assert_eq!(
            (ended.status.code(), String::from_utf8_lossy(&ended.stdout).as_ref()),
            (Some(0), "AT+CGMM\n  BG96\n")
        );
        String::from_utf8(ended.stderr).unwrap()
    };
    let told = come(&path, &|| machine.link("dev/modem", modem.port()));
    assert_eq!(told, format!("there is no port {path}: waiting up to 50s for it\n"));
    let plug = || {
        machine.plug("2c7c", "0296", "BG96", "ff");
        machine.port_of("ttyUSB0", "1-2:1.0", Path::new(modem.port()));
    };
    assert_eq!(come("usb:2c7c:0296", &plug), "there is no port usb:2c7c:0296: waiting up to 50s for it\n");
    // What never comes is told at the end, and Ctrl-C ends the waiting.
    let ended = machine.hayes(&["at", "AT", "--wait", "300ms", "-p", "usb:0403:6001"]);
    let expected = "there is no port usb:0403:6001: waiting up to 300ms for it\nerror: there is no port usb:0403:6001\n  help: \
                    these are here: usb:2c7c:0296:if00\n";
    assert_eq!(ended, (Some(6), expected.to_owned()));
    for port in ["/dev/none", "auto", "tcp://127.0.0.1:1"] {
        let empty = Machine::new();
        let mut running = empty.command(&["run", "modem/sync", "--wait", "50s", "-p", port]);
        let mut running = running.stderr(Stdio::piped()).spawn().unwrap();
        let mut told = String::new();
        let mut lines = BufReader::new(running.stderr.take().unwrap());
        lines.read_line(&mut told).unwrap();
        assert!(told.contains("waiting up to 50s"), "{told}");
        Command::new("kill").args(["-INT", &running.id().to_string()]).status().unwrap();
        assert_eq!(running.wait().unwrap().code(), Some(130), "{port}");
    }
}

/// The names that `hayes ports` shows, and the modem behind each.
#[test]
fn ports_are_listed_with_the_name_to_write() {
    let machine = Machine::new();
    let modem = Simulated::on_terminal("bg96");
    machine.plug("2c7c", "0296", "BG96", "ff");
    machine.port_of("ttyUSB0", "1-2:1.0", Path::new(modem.port()));
    let path = machine.path("dev/ttyUSB0").display().to_string();
    let expected =
        format!("{path}  BG96 · 2c7c:0296 · interface 0\n  answers AT: Quectel BG96\n  usb:2c7c:0296:if00\n");
    assert_eq!(machine.hayes(&["ports", "--probe"]), (Some(0), expected));
}
