//! The SIM: its lock, its numbers, its files (27.007 §5.6, §7.4, §7.5, §8.3, §8.18).

use super::given;
use crate::sim::card::{CardError, Lock, PREFERRED, Preferred};
use crate::sim::line::{Next, Outcome, Refusal};
use crate::sim::profile::Command;
use crate::sim::request::Form;
use crate::sim::simulator::Simulator;

impl Simulator {
    /// What a command that needs the SIM is refused with.
    pub(super) fn require_card(&self) -> Result<(), Refusal> {
        if self.network.function == 0 {
            return Err(Refusal::Equipment(13));
        }
        Err(Refusal::Equipment(match self.card.lock() {
            Lock::Ready => return Ok(()),
            Lock::Pin => 11,
            Lock::Puk => 12,
            Lock::Absent => self.profile.rules.sim_absent,
            Lock::Busy => 14,
            Lock::Dead => 13,
        }))
    }

    /// The same for what a locked SIM still gives.
    fn require_any_card(&self) -> Result<(), Refusal> {
        match self.card.lock() {
            Lock::Pin | Lock::Puk if self.network.function != 0 => Ok(()),
            Lock::Ready | Lock::Pin | Lock::Puk | Lock::Absent | Lock::Busy | Lock::Dead => self.require_card(),
        }
    }

    pub(super) fn iccid(&mut self, command: &'static Command, form: &Form) -> Outcome {
        if !matches!(form, Form::Execute(_) | Form::Read) {
            return Err(self.wrong_parameter());
        }
        self.require_any_card()?;
        let padding = if self.card.iccid.len() < 20 { self.profile.rules.iccid_padding.as_str() } else { "" };
        let digits = format!("{}{padding}", self.card.iccid);
        if command.bare {
            self.bare(&digits);
        } else {
            self.info(&command.prefix, &digits);
        }
        Ok(Next::Done)
    }

    pub(super) fn pin(&mut self, command: &'static Command, form: &Form) -> Outcome {
        match form {
            Form::Read => {
                self.require_any_card()?;
                let word = self.card.word().ok_or(Refusal::Equipment(13))?;
                self.info(&command.prefix, word);
                Ok(Next::Done)
            }
            Form::Set(parameters) => {
                self.require_any_card()?;
                let texts: Vec<&str> = parameters.iter().map(|parameter| parameter.text).collect();
                let entered = match texts.as_slice() {
                    [pin] if self.card.lock() != Lock::Puk => self.card.enter_pin(pin),
                    [_] => Err(CardError::PukNeeded),
                    [puk, pin] => self.card.enter_puk(puk, pin),
                    _ => return Err(self.wrong_parameter()),
                };
                entered.map_err(card_refusal)?;
                self.update_network();
                Ok(Next::Done)
            }
            Form::Execute(_) | Form::Test | Form::Dial(_) => Err(self.wrong_parameter()),
        }
    }

    /// AT+CPINR: how many attempts are left of how many (27.007 §8.65).
    pub(super) fn pin_retries(&mut self, command: &'static Command) -> Outcome {
        self.require_any_card()?;
        let (pin, puk) = (self.card.pin_left, self.card.puk_left);
        self.info(&command.prefix, &format!("SIM PIN,{pin},3"));
        self.info(&command.prefix, &format!("SIM PUK,{puk},10"));
        Ok(Next::Done)
    }

    /// AT+CLCK="SC",mode[,password]
    pub(super) fn lock(&mut self, command: &'static Command, form: &Form) -> Outcome {
        let Form::Set(parameters) = form else { return Err(self.wrong_parameter()) };
        self.require_any_card()?;
        let facility = parameters.first().map_or("", |it| it.text).to_ascii_uppercase();
        let mode = given(parameters, 1).and_then(|it| it.number());
        match (facility.as_str(), mode) {
            ("SC", Some(2)) => {
                let text = if self.card.locked_at_start { "1" } else { "0" };
                self.info(&command.prefix, text);
                Ok(Next::Done)
            }
            ("SC", Some(mode @ (0 | 1))) => {
                let pin = given(parameters, 2).ok_or(Refusal::Equipment(11))?;
                self.card.set_lock_at_start(mode == 1, pin.text).map_err(card_refusal)?;
                Ok(Next::Done)
            }
            ("FD" | "PN", Some(2)) => {
                self.info(&command.prefix, "0");
                Ok(Next::Done)
            }
            ("FD" | "PN", Some(_)) => Err(Refusal::Equipment(3)),
            _ => Err(self.wrong_parameter()),
        }
    }

    /// AT+CPWD="SC",old,new
    pub(super) fn password(&mut self, form: &Form) -> Outcome {
        let Form::Set(parameters) = form else { return Err(self.wrong_parameter()) };
        self.require_any_card()?;
        match parameters.as_slice() {
            [facility, old, new] if facility.text.eq_ignore_ascii_case("SC") => {
                self.card.change_pin(old.text, new.text).map_err(card_refusal)?;
                Ok(Next::Done)
            }
            _ => Err(self.wrong_parameter()),
        }
    }

    /// AT+CRSM=command[,file[,P1,P2,length[,data]]]
    pub(super) fn file(&mut self, command: &'static Command, form: &Form) -> Outcome {
        let Form::Set(parameters) = form else { return Err(self.wrong_parameter()) };
        self.require_card()?;
        let number = |place| given(parameters, place).and_then(|it| it.number());
        let what = number(0).ok_or_else(|| self.wrong_parameter())?;
        if !matches!(what, 176 | 178 | 192 | 214 | 220 | 242) {
            return Err(self.wrong_parameter());
        }
        let file = number(1).ok_or_else(|| self.wrong_parameter())?;
        let length = number(4).and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
        let data = given(parameters, 5).map(|it| it.text);
        let (first, second, data) = self.card.access(what, file, length, data);
        let data = data.unwrap_or_default();
        self.info(&command.prefix, &format!("{first},{second},\"{data}\""));
        Ok(Next::Done)
    }

    /// AT+CPOL: the preferred networks of the list that AT+CPLS names; the user's can be written (27.007 §7.19).
    pub(super) fn preferred_operators(&mut self, command: &'static Command, form: &Form) -> Outcome {
        self.require_card()?;
        let list = self.settings.number("+CPLS", 0);
        let parameters = match form {
            Form::Read => {
                for (place, network) in self.card.preferred(list) {
                    let [gsm, compact, utran, eutran] = network.technologies.map(u8::from);
                    let text = format!("{place},2,\"{}\",{gsm},{compact},{utran},{eutran}", network.code);
                    self.info(&command.prefix, &text);
                }
                return Ok(Next::Done);
            }
            Form::Set(parameters) if parameters.len() <= 7 => parameters,
            Form::Set(_) | Form::Execute(_) | Form::Test | Form::Dial(_) => return Err(self.wrong_parameter()),
        };
        let number = |place| given(parameters, place).and_then(|it| it.number());
        // Numeric codes alone.
        if !matches!(number(1), None | Some(2)) {
            return Err(self.wrong_parameter());
        }
        let network = match given(parameters, 2) {
            None => None,
            Some(code) => {
                let fits = matches!(code.text.len(), 5 | 6) && code.text.bytes().all(|byte| byte.is_ascii_digit());
                if !fits {
                    return Err(self.wrong_parameter());
                }
                // Where no technology is named, all but GSM Compact.
                let named = parameters.len() > 3;
                let wanted = |place, default| if named { number(place) == Some(1) } else { default };
                let technologies = [wanted(3, true), wanted(4, false), wanted(5, true), wanted(6, true)];
                Some(Preferred { code: code.text.to_owned(), technologies })
            }
        };
        if list != 0 {
            return Err(Refusal::Equipment(3));
        }
        let place = match given(parameters, 0) {
            Some(place) => place.number().and_then(|place| usize::try_from(place).ok()),
            // The format alone, or the first place that is free.
            None if network.is_none() => return Ok(Next::Done),
            None => {
                let used: Vec<usize> = self.card.preferred(list).into_iter().map(|(place, _)| place).collect();
                let free = (1..=PREFERRED).find(|place| !used.contains(place));
                Some(free.ok_or(Refusal::Equipment(20))?)
            }
        };
        let written = place.and_then(|place| self.card.prefer(place, network.as_ref()));
        written.map(|()| Next::Done).ok_or(Refusal::Equipment(21))
    }

    /// A data SIM has no number of its own.
    pub(super) fn own_number(&mut self) -> Outcome {
        self.require_card()?;
        Ok(Next::Done)
    }
}

fn card_refusal(error: CardError) -> Refusal {
    Refusal::Equipment(match error {
        CardError::WrongPassword => 16,
        CardError::NotAllowed => 3,
        CardError::PukNeeded => 12,
        CardError::Failure => 13,
    })
}
