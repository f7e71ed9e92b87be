//! Fleets beside each other, and a folder that was lost: what one wants, nobody takes for what another wants. Over a
//! folder and over a server.

use std::fs;

use crate::gateways::{Field, ended, text};

const RUN: [&str; 5] = ["fleet", "run", "script.hayes", "-i", "fleet.toml"];

/// What the operator's side says to it, and that it ends so.
fn told(field: &Field, arguments: &[&str], exit: i32) -> String {
    let output = field.run(arguments);
    let said = text(&[output.stdout, output.stderr].concat());
    assert_eq!(output.status.code(), Some(exit), "{arguments:?}: {said}");
    said
}

/// Makes the operator's folder anew, with the old key.
fn loses_its_folder(field: &mut Field) {
    let folder = field.file(field.state).join("hayes/fleet");
    let key = fs::read(folder.join("key")).unwrap();
    fs::remove_dir_all(&folder).unwrap();
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("key"), key).unwrap();
    fs::set_permissions(folder.join("key"), std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    field.init(&[]);
}

/// A gateway that has done its r1, and an operator whose folder was made anew since: there is another r1.
fn a_new_r1_is_not_the_old_one(field: &mut Field) {
    told(field, &[&RUN[..], &["--detach"]].concat(), 0);
    assert!(field.once("gw-1").status.success());
    assert!(told(field, &["fleet", "watch"], 0).contains("1 modem: 1 passed"));
    loses_its_folder(field);
    fs::write(field.file("script.hayes"), "AT\nreport which = \"second\"\n").unwrap();
    let refused = told(field, &[&RUN[..], &["--detach"]].concat(), 7);
    assert!(refused.contains("gw-1: the carrier has orders of another folder of this fleet"), "{refused}");
    assert!(refused.contains("`hayes fleet adopt` lets this folder take its place"), "{refused}");
    let adopted = told(field, &["fleet", "adopt"], 0);
    assert!(adopted.contains("1 gateway: from now on this folder orders"), "{adopted}");
    assert!(adopted.contains(": 1 passed (cancelled) script"), "{adopted}");
    assert!(told(field, &["fleet", "adopt"], 4).contains("no gateway follows another folder"));
    told(field, &["fleet", "run", "script.hayes", "-i", "fleet.toml", "--detach"], 0);
    let ledger = || fs::read_to_string(field.ledger("r1")).unwrap_or_default();
    assert!(!ledger().contains("passed"), "the old r1 has that result: {}", ledger());
    assert!(field.once("gw-1").status.success());
    for run in ["r1", "r2"] {
        assert!(told(field, &["fleet", "watch", run], 0).contains("1 modem: 1 passed"));
        let ledger = fs::read_to_string(field.ledger(run)).unwrap();
        assert!(ledger.contains("\"which\":\"second\""), "{run}: {ledger}");
    }
    told(field, &["fleet", "watch", "r"], 4);
    told(field, &["fleet", "watch", "r11"], 4);
    told(field, &["fleet", "watch", "r1-0"], 4);
}

/// What a lost folder's runs came to is known again: what the carrier has of them, and what a gateway still has.
fn what_a_lost_folder_ran_is_taken_in(field: &mut Field) {
    told(field, &[&RUN[..], &["--detach"]].concat(), 0);
    assert!(field.once("gw-1").status.success());
    fs::write(field.file("script.hayes"), "AT\nreport which = \"second\"\n").unwrap();
    told(field, &[&RUN[..], &["--detach"]].concat(), 0);
    let journal = || fs::read_to_string(field.file("gw-1/journal.jsonl")).unwrap();
    assert!(journal().contains("\"which\":\"first\""), "{}", journal());
    let id = |run: &str| {
        let kept = fs::read_to_string(field.file(field.state).join("hayes/fleet/runs").join(run).join("run.json"));
        let kept: serde_json::Value = serde_json::from_str(&kept.unwrap()).unwrap();
        kept["run"].as_str().unwrap().to_owned()
    };
    let [first, second] = ["r1", "r2"].map(id);
    loses_its_folder(field);
    let adopted = told(field, &["fleet", "adopt"], 0);
    assert!(adopted.contains(&format!("{first}: 1 passed (cancelled) script")), "{adopted}");
    assert!(adopted.contains(&format!("{second}: 1 not heard (cancelled) script")), "{adopted}");
    assert!(fs::read_to_string(field.ledger(&first)).unwrap().contains("\"which\":\"first\""));
    // It begins no modem of these, and forgets what is in the ledger.
    assert!(field.once("gw-1").status.success());
    let watched = told(field, &["fleet", "watch", &second], 5);
    assert!(
        watched.contains("1 unreachable") && watched.contains("it was not begun: the run was cancelled"),
        "{watched}"
    );
    assert!(told(field, &["fleet", "watch", &first], 0).contains("1 modem: 1 passed"));
    assert!(field.once("gw-1").status.success());
    assert_eq!(fs::read_to_string(field.file("gw-1/journal.jsonl")).unwrap(), "");
    let retry = told(field, &["fleet", "retry", &second], 0);
    assert!(retry.replace("\n    ", " ").contains("another `hayes fleet run` is needed"), "{retry}");
    let status = told(field, &["fleet", "status"], 0);
    assert!(status.contains(&format!("{first}: 1 passed")), "{status}");
    // Its own runs are counted anew, and the last one of them is the last one.
    told(field, &[&RUN[..], &["--detach"]].concat(), 0);
    assert!(field.once("gw-1").status.success());
    assert!(told(field, &["fleet", "watch"], 0).contains("/runs/r1/results.jsonl"));
}

/// Two folders with a fleet's one key: one of them orders.
fn one_of_two_folders_orders(field: &mut Field) {
    told(field, &[&RUN[..], &["--detach"]].concat(), 0);
    let first = field.state;
    let copied = std::process::Command::new("cp").arg("-r").args([field.file(first), field.file("second")]).status();
    assert!(copied.unwrap().success());
    field.state = "second";
    loses_its_folder(field);
    let refused = told(field, &RUN, 7);
    assert!(refused.contains("gw-1: the carrier has orders of another folder of this fleet"), "{refused}");
    assert!(field.once("gw-1").status.success());
    // The first one goes on meanwhile, and knows nothing of what was refused.
    field.state = first;
    assert!(told(field, &["fleet", "watch"], 0).contains("1 modem: 1 passed"));
    field.state = "second";
    told(field, &["fleet", "adopt"], 0);
    let agent = field.agent("gw-1");
    assert!(told(field, &["fleet", "watch"], 0).contains("1 modem: 1 passed"));
    drop(agent);
    field.state = first;
    let refused = told(field, &RUN, 7);
    assert!(refused.contains("or this folder was put back as it was earlier"), "{refused}");
}

/// Tells which one it was.
const FIRST: &str = "AT\nreport which = \"first\"\n";

fn over_a_folder(name: &str) -> Field {
    let mut field = Field::new(name, FIRST, &[]);
    field.gateway("gw-1", &["sim:bg96?time=virtual"]);
    field
}

/// Who can write to the carrier can keep an order back, and cannot stop or fill whoever reads there.
#[cfg(target_os = "linux")]
#[test]
fn what_is_no_file_of_a_fleet_stops_nobody() {
    let field = over_a_folder("no-file");
    told(&field, &[&RUN[..], &["--detach"]].concat(), 0);
    let order = field.file("carrier/fleet/want/gw-1");
    let kept = fs::read(&order).unwrap();
    let makes: [fn(&std::path::Path); 3] = [
        |place| assert!(std::process::Command::new("mkfifo").arg(place).status().unwrap().success()),
        |place| std::os::unix::fs::symlink("/dev/zero", place).unwrap(),
        |place| fs::File::create(place).unwrap().set_len(3 << 30).unwrap(),
    ];
    for make in makes {
        fs::remove_file(&order).unwrap();
        make(&order);
        let refused = field.once("gw-1");
        assert_eq!(refused.status.code(), Some(5), "{}", text(&refused.stderr));
        assert!(text(&refused.stderr).contains("gw-1"), "{}", text(&refused.stderr));
    }
    fs::remove_file(&order).unwrap();
    fs::write(&order, kept).unwrap();
    assert!(field.once("gw-1").status.success());
    // Beside the result stands one that never ends: the other is taken in.
    let run = fs::read_dir(field.file("carrier/fleet/res")).unwrap().next().unwrap().unwrap().path();
    std::os::unix::fs::symlink("/dev/zero", run.join("gw-1/other.1")).unwrap();
    assert!(told(&field, &["fleet", "watch"], 0).contains("1 modem: 1 passed"));
}

#[test]
fn a_run_is_itself_where_its_folder_was_made_anew() {
    a_new_r1_is_not_the_old_one(&mut over_a_folder("anew"));
}

#[test]
fn what_a_lost_folder_ran_is_taken_in_by_the_next_one() {
    what_a_lost_folder_ran_is_taken_in(&mut over_a_folder("lost"));
}

#[test]
fn a_second_folder_of_a_fleet_orders_only_where_it_was_adopted() {
    one_of_two_folders_orders(&mut over_a_folder("second"));
}

#[cfg(feature = "nats")]
#[test]
fn over_a_server_runs_and_folders_are_told_apart_too() {
    for (name, holds) in [
        ("nats-anew", a_new_r1_is_not_the_old_one as fn(&mut Field)),
        ("nats-lost", what_a_lost_folder_ran_is_taken_in as fn(&mut Field)),
        ("nats-second", one_of_two_folders_orders as fn(&mut Field)),
    ] {
        let gateways: [(&str, &[&str]); 1] = [("gw-1", &["sim:bg96?time=virtual"])];
        let Some((mut field, _server)) = crate::nats::over_a_server(name, FIRST, &gateways) else { return };
        holds(&mut field);
    }
}

/// The key is lost too: each gateway is enrolled anew, and finds the old key's orders, presence and results there.
#[test]
fn a_fleet_whose_key_was_lost_begins_anew_on_its_carrier() {
    let mut field = over_a_folder("key");
    told(&field, &[&RUN[..], &["--detach"]].concat(), 0);
    assert!(field.once("gw-1").status.success());
    told(&field, &["fleet", "watch"], 0);
    fs::remove_dir_all(field.file("state/hayes/fleet")).unwrap();
    fs::remove_dir_all(field.file("gw-1")).unwrap();
    field.inventory.clear();
    field.init(&[]);
    field.gateway("gw-1", &["sim:bg96?time=virtual"]);
    fs::write(field.file("script.hayes"), "AT\nreport which = \"second\"\n").unwrap();
    let refused = told(&field, &[&RUN[..], &["--detach"]].concat(), 7);
    assert!(refused.contains("gw-1: the carrier has orders signed with another key"), "{refused}");
    told(&field, &["fleet", "adopt"], 0);
    told(&field, &["fleet", "watch", "--state", "state/hayes/fleet", "r9"], 4);
    let status = told(&field, &["fleet", "status"], 0);
    assert!(status.contains("gw-1: "), "{status}");
    let other = text(&field.once("gw-1").stderr);
    assert!(other.contains("`hayes fleet adopt gw-1` lets this one take its place"), "{other}");
    told(&field, &["fleet", "adopt", "gw-1"], 0);
    let agent = field.agent("gw-1");
    assert!(told(&field, &["fleet", "watch"], 0).contains("1 modem: 1 passed"));
    drop(agent);
    assert!(fs::read_to_string(field.ledger("r1")).unwrap().contains("\"which\":\"second\""));
}

/// Two fleets on one folder, with gateways and runs of the same names: neither hears, orders or hinders the other's.
#[test]
fn two_fleets_on_one_carrier_do_not_see_each_other() {
    let mut first = over_a_folder("first");
    let mut second = Field::new("other", "AT\nreport which = \"other\"\n", &[]);
    second.fleet = "other";
    second.carrier = format!("dir:{}", first.file("carrier").display());
    let elsewhere = text(&second.run(&["agent", "enroll", "--name", "x", "--operator", "O"]).stderr);
    assert!(elsewhere.contains("is no key"), "{elsewhere}");
    second.gateway("lost", &[]);
    let lost = text(&second.once("lost").stderr);
    assert!(lost.contains("carries no fleet other, but fleet: `hayes fleet init --fleet other"), "{lost}");
    second.inventory.clear();
    second.init(&[]);
    second.gateway("gw-1", &["sim:bg96?time=virtual"]);
    for (field, which) in [(&mut first, "first"), (&mut second, "other")] {
        let said = told(field, &[&RUN[..], &["--detach"]].concat(), 0);
        assert!(!said.contains("order"), "{said}");
        let status = told(field, &["fleet", "status"], 0);
        assert!(status.ends_with("gw-1: not heard\n"), "{status}");
        assert!(field.once("gw-1").status.success());
        assert!(told(field, &["fleet", "watch"], 0).contains("1 modem: 1 passed"));
        assert_eq!(ended(&field.ledger("r1"))["gw-1-0"], ["passed"]);
        let ledger = fs::read_to_string(field.ledger("r1")).unwrap();
        assert!(ledger.contains(&format!("\"which\":\"{which}\"")), "{ledger}");
    }
    for field in [&first, &second] {
        let status = told(field, &["fleet", "status"], 0);
        assert!(status.contains("r1: 1 passed") && status.contains("gw-1: order "), "{status}");
    }
}

/// What an earlier Hayes has left is read on, or refused with what to do.
#[test]
fn what_an_earlier_hayes_has_kept_is_read_or_refused() {
    let mut field = over_a_folder("earlier");
    told(&field, &[&RUN[..], &["--detach"]].concat(), 0);
    // It called a run by its name alone.
    let run = field.file("state/hayes/fleet/runs/r1/run.json");
    let kept = fs::read_to_string(&run).unwrap();
    let name: serde_json::Value = serde_json::from_str(&kept).unwrap();
    fs::write(&run, kept.replace(name["run"].as_str().unwrap(), "r1")).unwrap();
    told(&field, &["fleet", "pause", "r1"], 0);
    told(&field, &["fleet", "go-on", "r1"], 0);
    assert!(field.once("gw-1").status.success());
    assert!(field.file("carrier/fleet/res/r1/gw-1/gw-1-0.1").exists());
    assert!(told(&field, &["fleet", "watch", "r1"], 0).contains("1 modem: 1 passed"));
    // And its fleet's folders stood in the carrier at once.
    for folder in fs::read_dir(field.file("carrier/fleet")).unwrap() {
        let folder = folder.unwrap();
        fs::rename(folder.path(), field.file("carrier").join(folder.file_name())).unwrap();
    }
    fs::remove_dir(field.file("carrier/fleet")).unwrap();
    let moves = "carries a fleet as an earlier Hayes kept it: move its want, blob, res, gw, tmp into ";
    let agent = text(&field.once("gw-1").stderr);
    assert!(agent.contains(moves), "{agent}");
    let refused = told(&field, &["fleet", "init", "--carrier", "dir:carrier"], 7);
    assert!(refused.replace("\n    ", " ").contains(moves), "{refused}");
    fs::create_dir(field.file("fleet")).unwrap();
    for name in ["want", "blob", "res", "gw", "tmp"] {
        fs::rename(field.file("carrier").join(name), field.file("fleet").join(name)).unwrap();
    }
    fs::rename(field.file("fleet"), field.file("carrier/fleet")).unwrap();
    field.inventory.clear();
    assert!(field.once("gw-1").status.success());
}
