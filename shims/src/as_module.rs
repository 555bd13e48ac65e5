//! The arguments that start a tool as a module of its interpreter.

use crate::name::Tool;

/// Does what `-P -m` does, for Pythons without `-P`. sys is built in, so nothing is imported
/// before the current directory is removed from the path.
macro_rules! before_p {
    ($module:literal) => {
        concat!(
            "import sys; del sys.path[:1]; import runpy; runpy.run_module(\"",
            $module,
            "\", run_name=\"__main__\", alter_sys=True)"
        )
    };
}

/// The arguments that start a tool as a module; `None` if this series has no such module.
///
/// Plain `-m` searches the current directory first and would run any `pip.py` found there.
#[must_use]
pub fn as_module(tool: Tool, series: (u16, u16)) -> &'static [&'static str] {
    // -P exists since 3.11.
    match (tool, series >= (3, 11)) {
        (Tool::Pip, true) => &["-P", "-m", "pip"],
        (Tool::Idle, true) => &["-P", "-m", "idlelib"],
        (Tool::Pydoc, true) => &["-P", "-m", "pydoc"],
        (Tool::Pip, false) => &["-c", before_p!("pip")],
        (Tool::Idle, false) => &["-c", before_p!("idlelib")],
        (Tool::Pydoc, false) => &["-c", before_p!("pydoc")],
        (Tool::Python | Tool::Config, _) => &[],
    }
}
