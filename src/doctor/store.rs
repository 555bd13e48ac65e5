//! Checks the store: shims and aliases, temporary files of killed processes, and locks.

use crate::doctor::finding::{Code, Finding, Mend, word};
use crate::doctor::subject::Subject;
use crate::shim_links::{self, Stale};

/// Checks everything in the store except the installations.
#[must_use]
pub fn check(subject: &Subject) -> Vec<Finding> {
    // A store that does not exist yet is fine.
    if !subject.store.is_there() {
        return Vec::new();
    }
    let mut found = links(subject);
    found.extend(stages(subject));
    found.extend(locks(subject));
    found
}

fn links(subject: &Subject) -> Vec<Finding> {
    let stale = shim_links::stale(&subject.store, &subject.host);
    let mut found = Vec::new();
    let strangers = stale.iter().filter_map(|one| match one {
        Stale::Stranger(path) => Some(path),
        _ => None,
    });
    for path in strangers {
        let shown = path.display();
        let message =
            format!("{shown} does not belong to ftpy, but has the name of a shim or alias");
        let advice = "move it to another directory; ftpy does not replace or remove it";
        found.push(Finding::new(Code::NotAShim, message).advice(advice));
    }
    let names = |is_it: fn(&Stale) -> Option<&String>| -> Vec<String> {
        stale.iter().filter_map(is_it).cloned().collect()
    };
    let kinds: [(Code, &str, Vec<String>); 4] = [
        (Code::ShimMissing, "missing shims:", names(missing)),
        (
            Code::ShimNeedless,
            "shims that are no longer needed:",
            names(needless),
        ),
        (
            Code::ShimOutdated,
            "shims created by another ftpy:",
            names(other),
        ),
        (Code::AliasStale, "outdated aliases:", names(alias)),
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
    let message = "temporary files of a killed process:";
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
                "locks do not work on the file system of {}: concurrent ftpy processes can \
                 interfere with each other",
                root.display()
            );
            let advice = "set FTPY_HOME to a local disk, or run one ftpy at a time";
            vec![Finding::new(Code::StoreWithoutLocks, message).advice(advice)]
        }
        Err(error) => {
            let message = format!("cannot use the store: {error}");
            let advice = format!(
                "check the owner of {}, or set FTPY_HOME to a writable directory",
                word(root)
            );
            vec![Finding::new(Code::StoreNotWritable, message).advice(advice)]
        }
    }
}
