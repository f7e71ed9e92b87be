//! What is said while a script is written: at a place (hover), behind the cursor (completion), in the parameters of a
//! command or a function (signature help).

use std::cmp::Reverse;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use lsp_types as lsp;

use super::mentions::Owner;
use super::{Document, Workspace, unit};
use crate::at::{Form, command};
use crate::catalogue::entry::{KnownField, Layout, Urc};
use crate::catalogue::explain::{Context, Explanation, explain};
use crate::catalogue::lookup::{urc, urcs};
use crate::check::Scripts;
use crate::diagnostic::{Severity, pages};
use crate::library::scripts;
use crate::report::style::filled;
use crate::source::{Name, Span};
use crate::suggest::{self, Candidate, CandidateKind, Surroundings, asking, candidates, is_name};
use crate::syntax::{Token, TokenKind, fields_of, record_in, tokens, topic, topic_behind};
use crate::value::functions::{Function, function};

/// A hover is not wider than this: an editor does not break what stands as it is.
const HOVER_WIDTH: usize = 90;

/// More proposals are not sent at once: the editor asks again when more is typed.
const MOST_ITEMS: usize = 500;

/// How often the library's scripts send each command, named without its AT: what is usual stands first.
static SENT: LazyLock<HashMap<&str, usize>> = LazyLock::new(|| {
    let mut sent = HashMap::new();
    let words = scripts().flat_map(|script| script.text.split_whitespace());
    for bare in words.filter_map(|word| word.strip_prefix("AT")) {
        let end = bare.find(|letter: char| !letter.is_ascii_alphanumeric() && !SIGNS.contains(&letter));
        *sent.entry(bare.get(..end.unwrap_or(bare.len())).unwrap_or(bare)).or_default() += 1;
    }
    sent.remove("");
    sent
});

/// The signs that commands of standards and of makers begin with
const SIGNS: [char; 7] = ['+', '^', '#', '$', '*', '%', '&'];

pub(super) fn hover(workspace: &Workspace, asked: &lsp::HoverParams) -> Option<lsp::Hover> {
    let (document, offset) = workspace.place(&asked.text_document_position_params)?;
    let token = document.token_at(offset)?;
    let before = document.line_before(token.span.start as usize);
    let name = || document.mentions().at(u32::try_from(offset).ok()?).map(|mention| mention.span);
    let (text, span) = match token.kind {
        // A name in a hole of a pattern is a part of its text.
        TokenKind::String | TokenKind::Regex if let Some(span) = name() => {
            (said_of_name(workspace, document, span)?, span)
        }
        TokenKind::AtWord => said_of_command(document, token, offset)?,
        TokenKind::String | TokenKind::Regex => said_of_text(workspace, document, token)?,
        TokenKind::Keyword | TokenKind::Operator => {
            let word = slice(document, token);
            (topic_behind(before, word).or_else(|| topic(word))?.to_string(), token.span)
        }
        TokenKind::Name => (said_of_name(workspace, document, token.span)?, token.span),
        TokenKind::Comment => said_of_code(document, token, offset)?,
        TokenKind::Number | TokenKind::Error => return None,
    };
    Some(lsp::Hover { contents: lsp::HoverContents::Markup(as_it_is(&text)), range: Some(document.range(span)) })
}

/// A pattern is what a modem answers; behind `run` stands a script.
fn said_of_text(workspace: &Workspace, document: &Document, token: Token) -> Option<(String, Span)> {
    if let Some(run) = document.mentions().run_at(token.span.start) {
        let script = workspace.scripts().find(&run.value, &document.source).ok()?;
        return Some((said_of_script(&run.value, &script), run.span));
    }
    // A text is the modem's where a word says so right before it; any other is the script's own.
    let before = document.tokens().iter().rev().find(|other| other.span.end <= token.span.start)?;
    const OF_MODEM: [&str; 10] =
        ["expect", "await", "when", "capture", "all", "on", "or", "answers", "matches", "prompt"];
    if !OF_MODEM.contains(&slice(document, *before)) {
        return None;
    }
    let text = slice(document, token).trim_matches(['"', '\'', '/']).trim();
    let before = document.tokens().iter().rev().find(|other| {
        other.kind == TokenKind::AtWord && other.span.end <= token.span.start && slice(document, **other).len() > 2
    });
    let context = Context { command: before.map(|command| slice(document, *command)), module: None };
    let name = text.split([':', '\\']).next().unwrap_or(text);
    let mut known = [text, name].into_iter().filter(|text| !text.is_empty()).map(|text| explain(text, &context));
    Some((known.find(Explanation::is_known)?.to_string(), token.span))
}

fn said_of_name(workspace: &Workspace, document: &Document, span: Span) -> Option<String> {
    let name = document.source.slice(span);
    let before = document.line_before(span.start as usize);
    let mentions = document.mentions();
    let record = record_in(before);
    if record.is_none()
        && let Some(topic) = topic_behind(before, name)
    {
        return Some(topic.to_string());
    }
    if let Some(mention) = mentions.at(span.start).filter(|mention| mention.span == span) {
        if let Owner::Other { script } = &mention.of {
            let source = workspace.scripts().find(script, &document.source).ok()?;
            let known =
                suggest::parameters(&source).into_iter().find(|known| known.text.starts_with(&format!("{name} ")));
            let about = known.map(|known| format!("\n{}", known.about)).unwrap_or_default();
            return Some(format!("{name}  of {script}{about}"));
        }
        let above = mentions.bound(name).filter(|bound| bound.span.start <= span.start).last();
        if let Some(bound) = above.or_else(|| mentions.bound(name).next()).filter(|_| record.is_none()) {
            let Owner::Bound { about } = &bound.of else { return None };
            return Some(said_of_bound(document, name, about, bound.span));
        }
    }
    let is_it = |field: &&Name| field.span == span || field.value == name;
    let rows = mentions.rows.iter().rev().find_map(|(row, fields)| {
        let is_here = record.map_or_else(|| fields.iter().any(|field| field.span == span), |record| row == record);
        Some((row, fields.iter().find(is_it)?)).filter(|_| is_here)
    });
    if let Some((row, field)) = rows {
        return Some(said_of_bound(document, name, &format!("captured, in `{row}`"), field.span));
    }
    let known = mentions.known.iter().rev().find(|(known, _)| record == Some(known)).map(|(_, kind)| *kind);
    let field = record.and_then(|record| topic(&format!("{}.{name}", known.unwrap_or(record))));
    field.or_else(|| topic(name).filter(|_| record.is_none())).map(|topic| topic.to_string())
}

/// A name with what it is, what its values mean where the catalogue knows that, and the line that gives it its value.
fn said_of_bound(document: &Document, name: &str, about: &str, span: Span) -> String {
    let line = document.source.line_of(span.start as usize);
    let whole = document.source.text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
    let field = captured(document, span).map(said_of_field).unwrap_or_default();
    let both = if about.is_empty() || field.is_empty() { "" } else { ": " };
    format!("{}\n\n    {line}: {}", format!("{name}  {about}{both}{field}").trim_end(), whole.trim())
}

/// The field of the answer that is captured there, by its place in a list or in a pattern.
fn captured(document: &Document, span: Span) -> Option<&'static KnownField> {
    let start = span.start as usize;
    let (before, name) = (document.line_before(start), document.source.slice(span));
    let behind = document.source.text.get(start..)?.lines().next()?;
    let is_awaited = before.trim_start().starts_with("await ");
    let question = question_above(document, start).filter(|_| !is_awaited);
    let usage = suggest::asked_of("", question).filter(|usage| !usage.ranges);
    let regex = before.split_once('/').map(|(_, begun)| begun.replace('\\', ""));
    let begun = regex.as_deref().or_else(|| pattern(before).map(|(_, begun)| begun));
    // What a regex repeats or leaves open counts no commas.
    if behind.contains(" from ") || regex.as_ref().is_some_and(|begun| begun.contains(['{', '[', '|', '*', '.'])) {
        return None;
    }
    let (prefix, values) = match begun {
        Some(begun) => begun.split_once(": ").or_else(|| begun.split_once(':')).unwrap_or(("", begun)),
        None if before.trim_start().starts_with("capture ") => (usage?.prefix.unwrap_or_default(), before),
        None => return None,
    };
    let asked = usage.filter(|usage| usage.prefix.unwrap_or_default() == prefix).map(|usage| &*usage.answers);
    let layouts = asked.or_else(|| urc(prefix.as_bytes()).map(Urc::layouts))?;
    let place = values.matches(',').count();
    let at = |layout: &'static Layout| layout.field(place).filter(|_| !layout.groups);
    let mut fields = layouts.iter().filter_map(at);
    let first = fields.clone().next()?;
    // Where the answer has several forms, the name tells which is meant.
    let named = fields.clone().find(|field| field.name == name);
    named.or_else(|| Some(first).filter(|_| fields.all(|field| field.what == first.what)))
}

pub(super) fn complete(workspace: &Workspace, asked: &lsp::CompletionParams) -> Option<lsp::CompletionResponse> {
    let (document, offset) = workspace.place(&asked.text_document_position)?;
    let line = document.line_before(offset);
    // Of the line alone: all tokens of a long script are more than a key may wait for.
    if let Some(comment) = tokens(line).last().filter(|last| last.kind == TokenKind::Comment) {
        return allowable(document, line.get(Range::from(comment.span))?, offset);
    }
    let mut names = names_above(document, offset);
    names.extend(fields(workspace, document, line));
    let question = question_above(document, offset);
    let around = Surroundings { names: &names, scripts: &workspace.scripts(), from: &document.source, question };
    let (mut start, mut found) = candidates(line, &around);
    let behind = document.source.text.get(offset..).and_then(|behind| behind.lines().next()).unwrap_or_default();
    if let Some((before, begun)) = pattern(line).filter(|_| found.is_empty()) {
        (start, found) = lines(before, begun, question);
        start += before.len() + 1;
        // In the midst of a text nobody knows how much of it is meant.
        let is_last = behind.split(['"', '\'']).next().is_some_and(|rest| rest.chars().all(is_name));
        found.retain(|it| is_last || it.kind == CandidateKind::Name);
    } else if line.ends_with('"') && found.is_empty() && line.matches('"').count() % 2 == 1 && asking(line).is_some() {
        // Within a command's quotes a value of the script may stand.
        start = line.len();
        let names = names.iter().filter(|name| !name.text.contains('.'));
        found.extend(names.map(|it| Candidate { text: format!("${{{}}}", it.text), ..it.clone() }));
    }
    let typed = line.get(start..).unwrap_or_default();
    let bare = |text: &str| text.strip_prefix("AT").unwrap_or(text).trim_end_matches(['?', '=']).to_owned();
    let exact = bare(typed);
    found.sort_by_cached_key(|candidate| {
        let name =
            Some(bare(&candidate.text)).filter(|name| candidate.kind == CandidateKind::Command && !name.is_empty());
        let often =
            |name: String| if name == exact { usize::MAX } else { SENT.get(&*name).copied().unwrap_or_default() };
        Reverse(name.map_or(0, often))
    });
    let items = found.into_iter().filter_map(|candidate| {
        let label = label(&candidate.text);
        joined(candidate, typed, behind).map(|(candidate, taken)| (candidate, taken, label))
    });
    // What a word of the language is there.
    let data = |candidate: &Candidate, label: &str| {
        let is_word = matches!(candidate.kind, CandidateKind::Statement | CandidateKind::Name);
        is_word.then(|| topic_behind(line.get(..start)?, label)).flatten().map(|topic| topic.word.into())
    };
    let items = items.enumerate().map(|(place, (candidate, taken, label))| lsp::CompletionItem {
        // What is likelier stands first: an editor would sort by the alphabet.
        sort_text: Some(format!("{place:04}")),
        data: data(&candidate, &label),
        ..item(candidate, label, document.range(Span::new(offset - typed.len(), offset + taken)))
    });
    let mut items: Vec<_> = items.take(MOST_ITEMS + 1).collect();
    let is_incomplete = items.len() > MOST_ITEMS;
    items.truncate(MOST_ITEMS);
    Some(lsp::CompletionResponse::List(lsp::CompletionList { is_incomplete, items }))
}

/// The codes of warnings behind `# allow`: first those of warnings that stand below.
fn allowable(document: &Document, comment: &str, offset: usize) -> Option<lsp::CompletionResponse> {
    let begun = comment.trim_start_matches(['#', ' ', '\t']).strip_prefix("allow ")?.trim_start();
    let found = document.found.get().into_iter().flatten();
    let below = found.filter(|found| found.span().is_some_and(|span| span.start as usize >= offset));
    let below: Vec<&str> = below.map(|found| found.code).collect();
    let is_meant = |code: &&str| code.contains(begun) && pages::severity(code) == Severity::Warning;
    let mut codes: Vec<&str> = pages::codes().filter(is_meant).collect();
    codes.sort_by_key(|code| below.iter().position(|found| found == code).unwrap_or(usize::MAX));
    let behind = document.source.text.get(offset..)?;
    let rest = behind.find(|letter: char| !letter.is_ascii_alphanumeric() && !":-".contains(letter));
    let rest = behind.get(..rest.unwrap_or(behind.len()))?.trim_end_matches(':').len();
    // Behind the code its reason is wanted.
    let end = if behind.get(rest..)?.starts_with(':') { "" } else { ": " };
    let range = document.range(Span::new(offset - begun.len(), offset + rest));
    let items = codes.into_iter().enumerate().map(|(place, code)| {
        let candidate = Candidate::new(CandidateKind::Other, format!("{code}{end}"), "");
        lsp::CompletionItem { sort_text: Some(format!("{place:04}")), ..item(candidate, code.to_owned(), range) }
    });
    let items = items.collect();
    Some(lsp::CompletionResponse::List(lsp::CompletionList { is_incomplete: false, items }))
}

/// What is written, and how much of what stands behind the cursor it takes the place of: the rest of the word that the
/// cursor is in. What stands there already, as a quote that the editor closed itself, is not written twice.
fn joined(mut candidate: Candidate, typed: &str, behind: &str) -> Option<(Candidate, usize)> {
    let (text, kind) = (&mut candidate.text, candidate.kind);
    let has_type = text.contains(':');
    let length = |text: &str, is_of: &dyn Fn(char) -> bool| text.find(|letter| !is_of(letter)).unwrap_or(text.len());
    let taken = match kind {
        CandidateKind::Script => length(behind, &|letter| is_name(letter) || "/-.".contains(letter)),
        _ if text.starts_with('"') => {
            // The quote that the word begins with may stand behind the cursor.
            let open = usize::from(typed.is_empty() && behind.starts_with('"'));
            open + length(behind.get(open..)?, &|letter| !"\",;".contains(letter))
        }
        CandidateKind::Setting => length(behind, &|letter| !"\",; )".contains(letter)),
        CandidateKind::Command => {
            let sign = usize::from(!typed.contains(SIGNS) && behind.starts_with(SIGNS));
            sign + length(behind.get(sign..)?, &is_name)
        }
        CandidateKind::Statement => length(behind, &|letter| is_name(letter) || letter == '-'),
        CandidateKind::Name | CandidateKind::Function | CandidateKind::Other => {
            length(behind, &|letter| is_name(letter) || has_type && letter == ':')
        }
    };
    let after = behind.get(taken..).unwrap_or_default();
    let is_test = text.ends_with('?') && matches!(kind, CandidateKind::Setting | CandidateKind::Command);
    if is_test && after.starts_with([',', '=']) && !after.starts_with("=?") {
        return None;
    }
    let stands = |end: &&str| text.len() > end.len() && text.ends_with(end) && after.starts_with(end);
    let doubled = ["\"", "}", "(", "=?", "=", "?"].into_iter().find(stands);
    let doubled =
        doubled.or_else(|| Some(" = ").filter(|end| text.ends_with(end) && after.trim_start().starts_with('=')));
    text.truncate(text.len() - doubled.map_or(0, str::len));
    Some((candidate, taken))
}

/// What stands before the quote that is open at the end of the line, and behind it, where it begins a pattern.
fn pattern(line: &str) -> Option<(&str, &str)> {
    let open = line.char_indices().fold(None, |open, (at, letter)| match open {
        None => matches!(letter, '"' | '\'').then_some((at, letter)),
        Some((_, quote)) => open.filter(|_| quote != letter),
    });
    let (before, begun) = line.split_at_checked(open?.0)?;
    let mut words =
        tokens(before).into_iter().map(|it| (it.kind, before.get(Range::from(it.span)).unwrap_or_default()));
    let first = words.next()?.1;
    let is_clause = matches!(first, "expect" | "when" | "await" | "capture" | "abort")
        && words.all(|(kind, word)| kind == TokenKind::String || matches!(word, "or" | "on" | "all" | "secret"));
    (is_clause && before.trim_end() != "abort" || before.ends_with(" answers ")).then_some((before, begun.get(1..)?))
}

/// What a text in quotes may be: a line of the answer that is asked for, with its fields; a line that comes by itself.
fn lines(before: &str, begun: &str, question: Option<&str>) -> (usize, Vec<Candidate>) {
    let word = before.split_whitespace().next().unwrap_or_default();
    let captures = matches!(word, "capture" | "when");
    if let Some((line, name)) = begun.rsplit_once('{').filter(|(_, name)| captures && !name.contains('}')) {
        let next = suggest::fields(line, question).into_iter().take(1).filter(|it| it.text.starts_with(name));
        return (line.len() + 1, next.map(|it| Candidate { text: format!("{}}}", it.text), ..it }).collect());
    }
    let new = |text: String, about: &str| Candidate::new(CandidateKind::Other, text, about);
    let asked = suggest::asked_of(before, question).and_then(|usage| Some((usage, usage.prefix?)));
    let mut found = Vec::new();
    if let Some((usage, prefix)) = asked.filter(|_| captures || word == "expect" || before.contains(" answers ")) {
        let all = suggest::fields("", question).pop().filter(|_| captures);
        let all = all.map(|all| all.text.split(", ").map(|name| format!("{{{name}}}")).collect::<Vec<_>>().join(","));
        found.extend(all.map(|all| new(format!("{prefix}: {all}"), "")));
        found.push(new(format!("{prefix}: "), ""));
        let first = usage.answers.first().and_then(|layout| layout.field(0)).filter(|_| word != "capture");
        let values = first.into_iter().flat_map(|field| &field.values);
        found.extend(values.map(|value| new(format!("{prefix}: {}", value.value()), value.meaning())));
    } else if matches!(word, "await" | "abort" | "when") {
        let line = |urc: &Urc| if urc.values.is_empty() { urc.start.to_owned() } else { format!("{}: ", urc.start) };
        found.extend(urcs().map(|urc| new(line(urc), urc.title)));
        found.dedup_by(|one, other| one.text == other.text);
        // Those that every modem may say first.
        let is_first = |urc: &Urc, text: &str| urc.vendors.contains(&"3GPP") && text.starts_with(urc.start);
        found.sort_by_key(|it| !urcs().any(|urc| is_first(urc, &it.text)));
    }
    found.retain(|candidate| candidate.text.starts_with(begun));
    (0, found)
}

/// The question that the line stands under, with no other statement between.
fn question_above(document: &Document, offset: usize) -> Option<&str> {
    let above = document.source.text.get(..document.source.line_start(document.source.line_of(offset)))?;
    let line = above.lines().rev().map(str::trim).find(|line| {
        let is_clause = ["expect ", "capture ", "prompt ", "when "].iter().any(|clause| line.starts_with(clause));
        !is_clause && !line.is_empty() && !line.starts_with('#')
    })?;
    let asked = line.strip_prefix("send ").unwrap_or(line);
    asked.get(..2).filter(|begin| begin.eq_ignore_ascii_case("AT")).map(|_| asked)
}

/// The fields of the record that is named at the end of the line, as `m.imei`.
fn fields(workspace: &Workspace, document: &Document, line: &str) -> Vec<Candidate> {
    let Some(record) = record_in(line.trim_end_matches(is_name)) else { return Vec::new() };
    let named = |name: &str, about: &str| Candidate::new(CandidateKind::Name, format!("{record}.{name}"), about);
    let mentions = document.mentions();
    if let Some((_, fields)) = mentions.rows.iter().rev().find(|(known, _)| known == record) {
        let about = |field: &Name| captured(document, field.span).map_or("captured", |known| known.what);
        return fields.iter().map(|field| named(&field.value, about(field))).collect();
    }
    if let Some((_, kind)) = mentions.known.iter().rev().find(|(known, _)| known == record) {
        return fields_of(kind).map(|(name, about)| named(name, about)).collect();
    }
    let script = mentions.records.iter().rev().find(|(known, _)| known == record);
    let script = script.and_then(|(_, script)| workspace.scripts().find(script, &document.source).ok());
    let Some(script) = script else { return Vec::new() };
    let known = Document::of(document.uri.clone(), script);
    let known = names_above(&known, known.source.text.len());
    known.iter().map(|name| named(&name.text, &name.about)).collect()
}

pub(super) fn signature(workspace: &Workspace, asked: &lsp::SignatureHelpParams) -> Option<lsp::SignatureHelp> {
    let (document, offset) = workspace.place(&asked.text_document_position_params)?;
    let line = document.line_before(offset);
    let signature = call_signature(line).or_else(|| command_signature(line))?;
    Some(lsp::SignatureHelp {
        active_parameter: signature.active_parameter,
        signatures: vec![signature],
        active_signature: Some(0),
    })
}

fn slice(document: &Document, token: Token) -> &str {
    document.source.slice(token.span)
}

/// Text whose lines and columns stay, at most [`HOVER_WIDTH`] wide.
fn as_it_is(text: &str) -> lsp::MarkupContent {
    let wrapped = text.lines().map(|line| {
        let indent = line.len() - line.trim_start().len();
        filled(line, HOVER_WIDTH, &" ".repeat(indent + 2)) + "\n"
    });
    let value = format!("```text\n{}```", wrapped.collect::<String>().replace("```", "'''"));
    lsp::MarkupContent { kind: lsp::MarkupKind::Markdown, value }
}

/// The command at the place, of those in the line.
fn said_of_command(document: &Document, token: Token, offset: usize) -> Option<(String, Span)> {
    // Its values, `${…}`, are tokens of their own, right beside.
    let tokens = document.tokens();
    let here = tokens.iter().position(|other| *other == token)?;
    let before = tokens.get(..=here)?.windows(2).rev().take_while(|pair| is_joined(pair)).count();
    let behind = tokens.get(here..)?.windows(2).take_while(|pair| is_joined(pair)).count();
    let span = tokens.get(here - before)?.span.to(tokens.get(here + behind)?.span);
    let text = document.source.slice(span);
    let parsed = command::parse(text)?;
    let place = offset.saturating_sub(span.start as usize);
    let command = parsed.commands.iter().find(|command| command.range.start <= place && place <= command.range.end);
    let (Some(command), true) = (command, parsed.commands.len() > 1) else {
        return Some((explain(text, &Context::default()).to_string(), span));
    };
    let start = span.start as usize;
    let asked = format!("AT{}", text.get(command.range.clone())?.trim_start_matches("AT"));
    let span = Span::new(start + command.range.start, start + command.range.end);
    Some((explain(&asked, &Context::default()).to_string(), span))
}

fn is_joined(pair: &[Token]) -> bool {
    matches!(pair, [one, other] if one.span.end == other.span.start)
}

/// The page of a code, as in `# allow hayes::check::danger: why`.
fn said_of_code(document: &Document, token: Token, offset: usize) -> Option<(String, Span)> {
    let text = slice(document, token);
    let place = offset.checked_sub(token.span.start as usize)?;
    let is_code = |character: char| character.is_ascii_alphanumeric() || matches!(character, ':' | '-');
    let start = text.get(..place)?.rfind(|character| !is_code(character)).map_or(0, |at| at + 1);
    let code = text.get(start..)?.split(|character| !is_code(character)).next()?.trim_end_matches(':');
    let page = pages::page(code)?;
    let start = token.span.start as usize + start;
    Some((page_of(page), Span::new(start, start + code.len())))
}

fn page_of(page: pages::Page) -> String {
    format!("{}\n\n{}", page.code, page.text.trim())
}

fn said_of_script(name: &str, script: &std::sync::Arc<crate::source::Source>) -> String {
    let comment = script.text.lines().map_while(|line| line.strip_prefix('#'));
    let mut text = format!("{name}\n\n");
    comment.for_each(|line| text.push_str(&format!("{}\n", line.trim())));
    let params = suggest::parameters(script);
    text.push_str(if params.is_empty() { "" } else { "\n" });
    text.extend(params.iter().map(|it| format!("    {}  {}\n", it.text.trim_end_matches(" = "), it.about)));
    text
}

/// The names that have a value above this place, each once.
fn names_above(document: &Document, offset: usize) -> Vec<Candidate> {
    let bound = document.mentions().names.iter().filter(|mention| (mention.span.end as usize) < offset);
    let mut names: Vec<Candidate> = Vec::new();
    for mention in bound {
        if let Owner::Bound { about } = &mention.of
            && !names.iter().any(|known| known.text == mention.name)
        {
            names.push(Candidate::new(CandidateKind::Name, mention.name.as_str(), about.as_str()));
        }
    }
    names
}

/// What is shown of it: an end whose beginning stands before the cursor is not.
fn label(text: &str) -> String {
    let mut label = text.trim_end_matches(" = ");
    for (open, close) in [('"', '"'), ('{', '}'), ('\0', '(')] {
        label = label.strip_suffix(close).filter(|inner| !inner.contains(open)).unwrap_or(label);
    }
    label.to_owned()
}

fn item(candidate: Candidate, label: String, range: lsp::Range) -> lsp::CompletionItem {
    let Candidate { text, about, kind } = candidate;
    lsp::CompletionItem {
        kind: Some(match kind {
            CandidateKind::Statement => lsp::CompletionItemKind::KEYWORD,
            CandidateKind::Command => lsp::CompletionItemKind::METHOD,
            CandidateKind::Setting => lsp::CompletionItemKind::ENUM_MEMBER,
            CandidateKind::Name => lsp::CompletionItemKind::VARIABLE,
            CandidateKind::Function => lsp::CompletionItemKind::FUNCTION,
            CandidateKind::Script => lsp::CompletionItemKind::FILE,
            CandidateKind::Other => lsp::CompletionItemKind::TEXT,
        }),
        detail: Some(about).filter(|about| !about.is_empty()),
        filter_text: Some(text.clone()),
        text_edit: Some(lsp::TextEdit::new(range, text).into()),
        label,
        ..lsp::CompletionItem::default()
    }
}

/// The item with all that is known of it.
pub(super) fn resolved(mut item: lsp::CompletionItem) -> lsp::CompletionItem {
    let of_command = item.kind == Some(lsp::CompletionItemKind::METHOD);
    let command = || format!("AT{}", item.label.trim_start_matches("AT"));
    let text = if of_command {
        Some(explain(&command(), &Context::default())).filter(Explanation::is_known).map(|known| known.to_string())
    } else {
        let behind = item.data.as_ref().and_then(|data| data.as_str());
        let known = topic(behind.unwrap_or(&item.label)).map(|topic| topic.to_string());
        known.or_else(|| pages::page(&item.label).filter(|page| page.code == item.label).map(page_of))
    };
    item.documentation = text.map(|text| lsp::Documentation::MarkupContent(as_it_is(&text)));
    item
}

// ── Parameters

/// `AT+CFUN=<fun>,<rst>`
fn command_signature(line: &str) -> Option<lsp::SignatureInformation> {
    let asking = asking(line)?;
    let (known, index) = (asking.known?, asking.index()?);
    let layout = &known.form(Form::Set)?.parameters;
    let name = known.name.split('=').next().unwrap_or(known.name);
    let parameters = layout.fields.iter().map(|field| (format!("<{}>", field.name), said_of_field(field))).collect();
    Some(labelled(&format!("{name}="), parameters, "", place_in(layout, index), known.title))
}

/// Behind the last field those that repeat come again.
fn place_in(layout: &Layout, index: usize) -> usize {
    match layout.repeats_from {
        Some(from) if index >= layout.fields.len() && from < layout.fields.len() => {
            from + (index - from) % (layout.fields.len() - from)
        }
        Some(_) | None => index,
    }
}

fn said_of_field(field: &KnownField) -> String {
    let values = field.values.iter().map(|value| format!("  {}  {}\n", value.value(), value.meaning()));
    format!("{}\n{}", field.what, values.collect::<String>())
}

/// `round(a number, a number)`
fn call_signature(line: &str) -> Option<lsp::SignatureInformation> {
    let (function, index) = open_call(line)?;
    let parameters = function.arguments.iter().map(|takes| (takes.wanted.to_owned(), String::new())).collect();
    Some(labelled(&format!("{}(", function.name), parameters, ")", index, function.about()))
}

/// The innermost call that is open at the end of the line, and in which argument that is.
fn open_call(line: &str) -> Option<(&'static Function, usize)> {
    let (mut depth, mut commas) = (0_usize, 0);
    for (at, character) in line.char_indices().rev() {
        match character {
            ')' | ']' => depth += 1,
            '(' | '[' if depth > 0 => depth -= 1,
            '(' => {
                let before = line.get(..at)?;
                let start = before.rfind(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
                return Some((function(before.get(start.map_or(0, |at| at + 1)..)?)?, commas));
            }
            '[' => commas = 0,
            ',' if depth == 0 => commas += 1,
            _ => {}
        }
    }
    None
}

fn labelled(
    before: &str,
    parameters: Vec<(String, String)>,
    end: &str,
    active: usize,
    about: &str,
) -> lsp::SignatureInformation {
    let (mut label, mut shown) = (before.to_owned(), Vec::new());
    for (number, (name, about)) in parameters.into_iter().enumerate() {
        if number > 0 {
            // What a function takes may have a comma in its words.
            label.push_str(if end.is_empty() { "," } else { "; " });
        }
        let start = unit(label.encode_utf16().count());
        label.push_str(&name);
        let place = lsp::ParameterLabel::LabelOffsets([start, unit(label.encode_utf16().count())]);
        let documentation = (!about.is_empty()).then(|| lsp::Documentation::MarkupContent(as_it_is(&about)));
        shown.push(lsp::ParameterInformation { label: place, documentation });
    }
    label.push_str(end);
    lsp::SignatureInformation {
        label,
        documentation: Some(lsp::Documentation::String(about.to_owned())),
        parameters: Some(shown),
        active_parameter: Some(unit(active)),
    }
}
