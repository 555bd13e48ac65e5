//! Text of others in HTML, SVG and Markdown: without markup, and not longer than a reader needs.

use crate::report::escape;

/// Text without a meaning in HTML and SVG, in elements and in attributes.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c if escape::is_hidden(c) || is_outside_of_xml(c) => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

/// XML allows all other characters.
fn is_outside_of_xml(c: char) -> bool {
    matches!(c, '\u{fffe}' | '\u{ffff}')
}

/// Text without a meaning in Markdown or HTML, on one line.
pub(super) fn cell(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '&' => escaped.push_str("&amp;"),
            '|' | '*' | '_' | '`' | '[' | ']' | '\\' | '#' | '~' | '@' | '!' | '$' => {
                escaped.push_str(&format!("&#{};", u32::from(c)));
            }
            c if escape::is_hidden(c) => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

/// The beginning of a text.
pub(super) fn clipped(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A sentence with a capital letter and a full stop, on one line.
pub(super) fn sentence(text: &str) -> String {
    let text = text.trim();
    let mut chars = text.chars();
    let Some(first) = chars.next() else {
        return String::new();
    };
    let end = if text.ends_with(['.', '!', '?']) {
        ""
    } else {
        "."
    };
    let line: String = first.to_uppercase().chain(chars).collect();
    escape::line(&format!("{line}{end}")).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_others_has_no_meaning() {
        assert_eq!(
            escaped("<b a='\"'>&\u{1b}\n\u{202e}x"),
            "&lt;b a=&#39;&quot;&#39;&gt;&amp;   x"
        );
        assert_eq!(cell("a|b\n<i>*"), "a&#124;b &lt;i>&#42;");
        assert_eq!(clipped("äöü", 2), "äö…");
        assert_eq!(clipped("äöü", 3), "äöü");
        assert_eq!(sentence(" too noisy\u{1b}"), "Too noisy\\u{1b}.");
        assert_eq!(sentence("It is."), "It is.");
        assert_eq!(sentence(" "), "");
    }
}
