//! `port …` and `reboot`: what concerns the connection itself.

use std::sync::Arc;
use std::time::Duration;

use super::event::Waiting;
use super::interpreter::Run;
use super::problem::{Step, code};
use super::scope::Last;
use crate::at::Answer;
use crate::port::Control;
use crate::source::Span;
use crate::syntax::ast::{PortAction, Send};

/// How long a restart may take where the script does not say.
const REBOOT: Duration = Duration::from_secs(90);

impl Run<'_> {
    #[inline(never)]
    pub(super) fn port(&mut self, action: &PortAction, span: Span) -> Step {
        let control = match action {
            PortAction::Baud(rate) => {
                let number = self.number(rate)?;
                match u32::try_from(number) {
                    Ok(baud) if baud > 0 => Control::Baud(baud),
                    Ok(_) | Err(_) => {
                        let what = format!("{number} is no speed");
                        let help = "speeds are 9600, 115200, 921600, …";
                        return Err(self.fail(self.problem(code::VALUE, rate.span, what).help(help)));
                    }
                }
            }
            PortAction::Dtr(on) => Control::Dtr(*on),
            PortAction::Rts(on) => Control::Rts(*on),
            PortAction::Break(duration) => Control::Break(self.duration(duration)?),
            PortAction::Flush => Control::Flush,
            PortAction::Escape => {
                if self.inputs.plan {
                    return self.leave_out_action(span);
                }
                let escaped = self.conversation.escape(&mut self.hearing);
                return escaped.map_err(|trouble| self.trouble(trouble, None, span));
            }
        };
        // Only throwing away what came changes nothing at the other end.
        if self.inputs.plan && control != Control::Flush {
            return self.leave_out_action(span);
        }
        let done = self.conversation.control(control);
        done.map_err(|trouble| self.trouble(trouble, None, span))
    }

    /// Sends the command, and waits until the modem has gone away, is back, and answers.
    #[inline(never)]
    pub(super) fn reboot(&mut self, command: &Send) -> Step {
        let asked = self.asked(command, &[])?;
        let within = match &command.within {
            Some(_) => asked.question.timeout,
            None => asked.question.timeout.max(self.scaled(REBOOT)),
        };
        if self.inputs.plan {
            self.left_out = true;
            self.note(&format!("would reboot the modem by {}", asked.text));
            return Ok(());
        }
        self.refuse_in_data_mode(&asked)?;
        self.tally.exchanges += 1;
        self.scope.last = Last::default();
        self.tell_wait(Waiting::Reboot, within);
        let started = self.conversation.now();
        let ended = match self.conversation.reboot(&asked.question, within, &mut self.hearing) {
            // A modem may refuse to restart; one that does so at once may send no result code.
            Ok(Answer { lines, result, elapsed }) => {
                self.scope.last = Last { sent: Some(Arc::clone(&asked.text)), lines, result, elapsed };
                self.judge(&asked, &[], &Vec::new()).map(|_| ())
            }
            Err(trouble) => Err(self.trouble(trouble, Some(&asked), command.span)),
        };
        self.exchange_ended(&asked, ended.is_ok(), started);
        ended
    }

    fn leave_out_action(&mut self, span: Span) -> Step {
        self.left_out = true;
        let text = self.scope.program.source().slice(span).to_owned();
        self.note(&format!("would do: {text}"));
        Ok(())
    }
}
