//! The REPL in a real terminal: tmux shows what a user would see. Nothing is waited for by the clock: the screen is
//! read until it holds what is expected, or a deadline has passed.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::folder::Folder;

/// How long a screen may take to show something.
const PATIENCE: Duration = Duration::from_secs(20);

/// A terminal with `hayes` in it.
struct Terminal {
    folder: Folder,
    socket: PathBuf,
}

impl Terminal {
    /// The REPL, once it is ready.
    fn start(arguments: &str, columns: u32) -> Option<Terminal> {
        let terminal = Terminal::run(arguments, columns)?;
        terminal.wait("help tells the rest");
        Some(terminal)
    }

    /// With these variables, as `env` takes them.
    fn with(variables: &str, arguments: &str) -> Option<Terminal> {
        Terminal::in_environment(variables, arguments, 100, 50)
    }

    /// `None` where tmux is not installed, which is said, and fails where all is to be tested.
    fn run(arguments: &str, columns: u32) -> Option<Terminal> {
        Terminal::sized(arguments, columns, 50)
    }

    fn sized(arguments: &str, columns: u32, rows: u32) -> Option<Terminal> {
        Terminal::in_environment("", arguments, columns, rows)
    }

    fn in_environment(variables: &str, arguments: &str, columns: u32, rows: u32) -> Option<Terminal> {
        let is_there = Command::new("tmux").arg("-V").stdout(Stdio::null()).stderr(Stdio::null()).status();
        if !is_there.is_ok_and(|status| status.success()) {
            assert!(std::env::var_os("HAYES_TEST_ALL").is_none(), "tmux is not installed");
            eprintln!("left out: tmux is not installed");
            return None;
        }
        let folder = Folder::new();
        let terminal = Terminal { socket: folder.0.join("tmux"), folder };
        let hayes = env!("CARGO_BIN_EXE_hayes");
        let state = terminal.folder.0.join("state");
        let shell = format!(
            "trap : INT; env -u NO_COLOR -u HAYES_PORT XDG_STATE_HOME={} {variables} {hayes} {arguments}; echo left with $?; exec cat",
            state.display()
        );
        let folder = terminal.folder.0.display().to_string();
        let (columns, rows) = (columns.to_string(), rows.to_string());
        terminal.tmux(&[
            "-f",
            "/dev/null",
            "new-session",
            "-d",
            "-x",
            &columns,
            "-y",
            &rows,
            "-c",
            &folder,
            "sh",
            "-c",
            &shell,
        ]);
        terminal.tmux(&["set-option", "-g", "history-limit", "20000"]);
        Some(terminal)
    }

    /// The process of the program that runs in it.
    fn process(&self) -> String {
        let shell = self.tmux(&["display-message", "-p", "#{pane_pid}"]).trim().to_owned();
        fs::read_to_string(format!("/proc/{shell}/task/{shell}/children")).unwrap().trim().to_owned()
    }

    fn tmux(&self, arguments: &[&str]) -> String {
        let output = Command::new("tmux").arg("-S").arg(&self.socket).args(arguments).output().unwrap();
        assert!(output.status.success(), "tmux {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.0.join(name)
    }

    fn text(&self, text: &str) {
        self.tmux(&["send-keys", "-l", text]);
    }

    fn key(&self, key: &str) {
        self.tmux(&["send-keys", key]);
    }

    fn enter(&self, line: &str) {
        self.text(line);
        self.key("Enter");
    }

    /// What is on the screen and above it, wrapped lines joined, without the empty lines at the end.
    fn screen(&self) -> String {
        let text = self.tmux(&["capture-pane", "-p", "-J", "-S", "-"]);
        text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim_end().to_owned()
    }

    fn wait(&self, text: &str) -> String {
        self.wait_until(text, |screen| screen.contains(text))
    }

    /// The line that is being typed.
    fn wait_line(&self, line: &str) {
        self.wait_until(line, |screen| screen.lines().last() == Some(line));
    }

    fn wait_until(&self, what: &str, holds: impl Fn(&str) -> bool) -> String {
        let begun = Instant::now();
        loop {
            let screen = self.screen();
            if holds(&screen) {
                return screen;
            }
            assert!(begun.elapsed() < PATIENCE, "no `{what}` on the screen:\n{screen}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = Command::new("tmux").arg("-S").arg(&self.socket).arg("kill-server").stderr(Stdio::null()).status();
    }
}

/// A modem behind TCP that does what the test says.
struct Modem {
    listener: TcpListener,
}

impl Modem {
    fn new() -> Modem {
        Modem { listener: TcpListener::bind("127.0.0.1:0").unwrap() }
    }

    fn port(&self) -> String {
        format!("tcp://{}", self.listener.local_addr().unwrap())
    }

    fn accept(&self) -> TcpStream {
        let (stream, _) = self.listener.accept().unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }
}

/// Reads a command line; answers it.
fn answer(terminal: &Terminal, stream: &mut TcpStream, question: &str, answer: &str) {
    let mut received = Vec::new();
    while !received.ends_with(b"\r") {
        let mut byte = [0];
        let read = stream.read_exact(&mut byte);
        assert!(read.is_ok(), "{read:?} instead of {question:?}\n{}", terminal.screen());
        received.push(byte[0]);
    }
    assert_eq!(String::from_utf8_lossy(&received), format!("{question}\r"));
    stream.write_all(answer.as_bytes()).unwrap();
}

fn hayes(arguments: &[&str], folder: &Path) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_hayes")).args(arguments).current_dir(folder).output().unwrap()
}

#[test]
fn a_first_session() {
    let Some(terminal) = Terminal::start("repl -p 'sim:bg96?register=0s'", 84) else { return };
    terminal.wait_line("sim:bg96>");
    // Three lines of help, and the prompt.
    assert_eq!(terminal.screen().lines().count(), 4);
    terminal.enter("AT+CSQ");
    terminal.wait("+CSQ: 19,99 · -75 dBm, good");
    terminal.enter("capture rssi:int, ber:int");
    terminal.wait("rssi = 19");

    // Completing: the values of a parameter with their meaning, then the one that fits.
    terminal.text("AT+CFUN=");
    terminal.wait("<fun>,<rst>");
    terminal.key("Tab");
    terminal.wait("flight mode");
    terminal.key("C-u");
    // Of hundreds there are as many as fit, and no question that takes no other key.
    terminal.text("AT+C");
    terminal.key("Tab");
    terminal.wait("more: type on");
    terminal.wait_line("sim:bg96> AT+C");
    terminal.key("C-u");
    terminal.text("run \"modem/ide");
    terminal.key("Tab");
    terminal.wait("run \"modem/identify\"");
    terminal.enter(" as modem");
    terminal.wait("passed ·");

    // A block over several lines.
    terminal.enter("if rssi > 5 {");
    terminal.wait_line("        …");
    terminal.enter("log \"${modem.model} hears ${rssi}\"");
    terminal.enter("}");
    terminal.wait("-- BG96 hears 19");

    // A failure changes nothing, and the next line goes on.
    terminal.enter("AT+NOPE");
    terminal.wait("Check the spelling");
    terminal.enter("expct OK");
    terminal.wait("did you mean `expect`?");
    terminal.enter(":hlep");
    terminal.wait("did you mean :help?");

    // What the modem asks for is asked of the user.
    terminal.enter("AT+CMGF=1");
    terminal.enter("AT+CMGS=\"2936\"");
    terminal.wait_line("        >");
    terminal.enter("it's \"me\"");
    terminal.wait("+CMGS: 1");

    terminal.enter(":save first.hayes");
    terminal.wait("`hayes run first.hayes` runs them");
    terminal.key("C-d");
    terminal.wait("left with 0");

    let saved = fs::read_to_string(terminal.path("first.hayes")).unwrap();
    assert_eq!(
        saved,
        "AT+CSQ\n  capture rssi:int, ber:int\nrun \"modem/identify\" as modem\nif rssi > 5 {\n  log \"${modem.model} hears \
         ${rssi}\"\n}\nAT+CMGF=1\nAT+CMGS=\"2936\"\n  prompt reply \"it's \\\"me\\\"\"\n"
    );
    let run = hayes(&["run", "first.hayes", "-p", "sim:bg96?register=0s&time=virtual"], &terminal.folder.0);
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
}

#[test]
fn lines_that_come_while_typing_are_shown_in_order_and_disturb_nothing() {
    let modem = Modem::new();
    let Some(terminal) = Terminal::start(&format!("repl -p {}", modem.port()), 100) else { return };
    let mut stream = modem.accept();
    let prompt = format!("{}> ", modem.port());
    terminal.text("AT+CPIN=");
    terminal.wait("AT+CPIN=");
    for number in 0..200 {
        write!(stream, "\r\n+CMTI: \"SM\",{number}\r\n").unwrap();
        if number == 100 {
            terminal.text("\"12");
        }
    }
    let numbers = |screen: &str| -> Vec<u32> {
        let of_line = |line: &str| line.split_once("+CMTI: \"SM\",")?.1.split(' ').next()?.parse().ok();
        screen.lines().filter_map(of_line).collect()
    };
    let screen = terminal.wait_until("all 200", |screen| numbers(screen).len() >= 200);
    assert_eq!(numbers(&screen), (0..200).collect::<Vec<_>>());
    assert!(screen.contains("Z +CMTI: \"SM\",7 · "), "stamped and explained:\n{screen}");
    // The line is as it was typed: the modem gets it whole.
    terminal.text("34\"");
    terminal.wait_until("the line", |screen| {
        screen.lines().last().is_some_and(|line| line.starts_with(&format!("{prompt}AT+CPIN=\"1234\"")))
    });
    terminal.key("Enter");
    // What may lock the SIM is asked about first.
    terminal.wait_line("send it? [y/N]");
    terminal.enter("y");
    // Which SIM it is, and how many tries are left, is asked before it is sent.
    answer(&terminal, &mut stream, "AT+CCID", "\r\n89445001021983048265\r\n\r\nOK\r\n");
    answer(&terminal, &mut stream, "AT+CPINR=\"SIM PIN\"", "\r\n+CPINR: SIM PIN,3,3\r\n\r\nOK\r\n");
    answer(&terminal, &mut stream, "AT+CPIN=\"1234\"", "\r\nOK\r\n");
    terminal.wait("OK · ");
    // Some in the middle of an answer, and right after it.
    terminal.enter("AT+CREG?");
    answer(
        &terminal,
        &mut stream,
        "AT+CREG?",
        "\r\n+CMTI: \"SM\",200\r\n\r\n+CREG: 0,5\r\n\r\nOK\r\n\r\n+CMTI: \"SM\",201\r\n",
    );
    let screen = terminal.wait("\"SM\",201");
    assert!(screen.contains("+CREG: 0,5 · registered, roaming"));
    assert_eq!(numbers(&screen), (0..202).collect::<Vec<_>>());

    terminal.enter(":urc off");
    terminal.wait("not shown");
    stream.write_all(b"\r\n+CMTI: \"SM\",202\r\n").unwrap();
    terminal.enter("AT+CSQ");
    answer(&terminal, &mut stream, "AT+CSQ", "\r\n+CSQ: 9,99\r\n\r\nOK\r\n");
    let screen = terminal.wait("+CSQ: 9,99");
    assert_eq!(numbers(&screen).len(), 202);

    // Neither a PIN nor what holds one is kept.
    terminal.key("C-d");
    terminal.wait("left with 0");
    let history = fs::read_to_string(terminal.path("state/hayes/history")).unwrap();
    assert!(history.contains("AT+CREG?") && !history.contains("1234"), "{history}");
}

#[test]
fn a_flood_neither_stops_the_typing_nor_hides_that_lines_are_left_out() {
    let modem = Modem::new();
    let Some(terminal) = Terminal::start(&format!("repl -p {}", modem.port()), 80) else { return };
    let mut stream = modem.accept();
    let flood = std::thread::spawn(move || {
        let mut sent = 0;
        while sent < 50_000 && stream.write_all(format!("\r\n+CMTI: \"SM\",{sent}\r\n").as_bytes()).is_ok() {
            sent += 1;
        }
        stream
    });
    let begun = Instant::now();
    terminal.text("AT+CSQ");
    terminal.wait_until("the line", |screen| screen.lines().last().is_some_and(|line| line.contains("> AT+CSQ")));
    assert!(begun.elapsed() < Duration::from_secs(10), "typing took {:?}", begun.elapsed());
    terminal.key("Enter");
    let mut stream = flood.join().unwrap();
    answer(&terminal, &mut stream, "AT+CSQ", "\r\n+CSQ: 9,99\r\n\r\nOK\r\n");
    terminal.wait("+CSQ: 9,99");
}

#[test]
fn ctrl_c_at_a_question_is_no_and_nothing_more_is_sent() {
    let modem = Modem::new();
    let Some(terminal) = Terminal::start(&format!("repl -p {}", modem.port()), 100) else { return };
    let mut stream = modem.accept();
    terminal.enter("if true {");
    terminal.enter("confirm \"really?\"");
    terminal.enter("AT+NEVER");
    terminal.enter("}");
    terminal.wait("really? [y/N]");
    terminal.key("C-c");
    terminal.wait("interrupted");
    terminal.enter("AT+CSQ");
    answer(&terminal, &mut stream, "AT+CSQ", "\r\n+CSQ: 9,99\r\n\r\nOK\r\n");
    terminal.wait("+CSQ: 9,99");
    terminal.enter("confirm \"and now?\"");
    terminal.wait("and now? [y/N]");
    terminal.enter("y");
    terminal.enter("AT+CSQ");
    answer(&terminal, &mut stream, "AT+CSQ", "\r\n+CSQ: 8,99\r\n\r\nOK\r\n");
    terminal.wait("+CSQ: 8,99");
}

/// A secret that nothing else gives is typed, and not shown; Ctrl-C is no value, and leaves the terminal as it was.
#[test]
fn a_secret_is_asked_for_and_not_shown() {
    let script =
        "'secret pin \"of the SIM\"\nlog \"${len(pin)} characters\"\nask \"Code?\" as secret code\nreport pin, code'";
    let hayes = env!("CARGO_BIN_EXE_hayes");
    let arguments = format!("list >/dev/null; printf {script} >s.hayes; {hayes} run s.hayes -p sim:bg96");
    let Some(terminal) = Terminal::run(&format!("{arguments}; {hayes} run s.hayes -p sim:bg96"), 100) else { return };
    terminal.wait("pin (of the SIM), not shown:");
    terminal.enter("9276");
    terminal.wait("Code?");
    terminal.enter("5518");
    terminal.wait("code  ***");
    terminal.wait_until("the question again", |screen| screen.matches("not shown:").count() == 2);
    terminal.text("93");
    terminal.key("C-c");
    let screen = terminal.wait("left with 130");
    let seen = ["9276", "5518", "93"].into_iter().filter(|secret| screen.contains(secret)).collect::<Vec<_>>();
    assert!(seen.is_empty() && screen.contains("-- 4 characters"), "{seen:?} in:\n{screen}");
    terminal.text("shown again");
    terminal.wait("shown again");
}

#[test]
#[cfg(target_os = "linux")]
fn a_run_that_is_ended_at_a_question_sends_what_finally_says() {
    let folder = Folder::new();
    let script = folder.0.join("s.hayes");
    fs::write(&script, "confirm \"really?\"\nAT+NEVER\nfinally {\n  AT+LAST\n}\n").unwrap();
    for (is_key, code) in [(true, "130"), (false, "143")] {
        let modem = Modem::new();
        let arguments = format!("run {} -p {}", script.display(), modem.port());
        let Some(terminal) = Terminal::run(&arguments, 100) else { return };
        let mut stream = modem.accept();
        terminal.wait("really? [y/N]");
        if is_key {
            terminal.key("C-c");
        } else {
            assert!(Command::new("kill").arg(terminal.process()).status().unwrap().success());
        }
        answer(&terminal, &mut stream, "AT+LAST", "\r\nOK\r\n");
        terminal.wait(&format!("left with {code}"));
    }
}

#[test]
fn ctrl_c_while_finally_runs_says_what_is_waited_for() {
    let folder = Folder::new();
    let script = folder.0.join("s.hayes");
    fs::write(&script, "AT+CREG?\nfinally {\n  AT+LAST\n}\n").unwrap();
    for (flag, heard) in [("", "waiting for the answer to AT+LAST"), ("-q ", "interrupted: ")] {
        let modem = Modem::new();
        let arguments = format!("run {flag}{} -p {}", script.display(), modem.port());
        let Some(terminal) = Terminal::run(&arguments, 120) else { return };
        let mut stream = modem.accept();
        answer(&terminal, &mut stream, "AT+CREG?", "\r\n+CREG: 0,2\r\n\r\nOK\r\n");
        answer(&terminal, &mut stream, "AT+LAST", "");
        terminal.key("C-c");
        // What is waited for is the last line of three.
        let screen = terminal.wait(heard);
        assert!(screen.contains("Ctrl-C once more ends that too"), "{screen}");
        assert!(screen.contains("(+CREG: 0,2)") || flag == "-q ", "{screen}");
        stream.write_all(b"\r\nOK\r\n").unwrap();
        terminal.wait("left with");
    }
}

#[test]
fn a_line_that_waits_says_for_what() {
    let folder = Folder::new();
    let script = folder.0.join("long.hayes");
    fs::write(&script, "retry for 10min every 30s {\n  fail \"not yet\"\n}\nfinally {\n  sleep 2s\n}\n").unwrap();
    let Some(terminal) = Terminal::start("repl -p sim:bg96", 100) else { return };
    for (line, what) in [
        ("await \"+CMTI\" within 5min", "waiting for \"+CMTI\": at most 5min; Ctrl-C interrupts it"),
        ("sleep 60s", "waiting for the time to pass (`sleep`): at most 1min; Ctrl-C interrupts it"),
    ] {
        terminal.enter(line);
        terminal.wait(what);
        terminal.key("C-c");
        terminal.wait("interrupts it\ninterrupted\n");
    }
    terminal.enter(&format!("run \"{}\"", script.display()));
    terminal.wait("left): at most 30s; Ctrl-C interrupts it");
    terminal.key("C-c");
    terminal.wait("interrupted: what `finally` says still runs; Ctrl-C once more ends that too");
}

#[test]
fn a_batch_takes_no_more_rows_than_the_window_has() {
    let folder = Folder::new();
    let (script, inventory) = (folder.0.join("s.hayes"), folder.0.join("i.toml"));
    fs::write(&script, "AT\nrun \"./look-around\"\nAT\n").unwrap();
    fs::write(folder.0.join("look-around.hayes"), "sleep 1500ms\n").unwrap();
    fs::write(&inventory, "[[range]]\nname = \"modem-with-a-name-{1..12}\"\nport = \"sim:bg96\"\n").unwrap();
    for (columns, rows) in [(80, 6), (30, 6), (30, 24), (200, 3)] {
        let arguments = format!("batch {} -i {}", script.display(), inventory.display());
        let Some(terminal) = Terminal::sized(&arguments, columns, rows) else { return };
        // Where not all have a row, those in the same step share one.
        if rows > 3 && columns > 30 {
            terminal.wait("look-around");
            let screen = terminal.wait("12 ×");
            assert!(screen.lines().any(|line| line.contains("12 ×") && line.ends_with("look-around")), "{screen}");
        }
        let screen = terminal.wait("left with 0");
        // All that was drawn has been taken back.
        assert!(!screen.contains("running"), "{columns} x {rows}: {screen}");
    }
}

/// Where the window changes again and again, lines are written above the rows meanwhile; all of what stood there stays.
#[test]
fn what_is_drawn_is_taken_back_though_the_window_changes() {
    let folder = Folder::new();
    let (script, inventory) = (folder.0.join("s.hayes"), folder.0.join("i.toml"));
    fs::write(&script, "param wait:int = 2\nAT\nsleep wait * 1s\nAT+CSQ\n  expect /nothing/\n").unwrap();
    let row = |name| format!("[[modem]]\nname = \"modem-with-a-name-{name}\"\nport = \"sim:bg96\"\n");
    let rows = |name| format!("{}vars = {{ wait = {} }}\n", row(name), 2 + name % 3);
    fs::write(&inventory, (1..=8).map(rows).collect::<String>()).unwrap();
    let awaited = folder.0.join("await.hayes");
    fs::write(&awaited, "AT+CREG?\nawait \"+CREG: 1 and what else comes behind it\" within 5s\n").unwrap();
    let batch = format!("batch {} -i {}", script.display(), inventory.display());
    let run = format!("run -v {} -p sim:bg96", awaited.display());
    let windows: [&[(u32, u32)]; 6] = [
        &[(200, 24), (30, 6)],
        &[(30, 6), (120, 40)],
        &[(80, 24), (80, 4), (80, 2)],
        &[(80, 24), (30, 6), (80, 24), (30, 6), (80, 24)],
        &[(80, 24), (60, 24), (40, 24), (30, 24)],
        &[(80, 24), (70, 15), (50, 10), (30, 6), (25, 10)],
    ];
    for (arguments, drawn) in [(&batch, "8 running"), (&run, "waiting for")] {
        let terminals: Vec<_> = windows
            .iter()
            .enumerate()
            .map_while(|(number, sizes)| {
                // Results are called by the millisecond: batches that begin in the same one have a folder each.
                let (hayes, state) = (env!("CARGO_BIN_EXE_hayes"), folder.0.join(number.to_string()));
                let begun = format!("XDG_STATE_HOME={} {hayes} {arguments}", state.display());
                let numbered = format!("list >/dev/null; seq 101 140; {begun}");
                Some((Terminal::sized(&numbered, sizes[0].0, sizes[0].1)?, sizes))
            })
            .collect();
        terminals.iter().for_each(|(terminal, _)| _ = terminal.wait(drawn));
        for turn in 1..5 {
            for (terminal, sizes) in &terminals {
                let Some((columns, rows)) = sizes.get(turn) else { continue };
                terminal.tmux(&["resize-window", "-x", &columns.to_string(), "-y", &rows.to_string()]);
            }
            std::thread::sleep(Duration::from_millis(if turn == 2 { 50 } else { 500 }));
        }
        for (terminal, sizes) in &terminals {
            let screen = terminal.wait("left with 1");
            assert!(!["running", "sleeps", "waiting for"].iter().any(|it| screen.contains(it)), "{sizes:?}: {screen}");
            let numbers: Vec<u32> = screen.lines().filter_map(|line| line.parse().ok()).collect();
            assert_eq!(numbers, (101..=140).collect::<Vec<_>>(), "{sizes:?}: {screen}");
        }
    }
}

/// Ctrl-Z: the shell writes where the cursor stands. Behind `fg` what is drawn comes again.
#[test]
fn what_is_drawn_goes_before_the_program_is_stopped() {
    let folder = Folder::new();
    let (script, inventory) = (folder.0.join("s.hayes"), folder.0.join("i.csv"));
    fs::write(&script, "AT\nawait \"NEVER\" within 60s\n").unwrap();
    fs::write(&inventory, "name,port\na,sim:bg96\nb,sim:bg96\n").unwrap();
    let batch = format!("batch {} -i {}", script.display(), inventory.display());
    let run = format!("run -v {} -p sim:bg96", script.display());
    for (arguments, drawn) in [(&batch, "2 running"), (&run, "waiting for")] {
        let hayes = env!("CARGO_BIN_EXE_hayes");
        let job = format!("list >/dev/null; set -m; {hayes} {arguments}; echo stopped; read _; fg >/dev/null");
        let Some(terminal) = Terminal::sized(&job, 80, 24) else { return };
        terminal.wait(drawn);
        terminal.key("C-z");
        let screen = terminal.wait("stopped");
        assert!(!screen.contains(drawn) && !screen.contains("NEVER"), "{screen}");
        terminal.key("Enter");
        terminal.wait(drawn);
        terminal.key("C-c");
        let screen = terminal.wait("left with");
        assert!(screen.contains("stopped") && !screen.contains(drawn), "{screen}");
    }
}

/// The shell has the terminal as it was while the program is stopped; behind `fg` the secret is asked for again.
#[test]
fn a_secret_is_not_shown_behind_ctrl_z_and_fg() {
    let hayes = env!("CARGO_BIN_EXE_hayes");
    let script = "'secret pin\nlog \"${len(pin)} characters\"\nask \"Code?\" as secret code\nreport code'";
    let run = format!("{hayes} run s.hayes -p sim:bg96; echo stopped 1; read _; fg; echo stopped 2; read _; fg");
    let job = format!("list >/dev/null; printf {script} >s.hayes; set -m; {run}");
    let Some(terminal) = Terminal::run(&job, 100) else { return };
    for (number, question, secret) in [(1, "pin, not shown:", "9276"), (2, "Code?", "5518")] {
        terminal.wait(question);
        terminal.key("C-z");
        terminal.wait(&format!("stopped {number}"));
        terminal.text("shown");
        terminal.wait("shown");
        terminal.key("Enter");
        terminal.wait_until("the question again", |screen| screen.matches(question).count() == 2);
        terminal.enter(secret);
    }
    let screen = terminal.wait("code  ***");
    assert!(screen.contains("-- 4 characters"), "{screen}");
    assert!(!screen.contains("9276") && !screen.contains("5518"), "{screen}");
}

/// The editor of lines stops the program itself, and has the terminal again behind `fg`.
#[test]
fn a_line_is_edited_on_behind_ctrl_z_and_fg() {
    let hayes = env!("CARGO_BIN_EXE_hayes");
    let job = format!("list >/dev/null; set -m; XDG_STATE_HOME=. {hayes} repl -p sim:bg96; echo stopped; read _; fg");
    let Some(terminal) = Terminal::run(&job, 100) else { return };
    terminal.wait("help tells the rest");
    let is_typed = |screen: &str| screen.lines().last().is_some_and(|line| line.starts_with("sim:bg96> AT+CSQ"));
    terminal.text("AT+CSQ");
    terminal.wait_until("the line", is_typed);
    terminal.key("C-z");
    terminal.wait("stopped");
    terminal.key("Enter");
    terminal.wait_until("the line again", is_typed);
    terminal.key("C-u");
    terminal.wait_line("sim:bg96>");
    terminal.enter("ATI");
    let screen = terminal.wait("Revision");
    assert!(!screen.contains("+CSQ:") && !screen.contains("CSQATI"), "{screen}");
}

/// In the background what ends is told, and nothing is drawn over the shell's lines.
#[test]
fn a_batch_in_the_background_draws_nothing() {
    let folder = Folder::new();
    let (script, inventory) = (folder.0.join("s.hayes"), folder.0.join("i.csv"));
    fs::write(&script, "AT\nawait \"NEVER\" within 4s\n").unwrap();
    fs::write(&inventory, "name,port\na,sim:bg96\nb,sim:bg96\n").unwrap();
    let hayes = env!("CARGO_BIN_EXE_hayes");
    let batch = format!("{hayes} batch {} -i {}", script.display(), inventory.display());
    let job = format!("list >/dev/null; set -m; {batch}; echo stopped; bg >/dev/null; read _; wait");
    let Some(terminal) = Terminal::sized(&job, 80, 24) else { return };
    terminal.wait("2 running");
    terminal.key("C-z");
    terminal.wait("stopped");
    terminal.text("of the shell");
    let screen = terminal.wait("2/2 failed");
    assert!(screen.contains("stopped\nof the shell") && !screen.contains("running"), "{screen}");
}

/// No line of a page is wider than the terminal, where a blank to break it at is there.
#[test]
fn pages_of_help_fit_a_narrow_terminal() {
    for arguments in ["run --help", "batch -h", "at --help", "fleet run -h", "run --jsn"] {
        let Some(terminal) = Terminal::run(&format!("{arguments} 2>&1"), 30) else { return };
        terminal.wait("left with");
        let screen = terminal.screen();
        // Wrapped lines are joined here: what is wider was broken by the terminal.
        let wide = |line: &&str| line.chars().count() > 30 && line.trim().contains(' ');
        let wide: Vec<&str> = screen.lines().filter(|line| !line.contains("/repl")).filter(wide).collect();
        assert!(wide.is_empty(), "{arguments}: {wide:#?}");
    }
}

/// Pauses of other lengths are the same step; the attempt is the one that has failed; `sleep` says how long still.
#[test]
fn rows_of_a_batch_tell_the_attempt_and_the_time_left() {
    let folder = Folder::new();
    let (script, inventory) = (folder.0.join("s.hayes"), folder.0.join("i.toml"));
    let text = "retry 2 every 1s..4s {\n  AT\n  assert attempt == 2\n}\nif module.id != \"\" {\n  AT\n}\nsleep 5s\n";
    fs::write(&script, text).unwrap();
    for modems in [12, 2] {
        fs::write(&inventory, format!("[[range]]\nname = \"gw-{{1..{modems}}}\"\nport = \"sim:bg96\"\n")).unwrap();
        let arguments = format!("batch {} -i {}", script.display(), inventory.display());
        let Some(terminal) = Terminal::sized(&arguments, 80, 24) else { return };
        if modems == 12 {
            let is_one = |line: &str| line.contains("12 ×") && line.ends_with("  pauses · attempt 1 of 2");
            terminal.wait_until("one row of pauses", |screen| screen.lines().any(is_one));
        } else {
            terminal.wait_until("a pause", |screen| {
                screen.lines().any(|line| line.contains("  pauses, ") && line.ends_with("s left · attempt 1 of 2"))
            });
            terminal.wait("sleeps, 4s left");
        }
        terminal.wait("left with 0");
    }
}

/// Several Enters at once are one; what an earlier one has shown stays whole, and fits its window.
#[test]
fn enter_shows_what_runs_however_often_it_is_pressed() {
    let folder = Folder::new();
    let (script, inventory) = (folder.0.join("s.hayes"), folder.0.join("i.toml"));
    fs::write(&script, "AT\nsleep 4s\n").unwrap();
    fs::write(&inventory, "[[range]]\nname = \"gw-{1..5}\"\nport = \"sim:bg96\"\n").unwrap();
    for (columns, rows) in [(80, 24), (30, 24), (80, 8)] {
        let arguments = format!("batch {} -i {}", script.display(), inventory.display());
        let Some(terminal) = Terminal::sized(&arguments, columns, rows) else { return };
        terminal.wait("sleeps");
        for shown in 1..=2 {
            terminal.tmux(&["send-keys", "Enter", "Enter", "Enter"]);
            let told = |screen: &str| screen.matches("5 running").count() == shown + 1;
            terminal.wait_until("what runs", told);
        }
        let screen = terminal.wait("left with 0");
        assert_eq!(screen.matches("5 running").count(), 2, "{columns} x {rows}: {screen}");
        let of_modems: Vec<_> = screen.lines().filter(|line| line.contains("sleeps")).collect();
        assert_eq!(of_modems.len(), 10, "{columns} x {rows}: {screen}");
        let fits = |line: &&str| line.chars().count() <= columns as usize;
        assert!(of_modems.iter().all(fits), "{columns} x {rows}: {screen}");
    }
}

/// Another program that writes to the same terminal finds no block there.
#[test]
fn answers_that_go_through_a_pipe_stand_whole_on_the_terminal() {
    let hayes = env!("CARGO_BIN_EXE_hayes");
    let inventory = "'[[range]]\\nname = \"gw-{1..9}\"\\nport = \"sim:bg96?delay=300ms\"\\n'";
    let folder = Folder::new();
    let arguments = format!(
        "list >/dev/null; cd {}; printf {inventory} >i.toml; {hayes} at -i i.toml AT+CSQ | tee all.txt",
        folder.0.display()
    );
    let Some(terminal) = Terminal::run(&arguments, 100) else { return };
    let screen = terminal.wait("9 modems in");
    let told = fs::read_to_string(folder.0.join("all.txt")).unwrap();
    assert_eq!(told.lines().count(), 18, "{told}");
    let is_whole = |line: &str| screen.lines().filter(|shown| shown.trim_end() == line).count() == 1;
    assert!(told.lines().all(is_whole), "{screen}");
    assert!(!screen.contains("running"), "{screen}");
}

#[test]
fn who_types_what_is_no_answer_is_asked_again() {
    let script =
        "'ask \"Scan the label\" as label\nask \"How many?\" as count:int\nconfirm \"Done?\"\nreport label, count'";
    let hayes = env!("CARGO_BIN_EXE_hayes");
    let arguments = format!("list >/dev/null; printf {script} >s.hayes; {hayes} run s.hayes -p sim:bg96");
    let Some(terminal) = Terminal::run(&arguments, 100) else { return };
    for (question, typed) in [
        ("Scan the label:", "LBL"),
        ("\nHow many?", "three"),
        ("it must be a number: How many?", "3"),
        ("\nDone? [y/N]", "maybe"),
        ("type y or n: Done? [y/N]", "y"),
    ] {
        terminal.wait(question);
        terminal.enter(typed);
    }
    terminal.wait("count  3");
    terminal.wait("left with 0");
}

#[test]
fn what_a_run_waits_for_is_one_row_of_any_window() {
    let folder = Folder::new();
    let script = folder.0.join("s.hayes");
    fs::write(&script, "AT+CREG?\nawait \"+CREG: 1 and whatever else may come behind it\" within 4s\n").unwrap();
    for (columns, rows) in [(30, 6), (20, 3), (80, 24), (200, 50)] {
        let arguments = format!("run {} -p sim:bg96", script.display());
        let Some(terminal) = Terminal::sized(&arguments, columns, rows) else { return };
        terminal.wait("waiting for");
        let shown = terminal.tmux(&["capture-pane", "-p"]);
        let last = shown.lines().map(str::trim_end).rfind(|line| !line.is_empty()).unwrap_or_default();
        assert!(last.trim_start().starts_with("waiting for"), "{columns} x {rows}: {shown}");
        let screen = terminal.wait("left with 1");
        assert!(!screen.contains("waiting for"), "{columns} x {rows}: {screen}");
    }
}

#[test]
fn greeting_and_help_break_between_words() {
    let arguments = "repl -p sim:bg96";
    for columns in [30, 45, 80] {
        let Some(terminal) = Terminal::sized(arguments, columns, 50) else { return };
        terminal.wait("sim:bg96>");
        terminal.enter(":help");
        terminal.wait("unsafe when");
        terminal.enter(":help AT+CSQ");
        terminal.wait("bit error rate");
        // Rows that the terminal had to break are joined, and then longer than the window.
        let screen = terminal.screen();
        let broken: Vec<&str> = screen.lines().filter(|line| line.chars().count() > columns as usize).collect();
        assert!(broken.is_empty(), "{columns}: {broken:?}");
    }
}

#[test]
fn messages_and_tables_break_between_words() {
    let folder = Folder::new();
    let script = folder.0.join("s.hayes");
    fs::write(&script, "AT+CREG?\nassert 1 == 2, \"words that go on and on, behind the edge\"\n").unwrap();
    let run = format!("run {} -p sim:bg96", script.display());
    for arguments in
        [&run, "list", "doctor -p sim:bg96", "explain retry", "explain +CME ERROR: 10", "at AT+CREG? -p sim:bg96"]
    {
        let Some(terminal) = Terminal::sized(arguments, 30, 50) else { return };
        let screen = terminal.wait("left with");
        // What is to be copied stays whole: commands, lines of a script, paths.
        let is_whole = |line: &str| line.contains("`hayes ") || line.starts_with("    ") || !line.trim().contains(' ');
        let broken: Vec<&str> = screen.lines().filter(|it| it.chars().count() > 30 && !is_whole(it)).collect();
        assert!(broken.is_empty(), "{arguments}: {broken:?}");
        // Nor is any word on a line of its own where more have room.
        assert!(screen.lines().count() < 500, "{arguments}: {screen}");
    }
}

#[test]
fn ctrl_d_at_a_question_is_no_and_ends_its_line() {
    let folder = Folder::new();
    let script = folder.0.join("s.hayes");
    fs::write(&script, "confirm \"really?\"\nAT+NEVER\n").unwrap();
    let Some(terminal) = Terminal::run(&format!("run {} -p sim:bg96", script.display()), 100) else { return };
    terminal.wait("really? [y/N]");
    terminal.key("C-d");
    let screen = terminal.wait("left with 1");
    assert!(screen.contains("really? [y/N]\n"), "{screen}");
}

#[test]
fn ctrl_c_ends_a_scan_by_the_rules_and_never_the_repl() {
    let modem = Modem::new();
    let Some(terminal) = Terminal::start(&format!("repl -p {}", modem.port()), 100) else { return };
    let mut stream = modem.accept();
    // While typing it drops the line.
    terminal.text("AT+NEVER");
    terminal.wait("AT+NEVER");
    terminal.key("C-c");
    terminal.wait_line(&format!("{}>", modem.port()));
    // What takes minutes is asked about first.
    // So is what switches it off.
    terminal.enter("AT+QPOWD=1");
    terminal.wait("switches the modem off");
    terminal.wait_line("send it? [y/N]");
    terminal.enter("n");
    terminal.wait("not sent");
    terminal.enter("AT+COPS=?");
    terminal.wait_line("send it? [y/N]");
    terminal.enter("n");
    terminal.enter("AT+COPS=?");
    terminal.wait_line("send it? [y/N]");
    terminal.enter("y");
    answer(&terminal, &mut stream, "AT+COPS=?", "");
    // What may take minutes is said before somebody waits for it.
    terminal.wait("it may take 5min 15s; Ctrl-C interrupts it");
    terminal.key("C-c");
    // One character where the command can be aborted (V.250 §5.6.1), then AT until it answers.
    answer(&terminal, &mut stream, "", "\r\nERROR\r\n");
    terminal.wait("stopping the command");
    let asked = std::thread::spawn(move || {
        let mut received = Vec::new();
        loop {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            received.push(byte[0]);
            if received.ends_with(b"AT\r") {
                stream.write_all(b"\r\nOK\r\n").unwrap();
            }
            if received.ends_with(b"AT+CSQ\r") {
                stream.write_all(b"\r\n+CSQ: 9,99\r\n\r\nOK\r\n").unwrap();
                return;
            }
        }
    });
    terminal.wait("interrupted");
    terminal.enter("AT+CSQ");
    terminal.wait("+CSQ: 9,99");
    asked.join().unwrap();
    terminal.key("C-d");
    terminal.wait("left with 0");
}

#[test]
fn an_unplugged_port_is_told_and_its_return_goes_on() {
    let modem = Modem::new();
    let Some(terminal) = Terminal::start(&format!("repl -p {}", modem.port()), 100) else { return };
    let mut stream = modem.accept();
    terminal.enter("AT");
    answer(&terminal, &mut stream, "AT", "\r\nOK\r\n");
    terminal.wait("OK · ");
    terminal.text("AT+C");
    terminal.wait("> AT+C");
    let address = modem.listener.local_addr().unwrap();
    drop((stream, modem));
    terminal.wait("the port was lost");
    terminal.wait("! AT+C");
    let modem = Modem { listener: TcpListener::bind(address).unwrap() };
    let mut stream = modem.accept();
    terminal.wait("the port is back");
    terminal.wait_line(&format!("{}> AT+C", modem.port()));
    terminal.enter("SQ");
    answer(&terminal, &mut stream, "AT+CSQ", "\r\n+CSQ: 9,99\r\n\r\nOK\r\n");
    terminal.wait("+CSQ: 9,99");
    // In the middle of a line as well.
    terminal.enter("AT+CREG?");
    answer(&terminal, &mut stream, "AT+CREG?", "");
    drop(stream);
    terminal.wait("the port was lost during AT+CREG?");
    let stream = modem.accept();
    let is_back =
        |screen: &str| screen.rsplit("the port was lost during").next().is_some_and(|it| it.contains("is back"));
    terminal.wait_until("its return", is_back);
    terminal.wait_line(&format!("{} (back)>", modem.port()));
    // The prompt tells while it is typed at, too.
    terminal.text("AT");
    let port = modem.port();
    drop((stream, modem));
    terminal.wait_line(&format!("{port} (lost)> AT"));
    terminal.key("C-u");
    terminal.enter(":close");
    terminal.wait_line("sim>");
    terminal.enter("AT");
    terminal.wait_until("another OK", |screen| screen.matches("OK · ").count() == 3);
    terminal.key("C-d");
    terminal.wait("left with 0");
}

#[test]
fn a_paste_runs_line_by_line_and_stops_at_the_first_failure() {
    let Some(terminal) = Terminal::start("repl -p 'sim:bg96?register=0s'", 100) else { return };
    let pasted = "AT+CMEE=2\nAT+CREG?\n  capture _, stat:int\nAT+NOPE\nAT+CSQ\n";
    // Only an editor that is there can tell a paste from keys.
    terminal.wait_line("sim:bg96>");
    fs::write(terminal.path("pasted"), pasted).unwrap();
    terminal.tmux(&["load-buffer", &terminal.path("pasted").display().to_string()]);
    terminal.tmux(&["paste-buffer", "-p"]);
    terminal.wait("AT+CSQ");
    terminal.key("Enter");
    let screen = terminal.wait("1 more of what was pasted was not run");
    assert!(screen.contains("stat = 5") && !screen.contains("+CSQ: "), "{screen}");
    terminal.wait_line("sim:bg96>");
    // Typed ahead without a paste it is the same, line by line.
    terminal.text("AT+CSQ\nAT+CREG?\n");
    terminal.wait("+CSQ: 19,99");
    // It comes back as one entry.
    terminal.enter("set x = 1");
    terminal.key("C-r");
    terminal.text("CMEE");
    terminal.wait("(reverse-i-search)`CMEE': AT+CMEE=2");
}

#[test]
fn the_raw_view_and_the_raw_terminal_show_the_bytes() {
    let modem = Modem::new();
    let Some(terminal) = Terminal::start(&format!("repl -p {}", modem.port()), 100) else { return };
    let mut stream = modem.accept();
    terminal.enter(":raw");
    terminal.enter("AT");
    answer(&terminal, &mut stream, "AT", "\r\nOK\r\n");
    terminal.wait("<- \\r\\nOK\\r\\n");
    terminal.enter(":raw off");
    terminal.enter(":terminal");
    terminal.wait("Ctrl-] comes back");
    terminal.text("ATI");
    terminal.key("Enter");
    answer(&terminal, &mut stream, "ATI", "\r\nraw bytes\r\n");
    terminal.wait("raw bytes");
    terminal.key("C-]");
    // A modem after ATE0 says nothing of what is typed.
    terminal.enter(":terminal echo");
    terminal.wait_until("the terminal", |screen| screen.matches("each key goes to the modem now").count() == 2);
    terminal.text("ATI4");
    terminal.wait_until("what is typed", |screen| screen.lines().any(|line| line == "ATI4"));
    terminal.key("Enter");
    answer(&terminal, &mut stream, "ATI4", "");
    terminal.key("C-]");
    terminal.enter("AT+CSQ");
    answer(&terminal, &mut stream, "AT+CSQ", "\r\n+CSQ: 9,99\r\n\r\nOK\r\n");
    terminal.wait("+CSQ: 9,99");
    terminal.key("C-d");
    terminal.wait("left with 0");
}

#[test]
fn whatever_ends_it_the_terminal_is_as_before() {
    let Some(terminal) = Terminal::start("repl", 80) else { return };
    let pid = terminal.tmux(&["list-panes", "-F", "#{pane_pid}"]);
    let child = Command::new("pgrep").args(["-P", pid.trim(), "hayes"]).output().unwrap();
    let child = String::from_utf8(child.stdout).unwrap();
    Command::new("kill").args(["-TERM", child.trim()]).status().unwrap();
    terminal.wait("left with 143");
    // `cat` behind it echoes a line: the terminal does so again.
    terminal.enter("echoed");
    terminal.wait_until("the echo", |screen| screen.matches("echoed").count() == 2);
}

#[test]
fn a_start_file_an_editor_and_lines_that_are_not_kept() {
    let folder = Folder::new();
    let settings = folder.0.join(".config/hayes");
    fs::create_dir_all(&settings).unwrap();
    fs::write(settings.join("start.hayes"), "set mine = 42\n:time on\n").unwrap();
    // An editor that writes a block behind what stands there.
    let editor = folder.0.join("editor");
    let block = "if mine == 42 {\\n  log \"written\"\\n}\\n";
    fs::write(&editor, format!("#!/bin/sh\n[ -e $0.left ] || printf '{block}' >>$1\n")).unwrap();
    let _ = Command::new("chmod").arg("+x").arg(&editor).status();
    // The terminal's `env` takes variables in front of the program.
    let Some(terminal) = Terminal::with(
        &format!("XDG_CONFIG_HOME={0}/.config EDITOR={0}/editor VISUAL=", folder.0.display()),
        "repl -p sim:bg96",
    ) else {
        return;
    };
    terminal.wait("the time of day is shown");
    terminal.wait("help tells the rest");
    terminal.enter("AT+CSQ");
    terminal.wait("Z +CSQ: ");
    terminal.enter(" AT+CGMI");
    terminal.wait("Z Quectel");
    terminal.enter(":edit");
    let screen = terminal.wait("Z -- written");
    assert!(screen.contains("AT+CSQ\nif mine == 42 {"), "what was typed last stands in it: {screen}");
    // One that is left without writing.
    fs::write(folder.0.join("editor.left"), "").unwrap();
    terminal.enter(":edit");
    terminal.wait("nothing was written, and nothing runs");
    terminal.enter(":history CGMI");
    terminal.enter("log \"end\"");
    let screen = terminal.wait("Z -- end");
    assert_eq!(screen.matches("AT+CGMI").count(), 1, "{screen}");
}
