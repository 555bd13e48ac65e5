//! A plan is carried out in up to two rounds: first without the provider that costs network to
//! ask; if nothing before it could be had, with it and what stands behind it.

use crate::commands::choose::choose_unasked;
use crate::error::Result;
use crate::execute::{Done, Session, Tried, execute};
use crate::resolve::Plan;

/// Carries a plan out.
///
/// # Errors
/// Where no attempt succeeded; then every provider is listed with its reason.
pub(super) async fn carry_out(session: &Session, mut plan: Plan) -> Result<Done> {
    let mut tried = Tried::default();
    if let Some(unasked) = plan.unasked.take() {
        let is_later =
            |attempt: &crate::resolve::Attempt| attempt.candidate.provider > unasked.provider;
        let place = plan.attempts.iter().position(is_later);
        let later = plan
            .attempts
            .split_off(place.unwrap_or(plan.attempts.len()));
        if let Some(done) = execute(session, &plan, &mut tried).await? {
            return Ok(done);
        }
        let second = choose_unasked(session, &unasked).await?;
        let rest = Plan {
            attempts: second.attempts.into_iter().chain(later).collect(),
            ..plan.clone()
        };
        for note in &second.notes {
            session.reporter.say(format!("note: {note}"));
        }
        plan.rejections.extend(second.rejections);
        plan.is_forbidden |= second.is_forbidden;
        plan.attempts.extend(rest.attempts.iter().cloned());
        return match execute(session, &rest, &mut tried).await? {
            Some(done) => Ok(done),
            None => Err(tried.failure(&plan)),
        };
    }
    match execute(session, &plan, &mut tried).await? {
        Some(done) => Ok(done),
        None => Err(tried.failure(&plan)),
    }
}
