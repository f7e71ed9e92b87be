//! Tests of `src/library/mod.rs` from within: what is private there.

use super::*;

#[test]
#[cfg(unix)]
fn a_file_that_cannot_be_read_is_not_passed_over() {
    crate::state::tests::with_folder(|folder| {
        let looped = folder.join("loop.hayes");
        std::os::unix::fs::symlink(&looped, &looped).unwrap();
        assert!(text_at(&looped).is_err());
        for absent in ["none.hayes", "loop.hayes/none", &"x".repeat(300)] {
            let is_loop = absent.starts_with("loop");
            assert!(text_at(&folder.join(absent)).map_or(is_loop, |text| text.is_none()), "{absent}");
        }
    });
}
