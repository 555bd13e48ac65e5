//! Quoting for scripts that ftpy writes. Commands that a user pastes are quoted by
//! [`mod@ftpy_core::paste`].

pub use ftpy_core::paste::quoted;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_quoted_as_one_word() {
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("it's $HOME"), r"'it'\''s $HOME'");
    }
}
