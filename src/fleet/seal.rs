//! Secrets on their way to a gateway: a sealed box of NaCl (X25519, XSalsa20-Poly1305, a key of one use), which
//! libsodium opens too. Whoever carries it, or keeps it, reads nothing; the order around it is signed, so nobody puts
//! another in its place.

use std::collections::BTreeMap;
use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use crypto_box::aead::OsRng;
use crypto_box::{PublicKey, SecretKey as CurveKey};
use serde::{Deserialize, Serialize};

use super::nkey::{self, KeyKind};
use crate::batch::inventory::FleetGateway;

/// Which run of which gateway secrets are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedFor<'a> {
    pub fleet: &'a str,
    pub gateway: &'a str,
    pub run: &'a str,
}

/// What is in the box. It names whom it is for, so that it is of no use in another order.
#[derive(Serialize, Deserialize)]
struct Sealed<'a> {
    #[serde(flatten, borrow)]
    whom: SealedFor<'a>,
    secrets: BTreeMap<String, String>,
}

/// The public half of a gateway's sealing key.
pub fn public(secret: &[u8; 32]) -> [u8; 32] {
    CurveKey::from(*secret).public_key().to_bytes()
}

/// Seals secrets for a run, to the key of each of these gateways; else which has none. Where there are none, none needs
/// a key.
pub fn sealing<'i>(
    gateways: impl Iterator<Item = &'i FleetGateway>,
    fleet: &'i str,
    secrets: &'i BTreeMap<String, String>,
) -> Result<impl Fn(&str) -> io::Result<BTreeMap<String, String>>, String> {
    let key = |gateway: &'i FleetGateway| {
        let named = |why: &str| format!("{}: {why}", gateway.name);
        let text = gateway.seal.as_deref().ok_or_else(|| named("secrets are sealed to its key, and it has none"))?;
        Ok((gateway.name.as_str(), nkey::read(KeyKind::Curve, text).map_err(|why| named(&why))?))
    };
    let keys: Vec<(&str, [u8; 32])> =
        gateways.filter(|_| !secrets.is_empty()).map(key).collect::<Result<_, String>>()?;
    Ok(move |run: &str| {
        let seal = |(gateway, key): &(&str, [u8; 32])| {
            Ok(((*gateway).to_owned(), seal(key, SealedFor { fleet, gateway, run }, secrets.clone())?))
        };
        keys.iter().map(seal).collect()
    })
}

/// Secrets by their names, for the owner of that key alone.
pub fn seal(to: &[u8; 32], whom: SealedFor<'_>, secrets: BTreeMap<String, String>) -> io::Result<String> {
    let text = serde_json::to_vec(&Sealed { whom, secrets })?;
    let sealed = PublicKey::from(*to).seal(&mut OsRng, &text).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(BASE64.encode(sealed))
}

/// What was sealed to the public half of that key; else why it is not to be had.
pub fn unseal(secret: &[u8; 32], whom: SealedFor<'_>, sealed: &str) -> Result<BTreeMap<String, String>, String> {
    let unreadable = || {
        "its secrets are sealed to another key than this gateway's: is the one of the inventory the one \
         that `hayes agent enroll` has printed?"
            .to_owned()
    };
    let bytes = BASE64.decode(sealed).map_err(|_| unreadable())?;
    let text = CurveKey::from(*secret).unseal(&bytes).map_err(|_| unreadable())?;
    let found: Sealed<'_> =
        serde_json::from_slice(&text).map_err(|error| format!("its secrets cannot be read: {error}"))?;
    if found.whom != whom {
        let SealedFor { fleet, gateway, run } = found.whom;
        return Err(format!("its secrets were sealed for run {run} on {gateway} of {fleet}"));
    }
    Ok(found.secrets)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOM: SealedFor<'static> = SealedFor { fleet: "acme", gateway: "gw-1", run: "r7" };

    fn pin() -> BTreeMap<String, String> {
        BTreeMap::from([("pin".to_owned(), "1234 \"ü\"".to_owned())])
    }

    #[test]
    fn its_owner_alone_opens_it() {
        let sealed = seal(&public(&[7; 32]), WHOM, pin()).unwrap();
        assert_eq!(unseal(&[7; 32], WHOM, &sealed), Ok(pin()));
        assert_ne!(sealed, seal(&public(&[7; 32]), WHOM, pin()).unwrap(), "each is another");
        assert!(!sealed.contains("1234"));
        assert!(unseal(&[8; 32], WHOM, &sealed).unwrap_err().contains("enroll"));
        let mut bytes = BASE64.decode(&sealed).unwrap();
        bytes[50] ^= 1;
        for wrong in [BASE64.encode(bytes), "AAAA".to_owned(), String::new(), "\n".to_owned()] {
            assert!(unseal(&[7; 32], WHOM, &wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn it_is_of_no_use_in_another_order() {
        let sealed = seal(&public(&[7; 32]), WHOM, pin()).unwrap();
        for other in [
            SealedFor { fleet: "other", ..WHOM },
            SealedFor { gateway: "gw-2", ..WHOM },
            SealedFor { run: "r8", ..WHOM },
        ] {
            assert!(unseal(&[7; 32], other, &sealed).unwrap_err().contains("run r7 on gw-1 of acme"));
        }
    }

    /// PyNaCl's `SealedBox(PrivateKey(bytes([7]) * 32).public_key).encrypt(…)`.
    #[test]
    fn it_is_the_sealed_box_of_others() {
        const SEALED: &str = "k5lqkU7pKDXsVwQYqTXvMlz4bAvZz8fBE94ZYuigHA9RZ5ZQBOf8zsEWmCnr1Zl536wkpiDuLKI+VYpkWoPhmOVbUNN+4WcF4ZS50GMoYT9RcWtAASlCKpX7JbZ9eTXPvujnBap1yvQxT4NOBvCloQSh9C8H";
        assert_eq!(unseal(&[7; 32], WHOM, SEALED), Ok(BTreeMap::from([("pin".to_owned(), "1234".to_owned())])));
    }
}
