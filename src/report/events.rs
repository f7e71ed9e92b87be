//! What a run tells while it goes on, as JSON: an object a line, each with `event` and `ms`, the time since the port
//! was opened.

use std::time::Duration;

use serde_json::{Value, json};

use super::style::harmless;
use crate::at::Event;
use crate::runtime::{Failure, RuntimeEvent};

/// One event; `None` for those that say nothing to a reader of the whole conversation.
pub fn json(now: Duration, event: &RuntimeEvent<'_>) -> Option<Value> {
    let failed = |what: &str, failure: &Failure| json!({"event": what, "code": failure.diagnostic.code, "message": failure.diagnostic.message});
    let mut object = match *event {
        RuntimeEvent::ScriptStarted { script, depth } => {
            json!({"event": "script", "script": script, "depth": depth})
        }
        RuntimeEvent::ScriptEnded { script, depth, status } => {
            json!({"event": "script-end", "script": script, "depth": depth, "status": status})
        }
        RuntimeEvent::Part { part, runs } => json!({"event": "part", "part": part, "runs": runs}),
        RuntimeEvent::Session(event) => session(event),
        RuntimeEvent::ExchangeEnded { sent, passed, elapsed } => {
            json!({"event": "exchange", "sent": sent, "passed": passed, "elapsed_ms": milliseconds(elapsed)})
        }
        RuntimeEvent::Captured { name, value } => json!({"event": "capture", "name": name, "value": value}),
        RuntimeEvent::AttemptFailed { attempt, of, failure } => {
            json!({"event": "attempt-failed", "attempt": attempt, "of": of, "code": failure.diagnostic.code, "message": failure.diagnostic.message})
        }
        RuntimeEvent::RetryEnded { attempts } => json!({"event": "retry-ended", "attempts": attempts}),
        RuntimeEvent::Pause { duration, .. } => json!({"event": "pause", "duration_ms": milliseconds(duration)}),
        RuntimeEvent::Caught { failure } => failed("caught", failure),
        RuntimeEvent::CheckFailed { failure } => failed("check-failed", failure),
        RuntimeEvent::Interrupted { .. } => json!({"event": "interrupted"}),
        RuntimeEvent::FinallyFailed { failure } => failed("finally-failed", failure),
        RuntimeEvent::Log { text } => json!({"event": "log", "text": text}),
        RuntimeEvent::Ensured { question, change } => json!({"event": "ensure", "sent": question, "change": change}),
        RuntimeEvent::Plan { note } => json!({"event": "plan", "note": note}),
        RuntimeEvent::Met { module } => json!({"event": "module", "module": module.id}),
        RuntimeEvent::Reported { name, value } => json!({"event": "report", "name": name, "value": value}),
        RuntimeEvent::Row { columns } => json!({"event": "row", "columns": columns}),
        RuntimeEvent::Statement { .. } | RuntimeEvent::Waiting { .. } => return None,
    };
    if let Value::Object(fields) = &mut object {
        fields.insert("ms".to_owned(), milliseconds(now).into());
    }
    Some(object)
}

fn session(event: Event<'_>) -> Value {
    match event {
        Event::Sent { bytes, why } => json!({"event": "sent", "text": harmless(bytes), "why": why}),
        Event::Echo(line) => json!({"event": "echo", "text": harmless(line)}),
        Event::Response(line) => json!({"event": "response", "text": harmless(line)}),
        Event::Final { line, result } => {
            json!({"event": "final", "text": harmless(line), "success": result.is_success()})
        }
        Event::Urc(line) => json!({"event": "urc", "text": harmless(line)}),
        Event::Prompt(mark) => json!({"event": "prompt", "text": harmless(mark)}),
        Event::Stray(line) => json!({"event": "stray", "text": harmless(line)}),
        Event::Data(line) => json!({"event": "data", "text": harmless(line)}),
        Event::Partial(line) => json!({"event": "partial", "text": harmless(line)}),
        Event::Dropped { lines } => json!({"event": "dropped", "lines": lines}),
        Event::Truncated { bytes } => json!({"event": "truncated", "bytes": bytes}),
        Event::Notice(text) => json!({"event": "notice", "text": text}),
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
