//! One script over many gateways: each drives the modems it owns, and what it says comes back when it can.
//!
//! - [`key`]: who is who, and what nobody else can have signed
//! - [`message`]: orders, results, presences
//! - [`files`]: the files that a script reads, which go with it
//! - [`bundle`]: the scripts that a gateway runs, and whether they may be run again after a crash
//! - [`agent`]: what a gateway does, without I/O
//! - [`gateway`]: the agent at work: folder, carrier, modems
//! - [`controller`]: what the operator wants and what came of it, without I/O
//! - [`targets`]: the modems that a run is for
//! - [`moves`]: modems that another gateway has now
//! - [`attaches`]: how often modems at many gateways may attach together
//! - [`board`]: how a run goes
//! - [`folder`]: what the operator keeps
//! - [`operator`]: the operator's side at work: carrier, ledgers
//! - [`carrier`]: what carries orders and results between the operator and the gateways
//! - [`nkey`]: how keys are written
//! - [`seal`]: secrets on their way to a gateway

pub mod agent;
pub mod attaches;
pub mod board;
pub mod bundle;
pub mod carrier;
pub mod controller;
pub mod files;
pub mod folder;
pub mod gateway;
pub mod key;
pub mod message;
pub mod moves;
pub mod nkey;
pub mod operator;
pub mod seal;
pub mod targets;
