//! The entries of the catalogue, as they stand in `data/*.toml`.
//!
//! The build script reads the files into these types, checks them, and packs them into [tables](crate::table). The
//! program reads an entry out of its table when it is first asked for. What is written in a notation of its own (a
//! layout, an answer, a case) stays text, and is read here, by both.

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use crate::at::Shape;

/// One AT command; or one setting of a command with many, as `AT+QCFG="roamservice"`.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct CommandEntry {
    /// In upper case, with its `AT`: `AT+CREG`, `ATE`, `AT&F`, `AT+QCFG="roamservice"`; also `A/` and `+++`
    pub name: &'static str,
    pub title: &'static str,
    /// What there is to know about it, in a sentence or two; may be empty
    pub about: &'static str,
    /// What its test does, where it does more than to list values: `AT+COPS=?` scans
    pub test_does: &'static str,
    /// What a group of its answer is, where it answers in groups: `network`
    pub record: &'static str,
    /// Its own fields; the others are those that all commands share
    pub fields: Vec<KnownField>,
    /// What the test form answers, `AT+CREG=?`; `None`: there is no such form
    pub test: Option<Vec<&'static str>>,
    /// `AT+CREG?`
    pub read: Option<Vec<&'static str>>,
    /// The layout of what is set: `AT+CREG=2`, `ATE0`; several with ` or ` between them
    pub set: Option<&'static str>,
    pub set_answer: Vec<&'static str>,
    /// `AT+CSQ`
    pub execute: Option<Vec<&'static str>>,
    /// Each answer but that of the test is one line, and tells no thing of several: a second one contradicts it.
    pub one_line: bool,
    /// The fields that tell the lines of its answers apart: two with the same values of them contradict each other.
    pub line_key: Vec<&'static str>,
    /// The prefix of its answers, where it is not its own name; empty: none
    pub prefix: Option<&'static str>,
    /// A set is an ERROR by its nature: `AT+CGMI="x"`
    pub read_only: bool,
    /// In these cases a set concerns this conversation only: CMEE, CMGF, echo, URC modes, the form of `AT+COPS?`
    pub conversation_only: Vec<When>,
    /// In these cases, with no parameter beside those named, a set only asks: `AT+CGPADDR=1`
    pub asks: Vec<When>,
    /// A set does something and leaves the modem as it was, though it answers nothing of it: a ping
    pub leaves_no_trace: bool,
    pub abortable: bool,
    /// `NO CARRIER`, `BUSY`, … are its final result codes
    pub call_control: bool,
    /// What ends the data mode that it opens, beside `NO CARRIER`: `DISCONNECT`
    pub data_ends: Vec<&'static str>,
    /// It never sends a final result code
    pub without_final: bool,
    /// Its OK comes first, and the data behind it
    pub data_after_ok: bool,
    /// A set is refused while the radio is on, in these cases
    pub radio_off: Vec<When>,
    pub names_module: bool,
    /// It starts the modem anew by itself, in these cases
    pub reboots: Vec<Case>,
    /// Without it the modem refuses it: `SIM`, `network`; may be empty
    pub needs: &'static str,
    /// It switches the modem off, which then comes back by its power key or its supply alone
    pub switches_off: bool,
    /// What was set holds only after a restart of the modem, in these cases
    pub needs_reboot: Vec<Case>,
    /// The context must be down when this is set (an APN)
    pub needs_context_down: bool,
    pub raises_context: Option<RaisesContext>,
    /// It may take contexts down, whatever its parameters
    pub lowers_contexts: bool,
    /// Settings with which only NB-IoT is left: a Super SIM can never register
    pub nb_iot_only: Vec<When>,
    /// What asks for data, and in which cases
    pub prompt: Option<KnownPrompt>,
    /// Sent twice, it does harm or fails, in these cases; otherwise it repeats safely
    pub not_repeatable: Vec<Case>,
    /// What it asks for comes by itself behind OK, with its own prefix, in these cases
    pub answers_later: Vec<When>,
    pub dangers: Vec<Danger>,
    pub network: Network,
    /// What is set is written to the modem's flash, in these cases; what needs a restart to hold is too
    pub flash: Vec<When>,
    /// It tells how many tries are left of `SC`, `PUK`, `P2`, `PUK2`: of which, the line that asks, and which value of
    /// the answer that is, from 0
    pub pin_tries: Vec<(&'static str, &'static str, usize)>,
    /// Vendors' final result codes that end its answer: `SEND OK: success`, `SEND FAIL: failure`
    pub finals: Vec<&'static str>,
    pub max_times: Vec<MaxTime>,
    /// Who has it: `3GPP`, `V.250`, or vendors and families
    pub vendors: Vec<&'static str>,
    /// Ids of `sources.toml`
    pub source: Vec<&'static str>,
    pub status: Confirmation,
    #[serde(skip)]
    usages: OnceLock<Usages>,
}

/// What a command makes of the registration, in which cases. A restart leaves the network and joins one again.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, bound(deserialize = "'de: 'static"))]
pub struct Network {
    /// The modem leaves its network, and stays off
    pub leaves: Vec<When>,
    /// It joins a network again; nothing happens where it is on one
    pub joins: Vec<When>,
    /// It looks for a network, even while it is on one
    pub seeks: Vec<When>,
}

/// The forms that a command has, in the order of [`Form`](crate::at::Form): execute, read, test, set.
pub type Usages = [Option<Usage>; 4];

/// One form of a command: what it takes and what it answers.
#[derive(Debug)]
pub struct Usage {
    /// What stands behind `=` (set), or behind a basic command's letter
    pub parameters: Layout,
    /// What may stand there instead: `AT+CMGS` takes a number, or a length
    pub instead: Vec<Layout>,
    /// The layouts that its answer may have, the likelier first; none where the answer is the final result code alone
    pub answers: Vec<Layout>,
    /// The answer gives the range of each field's values, not the values: `+CBC: (0-2),(1-100),(voltage)`
    pub ranges: bool,
    pub shape: Shape,
    /// The answer's prefix without its colon, `+ICCID` for `AT+CICCID`; `None`: lines without prefix
    pub prefix: Option<&'static str>,
}

/// Finds a field that commands share.
pub type Shared<'s> = &'s dyn Fn(&str) -> Option<&'static KnownField>;

impl CommandEntry {
    pub fn usages(&'static self, shared: Shared<'_>) -> &'static Usages {
        // The build script has checked them: there is no error.
        self.usages.get_or_init(|| self.read_usages(shared).unwrap_or_default())
    }

    pub fn read_usages(&'static self, shared: Shared<'_>) -> Result<Usages, String> {
        let usage = |parameters: &'static str, answers: &Vec<&'static str>| self.usage_of(parameters, answers, shared);
        let parameters = self.set.unwrap_or_default();
        Ok([
            self.execute.as_ref().map(|answers| usage("", answers)).transpose()?,
            self.read.as_ref().map(|answers| usage("", answers)).transpose()?,
            self.test.as_ref().map(|answers| usage(parameters, answers)).transpose()?,
            self.set.map(|parameters| usage(parameters, &self.set_answer)).transpose()?,
        ])
    }

    /// Answers are written `LAYOUT` or `SHAPE: LAYOUT`; the shapes are `none`, `lines`, `bare`, `header`, `unknown`,
    /// `text`, `connect`, `counted PARAMETER` (also `last`, `last-but-one`) for data on the lines below,
    /// `counted-quoted PARAMETER` and `counted-comma PARAMETER` for data in the line, and `ranges`, whose layout is
    /// that of the parameters where it has none of its own.
    fn usage_of(
        &'static self,
        parameters: &'static str,
        answers: &[&'static str],
        shared: Shared<'_>,
    ) -> Result<Usage, String> {
        let layout = |text: &'static str| Layout::read(text, &self.fields, shared);
        let (parameters, instead) = parameters.split_once(" or ").unwrap_or((parameters, ""));
        let instead = instead.split(" or ").filter(|text| !text.is_empty());
        let mut usage = Usage {
            parameters: layout(parameters)?,
            instead: instead.map(layout).collect::<Result<_, _>>()?,
            answers: Vec::new(),
            ranges: false,
            shape: Shape::None,
            prefix: None,
        };
        for answer in answers {
            let (shape, rest) = match answer.split_once(':') {
                Some((shape, rest)) => (shape, rest.trim()),
                None if is_shape(answer) => (*answer, ""),
                None => ("lines", *answer),
            };
            usage.shape = match shape.split_once(' ') {
                None if shape == "none" => Shape::None,
                None if shape == "unknown" => Shape::Unknown,
                None if shape == "bare" => Shape::Bare,
                None if shape == "text" => Shape::Text,
                None if shape == "connect" => Shape::Connect,
                None if shape == "header" => Shape::HeaderAndBody,
                None if shape == "lines" || shape == "ranges" => Shape::Prefixed,
                Some((counted @ ("counted" | "counted-quoted" | "counted-comma"), parameter)) => Shape::Counted {
                    parameter: match parameter {
                        "last" => -1,
                        "last-but-one" => -2,
                        _ => parameter.parse().map_err(|_| format!("'{answer}': which parameter counts?"))?,
                    },
                    before: match counted {
                        "counted-quoted" => b'"',
                        "counted-comma" => b',',
                        _ => b'\n',
                    },
                },
                None | Some(_) => return Err(format!("'{answer}': there is no shape '{shape}'")),
            };
            usage.ranges |= shape == "ranges";
            let text = if shape == "ranges" && rest.is_empty() { parameters } else { rest };
            if !text.is_empty() {
                usage.answers.push(layout(text)?);
            }
        }
        usage.prefix = match self.prefix {
            Some(prefix) => Some(prefix).filter(|prefix| !prefix.is_empty()),
            None if matches!(usage.shape, Shape::Bare | Shape::Text) => None,
            None => {
                let general = self.name.split('=').next().and_then(|name| name.strip_prefix("AT"));
                general.filter(|name| name.starts_with(|first: char| "+#%!^$*".contains(first)))
            }
        };
        Ok(usage)
    }
}

fn is_shape(word: &str) -> bool {
    matches!(word, "none" | "unknown" | "bare" | "text" | "connect" | "header" | "lines" | "ranges" | "counted last")
}

/// In which cases something holds: `=1,1` a set with these first parameters, `=*,4` with any first one, `=` any set,
/// `?` a read, `=?` a test, `!` an execution, nothing: a set or an execution. `<imei>` is the number of a modem,
/// `<pin>` what tries a PIN by the SIM's own command or by what is dialled.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct When(pub &'static str);

impl When {
    /// The first parameters of a set, without their quotes; `None` stands for any.
    pub fn parameters(self) -> impl Iterator<Item = Option<&'static str>> {
        let list = self.0.strip_prefix('=').filter(|list| !list.is_empty() && *list != "?");
        list.into_iter().flat_map(|list| list.split(',')).map(|word| (word != "*").then(|| word.trim_matches('"')))
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    #[serde(default)]
    pub when: When,
    pub why: &'static str,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Danger {
    pub kind: DangerKind,
    #[serde(default)]
    pub when: When,
    /// What it tries: `SC` is the PIN, `P2` the PIN2, as in `AT+CLCK`, `PUK` and `PUK2`; else its first value names it
    #[serde(default)]
    pub pin: &'static str,
    pub why: &'static str,
    /// May stand only in an `unsafe` block
    #[serde(default, rename = "unsafe")]
    pub needs_unsafe: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DangerKind {
    /// It can make the modem or the SIM useless for good
    Brick,
    /// It breaks the law in places: another IMEI
    Illegal,
    /// It uses up attempts, or locks the SIM or the modem
    Lock,
    /// It calls the emergency services
    Emergency,
    Cost,
    /// Stored messages or files are gone
    Data,
    /// Settings are gone, or settings that last are changed to ones that can keep the modem off the network
    Settings,
    /// The connection, the registration or the modem itself goes down
    Connection,
    /// What the modem says afterwards can no longer be understood: ATQ1, ATV0, another speed
    Silence,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, bound(deserialize = "'de: 'static"))]
pub struct RaisesContext {
    pub when: When,
    /// The parameter, from 0, that names it
    pub context: usize,
}

/// The modem asks for data before it answers.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct KnownPrompt {
    pub when: When,
    /// As it comes, without line ends: `>`, `@`, `CONNECT`; how a line begins that tells at the place of `counted` how
    /// many bytes it takes: `^SISW:`
    pub mark: &'static str,
    /// The parameter, from 0, that gives the number of bytes; without it Ctrl-Z ends them, or `end`
    pub counted: Option<usize>,
    /// What stands behind them and is not counted: `--EOF--Pattern--`
    pub end: &'static str,
    /// Some modules take the data in the line instead.
    pub optional: bool,
    /// A parameter that stands alone counts where it is larger than this; else it may name a connection
    pub alone_above: Option<usize>,
    /// … once this was sent
    pub alone_after: &'static str,
}

impl KnownPrompt {
    /// The data of a reply, which may be written with what stands behind them.
    pub fn data<'r>(&self, reply: &'r [u8]) -> &'r [u8] {
        reply.strip_suffix(self.end.as_bytes()).unwrap_or(reply)
    }

    /// How many bytes the values of the command announce, and whether the number can be nothing else.
    pub fn announced(&self, values: &[&str]) -> Option<(usize, bool)> {
        let number = |text: &str| text.trim_matches('"').parse().ok();
        match (values, self.alone_above) {
            ([alone], Some(above)) => number(alone).map(|count| (count, count > above)),
            _ => Some((number(values.get(self.counted?)?)?, true)),
        }
    }
}

/// Whether what an entry says was read at its source, or is only recalled.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confirmation {
    #[default]
    Confirmed,
    Unconfirmed,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaxTime {
    pub seconds: f64,
    /// Holds for this form of the command only
    #[serde(default)]
    pub when: Option<When>,
    /// Holds for this vendor, family or module id only
    #[serde(default, rename = "for")]
    pub scope: Option<&'static str>,
    /// Seen or documented for a rare case: never the default
    #[serde(default, rename = "worst")]
    pub worst_case: bool,
    pub source: Vec<&'static str>,
    #[serde(default)]
    pub status: Confirmation,
}

/// One parameter of a command, or one value of an answer.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KnownField {
    /// As the manuals call it: `stat`
    pub name: &'static str,
    /// What it is, in words: `registration state`
    pub what: &'static str,
    /// The build script fills it in where the data leave it out
    pub kind: Option<FieldKind>,
    /// What single values mean, in the order of the data
    pub values: Vec<KnownValue>,
    /// What usually mends it where the modem says this in place of what was hoped for: `2: ask again`
    pub advice: Vec<&'static str>,
    /// Whose values it has instead: an id of `enumerations.toml`. The build script replaces it by them.
    pub enumeration: Option<&'static str>,
    /// Other values than those listed are known to the standard
    pub open: bool,
    /// What a number counts, where it counts something: an id of `units.toml`
    pub unit: Option<&'static str>,
    /// Its meaning is what counts of an answer, and stands beside it
    pub brief: bool,
    /// A name or an address that the network or the modem writes: no line ends in it
    pub unbroken: bool,
}

impl KnownField {
    pub fn kind(&self) -> FieldKind {
        self.kind.unwrap_or(FieldKind::Any)
    }

    /// No other values than those listed are known to the standard.
    pub fn is_closed(&self) -> bool {
        !self.values.is_empty() && self.unit.is_none() && !self.open
    }

    /// What is known of `value` (without its quotes); leading zeros of numbers do not matter.
    pub fn meaning(&self, value: &str) -> Option<KnownValue> {
        let given = value.trim_ascii();
        // `05` is `5`; without a zero or a sign in front, other digits are another number.
        let is_number = self.kind() == FieldKind::Number;
        let is_padded = is_number && given.starts_with(['0', '-', '+']);
        let number = || given.parse::<i64>().ok();
        // Most are another value: that is seen without a search for where the value ends.
        let may_be = |known: &str| known.get(..given.len()).is_some_and(|start| start.eq_ignore_ascii_case(given));
        let has_zero = |known: &str| matches!(known.as_bytes(), [b'0', b'0'..=b'9', ..]);
        self.values.iter().copied().find(|known| {
            may_be(known.0) && known.value().len() == given.len()
                || (is_padded || is_number && has_zero(known.0))
                    && known.value().parse().ok().is_some_and(|known: i64| Some(known) == number())
        })
    }
}

/// A value and what it means: `5: registered, roaming`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KnownValue(pub &'static str);

impl KnownValue {
    pub fn value(self) -> &'static str {
        pair(self.0).0
    }

    pub fn meaning(self) -> &'static str {
        note(pair(self.0).1).0
    }

    /// `false`: recalled, not read at a source
    pub fn is_confirmed(self) -> bool {
        note(self.0).1
    }
}

/// `value: meaning`
pub fn pair(text: &'static str) -> (&'static str, &'static str) {
    text.split_once(": ").unwrap_or((text, ""))
}

/// A remark, and whether it was read at a source: those that are only recalled end in `(unconfirmed)`.
pub fn note(text: &'static str) -> (&'static str, bool) {
    text.strip_suffix(" (unconfirmed)").map_or((text, true), |text| (text, false))
}

/// The form that a value must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FieldKind {
    Any,
    Number,
    /// A decimal number, perhaps with a point and a unit behind it: `3.591V`
    Decimal,
    /// Hexadecimal digits, with or without quotes, with or without `0x`
    Hex,
    /// An area code as a URC gives it: quoted, or three hex digits or more, or empty; no state (27.007 §7.2)
    Area,
    /// Text; most modems quote it
    Text,
    /// Text that always stands in quotes
    Quoted,
    /// A word without quotes that is no number
    Word,
    Address,
    /// A network's number, MCC and MNC: five or six digits
    Network,
    /// Eight binary digits: GPRS timer and GPRS timer 2 (24.008 §10.5.7.3, §10.5.7.4)
    Timer2,
    /// Eight binary digits: GPRS timer 3 (24.008 §10.5.7.4a)
    Timer3,
    /// 18 to 20 digits, perhaps padded with F
    Iccid,
    Imei,
    Imsi,
    /// `yy/MM/dd,hh:mm:ss±zz`
    Time,
    /// A time zone in quarters of an hour from UTC, with or without quotes: `+08`
    Zone,
}

/// Fields in order, written as the manuals write them: `n,stat[,lac,ci[,act]]`. What stands in square brackets may be
/// left out. `...` at the end: the fields behind the last `|`, or all, repeat. Parentheses around the whole: one group
/// for each record.
#[derive(Debug, Clone)]
pub struct Layout {
    pub fields: Vec<&'static KnownField>,
    /// How many fields there may be: bit `n` is set where `n` is allowed
    pub counts: u64,
    /// From this field on, the rest repeats
    pub repeats_from: Option<usize>,
    /// The fields stand in parentheses, a group for each record: `+COPS: (2,"EE","EE","23440",7),(1,…)`
    pub groups: bool,
}

impl Layout {
    /// Its names are the entry's own fields, or else the shared ones.
    pub fn read(text: &str, own: &'static [KnownField], shared: Shared<'_>) -> Result<Layout, String> {
        let inner = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
        let (inner, groups) = inner.map_or((text, false), |inner| (inner, true));
        let (mut rest, repeats) = inner.strip_suffix("...").map_or((inner, false), |inner| (inner, true));
        let mut layout = Layout { fields: Vec::new(), counts: 0, repeats_from: repeats.then_some(0), groups };
        let mut depth = 0_usize;
        loop {
            let end = rest.find([',', '|', '[', ']']).unwrap_or(rest.len());
            let (name, sign) = rest.split_at_checked(end).unwrap_or((rest, ""));
            if !name.is_empty() {
                let field = own.iter().find(|field| field.name == name).or_else(|| shared(name));
                layout.fields.push(field.ok_or_else(|| format!("'{text}': there is no field '{name}'"))?);
            }
            match sign.chars().next() {
                None => break,
                Some('[') => {
                    layout.allow_this_many();
                    depth += 1;
                }
                Some(']') => depth = depth.checked_sub(1).ok_or_else(|| format!("'{text}': ']' without '['"))?,
                Some('|') if !repeats => {
                    return Err(format!("'{text}': '|' marks where a repetition begins, but no '...' ends it"));
                }
                Some('|') => layout.repeats_from = Some(layout.fields.len()),
                Some(_) => {}
            }
            rest = sign.get(1..).unwrap_or_default();
        }
        layout.allow_this_many();
        match layout.repeats_from {
            _ if depth != 0 => Err(format!("'{text}': '[' is not closed")),
            _ if layout.fields.len() > 60 => Err(format!("'{text}': more than 60 fields")),
            Some(from) if from >= layout.fields.len() => Err(format!("'{text}': nothing to repeat")),
            Some(_) | None => Ok(layout),
        }
    }

    fn allow_this_many(&mut self) {
        self.counts |= u32::try_from(self.fields.len()).ok().and_then(|count| 1u64.checked_shl(count)).unwrap_or(0);
    }
}

/// How an integer turns into a quantity: `offset + value * scale`, both in thousandths of the unit.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Unit {
    pub id: &'static str,
    /// Behind the number: `dBm`, `V`, `%`, `s`
    pub symbol: &'static str,
    pub scale: i64,
    pub offset: i64,
    pub range: (i64, i64),
    /// The lowest raw value means "or less", the highest "or more"
    pub open_ends: bool,
    /// A number outside of the range is another quantity
    pub closed: bool,
    /// Words for a quantity, from the best down: `-85000: good` where it is at least this many thousandths of the unit
    pub grades: Vec<&'static str>,
    pub source: Vec<&'static str>,
    pub status: Confirmation,
}

impl Unit {
    /// The quantity in thousandths of the unit; `None` outside of the range.
    pub fn thousandths(&self, raw: i64) -> Option<i64> {
        if raw < self.range.0 || raw > self.range.1 {
            return None;
        }
        raw.checked_mul(self.scale)?.checked_add(self.offset)
    }

    /// The least thousandths for each word, from the best down.
    pub fn grades(&self) -> impl Iterator<Item = (i64, &'static str)> {
        self.grades.iter().filter_map(|grade| {
            let (least, word) = pair(grade);
            Some((least.parse().ok()?, word))
        })
    }
}

/// What the modem says unasked: an unsolicited result code.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Urc {
    /// How its line begins, up to its colon: `+CREG`, `RING`, `PB DONE`
    pub start: &'static str,
    pub title: &'static str,
    /// What there is to know about it; may be empty
    pub about: &'static str,
    /// What turns it on: `AT+CREG=1`, `boot`
    pub when: &'static str,
    pub fields: Vec<KnownField>,
    /// The layouts of its values, the likelier first; none where it has no values, or none that are known
    pub values: Vec<&'static str>,
    /// It is the whole line: `RING`
    pub whole_line: bool,
    /// So many lines follow that belong to it: the text or PDU of `+CMT`
    #[serde(rename = "body")]
    pub body_lines: u8,
    /// Data of the other end of a connection stand behind it: which values count them, from 0 or from the end (-1 is
    /// the last), what stands before them (a line end, a quote, a comma, a colon), and what the first value is then
    pub pushes: Option<(Vec<isize>, char, &'static str)>,
    /// Modems say it when they start, and never else: whoever hears it knows that the modem has restarted
    pub starts: bool,
    /// It is a word that an answer may hold as well: it tells of a start only where the answer is known to be another
    pub plain: bool,
    /// Modems say it when they go off, and never else
    pub goes_off: bool,
    /// Answers hold such lines as well: in an exchange it is none
    pub only_explained: bool,
    /// The command whose answer has the same prefix, if one has
    pub answers: Option<&'static str>,
    pub vendors: Vec<&'static str>,
    pub source: Vec<&'static str>,
    pub status: Confirmation,
    #[serde(skip)]
    pub(super) layouts: OnceLock<Vec<Layout>>,
}

impl Urc {
    /// Under which a URC is packed, and by which it is found: its first bytes.
    pub fn head(start: &[u8]) -> [u8; 4] {
        // Most have as many; this runs for every line that is received.
        start.first_chunk().copied().unwrap_or_else(|| {
            let mut head = [0; 4];
            head.iter_mut().zip(start).for_each(|(to, from)| *to = *from);
            head
        })
    }

    pub fn read_layouts(&'static self, shared: Shared<'_>) -> Result<Vec<Layout>, String> {
        self.values.iter().map(|values| Layout::read(values, &self.fields, shared)).collect()
    }
}

/// A kind of module: how it says who it is, how it starts, and what is special about it.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Module {
    pub id: &'static str,
    pub vendor: &'static str,
    pub family: &'static str,
    /// As `AT+CGMM` says it, without the vendor's prefix, variants included; with `*` at its end all that begin so.
    pub models: Vec<&'static str>,
    /// As `AT+CGMI` says it
    pub manufacturer: &'static str,
    pub technologies: Vec<&'static str>,
    /// The command that reads the SIM's ICCID
    pub iccid: &'static str,
    /// The commands that tell the registration, the more telling first: `AT+CEREG`, `AT+CGREG`, `AT+CREG`
    pub registration: Vec<&'static str>,
    /// Another module's id: the settings and commands that this one does not name are as they are there
    pub like: Option<&'static str>,
    pub roaming: Vec<Setting>,
    /// The technologies that a Super SIM can use: not NB-IoT alone
    pub technology: Vec<Setting>,
    /// With these it does not fall asleep; AT+CPSMS and AT+CEDRXS are every module's
    pub power_saving: Vec<Setting>,
    pub sim_slot: Vec<Setting>,
    /// The APN of its own IP stack, where that has one
    pub stack: Vec<Setting>,
    pub apn: Vec<&'static str>,
    /// The commands that bring its own IP stack up, the one that takes it down, and the one that tells its address
    pub data_up: Vec<&'static str>,
    pub data_down: &'static str,
    pub address: &'static str,
    /// Sends a ping, and how the line begins that tells that an answer came
    pub ping: &'static str,
    pub ping_answer: &'static str,
    /// The command that tells of the serving cell, and of its neighbours
    pub cell: &'static str,
    pub neighbours: &'static str,
    /// The command that tells on which bands it looks for networks
    pub bands: &'static str,
    pub reboot: &'static str,
    pub power_off: Option<&'static str>,
    /// What it says by itself when it starts, in order
    pub boot_urcs: Vec<&'static str>,
    /// From power-on to the first answer, where that is known
    pub boot_seconds: Option<f64>,
    /// A character ends `AT+COPS=?` before its time
    pub scan_abortable: Option<bool>,
    /// The access technology 8 means LTE-M here, not EC-GSM-IoT
    pub act_8_is_lte_m: bool,
    /// Commands, each in one of its forms, that send no final result code here: `AT+CPIN?`
    pub without_final: Vec<&'static str>,
    /// What else to know, a sentence each; see [`note`]
    pub quirks: Vec<&'static str>,
    pub supersim: Vec<&'static str>,
    pub source: Vec<&'static str>,
    pub status: Confirmation,
    /// Which of its facts were read at no source though the others were, as their keys are called: `power-off`
    pub recalled: Vec<&'static str>,
}

impl Module {
    pub fn command_lines(&self) -> impl Iterator<Item = &'static str> {
        let of_setting = |setting: &Setting| [Some(setting.read), Some(setting.set), setting.at_once, setting.before];
        let settings = self.settings().flat_map(of_setting);
        let lines = self.registration.iter().chain(&self.apn).chain(&self.without_final).chain(&self.power_off);
        let lines = lines.chain(&self.data_up).copied();
        let single = [self.data_down, self.address, self.ping, self.cell, self.neighbours, self.bands];
        lines
            .chain([self.iccid, self.reboot])
            .chain(settings.flatten())
            .chain(single.into_iter().filter(|line| !line.is_empty()))
    }

    pub fn settings(&self) -> impl Iterator<Item = &Setting> {
        [&self.roaming, &self.technology, &self.power_saving, &self.sim_slot, &self.stack].into_iter().flatten()
    }
}

/// What a module has as the one has that it is `like`, where it does not name it itself.
pub const INHERITED: &str = "roaming technology power-saving sim-slot stack registration apn data-up data-down iccid reboot \
    power-off address ping ping-answer cell neighbours bands";

/// Those of these facts that a module's file does not name are those of the other.
pub fn take_from(own: &mut toml::Table, other: &toml::Table, facts: &str) {
    let recalled = other.get("recalled").and_then(toml::Value::as_array).into_iter().flatten();
    let is_taken = |fact: &str| facts.split(' ').any(|name| name == fact) && !own.contains_key(fact);
    let taken = |fact: &&toml::Value| fact.as_str().is_some_and(is_taken);
    let taken: Vec<toml::Value> = recalled.filter(taken).cloned().collect();
    if let Some(all) = own.entry("recalled").or_insert_with(|| toml::Value::Array(Vec::new())).as_array_mut() {
        all.extend(taken);
    }
    for (name, value) in facts.split(' ').filter_map(|name| other.get_key_value(name)) {
        own.entry(name).or_insert_with(|| value.clone());
    }
}

/// A setting: the command that reads it, how its answer begins where all is well, the command that mends it.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Setting {
    /// In words, where it is not clear: `the radio technology`
    pub what: &'static str,
    pub read: &'static str,
    /// The answers with which all is well: `+QCFG: "roamservice",2`
    pub right: Vec<&'static str>,
    pub set: &'static str,
    /// As `set`, but so that the setting holds at once, where the module takes that
    pub at_once: Option<&'static str>,
    pub before: Option<&'static str>,
    pub radio_off: bool,
    pub source: Vec<&'static str>,
    pub status: Confirmation,
}

/// `+CME ERROR` or `+CMS ERROR`
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ErrorCode {
    /// As the modem says it with `AT+CMEE=2`
    pub text: &'static str,
    pub code: u16,
    /// The build script fills it in, by the file.
    pub series: Series,
    /// Whose number it is, where it is no standard's: a vendor
    #[serde(rename = "for")]
    pub scope: Option<&'static str>,
    #[serde(rename = "others")]
    pub other_texts: Vec<&'static str>,
    /// Other meanings of the same number, and whose they are: `Huawei: operator selection unsuccessful`
    pub also: Vec<&'static str>,
    /// Where the number is from: `27.007`, `24.008 causes`, a vendor
    pub range: &'static str,
    /// What usually mends it; may be empty
    pub advice: &'static str,
    /// What mends it on modules of this vendor, family or id: `nRF91: look whether there is a SIM`
    pub advice_for: Vec<&'static str>,
    pub source: Vec<&'static str>,
    pub status: Confirmation,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Series {
    /// `+CME ERROR`: the equipment (27.007 §9.2)
    #[default]
    Equipment,
    /// `+CMS ERROR`: messages (27.005 §3.2.5)
    Message,
}

/// A final result code: how an answer ends.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KnownResult {
    /// `NO CARRIER`, `SEND OK`
    pub text: &'static str,
    pub number: Option<u8>,
    pub meaning: &'static str,
    /// What usually mends it; may be empty
    pub advice: &'static str,
    pub success: bool,
    /// A vendor's own that may end any answer
    pub anywhere: bool,
    /// Only these commands end with it; none: any may
    pub commands: Vec<&'static str>,
    pub vendors: Vec<&'static str>,
    pub source: Vec<&'static str>,
    pub status: Confirmation,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Reference {
    pub id: &'static str,
    pub text: &'static str,
}

/// The places of the entries that have something in common: the prefix of an answer, the mark of a prompt, a model.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Index {
    pub by: &'static str,
    pub places: Vec<usize>,
}
