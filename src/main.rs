//! Hands the arguments over.

use std::process::ExitCode;

fn main() -> ExitCode {
    hayes::cli::main(std::env::args_os())
}
