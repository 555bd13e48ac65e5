//! Summarises unavailable sources: hosts by cause, builds by source and cause, each only once.

use crate::net::Reason;
use crate::report::Verb;
use ftpy_core::provider_name::ProviderName;
use std::collections::HashSet;

/// Failures that were not reported yet.
#[derive(Debug, Default)]
pub(super) struct Unavailable {
    hosts: Vec<(String, Vec<String>)>,
    builds: Vec<Builds>,
    /// Hosts and builds that were collected or reported.
    known: HashSet<String>,
}

/// Builds that a source does not have now, for one cause.
#[derive(Debug)]
struct Builds {
    provider: ProviderName,
    cause: String,
    names: Vec<String>,
}

impl Unavailable {
    /// Adds unreachable hosts. Those that may still answer are left out.
    pub(super) fn add_hosts(&mut self, reasons: &[Reason]) {
        for reason in reasons.iter().filter(|reason| !reason.is_slow()) {
            let Some(host) = reason.host() else {
                continue;
            };
            if !self.known.insert(format!("host {host}")) {
                continue;
            }
            match self
                .hosts
                .iter_mut()
                .find(|(cause, _)| *cause == reason.cause)
            {
                Some((_, hosts)) => hosts.push(host.to_owned()),
                None => self
                    .hosts
                    .push((reason.cause.clone(), vec![host.to_owned()])),
            }
        }
    }

    /// Adds a build whose file is unavailable; returns `false` if no reason is about a file.
    pub(super) fn add_build(
        &mut self,
        provider: ProviderName,
        name: &str,
        reasons: &[Reason],
    ) -> bool {
        let mut causes: Vec<&str> = Vec::new();
        for reason in reasons.iter().filter(|reason| reason.host().is_none()) {
            if !causes.contains(&&*reason.cause) {
                causes.push(&reason.cause);
            }
        }
        if causes.is_empty() {
            return false;
        }
        if !self.known.insert(format!("{provider} {name}")) {
            return true;
        }
        let cause = causes.join("; ");
        let same = |one: &&mut Builds| one.provider == provider && one.cause == cause;
        match self.builds.iter_mut().find(same) {
            Some(builds) => builds.names.push(name.to_owned()),
            None => self.builds.push(Builds {
                provider,
                cause,
                names: vec![name.to_owned()],
            }),
        }
        true
    }

    /// Returns the lines to report, each only once.
    pub(super) fn take_lines(&mut self) -> Vec<(Verb, String)> {
        let hosts = std::mem::take(&mut self.hosts).into_iter();
        let hosts = hosts.map(|(cause, hosts)| {
            let line = format!("{}: {cause}", hosts.join(", "));
            (Verb::Unreachable, line)
        });
        let builds = std::mem::take(&mut self.builds).into_iter();
        let builds = builds.map(|one| {
            let Builds {
                provider, cause, ..
            } = &one;
            let line = format!("{} from {provider}: {cause}", one.names.join(", "));
            (Verb::Unavailable, line)
        });
        hosts.chain(builds).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cause_has_one_line_and_each_build_is_named_once() {
        let mut all = Unavailable::default();
        let file = Reason::of_file("404 Not Found".to_owned());
        assert!(all.add_build(ProviderName::Pbs, "3.14.8t", std::slice::from_ref(&file)));
        assert!(all.add_build(ProviderName::Pbs, "3.14.7t", std::slice::from_ref(&file)));
        assert!(all.add_build(ProviderName::Pbs, "3.14.8t", &[file]));
        assert!(!all.add_build(ProviderName::Conda, "3.14.8t", &[]));
        let line = "3.14.8t, 3.14.7t from pbs: 404 Not Found".to_owned();
        assert_eq!(all.take_lines(), [(Verb::Unavailable, line)]);
        assert_eq!(all.take_lines(), []);
    }
}
