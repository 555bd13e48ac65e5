//! `ftpy which`: prints the program that a name or a request resolves to here, and why.

use crate::cli::daily::Which;
use crate::commands::render::prefix::prefix;
use crate::error::Result;
use crate::host::target;
use crate::ops::active_python::{document, sentence, shadow};
use crate::ops::context::Context;
use crate::ops::which;
use crate::store::Receipt;
use ftpy_core::decide::{INHERITED, MACHINE_CONFIG, default, inherited};
use ftpy_core::name::Name;
use ftpy_core::path::{find_program, holds_shims, shim_behind};
use ftpy_core::pin;
use ftpy_core::reason::Reason;
use ftpy_core::request::Request;
use serde_json::json;
use std::path::Path;

/// `ftpy which`
pub(super) fn which(context: &Context, arguments: &Which) -> Result<()> {
    let text = &arguments.name;
    let name = which::name(context, text);
    if arguments.explain {
        explain(context, name.as_ref());
    }
    let decision = which::decision(context, text, name.as_ref())?;
    if arguments.explain {
        let why = sentence(&decision.reason, decision.request.as_ref());
        context.reporter.say(format!("result: {why}"));
    }
    let shadow = name.and_then(|name| shadow(context, &name, &decision));
    if let Some(shadow) = &shadow {
        context.reporter.warn(shadow);
    }
    if arguments.prefix {
        return prefix(context, &decision);
    }
    if !context.reporter.is_json() {
        let words = decision.leading.iter().map(|word| format!(" {word}"));
        let words: String = words.collect();
        let path = decision.executable.display();
        context.reporter.data(format!("{path}{words}"));
        return Ok(());
    }
    let receipt = decision.installed.as_ref().map(Receipt::of).transpose()?;
    context.reporter.json(&json!({
        "key": decision.installed.as_ref().map(|installed| installed.key.to_string()),
        "path": decision.executable.display().to_string(),
        "arguments": decision.leading,
        "shadowed": shadow,
        "version": receipt.as_ref().map(|receipt| receipt.version.clone()),
        "abi": receipt.as_ref().map(|receipt| receipt.abi.clone()),
        "gil_enabled": receipt.as_ref().map(|receipt| receipt.probe.gil_enabled),
        "reason": document(&decision.reason, decision.request.as_ref()),
    }));
    Ok(())
}

/// Prints what was consulted, in the order of precedence, and the results.
fn explain(context: &Context, name: Option<&Name>) {
    let say = |line: String| context.reporter.say(line);
    let around = context.env.surroundings();
    if let Some(own) = name.and_then(Name::request) {
        let own = Request::Build(own);
        say(format!(
            "the name means {own}; the following can only narrow it"
        ));
    }
    match &context.env.python {
        Some(value) => say(format!("FTPY_PYTHON: {}", value.display())),
        None => say("FTPY_PYTHON: not set".to_owned()),
    }
    match pin::nearest(&context.env.current_dir) {
        Ok(Some(file)) => {
            let pins = file.pins.iter().map(|pin| {
                let line = pin.line;
                format!("{} (line {line})", pin.request)
            });
            let pins: Vec<String> = pins.collect();
            let path = file.path.display();
            say(format!("version file: {path}: {}", pins.join(", ")));
            for one in &file.foreign {
                let (text, line) = (&one.text, one.line);
                say(format!("  skipped: {text} (line {line})"));
            }
        }
        Ok(None) => say("version file: none here or in a parent directory".to_owned()),
        Err(error) => say(format!(
            "version file: {}",
            ftpy_core::refusal::Refusal::from(error)
        )),
    }
    if let Some(value) = &context.env.inherited {
        let value = value.display();
        say(match inherited(&around) {
            Some(_) => format!("{INHERITED}, from the parent process: {value}"),
            None => format!("{INHERITED}: skipped, {value} is not a request"),
        });
    }
    match default(&around) {
        Ok(Some(choice)) => say(match choice.reason {
            Reason::Default { file, line } if file == Path::new(MACHINE_CONFIG) => {
                let request = choice.request;
                format!("default: {request}, of this machine ({MACHINE_CONFIG}:{line})")
            }
            _ => format!("default: {}", choice.request),
        }),
        Ok(None) => say("default: none".to_owned()),
        Err(refusal) => say(format!("default: {refusal}")),
    }
    explain_installed(context);
    if let Some(name) = name {
        explain_path(context, name);
    }
}

fn explain_installed(context: &Context) {
    let installed = context.store.usable(&target::detect());
    let keys = installed.iter().map(|one| one.key.to_string());
    let keys: Vec<String> = keys.collect();
    context.reporter.say(match keys.is_empty() {
        true => "installed: none".to_owned(),
        false => format!("installed: {}", keys.join(", ")),
    });
    for store in context.store.shared() {
        let store = store.display();
        context.reporter.say(format!("shared store: {store}"));
    }
}

/// Prints the first program of a name on PATH.
fn explain_path(context: &Context, name: &Name) {
    match find_program(&context.env.path, name.to_string()) {
        Some(first) => {
            let is_shim = first.parent().is_some_and(holds_shims);
            let what = match shim_behind(&first) {
                _ if is_shim => " (a shim)".to_owned(),
                Some(shim) => format!(" (a link to {})", shim.display()),
                None => " (not a shim)".to_owned(),
            };
            context
                .reporter
                .say(format!("first {name} on PATH: {}{what}", first.display()));
        }
        None => context.reporter.say(format!("first {name} on PATH: none")),
    }
}
