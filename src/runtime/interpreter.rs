//! Runs a program: one arm a statement.

use std::sync::Arc;

use super::event::Listener;
use super::inputs::Inputs;
use super::outcome::{Outcome, Status};
use super::value::Value;
use crate::check::Program;
use crate::conversation::Conversation;

/// The stack that a thread must have to run any program.
pub const STACK: usize = 2 << 20;

/// Runs a program to its end. Nothing is sent before all its required params have values.
pub fn run(
    program: &Arc<Program>,
    conversation: &mut Conversation,
    inputs: &Inputs,
    listener: &mut dyn Listener,
) -> Outcome {
    Interpreter::new(inputs.clone()).execute(program, conversation, listener)
}

/// Keeps variables, timeout and `abort on` from one program to the next: the REPL's lines.
pub struct Interpreter {
    pub inputs: Inputs,
}

impl Interpreter {
    pub fn new(inputs: Inputs) -> Interpreter {
        Interpreter { inputs }
    }

    /// Runs a program as a transaction: one that fails changes no variable.
    pub fn execute(
        &mut self,
        program: &Arc<Program>,
        conversation: &mut Conversation,
        listener: &mut dyn Listener,
    ) -> Outcome {
        // The statements follow; until then nothing is sent and nothing passes.
        let _ = (program, listener);
        Outcome {
            status: Status::Failed,
            failure: None,
            skipped: None,
            exchanges: 0,
            changed: 0,
            unchanged: 0,
            report: Vec::new(),
            elapsed: conversation.now(),
        }
    }

    /// The `expect` and `capture` lines of this program's only question, held against the last answer; nothing is
    /// sent.
    pub fn follow(
        &mut self,
        program: &Arc<Program>,
        conversation: &mut Conversation,
        listener: &mut dyn Listener,
    ) -> Outcome {
        self.execute(program, conversation, listener)
    }

    /// The names that are set, in the order in which they first were; secrets masked.
    pub fn variables(&self) -> Vec<(String, Value)> {
        Vec::new()
    }
}
