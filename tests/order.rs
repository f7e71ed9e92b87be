//! Which modem of a batch begins next: waves, groups, failures, delays.

use std::time::Duration;

use hayes::batch::inventory::{self, Inventory};
use hayes::batch::schedule::{Plan, Scheduler, Share, Stopped, Turn, wave_ends};
use hayes::source::Source;

fn plan(jobs: &str) -> Plan {
    Plan::of_jobs(jobs.parse().unwrap())
}

fn modems(count: &str) -> Inventory {
    let text = format!(
        "[[range]]\nname = \"m{{1..{count}}}\"\nport = \"sim:bg96\"\ngroups = [\"hub\"]\n[[modem]]\nname = \"x\"\nport = \"sim:bg96\"\n[group.hub]\nmax-parallel = 2\n"
    );
    inventory::read(&[Source::new("i.toml", text)]).unwrap()
}

const START: Duration = Duration::ZERO;

fn begin(case: &str) -> Scheduler {
    let said = |wanted: &str| case.split(' ').find_map(|word| word.strip_prefix(wanted)?.strip_prefix('='));
    let share = |text: &str| Share::parse(text).unwrap();
    let inventory = modems(said("modems").unwrap());
    let plan = Plan {
        waves: said("waves").map_or(Vec::new(), |waves| waves.split(',').map(share).collect()),
        max_fail: said("max-fail").map(share),
        ..plan(said("jobs").unwrap())
    };
    Scheduler::new(&inventory.modems, &inventory, plan, 1)
}

#[test]
fn who_is_next() {
    let mut schedule = begin("modems=1 jobs=1");
    for line in include_str!("data/order.txt").lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        if line.starts_with("modems=") {
            schedule = begin(line);
            continue;
        }
        for step in line.split(' ') {
            let (what, number) = step.split_at(step.find(|c: char| c.is_ascii_digit()).unwrap_or(step.len()));
            let number = number.parse().unwrap_or_default();
            match what {
                "-" | "x" => schedule.ended(number, what == "x"),
                "again" => schedule.again(number),
                "stopped" => {
                    let left = schedule.waiting().count();
                    assert_eq!((schedule.stopped, left), (Some(Stopped::TooManyFailures), number), "{line}");
                }
                "+" => assert_eq!(schedule.next(START), Turn::Start(number), "{step} in {line}"),
                "wait" => assert_eq!(schedule.next(START), Turn::WaitForEnd, "{line}"),
                other => assert_eq!((other, schedule.next(START)), ("done", Turn::Done), "{line}"),
            }
        }
    }
}

#[test]
fn where_waves_end() {
    assert_eq!(wave_ends(&[Share::Count(1), Share::Percent(20), Share::Percent(100)], 10), [1, 3, 10]);
    assert_eq!(wave_ends(&[Share::Count(2)], 5), [2, 4, 5]);
    assert_eq!(wave_ends(&[Share::Percent(0), Share::Percent(100)], 5), [1, 5]);
}

#[test]
fn starts_keep_their_distance() {
    let inventory = modems("3");
    let (start_delay, jitter) = (Duration::from_secs(10), Duration::from_secs(5));
    let mut schedule = Scheduler::new(&inventory.modems, &inventory, Plan { start_delay, jitter, ..plan("9") }, 7);
    assert_eq!(schedule.next(START), Turn::Start(0));
    let Turn::Wait(until) = schedule.next(START) else { panic!() };
    assert!(until >= start_delay && until <= start_delay + jitter, "{until:?}");
    assert_eq!(schedule.next(until), Turn::Start(1));
    assert!(matches!(schedule.next(until), Turn::Wait(later) if later >= until + start_delay));
    schedule.stop();
    assert_eq!(schedule.next(until), Turn::WaitForEnd);
}
