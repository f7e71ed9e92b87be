//! What the operator and the gateways say to each other, in JSON. Unknown fields are passed over, so that either side
//! may be the newer one; an unknown version is refused.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};

use super::carrier::{ResultKey, is_name};
use super::key::{SecretKey, has_signed};
use crate::port::Timestamp;
use crate::report::result::RunResult;

/// The version of all messages.
pub const VERSION: u32 = 1;
/// What orders may need beyond their version.
const KNOWN: [&str; 1] = [ATTACHES];
const ATTACHES: &str = "attaches";

/// All that the operator wants of one gateway. It replaces the order before it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Order {
    pub v: u32,
    pub fleet: String,
    pub gateway: String,
    /// Which order it is: none is followed by a lower one.
    pub epoch: u64,
    /// For people: RFC 3339
    pub issued: String,
    /// How long modems may be begun after the gateway has last seen that this is the present order
    #[serde(with = "as_text")]
    pub valid_for: Duration,
    /// Begin no more.
    #[serde(default)]
    pub pause: bool,
    /// Runs whose results stand in the operator's ledger.
    #[serde(default)]
    pub settled: Vec<String>,
    /// What a gateway has to know ([`KNOWN`]) to follow it: fields that it does not know it would pass over
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
    pub runs: Vec<WantedRun>,
}

/// One script on modems of this gateway.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WantedRun {
    pub run: String,
    /// The SHA-256 of its [`ScriptBundle`](super::bundle::ScriptBundle)
    pub bundle: String,
    #[serde(flatten)]
    pub manner: Manner,
    /// End what runs too, by its `finally`.
    #[serde(default)]
    pub stop: bool,
    /// What its modems may do together ([`WantedModem::limits`])
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attaches: Vec<AttachShare>,
    pub modems: Vec<WantedModem>,
}

/// How often a gateway's modems may leave their network, or look for one: its share of what those of all gateways may.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachShare {
    /// Which modems, in the operator's words: `operator=acme`
    pub of: String,
    pub most: u32,
    #[serde(with = "as_text")]
    pub period: Duration,
}

/// How a script is run: what `hayes batch` is told by its arguments.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Manner {
    /// Values for all modems
    #[serde(default)]
    pub vars: BTreeMap<String, String>,
    /// Secrets for all modems, sealed to the gateway's key
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<String>,
    #[serde(default)]
    pub plan: bool,
    #[serde(default)]
    pub yes: bool,
    #[serde(default)]
    pub shareable: bool,
    #[serde(with = "as_text")]
    pub timeout: Duration,
    #[serde(default)]
    pub timeout_bounds: bool,
    pub timeout_scale: f64,
    #[serde(with = "as_text")]
    pub modem_timeout: Duration,
    /// How many of a gateway's modems run at the same time
    pub jobs: usize,
    #[serde(with = "as_text")]
    pub start_delay: Duration,
    #[serde(with = "as_text")]
    pub jitter: Duration,
    /// How often a modem that has failed is tried again
    #[serde(default)]
    pub retries: usize,
    /// How long each port that is not there yet is waited for
    #[serde(with = "as_text", default)]
    pub wait: Duration,
    /// RFC 3339: nothing is begun after this time of day
    pub not_after: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WantedModem {
    pub name: String,
    pub port: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imei: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iccid: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baud: Option<u32>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub vars: BTreeMap<String, String>,
    /// Which of its run's shares of attaches it takes from
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<usize>,
    /// Raised where a person wants it run again.
    pub attempt: u32,
}

/// What came of one attempt on one modem.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GatewayResult {
    pub v: u32,
    pub run: String,
    pub gateway: String,
    pub attempt: u32,
    pub epoch: u64,
    /// The version of Hayes there
    pub agent: String,
    pub instance: String,
    pub result: RunResult,
    /// The end of the conversation of one that did not pass
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
}

/// Who a gateway is, and what it does.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Presence {
    pub v: u32,
    /// By chance, in its state folder: another one is another folder, or a copy that was adopted.
    pub instance: String,
    pub boot_id: String,
    /// How often that folder's agent has begun: one that was there meanwhile has a copy of the folder.
    #[serde(default)]
    pub session: u64,
    pub agent: String,
    /// Of the order that it follows
    pub epoch: u64,
    /// The modems that run
    pub running: Vec<String>,
    /// How many results are still to be carried
    pub outbox: usize,
    /// How many modems wait until they may attach
    #[serde(default, skip_serializing_if = "is_zero")]
    pub waiting: usize,
    /// RFC 3339, by its own clock
    pub clock: String,
    /// What keeps it from doing what it is told
    pub says: Option<String>,
    /// The operator has written this, for another instance than that one to take the gateway's place
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refuses: Option<String>,
}

impl Order {
    /// What its runs need a gateway to know.
    pub fn needed(runs: &[WantedRun]) -> Vec<String> {
        runs.iter().any(|run| !run.attaches.is_empty()).then(|| ATTACHES.to_owned()).into_iter().collect()
    }

    pub fn has(&self, run: &str, modem: &str) -> bool {
        self.runs.iter().any(|it| it.run == run && it.modems.iter().any(|it| it.name == modem))
    }

    /// Whether it names modems that the order before it does not.
    pub fn gives_more_than(&self, earlier: Option<&Order>) -> bool {
        let is_new = |run: &str, modem: &WantedModem| earlier.is_none_or(|order| !order.has(run, &modem.name));
        self.runs.iter().any(|run| run.modems.iter().any(|modem| is_new(&run.run, modem)))
    }
}

impl Presence {
    /// What is wrong with the gateway's clock, as far as that shows: it follows an order that was made later than its
    /// clock says, or says a time that is yet to come.
    pub fn skew(&self, order: Option<&Order>, now: Timestamp) -> Option<&'static str> {
        let said = Timestamp::parse(&self.clock)?.millis();
        let issued = order.filter(|order| order.epoch == self.epoch).and_then(|order| Timestamp::parse(&order.issued));
        match issued {
            _ if said > now.millis() + SKEW => Some("its clock is ahead of the operator's"),
            Some(issued) if said + SKEW < issued.millis() => Some("its clock is behind the operator's"),
            Some(_) | None => None,
        }
    }

    /// For people: `order 7, said at 2026-11-28T04:00:00Z, 3 running; …`
    pub fn described(&self, order: Option<&Order>, now: Timestamp) -> String {
        if let Some(old) = self.refuses.as_ref().filter(|_| self.instance.is_empty()) {
            return format!("free for the next agent that is not {old}");
        }
        let count = |count: usize, what: &str| (count > 0).then(|| format!(", {count} {what}"));
        let counts = [
            count(self.running.len(), "running"),
            count(self.waiting, "waiting to attach"),
            count(self.outbox, "to be carried"),
        ];
        let counts: String = counts.into_iter().flatten().collect();
        let skew = self.skew(order, now).map(|skew| format!(", {skew}")).unwrap_or_default();
        let says = self.says.as_ref().map(|says| format!("; {says}")).unwrap_or_default();
        format!("order {}, said at {}{counts}{skew}{says}", self.epoch, self.clock)
    }
}

impl WantedModem {
    pub fn new(name: &str, port: &str) -> WantedModem {
        WantedModem {
            name: name.to_owned(),
            port: port.to_owned(),
            imei: None,
            iccid: None,
            baud: None,
            labels: BTreeMap::new(),
            vars: BTreeMap::new(),
            limits: Vec::new(),
            attempt: 1,
        }
    }
}

impl GatewayResult {
    /// Whether it is what that key says.
    pub fn is_under(&self, key: &ResultKey) -> bool {
        let ResultKey { run, gateway, modem, attempt } = key;
        (run, gateway, modem, attempt) == (&self.run, &self.gateway, &self.result.modem, &self.attempt)
    }

    pub fn key(&self) -> ResultKey {
        ResultKey {
            run: self.run.clone(),
            gateway: self.gateway.clone(),
            modem: self.result.modem.clone(),
            attempt: self.attempt,
        }
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// A gateway whose clock is so far from ours, in milliseconds, is told of.
const SKEW: u64 = 60_000;

/// A message that may be sent to any carrier. It always is written: it holds nothing that JSON cannot.
pub fn json(message: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(message).unwrap_or_default()
}

/// Why a message or a file cannot be used here, where a newer Hayes has written it.
pub fn of_newer(text: &[u8]) -> Option<String> {
    let message: serde_json::Value = serde_json::from_slice(text).ok()?;
    let version = message.get("v")?.as_u64().filter(|version| *version > u64::from(VERSION))?;
    let (here, by) = (env!("CARGO_PKG_VERSION"), message.get("agent").or_else(|| message.get("made_by")));
    let by = by.and_then(serde_json::Value::as_str).map(|by| format!(", by Hayes {by}")).unwrap_or_default();
    Some(format!(
        "is of version {version}{by}, and Hayes {here} here knows version {VERSION}: install a newer one here"
    ))
}

/// A message, of a version that is known here.
pub fn understood<T: for<'d> Deserialize<'d>>(text: &[u8], version: impl Fn(&T) -> u32) -> Result<T, String> {
    match serde_json::from_slice::<T>(text) {
        Ok(message) if version(&message) <= VERSION => Ok(message),
        Ok(_) => Err(of_newer(text).unwrap_or_default()),
        Err(error) => Err(of_newer(text).unwrap_or_else(|| format!("cannot be read: {error}"))),
    }
}

/// What people call a run: `r7` of `r7-5f0c9a12bd34`. What stands behind it tells it from an `r7` of another folder:
/// the runs of a folder are counted, and one that was made anew counts anew.
pub fn run_name(run: &str) -> &str {
    run.split_once('-').map_or(run, |(name, _)| name)
}

/// An order as it is carried: its signature and the signer's key on a line, then the JSON. What is signed are these
/// very bytes, so no two ways to write it matter.
pub fn signed(order: &Order, key: &SecretKey) -> Vec<u8> {
    let text = json(order);
    let mut bytes = format!("{} {}\n", BASE64.encode(key.sign(&text)), key.public()).into_bytes();
    bytes.extend(text);
    bytes
}

/// The order in these bytes, if it was signed by one of these keys for that gateway; else why it is not followed.
pub fn verified(bytes: &[u8], operators: &[String], fleet: &str, gateway: &str) -> Result<Order, String> {
    let (signature, signer, text) = parts(bytes)?;
    let Some(known) = operators.iter().find(|known| known.as_str() == signer) else {
        return Err(format!(
            "the order is signed with the key {signer:.56}, and this gateway was enrolled with another: \
             is this its fleet's carrier? Else enrol it anew"
        ));
    };
    if !has_signed(known, text, &signature) {
        return Err("the order's signature is wrong: it was changed, or cut off".to_owned());
    }
    let order: Order = understood(text, |order: &Order| order.v).map_err(|why| format!("the order {why}"))?;
    if order.fleet != fleet || order.gateway != gateway {
        return Err(format!("the order is for {} of {}", order.gateway, order.fleet));
    }
    if let Some(unknown) = order.needs.iter().find(|need| !KNOWN.contains(&need.as_str())) {
        let here = env!("CARGO_PKG_VERSION");
        return Err(format!(
            "the order needs {unknown:?}, which Hayes {here} of this gateway does not know: install a newer one"
        ));
    }
    let modems = order.runs.iter().flat_map(|run| &run.modems).map(|modem| &modem.name);
    let names = order.runs.iter().map(|run| &run.run).chain(modems);
    match names.into_iter().find(|name| !is_name(name)) {
        Some(name) => Err(format!("the order has {name:?} for a name")),
        None => Ok(order),
    }
}

/// The signature of an order, the key that it names, and what is signed.
fn parts(bytes: &[u8]) -> Result<(Vec<u8>, &str, &[u8]), &'static str> {
    let end = bytes.iter().position(|byte| *byte == b'\n').ok_or("the order is cut off")?;
    let (head, text) = (bytes.get(..end).unwrap_or_default(), bytes.get(end + 1..).unwrap_or_default());
    let head = str::from_utf8(head).map_err(|_| "the order has no signature")?;
    let (signature, signer) = head.split_once(' ').ok_or("the order has no signature")?;
    Ok((BASE64.decode(signature).map_err(|_| "the order has no signature")?, signer, text))
}

/// Whose key has signed an order of this gateway, and which order it is; none where it is broken, or another's.
pub fn signer_of<'b>(bytes: &'b [u8], fleet: &str, gateway: &str) -> Option<(&'b str, u64)> {
    let (signature, signer, text) = parts(bytes).ok()?;
    let order: serde_json::Value =
        serde_json::from_slice(text).ok().filter(|_| has_signed(signer, text, &signature))?;
    // A later version may say more than is known here; whose it is it says too.
    let is_its = order.get("fleet")? == fleet && order.get("gateway")? == gateway;
    Some((signer, order.get("epoch")?.as_u64()?)).filter(|_| is_its)
}

/// Durations are written as in scripts: `15min`.
pub(super) mod as_text {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer, de};

    use crate::notation::{ExactDuration, duration};

    pub(in crate::fleet) fn serialize<S: Serializer>(value: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&ExactDuration(*value))
    }

    pub(in crate::fleet) fn deserialize<'d, D: Deserializer<'d>>(deserializer: D) -> Result<Duration, D::Error> {
        let text = String::deserialize(deserializer)?;
        duration(&text).map_err(de::Error::custom)
    }
}
