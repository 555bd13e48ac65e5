//! A temporary home for one test, in which ftpy starts with an environment chosen by the test.

use crate::support::archives::{ArchiveBuilder, sha256_hex};
use crate::support::server::Server;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// The build date of all served builds.
pub const BUILD: &str = "20260901";

/// A home, a server, and an index of the server's builds.
pub struct Sandbox {
    home: tempfile::TempDir,
    /// The store: `FTPY_HOME`.
    pub store: PathBuf,
    /// The server of the index and the archives.
    pub server: Server,
    variables: Vec<(String, String)>,
    index: String,
}

/// The output of a finished ftpy.
#[derive(Debug)]
pub struct Finished {
    /// The exit code; none after a signal.
    pub code: Option<i32>,
    /// All of stdout.
    pub stdout: String,
    /// All of stderr.
    pub stderr: String,
}

/// The compiler cache that live tests share, if `.ci/run` names one: otherwise each of them compiles
/// CPython anew.
#[expect(clippy::disallowed_methods, reason = "the test's own environment")]
fn compiler_cache() -> Vec<(&'static str, OsString)> {
    let directory = std::env::var_os("FTPY_TEST_COMPILER_CACHE");
    let variables = directory.map(|it| [("CCACHE_DIR", it), ("CCACHE_UMASK", "000".into())]);
    variables.into_iter().flatten().collect()
}

/// Gives a command the variables of another one, and no others.
pub fn copy_variables<'a>(command: &'a mut Command, of: &Command) -> &'a mut Command {
    let variables = of.get_envs();
    command
        .env_clear()
        .envs(variables.filter_map(|(name, value)| Some((name, value?))))
}

/// Interrupts a child, like Ctrl-C.
#[cfg(unix)]
pub fn interrupt(child: &Child) {
    let id = i32::try_from(child.id()).expect("pid");
    let id = rustix::process::Pid::from_raw(id).expect("pid");
    rustix::process::kill_process(id, rustix::process::Signal::INT).expect("kill");
}

/// An archive named like upstream's.
pub struct Archive {
    /// The file name.
    pub name: String,
    /// The archive.
    pub bytes: Vec<u8>,
}

impl Archive {
    /// The index line with this directory, and its digest.
    pub fn line_at(&self, directory: &str) -> String {
        let (name, digest) = (self.name.replace('+', "%2B"), sha256_hex(&self.bytes));
        format!(
            "{{\"version\":\"x\",\"artifacts\":[{{\"url\":\"{directory}/{name}\",\
             \"sha256\":\"{digest}\"}}]}}\n"
        )
    }

    /// The index line with upstream's URL, so that a mirror replaces it.
    pub fn line_at_upstream(&self) -> String {
        self.line_at(&format!("{}/{BUILD}", ftpy::manifest::pbs::UPSTREAM))
    }
}

impl Default for Sandbox {
    fn default() -> Self {
        Self::new()
    }
}

/// Gives ignored signals a handler in this process. Child processes inherit what is ignored, but not
/// handlers: started by `nohup cargo test &`, tests would wait for an ftpy that ignores Ctrl-C.
#[cfg(target_os = "linux")]
fn handle_ignored_signals() {
    use tokio::signal::unix::{SignalKind, signal};
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let status = std::fs::read_to_string("/proc/self/status").expect("own status");
        let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        let ignored = u64::from_str_radix(ignored.expect("SigIgn").trim(), 16).expect("a mask");
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()
            .expect("a runtime");
        let _guard = runtime.enter();
        let kinds = [
            SignalKind::hangup(),
            SignalKind::interrupt(),
            SignalKind::quit(),
            SignalKind::terminate(),
        ];
        for kind in kinds {
            if ignored & (1 << (kind.as_raw_value() - 1)) != 0 {
                // The handler outlives the stream and the runtime.
                drop(signal(kind).expect("a handler"));
            }
        }
    });
}

#[cfg(not(target_os = "linux"))]
fn handle_ignored_signals() {}

impl Sandbox {
    /// Creates a sandbox with a store called `store`.
    pub fn new() -> Self {
        Self::at("store")
    }

    /// Creates a sandbox with a store of this name below the home.
    pub fn at(store: &str) -> Self {
        handle_ignored_signals();
        let home = tempfile::tempdir().expect("a temporary directory");
        let store = home.path().join(store);
        let server = Server::start();
        let mut sandbox = Self {
            home,
            store,
            server,
            variables: Vec::new(),
            index: String::new(),
        };
        let index = sandbox.server.url("/index.ndjson");
        let nowhere = crate::support::server::free_port_refusing();
        sandbox.set("FTPY_INDEX_URL", &index);
        // No test compiles by accident, or connects to other machines.
        sandbox.set("FTPY_SOURCE_MIRROR", &nowhere);
        sandbox.set("FTPY_CONDA_CHANNELS", &nowhere);
        sandbox
    }

    /// The directory that contains everything.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Sets a variable for every later start.
    pub fn set(&mut self, name: &str, value: &str) {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// Uses the embedded list, with a mirror that refuses connections.
    pub fn use_embedded_index(&mut self) {
        self.unset("FTPY_INDEX_URL");
        let nowhere = crate::support::server::free_port_refusing();
        self.set("FTPY_PBS_MIRROR", &nowhere);
    }

    /// Unsets a variable.
    pub fn unset(&mut self, name: &str) {
        self.variables.retain(|(known, _)| known != name);
    }

    /// Serves an archive and lists it in the index with its digest.
    pub fn offer(&mut self, archive: &Archive) {
        self.list(archive, Some(&sha256_hex(&archive.bytes)));
        self.server
            .file(&format!("/{}", archive.name), archive.bytes.clone());
    }

    /// Lists an archive in the index without serving it.
    pub fn list(&mut self, archive: &Archive, sha256: Option<&str>) {
        let url = self
            .server
            .url(&format!("/{}", archive.name.replace('+', "%2B")));
        let sha256 = sha256.map_or("null".to_owned(), |digest| format!("\"{digest}\""));
        self.index += &format!(
            "{{\"version\":\"x\",\"artifacts\":[{{\"url\":\"{url}\",\"sha256\":{sha256}}}]}}\n"
        );
        self.server.file("/index.ndjson", self.index.clone());
    }

    /// The receipt of the only installation.
    pub fn receipt(&self) -> serde_json::Value {
        let keys = self.installed();
        assert_eq!(keys.len(), 1, "{keys:?}");
        let path = self.store.join("installs").join(&keys[0]);
        let text = std::fs::read_to_string(path.join(".ftpy/receipt.json")).expect("receipt");
        serde_json::from_str(&text).expect("JSON")
    }

    /// The program with its arguments, not started yet.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(crate::support::program());
        command
            .args(arguments)
            .current_dir(self.home.path())
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("HOME", self.home.path())
            .env("FTPY_HOME", &self.store)
            .envs(compiler_cache())
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Starts ftpy and waits for its end.
    pub fn run(&self, arguments: &[&str]) -> Finished {
        finished(self.command(arguments).output().expect("ftpy starts"))
    }

    /// Like [`run`](Self::run), and it must succeed.
    pub fn ok(&self, arguments: &[&str]) -> Finished {
        let finished = self.run(arguments);
        assert_eq!(finished.code, Some(0), "{arguments:?}: {finished:#?}");
        finished
    }

    /// Like [`run`](Self::run), and it must end with this code.
    pub fn fails(&self, code: i32, arguments: &[&str]) -> Finished {
        let finished = self.run(arguments);
        assert_eq!(finished.code, Some(code), "{arguments:?}: {finished:#?}");
        finished
    }

    /// Starts ftpy without waiting.
    pub fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments).spawn().expect("ftpy starts")
    }

    /// The keys of the installations.
    pub fn installed(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.store.join("installs"));
        let entries = entries.into_iter().flatten().flatten();
        let mut names: Vec<String> = entries
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .filter(|name| name != ".stage")
            .collect();
        names.sort();
        names
    }

    /// Creates the store, like the first command that writes to it, for a test that puts something
    /// there before.
    pub fn mark(&self) {
        std::fs::create_dir_all(&self.store).expect("mkdir");
        std::fs::write(self.store.join(".ftpy-store"), "ftpy store 1\n").expect("write");
    }

    /// The contents of the stage directories, which are empty unless a process is working.
    pub fn stages(&self) -> Vec<String> {
        let stages = ["installs/.stage", "cache/stage"];
        let entries = stages.map(|one| std::fs::read_dir(self.store.join(one)));
        let entries = entries.into_iter().flatten().flatten().flatten();
        entries
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect()
    }
}

/// The output of a process as text.
pub fn finished(output: Output) -> Finished {
    Finished {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A name in upstream's format for this machine.
pub fn archive_name(version: &str, flags: &str) -> String {
    let target = ftpy::host::target::detect();
    let triple = match target.os.as_str() {
        "linux" => format!("{}-unknown-linux-{}", target.arch, target.libc),
        _ => format!("{}-apple-darwin", target.arch),
    };
    let variant = match flags {
        "" => "",
        "t" => "freethreaded-",
        other => panic!("upstream has no small archive for {other}"),
    };
    format!("cpython-{version}+{BUILD}-{triple}-{variant}install_only_stripped.tar.gz")
}

/// A small archive with a shell script as the interpreter, which answers the probe like a CPython
/// of this version and these abiflags.
pub fn interpreter(version: &str, flags: &str) -> Archive {
    let says = probe_answer(version, flags, flags);
    Archive {
        name: archive_name(version, flags),
        bytes: tree(version, flags, &says).tar_gz(),
    }
}

/// The files of such an archive, with a script that prints `says`.
pub fn tree(version: &str, flags: &str, says: &str) -> ArchiveBuilder {
    let minor: String = version.splitn(3, '.').take(2).collect::<Vec<_>>().join(".");
    let python = format!("python{minor}{flags}");
    let library = format!("python/lib/python{minor}{flags}");
    let data = "build_time_vars = {'CC': 'clang -pthread',\n 'prefix': '/install'}\n";
    ArchiveBuilder::new()
        .dir("python/")
        .dir("python/bin/")
        .file(format!("python/bin/{python}"), says, 0o755)
        .symlink("python/bin/python3", &python)
        .file(
            format!("python/bin/pip{minor}"),
            format!("#!/install/bin/{python}\n"),
            0o755,
        )
        .file(format!("{library}/_sysconfigdata_x.py"), data, 0o644)
        .file(format!("{library}/os.py"), "x = 1\n", 0o644)
}

/// The prefix of a script, and a function that prints text as hex: in pure shell if it is ASCII,
/// because tests spend much of their time there.
const HEX: &str = r#"#!/bin/sh
prefix=${0%/bin/*}
hex() {
    case $1 in *[!\ -~]*) printf %s "$1" | od -An -v -tx1 | tr -d ' \n'; return ;; esac
    s=$1
    while [ -n "$s" ]; do c=${s%"${s#?}"}; printf %02x "'$c"; s=${s#?}; done
}
"#;

/// A script with the output of `probe.py`, and its actual prefix. `named` are the flags in
/// sys.abiflags, `built` those in all other places.
pub fn probe_answer(version: &str, named: &str, built: &str) -> String {
    let plain: String = version
        .chars()
        .take_while(|c| c.is_ascii_digit() || *c == '.')
        .collect();
    let stage = match version.strip_prefix(plain.as_str()).unwrap_or("") {
        "" => "final0".to_owned(),
        stage => stage.replace("rc", "candidate"),
    };
    let number: String = plain.split('.').take(2).collect();
    let soabi = format!("cpython-{number}{built}-x");
    let free = u8::from(built.contains('t'));
    let lines = [
        ("version", plain),
        ("stage", stage),
        ("implementation", "cpython".to_owned()),
        ("abiflags", named.to_owned()),
        ("debug", u8::from(built.contains('d')).to_string()),
        ("gil_enabled", (1 - free).to_string()),
        ("gil_disabled", free.to_string()),
        ("ext_suffix", format!(".{soabi}.so")),
        ("soabi", soabi),
        ("config_args", String::new()),
        ("executable", String::new()),
        ("gil_enabled_after", (1 - free).to_string()),
    ];
    let mut script = HEX.to_owned();
    for (name, value) in lines {
        let hex: String = value.bytes().map(|byte| format!("{byte:02x}")).collect();
        let hex = if hex.is_empty() { "-".to_owned() } else { hex };
        script += &format!("echo {name} {hex}\n");
    }
    script += "echo prefix $(hex \"$prefix\")\necho base_prefix $(hex \"$prefix\")\necho end 31\n";
    script
}
