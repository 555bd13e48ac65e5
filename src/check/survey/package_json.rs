//! `packages/NAME.json`: a package of a survey, for other programs, for the next run, and for
//! `--merge`. The format is documented in the manual, and stable.

use crate::check::bites::Bites;
use crate::check::finding::{CheckedModule, CheckedPackage, Class, ReachedFrom, Remedy};
use crate::check::render::json;
use crate::check::survey::record::{PastVersion, Presence, SurveyedPackage};
use crate::check::wheel_report::ModuleReport;
use crate::wheel::{WheelName, WheelTarget, normalized_name};
use serde::Deserialize;
use serde_json::{Value, json};

/// The version of the format.
const FORMAT: u32 = 1;

/// Renders a package.
#[must_use]
pub fn write_package(package: &SurveyedPackage) -> Value {
    let history = package.history.iter().map(|past| {
        json!({
            "version": past.version,
            "class": past.class,
            "wheel": past.wheel,
            "modules_on": past.modules_on,
        })
    });
    json!({
        "format": FORMAT,
        "name": package.name,
        "presence": word(package.presence),
        "version": package.version(),
        "newest": package.newest,
        "class": package.class(),
        "last_good": package.last_good(),
        "good_since": package.good_since(),
        "surveyed": package.surveyed,
        "targets": package.targets.iter().map(json::package).collect::<Vec<_>>(),
        "history": history.collect::<Vec<_>>(),
        "state": {
            "run": package.run,
            "engine": package.engine,
            "etag": package.etag,
            "last_modified": package.last_modified,
        },
    })
}

pub(super) const fn word(presence: Presence) -> &'static str {
    match presence {
        Presence::Listed => "listed",
        Presence::Empty => "empty",
        Presence::Gone => "gone",
    }
}

/// Reads a package.
///
/// # Errors
/// Returns the reason why it is not one.
pub fn read_package(text: &str) -> Result<SurveyedPackage, String> {
    let read: Package = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if read.format != FORMAT {
        return Err(format!("format {} is unknown", read.format));
    }
    // The name becomes a file's.
    if read.name.is_empty() || normalized_name(&read.name) != read.name || !is_plain(&read.name) {
        return Err("the name is not normalized".to_owned());
    }
    let targets = read.targets.into_iter().map(Target::into_checked);
    Ok(SurveyedPackage {
        name: read.name,
        presence: match read.presence.as_str() {
            "gone" => Presence::Gone,
            "empty" => Presence::Empty,
            _ => Presence::Listed,
        },
        newest: read.newest,
        targets: targets.collect::<Result<_, _>>()?,
        history: read.history.into_iter().map(Past::into_past).collect(),
        surveyed: read.surveyed,
        run: read.state.run,
        engine: read.state.engine,
        etag: read.state.etag,
        last_modified: read.state.last_modified,
    })
}

fn is_plain(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    name.len() <= 128 && name.chars().all(is_plain)
}

#[derive(Deserialize)]
struct Package {
    format: u32,
    name: String,
    presence: String,
    newest: Option<String>,
    surveyed: String,
    targets: Vec<Target>,
    history: Vec<Past>,
    state: State,
}

#[derive(Deserialize)]
struct State {
    run: String,
    engine: String,
    etag: Option<String>,
    last_modified: Option<String>,
}

#[derive(Deserialize)]
struct Past {
    version: String,
    class: Option<Class>,
    wheel: String,
    modules_on: Vec<String>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    version: String,
    target: String,
    wheel: Option<String>,
    tag: Option<String>,
    hash_verified: bool,
    class: Class,
    modules: Vec<Module>,
    reason: Option<String>,
    remedy: Option<Remedy>,
}

#[derive(Deserialize)]
struct Module {
    #[serde(flatten)]
    report: ModuleReport,
    bites: Option<Bites>,
    reached_from: Vec<ReachedFrom>,
}

impl Past {
    fn into_past(self) -> PastVersion {
        PastVersion {
            version: self.version,
            class: self.class,
            wheel: self.wheel,
            modules_on: self.modules_on,
        }
    }
}

impl Target {
    fn into_checked(self) -> Result<CheckedPackage, String> {
        let target = target_of(&self.target)
            .ok_or_else(|| format!("the target {} is unknown", self.target))?;
        if let Some(wheel) = &self.wheel {
            let name: Result<WheelName, _> = wheel.parse();
            name.map_err(|error| error.to_string())?;
        }
        let modules = self.modules.into_iter().map(|module| CheckedModule {
            bites: module.bites,
            reached_from: module.reached_from,
            ..CheckedModule::from(module.report)
        });
        let tag = self.tag.as_deref();
        Ok(CheckedPackage {
            is_of_platform: tag.is_some_and(|tag| !tag.ends_with("-any")),
            name: self.name,
            version: self.version,
            target: Some(target),
            wheel: self.wheel,
            tag: self.tag,
            is_hash_verified: self.hash_verified,
            class: self.class,
            modules: modules.collect(),
            reason: self.reason,
            remedy: self.remedy,
            ..CheckedPackage::default()
        })
    }
}

/// `3.14t-linux-x86_64`
fn target_of(text: &str) -> Option<WheelTarget> {
    let (python, platform) = text.split_once('-')?;
    let minor = python.strip_prefix("3.")?;
    Some(WheelTarget {
        minor: minor.trim_end_matches('t').parse().ok()?,
        is_free_threaded: minor.ends_with('t'),
        platform: platform.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::verdict::{ModuleEvidence, ModuleVerdict};

    fn module(name: &str, verdict: ModuleVerdict, bites: Option<Bites>) -> CheckedModule {
        CheckedModule {
            module: name.to_owned(),
            file: format!("{name}.so"),
            verdict,
            evidence: ModuleEvidence {
                symbol: "PyInit_x".to_owned(),
                ..ModuleEvidence::default()
            },
            bites,
            reached_from: Vec::new(),
            seen_on: None,
        }
    }

    fn sample() -> SurveyedPackage {
        let on_use = Bites::OnUse {
            package: "a".to_owned(),
            names: vec!["x".to_owned()],
            through: vec!["a".to_owned()],
        };
        let mut on = module("a.on", ModuleVerdict::On, Some(on_use));
        on.reached_from = vec![ReachedFrom {
            package: "b".to_owned(),
            bites: Bites::OnImportOf {
                import: "b".to_owned(),
                through: Vec::new(),
                others: Vec::new(),
                loaded_by: None,
            },
        }];
        let delegated = ModuleVerdict::Delegated("_cffi_backend".to_owned());
        SurveyedPackage {
            name: "a".to_owned(),
            targets: vec![CheckedPackage {
                name: "a".to_owned(),
                version: "1".to_owned(),
                target: target_of("3.14t-musl-x86_64"),
                class: Class::TurnsOn,
                modules: vec![
                    on,
                    module("a.off", ModuleVerdict::Off, None),
                    module("a.by", delegated, None),
                ],
                remedy: Some(Remedy::default()),
                ..CheckedPackage::default()
            }],
            history: vec![PastVersion {
                version: "0".to_owned(),
                class: Some(Class::NoWheel),
                wheel: "a-0-py3-none-any.whl".to_owned(),
                modules_on: Vec::new(),
            }],
            etag: Some("W/\"1\"".to_owned()),
            ..SurveyedPackage::default()
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let written = write_package(&sample());
        let read = read_package(&written.to_string()).expect("a package");
        assert_eq!(write_package(&read), written);
        for (key, value) in [
            ("format", json!(9)),
            ("name", json!("../x")),
            ("name", json!("")),
        ] {
            let mut wrong = written.clone();
            wrong[key] = value;
            assert!(read_package(&wrong.to_string()).is_err(), "{key}");
        }
    }
}
