//! What is known about AT commands, their answers, errors, URCs and modules; and [`explain`].
//!
//! The knowledge is data: `data/*.toml`, checked and turned into sorted statics by `build.rs`, so that start-up costs
//! nothing and a look-up allocates nothing. To add a command or a module is to add an entry there.

pub mod command;
mod data;
pub mod error;
pub mod expected;
pub mod explain;
pub mod field;
pub mod knowledge;
pub mod layout;
pub mod module;
mod name_hash;
pub mod own;
pub mod result;
#[cfg(test)]
mod tests;
pub mod urc;

pub use command::{command, command_of, command_with, commands, nearest};
pub use error::{cme, cms, error_by_text};
pub use expected::{Prospect, prospect};
pub use explain::{Explanation, explain};
pub use knowledge::Catalogue;
pub use module::{module, module_by_model, module_named_by, modules};
pub use result::result_code;
pub use urc::{urc, urcs};
