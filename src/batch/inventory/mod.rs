//! Which modems there are, and what each is given: TOML, or CSV as spreadsheets write it.
//!
//! All that is wrong with an inventory is told at once, each with its place.

mod builder;
mod csv;
mod hide;
mod range;
mod select;
#[cfg(test)]
mod tests;
mod toml;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::connect::Address;
use crate::diagnostic::{self, Diagnostic};
use crate::source::Source;

pub(crate) use select::glob;
pub use select::{Selection, SelectionError};

/// The modems of one or more files.
#[derive(Debug, Clone, Default)]
pub struct Inventory {
    /// In the order of the files.
    pub modems: Vec<Modem>,
    pub groups: BTreeMap<String, Group>,
    /// `ports = […]`: where modems are looked for that are named by their IMEI or ICCID; may hold globs.
    pub ports: Vec<String>,
}

/// One modem. What its groups and the defaults say is merged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Modem {
    pub name: String,
    /// Where it is; with an identity: where it is looked for first.
    pub address: Option<Address>,
    /// Who it is, where cables may have been swapped.
    pub identity: Identity,
    pub groups: Vec<Arc<str>>,
    /// `label.rack = "A3"`: to select by, and columns of reports
    pub labels: BTreeMap<Arc<str>, String>,
    /// Values for the script's params, by name
    pub vars: BTreeMap<Arc<str>, String>,
    /// Bits a second
    pub baud: Option<u32>,
}

/// What tells one modem from another.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Identity {
    /// 15 digits
    pub imei: Option<String>,
    /// 18 to 20 digits, without the padding F
    pub iccid: Option<String>,
}

/// What holds for all modems of a group.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Group {
    /// How many of its modems run at the same time.
    pub max_parallel: Option<usize>,
}

impl Identity {
    pub fn is_empty(&self) -> bool {
        self.imei.is_none() && self.iccid.is_none()
    }
}

/// More modems than anybody has on a bench: a slip of the finger in a range.
pub const MOST_MODEMS: usize = 100_000;

/// Reads inventories; the modems of all of them are one list. CSV is told from TOML by the file's name, else by its
/// first line.
pub fn read(sources: &[Arc<Source>]) -> Result<Inventory, Vec<Diagnostic>> {
    let mut builder = builder::Builder::default();
    for source in sources {
        if is_csv(source) {
            csv::read(source, &mut builder);
        } else {
            toml::read(source, &mut builder);
        }
    }
    builder.finish().map_err(|mut diagnostics| {
        hide::values(&mut diagnostics);
        diagnostics
    })
}

fn is_csv(source: &Source) -> bool {
    let name = source.name.to_ascii_lowercase();
    if name.ends_with(".csv") || name.ends_with(".tsv") {
        return true;
    }
    if name.ends_with(".toml") {
        return false;
    }
    let text = source.text.trim_start_matches('\u{feff}');
    let first = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#')).unwrap_or_default();
    !first.starts_with('[') && !first.contains('=')
}

/// The key that was probably meant.
fn nearest<'k>(name: &str, keys: &[&'k str]) -> Option<&'k str> {
    diagnostic::nearest(&name.replace('_', "-"), keys.iter().copied())
}
