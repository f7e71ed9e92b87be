//! What is known about AT commands, their answers, errors, URCs and modules; and [`explain()`].
//!
//! The knowledge is data, `data/*.toml`: to add a command is to add an entry there, to add a module is to add a file.
//! [`entry`] says what an entry holds, `build.rs` checks and packs them, [`lookup`] finds them.

pub mod command;
pub mod entry;
pub mod explain;
mod knowledge;
mod layout;
pub mod lookup;
pub mod own;
mod secret;

pub use command::{Prospect, answered_later, prospect};
pub use explain::{Explanation, explain};
pub use knowledge::Catalogue;
pub use lookup::{
    command, command_of, command_with, commands, error, error_by_text, meant, module, module_by_model, module_named_by,
    modules, nearest, result_code, urc, urcs,
};
pub(crate) use secret::pin_in;
pub use secret::{is_called_secret, secrets_in};
