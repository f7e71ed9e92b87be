//! Short messages: what lies on the SIM and in the modem, bounded (27.005).

use super::charset::to_septets_anyhow;
use super::pdu::Coding;

/// One message.
#[derive(Debug, Clone)]
pub(super) struct Message {
    pub(super) memory: Memory,
    pub(super) index: u16,
    pub(super) status: Status,
    /// The other end's number.
    pub(super) address: Box<str>,
    pub(super) text: Box<str>,
    pub(super) coding: Coding,
    /// Seconds of the modem's clock; when it came.
    pub(super) time: u64,
    /// As it was written in PDU mode, without the service centre.
    pub(super) unit: Option<Box<[u8]>>,
}

impl Message {
    /// How long its text is, as AT+CSDH shows it: in septets, or in octets.
    pub(super) fn length(&self) -> usize {
        match self.coding {
            Coding::Alphabet => to_septets_anyhow(&self.text).len(),
            Coding::Octets => self.text.chars().count(),
            Coding::Ucs2 => 2 * self.text.encode_utf16().count(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Memory {
    /// `SM`: the SIM
    Sim,
    /// `ME`: the modem
    Equipment,
}

impl Memory {
    pub(super) fn of(word: &str) -> Memory {
        if word == "SM" { Memory::Sim } else { Memory::Equipment }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Unread,
    Read,
    Unsent,
    Sent,
}

impl Status {
    pub(super) const ALL: [Status; 4] = [Status::Unread, Status::Read, Status::Unsent, Status::Sent];

    /// As text mode says it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Status::Unread => "REC UNREAD",
            Status::Read => "REC READ",
            Status::Unsent => "STO UNSENT",
            Status::Sent => "STO SENT",
        }
    }

    /// As PDU mode says it.
    pub(super) fn number(self) -> u8 {
        match self {
            Status::Unread => 0,
            Status::Read => 1,
            Status::Unsent => 2,
            Status::Sent => 3,
        }
    }

    pub(super) fn is_received(self) -> bool {
        matches!(self, Status::Unread | Status::Read)
    }
}

pub(super) const CAPACITY: u16 = 30;

/// Sorted by memory and index.
#[derive(Debug, Default)]
pub(super) struct Messages {
    list: Vec<Message>,
    /// The reference of the message that was sent last.
    pub(super) reference: u8,
}

impl Messages {
    pub(super) fn of(&self, memory: Memory) -> impl Iterator<Item = &Message> {
        self.list.iter().filter(move |message| message.memory == memory)
    }

    pub(super) fn count(&self, memory: Memory) -> usize {
        self.of(memory).count()
    }

    pub(super) fn get(&self, memory: Memory, index: u16) -> Option<&Message> {
        self.of(memory).find(|message| message.index == index)
    }

    pub(super) fn get_mut(&mut self, memory: Memory, index: u16) -> Option<&mut Message> {
        self.list.iter_mut().find(|message| message.memory == memory && message.index == index)
    }

    /// Stores it at the first free index; `None` where the memory is full.
    pub(super) fn store(&mut self, mut message: Message) -> Option<u16> {
        let memory = message.memory;
        let index = (0..CAPACITY).find(|index| self.get(memory, *index).is_none())?;
        message.index = index;
        let place = self.list.partition_point(|known| (known.memory as u8, known.index) < (memory as u8, index));
        self.list.insert(place, message);
        Some(index)
    }

    /// Whether there was one.
    pub(super) fn remove(&mut self, memory: Memory, index: u16) -> bool {
        let before = self.list.len();
        self.list.retain(|message| message.memory != memory || message.index != index);
        self.list.len() < before
    }

    pub(super) fn remove_all(&mut self, memory: Memory, mut which: impl FnMut(&Message) -> bool) {
        self.list.retain(|message| message.memory != memory || !which(message));
    }
}
