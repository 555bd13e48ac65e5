//! A real terminal, in which programs start like a user's, without the test's environment.

use crate::support::sandbox::{Finished, Sandbox, finished};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A program with the sandbox's home, and only the store that the shell finds.
pub fn start(sandbox: &Sandbox, program: &str, arguments: &[&str]) -> Finished {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env_clear()
        .env("HOME", sandbox.home())
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("TERM", "xterm")
        .env("LANG", "C.UTF-8")
        .current_dir(sandbox.home())
        .stdin(Stdio::null());
    finished(command.output().expect(program))
}

/// A terminal with a separate server, which ends with the test.
pub struct Terminal {
    socket: String,
}

impl Terminal {
    /// A shell in a terminal with only the sandbox's home.
    pub fn start(sandbox: &Sandbox, name: &str, shell: &str) -> Self {
        let socket = sandbox
            .home()
            .join(format!("tmux-{name}"))
            .display()
            .to_string();
        let said = start(
            sandbox,
            "tmux",
            &[
                "-S",
                &socket,
                "-f",
                "/dev/null",
                "new-session",
                "-d",
                "-x",
                "120",
                "-y",
                "50",
                shell,
            ],
        );
        assert_eq!(said.code, Some(0), "{said:?}");
        Self { socket }
    }

    /// Runs a command of tmux, and returns its output.
    pub fn tmux(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("tmux");
        let output = command.args(["-S", &self.socket]).args(arguments).output();
        finished(output.expect("tmux")).stdout
    }

    /// Types this, with `\t` for a tab.
    pub fn type_only(&self, text: &str) {
        self.tmux(&["send-keys", "-l", text]);
    }

    /// Types a line.
    pub fn keys(&self, line: &str) {
        self.type_only(line);
        self.tmux(&["send-keys", "Enter"]);
    }

    /// The screen, as soon as it contains this. Blanks at the end of a line are ignored.
    pub fn wait_for(&self, text: &str) -> String {
        let end = Instant::now() + Duration::from_secs(20);
        loop {
            let screen = self.tmux(&["capture-pane", "-p"]);
            if screen.contains(text) {
                return screen;
            }
            assert!(Instant::now() < end, "no `{text}` on the screen:\n{screen}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}
