#[test]
fn each_text_is_one_of_its_own() {
    crate::source::tables::hold(include_str!("../../src/cli/explain.md"), &mut |_, words| {
        super::texts(&words.split('¦').map(str::to_owned).collect::<Vec<_>>()).join("¦")
    });
}
