//! A build from source, up to an installed tree in a stage.

use crate::compile::{Job, Machine, Preflight, compile, missing_failure, preflight};
use crate::error::{Failure, IoFailure, Kind, Result};
use crate::execute::archive::{Made, Wanted, fetch_and_unpack, milliseconds};
use crate::execute::{Session, Stopped};
use crate::manifest::preflight::needs;
use crate::provider::BUILD_PREFIX;
use crate::report::{Phase, Task};
use crate::resolve::Attempt;
use crate::store::Inventory;
use std::collections::BTreeMap;
use std::io::BufRead;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// What is made is put below this directory of the stage.
const DESTINATION: &str = "destination";

/// Compiles a candidate.
pub(super) async fn make(
    session: &Session,
    attempt: &Attempt,
    configure: &[String],
    task: &Task,
) -> Result<Made, Stopped> {
    let candidate = &attempt.candidate;
    let stage = tokio::task::block_in_place(|| session.store.stage())?;
    task.phase(Phase::Open("looking for compiler and libraries".to_owned()));
    let scratch = stage.path().join("preflight");
    std::fs::create_dir(&scratch).map_err(IoFailure::at("create", &scratch))?;
    // Before anything is downloaded.
    let found = tokio::task::block_in_place(|| look(session, attempt, &scratch));
    // An interrupt ends the compilers that look, too: what they did not find means nothing.
    session.cancel().check()?;
    let found = found?;
    let mut timings = BTreeMap::new();

    let source = stage.path().join("source");
    let started = Instant::now();
    let tree = format!("Python-{}", candidate.build.version);
    let (fetched, _) = fetch_and_unpack(session, attempt, Some(&tree), &source, task).await?;
    timings.insert("fetch_and_unpack", milliseconds(started));

    let log = session.store.log(&attempt.key);
    let job = Job {
        source: &source,
        destination: DESTINATION,
        configure,
        make: found.make.as_deref().unwrap_or(Path::new("make")),
        jobs: session.options.jobs,
        is_debug: candidate.build.abi.debug,
        log: &log,
    };
    task.phase(Phase::Open("waiting for another build to end".to_owned()));
    let permit = session.build.acquire().await;
    session
        .reporter
        .detail(format!("{}: log: {}", attempt.key, log.display()));
    let started = Instant::now();
    tokio::task::block_in_place(|| compile(&job, session.cancel(), task))?;
    timings.insert("compile", milliseconds(started));
    drop(permit);

    let root = stage
        .path()
        .join(DESTINATION)
        .join(BUILD_PREFIX.trim_start_matches('/'));
    let inventory = tokio::task::block_in_place(|| {
        remove_bytecode(&root)?;
        Inventory::of_tree(&root)
    })?;
    Ok(Made {
        stage,
        root,
        inventory,
        fetched,
        python_json: None,
        flags: configure.to_vec(),
        modules: wanted(session, attempt),
        timings,
    })
}

/// Looks for what the build needs, installs it if that was asked for, and says what is missing.
fn look(session: &Session, attempt: &Attempt, scratch: &Path) -> Result<Preflight, Stopped> {
    let allowed = &session.options.allowed_missing;
    let known = |name: &String| needs().modules.iter().any(|module| module.name == *name);
    if let Some(unknown) = allowed.iter().find(|name| !known(name)) {
        let names: Vec<&str> = needs()
            .modules
            .iter()
            .map(|module| module.name.as_str())
            .collect();
        let failure = Failure::new(
            Kind::Usage,
            format!("--allow-missing {unknown}: no such module"),
        )
        .hint(format!("the modules are {}", names.join(", ")));
        return Err(failure.into());
    }
    let version = &attempt.candidate.build.version;
    let path = &session.env.path;
    let machine = Machine {
        os: &session.host.os,
        path,
        scratch,
    };
    let ask = || preflight(needs(), version, &machine, allowed);
    let mut found = ask();
    let mut command = found.install_command(path);
    if let Some(install) = command
        .as_deref()
        .filter(|_| session.options.installs_dependencies)
    {
        install_dependencies(session, install)?;
        found = ask();
        command = found.install_command(path);
    }
    if !found.required().is_empty() {
        return Err(Stopped::Unsuitable(missing_failure(
            &found,
            command.as_deref(),
        )));
    }
    if !found.recommended().is_empty() {
        let missing = found.recommended().join(", ");
        let mut line = format!("building without {missing}: not found on this machine");
        if let Some(command) = command {
            line += &format!("; to have them: {command}");
        }
        session.say_once(&line);
    }
    Ok(found)
}

/// Runs the package manager, after a question where somebody can answer it.
fn install_dependencies(session: &Session, install: &str) -> Result<()> {
    if session.env.stdin_is_terminal && session.env.stderr_is_terminal && !session.options.is_sure {
        session.reporter.say(format!("this will run: {install}"));
        session.reporter.ask("go on? [y/N] ");
        let mut answer = String::new();
        let _ = std::io::stdin().lock().read_line(&mut answer);
        if !answer.trim().eq_ignore_ascii_case("y") && !answer.trim().eq_ignore_ascii_case("yes") {
            return Err(Failure::new(
                Kind::Usage,
                "nothing was installed, as you said",
            ));
        }
    } else {
        session.reporter.say(format!("running: {install}"));
    }
    let output = Command::new("sh")
        .args(["-c", install])
        .stdin(Stdio::inherit())
        .output();
    let failed = |reason: String| {
        Failure::new(Kind::Build, format!("the package manager failed: {reason}"))
            .hint(format!("run it yourself: {install}"))
    };
    let output = output.map_err(|error| failed(error.to_string()))?;
    session
        .reporter
        .detail(String::from_utf8_lossy(&output.stdout));
    if output.status.success() {
        return Ok(());
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    let last: Vec<String> = stderr.lines().rev().take(5).map(str::to_owned).collect();
    Err(failed(output.status.to_string()).details(last.into_iter().rev()))
}

/// The modules that the new interpreter is asked for.
fn wanted(session: &Session, attempt: &Attempt) -> Vec<Wanted> {
    let allowed = &session.options.allowed_missing;
    let version = &attempt.candidate.build.version;
    let modules = needs()
        .modules
        .iter()
        .filter(|module| module.is_in(version));
    let mut wanted: Vec<Wanted> = modules
        .flat_map(|module| {
            module.extensions.iter().map(|extension| Wanted {
                extension: extension.clone(),
                name: module.name.clone(),
                is_required: module.required && !allowed.contains(&module.name),
            })
        })
        .collect();
    wanted.push(Wanted {
        extension: "_socket".to_owned(),
        name: "socket".to_owned(),
        is_required: true,
    });
    wanted
}

/// pip's own byte code, which names the stage it was compiled in.
fn remove_bytecode(directory: &Path) -> Result<(), IoFailure> {
    let entries = std::fs::read_dir(directory).map_err(IoFailure::at("read", directory))?;
    for entry in entries.flatten() {
        let path = entry.path();
        if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        if entry.file_name() == "__pycache__" {
            std::fs::remove_dir_all(&path).map_err(IoFailure::at("remove", &path))?;
        } else {
            remove_bytecode(&path)?;
        }
    }
    Ok(())
}
