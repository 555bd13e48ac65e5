//! Archives of python-build-standalone: unpack and run.

use crate::manifest::pbs::{PbsRow, rows};
use crate::manifest::releases::known_bad;
use crate::provider::{Archive, Candidate, Offer, Provider, Query, Recipe};
use ftpy_core::build_id::BuildId;
use ftpy_core::provider_name::ProviderName;
use ftpy_core::request::Build;
use std::collections::BTreeSet;

/// The provider over the text of an index.
#[derive(Debug)]
pub struct Pbs<'a> {
    /// In the form of `manifests/pbs.txt`.
    pub index: &'a str,
    /// A mirror instead of upstream's download prefix.
    pub mirror: Option<&'a str>,
}

impl Provider for Pbs<'_> {
    fn name(&self) -> ProviderName {
        ProviderName::Pbs
    }

    fn candidates(&self, query: &Query) -> Offer {
        let mut offer = Offer {
            provider: self.name(),
            candidates: Vec::new(),
            rejections: Vec::new(),
        };
        let request = &query.request;
        // The variants of these versions, for the reason if no build matches.
        let mut variants = BTreeSet::new();
        let mut platforms = 0;
        for row in rows(self.index, |version| request.versions.cover(version)) {
            let row = match row {
                Ok(row) => row,
                Err(error) => {
                    offer.rejections.push(error.to_string());
                    continue;
                }
            };
            if request
                .build_id
                .as_ref()
                .is_some_and(|build| build.as_str() != row.build)
            {
                continue;
            }
            if row.name.target != query.target {
                platforms += 1;
                continue;
            }
            variants.insert(row.name.abi);
            // A tuned build matches a request without flavours; builds with other flavours never
            // do.
            let flavours = &request.flavours;
            let is_as_asked = flavours.is_empty() || *flavours == row.name.flavours();
            if row.name.abi == request.abi && is_as_asked {
                self.consider(row, query, &mut offer);
            }
        }
        if offer.candidates.is_empty() && offer.rejections.is_empty() {
            offer.rejections.push(if !request.flavours.is_empty() {
                format!("no {} build of {}", request.flavours, request.versions)
            } else if let Some(found) = variants.first() {
                let (wanted, found) = (request.abi.words(), found.words());
                format!("no {wanted} build of {}, only {found}", request.versions)
            } else if platforms > 0 {
                format!("no build of {} for {}", request.versions, query.target)
            } else {
                format!("no build of {}", request.versions)
            });
        }
        offer
    }
}

impl Pbs<'_> {
    fn consider(&self, row: PbsRow, query: &Query, offer: &mut Offer) {
        let build = Build {
            version: row.name.version,
            abi: row.name.abi,
            flavours: query.request.flavours.clone(),
            target: row.name.target.clone(),
        };
        // A bad build may be requested by its date, but is never chosen otherwise.
        if query.request.build_id.is_none()
            && let Some(bad) = known_bad(&build, self.name(), Some(&row.build))
        {
            let (name, day) = (build.name(), &row.build);
            offer
                .rejections
                .push(format!("{name} of {day}: {}", bad.reason));
            return;
        }
        let Some(build_id) = BuildId::parse(self.name(), &row.build) else {
            let (name, day) = (build.name(), row.build.escape_debug());
            offer
                .rejections
                .push(format!("{name}: `{day}` is not a build date"));
            return;
        };
        let urls = row.urls(self.mirror).into_iter().map(Into::into).collect();
        let prefix = row.name.shape.prefix();
        offer.candidates.push(Candidate {
            provider: self.name(),
            build,
            build_id: Some(build_id),
            archive: Some(Archive {
                file: row.file,
                urls,
                sha256: row.sha256,
                size: None,
            }),
            recipe: Recipe::Unpack { prefix },
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::pbs::EMBEDDED;
    use ftpy_core::parse::parse;
    use ftpy_core::request::Request;
    use ftpy_core::target::Target;

    fn offer(request: &str, host: &str) -> Offer {
        let Ok(Request::Build(request)) = parse(request) else {
            panic!("{request}");
        };
        let words: Vec<&str> = host.split('-').collect();
        let host = Target::new(words[0], words[1], words[2]);
        let pbs = Pbs {
            index: &EMBEDDED,
            mirror: None,
        };
        pbs.candidates(&Query::new(request, &host))
    }

    #[test]
    fn a_variant_is_never_crossed_whatever_is_asked_for_wherever() {
        let hosts = [
            "linux-x86_64-gnu",
            "linux-aarch64-musl",
            "macos-aarch64-none",
            "windows-x86_64-none",
        ];
        for host in hosts {
            for (request, flags) in [
                ("3.14t", "t"),
                ("3.14", ""),
                ("3.14d", "d"),
                ("3t", "t"),
                (">=3.13t", "t"),
            ] {
                let offer = offer(request, host);
                assert!(!offer.candidates.is_empty(), "{request} {host}");
                for candidate in &offer.candidates {
                    assert_eq!(candidate.build.abi.flags(), flags, "{candidate:?}");
                    assert_eq!(candidate.build.target.to_string(), host);
                    assert_eq!(
                        candidate.file().contains("freethreaded"),
                        flags.contains('t')
                    );
                }
            }
        }
    }

    #[test]
    fn a_level_of_the_architecture_is_given_only_if_asked_for() {
        let offered = offer("cpython-3.14t-linux-x86_64_v3", "linux-x86_64-gnu");
        assert!(!offered.candidates.is_empty());
        assert!(
            offered
                .candidates
                .iter()
                .all(|c| c.file().contains("x86_64_v3"))
        );
        let offered = offer("3.14t", "linux-x86_64-gnu");
        assert!(offered.candidates.iter().all(|c| !c.file().contains("_v")));
    }

    #[test]
    fn a_reason_is_given_where_there_is_nothing() {
        let check = |request: &str, host: &str, reason: &str| {
            let offer = offer(request, host);
            assert_eq!(offer.candidates, [], "{request}");
            assert!(
                offer.rejections.join("; ").contains(reason),
                "{:?}",
                offer.rejections
            );
        };
        check("3.30t", "linux-x86_64-gnu", "no build of 3.30");
        check(
            "3.12.1+debug",
            "windows-x86_64-none",
            "no GIL debug build of 3.12.1, only GIL",
        );
        check(
            "3.14t",
            "linux-mips-gnu",
            "no build of 3.14 for linux-mips-gnu",
        );
        check("3.14t+tsan", "linux-x86_64-gnu", "no +tsan build of");
        check(
            "3.13.4t",
            "windows-x86_64-none",
            "takes GIL builds for free-threaded ones",
        );
    }
}
