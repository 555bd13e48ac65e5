//! The cache key of installations: it differs for everything that would result in different files.
//!
//! `ftpy-linux-x86_64-gnu-nogil-3.14.7-pbs-20260901-9f2c61d0a4be`. The variant precedes the version
//! and is a word of its own: caches are also looked up by a prefix of the key (`restore-keys`), and
//! `3.14` is a prefix of `3.14t`, as `cp314` is of `cp314t`. The digest at the end covers
//! everything: the requests, keys, ABI, platform, the sha256 of every archive, the options of
//! source builds, and the machine if something is compiled.

use crate::digest::{Digest, Hasher};
use crate::provider::Recipe;
use crate::resolve::Attempt;
use crate::store::{Compilation, Installed, Package, Receipt};
use ftpy_core::abi::{Abi, Threading};
use ftpy_core::key::Key;
use ftpy_core::provider_name::ProviderName;
use ftpy_core::request::Build;

/// How many digits of the digest are in a key.
const DIGITS: usize = 12;

/// How many installations are named; the digest covers all. GitHub rejects keys of more than 512
/// characters.
const NAMED: usize = 4;

/// An installation of a cache, existing or planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// `3.14.7t-pbs-20260901`
    pub key: String,
    /// Whether its files belong to ftpy and can be cached.
    pub is_kept: bool,
    /// Whether it is compiled on the machine.
    pub is_compiled: bool,
    build: Build,
    /// `pbs-20260901`
    origin: String,
    /// The digests of all downloads.
    digests: Vec<Digest>,
    /// The options of a source build; empty for others.
    compilation: Vec<String>,
}

/// The context of a cache, in addition to its parts: if a preferred build is unavailable, the cache
/// may contain another one, which may not suit other requests or machines.
#[derive(Debug, Clone, Default)]
pub struct CacheInputs {
    /// The requests, such as `3.14t`, including twins, in any order.
    pub requests: Vec<String>,
    /// `--from`, in order.
    pub sources: Vec<ProviderName>,
    /// Whether some of them are twins of others.
    pub has_twins: bool,
    /// The machine, if something may be compiled on it.
    pub machine: Option<String>,
}

impl Part {
    /// An existing installation.
    #[must_use]
    pub fn installed(installed: &Installed, receipt: &Receipt) -> Self {
        let own = [receipt.artifact.sha256];
        let digests = digests(&receipt.packages, own.into_iter());
        let compilation = receipt.compilation.as_ref();
        Self::new(&installed.key, digests, compilation)
    }

    /// A planned installation.
    #[must_use]
    pub fn planned(attempt: &Attempt) -> Self {
        let candidate = &attempt.candidate;
        let packages: &[Package] = match &candidate.recipe {
            Recipe::Conda { packages } => packages,
            _ => &[],
        };
        let compilation = match &candidate.recipe {
            Recipe::Compile(compilation) => Some(compilation),
            _ => None,
        };
        let digests = digests(packages, candidate.sha256().into_iter());
        Self::new(&attempt.key, digests, compilation)
    }

    fn new(key: &Key, digests: Vec<Digest>, compilation: Option<&Compilation>) -> Self {
        let build_id = key.build_id.as_deref();
        Self {
            key: key.to_string(),
            is_kept: !key.provider.is_external(),
            is_compiled: key.provider == ProviderName::Source,
            build: key.build.clone(),
            origin: match build_id {
                Some(build_id) => format!("{}-{build_id}", key.provider),
                None => key.provider.to_string(),
            },
            digests,
            compilation: compilation.map(words).unwrap_or_default(),
        }
    }

    /// `nogil-3.14.7-pbs-20260901`
    fn words(&self) -> String {
        let Build {
            version,
            abi,
            flavours,
            ..
        } = &self.build;
        format!("{}-{version}{flavours}-{}", variant(*abi), self.origin)
    }
}

/// The digests of a solver's packages, or of the single archive, sorted.
fn digests(packages: &[Package], own: impl Iterator<Item = Digest>) -> Vec<Digest> {
    let mut found: Vec<Digest> = match packages {
        [] => own.collect(),
        packages => packages.iter().filter_map(|one| one.sha256).collect(),
    };
    found.sort_by_key(Digest::to_string);
    found
}

/// All options of a source build. Those given by the user are in the name of the key.
fn words(how: &Compilation) -> Vec<String> {
    let groups = [
        ("configure", &how.configure),
        ("cflags", &how.cflags),
        ("own-cflags", &how.own_cflags),
        ("ldflags", &how.ldflags),
        ("own-ldflags", &how.own_ldflags),
    ];
    let groups = groups.iter().flat_map(|(name, words)| {
        let words = words.iter();
        words.map(move |word| format!("{name} {word}"))
    });
    let opt = how.opt.iter().map(|opt| format!("opt {opt}"));
    groups.chain(opt).collect()
}

/// A word that is not a prefix of another one.
fn variant(abi: Abi) -> &'static str {
    match (abi.threading, abi.debug) {
        (Threading::Gil, false) => "gil",
        (Threading::FreeThreaded, false) => "nogil",
        (Threading::Gil, true) => "pydebug-gil",
        (Threading::FreeThreaded, true) => "pydebug-nogil",
    }
}

/// The key of a cache that contains these installations, in any order.
#[must_use]
pub fn cache_key(parts: &[Part], asked: &CacheInputs) -> String {
    let mut parts: Vec<&Part> = parts.iter().collect();
    parts.sort_by(|a, b| a.key.cmp(&b.key));
    parts.dedup();
    let mut hasher = Hasher::default();
    // The number is increased when installations are made differently.
    hasher.update(b"2\n");
    let mut requests: Vec<&String> = asked.requests.iter().collect();
    requests.sort();
    requests.dedup();
    let sources: Vec<&str> = asked.sources.iter().map(|one| one.name()).collect();
    let (twins, machine) = (asked.has_twins, &asked.machine);
    hasher.update(format!("{requests:?} {sources:?} {twins} {machine:?}\n").as_bytes());
    for part in &parts {
        let Build { abi, target, .. } = &part.build;
        hasher.update(format!("{} {abi} {target}\n", part.key).as_bytes());
        for digest in &part.digests {
            hasher.update(format!("{digest}\n").as_bytes());
        }
        for word in &part.compilation {
            hasher.update(format!("{word:?}\n").as_bytes());
        }
    }
    let digest = hasher.finish().to_string();
    let digest = &digest[..DIGITS];
    let target = parts.first().map(|part| part.build.target.to_string());
    let target = target.unwrap_or_default();
    let words = parts.iter().take(NAMED).map(|part| part.words());
    let words: Vec<String> = words.collect();
    let more = match parts.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!("-and-{more}-more"),
    };
    format!("ftpy-{target}-{}{more}-{digest}", words.join("-and-"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ftpy_core::target::Target;

    fn part(name: &str, bytes: &str) -> Part {
        let host = Target::new("linux", "x86_64", "gnu");
        let key = Key::from_name(name, &host).expect(name);
        Part::new(&key, vec![Digest::of(bytes.as_bytes())], None)
    }

    fn cache_key(parts: &[Part]) -> String {
        super::cache_key(parts, &CacheInputs::default())
    }

    #[test]
    fn a_source_build_has_another_key_on_another_machine_and_with_other_flags() {
        let host = Target::new("linux", "x86_64", "gnu");
        let key = Key::from_name("3.14.7t-source", &host).expect("a key");
        let part = |opt: &str| {
            let compilation = Compilation {
                opt: Some(opt.to_owned()),
                ..Compilation::default()
            };
            Part::new(&key, vec![Digest::of(b"x")], Some(&compilation))
        };
        let on = |machine: &str, part: Part, request: &str, from: &[ProviderName]| {
            let asked = CacheInputs {
                requests: vec![request.to_owned()],
                sources: from.to_vec(),
                has_twins: false,
                machine: Some(machine.to_owned()),
            };
            super::cache_key(&[part], &asked)
        };
        let (old, new) = ("ubuntu 22.04, glibc 2.35", "ubuntu 24.04, glibc 2.39");
        let source = ProviderName::Source;
        let keys = [
            on(old, part("-O3"), "3.14t", &[]),
            on(new, part("-O3"), "3.14t", &[]),
            on(old, part("-O2"), "3.14t", &[]),
            // These may get another build if the best is unavailable.
            on(old, part("-O3"), "3.14.7t", &[]),
            on(old, part("-O3"), "3.14t", &[source]),
        ];
        for (at, key) in keys.iter().enumerate() {
            assert!(
                !keys[at + 1..].contains(key),
                "{key} of {at} is not its own"
            );
        }
        assert_eq!(keys[0], on(old, part("-O3"), "3.14t", &[]));
    }

    #[test]
    fn a_key_names_its_contents_and_its_digest_covers_everything() {
        let key = cache_key(&[part("3.14.7t-pbs-20260901", "x")]);
        let beginning = "ftpy-linux-x86_64-gnu-nogil-3.14.7-pbs-20260901-";
        assert_eq!(key.len(), beginning.len() + DIGITS);
        assert!(key.starts_with(beginning), "{key}");
        assert_ne!(key, cache_key(&[part("3.14.7t-pbs-20260901", "y")]));
    }

    #[test]
    fn variants_never_collide_and_no_key_is_part_of_another() {
        let names = [
            "3.14.7-pbs-20260901",
            "3.14.7t-pbs-20260901",
            "3.14.7d-pbs-20260901",
            "3.14.7td-pbs-20260901",
            "3.14.7t-source",
            "3.14.7t+tsan-source",
            "3.14.7t-pbs-20260901-linux-x86_64_v3-gnu",
            "3.14.7t-pbs-20260901-linux-x86_64-musl",
            "3.1.4-pbs-20260901",
        ];
        let mut keys: Vec<String> = names
            .iter()
            .map(|name| cache_key(&[part(name, "x")]))
            .collect();
        keys.push(cache_key(&[part(names[0], "x"), part(names[1], "x")]));
        keys.push(cache_key(&names.map(|name| part(name, "x"))));
        for (at, key) in keys.iter().enumerate() {
            assert!(key.len() < 512 && !key.contains(','), "{key}");
            for other in keys.iter().skip(at + 1) {
                assert!(!key.contains(other.as_str()), "{key} {other}");
                assert!(!other.contains(key.as_str()), "{key} {other}");
            }
        }
        // Typical `restore-keys`: up to the version, or the minor version.
        for beginning in ["3.14.7", "3.14", "3"] {
            let gil = keys[0].split_once(beginning).expect("the version").0;
            let restore = format!("{gil}{beginning}");
            let hits = keys[..9].iter().filter(|key| key.starts_with(&restore));
            let hits: Vec<&String> = hits.collect();
            assert!(
                hits.iter().all(|key| key.contains("-gnu-gil-3.")),
                "{restore}: {hits:?}"
            );
        }
    }

    #[test]
    fn the_order_of_requests_does_not_matter() {
        let (a, b) = (part("3.14.7-source", "a"), part("3.14.7t-source", "b"));
        let both = cache_key(&[a.clone(), b.clone()]);
        assert_eq!(both, cache_key(&[b.clone(), a.clone()]));
        assert_eq!(both, cache_key(&[a.clone(), b, a]));
    }
}
