//! Checks for C compilers that installations refer to and that are not installed: building an
//! extension module then fails with "clang: not found", although another compiler may be there.

use crate::doctor::finding::{Code, Finding};
use crate::doctor::subject::Subject;
use crate::examine::reinstall;
use crate::relocate::compilers::c_compiler;
use crate::store::Installed;
use ftpy_core::path::{find_program, is_executable};
use ftpy_core::provider_name::ProviderName;
use std::path::Path;

/// The names of compilers to look for, the most common first.
const KNOWN: [&str; 3] = ["cc", "gcc", "clang"];

/// Checks the compiler of each installation that ftpy made.
#[must_use]
pub fn check(subject: &Subject) -> Vec<Finding> {
    let own = subject.installed.iter();
    let own = own.filter(|one| !one.key.provider.is_external());
    own.filter_map(|one| look(subject, one)).collect()
}

fn look(subject: &Subject, installed: &Installed) -> Option<Finding> {
    let text = sysconfig(installed)?;
    let program = c_compiler(&text)?;
    let path = &subject.env.path;
    let is_there = |program: &str| match program.contains('/') {
        true => is_executable(Path::new(program)),
        false => find_program(path, program).is_some(),
    };
    // Without any compiler nothing can be built, and the next one will be called `cc`.
    let is_usual = program == KNOWN[0] && !KNOWN.into_iter().any(is_there);
    if program.contains(['$', '@']) || is_usual || is_there(program) {
        return None;
    }
    let key = installed.key.to_string();
    let message = format!("{key} builds extension modules with {program}, which is not on PATH");
    let finding = Finding::new(Code::CompilerGone, message);
    // Rebuilding a source build would need the same compiler.
    if installed.key.provider == ProviderName::Source {
        let other = KNOWN
            .into_iter()
            .find(|name| is_there(name))
            .unwrap_or(KNOWN[0]);
        let advice = format!("install {program}, or set CC={other} when building");
        return Some(finding.advice(advice));
    }
    Some(finding.fix(reinstall(installed)))
}

/// Reads `lib/python3.14t/_sysconfigdata*.py`.
fn sysconfig(installed: &Installed) -> Option<String> {
    let build = &installed.key.build;
    let (major, minor) = build.version.series();
    let directory = format!("lib/python{major}.{minor}{}", build.abi);
    let directories = [directory, format!("lib/python{major}.{minor}")];
    let entries = directories
        .iter()
        .filter_map(|name| std::fs::read_dir(installed.prefix.join(name)).ok());
    let mut files = entries.flatten().flatten().filter(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        name.starts_with("_sysconfigdata") && name.ends_with(".py")
    });
    std::fs::read_to_string(files.next()?.path()).ok()
}
