//! What is said of a fault: a stable code, one sentence, the words at its place, what to do.

use super::super::words;
use super::Fault;

/// A fault in words.
pub(super) struct Words {
    pub(super) code: &'static str,
    pub(super) message: String,
    /// Stands at the place at fault.
    pub(super) label: String,
    pub(super) help: Option<String>,
}

impl Fault {
    pub(super) fn words(&self) -> Words {
        match self {
            Fault::UnknownStatement { word, meant } => words(
                "hayes::syntax::unknown-statement",
                format!("`{word}` begins no statement"),
                "not known",
                match meant {
                    Some(meant) => help(format!("did you mean `{meant}`?")),
                    None => help(
                        "a line is an AT command, a comment, or begins with a statement such as `send`, `expect`, `set`",
                    ),
                },
            ),
            Fault::ForeignStatement { word, instead } => words(
                "hayes::syntax::unknown-statement",
                format!("`{word}` begins no statement"),
                "not in this language",
                help(*instead),
            ),
            Fault::CommandWithoutAt { word } => words(
                "hayes::syntax::command-without-at",
                "a command line begins with AT",
                "no AT before it",
                help(format!("write `AT{word}`")),
            ),
            Fault::MixedCaseCommand { word, command } => words(
                "hayes::syntax::mixed-case-command",
                format!("`{word}` begins no statement"),
                "neither `AT` nor `at`",
                help(format!("write `{command}`")),
            ),
            Fault::SetMissing { assignment } => words(
                "hayes::syntax::set-missing",
                "a value is given with `set`",
                "expected `set` before the name",
                help(format!("write `set {assignment}`")),
            ),
            Fault::AnswerAsStatement { answer } => words(
                "hayes::syntax::answer-as-statement",
                "this is what a modem answers, not what is said to it",
                "an answer",
                help(format!(
                    "to demand it, write `expect {}` under the command; else delete the line or put `#` before it",
                    if answer.contains('"') {
                        format!("'{answer}'")
                    } else if answer.contains(' ') {
                        format!("\"{answer}\"")
                    } else {
                        answer.clone()
                    }
                )),
            ),
            Fault::Semicolon => words(
                "hayes::syntax::semicolon",
                "a statement ends with its line, not with `;`",
                "not needed",
                help("delete the `;`"),
            ),
            Fault::SlashComment => words(
                "hayes::syntax::slash-comment",
                "a comment starts with `#`",
                "no comment",
                help("write `#` in place of `//`"),
            ),
            Fault::Unexpected { found, expected, statement } => words(
                "hayes::syntax::unexpected",
                format!("expected {expected}, found {found}"),
                format!("expected {expected}"),
                words::form(statement).map(|form| format!("it is written {form}")),
            ),
            Fault::MisspeltWord { word, meant } => words(
                "hayes::syntax::misspelt",
                format!("`{word}` means nothing here"),
                format!("expected `{meant}`"),
                help(format!("did you mean `{meant}`?")),
            ),
            Fault::SpaceMissing { before, after } => words(
                "hayes::syntax::space-missing",
                format!("white space stands behind `{before}`"),
                "no white space",
                help(format!("write `{before} {after}`")),
            ),
            Fault::LineTooLong => words(
                "hayes::syntax::line-too-long",
                "a line is at most 64 KiB long",
                "too long",
                help("is this a script at all? A long text can be read with `file(\"name\")`"),
            ),
            Fault::ControlCharacter { byte: b'\r' } => words(
                "hayes::syntax::control-character",
                "a CR (0x0D) without a line feed behind it is no line end",
                "here",
                help("let the lines end in LF or in CR LF; in a string with double quotes it is written `\\r`"),
            ),
            Fault::ControlCharacter { byte } => words(
                "hayes::syntax::control-character",
                format!("a control character (0x{byte:02X}) that cannot be seen"),
                "here",
                help(format!("delete it, or write `\\x{byte:02X}` in a string with double quotes")),
            ),
            Fault::SmartQuote { quote } => words(
                "hayes::syntax::smart-quote",
                format!("`{quote}` is a typographic quote"),
                "not a quote that a modem knows",
                help(if matches!(quote, '‘' | '’' | '‚' | '‛') { "write `'`" } else { "write `\"`" }),
            ),
            Fault::InvisibleCharacter { character } => words(
                "hayes::syntax::invisible-character",
                format!("an invisible character (U+{:04X})", u32::from(*character)),
                "here",
                help("delete it, or write a plain space"),
            ),

            Fault::BraceOnOwnLine => words(
                "hayes::syntax::brace-on-own-line",
                "`{` stands at the end of the line that opens the block",
                "on a line of its own",
                help("move it to the end of the line before"),
            ),
            Fault::MissingBrace { statement } => words(
                "hayes::syntax::missing-brace",
                format!("`{statement}` opens a block: its line ends with `{{`"),
                "expected `{` here",
                help("write ` {` at the end of the line, and `}` on a line of its own after the block"),
            ),
            Fault::BlockOnOneLine => words(
                "hayes::syntax::block-on-one-line",
                "the lines of a block stand on lines of their own",
                "expected the end of the line",
                help("put a line end behind `{` and one before `}`"),
            ),
            Fault::AfterBrace => words(
                "hayes::syntax::after-brace",
                "nothing but `else` follows a `}`",
                "expected the end of the line",
                help("write it on the next line"),
            ),
            Fault::UnmatchedBrace => words(
                "hayes::syntax::unmatched-brace",
                "this `}` closes nothing",
                "no block is open here",
                help("delete it, or look for a missing `{` above"),
            ),
            Fault::UnclosedBlock { statement } => words(
                "hayes::syntax::unclosed-block",
                format!("the block of this `{statement}` is never closed"),
                "opened here",
                help("write `}` on a line of its own where the block ends"),
            ),
            Fault::ElseOnOwnLine { line } => words(
                "hayes::syntax::else-on-own-line",
                "`else` stands on the line of the `}` before it",
                "on a line of its own",
                help(format!("write `}} {line}` in one line")),
            ),
            Fault::ElseWithout { statement } => words(
                "hayes::syntax::else-without",
                format!("`{statement}` has no such `else`"),
                "belongs to no statement",
                help("`if`, `retry` and `try` have an `else`, `else if` has only `if`"),
            ),
            Fault::ElseTwice => words(
                "hayes::syntax::else-twice",
                "this statement had its `else` already",
                "a second one",
                help("`else` is the last branch: delete this one, or make the one before an `else if`"),
            ),
            Fault::EnsureWithoutElse => words(
                "hayes::syntax::ensure-without-else",
                "the block of an `ensure` stands behind `else`",
                "expected `else {`",
                help("write `ensure AT… answers PATTERN else {`: the block runs where the answer differs"),
            ),
            Fault::BlocksTooDeep => words(
                "hayes::syntax::too-deep",
                "more than 256 blocks stand in each other",
                "one too many",
                help("move the inner blocks to a script of their own and `run` it"),
            ),

            Fault::ClauseWithoutQuestion { word } => words(
                "hayes::syntax::clause-without-question",
                format!("this `{word}` stands under no question"),
                "no command or `send` right above",
                help(format!(
                    "write it right under the AT command it belongs to{}",
                    match *word {
                        "expect" => "; for a line that comes by itself, write `await`",
                        _ => "",
                    }
                )),
            ),
            Fault::ClauseUnderAwait { word } => words(
                "hayes::syntax::clause-under-await",
                format!("`{word}` stands under a question, not under an `await`"),
                "only `capture` may stand here",
                match *word {
                    "expect" => help("put the pattern into the `await` line: `await PATTERN or PATTERN`"),
                    _ => help("answer it with `send` on a line of its own"),
                },
            ),
            Fault::MissingPattern { statement } => words(
                "hayes::syntax::missing-pattern",
                format!("`{statement}` needs a pattern: what the line must look like"),
                "expected a pattern",
                words::form(statement.split(' ').next().unwrap_or("")).map(|form| format!("it is written {form}")),
            ),
            Fault::EmptyRegex => words(
                "hayes::syntax::missing-pattern",
                "there is nothing between the slashes, and an empty pattern would match every line",
                "expected a regex",
                help("write what the line must look like: `/READY$/`; a comment starts with `#`"),
            ),
            Fault::NothingWithoutTime => words(
                "hayes::syntax::nothing-without-time",
                "`expect nothing` needs the time that it stays quiet",
                "expected `within`",
                help("write `expect nothing within 2s`"),
            ),
            Fault::WithinOnClause => words(
                "hayes::syntax::within-on-clause",
                "`within` bounds a whole exchange",
                "belongs to the question",
                help("write it behind the command: `AT+COPS=? within 3min`"),
            ),
            Fault::SpaceInCommand { command } => words(
                "hayes::syntax::space-in-command",
                "an AT command has no white space outside double quotes",
                "the command ended before this",
                help(match command {
                    Some(command) => format!("write `{command}`"),
                    None => String::from("each command stands on a line of its own, and a comment behind `#`"),
                }),
            ),
            Fault::ClauseBesideCommand { clause } => words(
                "hayes::syntax::space-in-command",
                format!("`{clause}` stands under its command, not beside it"),
                "the command ended before this",
                help(format!("write `{clause}` on the next line")),
            ),
            Fault::ForeignCharacterInCommand { character } => words(
                "hayes::syntax::foreign-character",
                format!("`{character}` cannot stand in an AT command outside double quotes"),
                "not ASCII",
                help("put the value in double quotes"),
            ),
            Fault::UnclosedQuoteInCommand => words(
                "hayes::syntax::unclosed-quote",
                "this double quote is never closed",
                "opened here",
                help("write `\"` behind the value"),
            ),

            Fault::UnclosedString { quote } => words(
                "hayes::syntax::unclosed-string",
                "this text is never closed",
                "opened here",
                help(format!("write `{quote}` at its end; a text of several lines stands between `\"\"\"`")),
            ),
            Fault::UnclosedTriple => words(
                "hayes::syntax::unclosed-string",
                "this text is never closed",
                "opened here",
                help("write `\"\"\"` at its end"),
            ),
            Fault::UnclosedInterpolation => words(
                "hayes::syntax::unclosed-value",
                "this `${` is never closed",
                "opened here",
                help("write `}` behind the expression; a `${` that stands for itself is `$${`"),
            ),
            Fault::EmptyInterpolation => words(
                "hayes::syntax::empty-value",
                "there is nothing between `${` and `}`",
                "expected a value",
                help("write a name: `${apn}`; a `${` that stands for itself is `$${`"),
            ),
            Fault::BadEscape { escape } => words(
                "hayes::syntax::bad-escape",
                format!("`{escape}` is no escape"),
                "not known",
                help(
                    "there are \\r \\n \\t \\\" \\\\ \\x1A \\u{2713}; for a backslash write `\\\\`, or use '…', which has no escapes",
                ),
            ),
            Fault::EscapeOutOfRange { escape } => words(
                "hayes::syntax::bad-escape",
                format!("`{escape}` is no character"),
                "out of range",
                help("`\\x` goes to `\\x7F`; others are written by their Unicode number: `\\u{E9}`"),
            ),
            Fault::TextWithoutQuotes { statement, text } => words(
                "hayes::syntax::text-without-quotes",
                format!("the text of `{statement}` stands in quotes"),
                "no quotes",
                help(if words::is_name(text) && statement != "run" {
                    format!(
                        "write `{statement} \"{text}\"`, or `{statement} \"${{{text}}}\"` for the value of `{text}`"
                    )
                } else if text.contains('"') {
                    format!("write `{statement} '{text}'`")
                } else {
                    format!("write `{statement} \"{text}\"`")
                }),
            ),
            Fault::ValueInAbout => words(
                "hayes::syntax::value-in-about",
                "what a param is for is told before there are values",
                "a value in it",
                help("write plain text; a `${` that stands for itself is `$${`"),
            ),

            Fault::UnclosedRegex => words(
                "hayes::syntax::unclosed-regex",
                "this regex is never closed",
                "opened here",
                help("write `/` at its end; a slash within is `\\/`"),
            ),
            Fault::RegexFlag { flags } => words(
                "hayes::syntax::regex-flag",
                format!("a regex has no flag `{flags}`"),
                "not known",
                help("only `i` (without regard to case) may follow"),
            ),
            Fault::LoneBrace { brace } => words(
                "hayes::syntax::lone-brace",
                format!("a single `{brace}` in a pattern belongs to a hole"),
                "no hole",
                help(format!(
                    "for the character itself write `{brace}{brace}`; a hole is `{{}}`, `{{name}}` or `{{name:int}}`"
                )),
            ),
            Fault::BadHole { hole } => words(
                "hayes::syntax::bad-hole",
                format!("`{hole}` is no hole"),
                "not understood",
                help("a hole is `{}`, `{_}`, `{name}` or `{name:int}`; a brace that stands for itself is `{{`"),
            ),
            Fault::TripleAsPattern => words(
                "hayes::syntax::triple-as-pattern",
                "a pattern matches one line",
                "a text of several lines",
                help("write it between `\"`"),
            ),
            Fault::BareWordAfterMatches { word } => words(
                "hayes::syntax::bare-word-after-matches",
                "behind `matches` a pattern stands in quotes or between slashes",
                "no pattern",
                help(format!("write `matches \"{word}\"` or `matches /{word}/`")),
            ),

            Fault::DurationWithoutUnit { number } => words(
                "hayes::syntax::duration-without-unit",
                "a duration has a unit",
                "no unit",
                help(format!("write `{number}s` for seconds; there are `ms`, `s`, `min` and `h`")),
            ),
            Fault::UnknownUnit { number, unit, meant } => words(
                "hayes::syntax::unknown-unit",
                format!("`{unit}` is no unit of time"),
                "not known",
                help(match meant {
                    Some(meant) => format!("write `{number}{meant}`"),
                    None => String::from("there are `ms`, `s`, `min` and `h`"),
                }),
            ),
            Fault::SpaceBeforeUnit { number, unit } => words(
                "hayes::syntax::space-before-unit",
                "a number and its unit stand together",
                "the unit",
                help(format!("write `{number}{unit}`")),
            ),
            Fault::Fraction { number, instead } => words(
                "hayes::syntax::fraction",
                format!("`{number}` is no whole number"),
                "a fraction",
                help(match instead {
                    Some(instead) => format!("write `{instead}`"),
                    None => String::from("numbers are whole; a text such as a version stands in quotes"),
                }),
            ),
            Fault::HexNumber { number, value } => words(
                "hayes::syntax::hex-number",
                format!("`{number}` is not written with decimal digits"),
                "no decimal number",
                help(match value {
                    Some(value) => format!("write `{value}`; digits that a modem sends in hex are read by `name:hex`"),
                    None => String::from("write it with decimal digits"),
                }),
            ),
            Fault::CallWithoutParentheses { call } => words(
                "hayes::syntax::call-without-parentheses",
                "a function's argument stands in parentheses",
                "no parentheses",
                help(format!("write `{call}`")),
            ),
            Fault::NumberInWords { word, number } => words(
                "hayes::syntax::number-in-words",
                format!("`{word}` is no number here"),
                "expected digits",
                help(format!("write `{number}`")),
            ),
            Fault::RetryForMissing => words(
                "hayes::syntax::retry-without-for",
                "`retry` counts attempts; a duration stands behind `for`",
                "a duration",
                help("write `retry for 10min every 5s {`"),
            ),
            Fault::NumberTooLarge => words(
                "hayes::syntax::number-too-large",
                "this number is too large",
                "does not fit",
                help(
                    "numbers go to 9223372036854775807; a long identity such as an IMEI or ICCID is a text: put it in quotes",
                ),
            ),
            Fault::AssignmentInExpression => words(
                "hayes::syntax::assignment",
                "`=` gives a name its value; to compare, write `==`",
                "does not compare",
                help("write `==`"),
            ),
            Fault::ForeignOperator { operator, instead } => words(
                "hayes::syntax::foreign-operator",
                format!("`{operator}` is no operator"),
                "not known",
                help(format!("write `{instead}`")),
            ),
            Fault::ChainedComparison => words(
                "hayes::syntax::chained-comparison",
                "a comparison cannot be compared again",
                "a second comparison",
                help("write `a < b and b < c`, or put parentheses around the first"),
            ),
            Fault::ExpressionTooDeep => words(
                "hayes::syntax::too-deep",
                "this expression is nested more than 64 levels deep, or has more than 64 values in a row",
                "too deep",
                help("give parts of it names with `set`"),
            ),
            Fault::UnknownFunction { name } => words(
                "hayes::syntax::unknown-function",
                format!("there is no function `{name}`"),
                "not known",
                help(match words::nearest(name, words::function_names()) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!("there are {}", words::list(words::function_names(), "and")),
                }),
            ),

            Fault::ReservedName { word } => words(
                "hayes::syntax::reserved-name",
                format!("`{word}` is a word of the language, so it can be no name"),
                "reserved",
                help(format!("choose another name, such as `{word}_`")),
            ),
            Fault::BadName { name } => words(
                "hayes::syntax::bad-name",
                format!("`{name}` is no name"),
                "expected a name",
                help("a name begins with a letter and holds letters, digits and `_`, all ASCII"),
            ),
            Fault::UnknownType { word } => words(
                "hayes::syntax::unknown-type",
                format!("there is no type `{word}`"),
                "not known",
                help(match words::type_meant(word) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => String::from("there are `int`, `hex` and `text`"),
                }),
            ),
            Fault::UnknownPromptEnd { word } => words(
                "hayes::syntax::unknown-prompt-end",
                format!("data cannot end with `{word}`"),
                "not known",
                help(match words::prompt_end_meant(word) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => String::from("behind `then` stands `ctrl-z`, `cr`, `esc` or `nothing`"),
                }),
            ),
            Fault::UnnamedColumn { value } => words(
                "hayes::syntax::unnamed-column",
                "this column has no name",
                "a value without a name",
                help(format!("write `name = {value}`")),
            ),
            Fault::MissingEquals { assignment } => words(
                "hayes::syntax::missing-equals",
                "`=` stands between a name and its value",
                "expected `=`",
                help(format!("write `set {assignment}`")),
            ),

            Fault::AllowWithoutCode => words(
                "hayes::syntax::allow-without-code",
                "`# allow` needs the code of what it allows",
                "no code",
                help("write `# allow hayes::check::danger: why it is right here`"),
            ),
            Fault::AllowWithoutReason { code } => words(
                "hayes::syntax::allow-without-reason",
                "`# allow` needs a reason",
                "no reason",
                help(format!("write `# allow {code}: why it is right here`")),
            ),

            Fault::Misunderstood => words(
                "hayes::syntax::misunderstood",
                "this line is not understood, and that is a fault of Hayes",
                "here",
                help("please report the line"),
            ),
        }
    }
}

fn words(
    code: &'static str,
    message: impl Into<String>,
    label: impl Into<String>,
    help: impl Into<Option<String>>,
) -> Words {
    Words { code, message: message.into(), label: label.into(), help: help.into() }
}

fn help(text: impl Into<String>) -> Option<String> {
    Some(text.into())
}
