//! Checks the policy of this machine, and installations that it no longer allows.

use crate::doctor::{Code, Finding, Subject};
use crate::policy::{self, HINT};

/// Checks the policy and every installation against it.
#[must_use]
pub fn check(subject: &Subject) -> Vec<Finding> {
    let policy = match policy::read() {
        Ok(policy) => policy,
        Err(failure) => {
            let advice = failure.hints.join("; ");
            return vec![Finding::new(Code::PolicyUnusable, failure.message).advice(advice)];
        }
    };
    let forbidden = subject.installed.iter().filter_map(|installed| {
        let key = &installed.key;
        let judged = policy
            .allows_source(key.provider)
            .and_then(|()| policy.allows_build(&key.build));
        let message = format!("{key} is installed, but {}", judged.err()?);
        let fix = format!("ftpy uninstall {key}");
        Some(
            Finding::new(Code::InstallationForbidden, message)
                .fix(fix)
                .advice(HINT),
        )
    });
    forbidden.collect()
}
