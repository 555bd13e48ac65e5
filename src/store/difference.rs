//! A difference between an installation and its receipt.

/// A difference from the installed state, with the path relative to the prefix.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case", tag = "what", content = "path")]
pub enum Difference {
    /// The file is missing.
    Missing(String),
    /// The contents or link target changed.
    Changed(String),
    /// The file was added, and the interpreter may run it.
    Added(String),
    /// The file became set-uid or set-gid.
    SetId(String),
    /// The file became world-writable.
    WorldWritable(String),
    /// The owner may no longer execute the file.
    NotExecutable(String),
}

impl Difference {
    /// The path relative to the prefix; directories end with a slash.
    #[must_use]
    pub fn path(&self) -> &str {
        match self {
            Self::Missing(path)
            | Self::Changed(path)
            | Self::Added(path)
            | Self::SetId(path)
            | Self::WorldWritable(path)
            | Self::NotExecutable(path) => path,
        }
    }

    /// The kind of difference in a word or two.
    #[must_use]
    pub fn what(&self) -> &'static str {
        match self {
            Self::Missing(_) => "missing",
            Self::Changed(_) => "changed",
            Self::Added(_) => "added",
            Self::SetId(_) => "set-uid or set-gid",
            Self::WorldWritable(_) => "world-writable",
            Self::NotExecutable(_) => "no longer executable",
        }
    }

    /// As a line: `changed: lib/python3.14t/os.py`.
    #[must_use]
    pub fn line(&self) -> String {
        format!("{}: {}", self.what(), self.path())
    }
}
