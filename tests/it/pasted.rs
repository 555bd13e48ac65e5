//! Commands in hints: they can be pasted, and are shown only if they help.

use crate::support::sandbox::{Finished, finished};
use crate::support::shims::{output, project, run, run_in, started, three, with};
use crate::tidy_words::strings;
use std::path::Path;
use std::process::Command;

/// The text between backticks on lines with hints.
fn hints(said: &Finished) -> Vec<String> {
    let lines = said
        .stderr
        .lines()
        .filter_map(|line| line.strip_prefix("hint: "));
    lines
        .flat_map(|line| line.split('`').skip(1).step_by(2))
        .map(str::to_owned)
        .collect()
}

/// The words of a command as parsed by a shell, in a directory that must not change.
fn words(shell: &str, command: &str, place: &Path) -> Vec<String> {
    let script = match shell {
        "fish" => format!("function ftpy; for a in $argv; printf '%s\\n' $a; end; end; {command}"),
        _ => format!("ftpy() {{ for a; do printf '%s\\n' \"$a\"; done; }}; {command}"),
    };
    let mut process = Command::new(shell);
    let said = output(
        process
            .args(["-c", &script])
            .current_dir(place)
            .env("HOME", place.with_file_name("home")),
    );
    let said = finished(said);
    assert_eq!(said.stderr, "", "{shell}: {command}");
    said.stdout.lines().map(str::to_owned).collect()
}

/// The shells on this machine that people paste into; every machine has `sh`.
fn shells() -> Vec<&'static str> {
    let is_there = |shell: &&str| Command::new(shell).args(["-c", ":"]).output().is_ok();
    let found: Vec<&str> = ["sh", "bash", "zsh", "fish"]
        .into_iter()
        .filter(is_there)
        .collect();
    assert!(found.contains(&"sh"));
    found
}

#[test]
fn a_command_in_a_hint_is_the_same_words_in_every_shell() {
    let sandbox = with(&[]);
    let place = sandbox.home().join("paste");
    std::fs::create_dir(&place).expect("mkdir");
    let file = "x'$(touch pwned)'`touch pwned2`;>y \"z\" & ~.tar.gz";
    std::fs::write(place.join(file), "").expect("write");
    let path = format!("./{file}");
    let before = || std::fs::read_dir(&place).expect("read").count();
    let refused = run_in(&sandbox, &place, 5, &["install", &path]);
    // The command contains backticks, so it is everything between the first and the last one.
    let hint = refused
        .stderr
        .lines()
        .find(|line| line.starts_with("hint: "));
    let hint = hint.expect("a hint");
    let start = hint.find('`').expect("a command") + 1;
    let end = hint.rfind('`').expect("an end");
    let mut commands = vec![(hint[start..end].to_owned(), vec!["install".to_owned()])];
    for request in [
        ">=3.13,<3.14",
        "==3.13.*",
        "~=3.13.2t",
        "!=3.13.1,>=3.13",
        "3.14t+tsan",
    ] {
        let said = sandbox.fails(3, &["run", request, "--", "python"]);
        let command = hints(&said).into_iter().next().expect("a command");
        commands.push((command, vec!["install".to_owned(), request.to_owned()]));
    }
    for (command, expected) in commands {
        for shell in shells() {
            let words = words(shell, &command, &place);
            assert_eq!(words[..expected.len()], expected, "{shell}: {command}");
            if expected.len() == 1 {
                assert!(
                    words[1].starts_with(&format!("{path}#sha256=")),
                    "{shell}: {words:?}"
                );
            }
            assert_eq!(before(), 1, "{shell}: {command}");
        }
    }
}

#[test]
fn a_hint_about_a_version_file_mends_it_or_names_the_line() {
    let sandbox = three();
    // A valid first line is kept.
    let place = project(&sandbox, "p", "3.14t\n3.13x\n");
    let file = place.join(".python-version");
    for said in [
        run(&sandbox, "python", &place, &["x"]),
        run_in(&sandbox, &place, 2, &["show"]),
        run_in(&sandbox, &place, 2, &["pin", "3.13t"]),
    ] {
        assert!(!said.stderr.contains("ftpy pin"), "{said:?}");
        let line = format!("correct line 2 of {}", file.display());
        assert!(said.stderr.contains(&line), "{said:?}");
    }
    // A file that `ftpy pin` does not write, because of its name or directory.
    for name in [".python-versions", ".tool-versions"] {
        let place = sandbox.home().join(format!("named{name}"));
        std::fs::create_dir(&place).expect("mkdir");
        std::fs::write(place.join(name), "python 3.14tt\n").expect("write");
        let said = run(&sandbox, "python", &place, &["x"]);
        assert!(!said.stderr.contains("ftpy pin"), "{said:?}");
        assert!(
            said.stderr
                .contains(&format!("correct line 1 of {}/", place.display()))
        );
    }
    let place = project(&sandbox, "q", "3.14tt\n");
    let below = place.join("below");
    std::fs::create_dir(&below).expect("mkdir");
    let said = run(&sandbox, "python", &below, &["x"]);
    assert!(!said.stderr.contains("ftpy pin"), "{said:?}");
    // Here the hint helps: its command is run, and the shim starts.
    let said = run(&sandbox, "python", &place, &["x"]);
    assert_eq!(hints(&said), ["ftpy pin --force 3.14t"], "{said:?}");
    run_in(&sandbox, &place, 0, &["pin", "--force", "3.14t"]);
    assert_eq!(started(&run(&sandbox, "python", &place, &["x"])), "3.14.7t");
}

#[test]
fn other_implementations_behind_the_first_line_are_passed_over_with_a_note() {
    let sandbox = three();
    let list = "3.14t\npypy3.11-7.3.19\ngraalpy-24.1.0\nminiconda3-latest\n\
                anaconda3-2024.10-1\njython-2.7.2\nmicropython-1.20.0\nstackless-3.7.5\n\
                my-venv\nmyvenv\n3.11.4/envs/web\n3.13t\n";
    let place = project(&sandbox, "p", list);
    assert_eq!(started(&run(&sandbox, "python", &place, &["x"])), "3.14.7t");
    assert_eq!(
        started(&run(&sandbox, "python3.13t", &place, &["x"])),
        "3.13.5t"
    );
    let said = run_in(&sandbox, &place, 0, &["install"]);
    for (index, word) in list.lines().enumerate().skip(1).take(10) {
        let note = format!(".python-version:{}: skipped `{word}`", index + 1);
        assert!(said.stderr.contains(&note), "{note}: {said:?}");
    }
    assert_eq!(
        said.stderr.matches("already installed").count(),
        2,
        "{said:?}"
    );
    run_in(&sandbox, &place, 0, &["show"]);
    run_in(&sandbox, &place, 0, &["pin"]);
    // asdf and mise.
    std::fs::remove_file(place.join(".python-version")).expect("remove");
    let tools = "python 3.14t pypy3.11-7.3.19 ref:main path:/opt/python 3.13t\n";
    std::fs::write(place.join(".tool-versions"), tools).expect("write");
    assert_eq!(started(&run(&sandbox, "python", &place, &["x"])), "3.14.7t");
    // As the first line, it requests what ftpy does not have; a pin is inserted before it.
    let place = project(&sandbox, "q", "pypy3.14-7.3.19\n3.13\n");
    let said = run(&sandbox, "python", &place, &["x"]);
    assert_eq!(
        (said.code, said.stdout.as_str()),
        (Some(127), ""),
        "{said:?}"
    );
    assert_eq!(hints(&said), ["ftpy pin 3.14"], "{said:?}");
    run_in(&sandbox, &place, 0, &["pin", "3.14"]);
    let text = std::fs::read_to_string(place.join(".python-version")).expect("read");
    assert_eq!(text, "3.14\npypy3.14-7.3.19\n3.13\n");
    assert_eq!(started(&run(&sandbox, "python", &place, &["x"])), "3.14.7");
}

/// Texts between backticks in which the inserted text needs no quotes: the name of a source or a
/// shell, a number, or the result of `paste!`.
const PLAIN: [&str; 12] = [
    "ftpy check -p 3.{minor}t",
    "+{}",
    "-{}",
    "--from {name}",
    "--from {provider}",
    "exec {name} -l",
    // A time such as 2m.
    "--budget {budget}",
    "--budget {needed}",
    "-- python FILE --threads {threads}",
    "ftpy bench 3.14t -- python app.py --threads {threads}",
    "FTPY_PYTHON={}",
    "{freeze} | {install}",
];

#[test]
fn no_text_between_backticks_is_put_together_without_quotes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut looked_at = 0;
    for path in crate::tidy::sources() {
        if path.starts_with(root.join("tests")) {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("read");
        for string in strings(&text) {
            let spans = string.split('`').skip(1).step_by(2);
            for span in spans.filter(|span| span.contains('{')) {
                looked_at += 1;
                // A placeholder, perhaps with a capital word for what the user fills in.
                let words: Vec<&str> = span.split(' ').collect();
                let is_one = words[0].starts_with('{') && words[0].ends_with('}');
                let is_name = |word: &&str| word.chars().all(|c| c.is_ascii_uppercase());
                let is_whole = is_one && words[1..].iter().all(is_name);
                assert!(
                    is_whole || PLAIN.contains(&span),
                    "{}: `{span}` has to be made by paste!",
                    path.display()
                );
            }
        }
    }
    assert!(looked_at > 120, "{looked_at}");
}
