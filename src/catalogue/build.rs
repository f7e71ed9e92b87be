//! Reads `data/*.toml` into the entries of the catalogue, checks them, and packs them into tables. What is wrong ends
//! the build: with its file, its name and what is wrong with it, all at once.

#[path = "entry.rs"]
#[allow(dead_code, reason = "some of it is for the program only")]
mod entry;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;

use crate::at::Shape;
use crate::table::bare;
use crate::{Result, files, pack, read, require};
use entry::{
    CommandEntry, ErrorCode, FieldKind, INHERITED, Index, KnownField, KnownResult, KnownValue, Layout, Module, Network,
    Reference, Series, Unit, Urc, When, pair, take_from,
};

/// All that the files say.
pub struct Data {
    references: Vec<Reference>,
    enumerations: Vec<Enumeration>,
    units: Vec<Unit>,
    fields: &'static [KnownField],
    commands: &'static [CommandEntry],
    cme_errors: Vec<ErrorCode>,
    cms_errors: Vec<ErrorCode>,
    urcs: &'static [Urc],
    modules: Vec<Module>,
    results: Vec<KnownResult>,
    /// The shared data that something refers to, by file and id: what nothing refers to is left over
    used: RefCell<BTreeSet<(&'static str, &'static str)>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Enumeration {
    id: &'static str,
    values: Vec<KnownValue>,
    #[serde(default)]
    advice: Vec<&'static str>,
}

impl Data {
    pub fn read(folder: &Path) -> Result<Data> {
        let file = |name: &str| folder.join(name);
        let mut commands = Vec::new();
        for path in files(&folder.join("commands"), "toml")? {
            commands.extend(entries::<CommandEntry>(&path, "command")?);
        }
        let paths = files(&folder.join("modules"), "toml")?;
        let modules = paths.iter().map(|path| module(path)).collect::<Result<_>>()?;
        let mut fields: Vec<KnownField> = entries(&file("fields.toml"), "field")?;
        let mut urcs: Vec<Urc> = entries(&file("urcs.toml"), "urc")?;
        let mut data = Data {
            references: entries(&file("sources.toml"), "source")?,
            enumerations: entries(&file("enumerations.toml"), "enumeration")?,
            units: entries(&file("units.toml"), "unit")?,
            fields: &[],
            commands: &[],
            cme_errors: entries(&file("cme_errors.toml"), "error")?,
            cms_errors: entries(&file("cms_errors.toml"), "error")?,
            urcs: &[],
            modules,
            results: entries(&file("result_codes.toml"), "result")?,
            used: RefCell::default(),
        };
        let own = commands.iter_mut().map(|command| (command.name, &mut command.fields));
        let own = own.chain(urcs.iter_mut().map(|urc| (urc.start, &mut urc.fields)));
        let own = own.flat_map(|(whose, fields)| fields.iter_mut().map(move |field| (whose, field)));
        let all = fields.iter_mut().map(|field| ("fields.toml", field)).chain(own);
        all_right(all.map(|(whose, field)| {
            data.complete(field).map_err(|error| format!("{whose}: the field '{}': {error}", field.name))
        }))?;
        commands.sort_by_key(|command| bare(command.name.as_bytes()).to_ascii_uppercase());
        urcs.sort_by_key(|urc| urc.start);
        fields.sort_by_key(|field| field.name);
        data.modules.sort_by_key(|module| module.id);
        data.results.sort_by_key(|result| result.text);
        data.references.sort_by_key(|reference| reference.id);
        data.units.sort_by_key(|unit| unit.id);
        data.cme_errors.sort_by_key(|error| error.code);
        data.cms_errors.sort_by_key(|error| error.code);
        data.cms_errors.iter_mut().for_each(|error| error.series = Series::Message);
        // The layouts that are read for the checks refer to them for as long as the build script runs.
        (data.commands, data.urcs, data.fields) = (commands.leak(), urcs.leak(), fields.leak());
        Ok(data)
    }

    /// Puts an enumeration's values into the field, and fills in its kind; checks the field.
    fn complete(&self, field: &mut KnownField) -> Result<()> {
        let is_word = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if field.name.is_empty() || !is_word(field.name) {
            return Err("that is not a field's name".to_owned());
        }
        if field.what.trim().is_empty() {
            return Err("it does not say what it is".to_owned());
        }
        if let Some(id) = field.enumeration.take() {
            let enumeration = self.enumerations.iter().find(|enumeration| enumeration.id == id);
            let enumeration = enumeration.ok_or_else(|| format!("there is no enumeration '{id}'"))?;
            self.used.borrow_mut().insert(("enumerations.toml", id));
            field.values.extend(&enumeration.values);
            field.advice.extend(&enumeration.advice);
        }
        field.values.iter().try_for_each(|value| checked_pair(value.0).map(drop))?;
        unique("the value", field.values.iter().map(|value| value.value()))?;
        for advice in &field.advice {
            let (value, _) = checked_pair(advice)?;
            require(field.values.iter().any(|known| known.value() == value), "advice on a value that is not known")?;
        }
        if let Some(id) = field.unit {
            let unit = self.units.iter().find(|unit| unit.id == id);
            unit.ok_or_else(|| format!("there is no unit '{id}'"))?;
            self.used.borrow_mut().insert(("units.toml", id));
        }
        let numbers = field.values.iter().all(|value| value.value().parse::<i64>().is_ok());
        field.kind.get_or_insert(match field.values.is_empty() {
            true if field.unit.is_some() => FieldKind::Number,
            true => FieldKind::Any,
            false if numbers || field.unit.is_some() => FieldKind::Number,
            false => FieldKind::Text,
        });
        Ok(())
    }

    pub fn check(&self) -> Result<()> {
        all_right([
            check_each("units.toml", &self.units, |unit| unit.id, |unit| self.check_unit(unit)),
            check_each("commands", self.commands, |command| command.name, |command| self.check_command(command)),
            check_each("cme_errors.toml", &self.cme_errors, |error| error.code, |error| self.check_error(error)),
            check_each("cms_errors.toml", &self.cms_errors, |error| error.code, |error| self.check_error(error)),
            check_each("urcs.toml", self.urcs, |urc| urc.start, |urc| self.check_urc(urc)),
            check_each("modules", &self.modules, |module| module.id, |module| self.check_module(module)),
            check_each("result_codes.toml", &self.results, |result| result.text, |result| self.check_result(result)),
        ])?;
        let used = self.used.borrow();
        let is_used = |file, id| require(used.contains(&(file, id)), "nothing uses it");
        all_right([
            check_each("sources.toml", &self.references, |it| it.id, |it| is_used("sources.toml", it.id)),
            check_each("enumerations.toml", &self.enumerations, |it| it.id, |it| is_used("enumerations.toml", it.id)),
            check_each("units.toml", &self.units, |it| it.id, |it| is_used("units.toml", it.id)),
            check_each("fields.toml", self.fields, |it| it.name, |it| is_used("fields.toml", it.name)),
        ])
    }

    fn check_unit(&self, unit: &Unit) -> Result<()> {
        require(unit.range.0 <= unit.range.1, "its range is empty")?;
        unit.grades.iter().try_for_each(|grade| checked_pair(grade).map(drop))?;
        let grades: Vec<i64> = unit.grades().map(|(least, _)| least).collect();
        require(grades.len() == unit.grades.len(), "a grade's bound is no number")?;
        require(grades.is_sorted_by(|one, next| one > next), "its grades must fall")?;
        self.check_source(&unit.source)
    }

    fn check_command(&self, command: &'static CommandEntry) -> Result<()> {
        let general = command.name.split('=').next().unwrap_or_default();
        require(general == general.to_uppercase(), "a name is written in upper case")?;
        require(!command.title.trim().is_empty(), "it has no title")?;
        let usages = command.read_usages(&|name| self.shared(name))?;
        let usages = usages.iter().flatten();
        require(usages.clone().next().is_some(), "it has no form: test, read, set, execute")?;
        let tests = command.test.is_some();
        require(command.test_does.is_empty() || tests, "it tells what its test does, but has no test")?;
        require(command.set_answer.is_empty() || command.set.is_some(), "it has a set-answer but no set")?;
        for usage in usages.clone() {
            let prefixed = match usage.shape {
                Shape::Prefixed | Shape::HeaderAndBody | Shape::Counted { .. } => true,
                Shape::Connect => true,
                Shape::Unknown | Shape::None | Shape::Bare | Shape::Text => false,
            };
            require(!prefixed || usage.prefix.is_some(), "its answer has no prefix")?;
        }
        let groups = usages.clone().any(|usage| usage.answers.iter().any(|layout| layout.groups));
        let mut fields = usages.clone().flat_map(|usage| &usage.answers).flat_map(|layout| &layout.fields);
        let is_told = |key: &&str| fields.any(|field| field.name == *key);
        require(command.line_key.iter().all(is_told), "its line-key is no field of its answers")?;
        require(groups != command.record.is_empty(), "what a group of its answer is, and the groups, go together")?;
        check_own(
            &command.fields,
            usages.flat_map(|usage| usage.answers.iter().chain([&usage.parameters]).chain(&usage.instead)),
        )?;
        for entry in &command.finals {
            let (_, kind) = checked_pair(entry)?;
            require(matches!(kind, "success" | "failure"), &format!("'{entry}': success or failure?"))?;
        }
        require(["", "SIM", "network"].contains(&command.needs), "it needs a SIM, or a network")?;
        let opens = command.data_ends.is_empty() || command.call_control;
        require(opens, "it has data-ends, but opens no connection: call-control")?;
        let cases = command.reboots.iter().chain(&command.needs_reboot).chain(&command.not_repeatable);
        for case in cases.clone() {
            let is_clause = case.why.len() > 10 && !case.why.ends_with('.');
            require(is_clause, &format!("'{}': a reason is a clause without a full stop", case.why))?;
        }
        for danger in &command.dangers {
            require(danger.why.ends_with('.'), &format!("'{}': what a danger is, is a sentence", danger.why))?;
        }
        let whens = cases.map(|case| case.when).chain(command.dangers.iter().map(|danger| danger.when));
        let lists = [&command.conversation_only, &command.asks, &command.nb_iot_only, &command.radio_off];
        let whens = whens.chain(lists.into_iter().flatten().copied());
        let whens = whens.chain(command.prompt.as_ref().map(|prompt| prompt.when));
        require(command.prompt.as_ref().is_none_or(|prompt| !prompt.mark.is_empty()), "its prompt has no mark")?;
        let Network { leaves, joins, seeks } = &command.network;
        let whens = whens.chain(
            leaves.iter().chain(joins).chain(seeks).chain(&command.flash).chain(&command.answers_later).copied(),
        );
        command.pin_tries.iter().try_for_each(|(_, line, _)| self.check_names(line))?;
        whens.chain(command.raises_context.as_ref().map(|raises| raises.when)).try_for_each(check_when)?;
        for time in &command.max_times {
            require(
                (0.001..=86_400.0).contains(&time.seconds),
                &format!("{} s is no time for an answer", time.seconds),
            )?;
            let is_form = time.when.is_none_or(|when| matches!(when.0, "?" | "=?" | "=" | "!"));
            require(is_form, "a time holds for '?', '=?', '=' or '!'")?;
            time.scope.map_or(Ok(()), |scope| self.check_scope(scope))?;
            self.check_source(&time.source)?;
        }
        require(!command.vendors.is_empty(), "it does not tell who has it: vendors")?;
        self.check_source(&command.source)
    }

    fn check_error(&self, error: &ErrorCode) -> Result<()> {
        require(!error.text.trim().is_empty(), "it has no text")?;
        error.also.iter().try_for_each(|also| checked_pair(also).map(drop))?;
        error.scope.map_or(Ok(()), |scope| self.check_scope(scope))?;
        error.advice_for.iter().try_for_each(|advice| self.check_scope(checked_pair(advice)?.0))?;
        self.check_source(&error.source)
    }

    fn check_urc(&self, urc: &'static Urc) -> Result<()> {
        require(!urc.start.is_empty() && !urc.start.ends_with(':'), "a start is written without its colon")?;
        require(urc.start.len() >= 4 || urc.whole_line, "it is too short to be found where it is not the whole line")?;
        require(!urc.whole_line || urc.values.is_empty(), "it is the whole line, and has values")?;
        check_own(&urc.fields, &urc.read_layouts(&|name| self.shared(name))?)?;
        urc.answers.map_or(Ok(()), |command| self.check_names(command))?;
        self.check_source(&urc.source)
    }

    fn check_module(&self, module: &Module) -> Result<()> {
        require(!module.models.is_empty(), "it has no model name")?;
        require(!module.vendor.is_empty() && !module.family.is_empty(), "it needs a vendor and a family")?;
        module.command_lines().try_for_each(|line| self.check_names(line))?;
        for setting in module.settings() {
            require(!setting.right.is_empty(), &format!("'{}': which answer is right?", setting.read))?;
            require(!setting.what.is_empty(), &format!("'{}': what does it do?", setting.set))?;
            self.check_source(&setting.source)?;
        }
        self.check_source(&module.source)
    }

    fn check_result(&self, result: &KnownResult) -> Result<()> {
        require(!result.meaning.is_empty(), "it has no meaning")?;
        result.commands.iter().try_for_each(|command| self.check_names(command))?;
        self.check_source(&result.source)
    }

    fn check_names(&self, line: &str) -> Result<()> {
        let name = line.split(['=', '?']).next().unwrap_or(line);
        let is_there = self.commands.iter().any(|command| command.name == line || command.name == name);
        require(is_there, &format!("there is no command '{line}'"))
    }

    fn check_source(&self, ids: &[&'static str]) -> Result<()> {
        require(!ids.is_empty(), "it has no source")?;
        ids.iter().try_for_each(|id| {
            self.used.borrow_mut().insert(("sources.toml", id));
            require(self.references.iter().any(|known| known.id == *id), &format!("there is no source '{id}'"))
        })
    }

    /// What is said of some modules only must be said of ones that there are.
    fn check_scope(&self, scope: &str) -> Result<()> {
        let is_there = self.modules.iter().any(|module| [module.id, module.family, module.vendor].contains(&scope));
        require(is_there, &format!("'{scope}' is no vendor, family or id of a module"))
    }

    fn shared(&self, name: &str) -> Option<&'static KnownField> {
        let field = self.fields.iter().find(|field| field.name == name)?;
        self.used.borrow_mut().insert(("fields.toml", field.name));
        Some(field)
    }

    pub fn pack(&self, folder: &Path) -> Result<()> {
        let upper = |name: &str| bare(name.as_bytes()).to_vec();
        pack(folder, "references", &self.references, |reference| upper(reference.id))?;
        pack(folder, "units", &self.units, |unit| upper(unit.id))?;
        pack(folder, "fields", self.fields, |field| upper(field.name))?;
        pack(folder, "commands", self.commands, |command| upper(command.name))?;
        pack(folder, "cme_errors", &self.cme_errors, |error| upper(error.text))?;
        pack(folder, "cms_errors", &self.cms_errors, |error| upper(error.text))?;
        pack(folder, "urcs", self.urcs, |urc| Urc::head(urc.start.as_bytes()).to_vec())?;
        pack(folder, "modules", &self.modules, |module| upper(module.id))?;
        pack(folder, "results", &self.results, |result| upper(result.text))?;
        let (mut prefixes, mut marks, mut models) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for (place, command) in self.commands.iter().enumerate() {
            let usages = command.read_usages(&|name| self.shared(name))?;
            let own: BTreeSet<&str> = usages.iter().flatten().filter_map(|usage| usage.prefix).collect();
            own.into_iter().for_each(|prefix| prefixes.entry(prefix).or_insert_with(Vec::new).push(place));
            let mark = command.prompt.iter().map(|prompt| prompt.mark);
            mark.for_each(|mark| marks.entry(mark).or_insert_with(Vec::new).push(place));
        }
        for (place, module) in self.modules.iter().enumerate() {
            module.models.iter().for_each(|model| models.entry(*model).or_insert_with(Vec::new).push(place));
        }
        for (name, places) in [("prefixes", prefixes), ("marks", marks), ("models", models)] {
            let index: Vec<_> = places.into_iter().map(|(by, places)| Index { by, places }).collect();
            pack(folder, name, &index, |entry| upper(entry.by))?;
        }
        Ok(())
    }
}

/// A module with what it has from the one that it is `like`; its file is called as its id.
fn module(path: &Path) -> Result<Module> {
    let wrong = |error: String| format!("{}: {error}", path.display());
    let mut table: toml::Table = read(path)?;
    if let Some(like) = table.get("like").and_then(toml::Value::as_str) {
        let other: toml::Table = read(&path.with_file_name(format!("{like}.toml")))?;
        require(!other.contains_key("like"), "it is like a module that is like another").map_err(wrong)?;
        take_from(&mut table, &other, INHERITED);
    }
    let recalled = table.get("recalled").and_then(toml::Value::as_array).into_iter().flatten();
    for fact in recalled.filter_map(toml::Value::as_str) {
        require(table.contains_key(fact), &wrong(format!("`recalled` names '{fact}', which it does not have")))?;
    }
    let text = toml::to_string(&table).map_err(|error| wrong(error.to_string()))?;
    let module: Module = toml::from_str(text.leak()).map_err(|error| wrong(error.to_string()))?;
    let is_called = path.file_stem().is_some_and(|stem| stem == module.id);
    require(is_called, &wrong(format!("its id is '{}', as the file is not called", module.id)))?;
    Ok(module)
}

/// Checks all entries of a file; none has the name of another.
fn check_each<'e, E, N: Ord + std::fmt::Display>(
    file: &str,
    entries: &'e [E],
    name: impl Fn(&'e E) -> N,
    check: impl Fn(&'e E) -> Result<()>,
) -> Result<()> {
    let checked = entries.iter().map(|it| check(it).map_err(|error| format!("{file}: '{}': {error}", name(it))));
    all_right(checked.chain([unique(&format!("{file}:"), entries.iter().map(&name))]))
}

/// A command's or URC's own fields are all in its layouts.
fn check_own<'l>(own: &[KnownField], layouts: impl IntoIterator<Item = &'l Layout>) -> Result<()> {
    let used: Vec<&KnownField> = layouts.into_iter().flat_map(|layout| layout.fields.iter().copied()).collect();
    let unused = own.iter().find(|field| !used.iter().any(|used| std::ptr::eq(*used, *field)));
    unused.map_or(Ok(()), |field| Err(format!("no layout uses its field '{}'", field.name)))
}

fn check_when(when: When) -> Result<()> {
    let is_case = matches!(when.0, "" | "?" | "!") || when.0.starts_with('=');
    require(is_case, &format!("'{}' is no case: '=1,1', '=', '?', '=?', '!'", when.0))
}

fn checked_pair(text: &'static str) -> Result<(&'static str, &'static str)> {
    match pair(text) {
        (value, meaning) if !value.is_empty() && !meaning.trim().is_empty() => Ok((value, meaning)),
        _ => Err(format!("'{text}' is not of the form 'value: meaning'")),
    }
}

fn unique<K: Ord + std::fmt::Display>(what: &str, keys: impl Iterator<Item = K>) -> Result<()> {
    let mut seen = BTreeMap::new();
    keys.for_each(|key| *seen.entry(key).or_insert(0) += 1);
    all_right(seen.iter().filter(|(_, count)| **count > 1).map(|(key, _)| Err(format!("{what} '{key}' stands twice"))))
}

fn all_right(checked: impl IntoIterator<Item = Result<()>>) -> Result<()> {
    let wrong: Vec<String> = checked.into_iter().filter_map(Result::err).collect();
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}

/// A file of many entries, `[[key]]`.
fn entries<T: Deserialize<'static>>(path: &Path, key: &str) -> Result<Vec<T>> {
    let mut tables: BTreeMap<&'static str, Vec<T>> = read(path)?;
    let entries = tables.remove(key).unwrap_or_default();
    match tables.keys().next() {
        Some(other) => Err(format!("{}: '{other}' has no place there, but '[[{key}]]' has", path.display())),
        None => Ok(entries),
    }
}
