//! Edits the block of `ftpy setup` in a shell's profile. Works on bytes; the commands find, read
//! and write the profiles.
//!
//! A profile belongs to the user: it may have any encoding and line endings, and its last line may
//! lack a newline. So everything outside the block is left alone, and the first line of the block
//! records what else setup changed in the file:
//!
//! ```text
//! # >>> ftpy setup >>>                            a blank line was inserted before the block
//! # >>> ftpy setup (ended the last line) >>>      also, the file had no final newline
//! # >>> ftpy setup (empty file) >>>               nothing was inserted before the block
//! # >>> ftpy setup (new file) >>>                 the file did not exist
//! # >>> ftpy setup (new file, 2 directories) >>>  nor did two directories above it
//! # <<< ftpy setup <<<                            the end of the block
//! ```
//!
//! The blank line is necessary: a profile may end in a backslash, which would join the block's
//! first line to the profile's last one.

use std::ops::Range;

const BEGIN: &str = "# >>> ftpy setup";
const BEGIN_ENDS: &str = " >>>";
const END: &str = "# <<< ftpy setup <<<";

/// The state of the file before setup, as far as it is needed to undo the change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Before {
    /// It ended with a newline.
    Ended,
    /// Its last line had no newline.
    Open,
    /// It was empty.
    Empty,
    /// It did not exist, nor did some of the directories above it.
    Absent {
        /// The number of missing directories.
        directories: usize,
    },
}

/// What remains without the block.
#[derive(Debug, PartialEq, Eq)]
pub enum Rest {
    /// These bytes.
    Bytes(Vec<u8>),
    /// Nothing: setup created the file and some directories above it.
    Nothing {
        /// The number of created directories.
        directories: usize,
    },
}

/// A block without an end, so the user's own lines cannot be identified.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the block of `ftpy setup` in line {line} has no end marker `{END}`")]
pub struct Unended {
    /// Its first line, counted from 1.
    pub line: usize,
}

/// Inserts `code` in a block: at the end, or in place of existing blocks. `directories` is the
/// number of directories to create for a file that does not exist.
///
/// # Errors
/// Returns an error if a block has no end.
pub fn with_block(old: Option<&[u8]>, code: &str, directories: usize) -> Result<Vec<u8>, Unended> {
    let bytes = old.unwrap_or_default();
    let mut new = Vec::new();
    let mut copied = 0;
    while let Some(block) = find(bytes, copied)? {
        new.extend(&bytes[copied..block.code.start]);
        new.extend(code.as_bytes());
        new.extend(&bytes[block.code.end..block.whole.end]);
        copied = block.whole.end;
    }
    let is_found = copied > 0;
    new.extend(&bytes[copied..]);
    if is_found {
        return Ok(new);
    }
    let before = match old {
        None => Before::Absent { directories },
        Some([]) => Before::Empty,
        Some([.., b'\n']) => Before::Ended,
        Some(_) => Before::Open,
    };
    new.extend(match before {
        Before::Absent { .. } | Before::Empty => "".bytes(),
        Before::Ended => "\n".bytes(),
        Before::Open => "\n\n".bytes(),
    });
    let begin = begin_line(before);
    new.extend(format!("{begin}\n{code}{END}\n").bytes());
    Ok(new)
}

/// Removes the blocks and everything else that setup added.
///
/// # Errors
/// Returns an error if a block has no end.
pub fn without_block(old: &[u8]) -> Result<Rest, Unended> {
    let mut rest = old.to_vec();
    let mut made = None;
    while let Some(block) = find(&rest, 0)? {
        let mut start = block.whole.start;
        if let Before::Absent { directories } = block.before {
            made = Some(directories);
        }
        // An editor that converted all lines to CRLF converted setup's lines, too.
        let shorter = |end: usize| rest[..end].strip_suffix(block.newline).map(<[u8]>::len);
        if matches!(block.before, Before::Ended | Before::Open)
            && let Some(shorter) = shorter(start)
            && (shorter == 0 || rest[..shorter].ends_with(b"\n"))
        {
            start = shorter;
        }
        // Text added after the block since then does not belong to the profile's former last line.
        if block.before == Before::Open
            && block.whole.end == rest.len()
            && let Some(shorter) = shorter(start)
        {
            start = shorter;
        }
        rest.drain(start..block.whole.end);
    }
    Ok(match made {
        Some(directories) if rest.is_empty() => Rest::Nothing { directories },
        _ => Rest::Bytes(rest),
    })
}

struct Block {
    before: Before,
    /// The rest of its first line.
    newline: &'static [u8],
    whole: Range<usize>,
    /// The text between its first and last line.
    code: Range<usize>,
}

/// The first block at or after `from`, which must be the start of a line.
fn find(bytes: &[u8], from: usize) -> Result<Option<Block>, Unended> {
    let mut start = from;
    let mut begun: Option<(Before, Range<usize>)> = None;
    let unended = |begin: &Range<usize>| Unended {
        line: 1 + bytes[..begin.start].iter().filter(|b| **b == b'\n').count(),
    };
    for line in bytes[from..].split_inclusive(|byte| *byte == b'\n') {
        let place = start..start + line.len();
        start = place.end;
        let text = line.trim_ascii_end();
        if let Some(before) = read_begin_line(text) {
            if let Some((_, begin)) = &begun {
                return Err(unended(begin));
            }
            begun = Some((before, place));
        } else if text == END.as_bytes()
            && let Some((before, begin)) = begun.take()
        {
            let is_crlf = bytes[begin.clone()].ends_with(b"\r\n");
            return Ok(Some(Block {
                before,
                newline: if is_crlf { b"\r\n" } else { b"\n" },
                whole: begin.start..place.end,
                code: begin.end..place.start,
            }));
        }
    }
    begun.map_or(Ok(None), |(_, begin)| Err(unended(&begin)))
}

fn begin_line(before: Before) -> String {
    let fact = match before {
        Before::Ended => String::new(),
        Before::Open => " (ended the last line)".to_owned(),
        Before::Empty => " (empty file)".to_owned(),
        Before::Absent { directories: 0 } => " (new file)".to_owned(),
        Before::Absent { directories } => format!(" (new file, {directories} directories)"),
    };
    format!("{BEGIN}{fact}{BEGIN_ENDS}")
}

fn read_begin_line(line: &[u8]) -> Option<Before> {
    let line = std::str::from_utf8(line).ok()?;
    let fact = line.strip_prefix(BEGIN)?.strip_suffix(BEGIN_ENDS)?;
    Some(match fact {
        " (ended the last line)" => Before::Open,
        " (empty file)" => Before::Empty,
        " (new file)" => Before::Absent { directories: 0 },
        _ => {
            let number = fact.strip_prefix(" (new file, ");
            let number = number.and_then(|rest| rest.strip_suffix(" directories)"));
            match number.and_then(|number| number.parse().ok()) {
                Some(directories) => Before::Absent { directories },
                None => Before::Ended,
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROFILES: [&[u8]; 14] = [
        b"",
        b"\n",
        b"\n\n",
        b"\r\n",
        b"export A=1\n",
        b"export A=1",
        b"export A=1\n\n",
        b"export A=1\r\nexport B=2\r\n",
        b"export A=1\r\nexport B=2",
        b"export A=1\r\n\r",
        b"\xff\xfe caf\xe9 \0\n",
        b"\xef\xbb\xbfexport A=1 \\",
        b"# >>> conda initialize >>>\n# <<< conda initialize <<<\n",
        b"# <<< ftpy setup <<<\n",
    ];

    fn kept(bytes: &[u8]) -> Rest {
        Rest::Bytes(bytes.to_vec())
    }

    #[test]
    fn undoing_setup_restores_the_file_byte_for_byte() {
        for old in PROFILES {
            let new = with_block(Some(old), "code\n", 0).expect("whole");
            assert!(new.starts_with(old), "{old:?}");
            assert_eq!(with_block(Some(&new), "code\n", 0).expect("whole"), new);
            let other = with_block(Some(&new), "other\ncode\n", 0).expect("whole");
            assert_ne!(other, new);
            for new in [new, other] {
                assert_eq!(without_block(&new), Ok(kept(old)), "{old:?}");
            }
            assert_eq!(without_block(old), Ok(kept(old)), "{old:?}");
        }
        for directories in [0, 1, 3] {
            let new = with_block(None, "code\n", directories).expect("whole");
            assert_eq!(without_block(&new), Ok(Rest::Nothing { directories }));
        }
    }

    #[test]
    fn later_edits_by_the_user_are_kept() {
        let check = |old: Option<&str>, edit: &dyn Fn(&str) -> String, expected: &str| {
            let new = with_block(old.map(str::as_bytes), "code\n", 2).expect("whole");
            let edited = edit(std::str::from_utf8(&new).expect("text"));
            let rest = without_block(edited.as_bytes());
            assert_eq!(rest, Ok(kept(expected.as_bytes())), "{edited:?}");
        };
        let behind = |text: &str| format!("{text}more\n");
        check(Some("a\n"), &behind, "a\nmore\n");
        check(Some("a"), &behind, "a\nmore\n");
        check(Some(""), &behind, "more\n");
        check(None, &behind, "more\n");
        let before = |text: &str| format!("more\n\n{text}");
        check(Some("a\n"), &before, "more\n\na\n");
        check(Some("a"), &before, "more\n\na");
        check(Some(""), &before, "more\n\n");
        check(None, &before, "more\n\n");
        check(Some("a\n"), &|text| text.replace("\n\n", "\n"), "a\n");
        check(Some("a"), &|text| text.replace("\n\n", "\n"), "a");
        let crlf = |text: &str| text.replace('\n', "\r\n");
        check(Some("a\nb\n"), &crlf, "a\r\nb\r\n");
        check(Some("a\nb"), &crlf, "a\r\nb");
        check(Some("a\n"), &|text| text.trim_end().to_owned(), "a\n");
        check(Some("a\n"), &|text| text.repeat(2), "a\na\n");
        check(
            Some("a\n"),
            &|text| text.replace("setup >>>", "setup (of next year) >>>"),
            "a\n",
        );
    }

    #[test]
    fn the_block_is_replaced_in_place() {
        let old = "a\n\n# >>> ftpy setup >>>\nold\n# <<< ftpy setup <<<\nb\n";
        let new = with_block(Some(old.as_bytes()), "new\nnew\n", 0).expect("whole");
        let expected = old.replace("old\n", "new\nnew\n");
        assert_eq!(String::from_utf8(new), Ok(expected));
    }

    #[test]
    fn a_block_without_an_end_is_an_error() {
        for text in [
            "a\n# >>> ftpy setup >>>\ncode\nexport A=1\n",
            "a\n# >>> ftpy setup >>>\n# >>> ftpy setup >>>\n# <<< ftpy setup <<<\n",
        ] {
            let unended = Unended { line: 2 };
            assert_eq!(without_block(text.as_bytes()), Err(unended), "{text}");
            assert!(with_block(Some(text.as_bytes()), "code\n", 0).is_err());
        }
    }
}
