//! The picture in the README, `docs/session.svg`: what a terminal shows of a script that runs, and of one that fails.
//! It is made here, so that it shows what the program says now (`BLESS=1` writes it), in light and in dark.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use regex::Regex;
use unicode_width::UnicodeWidthStr;

use crate::docs::is_made;
use crate::folder::Folder;

const SCRIPT: &str = r#"AT+CMEE=2
AT+CPIN?
  expect "+CPIN: READY"
AT+CSQ
  capture rssi:int, _
ensure AT+CGDCONT? answers '+CGDCONT: 1,"IP","super"' else {
  AT+CGDCONT=1,"IP","super"
}
report signal = dbm(rssi)
"#;
const COMMANDS: [&str; 3] = [
    "cat first.hayes",
    "hayes run first.hayes -p 'sim:bg96?time=virtual'",
    "hayes run first.hayes -q -p 'sim:bg96?sim=absent&time=virtual'",
];
const COLUMNS: usize = 92;

#[test]
fn picture() {
    let folder = Folder::new();
    fs::write(folder.0.join("first.hayes"), SCRIPT).unwrap();
    let mut shown = String::new();
    for line in COMMANDS {
        writeln!(shown, "\x1b[2m$\x1b[0m \x1b[1m{line}\x1b[0m").unwrap();
        let program = Path::new(env!("CARGO_BIN_EXE_hayes")).parent().unwrap();
        let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
        let output = Command::new("sh")
            .args(["-c", &format!("hayes() {{ command hayes --color always \"$@\"; }}; {line} 2>&1")])
            .current_dir(&folder.0)
            .envs([("COLUMNS", &COLUMNS.to_string()), ("PATH", &path)])
            .env_remove("NO_COLOR")
            .output()
            .unwrap();
        shown.push_str(String::from_utf8(output.stdout).unwrap().trim_end());
        shown.push_str("\n\n");
    }
    is_made("docs/session.svg", &drawn(shown.trim_end()));
}

/// A terminal's text, with its colours, as an SVG.
fn drawn(text: &str) -> String {
    const CELL: f64 = 8.0;
    const LINE: usize = 19;
    let escape = Regex::new("\x1b\\[([0-9;]*)m").unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let (width, height) = (COLUMNS * CELL as usize + 32, lines.len() * LINE + 32);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         role=\"img\" aria-label=\"A script is shown, run on a simulated modem, and run again without a SIM\">\n\
         <style>\n\
         rect {{ fill: #f6f8fa; stroke: #d0d7de }} text {{ fill: #1f2328; font: 13.3px ui-monospace, Menlo, Consolas, monospace; white-space: pre }}\n\
         .c1 {{ font-weight: bold }} .c2 {{ fill: #59636e }} .c31 {{ fill: #cf222e }} .c32 {{ fill: #1a7f37 }} .c33 {{ fill: #9a6700 }}\n\
         .c34 {{ fill: #0969da }} .c35 {{ fill: #8250df }} .c36 {{ fill: #0f6f85 }} .c4 {{ text-decoration: underline }}\n\
         @media (prefers-color-scheme: dark) {{ rect {{ fill: #0d1117; stroke: #30363d }} text {{ fill: #e6edf3 }} .c2 {{ fill: #9198a1 }}\n\
         .c31 {{ fill: #ff7b72 }} .c32 {{ fill: #3fb950 }} .c33 {{ fill: #d29922 }} .c34 {{ fill: #58a6ff }} .c35 {{ fill: #d2a8ff }} .c36 {{ fill: #76e3ea }} }}\n\
         </style>\n<rect x=\".5\" y=\".5\" width=\"{}\" height=\"{}\" rx=\"8\"/>\n",
        width - 1,
        height - 1
    );
    let mut classes = String::new();
    for (number, line) in lines.iter().enumerate() {
        let mut column = 0;
        let mut from = 0;
        let mut put = |piece: &str, classes: &str, svg: &mut String| {
            let wide = piece.width();
            if !piece.trim().is_empty() {
                let (x, y) = (16.0 + column as f64 * CELL, 28 + number * LINE);
                let said = piece.replace('&', "&amp;").replace('<', "&lt;");
                let length = wide as f64 * CELL;
                writeln!(svg, "<text x=\"{x}\" y=\"{y}\" textLength=\"{length}\" class=\"{classes}\">{said}</text>")
                    .unwrap();
            }
            column += wide;
        };
        for found in escape.captures_iter(line) {
            let place = found.get(0).unwrap();
            put(&line[from..place.start()], &classes, &mut svg);
            from = place.end();
            match &found[1] {
                "" | "0" => classes.clear(),
                codes => classes = codes.split(';').map(|code| format!("c{code}")).collect::<Vec<_>>().join(" "),
            }
        }
        put(&line[from..], &classes, &mut svg);
    }
    svg + "</svg>\n"
}
