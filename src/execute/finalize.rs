//! The last steps of every provider: finalise, probe, receipt, commit.

use crate::error::Result;
use crate::execute::attempt::AttemptError;
use crate::execute::error::{ExecuteError, MadeFrom};
use crate::execute::preserve_packages::keep_additions;
use crate::execute::report::InstallReport;
use crate::execute::session::Session;
use crate::execute::staged::RequiredModule;
use crate::execute::staged::StagedInstall;
use crate::execute::staged::milliseconds;
use crate::flavour_proof::prove;
use crate::probe::{Expectation, Facts, ProbeError, probe};
use crate::provider::Recipe;
use crate::relocate::{Target, bytecode, drop_stale, executable_name, finalise};
use crate::report::{Task, Verb, text};
use crate::resolve::{Attempt, Plan};
use crate::shim_links;
use crate::store::{Artifact, Files, Inventory, Package, Receipt};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Instant, SystemTime};

/// Turns a staged interpreter into an installation.
pub(super) async fn finish(
    session: &Session,
    plan: &Plan,
    attempt: &Attempt,
    made: StagedInstall,
    task: &Task,
) -> Result<InstallReport, AttemptError> {
    tokio::task::block_in_place(|| finish_blocking(session, plan, attempt, made, task))
}

fn finish_blocking(
    session: &Session,
    plan: &Plan,
    attempt: &Attempt,
    mut made: StagedInstall,
    task: &Task,
) -> Result<InstallReport, AttemptError> {
    let build = &attempt.candidate.build;
    // The version of a named archive is known only now.
    session.net.policy().allows(&attempt.candidate)?;
    let prefix = session.store.prefix(&attempt.key);
    let executable = format!("bin/{}", executable_name(build));
    session.cancel().check()?;

    // conda's packages are relocatable, and got their prefix when they were linked.
    if !matches!(attempt.candidate.recipe, Recipe::Conda { .. }) {
        let started = Instant::now();
        let target = Target {
            build,
            prefix: &prefix,
            path: &session.env.path,
        };
        let notes = finalise(&made.root, &target, &mut made.inventory)?;
        made.notes.extend(notes);
        made.timings.insert("finalise", milliseconds(started));
    }

    drop_stale(&made.root, &mut made.inventory);

    session.say_unavailable();
    task.step_on(Verb::Probing, build.name());
    let started = Instant::now();
    let interpreter = made.root.join(&executable);
    let facts = ask(session, attempt, &interpreter, &made);
    // An interrupt also ends the interpreter, so its answer is worthless.
    session.cancel().check()?;
    let facts = facts?;
    made.timings.insert("probe", milliseconds(started));
    let missing_modules = judge(attempt, &facts, &made.root, &made.modules)?;
    task.done();
    let proofs = prove_flavours(session, attempt, &interpreter, &made, task)?;

    if session.options.compiles_bytecode {
        task.step_on(Verb::Compiling, "byte code");
        bytecode::compile(&interpreter, &made.root, session.cancel())?;
        task.done();
        made.inventory = Inventory::of_tree(&made.root)?;
    }
    session.cancel().check()?;
    let started = Instant::now();
    made.inventory.add_modes(&made.root)?;
    let facts = facts_without_stage(facts, &made.root, &prefix);
    let receipt = Receipt {
        missing_modules,
        proofs,
        ..receipt(plan, attempt, &made, facts, &prefix)
    };
    receipt.write(&made.root, &made.inventory)?;
    if let Some(text) = &made.python_json {
        let path = made.root.join(".ftpy/PYTHON.json");
        std::fs::write(&path, text).map_err(crate::error::IoFailure::at("write", path))?;
    }
    keep(session, attempt, &prefix, &made.root)?;
    session.store.commit(made.stage, &made.root, &attempt.key)?;
    if session.store.image().is_none() {
        shim_links::ensure(&session.store, &session.host)?;
    }
    made.timings.insert("commit", milliseconds(started));
    Ok(InstallReport {
        is_new: true,
        notes: made.notes,
        timings_ms: made.timings,
        ..InstallReport::existing(attempt.key.to_string(), prefix, receipt)
    })
}

/// Carries over packages that were installed into the replaced installation.
fn keep(session: &Session, attempt: &Attempt, prefix: &Path, made: &Path) -> Result<()> {
    let is_image = session.store.image().is_some();
    // A directory of `ftpy install --to` may contain another build.
    if !prefix.is_dir() || (is_image && session.store.if_whole(&attempt.key).is_none()) {
        return Ok(());
    }
    let kept = keep_additions(prefix, made)?;
    if kept > 0 {
        let kept = text::count(kept, "package");
        session
            .reporter
            .note(format!("{kept} carried over to {}", attempt.key));
    }
    Ok(())
}

/// Probes the interpreter. If it does not start here, another source may work.
fn ask(
    session: &Session,
    attempt: &Attempt,
    interpreter: &Path,
    made: &StagedInstall,
) -> Result<Facts, AttemptError> {
    let refused = |reason: String| ExecuteError::Refused {
        what: attempt.key.to_string(),
        reason,
    };
    if !interpreter.exists() {
        // An archive of another variant is the wrong archive, and must not be reported as not
        // starting.
        let name = interpreter
            .file_name()
            .unwrap_or_default()
            .to_string_lossy();
        return Err(refused(format!("it has no bin/{name}")).into());
    }
    let is_cancelled = || session.cancel().is_cancelled();
    let modules: Vec<&str> = made
        .modules
        .iter()
        .map(|module| module.extension.as_str())
        .collect();
    probe(interpreter, &modules, &is_cancelled).map_err(|error| match error {
        ProbeError::NotStarted { reason, .. } => {
            let key = attempt.key.to_string();
            AttemptError::Unsuitable(ExecuteError::DoesNotStart { key, reason }.into())
        }
        ProbeError::Machine { .. } => error.into(),
        ProbeError::NoAnswer { reason, .. } => {
            refused(format!("its interpreter did not answer: {reason}")).into()
        }
    })
}

/// Refuses an interpreter with unexpected facts; returns the names of missing optional modules.
fn judge(
    attempt: &Attempt,
    facts: &Facts,
    root: &Path,
    wanted: &[RequiredModule],
) -> Result<Vec<String>> {
    let build = &attempt.candidate.build;
    let expected = Expectation {
        version: Some(build.version),
        abi: build.abi,
        prefix: root,
    };
    let mut complaints = facts.complaints(&expected);
    let mut missing = Vec::new();
    for line in &facts.missing {
        let extension = line.split(':').next().unwrap_or(line);
        match wanted.iter().find(|module| module.extension == extension) {
            Some(module) if !module.is_required => {
                if !missing.contains(&module.name) {
                    missing.push(module.name.clone());
                }
            }
            _ => complaints.push(format!("it cannot import {line}")),
        }
    }
    if complaints.is_empty() {
        return Ok(missing);
    }
    let made_from = match attempt.candidate.recipe {
        Recipe::Unpack { .. } | Recipe::Conda { .. } => MadeFrom::Download,
        Recipe::Compile(_) => MadeFrom::Source,
        Recipe::Packages(_) => MadeFrom::Package,
    };
    Err(ExecuteError::NotAsExpected {
        key: attempt.key.to_string(),
        complaints,
        made_from,
    }
    .into())
}

/// Refuses a build that lacks its flavours; returns the evidence of each.
fn prove_flavours(
    session: &Session,
    attempt: &Attempt,
    interpreter: &Path,
    made: &StagedInstall,
    task: &Task,
) -> Result<BTreeMap<String, String>> {
    let flavours = &attempt.candidate.build.flavours;
    if !flavours.is_empty() {
        task.step_on(Verb::Probing, format!("{} for {flavours}", attempt.key));
    }
    let scratch = made.stage.path().join("proof");
    let path = &session.env.path;
    let proved = prove(interpreter, flavours, &scratch, path)?;
    session.cancel().check()?;
    if proved.is_ok() && !flavours.is_empty() {
        task.done();
    }
    proved.map_err(|unproved| {
        ExecuteError::LacksFlavours {
            key: attempt.key.to_string(),
            flavours: flavours.to_string(),
            unproved,
        }
        .into()
    })
}

fn receipt(
    plan: &Plan,
    attempt: &Attempt,
    made: &StagedInstall,
    facts: Facts,
    prefix: &Path,
) -> Receipt {
    let candidate = &attempt.candidate;
    let build = &candidate.build;
    Receipt {
        format: Receipt::format(),
        ftpy: env!("CARGO_PKG_VERSION").to_owned(),
        key: attempt.key.to_string(),
        request: plan.request.clone(),
        version: build.version.to_string(),
        abi: build.abi.flags().to_owned(),
        variant: build.abi.words().to_owned(),
        target: build.target.to_string(),
        provider: candidate.provider.name().to_owned(),
        build: candidate.build_id.as_ref().map(ToString::to_string),
        installed_at: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
        prefix: prefix.to_owned(),
        executable: format!("bin/{}", executable_name(build)),
        artifact: Artifact {
            url: made.fetched.url.clone(),
            sha256: made.fetched.sha256,
            size: made.fetched.size,
            is_pinned: candidate.sha256().is_some(),
        },
        flags: made.flags.clone(),
        compilation: match &candidate.recipe {
            Recipe::Compile(compilation) => Some(compilation.clone()),
            _ => None,
        },
        proofs: BTreeMap::new(),
        missing_modules: Vec::new(),
        packages: packages(&candidate.recipe),
        files: Files::of(&made.inventory),
        probe: facts,
        package: None,
    }
}

/// Returns the solved packages, without passwords.
fn packages(recipe: &Recipe) -> Vec<Package> {
    let Recipe::Conda { packages } = recipe else {
        return Vec::new();
    };
    packages
        .iter()
        .map(|package| package.without_secrets())
        .collect()
}

/// Replaces the stage in the facts by the final prefix.
fn facts_without_stage(mut facts: Facts, stage: &Path, prefix: &Path) -> Facts {
    for path in [
        &mut facts.prefix,
        &mut facts.base_prefix,
        &mut facts.executable,
    ] {
        if let Ok(rest) = Path::new(path.as_str()).strip_prefix(stage) {
            *path = prefix
                .join(rest)
                .to_string_lossy()
                .trim_end_matches('/')
                .to_owned();
        }
    }
    facts
}
