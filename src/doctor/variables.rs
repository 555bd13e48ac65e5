//! Checks environment variables that affect every Python.

use crate::doctor::finding::{Code, Finding};
use crate::doctor::subject::Subject;
use ftpy_core::paste;
use ftpy_core::path::find_program;

/// Checks the exported variables.
#[must_use]
pub fn check(subject: &Subject) -> Vec<Finding> {
    let variables = &subject.env.variables;
    let mut found = Vec::new();
    if let Some(value) = &variables.gil {
        let value = value.to_string_lossy();
        // Python/initconfig.c, config_read_gil.
        let effect = match &*value {
            "0" => {
                "every GIL build of 3.13 or newer fails to start: \"Disabling the GIL is not \
                 supported by this build\""
            }
            "1" => "every free-threaded build runs with the GIL",
            _ => "every Python 3.13 or newer fails to start, as it must be 0 or 1",
        };
        let message = format!("PYTHON_GIL={value} is exported: {effect}");
        let advice = "to set it for one program, put it before the command";
        let finding = Finding::new(Code::PythonGilSet, message);
        found.push(finding.fix("unset PYTHON_GIL").advice(advice));
    }
    if let Some(value) = &variables.home {
        let message = format!(
            "PYTHONHOME={} is exported: every Python looks for its standard library there",
            value.to_string_lossy()
        );
        found.push(Finding::new(Code::PythonhomeSet, message).fix("unset PYTHONHOME"));
    }
    if let Some(value) = &variables.path {
        let message = format!(
            "PYTHONPATH={} is exported: every Python imports from there first, regardless of \
             version and ABI",
            value.to_string_lossy()
        );
        found.push(Finding::new(Code::PythonpathSet, message).fix("unset PYTHONPATH"));
    }
    found.extend(pyenv_version(subject));
    found
}

/// Those who moved here from pyenv expect the variable to work.
fn pyenv_version(subject: &Subject) -> Option<Finding> {
    let value = subject.env.variables.pyenv_version.as_ref()?;
    if find_program(&subject.env.path, "pyenv").is_some() {
        return None;
    }
    let value = value.to_string_lossy();
    let message = format!("PYENV_VERSION={value} is exported: ftpy reads FTPY_PYTHON instead");
    let first = value.split(':').next().unwrap_or_default();
    let set = paste!["export", format!("FTPY_PYTHON={first}")];
    let fix = format!("unset PYENV_VERSION; {set}");
    Some(Finding::new(Code::PyenvVersionSet, message).fix(fix))
}
