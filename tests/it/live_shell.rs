//! Setup, completions and the manual in the real shells that `.ci/run` installs: zsh and fish, and
//! a terminal for setup's prompt. nushell and PowerShell are not packaged for the machines of these
//! tests.

use crate::support::live::{archive, archives_if_any, free_threaded, require_live, say};
use crate::support::sandbox::{Sandbox, interpreter};
use crate::support::terminal::{Terminal, start};
use std::path::{Path, PathBuf};

/// The small free-threaded archive next to the project; else a script that imitates one.
fn with_python(store: &str) -> Sandbox {
    require_live();
    let mut sandbox = Sandbox::at(store);
    let small = "freethreaded-install_only_stripped.tar.gz";
    let real = archives_if_any()
        .into_iter()
        .find(|path| path.to_string_lossy().ends_with(small));
    match real {
        Some(path) => sandbox.offer(&archive(&path)),
        None => {
            say("with a script for an interpreter: ../shared/pythons is not there");
            sandbox.offer(&interpreter("3.14.7", "t"));
        }
    }
    sandbox.ok(&["-q", "install", "3.14t"]);
    sandbox
}

#[test]
#[ignore = "live: needs zsh and fish"]
fn live_shells_find_and_start_the_shims_after_setup_and_not_after_undo() {
    let sandbox = with_python("it's $a store");
    let shims = sandbox.store.join("shims");
    let kinds = [
        ("bash", "-ic"),
        ("bash", "-lc"),
        ("zsh", "-ic"),
        ("zsh", "-lc"),
        ("fish", "-c"),
        ("fish", "-lc"),
        ("fish", "-ic"),
    ];
    let find = |shell, how| {
        let find = "command -v python3.14t; python3.14t -c 'import sys; print(sys.prefix)'";
        start(&sandbox, shell, &[how, find])
    };
    for (shell, how) in kinds {
        sandbox.ok(&["setup", "--shell", shell, "--yes"]);
        let said = find(shell, how);
        let first = said.stdout.lines().next().map(Path::new);
        let expected = shims.join("python3.14t");
        assert_eq!(first, Some(expected.as_path()), "{shell} {how}: {said:?}");
        assert_eq!(said.code, Some(0), "{shell} {how}: {said:?}");
        if !archives_if_any().is_empty() {
            let prefix = sandbox.store.join("installs/3.14.7t-pbs-20260901");
            let second = said.stdout.lines().nth(1).map(Path::new);
            assert_eq!(second, Some(prefix.as_path()), "{shell} {how}: {said:?}");
        }
        // Only once, however many shells are nested.
        let nested = format!("{shell} {how} 'echo $PATH'");
        let nested = start(&sandbox, shell, &[how, &nested]);
        let shims = shims.display().to_string();
        assert_eq!(nested.stdout.matches(&shims).count(), 1, "{nested:?}");
        sandbox.ok(&["setup", "--shell", shell, "--yes", "--undo"]);
        let said = find(shell, how);
        assert!(!said.stdout.contains(&shims), "{shell} {how}: {said:?}");
    }
}

#[test]
#[ignore = "live: needs zsh"]
fn live_zsh_finds_the_shims_where_its_zdotdir_is_not_exported() {
    let sandbox = with_python("store");
    let zshenv = "echo hello\nsleep 0.1\nZDOTDIR=$HOME/.config/zsh\n";
    std::fs::write(sandbox.home().join(".zshenv"), zshenv).expect("write");
    let said = sandbox.ok(&["setup", "--shell", "zsh", "--yes"]);
    assert!(!said.stderr.contains("warning"), "{said:?}");
    let shim = sandbox
        .store
        .join("shims/python3.14t")
        .display()
        .to_string();
    for how in ["-ic", "-lc"] {
        let said = start(&sandbox, "zsh", &[how, "command -v python3.14t"]);
        assert_eq!(said.stdout.lines().last(), Some(shim.as_str()), "{said:?}");
    }
    sandbox.ok(&["setup", "--shell", "zsh", "--yes", "--undo"]);
    assert!(!sandbox.home().join(".config").exists());
}

#[test]
#[ignore = "live: needs the interpreters in ../shared/pythons"]
fn live_pythons_the_hint_activates_an_environment_in_each_shell() {
    require_live();
    let mut sandbox = Sandbox::new();
    sandbox.offer(&free_threaded());
    sandbox.ok(&["-q", "install", "3.14t"]);
    for (shell, find) in [
        ("bash", "command -v python"),
        ("zsh", "command -v python"),
        ("dash", "command -v python"),
        ("fish", "command -v python"),
        ("tcsh", "which python"),
    ] {
        let path = format!("it's $(touch pwned) {shell}");
        sandbox.set("SHELL", &format!("/bin/{shell}"));
        let said = sandbox.ok(&["venv", "-p", "3.14t", "--without-pip", &path]);
        let (_, hint) = said
            .stderr
            .split_once("activate it with `")
            .expect("a hint");
        let (hint, _) = hint.trim_end().rsplit_once('`').expect("its end");
        let said = start(&sandbox, shell, &["-c", &format!("{hint} && {find}")]);
        let python = sandbox.home().join(&path).join("bin/python");
        let python = python.display().to_string();
        assert_eq!(said.stdout.trim_end(), python, "{shell}: {hint}: {said:?}");
        assert!(!sandbox.home().join("pwned").exists(), "{shell}");
    }
}

#[test]
#[ignore = "live: needs zsh and fish"]
fn live_init_is_evaluated_twice_by_zsh_and_fish() {
    require_live();
    for name in ["store", "it's $a \"store\"", "back\\slash*`id`", "''"] {
        let sandbox = Sandbox::at(name);
        let shims = sandbox.store.join("shims").display().to_string();
        for (shell, last) in [
            ("zsh", "print -r -- $PATH"),
            ("fish", "string join : $PATH"),
        ] {
            let code = sandbox.ok(&["init", shell]).stdout;
            let twice = format!("{code}\n{code}\n{last}");
            let said = start(&sandbox, shell, &["-c", &twice]);
            let expected = format!("{shims}:/usr/local/bin:/usr/bin:/bin\n");
            assert_eq!(
                (said.stdout, said.stderr),
                (expected, String::new()),
                "{shell}"
            );
        }
    }
}

#[test]
#[ignore = "live: needs zsh and fish"]
fn live_completions_are_sound_and_offer_what_is_installed() {
    let sandbox = with_python("store");
    let home = sandbox.home();
    for (shell, file) in [
        ("zsh", "functions/_ftpy"),
        ("fish", ".config/fish/completions/ftpy.fish"),
    ] {
        let file = home.join(file);
        std::fs::create_dir_all(file.parent().expect("a directory")).expect("mkdir");
        std::fs::write(&file, sandbox.ok(&["completions", shell]).stdout).expect("write");
        let said = start(&sandbox, shell, &["-n", &file.display().to_string()]);
        assert_eq!(
            (said.code, said.stderr),
            (Some(0), String::new()),
            "{shell}"
        );
    }
    let bin = ftpy_on_path(&sandbox);
    let offered = |line: &str| {
        let store = sandbox.store.display();
        let ask = format!(
            "set -gx FTPY_HOME {store}; set -gx PATH {} $PATH; complete -C '{line}'",
            bin.display()
        );
        let said = start(&sandbox, "fish", &["-c", &ask]);
        assert_eq!(said.stderr, "", "{line}");
        let words = said.stdout.lines().map(|line| line.split('\t').next());
        words
            .map(|word| word.unwrap_or("").to_owned())
            .collect::<Vec<_>>()
    };
    let installed = ["3.14.7t", "3.14.7t-pbs-20260901", "3.14t"];
    assert_eq!(offered("ftpy run "), installed);
    assert_eq!(offered("ftpy uninstall 3.14t 3.14.7t-"), installed[1..2]);
    assert_eq!(offered("ftpy venv --python 3.14t"), ["3.14t"]);
    assert!(!offered("ftpy run 3.14t ").contains(&"3.14t".to_owned()));
    assert!(offered("ftpy uninst").contains(&"uninstall".to_owned()));
}

/// A directory with ftpy in it.
fn ftpy_on_path(sandbox: &Sandbox) -> PathBuf {
    let bin = sandbox.home().join("bin");
    std::fs::create_dir(&bin).expect("mkdir");
    std::os::unix::fs::symlink(crate::support::program(), bin.join("ftpy")).expect("a link");
    bin
}

#[test]
#[ignore = "live: needs zsh and tmux"]
fn live_requests_are_completed_while_somebody_types() {
    let sandbox = with_python("store");
    let functions = sandbox.home().join("functions");
    std::fs::create_dir(&functions).expect("mkdir");
    for (shell, name) in [("bash", "ftpy.bash"), ("zsh", "_ftpy")] {
        let script = sandbox.ok(&["completions", shell]).stdout;
        std::fs::write(functions.join(name), script).expect("write");
    }
    let bin = ftpy_on_path(&sandbox);
    let load = [
        ("bash", "bash --norc", ". functions/ftpy.bash"),
        (
            "zsh",
            "zsh -f",
            "fpath=(~/functions $fpath); autoload -Uz compinit; compinit -D",
        ),
    ];
    for (name, shell, load) in load {
        let terminal = Terminal::start(&sandbox, name, shell);
        let (store, bin) = (sandbox.store.display(), bin.display());
        terminal.keys(&format!(
            "export FTPY_HOME={store} PATH={bin}:$PATH; {load}; clear; PS1=ready; PS1+='> '"
        ));
        terminal.wait_for("ready>");
        // In typed text zsh treats `#` as a command; in evaluated text it begins a comment.
        terminal.keys(&format!(
            "eval \"$(ftpy init {name})\"; echo \"is ${{PATH%%:*}}\""
        ));
        let screen = terminal.wait_for(&format!("is {}", sandbox.store.join("shims").display()));
        assert!(!screen.contains("not found"), "{screen}");
        terminal.keys("clear");
        // A blank after the completed word, because another one follows.
        terminal.type_only("ftpy run 3.14.7t-\t-- python");
        terminal.wait_for("ftpy run 3.14.7t-pbs-20260901 -- python");
        terminal.tmux(&["send-keys", "C-u"]);
        terminal.type_only("ftpy venv -p 3.14.7t-\t.venv");
        terminal.wait_for("ftpy venv -p 3.14.7t-pbs-20260901 .venv");
    }
}

#[test]
#[ignore = "live: needs man"]
fn live_manual_pages_are_rendered_by_man() {
    require_live();
    let sandbox = Sandbox::new();
    sandbox.ok(&["man", "./pages"]);
    for (page, words) in [
        ("ftpy.1", ["SUBCOMMANDS", "ftpy-install(1)"]),
        ("ftpy-venv.1", ["--system-site-packages", "OPTIONS"]),
    ] {
        let page = sandbox.home().join("pages").join(page);
        let said = start(
            &sandbox,
            "man",
            &["--warnings", "-P", "cat", "-l", &page.display().to_string()],
        );
        assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""), "{said:?}");
        for word in words {
            assert!(said.stdout.contains(word), "{word}: {said:?}");
        }
    }
}

#[test]
#[ignore = "live: needs tmux"]
fn live_setup_asks_on_a_terminal_and_does_as_answered() {
    require_live();
    let sandbox = Sandbox::new();
    let profile = sandbox.home().join(".bashrc");
    std::fs::write(&profile, "PS1='ready> '\n").expect("write");
    let terminal = Terminal::start(&sandbox, "setup", "bash");
    let setup = format!(
        "FTPY_HOME={} {} setup --shell bash",
        sandbox.store.display(),
        crate::support::program()
    );
    for (answer, code) in [("n", 2), ("", 2), ("y", 0)] {
        // The previous round must be gone from the screen before anything is searched on it; the
        // typed text is on it, too.
        terminal.keys(&format!("clear; echo ro''und:{answer}."));
        terminal.wait_for(&format!("round:{answer}."));
        terminal.keys(&format!("{setup}; echo code:$?"));
        let screen = terminal.wait_for("change 2 files as shown? [y/N]");
        assert!(screen.contains("+ export FTPY_HOME="), "{screen}");
        let before = std::fs::read_to_string(&profile).expect("read");
        assert_eq!(before, "PS1='ready> '\n", "before the answer");
        terminal.keys(answer);
        terminal.wait_for(&format!("code:{code}"));
        let after = std::fs::read_to_string(&profile).expect("read");
        assert_eq!(after != before, code == 0, "{after}");
        assert_eq!(sandbox.home().join(".profile").exists(), code == 0);
    }
}

#[test]
#[ignore = "live: needs tmux"]
fn live_uninstall_asks_on_a_terminal_before_a_request_removes_several() {
    require_live();
    let mut sandbox = Sandbox::new();
    for version in ["3.14.6", "3.14.7"] {
        sandbox.offer(&interpreter(version, "t"));
        sandbox.ok(&["-q", "install", &format!("{version}t")]);
    }
    let terminal = Terminal::start(&sandbox, "uninstall", "bash");
    let store = sandbox.store.display();
    let ftpy = format!("FTPY_HOME={store} {}", crate::support::program());
    for (answer, code, left) in [("n", 2, 2), ("y", 0, 0)] {
        terminal.keys(&format!("clear; echo ro''und:{answer}."));
        terminal.wait_for(&format!("round:{answer}."));
        terminal.keys(&format!("{ftpy} uninstall 3.14t; echo code:$?"));
        let screen = terminal.wait_for("remove all of them? [y/N]");
        assert!(screen.contains("3.14t matches 2 installations"), "{screen}");
        terminal.keys(answer);
        terminal.wait_for(&format!("code:{code}"));
        assert_eq!(sandbox.installed().len(), left);
    }
}
