//! Messages that come from the network (27.005 §3.4.1).

use super::clock::timestamp;
use super::message::{Memory, Message, Status};
use super::pdu::Coding;
use super::simulator::Simulator;
use crate::notation::hex;

impl Simulator {
    /// A message from the network: stored at once.
    pub(super) fn store_received(&mut self, text: &str) -> Option<u16> {
        let memory = Memory::of(self.receiving_memory());
        self.messages.store(Message {
            memory,
            index: 0,
            status: Status::Unread,
            address: "000".into(),
            text: text.into(),
            coding: Coding::for_text(text),
            time: self.seconds(),
            unit: None,
        })
    }

    /// The word of AT+CPMS for the memory that takes what is received.
    fn receiving_memory(&self) -> &str {
        self.settings.parameter("+CPMS", 2).unwrap_or("SM")
    }

    /// What waited in the network comes.
    pub(super) fn receive_delayed(&mut self) {
        for place in std::mem::take(&mut self.delayed) {
            self.receive_message(place);
        }
    }

    /// A message arrives: told as AT+CNMI asks for it (27.005 §3.4.1).
    pub(super) fn receive_message(&mut self, place: usize) {
        if !self.network.carries_messages() {
            self.delayed.push(place);
            return;
        }
        let Some(text) = self.options.messages.get(place).cloned() else { return };
        let Some(index) = self.store_received(&text) else { return };
        match self.settings.number("+CNMI", 1) {
            1 => {
                let line = format!("+CMTI: \"{}\",{index}", self.receiving_memory());
                self.urc(&line);
            }
            2 => {
                let line = self.message_urc(index);
                self.urc(&line);
                let memory = Memory::of(self.receiving_memory());
                self.messages.remove(memory, index);
            }
            _ => {}
        }
    }

    /// What AT+CNMI=2,2 lets a message say when it comes.
    fn message_urc(&self, index: u16) -> String {
        let Some(message) = self.messages.get(Memory::of(self.receiving_memory()), index) else { return String::new() };
        if self.is_text_mode() {
            let (address, text) = (self.in_charset(&message.address), self.shown_text(message));
            return format!("+CMT: \"{address}\",,\"{}\"\r\n{text}", timestamp(message.time));
        }
        let (unit, centre) = self.unit(message);
        format!("+CMT: ,{}\r\n{}{}", unit.len(), hex(&centre), hex(&unit))
    }
}
