//! Batches over ports of every kind at once, and modems that are looked for by who they are.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::fleet::{Fleet, Manner};
use crate::folder::Folder;
use crate::peers::{Ended, all, free_port, installed, wait_for_listener, within};
use crate::simulated::Simulated;

const LIMIT: Duration = Duration::from_secs(60);

fn batch(folder: &Folder, script: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hayes"));
    command.args(["batch", script]).args(arguments).current_dir(&folder.0);
    command.env("XDG_STATE_HOME", folder.0.join("state"));
    command
}

/// The results on standard output, by modem.
fn results(output: &Output) -> Vec<Value> {
    let text = String::from_utf8_lossy(&output.stdout);
    let mut results: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    results.sort_by_key(|result| result["modem"].as_str().unwrap().to_owned());
    results
}

fn statuses(results: &[Value]) -> Vec<(&str, &str)> {
    results.iter().map(|result| (result["modem"].as_str().unwrap(), result["status"].as_str().unwrap())).collect()
}

#[test]
fn one_batch_drives_ports_of_every_kind() {
    if !installed("ser2net") {
        return;
    }
    let folder = Folder::new();
    let serial = Simulated::on_terminal("bg96?register=0s&seed=1");
    let network = Simulated::on_tcp("lara-r211?register=0s&seed=2");
    let behind = Simulated::on_terminal("sim7080g?register=0s&seed=3");
    let (shared, nobody) = (free_port(), free_port());
    let settings = folder.0.join("ser2net.yaml");
    let text = format!(
        "connection: &modem\n  accepter: telnet(rfc2217),tcp,127.0.0.1,{shared}\n  connector: serialdev,{},115200n81,local\n",
        behind.port()
    );
    std::fs::write(&settings, text).unwrap();
    let server = Command::new("ser2net").args(["-n", "-c"]).arg(&settings).stderr(Stdio::null()).spawn().unwrap();
    let _server = Ended(server);
    wait_for_listener(shared);
    let inventory = format!(
        "name,port\na-serial,{}\nb-tcp,{}\nc-rfc2217,rfc2217://127.0.0.1:{shared}\nd-sim,sim:bg96?register=0s&seed=4\n\
         e-virtual,sim:bg96?time=virtual&seed=5\nf-nobody,tcp://127.0.0.1:{nobody}\ng-missing,/dev/hayes-none\n",
        serial.port(),
        network.port()
    );
    std::fs::write(folder.0.join("modems.csv"), inventory).unwrap();
    let output = within(LIMIT, &mut batch(&folder, "supersim/set-apn", &["-i", "modems.csv", "--json"]));
    let results = results(&output);
    assert_eq!(
        statuses(&results),
        [
            ("a-serial", "passed"),
            ("b-tcp", "passed"),
            ("c-rfc2217", "passed"),
            ("d-sim", "passed"),
            ("e-virtual", "passed"),
            ("f-nobody", "unreachable"),
            ("g-missing", "unreachable"),
        ],
        "{}",
        all(&output)
    );
    assert_eq!(output.status.code(), Some(6), "{}", all(&output));
    // The same again changes nothing on those that keep their settings while nobody talks to them.
    let again = within(
        LIMIT,
        &mut batch(&folder, "supersim/set-apn", &["-i", "modems.csv", "--json", "-l", "?-*,!d*,!e*,!f*,!g*"]),
    );
    let again = self::results(&again);
    let changed: Vec<u64> = again.iter().map(|result| result["changed"].as_u64().unwrap()).collect();
    assert_eq!(changed, [0, 0, 0], "{again:?}");
    // A plan asks all of them and sends nothing that changes.
    let plan = within(
        LIMIT,
        &mut batch(
            &folder,
            "supersim/set-apn",
            &["-i", "modems.csv", "--json", "--plan", "-V", "apn=other", "-l", "a-*,b-*,c-*"],
        ),
    );
    let plan = self::results(&plan);
    assert!(plan.iter().all(|result| result["plan"] == true && result["changed"].as_u64() >= Some(1)), "{plan:?}");
    let after =
        within(LIMIT, &mut batch(&folder, "supersim/set-apn", &["-i", "modems.csv", "--json", "-l", "a-*,b-*,c-*"]));
    assert!(self::results(&after).iter().all(|result| result["changed"] == 0), "the plan has changed nothing");
}

/// A modem on a terminal, under a name in this folder.
fn link(folder: &Folder, name: &str, modem: &Simulated) -> PathBuf {
    let link = folder.0.join(name);
    std::os::unix::fs::symlink(modem.port(), &link).unwrap();
    link
}

fn who_is(port: &Path) -> Value {
    let mut run = Command::new(env!("CARGO_BIN_EXE_hayes"));
    let output = within(LIMIT, run.args(["run", "modem/identify", "--json", "-q", "-p"]).arg(port));
    let text = String::from_utf8_lossy(&output.stdout);
    let result: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    result["report"].clone()
}

#[test]
fn modems_are_found_by_who_they_are_among_others() {
    let folder = Folder::new();
    let modems: Vec<Simulated> =
        (1..=4).map(|seed| Simulated::on_terminal(&format!("bg96?register=0s&seed={seed}"))).collect();
    let ports: Vec<PathBuf> = modems
        .iter()
        .zip(["modem-1", "modem-2", "modem-3", "modem-4"])
        .map(|(modem, name)| link(&folder, name, modem))
        .collect();
    let who: Vec<Value> = ports.iter().map(|port| who_is(port)).collect();
    // Beside them: one that says nothing, one that is no port, and the fourth modem is taken by somebody else.
    let silent = Fleet::new(&[Manner::Silent], Duration::ZERO);
    std::os::unix::fs::symlink(&silent.paths[0], folder.0.join("modem-5")).unwrap();
    std::fs::write(folder.0.join("modem-6"), "").unwrap();
    std::fs::write(folder.0.join("hold.hayes"), "AT\nlog \"held\"\nsleep 60s\n").unwrap();
    let mut holder = Command::new(env!("CARGO_BIN_EXE_hayes"));
    holder.args(["run", "hold.hayes", "-p"]).arg(&ports[3]).current_dir(&folder.0);
    let mut holder = Ended(holder.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap());
    let stderr = holder.0.stderr.take().unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(stderr));
    assert!(lines.any(|line| line.unwrap().contains("held")));
    let text = |report: &Value, name: &str| report[name].as_str().unwrap().to_owned();
    let inventory = format!(
        "ports = [\"{}/modem-*\"]\n\
         [[modem]]\nname = \"by-imei\"\nimei = \"{}\"\n\
         [[modem]]\nname = \"by-iccid\"\niccid = \"{}\"\n\
         [[modem]]\nname = \"nowhere\"\nimei = \"351234561234567\"\n\
         [[modem]]\nname = \"both-wrong\"\nimei = \"{}\"\niccid = \"{}\"\n\
         [[modem]]\nname = \"taken\"\nimei = \"{}\"\n",
        folder.0.display(),
        text(&who[1], "imei"),
        text(&who[2], "iccid"),
        text(&who[0], "imei"),
        text(&who[1], "iccid"),
        text(&who[3], "imei"),
    );
    std::fs::write(folder.0.join("modems.toml"), inventory).unwrap();
    std::fs::write(
        folder.0.join("script.hayes"),
        "AT+CGSN\n  capture imei\nAT+CCID\n  capture iccid\nreport imei, iccid\n",
    )
    .unwrap();
    let output = within(LIMIT, &mut batch(&folder, "script.hayes", &["-i", "modems.toml", "--json"]));
    let told = all(&output);
    let results = results(&output);
    assert_eq!(
        statuses(&results),
        [
            ("both-wrong", "unreachable"),
            ("by-iccid", "passed"),
            ("by-imei", "passed"),
            ("nowhere", "unreachable"),
            ("taken", "unreachable"),
        ],
        "{told}"
    );
    let report = |name: &str| results.iter().find(|result| result["modem"] == name).unwrap()["report"].clone();
    assert_eq!(report("by-imei")["imei"], who[1]["imei"], "{told}");
    // The script reads it as it is stored, padded with an F.
    assert_eq!(text(&report("by-iccid"), "iccid").trim_end_matches('F'), text(&who[2], "iccid"), "{told}");
    let wanted = [
        format!("modem-2: IMEI {}", text(&who[1], "imei")),
        format!("hayes (process {})", holder.0.id()),
        "modem-5: ".to_owned(),
        "modem-6 is no serial port".to_owned(),
        "no modem with the IMEI 351234561234567 is on the ports".to_owned(),
    ];
    for wanted in wanted {
        assert!(told.contains(&wanted), "{wanted} is missing:\n{told}");
    }
}

#[test]
fn a_port_is_driven_once() {
    let folder = Folder::new();
    let fleet = Fleet::new(&[Manner::Good], Duration::ZERO);
    let port = folder.0.join("modem");
    std::os::unix::fs::symlink(&fleet.paths[0], &port).unwrap();
    // Under two names in one inventory: refused before anything is sent.
    let device = std::fs::canonicalize(&port).unwrap();
    std::fs::write(folder.0.join("twice.csv"), format!("name,port\na,{}\nb,{}\n", port.display(), device.display()))
        .unwrap();
    std::fs::write(folder.0.join("script.hayes"), "AT+CGMI\nsleep 60s\n").unwrap();
    let output = within(LIMIT, &mut batch(&folder, "script.hayes", &["-i", "twice.csv"]));
    assert_eq!(output.status.code(), Some(3), "{}", all(&output));
    assert!(all(&output).contains(&format!("a and b have the same port, {}", device.display())), "{}", all(&output));
    // By two processes at once: the second is told who has it.
    std::fs::write(folder.0.join("modems.csv"), format!("name,port\na,{}\n", port.display())).unwrap();
    let mut first = batch(&folder, "script.hayes", &["-i", "modems.csv", "--record", "records", "-o", "first.jsonl"]);
    let first = Ended(first.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    let started = Instant::now();
    while fleet.total("AT+CGMI") == 0 {
        assert!(started.elapsed() < LIMIT, "the first does not begin");
        std::thread::sleep(Duration::from_millis(2));
    }
    let second = within(LIMIT, &mut batch(&folder, "modem/sync", &["-i", "modems.csv", "--json"]));
    let result = results(&second).remove(0);
    assert_eq!((&result["status"], second.status.code()), (&"unreachable".into(), Some(6)), "{result}");
    assert_eq!(result["failure"]["code"], "hayes::port::busy");
    let message = result["failure"]["message"].as_str().unwrap();
    assert!(message.contains(&format!("hayes (process {})", first.0.id())), "{message}");
    assert_eq!(fleet.total("AT"), 0, "the second has sent nothing");
}
