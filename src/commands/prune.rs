//! `ftpy prune`: old patches that no alias, default, pin, lock or known virtual environment uses.

use crate::cli::daily::Prune;
use crate::commands::around::surroundings;
use crate::commands::project::locked_keys;
use crate::commands::start::Context;
use crate::error::Result;
use crate::host::target;
use crate::link;
use crate::report::text;
use crate::store::{Installed, Known};
use crate::venv::{self, Base, base, home_of};
use ftpy_shims::decide;
use ftpy_shims::installed::meeting;
use ftpy_shims::parse::parse;
use ftpy_shims::pin;
use ftpy_shims::request::Request;
use ftpy_shims::target::Target;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// `ftpy prune`
pub(super) fn prune(context: &Context, arguments: &Prune) -> Result<()> {
    let host = target::detect();
    context.store.sweep()?;
    link::ensure(&context.store, &host)?;
    let all = context.store.installed(&host);
    let uses = uses(context, &all, &host);
    let (kept, doomed): (Vec<&Installed>, Vec<&Installed>) = all
        .iter()
        .filter(|installed| !installed.key.provider.is_external())
        .partition(|installed| uses.contains_key(&installed.key.to_string()));
    for installed in kept {
        let key = installed.key.to_string();
        let user = uses.get(&key).map_or("", String::as_str);
        context.reporter.detail(format!("{key} stays: {user}"));
    }
    let rows: Vec<(String, u64, usize)> = doomed
        .iter()
        .map(|installed| {
            let size = size(&installed.prefix);
            let packages = packages(&installed.prefix);
            (installed.key.to_string(), size, packages)
        })
        .collect();
    let total: u64 = rows.iter().map(|(_, size, _)| size).sum();
    if !context.reporter.is_json() {
        show(context, &rows, total);
    }
    if arguments.yes {
        for installed in &doomed {
            let key = &installed.key;
            let _lock = context.store.lock_key(key, |_| {}, || false)?;
            link::remove(&context.store, &host, key)?;
            context.reporter.say(format!("removed {key}"));
        }
        link::ensure(&context.store, &host)?;
    } else if !rows.is_empty() {
        context.reporter.say("`ftpy prune --yes` removes them");
    }
    if context.reporter.is_json() {
        let list = rows.iter().map(
            |(key, size, packages)| json!({ "key": key, "bytes": size, "packages": packages }),
        );
        context.reporter.json(&json!({
            "unused": list.collect::<Vec<_>>(),
            "bytes": total,
            "removed": arguments.yes,
        }));
    }
    Ok(())
}

fn show(context: &Context, rows: &[(String, u64, usize)], total: u64) {
    if rows.is_empty() {
        context.reporter.say("nothing is unused");
        return;
    }
    let cells = rows.iter().map(|(key, size, packages)| {
        let packages = match packages {
            0 => String::new(),
            count => format!("with {} of its own", text::count(*count, "package")),
        };
        vec![key.clone(), text::bytes(*size), packages]
    });
    for line in text::table(&cells.collect::<Vec<_>>()) {
        context.reporter.data(line);
    }
    context
        .reporter
        .data(format!("{} together", text::bytes(total)));
}

/// Each key that is used, with by what.
fn uses(context: &Context, all: &[Installed], host: &Target) -> BTreeMap<String, String> {
    let mut uses: BTreeMap<String, String> = BTreeMap::new();
    let wanted = link::wanted(all, false);
    let mut add = |key: &str, user: String| {
        uses.entry(key.to_owned()).or_insert(user);
    };
    for (alias, key) in &wanted.aliases {
        add(key, format!("the newest of {alias}"));
    }
    let mut ask = |request: &Request, user: &str| {
        if let Request::Build(request) = request
            && let Some(best) = meeting(all, request, host).first()
        {
            add(&best.key.to_string(), format!("{user} asks for {request}"));
        }
    };
    if let Ok(Some(choice)) = decide::default(&surroundings(context)) {
        ask(&choice.request, "the default");
    }
    let variable = context.env.python.as_ref().and_then(|text| text.to_str());
    if let Some(Ok(request)) = variable.map(parse) {
        ask(&request, "FTPY_PYTHON");
    }
    let pins = pins(context);
    for (request, file) in &pins {
        ask(request, &file.display().to_string());
    }
    let files: Vec<PathBuf> = pins.into_iter().map(|(_, file)| file).collect();
    for (key, lock) in locked_keys(&files, host) {
        add(&key, format!("{} names it", lock.display()));
    }
    for venv in venv::known(&context.store, &context.env) {
        let Some(home) = home_of(&venv) else {
            continue;
        };
        let key = match base(&context.store, &home) {
            Base::Exact(key) => Some(key),
            Base::Alias(alias) => wanted.aliases.get(&alias).cloned(),
            Base::Other => None,
        };
        if let Some(key) = key {
            add(&key, format!("{} stands on it", venv.display()));
        }
    }
    uses
}

/// Every request of the version files that are known or hold here.
fn pins(context: &Context) -> Vec<(Request, PathBuf)> {
    let mut found = Vec::new();
    let mut take = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let text = pin::read(path).ok().flatten();
        let pins = text.and_then(|text| pin::pins(&name, &text).ok());
        found.extend(
            pins.into_iter()
                .flatten()
                .map(|pin| (pin.request, path.to_owned())),
        );
    };
    for path in context.store.known(Known::Pins) {
        take(&path);
    }
    if let Ok(Some(file)) = pin::nearest(&context.env.current_dir) {
        take(&file.path);
    }
    found
}

/// The bytes of a tree's files.
fn size(directory: &Path) -> u64 {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let sizes = entries.map(|entry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => size(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    });
    sizes.sum()
}

/// How many packages were installed into a prefix, pip itself not counted.
fn packages(prefix: &Path) -> usize {
    let libraries = std::fs::read_dir(prefix.join("lib")).into_iter().flatten();
    let sites = libraries
        .flatten()
        .map(|entry| entry.path().join("site-packages"));
    let names = sites.flat_map(|site| std::fs::read_dir(site).into_iter().flatten().flatten());
    let names = names.filter_map(|entry| entry.file_name().into_string().ok());
    names
        .filter(|name| name.ends_with(".dist-info") && !name.starts_with("pip-"))
        .count()
}
