//! The notations of the data files: layouts (`n,stat[,lac,ci[,act]]`) and cases (`=1,1`).

/// A layout as the manuals write it. Square brackets: may be left out. `...` at the end: the fields behind the last
/// `|` (or all) repeat. Parentheses around the whole: one group for each record.
pub struct Layout {
    pub names: Vec<String>,
    pub counts: u64,
    pub repeats_from: Option<usize>,
    pub groups: bool,
}

pub fn layout(text: &str) -> Result<Layout, String> {
    let trimmed = text.trim();
    let (inner, groups) = match trimmed.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        Some(inner) => (inner, true),
        None => (trimmed, false),
    };
    let (inner, repeats) = match inner.strip_suffix("...") {
        Some(inner) => (inner, true),
        None => (inner, false),
    };
    let mut names: Vec<String> = Vec::new();
    let mut counts = 0u64;
    let mut depth = 0usize;
    let mut repeats_from = repeats.then_some(0);
    let mut name = String::new();
    let finish = |name: &mut String, names: &mut Vec<String>| {
        let word = std::mem::take(name);
        let word = word.trim();
        if !word.is_empty() {
            names.push(word.to_owned());
        }
    };
    for character in inner.chars() {
        match character {
            ',' => finish(&mut name, &mut names),
            '|' => {
                finish(&mut name, &mut names);
                if !repeats {
                    return Err(format!("'{text}': '|' marks where the repetition begins, but no '...' ends it"));
                }
                repeats_from = Some(names.len());
            }
            '[' => {
                finish(&mut name, &mut names);
                counts |= 1u64.checked_shl(names.len() as u32).unwrap_or(0);
                depth += 1;
            }
            ']' => {
                finish(&mut name, &mut names);
                depth = depth.checked_sub(1).ok_or_else(|| format!("'{text}': ']' without '['"))?;
            }
            'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | ' ' => name.push(character),
            other => return Err(format!("'{text}': '{other}' has no place in a layout")),
        }
    }
    finish(&mut name, &mut names);
    if depth != 0 {
        return Err(format!("'{text}': '[' is not closed"));
    }
    if names.len() > 60 {
        return Err(format!("'{text}': more than 60 fields"));
    }
    counts |= 1u64.checked_shl(names.len() as u32).unwrap_or(0);
    if let Some(from) = repeats_from
        && from >= names.len()
    {
        return Err(format!("'{text}': nothing to repeat"));
    }
    Ok(Layout { names, counts, repeats_from, groups })
}

/// `=1,1` set with these first parameters, `=*,4` any first one, `=` any set, `?` read, `=?` test, `!` execute,
/// nothing: set or execute.
pub fn when(text: &str) -> Result<(Option<&'static str>, Vec<Option<String>>), String> {
    match text {
        "" => Ok((None, Vec::new())),
        "?" => Ok((Some("Read"), Vec::new())),
        "=?" => Ok((Some("Test"), Vec::new())),
        "!" => Ok((Some("Execute"), Vec::new())),
        "=" => Ok((Some("Set"), Vec::new())),
        _ => {
            let list =
                text.strip_prefix('=').ok_or_else(|| format!("'{text}' is no case: '=1,1', '=', '?', '=?', '!'"))?;
            let parameters = list
                .split(',')
                .map(|word| if word == "*" { None } else { Some(word.trim_matches('"').to_owned()) })
                .collect();
            Ok((Some("Set"), parameters))
        }
    }
}
