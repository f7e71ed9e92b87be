//! What `capture` takes out of lines: parameters by the AT rules, or the holes of a pattern.
//!
//! Of several lines the first that conforms is taken: that has all the parameters, and each of the kind that is asked
//! for. What kept the first line from conforming is what a failure tells.

use crate::at::parameters::{Kind, Parameter, parameters, prefix_length, split_prefix};
use crate::at::{Line, Question};
use crate::check::{Captures, Hole};
use crate::notation::text;
use crate::syntax::ast::{Convert, Field};
use crate::value::{Record, Value};

/// A name and its value.
pub(super) type Captured = Vec<(String, Value)>;

/// Why nothing was captured.
#[derive(Debug, PartialEq)]
pub(super) enum Miss {
    /// There is no line
    NoLine,
    /// The line has no such parameter: the field's place, from 0
    Missing { line: String, field: usize },
    /// The parameter is of another kind
    Convert { line: String, name: String, value: String, convert: Convert },
    /// No line matches the pattern
    NoMatch,
}

/// `capture rssi:int, ber`, from the answer to this question; `None` where nothing was asked
pub(super) fn fields(fields: &[Field], lines: &[Line], question: Option<&Question>) -> Result<Captured, Miss> {
    let mut first_miss = None;
    for line in with_parameters(lines, question) {
        match conforms(fields, &line.bytes) {
            Ok(captured) => return Ok(captured),
            Err(miss) => {
                first_miss.get_or_insert(miss);
            }
        }
    }
    match first_miss {
        Some(miss) => Err(miss),
        // A line that may lack all of them may be missing itself: AT+CNUM of a SIM without a number.
        None if fields.iter().all(|field| field.optional) => take(fields, std::iter::empty(), b""),
        None => Err(Miss::NoLine),
    }
}

/// `capture all cid:int, type, apn as contexts`: a record for each line, or for each parenthesised group of one.
pub(super) fn all(fields: &[Field], lines: &[Line], question: Option<&Question>) -> Result<Value, Miss> {
    let mut records = Vec::new();
    for line in with_parameters(lines, question) {
        let (_, list) = split_prefix(&line.bytes);
        match parameters(list).next() {
            Some(first) if first.kind == Kind::Group => groups(fields, line, &mut records)?,
            Some(_) | None => records.push(record(conforms(fields, &line.bytes)?)),
        }
    }
    Ok(Value::list(records))
}

/// The holes of a pattern that has matched `line`.
pub(super) fn holes(line: &[u8], captures: &Captures<'_, '_>) -> Result<Captured, Miss> {
    captures
        .iter()
        .map(|(hole, found)| {
            let Hole { name, convert, optional } = hole;
            match found {
                None => Ok((name.clone(), Value::text(""))),
                Some(value) => self::convert(value, *convert, *optional)
                    .map(|converted| (name.clone(), converted))
                    .ok_or_else(|| no_conversion(line, name, value, *convert)),
            }
        })
        .collect()
}

/// The lines that carry the question's prefix, where there are any, or else any prefix: others are the text under a
/// header, which may look like anything.
fn with_parameters<'l>(lines: &'l [Line], question: Option<&Question>) -> impl Iterator<Item = &'l Line> {
    let of_question = move |line: &Line| question.is_some_and(|question| question.form_of(&line.bytes).is_some());
    let has_prefix = |line: &Line| prefix_length(&line.bytes).is_some();
    // Of one line there is no choice.
    let is_choice = lines.len() > 1;
    let any_of_question = is_choice && lines.iter().any(of_question);
    let any_prefix = is_choice && !any_of_question && lines.iter().any(has_prefix);
    let is_wanted = move |line: &&Line| match (any_of_question, any_prefix) {
        (true, _) => of_question(line),
        (false, true) => has_prefix(line),
        (false, false) => true,
    };
    lines.iter().filter(is_wanted)
}

fn conforms(fields: &[Field], line: &[u8]) -> Result<Captured, Miss> {
    let (prefix, list) = split_prefix(line);
    // A bare line is a text of its own: `SIMCOM, Incorporated` is one manufacturer.
    if let (None, [field]) = (prefix, fields) {
        let mut only = parameters(list);
        return match (only.next(), only.next()) {
            (Some(parameter), None) => take(fields, std::iter::once(parameter), line),
            (None, _) => take(fields, std::iter::empty(), line),
            (Some(_), Some(_)) => {
                let whole = Parameter { value: list.trim_ascii(), kind: Kind::Bare, range: 0..list.len() };
                take(std::slice::from_ref(field), std::iter::once(whole), line)
            }
        };
    }
    take(fields, parameters(list), line)
}

fn take<'l>(
    fields: &[Field],
    mut parameters: impl Iterator<Item = Parameter<'l>>,
    line: &[u8],
) -> Result<Captured, Miss> {
    let mut captured = Vec::with_capacity(fields.len());
    for (index, field) in fields.iter().enumerate() {
        let parameter = parameters.next();
        let value = match &parameter {
            Some(parameter) => convert(parameter.value, field.convert, field.optional),
            None if field.optional => Some(Value::text("")),
            None => return Err(Miss::Missing { line: text(line).into_owned(), field: index }),
        };
        let Some(name) = &field.name else { continue };
        match value {
            Some(value) => captured.push((name.value.clone(), value)),
            None => {
                let value = parameter.map(|parameter| parameter.value).unwrap_or_default();
                return Err(no_conversion(line, &name.value, value, field.convert));
            }
        }
    }
    Ok(captured)
}

/// The groups of a line such as `+COPS: (2,"EE","EE","23440",7),(1,…),,(0-4),(0-2)`.
///
/// Behind an empty parameter stand the values that the command takes, no more records (27.007 §7.3). Some modems leave
/// the empty parameter out; then the groups without quotes are not of the kind of the first.
fn groups(fields: &[Field], line: &Line, records: &mut Vec<Value>) -> Result<(), Miss> {
    let (_, list) = split_prefix(&line.bytes);
    let mut quoted = None;
    for group in parameters(list).take_while(|parameter| parameter.kind == Kind::Group) {
        let has_quotes = group.inner().any(|parameter| parameter.kind == Kind::Quoted);
        if *quoted.get_or_insert(has_quotes) && !has_quotes {
            break;
        }
        records.push(record(take(fields, group.inner(), &line.bytes)?));
    }
    Ok(())
}

fn record(captured: Captured) -> Value {
    let mut record = Record::new();
    captured.into_iter().for_each(|(name, value)| record.set(name, value));
    Value::record(record)
}

fn convert(value: &[u8], convert: Convert, optional: bool) -> Option<Value> {
    if optional && value.is_empty() {
        return Some(Value::text(""));
    }
    match convert {
        Convert::Text => Some(Value::text(text(value))),
        Convert::Int => std::str::from_utf8(value).ok()?.trim().parse().ok().map(Value::Int),
        Convert::Hex => hex(std::str::from_utf8(value).ok()?.trim()).map(Value::Int),
    }
}

/// `2CF7`, `0x2cf7`
pub(super) fn hex(text: &str) -> Option<i64> {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
    // A sign is no digit, whatever the standard library thinks of it.
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    i64::from_str_radix(digits, 16).ok()
}

fn no_conversion(line: &[u8], name: &str, value: &[u8], convert: Convert) -> Miss {
    Miss::Convert { line: text(line).into_owned(), name: name.to_owned(), value: text(value).into_owned(), convert }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::at::{Expected, PromptPlan};
    use crate::source::{Span, Spanned};

    fn field(text: &str) -> Field {
        let (text, optional) = text.strip_suffix('?').map_or((text, false), |text| (text, true));
        let (name, convert) = match text.split_once(':') {
            Some((name, "int")) => (name, Convert::Int),
            Some((name, "hex")) => (name, Convert::Hex),
            Some(_) | None => (text, Convert::Text),
        };
        let name = (name != "_").then(|| Spanned { value: name.to_owned(), span: Span::default() });
        Field { name, convert, optional, span: Span::default() }
    }

    fn list(text: &str) -> Vec<Field> {
        text.split(", ").map(field).collect()
    }

    fn asking(line: &str) -> Question {
        Question::new(line, Expected::default(), Duration::ZERO, PromptPlan::Unexpected)
    }

    fn lines(texts: &[&str]) -> Vec<Line> {
        texts.iter().map(|text| Line { bytes: text.as_bytes().to_vec() }).collect()
    }

    fn captured(asked: &str, answer: &[&str]) -> String {
        match fields(&list(asked), &lines(answer), None) {
            Ok(captured) => record(captured).to_string(),
            Err(miss) => format!("{miss:?}"),
        }
    }

    #[test]
    fn parameters_go_to_names_in_order() {
        assert_eq!(captured("rssi:int, ber:int", &["+CSQ: 18,99"]), "{rssi = 18, ber = 99}");
        assert_eq!(captured("_, stat:int", &["+CREG: 2,5,\"2CF7\",\"8A5A782\",6"]), "{stat = 5}");
        assert_eq!(captured("_, _, lac:hex", &["+CREG: 2,5,\"2CF7\",\"8A5A782\",6"]), "{lac = 11511}");
        assert_eq!(captured("code", &["+CPIN: SIM PIN"]), "{code = \"SIM PIN\"}");
    }

    #[test]
    fn a_bare_line_is_one_text() {
        assert_eq!(captured("imei", &["490154203237518"]), "{imei = \"490154203237518\"}");
        assert_eq!(
            captured("maker", &["Sierra Wireless, Incorporated"]),
            "{maker = \"Sierra Wireless, Incorporated\"}"
        );
        assert_eq!(captured("model", &["\"MC60\""]), "{model = \"MC60\"}");
        assert_eq!(captured("a, b", &["1,2"]), "{a = \"1\", b = \"2\"}");
    }

    #[test]
    fn an_optional_parameter_is_empty_where_it_is_not() {
        assert_eq!(captured("mode:int, act:int?", &["+COPS: 0"]), "{mode = 0, act = \"\"}");
        assert_eq!(
            captured("n:int, stat:int, lac:hex?", &["+CREG: 2,,"]),
            "Convert { line: \"+CREG: 2,,\", name: \"stat\", value: \"\", convert: Int }"
        );
        assert_eq!(captured("n:int, stat:int?, lac:hex?", &["+CREG: 2,,"]), "{n = 2, stat = \"\", lac = \"\"}");
    }

    #[test]
    fn a_parameter_that_is_missing_or_of_another_kind_fails() {
        assert_eq!(captured("a, b", &["+X: 1"]), "Missing { line: \"+X: 1\", field: 1 }");
        assert_eq!(
            captured("a:int", &["+X: 18 dBm"]),
            "Convert { line: \"+X: 18 dBm\", name: \"a\", value: \"18 dBm\", convert: Int }"
        );
        assert_eq!(
            captured("a:hex", &["+X: +1F"]),
            "Convert { line: \"+X: +1F\", name: \"a\", value: \"+1F\", convert: Hex }"
        );
        assert_eq!(captured("a", &[]), "NoLine");
    }

    #[test]
    fn the_first_line_that_conforms_is_taken() {
        assert_eq!(captured("cid:int, apn", &["+X: one,a", "+X: 2,b", "+X: 3,c"]), "{cid = 2, apn = \"b\"}");
        assert_eq!(
            captured("status, from", &["+CMGR: \"REC READ\",\"000\"", "x,y"]),
            "{status = \"REC READ\", from = \"000\"}"
        );
    }

    #[test]
    fn lines_with_another_prefix_are_text_under_a_header() {
        let answer = ["+CMGL: 1,\"REC READ\",\"000\"", "+Bank: 99, approved, +49999", "+CMGL: 2,\"REC READ\",\"111\""];
        let found = all(&list("index:int, status, from"), &lines(&answer), Some(&asking("AT+CMGL"))).unwrap();
        assert_eq!(
            found.to_string(),
            "[{index = 1, status = \"REC READ\", from = \"000\"}, {index = 2, status = \"REC READ\", from = \"111\"}]"
        );
        let found = fields(&list("index:int"), &lines(&["+Bank: 99", "+CMGR: 3"]), Some(&asking("AT+cmgr"))).unwrap();
        assert_eq!(record(found).to_string(), "{index = 3}");
        // A modem that answers with another name is understood all the same.
        let found = fields(&list("iccid"), &lines(&["+ICCID: 89"]), Some(&asking("AT+CCID"))).unwrap();
        assert_eq!(record(found).to_string(), "{iccid = \"89\"}");
    }

    #[test]
    fn where_all_may_be_missing_the_line_may_be() {
        assert_eq!(captured("number?, type:int?", &[]), "{number = \"\", type = \"\"}");
        assert_eq!(captured("number?, type:int", &[]), "NoLine");
    }

    fn records(asked: &str, answer: &[&str]) -> String {
        match all(&list(asked), &lines(answer), None) {
            Ok(value) => value.to_string(),
            Err(miss) => format!("{miss:?}"),
        }
    }

    #[test]
    fn a_record_for_each_line() {
        let answer = ["+CGDCONT: 1,\"IP\",\"super\"", "+CGDCONT: 2,\"IPV6\",\"\""];
        assert_eq!(
            records("cid:int, type, apn", &answer),
            "[{cid = 1, type = \"IP\", apn = \"super\"}, {cid = 2, type = \"IPV6\", apn = \"\"}]"
        );
        assert_eq!(records("cid:int", &[]), "[]");
        assert!(records("cid:int, x", &["+X: 1,2", "+X: 3"]).starts_with("Missing"));
        assert_eq!(
            records("index:int, stat", &["+CMGL: 1,\"REC READ\"", "hello, there"]),
            "[{index = 1, stat = \"REC READ\"}]"
        );
    }

    #[test]
    fn a_record_for_each_group() {
        let scan = "+COPS: (2,\"EE\",\"EE\",\"23440\",7),(1,\"\",\"\",\"23410\"),,(0,1,2,3,4),(0,1,2)";
        let expected = "[{stat = 2, code = \"23440\", act = 7}, {stat = 1, code = \"23410\", act = \"\"}]";
        assert_eq!(records("stat:int, _, _, code, act:int?", &[scan]), expected);
        let without_gap = "+COPS: (2,\"EE\",\"EE\",\"23440\",7),(1,\"\",\"\",\"23410\"),(0-4),(0-2)";
        assert_eq!(records("stat:int, _, _, code, act:int?", &[without_gap]), expected);
        let a_line_each = ["+COPS: (2,\"EE\",\"EE\",\"23440\",7)", "+COPS: (1,\"\",\"\",\"23410\")"];
        assert_eq!(records("stat:int, _, _, code, act:int?", &a_line_each), expected);
    }
}
