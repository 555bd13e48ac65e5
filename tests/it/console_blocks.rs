//! Console blocks of the README and the manual, run as they are printed.
//!
//! A block is run if the line above it is `<!-- runs in: WORLD -->`; the worlds are in [`world`].
//! Every line that begins with `$ ` is a command for bash in `~/project`; the lines below it are
//! its output, on both streams. `...` matches any text, and a line of `...` matches any lines. The
//! store's and the home's paths are shortened to those in the manual.

use crate::support::sandbox::Sandbox;
use crate::support::shims::telling;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// One block to run.
struct Block {
    page: String,
    line: usize,
    world: String,
    text: String,
}

fn pages() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages = vec![root.join("README.md")];
    let mut todo = vec![root.join("docs/manual")];
    while let Some(directory) = todo.pop() {
        for entry in std::fs::read_dir(directory).expect("docs").flatten() {
            let path = entry.path();
            match path.is_dir() {
                true => todo.push(path),
                false if path.extension().is_some_and(|ending| ending == "md") => pages.push(path),
                false => {}
            }
        }
    }
    pages.sort();
    pages
}

fn blocks() -> Vec<Block> {
    let mut found = Vec::new();
    for page in pages() {
        let text = std::fs::read_to_string(&page).expect("a page");
        let lines: Vec<&str> = text.lines().collect();
        for (number, line) in lines.iter().enumerate() {
            let world = line.strip_prefix("<!-- runs in: ");
            let Some(world) = world.and_then(|rest| rest.strip_suffix(" -->")) else {
                continue;
            };
            let name = page.file_name().expect("a name").to_string_lossy();
            let next = lines.get(number + 1);
            assert_eq!(next, Some(&"```console"), "{name}:{}", number + 1);
            let body = lines[number + 2..]
                .iter()
                .take_while(|line| **line != "```");
            found.push(Block {
                page: name.into_owned(),
                line: number + 2,
                world: world.to_owned(),
                text: body.map(|line| format!("{line}\n")).collect(),
            });
        }
    }
    found
}

/// A machine in the initial state of a block, and a directory `~/project`.
fn world(name: &str) -> Sandbox {
    let mut sandbox = Sandbox::at(".local/share/ftpy");
    let project = sandbox.home().join("project");
    std::fs::create_dir(&project).expect("mkdir");
    sandbox.offer(&telling("3.14.7", "t"));
    sandbox.offer(&telling("3.14.7", ""));
    match name {
        "nothing installed" => {}
        "3.14t and 3.14 installed" => {
            sandbox.ok(&["-q", "install", "3.14t", "3.14"]);
        }
        "3.15t pinned" => {
            sandbox.ok(&["-q", "install", "3.14t"]);
            std::fs::write(project.join(".python-version"), "3.15t\n").expect("write");
        }
        "3.14t and 3.14 pinned" => {
            sandbox.ok(&["-q", "install", "3.14t", "3.14"]);
            std::fs::write(project.join(".python-version"), "3.14t\n3.14\n").expect("write");
        }
        "a project for CI" => {
            let text = "[project]\nname = \"x\"\nrequires-python = \">=3.13,<3.15\"\nclassifiers = \
                [\"Programming Language :: Python :: Free Threading\"]\n";
            std::fs::write(project.join("pyproject.toml"), text).expect("write");
        }
        other => panic!("no world is called `{other}`"),
    }
    sandbox
}

/// The output of a command, on both streams, in order.
fn says(sandbox: &Sandbox, command: &str) -> String {
    let tools = Path::new(crate::support::program());
    let tools = tools.parent().expect("a directory").display();
    let shims = sandbox.store.join("shims");
    let mut bash = Command::new("bash");
    bash.env_clear();
    for (name, value) in sandbox.command(&[]).get_envs() {
        bash.env(name, value.unwrap_or_default());
    }
    bash.args([
        "--noprofile",
        "--norc",
        "-c",
        &format!("exec 2>&1\n{command}"),
    ])
    .env("PATH", format!("{}:{tools}:/usr/bin:/bin", shims.display()))
    .current_dir(sandbox.home().join("project"))
    .stdin(Stdio::null());
    let output = bash.output().expect("bash");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.replace(&*sandbox.home().to_string_lossy(), "~")
}

/// Whether a line matches the page; `...` matches any text.
fn fits(expected: &str, line: &str) -> bool {
    let mut parts = expected.split("...");
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = line.strip_prefix(first) else {
        return false;
    };
    let mut is_open = false;
    for part in parts {
        is_open = part.is_empty();
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    is_open || rest.is_empty()
}

/// Whether lines match the page; a line of `...` matches any lines.
fn all_fit(expected: &[&str], lines: &[&str]) -> bool {
    match (expected, lines) {
        ([], []) => true,
        (["...", rest @ ..], _) => (0..=lines.len()).any(|skip| all_fit(rest, &lines[skip..])),
        ([first, rest @ ..], [line, lines @ ..]) => fits(first, line) && all_fit(rest, lines),
        _ => false,
    }
}

#[test]
fn console_blocks_of_the_manual_say_what_they_show() {
    let blocks = blocks();
    assert!(blocks.len() >= 5, "only {} blocks run", blocks.len());
    let mut failures = Vec::new();
    for block in &blocks {
        let sandbox = world(&block.world);
        let mut commands = block.text.split("$ ").skip(1);
        let first = block.text.starts_with("$ ");
        assert!(first, "{}:{}: no command", block.page, block.line);
        for command in &mut commands {
            let (command, expected) = command.split_once('\n').expect("a line");
            let said = says(&sandbox, command);
            let expected: Vec<&str> = expected.lines().collect();
            let lines: Vec<&str> = said.lines().collect();
            if !all_fit(&expected, &lines) {
                failures.push(format!(
                    "{}:{}: `{command}` should say\n{}\nand says\n{said}",
                    block.page,
                    block.line,
                    expected.join("\n")
                ));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn dots_stand_for_text_and_for_lines() {
    assert!(fits(
        "installed ...: ~/x",
        "installed 3.14.7t, GIL off: ~/x"
    ));
    assert!(fits("error: ...", "error: no"));
    assert!(!fits("error: no", "error: no, never"));
    assert!(!fits("a...c", "ab"));
    assert!(all_fit(&["a", "...", "d"], &["a", "b", "c", "d"]));
    assert!(!all_fit(&["a", "..."], &["b"]));
}
