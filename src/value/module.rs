//! The record `module`: what the catalogue knows of the module that a script talks to. Commands in it are whole, with
//! their `AT`; what is not known is empty.

use super::{Record, Value};
use crate::at::command::{Form, parse};
use crate::catalogue::command::{reason, values};
use crate::catalogue::command_of;
use crate::catalogue::entry::{Module, Setting};

/// The record of that module; all is empty where none is known.
pub fn record(module: Option<&Module>) -> Value {
    let unknown = Module::default();
    let module = module.unwrap_or(&unknown);
    let settings = |all: &[Setting]| Value::list(all.iter().map(setting).collect());
    let seconds = std::time::Duration::from_secs_f64(module.boot_seconds.unwrap_or_default().clamp(0.0, 600.0));
    let registration = module.registration.iter().map(|command| Value::text(format!("{command}?"))).collect();
    Value::record(Record::from_iter([
        ("id", Value::text(module.id)),
        ("name", Value::text(name(module))),
        ("vendor", Value::text(module.vendor)),
        ("technologies", texts(&module.technologies)),
        ("iccid", Value::text(module.iccid)),
        ("registration", Value::list(registration)),
        ("context", Value::Int(context(module))),
        ("apn", texts(&module.apn)),
        ("stack", settings(&module.stack)),
        ("roaming", settings(&module.roaming)),
        ("technology", settings(&module.technology)),
        ("power_saving", settings(&module.power_saving)),
        ("sim_slot", settings(&module.sim_slot)),
        ("data_up", texts(&module.data_up)),
        ("data_down", Value::text(module.data_down)),
        ("address", Value::text(module.address)),
        ("ping", Value::text(module.ping)),
        ("ping_answer", Value::text(module.ping_answer)),
        ("cell", Value::text(module.cell)),
        ("neighbours", Value::text(module.neighbours)),
        ("bands", Value::text(module.bands)),
        ("act_8_is_lte_m", Value::Bool(module.act_8_is_lte_m)),
        ("reboot", Value::text(module.reboot)),
        ("power_off", Value::text(module.power_off.unwrap_or_default())),
        ("boot", Value::duration(seconds)),
        ("notes", texts(&module.supersim)),
    ]))
}

/// A record in which no list is empty: it shows which fields there are, and of what kind.
pub fn example() -> Value {
    let lines = || vec![""];
    let setting = || vec![Setting { right: lines(), ..Setting::default() }];
    record(Some(&Module {
        technologies: lines(),
        registration: lines(),
        apn: lines(),
        data_up: lines(),
        supersim: lines(),
        roaming: setting(),
        technology: setting(),
        power_saving: setting(),
        sim_slot: setting(),
        stack: setting(),
        ..Module::default()
    }))
}

/// `Quectel BG96`
pub fn name(module: &Module) -> String {
    let model = module.models.first().map_or("", |model| model.trim_end_matches('*'));
    format!("{} {model}", module.vendor).trim().to_owned()
}

/// The context that carries its data, as its APN is set in it.
fn context(module: &Module) -> i64 {
    let number = |line: &&str| line.strip_prefix("AT+CGDCONT=")?.split(',').next()?.parse().ok();
    module.apn.iter().find_map(number).unwrap_or(1)
}

fn setting(setting: &Setting) -> Value {
    let restarts = parse(setting.set).is_some_and(|line| {
        line.commands.iter().any(|asked| {
            let values = values(asked);
            command_of(asked).is_some_and(|known| reason(&known.needs_reboot, Form::Set, &values).is_some())
        })
    });
    Value::record(Record::from_iter([
        ("what", Value::text(setting.what)),
        ("read", Value::text(setting.read)),
        ("right", texts(&setting.right)),
        ("set", Value::text(setting.set)),
        ("at_once", Value::text(setting.at_once.unwrap_or(setting.set))),
        ("before", Value::text(setting.before.unwrap_or_default())),
        ("radio_off", Value::Bool(setting.radio_off)),
        ("restart", Value::Bool(restarts)),
    ]))
}

fn texts(texts: &[&'static str]) -> Value {
    Value::list(texts.iter().map(|text| Value::text(*text)).collect())
}
