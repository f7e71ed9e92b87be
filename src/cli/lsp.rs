//! `hayes lsp`: the language server, for an editor at standard input and output.

use std::io::IsTerminal;

use super::console::{Console, Exit};
use crate::lsp;

pub(crate) fn serve(console: &Console) -> Exit {
    if std::io::stdin().is_terminal() {
        let message = "this is for editors: they start it, and talk to it over standard input and output";
        let help = "in Neovim: vim.lsp.start { name = 'hayes', cmd = { 'hayes', 'lsp' } }";
        return console.refuse(Exit::Usage, message, Some(help));
    }
    match lsp::serve() {
        Ok(()) => Exit::Passed,
        Err(why) => console.refuse(Exit::Failed, &format!("the connection to the editor broke: {why}"), None),
    }
}
