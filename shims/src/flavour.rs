//! Build options that do not change the ABI: sanitizers and optimisations. This module only has
//! their names; the manifests describe what each needs and where it is available.

use std::collections::BTreeSet;
use std::fmt;

/// A flavour: the word after `+` in `3.14t+tsan`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Flavour {
    /// `+asan`: AddressSanitizer.
    Asan,
    /// `+bolt`: post-link optimisation by llvm-bolt.
    Bolt,
    /// `+frameptr`: frame pointers kept, for profilers.
    Frameptr,
    /// `+jit`: the experimental JIT compiler.
    Jit,
    /// `+lto`: link-time optimisation of the whole program.
    Lto,
    /// `+native`: `-march=native`.
    Native,
    /// `+pgo`: profile-guided optimisation.
    Pgo,
    /// `+shared`: a shared libpython.
    Shared,
    /// `+tailcall`: the tail-calling interpreter.
    Tailcall,
    /// `+thinlto`: link-time optimisation by clang, in parallel.
    Thinlto,
    /// `+tsan`: ThreadSanitizer.
    Tsan,
    /// `+ubsan`: UndefinedBehaviorSanitizer.
    Ubsan,
}

/// Every flavour, sorted by name.
pub const FLAVOURS: [(Flavour, &str); 12] = [
    (Flavour::Asan, "asan"),
    (Flavour::Bolt, "bolt"),
    (Flavour::Frameptr, "frameptr"),
    (Flavour::Jit, "jit"),
    (Flavour::Lto, "lto"),
    (Flavour::Native, "native"),
    (Flavour::Pgo, "pgo"),
    (Flavour::Shared, "shared"),
    (Flavour::Tailcall, "tailcall"),
    (Flavour::Thinlto, "thinlto"),
    (Flavour::Tsan, "tsan"),
    (Flavour::Ubsan, "ubsan"),
];

impl Flavour {
    /// Whether the flavour is a sanitizer.
    #[must_use]
    pub fn is_sanitizer(self) -> bool {
        matches!(self, Self::Asan | Self::Tsan | Self::Ubsan)
    }

    /// Parses the word after the `+`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let found = FLAVOURS.iter().find(|(_, known)| *known == name);
        found.map(|(flavour, _)| *flavour)
    }
}

impl fmt::Display for Flavour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = FLAVOURS.iter().find(|(flavour, _)| flavour == self);
        f.write_str(name.map_or("", |(_, name)| name))
    }
}

/// A set of flavours, displayed as `+lto+pgo` in a fixed order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Flavours(pub BTreeSet<Flavour>);

impl Flavours {
    /// Whether the set is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the set contains a sanitizer.
    #[must_use]
    pub fn have_sanitizer(&self) -> bool {
        self.0.iter().any(|flavour| flavour.is_sanitizer())
    }
}

impl fmt::Display for Flavours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|flavour| write!(f, "+{flavour}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flavour_reads_back() {
        for (flavour, name) in FLAVOURS {
            assert_eq!(Flavour::from_name(name), Some(flavour));
            assert_eq!(flavour.to_string(), name);
        }
    }
}
