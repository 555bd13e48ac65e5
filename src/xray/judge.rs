//! From what an init function did to a verdict.

use super::attempt::{Attempts, Outcome};
use super::execution::Execution;
use super::image::Image;
use super::imports::Known;
use super::slots::{Gil, Made, Reader, Slots};
use super::state::{Declared, State};
use super::target::{Abi, Machine, ModuleFile, PREFIXES};
use super::value::Value;
use super::verdict::{Decision, Evidence, Report, Verdict, Why};
use super::{formats, macho};

/// Judges a module by its bytes, its file name and, if that has none, the ABI it was built for.
pub(super) fn judge(
    data: &[u8],
    file: &ModuleFile,
    fallback: Option<Abi>,
    machine: Option<Machine>,
) -> Report {
    let mut evidence = Evidence::default();
    let abi = file.abi.or(fallback).ok_or(Why::NoAbi);
    let verdict = abi.and_then(|abi| {
        let asked = Asked {
            name: &file.name,
            abi,
            machine,
        };
        look(data, asked, &mut evidence)
    });
    let verdict = verdict.unwrap_or_else(Verdict::Undetermined);
    Report { verdict, evidence }
}

/// What is asked of a file.
#[derive(Debug, Clone, Copy)]
struct Asked<'n> {
    name: &'n str,
    abi: Abi,
    machine: Option<Machine>,
}

fn look(data: &[u8], asked: Asked<'_>, evidence: &mut Evidence) -> Result<Verdict, Why> {
    let Some(slices) = macho::slices(data) else {
        return one(data, asked, evidence);
    };
    let wanted = |part: &Machine| asked.machine.is_none_or(|machine| machine == *part);
    let mut agreed = None;
    for (_, slice) in slices?.into_iter().filter(|(part, _)| wanted(part)) {
        let verdict = one(slice, asked, evidence)?;
        match &agreed {
            Some(other) if *other != verdict => return Err(Why::Depends),
            _ => agreed = Some(verdict),
        }
    }
    agreed.ok_or(match asked.machine {
        Some(_) => Why::OtherMachine,
        None => Why::UnsupportedMachine,
    })
}

/// Judges a file, or one part of a fat one.
fn one(data: &[u8], asked: Asked<'_>, evidence: &mut Evidence) -> Result<Verdict, Why> {
    let image = formats::parse(data)?;
    if asked
        .machine
        .is_some_and(|machine| machine != image.machine)
    {
        return Err(Why::OtherMachine);
    }
    let (symbol, entry) = init(&image, asked.name).ok_or(Why::NoInitFunction)?;
    evidence.symbol = String::from_utf8_lossy(symbol).into_owned();
    evidence.address = entry;
    if let Some(to) = delegate(&image) {
        return Ok(Verdict::Delegates(to));
    }
    let judged = if symbol.starts_with(b"PyModExport_") {
        exported
    } else {
        initialized
    };
    let (off, decision) = Attempts::new(&image, asked.abi, judged).decide(entry, evidence)?;
    evidence.decision = Some(decision);
    Ok(if off {
        Verdict::KeepsOff
    } else {
        Verdict::TurnsOn
    })
}

/// The init function that Python would call.
fn init<'i>(image: &'i Image<'_>, name: &str) -> Option<(&'i [u8], u64)> {
    let named = |prefix: &&str| {
        let wanted = format!("{prefix}{name}");
        image
            .inits
            .iter()
            .find(|(symbol, _)| **symbol == *wanted.as_bytes())
            .map(|(symbol, address)| (&**symbol, *address))
    };
    let found = PREFIXES.iter().find_map(named);
    match image.inits.as_slice() {
        [(symbol, address)] if found.is_none() && !name.is_ascii() => Some((symbol, *address)),
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
fn exported(execution: &mut Execution<'_, '_>, exits: &[State]) -> Outcome {
    let mut outcomes = Vec::new();
    for state in exits {
        let array = state.get(execution.convention.result);
        let reader = Reader {
            image: execution.image,
            state,
            abi: execution.abi,
        };
        let slots = match array {
            Value::ZERO => continue,
            Value::Unknown => Slots::unclear(Why::NotFollowed),
            _ => reader.array(array),
        };
        // What a create slot makes is not asked here, as it is for a definition.
        outcomes.push(slot(slots.gil, Made::Module, execution.abi));
    }
    agree(outcomes)
}

fn initialized(execution: &mut Execution<'_, '_>, exits: &[State]) -> Outcome {
    let mut outcomes: Vec<Outcome> = (execution.definitions.iter())
        .map(|definition| slot(definition.gil.clone(), definition.made, execution.abi))
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

fn slot(gil: Gil, made: Made, abi: Abi) -> Outcome {
    match gil {
        Gil::Slot { .. } if made == Made::Other => Outcome::Decided(false, Decision::NoModule),
        Gil::Slot { .. } if made == Made::Unclear => Outcome::Unclear(Why::CreateSlot),
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
