//! What `ftpy install` was asked for: archives by path or URL, and builds by request.

use crate::error::Result;
use crate::execute::Session;
use crate::host::target;
use crate::index::{self, Index};
use crate::ops::context::Context;
use crate::ops::install::existing::{self, Reuse};
use crate::ops::install::local_archive::named;
use crate::ops::install::result::InstallResult;
use crate::ops::install::target::InstallTarget;
use crate::ops::install::unnamed;
use crate::ops::lookup_installed;
use crate::ops::session::index_in_use;
use crate::resolve::Preferences;
use ftpy_core::parse::parse;
use ftpy_core::request::{Archive, BuildRequest, Request};
use std::collections::HashSet;

/// Archives and builds, each in the given order.
pub(crate) struct Requested {
    pub(crate) archives: Vec<Archive>,
    /// Each of them once.
    pub(crate) builds: Vec<BuildRequest>,
}

impl Requested {
    /// Reads requests; without any, what would run here is meant. All are read before anything is
    /// installed, so that an invalid one installs nothing.
    pub(crate) fn read(context: &Context, texts: &[String]) -> Result<Self> {
        let (mut archives, mut builds) = (Vec::new(), Vec::new());
        let host = target::detect();
        for text in texts {
            match parse(text)? {
                Request::Archive(archive) => archives.push(archive),
                _ => builds.push(lookup_installed::read_here(context, text, &host)?),
            }
        }
        if texts.is_empty() {
            builds = unnamed::requests(context)?;
        }
        let mut seen = HashSet::new();
        builds.retain(|request| seen.insert(request.clone()));
        Ok(Self { archives, builds })
    }

    /// Returns the installations of all requests, if nothing has to be installed.
    pub(crate) fn existing(
        &self,
        context: &Context,
        preferences: &Preferences,
        reuse: Reuse,
    ) -> Option<Vec<InstallResult>> {
        if !self.archives.is_empty() {
            return None;
        }
        let host = target::detect();
        let there = |request| {
            let found = existing::of_request(&context.store, request, preferences, &host, reuse);
            found.map(InstallResult::Installed)
        };
        self.builds.iter().map(there).collect()
    }

    /// Looks up the archives and their digests.
    pub(crate) async fn archive_targets(
        &self,
        context: &Context,
        session: &Session,
        preferences: &Preferences,
        reuse: Reuse,
    ) -> Result<Vec<InstallTarget>> {
        if self.archives.is_empty() {
            return Ok(Vec::new());
        }
        let index = self.index(session, preferences, reuse).await?;
        let accepts = preferences.allows_unverified;
        let named = |archive| named(context, archive, &index.text, accepts);
        let archives = self.archives.iter();
        archives
            .map(|archive| named(archive).map(InstallTarget::Archive))
            .collect()
    }

    /// Returns the index to look an archive's digest up in. Only requests need one: without them,
    /// an index is not downloaded for an archive.
    async fn index(
        &self,
        session: &Session,
        preferences: &Preferences,
        reuse: Reuse,
    ) -> Result<Index> {
        let (store, host) = (&session.store, &session.host);
        let needs_index = |request: &BuildRequest| {
            existing::of_request(store, request, preferences, host, reuse).is_none()
        };
        match self.builds.iter().any(needs_index) {
            true => index_in_use(session).await,
            false => Ok(index::in_use(&session.env, store)),
        }
    }
}
