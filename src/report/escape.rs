//! Makes text from others harmless: a message remains one line, and neither a terminal nor a CI
//! system interprets it as a command.
//!
//! All control characters (C0, DEL, C1), line and paragraph separators, and every character that
//! reorders others or is invisible (bidi controls, zero-width characters, variation selectors,
//! tags) are escaped. `\u{1b}` is ESC, `
//! ` a line feed.
//!
//! Three forms of commands are broken, wherever a runner looks for them:
//!
//! | form | who acts on it | where |
//! |---|---|---|
//! | `::add-mask::` | GitHub Actions | at the beginning of a line, behind white space |
//! | `##[group]`, `##vso[...]`, `##teamcity[...]` | GitHub, Azure, TeamCity | anywhere in a line |
//! | `--- `, `+++ `, `~~~ `, `^^^ ` | Buildkite | at the beginning of a line |
//!
//! GitLab's section markers and Jenkins' notes require control characters.

use std::borrow::Cow;
use std::fmt::Write;

/// The heads of Buildkite's groups.
const HEADINGS: [&str; 4] = ["--- ", "+++ ", "~~~ ", "^^^ "];

/// Returns the text as one line.
#[must_use]
pub fn line(text: &str) -> Cow<'_, str> {
    escaped(text, is_hidden, escape)
}

/// Returns one line of another program's output: tabs are kept, the line end is removed.
#[must_use]
pub fn relayed(text: &str) -> Cow<'_, str> {
    let is_hidden = |c: char| c != '\t' && is_hidden(c);
    let text = text.trim_end_matches(['\n', '\r']);
    escaped(text, is_hidden, escape)
}

/// Escapes a JSON document with JSON's own escapes. Its line feeds are outside of strings.
#[must_use]
pub fn json(document: &str) -> Cow<'_, str> {
    let is_hidden = |c: char| c != '\n' && is_hidden(c);
    escaped(document, is_hidden, |text, c| {
        for unit in c.encode_utf16(&mut [0; 2]) {
            let _ = write!(text, "\\u{unit:04x}");
        }
    })
}

/// Returns whether a character is invisible, or reorders others.
#[must_use]
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}'
            | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// Writes `
/// ` or `\u{1b}`; also for a visible character that would begin a command.
fn escape(text: &mut String, c: char) {
    match c.is_ascii_graphic() {
        true => text.extend(c.escape_unicode()),
        false => text.extend(c.escape_default()),
    }
}

fn escaped(
    text: &str,
    is_hidden: impl Fn(char) -> bool,
    escape: impl Fn(&mut String, char),
) -> Cow<'_, str> {
    let starts = commands(text);
    if starts.is_empty() && !text.contains(&is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut result = String::with_capacity(text.len() + 16);
    for (at, c) in text.char_indices() {
        match starts.contains(&at) || is_hidden(c) {
            true => escape(&mut result, c),
            false => result.push(c),
        }
    }
    Cow::Owned(result)
}

/// Returns the positions of characters to escape because they begin a command.
fn commands(text: &str) -> Vec<usize> {
    let mut found = Vec::new();
    let begin = text.len() - text.trim_start().len();
    if text[begin..].starts_with("::") {
        found.push(begin);
    }
    if HEADINGS.iter().any(|heading| text.starts_with(heading)) {
        found.push(0);
    }
    // Of three `#`, the last two may begin a command.
    for (at, _) in text.match_indices('#') {
        let word = text[at + 1..].strip_prefix('#').unwrap_or_default();
        let word = word.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        if word.starts_with('[') {
            found.push(at + 1);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_seen_is_shown() {
        for (text, expected) in [
            ("plain, café 蛇", "plain, café 蛇"),
            ("a\u{1b}[2J\nb\r\tc\0", r"a\u{1b}[2J\nb\r\tc\u{0}"),
            ("\u{7f}\u{85}\u{9b}2J", r"\u{7f}\u{85}\u{9b}2J"),
            (
                "a\u{202e}b\u{2066}c\u{2069}",
                r"a\u{202e}b\u{2066}c\u{2069}",
            ),
            (
                "a\u{2028}b\u{2029}c\u{feff}",
                r"a\u{2028}b\u{2029}c\u{feff}",
            ),
            ("x\u{200b}\u{e0041}", r"x\u{200b}\u{e0041}"),
        ] {
            assert_eq!(line(text), expected);
        }
        assert_eq!(relayed("a\tb\u{8}\n"), "a\tb\\u{8}");
        assert!(matches!(line("x"), Cow::Borrowed(_)));
    }

    #[test]
    fn no_line_is_a_command() {
        for (text, expected) in [
            ("::add-mask::x", r"\u{3a}:add-mask::x"),
            ("  ::error::x", r"  \u{3a}:error::x"),
            ("\u{a0}::error::x", "\u{a0}\\u{3a}:error::x"),
            ("a::b", "a::b"),
            ("x ##vso[task.x]", r"x #\u{23}vso[task.x]"),
            ("##[error]x", r"#\u{23}[error]x"),
            ("###[error]x", r"##\u{23}[error]x"),
            ("##TeamCity[x", r"#\u{23}TeamCity[x"),
            ("## heading [x]", "## heading [x]"),
            ("--- x", r"\u{2d}-- x"),
            ("^^^ +++", r"\u{5e}^^ +++"),
            ("---x", "---x"),
        ] {
            assert_eq!(line(text), expected);
            assert_eq!(line(&line(text)), expected, "once is enough");
        }
        // A character that .NET's comparison ignores cannot hide a command.
        assert_eq!(line("#\u{ad}#[x]"), r"#\u{ad}#[x]");
    }

    #[test]
    fn json_means_the_same() {
        let value = serde_json::json!({ "a": "\u{7f}\u{9b}\u{202e}\u{e0041} ##[x] ::y\n" });
        let text = serde_json::to_string_pretty(&value).expect("json");
        let shown = json(&text);
        assert_eq!(
            shown,
            "{\n  \"a\": \"\\u007f\\u009b\\u202e\\udb40\\udc41 #\\u0023[x] ::y\\n\"\n}"
        );
        let read: serde_json::Value = serde_json::from_str(&shown).expect("json");
        assert_eq!(read, value);
    }
}
