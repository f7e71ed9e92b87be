//! A program that sets a modem up with a script of its own, and asks it something: `cargo run --example embed -- sim:bg96`.

#![allow(clippy::print_stdout, reason = "an example prints")]

use hayes::embed::{Inputs, Modem, Script};

const SCRIPT: &str = r#"
# Sets the APN and reports the signal
param apn = "super"
ensure AT+CGDCONT? answers '+CGDCONT: 1,{},"${apn}",{}' else {
    AT+CGDCONT=1,"IP","${apn}"
}
AT+CSQ
    capture rssi:int, _
report apn, rssi
"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port = std::env::args().nth(1).unwrap_or_else(|| "sim:bg96?time=virtual".to_owned());
    print!("{}", talk(&port)?);
    Ok(())
}

pub(crate) fn talk(port: &str) -> Result<String, Box<dyn std::error::Error>> {
    let script = Script::parse("set-apn.hayes", SCRIPT)?;
    let mut modem = Modem::open(port)?;
    let result = modem.run(&script, &Inputs::default().with("apn", "super"))?;
    let mut text = format!("{}\n", result.status);
    for (name, value) in &result.report {
        text += &format!("{name}: {value}\n");
    }
    for line in modem.at("AT+COPS?")?.answer {
        text += &format!("{line}\n");
    }
    Ok(text)
}
