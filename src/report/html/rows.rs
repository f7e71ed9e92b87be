//! The rows of `report row`: each column of numbers as a line over `at`, and the table itself.

use std::io::{self, Write};

use serde_json::Value;

use super::{Escaped, HEIGHT, WIDTH, number, unit};
use crate::port::Timestamp;
use crate::report::result::{add_row_names, shown};

/// A page is read by people: the file of rows (`--rows`) has all of them.
const MOST_SHOWN: usize = 1000;

pub(super) type ModemRows = (String, Vec<Value>);

pub(super) fn write(modems: &[ModemRows], writer: &mut dyn Write) -> io::Result<()> {
    let mut names = Vec::new();
    modems.iter().for_each(|(_, rows)| add_row_names(&mut names, rows));
    if names.is_empty() {
        return Ok(());
    }
    writeln!(writer, "<section id=\"rows\">\n<h2>Rows</h2>\n<div class=\"plots\">")?;
    for name in names.iter().filter(|name| *name != "at") {
        writer.write_all(lines(name, modems).unwrap_or_default().as_bytes())?;
    }
    writeln!(writer, "</div>\n<div class=\"wide\"><table><thead><tr><th>modem</th>")?;
    names.iter().try_for_each(|name| write!(writer, "<th>{}</th>", Escaped(name)))?;
    writeln!(writer, "</tr></thead><tbody>")?;
    let all = || modems.iter().flat_map(|(modem, rows)| rows.iter().map(move |row| (modem, row)));
    for (modem, row) in all().take(MOST_SHOWN) {
        write!(writer, "<tr><td>{}</td>", Escaped(modem))?;
        for name in &names {
            write!(writer, "<td>{}</td>", Escaped(&row.get(name).map(shown).unwrap_or_default()))?;
        }
        writeln!(writer, "</tr>")?;
    }
    writeln!(writer, "</tbody></table></div>")?;
    let count = all().count();
    if count > MOST_SHOWN {
        writeln!(writer, "<p class=\"sub\">The first {MOST_SHOWN} of {count} rows.</p>")?;
    }
    writeln!(writer, "</section>")
}

/// A column of numbers, a line for each modem; none where it has fewer than two.
fn lines(name: &str, modems: &[ModemRows]) -> Option<String> {
    let points = |(_, rows): &ModemRows| -> Vec<(f64, f64)> {
        let numbered = rows.iter().zip(0_u32..);
        numbered.filter_map(|(row, place)| Some((time(row, place), row.get(name)?.as_f64()?))).collect()
    };
    let all: Vec<Vec<(f64, f64)>> = modems.iter().map(points).filter(|points| points.len() > 1).collect();
    let range = |of: fn(&(f64, f64)) -> f64| {
        let (least, most) = all.iter().flatten().map(of).fold((f64::MAX, f64::MIN), |(a, b), v| (a.min(v), b.max(v)));
        (least, (most - least).max(f64::MIN_POSITIVE))
    };
    if all.is_empty() {
        return None;
    }
    let ((first, span), (least, height)) = (range(|point| point.0), range(|point| point.1));
    let scaled = |size: u16, part: f64| f64::from(size) * part;
    let line = |points: &Vec<(f64, f64)>| {
        let place = |(at, value): &(f64, f64)| {
            let (x, y) = (scaled(WIDTH, (at - first) / span), scaled(HEIGHT - 4, 1.0 - (value - least) / height) + 2.0);
            format!("{x:.1},{y:.1}")
        };
        format!("<polyline points=\"{}\"/>", points.iter().map(place).collect::<Vec<_>>().join(" "))
    };
    let (low, high, unit) = (number(least), number(least + height), unit(name));
    Some(format!(
        "<figure><figcaption>{}</figcaption><svg class=\"lines\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
         aria-label=\"from {low} to {high}\">{}</svg><p class=\"axis\"><span>{low}{unit}</span><span>to {high}{unit}</span></p></figure>\n",
        Escaped(name),
        all.iter().map(line).collect::<String>(),
    ))
}

/// When a row was reported: `at` as a number or a time of day, else its place.
#[allow(clippy::cast_precision_loss, reason = "a time in a plot needs no more digits")]
fn time(row: &Value, place: u32) -> f64 {
    let at = row.get("at");
    let time = |text: &str| Some(Timestamp::parse(text)?.millis() as f64);
    at.and_then(|at| at.as_f64().or_else(|| time(at.as_str()?))).unwrap_or_else(|| f64::from(place))
}
