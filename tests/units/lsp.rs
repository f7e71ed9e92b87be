//! Tests of `src/lsp` from within: the server answers whatever half-typed text it is given.

use lsp_server::{Connection, ErrorCode, Request};
use proptest::prelude::*;

use super::*;
use crate::library::scripts;

const URI: &str = "file:///work/script.hayes";

/// Every request at a place of a text, and what is wrong with it: no answer is a fault of ours.
fn ask_everything(text: &str, line: usize, character: usize) {
    let (connection, _editor) = Connection::memory();
    let workspace = Workspace { open: BTreeMap::new(), root: None, runs: run::Runs::default() };
    let mut server = Server { connection, workspace, may_watch: false, is_shut: false };
    server.workspace.put(Document::new(URI.parse().unwrap(), 1, text.to_owned()));
    server.publish();
    let methods = [
        HoverRequest::METHOD,
        Completion::METHOD,
        SignatureHelpRequest::METHOD,
        GotoDefinition::METHOD,
        References::METHOD,
        PrepareRenameRequest::METHOD,
        Rename::METHOD,
        DocumentSymbolRequest::METHOD,
        Formatting::METHOD,
        CodeActionRequest::METHOD,
        SemanticTokensFullRequest::METHOD,
        CodeLensRequest::METHOD,
    ];
    for method in methods {
        let whole = json!({"start": {"line": 0, "character": 0}, "end": {"line": line, "character": character}});
        let params = json!({
            "textDocument": {"uri": URI},
            "position": {"line": line, "character": character},
            "context": {"includeDeclaration": true, "diagnostics": [], "triggerKind": 1, "isRetrigger": false},
            "newName": "other_name",
            "options": {"tabSize": 2, "insertSpaces": true},
            "range": whole,
        });
        let answer = server.answer(Request::new(1.into(), method.to_owned(), params));
        // A name that has no other is refused in words.
        let is_renaming = method == Rename::METHOD || method == PrepareRenameRequest::METHOD;
        if let Err(error) = answer.response_result {
            assert!(is_renaming && error.code == ErrorCode::InvalidParams as i32, "{method}: {error:?}");
        }
    }
}

fn last_place(text: &str) -> (usize, usize) {
    (text.matches('\n').count(), text.rsplit('\n').next().unwrap_or("").encode_utf16().count())
}

#[test]
fn places_are_counted_in_utf_16() {
    let source = Source::new("x", "log \"é🦀x\"\r\nlog \"b\"");
    for (line, character, offset_there) in [(0, 0, 0), (0, 6, 7), (0, 8, 11), (0, 99, 13), (1, 0, 15), (9, 0, 22)] {
        assert_eq!(offset(&source, lsp::Position::new(line, character)), offset_there, "{line}:{character}");
    }
    let place = range(&source, Span::new(11, 12));
    assert_eq!((place.start.character, place.end.character), (8, 9));
    // In the middle of a pair
    assert_eq!(offset(&source, lsp::Position::new(0, 7)), 7);
}

#[test]
fn a_file_has_a_uri_and_back() {
    for path in ["/home/a b/ü%.hayes", "/x.hayes"] {
        let uri = uri_of(Path::new(path)).unwrap();
        assert!(uri.as_str().is_ascii());
        assert_eq!(path_of(&uri), Some(PathBuf::from(path)));
    }
    assert_eq!(name_of(&"untitled:Untitled-1".parse().unwrap()), "untitled:Untitled-1");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_prefix_of_a_script_is_answered(script in 0..scripts().count(), end in any::<prop::sample::Index>()) {
        let text = scripts().nth(script).unwrap().text;
        let end = (0..=end.index(text.len() + 1)).rev().find(|end| text.is_char_boundary(*end)).unwrap();
        let text = &text[..end];
        let (line, character) = last_place(text);
        ask_everything(text, line, character);
    }

    #[test]
    fn a_script_that_lacks_a_byte_is_answered(script in 0..scripts().count(), gone in any::<prop::sample::Index>()) {
        let mut bytes = scripts().nth(script).unwrap().text.as_bytes().to_vec();
        let gone = gone.index(bytes.len());
        bytes.remove(gone);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (line, character) = last_place(&String::from_utf8_lossy(&bytes[..gone]));
        ask_everything(&text, line, character);
    }

    #[test]
    fn any_text_is_answered(text in "[\"'${}()\\[\\]/AT+=,; a-c\r\n#\u{e9}\u{1f980}]{0,60}", line in 0..9_usize, character in 0..40_usize) {
        ask_everything(&text, line, character);
    }
}
