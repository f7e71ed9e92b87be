//! Orders and results over NATS JetStream: a table of what is wanted of each gateway, a log of what became of it.
//! Nothing else of JetStream is used: no work queue, no consumer on a gateway.
//!
//! | stream | subjects | holds |
//! |---|---|---|
//! | `F_GW` | `F.want.G`, `F.gw.G` | the order of each gateway, and who it is and what it does: the last one alone |
//! | `F_BLOB` | `F.blob.SHA256` | bundles, each written once |
//! | `F_RES` | `F.res.R.G.M.A` | results, each written once; for 90 days |
//!
//! Whatever is written names the sequence number that its subject has to have before
//! (`Nats-Expected-Last-Subject-Sequence`): 0 for what is written once. The window in which the server knows an id
//! again (`Nats-Msg-Id`) ends; this does not.
//!
//! - `link`: one connection, the protocol
//! - [`users`]: the server's users and what each may

mod link;
pub mod users;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ed25519_dalek::SigningKey;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value as Json, json};

use super::{
    Access, Arrived, Carried, Carrier, CarrierError, Kept, NewOrder, Presences, Put, Receipt, ResultKey, Version,
    is_name,
};
use crate::connect::split_host;
use crate::port::{Cancel, Clock, Timestamp};
use link::{Delivery, Link, Login};

/// One end's connection to the server; made when it is needed, and made again.
pub(super) struct Nats {
    fleet: String,
    login: Login,
    link: Mutex<Option<Link>>,
    /// How many calls want the connection, and what ends the wait of whoever listens on it meanwhile.
    wanted: AtomicUsize,
    wake: Cancel,
    /// Told whenever a call is over.
    free: Condvar,
    results: Mutex<Option<Feed>>,
    presences: Mutex<Option<Feed>>,
}

/// How the operator reads a stream: a consumer of the server, and how far it is.
struct Feed {
    stream: String,
    consumer: String,
    /// How many messages it has given. One that is missing shows in this.
    count: u64,
    /// The sequence number of the last one.
    given: u64,
}

/// The first version that keeps what it has acknowledged when it is killed, where it syncs always.
const OLDEST_SERVER: [u64; 3] = [2, 10, 23];

const PORT: u16 = 4222;

/// The server's words for what is no failure here.
const WRONG_LAST_SEQUENCE: u64 = 10_071;
const STREAM_NOT_FOUND: u64 = 10_059;
const NO_ROOM: [u64; 2] = [10_023, 10_047];
const NOTHING: u64 = 0;

/// Results are kept so long; whoever has not fetched them by then has them from the gateways again.
const RESULTS_KEPT: Duration = Duration::from_secs(90 * 24 * 60 * 60);
/// So many orders are sent before their answers are read, and so many messages are asked for at once.
const TOGETHER: usize = 64;
const AT_ONCE: usize = 500;
/// The operator looks for results so often, and a consumer that is not asked for so long is gone.
const LOOK_AGAIN: Duration = Duration::from_millis(250);
const FEED_KEPT: Duration = Duration::from_secs(60);
/// How long a look for results may take, however short the wait for them is to be.
const ONE_LOOK: Duration = Duration::from_secs(5);
/// How long a gateway without a connection waits before it tries again.
const TRY_AGAIN: Duration = Duration::from_secs(5);
/// Servers of one cluster answer one after another.
const ONE_MORE_ANSWER: Duration = Duration::from_millis(300);

/// Where a server says how it keeps what it is given: to its system account.
const JSZ: &str = "$SYS.REQ.SERVER.PING.JSZ";

/// What the operator is called where a gateway has its name: no gateway can be called so.
const OPERATOR: &str = "$operator";

impl Nats {
    /// Does not connect yet: a gateway begins its day without the network too.
    pub(super) fn new(address: &str, access: &Access<'_>) -> Carried<Nats> {
        let refused = |why: String| CarrierError::Refused(why);
        let (host, port, is_tls) = parts(address).map_err(refused)?;
        let tls = if is_tls { Some(Arc::new(settings(access)?)) } else { None };
        let login = Login {
            host,
            port,
            tls,
            key: SigningKey::from_bytes(access.seed),
            who: access.gateway.unwrap_or(OPERATOR).to_owned(),
            wake: access.gateway.map(wake),
        };
        Ok(Nats {
            fleet: access.fleet.to_owned(),
            login,
            link: Mutex::new(None),
            wanted: AtomicUsize::new(0),
            wake: Cancel::new().map_err(|error| refused(error.to_string()))?,
            free: Condvar::new(),
            results: Mutex::new(None),
            presences: Mutex::new(None),
        })
    }

    /// Does what needs the connection, and connects before where that is to be done. A connection that turns out to be
    /// dead is made again while there is time: everything that is asked here may be asked twice.
    fn call<T>(&self, within: Duration, mut work: impl FnMut(&mut Link, Duration) -> Carried<T>) -> Carried<T> {
        self.wanted.fetch_add(1, Ordering::SeqCst);
        self.wake.cancel();
        let mut slot = held(&self.link);
        self.wake.clear();
        let clock = Clock::start();
        let left = || within.saturating_sub(clock.now());
        let outcome = loop {
            let was_open = slot.is_some();
            let outcome = self.connected(&mut slot, left()).and_then(|link| work(link, link.now() + left()));
            if !matches!(outcome, Err(CarrierError::Unreachable(_))) {
                break outcome;
            }
            *slot = None;
            // Another call that has come meanwhile ends no more than an attempt to connect.
            let was_ended = self.wake.is_cancelled();
            self.wake.clear();
            if left().is_zero() || !(was_open || was_ended) {
                break outcome;
            }
        };
        self.wanted.fetch_sub(1, Ordering::SeqCst);
        drop(slot);
        self.free.notify_all();
        outcome
    }

    fn connected<'a>(&self, slot: &'a mut Option<Link>, within: Duration) -> Carried<&'a mut Link> {
        let link = match slot.take() {
            Some(link) => link,
            None => {
                let link = Link::open(&self.login, &self.wake, within)?;
                is_new_enough(&link.server)?;
                link
            }
        };
        Ok(slot.insert(link))
    }

    /// Writes what is to stand in that subject, if its last message is the one of that number.
    fn put(&self, subject: &str, bytes: &[u8], replaces: Version, within: Duration) -> Carried<Put> {
        self.call(within, |link, until| {
            let answer = said(&link.ask(subject, Some(replaces), bytes, until)?, WRONG_LAST_SEQUENCE)?;
            Ok(answer.map_or(Put::Changed, |answer| Put::Done(number(&answer, "/seq"))))
        })
    }

    /// The same for what one writer alone writes: where the answer to an earlier try was lost, it stands there already.
    fn put_or_find(&self, subject: &str, bytes: &[u8], at: Version, within: Duration) -> Carried<Put> {
        match self.put(subject, bytes, at, within)? {
            Put::Changed => self.find(subject, bytes, within),
            put @ Put::Done(_) => Ok(put),
        }
    }

    fn find(&self, subject: &str, bytes: &[u8], within: Duration) -> Carried<Put> {
        let present = self.last("GW", subject, within)?.filter(|kept| kept.bytes == bytes);
        Ok(present.map_or(Put::Changed, |kept| Put::Done(kept.version)))
    }

    /// The last message of a subject, straight from the stream's store.
    fn last(&self, stream: &str, subject: &str, within: Duration) -> Carried<Option<Kept>> {
        let get = format!("$JS.API.DIRECT.GET.{}_{stream}.{subject}", self.fleet);
        self.call(within, |link, until| {
            let answer = link.ask(&get, None, b"", until)?;
            match answer.status() {
                Some(404) => return Ok(None),
                Some(status) => return Err(no_answer(status)),
                None => {}
            }
            let version = answer.header("Nats-Sequence").and_then(|text| text.parse().ok()).unwrap_or(0);
            Ok(Some(Kept { bytes: answer.payload, version }))
        })
    }

    fn subject(&self, table: &str, key: &str) -> String {
        format!("{}.{table}.{key}", self.fleet)
    }

    /// Makes the streams that are not there; refuses those that are there and would not do.
    fn make_streams(&self, link: &mut Link, until: Duration) -> Carried<()> {
        for wanted in self.streams() {
            let name = wanted.get("name").and_then(Json::as_str).unwrap_or_default();
            let mut there = asked(link, &format!("STREAM.INFO.{name}"), &Json::Null, STREAM_NOT_FOUND, until)?;
            if there.is_none() {
                there = asked(link, &format!("STREAM.CREATE.{name}"), &wanted, NOTHING, until)?;
            }
            let config = there.and_then(|mut there| Some(there.get_mut("config")?.take())).unwrap_or_default();
            let mut settings = wanted.as_object().into_iter().flatten().filter(|(key, _)| *key != "first_seq");
            if let Some((key, value)) = settings.find(|(key, value)| config.get(key) != Some(value)) {
                let found = config.get(key).unwrap_or(&Json::Null);
                let why = format!("the stream {name} is there already, with {key} {found}; it has to be {value}");
                return Err(CarrierError::Refused(why));
            }
        }
        Ok(())
    }

    fn streams(&self) -> [Json; 3] {
        let fleet = &self.fleet;
        let stream = |name: &str, subjects: &[&str], last_alone: bool| {
            let subjects: Vec<String> = subjects.iter().map(|subject| format!("{fleet}.{subject}")).collect();
            json!({
                "name": format!("{fleet}_{name}"), "subjects": subjects, "storage": "file",
                "retention": "limits", "discard": "old", "num_replicas": 1, "allow_direct": true,
                "max_msgs_per_subject": if last_alone { 1 } else { -1 },
                // One that is full would drop what nobody has read.
                "max_bytes": -1, "max_msgs": -1,
            })
        };
        let mut results = stream("RES", &["res.*.*.*.*"], false);
        if let Some(settings) = results.as_object_mut() {
            settings.insert("max_age".to_owned(), json!(nanoseconds(RESULTS_KEPT)));
            // A store that was lost and made again goes on behind all cursors of the one before.
            settings.insert("first_seq".to_owned(), json!(Timestamp::now().millis().saturating_mul(1000)));
        }
        [stream("GW", &["want.*", "gw.*"], true), stream("BLOB", &["blob.*"], true), results]
    }

    /// What a feed has to give now, each with its number in the stream, at most so much. Where it has ended, or has
    /// left something out, there is none in its place afterwards: another one goes on.
    fn pull(
        &self,
        link: &mut Link,
        feed: &mut Option<Feed>,
        most: usize,
        until: Duration,
    ) -> Carried<Vec<(Delivery, u64)>> {
        let Some(mut reading) = feed.take() else { return Ok(Vec::new()) };
        let next = format!("$JS.API.CONSUMER.MSG.NEXT.{}.{}", reading.stream, reading.consumer);
        let body = json!({ "batch": most, "no_wait": true }).to_string();
        let reply = link.send(&next, None, body.as_bytes(), until)?;
        let mut arrived = Vec::new();
        // What the consumer gives keeps its own subject; where it stood is in the subject for acknowledgements.
        let given = format!(".{}.", reading.consumer);
        let is_answer = |message: &Delivery| message.subject == reply || message.reply.contains(&given);
        for _ in 0..most {
            let late = || CarrierError::Unreachable("the NATS server stopped amid what it was asked for".to_owned());
            let message = link.answer(is_answer, until)?.ok_or_else(late)?;
            match message.status() {
                None => {}
                // There are no more.
                Some(404 | 408) => break,
                // The consumer is gone: another one goes on where this one stopped.
                Some(_) => return Ok(arrived),
            }
            let Some((number, count)) = places(&message.reply) else { return Ok(arrived) };
            if count != reading.count + 1 {
                return Ok(arrived);
            }
            (reading.count, reading.given) = (count, number);
            arrived.push((message, number));
        }
        *feed = Some(reading);
        Ok(arrived)
    }

    /// All that a feed has to give now.
    fn drain(&self, link: &mut Link, feed: &mut Option<Feed>, until: Duration) -> Carried<Vec<(Delivery, u64)>> {
        let mut all = Vec::new();
        loop {
            let more = self.pull(link, feed, AT_ONCE, until)?;
            let is_last = more.len() < AT_ONCE;
            all.extend(more);
            if is_last {
                return Ok(all);
            }
        }
    }

    /// Begins to read a table behind that message; none: with the last one of each subject.
    fn begin_feed(&self, link: &mut Link, table: &str, from: Option<u64>, until: Duration) -> Carried<Feed> {
        let stream = format!("{}_{}", self.fleet, if table == "res" { "RES" } else { "GW" });
        let info = format!("STREAM.INFO.{stream}");
        let mut found = asked(link, &info, &Json::Null, STREAM_NOT_FOUND, until)?;
        if found.is_none() {
            // The server has lost what it kept. The gateways write again what is not settled, as soon as they can.
            self.make_streams(link, until)?;
            found = asked(link, &info, &Json::Null, NOTHING, until)?;
        }
        // A cursor that lies behind the end is of another store: all of this one is new.
        let last = found.map_or(0, |found| number(&found, "/state/last_seq"));
        let begin = from.map(|after| if last < after { 1 } else { after + 1 });
        let consumer = link.fresh_name();
        let mut config = json!({
            "name": consumer, "ack_policy": "none", "max_deliver": 1, "mem_storage": true, "num_replicas": 1,
            "inactive_threshold": nanoseconds(FEED_KEPT),
            "filter_subject": self.subject(table, ">"),
            "deliver_policy": if begin.is_some() { "by_start_sequence" } else { "last_per_subject" },
        });
        if let (Some(settings), Some(begin)) = (config.as_object_mut(), begin) {
            settings.insert("opt_start_seq".to_owned(), json!(begin));
        }
        let wanted = json!({ "stream_name": stream, "config": config });
        // With one filter the server wants it in the subject too.
        let create = format!("CONSUMER.CREATE.{stream}.{consumer}.{}", self.subject(table, ">"));
        asked(link, &create, &wanted, NOTHING, until)?;
        Ok(Feed { stream, consumer, count: 0, given: from.unwrap_or(0) })
    }

    /// Whose result a subject is: `F.res.R.G.M.A`.
    fn key(&self, subject: &str) -> Option<ResultKey> {
        let words: Vec<&str> = subject.split('.').collect();
        let [_, _, run, gateway, modem, attempt] = words.as_slice() else { return None };
        let [run, gateway, modem] = [run, gateway, modem].map(|word| (*word).to_owned());
        let fit = [&run, &gateway, &modem].into_iter().all(|name| is_name(name));
        Some(ResultKey { run, gateway, modem, attempt: attempt.parse().ok()? }).filter(|_| fit)
    }
}

impl Carrier for Nats {
    fn prepare(&self, within: Duration) -> Carried<()> {
        self.call(within, |link, until| {
            syncs_always(link, until)?;
            self.make_streams(link, until)
        })
    }

    fn confirms(&self) -> bool {
        true
    }

    fn put_orders(&self, orders: &[NewOrder<'_>], within: Duration) -> Carried<Vec<Put>> {
        let mut puts = self.call(within, |link, until| {
            let mut puts = Vec::new();
            for some in orders.chunks(TOGETHER) {
                let messages =
                    some.iter().map(|order| (self.subject("want", order.gateway), order.replaces, order.bytes));
                for answer in link.ask_all(&messages.collect::<Vec<_>>(), until)? {
                    let answer = said(&answer, WRONG_LAST_SEQUENCE)?;
                    puts.push(answer.map_or(Put::Changed, |answer| Put::Done(number(&answer, "/seq"))));
                }
            }
            Ok(puts)
        })?;
        for (put, order) in puts.iter_mut().zip(orders).filter(|(put, _)| **put == Put::Changed) {
            *put = self.find(&self.subject("want", order.gateway), order.bytes, within)?;
        }
        let woken = puts.iter().zip(orders).filter(|(put, _)| **put != Put::Changed);
        let woken: Vec<String> = woken.map(|(_, order)| wake(order.gateway)).collect();
        self.call(within, |link, until| link.tell(&woken, until))?;
        Ok(puts)
    }

    fn order(&self, gateway: &str, within: Duration) -> Carried<Option<Kept>> {
        self.last("GW", &self.subject("want", gateway), within)
    }

    fn orders(&self, within: Duration) -> Carried<BTreeMap<String, Kept>> {
        let found = self.call(within, |link, until| {
            let mut feed = Some(self.begin_feed(link, "want", None, until)?);
            let found = self.drain(link, &mut feed, until)?;
            feed.map(|_| found)
                .ok_or_else(|| CarrierError::Unreachable("the NATS server has stopped amid the orders".to_owned()))
        })?;
        let kept = |(message, version): (Delivery, u64)| {
            Some((gateway_of(&message.subject)?, Kept { bytes: message.payload, version }))
        };
        Ok(found.into_iter().filter_map(kept).collect())
    }

    fn put_blob(&self, hash: &str, bytes: &[u8], within: Duration) -> Carried<()> {
        self.put(&self.subject("blob", hash), bytes, 0, within).map(|_| ())
    }

    fn blob(&self, hash: &str, within: Duration) -> Carried<Option<Vec<u8>>> {
        let kept = self.last("BLOB", &self.subject("blob", hash), within)?;
        Ok(kept.map(|kept| kept.bytes))
    }

    fn put_result(&self, key: &ResultKey, bytes: &[u8], within: Duration) -> Carried<Receipt> {
        let ResultKey { run, gateway, modem, attempt } = key;
        let subject = self.subject("res", &format!("{run}.{gateway}.{modem}.{attempt}"));
        self.put(&subject, bytes, 0, within).map(|put| match put {
            Put::Done(_) => Receipt::Stored,
            Put::Changed => Receipt::Already,
        })
    }

    fn results(&self, after: u64, most: usize, within: Duration) -> Carried<Vec<Arrived>> {
        let clock = Clock::start();
        let mut feed = held(&self.results);
        loop {
            let left = within.saturating_sub(clock.now());
            let arrived = self.call(left.max(ONE_LOOK), |link, until| {
                if feed.as_ref().is_none_or(|feed| feed.given != after) {
                    *feed = Some(self.begin_feed(link, "res", Some(after), until)?);
                }
                self.pull(link, &mut feed, most, until)
            })?;
            let key = |(message, cursor): (Delivery, u64)| {
                Some(Arrived { key: self.key(&message.subject)?, bytes: message.payload, cursor })
            };
            let arrived: Vec<Arrived> = arrived.into_iter().filter_map(key).collect();
            if !arrived.is_empty() || clock.now() >= within {
                return Ok(arrived);
            }
            self.wait("", LOOK_AGAIN.min(within.saturating_sub(clock.now())));
        }
    }

    fn put_presence(&self, gateway: &str, presence: &[u8], replaces: Version, within: Duration) -> Carried<Put> {
        self.put_or_find(&self.subject("gw", gateway), presence, replaces, within)
    }

    fn presence(&self, gateway: &str, within: Duration) -> Carried<Option<Kept>> {
        self.last("GW", &self.subject("gw", gateway), within)
    }

    fn presences(&self, within: Duration) -> Carried<Presences> {
        let mut feed = held(&self.presences);
        let (anew, said) = self.call(within, |link, until| {
            let anew = feed.is_none();
            if anew {
                *feed = Some(self.begin_feed(link, "gw", None, until)?);
            }
            Ok((anew, self.drain(link, &mut feed, until)?))
        })?;
        let said = said.into_iter().filter_map(|(message, _)| Some((gateway_of(&message.subject)?, message.payload)));
        Ok(Presences { anew, said: said.collect() })
    }

    /// Listens on the connection, and leaves it to calls of other threads meanwhile. Where there is none, it makes one.
    fn wait(&self, _gateway: &str, at_most: Duration) {
        let clock = Clock::start();
        let left = || at_most.saturating_sub(clock.now());
        let is_wanted = || self.wanted.load(Ordering::SeqCst) > 0;
        // Thousands of gateways do not come back at the same moment.
        let again = TRY_AGAIN.mul_f32(1.0 + f32::from(self.login.key.verifying_key().as_bytes()[0]) / 256.0);
        let mut slot = held(&self.link);
        while !left().is_zero() {
            let waited = self.free.wait_timeout_while(slot, left(), |_| is_wanted());
            slot = waited.unwrap_or_else(PoisonError::into_inner).0;
            match self.connected(&mut slot, left().min(again)) {
                // Whoever came while it was made has its turn first.
                Ok(_) if is_wanted() => {}
                Ok(link) => match link.listen(link.now() + left()) {
                    Ok(true) => return,
                    Ok(false) => {}
                    Err(_) => *slot = None,
                },
                Err(_) => {
                    let waited = self.free.wait_timeout(slot, left().min(again));
                    slot = waited.unwrap_or_else(PoisonError::into_inner).0;
                }
            }
        }
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What wakes a gateway.
fn wake(gateway: &str) -> String {
    format!("_INBOX.{gateway}.wake")
}

/// Whose order or presence a subject holds: `F.gw.G`.
fn gateway_of(subject: &str) -> Option<String> {
    subject.rsplit_once('.').map(|(_, gateway)| gateway.to_owned())
}

/// Asks what JetStream is asked in JSON; none where it answers with the error that is forgiven.
fn asked(link: &mut Link, what: &str, body: &Json, forgiven: u64, until: Duration) -> Carried<Option<Json>> {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    said(&link.ask(&format!("$JS.API.{what}"), None, body.as_bytes(), until)?, forgiven)
}

fn said(answer: &Delivery, forgiven: u64) -> Carried<Option<Json>> {
    if let Some(status) = answer.status() {
        return Err(no_answer(status));
    }
    let wrong = |error| CarrierError::Refused(format!("what the NATS server answers cannot be read: {error}"));
    let answer: Json = serde_json::from_slice(&answer.payload).map_err(wrong)?;
    let Some(error) = answer.get("error") else { return Ok(Some(answer)) };
    let why = error.get("description").and_then(Json::as_str).unwrap_or("an error without words");
    let why = format!("JetStream says: {why}");
    match (number(error, "/err_code"), number(error, "/code")) {
        (code, _) if code == forgiven => Ok(None),
        (code, _) if NO_ROOM.contains(&code) => {
            Err(CarrierError::Unreachable(format!("{why}: the NATS server needs more room (max_file_store, its disk)")))
        }
        // As in HTTP: from 500 on it is the server's own trouble, and passes.
        (_, 500..) => Err(CarrierError::Unreachable(why)),
        (_, _) => Err(CarrierError::Refused(why)),
    }
}

fn number(answer: &Json, place: &str) -> u64 {
    answer.pointer(place).and_then(Json::as_u64).unwrap_or(0)
}

/// Nobody answers to a subject of ours (503): there is no such stream, or JetStream is not yet up.
fn no_answer(status: u16) -> CarrierError {
    CarrierError::Unreachable(match status {
        503 => "the NATS server has no streams of this fleet: `hayes fleet init` makes them".to_owned(),
        other => format!("the NATS server answers {other}"),
    })
}

/// Where a message stands in its stream and in its consumer:
/// `$JS.ACK.STREAM.CONSUMER.TIMES.STREAM-SEQUENCE.CONSUMER-SEQUENCE…`, in later versions with a domain and an account
/// before the stream.
fn places(reply: &str) -> Option<(u64, u64)> {
    let words: Vec<&str> = reply.strip_prefix("$JS.ACK.")?.split('.').collect();
    let first = if words.len() > 7 { 5 } else { 3 };
    Some((words.get(first)?.parse().ok()?, words.get(first + 1)?.parse().ok()?))
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

fn is_new_enough(server: &Json) -> Carried<()> {
    let version = server.get("version").and_then(Json::as_str).unwrap_or("0");
    let mut numbers = version.split(['.', '-']).map(|part| part.parse::<u64>().unwrap_or(0));
    let found = [(); 3].map(|()| numbers.next().unwrap_or(0));
    if found < OLDEST_SERVER {
        return Err(CarrierError::Refused(format!(
            "the NATS server is {version}; it has to be 2.10.23 or newer, or it may lose what it has acknowledged"
        )));
    }
    if server.get("jetstream").and_then(Json::as_bool) != Some(true) {
        let why = "the NATS server has JetStream switched off: its file needs jetstream { … }";
        return Err(CarrierError::Refused(why.to_owned()));
    }
    Ok(())
}

/// Refuses servers that acknowledge what is not on the disk yet. A server shows this to its system account, and
/// [`users`] lends the operator that one subject.
fn syncs_always(link: &mut Link, until: Duration) -> Carried<()> {
    let refused = |why: &str| Err(CarrierError::Refused(format!("the NATS server {why}")));
    let reply = link.send(JSZ, None, b"", until)?;
    let mut last = until;
    while let Some(answer) = link.answer(|message| message.subject == reply, last)? {
        let answer = if answer.status().is_some() { None } else { said(&answer, NOTHING)? };
        match answer.as_ref().map(|answer| answer.pointer("/data/config/sync_always")) {
            Some(Some(Json::Bool(true))) => last = until.min(link.now() + ONE_MORE_ANSWER),
            Some(_) => {
                return refused(
                    "acknowledges what is not on its disk yet: its file needs jetstream { sync_interval: always }",
                );
            }
            None => break,
        }
    }
    if last < until {
        Ok(())
    } else {
        refused("does not show whether it syncs always: include what `hayes fleet nats-config` writes in its file")
    }
}

/// Host, port and whether TLS is to be spoken: `tls://nats.acme.net`, `nats://127.0.0.1:4222`.
fn parts(address: &str) -> Result<(String, u16, bool), String> {
    let (rest, is_tls) = match (address.strip_prefix("tls://"), address.strip_prefix("nats://")) {
        (Some(rest), _) => (rest, true),
        (None, Some(rest)) => (rest, false),
        (None, None) => return Err(format!("{address} is no NATS server: tls://HOST or tls://HOST:PORT")),
    };
    let rest = rest.trim_end_matches('/');
    let wrong = || format!("{address} has no host and port: tls://HOST or tls://HOST:PORT");
    let (host, port) = split_host(rest);
    let port = port.map_or(Ok(PORT), str::parse).map_err(|_| wrong())?;
    if host.is_empty() || host.contains('@') {
        return Err(wrong());
    }
    let is_here = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    match is_tls || is_here {
        true => Ok((host.to_owned(), port, is_tls)),
        false => Err(format!("{address} would go over the network in plain text: tls://{rest}")),
    }
}

/// TLS 1.3, with the system's authorities or the ones that are given.
fn settings(access: &Access<'_>) -> Carried<ClientConfig> {
    let refused = |why: String| CarrierError::Refused(why);
    let mut roots = RootCertStore::empty();
    match access.authorities {
        Some(path) => {
            let wrong = |error| refused(format!("{}: {error}", path.display()));
            for certificate in CertificateDer::pem_file_iter(path).map_err(wrong)? {
                let added = roots.add(certificate.map_err(wrong)?);
                added.map_err(|error| refused(format!("{}: {error}", path.display())))?;
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    if let Some(path) = access.authorities.filter(|_| roots.is_empty()) {
        return Err(refused(format!(
            "{} holds no certificate: --ca takes that of an authority, in PEM",
            path.display()
        )));
    }
    if roots.is_empty() {
        return Err(refused("no certificate authority is known here: name one with --ca FILE".to_owned()));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_protocol_versions(&[&rustls::version::TLS13]);
    let builder = builder.map_err(|error| refused(error.to_string()))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
