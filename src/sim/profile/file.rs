//! A profile's file, and how it lies over the generic one.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

use super::{
    Action, Allowed, Behaviour, BootLine, Command, FILES, Holds, Kept, Key, Needs, NetworkFacts, Profile, Rules,
    Settable, Setting, Time, Timing, WireFormat,
};

/// The file, before the settings are numbered.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct File {
    manufacturer: String,
    model: String,
    revision: String,
    type_allocation: String,
    wire: WireFormat,
    timing: Timing,
    rules: Rules,
    network: NetworkFacts,
    boot: Vec<BootLine>,
    urcs: Vec<String>,
    information: BTreeMap<String, String>,
    error_texts: BTreeMap<String, String>,
    commands: BTreeMap<String, CommandEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct CommandEntry {
    does: Option<Behaviour>,
    default: Option<String>,
    #[serde(default)]
    values: Vec<String>,
    #[serde(default)]
    kept: Kept,
    #[serde(default)]
    list: bool,
    #[serde(default)]
    settable: Settable,
    #[serde(default)]
    holds: Holds,
    #[serde(default)]
    resets: Vec<String>,
    test: Option<String>,
    read: Option<String>,
    execute: Option<String>,
    set: Option<String>,
    #[serde(default)]
    bare: bool,
    prefix: Option<String>,
    #[serde(default)]
    keys: BTreeMap<String, KeyEntry>,
    /// A last parameter may say when it takes effect (0 or 1); it is not kept.
    #[serde(default)]
    effect: bool,
    #[serde(default)]
    needs: Needs,
    #[serde(default)]
    takes: Time,
    #[serde(default)]
    then: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct KeyEntry {
    default: String,
    values: Vec<String>,
    #[serde(default)]
    test: String,
}

impl Profile {
    pub(super) fn read(text: &str) -> Result<Profile, String> {
        let (_, _, generic) = FILES.first().ok_or("there is no generic profile")?;
        let mut table: toml::Table = generic.parse().map_err(|error: toml::de::Error| error.to_string())?;
        if text != *generic {
            let own: toml::Table = text.parse().map_err(|error: toml::de::Error| error.to_string())?;
            overlay(&mut table, own);
        }
        if let Some(toml::Value::Table(commands)) = table.get_mut("commands") {
            // `"+CCID" = false`: this model has it not.
            commands.retain(|_, entry| entry.as_bool() != Some(false));
        }
        let file = File::deserialize(table).map_err(|error| error.to_string())?;
        Ok(Profile::from_file(file))
    }

    fn from_file(file: File) -> Profile {
        let mut settings = Settings { list: Vec::new(), names: HashMap::new() };
        let commands =
            file.commands.into_iter().map(|(name, entry)| (name.clone(), settings.command(name, entry))).collect();
        Profile {
            manufacturer: file.manufacturer,
            model: file.model,
            revision: file.revision,
            type_allocation: file.type_allocation,
            wire: file.wire,
            timing: file.timing,
            rules: file.rules,
            network: file.network,
            boot: file.boot,
            urcs: file.urcs,
            information: file.information,
            error_texts: file.error_texts,
            commands,
            settings: settings.list,
            setting_names: settings.names,
        }
    }
}

/// Puts a model's own table over the generic one. A command's entry replaces the generic one as a whole.
fn overlay(base: &mut toml::Table, own: toml::Table) {
    for (key, value) in own {
        match (base.get_mut(&key), value) {
            (Some(toml::Value::Table(base)), toml::Value::Table(own)) => {
                for (key, value) in own {
                    base.insert(key, value);
                }
            }
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

/// The settings as they are numbered.
struct Settings {
    list: Vec<Setting>,
    names: HashMap<String, usize>,
}

impl Settings {
    fn add(&mut self, name: String, default: String, values: &[String], entry: &CommandEntry) -> usize {
        let place = self.list.len();
        self.names.insert(name, place);
        self.list.push(Setting {
            default,
            values: values.iter().map(|values| Allowed::read(values)).collect(),
            list: entry.list,
            kept: entry.kept,
            settable: entry.settable,
            holds: entry.holds,
            resets: entry.resets.clone(),
        });
        place
    }

    fn command(&mut self, name: String, mut entry: CommandEntry) -> Command {
        let default = entry.default.take();
        let setting = default.map(|default| self.add(name.clone(), default, &entry.values, &entry));
        let keys: Vec<Key> = std::mem::take(&mut entry.keys)
            .into_iter()
            .map(|(key, value)| Key {
                quoted: !key.bytes().all(|byte| byte.is_ascii_digit()),
                setting: self.add(format!("{name}/{key}"), value.default, &value.values, &entry),
                test: value.test,
                name: key,
            })
            .collect();
        let action = match entry.does {
            Some(behaviour) => Action::Does(behaviour),
            None if !keys.is_empty() => Action::Keyed { keys, effect: entry.effect, read: entry.read },
            None if setting.is_some() => Action::Setting,
            None => Action::Answer { read: entry.read, execute: entry.execute, set: entry.set },
        };
        Command {
            prefix: entry.prefix.unwrap_or(name),
            action,
            setting,
            test: entry.test,
            needs: entry.needs,
            takes: entry.takes.0,
            then: entry.then,
            bare: entry.bare,
        }
    }
}
