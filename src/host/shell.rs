//! Words of a POSIX shell, for scripts that ftpy writes. What a person pastes is
//! [`mod@ftpy_core::paste`]'s.

pub use ftpy_core::paste::quoted;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stays_one_word() {
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("it's $HOME"), r"'it'\''s $HOME'");
    }
}
