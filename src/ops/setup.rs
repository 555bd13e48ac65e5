//! What `ftpy setup` changes: the edits of a shell's profiles, and writing them.

use crate::cli::daily::ShellName;
use crate::error::{Failure, Kind, Result};
use crate::host::target;
use crate::ops::context::Context;
use crate::ops::profiles::{Edit, Obstacle, apply, to_set_up, to_undo};
use crate::ops::shell_code::code;
use crate::ops::zsh_profile;
use clap::ValueEnum;

/// Returns one edit for each file, even if a file has two names.
pub(crate) fn edits(context: &Context, shell: ShellName, is_undo: bool) -> Result<Vec<Edit>> {
    let os = target::detect().os;
    let own = match shell {
        ShellName::Zsh => zsh_profile::surroundings(context),
        _ => context.env.shell.clone(),
    };
    let mut edits: Vec<Edit> = Vec::new();
    let mut add = |edit: Edit| {
        if !edits.iter().any(|other| other.is_same_file(&edit)) {
            edits.push(edit);
        }
    };
    if is_undo {
        for path in to_undo(shell, &own, &os)? {
            add(Edit::without(path)?);
        }
    } else {
        let code = code(context, shell)?;
        let mut unusable = Vec::new();
        for path in to_set_up(shell, &own, &os)? {
            match Edit::with(path, &code) {
                Ok(edit) => add(edit),
                Err(Obstacle::Broken(failure)) => return Err(failure),
                Err(Obstacle::Unusable(failure)) => unusable.push(failure),
            }
        }
        if edits.is_empty()
            && let Some(failure) = unusable.pop()
        {
            return Err(failure);
        }
        unusable
            .iter()
            .for_each(|failure| leave_out(context, shell, failure));
    }
    Ok(edits)
}

/// Writes all profiles or none. A profile that is a dangling link may fail if the shell also reads
/// another one.
pub(crate) fn written(
    context: &Context,
    shell: ShellName,
    changes: Vec<Edit>,
    has_other: bool,
) -> Result<Vec<Edit>> {
    let (links, mut done): (Vec<Edit>, Vec<Edit>) =
        changes.into_iter().partition(Edit::is_dangling);
    apply(&done)?;
    for link in links {
        match apply(std::slice::from_ref(&link)) {
            Ok(()) => done.push(link),
            Err(failure) if done.is_empty() && !has_other => return Err(failure),
            Err(failure) => leave_out(context, shell, &failure),
        }
    }
    Ok(done)
}

fn leave_out(context: &Context, shell: ShellName, failure: &Failure) {
    let name = shell.name();
    context.reporter.warn(format!(
        "{failure}: skipping this profile; a {name} that reads only this one starts without the \
         shims"
    ));
}

/// Returns the shell that the user logs in with.
pub(crate) fn login_shell(context: &Context) -> Result<ShellName> {
    let login = context.env.shell.login.as_deref();
    let name = login.and_then(|path| path.file_name()?.to_str());
    let known = name.and_then(|name| ShellName::from_str(name, false).ok());
    known.ok_or_else(|| {
        let message = match login {
            Some(login) => format!("the login shell {} is not supported", login.display()),
            None => "SHELL is not set, so the login shell is unknown".to_owned(),
        };
        let known = ShellName::value_variants().iter().map(|shell| shell.name());
        let known = known.collect::<Vec<_>>().join(", ");
        Failure::new(Kind::Usage, message).hint(format!(
            "name a shell, as in `ftpy setup --shell bash`: {known}"
        ))
    })
}
