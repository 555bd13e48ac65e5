//! The index that the installer of the person would take a package from.

use crate::cancel::Cancel;
use crate::check::annotations;
use crate::error::{Failure, Kind, Result};
use crate::ops::check::resolve::tool::Tools;
use crate::ops::check::resolve::uv;
use crate::ops::context::Context;
use crate::secret_url::SecretUrl;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// How to ask for pinned packages.
pub(crate) struct Pins<'a> {
    /// Ctrl-C.
    pub(crate) cancel: &'a Cancel,
    /// The minor version of Python 3.
    pub(crate) minor: u8,
    /// When to give up.
    pub(crate) deadline: Option<Instant>,
    /// A pip to ask if there is none on PATH.
    pub(crate) pip: Option<PathBuf>,
}

/// The index of each package, with or without a version; `None` if the installer does not find it,
/// or hides its password.
///
/// # Errors
/// Returns an error if there is neither uv nor pip, and if the user presses Ctrl-C.
pub(crate) fn indexes(
    context: &Context,
    pins: Pins<'_>,
    packages: &[(String, String)],
) -> Result<Vec<Option<SecretUrl>>> {
    let tools = Tools {
        context,
        cancel: pins.cancel,
        deadline: pins.deadline,
    };
    if let Some(uv) = tools.uv() {
        return packages
            .iter()
            .map(|(name, version)| by_uv(&tools, &uv, (name, version), pins.minor))
            .collect();
    }
    let Some(pip) = tools.pip().or(pins.pip.filter(|pip| pip.is_file())) else {
        let message = "neither uv nor pip is there to say which index is used";
        return Err(Failure::new(Kind::NotFound, message));
    };
    packages
        .iter()
        .map(|(name, _)| by_pip(&tools, &pip, name))
        .collect()
}

fn by_uv(
    tools: &Tools<'_>,
    uv: &Path,
    (name, version): (&str, &str),
    minor: u8,
) -> Result<Option<SecretUrl>> {
    let mut command = uv::command(tools, uv, minor);
    command.args(["--no-deps", "--no-build", "--emit-index-annotation"]);
    // The address with its password, which annotations lack.
    command.args(["--emit-index-url", "-"]);
    let pin = match version {
        "" => format!("{name}\n"),
        version => format!("{name}=={version}\n"),
    };
    let output = tools.run(command, &pin)?;
    if let Some(failure) = output
        .network_failure("uv")
        .filter(|_| !output.is_success())
    {
        return Err(failure);
    }
    let found = annotations(&output.stdout).remove(name);
    Ok(found.and_then(|it| it.index))
}

/// pip writes where it looks into its log.
///
/// ```text
/// 1 location(s) to search for versions of lxml:
/// * https://example.org/simple/lxml/
/// ```
fn by_pip(tools: &Tools<'_>, pip: &Path, name: &str) -> Result<Option<SecretUrl>> {
    let mut command = Command::new(pip);
    command.args(["index", "versions", name, "--disable-pip-version-check"]);
    command.args(["--no-input", "-vv"]);
    let output = tools.run(command, "")?;
    if let Some(failure) = output
        .network_failure("pip")
        .filter(|_| !output.is_success())
    {
        return Err(failure);
    }
    Ok(searched(&output.stdout, name).or_else(|| searched(&output.stderr, name)))
}

fn searched(text: &str, name: &str) -> Option<SecretUrl> {
    let mut lines = text.lines().map(str::trim);
    lines.find(|line| line.contains("location(s) to search for versions of"))?;
    let page = lines.next()?.strip_prefix("* ")?;
    let index = page.trim_end_matches('/').strip_suffix(name)?;
    // pip hides a password; without it, the index refuses.
    (!index.contains("****")).then(|| SecretUrl::from(index.trim_end_matches('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_of_pip_names_its_index() {
        let found = |place: &str| {
            let text = format!(
                "Looking in indexes: x\n  2 location(s) to search for versions of lxml:\n  * {place}\n  * other\n"
            );
            searched(&text, "lxml").map(|it| it.expose().to_owned())
        };
        let plain = found("https://h.example/simple/lxml/");
        assert_eq!(plain.as_deref(), Some("https://h.example/simple"));
        assert_eq!(found("https://me:****@h.example/simple/lxml/"), None);
        assert_eq!(searched("ERROR: no", "lxml"), None);
    }
}
