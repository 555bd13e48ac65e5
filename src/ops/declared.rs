//! Files of other tools in a directory that declare a version. Only `ftpy ci` uses it; the other
//! commands name the file that they do not read.

use crate::ci::{Declaration, declaration};
use crate::host::plain_file;
use crate::ops::lookup_installed::with_threading;
use ftpy_core::abi::Threading;
use ftpy_core::parse::parse;
use ftpy_core::pin;
use ftpy_core::request::Request;
use std::path::Path;

/// The files, in the order in which they are proposed.
const OTHERS: [&str; 7] = [
    "pyproject.toml",
    "mise.toml",
    ".mise.toml",
    "Pipfile",
    "runtime.txt",
    "setup.cfg",
    "uv.lock",
];

/// Returns the first file that declares a version, and the request that means the same, if there is
/// one.
pub(crate) fn declared(directory: &Path) -> Option<(&'static str, Option<Request>)> {
    OTHERS.iter().find_map(|name| {
        let path = directory.join(name);
        let text = plain_file::read_text(&path).ok()?;
        let request = match declaration(&path, &text) {
            Some(declaration) => request(&declaration.ok()?),
            // It has the syntax of a version file.
            None => {
                let mut pins = pin::pins(name, &text).ok()?.into_iter();
                pins.next().map(|pin| pin.request)
            }
        };
        Some((*name, request))
    })
}

fn request(declaration: &Declaration) -> Option<Request> {
    let request = parse(declaration.versions.first()?).ok()?;
    match request {
        Request::Build(build) if declaration.is_free_threaded => {
            let build = with_threading(build, Threading::FreeThreaded).ok()?;
            Some(Request::Build(build))
        }
        request => Some(request),
    }
}
