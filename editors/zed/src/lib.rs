//! Tells Zed how the language server is started: `hayes lsp`, of the program that is on the path of the project.

use zed_extension_api::{Command, Extension, LanguageServerId, Result, Worktree, register_extension};

struct Hayes;

impl Extension for Hayes {
    fn new() -> Hayes {
        Hayes
    }

    fn language_server_command(&mut self, _: &LanguageServerId, project: &Worktree) -> Result<Command> {
        let command = project.which("hayes").ok_or("hayes is not on the path: install it, and start Zed anew")?;
        Ok(Command { command, args: vec!["lsp".to_owned()], env: project.shell_env() })
    }
}

register_extension!(Hayes);
