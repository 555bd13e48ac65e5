//! `setup`: what it writes into profiles, and that undo restores them byte for byte.

use crate::support::sandbox::{Sandbox, copy_variables, finished};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

/// The files that setup creates if bash has no login profile, and nushell's.
const PLATFORM: [&str; 2] = match cfg!(target_os = "macos") {
    true => [
        ".bash_profile",
        "Library/Application Support/nushell/autoload/ftpy.nu",
    ],
    false => [".profile", ".config/nushell/autoload/ftpy.nu"],
};

/// Everything below a directory except the store: kind, mode and contents.
fn tree(directory: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut todo = vec![directory.to_owned()];
    while let Some(directory) = todo.pop() {
        for entry in std::fs::read_dir(&directory).expect("read").flatten() {
            let path = entry.path();
            // The shims that setup creates belong to the store, and are kept.
            if path.ends_with("store") || path.ends_with("other") {
                continue;
            }
            let kind = path.symlink_metadata().expect("metadata");
            let content = if kind.is_symlink() {
                format!("{:?}", path.read_link().expect("a link"))
            } else if kind.is_dir() {
                todo.push(path.clone());
                String::new()
            } else if kind.is_file() {
                format!("{:?}", std::fs::read(&path).expect("read"))
            } else {
                "special".to_owned()
            };
            found.push((path, format!("{:o} {content}", kind.permissions().mode())));
        }
    }
    found.sort();
    found
}

fn write(path: &Path, bytes: &[u8], mode: u32) {
    std::fs::create_dir_all(path.parent().expect("a directory")).expect("mkdir");
    std::fs::write(path, bytes).expect("write");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("chmod");
}

fn text(path: &Path) -> String {
    String::from_utf8_lossy(&std::fs::read(path).expect("read")).into_owned()
}

#[test]
fn setup_and_undo_restore_every_profile_byte_for_byte() {
    let profiles: [&[u8]; 9] = [
        b"",
        b"\n",
        b"export A=1\n",
        b"export A=1",
        b"export A=1\r\nexport B=2\r\n",
        b"export A=1\r\nexport B=2",
        b"# caf\xe9 \xff\xfe\0\n",
        b"\xef\xbb\xbfA=1 \\",
        b"# <<< ftpy setup <<<\n\n",
    ];
    for (index, bytes) in profiles.into_iter().enumerate() {
        let mut sandbox = Sandbox::new();
        let home = sandbox.home().to_owned();
        write(
            &home.join(".bashrc"),
            bytes,
            [0o644, 0o600, 0o755][index % 3],
        );
        let login = [".bash_profile", ".bash_login", ".profile"][index / 3];
        // Dotfiles in a repository, through a relative link.
        write(&home.join("dotfiles/login"), bytes, 0o640);
        symlink("dotfiles/login", home.join(login)).expect("a link");
        let before = tree(&home);
        sandbox.ok(&["setup", "--shell", "bash", "--yes"]);
        for name in [".bashrc", login, "dotfiles/login"] {
            let new = std::fs::read(home.join(name)).expect("read");
            assert!(new.starts_with(bytes) && new != bytes, "{name} {bytes:?}");
            let text = text(&home.join(name));
            assert!(text.contains("\"$HOME/store/shims\""), "{name}: {text}");
        }
        assert_eq!(tree(&home).len(), before.len());
        // Another store: the block is replaced, and can be undone, too.
        if index % 2 == 0 {
            let other = home.join("other").display().to_string();
            sandbox.set("FTPY_HOME", &other);
            sandbox.ok(&["setup", "--shell", "bash", "--yes"]);
            let new = text(&home.join(".bashrc"));
            assert!(new.contains("$HOME/other/shims"), "{new}");
            assert!(!new.contains("$HOME/store"), "{new}");
            assert_eq!(new.matches("# >>> ftpy").count(), 1, "{new}");
        }
        sandbox.ok(&["setup", "--shell", "bash", "--undo", "--yes"]);
        assert_eq!(tree(&home), before, "{bytes:?}");
    }
}

#[test]
fn what_setup_made_undo_removes_and_nothing_else() {
    let [login, nu] = PLATFORM;
    for (shell, files) in [
        ("bash", &[".bashrc", login][..]),
        ("sh", &[".profile"]),
        ("zsh", &[".zshrc", ".zprofile"]),
        ("fish", &[".config/fish/conf.d/ftpy.fish"]),
        ("nu", &[nu]),
        ("pwsh", &[".config/powershell/profile.ps1"]),
    ] {
        let sandbox = Sandbox::new();
        let home = sandbox.home().to_owned();
        let before = tree(&home);
        sandbox.ok(&["setup", "--shell", shell, "--yes"]);
        for file in files {
            let text = text(&home.join(file));
            let code = sandbox.ok(&["init", shell]).stdout;
            assert!(text.contains(&code), "{text}");
        }
        sandbox.ok(&["setup", "--shell", shell, "--yes", "--undo"]);
        assert_eq!(tree(&home), before);
        // Later additions are kept.
        sandbox.ok(&["setup", "--shell", shell, "--yes"]);
        let file = home.join(files[0]);
        let behind = text(&file) + "mine\n";
        std::fs::write(&file, behind).expect("write");
        sandbox.ok(&["setup", "--shell", shell, "--yes", "--undo"]);
        assert_eq!(text(&file), "mine\n");
    }
    let sandbox = Sandbox::new();
    sandbox.ok(&["setup", "--shell", "fish", "--yes"]);
    let other = sandbox.home().join(".config/fish/config.fish");
    write(&other, b"", 0o644);
    sandbox.ok(&["setup", "--shell", "fish", "--yes", "--undo"]);
    assert!(other.exists() && !sandbox.home().join(".config/fish/conf.d").exists());
}

#[test]
fn a_link_to_nothing_and_two_names_of_one_file_are_one_file_each() {
    let sandbox = Sandbox::new();
    let home = sandbox.home();
    write(&home.join("dotfiles/bash"), b"A=1\n", 0o644);
    symlink("dotfiles/bash", home.join(".bashrc")).expect("a link");
    symlink(".bashrc", home.join(".bash_profile")).expect("a link");
    symlink("dotfiles/new/zshrc", home.join(".zshrc")).expect("a link");
    let before = tree(home);
    let said = sandbox.ok(&["setup", "--shell", "bash", "--yes"]);
    assert_eq!(said.stderr.matches("changed").count(), 1, "{said:?}");
    assert_eq!(
        text(&home.join(".bash_profile")).matches("# >>>").count(),
        1
    );
    sandbox.ok(&["setup", "--shell", "zsh", "--yes"]);
    assert!(home.join("dotfiles/new/zshrc").is_file());
    assert!(home.join(".zshrc").is_symlink());
    for shell in ["bash", "zsh"] {
        sandbox.ok(&["setup", "--shell", shell, "--yes", "--undo"]);
    }
    assert_eq!(tree(home), before);
}

#[test]
fn setup_says_what_it_does_and_does_it_once() {
    let mut sandbox = Sandbox::new();
    sandbox.set("SHELL", "/usr/bin/zsh");
    let zdotdir = sandbox.home().join("zsh");
    sandbox.set("ZDOTDIR", &zdotdir.display().to_string());
    write(&zdotdir.join(".zshrc"), b"A=1\n", 0o644);
    let before = tree(sandbox.home());
    let refused = sandbox.fails(2, &["setup"]);
    assert!(refused.stderr.contains("\n+ # >>> ftpy setup >>>\n"));
    assert!(refused.stderr.contains("--yes"), "{refused:?}");
    let dry = sandbox.ok(&["--json", "setup", "--dry-run"]);
    let json: serde_json::Value = serde_json::from_str(&dry.stdout).expect("JSON");
    assert_eq!(json["shell"], "zsh");
    assert_eq!(json["dry_run"], true);
    assert_eq!(json["files"][0]["done"], "changed");
    assert_eq!(json["files"][1]["done"], "created");
    sandbox.fails(2, &["setup", "--undo", "--shell", "tcsh"]);
    assert_eq!(tree(sandbox.home()), before, "nothing was written");

    let said = sandbox.ok(&["setup", "-y"]);
    assert_eq!(said.stdout, "");
    assert!(!said.stderr.contains("\n- "), "{said:?}");
    assert!(said.stderr.ends_with("or run `exec zsh -l`\n"), "{said:?}");
    let after = tree(sandbox.home());
    let again = sandbox.ok(&["setup"]);
    assert_eq!(again.stderr, "zsh is already set up\n");
    let json = sandbox.ok(&["--json", "setup"]).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["files"][1]["done"], "unchanged");
    let refused = sandbox.fails(2, &["setup", "--undo"]);
    assert!(refused.stderr.contains("\n- # >>> ftpy setup >>>\n"));
    assert!(!refused.stderr.contains("\n+ "), "{refused:?}");
    sandbox.ok(&["setup", "--undo", "--dry-run"]);
    assert_eq!(tree(sandbox.home()), after);
    sandbox.ok(&["setup", "--undo", "-y"]);
    assert_eq!(tree(sandbox.home()), before);
    let again = sandbox.ok(&["setup", "--undo"]);
    assert_eq!(again.stderr, "zsh is not set up; nothing to undo\n");
}

#[test]
fn an_unknown_login_shell_is_asked_for() {
    let mut sandbox = Sandbox::new();
    let said = sandbox.fails(2, &["setup", "--yes"]);
    assert!(said.stderr.contains("--shell bash"), "{said:?}");
    sandbox.set("SHELL", "/bin/tcsh");
    let said = sandbox.fails(2, &["setup", "--yes"]);
    assert!(said.stderr.contains("/bin/tcsh"), "{said:?}");
    assert!(said.stderr.contains("--shell bash"), "{said:?}");
}

#[test]
fn a_system_without_bash_gets_the_profile_that_its_shell_reads() {
    let mut sandbox = Sandbox::new();
    for login in ["/bin/sh", "/bin/ash", "/usr/bin/dash", "/bin/ksh"] {
        sandbox.set("SHELL", login);
        let said = sandbox.ok(&["setup", "--yes"]);
        assert!(
            said.stderr
                .ends_with("log in again, or run `. ~/.profile`\n"),
            "{said:?}"
        );
        let mut shell = std::process::Command::new("/bin/sh");
        copy_variables(&mut shell, &sandbox.command(&[]));
        shell.args(["-l", "-c", "echo \":$PATH\""]);
        let path = finished(shell.output().expect("sh")).stdout;
        let shims = sandbox.store.join("shims").display().to_string();
        let is_first = |line: &str| line.starts_with(&format!(":{shims}:"));
        assert!(path.lines().any(is_first), "{path}");
        sandbox.ok(&["setup", "--undo", "--yes"]);
        assert!(!sandbox.home().join(".profile").exists());
    }
}

/// Blocks a path.
type Arrange<'a> = &'a dyn Fn(&Path);

#[test]
fn a_profile_that_cannot_be_written_is_named_and_no_other_is_written() {
    let [login, _] = PLATFORM;
    let arrange: [(&str, Arrange); 2] = [
        (login, &|home| {
            write(&home.join(login), b"# >>> ftpy setup >>>\n", 0o644);
        }),
        // Neither is usable.
        (login, &|home| {
            write(&home.join(".bashrc"), b"A=1\n", 0o444);
            std::fs::create_dir(home.join(login)).expect("mkdir");
        }),
    ];
    for (name, arrange) in arrange {
        let sandbox = Sandbox::new();
        arrange(sandbox.home());
        let before = tree(sandbox.home());
        let said = sandbox.fails(7, &["setup", "--shell", "bash", "--yes"]);
        let path = sandbox.home().join(name).display().to_string();
        assert!(said.stderr.contains(&path), "{said:?}");
        assert!(!said.stderr.contains("FTPY_HOME to"), "{said:?}");
        assert_eq!(tree(sandbox.home()), before);
    }
    let sandbox = Sandbox::new();
    write(&sandbox.home().join(".config"), b"a file", 0o644);
    let said = sandbox.fails(7, &["setup", "--shell", "fish", "--yes"]);
    assert!(said.stderr.contains("conf.d/ftpy.fish"), "{said:?}");
}

#[test]
fn a_profile_that_cannot_be_used_is_left_out_with_a_warning() {
    let [login, _] = PLATFORM;
    let fifo = |path: &Path| {
        let made = std::process::Command::new("mkfifo").arg(path).status();
        assert!(made.expect("mkfifo").success());
    };
    let arrange: [(&str, Arrange); 6] = [
        (login, &|home| {
            std::fs::create_dir(home.join(login)).expect("mkdir")
        }),
        (".bashrc", &|home| {
            std::fs::create_dir(home.join(".bashrc")).expect("mkdir")
        }),
        (login, &|home| write(&home.join(login), b"A=1\n", 0o444)),
        (".bashrc", &|home| {
            symlink(".bashrc", home.join(".bashrc")).expect("a link")
        }),
        (login, &|home| fifo(&home.join(login))),
        // Only writing shows that nothing can be created there.
        (login, &|home| {
            symlink("/proc/none/profile", home.join(login)).expect("a link");
        }),
    ];
    for (index, (name, arrange)) in arrange.into_iter().enumerate() {
        let sandbox = Sandbox::new();
        arrange(sandbox.home());
        let before = tree(sandbox.home());
        let said = sandbox.ok(&["setup", "--shell", "bash", "--yes"]);
        let path = sandbox.home().join(name).display().to_string();
        let warning = said
            .stderr
            .lines()
            .find(|line| line.starts_with("warning: "));
        assert!(
            warning.is_some_and(|line| line.contains(&path)),
            "{index}: {said:?}"
        );
        let other = [".bashrc", login].into_iter().find(|other| *other != name);
        let other = sandbox.home().join(other.expect("the other"));
        assert!(text(&other).contains("# >>> ftpy setup"), "{index}");
        sandbox.ok(&["setup", "--shell", "bash", "--undo", "--yes"]);
        assert_eq!(tree(sandbox.home()), before, "{index}");
    }
}

/// A zsh whose `.zshenv` sets another directory; `script` replaces reading it.
fn with_zsh(script: &str) -> Sandbox {
    let mut sandbox = Sandbox::new();
    let home = sandbox.home().to_owned();
    write(&home.join(".zshenv"), b"ZDOTDIR=$HOME/.config/zsh\n", 0o644);
    write(
        &home.join("tools/zsh"),
        format!("#!/bin/sh\n{script}\n").as_bytes(),
        0o755,
    );
    sandbox.set("SHELL", &home.join("tools/zsh").display().to_string());
    sandbox
}

#[test]
fn the_profiles_of_zsh_are_where_zsh_says() {
    let sandbox = with_zsh("echo noise; printf '\\0ftpy:%s\\0' \"$HOME/.config/zsh\"");
    let home = sandbox.home();
    // Lines of an earlier ftpy in a file that zsh does not read.
    write(
        &home.join(".zshrc"),
        b"# >>> ftpy setup >>>\nx\n# <<< ftpy setup <<<\n",
        0o644,
    );
    sandbox.ok(&["setup", "--yes"]);
    for name in [".config/zsh/.zshrc", ".config/zsh/.zprofile"] {
        assert!(
            text(&home.join(name)).contains("# >>> ftpy setup"),
            "{name}"
        );
    }
    assert!(!home.join(".zprofile").exists());
    sandbox.ok(&["setup", "--undo", "--yes"]);
    assert!(!home.join(".config").exists());
    assert!(!text(&home.join(".zshrc")).contains("ftpy"));
}

#[test]
fn a_zsh_that_does_not_answer_is_not_waited_for() {
    for script in ["exec sleep 60", "exit 1", "while :; do echo noise; done"] {
        let sandbox = with_zsh(script);
        let started = std::time::Instant::now();
        let said = sandbox.ok(&["setup", "--yes"]);
        assert!(started.elapsed().as_secs() < 30, "{script}");
        assert!(
            said.stderr.contains("does not say where its profiles are"),
            "{said:?}"
        );
        assert!(sandbox.home().join(".zshrc").exists(), "{script}");
    }
}

/// A socket replaces `/dev/null`, which a test that finds a defect must not overwrite.
#[test]
fn a_profile_that_is_no_file_is_left_alone() {
    let sandbox = Sandbox::new();
    let socket = sandbox.home().join("socket");
    let _socket = std::os::unix::net::UnixListener::bind(socket).expect("a socket");
    symlink("socket", sandbox.home().join(".zprofile")).expect("a link");
    let before = tree(sandbox.home());
    let said = sandbox.ok(&["setup", "--shell", "zsh", "--yes"]);
    assert!(said.stderr.contains(".zprofile is not a file"), "{said:?}");
    sandbox.ok(&["setup", "--shell", "zsh", "--undo", "--yes"]);
    assert_eq!(tree(sandbox.home()), before);
}
