//! Keys as texts.

use hayes::fleet::nkey::{KeyKind, read, written};

/// The public half of the Ed25519 key whose seed is the bytes 0 to 31, as another implementation of nkeys writes
/// it.
const PUBLIC: &str = "UAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3RLKK";
const BYTES: [u8; 32] = [
    0x03, 0xa1, 0x07, 0xbf, 0xf3, 0xce, 0x10, 0xbe, 0x1d, 0x70, 0xdd, 0x18, 0xe7, 0x4b, 0xc0, 0x99, 0x67, 0xe4, 0xd6,
    0x30, 0x9b, 0xa5, 0x0d, 0x5f, 0x1d, 0xdc, 0x86, 0x64, 0x12, 0x55, 0x31, 0xb8,
];

#[test]
fn a_key_is_written_and_read() {
    assert_eq!(written(KeyKind::User, &BYTES), PUBLIC);
    assert_eq!(read(KeyKind::User, PUBLIC), Ok(BYTES));
    let curve = written(KeyKind::Curve, &BYTES);
    assert!(curve.starts_with('X') && curve.len() == 56, "{curve}");
    assert_eq!(read(KeyKind::Curve, &curve), Ok(BYTES));
}

#[test]
fn a_key_that_is_wrong_is_told() {
    for (text, what) in [
        (PUBLIC.replace("CB5", "CC5"), "mistyped"),
        (PUBLIC.to_lowercase(), "no key"),
        (written(KeyKind::Curve, &BYTES), "another kind"),
        (PUBLIC[..54].to_owned(), "no key"),
        (PUBLIC[..48].to_owned(), "mistyped"),
        (format!("{PUBLIC}A"), "no key"),
        ("U".to_owned(), "no key"),
        (String::new(), "no key"),
    ] {
        let told = read(KeyKind::User, &text).unwrap_err();
        assert!(told.contains(what), "{told}");
    }
}
