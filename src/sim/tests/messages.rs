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
