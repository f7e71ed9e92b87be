//! What the targets begin with: the scripts, conversations, answers and files of the tests. They are read where they stand,
//! so that a new test is a new seed; `cargo run -- --seeds` writes them for libFuzzer, as `corpus/TARGET/NUMBER`.

use std::fs;
use std::path::{Path, PathBuf};

/// The project's folder.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The seeds of a target, in an order that stays.
pub fn of(target: &str) -> Vec<Vec<u8>> {
    let mut seeds: Vec<String> = match target {
        "script" | "lsp" => scripts(),
        "session" => exchanges(),
        "parameters" => exchanges().iter().flat_map(|seed| seed.lines()).map(str::to_owned).collect(),
        "replay" => {
            files("tests/recordings", "transcript").chain(blocks("modem").map(|block| recording(&block))).collect()
        }
        "inventory" => blocks("toml")
            .chain(blocks("csv"))
            .chain(files("tests/data", "csv"))
            .chain(INVENTORIES.map(str::to_owned))
            .collect(),
        "results" => lines_with("{\"modem\"").chain(RESULTS.map(str::to_owned)).collect(),
        "explain" => exchanges(),
        "rfc2217" => TELNET.map(|bytes| bytes.iter().map(|byte| char::from(*byte)).collect::<String>()).into(),
        "simulator" => exchanges().iter().filter_map(|seed| Some(format!("\0{}\r", seed.lines().next()?))).collect(),
        "import" => files("docs/src/coming-from", "md")
            .flat_map(|page| fenced(&page, |_| true))
            .chain(IMPORTS.map(str::to_owned))
            .collect(),
        "fleet" => MESSAGES.map(str::to_owned).into(),
        _ => Vec::new(),
    };
    seeds.sort();
    seeds.dedup();
    // Bytes above 127 of Telnet are characters of that number so far.
    let bytes = |seed: String| match target {
        "rfc2217" => seed.chars().map(|c| c as u8).collect(),
        _ => seed.into_bytes(),
    };
    seeds.into_iter().filter(|seed| !seed.is_empty() && seed.len() <= 16 << 10).map(bytes).collect()
}

/// The texts of a folder, and of those in it, that end so.
fn files(folder: &str, ending: &str) -> impl Iterator<Item = String> {
    let mut folders = vec![root().join(folder)];
    let mut paths = Vec::new();
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
            if path.is_dir() { folders.push(path) } else { paths.push(path) }
        }
    }
    paths.retain(|path| path.extension().is_some_and(|extension| extension == ending));
    paths.sort();
    paths.into_iter().filter_map(|path| fs::read_to_string(path).ok())
}

/// The blocks of these pages whose word it is.
fn fenced(page: &str, wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut open: Option<String> = None;
    for line in page.lines() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(_), Some(block)) => {
                blocks.push(std::mem::take(block));
                open = None;
            }
            (Some(word), None) => open = wanted(word).then(String::new),
            (None, Some(block)) => {
                block.push_str(line);
                block.push('\n');
            }
            (None, None) => {}
        }
    }
    blocks
}

fn blocks(word: &'static str) -> impl Iterator<Item = String> {
    let pages = ["tests/cases", "tests/scripts", "tests/runs", "docs/src", "src/diagnostic/pages"];
    pages
        .into_iter()
        .flat_map(|folder| files(folder, "md"))
        .flat_map(move |page| fenced(&page, |found| found.split([' ', ',']).next() == Some(word)))
}

fn scripts() -> Vec<String> {
    files("scripts", "hayes")
        .chain(files("tests", "hayes"))
        .chain(blocks("hayes"))
        .chain(blocks("wrong"))
        .chain(blocks("right"))
        .collect()
}

/// A question, and below it what comes: of the lists of `question => line|line`, and of what modems were seen to say.
fn exchanges() -> Vec<String> {
    let told = files("tests/runs", "md").flat_map(|page| fenced(&page, |_| true));
    let told = told.flat_map(|block| block.lines().map(str::to_owned).collect::<Vec<_>>());
    let told = told.filter_map(|line| {
        let (question, answer) = line.split_once(" => ")?;
        let answer: String = answer.split('|').map(|line| format!("\r\n{line}\r\n")).collect();
        question.starts_with("AT").then(|| format!("{question}\n{answer}"))
    });
    let seen = files("tests/data", "jsonl").flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>());
    let seen = seen.filter_map(|line| {
        let seen: serde_json::Value = serde_json::from_str(&line).ok()?;
        let (command, raw) = (seen.get("command")?.as_str()?, seen.get("raw")?.as_str()?);
        Some(format!("{command}\n\r\n{}\r\n\r\nOK\r\n", raw.replace('\n', "\r\n")))
    });
    let mut question = String::new();
    let cases = files("tests/session", "txt").flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>());
    let cases = cases.filter_map(move |line| {
        if let Some(asked) = line.strip_prefix("? ") {
            question = asked.get(asked.find("AT")?..)?.to_owned();
        }
        let came = line.strip_prefix("! ")?.replace("\\r", "\r").replace("\\n", "\n").replace("\\x1A", "\u{1a}");
        Some(format!("{question}\n{came}"))
    });
    told.chain(seen).chain(cases).collect()
}

/// A recording of what a case's modem is sent and says.
fn recording(modem: &str) -> String {
    let line = |line: &str| match line.split_at_checked(2) {
        Some(("> ", sent)) => format!("0.000 > {sent}\\r\n"),
        Some(("< ", said)) => format!("0.010 < {said}\\r\\n\n"),
        _ => format!("{line}\n"),
    };
    format!("# hayes transcript 1\n{}", modem.lines().map(line).collect::<String>())
}

/// Lines of the pages of cases that hold this.
fn lines_with(what: &'static str) -> impl Iterator<Item = String> {
    let lines = files("tests/cases", "md").flat_map(|page| page.lines().map(str::to_owned).collect::<Vec<_>>());
    lines.filter_map(move |line| Some(line.get(line.find(what)?..)?.to_owned() + "\n"))
}

const INVENTORIES: [&str; 4] = [
    "[defaults]\nbaud = 115200\nvars = { apn = \"super\" }\n\n[[modem]]\nname = \"a\"\nport = \"/dev/ttyUSB0\"\ngroups = [\"x\"]\n",
    "[[range]]\nname = \"sim-{001..012}\"\nport = \"sim:bg96?seed={n}\"\n\n[group.x]\nmax-parallel = 4\n",
    "name,port,group,label.rack,var.apn\na,sim:bg96,\"x,y\",1,super\nb,tcp://h:1,,,\n",
    "[[gateway]]\nname = \"g\"\n\n[[modem]]\nname = \"a\"\nimei = \"351234561234567\"\ngateway = \"g\"\n",
];

const RESULTS: [&str; 5] = [
    "{\"modem\":\"a\",\"port\":\"p\",\"script\":\"s\",\"status\":\"passed\",\"started\":\"2026-11-22T10:00:00.000Z\",\"elapsed_ms\":1,\"exchanges\":2,\"changed\":0,\"unchanged\":0,\"report\":{\"x\":1},\"failure\":null}\n",
    "{\"modem\":\"a\",\"port\":\"p\",\"script\":\"s\",\"status\":\"failed\",\"started\":\"\",\"elapsed_ms\":1,\"exchanges\":2,\"changed\":0,\"unchanged\":0,\"report\":{},\"failure\":{\"code\":\"hayes::run::timeout\",\"message\":\"m\",\"answer\":[\"=cmd\"],\"result\":null,\"help\":null}}\n",
    "{\"hayes\":1}\n{\"modem\":\"b\"",
    "{}\n",
    "\n",
];

/// IAC, DO, WILL, DONT, WONT, SB … SE; and plain bytes.
const TELNET: [&[u8]; 6] = [
    b"\xff\xfb\x2c\xff\xfd\x2c\xff\xfb\x00\xff\xfd\x00",
    b"\xff\xfa\x2c\x65\x00\x01\xc2\x00\xff\xf0",
    b"\xff\xfa\x2c\x6b\xff\xff\xff\xf0\xff\xfa\x2c\x6a\x00",
    b"\r\nOK\r\n\xff\xff\xff\xf1\xff\xf6",
    b"\xff\xfe\x2c\xff\xfc\x2c",
    b"\xff\xfb\x01\xff\xfb\x03\xff\xfd\x18\xff\xfa\x18\x01\xff\xf0login: ",
];

const IMPORTS: [&str; 7] = [
    // Found: a `${` of the other program's
    "set timeout 5\nsend \"AT+C${PIN?\\r\"\nexpect \"OK\"\n",
    "'' AT${X OK\n",
    "ABORT BUSY ABORT 'NO CARRIER' REPORT CONNECT TIMEOUT 30 '' ATZ OK-AT-OK ATDT5551212 CONNECT \\d\\c\n",
    "opengt\n set com 115200n81\n:start\n print \"x\\n\"\n send \"AT+CPIN?^m\"\n waitfor 2 \"READY\",\"SIM PIN\"\n if % = -1 goto start\n exit 1\n",
    "timeout 10\nverbose on\nloop:\nsend AT\nexpect {\n  \"OK\" goto done\n  timeout 3 goto loop\n}\ndone:\nexit 0\n",
    "timeout = 3\nsendln 'AT'\nwait 'OK' 'ERROR'\nif result = 1 goto ok\nmessagebox 'no' 'x'\nend\n:ok\nfor i 1 3\n  sendln 'AT+CSQ'\nnext\n",
    "while 1\n  sendln 'AT'\n  break\nendwhile\nstrconcat s 'a'\nint2str s 5\n",
];

const MESSAGES: [&str; 6] = [
    "{\"v\":1,\"fleet\":\"fleet\",\"gateway\":\"gateway\",\"epoch\":3,\"issued\":\"2026-11-22T10:00:00.000Z\",\"valid_for\":\"15min\",\"runs\":[]}",
    "{\"v\":1,\"fleet\":\"fleet\",\"gateway\":\"gateway\",\"epoch\":3,\"issued\":\"\",\"valid_for\":\"1h\",\"pause\":true,\"settled\":[\"r\"],\"runs\":[{\"run\":\"r\",\"bundle\":\"00\",\"script\":\"s\",\"vars\":{\"a\":\"b\"},\"timeout\":\"5s\",\"timeout_scale\":1.0,\"modem_timeout\":\"5min\",\"jobs\":4,\"start_delay\":\"0s\",\"jitter\":\"0s\",\"not_after\":\"2026-11-22T10:00:00.000Z\",\"modems\":[{\"name\":\"a\",\"port\":\"sim:bg96\",\"attempt\":1}]}]}",
    "{\"v\":1,\"instance\":\"i\",\"boot_id\":\"b\",\"agent\":\"0.1.0\",\"epoch\":1,\"running\":[\"a\"],\"outbox\":0,\"clock\":\"\",\"says\":null}",
    "{\"v\":1,\"run\":\"r\",\"gateway\":\"g\",\"attempt\":1,\"epoch\":1,\"agent\":\"0.1.0\",\"instance\":\"i\",\"result\":{\"modem\":\"a\",\"port\":\"p\",\"script\":\"s\",\"status\":\"passed\",\"started\":\"\",\"elapsed_ms\":1,\"exchanges\":1,\"changed\":0,\"unchanged\":0,\"report\":{},\"failure\":null}}",
    "{\"made_by\":\"0.1.0\",\"entry\":\"s.hayes\",\"files\":{\"s.hayes\":\"AT\\n\"},\"runs\":{}}",
    "AAAA key\n{\"v\":1}",
];
