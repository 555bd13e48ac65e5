//! One package of a survey: its page on the index, its newest wheels, its past.

use crate::check::survey::{Presence, SurveyedPackage, past, pick};
use crate::check::{CheckedPackage, Class, Dependency, ModuleVerdict, Release, Remedy, releases};
use crate::error::{Failure, Kind, Result};
use crate::net::{Refreshed, Validators};
use crate::ops::check::survey::history::history;
use crate::ops::check::{listed, selection};
use crate::secret_url::SecretUrl;
use crate::wheel::{WheelTags, WheelTarget};
use crate::wheel_reader::{ENGINE, ReaderTools};
use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// The maximum size of a page: the largest of public indexes have a few MB.
const LONGEST: usize = 64 << 20;

/// What all packages of a run have in common.
pub(super) struct Asker<'a> {
    pub(super) tools: ReaderTools<'a>,
    pub(super) index: SecretUrl,
    pub(super) targets: Vec<WheelTarget>,
    pub(super) tags: Vec<WheelTags>,
    /// The start of the run.
    pub(super) run: String,
    /// Today.
    pub(super) date: String,
}

impl Asker<'_> {
    /// Asks about a package. `known` is what an earlier run found: if the page did not change, it
    /// is still true.
    ///
    /// # Errors
    /// Returns an error if the index cannot be asked. A wheel that cannot be read is a finding.
    pub(super) async fn ask(
        &self,
        name: &str,
        known: Option<SurveyedPackage>,
    ) -> Result<SurveyedPackage> {
        // The slash belongs to the address: without it, indexes redirect.
        let page = match self.index.is_file() {
            true => self.index.join(&format!("{name}/index.html")),
            false => self.index.join(&format!("{name}/")),
        };
        let valid = known.as_ref().filter(|known| self.is_valid(known));
        let validators = valid.map(|known| Validators {
            etag: known.etag.clone(),
            last_modified: known.last_modified.clone(),
        });
        let validators = validators.unwrap_or_default();
        let net = self.tools.net;
        let answer = net.refresh(&page, &validators, collected).await?;
        let mut package = SurveyedPackage {
            name: name.to_owned(),
            run: self.run.clone(),
            surveyed: self.date.clone(),
            engine: ENGINE.to_owned(),
            ..SurveyedPackage::default()
        };
        if let Refreshed::Changed {
            receiver,
            validators,
            ..
        } = answer
        {
            package.etag = validators.etag;
            package.last_modified = validators.last_modified;
            let bytes = receiver.await.ok().flatten().ok_or_else(|| {
                let message = format!("{page} is larger than {LONGEST} bytes");
                Failure::new(Kind::Unchecked, message)
            })?;
            self.judge(&page, &bytes, &mut package).await?;
            return Ok(package);
        }
        let known = known.unwrap_or_default();
        package.newest = known.newest;
        package.targets = known.targets;
        package.history = known.history;
        if let Refreshed::Missing(_) = answer {
            package.presence = Presence::Gone;
        } else {
            package.etag = known.etag;
            package.last_modified = known.last_modified;
        }
        Ok(package)
    }

    /// Whether what was found earlier only depends on the index's page.
    fn is_valid(&self, known: &SurveyedPackage) -> bool {
        let targets = known.targets.iter().filter_map(|checked| checked.target);
        known.presence == Presence::Listed
            && known.engine == ENGINE
            && !known.is_unsettled()
            && targets.eq(self.targets.iter().copied())
    }

    async fn judge(
        &self,
        page: &SecretUrl,
        bytes: &[u8],
        package: &mut SurveyedPackage,
    ) -> Result<()> {
        let mut minors: Vec<u8> = self.targets.iter().map(|target| target.minor).collect();
        minors.dedup();
        let text = String::from_utf8_lossy(bytes);
        let releases = releases(page, &text, &minors).map_err(|reason| {
            let message = format!("unreadable index page at {page}: {reason}");
            Failure::new(Kind::Unchecked, message)
        })?;
        let Some((newest, judged)) = pick(&releases, &self.tags) else {
            package.presence = Presence::Empty;
            return Ok(());
        };
        package.newest = Some(newest.version.clone());
        package.targets = self.check(&package.name, judged).await?;
        let class = package.class().unwrap_or_default();
        // If another package's module decides, the history is that package's.
        let modules = package.targets.iter().flat_map(|target| &target.modules);
        let mut verdicts = modules.map(|module| &module.verdict);
        if !verdicts.any(|verdict| matches!(verdict, ModuleVerdict::Delegated(_)))
            && (package.has_t_wheel() || class == Class::TurnsOn)
        {
            let past = past(&releases, judged, &self.tags);
            package.history = history(self.tools, past, class).await?;
        }
        add_remedy(package);
        Ok(())
    }

    async fn check(&self, name: &str, release: &Release) -> Result<Vec<CheckedPackage>> {
        let package = Dependency {
            name: name.to_owned(),
            version: release.version.clone(),
            wheels: release.wheels.clone(),
            has_sdist: release.has_sdist,
            ..Dependency::default()
        };
        let packages = [package];
        let selections = selection::of_lists(&packages, &self.targets);
        let mut checked = listed::check(self.tools, &packages, &selections, false).await?;
        for target in &mut checked {
            target.sort_modules();
        }
        Ok(checked)
    }
}

/// Collects a page; `None` if it is too large.
fn collected(mut source: mpsc::Receiver<Bytes>) -> JoinHandle<Option<Vec<u8>>> {
    tokio::spawn(async move {
        let mut page = Vec::new();
        while let Some(chunk) = source.recv().await {
            page.extend_from_slice(&chunk);
            if page.len() > LONGEST {
                return None;
            }
        }
        Some(page)
    })
}

/// Adds the newest older version that keeps the GIL off to the targets that turn it on.
fn add_remedy(package: &mut SurveyedPackage) {
    let last_good = package.last_good().map(str::to_owned);
    let read = package.history.iter().filter(|past| past.class.is_some());
    let none_because = match read.count() {
        _ if last_good.is_some() => None,
        0 => Some("no older version has a t wheel".to_owned()),
        1 => Some("the only older version with a t wheel does not keep it off either".to_owned()),
        count => Some(format!("none of {count} older versions keeps it off")),
    };
    let constraint = last_good.as_ref();
    let constraint = constraint.map(|good| format!("{}<={good}", package.name));
    for target in &mut package.targets {
        if target.class == Class::TurnsOn {
            let tracker = target.remedy.take().and_then(|remedy| remedy.tracker);
            target.remedy = Some(Remedy {
                last_good: last_good.clone(),
                constraint: constraint.clone(),
                none_because: none_because.clone(),
                tracker,
                ..Remedy::default()
            });
        }
    }
}
