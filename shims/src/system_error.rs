//! The texts of the operating system's errors.

use std::io::Error;

/// Returns the text of an error without its number: `Permission denied`.
#[must_use]
pub fn text_of(error: &Error) -> String {
    without_numbers(error.to_string())
}

/// Leaves out every ` (os error 28)`, which Rust adds.
#[must_use]
pub fn without_numbers(mut text: String) -> String {
    const BEGIN: &str = " (os error ";
    let mut from = 0;
    while let Some(at) = text[from..].find(BEGIN).map(|at| from + at) {
        let number = &text[at + BEGIN.len()..];
        let digits = number.len()
            - number
                .trim_start_matches(|c: char| c.is_ascii_digit())
                .len();
        from = at + BEGIN.len();
        if digits > 0 && number[digits..].starts_with(')') {
            text.replace_range(at..at + BEGIN.len() + digits + 1, "");
            from = at;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_the_system_are_left_out() {
        for (text, expected) in [
            ("x: Permission denied (os error 13)", "x: Permission denied"),
            ("a (os error 2), b (os error 13)", "a, b"),
            ("a (os error x)", "a (os error x)"),
            ("a (os error 2", "a (os error 2"),
        ] {
            assert_eq!(without_numbers(text.to_owned()), expected);
        }
    }
}
