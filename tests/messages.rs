//! Short messages as units: PDU mode, there and back.

use hayes::sms::alphabet::{from_septets, from_ucs2_hex, pack, to_septets, to_ucs2_hex, unpack};
use hayes::sms::{Coding, Message, deliver, parts, read, read_unit, submit};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

#[test]
fn a_long_text_comes_in_parts() {
    for (sign, coding, size, count) in [
        ("a", Coding::Alphabet, 160, 1),
        ("a", Coding::Alphabet, 161, 2),
        ("€", Coding::Alphabet, 160, 3),
        ("日", Coding::Ucs2, 70, 1),
        ("日", Coding::Ucs2, 71, 2),
        ("😀", Coding::Ucs2, 70, 3),
    ] {
        let text = sign.repeat(size);
        let pieces = parts(&text, coding);
        assert_eq!(pieces.len(), count, "{size} {sign}");
        let number = |place: usize| (count > 1).then_some((7, count.try_into().unwrap(), place.try_into().unwrap()));
        let units = pieces.iter().zip(1..).map(|(piece, place)| {
            let unit = deliver("000", piece, coding, "26/01/01,00:00:00+00", number(place));
            let read = read_unit(&unit).unwrap();
            assert_eq!(read.part, number(place).map(|(number, count, place)| (u16::from(number), count, place)));
            read.text
        });
        assert_eq!(units.collect::<String>(), text, "{size} {sign}");
    }
}

#[test]
fn a_message_to_be_sent_and_back() {
    for (number, text, coding) in [
        ("+46708251358", "hellohello", Coding::Alphabet),
        ("2936", "Zoè [€]", Coding::Alphabet),
        ("000", "日本", Coding::Ucs2),
        ("000", "plain", Coding::Ucs2),
        ("000", "\u{0}\u{FF}", Coding::Octets),
    ] {
        let (number, text) = (number.to_owned(), text.to_owned());
        let unit = submit(&number, &text, coding);
        // The example that most descriptions of PDU mode give differs in the validity period alone.
        let known = "11000B916407281553F80000AA0AE8329BFD4697D9EC37".replace("AA", "A7");
        assert!(text != "hellohello" || hex(&unit) == known);
        assert_eq!(read_unit(&unit), Some(Message { is_submit: true, number, text, coding, time: None, part: None }));
        for length in 0..unit.len() {
            assert_eq!(read_unit(&unit[..length]), None, "cut short at {length}");
        }
    }
}

#[test]
fn a_message_that_came() {
    let unit = deliver("+27838890001", "How are you?", Coding::Alphabet, "99/03/29,15:16:59+08", None);
    assert_eq!(hex(&unit), "040B917238880900F10000993092516195800CC8F71D14969741F977FD07");
    let (centre, read) = read(&[&[7, 0x91, 0x72, 0x83, 1, 0, 0x10, 0xF5][..], &unit].concat()).unwrap();
    assert_eq!((centre.as_str(), read.number.as_str()), ("+27381000015", "+27838890001"));
    assert_eq!((read.text.as_str(), read.time.as_deref()), ("How are you?", Some("2099-03-29T15:16:59+02:00")));
}

#[test]
fn septets_as_in_the_standard() {
    // The example that every description of the packing gives.
    let septets = to_septets("hellohello").unwrap();
    assert_eq!(hex(&pack(&septets)), "E8329BFD4697D9EC37");
    assert_eq!(from_septets(&unpack(&pack(&septets), 10)), "hellohello");
}

#[test]
fn extension_and_foreign_characters() {
    let septets = to_septets("a[€]@").unwrap();
    assert_eq!(from_septets(&septets), "a[€]@");
    assert_eq!(to_septets("日本"), None);
    assert_eq!(from_ucs2_hex(&to_ucs2_hex("日本 📶")).as_deref(), Some("日本 📶"));
    assert_eq!(from_ucs2_hex("004"), None);
}

/// Each coding group of 23.038 §4. What is reserved is read as the default alphabet.
#[test]
fn the_coding_is_told_by_its_scheme() {
    for (schemes, coding) in [
        ("00 03 0C 10 13 40 4C 50 80 84 88 90 A4 B8 C0 C4 C8 CB D0 D4 D8 F0 F3 F8", Coding::Alphabet),
        ("04 14 17 44 54 20 28 30 38 60 78 F4 F7 FC", Coding::Octets),
        ("08 18 1B 48 58 E0 E4 E8 EB", Coding::Ucs2),
    ] {
        for scheme in schemes.split(' ') {
            let (number, data) = (u8::from_str_radix(scheme, 16).unwrap(), [0x00, 0x41]);
            let unit = [&[4, 1, 0x91, 0xF1, 0, number, 0x99, 0x30, 0x92, 0x51, 0x61, 0x95, 0, 2][..], &data].concat();
            let read = read_unit(&unit).unwrap();
            let text = match coding {
                Coding::Alphabet => "@$",
                Coding::Octets => "\u{0}A",
                Coding::Ucs2 => "A",
            };
            assert_eq!((read.coding, read.text.as_str()), (coding, text), "{scheme}");
        }
    }
}
