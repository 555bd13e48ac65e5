//! The platform of a build, in uv's words: operating system, architecture, libc.

use std::fmt;

/// One platform: `linux-x86_64-gnu`, `macos-aarch64-none`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Target {
    /// `linux`, `macos`, `windows`, `emscripten`
    pub os: String,
    /// `x86_64`, `x86_64_v3`, `aarch64`, `armv7`, `powerpc64le`, ...
    pub arch: String,
    /// `gnu`, `musl`, `gnueabihf`; `none` if the operating system has only one libc.
    pub libc: String,
}

/// A platform of which any part may be left open.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct TargetRequest {
    /// As in [`Target::os`].
    pub os: Option<String>,
    /// As in [`Target::arch`].
    pub arch: Option<String>,
    /// As in [`Target::libc`].
    pub libc: Option<String>,
}

impl Target {
    /// Makes a target from its three parts.
    #[must_use]
    pub fn new(os: &str, arch: &str, libc: &str) -> Self {
        Self {
            os: os.to_owned(),
            arch: arch.to_owned(),
            libc: libc.to_owned(),
        }
    }

    /// Parses the target triple at the beginning of `text`, as python-build-standalone writes it in
    /// file names (`x86_64_v3-unknown-linux-gnu`), and returns the rest.
    #[must_use]
    pub fn split_triple(text: &str) -> Option<(Self, &str)> {
        let (arch, rest) = text.split_once('-')?;
        // `-shared` and `-static` used to be part of the Windows triple.
        let systems = [
            ("unknown-linux-gnueabihf", "linux", "gnueabihf"),
            ("unknown-linux-gnueabi", "linux", "gnueabi"),
            ("unknown-linux-gnu", "linux", "gnu"),
            ("unknown-linux-musl", "linux", "musl"),
            ("apple-darwin", "macos", "none"),
            ("pc-windows-msvc-shared", "windows", "none"),
            ("pc-windows-msvc-static", "windows", "none"),
            ("pc-windows-msvc", "windows", "none"),
            ("unknown-emscripten", "emscripten", "musl"),
        ];
        let arch = match arch {
            "ppc64le" => "powerpc64le",
            other => other,
        };
        systems.iter().find_map(|(name, os, libc)| {
            let rest = rest.strip_prefix(name)?;
            Some((Self::new(os, arch, libc), rest))
        })
    }

    /// The architecture without the micro-architecture level: `x86_64` for `x86_64_v3`.
    #[must_use]
    pub fn baseline_arch(&self) -> &str {
        match self.arch.split_once("_v") {
            Some((base, level)) if base == "x86_64" && !level.is_empty() => base,
            _ => &self.arch,
        }
    }
}

impl TargetRequest {
    /// Whether every part is left open.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.os.is_none() && self.arch.is_none() && self.libc.is_none()
    }

    /// Fills the open parts from the host.
    #[must_use]
    pub fn or_host(&self, host: &Target) -> Target {
        let pick =
            |asked: &Option<String>, host: &str| asked.clone().unwrap_or_else(|| host.to_owned());
        Target {
            os: pick(&self.os, &host.os),
            arch: pick(&self.arch, &host.arch),
            // The host's libc does not apply to another operating system.
            libc: match (&self.libc, &self.os) {
                (None, Some(os)) if *os != host.os => match os.as_str() {
                    "linux" => "gnu".to_owned(),
                    _ => "none".to_owned(),
                },
                (asked, _) => pick(asked, &host.libc),
            },
        }
    }

    /// Whether `target` matches every part that is given.
    #[must_use]
    pub fn covers(&self, target: &Target) -> bool {
        let agrees =
            |asked: &Option<String>, has: &str| asked.as_deref().is_none_or(|asked| asked == has);
        agrees(&self.os, &target.os)
            && agrees(&self.arch, &target.arch)
            && agrees(&self.libc, &target.libc)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.os, self.arch, self.libc)
    }
}

impl fmt::Display for TargetRequest {
    /// Displays as `-linux-x86_64-gnu`, without open parts at the end; others are `any`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [&self.os, &self.arch, &self.libc];
        let given = parts.iter().rposition(|part| part.is_some());
        let shown = given.map_or(0, |last| last + 1);
        parts[..shown]
            .iter()
            .try_for_each(|part| write!(f, "-{}", part.as_deref().unwrap_or("any")))
    }
}
