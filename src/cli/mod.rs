//! Arguments, printing, exit codes: a file a subcommand. Alone may print and exit.

mod agent;
mod arguments;
mod at;
mod auto;
mod batch;
mod begin;
mod completion;
mod console;
mod doctor;
mod explain;
mod fleet;
mod inputs;
mod lsp;
mod modem;
mod modules;
mod ports;
mod progress;
mod repl;
mod results;
mod run;
mod screen;
mod scripts;
mod settings;
mod sim;
mod test;

use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::ExitCode;
#[cfg(unix)]
use std::sync::Arc;

use arguments::{HayesArguments, NewFile, Task};
use clap::ColorChoice;
use console::{Console, Exit};

use crate::config::Setting;
use crate::hints;
use crate::port::crew::room_in_memory;

/// Runs the program with these arguments, the program's own name first.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let mut words: Vec<OsString> = arguments.into_iter().collect();
    if asks_for_build(&words) {
        return Console::new(ColorChoice::Auto).print(&build()).into();
    }
    if let Err(exit) = settings::work_in(&words) {
        return exit.into();
    }
    let mut parsed = settings::parse(&words);
    let names_none = parsed.as_ref().is_ok_and(|arguments| arguments.task.is_none());
    // On a terminal somebody wants to look around.
    if names_none && std::io::stdin().is_terminal() && std::io::stdout().is_terminal() {
        words.push("repl".into());
        parsed = settings::parse(&words);
    }
    // `hayes explain --plan` asks for the page of that flag.
    if parsed.as_ref().is_err_and(|wrong| wrong.as_ref().is_ok_and(clap::Error::use_stderr))
        && words.get(1).is_some_and(|task| task == "explain")
        && !words.iter().any(|word| word == "--")
    {
        words.insert(2, "--".into());
        parsed = settings::parse(&words);
    }
    let arguments = match parsed {
        Ok(arguments) => arguments,
        Err(Err(exit)) => return exit.into(),
        Err(Ok(instead)) => {
            let instead = hints::told(&words, instead, &mut settings::coloured(arguments::command(), &words));
            let printed = console::print_page(&instead).and_then(|()| std::io::stdout().flush());
            // Help and version go to standard output and are no failure, unless nobody can read them.
            let exit =
                if instead.use_stderr() { Exit::Usage } else { Console::new(ColorChoice::Auto).written(printed) };
            return exit.into();
        }
    };
    let console = Console::new(arguments.color);
    // A file that may not grow further (`ulimit -f`) is an error of its writer, and not the end of the program.
    #[cfg(unix)]
    let _ = signal_hook::flag::register(signal_hook::consts::signal::SIGXFSZ, Arc::default());
    // A panic has told what it is about on standard error already.
    let done = catch_unwind(AssertUnwindSafe(|| dispatch(&arguments, &console).unwrap_or_else(|exit| exit)));
    done.unwrap_or(Exit::Internal).into()
}

/// `-vV` and `--version --verbose`, as cargo and rustc take them.
fn asks_for_build(words: &[OsString]) -> bool {
    let letters = |word: &OsString| match word.to_str()? {
        "--version" => Some("V".to_owned()),
        "--verbose" => Some("v".to_owned()),
        word => word.strip_prefix('-').map(str::to_owned),
    };
    let letters: Option<Vec<String>> = words.iter().skip(1).map(letters).collect();
    matches!(letters.unwrap_or_default().concat().as_str(), "vV" | "Vv")
}

/// What a report of a fault needs to name this build.
fn build() -> String {
    let commit = option_env!("HAYES_COMMIT").filter(|commit| !commit.is_empty()).unwrap_or("not told to the build");
    let features = if cfg!(feature = "nats") { "nats" } else { "none" };
    let (version, target) = (env!("CARGO_PKG_VERSION"), env!("HAYES_TARGET"));
    format!("hayes {version}\ncommit: {commit}\ntarget: {target}\nfeatures: {features}\n")
}

/// How it ended; `Err` where it went no further, and that was told.
fn dispatch(arguments: &HayesArguments, console: &Console) -> Result<Exit, Exit> {
    arguments.task.as_ref().map_or(Ok(()), |task| needs_memory(least_memory(task), console))?;
    modules::make_known(arguments.task.as_ref(), console)?;
    let Some(task) = &arguments.task else {
        return Err(console.refuse(Exit::Usage, "hayes::cli no-command", &[]));
    };
    Ok(match task {
        Task::Repl(arguments) => repl::repl(arguments, console)?,
        Task::Run(arguments) => run::run(arguments, console)?,
        Task::Batch(arguments) => batch::run(arguments, console)?,
        Task::Agent(arguments) => agent::agent(arguments, console)?,
        Task::Fleet(arguments) => fleet::fleet(arguments, console)?,
        Task::Report(arguments) => results::report(arguments, console)?,
        Task::At(arguments) => at::at(arguments, console)?,
        Task::Check(arguments) => scripts::check_all(arguments, console),
        Task::Fmt(arguments) => scripts::format_all(arguments, console),
        Task::Explain(arguments) => explain::run(arguments, console),
        Task::List { text, json } => scripts::list(text.as_deref().unwrap_or(""), *json, console),
        Task::Show { name, json } => scripts::show(name, *json, console)?,
        Task::Init { folder } => begin::init(folder, console),
        Task::New { what: NewFile::Module(arguments) } => begin::new_module(arguments, console)?,
        Task::Copy { name, file } => begin::copy(name, file.as_deref(), console),
        Task::Import(arguments) => begin::import(arguments, console)?,
        Task::Test(arguments) => test::test(arguments, console)?,
        Task::Ports(arguments) => ports::list(arguments, console)?,
        Task::Doctor(arguments) => doctor::run(arguments, console)?,
        Task::Config { json } => settings::show(*json, console),
        Task::Sim(arguments) => sim::sim(arguments, console)?,
        Task::Lsp { .. } => lsp::serve(console),
        Task::Completions { shell } => completion::script(shell, console),
        Task::CompleteWord { words } => completion::word(words, console),
        Task::Man { command, all } => manual(command, all.as_deref(), console),
    })
}

/// What a command takes of memory beside what the program has when it begins: those with threads of their own more.
fn least_memory(task: &Task) -> u64 {
    if let Task::Sim(arguments) = task {
        return (4 << 20) + (4 << 10) * arguments.count as u64;
    }
    if matches!(task, Task::Batch(_) | Task::Agent(_) | Task::Fleet(_)) { 12 << 20 } else { 2 << 20 }
}

/// Where the system gives less, allocations would fail: it is told before anything is done.
fn needs_memory(least: u64, console: &Console) -> Result<(), Exit> {
    let Some(room) = room_in_memory() else { return Ok(()) };
    #[cfg(target_os = "linux")]
    begin_with_one_arena();
    if room >= least {
        return Ok(());
    }
    // A page takes memory too.
    let message = format!("this takes {} KiB of memory more, and the system gives {} KiB", least >> 10, room >> 10);
    let help = "`ulimit -v` is the limit of this shell, in KiB: raise it, or start from another";
    console.complain(&message, Some(help));
    Err(Exit::Usage)
}

/// Where memory is limited, the allocator of glibc must not take 64 MiB of addresses for each thread: it reads that as
/// the program begins, so it begins once more. Where it cannot, it goes on as it is.
#[cfg(target_os = "linux")]
fn begin_with_one_arena() {
    use std::os::unix::process::CommandExt;
    let (name, mut words) = ("MALLOC_ARENA_MAX", std::env::args_os());
    if std::env::var_os(name).is_none()
        && let (Ok(program), Some(own)) = (std::env::current_exe(), words.next())
    {
        let _ = std::process::Command::new(program).arg0(own).args(words).env(name, "1").exec();
    }
}

fn manual(words: &[String], folder: Option<&Path>, console: &Console) -> Exit {
    let mut all = arguments::command();
    all.build();
    let mut each = words.iter().flat_map(|word| word.split(' '));
    let below = each.try_fold(&all, |above, word| above.find_subcommand(word));
    let Some(command) = below else {
        return console.refuse(Exit::Usage, "hayes::cli manual-command", &[&words.join(" ")]);
    };
    let done = match folder {
        None => page(command).map(|text| console.print(&text)),
        Some(folder) => {
            let made = std::fs::create_dir_all(folder).and_then(|()| write_pages(command, folder));
            made.map(|()| Exit::Passed).map_err(|error| std::io::Error::other(format!("{}: {error}", folder.display())))
        }
    };
    done.unwrap_or_else(|why| console.refuse(Exit::Unwritable, "hayes::cli manual", &[&why]))
}

fn write_pages(command: &clap::Command, folder: &Path) -> std::io::Result<()> {
    let below = command.get_subcommands().filter(|below| !below.is_hide_set() && below.get_name() != "help");
    below.into_iter().try_for_each(|below| write_pages(below, folder))?;
    std::fs::write(folder.join(clap_mangen::Man::new(command.clone()).get_filename()), page(command)?)
}

/// What stands at the end of a manual page: how the command ends, what it reads of its surroundings, other pages.
fn surroundings(command: &clap::Command, has_status: bool) -> String {
    let mut text = String::new();
    let codes = include_str!("help.md").lines().find_map(|line| line.strip_prefix("Exit codes: "));
    text.extend(codes.filter(|_| !has_status).map(exit_status));
    let keys = command.get_arguments().filter_map(clap::Arg::get_long);
    let set: Vec<&Setting> = keys.filter_map(Setting::find).filter(|set| settings::is_taken(command, set)).collect();
    if !set.is_empty() {
        text.push_str(".SH ENVIRONMENT\n");
        text.extend(set.iter().map(|set| format!(".TP\n{}\nas \\-\\-{}\n", set.variable(), set.key)));
        if command.get_arguments().any(|arg| arg.get_long() == Some("var")) {
            text.push_str(".TP\nHAYES_VAR_name, HAYES_SECRET_name\nas \\-\\-var and \\-\\-secret\n");
        }
        text.push_str(include_str!("files.roff"));
    }
    let below = command.get_subcommands().filter(|below| !below.is_hide_set() && below.get_name() != "help");
    let below = below.map(|below| clap_mangen::Man::new(below.clone()).get_filename().replace(".1", "(1)"));
    let mut pages: Vec<String> = below.collect();
    if command.get_name() != "hayes" {
        pages.insert(0, "hayes(1)".to_owned());
    }
    text + &format!(".SH SEE ALSO\n{}\n", pages.join(", "))
}

fn exit_status(codes: &str) -> String {
    format!(".SH EXIT STATUS\n{}\n", codes.trim_end_matches('.').replace(", ", "\n.br\n"))
}

/// The manual page of a command. What stands under the options of its help page keeps its lines, and has headings.
fn page(command: &clap::Command) -> std::io::Result<String> {
    let mut text = Vec::new();
    clap_mangen::Man::new(command.clone()).source("hayes").render(&mut text)?;
    let text = String::from_utf8_lossy(&text).into_owned();
    let Some((options, below)) = text.split_once(".SH EXTRA\n") else {
        return Ok(text + &surroundings(command, false));
    };
    let mut page = options.to_owned() + if below.starts_with("Examples:") { "" } else { ".SH NOTES\n" };
    let mut is_verbatim = false;
    for line in below.lines() {
        let was_verbatim = std::mem::replace(&mut is_verbatim, line.starts_with("  "));
        page.push_str(match (was_verbatim, is_verbatim) {
            (false, true) => ".nf\n",
            (true, false) => ".fi\n",
            (true, true) | (false, false) => "",
        });
        page.push_str(&match line.strip_prefix("Exit codes: ") {
            Some(codes) => exit_status(codes),
            None if line == "Examples:" => ".SH EXAMPLES\n".to_owned(),
            None => format!("{line}\n"),
        });
    }
    if is_verbatim {
        page.push_str(".fi\n");
    }
    let has_status = page.contains(".SH EXIT STATUS");
    Ok(page + &surroundings(command, has_status))
}
