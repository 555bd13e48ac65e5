//! A separate machine: a mount namespace in which /usr, /etc, /var and /opt are overlays, so that a
//! real package manager can install packages without a lasting effect. Requires root, `unshare` and
//! overlayfs, and fails without them.

use crate::support::live::archives_ending;
use crate::support::sandbox::{Finished, Sandbox, finished, probe_answer};
use crate::support::shims::executable;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Keeps the namespace alive.
pub struct Machine {
    keeper: Child,
    /// A directory that is the same outside and inside.
    pub place: PathBuf,
}

const KEEPER: &str = r#"
set -e
mount -t tmpfs tmpfs "$1"
for d in usr etc var opt; do
  mkdir -p "$1/$d" "$1/.$d"
  mount -t overlay overlay -o "lowerdir=/$d,upperdir=$1/$d,workdir=$1/.$d" "/$d"
done
mount -t tmpfs tmpfs /run
echo ready
exec sleep 3600
"#;

impl Machine {
    /// A machine with this os-release; `place` is an empty directory outside /usr, /etc, /var and
    /// /opt.
    pub fn new(place: &Path, os_release: &str) -> Self {
        std::fs::create_dir_all(place).expect("mkdir");
        let spawned = Command::new("unshare")
            .args(["--mount", "sh", "-c", KEEPER, "sh"])
            .arg(place)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let mut keeper = spawned.expect("unshare starts");
        let mut ready = [0; 5];
        let read = keeper.stdout.as_mut().map(|out| out.read_exact(&mut ready));
        if !matches!(read, Some(Ok(()))) {
            let output = keeper.wait_with_output().expect("output");
            let reason = String::from_utf8_lossy(&output.stderr);
            panic!("a mount namespace with overlays, which needs root: {reason}");
        }
        let machine = Self {
            keeper,
            place: place.to_owned(),
        };
        machine.sh(&format!(
            "rm -f /etc/os-release; cat > /etc/os-release <<'END'\n{os_release}END\n"
        ));
        machine
    }

    /// A command inside, with its environment and directory.
    pub fn inside(&self, command: &Command) -> Command {
        let mut entered = Command::new("nsenter");
        let directory = command.get_current_dir().unwrap_or(Path::new("/"));
        entered
            .args(["--target", &self.keeper.id().to_string(), "--mount"])
            .arg(format!("--wd={}", directory.display()))
            .args(["--", "env", "-i"]);
        for (name, value) in command.get_envs() {
            let mut variable = name.to_owned();
            variable.push("=");
            variable.push(value.unwrap_or_default());
            entered.arg(variable);
        }
        entered.arg(command.get_program()).args(command.get_args());
        entered
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        entered
    }

    /// ftpy inside.
    pub fn ftpy(&self, sandbox: &Sandbox, arguments: &[&str]) -> Finished {
        let mut command = self.inside(&sandbox.command(arguments));
        finished(command.output().expect("nsenter"))
    }

    /// ftpy inside, which must end with this code.
    pub fn ends(&self, code: i32, sandbox: &Sandbox, arguments: &[&str]) -> Finished {
        let said = self.ftpy(sandbox, arguments);
        assert_eq!(said.code, Some(code), "{arguments:?}: {said:#?}");
        said
    }

    /// Runs a script inside, which must succeed; returns its output.
    pub fn sh(&self, script: &str) -> String {
        let mut command = Command::new("sh");
        command
            .args(["-ec", script])
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("DEBIAN_FRONTEND", "noninteractive")
            .env("LC_ALL", "C")
            .env("HOME", &self.place);
        let said = finished(self.inside(&command).output().expect("nsenter"));
        assert_eq!(said.code, Some(0), "{script}\n{said:#?}");
        said.stdout
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // The namespace and its mounts end with the last process.
        let _ = self.keeper.kill();
        let _ = self.keeper.wait();
    }
}

/// A sandbox, and a machine below its home.
pub fn machine(os_release: &str) -> (Sandbox, Machine) {
    let mut sandbox = Sandbox::new();
    sandbox.use_embedded_index();
    sandbox.set(
        "PATH",
        "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    );
    let place = sandbox.home().join("machine");
    let machine = Machine::new(&place, os_release);
    (sandbox, machine)
}

/// A tree whose /usr/bin/pythonX.Yt is a script that imitates this version.
pub fn told_tree(place: &Path, version: &str, flags: &str) -> PathBuf {
    let tree = place.join(format!("tree-{version}{flags}"));
    let minor = version.rsplit_once('.').expect("a patch").0;
    let path = tree.join(format!("usr/bin/python{minor}t"));
    executable(&path, &probe_answer(version, flags, flags));
    tree
}

/// The tree of a real interpreter at `place`/usr: python3.14t, free-threaded, or its GIL twin as
/// python3.14.
pub fn real_tree(place: &Path, is_free_threaded: bool) -> PathBuf {
    let ending = match is_free_threaded {
        true => "-freethreaded-install_only_stripped.tar.gz",
        false => "-gnu-install_only_stripped.tar.gz",
    };
    let archive = archives_ending(ending).remove(0);
    let tarball = place.join(&archive.name);
    std::fs::write(&tarball, archive.bytes).expect("write");
    let tree = place.join(format!("tree-{is_free_threaded}"));
    let usr = tree.join("usr");
    std::fs::create_dir_all(&usr).expect("mkdir");
    let status = Command::new("tar")
        .args(["--strip-components=1", "-xzf"])
        .arg(&tarball)
        .arg("-C")
        .arg(&usr)
        .status();
    assert!(status.expect("tar").success());
    // A distribution's package contains only the versioned name and the library.
    let own = if is_free_threaded { "3.14t" } else { "3.14" };
    let keep = |directory: &str, name: &str| {
        for entry in std::fs::read_dir(usr.join(directory))
            .expect("read")
            .flatten()
        {
            let path = entry.path();
            if entry.file_name() != *name {
                let is_dir = path.is_dir() && !path.is_symlink();
                let removed = match is_dir {
                    true => std::fs::remove_dir_all(&path),
                    false => std::fs::remove_file(&path),
                };
                removed.expect("remove");
            }
        }
    };
    let name = format!("python{own}");
    keep("bin", &name);
    keep("lib", &name);
    for other in ["share", "include"] {
        let _ = std::fs::remove_dir_all(usr.join(other));
    }
    for test in ["test", "idlelib", "turtledemo", "ensurepip"] {
        let _ = std::fs::remove_dir_all(usr.join("lib").join(&name).join(test));
    }
    tree
}
