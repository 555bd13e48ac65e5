//! An installation that another command needs first, with the usual choices.

use crate::commands::choose::choose;
use crate::commands::outcome::{Resolution, check_plans, execute_all, say};
use crate::commands::request;
use crate::commands::session::{index_in_use, jobs, with_session};
use crate::commands::start::Context;
use crate::error::Result;
use crate::execute::Options;
use crate::host::target;
use crate::resolve::Preferences;
use ftpy_core::request::BuildRequest;

/// Installs what meets a request, unless something does.
pub(super) fn installed(context: &Context, request: &BuildRequest) -> Result<()> {
    if !request::installed(context, request, &target::detect()).is_empty() {
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
        let resolutions = vec![Resolution::Plan(plan)];
        check_plans(&resolutions)?;
        session.store.sweep()?;
        execute_all(session, resolutions).await
    })?;
    for outcome in &outcomes {
        say(&context.reporter, outcome);
    }
    Ok(())
}
