//! Checks commands and writes them as Rust.

use std::collections::BTreeSet;

use crate::layout;
use crate::tables::{Case, Command, Danger, MaxTime, Prompt, RaisesContext, Texts};
use crate::write::{Result, Writer, pair};

impl Writer<'_> {
    /// A command of one type. `answers`: `bare: text`, `header: …`, `counted 1: …`, `ranges`, `lines`, a layout, nothing.
    fn usage(
        &mut self,
        command: &Command,
        parameters: &str,
        answers: Option<&Texts>,
        used: &mut BTreeSet<String>,
    ) -> Result<String> {
        let own = &command.fields;
        let taken = self.layout(parameters, own, used)?;
        let mut shape = "None".to_owned();
        let mut ranges = false;
        let mut layouts = Vec::new();
        for answer in answers.map(Texts::list).unwrap_or_default() {
            let (marker, rest) = match answer.split_once(':') {
                Some((marker, rest)) => (marker.trim(), rest.trim()),
                None if matches!(answer, "ranges" | "lines" | "unknown" | "bare" | "header") => (answer, ""),
                None => ("", answer),
            };
            let marked = match marker.split_once(' ').unwrap_or((marker, "")) {
                ("", "") if rest.is_empty() => continue,
                ("", "") | ("lines", "") => "Prefixed".to_owned(),
                ("ranges", "") => {
                    ranges = true;
                    "Prefixed".to_owned()
                }
                ("none", "") => "None".to_owned(),
                ("unknown", "") => "Unknown".to_owned(),
                ("bare", "") => "Bare".to_owned(),
                ("header", "") => "HeaderAndBody".to_owned(),
                (counted @ ("counted" | "counted-quoted"), index) => {
                    let index: usize = index.parse().map_err(|_| format!("'{answer}': which parameter counts?"))?;
                    format!("Counted {{ parameter: {index}, quoted: {} }}", counted == "counted-quoted")
                }
                _ => return Err(format!("'{answer}': there is no shape '{marker}'")),
            };
            shape = marked;
            let rest = if marker == "ranges" && rest.is_empty() { parameters } else { rest };
            if !rest.is_empty() {
                layouts.push(self.layout(rest, own, used)?);
            }
        }
        let general = command.name.split('=').next().unwrap_or(&command.name);
        let prefix = match command.prefix.as_deref() {
            Some("") => "None".to_owned(),
            Some(prefix) => format!("Some({prefix:?})"),
            None if shape == "Bare" => "None".to_owned(),
            None => match general.strip_prefix("AT") {
                Some(name) if name.starts_with(|first: char| "+#%!^$*".contains(first)) => format!("Some({name:?})"),
                _ => "None".to_owned(),
            },
        };
        Ok(format!(
            "Usage {{ parameters: {taken}, answers: &[{}], ranges: {ranges}, shape: AnswerShape::{shape}, prefix: {prefix} }}",
            layouts.join(", "),
        ))
    }

    pub fn command(&mut self, group: &str, command: &Command) -> Result<String> {
        if command.title.trim().is_empty() {
            return Err("it has no title".to_owned());
        }
        if command.name.split('=').next().is_some_and(|name| name != name.to_uppercase()) {
            return Err("a name is written in upper case".to_owned());
        }
        let mut used = BTreeSet::new();
        let set_parameters = command.set.clone().unwrap_or_default();
        let some = |usage: Option<String>| usage.map_or("None".to_owned(), |usage| format!("Some({usage})"));
        let test = command
            .test
            .as_ref()
            .map(|answers| self.usage(command, &set_parameters, Some(answers), &mut used))
            .transpose()?;
        let read =
            command.read.as_ref().map(|answers| self.usage(command, "", Some(answers), &mut used)).transpose()?;
        let set = command
            .set
            .as_ref()
            .map(|parameters| self.usage(command, parameters, command.set_answer.as_ref(), &mut used))
            .transpose()?;
        let execute =
            command.execute.as_ref().map(|answers| self.usage(command, "", Some(answers), &mut used)).transpose()?;
        if test.is_none() && read.is_none() && set.is_none() && execute.is_none() {
            return Err("it has no type: test, read, set, execute".to_owned());
        }
        if !command.test_does.is_empty() && test.is_none() {
            return Err("it tells what its test does, but has no test".to_owned());
        }
        let answers = [&command.test, &command.read, &command.set_answer, &command.execute];
        let groups = answers.into_iter().flatten().any(|texts| texts.list().iter().any(|text| text.starts_with('(')));
        if groups == command.record.is_empty() {
            return Err("what a group of its answer is, and the groups, go together".to_owned());
        }
        if command.set_answer.is_some() && command.set.is_none() {
            return Err("it has a set-answer but no set".to_owned());
        }
        if let Some(field) = command.fields.iter().find(|field| !used.contains(&field.name)) {
            return Err(format!("no layout uses its field '{}'", field.name));
        }
        let mut finals = Vec::new();
        for entry in &command.finals {
            let (text, kind) = pair(entry)?;
            let success = match kind {
                "success" => true,
                "failure" => false,
                _ => return Err(format!("'{entry}': success or failure?")),
            };
            finals.push(format!("({text:?}, {success})"));
        }
        if !command.data_ends.is_empty() && !command.call_control {
            return Err("it has data-ends, but opens no connection: call-control".to_owned());
        }
        let reboots = cases(&command.reboots)?;
        let needs_reboot = cases(&command.needs_reboot)?;
        let not_repeatable = cases(&command.not_repeatable)?;
        let conversation_only: Result<Vec<String>> = command.conversation_only.cases().into_iter().map(when).collect();
        let nb_iot: Result<Vec<String>> = command.nb_iot_only.iter().map(|case| when(case)).collect();
        let dangers: Result<Vec<String>> = command.dangers.iter().map(danger).collect();
        let max_times: Result<Vec<String>> = command.max_times.iter().map(|time| self.max_time(time)).collect();
        let prompt = command.prompt.as_ref().map(prompt).transpose()?;
        let raises_context = command.raises_context.as_ref().map(raises_context).transpose()?;
        let source = self.source(&command.source, command.status)?;
        Ok(format!(
            "Command {{ name: {:?}, title: {:?}, about: {:?}, group: {group:?}, test_does: {:?}, record: {:?}, test: {}, read: {}, set: {}, execute: {}, \
             read_only: {}, conversation_only: &[{}], leaves_no_trace: {}, abortable: {}, call_control: {}, data_ends: &{:?}, without_final: {}, names_module: {}, \
             reboots: &[{reboots}], needs_reboot: &[{needs_reboot}], needs_context_down: {}, raises_context: {}, lowers_contexts: {}, nb_iot_only: &[{}], \
             prompt: {}, not_repeatable: &[{not_repeatable}], dangers: &[{}], finals: &[{}], max_times: &[{}], \
             vendors: &{:?}, source: {source} }}",
            command.name,
            command.title,
            command.about,
            command.test_does,
            command.record,
            some(test),
            some(read),
            some(set),
            some(execute),
            command.read_only,
            conversation_only?.join(", "),
            command.leaves_no_trace,
            command.abortable,
            command.call_control,
            command.data_ends,
            command.without_final,
            command.names_module,
            command.needs_context_down,
            raises_context.map_or("None".to_owned(), |raises| format!("Some({raises})")),
            command.lowers_contexts,
            nb_iot?.join(", "),
            prompt.map_or("None".to_owned(), |prompt| format!("Some({prompt})")),
            dangers?.join(", "),
            finals.join(", "),
            max_times?.join(", "),
            command.vendors,
        ))
    }

    fn max_time(&mut self, time: &MaxTime) -> Result<String> {
        let milliseconds = (time.seconds * 1000.0).round();
        if !(1.0..=86_400_000.0).contains(&milliseconds) {
            return Err(format!("{} s is no time for an answer", time.seconds));
        }
        time.r#for.as_deref().map(|scope| self.scope(scope)).transpose()?;
        let kind = match time.when.as_deref() {
            None => None,
            Some(case @ ("?" | "=?" | "=" | "!")) => layout::when(case)?.0,
            Some(other) => return Err(format!("'{other}': a time holds for '?', '=?', '=' or '!'")),
        };
        let source = self.source(&time.source, time.status)?;
        Ok(format!(
            "MaxTime {{ milliseconds: {milliseconds}, form: {}, scope: {:?}, worst_case: {}, source: {source} }}",
            kind.map_or("None".to_owned(), |kind| format!("Some(Form::{kind})")),
            time.r#for.as_deref(),
            time.worst,
        ))
    }
}

fn when(text: &str) -> Result<String> {
    let (kind, parameters) = layout::when(text)?;
    let kind = kind.map_or("None".to_owned(), |kind| format!("Some(Form::{kind})"));
    Ok(format!("When {{ form: {kind}, parameters: &{parameters:?} }}"))
}

fn cases(cases: &[Case]) -> Result<String> {
    let cases: Result<Vec<String>> =
        cases.iter().map(|case| Ok(format!("Case {{ when: {}, why: {:?} }}", when(&case.when)?, case.why))).collect();
    Ok(cases?.join(", "))
}

fn danger(danger: &Danger) -> Result<String> {
    let kind = match danger.kind.as_str() {
        "brick" => "Brick",
        "illegal" => "Illegal",
        "lock" => "Lock",
        "cost" => "Cost",
        "data" => "Data",
        "settings" => "Settings",
        "connection" => "Connection",
        "silence" => "Silence",
        other => return Err(format!("there is no danger '{other}'")),
    };
    Ok(format!(
        "Danger {{ kind: DangerKind::{kind}, when: {}, why: {:?}, needs_unsafe: {} }}",
        when(&danger.when)?,
        danger.why,
        danger.r#unsafe,
    ))
}

fn raises_context(raises: &RaisesContext) -> Result<String> {
    Ok(format!("RaisesContext {{ when: {}, context: {} }}", when(&raises.when)?, raises.context))
}

fn prompt(prompt: &Prompt) -> Result<String> {
    let ends = match prompt.counted {
        None => "PromptEnd::CtrlZ".to_owned(),
        Some(index) => format!("PromptEnd::Counted({index})"),
    };
    Ok(format!("Prompt {{ when: {}, mark: {:?}, ends: {ends} }}", when(&prompt.when)?, prompt.mark))
}
