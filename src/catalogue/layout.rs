//! Fields in order, and whether an answer's values have that form. It is how a read answer is told from a URC of the
//! same prefix: `+CREG: 2,5` from `+CREG: 5,"2CF7","8A5A782",6`.

use super::entry::{FieldKind, KnownField, Layout, Usage};
use crate::at::parameters::{self, Parameter};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    No,
    /// The first ones do; more follow than are known
    Surplus,
    /// They do, but a value is none of those that are listed
    Loose,
    Exact,
}

impl Usage {
    /// The layout that these parameters have: of several the one that they fit best, the earlier of two.
    pub fn layout_of(&self, list: &str) -> &Layout {
        let others = self.instead.iter().map(|layout| (layout.fit(list.as_bytes()), layout));
        let first = (self.parameters.fit(list.as_bytes()), &self.parameters);
        others.fold(first, |best, other| if other.0 > best.0 { other } else { best }).1
    }
}

impl Layout {
    /// How well the values of `list` (what stands behind the prefix) have this form.
    pub fn fit(&self, list: &[u8]) -> Fit {
        if self.groups {
            return self.fit_groups(list);
        }
        let mut fit = Fit::Exact;
        let mut count = 0;
        let least = usize::try_from(self.counts.trailing_zeros()).unwrap_or_default();
        for parameter in parameters::parameters(list) {
            match self.field(count) {
                // One or two values that fit say too little when more follow: `+CREG: 2,1,…` is no state 2.
                None if self.fields.len() < 3 => return Fit::No,
                None => fit = fit.min(Fit::Surplus),
                // A state that cannot be left out is there: `+CEREG: 0,,,` is no read answer.
                Some(field) if count < least && field.is_closed() && parameter.value.is_empty() => return Fit::No,
                Some(field) => fit = fit.min(field.fit(&parameter)),
            }
            if fit == Fit::No {
                return Fit::No;
            }
            count += 1;
        }
        if count == 1 && list.trim_ascii().is_empty() {
            count = 0;
        }
        if fit != Fit::Surplus && !self.allows(count) { Fit::No } else { fit }
    }

    fn fit_groups(&self, list: &[u8]) -> Fit {
        let mut fit = Fit::No;
        for group in parameters::groups(list) {
            // Behind the records come lists without names: the ranges of mode and format of `+COPS`.
            let record = Layout { groups: false, ..self.clone() };
            fit = fit.max(record.fit(group.value));
        }
        fit
    }

    /// The field at that place, where the layout goes so far.
    pub fn field(&self, index: usize) -> Option<&'static KnownField> {
        let at = match self.repeats_from {
            Some(from) if index >= self.fields.len() => from + (index - from) % (self.fields.len() - from).max(1),
            _ => index,
        };
        self.fields.get(at).copied()
    }

    fn allows(&self, count: usize) -> bool {
        match self.repeats_from {
            Some(from) if count > self.fields.len() => (count - from).is_multiple_of((self.fields.len() - from).max(1)),
            _ => count < 64 && self.counts & (1 << count) != 0,
        }
    }
}

impl KnownField {
    /// How well the value has this field's form. An empty value is one that the modem does not give.
    pub fn fit(&self, parameter: &Parameter<'_>) -> Fit {
        let value = parameter.value.trim_ascii();
        let quoted = parameter.kind == parameters::Written::Quoted;
        if parameter.kind == parameters::Written::Group {
            return Fit::No;
        }
        // `-` stands for a value that there is not: `+QENG: …,12,-,50`.
        if value.is_empty() || value == b"-" && !quoted {
            return Fit::Exact;
        }
        if !self.kind().holds(value, quoted) {
            return Fit::No;
        }
        let text = std::str::from_utf8(value).unwrap_or_default();
        if !self.is_closed() {
            // 3750 of `+CBC: 0,3750` is no percentage.
            let unit = self.unit().filter(|unit| unit.closed).zip(text.parse().ok());
            return if unit.is_some_and(|(unit, raw)| unit.thousandths(raw).is_none()) {
                Fit::Loose
            } else {
                Fit::Exact
            };
        }
        // `0001` is rather an area code than a state.
        let is_code = self.kind() == FieldKind::Number && value.len() > 3;
        if !is_code && self.meaning(text).is_some() { Fit::Exact } else { Fit::Loose }
    }
}

impl FieldKind {
    pub fn holds(self, value: &[u8], quoted: bool) -> bool {
        let digits = |value: &[u8]| !value.is_empty() && value.iter().all(u8::is_ascii_digit);
        let hex = |value: &[u8]| !value.is_empty() && value.iter().all(u8::is_ascii_hexdigit);
        match self {
            FieldKind::Any | FieldKind::Text => true,
            FieldKind::Number => !quoted && value.len() <= 12 && digits(value.strip_prefix(b"-").unwrap_or(value)),
            FieldKind::Decimal => {
                let number: &[u8] = value.strip_prefix(b"-").unwrap_or(value);
                let end =
                    number.iter().position(|byte| !byte.is_ascii_digit() && *byte != b'.').unwrap_or(number.len());
                let (number, unit) = number.split_at_checked(end).unwrap_or((number, &[]));
                number.first().is_some_and(u8::is_ascii_digit)
                    && number.iter().filter(|byte| **byte == b'.').count() <= 1
                    && unit.len() <= 3
                    && unit.iter().all(u8::is_ascii_alphabetic)
            }
            FieldKind::Hex => {
                let value = value.strip_prefix(b"0x").or_else(|| value.strip_prefix(b"0X")).unwrap_or(value);
                value.iter().all(|byte| byte.is_ascii_hexdigit() || *byte == b' ') && hex(value.trim_ascii())
            }
            FieldKind::Area => hex(value) && (quoted || value.len() >= 3),
            FieldKind::Quoted => quoted,
            FieldKind::Word => !quoted && !digits(value),
            FieldKind::Address => {
                value.len() >= 3 && value.iter().all(|byte| byte.is_ascii_hexdigit() || b".:".contains(byte))
            }
            FieldKind::Network => digits(value) && (5..=6).contains(&value.len()),
            FieldKind::Timer2 | FieldKind::Timer3 => value.len() == 8 && value.iter().all(|byte| b"01".contains(byte)),
            FieldKind::Iccid => {
                let number = value.strip_suffix(b"F").or_else(|| value.strip_suffix(b"f")).unwrap_or(value);
                (18..=20).contains(&number.len()) && hex(number)
            }
            FieldKind::Imei => digits(value) && (14..=16).contains(&value.len()),
            FieldKind::Imsi => digits(value) && (6..=15).contains(&value.len()),
            FieldKind::Zone => {
                let quarters = value.strip_prefix(b"-").or_else(|| value.strip_prefix(b"+")).unwrap_or(value);
                quarters.len() <= 2 && digits(quarters)
            }
            FieldKind::Time => {
                value.len() >= 17
                    && value.iter().zip(b"00/00/00,00:00:00").all(|(byte, form)| match form {
                        b'0' => byte.is_ascii_digit(),
                        form => byte == form,
                    })
            }
        }
    }
}
