//! The target of `ftpy build`: a custom source tree, or the plan for a request.

use crate::error::Result;
use crate::execute::{LaidOut, Session, lay_out};
use crate::ops::build::source::{BuildOrder, plan_of};
use crate::ops::install::existing;
use crate::ops::install::target::InstallTarget;
use crate::ops::query_providers::choose;
use crate::provider::Recipe;
use crate::resolve::Preferences;
use ftpy_core::provider_name::ProviderName;

/// What to build or to reuse.
pub(crate) struct BuildTarget {
    pub(crate) target: InstallTarget,
    /// Keeps the unpacked source until it was copied.
    pub(crate) source: Option<LaidOut>,
}

/// Lays out the source of an order, and returns what to build. `is_reused` accepts an installation
/// of the same key.
pub(crate) async fn resolve(
    session: &Session,
    order: &BuildOrder,
    is_reused: bool,
) -> Result<BuildTarget> {
    let mut source = None;
    if let Some(own) = &order.source {
        let laid_out = lay_out(session, own).await?;
        if let Some(repeated) = &order.repeated {
            repeated.check_source(&laid_out.tree)?;
        }
        source = Some(laid_out);
    }
    let plan = match &source {
        Some(own) => plan_of(order, own, session)?,
        None => {
            let preferences = Preferences {
                from: vec![ProviderName::Source],
                wish: order.wish.clone(),
                ..Preferences::default()
            };
            choose(session, "", order.request.clone(), &preferences).await?
        }
    };
    if let (Some(repeated), Some(attempt)) = (&order.repeated, plan.attempts.first())
        && let Recipe::Compile(how) = &attempt.candidate.recipe
    {
        repeated.check_recipe(how)?;
    }
    let first = plan.attempts.first().filter(|_| is_reused);
    let there = first.and_then(|first| existing::of_key(&session.store, &first.key));
    let target = match there {
        Some(there) => InstallTarget::Installed(there),
        None => InstallTarget::Plan(plan),
    };
    Ok(BuildTarget { target, source })
}
