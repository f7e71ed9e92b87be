use super::*;

#[test]
fn every_row_of_the_table_is_a_regex_and_names_its_groups() {
    let mut count = 0;
    for (written, rest) in words::rows("What people write in place of a line") {
        let row = Row { written, meant: rest, note: "", regex: OnceLock::new() };
        let regex = row.compiled().unwrap_or_else(|| panic!("{written}"));
        let used = rest.split('\\').skip(1).filter_map(|it| it.trim_start_matches(['"', '/']).chars().next());
        let most = used.filter_map(|it| it.to_digit(10)).max().unwrap_or(0);
        assert!((most as usize) < regex.captures_len(), "{written}: there is no group {most}");
        count += 1;
    }
    assert!(count > 50);
}
