//! Text of others, not longer than a reader needs, and as sentences.

use crate::report::escape;

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
    fn text_of_others_is_short_and_a_sentence() {
        assert_eq!(clipped("äöü", 2), "äö…");
        assert_eq!(clipped("äöü", 3), "äöü");
        assert_eq!(sentence(" too noisy\u{1b}"), "Too noisy\\u{1b}.");
        assert_eq!(sentence("It is."), "It is.");
        assert_eq!(sentence(" "), "");
    }
}
