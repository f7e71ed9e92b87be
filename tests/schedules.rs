//! Fault 14: the agent and the controller over a carrier in memory, in virtual time, in schedules that a seed decides.
//! Crashes, a carrier that is away, that loses all, that is given everything again; then all is well, and all must have
//! come to its end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use crate::memory_carrier::MemoryCarrier;
use hayes::batch::run::FINALLY_TIME;
use hayes::check::{Program, check};
use hayes::fleet::agent::{Agent, AgentLine, Enrolment, Standing};
use hayes::fleet::attaches::AttachBudget;
use hayes::fleet::bundle::{ReadyBundle, ScriptBundle};
use hayes::fleet::carrier::{Carrier, NewOrder, Put, Receipt, ResultKey};
use hayes::fleet::controller::{Controller, FleetRun, LedgerLine};
use hayes::fleet::files::ScriptFiles;
use hayes::fleet::key::{SecretKey, sha256};
use hayes::fleet::message::{Manner, WantedModem, json, signed};
use hayes::fleet::moves::MARGIN;
use hayes::fleet::nkey::KeyKind;
use hayes::fleet::targets::Target;
use hayes::library::Library;
use hayes::port::Timestamp;
use hayes::report::result::{FailureReport, RunResult};
use hayes::runtime::Status;
use hayes::source::Source;

const NOW: Duration = Duration::from_secs(1);
const VALID: Duration = Duration::from_secs(900);

/// xorshift64
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}

/// A gateway: what stands on its disk, and what is in its memory.
struct Site {
    who: Enrolment,
    order: Option<Vec<u8>>,
    lines: Vec<AgentLine>,
    agent: Agent,
    /// Modems whose script is driven: those that are not begun, and those that run
    waiting: Vec<ResultKey>,
    running: Vec<ResultKey>,
    confirmed: Option<Duration>,
    /// The carrier does not reach it.
    cut: bool,
    /// When its modems attached, and how often they may
    attached: Vec<Duration>,
    share: usize,
    /// What its clock says (fault 11): the right time, a day before or after it, or 1970.
    clock: fn(Duration) -> Duration,
}

const HOUR: Duration = Duration::from_secs(3600);

const DAY: Duration = Duration::from_secs(86_400);
const CLOCKS: [fn(Duration) -> Duration; 4] = [|now| now, |now| now - DAY, |now| now + DAY, |_| DAY];

struct World {
    chance: Chance,
    /// What the operator's clock says
    clock: fn(Duration) -> Duration,
    now: Duration,
    carrier: MemoryCarrier,
    key: SecretKey,
    sites: Vec<Site>,
    controller: Controller,
    /// What the controller's disk holds
    runs: Vec<FleetRun>,
    ledger: Vec<LedgerLine>,
    cursor: u64,
    bundle: (String, Vec<u8>),
    ready: ReadyBundle,
    /// How often each attempt's port was opened
    opened: BTreeMap<ResultKey, u32>,
    ended: BTreeSet<ResultKey>,
    /// When each attempt was last begun
    begun_at: BTreeMap<ResultKey, Duration>,
    /// All that was ever sent
    sent: Vec<(ResultKey, Vec<u8>)>,
}

/// As often as a budget of the tests may be used in so long.
const PERIOD: Duration = Duration::from_secs(600);

fn room(most: usize, attached: &[Duration], now: Duration) -> usize {
    most.saturating_sub(attached.iter().filter(|time| **time + PERIOD > now).count())
}

fn program(text: &str) -> Arc<Program> {
    check(&Source::new("s.hayes", text), &Library::default()).program.unwrap()
}

impl Site {
    /// What its guard does.
    fn attach(&mut self, now: Duration) {
        self.attached.extend((room(self.share, &self.attached, now) > 0).then_some(now));
    }
}

impl World {
    fn new(seed: u64, key: &SecretKey, bundle: &(String, Vec<u8>), ready: &ReadyBundle) -> World {
        let (key, bundle, ready) = (key.clone(), bundle.clone(), ready.clone());
        let site = |gateway: &str| {
            let who = Enrolment {
                fleet: "f".into(),
                gateway: gateway.into(),
                operators: vec![key.public()],
                instance: format!("i-{gateway}"),
            };
            let agent = Agent::new(who.clone(), None, []);
            Site {
                who,
                order: None,
                lines: vec![],
                agent,
                waiting: vec![],
                running: vec![],
                confirmed: None,
                cut: false,
                attached: vec![],
                share: 0,
                clock: CLOCKS[usize::try_from(seed / 2 % 4).unwrap()],
            }
        };
        let target = |number: u64| Target {
            gateway: format!("g{}", number % 2),
            modem: WantedModem::new(&format!("m{number}"), "sim:bg96"),
        };
        let manner = Manner {
            vars: BTreeMap::new(),
            sealed: None,
            plan: false,
            yes: false,
            shareable: false,
            timeout: NOW,
            timeout_bounds: false,
            timeout_scale: 1.0,
            modem_timeout: NOW,
            jobs: 2,
            start_delay: Duration::ZERO,
            jitter: Duration::ZERO,
            retries: 0,
            wait: Duration::ZERO,
            not_after: "2100-01-01T00:00:00Z".into(),
        };
        let mut run = FleetRun::new("r1".into(), "s".into(), bundle.0.clone(), manner, (0..5).map(target).collect());
        if seed.is_multiple_of(3) {
            run.waves = vec![hayes::batch::schedule::Share::Count(2)];
        }
        let mut world = World {
            chance: Chance(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1),
            clock: CLOCKS[0],
            now: Duration::from_secs(100),
            carrier: MemoryCarrier::default(),
            sites: vec![site("g0"), site("g1")],
            key,
            controller: Controller::default(),
            runs: vec![run],
            ledger: Vec::new(),
            cursor: 0,
            bundle,
            ready,
            opened: BTreeMap::new(),
            ended: BTreeSet::new(),
            begun_at: BTreeMap::new(),
            sent: Vec::new(),
        };
        world.start_controller();
        world
    }

    fn today(&self) -> Timestamp {
        Timestamp::since_1970((self.clock)(self.time()))
    }

    fn time(&self) -> Duration {
        Duration::from_secs(1_800_000_000) + self.now
    }

    // ── The controller

    fn start_controller(&mut self) {
        let orders = std::mem::take(&mut self.controller.orders);
        self.controller =
            Controller { fleet: "f".into(), valid_for: VALID, orders, confirms: true, ..Controller::default() };
        self.controller.runs = self.runs.clone();
        self.ledger.iter().for_each(|line| self.controller.run(&line.run).unwrap().read(line));
        self.cursor = self.ledger.last().filter(|_| !self.runs[0].from_start).map_or(0, |line| line.cursor);
    }

    fn turn_controller(&mut self) {
        for gateway in ["g0", "g1"] {
            if let Ok(Some(kept)) = self.carrier.presence(gateway, NOW) {
                self.controller.presences.insert(gateway.into(), serde_json::from_slice(&kept.bytes).unwrap());
            }
        }
        for come in self.carrier.results(self.cursor, 3, NOW).unwrap_or_default() {
            let taken = self.controller.take(&come.key, &come.bytes, sha256(&come.bytes), come.cursor).unwrap();
            self.cursor = come.cursor;
            if let Some(line) = taken {
                self.ledger.push(line);
            }
        }
        if self.controller.advance(self.now, &|_| true) {
            self.runs = self.controller.runs.clone();
        }
        for gateway in ["g0", "g1"] {
            let Ok(there) = self.carrier.order(gateway, NOW) else { continue };
            let mut next = self.controller.next_order(gateway, self.today());
            if there.is_none() && self.controller.orders.contains_key(gateway) {
                // The carrier has lost it: told anew, so that results are sent anew.
                next = next.or_else(|| self.controller.told_anew(gateway));
                self.cursor = 0;
                self.controller.carrier_has_lost_all();
                self.runs = self.controller.runs.clone();
            }
            let Some(order) = next else { continue };
            self.carrier.put_blob(&self.bundle.0, &self.bundle.1, NOW).unwrap();
            let version = there.map_or(0, |kept| kept.version);
            let bytes = signed(&order, &self.key);
            let put = self.carrier.put_orders(&[NewOrder { gateway, bytes: &bytes, replaces: version }], NOW);
            assert!(matches!(put.as_deref(), Ok([Put::Done(_)])));
            self.controller.orders.insert(gateway.into(), order);
        }
    }

    // ── A gateway

    /// Its memory is lost; lines that were not synced may be.
    fn crash(&mut self, place: usize) {
        let site = &mut self.sites[place];
        let order = site
            .order
            .as_ref()
            .map(|bytes| hayes::fleet::message::verified(bytes, &site.who.operators, "f", &site.who.gateway).unwrap());
        site.agent = Agent::new(site.who.clone(), order, site.lines.clone());
        (site.confirmed, site.waiting, site.running) = (None, Vec::new(), Vec::new());
    }

    fn turn_site(&mut self, place: usize) {
        let today = Timestamp::since_1970((self.sites[place].clock)(self.time()));
        let (carrier, site, now) = (&self.carrier, &mut self.sites[place], self.now);
        if !site.cut
            && let Ok(Some(kept)) = carrier.order(&site.who.gateway, NOW)
        {
            if let Some(order) = site.agent.judge(&kept.bytes).unwrap() {
                site.order = Some(kept.bytes);
                site.agent.follow(order);
            }
            // The batch is told to begin no more; it may have begun another one before it hears that.
            if !site.agent.wants_driven().0 && self.chance.below(2) == 0 {
                site.waiting.clear();
            }
            site.agent.confirmed(now);
            site.confirmed = Some(now);
            site.agent.standing = Standing::Ours;
            let version = carrier.presence(&site.who.gateway, NOW).unwrap().map_or(0, |kept| kept.version);
            let presence = site.agent.presence("b", today);
            assert!(matches!(
                carrier.put_presence(&site.who.gateway, &json(&presence), version, NOW),
                Ok(Put::Done(_))
            ));
        }
        for hash in site.agent.missing_bundles() {
            site.agent.bundle_came(hash, Ok(self.ready.clone()));
        }
        for cut in site.agent.cut_off(today) {
            site.lines.push(AgentLine::Done(Box::new(cut.clone())));
            site.agent.done(&cut);
            self.ended.insert(cut.key());
        }
        if !site.cut
            && let Some((key, bytes)) = site.agent.to_send()
            && let Ok(receipt) = carrier.put_result(&key, &bytes, NOW)
        {
            self.sent.push((key.clone(), bytes));
            // Its word may be lost.
            if receipt == Receipt::Already || self.chance.below(4) > 0 {
                site.agent.sent(&key);
                site.lines = site.agent.lines();
            }
        }
        if site.waiting.is_empty()
            && site.running.is_empty()
            && let Some(drive) =
                site.agent.next_drive(now, today, &|share| room(share.most as usize, &site.attached, now))
        {
            site.share = drive.run.attaches.first().map_or(0, |share| share.most as usize);
            site.waiting = drive.modems.iter().map(|modem| site.agent.key(&drive.run.run, modem)).collect();
        }
    }

    /// The batch of a gateway does one thing.
    fn work(&mut self, place: usize) {
        let today = Timestamp::since_1970((self.sites[place].clock)(self.time()));
        let elsewhere = self.sites[1 - place].running.clone();
        let site = &mut self.sites[place];
        if let Some(key) = site.running.pop() {
            // It attaches once more, where its guard lets it.
            site.attach(self.now);
            let failure = FailureReport::outside("x", "");
            let mut result = RunResult::unreachable(&key.modem, "", "s", today.to_string(), failure);
            (result.status, result.failure) = (Status::Passed, None);
            let result = site.agent.result(&key.run, key.attempt, result, None);
            // A crash may come before its line is written, or before it is told.
            if self.chance.below(6) == 0 {
                return self.crash(place);
            }
            site.lines.push(AgentLine::Done(Box::new(result.clone())));
            self.ended.insert(key);
            if self.chance.below(6) == 0 {
                return self.crash(place);
            }
            site.agent.done(&result);
        } else if let Some(key) = site.waiting.pop() {
            if self.now >= site.agent.may_begin_until() {
                site.waiting.clear();
            } else {
                let fresh = site.confirmed.is_some_and(|confirmed| self.now < confirmed + VALID);
                assert!(fresh, "a modem is begun by an order that may be old");
                assert!(!self.ended.contains(&key), "{key:?} is begun though it has ended");
                let overlaps = elsewhere.iter().any(|other| other.modem == key.modem);
                assert!(!overlaps, "{key:?} is begun while the other gateway talks to it");
                self.begun_at.insert(key.clone(), self.now);
                site.lines.push(AgentLine::Started(key.clone()));
                if self.chance.below(8) == 0 {
                    return self.crash(place);
                }
                site.agent.started(key.clone());
                *self.opened.entry(key.clone()).or_default() += 1;
                site.attach(self.now);
                site.running.push(key);
            }
        }
        let site = &mut self.sites[place];
        if site.waiting.is_empty() && site.running.is_empty() {
            site.agent.driven();
        }
    }

    /// What runs is cut off at its time, and its `finally` has ended 30 s later.
    fn end_late(&mut self) {
        for place in 0..2 {
            let late = |world: &World| {
                let mut running = world.sites[place].running.iter();
                running.any(|key| world.now >= world.begun_at[key] + NOW + Duration::from_secs(30))
            };
            while late(self) {
                self.work(place);
            }
        }
    }

    fn step(&mut self, faults: bool) {
        let place = usize::try_from(self.chance.below(2)).unwrap();
        match self.chance.below(if faults { 16 } else { 9 }) {
            0..=2 => self.turn_controller(),
            3..=5 => self.turn_site(place),
            6..=8 => self.work(place),
            9 => self.crash(place),
            10 => {
                self.start_controller();
            }
            11 => self.carrier.set_away(true),
            12 => self.carrier.set_away(false),
            13 if self.chance.below(4) == 0 => {
                self.carrier.set_away(false);
                self.carrier.wipe();
            }
            14 => {
                for (key, bytes) in self.sent.clone() {
                    let _ = self.carrier.put_result(&key, &bytes, NOW);
                }
            }
            _ => self.now += Duration::from_secs(self.chance.below(600)),
        }
        self.now += Duration::from_millis(100);
    }
}

#[test]
fn whatever_happens_each_attempt_has_one_end_and_none_is_lost() {
    let seeds: u64 = std::env::var("SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(1_000);
    let key = SecretKey::of_seed(KeyKind::Operator, [7; 32]);
    let bundles =
        ["AT+CSQ\n", "AT+CFUN=1\n"].map(|text| ScriptBundle::of(&program(text), &ScriptFiles::new()).unwrap());
    let ready = bundles.clone().map(|(hash, bytes)| ScriptBundle::ready(&hash, &bytes).unwrap());
    assert_eq!(ready.clone().map(|ready| ready.once.is_some()), [false, true]);
    for seed in 1..=seeds {
        let kind = usize::from(seed % 2 == 1);
        let mut world = World::new(seed, &key, &bundles[kind], &ready[kind]);
        for _ in 0..80 {
            world.step(true);
        }
        world.carrier.set_away(false);
        let mut steps = 0;
        while world.controller.runs[0].open().next().is_some() {
            world.step(false);
            steps += 1;
            assert!(steps < 5_000, "seed {seed} comes to no end: {:?}", world.controller.runs[0]);
        }
        let most = if seed % 2 == 0 { 3 } else { 1 };
        for (key, opened) in &world.opened {
            assert!(*opened <= most, "seed {seed}: {key:?} was begun {opened} times");
        }
        let mut modems: Vec<&str> = world.ledger.iter().map(|line| line.result.modem.as_str()).collect();
        modems.sort_unstable();
        assert_eq!(modems, ["m0", "m1", "m2", "m3", "m4"], "seed {seed}");
        for line in world.ledger.iter().filter(|line| line.result.status == Status::Interrupted) {
            let cut =
                world.opened.iter().find(|(key, _)| key.modem == line.result.modem).map_or(0, |(_, opened)| *opened);
            assert!(cut <= most, "seed {seed}");
        }
    }
}

/// Fault 11: a clock that is wrong keeps nothing from its time, and is told.
#[test]
fn a_wrong_clock_is_told_and_delays_nothing() {
    let key = SecretKey::of_seed(KeyKind::Operator, [7; 32]);
    let bundle = ScriptBundle::of(&program("AT+CSQ\n"), &ScriptFiles::new()).unwrap();
    let ready = ScriptBundle::ready(&bundle.0, &bundle.1).unwrap();
    let told = [
        None,
        Some("its clock is behind the operator's"),
        Some("its clock is ahead of the operator's"),
        Some("its clock is behind the operator's"),
    ];
    for (clock, told) in CLOCKS.into_iter().zip(told) {
        let mut world = World::new(2, &key, &bundle, &ready);
        world.sites[0].clock = clock;
        world.runs[0].manner.not_after = world.today().after(DAY / 2).to_string();
        world.start_controller();
        (0..2).for_each(|_| (world.turn_controller(), world.turn_site(0)).1);
        world.turn_controller();
        let (order, presence) = (&world.controller.orders["g0"], &world.controller.presences["g0"]);
        assert_eq!(presence.skew(Some(order), world.today()), told);
        let was_never_set = presence.says.as_ref().is_some_and(|says| says.ends_with("it was never set"));
        assert_eq!(was_never_set, presence.clock.starts_with("1970"));
        // What ends a run is a time of day: a clock that is a day ahead is believed in that, and in nothing else.
        assert_eq!(world.sites[0].waiting.is_empty(), told == Some("its clock is ahead of the operator's"));
        assert_eq!(world.sites[0].agent.may_begin_until(), world.now + VALID);
    }
}

/// Amid a run a clock jumps an hour and back: nothing waits for it, nothing is begun twice, and nothing expires. `set`
/// sets the clock that jumps.
fn a_clock_jumps(set: fn(&mut World, fn(Duration) -> Duration)) {
    let key = SecretKey::of_seed(KeyKind::Operator, [7; 32]);
    let bundle = ScriptBundle::of(&program("AT+CFUN=1\n"), &ScriptFiles::new()).unwrap();
    let ready = ScriptBundle::ready(&bundle.0, &bundle.1).unwrap();
    let run_to_its_end = |seed, jumps: &[fn(Duration) -> Duration]| {
        let mut world = World::new(seed, &key, &bundle, &ready);
        world.sites.iter_mut().for_each(|site| site.clock = CLOCKS[0]);
        world.runs[0].manner.not_after = world.today().after(2 * HOUR).to_string();
        world.start_controller();
        let mut steps = 0;
        while world.controller.runs[0].open().next().is_some() {
            if let (0, Some(jump)) = (steps % 7, jumps.get(steps / 7)) {
                set(&mut world, *jump);
            }
            world.step(false);
            let (run, today) = (&world.controller.runs[0], world.today());
            assert!(run.open().next().is_none() || !world.controller.may_close(run, today), "seed {seed}");
            steps += 1;
            assert!(steps < 2_000, "seed {seed} comes to no end");
        }
        let ended: BTreeMap<String, Status> =
            world.ledger.iter().map(|line| (line.result.modem.clone(), line.result.status)).collect();
        assert_eq!((ended.len(), world.ledger.len()), (5, 5), "seed {seed}");
        assert!(world.opened.values().all(|opened| *opened == 1), "seed {seed}");
        (steps, world.now, ended)
    };
    for seed in 1..=150 {
        let steady = run_to_its_end(seed, &[]);
        for jumps in [[|now| now + HOUR, |now| now, |now| now - HOUR], [|now| now - HOUR, |now| now + HOUR, |now| now]]
        {
            assert_eq!(run_to_its_end(seed, &jumps), steady, "seed {seed}: as if the clock had stood");
        }
    }
}

#[test]
fn the_clock_of_a_gateway_that_jumps_an_hour_changes_nothing() {
    a_clock_jumps(|world, clock| world.sites[0].clock = clock);
}

#[test]
fn the_clock_of_the_operator_that_jumps_an_hour_changes_nothing() {
    a_clock_jumps(|world, clock| world.clock = clock);
}

/// Fault 10: a modem is moved while the gateway that had it is cut off, or is not. Their conversations do not overlap.
#[test]
fn a_moved_modem_is_begun_when_the_gateway_that_had_it_cannot_talk_to_it() {
    let key = SecretKey::of_seed(KeyKind::Operator, [7; 32]);
    let bundle = ScriptBundle::of(&program("AT+CSQ\n"), &ScriptFiles::new()).unwrap();
    let ready = ScriptBundle::ready(&bundle.0, &bundle.1).unwrap();
    let mut waited = 0;
    for seed in 1..=300 {
        let mut world = World::new(seed, &key, &bundle, &ready);
        for _ in 0..world.chance.below(60) {
            world.step(false);
        }
        let cut = world.chance.below(3) > 0;
        world.sites[0].cut = cut;
        let run = world.runs[0].clone();
        let its = run.targets.at("g0").map(|(_, target)| Target { gateway: "g1".into(), ..target.clone() });
        let targets: Vec<Target> = its.collect();
        let moved = targets.len();
        world.runs.push(FleetRun::new("r2".into(), "s".into(), run.bundle, run.manner, targets));
        world.start_controller();
        let (mut steps, mut waits, began) = (0, false, world.now);
        while world.controller.runs[1].open().next().is_some() {
            world.step(false);
            world.now += Duration::from_secs(world.chance.below(20));
            world.end_late();
            waits |= !world.controller.moves.waiting().is_empty();
            steps += 1;
            assert!(steps < 5_000, "seed {seed} comes to no end: {:?}", world.controller.moves);
        }
        waited += u32::from(waits);
        assert_eq!(world.ledger.iter().filter(|line| line.run == "r2").count(), moved, "seed {seed}");
        // Nothing of it is left to the gateway that had it, and its run says so.
        let run = world.controller.runs[0].clone();
        for line in world.controller.missing(&run, world.today()).iter().filter(|line| line.gateway == "g0") {
            assert_eq!(line.result.failure.as_ref().unwrap().code, "hayes::fleet::moved", "seed {seed}");
        }
        let had_some = world.controller.orders.get("g0").is_some_and(|order| order.epoch > 1);
        if cut && waits && had_some {
            let margin = VALID + NOW + FINALLY_TIME + MARGIN;
            assert!(world.now >= began + margin, "seed {seed}: the margin is waited for");
        }
    }
    assert!(waited > 100, "{waited} of 300 had to wait");
}

/// Whatever happens, in no time as long as a budget's do modems at all gateways together attach more often than it
/// says.
#[test]
fn a_budget_of_attaches_holds_over_all_gateways() {
    let seeds: u64 = std::env::var("SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(300);
    let key = SecretKey::of_seed(KeyKind::Operator, [7; 32]);
    let bundle = ScriptBundle::of(&program("AT+CSQ\n"), &ScriptFiles::new()).unwrap();
    let ready = ScriptBundle::ready(&bundle.0, &bundle.1).unwrap();
    let (mut attached, mut asked_back) = (0, 0);
    for seed in 1..=seeds {
        let mut world = World::new(seed, &key, &bundle, &ready);
        let most = 1 + u32::try_from(seed / 3 % 4).unwrap();
        let run = &mut world.runs[0];
        run.attaches = vec![AttachBudget::new("all".into(), most, PERIOD)];
        run.wave_wait = 300_000;
        let targets = run.targets.iter().map(|target| {
            let modem = WantedModem { limits: vec![0], ..target.modem.clone() };
            Target { modem, ..target.clone() }
        });
        run.targets = targets.collect::<Vec<_>>().into();
        world.start_controller();
        world.controller.confirms = seed % 5 > 0;
        let mut steps = 0;
        while world.controller.runs[0].open().next().is_some() {
            if world.chance.below(40) == 0 {
                // A gateway is cut off for a while, or for long.
                let place = usize::try_from(world.chance.below(2)).unwrap();
                world.sites[place].cut ^= true;
            }
            world.step(steps < 200);
            world.now += Duration::from_secs(world.chance.below(60));
            world.end_late();
            if steps == 400 {
                world.carrier.set_away(false);
                // One of them has been given up, and comes back late.
                asked_back += u32::from(format!("{:?}", world.controller.runs[0].attaches).contains("back: true"));
            }
            steps += 1;
            assert!(steps < 20_000, "seed {seed} comes to no end: {:?}", world.controller.runs[0].attaches);
        }
        let mut all: Vec<Duration> = world.sites.iter().flat_map(|site| site.attached.iter().copied()).collect();
        all.sort_unstable();
        attached += all.len();
        for (place, time) in all.iter().enumerate() {
            let within = all[..=place].iter().filter(|other| **other + PERIOD > *time).count();
            assert!(within <= most as usize, "seed {seed}: {within} within {PERIOD:?}, at most {most}");
        }
    }
    assert!(attached > 5 * seeds as usize && asked_back > 0, "{attached} attached, {asked_back} asked back");
}
