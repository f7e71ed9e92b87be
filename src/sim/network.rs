//! The radio and the network: power level, registration, operator, signal.

use std::time::Duration;

use super::options::{Options, RegisterOption};
use super::profile::{Operator, Profile};
use super::random::Random;

/// Registration states of 27.007 §7.2.
pub(super) mod stat {
    pub(crate) const NONE: u8 = 0;
    pub(crate) const HOME: u8 = 1;
    pub(crate) const SEARCHING: u8 = 2;
    pub(crate) const DENIED: u8 = 3;
    pub(crate) const ROAMING: u8 = 5;
}

#[derive(Debug)]
pub(super) struct Network {
    pub(super) operators: Vec<Operator>,
    /// The power level of AT+CFUN.
    pub(super) function: u32,
    /// What +CREG shows.
    pub(super) stat: u8,
    /// Whether packet data is attached; +CGREG and +CEREG show 0 where it is not.
    pub(super) attached: bool,
    /// What was told last of each of the services that +CREG, +CGREG and +CEREG tell of.
    pub(super) told: [u8; 3],
    /// AT+COPS: 0 automatic, 1 by hand, 2 off
    pub(super) mode: u8,
    /// AT+COPS=3: 0 long name, 1 short, 2 numeric
    pub(super) format: u8,
    /// The operator it is on or wants: its place in the list; none where the one that was chosen is not in reach.
    pub(super) operator: Option<usize>,
    pub(super) outcome: Outcome,
    pub(super) search: Duration,
    signal: u8,
    /// Whether the signal was asked for and stays as it is.
    steady: bool,
}

/// How a search ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Stat(u8),
    /// It never does.
    Never,
}

impl Network {
    pub(super) fn new(profile: &'static Profile, options: &Options) -> Network {
        let mut operators = profile.network.operators.clone();
        if let (Some(name), Some(first)) = (&options.operator, operators.first_mut()) {
            let (name, code) = match name.rsplit_once('/') {
                Some((name, code)) if code.bytes().all(|byte| byte.is_ascii_digit()) => (name, Some(code)),
                _ => (name.as_str(), None),
            };
            first.long = name.to_owned();
            first.short = name.chars().take(8).collect();
            if let Some(code) = code {
                first.code = code.to_owned();
            }
        }
        let stat = match (options.stat, options.roaming) {
            (Some(stat), _) => stat,
            (None, Some(false)) => stat::HOME,
            (None, _) => stat::ROAMING,
        };
        let (outcome, search) = match options.register {
            Some(RegisterOption::After(time)) => (Outcome::Stat(stat), time),
            Some(RegisterOption::Never) => (Outcome::Never, Duration::ZERO),
            Some(RegisterOption::Denied) => (Outcome::Stat(stat::DENIED), profile.timing.register.0),
            None => (Outcome::Stat(stat), profile.timing.register.0),
        };
        let signal = options.signal.unwrap_or(profile.network.signal);
        Network {
            operators,
            function: 1,
            stat: stat::NONE,
            attached: false,
            told: [stat::NONE; 3],
            mode: 0,
            format: 0,
            operator: Some(0),
            outcome: if signal == 99 { Outcome::Never } else { outcome },
            search,
            signal,
            steady: options.signal.is_some(),
        }
    }

    /// A reset: what AT+COPS=2 ended begins anew, but a network that was chosen stays chosen.
    pub(super) fn restart(&mut self) {
        self.format = 0;
        if self.mode == 2 {
            self.mode = 0;
        }
    }

    /// Registered for data: at home, roaming, or the same without CSFB.
    pub(super) fn is_registered(&self) -> bool {
        matches!(self.stat, 1 | 5 | 9 | 10)
    }

    /// Registered for messages at least.
    pub(super) fn carries_messages(&self) -> bool {
        matches!(self.stat, 1 | 5 | 6 | 7 | 9 | 10)
    }

    pub(super) fn current(&self) -> Option<&Operator> {
        self.operators.get(self.operator?)
    }

    /// What AT+CSQ shows; 99 with the radio off. It wanders a little unless it was asked for.
    pub(super) fn signal(&self, random: &mut Random) -> u8 {
        if self.function != 1 || self.signal == 99 {
            return 99;
        }
        if self.steady {
            return self.signal;
        }
        let step = u8::try_from(random.below(3)).unwrap_or(1);
        (self.signal + step).saturating_sub(1).min(31)
    }
}
