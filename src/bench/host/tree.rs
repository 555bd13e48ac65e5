//! Reads small files of `/proc` and `/sys`, or of a copy of them in a test.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The most that is read of a file. A longer one is cut.
const LARGEST: u64 = 64 << 10;

/// The longest word that a file may give to be displayed.
const LONGEST_WORD: usize = 80;

/// A root directory.
#[derive(Debug, Clone)]
pub(super) struct HostTree {
    root: PathBuf,
}

impl HostTree {
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// Whether it is this machine, and not a copy.
    pub(super) fn is_this_machine(&self) -> bool {
        self.root == Path::new("/")
    }

    /// The path of a file, given without the leading slash.
    pub(super) fn path(&self, file: &str) -> PathBuf {
        self.root.join(file)
    }

    /// The content of a file.
    pub(super) fn text(&self, file: &str) -> Option<String> {
        self.start(file, LARGEST)
    }

    /// The start of a file. Bytes that are not UTF-8 are replaced.
    pub(super) fn start(&self, file: &str, most: u64) -> Option<String> {
        let path = self.path(file);
        // Opening a FIFO would wait for its writer.
        if !path.metadata().ok()?.is_file() {
            return None;
        }
        let mut bytes = Vec::new();
        let file = File::open(path).ok()?;
        file.take(most).read_to_end(&mut bytes).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The number that a file consists of.
    pub(super) fn number(&self, file: &str) -> Option<u64> {
        self.text(file)?.trim().parse().ok()
    }

    /// The words that a file consists of, fit to be displayed.
    pub(super) fn words(&self, file: &str) -> Option<String> {
        displayable(&self.text(file)?)
    }
}

/// A text with single spaces, without control characters, and not too long.
pub(super) fn displayable(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let text = words.join(" ");
    let harmless = text.chars().filter(|c| !c.is_control());
    let text: String = harmless.take(LONGEST_WORD).collect();
    (!text.is_empty()).then_some(text)
}

/// The number after a key in lines like `nr_throttled 12` and `MemAvailable: 12 kB`.
pub(super) fn number_after(text: &str, key: &str) -> Option<u64> {
    let mut lines = text.lines().map(str::split_whitespace);
    lines.find_map(|mut words| {
        let is_key = words.next()?.trim_end_matches(':') == key;
        words.next().filter(|_| is_key)?.parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::{HostTree, LARGEST, displayable, number_after};

    #[test]
    fn only_the_start_of_a_huge_file_is_read() {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("huge"), vec![b'7'; 1 << 20]).unwrap();
        let tree = HostTree::new(root.path().to_owned());
        assert_eq!(tree.text("huge").unwrap().len() as u64, LARGEST);
        assert_eq!(tree.start("huge", 10).unwrap().len(), 10);
        assert_eq!(tree.number("huge"), None);
        assert_eq!(tree.words("huge").unwrap().len(), 80);
    }

    #[test]
    fn only_regular_files_are_read() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("directory")).unwrap();
        let tree = HostTree::new(root.path().to_owned());
        assert_eq!(tree.text("directory"), None);
        assert_eq!(tree.text("missing"), None);
        assert!(!tree.is_this_machine());
    }

    #[test]
    fn text_from_a_file_cannot_control_the_terminal() {
        assert_eq!(displayable("  a\u{1b}[31m \t b\n"), Some("a[31m b".into()));
        assert_eq!(displayable(" \n"), None);
    }

    #[test]
    fn numbers_are_found_by_their_key() {
        let text = "\nnr_throttled 12\nMemAvailable:  7 kB\nbad x\nhuge 99999999999999999999";
        assert_eq!(number_after(text, "nr_throttled"), Some(12));
        assert_eq!(number_after(text, "MemAvailable"), Some(7));
        assert_eq!(number_after(text, "bad"), None);
        assert_eq!(number_after(text, "huge"), None);
        assert_eq!(number_after(text, "missing"), None);
    }
}
