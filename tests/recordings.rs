//! `tests/recordings/`: scripts and what modems answered them; `hayes test` plays one to the other.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::peers::{all, within};

#[test]
fn recordings() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings");
    let mut command = Command::new(env!("CARGO_BIN_EXE_hayes"));
    let output = within(Duration::from_secs(120), command.arg("test").arg(folder).env_remove("HAYES_PORT"));
    assert!(output.status.success(), "{}", all(&output));
}
