//! From `-p` to an open port, with what to say where that fails. And what the system asks of a program that talks on
//! it: the first Ctrl-C ends what runs and lets `finally` blocks run, the second ends that, the third ends the program.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::arguments::Connection;
use super::auto;
use super::console::{Console, Exit, fitted};
#[cfg(unix)]
use super::console::{draw, without_drawn};
use super::results::{apart, stays, unwritten};
use super::settings;
use crate::catalogue::Catalogue;
use crate::connect::{self, AUTO, Address, Opening, SIMULATED};
use crate::conversation::Conversation;
use crate::diagnostic::Complaint;
use crate::guard::Simulators;
#[cfg(unix)]
use crate::port::Typing;
use crate::port::{self, Cancel, Port, RecordStatus, Recorded, list, transcript};
use crate::runtime::{Mask, SharedMask, Status};
use crate::state;

/// The port that was named, else the simulated modem, which is told.
pub(crate) fn choose(connection: &Connection, console: &Console) -> Result<Address, Exit> {
    if connection.port.is_empty() && list::is_given_a_line() {
        let port = vec!["-".to_owned()];
        let chosen = choose_untold(&Connection { port, ..connection.clone() }, console)?;
        console.say(&format!("no port is named: this is the line on standard input, {chosen}\n"));
        return Ok(chosen);
    }
    let chosen = choose_untold(connection, console)?;
    if connection.port.is_empty() {
        let text = format!("no port is named: this is the simulated modem {SIMULATED}; -p PORT talks to a real one");
        console.say(&(fitted(&text, "  ") + "\n"));
    }
    Ok(chosen)
}

/// The port to talk to; the caller tells where it is the simulated modem.
pub(crate) fn choose_untold(connection: &Connection, console: &Console) -> Result<Address, Exit> {
    let named = connection.port.first().map(String::as_str);
    if let Some(origin) = settings::PORT.get() {
        console.say(&format!("-p {}, as {origin} says\n", named.unwrap_or_default()));
    }
    if named == Some(AUTO) {
        return auto::find(connection, console);
    }
    let address = match named {
        Some("-" | "stdio" | "/dev/stdin" | "/dev/fd/0" | "/proc/self/fd/0") => {
            let line = list::take_line().map(|line| Address::Device(line.to_owned()));
            line.ok_or_else(|| Complaint::told("hayes::port::missing no-line", &[]))
        }
        _ => Address::parse(named.unwrap_or(SIMULATED)),
    };
    let address = address.map_err(|error| console.refuse_as(Exit::Usage, &error))?;
    if let Some(line) = address.real_device() {
        if list::streams_on(&line).first() == Some(&true) && list::take_line().is_none() {
            let own = Complaint::told("hayes::port::missing no-line", &[]);
            return Err(console.refuse_as(Exit::Usage, &own));
        }
        list::leave_to_port(&line).map_err(|error| console.refused(&error))?;
    }
    let simulated = address.is_simulated();
    if connection.real && simulated {
        let what = if named.is_none() { "no port is named".to_owned() } else { format!("{address} is simulated") };
        return Err(console.refuse(Exit::Usage, "hayes::cli simulated", &[&what]));
    }
    Ok(address)
}

/// No file that is written for a modem is one that is `read`, or both; and none is there but reports.
pub(crate) fn files_apart<'a>(
    read: impl Iterator<Item = (&'static str, &'a Path)>,
    chosen: &'a Address,
    connection: &'a Connection,
    written: impl IntoIterator<Item = (&'static str, &'a Path)>,
    console: &Console,
) -> Result<(), Exit> {
    let replayed = if let Address::Replay(file) = chosen { Some(("the port", file.as_path())) } else { None };
    let read: Vec<(&str, &Path)> = read.chain(replayed).collect();
    let recorded = connection.record.as_deref().map(|file| ("--record", file));
    let written: Vec<(&str, &Path)> = recorded.into_iter().chain(written).collect();
    apart(&read, &written, console)?;
    let mut kept = written.iter().filter(|(flag, _)| matches!(*flag, "-o" | "--record"));
    kept.try_for_each(|(flag, file)| stays(flag, file, &[], console))
}

/// An open port, and what the system asks of the program meanwhile.
pub(crate) struct OpenModem {
    pub(crate) conversation: Conversation,
    /// What Ctrl-C calls
    pub(crate) cancel: Cancel,
    signals: Signals,
    recorded: Option<RecordStatus>,
    /// What is recorded is hidden by
    pub(crate) mask: SharedMask,
}

impl OpenModem {
    /// Opens the port; `secrets` are masked in what is recorded. Fails with the exit code of what could not be opened.
    pub(crate) fn open(
        chosen: &Address,
        connection: &Connection,
        secrets: Mask,
        console: &Console,
    ) -> Result<OpenModem, (Exit, Complaint)> {
        let system =
            |error: std::io::Error| (Exit::Device, Complaint::new(error.to_string()).of("hayes::port::system"));
        let cancel = Cancel::new().map_err(system)?;
        let signals = Signals::cancel_and(&cancel, || {}).map_err(system)?;
        let mut settings = Opening { baud: connection.baud, flow: connection.flow, ..Opening::new(cancel.clone()) };
        if let Address::Device(path) = chosen
            && connection.baud == Opening::new(cancel.clone()).baud
        {
            // A line that somebody gives has the speed that it needs.
            settings.baud = list::speed_of_taken(path).unwrap_or(settings.baud);
        }
        let mut tell = |what: &str| console.say(&format!("{what}\n"));
        let port = connect::open_within(chosen, &settings, connection.wait.unwrap_or_default(), &mut tell);
        let port = port.map_err(|error| {
            let exit = if error.code == "hayes::port::interrupted" { signals.exit() } else { Exit::Device };
            (exit, error)
        })?;
        let secrets = Arc::new(Mutex::new(secrets));
        let mask = Arc::clone(&secrets);
        let (port, recorded): (Box<dyn Port>, _) = match &connection.record {
            None => (port, None),
            Some(file) => {
                let mask: port::Mask =
                    Box::new(move |bytes| secrets.lock().unwrap_or_else(PoisonError::into_inner).bytes(bytes));
                let mut port = Recorded::new(port);
                let name = transcript::port_name(chosen, Simulators::default().is_behind(chosen));
                let status = port.begin(file, &name, mask).map_err(|error| {
                    let message = format!("the conversation cannot be recorded in {}: {error}", file.display());
                    (unwritten(&error), Complaint::new(message).of("hayes::port::system"))
                })?;
                (Box::new(port), Some(status))
            }
        };
        Ok(OpenModem { conversation: Conversation::new(port, &Catalogue), cancel, signals, recorded, mask })
    }

    /// Closes the port. What could not be recorded is told.
    pub(crate) fn close(self, console: &Console) -> Exit {
        drop(self.conversation);
        let error = self.recorded.and_then(|status| status.take_error());
        error.map_or(Exit::Passed, |error| console.refuse(Exit::Unwritable, "hayes::cli record-cut", &[&error]))
    }

    /// The exit code of a run that ended so.
    pub(crate) fn exit(&self, status: Status) -> Exit {
        if status == Status::Interrupted { self.signals.exit() } else { status.into() }
    }
}

/// What the system has asked for so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Signals {
    came: Arc<AtomicBool>,
    /// The exit code of the one that ends it
    code: Arc<AtomicU8>,
}

impl Signals {
    /// From now on Ctrl-C, SIGTERM and a hang-up cancel what runs instead of killing the program.
    pub(crate) fn begin(console: &Console) -> Result<(Cancel, Signals), Exit> {
        let begun = Cancel::new().and_then(|cancel| Ok((cancel.clone(), Signals::cancel_and(&cancel, || {})?)));
        begun.map_err(|error| console.refused(&error))
    }

    /// The signals cancel by a [`Cancel`] that is there already; tells of each signal.
    pub(crate) fn cancel_and(cancel: &Cancel, tell: impl Fn() + Send + 'static) -> std::io::Result<Signals> {
        let signals = Signals::default();
        signals.watch(cancel, tell).map(|_| signals)
    }

    fn watch(&self, cancel: &Cancel, tell: impl Fn() + Send + 'static) -> std::io::Result<Watching> {
        let (cancel, heard) = (cancel.clone(), self.clone());
        let count = AtomicUsize::new(0);
        each(true, move |exit| {
            state::SIGNALS.fetch_add(1, Ordering::AcqRel);
            heard.code.fetch_max(exit.code(), Ordering::AcqRel);
            if count.fetch_add(1, Ordering::AcqRel) >= 2 {
                end_now(heard.exit());
            }
            heard.came.store(true, Ordering::Release);
            cancel.cancel();
            tell();
        })
    }

    /// Cancels what runs only while `work` runs; how a signal then ends the program.
    pub(crate) fn during<T>(cancel: &Cancel, work: impl FnOnce() -> T) -> std::io::Result<(T, Option<Exit>)> {
        // Elsewhere a handler stays for good, and whoever asks for the next one would get none.
        #[cfg(not(unix))]
        return Ok((work(), cancel.is_cancelled().then_some(Exit::Interrupted)));
        #[cfg(unix)]
        {
            let signals = Signals::default();
            let watching = signals.watch(cancel, || {})?;
            let done = work();
            watching.close();
            Ok((done, signals.came().then(|| signals.exit())))
        }
    }

    pub(crate) fn came(&self) -> bool {
        self.came.load(Ordering::Acquire)
    }

    /// The exit code of a run that was interrupted.
    pub(crate) fn exit(&self) -> Exit {
        let code = self.code.load(Ordering::Acquire);
        [Exit::HungUp, Exit::Terminated].into_iter().find(|exit| exit.code() == code).unwrap_or(Exit::Interrupted)
    }
}

/// For a program that goes on: Ctrl-C cancels what runs. Any other signal, and one for nothing, restores and ends it.
pub(crate) fn go_on_after(
    cancel: &Cancel,
    runs: Arc<AtomicBool>,
    restore: impl Fn() + Send + 'static,
) -> std::io::Result<()> {
    let cancel = cancel.clone();
    each(false, move |exit| {
        state::SIGNALS.fetch_add(1, Ordering::AcqRel);
        if exit == Exit::Interrupted && runs.load(Ordering::Acquire) {
            return cancel.cancel();
        }
        restore();
        end_now(exit)
    })
    .map(|_| ())
}

#[cfg(unix)]
type Watching = signal_hook::iterator::Handle;
#[cfg(not(unix))]
type Watching = ();

/// Calls `heed` for each signal, with the exit that it asks for. `stops`: Ctrl-Z is no key of an editor, which stops
/// the program itself.
#[cfg(unix)]
fn each(stops: bool, heed: impl Fn(Exit) + Send + 'static) -> std::io::Result<Watching> {
    use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGUSR1};

    let stopping = if stops { &[SIGTSTP][..] } else { &[] };
    let heeded = [SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGCONT, SIGUSR1].iter().chain(stopping);
    let mut signals = signal_hook::iterator::Signals::new(heeded)?;
    let handle = signals.handle();
    let exit = |signal| match signal {
        SIGINT | SIGQUIT => Exit::Interrupted,
        SIGHUP => Exit::HungUp,
        _ => Exit::Terminated,
    };
    let watch = move || {
        signals.forever().for_each(|signal| match signal {
            SIGTSTP => stop(),
            SIGCONT => go_on(),
            // A batch shows by it what all do; here it ends nothing.
            SIGUSR1 => {}
            _ => heed(exit(signal)),
        });
    };
    std::thread::Builder::new().name("signals".to_owned()).stack_size(128 << 10).spawn(watch).map(|_| handle)
}

/// Ctrl-Z: what is drawn goes, and the shell has the terminal as it was; behind `fg` all is drawn again. SIGTTOU stops
/// as SIGTSTP, which is heeded here, would have: not where no shell could wake this program.
#[cfg(unix)]
fn stop() {
    let raise = || _ = signal_hook::low_level::raise(signal_hook::consts::SIGTTOU);
    without_drawn(|| Typing::left_while(raise));
}

/// Behind a stop: the shell has set the terminal as it wants it, and written under the question.
#[cfg(unix)]
fn go_on() {
    let _ = draw(std::io::stderr(), &Typing::again(), "");
}

#[cfg(not(unix))]
fn each(_stops: bool, heed: impl Fn(Exit) + Send + 'static) -> std::io::Result<Watching> {
    ctrlc::set_handler(move || heed(Exit::Interrupted)).map_err(std::io::Error::other)
}

#[allow(clippy::exit, reason = "the third Ctrl-C: whoever types it wants no more patience")]
fn end_now(exit: Exit) -> ! {
    std::process::exit(i32::from(exit.code()))
}
