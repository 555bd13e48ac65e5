//! Finds zsh's profile directory. `ZDOTDIR` is often set in `~/.zshenv` and not exported, so only
//! zsh itself knows it.

use crate::env::Shell;
use crate::ops::context::Context;
use ftpy_core::path::find_program;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

/// Printed by a zsh that has read `.zshenv` and nothing else. `builtin` avoids a function of the
/// same name.
const SCRIPT: &str = "builtin print -rn -- $'\\0'ftpy:${ZDOTDIR:-$HOME}$'\\0'";

/// Marks the answer in the output of `.zshenv`.
const MARK: &[u8] = b"\0ftpy:";

/// The time limit for `.zshenv`.
const PATIENCE: Duration = Duration::from_secs(3);

/// The limit of the output of `.zshenv`.
const LONGEST: u64 = 1 << 20;

/// The files that may set `ZDOTDIR` for every user, in addition to `.zshenv`.
const OF_ALL: [&str; 2] = ["/etc/zshenv", "/etc/zsh/zshenv"];

/// Returns the shell's environment, with the directory that zsh itself reports.
pub(crate) fn surroundings(context: &Context) -> Shell {
    let own = &context.env.shell;
    let directory = own.zdotdir.as_ref().or(own.home.as_ref());
    let of_person = directory.map(|directory| directory.join(".zshenv"));
    let mut files = OF_ALL.iter().map(PathBuf::from).chain(of_person);
    if !files.any(|file| file.exists()) {
        return own.clone();
    }
    let login = own.login.as_deref();
    let login = login.filter(|login| login.file_name().is_some_and(|name| name == "zsh"));
    let program = match login.filter(|login| login.exists()) {
        Some(login) => Some(login.to_owned()),
        None => find_program(&context.env.path, "zsh"),
    };
    let Some(program) = program else {
        return own.clone();
    };
    match ask(&program) {
        Some(zdotdir) => Shell {
            zdotdir: Some(zdotdir),
            ..own.clone()
        },
        None => {
            let directory = directory.map(|directory| directory.display().to_string());
            context.reporter.warn(format!(
                "{} does not say where its profiles are: {} is assumed; a ZDOTDIR that a .zshenv \
                 sets is not known",
                program.display(),
                directory.unwrap_or_default()
            ));
            own.clone()
        }
    }
}

fn ask(program: &Path) -> Option<PathBuf> {
    let mut command = Command::new(program);
    command
        .args(["-c", SCRIPT])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = command.spawn().ok()?;
    let mut stdout = child.stdout.take()?.take(LONGEST);
    let (sender, receiver) = channel();
    // A background process of `.zshenv` may hold the pipe open forever, so only the answer is
    // awaited.
    std::thread::spawn(move || {
        let (mut said, mut part) = (Vec::new(), [0; 4096]);
        while let Ok(length @ 1..) = stdout.read(&mut part) {
            said.extend(&part[..length]);
            if let Some(directory) = answer(&said) {
                let _ = sender.send(directory);
                return;
            }
        }
    });
    let answer = receiver.recv_timeout(PATIENCE).ok();
    #[cfg(unix)]
    {
        use rustix::process::{Pid, Signal, kill_process_group};
        let _ = kill_process_group(Pid::from_child(&child), Signal::KILL);
    }
    let _ = child.kill();
    let _ = child.wait();
    answer
}

/// Returns the absolute path between the marks.
fn answer(said: &[u8]) -> Option<PathBuf> {
    let mut places = said.windows(MARK.len());
    let start = places.position(|part| part == MARK)? + MARK.len();
    let length = said[start..].iter().position(|byte| *byte == 0)?;
    let text = std::str::from_utf8(&said[start..start + length]).ok()?;
    Some(PathBuf::from(text)).filter(|path| path.is_absolute())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;
    use std::time::Instant;

    #[test]
    fn an_answer_is_found_among_noise() {
        let check = |said: &str, expected: Option<&str>| {
            assert_eq!(
                answer(said.as_bytes()),
                expected.map(PathBuf::from),
                "{said:?}"
            );
        };
        check(
            "\0ftpy:/home/me/.config/zsh\0",
            Some("/home/me/.config/zsh"),
        );
        check("hello\n\u{1b}[2J\0ftpy:/a b\0", Some("/a b"));
        check("\0ftpy:/a", None);
        check("\0ftpy:relative\0", None);
        check("/a", None);
    }

    #[test]
    fn a_shell_that_hangs_or_babbles_is_ended() {
        let home = tempfile::tempdir().expect("tempdir");
        let zsh = home.path().join("zsh");
        for script in ["sleep 60", "while :; do echo noise; done", "exit 1"] {
            std::fs::write(&zsh, format!("#!/bin/sh\n{script}\n")).expect("write");
            std::fs::set_permissions(&zsh, PermissionsExt::from_mode(0o755)).expect("chmod");
            let started = Instant::now();
            assert_eq!(ask(&zsh), None, "{script}");
            assert!(started.elapsed() < PATIENCE * 4, "{script}");
        }
        let answers = "#!/bin/sh\nsleep 60 &\nprintf '\\0ftpy:/x\\0'\n";
        std::fs::write(&zsh, answers).expect("write");
        let started = Instant::now();
        assert_eq!(ask(&zsh), Some("/x".into()));
        assert!(started.elapsed() < PATIENCE);
    }
}
