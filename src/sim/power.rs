//! Power: boots, resets, switching off.

use std::time::Duration;

use super::card::Lock;
use super::line::{Next, Outcome};
use super::options::SimOption;
use super::profile::Needs;
use super::simulator::{Afterwards, Simulator, State, Timer, imei};

impl Simulator {
    /// The power comes on, or a reset: deaf for so long.
    pub(super) fn power_up(&mut self, boot: Duration) {
        // What the network and the SIM are up to, a restart does not stop.
        self.timers.retain(|(_, timer)| matches!(timer, Timer::Incoming(_) | Timer::ImsiSwitch));
        self.wire.forget();
        self.held.clear();
        self.input.clear();
        self.typed.clear();
        self.online = false;
        self.settings.power_up();
        self.network.function = 0;
        self.network.restart();
        self.update_network();
        if self.line_number > 0 && self.options.faults.wrong_imei {
            self.imei = imei(self.profile, &mut self.random).into();
        }
        self.state = State::Deaf;
        self.timers.push((self.now + boot, Timer::Hears));
    }

    /// The end of the boot.
    pub(super) fn hear(&mut self) {
        self.come_up();
        let profile = self.profile;
        for line in &profile.boot {
            let sim = self.network.function != 0 && matches!(self.card.lock(), Lock::Ready | Lock::Busy);
            if line.needs == Needs::Nothing || sim {
                self.timers.push((self.now + line.after.0, Timer::Urc(line.line.as_str().into())));
            }
        }
    }

    /// It is up, without a word.
    pub(super) fn come_up(&mut self) {
        let mode = self.options.echo;
        if let (Some(echo), Some(setting)) = (mode, self.profile.setting("E")) {
            self.settings.put(setting, if echo { "1" } else { "0" });
        }
        self.refresh_mode();
        self.state = State::Command;
        self.network.function = self.options.cfun.unwrap_or(self.profile.rules.start_function);
        if self.network.function != 0 {
            self.power_card();
        }
        self.update_network();
    }

    /// Power comes to the SIM.
    pub(super) fn power_card(&mut self) {
        let wait = match self.options.sim {
            SimOption::Busy(time) => time,
            SimOption::Ready | SimOption::Absent | SimOption::Puk => self.profile.timing.sim.0,
        };
        self.card.power_up(!wait.is_zero());
        self.cancel(|timer| *timer == Timer::CardReady);
        if !wait.is_zero() {
            self.timers.push((self.now + wait, Timer::CardReady));
        }
    }

    /// A reset: it goes down after its OK.
    pub(super) fn reset(&mut self, boot: Duration) {
        let was = self.unsent();
        self.power_up(boot);
        self.wire.put(&was, self.now);
    }

    pub(super) fn power_off(&mut self) {
        let was = self.unsent();
        self.power_up(Duration::ZERO);
        self.timers.clear();
        self.state = State::Deaf;
        self.wire.put(&was, self.now);
        if self.profile.rules.power_down_ok && !self.profile.rules.power_down.is_empty() {
            self.timers.push((self.now + Duration::from_secs(1), Timer::PoweredDown));
        }
    }

    /// The answer to the command that resets still goes out.
    fn unsent(&mut self) -> Vec<u8> {
        self.wire.take_waiting()
    }

    pub(super) fn afterwards(&mut self, what: Afterwards) -> Outcome {
        self.output.afterwards = Some(what);
        Ok(Next::Done)
    }
}
