//! Checks each flavour by the evidence that its row demands.

use crate::error::{Failure, IoFailure, Kind, Result};
use crate::flavour_proof::canary::{Seen, sing};
use crate::host::aslr;
use crate::manifest::flavours::{Canary, FlavourRow, rows};
use crate::probe::script;
use ftpy_core::flavour::Flavours;
use ftpy_core::paste;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;

const SCRIPT: &str = include_str!("facts.py");

/// The interpreter did not answer the questions about its build.
#[derive(Debug, thiserror::Error)]
#[error("the interpreter does not report its build arguments")]
struct NoAnswer {
    /// The last lines of its stderr, the last one first.
    last: Vec<String>,
}

impl From<NoAnswer> for Failure {
    fn from(error: NoAnswer) -> Self {
        Self::new(Kind::Build, error.to_string()).details(error.last)
    }
}

/// Missing evidence.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FlavourCheckError {
    /// Sentences.
    pub complaints: Vec<String>,
    /// What to change.
    pub hints: Vec<String>,
}

/// The questions to the interpreter.
#[derive(Debug, Default, Serialize)]
struct Evidence<'a> {
    variables: Vec<&'a str>,
    symbols: Vec<&'a str>,
    attributes: Vec<&'a str>,
}

/// The interpreter's answer.
#[derive(Debug, Deserialize)]
struct EvidenceFound {
    variables: BTreeMap<String, String>,
    symbols: BTreeMap<String, bool>,
    attributes: BTreeMap<String, bool>,
}

/// Checks each flavour; returns the evidence for each.
///
/// `scratch` is a directory for the canary; compilers are those of `path`.
///
/// # Errors
/// Returns an error if the interpreter cannot be started. Missing evidence is a
/// [`FlavourCheckError`].
pub fn prove(
    interpreter: &Path,
    flavours: &Flavours,
    scratch: &Path,
    path: &OsStr,
) -> Result<std::result::Result<BTreeMap<String, String>, FlavourCheckError>> {
    if flavours.is_empty() {
        return Ok(Ok(BTreeMap::new()));
    }
    let rows: Vec<&FlavourRow> = rows(flavours).collect();
    let answer = ask(interpreter, &rows)?;
    let mut proofs = BTreeMap::new();
    let mut unproved = FlavourCheckError::default();
    for row in rows {
        let seen = signs(row, &answer);
        unproved.complaints.extend(seen.missing);
        let mut signs = seen.found;
        for canary in row.canaries.iter().copied() {
            let scratch = scratch.join(&row.name);
            match sing(interpreter, canary, &scratch, path)? {
                Seen::Reported => signs.push(format!("{} was reported", seeded(canary))),
                seen => unproved.add(row, canary, seen),
            }
        }
        proofs.insert(row.name.clone(), signs.join("; "));
    }
    Ok(match unproved.complaints.is_empty() {
        true => Ok(proofs),
        false => Err(unproved),
    })
}

fn ask(interpreter: &Path, rows: &[&FlavourRow]) -> Result<EvidenceFound> {
    let mut asked = Evidence::default();
    asked.variables.push("CONFIG_ARGS");
    for row in rows {
        let variable = row
            .variable
            .as_deref()
            .and_then(|text| text.split_once('='));
        asked.variables.extend(variable.map(|(name, _)| name));
        asked.symbols.extend(row.symbol.as_deref());
        asked.attributes.extend(row.attribute.as_deref());
    }
    let asked = serde_json::to_string(&asked).unwrap_or_default();
    let output = script(interpreter, SCRIPT)
        .arg(asked)
        .output()
        .map_err(IoFailure::at("start", interpreter))?;
    serde_json::from_slice(&output.stdout).map_err(|_| {
        let text = String::from_utf8_lossy(&output.stderr);
        let last = text.lines().rev().take(4).map(str::to_owned).collect();
        NoAnswer { last }.into()
    })
}

struct Signs {
    found: Vec<String>,
    missing: Vec<String>,
}

/// The evidence for a flavour, present and missing.
fn signs(row: &FlavourRow, answer: &EvidenceFound) -> Signs {
    let mut seen = Signs {
        found: Vec::new(),
        missing: Vec::new(),
    };
    let name = &row.name;
    let mut check = |is_there: bool, what: String| match is_there {
        true => seen.found.push(what),
        false => seen
            .missing
            .push(format!("the build lacks +{name}: expected {what}")),
    };
    let value = |name: &str| answer.variables.get(name).map_or("", String::as_str);
    if let Some(word) = &row.config_args {
        let words = value("CONFIG_ARGS").split([' ', '\'']);
        // `--with-lto` means `--with-lto=full`.
        let is_there = words.into_iter().any(|known| {
            let rest = known.strip_prefix(word.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
        });
        check(is_there, format!("CONFIG_ARGS has {word}"));
    }
    if let Some((variable, text)) = row.variable.as_deref().and_then(|one| one.split_once('=')) {
        let is_there = value(variable).contains(text);
        check(is_there, format!("{variable} has {text}"));
    }
    if let Some(symbol) = &row.symbol {
        let is_there = answer.symbols.get(symbol) == Some(&true);
        check(is_there, format!("the program has {symbol}"));
    }
    if let Some(text) = &row.attribute {
        let is_there = answer.attributes.get(text) == Some(&true);
        check(is_there, format!("`{text}` is true"));
    }
    seen
}

fn seeded(canary: Canary) -> &'static str {
    match canary {
        Canary::Race => "a seeded data race",
        Canary::Overflow => "a seeded overflow",
        Canary::Freed => "a seeded use of freed memory",
        Canary::Undefined => "a seeded undefined operation",
    }
}

impl FlavourCheckError {
    fn add(&mut self, row: &FlavourRow, canary: Canary, seen: Seen) {
        let (name, seeded) = (&row.name, seeded(canary));
        let (complaint, lines, hint) = match seen {
            Seen::Reported => return,
            Seen::NotCompiled(lines) => (
                format!("+{name}: cannot compile an extension module"),
                lines,
                "the compiler of the build is needed for extension modules, too".to_owned(),
            ),
            Seen::Silent(lines) => {
                let refused = [aslr::ensure_fixed(), aslr::ensure_unlimited()];
                let refused = refused.into_iter().find_map(std::result::Result::err);
                let hint = match refused {
                    Some(reason) => format!("this machine forbids it: {reason}"),
                    None => format!(
                        "try another clang: `{}`",
                        paste!["ftpy", "build", "--cc", "clang-19", format!("3.14t+{name}")]
                    ),
                };
                let complaint =
                    format!("+{name}: {seeded} in an extension module was not reported");
                (complaint, lines, hint)
            }
        };
        self.complaints.push(complaint);
        self.complaints.extend(lines);
        self.hints.push(hint);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::flavours::row;
    use ftpy_core::flavour::Flavour;

    fn check(flavour: Flavour, variables: &[(&str, &str)], symbol: Option<&str>) -> Signs {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let answer = EvidenceFound {
            variables: variables.iter().map(owned).collect(),
            symbols: symbol
                .map(|name| (name.to_owned(), true))
                .into_iter()
                .collect(),
            attributes: BTreeMap::new(),
        };
        signs(row(flavour).expect("row"), &answer)
    }

    #[test]
    fn every_sign_must_be_seen() {
        let args = [(
            "CONFIG_ARGS",
            "'--disable-gil' '--with-thread-sanitizer' 'CC=clang'",
        )];
        let seen = check(Flavour::Tsan, &args, Some("__tsan_init"));
        assert_eq!((seen.found.len(), seen.missing.len()), (2, 0));
        let seen = check(Flavour::Tsan, &args, None);
        assert!(
            seen.missing[0].contains("__tsan_init"),
            "{:?}",
            seen.missing
        );
        let seen = check(Flavour::Tsan, &[], Some("__tsan_init"));
        assert!(seen.missing[0].contains("--with-thread-sanitizer"));

        let flags = ("PY_CORE_LDFLAGS", "-flto -fuse-linker-plugin");
        let lto = |args: &str| check(Flavour::Lto, &[("CONFIG_ARGS", args), flags], None).missing;
        assert!(lto("'--with-lto=full'").is_empty() && lto("--with-lto").is_empty());
        assert!(!lto("'--with-ltooth'").is_empty());
        // Arguments unknown to configure are in there, too.
        let ignored = [("CONFIG_ARGS", "'--with-lto=full'")];
        let seen = check(Flavour::Lto, &ignored, None);
        assert!(seen.missing[0].contains("-flto"), "{:?}", seen.missing);
        let native = [("CONFIGURE_CFLAGS_NODIST", "-march=native -std=c11")];
        assert!(check(Flavour::Native, &native, None).missing.is_empty());
    }
}
