//! What can be wrong with a line; the words for it stand in [`wording`].

mod wording;

use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Label, Severity};
use crate::source::{Source, Span};
use wording::Words;

/// A fault and the part of the source that is at fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SyntaxError {
    pub fault: Fault,
    pub span: Span,
}

/// What is wrong. Each variant is documented by a line that has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    // ── The line as a whole
    /// `expct OK`; `meant` is the nearest statement
    UnknownStatement {
        word: String,
        meant: Option<&'static str>,
    },
    /// `let x = 1`: a word that other languages have
    ForeignStatement {
        word: String,
        instead: &'static str,
    },
    /// `+CSQ`
    CommandWithoutAt {
        word: String,
    },
    /// `At+CSQ`
    MixedCaseCommand {
        word: String,
        command: String,
    },
    /// `x = 5`
    SetMissing {
        assignment: String,
    },
    /// `+CSQ: 17,99`, `OK`: what a modem says
    AnswerAsStatement {
        answer: String,
    },
    /// `sleep 2s;`
    Semicolon,
    /// `// note`
    SlashComment,
    /// Something else than what may stand there. `expected` is in people's words.
    Unexpected {
        found: String,
        expected: String,
        statement: String,
    },
    /// `retry 3 evry 5s {`
    MisspeltWord {
        word: String,
        meant: &'static str,
    },
    /// `within30s`
    SpaceMissing {
        before: &'static str,
        after: String,
    },
    /// More than 64 KiB in a line
    LineTooLong,
    /// A control character that was not written as an escape
    ControlCharacter {
        byte: u8,
    },
    /// `“`, `”`, `’`: as word processors and manuals have them
    SmartQuote {
        quote: char,
    },
    /// A no-break space and its like
    InvisibleCharacter {
        character: char,
    },

    // ── Blocks
    /// `{` on a line of its own
    BraceOnOwnLine,
    /// `if x == 1` without `{`
    MissingBrace {
        statement: String,
    },
    /// `try { AT }`
    BlockOnOneLine,
    /// `} AT`
    AfterBrace,
    /// `}` that closes nothing
    UnmatchedBrace,
    /// A block that the end of the file leaves open
    UnclosedBlock {
        statement: String,
    },
    /// `else {` behind a line that is only `}`
    ElseOnOwnLine {
        line: String,
    },
    /// `} else {` where no block can have one
    ElseWithout {
        statement: String,
    },
    /// A second `else` of the same statement
    ElseTwice,
    /// `ensure … answers … {`
    EnsureWithoutElse,
    /// More than 256 blocks in each other
    BlocksTooDeep,

    // ── Exchanges and their clauses
    /// `expect`, `capture`, `prompt` under no question
    ClauseWithoutQuestion {
        word: &'static str,
    },
    /// `expect` or `prompt` under an `await`
    ClauseUnderAwait {
        word: &'static str,
    },
    /// `expect` without a pattern
    MissingPattern {
        statement: String,
    },
    /// `expect //`
    EmptyRegex,
    /// `expect nothing` without how long
    NothingWithoutTime,
    /// `expect OK within 5s`
    WithinOnClause,
    /// `AT+CSQ = 1`
    SpaceInCommand {
        command: Option<String>,
    },
    /// `AT+CREG? expect OK`
    ClauseBesideCommand {
        clause: &'static str,
    },
    /// `AT+CGDCONT=1,”IP”`: outside of quotes AT text is ASCII
    ForeignCharacterInCommand {
        character: char,
    },
    /// `AT+CPIN="1234`
    UnclosedQuoteInCommand,

    // ── Text
    /// `log "hello`
    UnclosedString {
        quote: char,
    },
    /// `"""` to the end of the file
    UnclosedTriple,
    /// `"${apn"`
    UnclosedInterpolation,
    /// `"${}"`
    EmptyInterpolation,
    /// `"\d"`
    BadEscape {
        escape: String,
    },
    /// `"\xFF"`, `"\u{110000}"`
    EscapeOutOfRange {
        escape: String,
    },
    /// `log hello`
    TextWithoutQuotes {
        statement: String,
        text: String,
    },
    /// `param apn "${x}"`
    ValueInAbout,

    // ── Patterns
    /// `expect /OK`
    UnclosedRegex,
    /// `/OK/g`
    RegexFlag {
        flags: String,
    },
    /// `expect "{"`
    LoneBrace {
        brace: char,
    },
    /// `capture "{a b}"`
    BadHole {
        hole: String,
    },
    /// `expect """OK"""`
    TripleAsPattern,
    /// `if x matches READY {`
    BareWordAfterMatches {
        word: String,
    },

    // ── Values
    /// `within 30`
    DurationWithoutUnit {
        number: i64,
    },
    /// `30sec`
    UnknownUnit {
        number: String,
        unit: String,
        meant: Option<&'static str>,
    },
    /// `5 s`
    SpaceBeforeUnit {
        number: String,
        unit: String,
    },
    /// `1.5s`
    Fraction {
        number: String,
        instead: Option<String>,
    },
    /// `0x1F`
    HexNumber {
        number: String,
        value: Option<i64>,
    },
    /// `len x`
    CallWithoutParentheses {
        call: String,
    },
    /// `retry ten {`
    NumberInWords {
        word: String,
        number: u32,
    },
    /// `retry 10min {`
    RetryForMissing,
    NumberTooLarge,
    /// `if x = 1 {`
    AssignmentInExpression,
    /// `if x && y {`
    ForeignOperator {
        operator: String,
        instead: &'static str,
    },
    /// `a < b < c`
    ChainedComparison,
    /// More than 64 levels
    ExpressionTooDeep,
    /// `shout(x)`
    UnknownFunction {
        name: String,
    },

    // ── Names
    /// `set or = 1`
    ReservedName {
        word: String,
    },
    /// `set 2g = 1`
    BadName {
        name: String,
    },
    /// `capture x:number`
    UnknownType {
        word: String,
    },
    /// `prompt reply "x" then enter`
    UnknownPromptEnd {
        word: String,
    },
    /// `report a + b`
    UnnamedColumn {
        value: String,
    },
    /// `set x 5`
    MissingEquals {
        assignment: String,
    },

    // ── Comments
    /// `# allow`
    AllowWithoutCode,
    /// `# allow hayes::check::danger`
    AllowWithoutReason {
        code: String,
    },

    /// The grammar let something through that nothing else understands: a fault of ours.
    Misunderstood,
}

impl SyntaxError {
    pub(super) fn new(fault: Fault, span: Span) -> SyntaxError {
        SyntaxError { fault, span }
    }

    pub(super) fn diagnostic(self, source: &Arc<Source>) -> Diagnostic {
        let Words { code, message, label, help } = self.fault.words();
        Diagnostic {
            code,
            severity: Severity::Error,
            message,
            labels: vec![Label { span: visible(self.span, &source.text), text: label }],
            help,
            source: Arc::clone(source),
        }
    }
}

/// A place that can be shown: an empty one at the end of the text takes the character before it.
fn visible(span: Span, text: &str) -> Span {
    let end = text.len();
    if span.start < span.end || (span.start as usize) < end {
        return span;
    }
    Span::new(end - text.chars().next_back().map_or(0, char::len_utf8), end)
}

impl Fault {
    /// More text could mend it.
    pub(super) fn ends_with_the_text(&self) -> bool {
        matches!(self, Fault::UnclosedBlock { .. } | Fault::UnclosedTriple)
    }
}
