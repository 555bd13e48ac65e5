//! Commands that people know from other tools: the answer names ftpy's own.

use crate::support::sandbox::Sandbox;

#[test]
fn self_is_answered_with_the_command_for_ftpy_itself() {
    let sandbox = Sandbox::new();
    for (words, command) in [
        (["upgrade", "self"], "ftpy self update"),
        (["upgrade", "ftpy"], "ftpy self update"),
        (["outdated", "self"], "ftpy self update"),
        (["uninstall", "self"], "ftpy self uninstall"),
        (["uninstall", "ftpy"], "ftpy self uninstall"),
    ] {
        let said = sandbox.fails(2, &words);
        let hint = format!("hint: `{command}` ");
        assert!(said.stderr.contains(&hint), "{words:?}: {said:?}");
        assert!(said.stderr.contains("is not an installation"), "{said:?}");
    }
}

#[test]
fn a_command_of_another_tool_is_answered_with_ours() {
    let sandbox = Sandbox::new();
    for (words, tips) in [
        (&["update"][..], &["ftpy upgrade", "ftpy self update"][..]),
        (&["global", "3.14"], &["ftpy default 3.14`"]),
        (&["global", "system"], &["ftpy default system`"]),
        (&["local", "3.13.5"], &["ftpy pin 3.13.5`"]),
        (&["shell", ">=3.13t"], &["export FTPY_PYTHON='>=3.13t'`"]),
        (&["virtualenv", "3.14", "x"], &["ftpy venv"]),
        (&["shell", "--unset"], &["unset FTPY_PYTHON"]),
        (&["local", "--unset"], &["ftpy unpin"]),
        (&["global", "--unset"], &["ftpy default none"]),
        (&["pin", "--unset"], &["ftpy unpin"]),
        (&["prefix", "3.13t"], &["ftpy which --prefix 3.13t"]),
        (&["version-name"], &["ftpy show"]),
        (&["install", "--list"], &["ftpy list --available"]),
        (&["install", "-s", "3.14"], &["is skipped in any case"]),
        (&["install", "-f", "3.14"], &["--reinstall"]),
        (&["list", "-a"], &["ftpy list --available --all"]),
        (&["init", "-"], &["ftpy init bash", "ftpy setup"]),
        (&["versions"], &["ftpy list"]),
        (&["python", "install", "3.14t"], &["ftpy install 3.14t"]),
        (&["toolchain", "list"], &["ftpy list"]),
        (&["self", "remove"], &["ftpy self uninstall"]),
        // clap's own guess.
        (&["instal"], &["install"]),
    ] {
        let said = sandbox.fails(2, words);
        for tip in tips {
            let is_tip = |line: &str| line.contains("tip: ") && line.contains(tip);
            assert!(said.stderr.lines().any(is_tip), "{words:?}: {said:?}");
        }
    }
    // Only the best of clap's guesses.
    let said = sandbox.fails(2, &["instal"]);
    assert!(!said.stderr.contains("'uninstall'"), "{said:?}");
    let said = sandbox.fails(2, &["update"]);
    assert!(!said.stderr.contains("similar"), "{said:?}");
    let said = sandbox.fails(2, &["--json", "update"]);
    let document: serde_json::Value = serde_json::from_str(&said.stdout).expect("JSON");
    let hints = document["error"]["hints"].to_string();
    assert!(hints.contains("`ftpy self update`"), "{said:?}");
    // A word in another place is not a command.
    sandbox.fails(2, &["self", "global"]);
    let said = sandbox.fails(2, &["config", "update"]);
    assert!(!said.stderr.contains("self update"), "{said:?}");
}
