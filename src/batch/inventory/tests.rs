use super::*;

#[test]
fn a_group_s_speed_beats_that_of_the_defaults() {
    const TEXT: &str = "[defaults]\nbaud = 9600\n[group.g]\nbaud = 115200\n[[modem]]\nname = \"a\"\nport = \"sim:bg96\"\n\
                        groups = [\"g\"]\n[[modem]]\nname = \"b\"\nport = \"sim:bg96\"\n";
    let inventory = read(&[Source::new("i.toml", TEXT)]).unwrap();
    assert_eq!(inventory.modems.iter().map(|modem| modem.baud).collect::<Vec<_>>(), [Some(115_200), Some(9600)]);
}
