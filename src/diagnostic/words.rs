//! Where a line of prose may be broken: not inside what stands in backticks, which is to be typed as it is.

use textwrap::WordSeparator;
use textwrap::core::Word;

/// What is longer than this would leave half a line empty, or not fit at all: it is broken like anything else.
const LONGEST_WHOLE_WORD: usize = 30;

/// The words of a line for textwrap: those within a pair of backticks are one. A command of Hayes is to be copied: it
/// is never broken.
pub(crate) fn words(line: &str) -> Box<dyn Iterator<Item = Word<'_>> + '_> {
    let (mut from, mut broken) = (0, Vec::new().into_iter());
    Box::new(std::iter::from_fn(move || {
        if let Some(part) = broken.next() {
            return Some(part);
        }
        let rest = line.get(from..).filter(|rest| !rest.is_empty())?;
        let mut ends = WordSeparator::AsciiSpace.find_words(rest).scan(0, |end, word| {
            *end += word.word.len() + word.whitespace.len();
            Some(*end)
        });
        let first = rest.get(..ends.next()?)?;
        let is_even = |end: &usize| rest.get(..*end).is_some_and(|text| text.matches('`').count() % 2 == 0);
        let most = if first.contains("`hayes") { rest.len() } else { LONGEST_WHOLE_WORD };
        let mut joined = std::iter::once(first.len()).chain(ends.take_while(|end| *end <= most));
        let whole = rest.get(..joined.find(is_even).unwrap_or(first.len()))?;
        from += whole.len();
        if whole.len() <= LONGEST_WHOLE_WORD || whole.len() > first.len() {
            return Some(Word::from(whole));
        }
        broken = WordSeparator::new().find_words(whole).collect::<Vec<_>>().into_iter();
        broken.next()
    }))
}

#[cfg(test)]
#[path = "../../tests/units/words.rs"]
mod tests;
