//! What each running modem does now, for whoever looks. The modems write, and wait for nobody: each has a place of its
//! own, and only a look takes its lock for a moment.

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use crate::runtime::{RuntimeEvent, ShownDuration, Waiting};

/// All places, one a worker.
#[derive(Debug, Default)]
pub struct Board {
    places: RwLock<Vec<Arc<Place>>>,
}

/// A worker's place.
#[derive(Debug, Default)]
pub struct Place(Mutex<Doing>);

#[derive(Debug, Clone, Default)]
struct Doing {
    /// Index of the modem; none: the worker waits for one
    modem: Option<usize>,
    /// When it began, since the batch began
    since: Duration,
    attempt: u64,
    what: String,
}

/// One running modem, as seen at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub modem: usize,
    /// When it began, since the batch began
    pub since: Duration,
    /// `AT+CREG?`, `waits for +CMTI`, …
    pub what: String,
}

impl Board {
    pub(super) fn place(&self) -> Arc<Place> {
        let place = Arc::new(Place::default());
        self.places.write().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&place));
        place
    }

    /// All modems that run, the oldest first.
    pub fn rows(&self) -> Vec<Row> {
        let places = self.places.read().unwrap_or_else(PoisonError::into_inner);
        let mut rows: Vec<Row> = places.iter().filter_map(|place| place.row()).collect();
        rows.sort_by_key(|row| (row.since, row.modem));
        rows
    }
}

impl Place {
    pub(super) fn begin(&self, modem: usize, since: Duration) {
        self.with(|doing| {
            doing.modem = Some(modem);
            doing.since = since;
            doing.attempt = 0;
            doing.what.clear();
            doing.what.push_str("opens its port");
        });
    }

    pub(super) fn end(&self) {
        self.with(|doing| doing.modem = None);
    }

    pub(super) fn on_event(&self, event: &RuntimeEvent<'_>) {
        match *event {
            RuntimeEvent::Waiting { what, .. } => self.with(|doing| {
                doing.what.clear();
                match what {
                    Waiting::Answer { sent } => doing.what.push_str(sent),
                    Waiting::Line { patterns } => {
                        doing.what.push_str("awaits ");
                        doing.what.push_str(patterns);
                    }
                    Waiting::Quiet { .. } => doing.what.push_str("awaits quiet"),
                    Waiting::Prompt { text } => {
                        doing.what.push_str("awaits ");
                        doing.what.push_str(text);
                    }
                    Waiting::Reboot => doing.what.push_str("restarts"),
                    Waiting::Sleep => doing.what.push_str("sleeps"),
                }
            }),
            RuntimeEvent::Pause { duration } => self.with(|doing| {
                doing.what = format!("pauses for {}", ShownDuration(duration));
            }),
            RuntimeEvent::AttemptFailed { attempt, .. } => self.with(|doing| doing.attempt = attempt),
            RuntimeEvent::ScriptStarted { .. }
            | RuntimeEvent::ScriptEnded { .. }
            | RuntimeEvent::Statement { .. }
            | RuntimeEvent::Session(_)
            | RuntimeEvent::ExchangeEnded { .. }
            | RuntimeEvent::Captured { .. }
            | RuntimeEvent::Caught { .. }
            | RuntimeEvent::FinallyFailed { .. }
            | RuntimeEvent::Log { .. }
            | RuntimeEvent::Ensured { .. }
            | RuntimeEvent::Plan { .. }
            | RuntimeEvent::Met { .. }
            | RuntimeEvent::Reported { .. } => {}
        }
    }

    fn row(&self) -> Option<Row> {
        self.with(|doing| {
            let attempt = match doing.attempt {
                0 => String::new(),
                failed => format!(" (attempt {})", failed + 1),
            };
            Some(Row { modem: doing.modem?, since: doing.since, what: format!("{}{attempt}", doing.what) })
        })
    }

    fn with<T>(&self, look: impl FnOnce(&mut Doing) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
