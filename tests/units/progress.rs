use super::*;

#[test]
fn times_are_read_as_on_a_clock() {
    assert_eq!([7, 750, 3723].map(|s| clock(Duration::from_secs(s))), ["0:07", "12:30", "1:02:03"]);
}
