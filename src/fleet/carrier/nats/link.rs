//! One connection to a NATS server. It speaks the client protocol
//! (<https://docs.nats.io/reference/reference-protocols/nats-protocol>) and blocks with a deadline; whoever calls it
//! reads what comes, and no thread and no runtime stand behind it.

use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer as _, SigningKey};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection};
use serde_json::{Value as Json, json};

use super::super::{Carried, CarrierError};
use crate::fleet::nkey::{self, KeyKind};
use crate::port::{Cancel, Fault, Port as _, Read, Tcp};

/// An open connection, logged in.
pub(super) struct Link {
    port: Tcp,
    /// Ends the wait of whoever listens, for those who have something to ask.
    cancel: Cancel,
    tls: Option<Box<ClientConnection>>,
    /// What was received; up to `taken` it has been looked at.
    received: Vec<u8>,
    taken: usize,
    /// What the server says of itself: its version, its limits.
    pub(super) server: Json,
    /// What no other connection has: part of the server's name, and the number it gave this one.
    id: String,
    /// Where answers come: `_INBOX.WHO.ID`.
    inbox: String,
    asked: u64,
    /// Something came for the subject that is listened to, and nobody has taken notice yet.
    woken: bool,
}

/// Where a server is, and how one logs in there.
pub(super) struct Login {
    pub(super) host: String,
    pub(super) port: u16,
    /// None: plain text.
    pub(super) tls: Option<Arc<ClientConfig>>,
    pub(super) key: SigningKey,
    /// A gateway's name: it may listen to `_INBOX.NAME.>` alone.
    pub(super) who: String,
    /// A subject whose messages wake.
    pub(super) wake: Option<String>,
}

/// A message, as it came.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Delivery {
    pub(super) subject: String,
    pub(super) reply: String,
    headers: String,
    pub(super) payload: Vec<u8>,
    subscription: u64,
}

/// What a server says.
#[derive(Debug, PartialEq, Eq)]
enum NatsFrame {
    Info(Json),
    Message(Delivery),
    Ping,
    Pong,
    Error(String),
}

/// The number of the last message that a subject has to have for the next one to be taken; none: whatever it is.
pub(super) type Last = Option<u64>;

/// The subscriptions, by the numbers that this end gives them.
const INBOX: u64 = 1;
const WAKE: u64 = 2;

/// A line that is longer, or a message that is larger, comes from no server that is well.
const LONGEST_LINE: usize = 64 * 1024;
const LARGEST_MESSAGE: usize = 64 * 1024 * 1024;

impl Link {
    /// Connects and logs in, both within that time.
    pub(super) fn open(login: &Login, cancel: &Cancel, within: Duration) -> Carried<Link> {
        let (host, number) = (&login.host, login.port);
        let port =
            Tcp::connect(host, number, within, cancel).map_err(|error| CarrierError::Unreachable(error.message))?;
        let mut link = Link {
            port,
            cancel: cancel.clone(),
            tls: None,
            received: Vec::new(),
            taken: 0,
            server: Json::Null,
            id: String::new(),
            inbox: String::new(),
            asked: 0,
            woken: false,
        };
        link.log_in(login, within)?;
        Ok(link)
    }

    fn log_in(&mut self, login: &Login, until: Duration) -> Carried<()> {
        let first = self.next(until)?.ok_or_else(|| silent("it did not greet"))?;
        let NatsFrame::Info(server) = first else { return Err(silent("what answers there is no NATS server")) };
        self.server = server;
        let wants_tls = self.server.get("tls_required").and_then(Json::as_bool).unwrap_or(false);
        let speaks_tls = wants_tls || self.server.get("tls_available").and_then(Json::as_bool).unwrap_or(false);
        match &login.tls {
            Some(_) if !speaks_tls => {
                let why = "the NATS server speaks no TLS: its file needs tls { cert_file: …, key_file: … }";
                return Err(CarrierError::Refused(why.to_owned()));
            }
            Some(settings) => self.begin_tls(settings, &login.host, until)?,
            None if wants_tls => {
                return Err(CarrierError::Refused(format!("the server wants TLS: write tls://{}", login.host)));
            }
            None => {}
        }
        let text = |name| self.server.get(name).and_then(Json::as_str).unwrap_or_default();
        let signature = URL_SAFE_NO_PAD.encode(login.key.sign(text("nonce").as_bytes()).to_bytes());
        let server = text("server_id").get(..12).unwrap_or_default();
        let number = self.server.get("client_id").and_then(Json::as_u64).unwrap_or_default();
        self.id = format!("{server}-{number}");
        self.inbox = format!("_INBOX.{}.{}", login.who, self.id);
        let connect = json!({
            "verbose": false, "pedantic": false, "headers": true, "no_responders": true, "echo": true, "protocol": 1,
            "tls_required": login.tls.is_some(), "name": format!("hayes {}", login.who), "lang": "rust",
            "version": env!("CARGO_PKG_VERSION"), "sig": signature,
            "nkey": nkey::written(KeyKind::User, login.key.verifying_key().as_bytes()),
        });
        let mut hello = format!("CONNECT {connect}\r\nSUB {}.* {INBOX}\r\n", self.inbox);
        if let Some(subject) = &login.wake {
            hello.push_str(&format!("SUB {subject} {WAKE}\r\n"));
        }
        hello.push_str("PING\r\n");
        self.write(hello.as_bytes(), until)?;
        loop {
            match self.next(until)?.ok_or_else(|| silent("it did not answer the login"))? {
                NatsFrame::Pong => return Ok(()),
                NatsFrame::Error(why) => return Err(refusal(&why)),
                NatsFrame::Info(_) | NatsFrame::Message(_) | NatsFrame::Ping => {}
            }
        }
    }

    fn begin_tls(&mut self, settings: &Arc<ClientConfig>, host: &str, until: Duration) -> Carried<()> {
        let name = ServerName::try_from(host.to_owned());
        let name = name.map_err(|_| CarrierError::Refused(format!("{host} is no name that a certificate can have")))?;
        let mut tls = ClientConnection::new(Arc::clone(settings), name).map_err(|error| untrusted(&error))?;
        tls.set_buffer_limit(None);
        // What was sent in plain text after the greeting, nobody vouches for.
        self.received.clear();
        self.taken = 0;
        self.tls = Some(Box::new(tls));
        loop {
            self.flush(until)?;
            if !self.tls.as_ref().is_some_and(|tls| tls.is_handshaking()) {
                return Ok(());
            }
            if !self.fill(until)? {
                if !self.cancel.is_cancelled() {
                    return Err(silent("it did not answer the TLS handshake"));
                }
                self.cancel.clear();
            }
        }
    }

    /// The time since it was opened, by which all of its deadlines go.
    pub(super) fn now(&self) -> Duration {
        self.port.now()
    }

    /// A name that nothing on the server has yet.
    pub(super) fn fresh_name(&mut self) -> String {
        self.asked += 1;
        format!("hayes-{}-{}", self.id, self.asked)
    }

    /// Asks, and waits for the one answer.
    pub(super) fn ask(&mut self, subject: &str, last: Last, payload: &[u8], until: Duration) -> Carried<Delivery> {
        let reply = self.send(subject, last, payload, until)?;
        let answer = self.answer(|message| message.subject == reply, until)?;
        answer.ok_or_else(|| silent(&format!("no answer from {subject}")))
    }

    /// Asks all of these, each by its subject, what its last message has to be, and its payload; then waits for all
    /// answers.
    pub(super) fn ask_all(&mut self, all: &[(String, u64, &[u8])], until: Duration) -> Carried<Vec<Delivery>> {
        let (mut bytes, mut replies) = (Vec::new(), HashMap::new());
        for (place, (subject, last, payload)) in all.iter().enumerate() {
            replies.insert(self.spell(subject, Some(*last), payload, &mut bytes)?, place);
        }
        self.write(&bytes, until)?;
        let mut answers: Vec<Option<Delivery>> = all.iter().map(|_| None).collect();
        while !replies.is_empty() {
            let answer = self.answer(|message| replies.contains_key(&message.subject), until)?;
            let answer = answer.ok_or_else(|| silent("not all that was asked was answered"))?;
            if let Some(place) = replies.remove(&answer.subject).and_then(|place| answers.get_mut(place)) {
                *place = Some(answer);
            }
        }
        Ok(answers.into_iter().flatten().collect())
    }

    /// Sends a message whose answers come under the name that is given back.
    pub(super) fn send(&mut self, subject: &str, last: Last, payload: &[u8], until: Duration) -> Carried<String> {
        let mut bytes = Vec::new();
        let reply = self.spell(subject, last, payload, &mut bytes)?;
        self.write(&bytes, until)?;
        Ok(reply)
    }

    /// A message as it is sent, and the name of its answers.
    fn spell(&mut self, subject: &str, last: Last, payload: &[u8], bytes: &mut Vec<u8>) -> Carried<String> {
        let most = self.server.get("max_payload").and_then(Json::as_u64).unwrap_or(u64::MAX);
        if u64::try_from(payload.len()).is_ok_and(|size| size > most) {
            let size = payload.len();
            return Err(CarrierError::Refused(format!("{size} bytes are more than the server takes at once ({most})")));
        }
        self.asked += 1;
        let reply = format!("{}.{}", self.inbox, self.asked);
        let head = match last {
            None => format!("PUB {subject} {reply} {}\r\n", payload.len()),
            Some(last) => {
                let header = format!("NATS/1.0\r\nNats-Expected-Last-Subject-Sequence: {last}\r\n\r\n");
                let total = header.len() + payload.len();
                format!("HPUB {subject} {reply} {} {total}\r\n{header}", header.len())
            }
        };
        bytes.extend([head.as_bytes(), payload, b"\r\n"].concat());
        Ok(reply)
    }

    /// Sends empty messages to these subjects, which nobody answers.
    pub(super) fn tell(&mut self, subjects: &[String], until: Duration) -> Carried<()> {
        let all: String = subjects.iter().map(|subject| format!("PUB {subject} 0\r\n\r\n")).collect();
        self.write(all.as_bytes(), until)
    }

    /// The next message that is an answer to what was sent; none once the time is over. Answers to what was given up
    /// before are dropped.
    pub(super) fn answer<F>(&mut self, is_answer: F, until: Duration) -> Carried<Option<Delivery>>
    where
        F: Fn(&Delivery) -> bool,
    {
        while let Some(frame) = self.next(until)? {
            match frame {
                NatsFrame::Message(message) if message.subscription == WAKE => self.woken = true,
                NatsFrame::Message(message) if is_answer(&message) => return Ok(Some(message)),
                NatsFrame::Error(why) => return Err(refusal(&why)),
                NatsFrame::Info(_) | NatsFrame::Message(_) | NatsFrame::Ping | NatsFrame::Pong => {}
            }
        }
        Ok(None)
    }

    /// Waits until something wakes, or the cancel handle is used, or the time is over.
    pub(super) fn listen(&mut self, until: Duration) -> Carried<bool> {
        while !self.woken && !self.cancel.is_cancelled() {
            match self.take(until)? {
                Some(NatsFrame::Message(message)) => self.woken = message.subscription == WAKE,
                Some(NatsFrame::Error(why)) => return Err(refusal(&why)),
                Some(NatsFrame::Info(_) | NatsFrame::Ping | NatsFrame::Pong) => {}
                None => break,
            }
        }
        Ok(std::mem::take(&mut self.woken))
    }

    /// What the server says next; none once the time is over. The cancel handle is for those who listen.
    fn next(&mut self, until: Duration) -> Carried<Option<NatsFrame>> {
        loop {
            let frame = self.take(until)?;
            if frame.is_some() || !self.cancel.is_cancelled() {
                return Ok(frame);
            }
            self.cancel.clear();
        }
    }

    /// The same; none too where the cancel handle is used.
    fn take(&mut self, until: Duration) -> Carried<Option<NatsFrame>> {
        loop {
            let rest = self.received.get(self.taken..).unwrap_or_default();
            if let Some((frame, length)) = parse(rest).map_err(|why| silent(&why))? {
                self.taken += length;
                if frame != NatsFrame::Ping {
                    return Ok(Some(frame));
                }
                self.write(b"PONG\r\n", until)?;
                continue;
            }
            self.received.drain(..self.taken);
            self.taken = 0;
            if !self.fill(until)? {
                return Ok(None);
            }
        }
    }

    /// Reads what has come; false once the time is over, or where the cancel handle is used.
    fn fill(&mut self, until: Duration) -> Carried<bool> {
        let mut buffer = [0; 16 * 1024];
        let count = match self.port.read(&mut buffer, until) {
            Ok(Read::Bytes(count)) => count,
            Ok(Read::Deadline) | Err(Fault::Interrupted) => return Ok(false),
            Err(fault) => return Err(lost(&fault)),
        };
        let mut bytes = buffer.get(..count).unwrap_or_default();
        let before = self.received.len();
        let Some(tls) = &mut self.tls else {
            self.received.extend_from_slice(bytes);
            return Ok(true);
        };
        while !bytes.is_empty() {
            tls.read_tls(&mut bytes).map_err(|error| silent(&error.to_string()))?;
            let state = tls.process_new_packets().map_err(|error| untrusted(&error))?;
            let plain = state.plaintext_bytes_to_read();
            let _ = tls.reader().take(u64::try_from(plain).unwrap_or(0)).read_to_end(&mut self.received);
            // What it has said before, as why, is heard first.
            if state.peer_has_closed() {
                let has_said = self.received.len() > before;
                return if has_said { Ok(true) } else { Err(silent("it closed the connection")) };
            }
        }
        self.flush(until)?;
        Ok(true)
    }

    fn write(&mut self, bytes: &[u8], until: Duration) -> Carried<()> {
        match &mut self.tls {
            None => self.port.write(bytes, until).map_err(|fault| lost(&fault)),
            Some(tls) => {
                tls.writer().write_all(bytes).map_err(|error| silent(&error.to_string()))?;
                self.flush(until)
            }
        }
    }

    /// Sends what TLS has ready.
    fn flush(&mut self, until: Duration) -> Carried<()> {
        let mut bytes = Vec::new();
        if let Some(tls) = &mut self.tls {
            while tls.wants_write() {
                tls.write_tls(&mut bytes).map_err(|error| silent(&error.to_string()))?;
            }
        }
        if bytes.is_empty() { Ok(()) } else { self.port.write(&bytes, until).map_err(|fault| lost(&fault)) }
    }
}

impl Delivery {
    /// The number in the first line of its headers, where there is one: `NATS/1.0 503`.
    pub(super) fn status(&self) -> Option<u16> {
        self.headers.strip_prefix("NATS/1.0 ")?.get(..3)?.parse().ok()
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut fields = self.headers.lines().filter_map(|line| line.split_once(':'));
        fields.find(|(known, _)| *known == name).map(|(_, value)| value.trim())
    }
}

/// The first thing that stands there, and its length; none where it is not whole yet.
fn parse(bytes: &[u8]) -> Result<Option<(NatsFrame, usize)>, String> {
    let Some(end) = memchr::memmem::find(bytes, b"\r\n") else {
        let is_endless = bytes.len() > LONGEST_LINE;
        return if is_endless { Err("it sends a line without end".to_owned()) } else { Ok(None) };
    };
    let line = String::from_utf8_lossy(bytes.get(..end).unwrap_or_default());
    let (verb, rest) = line.split_once([' ', '\t']).unwrap_or((line.as_ref(), ""));
    let frame = match verb.to_ascii_uppercase().as_str() {
        "MSG" => return message(rest, false, bytes, end + 2),
        "HMSG" => return message(rest, true, bytes, end + 2),
        "PING" => NatsFrame::Ping,
        "PONG" => NatsFrame::Pong,
        "-ERR" => NatsFrame::Error(rest.trim().trim_matches('\'').to_owned()),
        "INFO" => match serde_json::from_str(rest) {
            Ok(info) => NatsFrame::Info(info),
            Err(error) => return Err(format!("what it says of itself cannot be read: {error}")),
        },
        _ => return Err("what answers there is no NATS server".to_owned()),
    };
    Ok(Some((frame, end + 2)))
}

/// `MSG subject number [reply] bytes`, `HMSG subject number [reply] header-bytes bytes`, and what follows that line.
fn message(line: &str, with_headers: bool, bytes: &[u8], from: usize) -> Result<Option<(NatsFrame, usize)>, String> {
    let wrong = || format!("it sends a message that cannot be read: {line:.80}");
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    let (numbers, names) = match (with_headers, words.as_slice()) {
        (false, [names @ .., total]) => ((0, total.parse::<usize>()), names),
        (true, [names @ .., head, total]) => ((head.parse().map_err(|_| wrong())?, total.parse()), names),
        (false | true, _) => return Err(wrong()),
    };
    let (head, total) = (numbers.0, numbers.1.map_err(|_| wrong())?);
    let (subject, subscription, reply) = match names {
        [subject, number] => (subject, number, ""),
        [subject, number, reply] => (subject, number, *reply),
        _ => return Err(wrong()),
    };
    if total > LARGEST_MESSAGE || head > total {
        return Err(wrong());
    }
    let Some(body) = bytes.get(from..from + total + 2) else { return Ok(None) };
    let headers = String::from_utf8_lossy(body.get(..head).unwrap_or_default()).into_owned();
    let message = Delivery {
        subject: (*subject).to_owned(),
        reply: reply.to_owned(),
        headers,
        payload: body.get(head..total).unwrap_or_default().to_vec(),
        subscription: subscription.parse().map_err(|_| wrong())?,
    };
    Ok(Some((NatsFrame::Message(message), from + total + 2)))
}

/// What the server says when it does not want us: asking again changes nothing, unless it is about to end.
fn refusal(why: &str) -> CarrierError {
    let passes = ["Stale Connection", "Server Shutdown", "Maximum Connections Exceeded", "Slow Consumer"];
    match passes.iter().any(|known| why.eq_ignore_ascii_case(known)) {
        true => silent(why),
        false => CarrierError::Refused(format!("the NATS server says: {why}{}", remedy(why))),
    }
}

/// What to do about a refusal: its users are made from the inventory.
fn remedy(why: &str) -> &'static str {
    let of = |what: &str| why.get(..what.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(what));
    if of("Authorization Violation") {
        ": it does not know this key: `hayes fleet nats-config` writes its users, with the `key` of each gateway's table"
    } else if of("Permissions Violation") {
        ": its users allow this no more, or are another Hayes's: `hayes fleet nats-config` writes them"
    } else {
        ""
    }
}

fn untrusted(error: &rustls::Error) -> CarrierError {
    let (text, kind) = (error.to_string(), format!("{error:?}"));
    let why = if text.contains("CaUsedAsEndEntity") {
        "its certificate is that of an authority itself (CA:TRUE, as `openssl req -x509` makes it): give the server one \
         that the authority has signed"
    } else if text.contains("UnknownIssuer") || text.contains("BadSignature") {
        "nobody who is trusted here has signed its certificate: name the authority that has with --ca FILE"
    } else if kind.contains("Expired") {
        "its certificate has expired: make its next one, or set the clock of this machine"
    } else if kind.contains("NotValidYet") {
        "its certificate is not valid yet: set the clock of this machine, or wait"
    } else if kind.contains("NotValidForName") {
        "its certificate is another name's: connect to a name that it holds, or make it one that holds this (subjectAltName)"
    } else {
        &text
    };
    let more = if why.contains("name's") { format!(" ({text})") } else { String::new() };
    CarrierError::Refused(format!("the NATS server's TLS is not trusted: {why}{more}"))
}

fn silent(why: &str) -> CarrierError {
    CarrierError::Unreachable(format!("the NATS server: {why}"))
}

fn lost(fault: &Fault) -> CarrierError {
    silent(&match fault {
        Fault::Lost(why) | Fault::System(why) | Fault::Unsupported(why) => why.clone(),
        Fault::WriteTimeout { .. } | Fault::Interrupted => "it takes no more bytes".to_owned(),
    })
}
