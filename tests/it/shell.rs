//! What shells evaluate, complete and read: `init`, `completions` and `man`, in the shells that
//! every machine has. The others are in `live_shell`.

use crate::support::sandbox::{Finished, Sandbox, finished, interpreter};
use std::process::Command;

/// Runs a script in a shell with only the sandbox's environment.
fn script(sandbox: &Sandbox, shell: &str, script: &str) -> Finished {
    let mut command = Command::new(shell);
    command
        .args(["-c", script])
        .env_clear()
        .env("HOME", sandbox.home())
        .env("PATH", "/usr/bin:/bin");
    finished(command.output().expect("a shell"))
}

#[test]
fn init_puts_the_shims_first_once_and_says_nothing_else() {
    for name in [
        "store",
        "a b",
        "it's",
        "''",
        "$HOME`id`$(id)",
        "a\"b",
        "back\\",
        "*[a]?",
        "ü~#!",
    ] {
        let sandbox = Sandbox::at(name);
        let init = sandbox.ok(&["init", "bash"]);
        assert_eq!(init.stderr, "");
        let code = init.stdout;
        assert_eq!(code, sandbox.ok(&["init", "zsh"]).stdout);
        let shims = sandbox.store.join("shims");
        let (shims, store) = (shims.display(), sandbox.store.display());
        for shell in ["bash", "sh"] {
            let twice = format!("set -eu\n{code}\n{code}\nprintf '%s\\n' \"$PATH\" \"$FTPY_HOME\"");
            let said = script(&sandbox, shell, &twice);
            let expected = format!("{shims}:/usr/bin:/bin\n{store}\n");
            assert_eq!((said.stdout, said.stderr), (expected, String::new()));
        }
    }
}

#[test]
fn init_moves_nothing_that_is_on_path() {
    let sandbox = Sandbox::new();
    let code = sandbox.ok(&["init", "bash"]).stdout;
    let shims = sandbox.store.join("shims");
    let shims = shims.display();
    for (before, after) in [
        (format!("/venv/bin:{shims}"), format!("/venv/bin:{shims}")),
        (format!("/venv:{shims}:/bin"), format!("/venv:{shims}:/bin")),
        // The directory below it is another one.
        (format!("{shims}/x"), format!("{shims}:{shims}/x")),
        // An empty entry would mean the current directory.
        (String::new(), format!("{shims}")),
    ] {
        let said = script(
            &sandbox,
            "bash",
            &format!("PATH='{before}'\n{code}\necho \"$PATH\""),
        );
        assert_eq!(said.stdout, format!("{after}\n"));
    }
}

#[test]
fn init_names_the_store_only_where_it_was_chosen() {
    let sandbox = Sandbox::new();
    for shell in ["bash", "zsh", "fish", "nu", "pwsh"] {
        let chosen = sandbox.ok(&["init", shell]).stdout;
        let lines = chosen.lines().filter(|line| line.contains("FTPY_HOME"));
        assert_eq!(lines.count(), 1, "{chosen}");
        assert!(!chosen.contains('@'), "{chosen}");
        let mut command = sandbox.command(&["init", shell]);
        let output = command.env_remove("FTPY_HOME").output();
        let platform = finished(output.expect("ftpy starts")).stdout;
        assert!(!platform.contains("FTPY_HOME"), "{platform}");
        assert!(platform.contains("HOME"), "{platform}");
        assert!(platform.contains("/ftpy/shims"), "{platform}");
        let json = sandbox.ok(&["--json", "init", shell]).stdout;
        let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(json["code"], chosen.as_str());
    }
    sandbox.fails(2, &["init", "tcsh"]);
}

#[test]
fn init_refuses_a_store_that_cannot_be_on_path() {
    for name in ["a:b", "a\nb"] {
        let said = Sandbox::at(name).fails(2, &["init", "bash"]);
        assert_eq!(said.stdout, "");
        assert!(said.stderr.contains("cannot be on PATH"), "{said:?}");
    }
}

/// Bash's completions after these words, the last of which is incomplete. Its `compopt` works only
/// on a terminal, which `live_shell` tests.
fn offered(sandbox: &Sandbox, words: &[&str]) -> Vec<String> {
    let completions = sandbox.ok(&["completions", "bash"]).stdout;
    let ftpy = crate::support::program();
    let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    let (last, previous) = (words.len() - 1, words.len() - 2);
    let said = script(
        sandbox,
        "bash",
        &format!(
            "export FTPY_HOME='{}'\n{completions}\ncompopt() {{ :; }}\nftpy() {{ '{ftpy}' \"$@\"; }}\n\
             COMP_WORDS=({})\nCOMP_CWORD={last}\n\
             registered=$(complete -p ftpy); function=${{registered#*-F }}\n\
             ${{function%% *}} ftpy \"${{COMP_WORDS[{last}]}}\" \"${{COMP_WORDS[{previous}]}}\"\n\
             printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            sandbox.store.display(),
            quoted.join(" ")
        ),
    );
    assert_eq!(said.stderr, "", "{words:?}");
    said.stdout.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn completions_of_bash_offer_what_is_installed_where_a_request_is_expected() {
    let mut sandbox = Sandbox::new();
    for (version, flags) in [("3.14.7", "t"), ("3.13.5", "")] {
        sandbox.offer(&interpreter(version, flags));
    }
    sandbox.ok(&["-q", "install", "3.14.7t", "3.13.5"]);
    let all = ["3.13", "3.13.5", "3.13.5-pbs-20260901"];
    let all: Vec<&str> = [all, ["3.14.7t", "3.14.7t-pbs-20260901", "3.14t"]].concat();
    let check = |words: &[&str], expected: &[&str]| {
        assert_eq!(offered(&sandbox, words), expected, "{words:?}");
    };
    check(&["ftpy", "run", ""], &all);
    check(&["ftpy", "--json", "run", "3.14t"], &["3.14t"]);
    check(&["ftpy", "uninstall", "3.13", "3.14.7t-"], &all[4..5]);
    check(&["ftpy", "i", "--dry-run", "3.13.5-"], &all[2..3]);
    check(&["ftpy", "list", "3.14t", "3"], &all);
    check(&["ftpy", "venv", "-p", "3.14t"], &["3.14t"]);
    check(&["ftpy", "venv", "--python", "3.14t"], &["3.14t"]);
    // The second word of `run` is a program; values of options and paths are not completed.
    check(&["ftpy", "show", "3"], &[]);
    check(&["ftpy", "install", "--jobs", "3"], &[]);
    check(&["ftpy", "venv", "3"], &[]);
    check(&["ftpy", "dir", "3"], &[]);
    check(&["ftpy", "run", "--req"], &["--require-nogil"]);
    check(&["ftpy", "uninst"], &["uninstall"]);
    assert!(offered(&sandbox, &["ftpy", "setup", "--shell", ""]).contains(&"fish".to_owned()));
}

#[test]
fn completions_know_every_command() {
    let sandbox = Sandbox::new();
    for shell in ["bash", "zsh", "fish", "nu", "pwsh"] {
        let script = sandbox.ok(&["completions", shell]).stdout;
        for word in ["uninstall", "require-nogil", "system-site-packages"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
        let asks = script.contains("list --requests");
        assert_eq!(asks, !["nu", "pwsh"].contains(&shell), "{shell}");
    }
    let zsh = sandbox.ok(&["completions", "zsh"]).stdout;
    assert!(zsh.starts_with("#compdef ftpy\n"));
    let run = "':request -- The installation to run with; `ftpy run -- COMMAND` uses the activated";
    let line = zsh.lines().find(|line| line.starts_with(run));
    assert!(
        line.is_some_and(|line| line.contains(":_ftpy_requests'")),
        "{zsh}"
    );
}

#[test]
fn man_writes_a_page_for_each_command_and_each_page_names_pages_that_are_there() {
    let sandbox = Sandbox::new();
    let said = sandbox.ok(&["man", "share/man1"]);
    let directory = sandbox.home().join("share/man1");
    let entries = std::fs::read_dir(&directory).expect("written").flatten();
    let names: Vec<String> = entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    let count = format!("wrote {} pages into ", names.len());
    assert!(said.stderr.starts_with(&count), "{said:?} {names:?}");
    for name in [
        "ftpy.1",
        "ftpy-install.1",
        "ftpy-run.1",
        "ftpy-config-set.1",
    ] {
        assert!(names.iter().any(|known| known == name), "{names:?}");
    }
    for name in &names {
        let page = std::fs::read_to_string(directory.join(name)).expect("a page");
        assert!(page.contains(".SH NAME"), "{name}");
        let below = page.lines().filter_map(|line| line.strip_suffix("(1)"));
        for below in below.filter(|line| line.starts_with("ftpy")) {
            let file = format!("{}.1", below.replace("\\-", "-"));
            assert!(names.contains(&file), "{name} names {file}");
        }
    }
    let commands = sandbox.ok(&["--help"]).stdout;
    let commands = commands.lines().skip_while(|line| *line != "Commands:");
    let commands = commands.skip(1).take_while(|line| line.starts_with("  "));
    let commands = commands.filter_map(|line| line.split_whitespace().next());
    let mut checked = 0;
    for command in commands {
        checked += usize::from(names.contains(&format!("ftpy-{command}.1")));
    }
    assert!(checked > 20, "{checked} of {names:?}");
    let page = std::fs::read_to_string(directory.join("ftpy.1")).expect("a page");
    assert_eq!(sandbox.ok(&["man"]).stdout.trim_end(), page.trim_end());
    std::fs::write(sandbox.home().join("file"), "").expect("write");
    let said = sandbox.fails(7, &["man", "./file"]);
    assert!(said.stderr.contains("file"), "{said:?}");
    assert!(!said.stderr.contains("FTPY_HOME"), "{said:?}");
}
