//! Executes a plan in up to two rounds: first without the provider that needs the network to be
//! queried; if nothing could be installed, with it and the providers after it.

use crate::error::Result;
use crate::execute::{
    FailedAttempts, InstallReport, Session, execute, execute_answered, execute_slow,
};
use crate::net::Patience;
use crate::ops::query_providers::choose_deferred;
use crate::provider::Recipe;
use crate::resolve::{Attempt, Plan};

/// Executes a plan.
///
/// # Errors
/// Returns an error that lists every provider and its reason if no attempt succeeded.
pub(crate) async fn carry_out(session: &Session, mut plan: Plan) -> Result<InstallReport> {
    let mut tried = FailedAttempts::default();
    if let Some(deferred) = plan.deferred.take() {
        let is_later =
            |attempt: &crate::resolve::Attempt| attempt.candidate.provider > deferred.provider;
        let place = plan.attempts.iter().position(is_later);
        let later = plan
            .attempts
            .split_off(place.unwrap_or(plan.attempts.len()));
        if let Some(done) = execute(session, &plan, &mut tried).await? {
            return Ok(done);
        }
        let patience = match later.iter().any(is_compilation) {
            true => Patience::Patient,
            false => Patience::Last,
        };
        let mut may_answer = true;
        let second = loop {
            let second = Patience::Brief.during(choose_deferred(session, &deferred));
            let second = second.await?;
            let is_slow = session
                .conda
                .get()
                .is_some_and(|net| !net.slow_hosts().is_empty());
            if !may_answer || !second.attempts.is_empty() || !is_slow {
                break second;
            }
            // The provider may still answer, and so may earlier ones.
            may_answer = session.settle(patience).await?;
            if let Some(done) = execute_answered(session, &plan, &mut tried).await? {
                return Ok(done);
            }
        };
        let rest = Plan {
            attempts: second.attempts.into_iter().chain(later).collect(),
            ..plan.clone()
        };
        for note in &second.notes {
            session.reporter.note(note);
        }
        plan.rejections.extend(second.rejections);
        plan.is_forbidden |= second.is_forbidden;
        plan.attempts.extend(rest.attempts.iter().cloned());
        return to_the_end(session, &rest, tried, &plan).await;
    }
    to_the_end(session, &plan, tried, &plan).await
}

/// Executes the remaining attempts, and gives slow servers as long as they need.
async fn to_the_end(
    session: &Session,
    rest: &Plan,
    mut tried: FailedAttempts,
    whole: &Plan,
) -> Result<InstallReport> {
    if let Some(done) = execute(session, rest, &mut tried).await? {
        return Ok(done);
    }
    match execute_slow(session, rest, &mut tried, Patience::Last).await? {
        Some(done) => Ok(done),
        None => Err(tried.failure(whole, session.net.is_offline())),
    }
}

fn is_compilation(attempt: &Attempt) -> bool {
    matches!(attempt.candidate.recipe, Recipe::Compile(_))
}
