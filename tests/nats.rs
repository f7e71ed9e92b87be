//! The carrier over NATS against a real server: each call, each refusal, and what is left of results when the server is
//! killed, loses its store or is cut off. Without a server they are left out; with HAYES_TEST_ALL set that is a
//! failure.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use base64::Engine as _;
use ed25519_dalek::{Signer as _, SigningKey};
use hayes::batch::inventory::FleetGateway;
use hayes::fleet::carrier::nats::users::configuration;
use hayes::fleet::carrier::{
    self, Access, Arrived, Carrier, CarrierError, NewOrder, Presences, Put, Receipt, ResultKey, Version,
};
use hayes::fleet::nkey::{KeyKind, written};
use hayes::port::Timestamp;

use crate::fleet::{Fleet, Manner};
use crate::folder::Folder;
use crate::gateways::{Field, Running, ended, text, until};
use crate::peers::{all, installed, within};

const LIMIT: Duration = Duration::from_secs(10);
const OPERATOR: u8 = 1;
/// What a newcomer reads
const PAGE: &str = include_str!("../docs/src/fleet-nats.md");
/// A new key of OpenSSL's
const KEY: &str = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
/// Where a server that is apart is found
const PLACE: &str = "--carrier tls://10.9.0.2:4222 --ca ca.pem";

#[test]
fn each_call_goes_there_and_back() {
    let Some(server) = Server::start("nats-server", SYNCED) else { return };
    let operator = server.operator();
    let gateway = server.gateway("gw-1");
    assert!(operator.confirms());
    operator.prepare(LIMIT).unwrap();
    operator.prepare(LIMIT).unwrap();

    assert_eq!(gateway.order("gw-1", LIMIT).unwrap(), None);
    let Put::Done(first) = put_order(operator.as_ref(), "gw-1", b"one", 0).unwrap() else { panic!("it was there") };
    assert_eq!(put_order(operator.as_ref(), "gw-1", b"one", 0).unwrap(), Put::Done(first), "an answer that was lost");
    assert_eq!(put_order(operator.as_ref(), "gw-1", b"other", 0).unwrap(), Put::Changed);
    let Put::Done(second) = put_order(operator.as_ref(), "gw-1", b"two", first).unwrap() else {
        panic!("it was changed")
    };
    let order = gateway.order("gw-1", LIMIT).unwrap().unwrap();
    assert_eq!((order.bytes.as_slice(), order.version), (&b"two"[..], second));

    let (hash, bundle) = ("ab".repeat(32), vec![0_u8; 512 * 1024]);
    assert_eq!(gateway.blob(&hash, LIMIT).unwrap(), None);
    operator.put_blob(&hash, &bundle, LIMIT).unwrap();
    operator.put_blob(&hash, b"another", LIMIT).unwrap();
    assert_eq!(gateway.blob(&hash, LIMIT).unwrap(), Some(bundle));
    let told = refused(operator.put_blob("cd", &vec![0; 2 << 20], LIMIT));
    assert!(told.contains("more than the server takes"), "{told}");

    let both =
        [("gw-1", second), ("gw-2", second)].map(|(gateway, replaces)| NewOrder { gateway, bytes: b"3", replaces });
    let Ok([Put::Done(third), Put::Changed]) = operator.put_orders(&both, LIMIT).as_deref().map(|it| [it[0], it[1]])
    else {
        panic!("each by itself")
    };
    let there = operator.orders(LIMIT).unwrap();
    let there: Vec<_> = there.iter().map(|(name, kept)| (name.as_str(), kept.bytes.as_slice(), kept.version)).collect();
    assert_eq!(there, [("gw-1", &b"3"[..], third)]);

    let said = |anew, said: &[&[u8]]| Presences {
        anew,
        said: said.iter().map(|bytes| ("gw-1".to_owned(), bytes.to_vec())).collect(),
    };
    assert_eq!(operator.presences(LIMIT).unwrap(), said(true, &[]));
    assert!(matches!(gateway.put_presence("gw-1", b"here", 0, LIMIT).unwrap(), Put::Done(_)));
    assert_eq!(gateway.put_presence("gw-1", b"a clone", 0, LIMIT).unwrap(), Put::Changed);
    assert_eq!(operator.presence("gw-1", LIMIT).unwrap().unwrap().bytes, b"here");
    assert_eq!(operator.presences(LIMIT).unwrap(), said(false, &[b"here"]));
    assert_eq!(operator.presences(LIMIT).unwrap(), said(false, &[]));
    assert_eq!(server.operator().presences(LIMIT).unwrap(), said(true, &[b"here"]));

    assert!(operator.results(0, 10, Duration::ZERO).unwrap().is_empty());
    for number in 0..25 {
        assert_eq!(gateway.put_result(&key("gw-1", number), b"passed", LIMIT).unwrap(), Receipt::Stored);
        assert_eq!(gateway.put_result(&key("gw-1", number), b"again", LIMIT).unwrap(), Receipt::Already);
    }
    let first = operator.results(0, 10, LIMIT).unwrap();
    assert_eq!(first.len(), 10);
    assert_eq!((&first[3].key, first[3].bytes.as_slice()), (&key("gw-1", 3), &b"passed"[..]));
    // Another operator goes on where this one was, and one may begin anew.
    let rest = server.operator().results(first[9].cursor, 100, LIMIT).unwrap();
    assert_eq!(rest.iter().map(|result| result.key.clone()).collect::<Vec<_>>(), keys(10..25));
    assert_eq!(operator.results(0, 100, LIMIT).unwrap().len(), 25);
    assert!(operator.results(rest[14].cursor, 100, Duration::from_millis(300)).unwrap().is_empty());
}

#[test]
fn an_order_wakes_its_gateway_and_who_waits_holds_nobody_up() {
    let Some(server) = Server::start("nats-server", SYNCED) else { return };
    let operator = server.operator();
    operator.prepare(LIMIT).unwrap();
    let gateway = server.gateway("gw-1");
    gateway.order("gw-1", LIMIT).unwrap();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let begin = Instant::now();
            gateway.wait("gw-1", Duration::from_secs(30));
            begin.elapsed()
        });
        std::thread::sleep(Duration::from_millis(300));
        let begin = Instant::now();
        for number in 0..20 {
            gateway.put_result(&key("gw-1", number), b"passed", LIMIT).unwrap();
        }
        assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
        put_order(operator.as_ref(), "gw-1", b"one", 0).unwrap();
        assert!(waiting.join().unwrap() < Duration::from_secs(10));
    });
    let begin = Instant::now();
    gateway.wait("gw-1", Duration::from_millis(200));
    assert!(begin.elapsed() >= Duration::from_millis(200), "nothing has come");
}

/// Fault 2 of the design.
#[test]
fn a_server_that_is_killed_amid_results_has_each_of_them_once() {
    let Some(mut server) = Server::start("nats-server", SYNCED) else { return };
    let operator = server.operator();
    operator.prepare(LIMIT).unwrap();
    const ALL: u32 = 2000;
    let done = AtomicU32::new(0);
    let written = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..4)
            .map(|writer| {
                let (gateway, done) = (server.gateway(&format!("gw-{writer}")), &done);
                scope.spawn(move || {
                    let name = format!("gw-{writer}");
                    let mine = (0..ALL / 4).map(|number| key(&name, number));
                    let write = |key| {
                        let receipt = write_until_told(gateway.as_ref(), &key);
                        done.fetch_add(1, Ordering::Relaxed);
                        receipt
                    };
                    mine.map(write).filter(|receipt| *receipt == Receipt::Already).count()
                })
            })
            .collect();
        for quarter in 1..4 {
            let begin = Instant::now();
            while done.load(Ordering::Relaxed) < ALL * quarter / 4 {
                assert!(begin.elapsed() < Duration::from_secs(120), "the results come");
                std::thread::sleep(Duration::from_millis(1));
            }
            server.kill();
            assert!(done.load(Ordering::Relaxed) < ALL, "it is killed amid the results");
            server.restart();
        }
        writers.into_iter().map(|writer| writer.join().unwrap()).sum::<usize>()
    });
    println!("{written} were stored and not acknowledged");
    let arrived = all_results(operator.as_ref(), 0, ALL as usize);
    let distinct: BTreeSet<_> = arrived.iter().map(|result| result.key.clone()).collect();
    assert_eq!((arrived.len(), distinct.len()), (ALL as usize, ALL as usize));
}

/// Faults 5 and 6.
#[test]
fn a_store_that_is_lost_is_made_again_and_filled_again() {
    let Some(mut server) = Server::start("nats-server", SYNCED) else { return };
    let operator = server.operator();
    operator.prepare(LIMIT).unwrap();
    let gateway = server.gateway("gw-1");
    for number in 0..30 {
        gateway.put_result(&key("gw-1", number), b"passed", LIMIT).unwrap();
    }
    let read = operator.results(0, 20, LIMIT).unwrap();
    let cursor = read.last().unwrap().cursor;
    server.kill();
    std::fs::remove_dir_all(server.folder.0.join("js")).unwrap();
    server.restart();
    let told = gateway.put_result(&key("gw-1", 0), b"passed", LIMIT).unwrap_err();
    assert!(matches!(&told, CarrierError::Unreachable(why) if why.contains("hayes fleet init")), "{told:?}");
    // The operator, who reads on, makes the streams; the gateway writes all that is not settled once more.
    assert!(operator.results(cursor, 100, Duration::ZERO).unwrap().is_empty());
    assert_eq!(operator.order("gw-1", LIMIT).unwrap(), None);
    for receipt in [Receipt::Stored, Receipt::Already] {
        for number in 0..30 {
            assert_eq!(gateway.put_result(&key("gw-1", number), b"passed", LIMIT).unwrap(), receipt);
        }
    }
    let again = all_results(operator.as_ref(), cursor, 30);
    assert!(again.iter().all(|result| result.cursor > cursor), "cursors go on");
    assert_eq!(again.into_iter().map(|result| result.key).collect::<Vec<_>>(), keys(0..30));
}

/// Faults 2, 5 and 6 with all who take part: the server is killed amid the results of three agents, then loses its
/// store. Orders are told anew, results come again, and no modem of a script that may run once is asked twice.
#[test]
fn agents_and_their_operator_outlast_the_server() {
    let modems = Fleet::new(&[Manner::Good; 12], Duration::from_millis(1));
    let ports: Vec<&str> = modems.paths.iter().map(String::as_str).collect();
    let gateways: Vec<(&str, &[&str])> = ["gw-1", "gw-2", "gw-3"].into_iter().zip(ports.chunks(4)).collect();
    let script = "AT\nsleep 1s\nAT+CFUN=1\n";
    let Some((field, mut server)) = over_a_server("outlasts", script, &gateways) else { return };
    let _agents: Vec<Running> = gateways.iter().map(|(name, _)| field.agent(name)).collect();
    field.order(&["-j", "1"]);
    let watched = std::thread::scope(|scope| {
        let watching = scope.spawn(|| field.watch());
        for begun in [2, 4] {
            until("they begin", || modems.total("AT") >= begun);
            server.kill();
            server.restart();
        }
        until("some are taken in", || ended(&field.ledger("r1")).len() >= 3);
        server.kill();
        std::fs::remove_dir_all(server.folder.0.join("js")).unwrap();
        server.restart();
        watching.join().unwrap()
    });
    let said = text(&[watched.stdout, watched.stderr].concat());
    assert!(watched.status.success() && said.contains("12 modems: 12 passed"), "{said}");
    let ledger = ended(&field.ledger("r1"));
    assert!(ledger.len() == 12 && ledger.values().all(|all| *all == ["passed"]), "{ledger:?}");
    assert_eq!((modems.total("AT"), modems.total("AT+CFUN=1")), (12, 12));
    // What was in the ledger before came once more, and was known.
    assert!(!field.ledger("r1").with_file_name("conflicts").exists(), "{said}");
}

/// Fault 13: what a gateway may not, it is told at once.
#[test]
fn a_gateway_does_nothing_in_the_name_of_another() {
    let Some(server) = Server::start("nats-server", SYNCED) else { return };
    let operator = server.operator();
    operator.prepare(LIMIT).unwrap();
    put_order(operator.as_ref(), "gw-2", b"secret", 0).unwrap();
    let gateway = server.gateway("gw-1");
    let begin = Instant::now();
    let tries = [
        ("another's order", refused(gateway.order("gw-2", LIMIT))),
        ("a result of another", refused(gateway.put_result(&key("gw-2", 0), b"passed", LIMIT))),
        ("an order of its own", refused(put_order(gateway.as_ref(), "gw-1", b"mine", 0))),
        ("another's order written", refused(put_order(gateway.as_ref(), "gw-2", b"mine", 0))),
        ("another's presence", refused(gateway.put_presence("gw-2", b"me", 0, LIMIT))),
        ("another's presence read", refused(gateway.presence("gw-2", LIMIT))),
        ("all results", refused(gateway.results(0, 10, LIMIT))),
        ("a bundle", refused(gateway.put_blob("ab", b"mine", LIMIT))),
        ("streams", refused(gateway.prepare(LIMIT))),
    ];
    for (what, told) in tries {
        assert!(told.contains("Permissions Violation"), "{what}: {told}");
    }
    assert!(begin.elapsed() < LIMIT, "none of them waited for an answer");
    assert_eq!(operator.order("gw-2", LIMIT).unwrap().unwrap().bytes, b"secret");
    // Nor by what its own question says: the subject decides what is read.
    for body in [r#"{"seq":1}"#, r#"{"last_by_subj":"acme.want.gw-2"}"#, r#"{"multi_last":["acme.want.*"]}"#] {
        let said = server.raw(
            "gw-1",
            &[
                "SUB _INBOX.gw-1.x 9",
                &format!("PUB $JS.API.DIRECT.GET.acme_GW.acme.want.gw-1 _INBOX.gw-1.x {}\r\n{body}", body.len()),
            ],
        );
        assert!(said.contains("NATS/1.0 4") && !said.contains("secret"), "{body}: {said}");
    }
    let said = server.raw("gw-1", &["SUB _INBOX.$operator.> 9", "SUB acme.> 8", "SUB _INBOX.gw-2.wake 7"]);
    assert_eq!(said.matches("Permissions Violation for Subscription").count(), 3, "{said}");
    // A key that the server does not know.
    let stranger = server.open(Some("gw-1"), 99);
    assert!(refused(stranger.order("gw-1", LIMIT)).contains("Authorization Violation"));
}

#[test]
fn servers_that_would_lose_results_are_refused() {
    let Some(server) = Server::start("nats-server", "") else { return };
    let told = refused(server.operator().prepare(LIMIT));
    assert!(told.contains("sync_interval: always"), "{told}");
    drop(server);
    let Some(server) = Server::start_bare("nats-server") else { return };
    let told = refused(server.operator().prepare(LIMIT));
    assert!(told.contains("nats-config"), "{told}");
    drop(server);
    // Debian 12's: it does not take the setting, and without it Hayes does not take the server.
    assert!(Server::try_start("nats-server-2.9.10", SYNCED).is_none_or(|started| started.is_none()));
    let Some(server) = Server::start("nats-server-2.9.10", "") else { return };
    let told = refused(server.gateway("gw-1").order("gw-1", LIMIT));
    assert!(told.contains("2.9.10") && told.contains("2.10.23"), "{told}");
}

#[test]
fn a_server_that_is_away_is_told_within_the_time() {
    for address in ["nats://127.0.0.1:1", "tls://localhost:1"] {
        let access = Access { fleet: "acme", gateway: Some("gw-1"), seed: &[1; 32], authorities: None };
        let begin = Instant::now();
        match carrier::open(address, &access) {
            Ok(carrier) => assert!(matches!(carrier.order("gw-1", LIMIT), Err(CarrierError::Unreachable(_)))),
            Err(told) => assert!(format!("{told:?}").contains("--ca"), "a machine without authorities: {told:?}"),
        }
        assert!(begin.elapsed() < LIMIT);
    }
    for address in
        ["nats://192.0.2.1", "nats://nats.acme.net:4222", "tls://", "tls://user@host", "nats://localhost:99999"]
    {
        let access = Access { fleet: "acme", gateway: Some("gw-1"), seed: &[1; 32], authorities: None };
        assert!(matches!(carrier::open(address, &access), Err(CarrierError::Refused(_))), "{address}");
    }
}

#[test]
fn tls_is_spoken_with_those_whose_certificate_is_known() {
    let Some(server) = Server::start_tls("nats-server") else { return };
    server.operator().prepare(LIMIT).unwrap();
    let gateway = server.gateway("gw-1");
    let long = vec![b'x'; 300_000];
    assert_eq!(gateway.put_result(&key("gw-1", 0), &long, LIMIT).unwrap(), Receipt::Stored);
    assert_eq!(server.operator().results(0, 10, LIMIT).unwrap()[0].bytes, long);
    // In plain text, and with authorities that know nothing of it.
    let open = |address: String, authorities: &Path| {
        let seed = &[seed("gw-1"); 32];
        let access = Access { fleet: "acme", gateway: Some("gw-1"), seed, authorities: Some(authorities) };
        carrier::open(&address, &access).and_then(|carrier| carrier.order("gw-1", LIMIT))
    };
    let told = refused(open(format!("nats://{}", server.address), Path::new("ca.pem")));
    assert!(told.contains("tls://127.0.0.1"), "{told}");
    let other = Folder::new();
    certificates(&other.0);
    let told = refused(open(format!("tls://{}", server.address), &other.0.join("ca.pem")));
    assert!(told.ends_with("has signed its certificate: name the authority that has with --ca FILE"), "{told}");
    assert!(refused(open(format!("tls://{}", server.address), Path::new("/nowhere"))).contains("/nowhere"));
    let told = refused(open(format!("tls://{}", server.address), &other.0.join("ca.key")));
    assert!(told.ends_with("ca.key holds no certificate: --ca takes that of an authority, in PEM"), "{told}");
    // A key that it does not know: why it closes is heard.
    let authorities = server.folder.0.join("ca.pem");
    let stranger = Access { fleet: "acme", gateway: Some("gw-1"), seed: &[77; 32], authorities: Some(&authorities) };
    let stranger = carrier::open(&format!("tls://{}", server.address), &stranger).unwrap();
    let told = refused(stranger.order("gw-1", LIMIT));
    assert!(told.contains("says: Authorization Violation: it does not know this key: "), "{told}");
    // Certificates that are over, or another's
    for (names, days, why) in [
        ("IP:127.0.0.1", -1, "its certificate has expired: make its next one"),
        ("DNS:nats.acme.net", 9, "its certificate is another name's: connect to a name that it holds"),
    ] {
        let folder = Folder::new();
        shell(&format!(
            "cd {0} && cp {1}/ca.* {1}/key.pem . && \
             openssl req -new -key key.pem -subj /CN=nats -addext subjectAltName={names} -out request.pem && \
             openssl x509 -req -in request.pem -copy_extensions copy -days {days} -CA ca.pem -CAkey ca.key -out cert.pem",
            folder.0.display(),
            server.folder.0.display(),
        ));
        let Some(Some(server)) = Server::with("nats-server", SYNCED, &users(), Some(folder)) else { panic!("{names}") };
        let told = refused(open(format!("tls://{}", server.address), &authorities));
        assert!(told.contains(why), "{told}");
    }
    // One that is its own authority, and none.
    let own = Folder::new();
    let name = "-subj /CN=nats -addext subjectAltName=IP:127.0.0.1";
    shell(&format!(
        "cd {} && openssl req -x509 {KEY} {name} -keyout key.pem -out cert.pem && cp cert.pem ca.pem",
        own.0.display()
    ));
    let Some(Some(server)) = Server::with("nats-server", SYNCED, &users(), Some(own)) else { panic!("it starts") };
    let told = refused(open(format!("tls://{}", server.address), &server.folder.0.join("ca.pem")));
    assert!(told.contains("that of an authority itself (CA:TRUE"), "{told}");
    let Some(server) = Server::start("nats-server", SYNCED) else { panic!("it starts") };
    let told = refused(open(format!("tls://{}", server.address), &other.0.join("ca.pem")));
    assert!(told.contains("the NATS server speaks no TLS: its file needs tls {"), "{told}");
}

/// An order that the server refuses is kept, and so is what is wanted of its run; both come once it takes them. Where
/// its store is full, gateways keep results and send them once there is room.
#[test]
fn what_a_server_does_not_take_is_kept_until_it_does() {
    let gateways: [(&str, &[&str]); 1] = [("gw-1", &["sim:bg96?time=virtual"; 20])];
    let Some((field, mut server)) = over_a_server("refuses", "AT\n", &gateways) else { return };
    let told = |arguments: &[&str], exit: i32, said: &[&str]| {
        let output = field.run(arguments);
        let whole = all(&output).replace("\n    ", " ");
        said.iter().for_each(|said| assert!(whole.contains(said), "{arguments:?}: {whole}"));
        assert_eq!(output.status.code(), Some(exit), "{arguments:?}: {whole}");
    };
    let users = server.folder.0.join("fleet.conf");
    let good = std::fs::read_to_string(&users).unwrap();
    let with = |text: &str, server: &mut Server| {
        std::fs::write(&users, text).unwrap();
        server.kill();
        server.restart();
    };
    let bad = good.replacen("\"acme.>\"", "\"acme.blob.>\"", 1);
    assert_ne!(good, bad);
    with(&bad, &mut server);
    let run = ["fleet", "run", "script.hayes", "-i", "fleet.toml", "--detach"];
    let refused = "Permissions Violation for Publish to \"acme.want.gw-1\"";
    told(&run, 6, &[refused, "r1 is kept, and begins once the carrier takes its orders"]);
    told(&run, 6, &[refused, "r2 is kept"]);
    let kept = "it is kept, and gateways are told once the carrier takes it: `hayes fleet watch r2` tries again";
    told(&["fleet", "cancel", "r2"], 6, &["r2: heeded, for 20 of its modems", refused, kept]);
    with(&good, &mut server);
    let agent = field.agent("gw-1");
    told(&["fleet", "watch", "r1"], 0, &["the carrier lacks the orders of 1 gateway", "20 modems: 20 passed"]);
    told(&["fleet", "watch", "r2"], 5, &["20 × it was not begun: the run was cancelled"]);
    drop(agent);

    // Full
    let settings = server.folder.0.join("server.conf");
    let text = std::fs::read_to_string(&settings).unwrap();
    let small = text.replace("sync_interval: always", "sync_interval: always, max_file_store: 12KB");
    std::fs::remove_dir_all(server.folder.0.join("js")).unwrap();
    std::fs::write(&settings, small).unwrap();
    with(&good, &mut server);
    told(&run, 0, &["r3: 20 not heard"]);
    let full = field.once("gw-1");
    assert_eq!(full.status.code(), Some(5), "{}", all(&full));
    assert!(
        all(&full).contains("insufficient resources: the NATS server needs more room (max_file_store"),
        "{}",
        all(&full)
    );
    let journal = std::fs::read_to_string(field.file("gw-1/journal.jsonl")).unwrap();
    assert_eq!(journal.lines().filter(|line| line.starts_with("{\"done\":")).count(), 20, "all were run");
    let detached = ["fleet", "run", "large.hayes", "-i", "fleet.toml", "--detach"];
    let large: String =
        (1..3_000_u64).map(|n| format!("log \"{:x}\"\n", n.wrapping_mul(0x9E37_79B9_7F4A_7C15))).collect();
    std::fs::write(field.file("large.hayes"), large + "AT\n").unwrap();
    told(&detached, 6, &["insufficient resources: the NATS server needs more room", "r4 is kept, and begins once"]);
    std::fs::write(&settings, text).unwrap();
    with(&good, &mut server);
    assert!(field.once("gw-1").status.success());
    told(&["fleet", "watch", "r3"], 0, &["20 modems: 20 passed"]);
}

/// A newcomer types what the page has for five minutes, line by line. It runs in a network of its own, where the
/// server's port is free.
#[test]
fn the_first_five_minutes_hold_line_by_line() {
    if !["nats-server", "unshare", "ip"].iter().all(|program| installed(program)) || !may_be_apart() {
        return;
    }
    let (_, walk) = PAGE.split_once("## In five minutes").unwrap();
    let walk = walk.split("\n## ").next().unwrap().lines();
    let lines: Vec<&str> =
        walk.filter_map(|line| line.strip_prefix("$ ").or_else(|| line.strip_prefix("> "))).collect();
    assert!(lines.len() > 15 && lines[0].starts_with("pip install "), "{lines:?}");
    let folder = Folder::new();
    let programs = [env!("CARGO_BIN_EXE_hayes"), program("nats-server").to_str().unwrap()]
        .map(|program| Path::new(program).parent().unwrap().display().to_string());
    let path = format!("{}:{}", programs.join(":"), std::env::var("PATH").unwrap());
    // A person types slowly.
    let typed = lines[1..].join("\n").replace("--start-delay 2s", "--start-delay 300ms");
    let typed = typed.replace("\nhayes fleet watch", "\ntimeout 60 hayes fleet watch");
    let text = format!("ip link set lo up\n{typed}\nkill $(cat *.pid)\n");
    let mut typed = Command::new("unshare");
    typed.args(["-rn", "sh", "-c", &text]).current_dir(&folder.0).env("PATH", path).env("HAYES_ROOT", &folder.0);
    let output = within(Duration::from_secs(120), &mut typed);
    let said = all(&output);
    let passed = said.lines().filter(|line| line.starts_with("30 modems: 30 passed")).count();
    assert_eq!(passed, 2, "{said}");
}

/// Fault 4, and the newcomer's fleet: three gateways in networks of their own with ten modems each. One agent is killed
/// amid a modem and begun again, another is cut off by its cable for 25 s. It runs itself once more, in a network of
/// its own, with the server in another one.
#[test]
fn a_gateway_that_is_cut_off_loses_nothing() {
    if std::env::var_os("HAYES_TEST_CUT_OFF").is_some() {
        return one_is_killed_and_one_is_cut_off();
    }
    if !["nats-server", "openssl", "unshare", "nsenter", "ip"].iter().all(|program| installed(program))
        || !may_be_apart()
    {
        return;
    }
    let mut again = Command::new("unshare");
    again.arg("-rn").arg(std::env::current_exe().unwrap());
    again.args(["--exact", "nats::a_gateway_that_is_cut_off_loses_nothing", "--nocapture"]);
    let output = again.env("HAYES_TEST_CUT_OFF", "1").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&[output.stdout, output.stderr].concat()));
}

fn one_is_killed_and_one_is_cut_off() {
    let server = Server::start_apart();
    let networks = [1, 2, 3].map(|number| server.network_apart(number));
    let operator = server.init("10s");
    let modems = Fleet::new(&[Manner::Good; 30], Duration::from_millis(1));
    let mut inventory = String::new();
    for number in 1..=3 {
        inventory.push_str(&server.enrol(&format!("gw-{number}"), &operator));
        for (place, port) in modems.paths.iter().enumerate().skip((number - 1) * 10).take(10) {
            let modem = format!("[[modem]]\nname = \"m{place}\"\ngateway = \"gw-{number}\"\nport = \"{port}\"\n");
            inventory.push_str(&modem);
        }
    }
    std::fs::write(server.folder.0.join("fleet.toml"), inventory).unwrap();
    std::fs::write(server.folder.0.join("s.hayes"), "AT\nsleep 2s\nAT+CSQ\n").unwrap();
    let agent = |number: usize| {
        let network = networks[number - 1].0.id();
        let follow = format!("-t {network} -n {} agent {PLACE} --state gw-{number}", env!("CARGO_BIN_EXE_hayes"));
        Running(server.command("nsenter", &follow).stderr(Stdio::null()).spawn().unwrap())
    };
    let mut agents = [1, 2, 3].map(agent);
    let run = server.command(env!("CARGO_BIN_EXE_hayes"), "fleet run s.hayes -i fleet.toml -j 1").spawn().unwrap();
    let asked = |number: usize, what: &str| -> Vec<usize> {
        (0..10).map(|place| modems.count((number - 1) * 10 + place, what)).collect()
    };
    let begun = |number: usize| asked(number, "AT").iter().sum::<usize>();
    let begin = Instant::now();
    while begun(2) < 2 || begun(3) < 2 {
        assert!(begin.elapsed() < Duration::from_secs(60), "they begin");
        std::thread::sleep(Duration::from_millis(20));
    }
    server.there("ip link set s3 down");
    let cut = Instant::now();
    agents[1].0.kill().unwrap();
    agents[1].0.wait().unwrap();
    modems.is_nobodys();
    agents[1] = agent(2);
    // By an order that it saw ten seconds ago it begins none.
    std::thread::sleep(Duration::from_secs(13).saturating_sub(cut.elapsed()));
    let before = begun(3);
    std::thread::sleep(Duration::from_secs(25).saturating_sub(cut.elapsed()));
    assert!(before < 10 && begun(3) == before, "{before}, {}", begun(3));
    server.there("ip link set s3 up");
    let output = run.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success() && said.contains("30 modems: 30 passed"), "{said}");
    let ledger = server.folder.0.join("state/hayes/fleet/runs/r1/results.jsonl");
    let ledger = std::fs::read_to_string(ledger).unwrap();
    let lines = ledger.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let passed: Vec<String> = lines.map(|line| line["modem"].as_str().unwrap().to_owned()).collect();
    assert_eq!((passed.len(), passed.iter().collect::<BTreeSet<_>>().len()), (30, 30), "each has one line: {ledger}");
    // As the modems have it: each was asked once, but for the one whose agent was killed.
    for number in [1, 3] {
        assert_eq!([asked(number, "AT"), asked(number, "AT+CSQ")], [vec![1; 10], vec![1; 10]], "gw-{number}");
    }
    assert!((10..=11).contains(&begun(2)) && asked(2, "AT+CSQ").iter().all(|count| *count >= 1), "{}", begun(2));
}

/// Fault 10: a modem is moved while the gateway that had it is cut off from the server, amid the modem's script. The
/// other gateway begins it when the first one cannot talk to it any more; each run has one line of it. It takes two
/// minutes.
#[test]
fn a_modem_that_is_moved_from_a_gateway_that_is_cut_off_is_begun_after_the_margin() {
    if std::env::var_os("HAYES_TEST_MOVED").is_some() {
        return move_from_one_that_is_cut_off();
    }
    if std::env::var_os("HAYES_TEST_ALL").is_none() {
        return eprintln!("left out: it takes two minutes, HAYES_TEST_ALL=1 runs it");
    }
    let mut again = Command::new("unshare");
    again.arg("-rn").arg(std::env::current_exe().unwrap()).args(["--nocapture", "--exact"]);
    again.arg("nats::a_modem_that_is_moved_from_a_gateway_that_is_cut_off_is_begun_after_the_margin");
    let output = again.env("HAYES_TEST_MOVED", "1").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&[output.stdout, output.stderr].concat()));
}

fn move_from_one_that_is_cut_off() {
    let server = Server::start_apart();
    let folder = &server.folder.0;
    let apart = server.network_apart(1);
    let program = env!("CARGO_BIN_EXE_hayes");
    let said = |arguments: &str| server.said(arguments);
    let operator = server.init("3s");
    let modems = Fleet::new(&[Manner::Good], Duration::from_millis(1));
    for gateway in ["gw-1", "gw-2"] {
        let table = server.enrol(gateway, &operator);
        let port = &modems.paths[0];
        let modem = format!("{table}[[modem]]\nname = \"m\"\ngateway = \"{gateway}\"\nport = \"{port}\"\n");
        std::fs::write(folder.join(format!("{gateway}.toml")), modem).unwrap();
    }
    std::fs::write(folder.join("s.hayes"), "AT\nsleep 4s\nAT+CSQ\n").unwrap();
    let first = format!("-t {} -n {program} agent {PLACE} --state gw-1", apart.0.id());
    let _first = Running(server.command("nsenter", &first).spawn().unwrap());
    let _second = Running(server.command(program, &format!("agent {PLACE} --state gw-2")).spawn().unwrap());
    said("fleet run s.hayes -i gw-1.toml --modem-timeout 6s --detach");
    let begin = Instant::now();
    while modems.total("AT") == 0 {
        assert!(begin.elapsed() < Duration::from_secs(60), "the first gateway begins it");
        std::thread::sleep(Duration::from_millis(50));
    }
    server.there("ip link set s1 down");
    let moved = said("fleet run s.hayes -i gw-2.toml --modem-timeout 6s");
    assert!(moved.contains("waits until gw-1 has left them, or for 9"), "{moved}");
    assert!(moved.contains("1 modem: 1 passed"), "{moved}");
    server.there("ip link set s1 up");
    // The first gateway comes back in its own time, and a modem that was moved is not waited for.
    let back = Instant::now();
    while !server.command(program, "fleet watch r1").output().unwrap().status.success() {
        assert!(back.elapsed() < Duration::from_secs(60), "the first gateway tells what it did");
        std::thread::sleep(Duration::from_millis(200));
    }
    let line = |run: &str| -> serde_json::Value {
        let ledger = std::fs::read_to_string(folder.join(format!("state/hayes/fleet/runs/{run}/results.jsonl")));
        let ledger = ledger.unwrap();
        let told: Vec<&str> = ledger.lines().filter(|line| line.contains("\"mark\"")).collect();
        assert_eq!(told.len(), 1, "{run}: {ledger}");
        serde_json::from_str(told[0]).unwrap()
    };
    let [first, second] = [line("r1"), line("r2")];
    assert_eq!([&first["status"], &second["status"]], ["passed", "passed"]);
    let begun = |line: &serde_json::Value| Timestamp::parse(line["started"].as_str().unwrap()).unwrap().millis();
    // What the first one may do, its `finally`, and a minute.
    let margin = begun(&second) - begun(&first);
    assert!((99_000..150_000).contains(&margin), "{margin} ms");
    assert_eq!((modems.total("AT"), modems.total("AT+CSQ")), (2, 2));
}

/// As the manual has it: keys, the server's users, orders, results; with a secret that nobody between reads.
#[test]
fn a_fleet_from_its_keys_to_its_results() {
    let folder = Folder::new();
    let command = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hayes"));
        command.args(arguments).current_dir(&folder.0).env("XDG_STATE_HOME", folder.0.join("state"));
        command.env_remove("HAYES_CARRIER").stdin(Stdio::null());
        command
    };
    let said = |arguments: &[&str], exit: i32| {
        let output = command(arguments).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(exit), "{text}{}", String::from_utf8_lossy(&output.stderr));
        text
    };
    // The server knows its users by the keys, so these are made before it is there.
    let init = ["fleet", "init", "--fleet", "acme", "--carrier"];
    let operator = said(&[&init[..], &["nats://127.0.0.1:1"]].concat(), 6);
    let mut inventory = String::new();
    for name in ["gw-0", "gw-1"] {
        let enroll =
            ["agent", "enroll", "--fleet", "acme", "--name", name, "--operator", operator.trim(), "--state", name];
        inventory.push_str(&said(&enroll, 0));
        let modem =
            |number: u8| format!("[[modem]]\nname = \"{name}-{number}\"\ngateway = \"{name}\"\nport = \"sim:bg96\"\n");
        inventory.push_str(&(0..3).map(modem).collect::<String>());
    }
    std::fs::write(folder.0.join("fleet.toml"), inventory).unwrap();
    std::fs::write(folder.0.join("script.hayes"), "secret pin\nAT+CGDCONT=1,\"IP\",\"${pin}\"\n").unwrap();
    let users = said(&["fleet", "nats-config", "-i", "fleet.toml"], 0);
    let Some(server) = Server::with_users(&users) else { return };
    let carrier = format!("nats://{}", server.address);
    assert_eq!(said(&[&init[..], &[&carrier]].concat(), 0), operator, "the key stays");
    let agents = ["gw-0", "gw-1"].map(|name| {
        let log = std::fs::File::create(folder.0.join(format!("{name}.log"))).unwrap();
        command(&["agent", "--carrier", &carrier, "--state", name]).stderr(log).spawn().map(Running).unwrap()
    });
    let begin = Instant::now();
    said(&["fleet", "run", "script.hayes", "-i", "fleet.toml", "--secret", "pin=98761234"], 0);
    assert!(begin.elapsed() < Duration::from_secs(60), "{:?}", begin.elapsed());
    let ledger = folder.0.join("state/hayes/fleet/runs/r1/results.jsonl");
    let lines = std::fs::read_to_string(&ledger).unwrap();
    assert_eq!(lines.matches(r#""status":"passed""#).count(), 6, "{lines}");
    // Fault 3: as if the operator's program had been killed amid the third line of its ledger.
    let rest = lines.lines().nth(2).unwrap();
    let whole: String = lines.lines().take(2).map(|line| format!("{line}\n")).collect();
    std::fs::write(&ledger, whole + &rest[..rest.len() / 2]).unwrap();
    let run = ledger.with_file_name("run.json");
    let open = std::fs::read_to_string(&run).unwrap().replace("\"closed\":true", "\"closed\":false");
    std::fs::write(&run, open).unwrap();
    said(&["fleet", "watch"], 0);
    let again = std::fs::read_to_string(&ledger).unwrap();
    let sorted = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
    assert_eq!((again.lines().count(), sorted(&again)), (6, sorted(&lines)));
    drop(agents);
    for place in [&folder.0, &server.folder.0] {
        let found = Command::new("grep").args(["-rl", "98761234"]).arg(place).output().unwrap();
        let found = String::from_utf8(found.stdout).unwrap();
        assert_eq!(found, "", "the secret stands there");
    }
}

/// A fleet of these gateways and ports, with a server that knows them; none where there is no server.
pub(crate) fn over_a_server(name: &str, script: &str, gateways: &[(&str, &[&str])]) -> Option<(Field, Server)> {
    let mut field = Field::new(name, script, &[]);
    (field.fleet, field.carrier) = ("acme", "nats://127.0.0.1:1".to_owned());
    field.init(&[]);
    gateways.iter().for_each(|(gateway, ports)| field.gateway(gateway, ports));
    // The server knows its users by their keys.
    let server = Server::with_users(&text(&field.run(&["fleet", "nats-config", "-i", "fleet.toml"]).stdout))?;
    field.carrier = format!("nats://{}", server.address);
    field.init(&[]);
    Some((field, server))
}

fn put_order(carrier: &dyn Carrier, gateway: &str, bytes: &[u8], replaces: Version) -> Result<Put, CarrierError> {
    carrier.put_orders(&[NewOrder { gateway, bytes, replaces }], LIMIT).map(|puts| puts[0])
}

/// A server knows each by one key.
#[test]
fn keys_that_are_wrong_or_shared_are_refused() {
    let key = written(KeyKind::User, &[1; 32]);
    let other = written(KeyKind::User, &[2; 32]);
    let gateway = |name: &str, key: &str| FleetGateway { name: name.into(), key: Some(key.into()), seal: None };
    let told = configuration("acme", &key, &[gateway("gw-1", &other), gateway("gw-2", &other)]).unwrap_err();
    assert_eq!(told, "gw-2 has the key of gw-1: each needs one of its own");
    let told = configuration("acme", &key, &[gateway("gw-1", "U123")]).unwrap_err();
    assert!(told.starts_with("gw-1: "), "{told}");
    let made = configuration("acme", &key, &[gateway("gw-1", &other)]).unwrap();
    assert!(made.0.contains("acme.*.gw-1") && made.1.is_none());
    assert!(configuration("acme", &key, &[]).unwrap().1.is_some());
}

/// A result as a gateway writes it: until it is told what became of it.
fn write_until_told(gateway: &dyn Carrier, key: &ResultKey) -> Receipt {
    let begin = Instant::now();
    loop {
        match gateway.put_result(key, b"passed", Duration::from_secs(2)) {
            Ok(receipt) => return receipt,
            Err(error) => assert!(begin.elapsed() < Duration::from_secs(60), "{error:?}"),
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// All results behind the cursor, as an operator reads them.
fn all_results(operator: &dyn Carrier, mut cursor: u64, count: usize) -> Vec<Arrived> {
    let mut all = Vec::new();
    while all.len() < count {
        let more = operator.results(cursor, 500, LIMIT).unwrap();
        assert!(!more.is_empty(), "only {} of {count}", all.len());
        cursor = more.last().unwrap().cursor;
        all.extend(more);
    }
    assert!(operator.results(cursor, 500, Duration::from_millis(300)).unwrap().is_empty(), "more than {count}");
    all
}

fn key(gateway: &str, number: u32) -> ResultKey {
    ResultKey { run: "r1".to_owned(), gateway: gateway.to_owned(), modem: format!("m-{number}"), attempt: 1 }
}

fn keys(numbers: std::ops::Range<u32>) -> Vec<ResultKey> {
    numbers.map(|number| key("gw-1", number)).collect()
}

fn refused<T: std::fmt::Debug>(outcome: Result<T, CarrierError>) -> String {
    match outcome {
        Err(CarrierError::Refused(why)) => why,
        other => panic!("it was not refused: {other:?}"),
    }
}

const SYNCED: &str = "sync_interval: always";

/// A server on this machine, with the users of four gateways; it ends with the test.
pub(crate) struct Server {
    program: String,
    folder: Folder,
    /// Address and port
    address: String,
    is_tls: bool,
    child: Child,
}

impl Server {
    fn start(program: &str, jetstream: &str) -> Option<Server> {
        Server::try_start(program, jetstream).map(|started| started.expect("the server starts"))
    }

    /// None: it is not installed; None within: it does not start.
    fn try_start(program: &str, jetstream: &str) -> Option<Option<Server>> {
        Server::with(program, jetstream, &users(), None)
    }

    /// One with these users
    fn with_users(users: &str) -> Option<Server> {
        Server::with("nats-server", SYNCED, users, None).map(|started| started.expect("it takes these users"))
    }

    /// One whose users were written by hand: it shows nobody how it keeps what it is given.
    fn start_bare(program: &str) -> Option<Server> {
        let users = format!("authorization {{ users: [ {{ nkey: {} }} ] }}\n", public(OPERATOR));
        Server::with(program, SYNCED, &users, None).map(|started| started.expect("the server starts"))
    }

    fn start_tls(program: &str) -> Option<Server> {
        let folder = Folder::new();
        if !installed("openssl") {
            return None;
        }
        certificates(&folder.0);
        Server::with(program, SYNCED, &users(), Some(folder)).map(|started| started.expect("the server starts"))
    }

    /// One in a network of its own, at 10.9.0.2 behind a cable.
    fn start_apart() -> Server {
        let folder = Folder::new();
        certificates(&folder.0);
        settings(&folder.0, "0.0.0.0:4222", SYNCED, &users(), true);
        let mut apart = Command::new("unshare");
        apart.arg("-n").arg(program("nats-server")).arg("-c").arg(folder.0.join("server.conf"));
        let child = apart.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let network = |process: &str| std::fs::read_link(format!("/proc/{process}/ns/net"));
        let begin = Instant::now();
        while network(&child.id().to_string()).unwrap() == network("self").unwrap() {
            assert!(begin.elapsed() < LIMIT);
            std::thread::sleep(Duration::from_millis(10));
        }
        let address = "10.9.0.2:4222".to_owned();
        let mut server = Server { program: String::new(), folder, address, is_tls: true, child };
        shell(&format!("ip link add v0 type veth peer name v1 netns {}", server.child.id()));
        shell("ip addr add 10.9.0.1/24 dev v0");
        shell("ip link set v0 up");
        server.there("ip addr add 10.9.0.2/24 dev v1");
        server.there("ip link set v1 up");
        assert!(server.is_up());
        server
    }

    /// Beside one that is apart: a network of its own, behind a cable of its own that ends at the server (`s1`).
    fn network_apart(&self, number: u8) -> Running {
        let apart = Running(Command::new("unshare").args(["-n", "sleep", "600"]).spawn().unwrap());
        let process = apart.0.id();
        let network = |process: &str| std::fs::read_link(format!("/proc/{process}/ns/net")).unwrap();
        let begin = Instant::now();
        while network(&process.to_string()) == network("self") {
            assert!(begin.elapsed() < LIMIT);
            std::thread::sleep(Duration::from_millis(10));
        }
        self.there(&format!("ip link add s{number} type veth peer name g1 netns {process}"));
        self.there(&format!("ip addr add 10.9.{number}.2/24 dev s{number}"));
        self.there(&format!("ip link set s{number} up"));
        let route = format!("route add 10.9.0.2 via 10.9.{number}.2");
        for command in [&format!("addr add 10.9.{number}.1/24 dev g1"), "link set g1 up", &route] {
            shell(&format!("nsenter -t {process} -n ip {command}"));
        }
        apart
    }

    /// A program that works in its folder.
    fn command(&self, program: &str, arguments: &str) -> Command {
        let mut command = Command::new(program);
        command
            .args(arguments.split(' '))
            .current_dir(&self.folder.0)
            .env("XDG_STATE_HOME", self.folder.0.join("state"));
        command.env_remove("HAYES_CARRIER").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn said(&self, arguments: &str) -> String {
        let output = self.command(env!("CARGO_BIN_EXE_hayes"), arguments).output().unwrap();
        assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    }

    /// Keeps the key that it knows somebody by.
    fn give_key(&self, path: &str, seed: u8) {
        let path = self.folder.0.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, format!("{seed:02x}").repeat(32)).unwrap();
        shell(&format!("chmod 600 {}", path.display()));
    }

    /// The operator's side of one that is apart. His key.
    fn init(&self, valid_for: &str) -> String {
        self.give_key("state/hayes/fleet/key", OPERATOR);
        let said = self.said(&format!("fleet init --fleet acme --valid-for {valid_for} {PLACE}"));
        said.lines().find(|line| line.starts_with('O')).unwrap().to_owned()
    }

    /// A gateway's table of the inventory.
    fn enrol(&self, gateway: &str, operator: &str) -> String {
        let enroll = format!("agent enroll --fleet acme --name {gateway} --operator {operator} --state {gateway}");
        let table = self.said(&enroll);
        self.give_key(&format!("{gateway}/key"), seed(gateway));
        table
    }

    fn with(program: &str, jetstream: &str, users: &str, certified: Option<Folder>) -> Option<Option<Server>> {
        if !installed(program) {
            return None;
        }
        let is_tls = certified.is_some();
        let folder = certified.unwrap_or_else(Folder::new);
        let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        settings(&folder.0, &address, jetstream, users, is_tls);
        let child = run(program, &folder.0);
        let mut server = Server { program: program.to_owned(), folder, address, is_tls, child };
        Some(server.is_up().then_some(server))
    }

    /// Runs a command in the server's network.
    fn there(&self, command: &str) {
        shell(&format!("nsenter -t {} -n {command}", self.child.id()));
    }

    fn is_up(&mut self) -> bool {
        let begin = Instant::now();
        while begin.elapsed() < LIMIT {
            if TcpStream::connect(&self.address).is_ok() {
                return true;
            }
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        false
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn restart(&mut self) {
        self.child = run(&self.program, &self.folder.0);
        assert!(self.is_up());
    }

    fn operator(&self) -> Box<dyn Carrier> {
        self.open(None, OPERATOR)
    }

    fn gateway(&self, name: &str) -> Box<dyn Carrier> {
        self.open(Some(name), seed(name))
    }

    fn open(&self, gateway: Option<&str>, seed: u8) -> Box<dyn Carrier> {
        let authorities = self.folder.0.join("ca.pem");
        let authorities = self.is_tls.then_some(authorities.as_path());
        let access = Access { fleet: "acme", gateway, seed: &[seed; 32], authorities };
        let scheme = if self.is_tls { "tls" } else { "nats" };
        carrier::open(&format!("{scheme}://{}", self.address), &access).unwrap()
    }

    /// What the server says to lines that our own client would not send.
    fn raw(&self, gateway: &str, lines: &[&str]) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut info = String::new();
        reader.read_line(&mut info).unwrap();
        let info: serde_json::Value = serde_json::from_str(info.strip_prefix("INFO ").unwrap()).unwrap();
        let signed = SigningKey::from_bytes(&[seed(gateway); 32]).sign(info["nonce"].as_str().unwrap().as_bytes());
        let signed = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(signed.to_bytes());
        let key = public(seed(gateway));
        let connect = format!(
            r#"CONNECT {{"verbose":false,"headers":true,"no_responders":true,"nkey":"{key}","sig":"{signed}"}}"#
        );
        let mut said = String::new();
        for line in [connect.as_str()].iter().chain(lines) {
            stream.write_all(format!("{line}\r\n").as_bytes()).unwrap();
        }
        stream.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
        while reader.read_line(&mut said).is_ok_and(|count| count > 0) {}
        said
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether this machine allows networks of one's own.
fn may_be_apart() -> bool {
    let allowed = Command::new("unshare").args(["-rn", "true"]).output().unwrap().status.success();
    assert!(allowed || std::env::var_os("HAYES_TEST_ALL").is_none(), "this machine allows no network namespaces");
    if !allowed {
        eprintln!("left out: this machine allows no network namespaces");
    }
    allowed
}

fn run(name: &str, folder: &Path) -> Child {
    let log = std::fs::File::create(folder.join("log")).unwrap();
    let mut server = Command::new(program(name));
    server.arg("-c").arg(folder.join("server.conf")).stdout(Stdio::null()).stderr(log).spawn().unwrap()
}

fn program(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    folders.map(|folder| folder.join(name)).find(|file| file.exists()).unwrap()
}

/// The users as `hayes fleet nats-config` writes them.
fn users() -> String {
    let gateways: Vec<_> = (0..4).map(|number| format!("gw-{number}")).collect();
    let gateway = |name: &String| FleetGateway { name: name.clone(), key: Some(public(seed(name))), seal: None };
    configuration("acme", &public(OPERATOR), &gateways.iter().map(gateway).collect::<Vec<_>>()).unwrap().0
}

fn settings(folder: &Path, address: &str, jetstream: &str, users: &str, is_tls: bool) {
    let at = |name: &str| folder.join(name).display().to_string();
    let tls = format!("tls {{ cert_file: \"{}\", key_file: \"{}\" }}\n", at("cert.pem"), at("key.pem"));
    let tls = if is_tls { tls.as_str() } else { "" };
    let store = at("js");
    let text =
        format!("listen: {address}\njetstream {{ store_dir: \"{store}\", {jetstream} }}\n{tls}include fleet.conf\n");
    std::fs::write(folder.join("fleet.conf"), users).unwrap();
    std::fs::write(folder.join("server.conf"), text).unwrap();
}

/// An authority of its own, `ca.pem`, and what it vouches for, `cert.pem` and `key.pem`, as the docs make them.
fn certificates(folder: &Path) {
    let lines: Vec<&str> = PAGE.lines().filter_map(|line| line.strip_prefix("$ ")).collect();
    let lines: Vec<&str> = lines.into_iter().filter(|line| line.starts_with("openssl ")).collect();
    assert_eq!(lines.len(), 3);
    let names = "DNS:localhost,IP:127.0.0.1,IP:10.9.0.2";
    let lines = lines.join(" && ").replace("DNS:nats.acme.net", names);
    shell(&format!("cd {} && {lines}", folder.display()));
}

fn shell(command: &str) {
    let output = Command::new("sh").args(["-c", command]).output().unwrap();
    assert!(output.status.success(), "{command}\n{}", String::from_utf8_lossy(&output.stderr));
}

fn seed(gateway: &str) -> u8 {
    10 + gateway.rsplit('-').next().unwrap().parse::<u8>().unwrap()
}

fn public(seed: u8) -> String {
    written(KeyKind::User, SigningKey::from_bytes(&[seed; 32]).verifying_key().as_bytes())
}
