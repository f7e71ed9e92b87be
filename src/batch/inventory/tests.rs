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
fn all_mistakes_are_told_with_their_places() {
    let text = r#"[defaults]
bauds = 9600
[[modem]]
name = "a"
port = "/dev/ttyUSB0"
[[modem]]
name = "a"
port = "/dev/ttyUSB1"
[[modem]]
name = "b"
port = "/dev/ttyUSB0"
grops = ["x"]
[[modem]]
name = "c"
[[modem]]
port = "tpc://h:1"
[[modem]]
name = "d,e"
port = "sim:bg96"
[[modem]]
name = "f"
imei = 351234561234567
vars = { x = 1.5 }
[[modem]]
name = "g"
imei = "35123"
[[range]]
name = "h"
port = "sim:bg96"
[[range]]
name = "i{1..3}"
port = "tcp://h:{7001..7002}"
[group.x]
max_parallel = 0
max-parallel = 0
"#;
    assert_eq!(
        inventory("i.toml", text).unwrap_err(),
        [
            "2:1 <bauds> [defaults] has no key `bauds` (did you mean `baud`?)",
            "7:9 <a> there are two modems called a (rename one of them)",
            "11:9 </dev/ttyUSB0> /dev/ttyUSB0 is the port of a too (a port can be driven once: give each modem its own)",
            "12:1 <grops> a modem has no key `grops` (did you mean `groups`?)",
            "13:1 <[[modem]]> c has no port (say where it is: a device, tcp://host:port, \
             rfc2217://host:port, sim:MODEL; or who it is: imei)",
            "15:1 <[[modem]]> this modem has no name (give it a name: results and --resume \
             know a modem by it)",
            "18:9 <d,e> \"d,e\" is no name for a modem: it holds a sign that --limit takes for its own (a name is \
             letters, digits and . _ - / @, as gw-0001)",
            "20:1 <[[modem]]> f has no port (say where \
             it is: a device, tcp://host:port, rfc2217://host:port, sim:MODEL; or who it is: imei)",
            "22:8 <351234561234567> `imei` is a whole number (it is a text: put it into quotes, imei = \"…\")",
            "23:14 <***> vars.x is a number with a fraction (it is a text or a whole number)",
            "26:9 <35123> \"35123\" is no IMEI (an IMEI is 15 digits, in quotes)",
            "28:9 <h> \"h\" is one name, not a range (write the first and the last number, as sim-{001..500}; a single \
             modem is a [[modem]])",
            "32:9 <tcp://h:{7001..7002}> the range of names is 3 long, that of ports 2 (make them equal)",
            "34:1 <max_parallel> a group has no key `max_parallel` (did you mean `max-parallel`?)",
            "35:16 <0> max-parallel = 0 would never run one (give the number of modems that may run at the same time; \
             leave the group out with -l '!NAME')",
        ]
    );
}

#[test]
fn mistakes_in_csv_are_placed() {
    for (text, wrong) in [
        ("name,prot\na,sim:bg96\n", "1:1 <name,prot> there is no column `prot` (did you mean `port`?)"),
        (
            "name,port,vr.apn\na,sim:bg96,x\n",
            "1:1 <name,port,vr.apn> there is no column `vr.apn` (columns are name, port, imei, iccid, group, groups, \
          baud, label.NAME or var.NAME: did you mean `var.apn` or `label.apn`?)",
        ),
        (
            "port,group\nsim:bg96,x\n",
            "1:1 <port,group> there is no column `name` (the first line names the columns: \
          name,port,group,label.rack,var.apn)",
        ),
        (
            "name,port\n\n# comment\nb,tcp://h\n",
            "4:3 <tcp://h> `tcp://h` names no port number (write it as \
          tcp://h:2000; there is no usual number)",
        ),
        (
            "name,port\na,sim:bg96,x\n",
            "2:1 <a,sim:bg96,x> this line has 3 fields, the header 2 (a field that holds the \
          separator stands in double quotes)",
        ),
        ("name,port,baud\na,sim:bg96,fast\n", "2:12 <fast> \"fast\" is no speed (a speed is 9600 or 115200)"),
        ("name,port,name\na,b,c\n", "1:1 <name,port,name> the column `name` stands twice (leave one of them out)"),
        ("", "1:1 <> this inventory is empty (its first line names the columns: name,port,group,label.rack,var.apn)"),
    ] {
        assert_eq!(inventory("i.csv", text).unwrap_err(), [wrong], "{text}");
    }
}

#[test]
fn toml_that_does_not_parse_says_where() {
    let errors = inventory("i.toml", "[[modem]\nname = \"a\"\nport = \n").unwrap_err();
    assert_eq!(errors, ["1:8 <]> unclosed array table, expected `]`"]);
}

#[test]
fn a_million_modems_are_a_slip_of_the_finger() {
    let errors = inventory("i.toml", "[[range]]\nname = \"s{1..9999999999}\"\nport = \"sim:bg96\"\n").unwrap_err();
    assert_eq!(errors, ["2:9 <s{1..9999999999}> that makes more than 100000 modems (split the inventory)"]);
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
