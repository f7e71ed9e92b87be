//! The journal of a batch, and by what its modems are known again.

use hayes::batch::find::is_same;
use hayes::batch::inventory::Identity;
use hayes::batch::journal::{Journal, read};

use crate::folder::Folder;

fn line(modem: &str, status: &str) -> String {
    format!(
        "{{\"modem\":\"{modem}\",\"port\":\"sim:bg96\",\"script\":\"s\",\"status\":\"{status}\",\"started\":\
         \"2026-11-22T10:00:00.000Z\",\"elapsed_ms\":1,\"exchanges\":1,\"changed\":0,\"unchanged\":0,\"report\":{{}},\
         \"failure\":null}}"
    )
}

#[test]
fn each_line_is_told_once_and_all_are_before_the_end() {
    let folder = &Folder::new();
    let path = &folder.0.join("results.jsonl");
    let mut journal = Journal::open(path, None).unwrap();
    let (sender, told) = std::sync::mpsc::channel();
    for number in 0..50 {
        let (sender, path) = (sender.clone(), path.to_owned());
        let tell = move || sender.send((number, std::fs::read_to_string(path).unwrap().lines().count())).unwrap();
        journal.append(&line("a", "passed"), tell).unwrap();
        if number == 25 {
            // What was written is synced without waiting for more.
            assert_eq!(told.recv().unwrap().0, 0);
        }
    }
    journal.finish().unwrap();
    drop(sender);
    let rest: Vec<(usize, usize)> = told.iter().collect();
    assert_eq!(rest.iter().map(|(number, _)| *number).collect::<Vec<_>>(), (1..50).collect::<Vec<_>>());
    assert!(rest.iter().all(|(number, lines)| lines > number), "a line is told after it is written");
}

#[test]
fn two_do_not_write_to_one_file() {
    let folder = &Folder::new();
    let path = &folder.0.join("results.jsonl");
    let journal = Journal::open(path, None).unwrap();
    let second = Journal::open(path, None).map(|_| ()).unwrap_err();
    assert_eq!(second.to_string(), "another hayes batch is writing to it");
    drop(journal);
    let whole = format!("{}\n", line("a", "passed"));
    std::fs::write(path, &whole).unwrap();
    let results = read(path).unwrap();
    std::fs::write(path, whole.repeat(2)).unwrap();
    assert!(Journal::open(path, Some(&results)).is_err(), "another has written meanwhile");
    assert_eq!(std::fs::read_to_string(path).unwrap(), whole.repeat(2));
}

/// What a probe leaves that was killed where the file system makes no room without writing.
#[test]
fn empty_lines_at_the_end_are_taken_away() {
    let folder = &Folder::new();
    let path = &folder.0.join("results.jsonl");
    let [first, second] = ["a", "b"].map(|modem| line(modem, "passed") + "\n");
    std::fs::write(path, format!("{first}\n{second}{}", "\n".repeat(4096))).unwrap();
    let results = read(path).unwrap();
    assert_eq!(results.heads.len(), 2);
    let mut seen = Vec::new();
    let mut see = |result: &hayes::report::result::RunResult| {
        seen.push(result.modem.clone());
        Ok(())
    };
    results.walk(&mut see).unwrap();
    assert_eq!(seen, ["a", "b"]);
    let mut journal = Journal::open(path, Some(&results)).unwrap();
    assert_eq!(std::fs::read_to_string(path).unwrap(), format!("{first}\n{second}"));
    journal.append(first.trim_end(), || {}).unwrap();
    journal.finish().unwrap();
    assert_eq!(std::fs::read_to_string(path).unwrap(), format!("{first}\n{second}{first}"));
}

fn identity(imei: Option<&str>, iccid: Option<&str>) -> Identity {
    Identity { imei: imei.map(str::to_owned), iccid: iccid.map(str::to_owned) }
}

#[test]
fn digits_that_modems_leave_out_do_not_matter() {
    let wanted = identity(Some("351234561234567"), Some("8988307000000000001"));
    assert!(is_same(&wanted, &identity(Some("3512345612345678"), Some("89883070000000000019"))));
    assert!(is_same(&wanted, &identity(Some("351234561234567"), Some("898830700000000000"))));
    assert!(!is_same(&wanted, &identity(Some("351234561234567"), None)));
    assert!(!is_same(&wanted, &identity(Some("351234561234560"), Some("8988307000000000002"))));
}
