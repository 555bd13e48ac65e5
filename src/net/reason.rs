//! Why a URL has no usable bytes: in full, and as a short cause for summaries.

/// Why one URL failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The file or host that it applies to.
    pub(super) place: Place,
    /// `github.com is unreachable: no DNS`, `https://... answered 404 Not Found`
    pub text: String,
    /// `no DNS`, `404 Not Found`
    pub cause: String,
}

/// What a reason applies to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// One file.
    File,
    /// A whole host.
    Host(String),
    /// A host that may still answer: see [`Net::settle`](crate::net::Net::settle).
    SlowHost(String),
}

impl Reason {
    /// A file is unavailable.
    pub(crate) fn of_file(text: String) -> Self {
        Self::of_file_for(text.clone(), text)
    }

    /// A file is unavailable, for a short cause.
    pub(super) fn of_file_for(text: String, cause: String) -> Self {
        Self {
            place: Place::File,
            text,
            cause,
        }
    }

    /// Returns the host, if it is unreachable.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        match &self.place {
            Place::File => None,
            Place::Host(host) | Place::SlowHost(host) => Some(host),
        }
    }

    /// Returns whether the host may still answer.
    #[must_use]
    pub fn is_slow(&self) -> bool {
        matches!(self.place, Place::SlowHost(_))
    }
}

/// Why a whole host is unavailable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HostError {
    /// `github.com`
    pub(super) host: String,
    /// `no DNS`
    pub(super) cause: String,
    /// A sentence.
    pub(super) text: String,
}

impl HostError {
    /// The error of a host that cannot be connected to.
    pub(super) fn unreachable(host: &str, cause: String) -> Self {
        Self {
            text: format!("{host} is unreachable: {cause}"),
            host: host.to_owned(),
            cause,
        }
    }

    pub(super) fn into_reason(self, is_slow: bool) -> Reason {
        Reason {
            place: match is_slow {
                true => Place::SlowHost(self.host),
                false => Place::Host(self.host),
            },
            text: self.text,
            cause: self.cause,
        }
    }
}

/// Summarises all reasons in one line. Hosts with the same cause are listed together.
#[must_use]
pub fn summary(reasons: &[Reason]) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut causes: Vec<&str> = Vec::new();
    for reason in reasons {
        let same = |other: &&Reason| other.host().is_some() && other.cause == reason.cause;
        let hosts: Vec<&str> = reasons
            .iter()
            .filter(same)
            .filter_map(Reason::host)
            .collect();
        match (reason.host(), hosts.len()) {
            (None, _) | (Some(_), 1) => parts.push(reason.text.clone()),
            _ if causes.contains(&&*reason.cause) => {}
            _ => {
                causes.push(&reason.cause);
                parts.push(format!(
                    "{} are unreachable: {}",
                    hosts.join(", "),
                    reason.cause
                ));
            }
        }
    }
    parts.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_with_one_cause_are_listed_together() {
        let host =
            |name, cause: &str| HostError::unreachable(name, cause.to_owned()).into_reason(false);
        let file = Reason::of_file("https://c/x answered 404 Not Found".to_owned());
        let reasons = [host("a", "no DNS"), file, host("b", "no DNS")];
        assert_eq!(
            summary(&reasons),
            "a, b are unreachable: no DNS; https://c/x answered 404 Not Found"
        );
        let apart = [host("a", "no DNS"), host("b", "connection refused")];
        assert_eq!(
            summary(&apart),
            "a is unreachable: no DNS; b is unreachable: connection refused"
        );
    }
}
