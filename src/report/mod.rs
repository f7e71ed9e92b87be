//! Events and outcomes → text, JSON Lines. Writes into what it is given; the commands decide where that goes.

pub mod conversation;
pub mod diagnostics;
pub mod events;
pub mod result;
pub mod style;
