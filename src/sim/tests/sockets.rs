//! Connections of the modem's own stack, and what newcomers type first: the phone book, USSD.

use std::time::Duration;

use super::Bench;

fn online() -> Bench {
    let mut bench = Bench::quiet("bg96?register=0s&hangup=1min");
    assert_eq!(bench.ask("AT+QIACT=1"), "\r\nOK\r\n");
    bench
}

#[test]
fn a_socket_whose_data_are_kept_until_they_are_read() {
    let mut bench = online();
    assert_eq!(bench.ask("AT+QIOPEN=1,0,\"TCP\",\"echo.example\",7"), "\r\nOK\r\n");
    assert_eq!(bench.seconds(1), "\r\n+QIOPEN: 0,0\r\n");
    assert_eq!(bench.ask("AT+QIOPEN=1,0,\"TCP\",\"echo.example\",7"), "\r\nERROR\r\n");
    assert_eq!(bench.ask("AT+QISEND=0"), "\r\n> ");
    assert_eq!(bench.send(b"hello\x1A"), "\r\nSEND OK\r\n");
    assert_eq!(bench.seconds(1), "\r\n+QIURC: \"recv\",0\r\n");
    assert_eq!(bench.ask("AT+QISEND=0,0"), "\r\n+QISEND: 5,5,0\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+QISEND=0,4"), "\r\n> ");
    assert_eq!(bench.send(b"\x1A\x1B\r\n"), "\r\nSEND OK\r\n");
    assert_eq!(bench.ask("AT+QIRD=0,5"), "\r\n+QIRD: 5\r\nhello\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+QIRD=0"), "\r\n+QIRD: 4\r\n\x1A\x1B\r\n\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+QIRD=0"), "\r\n+QIRD: 0\r\n\r\nOK\r\n");
    let state = "\r\n+QISTATE: 0,\"TCP\",\"echo.example\",7,0,2,1,0,0,\"usbmodem\"\r\n\r\nOK\r\n";
    assert_eq!(bench.ask("AT+QISTATE=1,0"), state);
    assert_eq!(bench.ask("AT+QICLOSE=0"), "\r\nOK\r\n");
    assert_eq!(bench.ask("AT+QISEND=0"), "\r\nERROR\r\n");
}

#[test]
fn a_socket_that_pushes_its_data() {
    let mut bench = online();
    assert_eq!(bench.ask("AT+QIOPEN=1,3,\"UDP\",\"echo.example\",7,0,1"), "\r\nOK\r\n");
    bench.seconds(1);
    bench.ask("AT+QISEND=3,2");
    assert_eq!(bench.send(b"ab"), "\r\nSEND OK\r\n");
    assert_eq!(bench.seconds(1), "\r\n+QIURC: \"recv\",3,2\r\nab\r\n");
}

#[test]
fn a_socket_that_is_passed_through() {
    let mut bench = online();
    assert_eq!(bench.ask("AT+QIOPEN=1,0,\"TCP\",\"echo.example\",7,0,2"), "\r\nCONNECT 150000000\r\n");
    assert_eq!(bench.send(b"AT\r+x"), "AT\r+x");
    // A beginning of an escape is held back until it is none.
    bench.seconds(2);
    assert_eq!(bench.send(b"++"), "");
    assert_eq!(bench.send(b"-"), "++-");
    bench.seconds(2);
    bench.send(b"+++");
    assert_eq!(bench.seconds(1), "\r\nOK\r\n");
    assert_eq!(bench.ask("ATO"), "\r\nCONNECT 150000000\r\n");
    assert_eq!(bench.send(b"again"), "again");
    // The network ends it.
    assert_eq!(bench.seconds(60), "\r\nNO CARRIER\r\n");
    assert_eq!(bench.ask("ATO"), "\r\nNO CARRIER\r\n");
    assert_eq!(bench.ask("AT+QISTATE?"), "\r\nOK\r\n");
}

#[test]
fn a_datagram_on_u_blox() {
    let mut bench = Bench::quiet("sara-r410m?register=0s");
    assert_eq!(bench.ask("AT+CMEE=2;+USOCL=0"), "\r\n+CME ERROR: Operation not allowed\r\n");
    assert_eq!(bench.ask("AT+USOCR=17"), "\r\n+USOCR: 0\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+USOST=0,\"100.64.0.1\",6969,5"), "\r\n@");
    assert_eq!(bench.send(b"a\r\x1Ab\x1B"), "\r\n+USOST: 0,5\r\n\r\nOK\r\n");
    assert_eq!(bench.seconds(1), "\r\n+UUSORF: 0,5\r\n");
    assert_eq!(bench.ask("AT+USORF=0,0"), "\r\n+USORF: 0,5\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+USORF=0,1024"), "\r\n+USORF: 0,\"100.64.0.1\",6969,5,\"a\r\x1Ab\x1B\"\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+USOCTL=0,0;+USOCTL=1,0"), "\r\n+USOCTL: 0,0,17\r\n\r\n+USOCTL: 1,0,0\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+USOST=0,\"100.64.0.1\",6969,2,\"hi\""), "\r\n+USOST: 0,2\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+USOWR=1,2"), "\r\n+CME ERROR: Operation not allowed\r\n");
    assert_eq!(bench.ask("AT+USOCL=0;+USORF=0,1"), "\r\n+CME ERROR: Operation not allowed\r\n");
    // Without a bearer there is no way.
    let mut bench = Bench::quiet("sara-r410m?register=0s&apn=internet");
    assert_eq!(
        bench.ask("AT+CMEE=1;+USOCR=17;+USOST=0,\"100.64.0.1\",6969,5"),
        "\r\n+USOCR: 0\r\n\r\n+CME ERROR: 3\r\n"
    );
}

#[test]
fn a_stream_on_u_blox() {
    let mut bench = Bench::quiet("lara-r211?register=0s");
    assert_eq!(bench.ask("AT+CMEE=1;+USOCR=6"), "\r\n+USOCR: 0\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+USOWR=0,5"), "\r\n+CME ERROR: 3\r\n");
    assert_eq!(bench.ask("AT+USOCO=0,\"echo.example\",7"), "\r\nOK\r\n");
    assert_eq!(bench.ask("AT+USOWR=0,5"), "\r\n@");
    assert_eq!(bench.send(b"hello"), "\r\n+USOWR: 0,5\r\n\r\nOK\r\n");
    assert_eq!(bench.seconds(1), "\r\n+UUSORD: 0,5\r\n");
    assert_eq!(bench.ask("AT+USORD=0,4;+USORD=0,9"), "\r\n+USORD: 0,4,\"hell\"\r\n\r\n+USORD: 0,1,\"o\"\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+USORD=0,9"), "\r\n+USORD: 0,0\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+USOST=0,\"echo.example\",7,5"), "\r\n+CME ERROR: 3\r\n");
}

/// A connection stands on a context, and falls with it.
#[test]
fn a_socket_without_its_bearer() {
    for end in ["AT+QIDEACT=1", "AT+CGATT=0", "AT+CFUN=4", "AT+COPS=2"] {
        let mut bench = online();
        bench.ask("AT+QIOPEN=1,0,\"TCP\",\"echo.example\",7");
        bench.seconds(1);
        assert_eq!(bench.ask(&format!("{end};+QISTATE?")), "\r\nOK\r\n", "{end}");
        assert_eq!(bench.ask("AT+QISEND=0"), "\r\nERROR\r\n", "{end}");
    }
    // A call that waits is told of its end.
    let mut bench = Bench::quiet("bg96?register=0s");
    assert_eq!(bench.ask("ATD*99#"), "\r\nCONNECT 150000000\r\n");
    bench.seconds(2);
    bench.send(b"+++");
    assert_eq!(bench.seconds(1), "\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CFUN=4"), "\r\nNO CARRIER\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("ATO"), "\r\nNO CARRIER\r\n");
}

#[test]
fn what_opens_no_socket() {
    let mut bench = Bench::quiet("bg96?register=never");
    for command in [
        "AT+QIOPEN=1,0,\"TCP\",\"h\",7",
        "AT+QIOPEN=1,12,\"TCP\",\"h\",7",
        "AT+QIOPEN=1,0,\"SCTP\",\"h\",7",
        "AT+QIOPEN=1,0,\"TCP\",\"h\",70000",
        "AT+QISEND=0",
        "AT+QIRD=0",
        "AT+QICLOSE=99",
    ] {
        assert_eq!(bench.ask(command), "\r\nERROR\r\n", "{command}");
    }
}

#[test]
fn a_service_code_is_answered_by_the_network() {
    let mut bench = Bench::quiet("generic?register=0s");
    assert_eq!(bench.ask("AT+CUSD=1,\"*100#\",15"), "\r\nOK\r\n");
    assert_eq!(bench.seconds(2), "\r\n+CUSD: 0,\"Your balance is 5.00\",15\r\n");
    assert_eq!(bench.ask("AT+CUSD?"), "\r\n+CUSD: 1\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CUSD=1,\"*999#\""), "\r\nOK\r\n");
    assert_eq!(bench.seconds(2), "\r\n+CUSD: 4\r\n");
    assert_eq!(bench.ask("AT+CUSD=3"), "\r\nERROR\r\n");
    assert_eq!(Bench::quiet("generic?register=never").ask("AT+CMEE=1;+CUSD=1,\"*100#\""), "\r\n+CME ERROR: 30\r\n");
}

#[test]
fn the_phone_book() {
    let mut bench = Bench::quiet("generic");
    assert_eq!(bench.ask("AT+CMEE=1;+CPBR=1,10"), "\r\n+CME ERROR: 22\r\n");
    assert_eq!(bench.ask("AT+CPBW=,\"+491234\",145,\"Bob\";+CPBW=7,\"112\",,\"Help\""), "\r\nOK\r\n");
    assert_eq!(
        bench.ask("AT+CPBR=1,100"),
        "\r\n+CPBR: 1,\"+491234\",145,\"Bob\"\r\n+CPBR: 7,\"112\",129,\"Help\"\r\n\r\nOK\r\n"
    );
    assert_eq!(bench.ask("AT+CPBF=\"he\""), "\r\n+CPBF: 7,\"112\",129,\"Help\"\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CPBS?"), "\r\n+CPBS: \"SM\",2,100\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CPBW=7;+CPBR=7"), "\r\n+CME ERROR: 22\r\n");
    assert_eq!(bench.ask("AT+CPBR=0"), "\r\n+CME ERROR: 21\r\n");
    assert_eq!(bench.ask("AT+CPBW=1,\"12a\""), "\r\n+CME ERROR: 26\r\n");
    assert_eq!(Bench::quiet("generic?sim=absent").ask("AT+CMEE=1;+CPBR=1"), "\r\n+CME ERROR: 10\r\n");
}

/// Messages lie in the memory that AT+CPMS names for them.
#[test]
fn a_message_is_stored_where_it_is_read() {
    for (model, memory) in [("bg96", "ME"), ("generic", "SM")] {
        let mut bench = Bench::quiet(&format!("{model}?register=0s&sms=hi&incoming=5s"));
        assert_eq!(bench.ask("AT+CNMI=2,1;+CMGF=1"), "\r\nOK\r\n");
        let said = bench.pass(Duration::from_secs(6));
        assert!(said.ends_with(&format!("\r\n+CMTI: \"{memory}\",0\r\n")), "{said}");
        let read = bench.ask("AT+CMGR=0");
        assert!(read.contains("\"REC UNREAD\"") && read.contains("\r\nhi\r\n"), "{read}");
    }
}
