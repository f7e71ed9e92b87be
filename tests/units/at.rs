//! What is made of texts, as `tables.md` says; and of any text at all.

use std::task::Poll;

use proptest::prelude::*;

use super::body::{Body, counted};
use super::echo::Echo;
use super::lines::{Framer, Queue};
use super::parameters::{Parameter, groups, parameters, split_prefix};
use super::{command, result_code};
use crate::notation::{text, unescape};
use crate::source::tables;

#[test]
fn each_text_is_taken_as_the_tables_say() {
    tables::hold(include_str!("../../src/at/tests/tables.md"), &mut |of, written| {
        made(of, &unescape(written).unwrap()).replace("\r\n", "\\r\\n")
    });
}

fn made(of: &str, bytes: &[u8]) -> String {
    let written = String::from_utf8_lossy(bytes);
    let fields = |list| parameters(list).map(|field| format!("[{}]", field.text())).collect::<Vec<_>>().join(" ");
    match of {
        "command" => command::parse(&written).map_or("none".to_owned(), |line| {
            let shown = |one: &command::Command<'_>| format!("{} {:?} {}", one.name, one.form, one.argument);
            line.commands.iter().map(|one| shown(one).trim_end().to_owned()).collect::<Vec<_>>().join(" | ")
        }),
        "typed" => {
            let (before, sent) = written.split_once(" < ").unwrap();
            let (lines, begun) = command::typed(before, sent);
            format!("{lines} | {begun}").trim_end().to_owned()
        }
        "places" => {
            let line = command::parse(&written).unwrap();
            let faults = [("quote", line.unclosed_quote), ("AT", line.second_at)];
            let faults = faults.iter().filter_map(|(what, at)| Some(format!("{what} {}", (*at)?)));
            line.commands.iter().map(|one| format!("{:?}", one.range)).chain(faults).collect::<Vec<_>>().join(" ")
        }
        "echo" => {
            let mut lines = written.split(" < ");
            let mut echo = match lines.next().unwrap() {
                sent if sent.starts_with("reply ") => Echo::of_reply(&sent.as_bytes()[6..]),
                sent if sent.starts_with("behind 7 ") => Echo::of_question(&sent.as_bytes()[9..], 7),
                sent => Echo::of_question(sent.as_bytes(), 0),
            };
            let taken = lines.map(|line| echo.take(line.as_bytes()).map_or("no".to_owned(), |at| at.to_string()));
            taken.collect::<Vec<_>>().join(" ")
        }
        "result code" => result_code::parse(bytes).map_or("none".to_owned(), |code| format!("{code:?}")),
        "result code in digits" => {
            result_code::parse_numeric(bytes).map_or("none".to_owned(), |code| format!("{code:?}"))
        }
        "result code, shown" => result_code::parse(bytes).unwrap().to_string(),
        "lines" => {
            let whole = lines(&[bytes]);
            for cut in 0..bytes.len() {
                assert_eq!(lines(&[&bytes[..cut], &bytes[cut..]]), whole, "{written} cut at {cut}");
            }
            assert_eq!(lines(&bytes.chunks(1).collect::<Vec<_>>()), whole, "{written} byte by byte");
            whole.join(" | ")
        }
        "queue" => {
            let (mut queue, mut looked_at) = (Queue::default(), 0);
            let mut step = |step: &str| match step.split_at(1) {
                ("+", line) => {
                    queue.push(line.as_bytes());
                    None
                }
                (from, first) => {
                    let looked_at = if from == "*" { &mut 0 } else { &mut looked_at };
                    let taken = queue.take(looked_at, &mut |line| line.starts_with(first.as_bytes()));
                    Some(taken.map_or("none".to_owned(), |line| text(&line).into_owned()))
                }
            };
            written.split(' ').filter_map(&mut step).collect::<Vec<_>>().join(" ")
        }
        "prefix" => {
            let (prefix, rest) = split_prefix(bytes);
            format!("{} | {}", prefix.map_or("none".into(), text), text(rest))
        }
        "parameters" => fields(bytes),
        "places of parameters" => {
            parameters(bytes).map(|field| text(&bytes[field.range])).collect::<Vec<_>>().join(" | ")
        }
        "groups" => groups(bytes).map(|group| fields(group.value)).collect::<Vec<_>>().join(" | "),
        "body" => match Body::of(bytes) {
            Body::Pdu => "pdu".to_owned(),
            Body::Text { length: None, .. } => "text".to_owned(),
            Body::Text { length: Some(length), .. } => format!("text of {length}"),
            Body::Data { length, .. } => format!("{length} bytes"),
        },
        _ => {
            let (place, parameter) = of.strip_prefix("counted ").unwrap().split_once(", parameter ").unwrap();
            let before = [("below", b'\n'), ("in quotes", b'"'), ("behind a comma", b',')];
            let (_, before) = before.into_iter().find(|(name, _)| *name == place).unwrap();
            match counted(bytes, parameter.parse().unwrap(), before) {
                Poll::Pending => "pending".to_owned(),
                Poll::Ready(data) => data.map_or("none".to_owned(), |data| format!("{data:?}")),
            }
        }
    }
}

/// The lines in these chunks, with what stands before each where a blank line does.
fn lines(chunks: &[&[u8]]) -> Vec<String> {
    let (mut framer, mut lines) = (Framer::default(), Vec::new());
    for chunk in chunks {
        framer.push(chunk);
        loop {
            framer.skip_line_ends();
            let Some(frame) = framer.frame() else { break };
            lines.extend((frame.ends.count() > 1).then(|| "blank".to_owned()));
            lines.push(text(framer.line(frame)).into_owned());
            framer.consume(frame);
        }
    }
    lines
}

proptest! {
    #[test]
    fn any_command_line_is_taken(text in "AT.{0,60}") {
        let mut at = 2;
        for command in &command::parse(&text).unwrap().commands {
            prop_assert!(command.range.start >= at && command.range.end > command.range.start);
            at = command.range.end;
        }
    }

    #[test]
    fn any_list_is_split(list in "[(),\" a0-9]{0,80}") {
        let mut at = 0;
        for Parameter { range, .. } in parameters(list.as_bytes()) {
            prop_assert!(range.start >= at && range.end <= list.len());
            at = range.end;
        }
    }
}
