//! python.org's source, compiled on this machine. The only provider that works with any compiler
//! and any mirror of upstream's tarballs.

use crate::manifest::flavours::refusals;
use crate::manifest::source::{PYTHON_ORG, SourceRow, rows};
use crate::provider::{Archive, Candidate, Offer, Provider, Query, Recipe, compilation};
use crate::store::BuildOptions;
use ftpy_core::abi::Abi;
use ftpy_core::parse::FIRST_FREE_THREADED_MINOR;
use ftpy_core::provider_name::ProviderName;
use ftpy_core::request::Build;
use ftpy_core::version::Version;

/// The provider over the text of a table.
#[derive(Debug)]
pub struct Source<'a> {
    /// In the form of `manifests/cpython-source.txt`.
    pub table: &'a str,
    /// A mirror to use instead of python.org's `/ftp/python` and all others.
    pub mirror: Option<&'a str>,
    /// Debian-like archives in this machine's settings, which contain the same tarballs.
    pub archives: &'a [String],
    /// The user's options that a request cannot express.
    pub wish: &'a BuildOptions,
}

impl Provider for Source<'_> {
    fn name(&self) -> ProviderName {
        ProviderName::Source
    }

    fn candidates(&self, query: &Query) -> Offer {
        let request = &query.request;
        if let Some(rejection) = rejection(query) {
            return Offer {
                provider: self.name(),
                candidates: Vec::new(),
                rejections: vec![rejection],
            };
        }
        let mut candidates = Vec::new();
        let mut refused = Vec::new();
        for row in rows(self.table) {
            let build = Build {
                version: row.version,
                abi: request.abi,
                flavours: request.flavours.clone(),
                target: query.target.clone(),
            };
            if !request.matches(&build) || !can_build(&build.version, build.abi) {
                continue;
            }
            let reasons = refusals(&build);
            if reasons.is_empty() {
                candidates.extend(self.candidate(&row, build, request.build_id.as_deref()));
            } else {
                refused = reasons;
            }
        }
        let rejections = match (candidates.is_empty(), refused.is_empty()) {
            (false, _) => Vec::new(),
            (true, false) => refused,
            (true, true) if request.build_id.is_some() => {
                vec!["it was built with `ftpy build`, which alone can build it again".to_owned()]
            }
            (true, true) => {
                let versions = &request.versions;
                vec![format!("no source of {versions} with a known sha256")]
            }
        };
        Offer {
            provider: self.name(),
            candidates,
            rejections,
        }
    }
}

impl Source<'_> {
    /// Returns the URLs of a tarball, the best first.
    #[must_use]
    pub fn urls(&self, row: &SourceRow) -> Vec<String> {
        match self.mirror {
            // A mirror made by copying files often has no folder for each version.
            Some(mirror) => vec![
                row.python_org_url(mirror),
                format!("{mirror}/{}", row.file()),
            ],
            None => std::iter::once(row.python_org_url(PYTHON_ORG))
                .chain(self.archives.iter().map(|archive| row.debian_url(archive)))
                .collect(),
        }
    }

    /// Returns the build of a tarball; `None` if another recipe is requested.
    fn candidate(&self, row: &SourceRow, build: Build, wanted: Option<&str>) -> Option<Candidate> {
        let compilation = compilation(&build, self.wish.clone());
        let build_id = compilation.build_id();
        if wanted.is_some() && wanted != build_id.as_deref() {
            return None;
        }
        let urls = self.urls(row).into_iter().map(Into::into).collect();
        Some(Candidate {
            provider: self.name(),
            recipe: Recipe::Compile(compilation),
            build,
            build_id,
            archive: Some(Archive {
                file: row.file(),
                urls,
                sha256: Some(row.sha256),
                size: row.size,
            }),
        })
    }
}

/// Returns why no version can be compiled for a query.
fn rejection(query: &Query) -> Option<String> {
    if query.target != query.host {
        let target = &query.target;
        Some(format!(
            "ftpy compiles for this machine only, not for {target}"
        ))
    } else if query.host.os == "windows" {
        Some("ftpy cannot compile on Windows".to_owned())
    } else {
        None
    }
}

/// Returns whether the source of a version supports the build: `--disable-gil` requires 3.13 or
/// newer.
#[must_use]
pub fn can_build(version: &Version, abi: Abi) -> bool {
    !abi.is_free_threaded() || version.series() >= (3, FIRST_FREE_THREADED_MINOR)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret_url::SecretUrl;

    fn texts(urls: &[SecretUrl]) -> Vec<&str> {
        urls.iter().map(SecretUrl::expose).collect()
    }
    use crate::manifest::source::EMBEDDED;
    use ftpy_core::parse::parse;
    use ftpy_core::request::Request;
    use ftpy_core::target::Target;

    fn offer(request: &str, mirror: Option<&str>) -> Offer {
        let Ok(Request::Build(request)) = parse(request) else {
            panic!("{request}");
        };
        let host = Target::new("linux", "x86_64", "gnu");
        let archives = ["http://mirror.example/debian".to_owned()];
        let source = Source {
            table: EMBEDDED,
            mirror,
            archives: &archives,
            wish: &BuildOptions::default(),
        };
        source.candidates(&Query::new(request, &host))
    }

    #[test]
    fn the_tarball_is_looked_for_at_python_org_and_then_in_the_machines_own_mirror() {
        let offered = offer("3.15.0rc1t", None);
        assert_eq!(
            texts(offered.candidates[0].urls()),
            [
                "https://www.python.org/ftp/python/3.15.0/Python-3.15.0rc1.tar.xz",
                "http://mirror.example/debian/pool/main/p/python3.15/python3.15_3.15.0~rc1.orig.tar.xz"
            ]
        );
        let offered = offer("3.14.7t", Some("file:///m"));
        assert_eq!(
            texts(offered.candidates[0].urls()),
            [
                "file:///m/3.14.7/Python-3.14.7.tar.xz",
                "file:///m/Python-3.14.7.tar.xz"
            ]
        );
    }

    #[test]
    fn the_variant_asked_for_is_the_one_configured() {
        for (request, has) in [
            ("3.14.7t", true),
            ("3.14.7", false),
            ("3.14.7d", false),
            ("3.14.7td", true),
        ] {
            let offer = offer(request, None);
            let Recipe::Compile(compilation) = &offer.candidates[0].recipe else {
                panic!("{offer:?}");
            };
            let gives = |flag: &str| {
                compilation
                    .configure
                    .iter()
                    .any(|argument| argument == flag)
            };
            assert_eq!(gives("--disable-gil"), has, "{request}");
            assert_eq!(gives("--with-pydebug"), request.contains('d'), "{request}");
        }
        assert!(
            offer("3t", None)
                .candidates
                .iter()
                .all(|c| c.build.version.minor >= 13)
        );
        let tsan = offer("3.14.7t+tsan", None);
        assert_eq!(tsan.candidates[0].build.name(), "3.14.7t+tsan");
        let jit = offer("3.14t+jit", None);
        assert!(jit.candidates.is_empty() && jit.rejections[0].contains("requires a GIL build"));
        let other = offer("3.14.7t-source-0a1b2c3d", None);
        assert!(other.candidates.is_empty() && other.rejections[0].contains("ftpy build"));
        assert!(offer("cpython-3.14t-macos", None).rejections[0].contains("this machine only"));
    }
}
