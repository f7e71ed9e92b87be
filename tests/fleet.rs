//! Modems of our own on pseudo-terminals, in one thread: they answer, count what they are asked, or misbehave.

use std::collections::HashMap;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Answers after a while
    Good,
    /// Answers the first question and no other
    Hangs,
    /// Answers the first question, then ERROR
    Refuses,
    /// Never says anything
    Silent,
    /// Is unplugged at the second question
    Unplugged,
    /// From the second question on it sends lines without end, and no answer
    Floods,
}

/// Many modems; they stop when this is dropped.
pub(crate) struct Fleet {
    pub(crate) paths: Vec<String>,
    /// How often each was asked each question
    counts: Arc<Mutex<Vec<HashMap<String, usize>>>>,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    /// The terminals once more
    slaves: Vec<OwnedFd>,
}

struct Modem {
    manner: Manner,
    master: Option<OwnedFd>,
    /// Keeps the terminal alive while nobody has it open
    slave: Option<OwnedFd>,
    line: Vec<u8>,
    asked: usize,
    due: Option<(Instant, &'static [u8])>,
}

impl Fleet {
    pub(crate) fn new(manners: &[Manner], delay: Duration) -> Fleet {
        let (mut paths, mut slaves) = (Vec::new(), Vec::new());
        let mut modems = Vec::new();
        for manner in manners {
            let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
            grantpt(&master).unwrap();
            unlockpt(&master).unwrap();
            let path = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
            let slave: OwnedFd = std::fs::OpenOptions::new().read(true).write(true).open(&path).unwrap().into();
            let mut raw = rustix::termios::tcgetattr(&slave).unwrap();
            raw.make_raw();
            rustix::termios::tcsetattr(&slave, rustix::termios::OptionalActions::Now, &raw).unwrap();
            // A flood that nobody reads must not keep the others.
            rustix::io::ioctl_fionbio(&master, true).unwrap();
            paths.push(path);
            slaves.push(slave.try_clone().unwrap());
            let (master, slave) = (Some(master), Some(slave));
            modems.push(Modem { manner: *manner, master, slave, line: Vec::new(), asked: 0, due: None });
        }
        let counts = Arc::new(Mutex::new(vec![HashMap::new(); modems.len()]));
        let over = Arc::new(AtomicBool::new(false));
        let thread = std::thread::spawn({
            let (counts, over) = (Arc::clone(&counts), Arc::clone(&over));
            move || {
                while !over.load(Ordering::Relaxed) {
                    turn(&mut modems, &counts, delay);
                }
            }
        });
        Fleet { paths, counts, over, thread: Some(thread), slaves }
    }

    /// How often the modem was asked this.
    pub(crate) fn count(&self, modem: usize, question: &str) -> usize {
        self.counts.lock().unwrap()[modem].get(question).copied().unwrap_or(0)
    }
}

impl Fleet {
    /// How often all of them were asked this.
    pub(crate) fn total(&self, question: &str) -> usize {
        self.counts.lock().unwrap().iter().filter_map(|counts| counts.get(question)).sum()
    }
}

impl Fleet {
    /// A program that was killed leaves its right to a terminal behind as long as we have that open; to a real port it
    /// does not.
    pub(crate) fn is_nobodys(&self) {
        for slave in &self.slaves {
            let _ = rustix::termios::ioctl_tiocnxcl(slave);
        }
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        self.thread.take().unwrap().join().unwrap();
    }
}

fn turn(modems: &mut [Modem], counts: &Mutex<Vec<HashMap<String, usize>>>, delay: Duration) {
    let open: Vec<usize> = (0..modems.len()).filter(|n| modems[*n].master.is_some()).collect();
    let next = modems.iter().filter_map(|modem| modem.due.map(|(time, _)| time)).min();
    let wait = next.map_or(Duration::from_millis(50), |time| time.saturating_duration_since(Instant::now()));
    let ready: Vec<usize> = {
        let mut polled: Vec<PollFd<'_>> =
            open.iter().map(|n| PollFd::new(modems[*n].master.as_ref().unwrap(), PollFlags::IN)).collect();
        let timeout = Timespec { tv_sec: 0, tv_nsec: wait.subsec_nanos().into() };
        poll(&mut polled, Some(&timeout)).unwrap();
        open.iter().zip(&polled).filter(|(_, fd)| fd.revents().contains(PollFlags::IN)).map(|(n, _)| *n).collect()
    };
    let mut buffer = [0; 512];
    for n in ready {
        let count = rustix::io::read(modems[n].master.as_ref().unwrap(), &mut buffer).unwrap_or(0);
        for byte in &buffer[..count] {
            if *byte != b'\r' {
                modems[n].line.push(*byte);
                continue;
            }
            let question = String::from_utf8_lossy(&std::mem::take(&mut modems[n].line)).into_owned();
            let answer = modems[n].answer(&question);
            *counts.lock().unwrap()[n].entry(question).or_default() += 1;
            modems[n].due = answer.map(|answer| (Instant::now() + delay, answer));
        }
    }
    for modem in modems {
        if modem.manner == Manner::Floods
            && modem.asked > 1
            && let Some(master) = &modem.master
        {
            let _ = rustix::io::write(master, &b"\r\n+CMTI: \"SM\",12\r\n".repeat(200));
            modem.due = Some((Instant::now() + Duration::from_millis(1), b""));
        } else if let Some((_, answer)) = modem.due.take_if(|(time, _)| *time <= Instant::now())
            && let Some(master) = &modem.master
        {
            let _ = rustix::io::write(master, answer);
        }
    }
}

impl Modem {
    fn answer(&mut self, question: &str) -> Option<&'static [u8]> {
        self.asked += 1;
        match self.manner {
            Manner::Silent => return None,
            Manner::Hangs if self.asked > 1 => return None,
            Manner::Refuses if self.asked > 1 => return Some(b"\r\nERROR\r\n"),
            Manner::Unplugged if self.asked > 1 => {
                (self.slave, self.master) = (None, None);
                return None;
            }
            Manner::Good | Manner::Hangs | Manner::Refuses | Manner::Unplugged | Manner::Floods => {}
        }
        Some(if question.starts_with("AT+CSQ") { b"\r\n+CSQ: 18,99\r\n\r\nOK\r\n" } else { b"\r\nOK\r\n" })
    }
}
