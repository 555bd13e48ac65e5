//! macOS: the install name of libpython, which programs that embed this Python look for.

use crate::mach_o;
use std::fmt::Display;
use std::path::Path;

/// Sets the install name of a library to its final path, and renews its signature.
///
/// Returns a note if the bytes stay as they are. Programs and extensions that link to libpython do
/// not find it then; the interpreter works.
pub(super) fn set(bytes: &mut Vec<u8>, library: &str, prefix: &Path) -> Option<String> {
    let name = prefix.join(library);
    let Some(name) = name.to_str() else {
        return Some(note(library, &"the store's path is not UTF-8"));
    };
    let mut made = bytes.clone();
    let file_name = library.rsplit('/').next().unwrap_or(library);
    let changed =
        mach_o::set_install_name(&mut made, name).and_then(|()| mach_o::sign(&mut made, file_name));
    match changed {
        Ok(()) => {
            *bytes = made;
            None
        }
        Err(reason) => Some(note(library, &reason)),
    }
}

fn note(library: &str, reason: &dyn Display) -> String {
    format!(
        "{library} keeps the install name of its build: {reason}; programs that embed this Python \
         do not find it"
    )
}
