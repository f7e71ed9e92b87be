//! Where a line of prose may be broken: not inside what stands in backticks, which is to be typed as it is.

use textwrap::WordSeparator;
use textwrap::core::Word;

/// What is longer than this would leave half a line empty, or not fit at all: it is broken like anything else.
const LONGEST_WHOLE_WORD: usize = 30;

/// The words of a line for textwrap: those within a pair of backticks are one.
pub(crate) fn words(line: &str) -> Box<dyn Iterator<Item = Word<'_>> + '_> {
    let mut places = Vec::new();
    let mut start = 0;
    for word in WordSeparator::new().find_words(line) {
        let end = start + word.word.len() + word.whitespace.len();
        places.push(start..end);
        start = end;
    }
    let mut from = 0;
    Box::new(std::iter::from_fn(move || {
        let first = places.get(from)?.clone();
        let joined = places.iter().skip(from).map(|place| first.start..place.end).enumerate();
        let (more, place) = joined
            .take_while(|(more, place)| *more == 0 || place.len() <= LONGEST_WHOLE_WORD)
            .find(|(_, place)| line.get(place.clone()).is_some_and(|text| text.matches('`').count() % 2 == 0))
            .unwrap_or((0, first.clone()));
        from += more + 1;
        Some(Word::from(line.get(place)?))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str, width: usize) -> String {
        textwrap::fill(text, textwrap::Options::new(width).word_separator(WordSeparator::Custom(words)))
    }

    #[test]
    fn what_stands_in_backticks_stays_together() {
        assert_eq!(filled("that stands for itself is `$${`", 29), "that stands for itself is\n`$${`");
        assert_eq!(filled("write `param tries:int = 5` at the top", 21), "write\n`param tries:int = 5`\nat the top");
    }

    #[test]
    fn what_is_long_or_not_closed_is_broken_as_ever() {
        let long = format!("`{}`", ["word"; 10].join(" "));
        assert_eq!(filled(&long, 20).lines().count(), 3);
        assert_eq!(filled("one ` two three", 9), "one ` two\nthree");
        assert_eq!(filled("", 9), "");
    }
}
