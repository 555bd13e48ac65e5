//! `ftpy run SCRIPT.py`: reads a script, and turns it into a command of its interpreter.

use crate::cli::daily::Run;
use crate::error::{Failure, IoFailure, Kind, Result};
use crate::host::plain_file;
use crate::host::private_dir::PrivateDir;
use crate::inline_script::{InlineScript, ScriptBlock};
use crate::ops::context::Context;
use ftpy_core::path::find_program;
use std::ffi::OsString;
use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::path::Path;

/// The word that names standard input.
const STDIN: &str = "-";

/// A script to run.
pub(crate) struct Script {
    /// What messages call it.
    pub(crate) name: String,
    /// Its path as given, or `-`.
    pub(crate) word: String,
    /// What it says about its Python.
    pub(crate) inline: InlineScript,
    /// Its text, if it was read from standard input.
    stdin: Option<File>,
}

impl Script {
    /// Reads the script of a command line; `None` if its command is not one.
    ///
    /// # Errors
    /// Returns an error if it cannot be read, or its metadata is invalid.
    pub(crate) fn of(context: &Context, arguments: &Run) -> Result<Option<Self>> {
        let Some(word) = arguments.command.first() else {
            return Ok(None);
        };
        let word = word.to_string_lossy().into_owned();
        let path = context.env.current_dir.join(&arguments.command[0]);
        if !arguments.script && !is_script(context, arguments, &word, &path) {
            return Ok(None);
        }
        let (bytes, stdin) = match word == STDIN {
            true => {
                let (bytes, file) = read_stdin(context)?;
                (bytes, Some(file))
            }
            false => (read(&word, &path)?, None),
        };
        let name = match stdin {
            Some(_) => "the script on stdin".to_owned(),
            None => word.clone(),
        };
        let inline = InlineScript::parse(&String::from_utf8_lossy(&bytes)).map_err(|error| {
            let message = format!("{name}:{}: {}", error.line, error.problem);
            Failure::new(Kind::Usage, message).hint("`ftpy help scripts` shows a valid script")
        })?;
        warn_of_unread(context, &name, inline.block.as_ref());
        Ok(Some(Self {
            name,
            word,
            inline,
            stdin,
        }))
    }

    /// The requirements to install.
    pub(crate) fn dependencies(&self) -> &[String] {
        let block = self.inline.block.as_ref();
        block.map_or(&[], |block| &block.dependencies)
    }

    /// Puts the interpreter before the script, and returns what it must read from standard input.
    pub(crate) fn into_command(
        self,
        command: &mut Vec<OsString>,
        interpreter: &str,
    ) -> Option<File> {
        // An interpreter takes such a path for an option.
        if self.stdin.is_none()
            && let Some(first) = command.first_mut()
            && first.as_encoded_bytes().starts_with(b"-")
        {
            *first = Path::new(".").join(&*first).into_os_string();
        }
        command.insert(0, interpreter.into());
        self.stdin
    }
}

/// Returns whether the first word of a command is a script: a file with the name of one. A program
/// on PATH may be called `x.py`, too.
fn is_script(context: &Context, arguments: &Run, name: &str, path: &Path) -> bool {
    if !Run::is_script_name(name) {
        return false;
    }
    let is_path = name == STDIN || name.contains('/') || path.is_file();
    let is_elsewhere = || find_program(&context.env.path, name).is_some();
    is_path || (arguments.request().is_none() && !is_elsewhere())
}

fn read(name: &str, path: &Path) -> Result<Vec<u8>> {
    // Compiled modules and archives have no comments.
    let ending = path.extension().map(|ending| ending.to_ascii_lowercase());
    if ending.is_some_and(|ending| ending == "pyc" || ending == "pyz") && path.is_file() {
        return Ok(Vec::new());
    }
    plain_file::read(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory if name.contains("://") => {
            Failure::new(Kind::Usage, format!("{name} is a URL, not a file"))
                .hint("download the script, read it, then run the file")
        }
        ErrorKind::NotFound | ErrorKind::NotADirectory => {
            Failure::new(Kind::NoCommand, format!("script {name} not found"))
                .hint(format!("searched for {}", path.display()))
        }
        _ => IoFailure::at("read", path)(error).outside_store(),
    })
}

/// Returns the text on standard input, and a file that has it for the interpreter.
fn read_stdin(context: &Context) -> Result<(Vec<u8>, File)> {
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().read_to_end(&mut bytes);
    read.map_err(IoFailure::at("read", "/dev/stdin"))?;
    // The open file outlives its directory.
    let directory = PrivateDir::new(&context.env.temporary, "script").map_err(|error| {
        error
            .outside_store()
            .hint("set TMPDIR to a writable directory")
    })?;
    let path = directory.join("script.py");
    let written = File::create_new(&path).and_then(|mut file| file.write_all(&bytes));
    let file = written.and_then(|()| File::open(&path));
    let file = file.map_err(|error| IoFailure::at("write", &path)(error).outside_store())?;
    Ok((bytes, file))
}

fn warn_of_unread(context: &Context, name: &str, block: Option<&ScriptBlock>) {
    if let Some(block) = block.filter(|block| !block.unread.is_empty()) {
        let keys = block.unread.join(", ");
        context
            .reporter
            .warn(format!("{name}: ftpy does not read {keys}"));
    }
}
