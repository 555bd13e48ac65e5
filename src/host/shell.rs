//! Quoting for scripts that ftpy writes. Commands that a user pastes are quoted by
//! [`mod@ftpy_core::paste`].
//!
//! The crate shlex is not used: it would be the only dependency of the shims, and writes
//! `"it's \$HOME"`, in whose double quotes csh, fish and PowerShell expand other things than sh.

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
