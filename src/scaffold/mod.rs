//! What a person begins with: the files of a project, and the file of a module that Hayes does not know.

pub(crate) mod module;

/// The files of a new project: where each stands below the project's folder, and its text.
pub(crate) const PROJECT: [(&str, &str); 5] = [
    ("first.hayes", include_str!("project/first.hayes")),
    ("modems.toml", include_str!("project/modems.toml")),
    ("hayes.toml", include_str!("project/hayes.toml")),
    (".gitignore", include_str!("project/gitignore")),
    (".vscode/settings.json", include_str!("project/settings.json")),
];
