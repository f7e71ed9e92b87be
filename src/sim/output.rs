//! How the modem says things: echo, lines, final result codes, URCs, prompts (V.250 §5.7), and what faults make of it.

use crate::catalogue::error;

use super::fault::{EchoFault, LineEnd, Which};
use super::line::{Final, Refusal};
use super::profile::CmeCase;
use super::simulator::{HELD_URCS, Simulator, State};

/// What the fault `previous` can repeat.
const PREVIOUS: usize = 1024;

impl Simulator {
    /// The echo of a character, as far as the faults let it through.
    pub(super) fn echo(&mut self, byte: u8) {
        if !self.mode.echo || self.output.muted {
            return;
        }
        match self.options.faults.echo {
            EchoFault::Off => {}
            EchoFault::Half if self.is_second_half() => {}
            EchoFault::Garbled if byte > b' ' && self.random.below(3) == 0 => self.wire.put(&[byte ^ 0x05], self.now),
            EchoFault::Backspaces if byte > b' ' => self.wire.put(&[byte, 0x08, byte], self.now),
            EchoFault::None | EchoFault::Half | EchoFault::Garbled | EchoFault::Backspaces => {
                self.wire.put(&[byte], self.now);
            }
        }
    }

    /// Whether the character that has just come lies behind the middle of its line.
    fn is_second_half(&self) -> bool {
        let left = self.input.iter().position(|byte| *byte == b'\r').unwrap_or(0);
        self.typed.len() >= left
    }

    /// A line of an answer with its prefix: `+CSQ: 17,99`.
    pub(super) fn info(&mut self, prefix: &str, text: &str) {
        self.info_with(prefix, &[text.as_bytes()]);
    }

    /// The same with bytes that need be no text.
    pub(super) fn info_with(&mut self, prefix: &str, parts: &[&[u8]]) {
        let profile = self.profile;
        self.line_out(&[&[prefix.as_bytes(), profile.wire.colon.as_bytes()], parts].concat());
    }

    /// A line of an answer without prefix.
    pub(super) fn bare(&mut self, text: &str) {
        self.line_out(&[text.as_bytes()]);
    }

    fn line_out(&mut self, parts: &[&[u8]]) {
        self.disturb();
        let mut line = Vec::with_capacity(32);
        if self.mode.verbose && !self.output.open {
            line.extend_from_slice(b"\r\n");
        }
        self.output.open = true;
        parts.iter().for_each(|part| line.extend_from_slice(part));
        line.extend_from_slice(b"\r\n");
        if self.output.current.len() < PREVIOUS && self.options.faults.previous {
            self.output.current.extend_from_slice(&line);
        }
        self.send(&line);
    }

    pub(super) fn put_previous(&mut self) {
        let previous = std::mem::take(&mut self.output.previous);
        self.send(&previous);
    }

    pub(super) fn put_final(&mut self, result: &Final) {
        let (text, code) = match result {
            Final::Ok => ("OK", "0"),
            Final::Connect => {
                let profile = self.profile;
                (if self.settings.number("X", 0) == 0 { "CONNECT" } else { profile.wire.connect.as_str() }, "1")
            }
            Final::NoCarrier => ("NO CARRIER", "3"),
            Final::Text(text) => (*text, *text),
            Final::Refused(refusal) => match self.refusal(*refusal) {
                Some(text) => return self.put_result(&text, &text),
                None => ("ERROR", "4"),
            },
        };
        self.put_result(text, code);
    }

    fn put_result(&mut self, text: &str, code: &str) {
        if self.mode.quiet {
            return;
        }
        self.disturb();
        let mut line = String::with_capacity(16);
        if self.mode.verbose {
            line.push_str("\r\n");
            line.push_str(text);
            line.push_str("\r\n");
        } else if text == code {
            line.push_str(text);
            line.push_str("\r\n");
        } else {
            line.push_str(code);
            line.push('\r');
        }
        let faults = &self.options.faults;
        let truncated = Which::any_strikes(&faults.truncated, self.line_number, &self.last_line);
        let twice = faults.duplicate_final;
        let whole = if truncated { line.trim_end() } else { line.as_str() };
        self.send(whole.as_bytes());
        if twice {
            self.send(line.as_bytes());
        }
    }

    /// The error as AT+CMEE wants it; `None`: plain ERROR.
    fn refusal(&self, refusal: Refusal) -> Option<String> {
        let level = self.settings.number("+CMEE", 0);
        let (kind, code, known) = match refusal {
            Refusal::Error => return None,
            Refusal::Equipment(_) if level == 0 => return None,
            Refusal::Equipment(code) => ("CME", code, error::cme(code)),
            Refusal::Message(code) => ("CMS", code, error::cms(code)),
        };
        let own = self.profile.error_texts.get(&format!("{kind} {code}"));
        let text = own.map(String::as_str).or(known.map(|known| known.text));
        Some(match text {
            Some(text) if level == 2 => format!("+{kind} ERROR: {}", self.in_case(text)),
            _ => format!("+{kind} ERROR: {code}"),
        })
    }

    fn in_case(&self, text: &str) -> String {
        let mut text = text.to_owned();
        // `SIM busy` is no sentence's beginning.
        let is_word = text.chars().nth(1).is_some_and(|second| second.is_lowercase());
        if let Some(first) = text.get_mut(..1) {
            match self.profile.wire.cme_case {
                CmeCase::Lower if is_word => first.make_ascii_lowercase(),
                CmeCase::Lower => {}
                CmeCase::Capital => first.make_ascii_uppercase(),
            }
        }
        text
    }

    pub(super) fn put_urc(&mut self, text: &str) {
        let profile = self.profile;
        let mut line = String::with_capacity(text.len() + 6);
        line.push_str(&profile.wire.urc_start);
        line.push_str(text);
        line.push_str(&profile.wire.urc_end);
        self.send(line.as_bytes());
    }

    /// Says a line unasked; later, where the modem may not speak now.
    pub(super) fn urc(&mut self, line: &str) {
        match self.state {
            State::Deaf | State::Gone => {}
            State::Prompt(_) | State::Data { .. } => {
                if self.held.len() < HELD_URCS {
                    self.held.push(line.into());
                }
            }
            State::Command | State::Running(_) => self.put_urc(line),
        }
    }

    pub(super) fn release_held(&mut self) {
        for line in std::mem::take(&mut self.held) {
            self.put_urc(&line);
        }
    }

    pub(super) fn put_prompt(&mut self, prompt: &str) {
        if !self.output.muted {
            self.wire.put(prompt.as_bytes(), self.now);
        }
    }

    /// One of the URCs that the faults strew about.
    pub(super) fn stray_urc(&mut self) -> &'static str {
        let profile = self.profile;
        let place = self.random.below(profile.urcs.len());
        profile.urcs.get(place).map_or("RING", String::as_str)
    }

    /// What the faults put between two lines.
    fn disturb(&mut self) {
        if !self.options.faults.any {
            return;
        }
        if self.options.faults.urc {
            let line = self.stray_urc();
            self.put_urc(line);
        }
        if self.options.faults.sneaky && !self.output.open {
            self.put_sneaky();
        }
        if self.options.faults.garbage {
            let mut garbage = vec![b'\r', b'\n', 0xFF, 0xFE];
            for _ in 0..self.random.below(12) {
                let byte = self.random.draw().to_le_bytes().first().copied().unwrap_or_default();
                // A line of garbage, not two, and no prompt.
                garbage.push(byte | 0x80);
            }
            garbage.extend_from_slice(b"\0\x80\r\n");
            self.send(&garbage);
        }
        if self.options.faults.nul {
            let nuls = vec![0; 1 + self.random.below(4)];
            self.send(&nuls);
        }
    }

    /// `+CREG: 5` before the answer to AT+CREG?.
    fn put_sneaky(&mut self) {
        let line = self.last_line.get(..self.done).unwrap_or_default();
        let command = line.rsplit(';').find(|command| !command.is_empty()).unwrap_or_default();
        let Some(name) = command.strip_suffix('?').map(str::to_ascii_uppercase) else { return };
        if matches!(name.as_str(), "+CREG" | "+CGREG" | "+CEREG") {
            self.put_urc(&format!("{name}: {}", self.network.stat));
        }
    }

    /// The last gate: lost answers, line ends, and the plug that is pulled in the middle of a line.
    pub(super) fn send(&mut self, bytes: &[u8]) {
        if self.output.muted || matches!(self.state, State::Gone) {
            return;
        }
        let faults = &self.options.faults;
        if faults.unplug_in_line.is_some_and(|from| from <= self.line_number) {
            // Where the line's end would be, there is nothing.
            let half = bytes.get(..bytes.len().saturating_sub(3)).unwrap_or_default();
            self.wire.put(half, self.now);
            self.state = State::Gone;
            return;
        }
        let left_out = match faults.line_end {
            LineEnd::Both => return self.wire.put(bytes, self.now),
            LineEnd::LineFeed => b'\r',
            LineEnd::Return => b'\n',
        };
        let bytes: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != left_out).collect();
        self.wire.put(&bytes, self.now);
    }

    /// A text of the profile with its `{names}` filled in.
    pub(super) fn filled(&mut self, text: &str) -> String {
        let mut filled = String::with_capacity(text.len() + 16);
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            filled.push_str(before);
            match after.split_once('}') {
                Some((name, after)) => {
                    let value = self.named(name);
                    filled.push_str(&value);
                    rest = after;
                }
                None => {
                    filled.push('{');
                    rest = after;
                }
            }
        }
        filled.push_str(rest);
        filled
    }

    fn named(&mut self, name: &str) -> String {
        let profile = self.profile;
        let operator = self.network.current();
        match name {
            "manufacturer" => profile.manufacturer.clone(),
            "model" => profile.model.clone(),
            "revision" => self.options.firmware.clone().unwrap_or_else(|| profile.revision.clone()),
            "imei" => self.imei.to_string(),
            "imsi" => self.card.imsi.to_string(),
            "iccid" => self.card.iccid.to_string(),
            "sim" if self.network.function == 0 => "NOT READY".to_owned(),
            "sim" => self.card.word().unwrap_or("NOT INSERTED").to_owned(),
            "pin-left" => self.card.pin_left.to_string(),
            "puk-left" => self.card.puk_left.to_string(),
            "operator" => operator.map_or(String::new(), |operator| operator.long.clone()),
            "operator-short" => operator.map_or(String::new(), |operator| operator.short.clone()),
            "code" => operator.map_or(String::new(), |operator| operator.code.clone()),
            "country" => operator.and_then(|operator| operator.code.get(..3)).unwrap_or_default().to_owned(),
            "carrier" => operator.and_then(|operator| operator.code.get(3..)).unwrap_or_default().to_owned(),
            "stat" => self.network.stat.to_string(),
            "function" => self.network.function.to_string(),
            "mode" => profile.network.mode.clone(),
            "band" => profile.network.band.clone(),
            "channel" => profile.network.channel.to_string(),
            "area" => profile.network.area.clone(),
            "cell" => profile.network.cell.clone(),
            "technology" => profile.network.technology.to_string(),
            "address" => crate::sim::commands::ADDRESS.to_owned(),
            // That of the bearer: the one that the network gave.
            "apn" => {
                let context = self.contexts.get(profile.rules.first_context);
                context.and_then(|context| context.bearer.as_deref()).unwrap_or_default().to_owned()
            }
            "signal" => self.network.signal(&mut self.random).to_string(),
            // The answer to AT+CIND?: no bar below -109 dBm, then one for each 10 dB.
            "bars" => match self.network.signal(&mut self.random) {
                99 | 0..=1 => "0".to_owned(),
                signal => (signal / 6 + 1).min(5).to_string(),
            },
            "dbm" => match self.network.signal(&mut self.random) {
                99 => "-125".to_owned(),
                signal => (i32::from(signal) * 2 - 113).to_string(),
            },
            "rsrp" => match self.network.signal(&mut self.random) {
                99 => "-141".to_owned(),
                signal => (i32::from(signal) * 2 - 140).to_string(),
            },
            // A setting, by its name.
            name => match profile.setting(name) {
                Some(setting) => self.settings.text(setting).to_owned(),
                None => format!("{{{name}}}"),
            },
        }
    }
}
