//! A device in this process: the simulated modem without a serial port, the recorded modem.

use std::time::Duration;

use super::cancel::Watch;
use super::{Cancel, Control, Device, Fault, Port, Read};

/// A [`Device`] as a [`Port`].
pub struct Memory<D> {
    device: D,
    /// In virtual time: now. It jumps to the next thing that happens; nothing waits.
    virtual_now: Option<Duration>,
    watch: Watch,
    cancel: Cancel,
    /// What the device has sent, and how much of that was read.
    sent: Vec<u8>,
    read: usize,
}

/// A device that always wants to be called at once must not keep the clock from moving.
const SMALLEST_STEP: Duration = Duration::from_micros(100);

impl<D: Device> Memory<D> {
    pub fn in_real_time(device: D, cancel: &Cancel) -> Memory<D> {
        Memory::new(device, None, cancel)
    }

    /// The clock stands still while the program computes and jumps to the next deadline when it waits.
    pub fn in_virtual_time(device: D, cancel: &Cancel) -> Memory<D> {
        Memory::new(device, Some(Duration::ZERO), cancel)
    }

    fn new(device: D, virtual_now: Option<Duration>, cancel: &Cancel) -> Memory<D> {
        Memory { device, virtual_now, watch: cancel.watch(), cancel: cancel.clone(), sent: Vec::new(), read: 0 }
    }

    /// Lets time pass: until `until`, or until the device wants to be called. Fails if cancelled.
    fn wait(&mut self, until: Duration) -> Result<(), Fault> {
        let now = self.now();
        let next = self.device.next().map_or(until, |next| next.max(now + SMALLEST_STEP).min(until));
        match &mut self.virtual_now {
            None => self.watch.pause(next.saturating_sub(now)),
            Some(time) => {
                *time = self.cancel.passed(now, next.max(now));
                Ok(())
            }
        }
    }

    fn gone(&self) -> Result<(), Fault> {
        self.device.gone().map_or(Ok(()), Err)
    }
}

impl<D: Device> Port for Memory<D> {
    fn now(&self) -> Duration {
        self.virtual_now.unwrap_or_else(|| self.watch.now())
    }

    fn read(&mut self, buffer: &mut [u8], until: Duration) -> Result<Read, Fault> {
        loop {
            if self.watch.is_cancelled() {
                return Err(Fault::Interrupted);
            }
            let now = self.now();
            if self.read == self.sent.len() {
                self.sent.clear();
                self.read = 0;
                self.device.advance(now, &mut self.sent);
            }
            let unread = self.sent.get(self.read..).unwrap_or_default();
            let count = unread.len().min(buffer.len());
            if let (Some(to), Some(from), 1..) = (buffer.get_mut(..count), unread.get(..count), count) {
                to.copy_from_slice(from);
                self.read += count;
                return Ok(Read::Bytes(count));
            }
            self.gone()?;
            if now >= until {
                return Ok(Read::Deadline);
            }
            self.wait(until)?;
        }
    }

    fn write(&mut self, bytes: &[u8], _until: Duration) -> Result<(), Fault> {
        // The time that has passed is told first: what the device sent before these bytes came is no answer to them.
        let now = self.now();
        self.device.advance(now, &mut self.sent);
        self.gone()?;
        self.device.receive(bytes, now);
        // A recorded modem that was asked something else hangs up with the reason.
        self.gone()
    }

    fn control(&mut self, control: Control) -> Result<(), Fault> {
        let now = self.now();
        self.device.advance(now, &mut self.sent);
        self.gone()?;
        if control == Control::Flush {
            self.sent.clear();
            self.read = 0;
        }
        self.device.control(control, now);
        Ok(())
    }

    fn reopen(&mut self, until: Duration) -> Result<(), Fault> {
        self.sent.clear();
        self.read = 0;
        loop {
            self.device.advance(self.now(), &mut self.sent);
            let Some(fault) = self.device.gone() else { return Ok(()) };
            if self.now() >= until {
                return Err(fault);
            }
            self.wait(until)?;
        }
    }

    fn rearm(&mut self) {
        self.watch.rearm();
    }

    fn is_interrupted(&self) -> bool {
        self.watch.is_cancelled()
    }
}
