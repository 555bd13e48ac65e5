//! One thing that is not as it was installed.

/// What is not as it was, with its path relative to the prefix.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case", tag = "what", content = "path")]
pub enum Difference {
    /// It is not there.
    Missing(String),
    /// Its bytes, or its target, are others.
    Changed(String),
    /// It was not there, and the interpreter may run it.
    Added(String),
    /// It is set-uid or set-gid now.
    SetId(String),
    /// Every user of the machine may write it now.
    WorldWritable(String),
    /// Its owner may no longer execute it.
    NotExecutable(String),
}

impl Difference {
    /// The path, relative to the prefix; that of a directory ends with a slash.
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

    /// What is different, in a word or two.
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

    /// As one line: `changed: lib/python3.14t/os.py`.
    #[must_use]
    pub fn line(&self) -> String {
        format!("{}: {}", self.what(), self.path())
    }
}
