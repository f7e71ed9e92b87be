//! `hayes lsp`: the language server, for an editor at standard input and output.

use std::io::IsTerminal;

use super::console::{Console, Exit};
use crate::lsp;

pub(crate) fn serve(console: &Console) -> Exit {
    if std::io::stdin().is_terminal() {
        return console.refuse(Exit::Usage, "hayes::cli editors", &[]);
    }
    let refuse = |why| console.refuse(Exit::Failed, "hayes::cli editor-gone", &[&why]);
    lsp::serve().map_or_else(refuse, |()| Exit::Passed)
}
