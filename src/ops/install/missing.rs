//! An installation that another command needs first, with the usual choices.

use crate::error::Result;
use crate::execute::Options;
use crate::host::target;
use crate::ops::context::Context;
use crate::ops::install::pipeline::{InstallTarget, check_plans, execute_all, say};
use crate::ops::lookup_installed;
use crate::ops::query_providers::choose;
use crate::ops::session::{index_in_use, jobs, with_session};
use crate::resolve::Preferences;
use ftpy_core::request::BuildRequest;

/// Installs what meets a request, unless something does.
pub(crate) fn installed(context: &Context, request: &BuildRequest) -> Result<()> {
    if !lookup_installed::installed(context, request, &target::detect()).is_empty() {
        return Ok(());
    }
    let options = Options {
        jobs: jobs(),
        ..Options::default()
    };
    let outcomes = with_session(context, options, async |session| {
        let index = index_in_use(session).await?;
        let plan = choose(
            session,
            &index.text,
            request.clone(),
            &Preferences::default(),
        )
        .await?;
        let resolutions = vec![InstallTarget::Plan(plan)];
        check_plans(&resolutions)?;
        session.store.sweep()?;
        execute_all(session, resolutions).await
    })?;
    for outcome in &outcomes {
        say(&context.reporter, outcome);
    }
    Ok(())
}
