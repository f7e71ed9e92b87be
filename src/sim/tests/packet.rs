//! Packet data.

use super::Bench;

#[test]
fn contexts() {
    let mut bench = Bench::quiet("generic?apn=internet");
    assert_eq!(bench.ask("AT+CGDCONT?"), "\r\n+CGDCONT: 1,\"IP\",\"internet\",\"\",0,0,0,0\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CGDCONT=3,\"IPV4V6\",\"ims\""), "\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CGDCONT=1,\"IP\",\"super\""), "\r\nOK\r\n");
    assert_eq!(
        bench.ask("AT+CGDCONT?"),
        "\r\n+CGDCONT: 1,\"IP\",\"super\",\"\",0,0,0,0\r\n+CGDCONT: 3,\"IPV4V6\",\"ims\",\"\",0,0,0,0\r\n\r\nOK\r\n"
    );
    assert_eq!(bench.ask("AT+CGDCONT=3"), "\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CGACT?"), "\r\n+CGACT: 1,0\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CGDCONT=1,\"X25\",\"super\""), "\r\nERROR\r\n");
    assert_eq!(bench.ask("AT+CGDCONT=99,\"IP\""), "\r\nERROR\r\n");
}

#[test]
fn a_context_that_is_active_cannot_be_changed() {
    let mut bench = Bench::quiet("lara-r211?apn=super");
    bench.seconds(3);
    assert_eq!(bench.ask("AT+CGACT?"), "\r\n+CGACT: 1,1\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CGPADDR=1"), "\r\n+CGPADDR: 1,100.64.12.34\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CMEE=2;+CGDCONT=1,\"IP\",\"other\""), "\r\n+CME ERROR: operation not allowed\r\n");
    assert_eq!(bench.ask("AT+CFUN=4;+CGDCONT=1,\"IP\",\"other\";+CFUN=1"), "\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CGDCONT?"), "\r\n+CGDCONT: 1,\"IP\",\"other\",\"\",0,0,0,0\r\n\r\nOK\r\n");
}

#[test]
fn the_networks_ending_of_the_apn() {
    let mut bench = Bench::quiet("sara-r410m?apn=super");
    bench.seconds(3);
    assert_eq!(
        bench.ask("AT+CGDCONT?"),
        "\r\n+CGDCONT: 1,\"IP\",\"super.mnc015.mcc234.gprs\",\"100.64.12.34\",0,0,0,0\r\n\r\nOK\r\n"
    );
}

#[test]
fn activation() {
    let mut bench = Bench::quiet("generic");
    assert_eq!(bench.ask("AT+CMEE=2;+CGACT=1,1"), "\r\n+CME ERROR: no network service\r\n");
    bench.seconds(3);
    assert_eq!(bench.ask("AT+CGATT?"), "\r\n+CGATT: 1\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CGDCONT=1,\"IP\",\"internet\""), "\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CGACT=1,1"), "\r\n+CME ERROR: requested service option not subscribed\r\n");
    assert_eq!(bench.ask("AT+CGDCONT=1,\"IP\",\"super\";+CGACT=1,1"), "\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CGPADDR"), "\r\n+CGPADDR: 1,\"100.64.12.34\"\r\n\r\nOK\r\n");
    assert!(bench.ask("AT+CGCONTRDP=1").starts_with("\r\n+CGCONTRDP: 1,5,\"super\",\"100.64.12.34."));
    assert_eq!(bench.ask("AT+CGATT=0;+CGACT?"), "\r\n+CGACT: 1,0\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CGREG?;+CREG?"), "\r\n+CGREG: 0,0\r\n\r\n+CREG: 0,5\r\n\r\nOK\r\n");
}

#[test]
fn the_stack_of_quectel_and_a_ping() {
    let mut bench = Bench::quiet("bg96");
    bench.seconds(3);
    assert_eq!(bench.ask("AT+QICSGP=1,1,\"super\",\"\",\"\",1"), "\r\nOK\r\n");
    assert_eq!(bench.ask("AT+QICSGP=1"), "\r\n+QICSGP: 1,\"super\",\"\",\"\",1\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+QIACT=1"), "\r\nOK\r\n");
    assert_eq!(bench.ask("AT+QIACT?"), "\r\n+QIACT: 1,1,1,\"100.64.12.34\"\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+QPING=1,\"8.8.8.8\""), "\r\nOK\r\n");
    let heard = bench.seconds(2);
    assert_eq!(heard.matches("+QPING: 0,\"8.8.8.8\",32,").count(), 4, "{heard}");
    assert!(heard.contains("\r\n+QPING: 0,4,4,0,"), "{heard}");
    assert_eq!(bench.ask("AT+QIDEACT=1;+QIACT?"), "\r\nOK\r\n");
}

/// An access point that the subscription has not: registered, but without data.
#[test]
fn a_wrong_access_point_gives_no_bearer() {
    let mut bench = Bench::quiet("bg96?register=0s&apn=internet");
    assert_eq!(bench.ask("AT+CMEE=1;+CREG?;+CGACT?"), "\r\n+CREG: 0,5\r\n\r\n+CGACT: 1,0\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CGPADDR=1"), "\r\n+CGPADDR: 1,0.0.0.0\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CGCONTRDP"), "\r\nOK\r\n");
    assert_eq!(bench.ask("AT+QPING=1,\"8.8.8.8\""), "\r\n+CME ERROR: 3\r\n");
    assert_eq!(bench.ask("AT+QIACT=1"), "\r\n+CME ERROR: 133\r\n");
    assert_eq!(bench.ask("AT+CEER"), "\r\n+CEER: Requested service option not subscribed\r\n\r\nOK\r\n");
    // No name at all: the network takes its own.
    let mut bench = Bench::quiet("bg96?register=0s");
    assert!(bench.ask("AT+CGCONTRDP").starts_with("\r\n+CGCONTRDP: 1,5,\"super\",\"100.64.12.34."));
}

/// The bearer keeps its access point until it is set up again.
#[test]
fn a_new_access_point_waits_for_a_new_bearer() {
    let bearer = |bench: &mut Bench| {
        let answer = bench.ask("AT+CGCONTRDP=1");
        answer.split('"').nth(1).unwrap_or("none").to_owned()
    };
    for again in ["AT+CFUN=4;+CFUN=1", "AT+CGATT=0;+CGATT=1", "AT+CGACT=0,1;+CGACT=1,1", "AT+COPS=2;+COPS=0"] {
        let mut bench = Bench::quiet("bg96?register=0s&apn=super");
        assert_eq!(bearer(&mut bench), "super");
        assert_eq!(bench.ask("AT+CGDCONT=1,\"IP\",\"ota.super\";+QIACT=1"), "\r\nOK\r\n");
        assert_eq!(bearer(&mut bench), "super", "{again}");
        assert_eq!(bench.ask(again), "\r\nOK\r\n", "{again}");
        assert_eq!(bearer(&mut bench), "ota.super", "{again}");
    }
    let mut bench = Bench::quiet("bg96?register=0s&apn=internet");
    assert_eq!(bench.ask("AT+CGDCONT=1,\"IP\",\"super\""), "\r\nOK\r\n");
    assert_eq!(bearer(&mut bench), "none");
    assert_eq!(bench.ask("AT+CGATT=0;+CGATT=1"), "\r\nOK\r\n");
    assert_eq!(bearer(&mut bench), "super");
}

#[test]
fn the_attachment_is_told() {
    let mut bench = Bench::quiet("generic?register=0s");
    assert_eq!(bench.ask("AT+CREG=1;+CGREG=1;+CEREG=2"), "\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CGATT=0"), "\r\n+CGREG: 0\r\n\r\n+CEREG: 0\r\n\r\nOK\r\n");
    assert_eq!(bench.ask("AT+CGATT=0"), "\r\nOK\r\n");
    let place = ",\"2CF7\",\"8A5A782\",7";
    assert_eq!(bench.ask("AT+CGATT=1"), format!("\r\n+CGREG: 5\r\n\r\n+CEREG: 5{place}\r\n\r\nOK\r\n"));
    // Where it was 0 before, nothing has changed.
    assert_eq!(bench.ask("AT+CGATT=0;+COPS=2"), "\r\n+CGREG: 0\r\n\r\n+CEREG: 0\r\n\r\n+CREG: 0\r\n\r\nOK\r\n");
}

#[test]
fn the_stack_of_simcom() {
    let mut bench = Bench::quiet("sim7080g");
    bench.seconds(3);
    // Its own access point, whatever that of the context.
    assert_eq!(bench.ask("AT+CNCFG=0,1,\"internet\";+CNACT=0,1"), "\r\nOK\r\n");
    assert_eq!(bench.seconds(1), "\r\n+APP PDP: 0,DEACTIVE\r\r\n");
    assert!(bench.ask("AT+CNACT?").starts_with("\r\n+CNACT: 0,0,\"0.0.0.0\"\r\n"));
    assert_eq!(bench.ask("AT+CNCFG=0,1,\"super\""), "\r\nOK\r\n");
    assert_eq!(
        bench.ask("AT+CNCFG?"),
        "\r\n+CNCFG: 0,1,\"super\",\"\",\"\",0\r\n+CNCFG: 1,0,\"\",\"\",\"\",0\r\n+CNCFG: 2,0,\"\",\"\",\"\",0\r\n+CNCFG: 3,0,\"\",\"\",\"\",0\r\n\r\nOK\r\n"
    );
    assert_eq!(bench.ask("AT+CNACT=0,1"), "\r\nOK\r\n");
    // Its URCs end in CR CR LF.
    assert_eq!(bench.seconds(1), "\r\n+APP PDP: 0,ACTIVE\r\r\n");
    assert!(bench.ask("AT+CNACT?").starts_with("\r\n+CNACT: 0,1,\"100.64.12.34\"\r\n+CNACT: 1,0,"));
    assert!(bench.ask("AT+CFUN=4;+CNACT?").starts_with("\r\n+CNACT: 0,0,\"0.0.0.0\"\r\n"));
}
