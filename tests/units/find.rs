//! Tests of `src/batch/find.rs` from within: what is private there.

use super::*;
use crate::batch::inventory;
use crate::source::Source;

#[test]
fn a_port_of_another_modem_is_not_asked() {
    let text = "ports = [\"/dev/nul?\", \"tcp://hub:1\"]\n[[modem]]\nname = \"a\"\nport = \"/dev/null\"\n[[modem]]\n\
                name = \"b\"\nimei = \"351234561234567\"\n";
    let inventory = inventory::read(&[Source::new("i.toml", text)]).unwrap();
    let ports: Vec<String> = candidates(&inventory).iter().map(|(address, _)| address.to_string()).collect();
    assert_eq!(ports, ["tcp://hub:1"]);
}
