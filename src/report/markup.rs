//! Text in HTML and XML.

use std::fmt::{self, Write};

use crate::notation::{is_harmful, spelled};

/// A text without markup, in content and in double-quoted attributes; control and hidden characters are spelled out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Escaped<'t>(pub &'t str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '&' => f.write_str("&amp;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                // As themselves they would be blanks in an attribute.
                '\n' | '\t' => write!(f, "&#{};", u32::from(character))?,
                '\u{fffe}' | '\u{ffff}' => f.write_char(char::REPLACEMENT_CHARACTER)?,
                control if control.is_control() => write!(f, "\\x{:02X}", u32::from(control))?,
                turning if is_harmful(turning) => f.write_str(&spelled(turning))?,
                plain => f.write_char(plain)?,
            }
        }
        Ok(())
    }
}
