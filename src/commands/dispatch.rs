//! Runs the command of a command line, and turns its result into an exit code.

use crate::cli::self_cmd::SelfCommand;
use crate::cli::{Cli, Command};
use crate::commands::{
    adopt, bench, build, bundle, cache, check, ci, completions, config, default, doctor, help,
    index, init, install, kernel, link, list, lock, man, mirror, outdated, pin, prune, run,
    self_uninstall, setup, show, uninstall, unpin, upgrade, venv, verify, which,
};
use crate::env::Env;
use crate::env::directory::enter;
use crate::error::Result;
use crate::ops::context::Context;
use crate::report::{Options, Reporter};
use crate::store::{Store, is_unlocked};
use std::process::ExitCode;
use std::sync::Arc;

/// Runs the program and returns its exit code.
#[must_use]
pub fn main(cli: Cli) -> ExitCode {
    #[cfg(unix)]
    crate::host::umask::forbid_others();
    let options = Options {
        json: cli.global.json,
        verbosity: i8::from(cli.global.verbose) - i8::from(cli.global.quiet),
    };
    let entered = cli.global.work_directory.as_deref().map_or(Ok(()), enter);
    let env = match entered.and_then(|()| Env::read()) {
        Ok(env) => env,
        Err(failure) => {
            Reporter::plain(options).failure(&failure);
            return ExitCode::from(failure.kind.exit_code());
        }
    };
    let context = Context {
        store: Store::at(env.store.clone()).sharing(env.shared.clone()),
        reporter: Arc::new(Reporter::new(options, &env)),
        is_offline: cli.global.offline,
        env,
    };
    let done = check_store(&context.store, &cli.command);
    let done = done.and_then(|()| dispatch(&context, cli.command));
    if is_unlocked() {
        let root = context.store.root().display();
        context.reporter.detail(format!(
            "note: the file system of {root} does not support locks; run only one ftpy at a time"
        ));
    }
    if let Err(failure) = &done {
        context.reporter.failure(failure);
    }
    // Lost output is reported in addition to the command's own failure.
    let lost = context.reporter.lost_output();
    if let Some(lost) = &lost {
        context.reporter.say_failure(lost);
    }
    let failure = done.err().or(lost);
    failure.map_or(ExitCode::SUCCESS, |failure| {
        ExitCode::from(failure.kind.exit_code())
    })
}

/// Refuses a store that this user may not read, which would look empty.
fn check_store(store: &Store, command: &Command) -> Result<()> {
    if needs_store(command) {
        store.check()?;
    }
    match command {
        Command::Completions(_)
        | Command::Dir
        | Command::Help(_)
        | Command::Init(_)
        | Command::Man(_)
        | Command::SelfCommand(_) => return Ok(()),
        // It reports invalid settings together with everything else.
        Command::Doctor(_) => {}
        _ => store.check_settings()?,
    }
    store.check_directories()?;
    Ok(store.check_lists()?)
}

/// Returns whether a command uses the store, so that its path must not contain anything else.
fn needs_store(command: &Command) -> bool {
    match command {
        Command::Dir
        | Command::Help(_)
        | Command::Completions(_)
        | Command::Man(_)
        | Command::SelfCommand(SelfCommand::Update(_)) => false,
        Command::Setup(arguments) => !arguments.undo,
        _ => true,
    }
}

fn dispatch(context: &Context, command: Command) -> Result<()> {
    match command {
        Command::Install(arguments) => install::install(context, &arguments),
        Command::Build(arguments) => build::build(context, &arguments),
        Command::Adopt(arguments) => adopt::adopt(context, &arguments),
        Command::Lock(arguments) => lock::lock(context, &arguments),
        Command::Bundle(command) => bundle::bundle(context, &command),
        Command::Mirror(arguments) => mirror::mirror(context, &arguments),
        Command::Link(arguments) => link::link(context, &arguments),
        Command::Uninstall(arguments) => uninstall::uninstall(context, &arguments),
        Command::List(arguments) => list::list(context, &arguments),
        Command::Which(arguments) => which::which(context, &arguments),
        Command::Run(arguments) => run::run(context, arguments),
        Command::Verify(arguments) => verify::verify(context, &arguments),
        Command::Check(arguments) => check::check(context, &arguments),
        Command::Bench(arguments) => bench::bench(context, &arguments),
        Command::Cache(command) => cache::cache(context, command),
        Command::Dir => {
            let root = context.store.root().display().to_string();
            if context.reporter.is_json() {
                context.reporter.json(&serde_json::json!({ "dir": root }));
            } else {
                context.reporter.data(root);
            }
            Ok(())
        }
        Command::Index(command) => index::index(context, command),
        Command::Ci(command) => ci::ci(context, &command),
        Command::SelfCommand(command) => self_uninstall::own(context, &command),
        Command::Show(arguments) => show::show(context, &arguments),
        Command::Pin(arguments) => pin::pin(context, &arguments),
        Command::Unpin(_) => unpin::unpin(context),
        Command::Default(arguments) => default::default(context, &arguments),
        Command::Upgrade(arguments) => upgrade::upgrade(context, &arguments),
        Command::Outdated(arguments) => outdated::outdated(context, &arguments),
        Command::Prune(arguments) => prune::prune(context, &arguments),
        Command::Kernel(command) => kernel::kernel(context, &command),
        Command::Venv(arguments) => venv::venv(context, &arguments),
        Command::Doctor(arguments) => doctor::doctor(context, &arguments),
        Command::Init(arguments) => init::init(context, &arguments),
        Command::Setup(arguments) => setup::setup(context, &arguments),
        Command::Completions(arguments) => completions::completions(context, &arguments),
        Command::Help(arguments) => help::help(context, &arguments),
        Command::Man(arguments) => man::man(context, &arguments),
        Command::Config(command) => config::config(context, command),
    }
}
