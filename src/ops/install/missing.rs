//! Installs what another command needs first, with the default options.

use crate::error::Result;
use crate::execute::Options;
use crate::host::target;
use crate::ops::context::Context;
use crate::ops::install::existing::Reuse;
use crate::ops::install::pipeline;
use crate::ops::install::resolve::resolve;
use crate::ops::install::result::say;
use crate::ops::lookup_installed;
use crate::ops::session::with_session;
use crate::resolve::Preferences;
use ftpy_core::request::BuildRequest;

/// Installs the build for a request, unless a matching one is installed that a shim would start.
pub(crate) fn installed(context: &Context, request: &BuildRequest) -> Result<()> {
    if !lookup_installed::installed(context, request, &target::detect()).is_empty() {
        return Ok(());
    }
    let results = with_session(context, Options::default(), async |session| {
        let requests = std::slice::from_ref(request);
        let targets = resolve(session, requests, &Preferences::default(), Reuse::All).await?;
        pipeline::install(session, targets).await
    })?;
    for result in &results {
        say(&context.reporter, result);
    }
    Ok(())
}
