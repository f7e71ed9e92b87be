//! The tree of a script. Each variant is documented by its source form.
//!
//! A statement stands on one line; a block's `{` ends its line and `}` begins one. The `expect`, `capture` and `prompt`
//! lines under a question belong to it: they are clauses of its [`Exchange`], not statements.

use std::sync::Arc;
use std::time::Duration;

use crate::source::{Name, Source, Span, Spanned};
use crate::value::Decimal;
use crate::value::functions::Function;

/// A whole file.
#[derive(Debug, Default)]
pub struct Script {
    pub source: Arc<Source>,
    pub body: Block,
    /// How many [`Pattern`]s the script holds: their ids run from 0 to this.
    pub patterns: u32,
    /// `# allow CODE: why`, each with the line it silences: the next one that holds a statement.
    pub allowances: Vec<Allowance>,
    /// The comment lines at the top, without their `#`: what the script is for.
    pub summary: Vec<String>,
}

/// `# allow hayes::check::danger: the bench modem is ours`
#[derive(Debug, Clone, PartialEq)]
pub struct Allowance {
    pub code: Spanned<String>,
    pub why: String,
    /// The statement line that it stands above.
    pub line: Span,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Block {
    pub statements: Vec<Statement>,
    /// From behind `{` to before `}`; the whole text for a script's body.
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    pub kind: StatementKind,
    /// The statement's first line, without indentation and comment.
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum StatementKind {
    /// `AT+CSQ`, `send …`, with the clauses under it
    Exchange(Exchange),
    /// `await PATTERN [or PATTERN]… [within D]`, `await quiet D`, `await prompt "login: "`, `await restart`
    Await(Await),
    /// `ensure AT… answers PATTERN [or PATTERN]… else { … }`
    Ensure { question: Box<Send>, answers: Alternatives, otherwise: Block },
    /// `retry …  { … } [else { … }]`
    Retry { schedule: Box<Schedule>, body: Block, otherwise: Option<Block> },
    /// `repeat …  { … }`; `pass` stands for the number of the pass
    Repeat { schedule: Box<Schedule>, pass: Name, body: Block },
    /// `try { … } [else { … }]`
    Try { body: Block, otherwise: Option<Block> },
    /// `if EXPR { … } else if EXPR { … } else { … }`
    If { branches: Vec<(Expression, Block)>, otherwise: Option<Block> },
    /// `for NAME in EXPR { … }`
    For { name: Name, list: Box<Expression>, body: Block },
    /// `assert EXPR[, "why"]`; `check` goes on, and the script fails at its end
    Assert { condition: Expression, why: Option<Template>, goes_on: bool },
    /// `fail "why"`
    /// `abort "why"` too: nothing takes that
    Fail { why: Template, is_final: bool },
    /// `skip "why"`
    Skip { why: Template },
    /// `stop`
    Stop,
    /// `break`
    Break,
    /// `finally { … }`
    Finally { body: Block },
    /// `part NAME[, NAME]… { … }`
    Part { names: Vec<Name>, body: Block },
    /// `set NAME = EXPR`
    Set { name: Name, value: Expression },
    /// `param NAME[:int] [= EXPR] ["what it is"]`, `secret NAME …`
    Param(Box<Param>),
    /// `requires …`
    Requires(Requirement),
    /// `run "name" [with NAME = EXPR, …] [as NAME]`
    Run { script: Template, arguments: Vec<(Name, Expression)>, record: Option<Name> },
    /// `report EXPR | NAME = EXPR, …`; `report row …`, a row of the run's table
    Report { is_row: bool, columns: Vec<Column> },
    /// `capture … from EXPR`
    CaptureFrom { clause: Box<Clause>, from: Expression },
    /// `abort on PATTERN [or PATTERN]…[, "why"]`
    AbortOn { patterns: Alternatives, why: Option<Template> },
    /// `log "text"`
    Log { text: Template },
    /// `sleep D`
    Sleep { duration: Expression },
    /// `timeout D`
    Timeout { duration: Expression },
    /// `confirm "text"`
    Confirm { text: Template },
    /// `ask "text" [as [secret] NAME[:KIND]]`
    Ask { text: Template, answer: Option<(Name, Convert)>, is_secret: bool },
    /// `reboot AT… [within D]`
    Reboot { command: Send },
    /// `unsafe "why" { … }`
    Unsafe { why: Template, body: Block },
    /// `port …`
    Port(PortAction),
}

/// What a statement or a clause is made of: a pass takes what it looks for, and need not know every statement.
#[derive(Debug, Clone, Copy)]
pub enum Part<'a> {
    /// What goes out
    Question(&'a Send),
    Text(&'a Template),
    Value(&'a Expression),
    /// What a line is compared with
    Pattern(&'a Pattern),
    /// A pattern whose holes become variables
    Capture(&'a Pattern),
    /// A pattern whose holes become the fields of a record
    Fields(&'a Pattern),
    /// A name that has a value from here on
    Binds(&'a Name),
    /// The name that stands for each item in the block that follows
    Item(&'a Name),
    /// A `param` or a `secret`
    Declares(&'a Param),
    Clause(&'a Clause),
    Block(&'a Block),
}

impl Script {
    /// The names of its parts, in the order of the script, with where each first stands.
    pub fn part_names(&self) -> Vec<&Name> {
        let mut names: Vec<&Name> = Vec::new();
        for statement in &self.body.statements {
            if let StatementKind::Part { names: more, .. } = &statement.kind {
                let is_new = |name: &&Name| !names.iter().any(|known| known.value == name.value);
                names.extend(more.iter().filter(is_new).collect::<Vec<_>>());
            }
        }
        names
    }

    /// What it requires, as it is written behind `requires`.
    pub fn requirements(&self) -> impl Iterator<Item = &str> {
        let required = |it: &&Statement| matches!(it.kind, StatementKind::Requires(_));
        let lines = self.body.statements.iter().filter(required).map(|statement| self.source.slice(statement.span));
        lines.map(|line| line.trim_start_matches("requires").trim_start())
    }
}

impl Block {
    /// Its statements, and those of the blocks in it, each before those in it.
    pub fn walk<'a>(&'a self, visit: &mut impl FnMut(&'a Statement)) {
        for statement in &self.statements {
            visit(statement);
            statement.blocks().for_each(|block| block.walk(visit));
        }
    }
}

impl StatementKind {
    /// The last block in it: the one that is being read.
    pub fn last_block(&mut self) -> Option<&mut Block> {
        if let StatementKind::Exchange(Exchange { clauses, .. }) | StatementKind::Await(Await { clauses, .. }) = self {
            let last = clauses.last_mut()?;
            return if let ClauseKind::When { body, .. } = &mut last.kind { Some(body) } else { None };
        }
        if let StatementKind::If { branches, otherwise: None } = self {
            return branches.last_mut().map(|(_, block)| block);
        }
        if let StatementKind::If { otherwise: Some(block), .. }
        | StatementKind::Retry { otherwise: Some(block), .. }
        | StatementKind::Retry { body: block, .. }
        | StatementKind::Try { otherwise: Some(block), .. }
        | StatementKind::Try { body: block, .. }
        | StatementKind::Ensure { otherwise: block, .. }
        | StatementKind::Repeat { body: block, .. }
        | StatementKind::For { body: block, .. }
        | StatementKind::Finally { body: block }
        | StatementKind::Part { body: block, .. }
        | StatementKind::Unsafe { body: block, .. } = self
        {
            return Some(block);
        }
        None
    }

    /// The lines under it, if it can have any.
    pub fn clauses(&mut self) -> Option<&mut Vec<Clause>> {
        if let StatementKind::Exchange(Exchange { clauses, .. }) | StatementKind::Await(Await { clauses, .. }) = self {
            return Some(clauses);
        }
        None
    }

    /// Where the block of its `else` goes, if it can have one.
    pub fn otherwise(&mut self) -> Option<&mut Option<Block>> {
        if let StatementKind::If { otherwise, .. }
        | StatementKind::Retry { otherwise, .. }
        | StatementKind::Try { otherwise, .. } = self
        {
            return Some(otherwise);
        }
        None
    }
}

impl Statement {
    /// What it is made of, in the order of the source; its blocks and clauses are one part each.
    pub fn parts(&self) -> Vec<Part<'_>> {
        let mut parts = Vec::new();
        match &self.kind {
            StatementKind::Exchange(Exchange { send, clauses }) => {
                parts.push(Part::Question(send));
                parts.extend(clauses.iter().map(Part::Clause));
            }
            StatementKind::Await(Await { target, within, clauses }) => {
                match target {
                    AwaitTarget::Line(patterns) => parts.extend(patterns.iter().map(Part::Pattern)),
                    AwaitTarget::Quiet { duration } => parts.push(Part::Value(duration)),
                    AwaitTarget::Prompt { text } => parts.push(Part::Text(text)),
                    AwaitTarget::Restart | AwaitTarget::When => {}
                }
                parts.extend(within.as_deref().map(Part::Value));
                parts.extend(clauses.iter().map(Part::Clause));
            }
            StatementKind::Ensure { question, answers, otherwise } => {
                parts.push(Part::Question(question));
                parts.extend(answers.iter().map(Part::Pattern));
                parts.push(Part::Block(otherwise));
            }
            StatementKind::Retry { schedule, body, otherwise } => {
                parts.extend(schedule.parts());
                parts.push(Part::Block(body));
                parts.extend(otherwise.iter().map(Part::Block));
            }
            StatementKind::Repeat { schedule, pass, body } => {
                parts.extend(schedule.parts());
                parts.extend([Part::Item(pass), Part::Block(body)]);
            }
            StatementKind::Try { body, otherwise } => {
                parts.push(Part::Block(body));
                parts.extend(otherwise.iter().map(Part::Block));
            }
            StatementKind::If { branches, otherwise } => {
                parts.extend(branches.iter().flat_map(|(condition, body)| [Part::Value(condition), Part::Block(body)]));
                parts.extend(otherwise.iter().map(Part::Block));
            }
            StatementKind::For { name, list, body } => {
                parts.extend([Part::Value(list), Part::Item(name), Part::Block(body)]);
            }
            StatementKind::Assert { condition, why, .. }
            | StatementKind::Requires(Requirement::Holds { condition, why }) => {
                parts.push(Part::Value(condition));
                parts.extend(why.iter().map(Part::Text));
            }
            StatementKind::Fail { why: text, .. }
            | StatementKind::Skip { why: text }
            | StatementKind::Log { text }
            | StatementKind::Confirm { text } => parts.push(Part::Text(text)),
            StatementKind::Stop | StatementKind::Break => {}
            StatementKind::Finally { body } | StatementKind::Part { body, .. } => parts.push(Part::Block(body)),
            StatementKind::Set { name, value } => parts.extend([Part::Value(value), Part::Binds(name)]),
            StatementKind::Param(param) => {
                parts.extend(param.default.iter().map(Part::Value));
                parts.push(Part::Declares(param));
            }
            StatementKind::Requires(Requirement::Port { why, .. }) => parts.extend(why.iter().map(Part::Text)),
            StatementKind::Requires(Requirement::Hayes { .. }) => {}
            StatementKind::Run { script, arguments, record } => {
                parts.push(Part::Text(script));
                parts.extend(arguments.iter().map(|(_, value)| Part::Value(value)));
                parts.extend(record.iter().map(Part::Binds));
            }
            StatementKind::Report { columns, .. } => {
                parts.extend(columns.iter().map(|column| Part::Value(&column.value)));
            }
            StatementKind::CaptureFrom { clause, from } => parts.extend([Part::Value(from), Part::Clause(clause)]),
            StatementKind::Ask { text, answer, .. } => {
                parts.push(Part::Text(text));
                parts.extend(answer.iter().map(|(name, _)| Part::Binds(name)));
            }
            StatementKind::AbortOn { patterns, why } => {
                parts.extend(patterns.iter().map(Part::Pattern));
                parts.extend(why.iter().map(Part::Text));
            }
            StatementKind::Sleep { duration } | StatementKind::Timeout { duration } => {
                parts.push(Part::Value(duration))
            }
            StatementKind::Reboot { command } => parts.push(Part::Question(command)),
            StatementKind::Unsafe { why, body } => parts.extend([Part::Text(why), Part::Block(body)]),
            StatementKind::Port(PortAction::Baud(value) | PortAction::Break(value)) => parts.push(Part::Value(value)),
            StatementKind::Port(PortAction::Dtr(_) | PortAction::Rts(_) | PortAction::Flush | PortAction::Escape) => {}
        }
        parts
    }

    pub fn blocks(&self) -> impl Iterator<Item = &Block> {
        self.parts().into_iter().filter_map(|part| {
            if let Part::Clause(Clause { kind: ClauseKind::When { body, .. }, .. }) | Part::Block(body) = part {
                Some(body)
            } else {
                None
            }
        })
    }
}

impl Schedule {
    fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        [Some(&self.limit), self.pause.as_ref(), self.longest.as_ref()].into_iter().flatten().map(Part::Value)
    }
}

impl Clause {
    pub fn word(&self) -> &'static str {
        match self.kind {
            ClauseKind::Expect(_)
            | ClauseKind::ExpectLast(_)
            | ClauseKind::ExpectNothing { .. }
            | ClauseKind::ExpectRestart { .. } => "expect",
            ClauseKind::Capture { .. }
            | ClauseKind::CapturePattern(_)
            | ClauseKind::CaptureAll { .. }
            | ClauseKind::CaptureAllPattern { .. } => "capture",
            ClauseKind::Prompt { .. } => "prompt",
            ClauseKind::When { event: WhenEvent::Otherwise, .. } => "else",
            ClauseKind::When { .. } => "when",
        }
    }

    /// What a line of the answer is held against.
    pub fn patterns(&self) -> &[Pattern] {
        if let ClauseKind::Expect(patterns)
        | ClauseKind::ExpectLast(patterns)
        | ClauseKind::CapturePattern(patterns)
        | ClauseKind::CaptureAllPattern { patterns, .. }
        | ClauseKind::When { event: WhenEvent::Line(patterns), .. } = &self.kind
        {
            return patterns;
        }
        &[]
    }

    pub fn is_prompt(&self) -> bool {
        self.word() == "prompt"
    }

    /// What it is made of, in the order of the source.
    pub fn parts(&self) -> Vec<Part<'_>> {
        match &self.kind {
            ClauseKind::Expect(patterns) | ClauseKind::ExpectLast(patterns) => {
                patterns.iter().map(Part::Pattern).collect()
            }
            ClauseKind::ExpectNothing { within } => vec![Part::Value(within)],
            ClauseKind::ExpectRestart { within } => within.iter().map(Part::Value).collect(),
            ClauseKind::Capture { fields } => {
                fields.iter().filter_map(|field| field.name.as_ref()).map(Part::Binds).collect()
            }
            ClauseKind::CapturePattern(patterns) => patterns.iter().map(Part::Capture).collect(),
            ClauseKind::CaptureAll { record, .. } => vec![Part::Binds(record)],
            ClauseKind::CaptureAllPattern { patterns, record } => {
                patterns.iter().map(Part::Fields).chain([Part::Binds(record)]).collect()
            }
            ClauseKind::Prompt { mark, within, reply } => {
                let values = within.iter().chain(reply.iter().map(|(text, _)| text));
                mark.iter().map(Part::Text).chain(values.map(Part::Value)).collect()
            }
            ClauseKind::When { event, body } => {
                event.patterns().iter().map(Part::Capture).chain([Part::Block(body)]).collect()
            }
        }
    }
}

impl WhenEvent {
    /// What a line must look like; nothing where it is not about a line.
    pub fn patterns(&self) -> &[Pattern] {
        match self {
            WhenEvent::Line(patterns) => patterns,
            WhenEvent::Timeout | WhenEvent::Restart | WhenEvent::Otherwise => &[],
        }
    }
}

/// A question and what is said of its answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Exchange {
    pub send: Send,
    pub clauses: Vec<Clause>,
}

/// What goes out, and how long its answer may take.
#[derive(Debug, Clone, PartialEq)]
pub struct Send {
    pub form: SendForm,
    pub text: Template,
    pub within: Option<Box<Expression>>,
    /// From the first character of the text to its last.
    pub span: Span,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendForm {
    /// `AT+CSQ` or `send AT+CSQ`: an AT command line; a CR ends it
    At,
    /// `send "text"`: any text; a CR ends it
    Text,
    /// `send raw "+++"`: exactly that
    Raw,
}

/// A line under a question (or under an `await`: `capture` and `when` only).
#[derive(Debug, Clone, PartialEq)]
pub struct Clause {
    pub kind: ClauseKind,
    pub is_secret: bool,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ClauseKind {
    /// `expect PATTERN [or PATTERN]…`
    Expect(Alternatives),
    /// `expect PATTERN [or PATTERN]… then nothing`: no final result code comes
    ExpectLast(Alternatives),
    /// `expect nothing within D`
    ExpectNothing { within: Expression },
    /// `expect restart [within D]`
    ExpectRestart { within: Option<Expression> },
    /// `capture imei, rssi:int, _, name?`
    Capture { fields: Vec<Field> },
    /// `capture PATTERN [or PATTERN]…`
    CapturePattern(Alternatives),
    /// `capture all cid:int, type, apn as contexts`
    CaptureAll { fields: Vec<Field>, record: Name },
    /// `capture all PATTERN [or PATTERN]… as rows`
    CaptureAllPattern { patterns: Alternatives, record: Name },
    /// `prompt [">"] [within D] reply TEXT [then ctrl-z|cr|esc|nothing]`, the end where it is said; `prompt … cancel`
    Prompt { mark: Option<Template>, within: Option<Expression>, reply: Option<(Expression, Option<PromptEnd>)> },
    /// `when PATTERN [or PATTERN]… { … }`, `when timeout { … }`, `when restart { … }`, and the `else { … }` behind them
    When { event: WhenEvent, body: Block },
}

/// What the block of a `when` is for.
#[derive(Debug, Clone, PartialEq)]
pub enum WhenEvent {
    /// Such a line, or such a final result code
    Line(Alternatives),
    /// The answer, or the awaited line, does not come in time.
    Timeout,
    /// The modem starts anew in its place.
    Restart,
    /// `else`: nothing of what the others are for
    Otherwise,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PromptEnd {
    /// 0x1A
    CtrlZ,
    /// 0x0D
    Cr,
    /// 0x1B
    Esc,
    Nothing,
}

impl PromptEnd {
    /// As they are written behind `then`.
    pub(crate) const WORDS: [(&str, PromptEnd); 4] =
        [("ctrl-z", PromptEnd::CtrlZ), ("cr", PromptEnd::Cr), ("esc", PromptEnd::Esc), ("nothing", PromptEnd::Nothing)];
}

/// One place of a `capture`: `_`, `imei`, `rssi:int`, `lac:hex?`
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// `None` for `_`.
    pub name: Option<Name>,
    pub convert: Convert,
    /// `name?`: empty where the answer has no such parameter.
    pub optional: bool,
    pub span: Span,
}

/// What a captured parameter becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Convert {
    Text,
    Int,
    Hex,
    Decimal,
}

impl Convert {
    /// As they are written behind a name's colon.
    pub(crate) const WORDS: [(&str, Convert); 4] =
        [("int", Convert::Int), ("hex", Convert::Hex), ("decimal", Convert::Decimal), ("text", Convert::Text)];
}

/// A line that comes by itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Await {
    pub target: AwaitTarget,
    pub within: Option<Box<Expression>>,
    /// `capture` and `when` lines only.
    pub clauses: Vec<Clause>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum AwaitTarget {
    /// `await PATTERN [or PATTERN]…`
    Line(Alternatives),
    /// `await quiet D`
    Quiet { duration: Expression },
    /// `await prompt "login: "`
    Prompt { text: Template },
    /// `await restart`
    Restart,
    /// `await within D`: what the `when` lines under it are for
    When,
}

/// How often and how long a `retry` tries and a `repeat` goes on.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    /// `N`, or the duration of `for D`
    pub limit: Expression,
    /// `for D`
    pub by_time: bool,
    /// `every D`: of a `repeat` from start to start
    pub pause: Option<Expression>,
    /// `up to D`
    pub longest: Option<Expression>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Param {
    pub name: Name,
    pub convert: Convert,
    pub default: Option<Expression>,
    /// The text behind it: what it is.
    pub about: Option<String>,
    /// Declared with `secret`: masked wherever it appears.
    pub secret: bool,
}

/// What must be so for a script to run.
#[derive(Debug, Clone, PartialEq)]
pub enum Requirement {
    /// `requires hayes 0.1`: this version, or a newer one
    Hayes { version: Name },
    /// `requires real[, "why"]`, `requires simulated[, "why"]`
    Port { simulated: bool, why: Option<Template> },
    /// `requires module.ping[, "why"]`: it holds, or is not empty
    Holds { condition: Expression, why: Option<Template> },
}

#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// The name before `=`, else the last name of the expression (`modem.imei` makes `imei`).
    pub name: Name,
    pub value: Expression,
}

#[derive(Debug, Clone, PartialEq)]
pub enum PortAction {
    /// `port baud 921600`
    Baud(Expression),
    /// `port dtr on|off`
    Dtr(bool),
    /// `port rts on|off`
    Rts(bool),
    /// `port break 200ms`
    Break(Expression),
    /// `port flush`
    Flush,
    /// `port escape`: guard time, `+++`, guard time
    Escape,
}

/// `PATTERN or PATTERN …`: never empty.
pub type Alternatives = Vec<Pattern>;

#[derive(Debug, Clone, PartialEq)]
pub struct Pattern {
    /// Counts the script's patterns from 0; what a pattern compiles to is kept under it.
    pub id: u32,
    pub kind: PatternKind,
    pub span: Span,
}

impl Pattern {
    /// Its text, where it is nothing else.
    pub fn plain(&self) -> Option<&str> {
        if let PatternKind::Line(parts) = &self.kind
            && let [PatternPart::Text(text)] = parts.as_slice()
        {
            return Some(text);
        }
        None
    }

    fn parts(&self) -> &[PatternPart] {
        if let PatternKind::Line(parts) = &self.kind { parts } else { &[] }
    }

    /// What stands in its `${…}`.
    pub fn values(&self) -> impl Iterator<Item = &Expression> {
        self.parts().iter().filter_map(|part| if let PatternPart::Value(value) = part { Some(value) } else { None })
    }

    pub fn holes(&self) -> impl Iterator<Item = &Field> {
        self.parts().iter().filter_map(|part| if let PatternPart::Hole(field) = part { Some(field) } else { None })
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum PatternKind {
    /// `"+CREG: {_},{stat:int}"`, `'…'`, or a bare word such as `OK`
    Line(Vec<PatternPart>),
    /// `/RSSI: (?<rssi>-?\d+)/i`: the text between the slashes, with `\/` as `/`; no `${…}` in it
    Regex {
        text: String,
        ignore_case: bool,
        /// The text between the slashes.
        inner: Span,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub enum PatternPart {
    Text(String),
    /// `${…}`
    Value(Expression),
    /// `{}`, `{_}`, `{name}`, `{name:int}`
    Hole(Field),
}

/// Text with `${…}` in it: an AT word, a string.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    pub parts: Vec<TemplatePart>,
    pub span: Span,
}

impl Template {
    /// Its text, where there is no value in it.
    pub fn plain(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [TemplatePart::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// Its text with `0` for each value, which may be anything but what would change the command.
    pub fn with_zeros(&self) -> String {
        self.parts.iter().map(|part| if let TemplatePart::Text(text) = part { text } else { "0" }).collect()
    }

    /// What stands in its `${…}`.
    pub fn values(&self) -> impl Iterator<Item = &Expression> {
        self.parts.iter().filter_map(|part| if let TemplatePart::Value(value) = part { Some(&**value) } else { None })
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum TemplatePart {
    /// Escapes are resolved, `$${` is `${`.
    Text(String),
    Value(Box<Expression>),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    pub kind: ExpressionKind,
    pub span: Span,
}

impl Expression {
    /// The expressions that it is made of, in the order of the source.
    pub fn operands(&self) -> Vec<&Expression> {
        match &self.kind {
            ExpressionKind::Text(text) => text.values().collect(),
            ExpressionKind::List(items) | ExpressionKind::Call { arguments: items, .. } => items.iter().collect(),
            ExpressionKind::Member { record: inner, .. } | ExpressionKind::Unary { operand: inner, .. } => vec![inner],
            ExpressionKind::Index { list: left, index: right } | ExpressionKind::Binary { left, right, .. } => {
                vec![left, right]
            }
            ExpressionKind::Matches { text, pattern } => [&**text].into_iter().chain(pattern.values()).collect(),
            ExpressionKind::Int(_)
            | ExpressionKind::Decimal(_)
            | ExpressionKind::Bool(_)
            | ExpressionKind::Duration(_)
            | ExpressionKind::Variable(_) => Vec::new(),
        }
    }

    pub fn asks_for(&self, name: &str) -> bool {
        let is_it = matches!(&self.kind, ExpressionKind::Variable(known) if known == name);
        is_it || self.operands().iter().any(|part| part.asks_for(name))
    }

    /// A text that can be told before the script runs: words, what is `known`, and both together.
    pub fn told(&self, known: &dyn Fn(&str) -> Option<String>) -> Option<String> {
        if let ExpressionKind::Text(Template { parts, .. }) = &self.kind {
            let part = |part: &TemplatePart| match part {
                TemplatePart::Text(words) => Some(words.clone()),
                TemplatePart::Value(value) => value.told(known),
            };
            return parts.iter().map(part).collect();
        }
        if let ExpressionKind::Binary { operator, left, right } = &self.kind {
            return (operator.value == BinaryOperator::Arithmetic("+"))
                .then_some(left.told(known)? + &right.told(known)?);
        }
        if let ExpressionKind::Variable(name) = &self.kind { known(name) } else { None }
    }

    /// Both ends of `5s..10s`; of anything else it is both.
    pub fn ends(&self) -> [&Expression; 2] {
        if let ExpressionKind::Binary { operator, left, right } = &self.kind
            && operator.value == BinaryOperator::Range
        {
            return [left, right];
        }
        [self, self]
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum ExpressionKind {
    /// `"…"`, `'…'`, `"""…"""`
    Text(Template),
    /// `42`, `-1`
    Int(i64),
    /// `3.7`, `-85.00`
    Decimal(Box<Decimal>),
    /// `true`, `false`
    Bool(bool),
    /// `500ms`, `5s`, `2min`
    Duration(Duration),
    /// `[1, 5]`
    List(Vec<Expression>),
    /// `apn`; also `response`, `result`, `elapsed`, `attempt`, `error`
    Variable(String),
    /// `a.b`
    Member { record: Box<Expression>, name: Name },
    /// `a[0]`
    Index { list: Box<Expression>, index: Box<Expression> },
    /// `dbm(rssi)`
    Call { function: Spanned<&'static Function>, arguments: Vec<Expression> },
    /// `not a`, `-a`
    Unary { operator: UnaryOperator, operand: Box<Expression> },
    /// `a + b`
    Binary { operator: Spanned<BinaryOperator>, left: Box<Expression>, right: Box<Expression> },
    /// `text matches PATTERN`
    Matches { text: Box<Expression>, pattern: Box<Pattern> },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnaryOperator {
    Not,
    Negate,
}

/// From the loosest to the tightest: `or`; `and`; comparisons and `in`; `..`; `+ -`; `* / %`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BinaryOperator {
    Or,
    And,
    Equal,
    NotEqual,
    /// `<`, `<=`, `>`, `>=`
    Size(&'static str),
    In,
    /// `1..10`: the whole numbers from one to the other, both included
    Range,
    /// `+`, `-`, `*`, `/`, `%`
    Arithmetic(&'static str),
}
