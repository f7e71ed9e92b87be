//! The run in time: a bar for each modem from its start to its end, in as many lanes as ran at the same time.

use super::Escaped;
use super::conversation::anchor;
use crate::notation::seconds;
use crate::port::Timestamp;
use crate::report::result::RunResult;

const WIDTH: u64 = 960;
/// Of all lanes together
const HEIGHT: usize = 240;
/// Beyond that a browser has trouble with the picture, and a person too.
const MOST_BARS: usize = 5000;

struct Bar<'r> {
    result: &'r RunResult,
    /// Milliseconds since 1970
    start: u64,
    end: u64,
}

/// How long all took together; none where a time cannot be read.
pub(super) fn length(results: &[RunResult]) -> Option<u64> {
    let bars = bars(results);
    Some(bars.iter().map(|bar| bar.end).max()? - bars.iter().map(|bar| bar.start).min()?)
}

pub(super) fn section(results: &[RunResult]) -> String {
    let mut bars = bars(results);
    let (Some(start), Some(end)) = (bars.iter().map(|bar| bar.start).min(), bars.iter().map(|bar| bar.end).max())
    else {
        return String::new();
    };
    if bars.len() < 2 || bars.len() > MOST_BARS || end <= start {
        return String::new();
    }
    bars.sort_by_key(|bar| bar.start);
    // When each lane is free again, and which bar is in which.
    let mut lanes: Vec<u64> = Vec::new();
    let mut placed = Vec::new();
    for bar in &bars {
        match lanes.iter_mut().enumerate().find(|(_, free)| **free <= bar.start) {
            Some((lane, free)) => {
                *free = bar.end;
                placed.push(lane);
            }
            None => {
                placed.push(lanes.len());
                lanes.push(bar.end);
            }
        }
    }
    // In tenths of a pixel: many lanes are thin ones.
    let lane_height = (HEIGHT * 10 / lanes.len()).clamp(5, 120);
    let gap = if lane_height >= 40 { 10 } else { 0 };
    let scale = |time: u64| (time - start).saturating_mul(WIDTH * 10) / (end - start);
    let mut drawn = String::new();
    for (bar, lane) in bars.iter().zip(&placed) {
        let (from, to) = (scale(bar.start), scale(bar.end));
        drawn.push_str(&format!(
            "<a href=\"#{}\"><rect class=\"{status}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\">\
             <title>{} {status} in {}</title></rect></a>\n",
            anchor(&bar.result.modem),
            tenths(from),
            tenths((lane * lane_height) as u64),
            tenths((to - from).max(15)),
            tenths((lane_height - gap) as u64),
            Escaped(&bar.result.modem),
            seconds(bar.result.elapsed_ms),
            status = bar.result.status,
        ));
    }
    let height = tenths((lanes.len() * lane_height) as u64);
    format!(
        "<section id=\"timeline\">\n<h2>Timeline</h2>\n<svg class=\"timeline\" viewBox=\"0 0 {WIDTH} {height}\" \
         role=\"img\" aria-label=\"when each modem ran\">\n{drawn}</svg>\n\
         <p class=\"axis\"><span>0</span><span>{}</span><span>{}</span></p>\n</section>\n",
        seconds((end - start) / 2),
        seconds(end - start)
    )
}

fn tenths(value: u64) -> String {
    format!("{}.{}", value / 10, value % 10)
}

fn bars(results: &[RunResult]) -> Vec<Bar<'_>> {
    let bar = |result: &RunResult| -> Option<(u64, u64)> {
        let start = Timestamp::parse(&result.started)?.millis();
        Some((start, start.checked_add(result.elapsed_ms)?))
    };
    results.iter().filter_map(|result| bar(result).map(|(start, end)| Bar { result, start, end })).collect()
}
