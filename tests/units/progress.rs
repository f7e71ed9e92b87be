use super::*;

#[test]
fn times_are_read_as_on_a_clock() {
    assert_eq!([7, 750, 3723].map(|s| clock(Duration::from_secs(s))), ["0:07", "12:30", "1:02:03"]);
}

#[test]
fn the_time_left_counts_whole_rounds() {
    let left = |running: &[u64], waiting| {
        let running = running.iter().map(|s| Duration::from_secs(*s)).collect();
        all_ended_in(running, waiting, Duration::from_secs(10)).map(|left| left.as_secs())
    };
    assert_eq!(left(&[5, 1], 0), Some(5));
    // The third begins where the first ends.
    assert_eq!(left(&[5, 1], 1), Some(11));
    assert_eq!([left(&[5, 1], 2), left(&[5, 1], 5), left(&[10; 12], 28)], [Some(15), Some(31), Some(40)]);
    assert_eq!(left(&[], 3), None);
}
