//! The topics of `ftpy help` and of the manual pages: pages of the manual in `docs/manual`.

use crate::embedded::{self, compressed};

/// A page of the manual.
#[derive(Debug)]
pub(crate) struct Topic {
    /// What `ftpy help` calls it.
    pub(crate) name: &'static str,
    /// What it is about.
    pub(crate) about: &'static str,
    compressed: &'static [u8],
}

impl Topic {
    /// Its text, in Markdown.
    pub(crate) fn page(&self) -> String {
        embedded::text(self.compressed)
    }
}

macro_rules! topics {
    ($($name:literal, $about:literal, $file:literal;)*) => {
        [$(Topic {
            name: $name,
            about: $about,
            compressed: compressed!("docs/manual/", $file, ".md"),
        }),*]
    };
}

/// Every topic, in the order in which `ftpy help` lists them.
pub(crate) const TOPICS: [Topic; 27] = topics![
    "requests", "How to name a version, a variant or a source", "concepts/requests";
    "variants", "Free-threaded, GIL and debug builds, and their names", "concepts/variants";
    "sources", "Where builds come from, and in which order", "concepts/sources";
    "shims", "What `python` and `python3.14t` run", "concepts/shims";
    "store", "Where ftpy keeps its files", "concepts/store";
    "trust", "What is verified before it runs", "concepts/trust";
    "pins", "Version files", "guides/pins";
    "venvs", "Virtual environments and upgrades", "guides/venvs";
    "scripts", "Scripts that list their dependencies", "guides/scripts";
    "shells", "Setting up shells", "guides/shells";
    "gil", "Finding out whether the GIL is off", "guides/gil";
    "dependencies", "Finding dependencies that turn the GIL on", "guides/check";
    "pays", "Measuring whether free-threading pays", "guides/bench";
    "survey", "A survey of what many packages do to the GIL", "guides/survey";
    "locks", "Lock files", "guides/lock";
    "ci-systems", "CI systems, caches and matrices", "guides/ci";
    "offline", "Bundles and mirrors", "guides/offline";
    "company", "Proxies, certificates, mirrors and policies", "guides/company";
    "building", "Building from source", "guides/building";
    "sanitizers", "Finding races and memory errors", "guides/sanitizers";
    "getting", "Installing, updating and removing ftpy", "guides/getting";
    "problems", "Finding and fixing problems", "guides/problems";
    "exit-codes", "Exit codes", "reference/exit-codes";
    "settings", "Settings and environment variables", "reference/settings";
    "policy", "The policy file of a machine", "reference/policy";
    "lock-file", "The format of ftpy.lock", "reference/lock-file";
    "flavours", "Flavours: sanitizers and optimisations", "reference/flavours";
];

/// Returns the topic of this name.
pub(crate) fn topic(name: &str) -> Option<&'static Topic> {
    const ALL: &[Topic] = &TOPICS;
    ALL.iter().find(|topic| topic.name == name)
}
