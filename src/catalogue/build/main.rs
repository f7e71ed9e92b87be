//! Turns `data/*.toml` into Rust statics. Every entry is checked: a malformed one ends the build with its file, its
//! name and what is wrong with it.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a build script talks to cargo there")]
#![allow(unreachable_pub, reason = "a build script exports nothing")]

mod commands;
mod entries;
mod layout;
#[path = "../name_hash.rs"]
mod name_hash;
mod read;
mod tables;
mod write;

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

fn main() -> ExitCode {
    link_in_place();
    match generate() {
        Ok(()) => ExitCode::SUCCESS,
        Err(errors) => {
            eprintln!("{errors}");
            ExitCode::FAILURE
        }
    }
}

/// A program that may be loaded anywhere has each pointer of the tables written anew when it starts: half a millisecond
/// and 650 KiB, for every process. So where the linker allows it the program has a fixed place.
fn link_in_place() {
    let target = |key: &str| env::var(format!("CARGO_CFG_TARGET_{key}")).unwrap_or_default();
    if target("OS") == "linux" && target("ENV") == "gnu" {
        println!("cargo::rustc-link-arg-bins=-no-pie");
        println!("cargo::rustc-link-arg-benches=-no-pie");
    }
}

fn generate() -> Result<(), String> {
    let root = env::var("CARGO_MANIFEST_DIR").map_err(|error| error.to_string())?;
    let data = Path::new(&root).join("src/catalogue/data");
    println!("cargo::rerun-if-changed=src/catalogue/data");
    println!("cargo::rerun-if-changed=src/catalogue/build");
    let rust = write::rust(&read::read(&data)?)?;
    let out = env::var("OUT_DIR").map_err(|error| error.to_string())?;
    fs::write(Path::new(&out).join("catalogue.rs"), rust).map_err(|error| error.to_string())
}
