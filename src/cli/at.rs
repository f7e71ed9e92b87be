//! `hayes at`: AT commands from the command line. They are a script of one line each, so that what is checked, awaited
//! and understood is the same as in a script.

use super::arguments::{self, Batch, Reports};
use super::batch;
use super::console::{Console, Exit};
use super::inputs;
use super::modem::{self, OpenModem};
use super::results::Sink;
use super::run::{checked_as, show_failure, unreachable};
use super::screen::Screen;
use crate::catalogue;
use crate::check::Program;
use crate::diagnostic::{Complaint, Diagnostic, Severity};
use crate::guard::Simulators;
use crate::hints::is_address;
use crate::notation;
use crate::report::answered::Answers;
use crate::report::style::harmless;
use crate::runtime::{self, Inputs, Mask};
use crate::source::{COMMAND_LINE, Source};
use crate::syntax::is_name;
use std::path::Path;
use std::sync::Arc;

pub(crate) fn at(arguments: &arguments::At, console: &Console) -> Result<Exit, Exit> {
    let commands = script(&arguments.commands, console)?;
    let declared = declarations(&commands, &arguments.inputs, console)?;
    let source = Source::new(COMMAND_LINE, format!("{declared}{commands}"));
    // Who types a scan here means it, and looks at its answer.
    let is_quiet = arguments.output.quiet && !arguments.inputs.deny_warnings;
    let wanted = |diagnostic: &Diagnostic| match diagnostic.severity {
        Severity::Error => true,
        Severity::Warning => !is_quiet && diagnostic.code != "hayes::check::scan",
    };
    let programs = checked_as(&[source], &arguments.inputs, wanted, for_a_script, console)?;
    if arguments.output.output.is_some() && !arguments.output.json {
        return Err(console.refuse(Exit::Usage, "hayes::cli at-output", &[]));
    }
    if let Some(program) = programs.first()
        && (!arguments.inventory.is_empty() || arguments.connection.port.len() > 1)
    {
        return batch::run(&of_several(program, arguments), console);
    }
    let inputs = inputs::collect(&arguments.inputs, &programs, console)?;
    let port = modem::choose(&arguments.connection, console)?;
    let inputs = inputs.at(&port);
    let read = inputs::files(&arguments.inputs);
    modem::files_apart(read, &port, &arguments.connection, arguments.output.file(), console)?;
    let mut results = Sink::open(arguments.output.output.as_deref(), console)?;
    let mask = Mask::new(inputs.secrets.values().map(String::as_str)).personal(inputs.shareable);
    let mut modem = OpenModem::open(&port, &arguments.connection, mask, console).map_err(|why| {
        unreachable(&port, COMMAND_LINE, &why, &arguments.output, &Reports::default(), &mut results, console)
    })?;
    let mut exit = Exit::Passed;
    for program in &programs {
        let screen = Screen::of_commands(&arguments.output, console);
        let mut heard = (screen, Answers::default());
        let mut outcome = runtime::run(program, &mut modem.conversation, &inputs, &mut heard);
        outcome.name_eavesdropper(&port);
        let (screen, answers) = heard;
        exit = exit.worst(screen.finish());
        if arguments.output.json {
            let exchanges = answers.of(Simulators::default().is_behind(&port));
            let lines = exchanges.iter().map(|exchange| notation::json(exchange) + "\n");
            exit = exit.worst(results.write(&lines.collect::<String>(), console));
        }
        show_failure(&outcome, console);
        exit = exit.worst(modem.exit(outcome.status));
        if arguments.inputs.deny_changes && outcome.would_change {
            exit = exit.worst(console.refuse(Exit::Failed, "hayes::run::changes-denied", &[]));
        }
    }
    Ok(exit.worst(modem.close(console)))
}

/// Several modems are asked as a batch runs a script. Its results are the answers: nothing else is kept.
fn of_several(program: &Arc<Program>, arguments: &arguments::At) -> Batch {
    let arguments::At { connection, output, .. } = arguments.clone();
    Batch {
        baud: (connection.baud != 115_200).then_some(connection.baud),
        flow: connection.flow,
        wait: connection.wait,
        inventory: arguments.inventory.clone(),
        limit: arguments.limit.clone(),
        inputs: arguments.inputs.clone(),
        results: Some(batch::NOWHERE.into()),
        record: connection.record,
        json: output.json,
        quiet: true,
        commands: Some((Arc::clone(program), arguments.clone())),
        ..Batch::default()
    }
}

/// Advice that a single line cannot follow says where it can be followed.
fn for_a_script(diagnostic: &mut Diagnostic) {
    const LINES: [&str; 3] = ["unsafe", "`prompt ", "# allow"];
    if let Some(help) = diagnostic.help.as_mut().filter(|help| LINES.iter().any(|line| help.contains(line))) {
        help.push_str("; that needs a script: `hayes run -` reads one, `hayes repl` takes it line by line");
    }
}

/// Declares the names whose values are to stand in the commands.
fn declarations(commands: &str, given: &arguments::InputArguments, console: &Console) -> Result<String, Exit> {
    let mut names: Vec<&str> = Vec::new();
    for (at, _) in commands.match_indices("${") {
        if commands.get(..at).is_some_and(|before| before.ends_with('$')) {
            continue;
        }
        let rest = commands.get(at + 2..).unwrap_or_default();
        let name = rest.split('}').next().unwrap_or_default();
        if !is_name(name) {
            return Err(console.refuse(Exit::Usage, "hayes::cli at-name", &[]));
        }
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let secrets = if names.is_empty() { Inputs::default() } else { inputs::loose(given, console)? }.secrets;
    let kind = |name: &str| if secrets.contains_key(name) { "secret" } else { "param" };
    Ok(names.iter().map(|name| format!("{} {name}\n", kind(name))).collect())
}

/// The commands as a script. Only what could not stand on one line is refused here; the check says the rest.
fn script(commands: &[String], console: &Console) -> Result<String, Exit> {
    let mut text = String::new();
    for command in commands {
        let command = command.trim();
        let (name, rest) = command.split_at(command.find(['?', '=']).unwrap_or(command.len()));
        let is_known = |name: &str| !name.is_empty() && catalogue::command(name).is_some();
        let (complaint, meant) = if command == "-" {
            ("no command", Some("`hayes run -` reads a script from standard input".to_owned()))
        } else if command.is_empty() {
            ("an empty command: one starts with AT, as AT+CSQ", None)
        } else if command.starts_with('-') {
            ("behind `--` all are commands", Some(format!("write {command} before the `--`")))
        } else if command.contains(|c: char| c.is_control()) {
            ("a command is one line without control characters", None)
        } else if matches!(command, "+++" | "port escape") {
            text.push_str("port escape\n");
            continue;
        } else if !command.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("at")) {
            let signs = ["", "+"].into_iter().find(|sign| is_known(&format!("{sign}{name}")));
            let is_script = Path::new(command).is_file() || crate::library::find(command).is_some();
            let runs = is_script.then(|| format!("`hayes run {command}` runs a script"));
            let runs = runs.or_else(|| is_address(command).then(|| format!("a port stands behind -p: -p {command}")));
            (
                "a command starts with AT, as AT+CSQ",
                runs.or_else(|| signs.map(|sign| format!("write AT{sign}{}{rest}", name.to_ascii_uppercase()))),
            )
        } else {
            text.push_str(&format!("{command}\n"));
            let later = catalogue::answered_later(command);
            text.extend(later.map(|prefix| format!("await \"{prefix}:\" within 30s\n")));
            continue;
        };
        let named = if command.is_empty() { String::new() } else { format!("{}: ", harmless(command.as_bytes())) };
        let refused = Complaint { help: meant, ..Complaint::new(format!("{named}{complaint}")) };
        return Err(console.refuse_as(Exit::Usage, &refused));
    }
    Ok(text)
}
