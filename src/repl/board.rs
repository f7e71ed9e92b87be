//! Lines that come while the user types: shown above the prompt, in order, without disturbing what is typed.
//!
//! A queue of our own stands in front of the editor's printer, so that a flood neither grows the memory nor holds up
//! who reads the port. The editor takes a message when it waits for a key. One may still be on its way when a line is
//! entered; then the lines behind it wait for the next prompt, so that the order stays.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// So many lines wait to be shown; then the oldest are given up, and counted.
const MOST: usize = 1000;

/// So many are painted at once: a key is looked at in between.
const AT_ONCE: usize = 100;

#[derive(Debug, Default)]
pub(super) struct Board {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    lines: VecDeque<String>,
    left_out: u64,
    /// The user types.
    editing: bool,
    /// Messages that the editor was given, or is being given.
    given: u64,
    /// Those that it has taken.
    taken: u64,
    /// Those that it has painted.
    painted: u64,
}

impl State {
    /// A message may be on its way to the screen.
    fn is_uncertain(&self) -> bool {
        self.painted < self.given
    }

    /// The lines that are to be shown next, each with its line end.
    fn take(&mut self, most: usize) -> String {
        let mut text = match std::mem::take(&mut self.left_out) {
            0 => String::new(),
            count => format!("({count} lines came too fast and are left out)\n"),
        };
        for line in self.lines.drain(..most.min(self.lines.len())) {
            text.push_str(&line);
            text.push('\n');
        }
        text
    }
}

impl Board {
    /// Shows a line above the prompt; at once where nobody types.
    pub(super) fn show(&self, line: String) {
        let mut state = self.state();
        if state.lines.len() >= MOST {
            state.lines.pop_front();
            state.left_out += 1;
        }
        state.lines.push_back(line);
        if state.editing {
            self.changed.notify_one();
        } else if !state.is_uncertain() {
            write_out(&state.take(MOST));
        }
    }

    /// The user begins to type.
    pub(super) fn begin(&self) {
        self.state().editing = true;
        self.changed.notify_one();
    }

    /// The user has entered a line.
    pub(super) fn end(&self) {
        let mut state = self.state();
        state.editing = false;
        if !state.is_uncertain() {
            write_out(&state.take(MOST));
        }
    }

    /// The editor has painted what it has taken.
    pub(super) fn painted(&self) {
        let mut state = self.state();
        state.painted = state.taken;
    }

    /// Nothing more will be typed: what still waits is shown.
    pub(super) fn finish(&self) {
        let mut state = self.state();
        state.editing = false;
        state.painted = state.given;
        write_out(&state.take(MOST));
    }

    /// Gives the editor what there is to show, until `give` fails.
    pub(super) fn serve(&self, give: &mut dyn FnMut(String) -> bool) {
        loop {
            let mut state = self.state();
            while !state.editing || (state.lines.is_empty() && state.left_out == 0) {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            let text = state.take(AT_ONCE);
            state.given += 1;
            drop(state);
            // It blocks while the editor still has the one before.
            let goes_on = give(text);
            self.state().taken += 1;
            if !goes_on {
                return;
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One write for all of it. There is nowhere to tell that this failed.
pub(super) fn write_out(text: &str) {
    if !text.is_empty() {
        let mut out = io::stdout().lock();
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::mpsc;

    /// A board whose editor is this channel; it takes one message at a time.
    fn edited() -> (Arc<Board>, mpsc::Receiver<String>) {
        let board = Arc::new(Board::default());
        let (sender, receiver) = mpsc::sync_channel(0);
        let served = Arc::clone(&board);
        std::thread::spawn(move || served.serve(&mut |text| sender.send(text).is_ok()));
        (board, receiver)
    }

    #[test]
    fn lines_keep_their_order() {
        let (board, editor) = edited();
        board.begin();
        for number in 0..200 {
            board.show(number.to_string());
        }
        let mut seen = String::new();
        while seen.lines().count() < 200 {
            seen.push_str(&editor.recv().unwrap());
            board.painted();
        }
        assert_eq!(seen.lines().collect::<Vec<_>>(), (0..200).map(|number| number.to_string()).collect::<Vec<_>>());
    }

    #[test]
    fn a_flood_is_bounded_and_counted() {
        let board = Board::default();
        board.begin();
        for number in 0..5000 {
            board.show(number.to_string());
        }
        let text = board.state().take(MOST);
        assert_eq!(text.lines().next(), Some("(4000 lines came too fast and are left out)"));
        assert_eq!(text.lines().count(), 1001);
        assert_eq!(text.lines().last(), Some("4999"));
    }

    #[test]
    fn lines_behind_one_that_is_on_its_way_wait_for_it() {
        let board = Board::default();
        board.begin();
        board.state().given = 1;
        board.end();
        board.show("later".to_owned());
        assert_eq!(board.state().lines.len(), 1);
        board.state().taken = 1;
        board.painted();
        assert!(!board.state().is_uncertain());
    }
}
