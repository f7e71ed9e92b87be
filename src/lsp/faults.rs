//! What is wrong with a script, as the protocol tells it, and what mends it.

use lsp_types as lsp;

use super::places;
use super::{Document, Workspace};
use crate::check::Scripts;
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::Span;

/// What is wrong with a script that the document runs is told where it runs it.
pub(super) fn shown(workspace: &Workspace, document: &Document, found: &Diagnostic) -> Option<lsp::Diagnostic> {
    let source = &found.source;
    // Where a secret is written out, the source is another, in which it is masked.
    let is_own = source.name == document.source.name;
    let is_run = |name: &str| workspace.scripts().find(name, &document.source).is_ok_and(|run| run.name == source.name);
    let run = || document.mentions().runs.iter().find(|run| is_run(&run.value)).map(|run| run.span);
    let place = if is_own { found.span() } else { run() };
    let mut message = found.message.clone();
    if !is_own {
        message = format!("{}: {message}", source.name);
    }
    if let Some(label) = found.labels.first().filter(|label| !label.text.is_empty() && !message.contains(&label.text)) {
        message.push_str(&format!(" ({})", label.text));
    }
    if let Some(help) = &found.help {
        message.push_str(&format!("\nhelp: {help}"));
    }
    let related = found.labels.iter().skip(usize::from(is_own)).filter_map(|label| {
        let location = places::location(source, label.span)?;
        Some(lsp::DiagnosticRelatedInformation { location, message: label.text.clone() })
    });
    Some(lsp::Diagnostic {
        range: document.range(place.unwrap_or(Span::new(0, 0))),
        severity: Some(match found.severity {
            Severity::Error => lsp::DiagnosticSeverity::ERROR,
            Severity::Warning => lsp::DiagnosticSeverity::WARNING,
        }),
        code: Some(lsp::NumberOrString::String(found.code.to_owned())),
        source: Some("hayes".to_owned()),
        message,
        related_information: Some(related.collect::<Vec<_>>()).filter(|related| !related.is_empty()),
        ..lsp::Diagnostic::default()
    })
}

/// What mends the diagnostics there.
pub(super) fn actions(workspace: &Workspace, asked: &lsp::CodeActionParams) -> Option<Vec<lsp::CodeActionOrCommand>> {
    let document = workspace.document(&asked.text_document.uri)?;
    let touches = |range: lsp::Range| range.start <= asked.range.end && asked.range.start <= range.end;
    let found = document.found.get()?.iter();
    let own = found.filter(|found| found.source.name == document.source.name);
    let here = own.filter(|found| found.span().is_some_and(|span| touches(document.range(span))));
    Some(here.flat_map(|found| mends(workspace, document, found)).collect())
}

fn mends(workspace: &Workspace, document: &Document, found: &Diagnostic) -> Vec<lsp::CodeActionOrCommand> {
    let action = |title: String, edit: lsp::TextEdit, is_preferred| {
        #[expect(clippy::mutable_key_type, reason = "the protocol's own type; a URI does not change here")]
        let changes = std::iter::once((document.uri.clone(), vec![edit])).collect();
        lsp::CodeActionOrCommand::CodeAction(lsp::CodeAction {
            title,
            kind: Some(lsp::CodeActionKind::QUICKFIX),
            diagnostics: shown(workspace, document, found).map(|shown| vec![shown]),
            edit: Some(lsp::WorkspaceEdit::new(changes)),
            is_preferred: Some(is_preferred),
            ..lsp::CodeAction::default()
        })
    };
    let mended = found.edit.iter().map(|edit| {
        let old = document.source.slice(edit.span);
        let title = match edit.value.trim() {
            "" => format!("Delete `{old}`"),
            new => format!("Write `{}`", new.lines().map(str::trim_start).collect::<Vec<_>>().join("`, `")),
        };
        action(title, lsp::TextEdit::new(document.range(edit.span), edit.value.clone()), true)
    });
    let has_lines = !document.tree().body.statements.is_empty();
    let allowed = (found.severity == Severity::Warning && has_lines).then(|| {
        let start = found.span().unwrap_or_default().start as usize;
        let start = document.source.line_start(document.source.line_of(start));
        let line = document.source.text.get(start..).unwrap_or_default();
        let indent: String = line.chars().take_while(|blank| matches!(blank, ' ' | '\t')).collect();
        let text = format!("{indent}# allow {}: why it is right here\n", found.code);
        let edit = lsp::TextEdit::new(document.range(Span::new(start, start)), text);
        action(format!("Allow `{}` here", found.code), edit, false)
    });
    mended.chain(allowed).collect()
}
