//! Reads the data files.

use std::fs;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use crate::tables::{
    Command, CommandsFile, Enumeration, EnumerationsFile, ErrorCode, ErrorsFile, Field, FieldsFile, Module, ResultCode,
    ResultsFile, Source, SourcesFile, Unit, UnitsFile, Urc, UrcsFile,
};

pub struct Data {
    pub sources: Vec<Source>,
    pub units: Vec<Unit>,
    pub enumerations: Vec<Enumeration>,
    pub fields: Vec<Field>,
    /// With the name of the file that each stands in
    pub commands: Vec<(String, Command)>,
    pub cme: Vec<ErrorCode>,
    pub cms: Vec<ErrorCode>,
    pub urcs: Vec<Urc>,
    pub modules: Vec<Module>,
    pub results: Vec<ResultCode>,
}

pub fn read(folder: &Path) -> Result<Data, String> {
    let mut commands = Vec::new();
    for path in files_in(&folder.join("commands"))? {
        let group = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let file: CommandsFile = file(&path)?;
        commands.extend(file.command.into_iter().map(|command| (group.clone(), command)));
    }
    let sources: SourcesFile = file(&folder.join("sources.toml"))?;
    let units: UnitsFile = file(&folder.join("units.toml"))?;
    let enumerations: EnumerationsFile = file(&folder.join("enumerations.toml"))?;
    let fields: FieldsFile = file(&folder.join("fields.toml"))?;
    let cme: ErrorsFile = file(&folder.join("cme_errors.toml"))?;
    let cms: ErrorsFile = file(&folder.join("cms_errors.toml"))?;
    let urcs: UrcsFile = file(&folder.join("urcs.toml"))?;
    let modules = files_in(&folder.join("modules"))?.iter().map(|path| file(path)).collect::<Result<_, _>>()?;
    let results: ResultsFile = file(&folder.join("result_codes.toml"))?;
    Ok(Data {
        sources: sources.source,
        units: units.unit,
        enumerations: enumerations.enumeration,
        fields: fields.field,
        commands,
        cme: cme.error,
        cms: cms.error,
        urcs: urcs.urc,
        modules,
        results: results.result,
    })
}

/// The data files of a folder, by name: one more needs to be told to nobody.
fn files_in(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let paths = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    let mut paths: Vec<_> = paths.filter(|path| path.extension().is_some_and(|end| end == "toml")).collect();
    paths.sort();
    Ok(paths)
}

fn file<T: DeserializeOwned>(path: &Path) -> Result<T, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    toml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
}
