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

use crate::at::parameters::{parameters, split_prefix};
use crate::at::{Answer, Event, Hearer, Line, PromptPlan, Question, ResultCode};
use crate::catalogue::command::Stakes;
use crate::catalogue::prospect;
use crate::connect::Address;
use crate::conversation::{Conversation, Trouble};
use crate::diagnostic::Complaint;
use crate::notation::ShownDuration;
use crate::port::Timestamp;
use crate::state;
use ledger::{Book, Ledger};

use pin::{PinAttempt, tries_told, was_not_tried};
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
        let succeeded = result.is_some_and(ResultCode::is_success);
        if stakes.tries_pin
            && let Some(attempt) = PinAttempt::of(line)
            && (succeeded || result.is_some_and(was_not_tried))
            && let Some(port) = self.real_port()
        {
            let sim = self.with_known(|known| known.iccid.clone()).unwrap_or_else(|| port.to_owned());
            self.change(|book, _| attempt.settle(book, &sim, succeeded));
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
        if attempt.opens == "SC" {
            for (line, index) in tries_told(module) {
                let lines = answer_to(line, conversation, hearer)?.unwrap_or_default();
                left = lines.iter().find_map(|line| {
                    let value = parameters(split_prefix(&line.bytes).1).nth(index)?;
                    value.text().trim().parse().ok()
                });
                if left.is_some() {
                    break;
                }
            }
        }
        Ok((self.with_known(|known| known.iccid.clone()), left))
    }

    fn try_pin(&self, sim: &str, attempt: &PinAttempt, left: Option<u64>) -> Leave {
        let allowed = self.allows(LiftedGuard::Pin);
        self.change(|book, now| {
            let mark = book.mark(&attempt.opens, &attempt.code);
            let history = book.sim(sim);
            let failed = history.in_a_row.entry(attempt.opens.clone()).or_default();
            let before = history.failed.get(&mark).map(|time| Timestamp::since_1970(Duration::from_millis(*time)));
            let why = match (before, left) {
                (Some(before), _) => Some(format!("this PIN has failed on the SIM {sim} before, at {before}")),
                (None, Some(left)) if left <= 1 => {
                    Some(format!("the SIM {sim} has {} left", if left == 1 { "one try" } else { "no try" }))
                }
                (None, None) if *failed > 0 => Some(format!(
                    "a PIN has failed on the SIM {sim}, and the modem does not tell how many tries are left"
                )),
                (None, Some(_) | None) => None,
            };
            if let Some(why) = why.filter(|_| !allowed) {
                return refuse("hayes::run::pin-guard", format!("the PIN is not tried: {why}"), LiftedGuard::Pin);
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
mod tests {
    use std::path::Path;

    use super::*;
    use crate::state::with_folder;

    fn stakes(line: &str) -> Stakes {
        prospect(line, None).stakes
    }

    fn guard(folder: &Path, allowed: &[LiftedGuard]) -> Guard {
        let guard = Guard::new(Ledger::new(Some(folder.to_owned())), allowed);
        guard.at(&Address::parse("tcp://modem:1").unwrap()).unwrap()
    }

    #[test]
    fn what_is_at_stake() {
        for (line, told) in [
            ("AT+CFUN=1,1", "restarts joins"),
            ("AT+CFUN=4", "leaves"),
            ("AT+CFUN=1", "joins"),
            ("AT+COPS=0", "seeks"),
            ("AT+COPS=3,2", ""),
            ("AT+COPS=?", ""),
            ("AT+CGATT=0", "leaves"),
            ("AT&W", "flash"),
            ("AT+QCFG=\"band\",f,1,1", "flash"),
            ("AT+QCFG=\"band\"", ""),
            ("AT+CGDCONT=1,\"IP\",\"super\"", "flash"),
            ("AT+CGDCONT?", ""),
            ("AT+URAT=7", "flash"),
            ("AT+QCCID", "number"),
            ("AT+CGSN", "number"),
            ("AT+EGMR=1,7,\"1\"", "illegal"),
            ("AT+EGMR=0,7", ""),
        ] {
            let known = stakes(line);
            let all = [
                (known.restarts, "restarts"),
                (known.leaves_network, "leaves"),
                (known.joins_network, "joins"),
                (known.seeks_network, "seeks"),
                (known.writes_flash, "flash"),
                (known.tells_number, "number"),
                (known.illegal.is_some(), "illegal"),
            ];
            let found: Vec<_> = all.iter().filter(|(holds, _)| *holds).map(|(_, name)| *name).collect();
            assert_eq!(found.join(" "), told, "{line}");
        }
    }

    #[test]
    fn a_pin_that_has_failed_is_not_tried_again() {
        with_folder(|folder| {
            let (wrong, other) = (PinAttempt::of("AT+CPIN=1111").unwrap(), PinAttempt::of("AT+CPIN=2222").unwrap());
            let told = |leave: &Leave| match leave {
                Leave::Refuse(refusal) => refusal.message.split(" at ").next().unwrap().to_owned(),
                Leave::Send | Leave::Wait(_) => "sent".to_owned(),
            };
            let first = guard(folder, &[]);
            assert_eq!(first.try_pin("8988", &wrong, Some(3)), Leave::Send);
            // Another run; another way of writing it.
            let next = guard(folder, &[]);
            let again = PinAttempt::of("AT+CLCK=\"SC\",0,\"1111\"").unwrap();
            assert_eq!(
                told(&next.try_pin("8988", &again, Some(2))),
                "the PIN is not tried: this PIN has failed on the SIM 8988 before,"
            );
            assert_eq!(
                told(&next.try_pin("8988", &other, None)),
                "the PIN is not tried: a PIN has failed on the SIM 8988, and the modem does not tell how many tries are left"
            );
            assert_eq!(
                told(&next.try_pin("8988", &other, Some(1))),
                "the PIN is not tried: the SIM 8988 has one try left"
            );
            assert_eq!(next.try_pin("8989", &wrong, None), Leave::Send, "another SIM");
            assert_eq!(
                guard(folder, &[LiftedGuard::Pin]).try_pin("8988", &wrong, Some(1)),
                Leave::Send,
                "the user's word"
            );
            // One that is right clears the count, not what is known of the wrong one.
            assert_eq!(next.try_pin("8988", &other, Some(2)), Leave::Send);
            next.change(|book, _| other.settle(book, "8988", true));
            assert_eq!(
                told(&next.try_pin("8988", &wrong, Some(3))),
                "the PIN is not tried: this PIN has failed on the SIM 8988 before,"
            );
            assert_eq!(next.try_pin("8988", &other, None), Leave::Send);
            // The wrong one has become the right one.
            let change = PinAttempt::of("AT+CPWD=\"SC\",\"2222\",\"1111\"").unwrap();
            next.change(|book, _| change.settle(book, "8988", true));
            assert_eq!(next.try_pin("8988", &wrong, None), Leave::Send);
            let kept = std::fs::read_to_string(folder.join("guards.json")).unwrap();
            assert!(!kept.contains("1111") && !kept.contains("2222"), "{kept}");
        });
    }

    #[test]
    fn a_sim_looks_for_a_network_four_times_an_hour() {
        with_folder(|folder| {
            let (off, on) = (stakes("AT+CFUN=4"), stakes("AT+CFUN=1"));
            let done = Some(ResultCode::Ok);
            for _ in 0..SEARCHES {
                // Each in a run of its own; off and on is one.
                let guard = guard(folder, &[]);
                assert_eq!(guard.search("p", off), Leave::Send);
                guard.after("AT+CFUN=1", on, &[], done.as_ref());
            }
            let fifth = guard(folder, &[]);
            for line in ["AT+CFUN=4", "AT+CFUN=1,1", "AT+COPS=0"] {
                let Leave::Refuse(refusal) = fifth.search("p", stakes(line)) else { panic!("{line} is sent") };
                assert_eq!(refusal.code, "hayes::run::network-guard");
            }
            assert_eq!(fifth.search("another", off), Leave::Send);
            assert_eq!(guard(folder, &[LiftedGuard::Network]).search("p", off), Leave::Send);
            // An hour later.
            fifth.change(|book, _| book.sim("p").searches.iter_mut().for_each(|time| *time -= HOUR_MILLIS));
            assert_eq!(guard(folder, &[]).search("p", off), Leave::Send);
        });
    }

    #[test]
    fn a_site_has_its_share() {
        with_folder(|folder| {
            let guard = guard(folder, &[]);
            let waits = |sim: usize| match guard.search(&sim.to_string(), stakes("AT+COPS=0")) {
                Leave::Send => 0,
                Leave::Wait(time) => time.as_secs(),
                Leave::Refuse(refusal) => panic!("{refusal:?}"),
            };
            assert!((0..SITE_SEARCHES).all(|sim| waits(sim) == 0));
            let waited: Vec<u64> = (100..103).map(waits).collect();
            assert!(waited.iter().all(|time| (55..=65).contains(time)), "{waited:?}");
        });
    }

    #[test]
    fn the_modems_of_a_limit_have_their_share_and_no_more() {
        with_folder(|folder| {
            let limit = |most, longest| AttachLimit {
                name: "acme".to_owned(),
                most,
                period: Duration::from_secs(600),
                longest_wait: Duration::from_secs(longest),
            };
            let port = |number: usize| format!("tcp://m:700{number}");
            let guard = |number: usize, most: usize, longest: u64| {
                let limits = (0..4).map(|number| (port(number), vec![limit(most, longest)])).collect();
                let guard = Guard::new(Ledger::new(Some(folder.to_owned())), &[]).within(limits);
                guard.at(&Address::parse(&port(number)).unwrap()).unwrap()
            };
            let leave = |number: usize, most: usize, longest: u64| match guard(number, most, longest)
                .search(&port(number), stakes("AT+COPS=0"))
            {
                Leave::Send => "sent".to_owned(),
                Leave::Wait(time) => format!("waits {} min", time.as_secs().div_ceil(60)),
                Leave::Refuse(refusal) => refusal.message.split(": the next").next().unwrap().to_owned(),
            };
            assert_eq!(guard(0, 2, 0).room(&limit(2, 0)), 2);
            assert_eq!([leave(0, 2, 0), leave(1, 2, 0)], ["sent", "sent"]);
            assert_eq!(guard(0, 2, 0).room(&limit(2, 0)), 0);
            assert_eq!(leave(7, 2, 0), "sent", "a port that is in no limit");
            assert_eq!(leave(2, 2, 60), "of acme this gateway may attach 2 times within 10min");
            // What waits is promised its time; who comes next waits behind it.
            assert_eq!(leave(2, 2, 700), "waits 10 min");
            assert_eq!(leave(3, 2, 700), "waits 10 min");
            assert_eq!(leave(0, 2, 700), "of acme this gateway may attach 2 times within 10min");
            assert_eq!(leave(0, 0, 700), "of acme this gateway may attach 0 times within 10min");
            guard(0, 2, 0).change(|book, _| book.attaches("acme", Duration::from_secs(6000), 0).clear());
            assert_eq!(leave(0, 2, 0), "sent");
        });
    }
}
