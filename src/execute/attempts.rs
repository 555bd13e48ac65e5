//! Makes the attempts of a plan, in order, until one succeeds.

use crate::error::{Failure, Kind, Result};
use crate::execute::archive;
use crate::execute::attempt::AttemptError;
#[cfg(feature = "conda")]
use crate::execute::conda;
use crate::execute::error::ExecuteError;
use crate::execute::finalize;
use crate::execute::packages;
use crate::execute::report::{InstallReport, PassedOver};
use crate::execute::session::Session;
use crate::execute::source;
use crate::net::{Patience, Reason, summary};
use crate::provider::Recipe;
use crate::report::Verb;
use crate::resolve::{Attempt, Plan};
use crate::store::{Lock, Receipt};
use ftpy_core::key::Key;
use ftpy_core::provider_name::ProviderName;
use std::collections::HashSet;

/// Executes a plan. Returns `None` if no attempt succeeded and another source may have the build;
/// the failures are added to `tried`. No source is waited for while another one remains, but slow
/// sources get their time before anything is compiled.
///
/// # Errors
/// Returns an error if no other source may be tried.
pub async fn execute(
    session: &Session,
    plan: &Plan,
    tried: &mut FailedAttempts,
) -> Result<Option<InstallReport>> {
    for attempt in &plan.attempts {
        if matches!(attempt.candidate.recipe, Recipe::Compile(_))
            && let Some(done) = execute_slow(session, plan, tried, Patience::Patient).await?
        {
            return Ok(Some(done));
        }
        if let Some(done) = execute_one(session, plan, attempt, tried).await? {
            return Ok(Some(done));
        }
    }
    Ok(None)
}

/// Waits for slow sources, and makes their attempts as they answer.
///
/// # Errors
/// Like [`execute`].
pub async fn execute_slow(
    session: &Session,
    plan: &Plan,
    tried: &mut FailedAttempts,
    patience: Patience,
) -> Result<Option<InstallReport>> {
    let mut may_answer = true;
    while may_answer && !tried.slow.is_empty() {
        may_answer = session.settle(patience).await?;
        if let Some(done) = execute_answered(session, plan, tried).await? {
            return Ok(Some(done));
        }
    }
    for (attempt, reasons) in std::mem::take(&mut tried.slow) {
        tried.pass_over(&attempt, &reasons);
    }
    Ok(None)
}

/// Makes the attempts of slow sources that have answered meanwhile.
///
/// # Errors
/// Like [`execute`].
pub async fn execute_answered(
    session: &Session,
    plan: &Plan,
    tried: &mut FailedAttempts,
) -> Result<Option<InstallReport>> {
    for (attempt, _) in std::mem::take(&mut tried.slow) {
        if let Some(done) = execute_one(session, plan, &attempt, tried).await? {
            return Ok(Some(done));
        }
    }
    Ok(None)
}

async fn execute_one(
    session: &Session,
    plan: &Plan,
    attempt: &Attempt,
    tried: &mut FailedAttempts,
) -> Result<Option<InstallReport>> {
    let provider = attempt.candidate.provider;
    if tried.unsuitable.iter().any(|(known, _)| *known == provider) {
        return Ok(None);
    }
    session.cancel().check()?;
    let trying = try_one(session, plan, attempt);
    match Patience::Brief.during(trying).await {
        Ok(mut done) => {
            tried
                .passed_over
                .retain(|passed| passed.version > attempt.candidate.build.version);
            done.newer = tried.not_named();
            done.passed_over = std::mem::take(&mut tried.passed_over);
            return Ok(Some(done));
        }
        Err(AttemptError::Failed(failure)) => return Err(failure),
        Err(AttemptError::Unsuitable(failure)) => {
            session.say_unavailable();
            session.status_once(Verb::Unavailable, &format!("{provider}: {failure}"));
            tried.unsuitable.push((provider, failure));
        }
        Err(AttemptError::Unavailable(reasons)) => {
            let name = attempt.candidate.build.name();
            if reasons.iter().any(Reason::is_slow) {
                session.add_unreachable(&reasons);
                tried.slow.push((attempt.clone(), reasons));
                return Ok(None);
            }
            if session.add_unavailable(provider, &name, &reasons) {
                tried.named.insert(name);
            }
            tried.pass_over(attempt, &reasons);
        }
    }
    Ok(None)
}

fn texts(reasons: &[Reason]) -> String {
    let texts: Vec<&str> = reasons.iter().map(|reason| reason.text.as_str()).collect();
    texts.join("; ")
}

/// Failed attempts.
#[derive(Debug, Default)]
pub struct FailedAttempts {
    passed_over: Vec<PassedOver>,
    unsuitable: Vec<(ProviderName, Failure)>,
    /// Those whose source did not answer in time, but still may.
    slow: Vec<(Attempt, Vec<Reason>)>,
    /// Builds that were already reported as unavailable.
    named: HashSet<String>,
}

impl FailedAttempts {
    fn pass_over(&mut self, attempt: &Attempt, reasons: &[Reason]) {
        self.passed_over.push(PassedOver {
            key: attempt.key.to_string(),
            name: attempt.candidate.build.name(),
            reason: texts(reasons),
            summary: summary(reasons),
            version: attempt.candidate.build.version,
        });
    }

    /// Returns the builds that were not reported as unavailable.
    fn not_named(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for passed in &self.passed_over {
            if !self.named.contains(&passed.name) && !names.contains(&passed.name) {
                names.push(passed.name.clone());
            }
        }
        names
    }

    /// Returns the failure after all attempts of `plan`.
    #[must_use]
    pub fn failure(self, plan: &Plan, is_offline: bool) -> Failure {
        nothing_worked(plan, &self.passed_over, self.unsuitable, is_offline)
    }
}

async fn try_one(
    session: &Session,
    plan: &Plan,
    attempt: &Attempt,
) -> Result<InstallReport, AttemptError> {
    // Policy is checked for every plan, before minutes of work.
    session.net.policy().allows(&attempt.candidate)?;
    session.hold_cache()?;
    let (lock, existing) = lock_key(session, &attempt.key)?;
    if let Some(existing) = existing {
        return Ok(existing);
    }
    let prefix = session.store.prefix(&attempt.key);
    // An unreadable installation is not replaced, because it may contain the user's packages.
    if prefix.exists()
        && let Err(failure) = Receipt::read(&prefix)
        && failure.kind == Kind::System
    {
        return Err(failure.into());
    }
    // Checked before a package manager or a download starts.
    session.store.check_programs_start()?;
    let task = || session.reporter.task(&attempt.candidate.build.name());
    let (staged, task) = match &attempt.candidate.recipe {
        // Runs before progress is drawn, because there may be prompts. It is not staged.
        Recipe::Packages(wanted) => {
            return packages::install(session, plan, attempt, wanted).await;
        }
        Recipe::Unpack { prefix } => {
            let task = task();
            (
                archive::make(session, attempt, Some(prefix), &task).await?,
                task,
            )
        }
        Recipe::Compile(how) => {
            let task = task();
            (source::make(session, attempt, how, &task).await?, task)
        }
        #[cfg(feature = "conda")]
        Recipe::Conda { packages } => {
            let task = task();
            (conda::make(session, attempt, packages, &task).await?, task)
        }
        #[cfg(not(feature = "conda"))]
        Recipe::Conda { .. } => return Err(ExecuteError::NoConda.into()),
    };
    let done = finalize::finish(session, plan, attempt, staged, &task).await?;
    drop(lock);
    Ok(done)
}

/// Waits for another process that makes this installation. It may have been installed between the
/// choice and the lock.
fn lock_key(session: &Session, key: &Key) -> Result<(Lock, Option<InstallReport>)> {
    let mut has_waited = false;
    let waiting = |holder: &str| {
        has_waited = true;
        if holder == format!("process {}", std::process::id()) {
            return; // two requests of one command line that mean the same
        }
        let holder = if holder.is_empty() {
            "another process"
        } else {
            holder
        };
        let text = format!("for {holder}, which is installing {key}");
        session.reporter.status(Verb::Waiting, text);
    };
    let is_cancelled = || session.cancel().is_cancelled();
    let lock = tokio::task::block_in_place(|| session.store.lock_key(key, waiting, is_cancelled))?;
    let is_reused = has_waited || !session.options.reinstalls;
    let receipt = is_reused.then(|| session.store.if_whole(key)).flatten();
    let existing = receipt.map(|receipt| {
        InstallReport::existing(key.to_string(), session.store.prefix(key), receipt)
    });
    Ok((lock, existing))
}

/// Returns the failure after all attempts: one or two lines for each source.
fn nothing_worked(
    plan: &Plan,
    passed_over: &[PassedOver],
    unsuitable: Vec<(ProviderName, Failure)>,
    is_offline: bool,
) -> Failure {
    let mut details = plan.reasons();
    for (provider, first) in first_of_each(plan) {
        let Some(passed) = passed_over
            .iter()
            .find(|passed| passed.key == first.key.to_string())
        else {
            continue;
        };
        details.push(format!("{provider}: {}", passed.summary));
        let same = |attempt: &&Attempt| attempt.candidate.provider == provider;
        let others = plan.attempts.iter().filter(same).count() - 1;
        if others > 0 {
            let others = match others {
                1 => "1 older build is".to_owned(),
                _ => format!("{others} older builds are"),
            };
            details.push(format!("{provider}: {others} also unavailable"));
        }
    }
    if let [(_, failure)] = unsuitable.as_slice()
        && passed_over.is_empty()
        && details.is_empty()
    {
        return failure.clone();
    }
    let mut hints = Vec::new();
    let mut kind = if plan.attempts.is_empty() && plan.is_forbidden {
        Kind::Forbidden
    } else if plan.attempts.is_empty() && !plan.is_unreachable {
        Kind::NotFound
    } else {
        Kind::Network
    };
    for (provider, failure) in unsuitable {
        details.push(format!("{provider}: {failure}"));
        details.extend(failure.details);
        hints.extend(failure.hints);
        kind = failure.kind;
    }
    ExecuteError::NoUsableBuild {
        request: plan.request.clone(),
        kind,
        is_offline,
        details,
        hints,
    }
    .into()
}

fn first_of_each(plan: &Plan) -> Vec<(ProviderName, &Attempt)> {
    let mut found: Vec<(ProviderName, &Attempt)> = Vec::new();
    for attempt in &plan.attempts {
        let provider = attempt.candidate.provider;
        if !found.iter().any(|(known, _)| *known == provider) {
            found.push((provider, attempt));
        }
    }
    found
}
