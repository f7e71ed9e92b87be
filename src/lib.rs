//! Hayes: a small language for talking to cellular modems, and the program that runs it.
//!
//! [`embed`] and [`at`] are the public API. The other modules are public for the program and its tests alone: the
//! documentation hides them.
//!
//! The modules in reading order. Each may use only those above it; `tests/architecture.rs` reads this list and
//! fails on an upward path.
//!
//! - [`source`]: a text with its name, and places in it
//! - [`notation`]: how durations, bytes and control characters are written and read
//! - [`table`]: data and texts that the program carries, deflated
//! - [`chance`]: numbers by chance, from a seed
//! - [`psm`]: the timers of power saving
//! - [`sms`]: short messages: their alphabets, and the unit that PDU mode carries
//! - [`diagnostic`]: what is wrong, where, and what to do about it; how it is shown
//! - [`at`]: the AT protocol: bytes → lines → events; no I/O, no clock
//! - [`catalogue`]: what is known about commands, errors, URCs and modules; `explain`
//! - [`value`]: the values of the language, the functions that a script may call, the record `module`
//! - [`state`]: the user's folder for what outlasts a run
//! - [`syntax`]: text → tree, and the canonical form of a script
//! - [`check`]: tree → program: names, patterns compiled, warnings
//! - [`port`]: where bytes and time come from; alone may block
//! - [`usb`]: a port by the USB device behind it
//! - [`doctor`]: what is in the way of a modem, as the system's files tell
//! - [`sim`]: the simulated modem, a state machine with module profiles
//! - [`connect`]: a port's address (`/dev/ttyUSB2`, `tcp://…`, `sim:bg96`) → an open port
//! - [`conversation`]: a port and a session together: ask, wait for the answer
//! - [`guard`]: what costs SIMs, networks and the law is asked here before it is sent
//! - [`probe`]: which ports answer AT, and what modems they are
//! - [`scaffold`]: what one begins with: a project's files, a module's file
//! - [`runtime`]: program + port → events and outcome
//! - [`library`]: the embedded scripts, and how `run "name"` finds one
//! - [`import`]: scripts of other programs → a Hayes script
//! - [`suggest`]: what may stand at the cursor of a line that is being typed
//! - [`report`]: events and outcomes → text, JSON Lines, CSV, JUnit, HTML
//! - [`batch`]: inventory, scheduling, journal
//! - [`embed`]: Hayes in another program
//! - [`fleet`]: many gateways, each with modems of its own
//! - [`repl`]: exploring a modem line by line
//! - [`lsp`]: the language server of editors
//! - [`config`]: settings of a project and of the user: `hayes.toml`
//! - [`hints`]: what else to say of a mistake on the command line
//! - [`cli`]: arguments, printing, exit codes
//!
//! # How to add a statement: six files
//!
//! 1. `grammar/hayes.pest`: its rule, with a `///` that shows its form. `grammar/pages.md`: its page, with what it
//!    does, what it looks like and an example that runs; completion, help and messages read it.
//! 2. `syntax/ast.rs`: a variant of `StatementKind`, and what it is made of (`parts`): blocks, names, expressions. One
//!    with a block has an arm in `last_block` too. Other passes go by these parts.
//! 3. `syntax/lower/mod.rs`: from the pair of the rule to that variant.
//! 4. `check/walk/mod.rs` and 5. `runtime/interpreter/mod.rs`: an arm in each, which the compiler names.
//! 6. `tests/cases/*.md`: a heading, a script, a modem's part, and what is printed.
//!
//! Where it does more than its parts tell: what `--plan` says of it (`runtime/interpreter/plan.rs`), and whether it may
//! be run twice (`fleet/bundle.rs`). The editors' grammars name its word (`editors/`): a test holds them.
//!
//! # How to add a function of expressions: two files and a case
//!
//! 1. `value/functions.rs`: an entry of `FUNCTIONS`: its name, what it takes and yields. Its body stands below, from
//!    values to a value, or to why not. Check, runtime and the REPL read the table.
//! 2. `grammar/functions.md`: one line of what it is for, and an example with its value, which is a test.
//! 3. `tests/cases/*.md`: a call that works, and one that is refused.
//!
//! # How to add a lint: two files
//!
//! 1. `check/walk/lints.rs`: a function that is given the tree and what is known there. Where it finds something:
//!    `findings.tell("hayes::check::NAME", span, &[&value])`.
//! 2. `diagnostic/pages/check.md`: a heading of that code, `warning: …` or `error: …` with `at: …` and `help: …`, in
//!    which `«name»` stands for a value; then what it means and what to do. Its two scripts, ```` ```wrong ```` and
//!    ```` ```right ````, are the tests. The scripts of manuals in `tests/scripts/` show where it must be silent.
//!
//! # How to add a module: one data file
//!
//! 1. `catalogue/data/modules/ID.toml`: a file of its own, with its names, as AT+CGMM and people write them.
//! 2. In it what differs: ICCID, registration, roaming, APN, reboot, power-off, each with its source. `like` names the
//!    module that the rest is taken from. Scripts read it from the record `module` (`value/module.rs`).
//! 3. Commands that only this vendor has: `catalogue/data/commands/VENDOR.toml`.
//! 4. A simulated one: `sim/profiles/NAME.toml`, what it answers where it differs from the generic modem, or from the
//!    one or the vendor that `like` names (`sim/profiles/vendors/`).
//! 5. The build reads the data and says what is wrong with it; no code and no script names a module.

#![cfg_attr(test, allow(clippy::wildcard_enum_match_arm, reason = "a test says what it wants, not all there is"))]

pub mod at;
#[doc(hidden)]
pub mod batch;
#[doc(hidden)]
pub mod catalogue;
mod chance;
#[doc(hidden)]
pub mod check;
#[doc(hidden)]
pub mod cli;
mod config;
#[doc(hidden)]
pub mod connect;
#[doc(hidden)]
pub mod conversation;
#[doc(hidden)]
pub mod diagnostic;
#[doc(hidden)]
pub mod doctor;
pub mod embed;
#[doc(hidden)]
pub mod fleet;
#[doc(hidden)]
pub mod guard;
mod hints;
#[doc(hidden)]
pub mod import;
#[doc(hidden)]
pub mod library;
#[doc(hidden)]
pub mod lsp;
#[doc(hidden)]
pub mod notation;
#[doc(hidden)]
pub mod port;
mod probe;
#[doc(hidden)]
pub mod psm;
#[doc(hidden)]
pub mod repl;
#[doc(hidden)]
pub mod report;
#[doc(hidden)]
pub mod runtime;
mod scaffold;
#[doc(hidden)]
pub mod sim;
#[doc(hidden)]
pub mod sms;
#[doc(hidden)]
pub mod source;
mod state;
mod suggest;
#[doc(hidden)]
pub mod syntax;
mod table;
#[doc(hidden)]
pub mod usb;
#[doc(hidden)]
pub mod value;
