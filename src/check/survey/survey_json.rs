//! `survey.json`: all packages of a survey, one row each, for other programs. The format is
//! documented in the manual, and stable.

use crate::check::survey::package_json::word;
use crate::check::survey::record::SurveyedPackage;
use crate::check::survey::totals::Point;
use crate::check::verdict::ModuleVerdict;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// The version of the format.
const FORMAT: u32 = 1;

/// Renders the packages.
#[must_use]
pub fn survey_json(packages: &[SurveyedPackage], point: &Point, targets: &[String]) -> Value {
    json!({
        "format": FORMAT,
        "surveyed": point.date,
        "ftpy": point.ftpy,
        "targets": targets,
        "totals": point,
        "packages": packages.iter().map(row).collect::<Vec<_>>(),
    })
}

fn row(package: &SurveyedPackage) -> Value {
    let mut targets = Map::new();
    let mut modules = BTreeSet::new();
    let mut modules_on = BTreeSet::new();
    for target in &package.targets {
        if let Some(name) = target.target {
            let name = format!("{}-{}", name.python(), name.platform);
            targets.insert(name, json!(target.class));
        }
        for module in &target.modules {
            modules.insert(&module.module);
            if module.verdict == ModuleVerdict::On {
                modules_on.insert(&module.module);
            }
        }
    }
    let mut remedies = package.targets.iter().filter_map(|it| it.remedy.as_ref());
    json!({
        "name": package.name,
        "presence": word(package.presence),
        "version": package.version(),
        "newest": package.newest,
        "class": package.class(),
        "targets": targets,
        "modules": modules.len(),
        "modules_on": modules_on,
        "last_good": package.last_good(),
        "good_since": package.good_since(),
        "tracker": remedies.find_map(|remedy| remedy.tracker.as_ref()),
        "surveyed": package.surveyed,
        "details": format!("packages/{}.json", package.name),
    })
}
