//! Many runs in one thread: each has a stack of its own, and lets the others run where it would wait.
//!
//! What runs in a fibre is plain blocking code. Where it would call `poll` it says what it waits for and gives the
//! thread away; one `epoll` waits for all of them together.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use generator::{Generator, Gn};
use nix::errno::Errno;
use nix::sys::epoll::{EpollEvent, EpollFlags, EpollOp, epoll_ctl};
use rustix::event::{Timespec, epoll};

use super::{Wanted, Woken};
use crate::port::Clock;
use crate::port::cancel::Flag;
use crate::port::crew::{Hand, Job};

/// What a fibre waits for, beside its descriptor.
#[derive(Clone, Copy, Default)]
struct FibreWait {
    flag: Option<u64>,
    until: Duration,
}

thread_local! {
    static LOOP: RefCell<Option<Shared>> = const { RefCell::new(None) };
}

/// What the fibres use of their loop.
struct Shared {
    epoll: OwnedFd,
    clock: Clock,
    running: usize,
    woken: Woken,
    /// What it waits for when it gives the thread away.
    wish: Option<FibreWait>,
    /// The flags that the epoll looks at, by their ids.
    flags: HashSet<u64>,
}

/// A longer wait is made of several: before Linux 5.11 epoll refuses one of a month.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3600);

const EVENTS: usize = 256;
/// An event's token is a fibre's number; a flag's id with this bit; or the hand.
const FLAG: u64 = 1 << 63;
const BELL: u64 = u64::MAX;

struct Fibre {
    run: Generator<'static, (), ()>,
    waits: FibreWait,
}

#[derive(Default)]
struct Fibres {
    fibres: BTreeMap<usize, Fibre>,
    /// How many there were ever
    begun: usize,
    ready: VecDeque<(usize, Woken)>,
    /// When each waits no longer.
    timers: BTreeSet<(Duration, usize)>,
}

/// Whether one thread carries many jobs.
pub(in crate::port) const SHARES: bool = true;

/// Does the jobs of this hand until it is closed and all are done. Each gets a stack of so many bytes.
pub(in crate::port) fn work(hand: &Hand, stack: usize) -> io::Result<()> {
    let shared = Shared {
        epoll: epoll::create(epoll::CreateFlags::CLOEXEC)?,
        clock: Clock::start(),
        running: 0,
        woken: Woken::Early,
        wish: None,
        flags: HashSet::new(),
    };
    shared.watch(EpollOp::EpollCtlAdd, descriptor(&hand.bell), EpollFlags::EPOLLIN, BELL)?;
    LOOP.set(Some(shared));
    let mut fibres = Fibres::default();
    let mut events = Vec::with_capacity(EVENTS);
    // One that got no stack waits until another of so many has given its own back.
    let mut postponed: Option<(Job, usize)> = None;
    loop {
        let closed = hand.is_closed();
        while postponed.as_ref().is_none_or(|(_, running)| fibres.fibres.len() < *running) {
            let Some(job) = postponed.take().map(|(job, _)| job).or_else(|| hand.take()) else { break };
            match fibres.begin(job, stack) {
                None => {}
                Some(job) if fibres.fibres.is_empty() => job(),
                Some(job) => postponed = Some((job, fibres.fibres.len())),
            }
        }
        while let Some((number, woken)) = fibres.ready.pop_front() {
            fibres.go_on(number, woken);
        }
        if postponed.as_ref().is_some_and(|(_, running)| fibres.fibres.len() < *running) {
            // Nothing else may come that would wake us.
            continue;
        }
        if closed && fibres.fibres.is_empty() {
            LOOP.set(None);
            return Ok(());
        }
        fibres.wait(hand, &mut events)?;
    }
}

/// Waits where a fibre runs; `None` where none does. One that panics keeps its thread until it has unwound: the others
/// would believe that they do.
pub(super) fn wait(wanted: Option<Wanted>, flag: Option<&Flag>, time: Duration) -> Option<io::Result<Woken>> {
    if !in_fibre() || std::thread::panicking() {
        return None;
    }
    let asked = LOOP.with_borrow_mut(|shared| shared.as_mut().map(|shared| shared.ask(wanted, flag, time)))?;
    Some(asked.map_err(io::Error::from).map(|()| {
        give_away();
        LOOP.with_borrow(|shared| shared.as_ref().map_or(Woken::Early, |shared| shared.woken))
    }))
}

/// Whether a fibre runs in this thread.
pub(in crate::port) fn in_fibre() -> bool {
    generator::is_generator()
}

fn descriptor(flag: &Flag) -> RawFd {
    flag.bell().map_or(-1, AsRawFd::as_raw_fd)
}

/// Lets the others run; returns when the loop goes on with this fibre.
#[allow(deprecated, reason = "the scoped form would have to be handed through every function in between")]
fn give_away() {
    generator::yield_with(());
}

impl Shared {
    /// Notes what the running fibre waits for.
    fn ask(&mut self, wanted: Option<Wanted>, flag: Option<&Flag>, time: Duration) -> Result<(), Errno> {
        if let Some(Wanted { descriptor, to_write, .. }) = wanted {
            let events = if to_write { EpollFlags::EPOLLOUT } else { EpollFlags::EPOLLIN };
            let events = events | EpollFlags::EPOLLONESHOT;
            let token = self.running as u64;
            // One that was closed is no longer known to the epoll, whatever has its number now.
            match self.watch(EpollOp::EpollCtlMod, descriptor, events, token) {
                Err(Errno::ENOENT) => self.watch(EpollOp::EpollCtlAdd, descriptor, events, token)?,
                outcome => outcome?,
            }
        }
        if let Some(flag) = flag.filter(|flag| !self.flags.contains(&flag.id())) {
            let events = EpollFlags::EPOLLIN | EpollFlags::EPOLLONESHOT;
            let (descriptor, token) = (descriptor(flag), FLAG | flag.id());
            match self.watch(EpollOp::EpollCtlAdd, descriptor, events, token) {
                Err(Errno::EEXIST) => self.watch(EpollOp::EpollCtlMod, descriptor, events, token)?,
                outcome => outcome?,
            }
            self.flags.insert(flag.id());
        }
        let until = self.clock.now().saturating_add(time);
        self.wish = Some(FibreWait { flag: flag.map(Flag::id), until });
        Ok(())
    }

    fn watch(&self, operation: EpollOp, descriptor: RawFd, events: EpollFlags, token: u64) -> Result<(), Errno> {
        epoll_ctl(self.epoll.as_raw_fd(), operation, descriptor, &mut EpollEvent::new(events, token))
    }
}

impl Fibres {
    /// Gives the job back where the system has no memory for its stack.
    fn begin(&mut self, job: Job, stack: usize) -> Option<Job> {
        let job = Arc::new(Mutex::new(Some(job)));
        let taken = Arc::clone(&job);
        let body = move || {
            let job = taken.lock().unwrap_or_else(PoisonError::into_inner).take();
            job.into_iter().for_each(|job| job());
        };
        let Ok(run) = catch_unwind(|| Gn::new_opt(stack / size_of::<usize>(), body)) else {
            return job.lock().unwrap_or_else(PoisonError::into_inner).take();
        };
        let number = self.begun;
        self.begun += 1;
        self.fibres.insert(number, Fibre { run, waits: FibreWait::default() });
        self.ready.push_back((number, Woken::Early));
        None
    }

    /// Lets the fibre run until it waits again, or ends.
    fn go_on(&mut self, number: usize, woken: Woken) {
        let Some(fibre) = self.fibres.get_mut(&number) else { return };
        LOOP.with_borrow_mut(|shared| {
            if let Some(shared) = shared {
                (shared.running, shared.woken) = (number, woken);
            }
        });
        // A job catches its own panics. What comes through is a stack overflow: nothing can go on from there.
        if catch_unwind(AssertUnwindSafe(|| fibre.run.resume())).is_err() {
            std::process::abort();
        }
        let wish = LOOP.with_borrow_mut(|shared| shared.as_mut()?.wish.take());
        match wish {
            Some(wish) if !fibre.run.is_done() => {
                fibre.waits = wish;
                self.timers.insert((wish.until, number));
            }
            Some(_) | None => {
                self.fibres.remove(&number);
            }
        }
    }

    /// Waits until one of them can go on, or a job has come.
    fn wait(&mut self, hand: &Hand, events: &mut Vec<epoll::Event>) -> io::Result<()> {
        events.clear();
        LOOP.with_borrow_mut(|shared| {
            let Some(shared) = shared else { return Ok(()) };
            let now = shared.clock.now();
            let next = self.timers.first().map(|(until, _)| until.saturating_sub(now).min(LONGEST_WAIT));
            let time = next.map(|time| Timespec {
                tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
                tv_nsec: time.subsec_nanos().into(),
            });
            match epoll::wait(&shared.epoll, rustix::buffer::spare_capacity(events), time.as_ref()) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error),
            }
            for event in events.iter() {
                match event.data.u64() {
                    BELL => hand.bell.lower(),
                    token if token & FLAG != 0 => {
                        let id = token & !FLAG;
                        shared.flags.remove(&id);
                        let waits = |fibre: &Fibre| fibre.waits.flag == Some(id);
                        let waiting = self.fibres.iter().filter(|(_, fibre)| waits(fibre)).map(|(number, _)| *number);
                        waiting.collect::<Vec<_>>().into_iter().for_each(|number| self.wake(number, Woken::Flag));
                    }
                    token => self.wake(usize::try_from(token).unwrap_or(usize::MAX), Woken::Descriptor),
                }
            }
            let now = shared.clock.now();
            while let Some((until, number)) = self.timers.first().copied().filter(|(until, _)| *until <= now) {
                self.timers.remove(&(until, number));
                self.ready.push_back((number, Woken::Early));
            }
            Ok(())
        })?;
        Ok(())
    }

    /// A fibre that does not wait is not woken: the event came after its time was up.
    fn wake(&mut self, number: usize, woken: Woken) {
        let Some(fibre) = self.fibres.get(&number) else { return };
        if self.timers.remove(&(fibre.waits.until, number)) {
            self.ready.push_back((number, woken));
        }
    }
}
