//! `ftpy index`: the list of python-build-standalone builds.

use crate::cli::Index;
use crate::error::Result;
use crate::index::{self, About};
use crate::ops::context::Context;
use crate::ops::runtime::CommandRuntime;
use crate::report::Verb;

/// `ftpy index`
pub(super) fn index(context: &Context, command: Index) -> Result<()> {
    let about = match command {
        Index::Show => index::in_use(&context.env, &context.store).describe(),
        Index::Update => {
            let (runtime, cancel) = CommandRuntime::start()?;
            let net = context.net(cancel)?;
            let task = context.reporter.task("index");
            task.step_on(Verb::Fetching, "the list of builds");
            runtime.block_on(index::update(&context.env, &context.store, &net))?
        }
    };
    if context.reporter.is_json() {
        context.reporter.json(&about);
        return Ok(());
    }
    let About {
        origin,
        date,
        url,
        archives,
        newest_build,
    } = about;
    let from = url.map_or(String::new(), |url| format!(" from {url}"));
    context.reporter.data(format!(
        "{origin} {date}{from}: {archives} archives, newest build {newest_build}"
    ));
    Ok(())
}
