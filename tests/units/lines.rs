//! Tests of `src/at/lines.rs` from within: what is private there.

use super::*;

#[test]
fn a_line_is_cut_at_its_bound() {
    let mut framer = Framer::default();
    let mut longest = 0;
    let mut lengths = Vec::new();
    let mut given_up = 0;
    for chunk in std::iter::repeat_n(&[b'x'; 1000][..], 1000).chain([&b"\nOK\n"[..]]) {
        framer.push(chunk);
        longest = longest.max(framer.buffer.capacity());
        loop {
            given_up += framer.skip_line_ends().1.unwrap_or(0);
            let Some(frame) = framer.frame() else { break };
            lengths.push(frame.end - frame.start);
            framer.consume(frame);
        }
    }
    assert_eq!(lengths, [LONGEST_LINE, 2]);
    assert_eq!(given_up, 1_000_000 - LONGEST_LINE);
    assert!(longest <= 4 * LONGEST_LINE);
}

#[test]
fn the_oldest_are_given_up_and_counted() {
    let mut queue = Queue::default();
    for number in 0..100_000 {
        queue.push(format!("+CMTI: \"SM\",{number}").as_bytes());
    }
    assert_eq!(queue.take_dropped(), 100_000 - MOST_LINES);
    assert_eq!(queue.take_dropped(), 0);
    let first = queue.take(&mut 0, &mut |_| true).unwrap();
    assert_eq!(first, format!("+CMTI: \"SM\",{}", 100_000 - MOST_LINES).as_bytes());
    for _ in 0..100 {
        queue.push(&[b'x'; 60_000]);
        assert!(queue.bytes.capacity() < 8 * MOST_BYTES);
    }
    assert_eq!(queue.entries.len(), 2);
    queue.clear();
    assert_eq!(queue.take(&mut 0, &mut |_| true), None);
}
