//! The store: shims and aliases, what dead processes left, and whether locks work.

use crate::doctor::finding::{Code, Finding, Mend, word};
use crate::doctor::subject::Subject;
use crate::link::{self, Stale};

/// Looks at everything in the store but the installations.
#[must_use]
pub fn check(subject: &Subject) -> Vec<Finding> {
    // A store that is not there is a store in which nothing was done yet.
    if !subject.store.is_there() {
        return Vec::new();
    }
    let mut found = links(subject);
    found.extend(stages(subject));
    found.extend(locks(subject));
    found
}

fn links(subject: &Subject) -> Vec<Finding> {
    let stale = link::stale(&subject.store, &subject.host);
    let mut found = Vec::new();
    let strangers = stale.iter().filter_map(|one| match one {
        Stale::Stranger(path) => Some(path),
        _ => None,
    });
    for path in strangers {
        let shown = path.display();
        let message = format!("{shown} is not ftpy's, and is in the place of a shim or an alias");
        let advice = "move it to another directory; ftpy neither replaces nor removes it";
        found.push(Finding::new(Code::NotAShim, message).advice(advice));
    }
    let names = |is_it: fn(&Stale) -> Option<&String>| -> Vec<String> {
        stale.iter().filter_map(is_it).cloned().collect()
    };
    let kinds: [(Code, &str, Vec<String>); 4] = [
        (Code::ShimMissing, "no shim is there for", names(missing)),
        (
            Code::ShimNeedless,
            "nothing that is installed needs the shims",
            names(needless),
        ),
        (
            Code::ShimOutdated,
            "another ftpy made the shims",
            names(other),
        ),
        (
            Code::AliasStale,
            "these aliases do not point at the newest installation:",
            names(alias),
        ),
    ];
    for (code, sentence, names) in kinds {
        if names.is_empty() {
            continue;
        }
        let finding = Finding::new(code, format!("{sentence} {}", names.join(", ")));
        found.push(finding.mended_by(Mend::Links));
    }
    found
}

fn missing(stale: &Stale) -> Option<&String> {
    match stale {
        Stale::Missing(name) => Some(name),
        _ => None,
    }
}

fn needless(stale: &Stale) -> Option<&String> {
    match stale {
        Stale::Needless(name) => Some(name),
        _ => None,
    }
}

fn other(stale: &Stale) -> Option<&String> {
    match stale {
        Stale::Other(name) => Some(name),
        _ => None,
    }
}

fn alias(stale: &Stale) -> Option<&String> {
    match stale {
        Stale::Alias(name) => Some(name),
        _ => None,
    }
}

fn stages(subject: &Subject) -> Vec<Finding> {
    let left = subject.store.leftovers();
    if left.is_empty() {
        return Vec::new();
    }
    let message = "a process that is gone left unfinished work behind";
    let paths = left.iter().map(|path| path.display().to_string());
    vec![
        Finding::new(Code::StageLeft, message)
            .details(paths)
            .mended_by(Mend::Sweep),
    ]
}

fn locks(subject: &Subject) -> Vec<Finding> {
    let root = subject.store.root();
    match subject.store.has_locks() {
        Ok(true) => Vec::new(),
        Ok(false) => {
            let message = format!(
                "locks do not work on the file system of {}: two ftpy at once can spoil each \
                 other's work",
                root.display()
            );
            let advice = "set FTPY_HOME to a local disk, or start one ftpy at a time";
            vec![Finding::new(Code::StoreWithoutLocks, message).advice(advice)]
        }
        Err(error) => {
            let message = format!("the store cannot be used: {error}");
            let advice = format!(
                "look who owns {}, or set FTPY_HOME to a directory that you can write",
                word(root)
            );
            vec![Finding::new(Code::StoreNotWritable, message).advice(advice)]
        }
    }
}
