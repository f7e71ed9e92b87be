//! Who has signed an order, and whom a server knows by which key.

use std::time::Duration;

use hayes::fleet::key::{SecretKey, has_signed, sha256};
use hayes::fleet::message::{Order, signed, verified};
use hayes::fleet::nkey::KeyKind;

/// Fault 7: what is forged, foreign or cut off is refused.
#[test]
fn only_what_the_operator_has_signed_for_this_gateway_is_an_order() {
    let [key, other] = [(); 2].map(|()| SecretKey::new(KeyKind::Operator).unwrap());
    let order = Order {
        v: 1,
        fleet: "acme".into(),
        gateway: "gw-1".into(),
        epoch: 3,
        issued: "2026-11-28T04:00:00Z".into(),
        valid_for: Duration::from_secs(900),
        pause: false,
        settled: vec!["r1".into()],
        needs: Vec::new(),
        runs: Vec::new(),
    };
    let operators = [key.public()];
    let judge = |bytes: &[u8]| verified(bytes, &operators, "acme", "gw-1");
    let bytes = signed(&order, &key);
    assert_eq!(judge(&bytes), Ok(order.clone()));
    assert!(String::from_utf8_lossy(&bytes).contains("\"valid_for\":\"15min\""));
    let later = Order { v: 2, ..order.clone() };
    let newer = Order { needs: vec!["attaches".into(), "moon".into()], ..order.clone() };
    let foreign_key = format!(
        "the order is signed with the key {}, and this gateway was enrolled with another: \
         is this its fleet's carrier? Else enrol it anew",
        other.public()
    );
    let foreign = Order { gateway: "gw-2".into(), ..order.clone() };
    for (bytes, why) in [
        (signed(&order, &other), foreign_key.as_str()),
        (
            signed(&later, &key),
            concat!(
                "the order is of version 2, and Hayes ",
                env!("CARGO_PKG_VERSION"),
                " here knows version 1: install a newer one here"
            ),
        ),
        (
            signed(&newer, &key),
            concat!(
                "the order needs \"moon\", which Hayes ",
                env!("CARGO_PKG_VERSION"),
                " of this gateway does not know: install a newer one"
            ),
        ),
        (signed(&foreign, &key), "the order is for gw-2 of acme"),
        (bytes[..bytes.len() - 1].to_vec(), "the order's signature is wrong: it was changed, or cut off"),
        (bytes[..20].to_vec(), "the order is cut off"),
        (
            String::from_utf8_lossy(&bytes).replace("acme", "acne").into_bytes(),
            "the order's signature is wrong: it was changed, or cut off",
        ),
    ] {
        assert_eq!(judge(&bytes), Err(why.to_owned()));
    }
    // Any cut, and any bit that is another, is refused.
    for place in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[place] ^= 1;
        assert!(judge(&changed).is_err() && judge(&bytes[..place]).is_err(), "{place}");
    }
}

#[test]
fn what_is_signed_is_known_and_nothing_else() {
    let key = SecretKey::new(KeyKind::Operator).unwrap();
    let signature = key.sign(b"an order");
    assert!(has_signed(&key.public(), b"an order", &signature));
    assert!(!has_signed(&key.public(), b"another", &signature));
    let other = SecretKey::new(KeyKind::Operator).unwrap();
    assert!(!has_signed(&other.public(), b"an order", &signature));
    assert_eq!(sha256(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}
