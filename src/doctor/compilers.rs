//! C compilers that installations name and that this machine has not: building an extension module
//! fails with "clang: not found", although a compiler may be there.

use crate::doctor::finding::{Code, Finding};
use crate::doctor::subject::Subject;
use crate::examine::reinstall;
use crate::finalise::compilers::c_compiler;
use crate::store::Installed;
use ftpy_core::path::{find_program, is_executable};
use ftpy_core::provider_name::ProviderName;
use std::path::Path;

/// The names by which a compiler is found, the usual one first.
const KNOWN: [&str; 3] = ["cc", "gcc", "clang"];

/// Looks at what each installation that ftpy made says of its compiler.
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
    // A machine without any compiler builds nothing, and `cc` is what the next one is called.
    let is_usual = program == KNOWN[0] && !KNOWN.into_iter().any(is_there);
    if program.contains(['$', '@']) || is_usual || is_there(program) {
        return None;
    }
    let key = installed.key.to_string();
    let message = format!("{key} builds extension modules with {program}, which is not on PATH");
    let finding = Finding::new(Code::CompilerGone, message);
    // What was compiled here is compiled again, and would need that compiler, too.
    if installed.key.provider == ProviderName::Source {
        let other = KNOWN
            .into_iter()
            .find(|name| is_there(name))
            .unwrap_or(KNOWN[0]);
        let advice = format!("install {program}, or set another one for a build: CC={other}");
        return Some(finding.advice(advice));
    }
    Some(finding.fix(reinstall(installed)))
}

/// The text of `lib/python3.14t/_sysconfigdata*.py`.
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
