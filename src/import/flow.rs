//! Follows the jumps of a script: which answers go on, and which lead to a failure only. In Hayes an answer that nobody
//! waits for fails by itself, so what stands behind such a jump is left out.

use std::collections::HashMap;

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
        if let Deed::Wait(wait) = deed {
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
        } else if let Deed::Go(label) = deed {
            match flow.fate(place, &Onward::Label(label.clone())) {
                Fate::Fails(why) => kept.extend([Deed::Log(why), Deed::Exit { passed: false }]),
                Fate::GoesOn(to) if to >= place && flow.only_fails(place, to) => place = to,
                Fate::GoesOn(_) => kept.push(deed.clone()),
            }
        } else if let Deed::Unsaid(line) = deed {
            let label = line.rsplit_once("goto ").map(|(_, label)| label.trim());
            let is_late = line.starts_with("timeout: ");
            let fate = label.map(|label| flow.fate(place, &Onward::Label(label.to_owned())));
            if is_late && matches!(fate, Some(Fate::Fails(_))) {
                continue;
            }
            kept.push(deed.clone());
            // What the jump may pass over is not for every modem.
            let to = label.and_then(|label| flow.labels.get(label)).filter(|to| **to > place && !is_late);
            if let Some(to) = to.copied() {
                kept.extend(flow.deeds.get(place..to).unwrap_or_default().iter().map(untold));
                place = to;
            }
        } else if !matches!(deed, Deed::Exit { passed: true }) || !flow.only_fails(place, deeds.len()) {
            kept.push(deed.clone());
        } else {
            break;
        }
    }
    // A label is worth a line where a jump to it is left.
    let mut jumps = Vec::new();
    for deed in &kept {
        if let Deed::Unsaid(line) = deed {
            jumps.extend(line.rsplit_once("goto ").map(|(_, label)| label.trim().to_owned()));
        } else if let Deed::Go(label) = deed {
            jumps.push(label.clone());
        }
    }
    let mut is_reached = true;
    let mut open = 0_usize;
    kept.retain_mut(|deed| {
        if let Deed::Label(name) = deed {
            return jumps.contains(name);
        }
        if let Deed::Line(line) = deed {
            is_reached |= open > 0 && line.starts_with('}');
            open = (open + usize::from(line.ends_with('{'))).saturating_sub(usize::from(line.starts_with('}')));
        }
        if !is_reached {
            if matches!(deed, Deed::Exit { passed: false }) {
                return false;
            }
            *deed = untold(deed);
        }
        is_reached &= !matches!(deed, Deed::Exit { .. } | Deed::Go(_));
        true
    });
    kept
}

/// The same as a comment.
fn untold(deed: &Deed) -> Deed {
    let is_comment = matches!(deed, Deed::Label(_) | Deed::Comment(_) | Deed::Unsaid(_));
    if is_comment { deed.clone() } else { Deed::Untold(Box::new(deed.clone())) }
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
            let fails = |label: &String| matches!(self.fate(from, &Onward::Label(label.clone())), Fate::Fails(_));
            let ends = matches!(deed, Deed::Exit { passed: false }) || matches!(deed, Deed::Go(label) if fails(label));
            let is_log = matches!(deed, Deed::Log(_));
            if !ends && !is_log && !matches!(deed, Deed::Label(_) | Deed::Comment(_)) {
                return false;
            }
            is_whole = ends || is_whole && !is_log;
        }
        is_whole
    }
}
