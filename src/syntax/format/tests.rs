use proptest::prelude::*;

use super::super::generate;
use super::*;

fn formatted(text: &str) -> String {
    format(&Source::new("test.hayes", text)).unwrap_or_else(|errors| panic!("{text}\n{errors:#?}"))
}

#[track_caller]
fn becomes(text: &str, canonical: &str) {
    assert_eq!(formatted(text), canonical);
    assert_eq!(formatted(canonical), canonical);
}

#[test]
fn blocks_and_clauses_are_indented() {
    becomes(
        "try{\nAT+CSQ\nexpect OK\n      capture rssi:int\nif a{\nstop\n}else if b{\nstop\n  }  else  {\n}\n}\n",
        "try {\n  AT+CSQ\n    expect OK\n    capture rssi:int\n  if a {\n    stop\n  } else if b {\n    stop\n  } else {\n  }\n}\n",
    );
}

#[test]
fn comments_take_the_indentation_of_what_they_stand_above() {
    becomes(
        "# top\nAT\n# of the expect\nexpect OK\n# of the block\ntry {\n# of the command\nATI\n# of the end\n}\n# last",
        "# top\nAT\n  # of the expect\n  expect OK\n# of the block\ntry {\n  # of the command\n  ATI\n  # of the end\n}\n# last\n",
    );
}

#[test]
fn blank_lines_are_at_most_one_in_a_row() {
    becomes("\n\n\nAT\n\n\n \t\n\nATI\n\n# c\n\n\n", "AT\n\nATI\n\n# c\n");
    becomes("", "");
    becomes("\n\n", "");
}

#[test]
fn one_space_between_words() {
    becomes("set   x=1+2*( 3-y )", "set x = 1 + 2 * (3 - y)\n");
    becomes("set x =[1,2 ,  3]", "set x = [1, 2, 3]\n");
    becomes("set x = a.b[ 0 ].c[i+1]", "set x = a.b[0].c[i + 1]\n");
    becomes("set x=not(a)or - b   not   in c", "set x = not (a) or -b not in c\n");
    becomes("set x = len( a )-  -1", "set x = len(a) - -1\n");
    becomes("AT\ncapture a:int ,b: hex?,_", "AT\n  capture a:int, b:hex?, _\n");
    becomes("retry  3   every 5s\tup   to 1min{\n}", "retry 3 every 5s up to 1min {\n}\n");
    becomes("param x:int=5 \"what\"", "param x:int = 5 \"what\"\n");
    becomes("run \"x\"   with a=1 ,b=2   as c", "run \"x\" with a = 1, b = 2 as c\n");
    becomes("assert a==b ,\"why\"", "assert a == b, \"why\"\n");
    becomes("assert a  matches/x/i and(b)", "assert a matches /x/i and (b)\n");
}

#[test]
fn text_stays_as_it_stands() {
    for text in [
        "AT+CMGS=\"a  b\"\n",
        "send raw \"\"\"\n  a \n\n\n b\"\"\"\n",
        "log 'a \"b\"'\n",
        "log \"${ a }\"\n",
        "AT  # a comment\n",
        "AT+CMEE=2     # verbose\nAT+CPIN?      # PIN\n",
        "param a = 1    \"what it is\"\n",
    ] {
        becomes(text, text);
    }
    becomes("log \"\"\"a\r\nb\"\"\"\r\n", "log \"\"\"a\nb\"\"\"\n");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn means_the_same_and_is_its_own_form(script in generate::script()) {
        let before = Source::new("script.hayes", script.as_str());
        let once = format(&before);
        prop_assert!(once.is_ok(), "{script}\n{:?}", once);
        let after = Source::new("script.hayes", once.unwrap());
        prop_assert_eq!(generate::tree(&before), generate::tree(&after), "{}", after.text);
        prop_assert_eq!(&format(&after).unwrap(), &after.text, "{}", script);
    }

    #[test]
    fn a_text_of_any_words_is_refused_or_keeps_its_meaning(script in generate::soup()) {
        let before = Source::new("script.hayes", script);
        if let Ok(once) = format(&before) {
            let after = Source::new("script.hayes", once);
            prop_assert_eq!(generate::tree(&before), generate::tree(&after), "{}", after.text);
            prop_assert_eq!(&format(&after).unwrap(), &after.text);
        }
    }
}
