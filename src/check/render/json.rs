//! The findings as JSON. The format is documented in the manual, and stable.

use crate::check::bites::Bites;
use crate::check::finding::{CheckedModule, CheckedPackage, Findings, ReachedFrom, Remedy};
use crate::check::verdict::ModuleVerdict;
use serde_json::{Value, json};

/// Renders the findings.
#[must_use]
pub fn findings(findings: &Findings) -> Value {
    let packages: Vec<Value> = findings.packages.iter().map(package).collect();
    json!({ "packages": packages, "notes": findings.notes })
}

/// Renders a package.
pub(in crate::check) fn package(package: &CheckedPackage) -> Value {
    let target = package.target.as_ref();
    let location = package.location.as_ref();
    json!({
        "name": package.name,
        "version": package.version,
        "target": target.map(|target| format!("{}-{}", target.python(), target.platform)),
        "wheel": package.wheel,
        "tag": package.tag,
        "hash_verified": package.is_hash_verified,
        "class": package.class.word(),
        "modules": package.modules.iter().map(module).collect::<Vec<_>>(),
        "reason": package.reason,
        "remedy": package.remedy.as_ref().map(remedy),
        "required_by": package.required_by,
        "location": location.map(|place| json!({ "file": place.file, "line": place.line })),
    })
}

fn module(module: &CheckedModule) -> Value {
    let detail = match &module.verdict {
        ModuleVerdict::Delegated(detail) | ModuleVerdict::Undetermined(detail) => Some(detail),
        ModuleVerdict::On | ModuleVerdict::Off => None,
    };
    json!({
        "module": module.module,
        "file": module.file,
        "verdict": module.verdict.word(),
        "detail": detail,
        "bites": module.bites.as_ref().map(bites),
        "reached_from": module.reached_from.iter().map(reached_from).collect::<Vec<_>>(),
        "evidence": module.evidence,
        "seen": module.seen_on.map(|is_on| if is_on { "on" } else { "off" }),
    })
}

fn reached_from(reached: &ReachedFrom) -> Value {
    json!({ "package": reached.package, "bites": bites(&reached.bites) })
}

fn bites(bites: &Bites) -> Value {
    let mut value = json!({ "when": bites.word(), "text": bites.to_string() });
    let (key, name, others) = match bites {
        Bites::OnImport { import, .. } => ("import", import, &[][..]),
        Bites::OnImportOf { import, others, .. } => ("import", import, &others[..]),
        Bites::OnUse { package, names, .. } => ("package", package, &names[..]),
        Bites::Later {
            function, others, ..
        } => ("function", function, &others[..]),
        Bites::NotImported => return value,
    };
    value[key] = json!(name);
    value["others"] = json!(others);
    value["through"] = json!(bites.through());
    if let Bites::OnImportOf { loaded_by, .. } = bites {
        value["loaded_by"] = json!(loaded_by);
    }
    value
}

fn remedy(remedy: &Remedy) -> Value {
    json!({
        "last_good": remedy.last_good,
        "constraint": remedy.constraint,
        "is_prerelease": remedy.is_prerelease,
        "none_because": remedy.none_because,
        "tracker": remedy.tracker,
    })
}
