//! From what an init function did to a verdict.

use super::execution::{Execution, Limits};
use super::image::Image;
use super::imports::Known;
use super::reach::Reach;
use super::slots::{Gil, Reader};
use super::state::{Declared, State};
use super::target::{Abi, ModuleFile, PREFIXES};
use super::value::Value;
use super::verdict::{Decision, Evidence, Report, Verdict, Why};
use super::{formats, macho};

/// How deep calls are followed, one attempt after another; then, every call.
const ATTEMPTS: [(u8, bool); 10] = [
    (0, false),
    (1, false),
    (2, false),
    (3, false),
    (4, false),
    (6, false),
    (9, false),
    (1, true),
    (2, true),
    (3, true),
];

/// The work of all attempts together, and the most that one of them may use.
const WORK: u32 = 400_000;
const WORK_OF_ONE: u32 = 300_000;

/// What one path or definition says.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Outcome {
    Decided(bool, Decision),
    Unclear(Why),
}

/// Judges a module by its bytes, its file name and, if that has none, the ABI it was built for.
pub(super) fn judge(data: &[u8], file: &ModuleFile, fallback: Option<Abi>) -> Report {
    let mut evidence = Evidence::default();
    let verdict = look(data, file, fallback, &mut evidence).unwrap_or_else(Verdict::Undetermined);
    Report { verdict, evidence }
}

fn look(
    data: &[u8],
    file: &ModuleFile,
    fallback: Option<Abi>,
    evidence: &mut Evidence,
) -> Result<Verdict, Why> {
    let abi = file.abi.or(fallback).ok_or(Why::NoAbi)?;
    let Some(slices) = macho::slices(data) else {
        return one(data, &file.name, abi, evidence);
    };
    let mut agreed = None;
    for slice in slices? {
        let verdict = one(slice, &file.name, abi, evidence)?;
        match &agreed {
            Some(other) if *other != verdict => return Err(Why::Depends),
            _ => agreed = Some(verdict),
        }
    }
    agreed.ok_or(Why::UnsupportedMachine)
}

/// Judges a file, or one part of a fat one.
fn one(data: &[u8], name: &str, abi: Abi, evidence: &mut Evidence) -> Result<Verdict, Why> {
    let image = formats::parse(data)?;
    let (symbol, entry) = init(&image, name).ok_or(Why::NoInitFunction)?;
    evidence.symbol = String::from_utf8_lossy(symbol).into_owned();
    evidence.address = entry;
    if let Some(to) = delegate(&image) {
        return Ok(Verdict::Delegates(to));
    }
    let mut reach = Reach::default();
    let mut why = Why::NotFollowed;
    let mut left = WORK;
    for (depth, every_call) in ATTEMPTS {
        let limits = Limits {
            depth,
            every_call,
            work: left.min(WORK_OF_ONE),
        };
        let mut execution = Execution::new(&image, abi, limits, &mut reach);
        let exits = execution.start(entry);
        let outcome = if symbol.starts_with(b"PyModExport_") {
            exported(&execution, &exits)
        } else {
            initialized(&execution, &exits)
        };
        left = left.saturating_sub(execution.work);
        evidence.depth = depth;
        evidence.instructions = evidence.instructions.saturating_add(execution.instructions);
        match outcome {
            // On a path that was given up, the declaration may be another.
            Outcome::Decided(..) if execution.cut => why = Why::NotFollowed,
            Outcome::Decided(..) if execution.missed => {}
            Outcome::Decided(off, decision) => {
                evidence.decision = Some(decision);
                return Ok(if off {
                    Verdict::KeepsOff
                } else {
                    Verdict::TurnsOn
                });
            }
            Outcome::Unclear(new) => {
                if new != Why::NotFollowed {
                    why = new;
                }
            }
        }
        if left == 0 {
            return Err(Why::Limit);
        }
        if !execution.shallow {
            break;
        }
    }
    Err(why)
}

/// The init function that Python would call.
fn init<'a>(image: &Image<'a>, name: &str) -> Option<(&'a [u8], u64)> {
    let named = |prefix: &&str| {
        let wanted = format!("{prefix}{name}");
        image
            .inits
            .iter()
            .find(|(symbol, _)| *symbol == wanted.as_bytes())
            .copied()
    };
    let found = PREFIXES.iter().find_map(named);
    match image.inits.as_slice() {
        [only] if found.is_none() && !name.is_ascii() => Some(*only),
        _ => found,
    }
}

/// cffi's modules hand their definition to `_cffi_backend`, which makes the module.
fn delegate(image: &Image<'_>) -> Option<String> {
    const CALLED: &[u8] = b"_init_cffi_1_0_external_module";
    if image.imports.decide() || !image.imports.contains(b"PyImport_ImportModule") {
        return None;
    }
    let mut segments = image.segments.iter();
    let named = segments.any(|segment| contains(segment.bytes, CALLED));
    named.then(|| "_cffi_backend".to_owned())
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

/// The slots that a `PyModExport_*` function returns.
fn exported(execution: &Execution<'_, '_>, exits: &[State]) -> Outcome {
    let results = exits.iter().filter_map(|state| {
        let array = state.get(execution.convention.result);
        let reader = Reader {
            image: execution.image,
            state,
            abi: execution.abi,
        };
        (array != Value::ZERO).then(|| match array {
            Value::Unknown => Gil::Unclear(Why::NotFollowed),
            _ => reader.array(array),
        })
    });
    agree(results.map(|gil| slot(gil, execution.abi)).collect())
}

fn initialized(execution: &Execution<'_, '_>, exits: &[State]) -> Outcome {
    let mut outcomes: Vec<Outcome> = (execution.definitions.iter())
        .map(|definition| slot(definition.gil.clone(), execution.abi))
        .collect();
    let decided = |outcome: &Outcome| matches!(outcome, Outcome::Decided(..));
    if outcomes.iter().any(decided) {
        // A path on which the array was not filled yet is one that fails.
        outcomes.retain(|outcome| *outcome != Outcome::Unclear(Why::NotFollowed));
    }
    outcomes.extend(exits.iter().filter_map(|state| created(execution, state)));
    if outcomes.is_empty() {
        return Outcome::Unclear(elsewhere(execution, exits));
    }
    agree(outcomes)
}

/// What a path that created a module ends with.
fn created(execution: &Execution<'_, '_>, state: &State) -> Option<Outcome> {
    let result = state.get(execution.convention.result);
    if result == Value::ZERO || state.modules.is_empty() {
        return None;
    }
    let own = |site: u32| {
        state
            .modules
            .iter()
            .find(|(other, _)| *other == site)
            .copied()
    };
    let (site, declared) = match result {
        Value::Module(site) => own(site)?,
        _ => {
            let (first, rest) = state.modules.split_first()?;
            if rest.iter().any(|(_, declared)| *declared != first.1) {
                return Some(Outcome::Unclear(Why::Depends));
            }
            *first
        }
    };
    Some(match declared {
        Declared::Gil { value, call } => {
            let off = execution.abi.keeps_off(value);
            Outcome::Decided(
                off,
                Decision::Call {
                    address: call,
                    value,
                },
            )
        }
        Declared::Unclear => Outcome::Unclear(Why::UnknownValue),
        Declared::Nothing if declared_elsewhere(execution) => Outcome::Unclear(Why::NotFollowed),
        Declared::Nothing => Outcome::Decided(
            false,
            Decision::NoCall {
                created: execution.place(site),
            },
        ),
    })
}

/// Whether a call that was passed over may hold the declaration.
fn declared_elsewhere(execution: &Execution<'_, '_>) -> bool {
    let possible = execution.missed || execution.blind || execution.reach.exhausted();
    possible && execution.image.imports.has(Known::SetGil)
}

/// Why nothing was found: perhaps another library makes the module.
fn elsewhere(execution: &Execution<'_, '_>, exits: &[State]) -> Why {
    let image = execution.image;
    let foreign = exits
        .iter()
        .find_map(|state| match state.get(execution.convention.result) {
            Value::Returned { symbol, .. } if image.known(symbol) == Known::Other => {
                Some(String::from_utf8_lossy(image.imports.name(symbol)).into_owned())
            }
            _ => None,
        });
    match foreign {
        Some(name) => Why::OtherLibrary(name),
        None if execution.exhausted() => Why::Limit,
        None => Why::NotFollowed,
    }
}

fn slot(gil: Gil, abi: Abi) -> Outcome {
    match gil {
        Gil::Slot { array, id, value } => {
            Outcome::Decided(abi.keeps_off(value), Decision::Slot { array, id, value })
        }
        Gil::Absent { array } => Outcome::Decided(false, Decision::NoSlot { array }),
        Gil::Unclear(why) => Outcome::Unclear(why),
    }
}

/// What all outcomes say, if they say the same.
fn agree(outcomes: Vec<Outcome>) -> Outcome {
    let mut outcomes = outcomes.into_iter();
    let Some(first) = outcomes.next() else {
        return Outcome::Unclear(Why::NotFollowed);
    };
    outcomes.fold(first, |agreed, outcome| match (agreed, outcome) {
        (Outcome::Decided(a, first), Outcome::Decided(b, _)) if a == b => {
            Outcome::Decided(a, first)
        }
        (Outcome::Unclear(why), _) | (_, Outcome::Unclear(why)) => Outcome::Unclear(why),
        _ => Outcome::Unclear(Why::Depends),
    })
}
