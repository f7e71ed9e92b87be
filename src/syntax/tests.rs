//! The tree of whole scripts; the errors and the canonical form have their tests beside them.

use super::ast::*;
use super::*;

/// The script that the language's description begins with.
const WHOLE: &str = r##"# Point the modem at Super SIM and wait until it is on the network.

param apn = "super"    "Access Point Name"

AT+CMEE=2
AT+CPIN?
  expect "+CPIN: READY"

run "modem/identify" as modem

ensure AT+CGDCONT? answers '+CGDCONT: 1,"IP","${apn}"' else {
  AT+CGDCONT=1,"IP","${apn}"
}

if modem.model matches /^BG9[56]/ {
  ensure AT+QCFG="roamservice" answers '+QCFG: "roamservice",2' else {
    AT+QCFG="roamservice",2
  }
}

retry for 10min every 5s {
  AT+CREG?
    capture _, stat:int
  assert stat in [1, 5]
} else {
  fail "not registered: +CREG status ${stat}"
}

AT+CSQ
  capture rssi:int, ber:int
assert rssi != 99, "no signal: check the antenna"
report modem.imei, signal = dbm(rssi)

AT+CMGF=1
AT+CMGS="2936"
  prompt reply "hello from ${modem.imei}"
  capture reference:int
"##;

fn parsed(text: &str) -> Script {
    let (script, diagnostics) = parse(&Source::new("test.hayes", text));
    assert!(diagnostics.is_empty(), "{text}\n{diagnostics:#?}");
    script
}

#[test]
fn the_whole_script_parses() {
    let script = parsed(WHOLE);
    assert_eq!(script.body.statements.len(), 12);
    assert_eq!(script.patterns, 4);
    assert_eq!(script.summary, ["Point the modem at Super SIM and wait until it is on the network."]);
    let firsts: Vec<_> = script.body.statements.iter().map(|statement| script.source.slice(statement.span)).collect();
    assert_eq!(firsts[3], r#"run "modem/identify" as modem"#);
    assert_eq!(firsts[6], "retry for 10min every 5s {");
}

/// A line of every form of every statement.
#[test]
fn every_form_parses() {
    parsed(
        r####"
AT
at+csq within 2s # c
AT#SGACT=1,1
ATD*99***1#
AT+CMGS="#1 # not a comment"  # but this is
AT$QCRMCALL=1,1
AT+X=$${y},$,$$,"$","$${"
AT+X=${upper("a}")},"${b}"
AT\Q3
AT+CSTT="a b"
send AT+COPS=? within wait * 2
send "text" within 5s
send 'te"xt'
send raw "+++"
send raw """
a
"b" ${c}
"""
AT
  # a comment between
  expect OK

  expect OK or CONNECT or "+CME ERROR: 10" or 'x' or /a b\/c/i
  expect +CREG:
  expect 0,1
  expect nothing within 2s
  capture imei
  capture _, rssi:int, lac: hex?, name?, t:text
  capture "+QENG: {_},{state},{rat:int},{}" or "x{{y}}"
  capture '+X: "{a}"'
  capture /RSSI: (?<rssi>-?\d+)/
  capture all cid:int, type, apn as contexts
  prompt reply "x"
  prompt ">" reply "x ${y}" then cr
  prompt "> " reply file("x") + "y" then ctrl-z
  prompt reply text then esc
  prompt reply text then nothing
  prompt cancel
  prompt '@' cancel
await RDY
await "+CREG: 5" or "+CREG: 1" within 60s
  capture x
await quiet 500ms
await quiet 500ms within 10s
await prompt "login: "
await prompt "login: " within 1min
ensure AT+X? within 2s answers +X:1 or "y" else {
}
retry 3 {
}
retry n every 1s {
} else {
}
retry 3 every 1s up to 1min {
}
retry for 10min every 5s up to 1h{
}
try {
} else {
}
if a {
} else if b {
} else if not c {
} else {
}
for x in [1, 2, "c"] {
}
finally {
}
unsafe "why" {
}
assert a
assert a == 1 , "why"
fail "why"
skip 'why'
stop
set x = 1
set x=1+2*3
param a
param b:int
param c = 1
param d:int = -1 "what it is"
param e "what"
secret pin
secret puk = "1" "PUK"
run "x"
run "x" with a = 1, b = "x" + y as z
run 'x' as z
report imei
report a, modem.b, c = 1 + 2
abort on RING
abort on RING, "why"
abort on RING or "NO CARRIER" or /x/ , "why"
log "text"
sleep 2s
timeout 10s
confirm "text"
reboot AT+CFUN=1,1
reboot AT+CFUN=1,1 within 90s
port baud 921600
port dtr off
port rts on
port break 200ms
port flush
port escape
set x = a.b[0].c[i + 1]
set x = (a or b) and not c in [1] or d not in e
set x = a matches /x/ and b matches "y" or c not matches 'z'
set x = len(x) + int("1") - -1
set x = -x
set x = - 5 % 3 / 2
set x = true != false
set x = response[0] + result
set x = []
set x = "\r\n\t\"\\\x1A\u{2713}"
"####,
    );
}
