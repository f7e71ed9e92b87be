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
#[path = "../../tests/units/words.rs"]
mod tests;
