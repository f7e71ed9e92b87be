//! Results as one page for people: self-contained, without a network and a framework; readable on a phone, printed, and
//! with scripts switched off.
//!
//! All that comes from a modem is escaped, and the page's own policy forbids any script but its own. The results are
//! walked through three times, and never held together: what the page says of all of them; the table; each modem.

mod rows;

use std::io::{self, Write};
use std::time::Duration;

use super::conversation::Meaning;
use super::csv::Columns;
use super::markup::Escaped;
use super::result::{RunResult, Walk, plural, shown};
use super::tally::{STATUSES, Tally, place};
use super::transcript::said_of;
use crate::notation::{as_counted, row_of, seconds};
use crate::port::Timestamp;
use crate::port::transcript::{Said, Who};
use crate::runtime::Status;

/// What a file begins with that this has written
pub(crate) const HEAD: &str = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
                               <meta name=\"generator\" content=\"Hayes\">\n";

const STYLE: &str = include_str!("html/style.css");
const SCRIPT: &str = include_str!("html/script.js");
/// SHA-256 of the script: the only one that may run.
const SCRIPT_HASH: &str = "KOuS+XmxA0OiOjBecatYrjDGzqHiEFO5F1xpKqxA0iA=";

/// More columns than that are left to the CSV.
const MOST_COLUMNS: usize = 16;

/// Writes the page. `record` gives the transcript of a modem's conversation, if it was kept.
pub fn write(
    walk: &Walk<'_>,
    record: &dyn Fn(&RunResult) -> Option<String>,
    meaning: Meaning,
    writer: &mut dyn Write,
) -> io::Result<()> {
    let mut all = Overview::default();
    walk(&mut |result| {
        all.add(result);
        Ok(())
    })?;
    let script = Escaped(all.script.as_deref().unwrap_or("no results"));
    write!(writer, include_str!("html/head.html"), HEAD, SCRIPT_HASH, script, STYLE)?;
    all.head(writer)?;
    writer.write_all(causes(&all.tally).as_bytes())?;
    writer.write_all(shares(&all.shares).as_bytes())?;
    writer.write_all(timeline(all.bars).as_bytes())?;
    writer.write_all(plots(all.numbers).as_bytes())?;
    table(walk, &all.columns, writer)?;
    rows::write(&all.rows, writer)?;
    writeln!(writer, "<section id=\"conversations\">\n<h2>Each modem</h2>")?;
    walk(&mut |result| {
        let record = record(result);
        writer.write_all(details(result, record.as_deref(), meaning).as_bytes())
    })?;
    let version = env!("CARGO_PKG_VERSION");
    write!(
        writer,
        "</section>\n<footer>Made by Hayes {version}</footer>\n<script>{SCRIPT}</script>\n</body>\n</html>\n"
    )
}

/// The table of all modems: a column for each label and each reported name. A script adds sorting and filtering.
fn table(walk: &Walk<'_>, columns: &Columns, writer: &mut dyn Write) -> io::Result<()> {
    let Columns { labels, reported, .. } = columns;
    let left_out = reported.len().saturating_sub(MOST_COLUMNS);
    let reported = reported.get(..MOST_COLUMNS).unwrap_or(reported);
    writer.write_all(include_bytes!("html/modems.html"))?;
    if left_out > 0 {
        writeln!(writer, "<p class=\"sub\">{left_out} more reported columns are in the CSV.</p>")?;
    }
    write!(writer, "<div class=\"scroll\"><table>\n<thead><tr><th>Modem</th><th>Status</th><th>Time</th>")?;
    labels.iter().chain(reported).try_for_each(|name| write!(writer, "<th>{}</th>", Escaped(name)))?;
    writeln!(writer, "</tr></thead>\n<tbody>")?;
    walk(&mut |result| {
        let status = result.status;
        // Beside the status it is read without scrolling, on a phone too.
        let why = result.failure.as_ref().map(|failure| failure.message.as_str()).or(result.skipped.as_deref());
        let why =
            why.map(|why| format!("<div class=\"why\" title=\"{0}\">{0}</div>", Escaped(why))).unwrap_or_default();
        write!(
            writer,
            "<tr data-status=\"{status}\"><td><a href=\"#{}\">{}</a></td><td class=\"what\">{}{why}</td>\
             <td data-v=\"{}\" class=\"n\">{}</td>",
            anchor(&result.modem),
            Escaped(&result.modem),
            shown_status(result),
            result.elapsed_ms,
            seconds(result.elapsed_ms)
        )?;
        for label in labels {
            let value = result.labels.get(label).map(String::as_str).unwrap_or_default();
            write!(writer, "<td>{}</td>", Escaped(value))?;
        }
        for name in reported {
            match result.report.get(name) {
                Some(serde_json::Value::Number(number)) => {
                    write!(writer, "<td data-v=\"{number}\" class=\"n\">{number}</td>")?;
                }
                other => write!(writer, "<td>{}</td>", Escaped(&other.map(shown).unwrap_or_default()))?,
            }
        }
        writeln!(writer, "</tr>")
    })?;
    writeln!(writer, "</tbody></table></div>\n</section>")
}

/// `● passed`, and whether that took more than one try.
fn shown_status(result: &RunResult) -> String {
    let flaky = if result.is_flaky() { " <span class=\"flaky\">flaky</span>" } else { "" };
    format!("<span class=\"status {status}\">{status}</span>{flaky}", status = result.status)
}

/// How many of those that have a value in common ended how, in the order of [`STATUSES`].
type Counts = [usize; STATUSES.len()];

/// What modems are compared by: what scripts report of them, and the inventory's groups and labels.
const COMPARED: [&str; 8] =
    ["operator", "model", "module", "manufacturer", "firmware", "revision", "registration", "network"];

/// So many values of one kind are told apart, and so many kinds.
const MOST_VALUES: usize = 200;
const MOST_KINDS: usize = 12;
/// Those that have most modems are shown.
const SHOWN_VALUES: usize = 12;

fn share(counts: &Counts) -> String {
    let parts = counts.iter().zip(STATUSES).filter(|(count, _)| **count > 0);
    let parts: String = parts
        .map(|(count, status)| {
            format!("<i class=\"{status}\" style=\"flex-grow:{count}\" title=\"{count} {status}\"></i>")
        })
        .collect();
    format!("<span class=\"share\">{parts}</span>")
}

fn shares(all: &[(String, Vec<(String, Counts)>)]) -> String {
    let mut text = String::new();
    for (kind, values) in all.iter().filter(|(_, values)| values.len() > 1 && values.len() < MOST_VALUES) {
        let mut values: Vec<(&str, &Counts, usize)> =
            values.iter().map(|(value, counts)| (value.as_str(), counts, counts.iter().sum())).collect();
        // A value of its own for each modem says nothing.
        if values.iter().all(|(.., count)| *count == 1) {
            continue;
        }
        values.sort_by_key(|(value, _, count)| (std::cmp::Reverse(*count), value.to_owned()));
        text.push_str(&format!("<figure class=\"by\"><figcaption>{}</figcaption><table>", Escaped(kind)));
        for (value, counts, count) in values.iter().take(SHOWN_VALUES) {
            let passed = counts.first().copied().unwrap_or_default();
            let (value, bar) = (Escaped(value), share(counts));
            text.push_str(&format!("<tr><th>{value}</th><td>{bar}</td><td class=\"n\">{passed}/{count}</td></tr>"));
        }
        text.push_str("</table>");
        if values.len() > SHOWN_VALUES {
            text.push_str(&format!("<p class=\"sub\">and {} more</p>", values.len() - SHOWN_VALUES));
        }
        text.push_str("</figure>\n");
    }
    section("shares", "Who passed", "div class=\"plots\"", &text)
}

#[derive(Default)]
struct Overview {
    tally: Tally,
    script: Option<String>,
    started: Option<String>,
    plans: bool,
    columns: Columns,
    bars: Vec<Bar>,
    rows: Vec<rows::ModemRows>,
    /// For each label that modems share, and each of its values: how many modems passed, failed and so on
    shares: Vec<(String, Vec<(String, Counts)>)>,
    /// The numbers of the time and of each reported column, by its name
    numbers: Vec<(String, Vec<f64>)>,
}

impl Overview {
    fn add(&mut self, result: &RunResult) {
        self.tally.add(result);
        self.columns.add(result);
        self.plans |= result.plan;
        self.script.get_or_insert_with(|| result.script.clone());
        if self.started.as_ref().is_none_or(|started| *started > result.started) {
            self.started = Some(result.started.clone());
        }
        self.bars.extend(Bar::new(result));
        if !result.rows.is_empty() {
            self.rows.push((result.modem.clone(), result.rows.clone()));
        }
        self.compare(result);
        let time = [(TIME, Duration::from_millis(result.elapsed_ms).as_secs_f64())];
        let reported = result.report.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_f64()?)));
        for (name, number) in time.into_iter().chain(reported) {
            let most = if BEST.contains(&name) { usize::MAX } else { MOST_NUMBERS };
            of_name(&mut self.numbers, name, most).into_iter().for_each(|numbers| numbers.push(number));
        }
    }

    fn compare(&mut self, result: &RunResult) {
        let reported = COMPARED.iter().filter_map(|name| Some((*name, result.report.get(*name)?.as_str()?)));
        let groups = result.groups.iter().map(|group| ("group", group.as_str()));
        let labels = result.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        for (kind, value) in reported.chain(groups).chain(labels) {
            let values = of_name(&mut self.shares, kind, MOST_KINDS);
            let counts = values.and_then(|values| of_name(values, value, MOST_VALUES));
            let same = counts.into_iter().flatten().zip(STATUSES).filter(|(_, status)| *status == result.status);
            same.for_each(|(count, _)| *count += 1);
        }
    }

    fn head(&self, writer: &mut dyn Write) -> io::Result<()> {
        let plan = if self.plans { " · a plan: nothing was changed" } else { "" };
        let script = Escaped(self.script.as_deref().unwrap_or("no results"));
        writeln!(writer, "<header>\n<h1>{script}</h1>")?;
        let all = plural(self.tally.count(&STATUSES) as u64, "modem");
        let (start, end) = (self.bars.iter().map(|bar| bar.start).min(), self.bars.iter().map(|bar| bar.end).max());
        let took = start.zip(end).map(|(start, end)| format!(" · {}", seconds(end - start))).unwrap_or_default();
        let started = self.started.as_deref().unwrap_or_default();
        let when = started.get(..19).unwrap_or(started).replace('T', " ");
        writeln!(writer, "<p class=\"sub\">{all} · {} UTC{took}{plan}</p>\n<ul class=\"totals\">", Escaped(&when))?;
        for status in STATUSES {
            let count = self.tally.count(&[status]);
            if count > 0 {
                writeln!(writer, "<li class=\"{status}\"><b>{count}</b> {status}</li>")?;
            }
        }
        let Tally { changed, unchanged, flaky, .. } = self.tally;
        if flaky > 0 {
            writeln!(writer, "<li><b>{flaky}</b> flaky</li>")?;
        }
        if changed > 0 || unchanged > 0 {
            writeln!(writer, "<li><b>{changed}</b> changed</li>\n<li><b>{unchanged}</b> unchanged</li>")?;
        }
        let counts = STATUSES.map(|status| self.tally.count(&[status]));
        let (passed, all) = (counts.first().copied().unwrap_or_default(), counts.iter().sum::<usize>());
        let percent = (passed * 100).checked_div(all).unwrap_or_default();
        writeln!(
            writer,
            "</ul>\n<div class=\"passing\" role=\"img\" aria-label=\"{percent} % passed\">{}<b>{percent} %</b></div>\n</header>",
            share(&counts)
        )
    }
}

/// What stands under this name in a list of at most so many; begun where it is not there yet.
fn of_name<'l, T: Default>(list: &'l mut Vec<(String, T)>, name: &str, most: usize) -> Option<&'l mut T> {
    let place = list.iter().position(|(known, _)| known == name).unwrap_or(list.len());
    if place == list.len() && place < most {
        list.push((name.to_owned(), T::default()));
    }
    list.get_mut(place).map(|(_, it)| it)
}

/// A part of the page under a heading; nothing where it is empty.
fn section(id: &str, title: &str, list: &str, content: &str) -> String {
    if content.is_empty() {
        return String::new();
    }
    let end = list.split(' ').next().unwrap_or_default();
    format!("<section id=\"{id}\">\n<h2>{title}</h2>\n<{list}>\n{content}</{end}>\n</section>\n")
}

fn causes(tally: &Tally) -> String {
    let mut text = String::new();
    for cause in tally.causes() {
        let count = cause.modems.len();
        text.push_str(&format!("<li><b class=\"count\">{count}</b><div><p>{}</p>", Escaped(&cause.message)));
        text.extend(cause.help.iter().map(|help| format!("<p class=\"help\">{}</p>", Escaped(help))));
        let modems = plural(count as u64, "modem");
        text.push_str(&format!(
            "<p class=\"code\">{}</p><details><summary>{modems}</summary><p>",
            Escaped(&cause.code)
        ));
        for (place, (name, own)) in cause.modems.iter().enumerate() {
            let comma = if place > 0 { ", " } else { "" };
            let own = if own.is_empty() { String::new() } else { format!(" ({})", Escaped(own)) };
            text.push_str(&format!("{comma}<a href=\"#{}\">{}</a>{own}", anchor(name), Escaped(name)));
        }
        text.push_str("</p></details></div></li>\n");
    }
    section("causes", "Why modems failed", "ol class=\"causes\"", &text)
}

const TIMELINE_WIDTH: u64 = 960;
/// Of all lanes together
const TIMELINE_HEIGHT: usize = 240;
/// Beyond that a browser has trouble with the picture, and a person too.
const MOST_BARS: usize = 5000;

struct Bar {
    modem: String,
    status: Status,
    /// Milliseconds since 1970
    start: u64,
    end: u64,
}

impl Bar {
    /// None where a time cannot be read.
    fn new(result: &RunResult) -> Option<Bar> {
        let start = Timestamp::parse(&result.started)?.millis();
        let end = start.checked_add(result.elapsed_ms)?;
        Some(Bar { modem: result.modem.clone(), status: result.status, start, end })
    }
}

/// The run in time: a bar for each modem from its start to its end, in as many lanes as ran at the same time.
fn timeline(mut bars: Vec<Bar>) -> String {
    let (Some(start), Some(end)) = (bars.iter().map(|bar| bar.start).min(), bars.iter().map(|bar| bar.end).max())
    else {
        return String::new();
    };
    if bars.len() < 2 || bars.len() > MOST_BARS || end <= start {
        return String::new();
    }
    // Those that began together stand as their names count. What is drawn of one takes some room, however short it was.
    let moment = (end - start) / 100 + 1;
    let least = (end - start) / 640 + 1;
    bars.sort_by(|one, other| {
        let began = |bar: &Bar| (bar.start - start) / moment;
        began(one).cmp(&began(other)).then_with(|| as_counted(&one.modem).cmp(as_counted(&other.modem)))
    });
    // When each lane is free again, and which bar is in which.
    let mut lanes: Vec<u64> = Vec::new();
    let mut placed = Vec::new();
    for bar in &bars {
        let lane = lanes.iter().position(|free| *free <= bar.start).unwrap_or(lanes.len());
        match lanes.get_mut(lane) {
            Some(free) => *free = bar.end.max(bar.start + least),
            None => lanes.push(bar.end.max(bar.start + least)),
        }
        placed.push(lane);
    }
    // In tenths of a pixel: many lanes are thin ones.
    let lane_height = (TIMELINE_HEIGHT * 10 / lanes.len()).clamp(5, 120);
    let gap = if lane_height >= 40 { 10 } else { 0 };
    let scale = |time: u64| (time - start).saturating_mul(TIMELINE_WIDTH * 10) / (end - start);
    let mut drawn = String::new();
    for (bar, lane) in bars.iter().zip(&placed) {
        let (from, to) = (scale(bar.start), scale(bar.end));
        drawn.push_str(&format!(
            "<a href=\"#{}\"><rect class=\"{status}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\">\
             <title>{} {status} in {}</title></rect></a>\n",
            anchor(&bar.modem),
            tenths(from),
            tenths((lane * lane_height) as u64),
            tenths((to - from).max(15)),
            tenths((lane_height - gap) as u64),
            Escaped(&bar.modem),
            seconds(bar.end - bar.start),
            status = bar.status,
        ));
    }
    let height = tenths((lanes.len() * lane_height) as u64);
    // Names where there is room for them: a letter is some 6 pixels wide.
    let mut names = String::new();
    for (bar, lane) in bars.iter().zip(&placed).filter(|_| lane_height >= 100) {
        let (from, to) = (scale(bar.start), scale(bar.end));
        if (to - from) / 60 > bar.modem.chars().count() as u64 {
            let (x, y) = (tenths(from + 30), tenths((lane * lane_height + 80) as u64));
            names.push_str(&format!("<text x=\"{x}\" y=\"{y}\">{}</text>\n", Escaped(&bar.modem)));
        }
    }
    format!(
        "<section id=\"timeline\">\n<h2>Timeline</h2>\n<svg class=\"timeline\" viewBox=\"0 0 {TIMELINE_WIDTH} {height}\" \
         role=\"img\" aria-label=\"when each modem ran\">\n{drawn}{names}</svg>\n\
         <p class=\"axis\"><span>0</span><span>{}</span><span>{}</span></p>\n</section>\n",
        seconds((end - start) / 2),
        seconds(end - start)
    )
}

fn tenths(value: u64) -> String {
    format!("{}.{}", value / 10, value % 10)
}

/// A power of two: the factor from one bin to the next is found by square roots.
const BINS: usize = 32;
/// So many times the median is far out.
const OUTLIER: f64 = 20.0;
/// Plots beside that of the time
const MOST_PLOTS: usize = 5;
const WIDTH: u16 = 288;
const HEIGHT: u16 = 80;

/// At most this many columns of numbers are kept, and the columns of [`BEST`].
const MOST_NUMBERS: usize = 32;
const TIME: &str = "Time";
/// These columns come first: the time, then what tells how good the radio is.
const BEST: [&str; 6] = [TIME, "signal", "rssi", "rsrp", "rsrq", "sinr"];

/// Distributions as small plots: how long it took, and each column of numbers that differ, such as the signal.
fn plots(mut numbers: Vec<(String, Vec<f64>)>) -> String {
    numbers.sort_by_key(|(name, _)| (name != TIME, !BEST.contains(&name.as_str())));
    let drawn = numbers.iter().filter_map(|(name, values)| Some((name == TIME, histogram(name, values)?)));
    let mut others = 0;
    let wanted = drawn.filter(|(is_time, _)| {
        others += usize::from(!is_time);
        *is_time || others <= MOST_PLOTS
    });
    let plots: String = wanted.map(|(_, plot)| plot).collect();
    section("plots", "Distributions", "div class=\"plots\"", &plots)
}

/// None where all values are alike: then there is nothing to see.
#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a bin's number is small, and a float that is out of range saturates"
)]
fn histogram(name: &str, values: &[f64]) -> Option<String> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    let (least, most) = (*sorted.first()?, *sorted.last()?);
    if sorted.len() < 3 || most <= least || !(most - least).is_finite() {
        return None;
    }
    let middle = sorted.get(sorted.len() / 2).copied().unwrap_or(least);
    // One that is far out would press all others into the first bin: then a bin is a factor, not a step.
    let is_logarithmic = least > 0.0 && most > OUTLIER * middle;
    // Whole numbers have a bin each, if there are few.
    let each = !is_logarithmic && sorted.iter().all(|value| value.fract() == 0.0) && most - least < BINS as f64;
    let bins = if each { (most - least) as usize + 1 } else { BINS };
    // With exp and ln every run of the program would load the mathematical library.
    let factor = (0..BINS.ilog2()).fold(most / least, |factor, _| factor.sqrt());
    let step = if each { 1.0 } else { (most - least) / BINS as f64 };
    let begin = |bin: usize| if is_logarithmic { least * factor.powi(bin as i32) } else { least + step * bin as f64 };
    let edges: Vec<f64> = (1..bins).map(begin).collect();
    let mut counts = vec![0_usize; bins];
    for value in &sorted {
        let bin = edges.partition_point(|edge| edge <= value);
        counts.iter_mut().skip(bin).take(1).for_each(|count| *count += 1);
    }
    let unit = unit(name);
    // A long time is no number of seconds to read.
    let shown = |value: f64| match name {
        "Time" => seconds((value * 1000.0) as u64),
        _ => format!("{}{unit}", number(value)),
    };
    let highest = counts.iter().copied().max().unwrap_or(1).max(1);
    let width = f64::from(WIDTH) / bins as f64;
    let mut bars = String::new();
    for (place, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        let height = (*count as f64 / highest as f64 * f64::from(HEIGHT - 4)).max(1.5);
        let end = |place: usize| shown(begin(place));
        let range = if each { end(place) } else { format!("{} to {}", end(place), end(place + 1)) };
        bars.push_str(&format!(
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{height:.1}\"><title>{range}: {count}</title></rect>",
            place as f64 * width,
            f64::from(HEIGHT) - height,
            (width - 1.0).max(1.0),
        ));
    }
    let (from, to, median) = (shown(least), shown(most), shown(middle));
    let scale = if is_logarithmic { ", logarithmic" } else { "" };
    Some(format!(
        "<figure><figcaption>{}{scale}</figcaption><svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
         aria-label=\"from {from} to {to}, median {median}\">{bars}</svg>\
         <p class=\"axis\"><span>{from}</span><span>median {median}</span><span>{to}</span></p></figure>\n",
        Escaped(name),
    ))
}

/// The unit of what is reported under a name; empty where it has none.
fn unit(name: &str) -> String {
    let of = |name: &str| row_of(include_str!("html/units.md"), name);
    let ending = name.rfind('_').and_then(|at| name.get(at..)).unwrap_or_default();
    of(name).or_else(|| of(ending)).map(|unit| format!("\u{a0}{unit}")).unwrap_or_default()
}

fn number(value: f64) -> String {
    let decimals = match value.abs() {
        whole if whole.fract() == 0.0 => 0,
        small if small < 10.0 => 2,
        _ => 1,
    };
    format!("{value:.decimals$}")
}

/// The anchor that links to a modem: its name; a character that is no letter, digit or hyphen stands as hex.
fn anchor(modem: &str) -> String {
    let mut anchor = String::from("m-");
    for byte in modem.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' => anchor.push(char::from(byte)),
            other => anchor.push_str(&format!("_{other:02x}")),
        }
    }
    anchor
}

/// A block that opens: with scripts by a click on the modem's name, without them by a click on itself.
fn details(result: &RunResult, record: Option<&str>, meaning: Meaning) -> String {
    let mut text = format!(
        "<details class=\"modem\" id=\"{}\">\n<summary><b>{}</b> {} <span class=\"sub\">{} · {}</span></summary>\n",
        anchor(&result.modem),
        Escaped(&result.modem),
        shown_status(result),
        Escaped(&result.port),
        seconds(result.elapsed_ms),
    );
    for (number, earlier) in (1..).zip(&result.earlier) {
        text.push_str(&format!("<p class=\"help\">try {number} failed: {}</p>\n", Escaped(&earlier.message)));
    }
    text.extend(result.skipped.iter().map(|why| format!("<p>{}</p>\n", Escaped(why))));
    if let Some(failure) = &result.failure {
        let place = place(failure).map(|place| format!(" <span class=\"sub\">{}</span>", Escaped(&place)));
        text.push_str(&format!("<p class=\"why\">{}{}</p>\n", Escaped(&failure.message), place.unwrap_or_default()));
        text.extend(failure.help.iter().map(|help| format!("<p class=\"help\">{}</p>\n", Escaped(help))));
    }
    if !result.report.is_empty() {
        text.push_str("<dl>");
        for (name, value) in &result.report {
            text.push_str(&format!("<div><dt>{}</dt><dd>{}</dd></div>", Escaped(name), Escaped(&shown(value))));
        }
        text.push_str("</dl>\n");
    }
    text.push_str(&said(result, record, meaning));
    text + "</details>\n"
}

fn said(result: &RunResult, record: Option<&str>, meaning: Meaning) -> String {
    let lines: String = said_of(result, record, meaning).iter().map(line).collect();
    if lines.is_empty() {
        return "<p class=\"sub\">The conversation was not kept; --record FOLDER keeps all.</p>\n".to_owned();
    }
    format!("<ol class=\"said\">\n{lines}</ol>\n")
}

fn line((said, meaning): &(Said<'_>, Option<String>)) -> String {
    let class = match said.who {
        Who::Computer => "sent",
        Who::Modem => "got",
        Who::Note => "note",
    };
    let beside = meaning.as_ref().map(|words| format!(" <i>{}</i>", Escaped(words))).unwrap_or_default();
    let (at, text) = (Escaped(said.at), Escaped(said.line()));
    format!("<li class=\"{class}\"><time>{at}</time><code>{text}</code>{beside}</li>\n")
}

#[cfg(test)]
#[path = "../../tests/units/html.rs"]
mod tests;
