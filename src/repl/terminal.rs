//! The raw terminal: each key goes to the modem, each byte of it to the screen.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use super::LISTEN_TIME;
use crate::notation::harmless;
use crate::port::{Cancel, Fault, Port, Read, Typing};

/// Ctrl-], as telnet's and picocom's neighbours have it: no modem needs it.
const LEAVE_KEY: u8 = 0x1D;

const WRITE_TIME: Duration = Duration::from_secs(10);

/// The terminal's settings as they were, to be set again whatever happened.
#[derive(Debug, Clone)]
pub struct SavedTerminal {
    #[cfg(unix)]
    settings: Option<rustix::termios::Termios>,
}

#[cfg(unix)]
impl SavedTerminal {
    pub fn save() -> SavedTerminal {
        SavedTerminal { settings: rustix::termios::tcgetattr(io::stdin()).ok() }
    }

    pub fn restore(&self) {
        use rustix::termios::{OptionalActions, tcsetattr};
        if let Some(settings) = &self.settings {
            let _ = tcsetattr(io::stdin(), OptionalActions::Drain, settings);
        }
    }

    fn make_raw(&self) -> io::Result<()> {
        use rustix::termios::{OptionalActions, tcsetattr};
        let mut raw = self.settings.clone().ok_or_else(|| io::Error::other("standard input is no terminal"))?;
        raw.make_raw();
        tcsetattr(io::stdin(), OptionalActions::Drain, &raw)?;
        Ok(())
    }
}

#[cfg(not(unix))]
impl SavedTerminal {
    pub fn save() -> SavedTerminal {
        SavedTerminal {}
    }

    pub fn restore(&self) {}

    fn make_raw(&self) -> io::Result<()> {
        Err(io::Error::other("there is no raw terminal on this system"))
    }
}

/// Whether the terminal shows and edits what is typed. Between prompts it does not: what is typed ahead waits.
pub(super) fn edits_lines(on: bool) {
    if on { Typing::Shown } else { Typing::Ahead }.set();
}

/// The columns and rows of the window.
#[cfg(unix)]
pub(crate) fn window(terminal: impl std::os::fd::AsFd) -> Option<(usize, usize)> {
    let size = rustix::termios::tcgetwinsize(terminal).ok()?;
    (size.ws_col > 0 && size.ws_row > 0).then_some((size.ws_col.into(), size.ws_row.into()))
}

#[cfg(not(unix))]
pub(crate) fn window<T>(_terminal: T) -> Option<(usize, usize)> {
    None
}

/// Of the terminal that lines are typed on; what most have, where it does not tell.
pub(super) fn size() -> (usize, usize) {
    window(io::stdout()).unwrap_or((80, 24))
}

/// One at a time: what is typed behind the escape key is the editor's.
#[cfg(unix)]
fn next_key() -> Option<u8> {
    let mut key = [0];
    loop {
        match rustix::io::read(rustix::stdio::stdin(), &mut key) {
            Ok(1..) => return key.first().copied(),
            Ok(0) => return None,
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return None,
        }
    }
}

#[cfg(not(unix))]
fn next_key() -> Option<u8> {
    let mut key = [0];
    io::Read::read_exact(&mut io::stdin(), &mut key).ok()?;
    key.first().copied()
}

/// The terminal while it is raw; set right again whatever happens.
struct Raw(SavedTerminal);

impl Raw {
    fn begin() -> io::Result<Raw> {
        let saved = SavedTerminal::save();
        saved.make_raw()?;
        Ok(Raw(saved))
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        self.0.restore();
    }
}

/// Until Ctrl-], or until the port fails: why.
pub(super) fn talk(port: &mut dyn Port, cancel: &Cancel, echo: bool) -> io::Result<Option<String>> {
    let _raw = Raw::begin()?;
    cancel.clear();
    port.rearm();
    let (sender, keys) = mpsc::channel::<u8>();
    let left = Arc::new(AtomicBool::new(false));
    let (typist_left, typist_cancel) = (Arc::clone(&left), cancel.clone());
    let typist = std::thread::Builder::new().name("keys".to_owned()).spawn(move || {
        while let Some(key) = next_key() {
            if key == LEAVE_KEY {
                break;
            }
            let gone = sender.send(key).is_err();
            typist_cancel.cancel();
            if gone {
                return;
            }
        }
        typist_left.store(true, Ordering::Release);
        typist_cancel.cancel();
    })?;
    let mut buffer = vec![0; 4096];
    let mut why = None;
    while why.is_none() {
        let until = port.now() + LISTEN_TIME;
        match port.read(&mut buffer, until) {
            Ok(Read::Bytes(count)) => {
                let mut out = io::stdout().lock();
                let _ = out.write_all(buffer.get(..count).unwrap_or_default()).and_then(|()| out.flush());
            }
            Ok(Read::Deadline) => {}
            Err(Fault::Interrupted) => {
                cancel.clear();
                port.rearm();
                // Asked afterwards, or a Ctrl-] in between would be taken back with the call.
                let has_left = left.load(Ordering::Acquire);
                let typed: Vec<u8> = keys.try_iter().collect();
                if echo {
                    let mut out = io::stdout().lock();
                    let shown = String::from_utf8_lossy(&typed).replace('\r', "\n");
                    let shown = harmless(&shown).replace('\n', "\r\n");
                    let _ = out.write_all(shown.as_bytes()).and_then(|()| out.flush());
                }
                if !typed.is_empty() {
                    let until = port.now() + WRITE_TIME;
                    if let Err(fault) = port.write(&typed, until)
                        && fault != Fault::Interrupted
                    {
                        why = Some(fault.to_string());
                    }
                }
                if has_left {
                    break;
                }
            }
            Err(fault) => why = Some(fault.to_string()),
        }
    }
    if why.is_some() {
        // The thread that reads keys ends with the next one.
        let mut out = io::stdout().lock();
        let _ = out.write_all(b"\r\nthe port was lost; press Ctrl-]\r\n").and_then(|()| out.flush());
    }
    let _ = typist.join();
    Ok(why)
}
