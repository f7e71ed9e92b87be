//! The modems that a run is for, in the order of its waves; found by their name, and by their gateway.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::carrier::is_name;
use super::message::WantedModem;
use super::nkey::{self, KeyKind};
use crate::batch::inventory::{BatchModem, FleetGateway};

/// A modem that a run is for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Target {
    pub gateway: String,
    #[serde(flatten)]
    pub modem: WantedModem,
}

/// All of a run. Its gateways are thousands, and each is asked for its own: nobody looks through all for that.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(from = "Vec<Target>", into = "Vec<Target>")]
pub struct Targets {
    list: Vec<Target>,
    by_name: HashMap<String, usize>,
    by_gateway: BTreeMap<String, Vec<usize>>,
}

impl From<Vec<Target>> for Targets {
    fn from(list: Vec<Target>) -> Targets {
        let mut targets = Targets::default();
        list.into_iter().for_each(|target| targets.learn(target));
        targets
    }
}

impl From<Targets> for Vec<Target> {
    fn from(targets: Targets) -> Vec<Target> {
        targets.list
    }
}

impl std::ops::Deref for Targets {
    type Target = [Target];

    fn deref(&self) -> &[Target] {
        &self.list
    }
}

impl Targets {
    pub fn place(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// Those of a gateway, each with its place.
    pub fn at(&self, gateway: &str) -> impl Iterator<Item = (usize, &Target)> {
        let places = self.by_gateway.get(gateway).into_iter().flatten();
        places.filter_map(|place| Some((*place, self.list.get(*place)?)))
    }

    pub fn gateways(&self) -> impl Iterator<Item = &String> {
        self.by_gateway.keys()
    }

    /// Takes one that nobody has named: a result tells of it.
    pub(super) fn learn(&mut self, target: Target) {
        match self.place(&target.modem.name).and_then(|place| self.list.get_mut(place)) {
            Some(known) => known.modem.attempt = known.modem.attempt.max(target.modem.attempt),
            None => {
                let place = self.list.len();
                self.by_name.insert(target.modem.name.clone(), place);
                self.by_gateway.entry(target.gateway.clone()).or_default().push(place);
                self.list.push(target);
            }
        }
    }

    /// A person wants it run once more.
    pub(super) fn try_again(&mut self, place: usize) {
        self.list.get_mut(place).into_iter().for_each(|target| target.modem.attempt += 1);
    }
}

/// Whether the keys of an inventory are keys; else which one is not.
pub fn check_keys(gateways: &[FleetGateway]) -> Result<(), String> {
    gateways.iter().try_for_each(|FleetGateway { name, key, seal }| {
        let told = |what: &str, why: String| format!("the {what} of {name}: {why}");
        let judge = |text: &Option<String>, kind| text.as_ref().map_or(Ok([0; 32]), |text| nkey::read(kind, text));
        judge(key, KeyKind::User).map_err(|why| told("key", why))?;
        judge(seal, KeyKind::Curve).map_err(|why| told("seal", why)).map(|_| ())
    })
}

/// The modems of an inventory that gateways have, as a run is for them. Names go through carriers that know fewer
/// signs. What the inventory says beats the environment's values, and `baud` beats it.
pub fn targets(
    modems: &[BatchModem],
    environment: &BTreeMap<String, String>,
    baud: Option<u32>,
) -> Result<Vec<Target>, String> {
    let target = |modem: &BatchModem| {
        let name = &modem.name;
        let Some(gateway) = &modem.gateway else {
            return Err(format!("{name} has no gateway: `hayes batch` runs scripts on modems of this machine"));
        };
        if let Some(wrong) = [name.as_str(), gateway].into_iter().find(|name| !is_name(name)) {
            return Err(format!("{wrong:?} is no name in a fleet: it takes letters, digits, - and _, at most 64"));
        }
        let Some(address) = &modem.address else { return Err(format!("{name} has no port at its gateway")) };
        let texts = |map: &BTreeMap<Arc<str>, String>| {
            map.iter().map(|(name, value)| (name.to_string(), value.clone())).collect::<BTreeMap<_, _>>()
        };
        let mut vars = environment.clone();
        vars.extend(texts(&modem.vars));
        let modem = WantedModem {
            imei: modem.identity.imei.clone(),
            iccid: modem.identity.iccid.clone(),
            baud: baud.or(modem.baud),
            labels: texts(&modem.labels),
            vars,
            ..WantedModem::new(name, &address.to_string())
        };
        Ok(Target { gateway: gateway.to_string(), modem })
    };
    modems.iter().map(target).collect()
}
