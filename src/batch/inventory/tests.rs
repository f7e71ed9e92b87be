use super::*;

const HOUSE: &str = r#"
ports = ["/dev/ttyUSB*"]

[defaults]
baud = 9600
vars = { apn = "super", site = "nowhere" }

[[modem]]
name = "gw-0001"
port = "/dev/serial/by-id/usb-Quectel_BG96-if02-port0"
groups = ["prod", "hub-a"]
vars = { site = "Berlin" }

[[range]]
name = "sim-{001..003}"
port = "sim:bg96?seed={n}"
groups = ["lab"]
labels = { slot = "S{n}" }

[[modem]]
name = "gw-0002"
imei = "35-123456-123456-7"
iccid = "8988307000000000001F"

[group.hub-a]
max-parallel = 4
baud = 115200
vars = { site = "hub", floor = 3 }
"#;

#[test]
fn a_modem_beats_its_group_beats_the_defaults() {
    let inventory = read(&[Source::new("i.toml", HOUSE)]).unwrap();
    let modem = &inventory.modems[0];
    let vars: Vec<(&str, &str)> = modem.vars.iter().map(|(name, value)| (&**name, value.as_str())).collect();
    assert_eq!(vars, [("apn", "super"), ("floor", "3"), ("site", "Berlin")]);
    assert_eq!((modem.baud, inventory.modems[3].baud), (Some(115_200), Some(9600)));
    assert_eq!(inventory.modems[3].labels["slot"], "S3");
    assert_eq!(inventory.max_parallel["hub-a"], 4);
    assert_eq!(inventory.ports, ["/dev/ttyUSB*"]);
}

fn hidden(name: &str, text: &str) -> String {
    let shown = without_values(&Source::new(name, text));
    assert_eq!(shown.text.len(), text.len());
    shown.text.clone()
}

#[test]
fn values_of_toml_are_hidden_and_nothing_else() {
    let text = "[[modem]]\nname = \"a\"\nvars = { pw = \"hunter2\", n = 7 }\n[group.x.vars]\npw = 'geheim'\n[[modem]]\nname = \"b\"\nvars.pw = \"w\u{fc}\"\n";
    let text = hidden("i.toml", text);
    for secret in ["hunter2", "7", "geheim", "w\u{fc}"] {
        assert!(!text.contains(secret), "{text}");
    }
    assert!(text.contains("name = \"a\"") && text.contains("name = \"b\""), "{text}");
    let broken = hidden("i.toml", "[[modem]\nname = \"a\"\nvars = { pw = \"hunter2\"\n");
    assert!(!broken.contains("hunter2") && broken.contains("name = \"a\""), "{broken}");
}

#[test]
fn values_of_csv_are_hidden_and_nothing_else() {
    let text = "# modems\nname,var.pw,port,label.rack\na,\"hun,ter2\",sim:bg96,A3\nb,hunter2,x,y,z\n";
    let text = hidden("i.csv", text);
    assert!(!text.contains("ter2") && text.contains("sim:bg96,A3\nb,"), "{text}");
    assert!(!text.contains("x,y,z"), "of a row with another number of fields nobody knows which is which: {text}");
    assert!(!hidden("i.csv", "name;vars.pw\na;hunter2\n").contains("hunter2"));
}
