//! The import statements of a Python source, found without running it or building a syntax tree.
//!
//! ```text
//! bytes -> one byte for each character that matters     encoding
//!       -> tokens of a logical line                     lexer
//!       -> blocks: functions, classes, skipped branches blocks, condition
//!       -> import statements, calls that import         statement, calls
//!       -> Scan                                         scan
//! ```
//!
//! Statements are those of Python 3.15. A file with a syntax error gives what could be read.
//! Reading is linear in the file's size and never fails. Only the first 16 MiB are read.
//!
//! Left out, as they are not executed by an `import`: branches of `if TYPE_CHECKING:` and
//! `if __name__ == "__main__":`, and those for versions of Python before 3.13.
//!
//! The scanner is ours because no crate fits: `ruff_python_parser` and `rustpython-parser` bring
//! a syntax tree, tables of Unicode and big integers, and their published versions lag behind the
//! syntax of 3.14 (template strings) and 3.15 (`lazy import`); `tree-sitter-python` is a C build.
//! Import statements can be told from the tokens alone.

mod blocks;
mod calls;
mod condition;
mod encoding;
mod import;
mod lexer;
mod scan;
mod statement;

pub use import::{Anchor, Form, Import, LazyName, Scan};
pub use scan::scan;
