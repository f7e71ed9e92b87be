//! A serial port of this machine, or a pseudo-terminal.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serialport::{ClearBuffer, SerialPort};

use super::cancel::Watch;
use super::os::{self, devices};
use super::wire::Wire;
use super::{Cancel, Control, Fault, Port, Read};
use crate::diagnostic::Complaint;

/// Exclusive: no other program can open it meanwhile. Raw: bytes pass as they are. Closing it leaves DTR as it is, so
/// that the modem does not hang up.
pub struct Serial {
    path: PathBuf,
    baud: u32,
    flow: FlowControl,
    place: Option<String>,
    /// None while the device is away.
    wire: Option<Wire<SerialLine>>,
    watch: Watch,
}

/// An open serial port: raw, exclusive, non-blocking. On closing it leaves the line as it was found.
pub(super) struct SerialLine {
    pub(super) tty: os::Tty,
    /// The settings to leave behind.
    pub(super) before: Option<os::Settings>,
    pub(super) place: Option<String>,
}

/// What holds a side of the line up while the other can take no more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum FlowControl {
    /// Nothing
    #[default]
    None,
    /// Two wires more
    #[value(alias = "hard", alias = "hardware", alias = "rts-cts")]
    Rtscts,
    /// The bytes 0x11 and 0x13, which are then no data
    #[value(alias = "soft", alias = "software", alias = "xon-xoff")]
    Xonxoff,
}

const LOOK_FOR_DEVICE: Duration = Duration::from_millis(50);

impl Serial {
    /// Opens the path as it is given; looks at no other port.
    pub fn open(path: &Path, baud: u32, cancel: &Cancel) -> Result<Serial, Complaint> {
        let watch = cancel.watch();
        let line = os::open_line(path, baud, &watch)?;
        let place = line.place.clone();
        let (path, wire, flow) = (path.to_owned(), Some(Wire::new(line)), FlowControl::None);
        Ok(Serial { path, baud, flow, place, wire, watch: watch.restarted() })
    }

    /// From now on, and after the device was away.
    pub fn with_flow(mut self, flow: FlowControl) -> Result<Serial, Complaint> {
        self.flow = flow;
        if let Some(wire) = &mut self.wire {
            set_flow(&mut wire.end, flow, &self.path)?;
        }
        Ok(self)
    }

    /// The node that the device has now, if it is there.
    fn node(&self) -> Option<PathBuf> {
        // A name that someone gave (/dev/serial/by-id, a link of ours) is followed to wherever it points now.
        let is_link = self.path.symlink_metadata().is_ok_and(|node| node.is_symlink());
        match &self.place {
            // A plain node may be another device's by now.
            Some(place) if !is_link => devices::find(place),
            Some(_) | None => self.path.exists().then(|| self.path.clone()),
        }
    }
}

/// A line that was opened has none.
fn set_flow(line: &mut SerialLine, flow: FlowControl, path: &Path) -> Result<(), Complaint> {
    let wanted = match flow {
        FlowControl::None => return Ok(()),
        FlowControl::Rtscts => serialport::FlowControl::Hardware,
        FlowControl::Xonxoff => serialport::FlowControl::Software,
    };
    let failed = |error| Complaint::told("hayes::port::system flow", &[&path.display(), &error]);
    line.tty.set_flow_control(wanted).map_err(failed)
}

impl Port for Serial {
    waits_by_its_watch!();

    fn read(&mut self, buffer: &mut [u8], until: Duration) -> Result<Read, Fault> {
        self.wire.as_mut().ok_or_else(away)?.read(buffer, until, &self.watch)
    }

    fn write(&mut self, bytes: &[u8], until: Duration) -> Result<(), Fault> {
        self.wire.as_mut().ok_or_else(away)?.write(bytes, &mut 0, until, &self.watch)
    }

    fn control(&mut self, control: Control) -> Result<(), Fault> {
        let port = &mut self.wire.as_mut().ok_or_else(away)?.end.tty;
        let mut interrupted = Ok(());
        let outcome = match control {
            Control::Baud(baud) => port.set_baud_rate(baud),
            Control::Dtr(on) => port.write_data_terminal_ready(on),
            Control::Rts(on) => port.write_request_to_send(on),
            Control::Flush => port.clear(ClearBuffer::All),
            Control::Break(time) => port.set_break().and_then(|()| {
                interrupted = self.watch.pause(time);
                // A line that is left in break is dead.
                port.clear_break()
            }),
        };
        if let Err(error) = outcome {
            // Where the device is gone, nothing else can be asked of it either.
            let is_there = port.bytes_to_read().is_ok();
            return Err(if is_there { unable(control, &error) } else { Fault::Lost(error.to_string()) });
        }
        if let Control::Baud(baud) = control {
            self.baud = baud;
        }
        interrupted
    }

    fn reopen(&mut self, until: Duration) -> Result<(), Fault> {
        // A descriptor that stays open makes the kernel give the device another number.
        self.wire = None;
        let line = self.watch.reopen(until, LOOK_FOR_DEVICE, || match self.node() {
            Some(node) => {
                let mut line = os::open_line(&node, self.baud, &self.watch)?;
                set_flow(&mut line, self.flow, &node).map(|()| line)
            }
            None => Err(Complaint::new(format!("{} did not come back", self.path.display()))),
        })?;
        self.wire = Some(Wire::new(line));
        Ok(())
    }
}

impl io::Read for SerialLine {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        os::read(&mut self.tty, buffer)
    }
}

impl io::Write for SerialLine {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        os::write(&mut self.tty, bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(unix)]
impl std::os::fd::AsRawFd for SerialLine {
    fn as_raw_fd(&self) -> i32 {
        self.tty.as_raw_fd()
    }
}

impl Drop for SerialLine {
    fn drop(&mut self) {
        os::leave(&self.tty, self.before.as_ref());
    }
}

fn away() -> Fault {
    Fault::Lost("the device is away".to_owned())
}

/// A pseudo-terminal has no lines; the system's words for that are "inappropriate ioctl", or "not a typewriter".
fn unable(control: Control, error: &serialport::Error) -> Fault {
    let what = match control {
        Control::Baud(baud) => return Fault::Unsupported(format!("this port cannot be set to {baud} baud: {error}")),
        Control::Dtr(_) => "DTR line",
        Control::Rts(_) => "RTS line",
        Control::Break(_) => "break",
        Control::Flush => return Fault::System(format!("the port's buffers cannot be emptied: {error}")),
    };
    Fault::Unsupported(format!("this port has no {what}: {error}"))
}
