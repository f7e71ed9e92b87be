//! One script over many gateways: each drives the modems it owns, and what it says comes back when it can.
//!
//! - [`carrier`]: what carries orders and results between the operator and the gateways
//! - [`nkey`]: how keys are written
//! - [`seal`]: secrets on their way to a gateway

pub mod carrier;
pub mod nkey;
pub mod seal;
