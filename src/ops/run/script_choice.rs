//! Chooses the installation of a script: by the command line, else by its first line, else by what is
//! active here. `requires-python` narrows each of them.
//!
//! A version that the person or the script names must fit `requires-python`. What is pinned here, or
//! the default, need not be about the script: if it does not fit, only its variant counts.

use crate::error::{Failure, Kind, Result};
use crate::host::target;
use crate::ops::context::Context;
use crate::ops::install::missing;
use crate::ops::lookup_installed;
use crate::ops::run::choice::{self, Chosen, of_active_venv};
use crate::ops::run::script::Script;
use crate::store::Installed;
use crate::version_file::contradicts;
use ftpy_core::abi::Abi;
use ftpy_core::decide::{Choice, active, decide, default};
use ftpy_core::paste;
use ftpy_core::range::{Condition, Operator, Range};
use ftpy_core::reason::Reason;
use ftpy_core::request::{BuildRequest, Request, Versions};
use ftpy_core::version::Partial;

/// Returns the installation for a script; with `installs`, a missing one is installed first.
///
/// # Errors
/// Returns an error if none fits, or a named version contradicts `requires-python`.
pub(crate) fn chosen(
    context: &Context,
    script: &Script,
    request: Option<&str>,
    installs: bool,
) -> Result<Chosen> {
    let of_venv = match (request, &script.inline.shebang) {
        (None, None) => of_active_venv(context),
        _ => None,
    };
    let wanted = ScriptPython {
        context,
        script,
        installs,
    };
    if let Some(of_venv) = of_venv.filter(|chosen| wanted.fits(&chosen.installed)) {
        return Ok(of_venv);
    }
    Ok(Chosen {
        installed: wanted.installed(request)?,
        request: None,
        venv: None,
    })
}

/// A script that needs an installation.
struct ScriptPython<'a> {
    context: &'a Context,
    script: &'a Script,
    installs: bool,
}

impl ScriptPython<'_> {
    fn installed(&self, request: Option<&str>) -> Result<Installed> {
        if let Some(text) = request {
            let request = lookup_installed::read_here(self.context, text, &target::detect())?;
            return self.named(&request, text);
        }
        if let Some(name) = &self.script.inline.shebang {
            return self.of_first_line(name);
        }
        let around = self.context.env.surroundings();
        let choice = match active(None, &around)? {
            Some(choice) if choice.reason == Reason::Inherited => match self.inherited(&choice) {
                Some(installed) => return Ok(installed),
                None => default(&around)?,
            },
            choice => choice,
        };
        match choice {
            Some(choice) => self.of_choice(choice),
            None => self.any(),
        }
    }

    fn range(&self) -> Option<&(String, Range)> {
        self.script.inline.block.as_ref()?.requires_python.as_ref()
    }

    /// The best installation for a request that must fit.
    fn named(&self, request: &BuildRequest, named: &str) -> Result<Installed> {
        let Some((text, range)) = self.range() else {
            return self.best(request);
        };
        if !contradicts(request, range) {
            return self.best(&narrowed(request, range));
        }
        let name = &self.script.name;
        let message = format!("{name} has requires-python = \"{text}\", which {named} contradicts");
        let fitting = BuildRequest::of(Versions::Range(range.clone()), request.abi);
        let hint = paste!["ftpy", "run", fitting, &self.script.word];
        Err(Failure::new(Kind::Usage, message).hint(format!("try `{hint}`")))
    }

    /// What the script's first line starts through a shim, if it fits.
    fn of_first_line(&self, name: &ftpy_core::name::Name) -> Result<Installed> {
        let found = decide(name, None, &self.context.env.surroundings());
        let found = found.ok().and_then(|decision| decision.installed);
        match (found, name.request()) {
            (Some(found), _) if self.fits(&found) => Ok(found),
            (_, Some(request)) => self.named(&request, &format!("{name} in its first line")),
            (_, None) => self.any(),
        }
    }

    /// What is pinned, the default, or in `FTPY_PYTHON`.
    fn of_choice(&self, choice: Choice) -> Result<Installed> {
        let request = match &choice.request {
            Request::Build(request) => request.clone(),
            Request::Name(name) => lookup_installed::linked(self.context, name, &target::detect())?,
            // Reports that this Python is not managed by ftpy.
            Request::System | Request::Archive(_) => {
                let chosen = choice::chosen(self.context, None, self.installs)?;
                return Ok(chosen.installed);
            }
        };
        let (named, reason) = (&choice.request, &choice.reason);
        if *reason == Reason::Variable {
            return self.named(&request, &format!("FTPY_PYTHON={named}"));
        }
        let Some((text, range)) = self.range() else {
            return self.best(&request);
        };
        if !contradicts(&request, range) {
            return self.best(&narrowed(&request, range));
        }
        let abi = Abi {
            debug: false,
            ..request.abi
        };
        let fitting = BuildRequest::of(Versions::Range(range.clone()), abi);
        let name = &self.script.name;
        self.context.reporter.note(format!(
            "{reason} asks for {named}, which does not fit requires-python = \"{text}\" in {name}; \
             {fitting} is used instead"
        ));
        self.best(&fitting)
    }

    /// What a parent process runs, if it is installed and fits.
    fn inherited(&self, choice: &Choice) -> Option<Installed> {
        let Request::Build(request) = &choice.request else {
            return None;
        };
        let found = lookup_installed::installed(self.context, request, &target::detect());
        found.into_iter().find(|found| self.fits(found))
    }

    /// The newest installation that fits: a GIL build, else a free-threaded one.
    fn any(&self) -> Result<Installed> {
        let versions = match self.range() {
            Some((_, range)) => Versions::Range(range.clone()),
            None => Versions::Partial(Partial {
                major: 3,
                minor: None,
                patch: None,
                stage: None,
            }),
        };
        let host = target::detect();
        let of = |abi| BuildRequest::of(versions.clone(), abi);
        for abi in [Abi::GIL, Abi::FREE_THREADED] {
            let request = of(abi);
            if !lookup_installed::installed(self.context, &request, &host).is_empty() {
                return self.best(&request);
            }
        }
        if self.installs {
            return self.best(&of(Abi::GIL));
        }
        let message = format!("no installed Python fits {}", self.script.name);
        let request = match self.range() {
            Some(_) => of(Abi::FREE_THREADED).to_string(),
            None => "3.14t".to_owned(),
        };
        let install = paste!["ftpy", "run", "--install", request, &self.script.word];
        let failure = lookup_installed::not_installed(self.context, &of(Abi::GIL), &host);
        Err(Failure::new(Kind::NotFound, message)
            .details(failure.details)
            .hint(format!("try `{install}`")))
    }

    fn fits(&self, installed: &Installed) -> bool {
        let version = &installed.key.build.version;
        self.range().is_none_or(|(_, range)| range.covers(version))
    }

    fn best(&self, request: &BuildRequest) -> Result<Installed> {
        if self.installs {
            missing::installed(self.context, request)?;
        }
        let text = Request::Build(request.clone()).to_string();
        let found = lookup_installed::best(self.context, &text, &target::detect())?;
        let name = &self.script.name;
        let line = format!("{name} runs with {}", found.key);
        self.context.reporter.detail(line);
        Ok(found)
    }
}

/// Returns the request for only those versions that are in the range.
fn narrowed(request: &BuildRequest, range: &Range) -> BuildRequest {
    let names_patch = range.0.iter().any(|one| one.version.patch.is_some());
    let mut conditions = match &request.versions {
        versions if versions.is_exact() => return request.clone(),
        Versions::Partial(partial) if partial.minor.is_some() && !names_patch => {
            return request.clone();
        }
        Versions::Partial(partial) if partial.minor.is_some() => vec![Condition {
            operator: Operator::Within,
            version: *partial,
        }],
        Versions::Partial(_) => Vec::new(),
        Versions::Range(own) => own.0.clone(),
    };
    let new = range.0.iter().filter(|one| !conditions.contains(one));
    conditions.extend(new.copied().collect::<Vec<_>>());
    BuildRequest {
        versions: Versions::Range(Range(conditions)),
        ..request.clone()
    }
}
