//! Follows the jumps of a script and makes blocks of them: what an answer leads to stands under it, a jump back is a
//! loop. In Hayes an answer that nobody waits for fails by itself, so what only leads to a failure is left out.

use std::cell::Cell;
use std::collections::{BTreeSet, HashMap, HashSet};

use super::{Deed, Onward, Test, Wait, Wanted, is_failure, question};

/// A step, and which answer the last wait had, where a later step asks for it.
type Node = (usize, Option<i64>);

type Joins = HashMap<Node, (Node, usize)>;

/// No step: what leads to it has to end by itself.
const NOWHERE: Node = (usize::MAX, None);
/// Blocks in blocks
const BLOCKS_DEEP: usize = 24;
const STEPS_LOOKED_AT: usize = 300_000;

/// Where a way through the script leads.
enum Fate {
    Fails(String),
    GoesOn(Node),
}

#[derive(Default)]
struct Flow {
    deeds: Vec<Deed>,
    labels: HashMap<String, usize>,
    /// From this step on the answer is asked for before the next wait.
    asks: Vec<bool>,
    /// Where a jump back leads
    loops: HashSet<Node>,
    /// For each `for`, the answer that its passes end with, where they all end with the same
    last: HashMap<usize, i64>,
    /// Waits that are tried again where no answer comes
    again: HashSet<usize>,
    /// How many more steps may be looked at: a script that costs more is not followed to its end.
    work: Cell<usize>,
}

/// Puts the steps of a subroutine where it is called.
struct Calls<'d> {
    deeds: &'d [Deed],
    labels: HashMap<&'d str, usize>,
    copies: usize,
    /// How many more steps may be copied
    left: usize,
}

impl<'d> Calls<'d> {
    /// The steps at these places. Labels of the copy end in `own`; `chain` is what is being called.
    fn copied(&mut self, places: impl Iterator<Item = usize>, own: &str, chain: &mut Vec<&'d str>) -> Vec<Deed> {
        let mut copy = Vec::new();
        for deed in places.filter_map(|place| self.deeds.get(place)) {
            self.left = self.left.saturating_sub(1);
            let mut deed = deed.clone();
            deed.leads_to().into_iter().for_each(|label| label.push_str(own));
            if let Deed::Label(label) = &mut deed {
                label.push_str(own);
            } else if let Deed::Return = deed {
                if own.is_empty() {
                    copy.push(Deed::Log("`return` where nothing was called".to_owned()));
                    deed = Deed::Exit { passed: false };
                } else {
                    deed = Deed::Go(format!("return{own}"));
                }
            } else if let Deed::Call(label) = &deed {
                let found = self.labels.get_key_value(label.as_str()).map(|(label, start)| (*label, *start));
                let is_new = |label: &str| chain.len() < BLOCKS_DEEP && self.left > 0 && !chain.contains(&label);
                let Some((label, start)) = found.filter(|(label, _)| is_new(label)) else {
                    let why = if found.is_none() { "there is no such label" } else { "it calls itself" };
                    copy.extend([Deed::Unsaid(format!("call {label} ({why})")), Deed::Exit { passed: false }]);
                    continue;
                };
                self.copies += 1;
                let inner = format!(" {}", self.copies);
                chain.push(label);
                copy.push(Deed::Go(format!("{label}{inner}")));
                copy.extend(self.copied(self.reached(start).into_iter(), &inner, chain));
                chain.pop();
                deed = Deed::Label(format!("return{inner}"));
            }
            copy.push(deed);
        }
        copy
    }

    /// The steps of a subroutine: all that is reached from its label until it returns.
    fn reached(&self, start: usize) -> BTreeSet<usize> {
        let (mut reached, mut new) = (BTreeSet::new(), vec![start]);
        while let Some(place) = new.pop() {
            let Some(deed) = self.deeds.get(place).filter(|_| reached.insert(place)) else { continue };
            new.extend(deed.clone().leads_to().into_iter().filter_map(|label| self.labels.get(label.as_str())));
            new.extend((!matches!(deed, Deed::Go(_) | Deed::Exit { .. } | Deed::Return)).then_some(place + 1));
        }
        reached
    }
}

fn labels(deeds: &[Deed]) -> HashMap<&str, usize> {
    let labels = deeds.iter().enumerate();
    labels
        .filter_map(|(place, deed)| if let Deed::Label(name) = deed { Some((name.as_str(), place)) } else { None })
        .collect()
}

/// The steps in blocks, without their labels and jumps. A jump that Hayes cannot express becomes [`Deed::Unsaid`].
pub(super) fn followed(deeds: Vec<Deed>) -> Vec<Deed> {
    let mut calls = Calls { labels: labels(&deeds), deeds: &deeds, copies: 0, left: 20_000 + deeds.len() };
    let mut deeds = calls.copied(0..deeds.len(), "", &mut Vec::new());
    // A subroutine at the end of the text may leave it.
    deeds.push(Deed::Exit { passed: true });
    let labels = labels(&deeds).into_iter().map(|(name, place)| (name.to_owned(), place)).collect();
    let mut flow = Flow { labels, work: Cell::new(STEPS_LOOKED_AT), deeds, ..Flow::default() };
    flow.find_asks();
    flow.find_last();
    flow.find_again();
    let start = flow.past((0, None));
    let (_, loops) = flow.reached(start, &[]);
    flow.loops = loops;
    let end = flow.end();
    let joins = flow.joins(start, &[], end);
    let most = flow.deeds.len() * 4 + 1_000;
    let mut walk = Walk { flow: &flow, open: Vec::new(), said: HashSet::new(), left: most, depth: 0 };
    let mut told = Vec::new();
    walk.block(start, end, &Region { joins, leave: None }, &mut told);
    walk.unsaid_jumps(&mut told);
    told
}

impl Flow {
    fn end(&self) -> Node {
        (self.deeds.len(), None)
    }

    /// The step that a label leads to.
    fn label(&self, label: &str) -> Option<Node> {
        self.labels.get(label).map(|place| self.past((*place, None)))
    }

    fn find_asks(&mut self) {
        self.asks = vec![false; self.deeds.len() + 1];
        let mut before: HashMap<usize, Vec<usize>> = HashMap::new();
        let mut new = Vec::new();
        for (place, deed) in self.deeds.iter().enumerate() {
            new.extend(matches!(deed, Deed::If(Test::Result(..), _)).then_some(place));
            let goes_on = !matches!(deed, Deed::Go(_) | Deed::Exit { .. });
            let mut deed = deed.clone();
            let to = deed.leads_to().into_iter().filter_map(|label| self.labels.get(label).copied());
            for next in to.chain(goes_on.then_some(place + 1)) {
                before.entry(next).or_default().push(place);
            }
        }
        while let Some(place) = new.pop() {
            if let Some(asks) = self.asks.get_mut(place).filter(|asks| !**asks) {
                *asks = true;
                let above = before.get(&place).into_iter().flatten();
                new.extend(above.filter(|place| !matches!(self.deeds.get(**place), Some(Deed::Wait(_)))));
            }
        }
    }

    fn find_last(&mut self) {
        for place in 0..self.deeds.len() {
            if matches!(self.deeds.get(place), Some(Deed::Loop(..))) && self.asks.get(place) == Some(&true) {
                let (inside, _) = self.reached(self.past((place + 1, None)), &[(place, None)]);
                let inside = inside.into_iter().filter(|node| node.0 != place);
                let back = inside.flat_map(|node| self.next_known(node)).filter(|to| to.0 == place);
                let known: HashSet<Option<i64>> = back.map(|(_, known)| known).collect();
                if let (1, Some(Some(known))) = (known.len(), known.into_iter().next()) {
                    self.last.insert(place, known);
                }
            }
        }
    }

    fn find_again(&mut self) {
        for place in 0..self.deeds.len() {
            if matches!(self.deeds.get(place), Some(Deed::Wait(_))) && self.asks.get(place + 1) == Some(&true) {
                let (behind, _) = self.reached(self.past((place + 1, Some(-1))), &[]);
                if behind.iter().any(|node| node.0 == place) {
                    self.again.insert(place);
                }
            }
        }
    }

    /// Past labels, jumps, and questions for an answer that is known.
    fn past(&self, (mut place, known): Node) -> Node {
        for _ in 0..=self.deeds.len() {
            place = match (self.deeds.get(place), known) {
                (Some(Deed::Label(_)), _) => place + 1,
                (Some(Deed::Go(label)), _) => match self.labels.get(label) {
                    Some(to) => *to,
                    None => break,
                },
                (Some(Deed::If(Test::Result(operator, number), label)), Some(known)) => {
                    let holds = Test::holds(operator, known.cmp(number));
                    self.labels.get(label).copied().filter(|_| holds).unwrap_or(place + 1)
                }
                _ => break,
            };
        }
        (place, known.filter(|_| self.asks.get(place) == Some(&true)))
    }

    /// What may come behind a step.
    fn next(&self, node: Node) -> Vec<Node> {
        self.next_known(node).into_iter().map(|next| self.settled(next)).collect()
    }

    /// No pass of a `for` knows how the one before it ended.
    fn settled(&self, node: Node) -> Node {
        let (place, known) = self.past(node);
        (place, known.filter(|_| !matches!(self.deeds.get(place), Some(Deed::Loop(..)))))
    }

    /// With what is known of the last answer at the beginning of each pass.
    fn next_known(&self, node: Node) -> Vec<Node> {
        let (place, known) = node;
        let behind = self.past((place + 1, known));
        match self.deeds.get(place) {
            None | Some(Deed::Exit { .. } | Deed::Go(_)) => Vec::new(),
            Some(Deed::If(Test::Value(..), label)) => vec![self.label(label).unwrap_or(behind), behind],
            Some(Deed::Loop(_, label)) => {
                let known = self.last.get(&place).copied();
                vec![self.labels.get(label).map_or(behind, |end| self.past((*end, known))), behind]
            }
            Some(Deed::Unsaid(_) | Deed::If(..)) => vec![self.skipped(node)],
            Some(Deed::Wait(wait)) => {
                let (ways, late) = self.ways(place, wait);
                let ways = ways.into_iter().chain(late);
                ways.filter_map(|fate| if let Fate::GoesOn(to) = fate { Some(to) } else { None }).collect()
            }
            Some(_) => vec![behind],
        }
    }

    /// Where it goes on behind a line that may pass over others and that Hayes has no word for.
    fn skipped(&self, (place, known): Node) -> Node {
        let line = self.deeds.get(place).map(Deed::line).unwrap_or_default();
        let label = line.rsplit_once("goto ").and_then(|(_, label)| self.labels.get(label.trim()));
        let to = label.copied().filter(|to| *to > place);
        self.past(to.map_or((place + 1, known), |to| (to, None)))
    }

    /// Where each of the answers leads; and where it goes on without one, if the script says so.
    fn ways(&self, place: usize, wait: &Wait) -> (Vec<Fate>, Option<Fate>) {
        let text = |known: i64| usize::try_from(known).ok().and_then(|number| wait.wanted.get(number));
        let target = |then: &Onward, known: i64| match then {
            Onward::Label(label) => self.label(label),
            Onward::Fail(_) => None,
            Onward::Next | Onward::Block(_) => Some(self.past((place + 1, Some(known)))),
        };
        let goods = (0..).zip(&wait.wanted).filter(|(_, wanted)| !is_failure(&wanted.text));
        let goods: Vec<Node> = goods.filter_map(|(known, wanted)| target(&wanted.then, known)).collect();
        // Where it goes on as behind a good answer, or waits for nothing else, an error is none.
        let is_bad = |known: i64, to: Node| {
            let is_error = text(known).is_none_or(|wanted| is_failure(&wanted.text) && !goods.is_empty());
            is_error && !goods.contains(&to)
        };
        let way = |then: &Onward, known: i64| match (then, target(then, known)) {
            (_, Some(to)) => self.fate(to, is_bad(known, to)),
            (Onward::Label(label), None) => Fate::Fails(format!("there is no label {label}")),
            (Onward::Fail(why), None) => Fate::Fails(why.clone()),
            (Onward::Next | Onward::Block(_), None) => Fate::Fails(String::new()),
        };
        let ways: Vec<Fate> = (0..).zip(&wait.wanted).map(|(known, wanted)| way(&wanted.then, known)).collect();
        let asks = self.asks.get(place + 1) == Some(&true);
        let late = wait.late.clone().or(asks.then_some(Onward::Next)).map(|then| way(&then, -1));
        // A script that does not look whether an answer came, and does not try again, means one that it waits for.
        let same = |late: &Fate| {
            matches!(late, Fate::GoesOn(to) if ways.iter().zip(&wait.wanted).any(|(way, wanted)| {
                matches!(way, Fate::GoesOn(other) if other == to) && !is_failure(&wanted.text)
            }))
        };
        let late = late.filter(|late| wait.late.is_some() || !same(late) || self.again.contains(&place));
        (ways, late)
    }

    /// Whether a way only tells why, and ends. `is_bad` is one that ends a script because of what did not come.
    fn fate(&self, to: Node, is_bad: bool) -> Fate {
        let mut why = Vec::new();
        let mut node = to;
        for _ in 0..self.deeds.len() {
            match self.deeds.get(node.0) {
                Some(Deed::Log(text)) => why.push(text.trim()),
                Some(Deed::Comment(_)) => {}
                Some(Deed::Exit { passed }) if !passed || is_bad && !why.is_empty() => {
                    return Fate::Fails(why.join(" "));
                }
                _ => break,
            }
            node = self.past((node.0 + 1, node.1));
        }
        Fate::GoesOn(to)
    }

    /// The steps that are reached from here, each before those that lead to it, and the beginnings of loops. It looks
    /// behind none of `stops`.
    fn reached(&self, start: Node, stops: &[Node]) -> (Vec<Node>, HashSet<Node>) {
        let (mut seen, mut inside) = (HashSet::from([start]), HashSet::from([start]));
        let (mut order, mut loops) = (Vec::new(), HashSet::new());
        let mut stack = vec![(start, self.next(start))];
        while let Some((node, left)) = stack.last_mut() {
            let node = *node;
            match left.pop() {
                Some(next) if inside.contains(&next) => {
                    loops.insert(next);
                }
                Some(next) => {
                    if seen.insert(next) {
                        let behind = if stops.contains(&next) { Vec::new() } else { self.next(next) };
                        inside.insert(next);
                        stack.push((next, behind));
                    }
                }
                None => {
                    inside.remove(&node);
                    order.push(node);
                    stack.pop();
                }
            }
        }
        self.work.set(self.work.get().saturating_sub(order.len()));
        (order, loops)
    }

    /// For each step that leads to `root`, the nearest one that all its ways there have in common: its immediate
    /// postdominator (Cooper, Harvey and Kennedy), and how near it is to the root. Ways that end by themselves do not
    /// count.
    fn joins(&self, start: Node, stops: &[Node], root: Node) -> Joins {
        let next = |step: Node| match self.deeds.get(step.0) {
            Some(Deed::Exit { passed: true }) if root == self.end() => vec![root],
            // A loop begins at the step that it comes back to.
            _ if stops.contains(&step) && step != start => Vec::new(),
            _ => self.next(step),
        };
        let mut before: HashMap<Node, Vec<Node>> = HashMap::new();
        for step in self.reached(start, stops).0 {
            for to in next(step) {
                before.entry(to).or_default().push(step);
            }
        }
        // Depth first from the root, backwards
        let above = |node: &Node| before.get(node).cloned().unwrap_or_default();
        let (mut seen, mut order) = (HashSet::from([root]), Vec::new());
        let mut stack = vec![(root, above(&root))];
        while let Some((node, left)) = stack.last_mut() {
            match left.pop() {
                Some(next) => {
                    if seen.insert(next) {
                        stack.push((next, above(&next)));
                    }
                }
                None => {
                    order.push(*node);
                    stack.pop();
                }
            }
        }
        let mut joins = Joins::from([(root, (root, order.len()))]);
        let mut changed = true;
        while changed && self.work.get() > 0 {
            changed = false;
            self.work.set(self.work.get().saturating_sub(order.len()));
            for (rank, node) in order.iter().enumerate().rev().skip(1) {
                let known = next(*node).into_iter().filter(|to| joins.contains_key(to));
                if let Some(join) = known.reduce(|one, other| common(&joins, one, other)) {
                    changed |= joins.insert(*node, (join, rank)) != Some((join, rank));
                }
            }
        }
        joins
    }
}

/// The nearest step that lies behind both.
fn common(joins: &Joins, mut one: Node, mut other: Node) -> Node {
    while one != other {
        let rank = |node: &Node| joins.get(node).map_or(0, |(_, rank)| *rank);
        let low = if rank(&one) < rank(&other) { &mut one } else { &mut other };
        match joins.get(low) {
            Some((up, _)) if up != low => *low = *up,
            _ => return NOWHERE,
        }
    }
    one
}

/// The script, or what a loop does.
struct Region {
    joins: Joins,
    /// Where `break` leads
    leave: Option<Node>,
}

struct Walk<'f> {
    flow: &'f Flow,
    /// The beginnings and ends of the loops that are open
    open: Vec<Node>,
    /// Steps that are told
    said: HashSet<usize>,
    /// How many more steps may be told: what several ways share is told more than once.
    left: usize,
    depth: usize,
}

impl Walk<'_> {
    /// Tells what is done from a step until another.
    fn block(&mut self, mut node: Node, until: Node, region: &Region, told: &mut Vec<Deed>) {
        // A loop begins at the step that it ends with.
        let is_for = matches!(self.flow.deeds.get(node.0), Some(Deed::Loop(..)));
        let mut begins = node == until && !is_for && self.flow.loops.contains(&node);
        while node != until || begins {
            let again = std::mem::take(&mut begins);
            if node == self.flow.end() {
                return told.push(Deed::Exit { passed: true });
            }
            if region.leave == Some(node) {
                return told.push(Deed::Line("break".to_owned()));
            }
            if self.open.contains(&node) && !again
                || self.left == 0
                || self.depth > BLOCKS_DEEP
                || self.flow.work.get() == 0
            {
                return told.extend(self.not_followed(node));
            }
            self.left -= 1;
            self.said.insert(node.0);
            let step = self.flow.deeds.get(node.0);
            let behind = self.flow.settled((node.0 + 1, node.1));
            if matches!(step, Some(Deed::Loop(..))) || self.flow.loops.contains(&node) && !again {
                match self.repeat(node, region, told) {
                    Some(leave) => node = leave,
                    None => return,
                }
                continue;
            }
            node = match step {
                None => return,
                Some(Deed::Wait(wait)) => match self.wait(node.0, wait, until, region, told) {
                    Some(join) => join,
                    None => return,
                },
                Some(Deed::If(test @ Test::Value(..), label)) => {
                    let yes = self.flow.label(label).unwrap_or(behind);
                    let join = self.join(&[yes, behind], until, region);
                    let (test, yes, no) =
                        if yes == join { (test.negated(), behind, yes) } else { (test.clone(), yes, behind) };
                    if yes != no {
                        told.push(Deed::Line(format!("if {} {{", test.written())));
                        told.extend(self.inner(yes, join, region));
                        if no != join {
                            told.push(Deed::Line("} else {".to_owned()));
                            told.extend(self.inner(no, join, region));
                        }
                        told.push(Deed::Line("}".to_owned()));
                    }
                    if join == NOWHERE {
                        return;
                    }
                    join
                }
                Some(Deed::Exit { passed }) => {
                    let falls = *passed && until == self.flow.end();
                    return told.extend((!falls).then_some(Deed::Exit { passed: *passed }));
                }
                Some(Deed::Go(_)) => return told.extend(self.not_followed(node)),
                Some(deed @ (Deed::If(..) | Deed::Unsaid(_))) => {
                    let to = self.flow.skipped(node);
                    told.push(Deed::Unsaid(deed.line()));
                    // What the jump may pass over is not for every modem.
                    let passed_over = self.flow.deeds.get(node.0 + 1..to.0.max(node.0 + 1)).unwrap_or_default();
                    if to != behind {
                        told.extend(passed_over.iter().map(untold));
                    }
                    to
                }
                Some(other) => {
                    told.push(other.clone());
                    behind
                }
            };
        }
    }

    fn inner(&mut self, start: Node, until: Node, region: &Region) -> Vec<Deed> {
        let mut told = Vec::new();
        self.depth += 1;
        if start != until {
            self.block(start, until, region, &mut told);
        }
        self.depth -= 1;
        told
    }

    /// Where these ways meet; else the longest of them, which goes on behind the blocks of the others.
    fn join(&self, ways: &[Node], until: Node, region: &Region) -> Node {
        let meeting = ways.iter().copied().filter(|way| region.joins.contains_key(way));
        let meeting = meeting.reduce(|one, other| common(&region.joins, one, other));
        let ends_here = meeting.is_none_or(|meeting| meeting == self.flow.end());
        match meeting {
            Some(meeting) if !ends_here || until == self.flow.end() && ways.contains(&meeting) => meeting,
            _ => {
                let stops = [&self.open[..], &[until]].concat();
                let length = |way: &Node| self.flow.reached(*way, &stops).0.len();
                ways.iter().copied().rev().max_by_key(length).unwrap_or(NOWHERE)
            }
        }
    }

    /// Where the ways of a wait meet; where those of its good answers do, if less is told twice then: outside of loops
    /// the others may end by themselves.
    fn join_of(&self, goods: &[Node], all: &[Node], until: Node, region: &Region) -> Node {
        let join = self.join(all, until, region);
        if !self.open.is_empty() || goods.iter().all(|good| Some(good) == goods.first()) {
            return join;
        }
        let nearer = self.join(goods, until, region);
        let length = |from: Node, to: Node| self.flow.reached(from, &[to]).0.len();
        let copied = length(nearer, join) * (goods.len() - 1);
        if nearer != join && copied > length(join, until) { nearer } else { join }
    }

    /// A loop; yields where it goes on behind it.
    fn repeat(&mut self, node: Node, region: &Region, told: &mut Vec<Deed>) -> Option<Node> {
        let (head, start, leave) = match self.flow.deeds.get(node.0) {
            Some(Deed::Loop(head, end)) => {
                let known = self.flow.last.get(&node.0).copied();
                let end = self.flow.labels.get(end).map(|end| self.flow.past((*end, known)));
                (head.as_str(), self.flow.past((node.0 + 1, None)), end)
            }
            _ => {
                // What can come back here is in the loop; it is left for the first step behind that is not.
                let inside = self.flow.joins(node, &self.open, node);
                let mut up = node;
                while let Some((next, _)) =
                    region.joins.get(&up).filter(|(next, _)| *next != up && inside.contains_key(&up))
                {
                    up = *next;
                }
                told.push(Deed::Comment("It has no count of its own: a million times at most.".to_owned()));
                ("repeat 1000000", node, Some(up).filter(|up| !inside.contains_key(up)))
            }
        };
        let open = self.open.len();
        self.open.extend([node].into_iter().chain(leave));
        let joins = self.flow.joins(start, &self.open, node);
        told.push(Deed::Line(format!("{head} {{")));
        self.depth += 1;
        self.block(start, node, &Region { joins, leave }, told);
        self.depth -= 1;
        told.push(Deed::Line("}".to_owned()));
        self.open.truncate(open);
        leave
    }

    /// A wait and what its answers lead to; yields where it goes on.
    fn wait(&mut self, place: usize, wait: &Wait, until: Node, region: &Region, told: &mut Vec<Deed>) -> Option<Node> {
        let (ways, late) = self.flow.ways(place, wait);
        let flow = self.flow;
        let on = |fate: &Fate| if let Fate::GoesOn(to) = fate { Some(flow.settled(*to)) } else { None };
        let mut nodes: Vec<Node> = ways.iter().chain(&late).filter_map(on).collect();
        nodes.sort_unstable();
        nodes.dedup();
        let prompts = wait.wanted.iter().any(|wanted| wanted.text.trim() == ">");
        let join = match nodes.as_slice() {
            [] => NOWHERE,
            [only] => *only,
            // Data that a prompt asks for belong to the same question.
            _ if prompts => ways.iter().find_map(on).unwrap_or(NOWHERE),
            _ => {
                let goods = ways.iter().zip(&wait.wanted).filter(|(_, wanted)| !is_failure(&wanted.text));
                let goods: Vec<Node> = goods.filter_map(|(way, _)| on(way)).collect();
                self.join_of(&goods, &nodes, until, region)
            }
        };
        // An answer that goes on, and no answer or each other one
        let good = ways.first().and_then(on).filter(|_| !prompts);
        let other = late.as_ref().and_then(on).filter(|other| Some(*other) != good);
        let is_either = |way: &Fate| on(way).is_some() && (on(way) == good || on(way) == other);
        if let (Some(good), Some(late), true) = (good, other, ways.iter().all(is_either))
            && let then = if good == join { Vec::new() } else { self.inner(good, join, region) }
            && matches!(then.as_slice(), [] | [Deed::Exit { passed: true }] | [Deed::Line(_)])
        {
            let start = question(told);
            told.insert(start, Deed::Line("try {".to_owned()));
            let kept = wait.wanted.iter().zip(&ways).filter(|(_, way)| on(way) == Some(good));
            let wanted = kept.map(|(wanted, _)| Wanted { then: Onward::Next, ..wanted.clone() }).collect();
            told.push(Deed::Wait(Wait { wanted, late: None, within: wait.within }));
            told.extend(then);
            told.push(Deed::Line("} else {".to_owned()));
            if !self.open.is_empty() {
                // Another answer ends a question at once: there it was waited on, and so the loop had its pause.
                told.extend(wait.within.map(Deed::Sleep));
            }
            told.extend(self.inner(late, join, region));
            told.push(Deed::Line("}".to_owned()));
            return Some(join).filter(|join| *join != NOWHERE);
        }
        let mut wait = wait.clone();
        let mut elsewhere = Vec::new();
        for (wanted, way) in wait.wanted.iter_mut().zip(&ways) {
            wanted.then = match way {
                Fate::Fails(why) => Onward::Fail(why.clone()),
                Fate::GoesOn(to) if flow.settled(*to) == join => Onward::Next,
                Fate::GoesOn(to) if prompts => {
                    elsewhere.push(Deed::Unsaid(format!("{}: {}", wanted.text, self.named(*to))));
                    Onward::Fail(format!("not imported: {}", self.named(*to)))
                }
                Fate::GoesOn(to) => Onward::Block(self.inner(flow.settled(*to), join, region)),
            };
        }
        let late = late.as_ref().and_then(on).filter(|_| nodes.len() > 1 && !prompts);
        wait.late = late.map(|to| Onward::Block(self.inner(to, join, region)));
        // Whatever comes, it ends as failed.
        let why = match (nodes.is_empty(), ways.first()) {
            (true, Some(Fate::Fails(why))) => Some(why.clone()),
            _ => None,
        };
        let is_same = |wanted: &Wanted| matches!((&wanted.then, &why), (Onward::Fail(one), Some(why)) if one == why);
        if wait.wanted.iter().all(is_same) {
            wait.wanted.iter_mut().for_each(|wanted| wanted.then = Onward::Next);
        }
        told.push(Deed::Wait(wait));
        told.extend(elsewhere);
        if nodes.is_empty() {
            told.extend([Deed::Log(why.unwrap_or_default()), Deed::Exit { passed: false }]);
        }
        Some(join).filter(|join| *join != NOWHERE)
    }

    /// A jump to a step where no block can lead.
    fn not_followed(&self, node: Node) -> [Deed; 2] {
        [Deed::Unsaid(self.named(node)), Deed::Exit { passed: false }]
    }

    fn named(&self, node: Node) -> String {
        let label = self.flow.labels.keys().filter(|name| self.flow.label(name) == Some(node)).min();
        match (self.flow.deeds.get(node.0), label) {
            (Some(Deed::Go(label)), _) | (_, Some(label)) => format!("goto {label}"),
            _ => "the next line".to_owned(),
        }
    }

    /// What stands behind the labels of jumps that could not be said is told as comments.
    fn unsaid_jumps(&mut self, told: &mut Vec<Deed>) {
        let mut new = 0;
        while let Some(deed) = told.get(new) {
            new += 1;
            let Deed::Unsaid(line) = deed else { continue };
            let Some((_, label)) = line.rsplit_once("goto ") else { continue };
            let Some(mut place) = self.flow.labels.get(label.trim()).copied() else { continue };
            if self.said.contains(&self.flow.past((place, None)).0) {
                continue;
            }
            while let Some(deed) = self.flow.deeds.get(place).filter(|_| self.said.insert(place)) {
                told.push(untold(deed));
                place += 1;
                if matches!(deed, Deed::Exit { .. } | Deed::Go(_)) {
                    break;
                }
            }
        }
    }
}

/// The same as a comment.
fn untold(deed: &Deed) -> Deed {
    let is_comment = matches!(deed, Deed::Label(_) | Deed::Comment(_) | Deed::Unsaid(_));
    if is_comment { deed.clone() } else { Deed::Untold(Box::new(deed.clone())) }
}
