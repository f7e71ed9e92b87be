use super::*;

fn inventory(name: &str, text: &str) -> Result<Inventory, Vec<String>> {
    read(&[Source::new(name, text)]).map_err(|diagnostics| diagnostics.iter().map(shown).collect())
}

/// `2:8 message (help)`, with what stands at that place.
fn shown(diagnostic: &Diagnostic) -> String {
    let span = diagnostic.span().unwrap();
    let at = diagnostic.source.position(span.start as usize);
    let help = diagnostic.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
    format!("{}:{} <{}> {}{help}", at.line, at.column, diagnostic.source.slice(span), diagnostic.message)
}

fn names<'i>(inventory: &'i Inventory, terms: &[&str]) -> Vec<&'i str> {
    let terms: Vec<String> = terms.iter().map(|term| (*term).to_owned()).collect();
    let selection = Selection::parse(&terms).unwrap();
    inventory.modems.iter().filter(|modem| selection.selects(modem)).map(|modem| modem.name.as_str()).collect()
}

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
    let inventory = inventory("i.toml", HOUSE).unwrap();
    let modem = &inventory.modems[0];
    let vars: Vec<(&str, &str)> = modem.vars.iter().map(|(name, value)| (&**name, value.as_str())).collect();
    assert_eq!(vars, [("apn", "super"), ("floor", "3"), ("site", "Berlin")]);
    assert_eq!(modem.baud, Some(115_200));
    assert_eq!(inventory.groups["hub-a"].max_parallel, Some(4));
    assert_eq!(inventory.ports, ["/dev/ttyUSB*"]);
}

#[test]
fn a_range_is_many_modems_in_the_order_of_the_file() {
    let inventory = inventory("i.toml", HOUSE).unwrap();
    assert_eq!(names(&inventory, &[]), ["gw-0001", "sim-001", "sim-002", "sim-003", "gw-0002"]);
    let third = &inventory.modems[3];
    assert_eq!(third.address.as_ref().unwrap().to_string(), "sim:bg96?seed=3");
    assert_eq!(third.labels["slot"], "S3");
    assert_eq!(third.baud, Some(9600));
}

#[test]
fn an_identity_is_read_without_its_punctuation() {
    let inventory = inventory("i.toml", HOUSE).unwrap();
    let identity = &inventory.modems[4].identity;
    assert_eq!(identity.imei.as_deref(), Some("351234561234567"));
    assert_eq!(identity.iccid.as_deref(), Some("8988307000000000001"));
}

#[test]
fn csv_is_read_as_spreadsheets_write_it() {
    let text = "\u{feff}Name;Port;Group;label.rack;var.apn\r\n\
                \"gw;1\";/dev/ttyUSB0;prod hub-a;A3;\"a \"\"b\"\"\"\r\n\
                \r\n\
                gw-2;tcp://hub:7001;;;\r\n";
    assert_eq!(names(&inventory("-", text).unwrap(), &["prod"]), ["gw;1"]);
    let inventory = inventory("list.csv", text).unwrap();
    let first = &inventory.modems[0];
    assert_eq!(first.groups.iter().map(|group| &**group).collect::<Vec<_>>(), ["prod", "hub-a"]);
    assert_eq!(first.labels["rack"], "A3");
    assert_eq!(first.vars["apn"], "a \"b\"");
    assert_eq!(inventory.modems[1].address.as_ref().unwrap().to_string(), "tcp://hub:7001");
}

#[test]
fn several_files_are_one_inventory() {
    let groups = Source::new("groups.toml", "[group.prod]\nmax-parallel = 2\nvars = { apn = \"x\" }\n");
    let list = Source::new("list.csv", "name,port,group\na,sim:bg96,prod\n");
    let inventory = read(&[groups, Arc::clone(&list)]).unwrap();
    assert_eq!(inventory.modems[0].vars["apn"], "x");
    let twice = read(&[list, Source::new("more.csv", "name,port\na,sim:bg96\n")]).unwrap_err();
    assert_eq!(
        shown(&twice[0]),
        "2:1 <a> there are two modems called a (rename one of them; the first is at list.csv:2)"
    );
}

#[test]
fn a_selection_is_a_union_cut_down() {
    let inventory = inventory("i.toml", HOUSE).unwrap();
    assert_eq!(names(&inventory, &["prod:&hub-a,!gw-0007"]), ["gw-0001"]);
    assert_eq!(names(&inventory, &["sim-*,!sim-00?", "gw-0002"]), ["gw-0002"]);
    assert_eq!(names(&inventory, &["!lab"]), ["gw-0001", "gw-0002"]);
    assert_eq!(names(&inventory, &["slot=S2"]), ["sim-002"]);
    assert_eq!(names(&inventory, &["label.slot=*:!sim-*1"]), ["sim-002", "sim-003"]);
    let selection = Selection::parse(&["gw-*,nobody".to_owned()]).unwrap();
    let idle = selection.idle(&inventory.modems);
    assert_eq!(
        idle.iter().map(|error| error.message.as_str()).collect::<Vec<_>>(),
        ["`nobody` in --limit matches no modem, group or label"]
    );
    let misspelt = Selection::parse(&["prdo,gw-*".to_owned()]).unwrap().idle(&inventory.modems);
    assert_eq!(misspelt[0].help.as_deref(), Some("did you mean `prod`?"));
    for empty in ["", ",", " : "] {
        assert!(Selection::parse(&["prod".to_owned(), empty.to_owned()]).is_err(), "{empty:?}");
    }
    assert!(Selection::parse(&["prod,".to_owned()]).is_ok());
    assert!(Selection::parse(&[]).is_ok());
    assert!(Selection::parse(&["&".to_owned()]).is_err());
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
