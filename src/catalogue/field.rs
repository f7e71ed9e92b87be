//! A value in a command or an answer: its name, its form, what it means, its unit.

/// One parameter of a command, or one value of an answer.
#[derive(Debug)]
pub struct Field {
    /// As the manuals call it: `stat`
    pub name: &'static str,
    /// What it is, in words: `registration state`
    pub what: &'static str,
    pub kind: Kind,
    /// What single values mean, in the order of the data
    pub values: &'static [Value],
    /// No other values than those listed are known to the standard
    pub closed: bool,
    /// What a number counts, where it counts something
    pub unit: Option<&'static Unit>,
    /// Its meaning is what counts of an answer, and stands beside it
    pub brief: bool,
}

impl Field {
    /// What is known of `value` (without its quotes); leading zeros of numbers do not matter.
    pub fn meaning(&self, value: &str) -> Option<&'static Value> {
        let values: &'static [Value] = self.values;
        let given = value.trim_ascii();
        // `05` is `5`; without a zero or a sign in front, other digits are another number.
        let is_number = self.kind == Kind::Number;
        let is_padded = is_number && given.starts_with(['0', '-', '+']);
        let number = || given.parse::<i64>().ok();
        values.iter().find(|known| {
            known.value.eq_ignore_ascii_case(given)
                || (is_padded || is_number && known.value.starts_with('0'))
                    && known.value.parse().ok().is_some_and(|known: i64| Some(known) == number())
        })
    }
}

/// A value and what it means.
#[derive(Debug)]
pub struct Value {
    pub value: &'static str,
    pub meaning: &'static str,
    /// `false`: recalled, not read at a source
    pub confirmed: bool,
}

/// The form that a value must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Anything
    Any,
    /// A decimal integer without quotes, perhaps negative
    Number,
    /// A decimal number, perhaps with a point and a unit behind it: `3.591V`
    Decimal,
    /// Hexadecimal digits, with or without quotes, with or without `0x`
    Hex,
    /// A location or tracking area code as a URC gives it: quoted, or at least three hexadecimal digits, or empty. It
    /// is told apart from a registration state by that (27.007 §7.2)
    Area,
    /// Text; most modems quote it
    Text,
    /// Text that always stands in quotes
    Quoted,
    /// A word without quotes that is no number
    Word,
    /// An IPv4 or IPv6 address
    Address,
    /// A network's number, MCC and MNC: five or six digits
    Network,
    /// Eight binary digits: GPRS timer and GPRS timer 2 (24.008 §10.5.7.3, §10.5.7.4)
    Timer2,
    /// Eight binary digits: GPRS timer 3 (24.008 §10.5.7.4a)
    Timer3,
    /// 18 to 20 digits, perhaps padded with F
    Iccid,
    /// 14 to 16 digits
    Imei,
    /// 6 to 15 digits
    Imsi,
    /// `yy/MM/dd,hh:mm:ss±zz`
    Time,
    /// A time zone in quarters of an hour from UTC, with or without quotes: `+08`
    Zone,
}

/// How an integer turns into a quantity: `offset + value * scale`, both in thousandths of the unit.
#[derive(Debug)]
pub struct Unit {
    pub id: &'static str,
    /// Behind the number: `dBm`, `V`, `%`, `s`
    pub symbol: &'static str,
    pub scale: i64,
    pub offset: i64,
    /// The raw values for which it holds
    pub range: (i64, i64),
    /// The lowest raw value means "or less", the highest "or more"
    pub open_ends: bool,
    /// Words for a quantity, from the best down: at least this many thousandths of the unit
    pub grades: &'static [(i64, &'static str)],
    pub source: Source,
}

impl Unit {
    /// The quantity in thousandths of the unit; `None` outside of the range.
    pub fn thousandths(&self, raw: i64) -> Option<i64> {
        if raw < self.range.0 || raw > self.range.1 {
            return None;
        }
        raw.checked_mul(self.scale)?.checked_add(self.offset)
    }
}

/// Where a fact is from, and whether it was read there or recalled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    pub text: &'static str,
    pub confirmed: bool,
}
