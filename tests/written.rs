//! What is written for people: lines that fit, texts that drive no terminal, records that can be read back; and what
//! the library says of its scripts.

use std::time::Duration;

use hayes::at::{Event, Why};
use hayes::library::{meant, scripts};
use hayes::port::transcript::{Said, Transcript, Who, events};
use hayes::report::style::{Palette, Style, cut, filled, harmless, without_middle};
use hayes::runtime::{Listener, RuntimeEvent};

#[test]
fn a_row_never_wraps() {
    assert_eq!(cut("abc", 3), "abc");
    assert_eq!(cut("abcd", 3), "ab…");
    assert_eq!(cut("日本語", 5), "日本…");
    assert_eq!(without_middle("the answer to AT+COPS=?", 15), "the ans…+COPS=?");
    assert_eq!((without_middle("abc", 3), without_middle("abcd", 0)), ("abc".to_owned(), "…".to_owned()));
}

#[test]
fn no_word_is_cut() {
    assert_eq!(filled("one two three\nfour", 9, "  "), "one two\n  three\nfour");
    assert_eq!(filled("incomprehensibilities", 9, ""), "incomprehensibilities");
    let red = Palette { coloured: true }.paint(Style::Bad, "one").to_string();
    assert_eq!(filled(&format!("{red} two"), 7, ""), format!("{red} two"), "colours take no room");
}

#[test]
fn a_modem_cannot_drive_the_terminal() {
    assert_eq!(harmless(b"+COPS: \x1b[2J\x07\"x\"\r\n"), "+COPS: <ESC>[2J\\x07\"x\"");
    assert_eq!(harmless("caf\u{e9} \u{202e}x".as_bytes()), "caf\u{e9} \\u{202e}x");
}

#[test]
fn without_colour_a_style_is_its_text() {
    assert_eq!(Palette { coloured: false }.paint(Style::Bad, "x").to_string(), "x");
    assert_eq!(Palette { coloured: true }.paint(Style::Bad, "x").to_string(), "\x1b[31mx\x1b[0m");
    assert_eq!(Palette { coloured: true }.paint(Style::Bad, "\x1b[2J").to_string(), "\x1b[31m<ESC>[2J\x1b[0m");
    assert_eq!(Palette { coloured: false }.paint(Style::Bad, "\x1b[2J\n").to_string(), "<ESC>[2J\n");
}

#[test]
fn what_was_said_can_be_read_back() {
    let mut transcript = Transcript::default();
    for event in [
        Event::Sent { bytes: b"AT+COPS?\r", why: Why::Question },
        Event::Response(b"+COPS: \"a\\b\xff\x1b[2J\""),
        Event::Notice("late"),
    ] {
        transcript.on_event(Duration::from_millis(1250), RuntimeEvent::Session(event));
    }
    let text = transcript.text("sim:bg96\n");
    assert_eq!(
        text,
        "# hayes transcript 1\n# sim:bg96\n1.250 > AT+COPS?\\r\n1.250 < +COPS: \"a\\\\b\\xFF\\x1B[2J\"\\r\\n\n1.250 ! late\n"
    );
    let read: Vec<(Who, &str)> = events(&text).map(|said| (said.who, said.line())).collect();
    assert_eq!(
        read,
        [(Who::Computer, "AT+COPS?"), (Who::Modem, "+COPS: \"a\\\\b\\xFF\\x1B[2J\""), (Who::Note, "late")]
    );
}

#[test]
fn each_says_what_it_is_for() {
    for entry in scripts() {
        assert!(entry.title().len() > 10, "{} has no title", entry.name);
    }
}

#[test]
fn a_misspelt_name_finds_its_neighbour() {
    for (written, known) in
        [("supersim/setpu", Some("supersim/setup")), ("identfy", Some("modem/identify")), ("zzz", None)]
    {
        assert_eq!(meant(written), known, "{written}");
    }
}

#[test]
fn an_endless_conversation_stays_bounded() {
    let mut transcript = Transcript::default();
    for _ in 0..20_000 {
        transcript.add(Duration::from_secs(90_000), Who::Modem, b"+QIND: \"csq\",31,99", b"\r\n");
    }
    let text = transcript.text("x\n");
    assert!(text.len() < 300_000, "{}", text.len());
    let (notes, lines): (Vec<Said>, Vec<Said>) = events(&text).partition(|said| said.who == Who::Note);
    assert!(matches!(notes[..], [note] if note.text.ends_with("were not kept")));
    let whole = Said { at: "90000.000", who: Who::Modem, text: "+QIND: \"csq\",31,99\\r\\n" };
    assert!(lines.iter().all(|line| *line == whole), "none is cut");
}

#[test]
fn every_byte_of_a_recording_reads_back() {
    let all: Vec<u8> = (0..=255).collect();
    let mut transcript = Transcript::default();
    transcript.add(Duration::from_millis(61_007), Who::Modem, &all, &[]);
    let text = transcript.text("x\n");
    let said = events(&text).find(|said| said.who == Who::Modem).unwrap();
    assert_eq!((said.at, crate::session::bytes(said.text)), ("61.007", all));
}
