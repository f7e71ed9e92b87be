//! Events and outcomes → text, JSON Lines, CSV, JUnit, HTML. Writes into what it is given; the commands decide where
//! that goes.

pub mod answered;
pub mod conversation;
pub mod csv;
pub mod diagnostics;
pub mod events;
pub mod html;
pub mod junit;
mod markup;
pub mod result;
pub mod sarif;
pub mod style;
pub mod tally;
pub mod transcript;
