//! Tests of `src/port/crew.rs` from within: what is private there.

use std::sync::mpsc::{Sender, channel};

use super::*;
use crate::port::cancel::aside;
use crate::port::{Cancel, Clock, Fault};

const CREW_STACK: usize = 256 << 10;

/// What so many jobs send, each given its number, when all have ended; and how many threads did them.
fn run<T: Send + 'static>(jobs: usize, job: impl Fn(usize, &Sender<T>) + Send + Sync + 'static) -> (Vec<T>, usize) {
    let (job, (sender, all)) = (Arc::new(job), channel());
    let mut crew = Crew::new(jobs, CREW_STACK);
    for number in 0..jobs {
        let (job, sender) = (Arc::clone(&job), sender.clone());
        crew.start(Box::new(move || job(number, &sender))).unwrap();
    }
    drop(sender);
    let threads = crew.threads();
    // A crew that is let go does what it was given.
    drop(crew);
    (all.iter().collect(), threads)
}

#[test]
fn many_wait_at_the_same_time() {
    let clock = Clock::start();
    let cancel = Cancel::new().unwrap();
    let (outcomes, threads) = run(500, move |number, sender| {
        sender.send(cancel.watch().pause(Duration::from_millis(100 + number as u64 % 7))).unwrap();
    });
    assert!(outcomes.len() == 500 && outcomes.iter().all(|outcome| *outcome == Ok(())));
    // One after the other they take 50 s.
    assert!(clock.now() < Duration::from_secs(20));
    assert!(!os::SHARES || threads < OWN_THREADS, "{threads}");
}

#[test]
fn a_panic_ends_its_own_job_alone() {
    // With a thread each, and with some.
    for jobs in [60, 200] {
        let (ended, _) = run(jobs, |number, sender| {
            pause(None, Duration::from_millis(10));
            assert!(number % 50 != 7, "a fault of number {number}");
            pause(None, Duration::from_millis(10));
            sender.send(number).unwrap();
        });
        assert_eq!(ended.len(), jobs - (jobs + 42) / 50);
    }
}

#[test]
fn what_blocks_is_done_aside() {
    let (doubled, _) = run(200, |number, sender| {
        sender.send(aside(Duration::MAX, None, move || number * 2).unwrap() == Some(number * 2)).unwrap();
    });
    assert!(doubled.len() == 200 && doubled.iter().all(|right| *right));
}

#[test]
fn one_call_wakes_all_and_a_second_wakes_what_went_on() {
    // Few have a thread each, more share some.
    for (jobs, own_threads) in [(3, true), (300, false)] {
        let mut crew = Crew::new(jobs, CREW_STACK);
        let cancel = Cancel::new().unwrap();
        let (sender, told) = channel();
        for _ in 0..jobs {
            let (sender, mut watch) = (sender.clone(), cancel.watch());
            let job = move || {
                for _ in 0..2 {
                    sender.send(watch.pause(Duration::MAX)).unwrap();
                    watch.rearm();
                }
            };
            crew.start(Box::new(job)).unwrap();
        }
        assert!(!own_threads || crew.threads() == jobs);
        for _ in 0..2 {
            cancel.cancel();
            for _ in 0..jobs {
                assert_eq!(told.recv(), Ok(Err(Fault::Interrupted)));
            }
        }
    }
}
