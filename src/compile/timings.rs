//! The durations of this machine's earlier builds, as an estimate for the next one. One small file
//! for each series and variant: `cache/builds/3.14t+tsan.json`. Being only an estimate, a file that
//! cannot be read or written is not an error.

use crate::store::write_whole;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The durations of earlier builds.
#[derive(Debug, Clone, Default)]
pub struct BuildTimings {
    path: PathBuf,
    phases: BTreeMap<String, Past>,
}

/// The last run of a phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    /// The number of steps.
    pub steps: u64,
    /// The duration in milliseconds.
    pub milliseconds: u64,
}

/// The order of the phases.
const PHASES: [&str; 3] = ["configuring", "compiling", "installing"];

impl BuildTimings {
    /// Reads the recorded durations.
    #[must_use]
    pub fn read(path: &Path) -> Self {
        let text = std::fs::read(path).unwrap_or_default();
        Self {
            path: path.to_owned(),
            phases: serde_json::from_slice(&text).unwrap_or_default(),
        }
    }

    /// Returns the last run of a phase.
    #[must_use]
    pub fn of(&self, phase: &str) -> Option<Past> {
        self.phases.get(phase).copied()
    }

    /// Returns the duration of all phases after this one; `None` if one of them is unknown.
    #[must_use]
    pub fn after(&self, phase: &str) -> Option<Duration> {
        let later = PHASES.iter().skip_while(|name| **name != phase).skip(1);
        let each = later.map(|name| Some(self.of(name)?.milliseconds));
        each.sum::<Option<u64>>().map(Duration::from_millis)
    }

    /// Records a run of a phase.
    pub fn keep(&mut self, phase: &str, past: Past) {
        self.phases.insert(phase.to_owned(), past);
        let text = serde_json::to_vec_pretty(&self.phases).unwrap_or_default();
        let _ = write_whole(&self.path, &text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_is_read_and_adds_up() {
        let home = tempfile::tempdir().expect("tempdir");
        let path = home.path().join("builds/3.14t.json");
        let mut history = BuildTimings::read(&path);
        assert_eq!(history.after("configuring"), None);
        for (phase, milliseconds) in [("compiling", 60_000), ("installing", 5_000)] {
            let steps = 300;
            history.keep(
                phase,
                Past {
                    steps,
                    milliseconds,
                },
            );
        }
        let again = BuildTimings::read(&path);
        assert_eq!(again.after("configuring"), Some(Duration::from_secs(65)));
        assert_eq!(again.after("installing"), Some(Duration::ZERO));
        assert_eq!(again.of("compiling").map(|past| past.steps), Some(300));
    }
}
