//! A folder as a carrier: what it is given it keeps once.

use std::path::Path;
use std::time::Duration;

use hayes::fleet::carrier::{self, Access, Arrived, Carrier, CarrierError, Kept, NewOrder, Put, Receipt, ResultKey};

use crate::folder::Folder;

const SOON: Duration = Duration::from_millis(50);

fn opened(folder: &Path) -> Box<dyn Carrier> {
    let access = Access { fleet: "f", gateway: None, seed: &[0; 32], authorities: None };
    carrier::open(&format!("dir:{}", folder.join("carrier").display()), &access).unwrap()
}

#[test]
fn it_keeps_what_it_is_given_once() {
    let folder = &Folder::new().0;
    let carrier = opened(folder);
    assert!(matches!(carrier.order("gw-1", SOON), Err(CarrierError::Unreachable(_))));
    carrier.prepare(SOON).unwrap();
    assert_eq!(carrier.order("gw-1", SOON), Ok(None));
    let put = |gateway: &str, bytes: &[u8], replaces| {
        carrier.put_orders(&[NewOrder { gateway, bytes, replaces }], SOON).map(|put| put[0])
    };
    let Ok(Put::Done(first)) = put("gw-1", b"one", 0) else { panic!() };
    assert_eq!(put("gw-1", b"two", 0), Ok(Put::Changed));
    assert_eq!(carrier.order("gw-1", SOON), Ok(Some(Kept { bytes: b"one".to_vec(), version: first })));
    assert!(matches!(put("gw-1", b"two", first), Ok(Put::Done(_))));
    assert!(matches!(put("../x", b"", 0), Err(CarrierError::Refused(_))));
    carrier.put_blob("ab", b"text", SOON).unwrap();
    assert_eq!(carrier.blob("ab", SOON), Ok(Some(b"text".to_vec())));
    let key = ResultKey { run: "r1".into(), gateway: "gw-1".into(), modem: "m".into(), attempt: 1 };
    assert_eq!(carrier.put_result(&key, b"passed", SOON), Ok(Receipt::Stored));
    assert_eq!(carrier.put_result(&key, b"failed", SOON), Ok(Receipt::Already));
    let come = Arrived { key, bytes: b"passed".to_vec(), cursor: 0 };
    assert_eq!(carrier.results(0, 10, SOON), Ok(vec![come.clone()]));
    assert_eq!(carrier.results(0, 10, SOON), Ok(Vec::new()));
    // Who opens it anew is given all.
    assert_eq!(opened(folder).results(7, 10, SOON), Ok(vec![come]));
    assert_eq!(std::fs::read_dir(folder.join("carrier/f/tmp")).unwrap().count(), 1, "the lock");
}
