//! The whole of a script: its canonical form, its outline, its colours, the line above it.

use lsp_types as lsp;

use super::run;
use super::{Document, Workspace, unit};
use crate::source::Span;
use crate::syntax::ast::{Block, Statement, StatementKind};
use crate::syntax::{self, TokenKind};

pub(super) fn format(workspace: &Workspace, asked: &lsp::DocumentFormattingParams) -> Option<Vec<lsp::TextEdit>> {
    let document = workspace.document(&asked.text_document.uri)?;
    let formatted = syntax::format(&document.source).ok()?;
    if formatted == document.source.text {
        return Some(Vec::new());
    }
    let whole = document.range(Span::new(0, document.source.text.len()));
    Some(vec![lsp::TextEdit::new(whole, formatted)])
}

pub(super) fn symbols(workspace: &Workspace, asked: &lsp::DocumentSymbolParams) -> Option<lsp::DocumentSymbolResponse> {
    let document = workspace.document(&asked.text_document.uri)?;
    Some(lsp::DocumentSymbolResponse::Nested(outline(document, &document.tree().body)))
}

pub(super) fn semantic_tokens(
    workspace: &Workspace,
    asked: &lsp::SemanticTokensParams,
) -> Option<lsp::SemanticTokensResult> {
    let document = workspace.document(&asked.text_document.uri)?;
    let tokens = lsp::SemanticTokens { result_id: None, data: coloured(document) };
    Some(lsp::SemanticTokensResult::Tokens(tokens))
}

pub(super) fn lenses(workspace: &Workspace, asked: &lsp::CodeLensParams) -> Option<Vec<lsp::CodeLens>> {
    let document = workspace.document(&asked.text_document.uri)?;
    let first = document.tree().body.statements.first()?;
    let lens = |title: &str, command: &str| {
        let (title, command) = (title.to_owned(), command.to_owned());
        let command = lsp::Command { title, command, arguments: Some(vec![document.uri.as_str().into()]) };
        lsp::CodeLens { range: document.range(first.span), command: Some(command), data: None }
    };
    let stop = workspace.runs.goes_on(&document.uri).then(|| lens("Stop the run", run::STOP_COMMAND));
    Some([lens("Run on the simulated modem", run::RUN_COMMAND)].into_iter().chain(stop).collect())
}

/// What is said to the modem, what gets a value, and the blocks with what is in them.
fn outline(document: &Document, block: &Block) -> Vec<lsp::DocumentSymbol> {
    block.statements.iter().flat_map(|statement| symbol(document, statement)).collect()
}

fn symbol(document: &Document, statement: &Statement) -> Vec<lsp::DocumentSymbol> {
    let slice = |span: Span| document.source.slice(span).trim_end_matches(['{', ' ']).to_owned();
    let inner: Vec<lsp::DocumentSymbol> = statement.blocks().flat_map(|block| outline(document, block)).collect();
    let end = statement.blocks().map(|block| block.span).last().unwrap_or(statement.span);
    let (name, kind) = if let StatementKind::Param(param) = &statement.kind {
        (param.name.value.clone(), lsp::SymbolKind::PROPERTY)
    } else if let StatementKind::Set { name, .. } = &statement.kind {
        (name.value.clone(), lsp::SymbolKind::VARIABLE)
    } else if let StatementKind::Exchange(exchange) = &statement.kind {
        (slice(exchange.send.span), lsp::SymbolKind::EVENT)
    } else if let StatementKind::Ensure { question, .. } = &statement.kind {
        (format!("ensure {}", slice(question.span)), lsp::SymbolKind::EVENT)
    } else if let StatementKind::Run { script, .. } = &statement.kind {
        (format!("run {}", slice(script.span)), lsp::SymbolKind::MODULE)
    } else if statement.blocks().next().is_some() {
        (slice(statement.span), lsp::SymbolKind::NAMESPACE)
    } else {
        return inner;
    };
    // An empty name is refused by editors.
    let name = if name.trim().is_empty() { "…".to_owned() } else { name };
    #[expect(deprecated, reason = "the field has to be there")]
    let symbol = lsp::DocumentSymbol {
        name,
        detail: None,
        kind,
        tags: None,
        deprecated: None,
        range: document.range(statement.span.to(end)),
        selection_range: document.range(statement.span),
        children: Some(inner).filter(|inner| !inner.is_empty()),
    };
    vec![symbol]
}

/// The kinds of tokens, in the order of their numbers. A name before `(` is that of a function, the last one.
const KINDS: [(TokenKind, lsp::SemanticTokenType); 9] = [
    (TokenKind::Keyword, lsp::SemanticTokenType::KEYWORD),
    (TokenKind::Name, lsp::SemanticTokenType::VARIABLE),
    (TokenKind::Number, lsp::SemanticTokenType::NUMBER),
    (TokenKind::String, lsp::SemanticTokenType::STRING),
    (TokenKind::Regex, lsp::SemanticTokenType::REGEXP),
    (TokenKind::AtWord, lsp::SemanticTokenType::MACRO),
    (TokenKind::Comment, lsp::SemanticTokenType::COMMENT),
    (TokenKind::Operator, lsp::SemanticTokenType::OPERATOR),
    (TokenKind::Name, lsp::SemanticTokenType::FUNCTION),
];

pub(super) fn legend() -> lsp::SemanticTokensLegend {
    lsp::SemanticTokensLegend {
        token_types: KINDS.into_iter().map(|(_, kind)| kind).collect(),
        token_modifiers: Vec::new(),
    }
}

/// Each token from where the one before began; a token of several lines is one for each line.
fn coloured(document: &Document) -> Vec<lsp::SemanticToken> {
    let mut data = Vec::new();
    // How far from the token before: lines, and units of UTF-16 in the last of them. A line may be very long.
    let (mut seen, mut delta_line, mut delta_start) = (0, 0, 0);
    let units = |text: &str| unit(text.encode_utf16().count());
    for token in document.tokens() {
        let is_called = document.source.text.get(token.span.end as usize..).is_some_and(|it| it.starts_with('('));
        let is_kind = |(kind, _): &(TokenKind, _)| *kind == token.kind;
        let kind = if is_called { KINDS.iter().rposition(is_kind) } else { KINDS.iter().position(is_kind) };
        let Some(kind) = kind else { continue };
        let mut start = token.span.start as usize;
        for line in document.source.slice(token.span).split_inclusive('\n') {
            let gap = document.source.text.get(seen..start).unwrap_or_default();
            delta_line += unit(gap.matches('\n').count());
            delta_start = gap.rsplit_once('\n').map_or_else(|| delta_start + units(gap), |(_, behind)| units(behind));
            seen = start;
            start += line.len();
            let length = units(line.trim_end_matches(['\r', '\n']));
            if length > 0 {
                let token_type = unit(kind);
                let token =
                    lsp::SemanticToken { delta_line, delta_start, length, token_type, token_modifiers_bitset: 0 };
                data.push(token);
                (delta_line, delta_start) = (0, 0);
            }
        }
    }
    data
}
