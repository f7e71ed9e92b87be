//! Guards against what costs SIMs, networks and the law, kept on disk. The interpreter asks before it sends.
//!
//! - **PIN**: a PIN that has failed on a SIM is not tried on it again, and the last try is never used. Which SIM it is,
//!   and how many tries are left, the modem is asked before. A try is written down before it is sent: who is killed in
//!   between has used it.
//! - **Network**: a SIM is made to leave its network, or to look for one, four times an hour at the most. The figure is
//!   an operator's (Verizon: at most four automatic attempts an hour); GSMA TS.34 asks for such a limit. All SIMs of
//!   this machine together do so once a second on average; what is more waits, each for another time. A fleet's agent
//!   is given limits of its operator's besides, which many gateways share ([`AttachLimit`]).
//! - **Law**: another IMEI is not written.
//! - **Flash**: what is written to a modem's flash is counted.
//!
//! Each is for real ports: the simulated modem and recordings have no guard. `--allow` lifts one for a run.

mod ledger;
mod pin;
mod simulators;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::at::command::typed;
use crate::at::{Answer, Event, Hearer, Line, PromptPlan, Question, ResultCode};
use crate::catalogue::command::Stakes;
use crate::catalogue::{Prospect, prospect};
use crate::connect::Address;
use crate::conversation::{Conversation, Trouble};
use crate::diagnostic::Complaint;
use crate::notation::ShownDuration;
use crate::port::Timestamp;
use crate::state;
use ledger::{Book, Ledger};

use pin::tries_in;
pub use pin::tries_pin;
pub(crate) use pin::{PinAttempt, tries_told};
pub use simulators::Simulators;

/// So often a SIM may leave its network, or look for one, in an hour.
const SEARCHES: usize = 4;
const HOUR_MILLIS: u64 = 3600 * 1000;

/// So often all SIMs of this machine together may, in a minute.
const SITE_SEARCHES: usize = 60;
const MINUTE_MILLIS: u64 = 60 * 1000;

/// What waits for the site waits up to so much longer, by chance.
const JITTER: u64 = 5000;

/// How long a question of a guard may take where the catalogue does not say.
const TIMEOUT: Duration = Duration::from_secs(5);

/// By so many digits a SIM is known: some modems leave the last ones out.
pub(crate) const ICCID_DIGITS: usize = 18;

/// A guard that `--allow` lifts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LiftedGuard {
    /// Try a PIN that has failed on this SIM before, and use the last try
    Pin,
    /// Make the SIM leave its network, or look for one, more than four times an hour
    Network,
    /// Send what breaks the law in places, as writing an IMEI does; in an `unsafe` block
    Illegal,
}

/// Watches over one port, or over none yet.
#[derive(Clone)]
pub struct Guard {
    ledger: Arc<Ledger>,
    allowed: Vec<LiftedGuard>,
    /// `None`: none yet
    port: Option<(String, Address)>,
    /// Whether one of them is behind the port is looked up where a guard has to know.
    simulators: Arc<Simulators>,
    known: Arc<Mutex<HeardOf>>,
    /// By the port
    limits: Arc<BTreeMap<String, Vec<AttachLimit>>>,
}

/// So often the modems of some ports together may be made to leave their network or to look for one, in any such time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachLimit {
    /// What it is counted under, across runs
    pub name: String,
    pub most: usize,
    pub period: Duration,
    /// What would have to wait longer than that is refused.
    pub longest_wait: Duration,
}

/// What was heard of the modem at the port.
#[derive(Debug, Default)]
struct HeardOf {
    iccid: Option<String>,
    imei: Option<String>,
    /// It was made to leave its network: what makes it join one again is no more.
    is_off: bool,
    /// So many tries of this are left, as the SIM itself has told
    left: Option<(String, u64)>,
}

/// What is to be done with a line.
#[derive(Debug, PartialEq, Eq)]
pub enum Leave {
    Send,
    /// The site has had its share: so long
    Wait(Duration),
    /// Why it is not sent
    Refuse(Complaint),
}

impl Guard {
    /// With what the user's state folder remembers.
    pub fn of_user(allowed: &[LiftedGuard]) -> Guard {
        Guard::new(Ledger::new(state::folder()), allowed)
    }

    fn new(ledger: Ledger, allowed: &[LiftedGuard]) -> Guard {
        Guard {
            ledger: Arc::new(ledger),
            allowed: allowed.to_vec(),
            port: None,
            simulators: Arc::default(),
            known: Arc::default(),
            limits: Arc::default(),
        }
    }

    /// With what the modems at these ports may do together.
    #[must_use]
    pub fn within(self, limits: BTreeMap<String, Vec<AttachLimit>>) -> Guard {
        Guard { limits: Arc::new(limits), ..self }
    }

    /// How often a limit lets modems attach now.
    pub fn room(&self, limit: &AttachLimit) -> usize {
        self.change(|book, now| limit.most.saturating_sub(book.attaches(&limit.name, limit.period, now).len()))
    }

    /// The guard of a port: none for a simulated modem and a recording, which cost nothing.
    pub fn at(&self, address: &Address) -> Option<Guard> {
        match address {
            Address::Device(_) | Address::Usb(_) | Address::Tcp { .. } | Address::Rfc2217 { .. } => {
                let port = Some((address.to_string(), address.clone()));
                Some(Guard { port, simulators: Arc::default(), known: Arc::default(), ..self.clone() })
            }
            Address::Simulator { .. } | Address::Replay(_) => None,
        }
    }

    /// The port, if it is no simulated modem's. On the network a guard holds whoever listens.
    fn real_port(&self) -> Option<&str> {
        let (port, address) = self.port.as_ref()?;
        (address.is_remote() || !self.simulators.is_behind(address)).then_some(port)
    }

    /// Whether this line may be sent. What it needs to know of a PIN it asks the modem, unless a part of the line is
    /// sent already, or a part is to come: what it asks would end that.
    pub fn before(
        &self,
        line: &str,
        is_whole: bool,
        stakes: Stakes,
        conversation: &mut Conversation,
        hearer: &mut dyn Hearer,
    ) -> Result<Leave, Trouble> {
        let Some(port) = self.real_port() else { return Ok(Leave::Send) };
        if let Some(why) = stakes.illegal.filter(|_| !self.allows(LiftedGuard::Illegal)) {
            return Ok(refuse(
                "hayes::run::illegal",
                format!("{line} is not sent: {}", lower(why)),
                LiftedGuard::Illegal,
            ));
        }
        if stakes.tries_pin
            && let Some(attempt) = PinAttempt::of(line)
        {
            if !is_whole {
                return Ok(if self.allows(LiftedGuard::Pin) { Leave::Send } else { refuse_part() });
            }
            let (iccid, left) = self.ask(&attempt, conversation, hearer)?;
            return Ok(self.try_pin(&iccid.unwrap_or_else(|| port.to_owned()), &attempt, left));
        }
        let counts = stakes.restarts || stakes.leaves_network || stakes.seeks_network;
        let leave = if counts { self.search(port, stakes) } else { Leave::Send };
        // What joins it may be sent without its answer's being waited for.
        if stakes.joins_network && !stakes.restarts {
            self.with_known(|known| known.is_off = false);
        }
        Ok(leave)
    }

    /// What a line was answered. A PIN that was not answered has been tried.
    pub fn after(&self, line: &str, stakes: Stakes, lines: &[Line], result: Option<&ResultCode>) {
        if stakes.tells_number {
            self.hear(lines);
        }
        if stakes.tries_pin
            && let (Some(attempt), Some(result)) = (PinAttempt::of(line), result)
            && let Some(port) = self.real_port()
        {
            let (was_right, left) = attempt.judged(lines, result);
            self.with_known(|known| known.left = left.map(|left| (attempt.opens.clone(), left)));
            let sim = self.with_known(|known| known.iccid.clone()).unwrap_or_else(|| port.to_owned());
            if let Some(was_right) = was_right {
                self.change(|book, _| attempt.settle(book, &sim, was_right));
            }
        }
    }

    /// Adds what a run has written to the flash; how often that modem's was written in all.
    pub fn wrote_flash(&self, times: u64) -> Option<u64> {
        let port = self.real_port()?;
        let modem = self.with_known(|known| known.imei.clone()).unwrap_or_else(|| port.to_owned());
        Some(self.change(|book, _| {
            let written = book.flash.entry(modem).or_default();
            *written = written.saturating_add(times);
            *written
        }))
    }

    /// What tells values from others, for this user alone; none where there are none.
    pub fn mark<'t>(&self, values: impl Iterator<Item = (&'t String, &'t String)>) -> Option<String> {
        let text: Vec<String> = values.map(|(name, value)| format!("{name}={value}")).collect();
        (!text.is_empty()).then(|| self.change(|book, _| book.mark("", &text.join("\0"))))
    }

    /// What is to be told of the file of the guards: once.
    pub fn untold(&self) -> Vec<String> {
        if self.port.is_some() { self.ledger.untold() } else { Vec::new() }
    }

    fn allows(&self, what: LiftedGuard) -> bool {
        self.allowed.contains(&what)
    }

    fn with_known<T>(&self, change: impl FnOnce(&mut HeardOf) -> T) -> T {
        change(&mut self.known.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes what is remembered, and is given the time.
    fn change<T>(&self, change: impl FnOnce(&mut Book, u64) -> T) -> T {
        let now = Timestamp::now().millis();
        self.ledger.change(now, |book| change(book, now))
    }

    /// The numbers in an answer that tells some.
    fn hear(&self, lines: &[Line]) {
        for line in lines {
            let text = line.text();
            let numbers =
                text.split(|c: char| !c.is_ascii_hexdigit()).map(|number| number.trim_end_matches(['F', 'f']));
            for number in numbers {
                let is_decimal = number.bytes().all(|byte| byte.is_ascii_digit());
                self.with_known(|known| match number.len() {
                    ICCID_DIGITS..=20 if number.starts_with("89") => {
                        known.iccid = number.get(..ICCID_DIGITS).map(str::to_ascii_uppercase);
                    }
                    15 if is_decimal => known.imei = Some(number.to_owned()),
                    _ => {}
                });
            }
        }
    }

    /// Which SIM it is, and how many tries of its PIN are left, as far as the modem tells.
    fn ask(
        &self,
        attempt: &PinAttempt,
        conversation: &mut Conversation,
        hearer: &mut dyn Hearer,
    ) -> Result<(Option<String>, Option<u64>), Trouble> {
        let now = conversation.now();
        hearer.event(now, &Event::Notice("before a PIN is tried: which SIM is it, and how many tries are left?"));
        let module = conversation.module();
        let iccid = module.map_or("AT+CCID", |module| module.iccid);
        self.with_known(|known| known.iccid = None);
        if let Some(lines) = answer_to(iccid, conversation, hearer)? {
            self.hear(&lines);
        }
        let mut left = None;
        for (line, index) in tries_told(&attempt.opens, module) {
            let lines = answer_to(line, conversation, hearer)?.unwrap_or_default();
            left = tries_in(&lines, line, index);
            if left.is_some() {
                break;
            }
        }
        let by_sim = |known: &HeardOf| Some(known.left.as_ref().filter(|(opens, _)| *opens == attempt.opens)?.1);
        Ok(self.with_known(|known| (known.iccid.clone(), left.or_else(|| by_sim(known)))))
    }

    fn try_pin(&self, sim: &str, attempt: &PinAttempt, left: Option<u64>) -> Leave {
        let (allowed, what) = (self.allows(LiftedGuard::Pin), attempt.name());
        self.change(|book, now| {
            let mark = book.mark(&attempt.opens, &attempt.code);
            let history = book.sim(sim);
            let failed = history.in_a_row.entry(attempt.opens.clone()).or_default();
            let before = history.failed.get(&mark).map(|time| Timestamp::since_1970(Duration::from_millis(*time)));
            let why = match (before, left) {
                (Some(before), _) => Some(format!("this {what} has failed on the SIM {sim} before, at {before}")),
                (None, Some(left)) if left <= 1 => {
                    let of = if what == "PIN" { String::new() } else { format!(" of its {what}") };
                    Some(format!("the SIM {sim} has {} left{of}", if left == 1 { "one try" } else { "no try" }))
                }
                (None, None) if *failed > 0 => Some(format!(
                    "a {what} has failed on the SIM {sim}, and the modem does not tell how many tries are left"
                )),
                (None, Some(_) | None) => None,
            };
            if let Some(why) = why.filter(|_| !allowed) {
                return refuse("hayes::run::pin-guard", format!("the {what} is not tried: {why}"), LiftedGuard::Pin);
            }
            *failed += 1;
            history.failed.insert(mark, now);
            Leave::Send
        })
    }

    /// The modem is about to leave its network, or to look for one.
    fn search(&self, port: &str, stakes: Stakes) -> Leave {
        let (iccid, was_off) = self.with_known(|known| {
            let was_off = std::mem::replace(&mut known.is_off, stakes.leaves_network && !stakes.restarts);
            (known.iccid.clone(), was_off)
        });
        // That it went off was counted.
        if was_off && !stakes.restarts {
            return Leave::Send;
        }
        let sim = iccid.as_deref().unwrap_or(port);
        let (allowed, chance) = (self.allows(LiftedGuard::Network), chance());
        let limits = self.limits.get(port).map(Vec::as_slice).unwrap_or_default();
        let leave = self.change(|book, now| {
            let searches = &mut book.sim(sim).searches;
            searches.retain(|time| *time <= now && *time + HOUR_MILLIS > now);
            let place = searches.len().checked_sub(SEARCHES).and_then(|place| searches.get(place));
            if let Some(oldest) = place.filter(|_| !allowed) {
                let free = Timestamp::since_1970(Duration::from_millis(*oldest + HOUR_MILLIS));
                let which = if iccid.is_some() { format!("the SIM {sim}") } else { format!("the SIM at {sim}") };
                let what = format!("{which} has left its network or looked for one {SEARCHES} times within an hour: the next is at {free}");
                return refuse("hayes::run::network-guard", what, LiftedGuard::Network);
            }
            let mut at = now;
            for limit in limits {
                let free = limit.free_at(book.attaches(&limit.name, limit.period, now), now);
                if free - now > millis(limit.longest_wait) {
                    return limit.refuse(free);
                }
                at = at.max(free);
            }
            book.sim(sim).searches.push(now);
            // Times that are yet to come are those of others who wait.
            book.site.retain(|time| *time <= now + HOUR_MILLIS && *time + MINUTE_MILLIS > now);
            book.site.sort_unstable();
            let full = book.site.len().checked_sub(SITE_SEARCHES).and_then(|place| book.site.get(place));
            let at = full.map_or(at, |oldest| at.max(oldest + MINUTE_MILLIS + chance % JITTER));
            book.site.push(at);
            limits.iter().for_each(|limit| book.attaches(&limit.name, limit.period, now).push(at));
            if at > now { Leave::Wait(Duration::from_millis(at - now)) } else { Leave::Send }
        });
        if let Leave::Refuse(_) = leave {
            self.with_known(|known| known.is_off = was_off);
        }
        leave
    }
}

impl AttachLimit {
    /// When one more may attach, beside those that did or will at these times.
    fn free_at(&self, times: &mut [u64], now: u64) -> u64 {
        times.sort_unstable();
        let full = times.len().checked_sub(self.most).map(|place| times.get(place));
        full.map_or(now, |oldest| oldest.map_or(u64::MAX, |oldest| oldest + millis(self.period)))
    }

    fn refuse(&self, free: u64) -> Leave {
        let AttachLimit { name, most, .. } = self;
        let next = match free {
            u64::MAX => String::new(),
            _ => format!(": the next may come at {}", Timestamp::since_1970(Duration::from_millis(free))),
        };
        let period = ShownDuration(self.period);
        let refused = Complaint::new(format!("of {name} this gateway may attach {most} times within {period}{next}"));
        Leave::Refuse(
            refused.of("hayes::run::attach-limit").help("run it once more later, or with a larger --attaches"),
        )
    }
}

/// The command lines that the modem reads when this text comes behind what was sent of a line before, why they must
/// stand in an `unsafe` block, and what they risk. What was begun has been judged already, as far as it went.
pub fn judged(
    conversation: &Conversation,
    text: &str,
    known: Option<&Prospect>,
) -> (String, Option<&'static str>, Stakes) {
    let (begun, (own, _)) = (conversation.begun(), typed("", text));
    let of = |line: &str| prospect(line, conversation.module());
    let own_prospect = known.filter(|_| own == text).map(|known| (known.needs_unsafe, known.stakes));
    let (needs_unsafe, stakes) = own_prospect.unwrap_or_else(|| {
        let Prospect { needs_unsafe, stakes, .. } = of(&own);
        (needs_unsafe, stakes)
    });
    if begun.is_empty() || needs_unsafe.is_some() || stakes != Stakes::default() {
        return (own, needs_unsafe, stakes);
    }
    let (whole, before) = (typed(begun, text).0, of(&typed(begun, "").0).stakes);
    let Prospect { needs_unsafe, stakes, .. } = of(&whole);
    (whole, needs_unsafe, if stakes == before { Stakes::default() } else { stakes })
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").field("port", &self.port).field("allowed", &self.allowed).finish_non_exhaustive()
    }
}

/// The lines that the modem answers to a question; none where it refuses it, or does not answer.
fn answer_to(
    line: &'static str,
    conversation: &mut Conversation,
    hearer: &mut dyn Hearer,
) -> Result<Option<Vec<Line>>, Trouble> {
    let known = prospect(line, conversation.module());
    let longest = known.longest.unwrap_or_default().max(TIMEOUT);
    let question = Question::new(format!("{line}\r"), known.expected, longest, PromptPlan::Unexpected);
    match conversation.ask(&Arc::new(question), hearer) {
        Ok(Answer { lines, result, .. }) => Ok(result.is_some_and(|result| result.is_success()).then_some(lines)),
        Err(trouble) if trouble.is_timeout() => Ok(None),
        Err(trouble) => Err(trouble),
    }
}

fn refuse_part() -> Leave {
    let message =
        "the PIN is not tried: the modem is asked before how many tries are left, and this is no whole command line";
    let told = Complaint::new(message).of("hayes::run::pin-guard");
    Leave::Refuse(
        told.help("write the command as a line of its own: `AT+CPIN=\"${pin}\"`; if it must be: `--allow pin`"),
    )
}

fn refuse(code: &'static str, message: String, lifted_by: LiftedGuard) -> Leave {
    let (flag, meant) = match lifted_by {
        LiftedGuard::Pin => ("pin", "look whether it is the right SIM and the right PIN; if you are sure"),
        LiftedGuard::Network => {
            ("network", "a SIM that looks for a network again and again is barred by some; if it must be")
        }
        LiftedGuard::Illegal => ("illegal", "if it is your modem and the law allows it"),
    };
    Leave::Refuse(Complaint::new(message).of(code).help(format!("{meant}: `--allow {flag}`")))
}

fn lower(sentence: &str) -> String {
    let mut letters = sentence.trim_end_matches('.').chars();
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
}

/// A number that nobody foresees.
fn chance() -> u64 {
    let mut bytes = [0; 8];
    // Without it all wait the same time.
    let _ = getrandom::fill(&mut bytes);
    u64::from_le_bytes(bytes)
}

#[cfg(test)]
#[path = "../../tests/units/guard.rs"]
mod tests;
