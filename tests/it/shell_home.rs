//! The home directory in what `setup` and `init` write: a variable, if the store is below it.

use crate::support::sandbox::{Sandbox, finished};
use crate::support::shims::directory;
use std::path::Path;
use std::process::Command;

const SHELLS: [&str; 5] = ["bash", "zsh", "fish", "nu", "pwsh"];

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).expect("read")
}

/// The PATH of a shell that reads its profile in this home.
fn path_in(shell: &str, how: &str, home: &Path) -> String {
    let mut command = Command::new(shell);
    command
        .args([how, "echo \"$PATH $FTPY_HOME\""])
        .env_clear()
        .env("HOME", home)
        .env("PATH", "/usr/bin:/bin")
        .current_dir(home);
    let said = finished(command.output().expect(shell));
    said.stdout.lines().last().unwrap_or_default().to_owned()
}

#[test]
fn a_profile_works_where_the_home_directory_has_another_name() {
    for store in ["store", "it's $a \"store\"", "back\\slash*`id`"] {
        let sandbox = Sandbox::at(store);
        sandbox.ok(&["setup", "--shell", "bash", "--yes"]);
        let home = sandbox.home().display().to_string();
        let profile = text(&sandbox.home().join(".bashrc"));
        assert!(!profile.contains(&home), "{profile}");
        // The dotfiles of one machine in the home directory of another.
        let other = sandbox.home().join("another home");
        std::fs::create_dir(&other).expect("mkdir");
        for name in [".bashrc", ".profile", ".bash_profile"] {
            let _ = std::fs::copy(sandbox.home().join(name), other.join(name));
        }
        for home in [sandbox.home(), &other] {
            let store = home.join(store).display().to_string();
            let said = path_in("bash", "-lc", home);
            assert!(said.starts_with(&format!("{store}/shims:")), "{said}");
            assert!(said.ends_with(&format!(" {store}")), "{said}");
        }
    }
}

#[test]
fn every_shell_has_the_variable_below_home_and_the_path_elsewhere() {
    let mut sandbox = Sandbox::at("a b");
    let home = sandbox.home().display().to_string();
    for shell in SHELLS {
        let code = sandbox.ok(&["init", shell]).stdout;
        let variable = if shell == "nu" { "$env.HOME" } else { "$HOME" };
        assert!(code.contains(variable), "{shell}: {code}");
        assert!(!code.contains(&home), "{shell}: {code}");
    }
    // The store is not below the home directory, or only looks like it.
    for other in ["/nowhere", &home[..home.len() - 1], "/"] {
        sandbox.set("HOME", other);
        for shell in SHELLS {
            let code = sandbox.ok(&["init", shell]).stdout;
            assert!(code.contains(&format!("{home}/a b/shims")), "{code}");
            assert!(!code.contains("HOME +"), "{code}");
            assert!(!code.contains("$HOME"), "{code}");
        }
    }
}

#[test]
fn a_block_with_the_literal_path_is_replaced_and_undone() {
    let sandbox = Sandbox::new();
    let profile = sandbox.home().join(".bashrc");
    let shims = directory(&sandbox).display().to_string();
    let old = format!(
        "A=1\n\n# >>> ftpy setup >>>\ncase \":${{PATH-}}:\" in\n    *:'{shims}':*) ;;\n    \
         *) export PATH='{shims}'\"${{PATH:+:${{PATH}}}}\" ;;\nesac\n# <<< ftpy setup <<<\n"
    );
    for undoes in [&["setup", "--shell", "bash", "--undo", "--yes"][..], &[]] {
        std::fs::write(&profile, &old).expect("write");
        if undoes.is_empty() {
            // `ftpy self uninstall` finds it, too.
            let said = sandbox.ok(&["self", "uninstall", "--dry-run"]);
            assert!(said.stderr.contains(".bashrc"), "{said:?}");
            sandbox.ok(&["setup", "--shell", "bash", "--yes"]);
            let new = text(&profile);
            assert!(new.contains("\"$HOME/store/shims\""), "{new}");
            assert!(!new.contains(&shims), "{new}");
            assert_eq!(new.matches("# >>> ftpy setup").count(), 1, "{new}");
            let again = sandbox.ok(&["setup", "--shell", "bash", "--yes"]);
            assert_eq!(again.stderr, "bash is already set up\n");
            sandbox.ok(&["setup", "--shell", "bash", "--undo", "--yes"]);
        } else {
            sandbox.ok(undoes);
        }
        assert_eq!(text(&profile), "A=1\n");
    }
}

#[test]
#[ignore = "live: needs zsh and fish"]
fn live_profiles_of_zsh_and_fish_work_in_another_home() {
    crate::support::live::require_live();
    for store in ["store", "it's $a \"store\"", "back\\slash*`id`"] {
        for (shell, how, files) in [
            ("zsh", "-lc", &[".zshrc", ".zprofile"][..]),
            ("zsh", "-ic", &[".zshrc", ".zprofile"]),
            ("fish", "-c", &[".config/fish/conf.d/ftpy.fish"]),
        ] {
            let sandbox = Sandbox::at(store);
            sandbox.ok(&["setup", "--shell", shell, "--yes"]);
            let other = sandbox.home().join("another home");
            for file in files {
                let new = other.join(file);
                std::fs::create_dir_all(new.parent().expect("a parent")).expect("mkdir");
                std::fs::copy(sandbox.home().join(file), new).expect("copy");
            }
            let store = other.join(store).display().to_string();
            let said = path_in(shell, how, &other);
            let (path, chosen) = said.split_once("/bin ").expect("PATH and the store");
            let is_first = path.starts_with(&format!("{store}/shims"));
            assert!(is_first && chosen == store, "{shell} {how}: {said}");
        }
    }
}
