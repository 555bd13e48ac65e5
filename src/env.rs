//! The only reader of environment variables, the current directory and the state of the standard
//! streams. All other code receives an [`Env`], which keeps it testable.

pub mod ci;
pub mod directory;
mod error;
mod surroundings;
mod tools;
mod workspace;

pub use tools::{Build, Others, THREAD_POOLS, command};

use crate::env::error::EnvError;
use crate::error::Result;
use crate::file_url;
use crate::secret_url::SecretUrl;
use ftpy_core::root;
use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Duration;

/// The environment of the process. The manual lists the variables in one table.
#[derive(Debug, Clone)]
pub struct Env {
    /// The store: `FTPY_HOME`, otherwise a directory in the platform's data directory.
    pub store: PathBuf,
    /// `FTPY_SHARED`: stores to use after that one, which are never written.
    pub shared: Vec<PathBuf>,
    /// `FTPY_INDEX_URL`: the URL of the index of python-build-standalone.
    pub index_url: Option<SecretUrl>,
    /// `FTPY_PBS_MIRROR`: replaces upstream's `.../releases/download`.
    pub pbs_mirror: Option<SecretUrl>,
    /// `FTPY_SOURCE_MIRROR`: replaces python.org's `.../ftp/python`.
    pub source_mirror: Option<SecretUrl>,
    /// `FTPY_RELEASES`: the location of ftpy's own releases.
    pub releases: Option<SecretUrl>,
    /// Variables for conda.
    pub conda: Conda,
    /// Variables for compiling.
    pub build: Build,
    /// Options of sanitizer runtimes: `TSAN_OPTIONS` and similar variables, by name.
    pub sanitizers: Vec<(&'static str, String)>,
    /// The variables that limit the threads of BLAS and OpenMP.
    pub thread_pools: Vec<(String, String)>,
    /// Variables for network connections.
    pub connections: Connections,
    /// `FTPY_CONNECT_TIMEOUT`, in seconds: the time limit for connecting to a source. If unset, it
    /// depends on how many other sources there are.
    pub connect_timeout: Option<Duration>,
    /// `FTPY_HTTP_TIMEOUT`, in seconds: how long a transfer may stall.
    pub http_timeout: Duration,
    /// `FTPY_PYTHON`: a request that overrides every pin.
    pub python: Option<OsString>,
    /// `FTPY_SHIM_CHOICE`: the choice of a parent process's shim.
    pub inherited: Option<OsString>,
    /// ftpy's own variables that are set, in the order of [`VARIABLES`].
    pub given: Vec<(&'static str, SecretUrl)>,
    /// Whether the store was chosen by `FTPY_HOME`.
    pub has_own_store: bool,
    /// `PATH`.
    pub path: OsString,
    /// Variables that locate the shell's profiles.
    pub shell: Shell,
    /// Variables that affect every Python.
    pub variables: Variables,
    /// Where other tools keep their Pythons.
    pub others: Others,
    /// Variables of CI systems.
    pub ci: ci::Ci,
    /// The current directory.
    pub current_dir: PathBuf,
    /// The directory for temporary files: `TMPDIR`, otherwise the system's.
    pub temporary: PathBuf,
    /// Whether stderr is a terminal on which a line can be redrawn.
    pub stderr_is_terminal: bool,
    /// Whether the user can be prompted.
    pub stdin_is_terminal: bool,
    /// Whether stderr may be coloured.
    pub colour: bool,
}

/// The user's shell and the location of its profiles.
#[derive(Debug, Clone, Default)]
pub struct Shell {
    /// `HOME`, otherwise the home directory from the system; `None` if that is not an absolute
    /// path.
    pub home: Option<PathBuf>,
    /// `SHELL`: the path of the login shell.
    pub login: Option<PathBuf>,
    /// `ZDOTDIR`: the directory of zsh's profiles, instead of the home directory.
    pub zdotdir: Option<PathBuf>,
    /// `XDG_CONFIG_HOME`, if it is an absolute path.
    pub config_home: Option<PathBuf>,
}

/// Variables that affect connections.
#[derive(Debug, Clone, Default)]
pub struct Connections {
    /// `SSL_CERT_FILE`: certificates to trust instead of the system's.
    pub certificates: Option<PathBuf>,
    /// `SSL_CERT_DIR`: directories of such files.
    pub certificate_dirs: Vec<PathBuf>,
    /// `NETRC`: a file of user names and passwords, which must exist.
    pub netrc: Option<PathBuf>,
    /// `~/.netrc`: the same, but it may be missing.
    pub usual_netrc: Option<PathBuf>,
    /// `HTTPS_PROXY`, `HTTP_PROXY` and `ALL_PROXY`, by the name that is set.
    pub proxies: Vec<(&'static str, SecretUrl)>,
    /// `NO_PROXY`: hosts to connect to directly.
    pub no_proxy: Option<String>,
}

/// Variables that select conda channels.
#[derive(Debug, Clone, Default)]
pub struct Conda {
    /// `FTPY_CONDA_CHANNELS`: names, URLs or paths, separated by commas or spaces.
    pub channels: Vec<SecretUrl>,
    /// `CONDARC` and `MAMBARC`: additional settings files; later ones take precedence.
    pub files: Vec<PathBuf>,
}

/// Variables that affect every Python.
#[derive(Debug, Clone, Default)]
pub struct Variables {
    /// `PYTHON_GIL`
    pub gil: Option<OsString>,
    /// `PYTHONHOME`
    pub home: Option<OsString>,
    /// `PYTHONPATH`
    pub path: Option<OsString>,
    /// Whether `PYTHONPATH` is set but empty.
    pub has_empty_path: bool,
    /// `VIRTUAL_ENV`: the active virtual environment.
    pub virtual_env: Option<PathBuf>,
    /// `PYENV_VERSION`: what pyenv would start.
    pub pyenv_version: Option<OsString>,
    /// The names of all variables that affect how Python starts, set or empty: `PYTHONMALLOC`.
    pub all: Vec<OsString>,
}

/// ftpy's own variables with a description of each.
pub const VARIABLES: [(&str, &str); 11] = [
    ("FTPY_HOME", "the location of the store"),
    (root::SHARED, "read-only stores, searched after that one"),
    (
        "FTPY_PYTHON",
        "the version for bare names; overrides every pin",
    ),
    ("FTPY_AUTO_INSTALL", "overrides the setting auto-install"),
    (
        "FTPY_PBS_MIRROR",
        "replaces the download URL of python-build-standalone",
    ),
    (
        "FTPY_SOURCE_MIRROR",
        "replaces the download URL of python.org",
    ),
    ("FTPY_CONDA_CHANNELS", "the conda channels to use"),
    ("FTPY_RELEASES", "the location of ftpy's own releases"),
    ("FTPY_INDEX_URL", "replaces the URL of the index of builds"),
    (
        "FTPY_CONNECT_TIMEOUT",
        "time limit for connecting to a source, in seconds",
    ),
    (
        "FTPY_HTTP_TIMEOUT",
        "how long a transfer may stall, in seconds",
    ),
];

/// The names of each proxy variable; the first one that is set wins.
const PROXIES: [[&str; 2]; 3] = [
    ["HTTPS_PROXY", "https_proxy"],
    ["HTTP_PROXY", "http_proxy"],
    ["ALL_PROXY", "all_proxy"],
];

/// How long a transfer may stall by default.
const HTTP_TIMEOUT: Duration = Duration::from_secs(30);

impl Env {
    /// Reads the environment.
    ///
    /// # Errors
    /// Returns an error if a variable is invalid or there is no location for the store.
    #[expect(clippy::disallowed_methods, reason = "this is the one reader")]
    pub fn read() -> Result<Self> {
        let current_dir = std::env::current_dir().map_err(EnvError::CurrentDirectory)?;
        let stderr_is_terminal =
            std::io::stderr().is_terminal() && text("TERM").as_deref() != Some("dumb");
        Ok(Self {
            store: directory::store(full("FTPY_HOME").as_deref(), full("HOME").as_deref())?,
            shared: root::shared(full(root::SHARED).as_deref(), full("HOME").as_deref()),
            index_url: place_to_fetch_from("FTPY_INDEX_URL")?,
            pbs_mirror: place_to_fetch_from("FTPY_PBS_MIRROR")?,
            source_mirror: place_to_fetch_from("FTPY_SOURCE_MIRROR")?,
            releases: place_to_fetch_from("FTPY_RELEASES")?,
            conda: Conda::read(),
            build: Build::read(),
            sanitizers: tools::sanitizers(),
            thread_pools: tools::thread_pools(),
            connections: Connections::read(&current_dir),
            connect_timeout: match text("FTPY_CONNECT_TIMEOUT") {
                Some(value) => Some(seconds("FTPY_CONNECT_TIMEOUT", &value)?),
                None => None,
            },
            http_timeout: match text("FTPY_HTTP_TIMEOUT") {
                Some(value) => seconds("FTPY_HTTP_TIMEOUT", &value)?,
                None => HTTP_TIMEOUT,
            },
            python: full("FTPY_PYTHON"),
            inherited: full(ftpy_core::decide::INHERITED),
            given: VARIABLES
                .iter()
                .filter_map(|(name, _)| {
                    Some((*name, full(name)?.to_string_lossy().as_ref().into()))
                })
                .collect(),
            has_own_store: full("FTPY_HOME").is_some(),
            path: std::env::var_os("PATH").unwrap_or_default(),
            shell: Shell::read(),
            others: Others::read(),
            ci: ci::Ci::read(),
            variables: Variables::read(),
            temporary: current_dir.join(std::env::temp_dir()),
            current_dir,
            stderr_is_terminal,
            stdin_is_terminal: std::io::stdin().is_terminal(),
            colour: stderr_is_terminal && text("NO_COLOR").is_none(),
        })
    }
}

impl Env {
    /// The path of the running ftpy, with links resolved.
    ///
    /// # Errors
    /// Returns an error if the system cannot determine it.
    pub fn program(&self) -> Result<PathBuf> {
        let found = std::env::current_exe().and_then(|path| path.canonicalize());
        Ok(found.map_err(EnvError::Program)?)
    }
}

impl Conda {
    fn read() -> Self {
        let files = [place("CONDARC"), place("MAMBARC")];
        Self {
            channels: text("FTPY_CONDA_CHANNELS").map_or_else(Vec::new, |value| {
                let names = value.split([',', ' ']).filter(|name| !name.is_empty());
                names.map(SecretUrl::from).collect()
            }),
            files: files.into_iter().flatten().collect(),
        }
    }
}

impl Connections {
    fn read(current_dir: &std::path::Path) -> Self {
        let directories = full("SSL_CERT_DIR").unwrap_or_default();
        let directories = std::env::split_paths(&directories);
        Self {
            certificates: full("SSL_CERT_FILE").map(|path| current_dir.join(path)),
            certificate_dirs: directories
                .filter(|path| !path.as_os_str().is_empty())
                .map(|path| current_dir.join(path))
                .collect(),
            netrc: full("NETRC").map(|path| current_dir.join(path)),
            usual_netrc: home().map(|home| home.join(".netrc")),
            proxies: PROXIES
                .iter()
                // In a CGI program, HTTP_PROXY contains the client's `Proxy` header.
                .filter(|_| full("REQUEST_METHOD").is_none())
                .filter_map(|names| {
                    names
                        .iter()
                        .find_map(|name| Some((*name, text(name)?.into())))
                })
                .collect(),
            no_proxy: text("NO_PROXY").or_else(|| text("no_proxy")),
        }
    }
}

impl Shell {
    fn read() -> Self {
        Self {
            home: home(),
            login: place("SHELL"),
            zdotdir: place("ZDOTDIR"),
            config_home: place("XDG_CONFIG_HOME"),
        }
    }
}

impl Variables {
    #[expect(
        clippy::disallowed_methods,
        reason = "an empty variable counts as set here"
    )]
    fn read() -> Self {
        Self {
            gil: full("PYTHON_GIL"),
            home: full("PYTHONHOME"),
            path: full("PYTHONPATH"),
            has_empty_path: std::env::var_os("PYTHONPATH").is_some_and(|path| path.is_empty()),
            virtual_env: place("VIRTUAL_ENV"),
            pyenv_version: full("PYENV_VERSION"),
            all: std::env::vars_os()
                .map(|(name, _)| name)
                .filter(|name| {
                    let bytes = name.as_encoded_bytes();
                    bytes.starts_with(b"PYTHON") || bytes == b"__PYVENV_LAUNCHER__"
                })
                .collect(),
        }
    }
}

/// A non-empty variable.
#[expect(clippy::disallowed_methods, reason = "this is the one reader")]
fn full(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// A variable that is valid UTF-8.
fn text(name: &str) -> Option<String> {
    full(name)?.into_string().ok()
}

/// A variable that is an absolute path.
fn place(name: &str) -> Option<PathBuf> {
    let path = full(name).map(PathBuf::from);
    path.filter(|path| path.is_absolute())
}

/// `HOME`, otherwise the home directory from the system, if it is an absolute path.
fn home() -> Option<PathBuf> {
    let home = directories::BaseDirs::new()?.home_dir().to_owned();
    home.is_absolute().then_some(home)
}

/// Parses a mirror: an http(s):// or file:// URL, or a path. An invalid value is shown without
/// anything that may be a password.
fn place_to_fetch_from(name: &'static str) -> Result<Option<SecretUrl>> {
    let Some(value) = text(name) else {
        return Ok(None);
    };
    if let Some(reason) = SecretUrl::from(value.as_str()).misread() {
        return Err(EnvError::Misread { name, reason }.into());
    }
    if let Some(Err(reason)) = file_url::path_of(&value) {
        return Err(EnvError::FileUrl { name, reason }.into());
    }
    let known = ["http://", "https://", "file://"];
    let path = match value.starts_with(['/', '~']) {
        true => root::directory(value.as_ref(), full("HOME").as_deref()).ok(),
        false => None,
    };
    let url = match &path {
        Some(path) => file_url::of(path),
        None => file_url::normal(&value),
    };
    if known
        .iter()
        .any(|scheme| url.len() > scheme.len() && url.starts_with(scheme))
    {
        return Ok(Some(url.trim_end_matches('/').into()));
    }
    let url = SecretUrl::from(value);
    Err(EnvError::UnsupportedUrl { name, url }.into())
}

fn seconds(name: &'static str, value: &str) -> Result<Duration> {
    let seconds = value.parse().ok();
    let seconds = seconds.filter(|seconds: &f64| seconds.is_finite() && *seconds > 0.0);
    let duration = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let value = value.to_owned();
    Ok(duration.ok_or(EnvError::NotSeconds { name, value })?)
}
