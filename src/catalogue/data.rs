//! The data files as statics, written by `build.rs`.
#![allow(unused_imports, reason = "which types the data need is for the data to say")]
#![allow(clippy::indexing_slicing, reason = "constants, indexed while compiling")]

use super::command::{
    AnswerShape, Case, Command, Danger, DangerKind, MaxTime, Prompt, PromptEnd, RaisesContext, Usage, When,
};
use super::error::{ErrorCode, Series};
use super::field::{Field, Kind, Source, Unit, Value};
use super::layout::Layout;
use super::module::{Boot, Module, Note, Setting};
use super::result::KnownResult;
use super::urc::Urc;
use crate::at::command::Form;

include!(concat!(env!("OUT_DIR"), "/catalogue.rs"));
