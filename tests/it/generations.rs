//! Pythons that start `python` again, through the shim and PATH: any number of times, unless
//! nothing changes in between. Nothing in the current directory is started.

use crate::support::sandbox::{Finished, Sandbox, finished};
use crate::support::shims::{directory, executable, output, shim, three};
use std::path::Path;
use std::process::Command;

/// A shim with these directories after the shims on PATH.
fn behind(sandbox: &Sandbox, directories: &[&str], arguments: &[&str]) -> Finished {
    let behind = directories.iter().map(|name| sandbox.home().join(name));
    let all = std::iter::once(directory(sandbox))
        .chain(behind)
        .chain(["/usr/bin".into(), "/bin".into()]);
    let path = std::env::join_paths(all).expect("a PATH");
    let mut command = shim(sandbox, "python", sandbox.home());
    finished(output(command.env("PATH", path).args(arguments)))
}

#[test]
fn sixty_generations_of_the_systems_python_are_not_a_loop() {
    let sandbox = three();
    let system = sandbox.home().join("system/python");
    let counts =
        "#!/bin/sh\nif [ \"$1\" -gt 0 ]; then python $(($1 - 1)); exit $?; fi\necho done\n";
    executable(&system, counts);
    let said = behind(&sandbox, &["system"], &["60"]);
    assert_eq!(said.stdout, "done\n", "{said:?}");
    // With the counter in the environment, and the same arguments each time.
    let counts = "#!/bin/sh\nLEFT=${LEFT-60}\nif [ \"$LEFT\" -gt 0 ]; then\n\
                  LEFT=$((LEFT - 1)) python x.py; exit $?\nfi\necho done\n";
    executable(&system, counts);
    let said = behind(&sandbox, &["system"], &["x.py"]);
    assert_eq!(said.stdout, "done\n", "{said:?}");
    // With the counter in a file, which the shim does not know.
    let counts = "#!/bin/sh\necho x >> count\nif [ $(wc -l < count) -lt 60 ]; then\n\
                  python x.py; exit $?\nfi\necho done\n";
    executable(&system, counts);
    let said = behind(&sandbox, &["system"], &["x.py"]);
    assert_eq!(said.stdout, "done\n", "{said:?}");
}

#[test]
fn a_python_that_becomes_python_again_is_the_same_python() {
    let sandbox = three();
    // A program, like interpreters are, and not a script, which has other programs after it on
    // PATH.
    let system = sandbox.home().join("system");
    std::fs::create_dir(&system).expect("mkdir");
    let shell = Path::new("/bin/sh").canonicalize().expect("a shell");
    std::fs::copy(shell, system.join("python3.11")).expect("copy");
    std::os::unix::fs::symlink("python3.11", system.join("python")).expect("link");
    executable(
        &sandbox.home().join("other/python"),
        "#!/bin/sh\necho the other one\n",
    );
    let again = "exec python -c \"exec python -c 'echo done'\"";
    let said = behind(&sandbox, &["system", "other"], &["-c", again]);
    assert_eq!(said.stdout, "done\n", "{said:?}");
}

#[test]
fn a_wrapper_that_only_starts_the_shim_again_is_a_loop() {
    let sandbox = three();
    let wrapper = sandbox.home().join("wrap/python");
    for text in [
        "#!/bin/sh\npython \"$@\"\nexit $?\n",
        "#!/bin/sh\npython -u \"$@\"\nexit $?\n",
        "#!/bin/sh\nPATH=\"$HOME/bin:$PATH\"\npython \"$@\"\nexit $?\n",
    ] {
        executable(&wrapper, text);
        let said = behind(&sandbox, &["wrap"], &["x.py"]);
        assert_eq!(said.code, Some(127), "{said:?}");
        let path = wrapper.display().to_string();
        for part in [
            path.as_str(),
            "keeps starting python",
            "`ftpy default 3.14t`",
        ] {
            assert!(said.stderr.contains(part), "{part}: {said:?}");
        }
    }
}

#[test]
fn nothing_of_the_current_directory_is_run_where_path_is_empty() {
    let sandbox = three();
    for name in ["tool", "git", "python"] {
        executable(&sandbox.home().join(name), "#!/bin/sh\necho trapped\n");
    }
    let with_path = |mut command: Command, path: Option<&str>| {
        match path {
            Some(path) => command.env("PATH", path),
            None => command.env_remove("PATH"),
        };
        finished(output(&mut command))
    };
    let finds_nothing = |command: Command, path: Option<&str>| {
        let said = with_path(command, path);
        let ended = (said.code, said.stdout.as_str());
        assert_eq!(ended, (Some(127), ""), "{path:?}: {said:?}");
    };
    for path in [None, Some(""), Some(":"), Some("relative::.")] {
        finds_nothing(sandbox.command(&["run", "3.14t", "--", "tool"]), path);
        let said = with_path(sandbox.command(&["build", "3.14t", "--source", "."]), path);
        assert!(!said.stdout.contains("trapped"), "{path:?}: {said:?}");
        finds_nothing(shim(&sandbox, "python", sandbox.home()), path);
    }
    // ftpy adds no empty part to PATH of a child's shell.
    for path in [None, Some("")] {
        let shell = ["run", "3.14t", "--", "/bin/sh", "-c", "tool"];
        finds_nothing(sandbox.command(&shell), path);
    }
}
