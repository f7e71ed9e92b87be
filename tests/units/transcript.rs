//! Tests of `src/port/transcript.rs` from within: what is private there.

use super::super::bench::{MINUTE, Scratch, played};
use super::*;
use crate::notation::text;
use crate::source::tables;

/// A modem that says what stands in a transcript, on a port that is recorded. It has heard what is asked there.
fn record(scratch: &Scratch, said: &str) -> Recorded {
    let mask: Mask = Box::new(|line| match String::from_utf8_lossy(line) {
        text if text.contains("1234") => Cow::Owned(text.replace("1234", MASKED).into_bytes()),
        _ => Cow::Borrowed(line),
    });
    let mut port = Recorded::new(Box::new(played(said)));
    port.begin(&scratch.0, "sim:bench", mask).unwrap();
    port
}

#[test]
fn what_is_recorded_and_played_is_as_the_tables_say() {
    let (scratch, mut port): (Scratch, Box<dyn Port>) = (Scratch::new("tables"), Box::new(played("")));
    tables::hold(include_str!("../../src/port/transcripts.md"), &mut |of, step| {
        if of == "no transcript" {
            let (line, what) = Replay::new(String::new(), &step.replace(" | ", "\n")).map(|_| ()).unwrap_err();
            return format!("{line}: {what}");
        }
        let (what, rest) = step.split_once(' ').unwrap_or((step, ""));
        let (bytes, said) = (unescape(rest).unwrap_or_default(), rest.replace(" | ", "\n"));
        let until = rest.parse().map_or(MINUTE, Duration::from_secs);
        let mut buffer = [0; 256];
        let done = match what {
            "play" => {
                port = Box::new(played(&said));
                return String::new();
            }
            "record" => {
                port = Box::new(record(&scratch, &said));
                return String::new();
            }
            "drain" => {
                while let Ok(Read::Bytes(_)) = port.read(&mut buffer, until) {}
                Ok(String::new())
            }
            "drop" => {
                port = Box::new(played(""));
                Ok(String::new())
            }
            "file" => {
                // Its head has the time of day in it.
                let text = std::fs::read_to_string(&scratch.0).unwrap();
                return text.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join(" | ");
            }
            "read" => port.read(&mut buffer, until).map(|read| match read {
                Read::Bytes(count) => text(&buffer[..count]).escape_default().to_string().replace("\\\"", "\""),
                Read::Deadline => "nothing".to_owned(),
            }),
            "write" => port.write(&bytes, MINUTE).map(|()| "ok".to_owned()),
            "reopen" => port.reopen(until).map(|()| "ok".to_owned()),
            _ => port.control(Control::Baud(9600)).map(|()| "ok".to_owned()),
        };
        let done = done.unwrap_or_else(|fault| fault.to_string());
        format!("{} {done}", port.now().as_secs_f64()).trim_end().to_owned()
    });
}

#[test]
fn a_disk_that_is_full_ends_no_conversation_and_is_told() {
    let full = Path::new("/dev/full");
    if !full.exists() {
        return;
    }
    // The head itself does not fit.
    let unmasked = || -> Mask { Box::new(|bytes| Cow::Borrowed(bytes)) };
    assert!(Recorded::new(Box::new(played(""))).begin(full, "sim:bench", unmasked()).is_err());
    let scratch = Scratch::new("full");
    let mut port = record(&scratch, "0.000 > AT\\r\n0.001 < AT\\r\n");
    let status = RecordStatus::default();
    port.into = Some((File::options().write(true).open(full).unwrap(), unmasked(), status.clone()));
    port.write(b"AT\r", MINUTE).unwrap();
    while let Ok(Read::Bytes(_)) = port.read(&mut [0; 64], MINUTE) {}
    assert!(status.take_error().is_some());
}
