//! `ftpy install ./x.tar.gz`: a named archive, identified by its interpreter.

use crate::support::archives::{ArchiveBuilder, sha256_hex};
use crate::support::sandbox::{Sandbox, archive_name, interpreter, probe_answer, tree};

/// Writes an archive into the home, and returns its digest.
fn put(sandbox: &Sandbox, name: &str, bytes: &[u8]) -> String {
    std::fs::write(sandbox.home().join(name), bytes).expect("write");
    sha256_hex(bytes)
}

#[test]
fn an_archive_is_what_its_interpreter_says_whatever_it_is_called() {
    let sandbox = Sandbox::new();
    let says = probe_answer("3.14.7", "t", "t");
    let bytes = tree("3.14.7", "t", &says).tar_gz();
    let name = archive_name("3.13.1", "");
    let digest = put(&sandbox, &name, &bytes);
    sandbox.ok(&["install", &format!("./{name}#sha256={digest}")]);
    let key = format!("3.14.7t-archive-{}", &digest[..8]);
    assert_eq!(sandbox.installed(), [key.as_str()]);
    // It behaves like any other build: listed, verified, started by its shim, and not installed
    // twice.
    assert!(sandbox.ok(&["which", "3.14t"]).stdout.contains(&key));
    assert!(
        sandbox
            .ok(&["which", "archive:3.14t"])
            .stdout
            .contains(&key)
    );
    sandbox.ok(&["verify", &key]);
    assert!(sandbox.store.join("shims/python3.14t").exists());
    let said = sandbox.ok(&["install", &format!("./{name}#sha256={digest}"), "3.14t"]);
    assert_eq!(
        said.stderr.matches("already installed").count(),
        2,
        "{said:?}"
    );
    let path = sandbox.home().join(&name).display().to_string();
    let said = sandbox.ok(&["install", "--reinstall", &format!("{path}#sha256={digest}")]);
    assert!(
        said.stderr.contains("Installed 3.14.7t (archive)"),
        "{said:?}"
    );
}

#[test]
fn an_archive_that_was_altered_is_installed_again_by_the_command_that_verify_names() {
    let sandbox = Sandbox::new();
    let directory = sandbox.home().join("it's #1");
    std::fs::create_dir(&directory).expect("mkdir");
    let archive = interpreter("3.14.7", "t");
    let digest = put(&sandbox, "it's #1/x.tar.gz", &archive.bytes);
    sandbox.ok(&["install", &format!("./it's #1/x.tar.gz#sha256={digest}")]);
    let key = format!("3.14.7t-archive-{}", &digest[..8]);
    let module = sandbox.store.join("installs").join(&key);
    std::fs::write(module.join("lib/python3.14t/os.py"), "import evil").expect("write");
    let said = sandbox.fails(5, &["verify"]);
    let hint = said.stderr.split('`').nth(1).expect("a command");
    let hint = hint.strip_prefix("ftpy ").expect("a command of ftpy");
    let template = sandbox.command(&[]);
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", &format!("\"$0\" {hint}")]);
    shell.arg(template.get_program()).env_clear();
    for (name, value) in template.get_envs() {
        shell.env(name, value.unwrap_or_default());
    }
    let done = shell.output().expect("sh");
    assert!(done.status.success(), "{hint}: {done:?}");
    sandbox.ok(&["verify"]);
}

#[test]
fn no_digest_no_install_unless_the_person_says_so() {
    let mut sandbox = Sandbox::new();
    let archive = interpreter("3.14.7", "t");
    let digest = put(&sandbox, "x.tar.gz", &archive.bytes);
    let said = sandbox.fails(5, &["install", "./x.tar.gz"]);
    let command = format!("`ftpy install './x.tar.gz#sha256={digest}'`");
    assert!(said.stderr.contains(&command), "{said:?}");
    let wrong = format!("./x.tar.gz#sha256={}", "a".repeat(64));
    let said = sandbox.fails(5, &["install", &wrong]).stderr;
    assert!(said.contains("digest mismatch"), "{said}");
    assert!(!said.contains("mirror"), "{said}");
    assert!(sandbox.installed().is_empty() && sandbox.stages().is_empty());
    let said = sandbox.ok(&["install", "--allow-unverified", "./x.tar.gz"]);
    assert!(said.stderr.contains("is not verified"), "{said:?}");
    sandbox.ok(&["uninstall", "--all"]);
    // From a server, with a digest and without.
    sandbox.server.file("/x.tar.gz", archive.bytes.clone());
    let url = sandbox.server.url("/x.tar.gz");
    sandbox.fails(5, &["install", &url]);
    sandbox.ok(&["install", &format!("{url}#sha256={digest}")]);
    sandbox.ok(&["uninstall", "--all"]);
    // The index has this digest under this name, so it is that build.
    put(&sandbox, &archive.name, &archive.bytes);
    sandbox.list(&archive, Some(&digest));
    sandbox.ok(&["index", "update"]);
    sandbox.ok(&["install", &format!("./{}", archive.name)]);
    assert_eq!(sandbox.installed(), ["3.14.7t-pbs-20260901"]);
    // Other bytes under that name are not.
    sandbox.ok(&["uninstall", "--all"]);
    put(&sandbox, &archive.name, &interpreter("3.14.6", "t").bytes);
    sandbox.fails(
        5,
        &[
            "install",
            "--allow-unverified",
            &format!("./{}", archive.name),
        ],
    );
}

#[test]
fn the_prefix_is_found_wherever_it_stands() {
    let sandbox = Sandbox::new();
    let says = probe_answer("3.14.7", "t", "t");
    let at = |prefix: &str| {
        ArchiveBuilder::new()
            .file("README", "notes", 0o644)
            .file(format!("{prefix}bin/python3.14t"), &says, 0o755)
            .symlink(format!("{prefix}bin/python3.14"), "python3.14t")
            .file(format!("{prefix}lib/python3.14t/os.py"), "", 0o644)
    };
    let full = ArchiveBuilder::new()
        .file("python/PYTHON.json", "{}", 0o644)
        .file("python/build/lib/x.o", "object", 0o644)
        .file("python/install/bin/python3.14t", &says, 0o755)
        .file("python/install/lib/python3.14t/os.py", "", 0o644);
    let archives = [
        ("a.tar.gz", at("").tar_gz()),
        ("b.tar.xz", at("opt/free threaded/").tar_xz()),
        ("c.tar.zst", full.tar_zst()),
    ];
    for (name, bytes) in archives {
        let digest = put(&sandbox, name, &bytes);
        sandbox.ok(&["install", &format!("./{name}#sha256={digest}")]);
        let key = format!("3.14.7t-archive-{}", &digest[..8]);
        let prefix = sandbox.store.join("installs").join(key);
        assert!(prefix.join("lib/python3.14t/os.py").exists(), "{name}");
        assert!(!prefix.join("README").exists() && !prefix.join("build").exists());
        sandbox.ok(&["verify"]);
        sandbox.ok(&["uninstall", "--all"]);
    }
}

#[test]
fn what_is_no_archive_of_a_python_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.fails(3, &["install", "./nothing.tar.gz"]);
    sandbox.fails(2, &["install", "./x.zip"]);
    sandbox.fails(2, &["install", "ftp://x/y.tar.gz"]);
    sandbox.fails(2, &["which", "./x.tar.gz"]);
    let ruby = ArchiveBuilder::new()
        .file("ruby/bin/ruby", "x", 0o755)
        .tar_gz();
    let liar = tree("3.14.7", "t", &probe_answer("3.14.7", "t", "")).tar_gz();
    let hostile = ArchiveBuilder::new()
        .file("python/bin/../../../x", "x", 0o755)
        .tar_gz();
    for (name, bytes, part) in [
        ("ruby.tar.gz", ruby, "it has no bin/python3"),
        ("liar.tar.gz", liar, "is inconsistent"),
        ("hostile.tar.gz", hostile, "contains `..`"),
        ("text.tar.gz", b"no archive".to_vec(), "text.tar.gz"),
    ] {
        let digest = put(&sandbox, name, &bytes);
        let said = sandbox.fails(5, &["install", &format!("./{name}#sha256={digest}")]);
        assert!(said.stderr.contains(part), "{name}: {said:?}");
        assert!(sandbox.installed().is_empty() && sandbox.stages().is_empty());
    }
}

#[test]
fn a_dry_run_of_an_archive_reads_nothing() {
    let sandbox = Sandbox::new();
    let argument = format!(
        "https://me:secret@example.org/x.tar.zst#sha256={}",
        "b".repeat(64)
    );
    let said = sandbox.ok(&["install", "--dry-run", &argument]);
    assert!(said.stdout.contains("verify sha256 bbbb"), "{said:?}");
    assert!(!said.stdout.contains("secret"), "{said:?}");
    let json = sandbox
        .ok(&["--json", "install", "--dry-run", &argument])
        .stdout;
    let document: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(document[0]["file"], "x.tar.zst");
    assert!(!json.contains("secret"));
}
