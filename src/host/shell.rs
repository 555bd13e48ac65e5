//! Words of a POSIX shell.

/// A text as one word, whatever is in it: between single quotes, which nothing in between ends.
#[must_use]
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// As [`quoted`], for what a person reads: a text that is one word as it stands stays as it is.
/// `is_plain` tells of each character whether it may stand unquoted.
#[must_use]
pub fn word(text: &str, is_plain: impl Fn(char) -> bool) -> String {
    match !text.is_empty() && text.chars().all(is_plain) {
        true => text.to_owned(),
        false => quoted(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stays_one_word() {
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("it's $HOME"), r"'it'\''s $HOME'");
        let is_plain = |c: char| c.is_ascii_alphanumeric();
        assert_eq!(word("x1", is_plain), "x1");
        assert_eq!(word("", is_plain), "''");
        assert_eq!(word("a b", is_plain), "'a b'");
    }
}
