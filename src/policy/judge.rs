//! Applies the rules to builds, offers and hosts. Pure.

use crate::policy::{Build, Forbidden, Policy, Ruled};
use crate::provider::{Candidate, Offer, Recipe};
use ftpy_core::provider_name::ProviderName;
use ftpy_core::request::{self, BuildRequest};

impl Policy {
    /// Whether there are any rules.
    #[must_use]
    pub fn is_in_force(&self) -> bool {
        *self != Self::default()
    }

    /// Whether lists of builds have to be allowed explicitly.
    #[must_use]
    pub fn restricts_lists(&self) -> bool {
        self.indexes.is_some() || self.requires_digests.is_some()
    }

    /// Whether builds from a source are allowed.
    ///
    /// # Errors
    /// Returns the rule that forbids them.
    pub fn allows_source(&self, provider: ProviderName) -> Result<(), Forbidden> {
        match &self.sources {
            Some(allowed) if !allowed.rule.contains(&provider) => Err(Forbidden {
                what: format!("installing from {provider}"),
                line: allowed.line,
            }),
            _ => Ok(()),
        }
    }

    /// Whether a build may be installed, from any source.
    ///
    /// # Errors
    /// Returns the rule that forbids it.
    pub fn allows_build(&self, build: &request::Build) -> Result<(), Forbidden> {
        self.rule_against(build).map_or(Ok(()), |found| {
            Err(Forbidden {
                what: build.name(),
                line: found.line,
            })
        })
    }

    fn rule_against(&self, build: &request::Build) -> Option<&Ruled<Build>> {
        self.forbidden.iter().find(|one| match &one.rule {
            Build::Request(request) => means(request, build),
            Build::Flavours(flavours) => flavours.0.is_subset(&build.flavours.0),
        })
    }

    /// Whether something without a known digest may be used.
    ///
    /// # Errors
    /// Returns the rule that forbids it; `what` is its name.
    pub fn allows_unverified(&self, what: &str) -> Result<(), Forbidden> {
        self.requires_digests.as_ref().map_or(Ok(()), |rule| {
            Err(Forbidden {
                what: format!("{what} without a sha256"),
                line: rule.line,
            })
        })
    }

    /// Whether a candidate may be installed: its source, the build itself, its digests.
    ///
    /// # Errors
    /// Returns the first rule that forbids it.
    pub fn allows(&self, candidate: &Candidate) -> Result<(), Forbidden> {
        self.allows_source(candidate.provider)?;
        self.allows_build(&candidate.build)?;
        match candidate.unverified() {
            Some(file) => self.allows_unverified(file),
            None => Ok(()),
        }
    }

    /// Removes forbidden builds and URLs from an offer, recording the reasons. Returns whether
    /// anything was removed.
    pub fn restrict(&self, offer: &mut Offer) -> bool {
        let mut reasons: Vec<String> = Vec::new();
        let mut is_restricted = false;
        offer.candidates.retain_mut(|candidate| {
            let judged = self.allows(candidate);
            let Err(mut forbidden) = judged.and_then(|()| self.restrict_places(candidate)) else {
                return true;
            };
            // One reason for all patches that a rule forbids: the rule as written.
            if let Some(found) = self.rule_against(&candidate.build)
                && found.line == forbidden.line
            {
                forbidden.what = found.rule.to_string();
            }
            is_restricted = true;
            let reason = forbidden.to_string();
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
            false
        });
        offer.rejections.extend(reasons);
        is_restricted
    }

    /// Keeps only the URLs that are allowed; at least one must remain.
    fn restrict_places(&self, candidate: &mut Candidate) -> Result<(), Forbidden> {
        if let Recipe::Conda { packages } = &candidate.recipe {
            for package in packages {
                self.allows_place(&package.url)?;
            }
        }
        let Some(archive) = &mut candidate.archive else {
            return Ok(());
        };
        let mut first = Ok(());
        archive.urls.retain(|url| {
            let judged = self.allows_place(url);
            let is_allowed = judged.is_ok();
            if first.is_ok() {
                first = judged;
            }
            is_allowed
        });
        match archive.urls.is_empty() {
            true => first,
            false => Ok(()),
        }
    }
}

/// Whether a rule applies to a build. `3.13t` also applies to `3.13t+lto` and `3.13td`, because a
/// flavour must not circumvent a rule. Threading always matches exactly.
fn means(rule: &BuildRequest, build: &request::Build) -> bool {
    rule.abi.threading == build.abi.threading
        && (build.abi.debug || !rule.abi.debug)
        && rule.flavours.0.is_subset(&build.flavours.0)
        && rule.versions.cover(&build.version)
        && rule.target.covers(&build.target)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::parse;
    use crate::provider::{Provider, Query, Source};
    use ftpy_core::parse::parse as parse_request;
    use ftpy_core::request::Request;
    use ftpy_core::target::Target;

    fn policy(text: &str) -> Policy {
        parse(text).expect("a policy")
    }

    fn offer(request: &str) -> Offer {
        let Ok(Request::Build(request)) = parse_request(request) else {
            panic!("{request}");
        };
        let source = Source {
            table: crate::manifest::source::EMBEDDED,
            mirror: None,
            archives: &["http://mirror.example/debian".to_owned()],
            wish: &crate::store::BuildOptions::default(),
        };
        source.candidates(&Query::new(request, &Target::new("linux", "x86_64", "gnu")))
    }

    #[test]
    fn forbidden_builds_are_removed_with_the_rule() {
        let all = offer("3.13t");
        let check = |text: &str, reason: &str| {
            let mut offer = all.clone();
            assert!(policy(text).restrict(&mut offer), "{text}");
            let reasons = offer.rejections.join("; ");
            assert!(reasons.contains(reason), "{text}: {reasons}");
            offer.candidates.len()
        };
        assert!(!all.candidates.is_empty());
        let by = "is forbidden by /etc/ftpy/policy.toml:1";
        assert_eq!(check("forbid = [\"3.13t\"]", &format!("3.13t {by}")), 0);
        assert_eq!(
            check(
                "sources = [\"pbs\"]",
                "installing from source is forbidden by"
            ),
            0
        );
        assert_eq!(
            check("hosts = [\"h.example\"]", "www.python.org is forbidden"),
            0
        );
        let first = all.candidates[0].build.name();
        let exact = format!("forbid = [\"{first}\"]");
        assert_eq!(
            check(&exact, &format!("{first} {by}")),
            all.candidates.len() - 1
        );
        // The GIL build and another minor are other builds.
        for text in [
            "forbid = [\"3.13\", \"<3.14\", \"3.14t\", \"+tsan\"]",
            "require-digests = true",
            "",
        ] {
            let mut offer = all.clone();
            assert!(!policy(text).restrict(&mut offer), "{text}");
            assert_eq!(offer, all);
        }
    }

    #[test]
    fn flavours_and_debug_builds_do_not_circumvent_a_rule() {
        let build = |name: &str| {
            let host = Target::new("linux", "x86_64", "gnu");
            let key = format!("{name}-source");
            let key = ftpy_core::key::Key::from_name(&key, &host).expect(name);
            key.build.clone()
        };
        for (rule, forbidden, allowed) in [
            (
                "3.13t",
                &["3.13.5t", "3.13.5td", "3.13.5t+lto", "3.13.0td+tsan"][..],
                &["3.13.5", "3.13.5d", "3.14.0t"][..],
            ),
            ("<3.12", &["3.11.9", "3.11.9d", "3.11.9+pgo"], &["3.12.0"]),
            (
                "3.13td",
                &["3.13.5td", "3.13.5td+lto"],
                &["3.13.5t", "3.13.5d"],
            ),
            (
                "3.14t+tsan",
                &["3.14.1t+tsan", "3.14.1t+lto+tsan", "3.14.1td+tsan"],
                &["3.14.1t", "3.14.1t+lto", "3.14.1+tsan"],
            ),
        ] {
            let policy = policy(&format!("forbid = [\"{rule}\"]"));
            for name in forbidden {
                assert!(policy.allows_build(&build(name)).is_err(), "{rule} {name}");
            }
            for name in allowed {
                assert_eq!(policy.allows_build(&build(name)), Ok(()), "{rule} {name}");
            }
        }
    }

    #[test]
    fn forbidden_urls_are_removed_from_the_plan() {
        let mut offer = offer("3.13t");
        assert!(!policy("hosts = [\"mirror.example\"]").restrict(&mut offer));
        let with_mirror: Vec<_> = offer.candidates.iter().flat_map(|one| one.urls()).collect();
        assert!(!with_mirror.is_empty());
        assert!(
            with_mirror
                .iter()
                .all(|url| url.expose().starts_with("http://mirror.example/")),
            "{with_mirror:?}"
        );
    }
}
