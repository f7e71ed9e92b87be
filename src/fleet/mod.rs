//! One script over many gateways: each drives the modems it owns, and what it says comes back when it can.
//!
//! - [`carrier`]: what carries orders and results between the operator and the gateways
//! - [`nkey`]: how keys are written

pub mod carrier;
pub mod nkey;
