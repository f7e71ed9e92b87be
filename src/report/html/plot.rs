//! Distributions as small plots: how long it took, and each column of numbers that differ, such as the signal.

use super::Escaped;
use crate::report::csv::distinct;
use crate::report::result::RunResult;

const BINS: usize = 24;
/// Plots beside that of the time
const MOST: usize = 5;
pub(super) const WIDTH: u16 = 288;
pub(super) const HEIGHT: u16 = 80;

pub(super) fn section(results: &[RunResult]) -> String {
    let times: Vec<f64> = results.iter().map(|result| seconds(result.elapsed_ms)).collect();
    let mut plots: Vec<String> = histogram("Time in seconds", &times).into_iter().collect();
    let mut names = distinct(results.iter().flat_map(|result| result.report.keys()));
    // What says how good the radio is comes first.
    names.sort_by_key(|name| !["signal", "rssi", "rsrp", "rsrq", "sinr"].contains(name));
    let columns = names.into_iter().filter_map(|name| {
        let numbers = results.iter().filter_map(|result| result.report.get(name)?.as_f64());
        histogram(name, &numbers.collect::<Vec<_>>())
    });
    plots.extend(columns.take(MOST));
    if plots.is_empty() {
        return String::new();
    }
    let plots = plots.concat();
    format!("<section id=\"plots\">\n<h2>Distributions</h2>\n<div class=\"plots\">\n{plots}</div>\n</section>\n")
}

#[allow(clippy::cast_precision_loss, reason = "a time in a plot needs no more digits")]
fn seconds(milliseconds: u64) -> f64 {
    milliseconds as f64 / 1000.0
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
    let span = most - least;
    if sorted.len() < 3 || span <= 0.0 || !span.is_finite() {
        return None;
    }
    // Whole numbers have a bin each, if there are few.
    let each = sorted.iter().all(|value| value.fract() == 0.0) && span < BINS as f64;
    let (bins, step) = if each { (span as usize + 1, 1.0) } else { (BINS, span / BINS as f64) };
    let mut counts = vec![0_usize; bins];
    for value in &sorted {
        let place = ((value - least) / step) as usize;
        if let Some(count) = counts.get_mut(place.min(bins - 1)) {
            *count += 1;
        }
    }
    let highest = counts.iter().copied().max().unwrap_or(1).max(1);
    let width = f64::from(WIDTH) / bins as f64;
    let mut bars = String::new();
    for (place, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        let height = (*count as f64 / highest as f64 * f64::from(HEIGHT - 4)).max(1.5);
        let from = number(least + step * place as f64);
        let range = if each { from } else { format!("{from} to {}", number(least + step * (place + 1) as f64)) };
        bars.push_str(&format!(
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{height:.1}\"><title>{range}: {count}</title></rect>",
            place as f64 * width,
            f64::from(HEIGHT) - height,
            (width - 1.0).max(1.0),
        ));
    }
    let median = number(sorted.get(sorted.len() / 2).copied().unwrap_or(least));
    let (from, to) = (number(least), number(most));
    Some(format!(
        "<figure><figcaption>{}</figcaption><svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
         aria-label=\"from {from} to {to}, median {median}\">{bars}</svg>\
         <p class=\"axis\"><span>{from}</span><span>median {median}</span><span>{to}</span></p></figure>\n",
        Escaped(name),
    ))
}

/// As few digits as tell.
pub(super) fn number(value: f64) -> String {
    if value.fract() == 0.0 {
        format!("{value:.0}")
    } else if value.abs() < 10.0 {
        format!("{value:.2}")
    } else {
        format!("{value:.1}")
    }
}
