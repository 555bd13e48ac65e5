//! Finds out which installations are in use, and by what, for `ftpy prune`.

use crate::host::target;
use crate::lock::{FILE, Lock};
use crate::ops::context::Context;
use crate::ops::lock::project::{self, Project, locked_keys};
use crate::shim_links;
use crate::store::{Installed, Reference, ReferenceKind};
use crate::venv::{self, base_name};
use ftpy_core::decide;
use ftpy_core::installed::matching;
use ftpy_core::parse::parse;
use ftpy_core::pin::{self, Pin, PinFile};
use ftpy_core::request::Request;
use ftpy_core::target::Target;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The installations in use.
#[derive(Debug)]
pub(crate) struct InUse<'a> {
    context: &'a Context,
    all: &'a [Installed],
    host: &'a Target,
    /// The key of each alias.
    aliases: BTreeMap<String, String>,
    /// The users of each key.
    users: BTreeMap<String, Vec<User>>,
    /// Sentences about unreadable files, any of which may use an installation.
    pub(crate) doubts: Vec<String>,
}

/// A user of an installation.
#[derive(Debug, Clone)]
pub(crate) struct User {
    /// A sentence without the installation.
    pub(crate) text: String,
    /// The path of the user, if it is unreachable.
    pub(crate) missing: Option<PathBuf>,
}

impl<'a> InUse<'a> {
    /// Checks every known user, and records what the existing ones use now.
    pub(crate) fn look(context: &'a Context, all: &'a [Installed], host: &'a Target) -> Self {
        let mut used = Self {
            context,
            all,
            host,
            aliases: shim_links::wanted(all, false).aliases,
            users: BTreeMap::new(),
            doubts: Vec::new(),
        };
        for (alias, key) in used.aliases.clone() {
            used.add(&key, format!("the newest of {alias}"), None);
        }
        used.settings();
        let files = used.pins();
        used.locks(&files);
        used.venvs();
        used
    }

    /// Returns the users of a key.
    pub(crate) fn users(&self, key: &str) -> &[User] {
        self.users.get(key).map_or(&[], Vec::as_slice)
    }

    fn add(&mut self, key: &str, text: String, missing: Option<&Path>) {
        let missing = missing.map(Path::to_owned);
        let users = self.users.entry(key.to_owned()).or_default();
        users.push(User { text, missing });
    }

    fn ask(&mut self, request: &Request, user: &str, missing: Option<&Path>) {
        if let Request::Build(request) = request
            && let Some(best) = matching(self.all, request, self.host).first()
        {
            let key = best.key.to_string();
            self.add(&key, format!("{user} requests {request}"), missing);
        }
    }

    fn settings(&mut self) {
        match decide::default(&self.context.env.surroundings()) {
            Ok(Some(choice)) => self.ask(&choice.request, "the default", None),
            Ok(None) => {}
            Err(refusal) => self.doubts.push(refusal.message),
        }
        let variable = self.context.env.python.as_ref();
        match variable.map(|text| text.to_str().map(parse)) {
            None => {}
            Some(Some(Ok(request))) => self.ask(&request, "FTPY_PYTHON", None),
            Some(_) => self.doubts.push("FTPY_PYTHON is not a request".to_owned()),
        }
    }

    /// Adds the known version files and the nearest one, and returns their paths.
    fn pins(&mut self) -> Vec<PathBuf> {
        let mut files = self.context.store.remembered(ReferenceKind::Pins);
        match pin::nearest(&self.context.env.current_dir) {
            Ok(Some(file)) if files.iter().all(|known| known.path != file.path) => {
                files.push(new(file.path));
            }
            Ok(_) => {}
            Err(error) => self
                .doubts
                .push(ftpy_core::refusal::Refusal::from(error).message),
        }
        for file in &files {
            let path = file.path.display().to_string();
            let name = file.path.file_name().unwrap_or_default().to_string_lossy();
            let text = match file.is_there {
                true => pin::read(&file.path).map_err(|_| ()),
                false => Err(()),
            };
            let pins =
                text.and_then(|text| pin::pins(&name, &text.unwrap_or_default()).map_err(|_| ()));
            match pins {
                Ok(pins) => {
                    for pin in &pins {
                        self.ask(&pin.request, &path, None);
                    }
                    remember_requests(self.context, &file.path, &pins);
                }
                Err(()) => {
                    for request in file.uses.iter().filter_map(|text| parse(text).ok()) {
                        self.ask(&request, &path, missing(file));
                    }
                    self.doubt(file);
                }
            }
        }
        files.into_iter().map(|file| file.path).collect()
    }

    /// Adds the locks that are known, nearest, or next to a version file.
    fn locks(&mut self, version_files: &[PathBuf]) {
        let mut files = self.context.store.remembered(ReferenceKind::Locks);
        let beside = version_files.iter().map(|file| file.with_file_name(FILE));
        let above = self.context.env.current_dir.ancestors();
        for path in beside.chain(above.map(|above| above.join(FILE))) {
            let is_known = files.iter().any(|known| known.path == path);
            if !is_known && path.symlink_metadata().is_ok() {
                files.push(new(path));
            }
        }
        for file in &files {
            let path = file.path.display().to_string();
            let read = match file.is_there {
                true => project::read(&file.path).map_err(|_| ()),
                false => Err(()),
            };
            let keys = match read {
                Ok(None) => continue,
                Ok(Some(lock)) => {
                    remember_lock(self.context, &file.path, &lock);
                    locked_keys(&lock, self.host)
                }
                Err(()) => {
                    self.doubt(file);
                    file.uses.clone()
                }
            };
            for key in keys {
                self.add(&key, format!("locked by {path}"), missing(file));
            }
        }
    }

    fn venvs(&mut self) {
        let there = venv::known(&self.context.store, &self.context.env);
        for venv in &there {
            if let Some(name) = base_name(&self.context.store, venv) {
                let text = format!("used by {}", venv.display());
                self.add_base(&name, text, None);
                let names = [name];
                let _ = self
                    .context
                    .store
                    .remember(ReferenceKind::Venvs, venv, &names);
            }
        }
        for file in self.context.store.remembered(ReferenceKind::Venvs) {
            // An emptied environment uses nothing.
            let is_none = matches!(file.path.join("pyvenv.cfg").try_exists(), Ok(false));
            if there.contains(&file.path) || (file.is_there && is_none) {
                continue;
            }
            for name in &file.uses {
                let text = format!("used by {}", file.path.display());
                self.add_base(name, text, missing(&file));
            }
        }
    }

    fn add_base(&mut self, name: &str, text: String, missing: Option<&Path>) {
        let key = self.aliases.get(name).cloned();
        self.add(&key.unwrap_or_else(|| name.to_owned()), text, missing);
    }

    /// Records an existing file that cannot be read and whose uses were never recorded.
    fn doubt(&mut self, file: &Reference) {
        if file.is_there && file.uses.is_empty() {
            let path = file.path.display();
            self.doubts.push(format!("{path} cannot be used"));
        }
    }
}

fn new(path: PathBuf) -> Reference {
    Reference {
        path,
        uses: Vec::new(),
        is_there: true,
    }
}

fn missing(file: &Reference) -> Option<&Path> {
    (!file.is_there).then_some(file.path.as_path())
}

/// Records a version file and its requests.
pub(crate) fn remember_pins(context: &Context, file: &PinFile) {
    remember_requests(context, &file.path, &file.pins);
}

fn remember_requests(context: &Context, path: &Path, pins: &[Pin]) {
    let requests: Vec<String> = pins.iter().map(|pin| pin.request.to_string()).collect();
    let _ = context.store.remember(ReferenceKind::Pins, path, &requests);
}

/// Records a lock and its builds.
pub(crate) fn remember_lock(context: &Context, path: &Path, lock: &Lock) {
    let keys = locked_keys(lock, &target::detect());
    let keys: BTreeSet<String> = keys.into_iter().collect();
    let keys: Vec<String> = keys.into_iter().collect();
    let _ = context.store.remember(ReferenceKind::Locks, path, &keys);
}

/// Records a project's version file and lock.
pub(crate) fn remember_project(context: &Context, project: &Project) {
    if let Some(file) = &project.pins {
        remember_pins(context, file);
    }
    if let Some(lock) = &project.lock {
        remember_lock(context, &project.lock_file, lock);
    }
}
