//! Follows the jumps of a script: which answers go on, and which lead to a failure only. In Hayes an answer that nobody
//! waits for fails by itself, so what stands behind such a jump is left out.

use std::collections::HashMap;

use super::writing::is_failure;
use super::{Deed, Onward};

/// Where a way through the script leads.
enum Fate {
    Fails(String),
    GoesOn(usize),
}

struct Flow<'d> {
    deeds: &'d [Deed],
    labels: HashMap<&'d str, usize>,
}

/// The steps without their labels and jumps. A jump that Hayes cannot express becomes [`Deed::Unsaid`].
pub(super) fn followed(deeds: Vec<Deed>) -> Vec<Deed> {
    let mut labels = HashMap::new();
    for (place, deed) in deeds.iter().enumerate() {
        if let Deed::Label(name) = deed {
            labels.insert(name.as_str(), place);
        }
    }
    let flow = Flow { deeds: &deeds, labels };
    let mut kept = Vec::new();
    let mut place = 0;
    while let Some(deed) = deeds.get(place) {
        place += 1;
        match deed {
            Deed::Wait(wait) => {
                let ways: Vec<Fate> = wait.wanted.iter().map(|wanted| flow.fate(place, &wanted.then)).collect();
                let on = |fate: &Fate| match fate {
                    Fate::GoesOn(to) => Some(*to),
                    Fate::Fails(_) => None,
                };
                // The next line, else the nearest one behind it, else one before.
                let here = ways.iter().filter_map(on).min_by_key(|to| (*to < place, *to));
                let mut wait = wait.clone();
                let mut elsewhere = Vec::new();
                for (wanted, fate) in wait.wanted.iter_mut().zip(ways) {
                    wanted.then = match fate {
                        Fate::Fails(why) => Onward::Fail(why),
                        Fate::GoesOn(to) if Some(to) == here => Onward::Next,
                        Fate::GoesOn(_) if is_failure(&wanted.text) => Onward::Fail(String::new()),
                        Fate::GoesOn(_) => {
                            let label = match &wanted.then {
                                Onward::Label(label) => format!("goto {label}"),
                                Onward::Next | Onward::Fail(_) => "the next line".to_owned(),
                            };
                            elsewhere.push(Deed::Unsaid(format!("{}: {label}", wanted.text)));
                            Onward::Fail(format!("not imported: {label}"))
                        }
                    };
                }
                kept.push(Deed::Wait(wait));
                kept.extend(elsewhere);
                if let Some(to) = here.filter(|to| *to > place && flow.only_fails(place, *to)) {
                    place = to;
                }
            }
            Deed::Go(label) => match flow.fate(place, &Onward::Label(label.clone())) {
                Fate::Fails(why) => kept.extend([Deed::Log(why), Deed::Exit { passed: false }]),
                Fate::GoesOn(to) if to >= place && flow.only_fails(place, to) => place = to,
                Fate::GoesOn(_) => kept.push(Deed::Unsaid(format!("goto {label}"))),
            },
            Deed::Exit { passed: true } if flow.only_fails(place, deeds.len()) => break,
            Deed::Send(_)
            | Deed::Bare(_)
            | Deed::Capture(_)
            | Deed::Sleep(_)
            | Deed::Timeout(_)
            | Deed::Abort(_)
            | Deed::Log(_)
            | Deed::Set(..)
            | Deed::Line(_)
            | Deed::Label(_)
            | Deed::Exit { .. }
            | Deed::Comment(_)
            | Deed::Unsaid(_) => kept.push(deed.clone()),
        }
    }
    // A label is worth a line where a jump to it is left.
    let mut jumps = Vec::new();
    for deed in &kept {
        if let Deed::Unsaid(line) = deed {
            jumps.extend(line.rsplit_once("goto ").map(|(_, label)| label.to_owned()));
        }
    }
    let mut is_reached = true;
    kept.retain(|deed| {
        let is_label = matches!(deed, Deed::Label(_));
        let is_wanted = !is_label || matches!(deed, Deed::Label(name) if jumps.contains(name));
        is_reached |= is_label && is_wanted || matches!(deed, Deed::Line(line) if line == "}");
        let stays = is_reached && is_wanted;
        is_reached &= !matches!(deed, Deed::Exit { .. });
        stays
    });
    kept
}

impl Flow<'_> {
    fn fate(&self, next: usize, then: &Onward) -> Fate {
        let mut place = match then {
            Onward::Fail(why) => return Fate::Fails(why.clone()),
            Onward::Next => next,
            Onward::Label(label) => match self.labels.get(label.as_str()) {
                Some(place) => *place,
                None => return Fate::Fails(format!("there is no label {label}")),
            },
        };
        let mut goes_on = self.past_labels(place);
        let mut why = Vec::new();
        // A loop of jumps ends nowhere.
        for _ in 0..self.deeds.len() {
            match self.deeds.get(place) {
                Some(Deed::Label(_) | Deed::Comment(_)) => place += 1,
                Some(Deed::Log(text)) => {
                    why.push(text.as_str());
                    place += 1;
                }
                Some(Deed::Go(label)) => {
                    let Some(to) = self.labels.get(label.as_str()) else { break };
                    place = *to;
                    if why.is_empty() {
                        goes_on = self.past_labels(place);
                    }
                }
                Some(Deed::Exit { passed: false }) => return Fate::Fails(why.join(" ")),
                Some(_) | None => break,
            }
        }
        Fate::GoesOn(goes_on)
    }

    fn past_labels(&self, mut place: usize) -> usize {
        while matches!(self.deeds.get(place), Some(Deed::Label(_))) {
            place += 1;
        }
        place
    }

    /// Whether all between two places is ways to a failure, each whole.
    fn only_fails(&self, from: usize, to: usize) -> bool {
        let mut is_whole = true;
        for deed in self.deeds.get(from..to).unwrap_or_default() {
            match deed {
                Deed::Label(_) | Deed::Comment(_) => {}
                Deed::Log(_) => is_whole = false,
                Deed::Exit { passed: false } => is_whole = true,
                Deed::Go(label) if matches!(self.fate(from, &Onward::Label(label.clone())), Fate::Fails(_)) => {
                    is_whole = true;
                }
                Deed::Send(_)
                | Deed::Bare(_)
                | Deed::Wait(_)
                | Deed::Capture(_)
                | Deed::Sleep(_)
                | Deed::Timeout(_)
                | Deed::Abort(_)
                | Deed::Set(..)
                | Deed::Line(_)
                | Deed::Go(_)
                | Deed::Exit { passed: true }
                | Deed::Unsaid(_) => return false,
            }
        }
        is_whole
    }
}
