//! Links on PATH that lead to shims: they are shims, whatever their name is.

use crate::support::sandbox::{Finished, Sandbox, finished};
use crate::support::shims::{directory, executable, output, shim, started, three, with};
use std::os::unix::fs::symlink;
use std::path::PathBuf;

/// A directory `bin` with links to shims, and a PATH that begins with it.
fn with_links(sandbox: &Sandbox, links: &[(&str, &str)]) -> (PathBuf, String) {
    let bin = sandbox.home().join("bin");
    let _ = std::fs::remove_dir_all(&bin);
    std::fs::create_dir(&bin).expect("mkdir");
    let shims = directory(sandbox);
    for (name, target) in links {
        symlink(shims.join(target), bin.join(name)).expect("a link");
    }
    let path = format!("{}:{}:/usr/bin:/bin", bin.display(), shims.display());
    (bin, path)
}

fn ask(sandbox: &Sandbox, path: &str, arguments: &[&str]) -> Finished {
    let said = finished(output(sandbox.command(arguments).env("PATH", path)));
    assert_eq!(said.code, Some(0), "{arguments:?}: {said:?}");
    said
}

#[test]
fn which_answers_for_a_link_to_a_shim_what_the_link_starts() {
    let sandbox = three();
    sandbox.ok(&["default", "3.14t"]);
    let (bin, path) = with_links(&sandbox, &[("py", "python3.13t"), ("python", "python")]);
    for (link, version) in [("py", "3.13.5t"), ("python", "3.14.7t")] {
        let file = bin.join(link).display().to_string();
        let mut command = shim(&sandbox, "python", sandbox.home());
        let mut by_link = std::process::Command::new(&file);
        by_link.env_clear().env("HOME", sandbox.home());
        by_link
            .env("PATH", &path)
            .current_dir(command.get_current_dir().expect("a place"));
        assert_eq!(started(&finished(output(&mut by_link))), version, "{link}");
        assert_eq!(started(&finished(output(&mut command))), "3.14.7t");
        for text in [link, &file, &format!("./bin/{link}")] {
            let said = ask(&sandbox, &path, &["which", text]);
            assert!(
                said.stdout.contains(&format!("/{version}-")),
                "{text}: {said:?}"
            );
            assert_eq!(said.stderr, "", "{text}");
        }
    }
    let own = directory(&sandbox).join("pip3.13t").display().to_string();
    let said = ask(&sandbox, &path, &["which", &own]);
    assert!(said.stdout.contains("/3.13.5t-"), "{said:?}");
    let said = ask(&sandbox, &path, &["which", "--explain", "python"]);
    let link = format!("bin/python (a link to {}", directory(&sandbox).display());
    assert!(said.stderr.contains(&link), "{said:?}");
    // A file that is not a shim stays an error.
    executable(&bin.join("other"), "#!/bin/sh\n");
    sandbox.fails(2, &["which", "./bin/other"]);
}

#[test]
fn a_link_to_the_shim_of_its_name_is_not_in_the_way() {
    let sandbox = three();
    sandbox.ok(&["default", "3.14t"]);
    let (_, path) = with_links(&sandbox, &[("python", "python"), ("python3", "python3")]);
    let said = ask(&sandbox, &path, &["show"]);
    assert!(!said.stdout.contains("but:"), "{said:?}");
    let found = |path: &str| {
        let said = finished(output(
            sandbox.command(&["--json", "doctor"]).env("PATH", path),
        ));
        said.stdout.contains("shim-shadowed")
    };
    assert!(!found(&path));
    // A link to a shim that starts another Python is in the way, and is called what it is.
    let (_, path) = with_links(&sandbox, &[("python", "python3.13t")]);
    let expected = "bin/python here: it is a link to the shim `python3.13t`";
    let said = ask(&sandbox, &path, &["show"]);
    assert!(said.stdout.contains(expected), "{said:?}");
    let said = ask(&sandbox, &path, &["which", "python"]);
    assert!(said.stderr.contains(expected), "{said:?}");
    assert!(found(&path));
    // One that starts the same is not.
    let (_, path) = with_links(&sandbox, &[("python", "python3.14t")]);
    let said = ask(&sandbox, &path, &["show"]);
    assert!(!said.stdout.contains("but:"), "{said:?}");
}

#[test]
fn the_next_python_on_path_is_never_a_link_to_the_same_shim() {
    let sandbox = with(&[("3.14.7", "t")]);
    let (bin, _) = with_links(&sandbox, &[("python", "python")]);
    let other = sandbox.home().join("other");
    executable(&other.join("python"), "#!/bin/sh\necho theirs\n");
    let shims = directory(&sandbox);
    let directories = [&shims, &bin, &other];
    let path = std::env::join_paths(directories).expect("a PATH");
    let path = path.to_str().expect("UTF-8");
    let said = ask(&sandbox, path, &["which", "python"]);
    assert_eq!(said.stdout, format!("{}/python\n", other.display()));
    let mut command = shim(&sandbox, "python", sandbox.home());
    let said = finished(output(command.env("PATH", path)));
    assert_eq!(said.stdout, "theirs\n", "{said:?}");
    std::fs::remove_dir_all(&other).expect("remove");
    let mut which = sandbox.command(&["which", "python"]);
    let said = finished(output(which.env("PATH", path)));
    assert!(said.stderr.contains("there is no other python"), "{said:?}");
}

#[test]
fn a_shim_program_whose_bytes_changed_is_made_anew() {
    let sandbox = with(&[("3.14.7", "t")]);
    let program = sandbox.store.join("shims/.ftpy-shims");
    let good = std::fs::read(&program).expect("read");
    // Of the same length, and in another place of the file than its beginning.
    let mut bad = good.clone();
    let middle = bad.len() / 2;
    bad[middle] ^= 1;
    std::fs::write(&program, &bad).expect("write");
    sandbox.ok(&["list"]);
    assert!(std::fs::read(&program).expect("read") == good);
}
