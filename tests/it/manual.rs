//! The README and the manual in `docs/`: links are valid, the README fits one screen, and the
//! command reference is generated from the command line's types.

use crate::support::sandbox::Sandbox;
use clap::CommandFactory;
use ftpy::cli::Cli;
use std::fmt::Write;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every page: those in the root directory, and the manual's.
fn pages() -> Vec<PathBuf> {
    let top = [
        "README.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
    ];
    let mut pages: Vec<PathBuf> = top.iter().map(|name| root().join(name)).collect();
    let mut todo = vec![root().join("docs/manual")];
    while let Some(directory) = todo.pop() {
        for entry in std::fs::read_dir(directory).expect("docs").flatten() {
            let path = entry.path();
            if path.is_dir() {
                todo.push(path);
            } else if path.extension().is_some_and(|ending| ending == "md") {
                pages.push(path);
            }
        }
    }
    pages
}

/// The text without code.
fn prose(text: &str) -> String {
    let mut is_code = false;
    let lines = text.lines().filter(|line| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Returns `#what-wins` for `## What wins`.
fn anchors(text: &str) -> Vec<String> {
    let prose = prose(text);
    let titles = prose.lines().filter(|line| line.starts_with('#'));
    titles
        .map(|title| {
            let title = title.trim_start_matches('#').trim().to_lowercase();
            let kept = |letter: char| letter.is_alphanumeric() || " -_".contains(letter);
            title.chars().filter(|letter| kept(*letter)).collect()
        })
        .map(|title: String| title.replace(' ', "-"))
        .collect()
}

#[test]
fn every_link_leads_to_a_page_and_a_title() {
    let mut checked = 0;
    for page in pages() {
        let text = prose(&read(&page));
        for target in text.split("](").skip(1) {
            let target = target.split(')').next().unwrap_or_default();
            if target.starts_with("https://") {
                continue;
            }
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let path = match file {
                "" => page.clone(),
                file => page.parent().expect("a directory").join(file),
            };
            assert!(path.exists(), "{}: no {target}", page.display());
            assert!(
                anchor.is_empty() || anchors(&read(&path)).iter().any(|known| known == anchor),
                "{}: no title {target}",
                page.display()
            );
            checked += 1;
        }
    }
    assert!(checked > 40, "only {checked} links were found");
}

#[test]
fn the_readme_fits_its_limit_and_begins_with_the_two_commands() {
    let readme = read(&root().join("README.md"));
    let lines = readme.lines().count();
    assert!(lines <= 200, "README.md has {lines} lines");
    let mut blocks = readme.split("```sh\n").skip(1);
    let first = blocks.next().expect("the first command");
    assert!(first.starts_with("cargo install "), "{first}");
    let second = blocks.next().expect("the second command");
    assert!(second.starts_with("cargo test "), "{second}");
}

#[test]
fn help_prints_every_guide_concept_and_reference() {
    let sandbox = Sandbox::new();
    let index = sandbox.ok(&["--json", "help"]).stdout;
    let index: serde_json::Value = serde_json::from_str(&index).expect("JSON");
    let topics = index["topics"].as_array().expect("topics").iter();
    let mut printed: Vec<String> = topics
        .map(|topic| {
            let name = topic["name"].as_str().expect("a name");
            let page = sandbox.ok(&["help", name]).stdout;
            page.lines().next().unwrap_or_default().to_owned()
        })
        .collect();
    printed.push("COMMANDS".to_owned());
    printed.sort();
    let wanted =
        ["guides", "concepts", "reference"].map(|name| root().join("docs/manual").join(name));
    let pages = pages();
    let pages = pages
        .iter()
        .filter(|page| wanted.iter().any(|parent| page.starts_with(parent)));
    let titles = pages.map(|page| {
        let text = read(page);
        let first = text.lines().next().unwrap_or_default();
        first.trim_start_matches("# ").to_uppercase()
    });
    let mut titles: Vec<String> = titles.collect();
    titles.sort();
    assert_eq!(printed, titles);
    let install = sandbox.ok(&["help", "install"]).stdout;
    assert!(install.contains("Usage: ftpy install"), "{install}");
    sandbox.fails(2, &["help", "nothing"]);
}

#[test]
fn man_writes_a_page_for_every_command_and_topic() {
    let sandbox = Sandbox::new();
    sandbox.ok(&["man", "./pages"]);
    let printed = sandbox.ok(&["man", "ci-setup"]).stdout;
    assert!(printed.contains("check\\-gil"), "{printed}");
    let printed = sandbox.ok(&["man", "requests"]).stdout;
    assert!(printed.starts_with(".TH ftpy-requests 7"), "{printed}");
    let said = sandbox.fails(2, &["man", "vnev"]);
    assert!(said.stderr.contains("`ftpy man ./vnev`"), "{said:?}");
    assert!(!sandbox.home().join("vnev").exists());
    let page = |name: &str| read(&sandbox.home().join("pages").join(name));
    assert!(page("ftpy-ci-setup.1").contains("check\\-gil"));
    let requests = page("ftpy-requests.7");
    assert!(requests.starts_with(".TH ftpy-requests 7\n"), "{requests}");
    assert!(
        requests.contains(".SH NAME\nftpy\\-requests \\- "),
        "{requests}"
    );
}

#[test]
fn a_command_is_described_alike_before_and_after_its_arguments_are_built() {
    fn check(shallow: &clap::Command, built: &clap::Command, above: &str) {
        for one in shallow.get_subcommands() {
            let name = format!("{above} {}", one.get_name());
            let whole = built
                .find_subcommand(one.get_name())
                .expect("the same commands");
            let about = one.get_about().map(ToString::to_string);
            let of_whole = whole.get_about().map(ToString::to_string);
            assert_eq!(
                about, of_whole,
                "{name}: a doc comment on the type of its arguments?"
            );
            let long = whole.get_long_about().map(ToString::to_string);
            assert_eq!(
                one.get_long_about().map(ToString::to_string),
                long,
                "{name}"
            );
            check(one, whole, &name);
        }
    }
    let shallow = Cli::command();
    let mut built = Cli::command();
    built.build();
    check(&shallow, &built, "ftpy");
}

/// One command with its arguments, and its subcommands.
fn describe(command: &clap::Command, above: &str, page: &mut String) {
    let name = format!("{above}{}", command.get_name());
    let about = command.get_about().map(ToString::to_string);
    writeln!(page, "\n## `{name}`\n\n{}.", about.unwrap_or_default()).expect("text");
    let mut usage = command.clone().bin_name(&name);
    writeln!(page, "\n```text\n{}\n```", usage.render_usage()).expect("text");
    let is_shown = |argument: &&clap::Arg| {
        !argument.is_hide_set()
            && !argument.is_global_set()
            && !["help", "version"].contains(&argument.get_id().as_str())
    };
    let arguments: Vec<&clap::Arg> = command.get_arguments().filter(is_shown).collect();
    if !arguments.is_empty() {
        page.push_str("\n| argument | meaning |\n|---|---|\n");
    }
    for argument in arguments {
        let help = argument.get_help().map(ToString::to_string);
        let help = help.unwrap_or_default().replace('|', "\\|");
        let argument = argument.to_string().replace('|', "\\|");
        writeln!(page, "| `{argument}` | {} |", help.replace('\n', " ")).expect("text");
    }
    let below = command.get_subcommands();
    for below in below.filter(|below| !below.is_hide_set() && below.get_name() != "help") {
        describe(below, &format!("{name} "), page);
    }
}

/// The expected page about the commands.
fn reference() -> String {
    let mut page = "# Commands\n\nThis page is made from the program's own command line. Every \
        command also takes these:\n\n| argument | meaning |\n|---|---|\n"
        .to_owned();
    let mut command = Cli::command();
    command.build();
    for argument in command.get_arguments().filter(|one| one.is_global_set()) {
        let help = argument.get_help().map(ToString::to_string);
        writeln!(page, "| `{argument}` | {} |", help.unwrap_or_default()).expect("text");
    }
    let below = command.get_subcommands();
    for below in below.filter(|below| !below.is_hide_set()) {
        describe(below, "ftpy ", &mut page);
    }
    page
}

/// `FTPY_BLESS=1 cargo test --test it -- the_command_reference` regenerates the page.
#[test]
#[expect(clippy::disallowed_methods, reason = "the test's own environment")]
fn the_command_reference_is_made_from_the_command_line() {
    let path = root().join("docs/manual/reference/commands.md");
    let expected = reference();
    if std::env::var_os("FTPY_BLESS").is_some() {
        std::fs::write(&path, &expected).expect("write");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == expected,
        "docs/manual/reference/commands.md is not up to date; \
         `FTPY_BLESS=1 cargo test --test it -- the_command_reference` writes it"
    );
}

#[test]
fn the_workflow_of_the_readme_has_eight_lines_and_is_in_the_manual_too() {
    let workflow = crate::live_ci::readme_workflow();
    assert_eq!(workflow, crate::live_ci::manual_block("on: push"));
    assert_eq!(workflow.lines().count(), 8, "{workflow}");
    assert!(workflow.starts_with("on: push\n"));
}

#[test]
fn the_architecture_page_names_files_that_exist() {
    let page = read(&root().join("docs/manual/internals/architecture.md"));
    let part = page
        .split("## Five requests")
        .nth(1)
        .and_then(|rest| rest.split("\n## ").next())
        .expect("the part with the lists");
    let source = root().join("src");
    let mut checked = 0;
    for name in part.split('`').skip(1).step_by(2) {
        let is_path = name.contains('/') || name == "index" || name == "probe";
        if !is_path || name.ends_with('/') || name.starts_with("ftpy ") {
            continue;
        }
        let base = source.join(name.trim_end_matches("/*"));
        let exists = base.is_dir() || base.with_extension("rs").is_file();
        assert!(exists, "{name}: no such file below src/");
        checked += 1;
    }
    assert!(checked > 40, "{checked}");
}
