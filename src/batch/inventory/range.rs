//! `sim-{001..500}`: many modems in one entry, and `{n}` for the number of each.

/// A text with at most one `{a..b}` in it, and any number of `{n}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Range {
    before: String,
    after: String,
    /// First, last, and how many digits at least; none: the text is the same for each
    numbers: Option<(u64, u64, usize)>,
}

/// More than any number that counts modems has.
const MOST_DIGITS: usize = 20;

impl Range {
    /// Says what is wrong with a text that has a brace which is no range.
    pub(super) fn parse(text: &str) -> Result<Range, String> {
        let mut range = Range { before: String::new(), after: String::new(), numbers: None };
        let mut rest = text;
        while let Some((before, tail)) = rest.split_once('{') {
            let Some((inner, after)) = tail.split_once('}') else {
                return Err(format!("a {{ in {text:?} has no }}"));
            };
            range.push(before);
            rest = after;
            if inner == "n" {
                range.push("{n}");
                continue;
            }
            let bounds = inner.split_once("..").and_then(|(first, last)| {
                let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
                let parsed = (first.parse().ok()?, last.parse().ok()?);
                (digits(first) && digits(last)).then_some((parsed.0, parsed.1, first.len()))
            });
            let Some((first, last, width)) = bounds else {
                return Err(format!("{{{inner}}} is neither a range like {{001..500}} nor {{n}}"));
            };
            if width > MOST_DIGITS {
                return Err(format!("a range's first number has {width} digits, more than {MOST_DIGITS}"));
            }
            if first > last {
                return Err(format!("{{{inner}}} runs backward"));
            }
            if range.numbers.replace((first, last, width)).is_some() {
                return Err(format!("{text:?} holds two ranges"));
            }
        }
        range.push(rest);
        Ok(range)
    }

    fn push(&mut self, text: &str) {
        if self.numbers.is_some() { self.after.push_str(text) } else { self.before.push_str(text) }
    }

    /// How many it stands for, if it is a range.
    pub(super) fn count(&self) -> Option<usize> {
        let (first, last, _) = self.numbers?;
        usize::try_from(last - first).ok()?.checked_add(1)
    }

    /// The number of the `index`th.
    pub(super) fn number(&self, index: usize) -> Option<u64> {
        self.numbers.map(|(first, _, _)| first.saturating_add(index as u64))
    }

    /// The text of the `index`th, whose entry has the number `n`.
    pub(super) fn text(&self, index: usize, n: u64) -> String {
        let n = n.to_string();
        let mut text = self.before.replace("{n}", &n);
        if let (Some(number), Some((_, _, width))) = (self.number(index), self.numbers) {
            text.push_str(&format!("{number:0width$}"));
        }
        text.push_str(&self.after.replace("{n}", &n));
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_zeros() {
        let range = Range::parse("sim-{001..500}-{n}").unwrap();
        assert_eq!(range.count(), Some(500));
        assert_eq!(range.text(0, 1), "sim-001-1");
        assert_eq!(range.text(499, 500), "sim-500-500");
        assert_eq!(Range::parse("{8..11}").unwrap().text(2, 0), "10");
    }

    #[test]
    fn what_is_no_range_is_told() {
        for (text, wrong) in [
            ("a{", "a { in \"a{\" has no }"),
            ("a{1-5}", "{1-5} is neither a range like {001..500} nor {n}"),
            ("a{5..1}", "{5..1} runs backward"),
            ("{1..2}{1..2}", "\"{1..2}{1..2}\" holds two ranges"),
            ("a{000000000000000000001..2}", "a range's first number has 21 digits, more than 20"),
            ("{+1..2}", "{+1..2} is neither a range like {001..500} nor {n}"),
            ("{1..99999999999999999999}", "{1..99999999999999999999} is neither a range like {001..500} nor {n}"),
        ] {
            assert_eq!(Range::parse(text), Err(wrong.to_owned()));
        }
    }
}
