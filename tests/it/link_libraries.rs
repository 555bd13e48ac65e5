//! An interpreter that needs LD_LIBRARY_PATH: reported as such, and linked through a script that
//! sets it. The tools of a linked one start nothing in the current directory.

use crate::support::sandbox::{Sandbox, probe_answer};
use crate::support::shims::{executable, run, with};
use std::path::{Path, PathBuf};

const NEEDS: &str = "[ -n \"$LD_LIBRARY_PATH\" ] || { echo \"$0: error while loading shared \
    libraries: libpython3.14t.so.1.0: cannot open shared object file: No such file or directory\" \
    >&2; exit 127; }\n";

/// An interpreter that does not start without its library.
fn needy(sandbox: &Sandbox) -> PathBuf {
    let path = sandbox.home().join("it's opt/bin/python3.14t");
    let hex = |text: &str| -> String { text.bytes().map(|byte| format!("{byte:02x}")).collect() };
    let executable_line = format!("echo executable {}", hex(&path.display().to_string()));
    let answer = probe_answer("3.14.7", "t", "t").replace("echo executable -", &executable_line);
    let answer = answer.trim_start_matches("#!/bin/sh\n");
    let text =
        format!("#!/bin/sh\n{NEEDS}if [ \"$1\" = -I ]; then\n{answer}exit 0\nfi\necho started\n");
    executable(&path, &text);
    path
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

#[test]
fn link_says_that_an_interpreter_needs_its_library_path() {
    let mut sandbox = Sandbox::new();
    let path = needy(&sandbox);
    sandbox.set("LD_LIBRARY_PATH", "/opt/lib");
    let said = sandbox.fails(5, &["link", "mine", text(&path)]);
    assert!(
        said.stderr.contains("needs libpython3.14t.so.1.0"),
        "{said:?}"
    );
    assert!(
        said.stderr
            .contains("LD_LIBRARY_PATH or environment modules"),
        "{said:?}"
    );
    let file = text(&path).replace('\'', r"'\''");
    assert!(
        said.stderr.contains(&format!("'{file}'`")),
        "quoted: {said:?}"
    );
    assert!(sandbox.installed().is_empty());
}

#[test]
fn a_script_that_sets_the_library_path_is_linked_as_it_is() {
    let sandbox = Sandbox::new();
    let path = needy(&sandbox);
    let script = sandbox.home().join("wrapper");
    let start = format!(
        "#!/bin/sh\nLD_LIBRARY_PATH=/opt/lib exec \"{}\" \"$@\"\n",
        text(&path)
    );
    executable(&script, &start);
    sandbox.ok(&["link", "mine", text(&script)]);
    let said = run(&sandbox, "python3.14t", sandbox.home(), &["x"]);
    assert_eq!(
        (said.code, said.stdout.as_str()),
        (Some(0), "started\n"),
        "{said:?}"
    );
    let doctor = sandbox.run(&["doctor"]);
    assert!(!doctor.stdout.contains("external-changed"), "{doctor:?}");
}

/// A real one if available; the machine's own Python may be any version.
#[test]
fn tools_of_a_linked_interpreter_start_nothing_of_the_current_directory() {
    let python = Path::new("/usr/bin/python3");
    if !python.exists() {
        let test = "tools_of_a_linked_interpreter";
        return crate::support::live::say(&format!("{test}: not run, there is no {python:?}"));
    }
    let sandbox = with(&[]);
    sandbox.ok(&["link", "mine", text(python)]);
    let trap = sandbox.home().join("trap");
    std::fs::create_dir(&trap).expect("mkdir");
    for module in ["pip", "pydoc"] {
        let code = "open('ran', 'w').close()\n";
        std::fs::write(trap.join(format!("{module}.py")), code).expect("write");
    }
    let key = sandbox.installed()[0].clone();
    for name in ["pip", "pydoc"] {
        for arguments in [
            &["run", &key, "--", name, "--version"],
            &["run", "mine", "--", name, "x"],
        ] {
            let _ = sandbox.command(arguments).current_dir(&trap).output();
            assert!(!trap.join("ran").exists(), "{arguments:?}");
        }
    }
    let minor = key.split('.').nth(1).expect("a minor");
    let minor: String = minor.chars().take_while(char::is_ascii_digit).collect();
    let _ = run(&sandbox, &format!("pip3.{minor}"), &trap, &["--version"]);
    assert!(!trap.join("ran").exists());
}
