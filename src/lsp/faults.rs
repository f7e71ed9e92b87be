//! What is wrong with a script, as the protocol tells it, and what mends it.

use lsp_types as lsp;

use super::places;
use super::{Document, Workspace};
use crate::check::{Scripts, check};
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{Source, Span, Spanned};

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
    // Anywhere in its line: while one types, the cursor stands behind what is wrong.
    let touches =
        |range: lsp::Range| range.start.line <= asked.range.end.line && asked.range.start.line <= range.end.line;
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
    // The mend that is known stands for all that the help says.
    let known = found.edit.as_deref().map(|edit| vec![edit.clone()]);
    let proposed = known.or_else(|| proposed(workspace, document, found)).unwrap_or_default();
    let mended = proposed.iter().enumerate().map(|(place, edit)| {
        let old = document.source.slice(edit.span);
        let title = match edit.value.trim() {
            "" if old.trim().is_empty() => "Join the lines".to_owned(),
            "" => format!("Delete `{old}`"),
            new => format!("Write `{}`", new.lines().map(str::trim_start).collect::<Vec<_>>().join("`, `")),
        };
        action(title, lsp::TextEdit::new(document.range(edit.span), edit.value.clone()), place == 0)
    });
    let has_lines = !document.tree().body.statements.is_empty();
    let start = found.span().unwrap_or_default().start as usize;
    let start = document.source.line_start(document.source.line_of(start));
    let line = document.source.text.get(start..).unwrap_or_default();
    // What is wrong in a comment stands above no statement that could be meant.
    let may_allow = found.severity == Severity::Warning && has_lines && !line.trim_start().starts_with('#');
    let allowed = may_allow.then(|| {
        let indent: String = line.chars().take_while(|blank| matches!(blank, ' ' | '\t')).collect();
        let text = format!("{indent}# allow {}: why it is right here\n", found.code);
        let edit = lsp::TextEdit::new(document.range(Span::new(start, start)), text);
        action(format!("Allow `{}` here", found.code), edit, false)
    });
    mended.chain(allowed).collect()
}

/// A longer script is not checked again for what might mend it: an answer is waited for.
const LONGEST_TRIED: usize = 20_000;

/// What the help says to write, each thing that mends something and loses no word of what stands there but the first.
fn proposed(workspace: &Workspace, document: &Document, found: &Diagnostic) -> Option<Vec<Spanned<String>>> {
    let (text, help) = (&document.source.text, found.help.as_deref()?);
    let span = found.span().filter(|_| text.len() <= LONGEST_TRIED)?;
    let start = document.source.line_start(document.source.line_of(span.start as usize));
    let line = text.get(start..)?.lines().next()?;
    let indent = line.len() - line.trim_start().len();
    let code = Span::new(start + indent, start + line.trim_end().len());
    // What a command is told by stands behind its `AT`.
    let with_at = Span { start: span.start.saturating_sub(2), ..span };
    let mends = |edit: &Spanned<String>| {
        let words = |text: &str| -> Vec<String> {
            text.split(|it: char| !it.is_alphanumeric()).filter(|it| !it.is_empty()).map(str::to_lowercase).collect()
        };
        // What opens is not closed in its place: `}` is no `${`.
        let depth = |text: &str| {
            text.matches(['(', '[', '{']).count() as isize - text.matches([')', ']', '}']).count() as isize
        };
        let kept = words(&edit.value);
        let range = edit.span.start as usize..edit.span.end as usize;
        let mut text = text.clone();
        // The word that a line begins with may be what was wrong.
        let first = usize::from(edit.span.start == code.start);
        let stands = text.get(range.clone()).map(words);
        // `5s` keeps the 5.
        let is_lost = |it: &String| !kept.iter().any(|kept| kept.starts_with(it.as_str()));
        if stands.is_none_or(|words| words.iter().skip(first).any(is_lost)) {
            return false;
        }
        let deep = text.get(range.clone()).map_or(0, depth);
        if deep != 0 && depth(&edit.value) != deep {
            return false;
        }
        text.replace_range(range, &edit.value);
        let left = check(&Source::new(document.source.name.as_str(), text), &workspace.scripts()).diagnostics;
        let all = document.found.get().map_or(0, Vec::len);
        // Of blocks that are open the innermost is told: then it is the turn of one around it.
        let is_around = |it: &Diagnostic| it.code == UNCLOSED && it.span().is_some_and(|it| it.start < span.start);
        left.len() < all || found.code == UNCLOSED && left.len() == all && left.iter().any(is_around)
    };
    if found.code == UNCLOSED {
        let line_end = Spanned { value: " }".to_owned(), span: Span::new(code.end as usize, code.end as usize) };
        let in_line = Some(line_end).filter(|_| !document.source.slice(code).ends_with('{'));
        return Some(in_line.into_iter().chain(closings(text)).find(mends).into_iter().collect());
    }
    // How a statement is written is told by examples; none of them is meant.
    let told = help.get(["write `", "did you mean `"].into_iter().filter_map(|before| help.find(before)).min()?..)?;
    let told = ["write `", "did you mean `", " or `"].into_iter().flat_map(|before| told.split(before).skip(1));
    let told = told.filter_map(|told| told.split('`').next()).filter(|told| !told.contains(['…', '#', '«']));
    let places = |told: &str| [span, with_at, code].map(|span| Spanned { value: told.to_owned(), span });
    Some(told.filter_map(|told| places(told).into_iter().find(mends)).collect())
}

const UNCLOSED: &str = "hayes::syntax::unclosed-block";

/// Where the `}` of blocks may be missing: wherever lines are indented less again without one, or at the end.
fn closings(text: &str) -> Vec<Spanned<String>> {
    let (mut open, mut found, mut at, mut end) = (Vec::<&str>::new(), Vec::new(), 0, 0);
    // The last line is that of the end, in which nothing is indented.
    for line in text.split_inclusive('\n').chain(["."]) {
        at += line.len();
        let code = line.trim();
        if code.is_empty() {
            continue;
        }
        let (indent, closes) = (line.split(code).next().unwrap_or_default(), code.starts_with('}'));
        let ends = if text.get(..end).is_some_and(|before| before.ends_with('\n')) { "" } else { "\n" };
        let mut value = String::new();
        while let Some(last) = open.pop_if(|last| indent.len() < last.len() || indent.len() == last.len() && !closes) {
            value.push_str(&format!("{last}}}\n"));
        }
        found.extend(
            (!value.is_empty()).then(|| Spanned { value: format!("{ends}{value}"), span: Span::new(end, end) }),
        );
        open.pop_if(|last| closes && indent.len() == last.len());
        open.extend(code.ends_with('{').then_some(indent));
        end = at;
    }
    // Where no line is indented, the end is the only place that is known.
    found.extend(Some(Spanned { value: "}\n".to_owned(), span: Span::new(text.len(), text.len()) }));
    found
}
