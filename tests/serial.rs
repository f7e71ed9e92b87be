//! Serial ports as programs meet them, on pseudo-terminals: bytes, deadlines, who holds a port, hang-up and return.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use hayes::at::{Expected, PromptPlan, Question};
use hayes::catalogue::Catalogue;
use hayes::conversation::{Conversation, TroubleKind};
use hayes::diagnostic::Complaint;
use hayes::port::list::others;
use hayes::port::{Cancel, Control, Fault, FlowControl, Port, Read, Serial};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::folder::Folder;
use crate::network::{MINUTE, read_exactly};

const BAUD: u32 = 115_200;

/// A pseudo-terminal; its master does not block.
struct Terminal {
    master: File,
    path: PathBuf,
    /// It stays a terminal while no program has it open.
    _slave: File,
}

impl Terminal {
    fn new() -> Terminal {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let path = PathBuf::from(ptsname(&master, Vec::new()).unwrap().into_string().unwrap());
        rustix::io::ioctl_fionbio(&master, true).unwrap();
        // A program that a test starts is not to hold it.
        rustix::io::fcntl_setfd(&master, rustix::io::FdFlags::CLOEXEC).unwrap();
        let slave = File::options().read(true).write(true).open(&path).unwrap();
        Terminal { master: master.into(), path, _slave: slave }
    }
}

fn open(path: &Path) -> Result<Serial, Complaint> {
    Serial::open(path, BAUD, &Cancel::new().unwrap())
}

fn pair() -> (Terminal, Serial) {
    let terminal = Terminal::new();
    let port = open(&terminal.path).unwrap();
    (terminal, port)
}

fn refusal(path: &Path) -> Complaint {
    open(path).map(|_| ()).unwrap_err()
}

#[test]
fn every_byte_passes_both_ways() {
    let (mut terminal, mut port) = pair();
    let all: Vec<u8> = (0..=255).collect();
    terminal.master.write_all(&all).unwrap();
    assert_eq!(read_exactly(&mut port, 256), all);
    port.write(&all, MINUTE).unwrap();
    let mut back = [0; 256];
    terminal.master.read_exact(&mut back).unwrap();
    assert_eq!(&back[..], &all[..]);
}

#[test]
fn a_read_ends_at_its_deadline_and_a_past_deadline_still_looks() {
    let (mut terminal, mut port) = pair();
    let mut buffer = [0; 16];
    let until = port.now() + Duration::from_millis(30);
    assert_eq!(port.read(&mut buffer, until), Ok(Read::Deadline));
    assert!(port.now() >= until);
    terminal.master.write_all(b"RING").unwrap();
    assert_eq!(port.read(&mut buffer, Duration::ZERO), Ok(Read::Bytes(4)));
    assert_eq!(port.read(&mut buffer, Duration::ZERO), Ok(Read::Deadline));
}

#[test]
fn a_hang_up_wakes_the_reader_and_what_came_before_it_is_there() {
    let (mut terminal, mut port) = pair();
    terminal.master.write_all(b"\r\n+CSQ: 1").unwrap();
    assert_eq!(read_exactly(&mut port, 9), b"\r\n+CSQ: 1");
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| port.read(&mut [0; 64], MINUTE));
        drop(terminal);
        assert_eq!(reader.join().unwrap(), Err(Fault::Lost("the other side hung up".to_owned())));
    });
    assert!(matches!(port.write(b"AT\r", MINUTE), Err(Fault::Lost(_))));
    assert!(matches!(port.control(Control::Baud(9600)), Err(Fault::Lost(_))));
}

#[test]
fn a_write_that_nobody_reads_ends_at_its_deadline_and_tells_how_far_it_came() {
    let (mut terminal, mut port) = pair();
    let much = vec![b'x'; 1 << 20];
    let until = port.now() + Duration::from_millis(50);
    let Err(Fault::WriteTimeout { written }) = port.write(&much, until) else { panic!("it went out") };
    assert!((1..much.len()).contains(&written));
    // What it says that went out is there.
    let mut out = vec![0; written];
    terminal.master.read_exact(&mut out).unwrap();
    assert!(out.iter().all(|byte| *byte == b'x'));
}

/// However long a write may last otherwise.
#[test]
fn a_question_that_nobody_reads_ends_in_its_own_time() {
    let (_terminal, port) = pair();
    let mut conversation = Conversation::new(Box::new(port), &Catalogue);
    let limit = Duration::from_millis(300);
    let question = Question::new(vec![b'x'; 200_000], Expected::default(), limit, PromptPlan::Unexpected);
    let trouble = conversation.ask(&question.into(), &mut ()).unwrap_err();
    assert!(matches!(trouble.kind, TroubleKind::Port(Fault::WriteTimeout { .. })), "{trouble:?}");
    assert!(conversation.now() < Duration::from_secs(5), "{:?}", conversation.now());
}

#[test]
fn a_long_write_goes_on_while_it_is_read() {
    let (terminal, mut port) = pair();
    let much: Vec<u8> = (0..300_000_u32).map(|n| n as u8).collect();
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| port.write(&much, MINUTE));
        let mut back = Vec::new();
        let mut buffer = [0; 4096];
        while back.len() < much.len() {
            match (&terminal.master).read(&mut buffer) {
                Ok(count) => back.extend_from_slice(&buffer[..count]),
                Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock),
            }
        }
        assert_eq!(writer.join().unwrap(), Ok(()));
        assert!(back == much);
    });
}

#[test]
fn a_second_open_is_told_that_the_port_is_busy_and_by_whom_and_another_process_sees_the_lock() {
    let (mut terminal, mut port) = pair();
    let locked = |path: &Path| {
        let status = Command::new("flock").args(["--nonblock", "--exclusive"]).arg(path).arg("true").status();
        !status.unwrap().success()
    };
    assert!(locked(&terminal.path));
    let error = refusal(&terminal.path);
    assert_eq!(error.code, "hayes::port::busy");
    let me = format!("(process {}) holds it", std::process::id());
    assert!(cfg!(not(target_os = "linux")) || error.message.ends_with(&me), "{}", error.message);
    // The first holder keeps its port, and its lock.
    terminal.master.write_all(b"OK").unwrap();
    assert_eq!(read_exactly(&mut port, 2), b"OK");
    assert_eq!(refusal(&terminal.path).code, "hayes::port::busy");
    drop(port);
    assert!(!locked(&terminal.path));
    open(&terminal.path).unwrap();
}

#[test]
fn a_port_that_another_process_has_locked_is_busy_and_the_process_is_named() {
    let terminal = Terminal::new();
    let mut other = Command::new("flock")
        .args(["--exclusive", "--no-fork"])
        .arg(&terminal.path)
        .args(["sh", "-c", "echo; exec sleep 60"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // The line tells that it has the lock.
    other.stdout.take().unwrap().read_exact(&mut [0]).unwrap();
    let error = refusal(&terminal.path);
    other.kill().unwrap();
    other.wait().unwrap();
    assert_eq!(error.code, "hayes::port::busy");
    if cfg!(target_os = "linux") {
        assert!(error.message.contains(&format!("(process {}) holds it", other.id())), "{}", error.message);
    }
    open(&terminal.path).unwrap();
}

#[test]
fn a_port_that_another_program_has_made_its_own_is_busy_for_root_too() {
    let terminal = Terminal::new();
    assert_eq!(others(&terminal.path), []);
    let ours = File::options().read(true).write(true).open(&terminal.path).unwrap();
    let mut other = Command::new("sleep").arg("60").stdin(ours.try_clone().unwrap()).spawn().unwrap();
    rustix::termios::ioctl_tiocexcl(&ours).unwrap();
    // The second time the first has not taken the other's right away.
    let errors = [refusal(&terminal.path), refusal(&terminal.path)];
    other.kill().unwrap();
    other.wait().unwrap();
    let named = format!("(process {}) has it open", other.id());
    for error in errors {
        assert_eq!(error.code, "hayes::port::busy", "{error}");
        assert!(cfg!(not(target_os = "linux")) || error.message.ends_with(&named), "{error}");
    }
    rustix::termios::ioctl_tiocnxcl(&ours).unwrap();
    open(&terminal.path).unwrap();
}

#[test]
fn missing_forbidden_and_no_port_are_told_apart() {
    let folder = Folder::new();
    let [file, pipe, dangling] = ["notes.txt", "pipe", "modem"].map(|name| folder.0.join(name));
    std::fs::write(&file, "AT").unwrap();
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    symlink("/dev/pts/nowhere", &dangling).unwrap();
    for (path, kind, message) in [
        (&folder.0, "hayes::port::not-a-port", "is no serial port but a directory"),
        (&file, "hayes::port::not-a-port", "is no serial port but a file"),
        (&pipe, "hayes::port::not-a-port", "is no serial port but a pipe"),
        (&PathBuf::from("/dev/null"), "hayes::port::not-a-port", "is no serial port but something else"),
        (&dangling, "hayes::port::missing", "points to /dev/pts/nowhere, and that is gone"),
    ] {
        let error = refusal(path);
        assert_eq!((error.code, error.message), (kind, format!("{} {message}", path.display())));
    }
    assert_eq!(refusal(&folder.0.join("none")).code, "hayes::port::missing");
    // Root may open everything, so this can be seen only by others.
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o000)).unwrap();
    if File::open(&file).is_err() {
        assert_eq!(refusal(&file).code, "hayes::port::forbidden");
    }
}

#[test]
fn cancel_wakes_a_read_and_a_write() {
    let terminal = Terminal::new();
    let cancel = Cancel::new().unwrap();
    let mut port = Serial::open(&terminal.path, BAUD, &cancel).unwrap();
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| port.read(&mut [0; 64], MINUTE));
        cancel.cancel();
        assert_eq!(reader.join().unwrap(), Err(Fault::Interrupted));
    });
    assert_eq!(port.read(&mut [0; 64], MINUTE), Err(Fault::Interrupted));
    port.rearm();
    assert_eq!(port.read(&mut [0; 64], Duration::ZERO), Ok(Read::Deadline));
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| port.write(&vec![b'x'; 1 << 20], MINUTE));
        cancel.cancel();
        assert_eq!(writer.join().unwrap(), Err(Fault::Interrupted));
    });
}

#[test]
fn a_link_is_followed_again_when_the_device_comes_back_elsewhere() {
    let folder = Folder::new();
    let link = folder.0.join("modem");
    let first = Terminal::new();
    symlink(&first.path, &link).unwrap();
    let mut port = open(&link).unwrap();
    drop(first);
    assert!(matches!(port.read(&mut [0; 64], MINUTE), Err(Fault::Lost(_))));
    std::fs::remove_file(&link).unwrap();
    let until = port.now() + Duration::from_millis(20);
    assert_eq!(port.reopen(until), Err(Fault::Lost(format!("{} did not come back", link.display()))));
    assert!(matches!(port.write(b"AT\r", MINUTE), Err(Fault::Lost(_))));
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            port.reopen(MINUTE).unwrap();
            read_exactly(&mut port, 5)
        });
        let mut second = Terminal::new();
        symlink(&second.path, &link).unwrap();
        second.master.write_all(b"READY").unwrap();
        assert_eq!(waiting.join().unwrap(), b"READY");
    });
}

#[test]
fn a_terminal_takes_any_speed_and_has_no_lines() {
    let (_terminal, mut port) = pair();
    for baud in [9600, 921_600, 250_000] {
        assert_eq!(port.control(Control::Baud(baud)), Ok(()));
    }
    assert_eq!(port.control(Control::Flush), Ok(()));
    assert!(matches!(port.control(Control::Dtr(false)), Err(Fault::Unsupported(_))));
    assert!(matches!(port.control(Control::Rts(true)), Err(Fault::Unsupported(_))));
}

#[test]
fn closing_leaves_the_settings_as_they_were_but_for_hang_up_on_close() {
    use rustix::termios::{ControlModes, OptionalActions, tcgetattr, tcsetattr};
    let terminal = Terminal::new();
    let watcher = File::open(&terminal.path).unwrap();
    let mut before = tcgetattr(&watcher).unwrap();
    before.set_speed(9600).unwrap();
    before.control_modes |= ControlModes::HUPCL | ControlModes::CSTOPB;
    tcsetattr(&watcher, OptionalActions::Now, &before).unwrap();
    let port = open(&terminal.path).unwrap();
    let during = tcgetattr(&watcher).unwrap();
    assert!(!during.control_modes.intersects(ControlModes::HUPCL | ControlModes::CSTOPB));
    assert_eq!(during.output_speed(), BAUD);
    drop(port);
    let after = tcgetattr(&watcher).unwrap();
    assert_eq!(after.control_modes, before.control_modes - ControlModes::HUPCL);
    assert_eq!(after.output_speed(), 9600);
}

#[test]
fn flow_control_is_set_while_the_port_is_open() {
    use rustix::termios::{ControlModes, InputModes, tcgetattr};
    let terminal = Terminal::new();
    let watcher = File::open(&terminal.path).unwrap();
    let flows = || {
        let settings = tcgetattr(&watcher).unwrap();
        let by_bytes = settings.input_modes.contains(InputModes::IXON | InputModes::IXOFF);
        (settings.control_modes.contains(ControlModes::CRTSCTS), by_bytes)
    };
    // A terminal that was made has XON and XOFF by the hand of a person.
    for (flow, expected) in [
        (FlowControl::Rtscts, (true, false)),
        (FlowControl::Xonxoff, (false, true)),
        (FlowControl::None, (false, false)),
    ] {
        let port = open(&terminal.path).unwrap().with_flow(flow).unwrap();
        assert_eq!(flows(), expected, "{flow:?}");
        drop(port);
        assert!(!flows().0, "{flow:?} is left behind");
    }
}

/// How many read and write calls this thread has made, as Linux counts them.
fn calls() -> Option<(u64, u64)> {
    let counts = std::fs::read_to_string("/proc/thread-self/io").ok()?;
    let count = |name: &str| counts.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
    Some((count("syscr:")?, count("syscw:")?))
}

#[test]
fn an_exchange_is_one_write_and_one_read() {
    let (terminal, mut port) = pair();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut question = [0; 3];
            let mut heard = 0;
            while heard < question.len() {
                heard += (&terminal.master).read(&mut question[heard..]).unwrap_or(0);
            }
            (&terminal.master).write_all(b"\r\nOK\r\n").unwrap();
        });
        // Counting reads a file too.
        let Some(((before, _), (counted, written))) = calls().zip(calls()) else { return };
        port.write(b"AT\r", MINUTE).unwrap();
        assert_eq!(read_exactly(&mut port, 6), b"\r\nOK\r\n");
        let (after, written_after) = calls().unwrap();
        assert_eq!(after - counted, counted - before + 1);
        assert_eq!(written_after - written, 1);
    });
}

#[test]
#[cfg(target_os = "linux")]
fn a_line_that_pppd_gives_is_the_port_and_carries_nothing_but_what_the_script_sends() {
    let folder = Folder::new();
    let script = folder.0.join("dial.hayes");
    std::fs::write(&script, "AT+CSQ\n  capture rssi:int\nreport signal = dbm(rssi)\n").unwrap();
    let given = |command: &mut Command, terminal: &Terminal| {
        let line = || Stdio::from(terminal._slave.try_clone().unwrap());
        command.stdin(line()).stdout(line()).stderr(Stdio::piped()).env_remove("HAYES_PORT");
        command.spawn().unwrap()
    };
    for port in [&[][..], &["-p", "-"], &["-p", "/dev/stdin", "--json"], &["-b", "9600"]] {
        let mut terminal = Terminal::new();
        rustix::io::ioctl_fionbio(&terminal.master, false).unwrap();
        let mut hayes = Command::new(env!("CARGO_BIN_EXE_hayes"));
        let child = given(hayes.arg("run").arg(&script).args(port), &terminal);
        let mut question = [0; 7];
        terminal.master.read_exact(&mut question).unwrap();
        assert_eq!(&question, b"AT+CSQ\r", "{port:?}");
        terminal.master.write_all(b"\r\n+CSQ: 19,99\r\n\r\nOK\r\n").unwrap();
        let output = child.wait_with_output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success() && told.contains("-75") && !told.contains('\x1b'), "{port:?}: {told}");
        rustix::io::ioctl_fionbio(&terminal.master, true).unwrap();
        assert!(terminal.master.read(&mut question).is_err(), "{port:?}: {question:?}");
    }
    // The shell and this test wait for the answer with the line in their hands, as pppd does.
    let terminal = Terminal::new();
    let mut shell = Command::new("sh");
    shell.args(["-c", "\"$0\" at AT --timeout-scale 0.01; exit $?", env!("CARGO_BIN_EXE_hayes")]);
    let output = given(&mut shell, &terminal).wait_with_output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(1) && told.contains("AT was not answered"), "{told}");
    assert!(!told.contains("reads on this port"), "{told}");
}
