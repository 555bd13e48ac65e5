//! `ftpy check --confirm`: imports each module in a free-threaded interpreter, each in a process of
//! its own, and compares what happens with what the X-ray says.

use crate::check::{CheckedModule, Findings, ModuleVerdict, installed_path};
use crate::error::{Failure, Kind, Result};
use crate::gil::{Answers, ReplayAnswer, Suspects, replay};
use crate::host::target;
use crate::ops::check::environment::SitePackages;
use crate::ops::check::targets::USUAL;
use crate::ops::context::Context;
use crate::ops::lookup_installed;
use crate::relocate::executable_name;
use crate::report::Verb;
use crate::wheel::WheelTarget;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// How many modules one interpreter is asked about: its answers have to come in time.
const AT_ONCE: usize = 25;

/// Prints the directories in which modules are searched.
const SEARCHED: &str = "import sys; print('\\0'.join(sys.path), end='')";

/// The modules of one directory, confirmed: how many could not be imported.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Confirmed {
    /// How many modules were compared.
    pub(crate) compared: usize,
    /// How many could not be imported.
    pub(crate) unclear: usize,
}

/// Imports the modules that were found in a directory of packages.
///
/// # Errors
/// Returns an error if no interpreter is there to import them.
pub(super) fn confirm(
    context: &Context,
    site: &SitePackages,
    findings: &mut Findings,
) -> Result<Confirmed> {
    // The interpreter is started in another directory.
    let site = &SitePackages {
        directory: context.env.current_dir.join(&site.directory),
        ..site.clone()
    };
    let interpreter = interpreter(context, site)?;
    let path = searched(&interpreter, &site.directory)?;
    // Those of other targets have the same paths.
    let here = site
        .python
        .and_then(|(minor, is_free)| WheelTarget::of_host(&target::detect(), minor, is_free));
    let mut modules: Vec<&mut CheckedModule> = findings
        .packages
        .iter_mut()
        .filter(|package| match (&package.target, &here) {
            (None, _) => true,
            (Some(target), Some(here)) => target.has_interpreter_of(here),
            (Some(_), None) => false,
        })
        .flat_map(|package| &mut package.modules)
        .filter(|module| place(site, module).is_file())
        .collect();
    let task = context.reporter.task("modules");
    task.parts(Verb::Probing, modules.len() as u64, None);
    let mut confirmed = Confirmed::default();
    for some in modules.chunks_mut(AT_ONCE) {
        let file = |module: &CheckedModule| {
            let file = place(site, module).display().to_string();
            (module.module.clone(), file)
        };
        let answers: Answers = replay(&Suspects {
            executable: interpreter.display().to_string(),
            directory: site.directory.display().to_string(),
            path: path.clone(),
            modules: some.iter().map(|module| file(module)).collect(),
        });
        for module in some.iter_mut() {
            module.seen_on = match answers.get(&file(module)) {
                Some(ReplayAnswer::TurnsOn) => Some(true),
                Some(ReplayAnswer::LeavesOff) => Some(false),
                Some(ReplayAnswer::Unclear) | None => None,
            };
            match module.seen_on {
                Some(_) => confirmed.compared += 1,
                None => confirmed.unclear += 1,
            }
        }
        task.advance(some.len() as u64);
    }
    task.done();
    Ok(confirmed)
}

/// The file of a module. In a wheel it may be below `NAME.data/platlib`.
fn place(site: &SitePackages, module: &CheckedModule) -> PathBuf {
    let path = installed_path(&module.file).unwrap_or(&module.file);
    site.directory.join(path)
}

/// The environment's own interpreter, else the newest installed one of its version.
fn interpreter(context: &Context, site: &SitePackages) -> Result<PathBuf> {
    let (minor, is_free_threaded) = site.python.unwrap_or((USUAL, true));
    if !is_free_threaded {
        let message = format!("{} is of a GIL build", site.directory.display());
        return Err(Failure::new(Kind::Usage, message)
            .hint("`--confirm` needs a free-threaded build, as the GIL of others is always on"));
    }
    // prefix/lib/python3.14t/site-packages
    let own = site.directory.ancestors().nth(3);
    let own = own.map(|prefix| prefix.join("bin").join(format!("python3.{minor}t")));
    if let Some(own) = own.filter(|own| own.is_file()) {
        return Ok(own);
    }
    let request = format!("3.{minor}t");
    let installed = lookup_installed::best(context, &request, &target::detect())?;
    Ok(installed
        .prefix
        .join("bin")
        .join(executable_name(&installed.key.build)))
}

fn searched(interpreter: &Path, site: &Path) -> Result<Vec<String>> {
    let output = Command::new(interpreter)
        .args(["-I", "-c", SEARCHED])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    let output = output.ok().filter(|output| output.status.success());
    let output = output.ok_or_else(|| {
        let message = format!("{} does not start", interpreter.display());
        Failure::new(Kind::System, message)
    })?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut path: Vec<String> = text.split('\0').map(str::to_owned).collect();
    let site = site.display().to_string();
    if !path.contains(&site) {
        path.push(site);
    }
    Ok(path)
}

/// The modules about which the X-ray is wrong, each as a line for a report.
pub(crate) fn contradictions(findings: &Findings) -> Vec<String> {
    let mut lines = Vec::new();
    for package in &findings.packages {
        for module in &package.modules {
            let said = match (&module.verdict, module.seen_on) {
                (ModuleVerdict::Off, Some(true)) => "off, seen on",
                (ModuleVerdict::On, Some(false)) => "on, seen off",
                _ => continue,
            };
            lines.push(format!(
                "ftpy {}: {} {}, {}, {}: said {said}; {}",
                env!("CARGO_PKG_VERSION"),
                package.name,
                package.version,
                module.module,
                module.file,
                module.evidence.decision
            ));
        }
    }
    lines
}
