//! Many modems at the same time: each one's run is a plain function that waits in its port, and a few threads carry
//! them all.

use std::collections::VecDeque;
use std::io;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, available_parallelism};
use std::time::Duration;

use super::cancel::{Flag, pause};
use super::os;

pub use super::os::{allow_descriptors, room_in_memory};

/// What is to be done for one modem. A panic ends it alone.
pub type Job = Box<dyn FnOnce() + Send>;

/// So many jobs have a thread each, so that a driver which keeps one of them in the kernel keeps no other. More of them
/// share a thread for each processor: thousands of threads would cost more than what they do.
const OWN_THREADS: usize = 64;

/// The threads that do the jobs. Dropping it lets them end when their jobs have.
pub struct Crew {
    hands: Vec<Arc<Hand>>,
    most: usize,
    stack: usize,
}

/// One thread, and where it finds its jobs.
pub(super) struct Hand {
    waiting: Mutex<VecDeque<Job>>,
    closed: AtomicBool,
    /// How many it has, those that it does among them.
    count: AtomicUsize,
    /// Raised when a job has come, or none will come any more.
    pub(super) bell: Flag,
}

impl Crew {
    /// For so many jobs at the same time, each with so many bytes of stack.
    pub fn new(jobs: usize, stack: usize) -> Crew {
        let processors = available_parallelism().map_or(2, NonZeroUsize::get);
        let most = if shares(jobs) { processors } else { jobs.max(1) };
        Crew { hands: Vec::new(), most, stack }
    }

    /// How many descriptors each of so many jobs takes, its port's not among them.
    pub fn descriptors_each(jobs: usize) -> usize {
        // Those of a thread: what it waits with, and what wakes it.
        if shares(jobs) { 0 } else { 2 }
    }

    pub fn threads(&self) -> usize {
        self.hands.len()
    }

    /// Begins a job. Fails where the system gives no thread for it, and none can take it beside what it does.
    pub fn start(&mut self, job: Job) -> io::Result<()> {
        let has_idle = least_of(&self.hands).is_some_and(|hand| hand.count() == 0);
        if !has_idle
            && self.hands.len() < self.most
            && let Err(error) = self.hire()
            && (self.hands.is_empty() || !os::SHARES)
        {
            return Err(error);
        }
        if let Some(hand) = least_of(&self.hands) {
            hand.give(job);
        }
        Ok(())
    }

    fn hire(&mut self) -> io::Result<()> {
        let hand = Arc::new(Hand::new()?);
        let (works, stack) = (Arc::clone(&hand), self.stack);
        // A job that gets no stack of its own is done on the thread's.
        Builder::new().stack_size(stack).spawn(move || {
            // The loop fails only where the kernel refuses it: then its jobs are done one after the other.
            if os::work(&works, stack).is_err() {
                works.work_alone();
            }
        })?;
        self.hands.push(hand);
        Ok(())
    }
}

fn shares(jobs: usize) -> bool {
    os::SHARES && jobs > OWN_THREADS
}

fn least_of(hands: &[Arc<Hand>]) -> Option<&Arc<Hand>> {
    hands.iter().min_by_key(|hand| hand.count())
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.hands.iter().for_each(|hand| hand.close());
    }
}

impl Hand {
    fn new() -> io::Result<Hand> {
        let (waiting, closed, count) = (Mutex::default(), AtomicBool::new(false), AtomicUsize::new(0));
        Ok(Hand { waiting, closed, count, bell: Flag::new()? })
    }

    fn count(&self) -> usize {
        self.count.load(Ordering::Acquire)
    }

    fn give(self: &Arc<Hand>, job: Job) {
        self.count.fetch_add(1, Ordering::AcqRel);
        let hand = Arc::clone(self);
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push_back(Box::new(move || {
            let _ = catch_unwind(AssertUnwindSafe(job));
            hand.count.fetch_sub(1, Ordering::AcqRel);
        }));
        self.bell.raise();
    }

    fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.bell.raise();
    }

    pub(super) fn take(&self) -> Option<Job> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    /// Asked before the last job is taken, so that none is left behind.
    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    pub(super) fn work_alone(&self) {
        loop {
            self.bell.lower();
            let closed = self.is_closed();
            while let Some(job) = self.take() {
                job();
            }
            if closed {
                return;
            }
            pause(Some(&self.bell), Duration::from_secs(3600));
        }
    }
}

#[cfg(test)]
#[path = "../../tests/units/crew.rs"]
mod tests;
