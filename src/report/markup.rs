//! Text of others in pages, pictures and Markdown, where it must not have a meaning.

use crate::report::escape;

/// Text without a meaning in HTML and SVG, in elements and in attributes.
pub(crate) fn escaped(text: &str) -> String {
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
pub(crate) fn cell(text: &str) -> String {
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

/// Fills the places of a page, such as `{{title}}`, with their parts. A part that looks like a place
/// is not replaced again.
pub(crate) fn filled(page: &str, parts: &[(&str, String)]) -> String {
    let (mut filled, mut rest) = (String::new(), page);
    while let Some(start) = rest.find("{{") {
        filled.push_str(&rest[..start]);
        rest = &rest[start..];
        let part = parts.iter().find(|(place, _)| rest.starts_with(place));
        let (place, text) = part.map_or(("{{", "{{"), |(place, text)| (*place, text.as_str()));
        filled.push_str(text);
        rest = &rest[place.len()..];
    }
    filled + rest
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
    }

    #[test]
    fn a_part_that_looks_like_a_place_is_not_replaced() {
        let parts = [("{{a}}", "{{b}}".to_owned()), ("{{b}}", "x".to_owned())];
        assert_eq!(filled("{{a}} {{b}} {{c}}", &parts), "{{b}} x {{c}}");
    }
}
