//! What installs packages into an environment: uv, else pip.

use crate::ops::context::Context;
use crate::ops::make_venv::isolated;
use ftpy_core::path::find_program;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Variables of pip and uv that would install somewhere else.
const ELSEWHERE: [&str; 7] = [
    "PIP_PREFIX",
    "PIP_ROOT",
    "PIP_TARGET",
    "PIP_USER",
    "UV_PYTHON",
    "UV_SYSTEM_PYTHON",
    "VIRTUAL_ENV",
];

/// A program that installs packages.
#[derive(Debug)]
pub(crate) enum Installer {
    /// The uv on PATH.
    Uv(PathBuf),
    /// The pip of an interpreter.
    Pip,
}

impl Installer {
    /// Returns uv if it is on PATH and works: a shim of another tool may have its name.
    pub(crate) fn find(context: &Context) -> Self {
        let uv = find_program(&context.env.path, "uv").filter(|uv| {
            let mut command = Command::new(uv);
            let output = command.arg("--version").stdin(Stdio::null()).output();
            output.is_ok_and(|output| output.status.success())
        });
        uv.map_or(Self::Pip, Self::Uv)
    }

    /// Returns whether it is pip, which has to be installed for an interpreter.
    pub(crate) const fn is_pip(&self) -> bool {
        matches!(self, Self::Pip)
    }

    /// Returns its name for messages.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Uv(_) => "uv",
            Self::Pip => "pip",
        }
    }

    /// Returns the command that installs for `python`, without what is to be installed. `with_pip`
    /// is the interpreter whose pip is used; it may be `python` itself.
    pub(crate) fn install(&self, context: &Context, python: &Path, with_pip: &Path) -> Command {
        let mut command = match self {
            Self::Uv(uv) => with_uv(context, uv, python),
            Self::Pip => pip_of(context, with_pip, python),
        };
        for variable in ELSEWHERE {
            command.env_remove(variable);
        }
        command
    }
}

fn with_uv(context: &Context, uv: &Path, python: &Path) -> Command {
    let mut command = Command::new(uv);
    command.args(["pip", "install", "--quiet", "--python"]);
    command.arg(python).stdin(Stdio::null());
    if context.is_offline {
        command.arg("--offline");
    }
    command
}

fn pip_of(context: &Context, interpreter: &Path, python: &Path) -> Command {
    let mut command = isolated(context, interpreter, "pip");
    if interpreter != python {
        command.arg("--python").arg(python);
    }
    command.args(["install", "--quiet", "--no-input"]);
    command.arg("--disable-pip-version-check");
    if context.is_offline {
        command.arg("--no-index");
    }
    command
}
