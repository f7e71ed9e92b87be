//! Short messages.

use super::Bench;

#[test]
fn a_message_arrives() {
    let mut bench = Bench::quiet("generic?sms=first&sms=second&incoming=5s");
    assert_eq!(bench.ask("AT+CMGF=1;+CNMI=2,1"), "\r\nOK\r\n");
    assert_eq!(bench.seconds(5), "\r\n+CMTI: \"SM\",0\r\n");
    assert_eq!(
        bench.ask("AT+CMGR=0"),
        "\r\n+CMGR: \"REC UNREAD\",\"000\",,\"26/01/01,00:00:05+00\"\r\nfirst\r\n\r\nOK\r\n"
    );
    assert_eq!(bench.ask("AT+CNMI=2,2"), "\r\nOK\r\n");
    assert_eq!(bench.seconds(5), "\r\n+CMT: \"000\",,\"26/01/01,00:00:10+00\"\r\nsecond\r\n");
}

#[test]
fn a_message_is_sent() {
    let mut bench = Bench::quiet("generic");
    assert_eq!(bench.ask("AT+CMGF=1;+CMEE=2"), "\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CMGS=\"2936\""), "\r\n> ");
    assert_eq!(bench.send(b"too early\x1A"), "\r\n+CMS ERROR: no network service\r\n");
    bench.seconds(3);
    assert_eq!(bench.ask("AT+CMGS=\"2936\""), "\r\n> ");
    assert_eq!(bench.send(b"two\rlines"), "\r\n> ");
    assert_eq!(bench.send(b"\x1A"), "\r\n+CMGS: 1\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CMGS=\"+442936\",145"), "\r\n> ");
    assert_eq!(bench.send(b"no\x1B"), "\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CMGS=\"nobody\""), "\r\n+CMS ERROR: invalid text mode parameter\r\n");
    assert_eq!(bench.ask("AT+CMGS=\"2936\""), "\r\n> ");
    assert_eq!(bench.send(&[b'x'; 161]), "");
    assert_eq!(bench.send(b"\x1A"), "\r\n+CMS ERROR: invalid text mode parameter\r\n");
}

#[test]
fn the_text_is_echoed() {
    let mut bench = Bench::new("generic?register=0");
    bench.ask("AT+CMGF=1");
    assert_eq!(bench.ask("AT+CMGS=\"2936\""), "AT+CMGS=\"2936\"\r\r\n> ");
    assert_eq!(bench.send(b"hi\x1A"), "hi\r\n+CMGS: 1\r\n\r\nOK\r\n");
}

#[test]
fn stored_and_read_and_deleted() {
    let mut bench = Bench::quiet("generic?sms=one&sms=two");
    assert_eq!(bench.ask("AT+CMGF=1;+CPMS?"), "\r\n+CPMS: \"SM\",2,30,\"SM\",2,30,\"SM\",2,30\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CMGW=\"2936\""), "\r\n> ");
    assert_eq!(bench.send(b"draft\x1A"), "\r\n+CMGW: 2\r\n\r\nOK\r\n");
    assert_eq!(
        bench.ask("AT+CMGR=1"),
        "\r\n+CMGR: \"REC UNREAD\",\"000\",,\"26/01/01,00:00:00+00\"\r\ntwo\r\n\r\nOK\r\n"
    );
    assert_eq!(
        bench.ask("AT+CMGL=\"ALL\""),
        "\r\n+CMGL: 0,\"REC UNREAD\",\"000\",,\"26/01/01,00:00:00+00\"\r\none\r\n\
         +CMGL: 1,\"REC READ\",\"000\",,\"26/01/01,00:00:00+00\"\r\ntwo\r\n\
         +CMGL: 2,\"STO UNSENT\",\"2936\",\r\ndraft\r\n\r\nOK\r\n"
    );
    assert_eq!(bench.ask("AT+CMGL"), "\r\nOK\r\n");
    assert_eq!(
        bench.ask("AT+CSDH=1;+CMGR=0"),
        "\r\n+CMGR: \"REC READ\",\"000\",,\"26/01/01,00:00:00+00\",129,4,0,0,\"+447785016005\",145,3\r\none\r\n\r\nOK\r\n"
    );
    assert_eq!(bench.ask("AT+CMGD=?"), "\r\n+CMGD: (0,1,2),(0-4)\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CMGD=0"), "\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CMGR=0"), "\r\n+CMS ERROR: 321\r\n");
    assert_eq!(bench.ask("AT+CMGD=1,4;+CPMS?"), "\r\n+CPMS: \"SM\",0,30,\"SM\",0,30,\"SM\",0,30\r\n\r\nOK\r\n");
}

/// AT+CSCS="GSM": a character is its septet, there and back.
#[test]
fn texts_in_the_default_alphabet() {
    let mut bench = Bench::quiet("generic?sms=caf%C3%A9%20@%20%E2%82%AC");
    bench.ask("AT+CMGF=1");
    let answer = bench.ask("AT+CMGR=0");
    assert!(answer.ends_with("\r\ncaf\u{5} \0 \u{1B}e\r\n\r\nOK\r\n"), "{answer:?}");
    bench.ask("AT+CMGW=\"2936\"");
    assert_eq!(bench.send(b"caf\x05"), "");
    assert_eq!(bench.send(b"\x1A"), "\r\n+CMGW: 1\r\n\r\nOK\r\n");
    let answer = bench.ask("AT+CSCS=\"UCS2\";+CMGR=1");
    assert!(answer.ends_with("\r\n00630061006600E9\r\n\r\nOK\r\n"), "{answer:?}");
    // UTF-8 is not what it expects: the eighth bits are lost.
    bench.ask("AT+CSCS=\"GSM\"");
    bench.ask("AT+CMGW=\"2936\"");
    bench.send("café\u{1A}".as_bytes());
    assert!(bench.ask("AT+CMGR=2").ends_with("\r\ncafC)\r\n\r\nOK\r\n"));
    assert!(bench.ask("AT+CSCS=\"IRA\";+CMGR=1").ends_with("\r\ncaf?\r\n\r\nOK\r\n"));
}

/// What the last parameter of AT+CSMP says: 8 is UCS2, in hexadecimal digits whatever AT+CSCS is (27.005 §3.1).
#[test]
fn texts_that_are_coded_otherwise() {
    const REFUSED: &str = "\r\n+CMS ERROR: 305\r\n";
    let send = |bench: &mut Bench, address: &str, text: &str| {
        assert_eq!(bench.ask(&format!("AT+CMGS=\"{address}\"")), "\r\n> ");
        bench.send(format!("{text}\u{1A}").as_bytes())
    };
    let mut bench = Bench::quiet("generic?register=0s&sms=%E6%97%A5%E6%9C%AC");
    bench.ask("AT+CMGF=1");
    assert!(bench.ask("AT+CMGR=0").ends_with("\r\n65E5672C\r\n\r\nOK\r\n"));
    assert!(send(&mut bench, "2936", "hello").starts_with("\r\n+CMGS: 1\r\n"));
    bench.ask("AT+CSMP=17,167,0,8");
    assert!(send(&mut bench, "2936", "65E5672C").starts_with("\r\n+CMGS: 2\r\n"));
    assert_eq!(send(&mut bench, "2936", "hello"), REFUSED);
    assert_eq!(send(&mut bench, "2936", &"0041".repeat(71)), REFUSED);
    // In the default alphabet there is no such character.
    bench.ask("AT+CSMP=17,167,0,0;+CSCS=\"UCS2\"");
    let address = "0032003900330036";
    assert!(send(&mut bench, address, "00680069").starts_with("\r\n+CMGS: 3\r\n"));
    assert_eq!(send(&mut bench, address, "65E5672C"), REFUSED);
    assert_eq!(send(&mut bench, address, "hi"), REFUSED);
    // It is stored as it is coded.
    bench.ask("AT+CSMP=17,167,0,8");
    bench.ask("AT+CMGW=\"0032003900330036\"");
    assert_eq!(bench.send(b"00680069\x1A"), "\r\n+CMGW: 1\r\n\r\nOK\r\n");
    let unit = bench.ask("AT+CMGF=0;+CMGR=1");
    assert!(unit.contains("\r\n00110004819263000 8A70400680069\r\n".replace(' ', "").as_str()), "{unit}");
    assert_eq!(
        bench.ask("AT+CSCA?"),
        "\r\n+CSCA: \"002B003400340037003700380035003000310036003000300035\",145\r\n\r\nOK\r\n"
    );
    assert_eq!(
        bench.ask("AT+CSCA=\"002B0034003400310032\",145;+CSCS=\"GSM\";+CSCA?"),
        "\r\n+CSCA: \"+4412\",145\r\n\r\nOK\r\n"
    );
}

#[test]
fn a_full_memory() {
    let mut bench = Bench::quiet("generic");
    bench.ask("AT+CMGF=1");
    for _ in 0..30 {
        bench.ask("AT+CMGW=\"2936\"");
        assert!(bench.send(b"draft\x1A").ends_with("\r\nOK\r\n"));
    }
    bench.ask("AT+CMGW=\"2936\"");
    assert_eq!(bench.send(b"draft\x1A"), "\r\n+CMS ERROR: 322\r\n");
}

#[test]
fn pdu_mode() {
    let mut bench = Bench::quiet("generic?sms=hellohello&register=0");
    assert_eq!(
        bench.ask("AT+CMGR=0"),
        "\r\n+CMGR: 0,,24\r\n07914477581006500403810 0F000006210100000000 00AE8329BFD4697D9EC37\r\n\r\nOK\r\n"
            .replace(' ', "")
            .replace("+CMGR:0", "+CMGR: 0")
    );
    assert_eq!(bench.ask("AT+CMGS=23"), "\r\n> ");
    assert_eq!(bench.send(b"0011000B916407281553F80000AA0AE8329BFD4697D9EC37\x1A"), "\r\n+CMGS: 1\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CMGS=22"), "\r\n> ");
    assert_eq!(bench.send(b"0011000B916407281553F80000AA0AE8329BFD4697D9EC37\x1A"), "\r\n+CMS ERROR: 304\r\n");
    assert_eq!(bench.ask("AT+CMGW=23"), "\r\n> ");
    assert_eq!(bench.send(b"0011000B916407281553F80000AA0AE8329BFD4697D9EC37\x1A"), "\r\n+CMGW: 1\r\n\r\nOK\r\n");
    assert_eq!(
        bench.ask("AT+CMGF=1;+CMGR=1"),
        "\r\n+CMGR: \"STO UNSENT\",\"+46708251358\",\r\nhellohello\r\n\r\nOK\r\n"
    );
}
