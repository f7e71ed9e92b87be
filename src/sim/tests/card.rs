//! The SIM: PIN, PUK, numbers, files.

use super::Bench;

#[test]
fn three_attempts_then_the_puk() {
    let mut bench = Bench::quiet("generic?pin=1234&puk=87654321");
    assert_eq!(bench.ask("AT+CMEE=2"), "\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CPIN?"), "\r\n+CPIN: SIM PIN\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CPINR"), "\r\n+CPINR: SIM PIN,3,3\r\n+CPINR: SIM PUK,10,10\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CIMI"), "\r\n+CME ERROR: SIM PIN required\r\n");
    assert_eq!(bench.ask("AT+CREG?"), "\r\n+CREG: 0,0\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CPIN=0000"), "\r\n+CME ERROR: incorrect password\r\n");
    assert_eq!(bench.ask("AT+CPIN=\"0000\""), "\r\n+CME ERROR: incorrect password\r\n");
    assert!(bench.ask("AT+CPINR").contains("SIM PIN,1,3"));
    assert_eq!(bench.ask("AT+CPIN=\"0000\""), "\r\n+CME ERROR: SIM PUK required\r\n");
    assert_eq!(bench.ask("AT+CPIN?"), "\r\n+CPIN: SIM PUK\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CPIN=\"1234\""), "\r\n+CME ERROR: SIM PUK required\r\n");
    assert_eq!(bench.ask("AT+CPIN=\"00000000\",\"1234\""), "\r\n+CME ERROR: incorrect password\r\n");
    assert!(bench.ask("AT+CPINR").contains("SIM PUK,9,10"));
    assert_eq!(bench.ask("AT+CPIN=\"87654321\",\"4321\""), "\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CPIN?"), "\r\n+CPIN: READY\r\n\r\nOK\r\n");
}

#[test]
fn the_right_pin_lets_it_search() {
    let mut bench = Bench::quiet("bg96?pin=1234");
    bench.seconds(60);
    assert_eq!(bench.ask("AT+CREG?"), "\r\n+CREG: 0,0\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+QPINC?"), "\r\n+QPINC: \"SC\",3,10\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CPIN=\"1234\""), "\r\nOK\r\n");
    bench.seconds(3);
    assert_eq!(bench.ask("AT+CREG?"), "\r\n+CREG: 0,5\r\n\r\nOK\r\n");
    // A reset asks again.
    assert_eq!(bench.ask("AT+CFUN=1,1"), "\r\nOK\r\n");
    assert!(bench.seconds(20).contains("\r\n+CPIN: SIM PIN\r\n"));
}

#[test]
fn the_lock_can_be_changed() {
    let mut bench = Bench::quiet("generic?pin=1234");
    assert_eq!(bench.ask("AT+CPIN=1234;+CMEE=1"), "\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CLCK=\"SC\",2"), "\r\n+CLCK: 1\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CPWD=\"SC\",\"1234\",\"9876\""), "\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CLCK=\"SC\",0,\"1234\""), "\r\n+CME ERROR: 16\r\n");
    assert_eq!(bench.ask("AT+CLCK=\"SC\",0,\"9876\""), "\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CLCK=\"SC\",2"), "\r\n+CLCK: 0\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CFUN=0;+CFUN=1;+CPIN?"), "\r\n+CPIN: READY\r\n\r\nOK\r\n");
}

#[test]
fn busy_absent_blocked() {
    let mut bench = Bench::quiet("generic?sim=busy:5s");
    assert_eq!(bench.ask("AT+CMEE=2;+CPIN?"), "\r\n+CME ERROR: SIM busy\r\n");
    bench.seconds(5);
    assert_eq!(bench.ask("AT+CPIN?"), "\r\n+CPIN: READY\r\n\r\nOK\r\n");
    let mut bench = Bench::quiet("generic?sim=puk");
    assert_eq!(bench.ask("AT+CPIN?"), "\r\n+CPIN: SIM PUK\r\n\r\nOK\r\n");
    let mut bench = Bench::quiet("nrf9160?sim=absent");
    assert_eq!(bench.ask("AT+CMEE=1;+CPIN?"), "\r\n+CME ERROR: 13\r\n");
}

#[test]
fn the_iccid_as_each_vendor_spells_it() {
    let ask =
        |model: &str, command: &str| Bench::quiet(&format!("{model}?cfun=1&iccid=8988307000000000014")).ask(command);
    let answer = |line: &str| format!("\r\n{line}\r\n\r\nOK\r\n");
    assert_eq!(ask("generic", "AT+CCID"), answer("+CCID: 8988307000000000014"));
    assert_eq!(ask("bg96", "AT+QCCID"), answer("+QCCID: 8988307000000000014F"));
    assert_eq!(ask("lara-r211", "AT+CCID?"), answer("+CCID: 8988307000000000014"));
    assert_eq!(ask("sim7080g", "AT+CCID"), answer("8988307000000000014F"));
    assert_eq!(ask("me910c1", "AT#CCID"), answer("#CCID: 8988307000000000014"));
    assert_eq!(ask("nrf9160", "AT%XICCID"), answer("%XICCID: 8988307000000000014F"));
    assert_eq!(ask("nrf9160", "AT+CCID"), "\r\nERROR\r\n");
    // With the radio at its lowest the SIM has no power.
    assert_eq!(ask("bg96", "AT+CFUN=0;+CCID"), "\r\nERROR\r\n");
    assert_eq!(ask("bg96", "AT+CFUN=4;+CCID"), answer("+CCID: 8988307000000000014F"));
}

#[test]
fn files_of_the_card() {
    let mut bench = Bench::quiet("generic");
    assert_eq!(bench.ask("AT+CRSM=176,28539,0,0,12"), "\r\n+CRSM: 144,0,\"FFFFFFFFFFFFFFFFFFFFFFFF\"\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CRSM=214,28539,0,0,3,\"62F210\""), "\r\n+CRSM: 144,0,\"\"\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CRSM=176,28539,0,0,3"), "\r\n+CRSM: 144,0,\"62F210\"\r\n\r\nOK\r\n");
    assert!(bench.ask("AT+CRSM=176,28486,0,0,17").contains("005477696C696FFF"));
    assert_eq!(bench.ask("AT+CRSM=214,12258,0,0,1,\"00\""), "\r\n+CRSM: 105,130,\"\"\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CRSM=1"), "\r\nERROR\r\n");
}

/// EF 28512, as AT+CPOL shows it and as AT+CRSM does.
#[test]
fn preferred_networks() {
    let mut bench = Bench::quiet("generic");
    assert_eq!(bench.ask("AT+CMEE=1;+CPLS=0;+CPOL?"), "\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CPOL=1,2,\"310410\",1,0,1,1;+CPOL=,2,\"26201\",0,0,0,1"), "\r\nOK\r\n");
    assert_eq!(
        bench.ask("AT+CPOL?"),
        "\r\n+CPOL: 1,2,\"310410\",1,0,1,1\r\n+CPOL: 2,2,\"26201\",0,0,0,1\r\n\r\nOK\r\n"
    );
    assert_eq!(bench.ask("AT+CRSM=176,28512,0,0,10"), "\r\n+CRSM: 144,0,\"130014C08062F2104000\"\r\n\r\nOK\r\n");
    assert_eq!(
        bench.ask("AT+CRSM=214,28512,0,0,5,\"FFFFFFFFFF\";+CPOL=2;+CPOL?"),
        "\r\n+CRSM: 144,0,\"\"\r\n\r\nOK\r\n"
    );
    assert_eq!(bench.ask("AT+CPOL=5,2,\"26201\""), "\r\n+CME ERROR: 21\r\n");
    assert_eq!(bench.ask("AT+CPOL=0"), "\r\n+CME ERROR: 21\r\n");
    assert_eq!(bench.ask("AT+CPOL=1,2,\"Telekom\""), "\r\n+CME ERROR: 50\r\n");
    for _ in 0..4 {
        assert_eq!(bench.ask("AT+CPOL=,2,\"26201\""), "\r\nOK\r\n");
    }
    assert_eq!(bench.ask("AT+CPOL=,2,\"26202\""), "\r\n+CME ERROR: 20\r\n");
    // The issuer's list can be read alone.
    assert_eq!(bench.ask("AT+CPLS=1;+CPOL?"), "\r\n+CPOL: 1,2,\"310410\",1,0,1,1\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CPOL=1"), "\r\n+CME ERROR: 3\r\n");
    assert_eq!(Bench::quiet("generic?sim=absent").ask("AT+CMEE=1;+CPOL?"), "\r\n+CME ERROR: 10\r\n");
}
