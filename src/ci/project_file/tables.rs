//! Reads the tables in which each tool declares a version.

use super::declaration::{Declaration, DeclarationError};
use super::key_line::key_line;
use crate::ci::matrix::{ProjectError, setup_cfg};
use toml::{Table, Value};

pub(super) fn table(text: &str) -> Result<Table, DeclarationError> {
    let text = text.trim_start_matches('\u{feff}');
    text.parse().map_err(|error: toml::de::Error| {
        let before = error.span().and_then(|span| text.get(..span.start));
        let reason = error.message().lines().next().unwrap_or_default();
        DeclarationError::Unreadable {
            line: before.map(|before| before.matches('\n').count() + 1),
            reason: format!("invalid TOML: {reason}"),
        }
    })
}

pub(super) fn pyproject(file: &Table, text: &str) -> Result<Declaration, DeclarationError> {
    let project = file.get("project").and_then(|it| it.get("requires-python"));
    if let Some(value) = project {
        return declared(
            value,
            "requires-python",
            key_line(text, "project", "requires-python"),
        );
    }
    let poetry = at(file, &["tool", "poetry", "dependencies", "python"]);
    match poetry {
        Some(value) => declared(
            value,
            "python",
            key_line(text, "tool.poetry.dependencies", "python"),
        ),
        None => Err(DeclarationError::Missing {
            key: "requires-python in [project], and no python in [tool.poetry.dependencies]",
            example: "`requires-python = \">=3.13\"` in its [project]",
        }),
    }
}

pub(super) fn uv_lock(file: &Table, text: &str) -> Result<Declaration, DeclarationError> {
    match file.get("requires-python") {
        Some(value) => declared(
            value,
            "requires-python",
            key_line(text, "", "requires-python"),
        ),
        None => Err(DeclarationError::Missing {
            key: "requires-python",
            example: "`requires-python = \">=3.13\"` in [project] of pyproject.toml",
        }),
    }
}

/// `[requires]` of a Pipfile.
pub(super) fn pipfile(
    requires: Option<&Value>,
    text: &str,
) -> Result<Declaration, DeclarationError> {
    for key in ["python_full_version", "python_version"] {
        if let Some(value) = requires.and_then(|requires| requires.get(key)) {
            return declared(value, key, key_line(text, "requires", key));
        }
    }
    Err(DeclarationError::Missing {
        key: "python_version in [requires]",
        example: "`python_version = \"3.14\"` in [requires] of the Pipfile",
    })
}

pub(super) fn lock(text: &str) -> Result<Declaration, DeclarationError> {
    let file: serde_json::Value =
        serde_json::from_str(text).map_err(|error| DeclarationError::Unreadable {
            reason: format!("invalid JSON: {error}"),
            line: Some(error.line()),
        })?;
    let requires = file.pointer("/_meta/requires").cloned();
    let requires = requires.and_then(|requires| serde_json::from_value(requires).ok());
    let mut declaration = pipfile(requires.as_ref(), "")?;
    declaration.line = ["\"python_full_version\"", "\"python_version\""]
        .iter()
        .find_map(|key| {
            text.lines()
                .position(|line| line.trim_start().starts_with(key))
        })
        .map(|index| index + 1);
    Ok(declaration)
}

pub(super) fn options(text: &str) -> Result<Declaration, DeclarationError> {
    let missing = DeclarationError::Missing {
        key: "python_requires in [options]",
        example: "`python_requires = >=3.13` in its [options]",
    };
    match setup_cfg(text) {
        Ok(project) => match project.requires {
            Some((range, _)) if !range.is_empty() => Ok(Declaration {
                versions: vec![range],
                line: key_line(text, "options", "python_requires"),
                is_free_threaded: false,
            }),
            _ => Err(missing),
        },
        Err(error) => Err(DeclarationError::Unreadable {
            line: ProjectError::line(&error),
            reason: error.to_string(),
        }),
    }
}

/// `python` in `[tools]`: a text, a table with a `version`, or a list of these. mise selects
/// free-threaded builds also by the flavour of the archives that it downloads.
pub(super) fn mise(file: &Table, text: &str) -> Result<Declaration, DeclarationError> {
    let Some(value) = at(file, &["tools", "python"]) else {
        return Err(DeclarationError::Missing {
            key: "python in [tools]",
            example: "`python = \"3.14\"` in its [tools]",
        });
    };
    let mut declaration = declared(value, "python", key_line(text, "tools", "python"))?;
    for version in &mut declaration.versions {
        let plain = version.strip_prefix("prefix:").unwrap_or(version);
        *version = match plain {
            "latest" | "lts" => "3.x".to_owned(),
            other => other.to_owned(),
        };
    }
    let flavors = [
        at(file, &["settings", "python", "precompiled_flavor"]),
        at(file, &["settings", "python_precompiled_flavor"]),
    ];
    let flavors = flavors.into_iter().flatten().filter_map(Value::as_str);
    declaration.is_free_threaded = flavors
        .into_iter()
        .any(|flavor| flavor.starts_with("freethreaded"));
    Ok(declaration)
}

fn at<'a>(file: &'a Table, keys: &[&str]) -> Option<&'a Value> {
    let (first, rest) = keys.split_first()?;
    let value = file.get(*first);
    rest.iter().fold(value, |value, key| value?.get(*key))
}

/// Reads a text, a table with a `version`, or a list of these.
fn declared(
    value: &Value,
    key: &str,
    line: Option<usize>,
) -> Result<Declaration, DeclarationError> {
    let one = |value: &Value| {
        let text = value.get("version").unwrap_or(value).as_str();
        text.map(str::trim)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    let versions: Option<Vec<String>> = match value {
        Value::Array(list) if !list.is_empty() => list.iter().map(one).collect(),
        other => one(other).map(|version| vec![version]),
    };
    match versions {
        Some(versions) => Ok(Declaration {
            versions,
            line,
            is_free_threaded: false,
        }),
        None => Err(DeclarationError::Unreadable {
            reason: match value {
                Value::Float(_) | Value::Integer(_) => format!("{key} is a number: quote it"),
                Value::String(_) => format!("{key} is empty"),
                other => format!("{key} has the type {}, not a version", other.type_str()),
            },
            line,
        }),
    }
}
