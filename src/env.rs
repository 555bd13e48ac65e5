//! The only reader of environment variables, the current directory and what the standard
//! streams are. Everything else is handed an [`Env`], so that it can be tested.

pub mod ci;

mod tools;

pub use tools::{Build, Others, command};

use crate::error::{Failure, Kind, Result};
use crate::file_url;
use crate::secret_url::SecretUrl;
use ftpy_core::root;
use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Duration;

/// What the process was started with. The manual lists the variables in one table.
#[derive(Debug, Clone)]
pub struct Env {
    /// Where the store is: `FTPY_HOME`, else the platform's data directory.
    pub store: PathBuf,
    /// `FTPY_INDEX_URL`: where the index of python-build-standalone is fetched from.
    pub index_url: Option<SecretUrl>,
    /// `FTPY_PBS_MIRROR`: stands for upstream's `.../releases/download`.
    pub pbs_mirror: Option<SecretUrl>,
    /// `FTPY_SOURCE_MIRROR`: stands for python.org's `.../ftp/python`.
    pub source_mirror: Option<SecretUrl>,
    /// `FTPY_RELEASES`: where releases of ftpy itself are.
    pub releases: Option<SecretUrl>,
    /// What of the environment is about conda.
    pub conda: Conda,
    /// What of the environment is about compiling.
    pub build: Build,
    /// What the runtimes of sanitizers are told: `TSAN_OPTIONS` and its kin, by their names.
    pub sanitizers: Vec<(&'static str, String)>,
    /// What of the environment is about connections.
    pub connections: Connections,
    /// `FTPY_CONNECT_TIMEOUT`, in seconds: how long a source may take to be reached at all. Unless
    /// it is set, ftpy decides by what else there is.
    pub connect_timeout: Option<Duration>,
    /// `FTPY_HTTP_TIMEOUT`, in seconds: how long a transfer may be silent.
    pub http_timeout: Duration,
    /// `FTPY_PYTHON`: the request that stands above every pin.
    pub python: Option<OsString>,
    /// ftpy's own variables that are set, in the order of [`VARIABLES`].
    pub given: Vec<(&'static str, SecretUrl)>,
    /// Whether `FTPY_HOME` chose the store.
    pub has_own_store: bool,
    /// `PATH`.
    pub path: OsString,
    /// What shells are set up by.
    pub shell: Shell,
    /// What changes how every Python starts.
    pub variables: Variables,
    /// Where other tools keep their Pythons.
    pub others: Others,
    /// What CI systems say.
    pub ci: ci::Ci,
    /// Where the process was started.
    pub current_dir: PathBuf,
    /// Where temporary files go: `TMPDIR`, else the system's directory.
    pub temporary: PathBuf,
    /// Whether stderr is a terminal that can redraw a line.
    pub stderr_is_terminal: bool,
    /// Whether questions can be asked.
    pub stdin_is_terminal: bool,
    /// Whether stderr may be coloured.
    pub colour: bool,
}

/// The person's shell and where its profiles are.
#[derive(Debug, Clone, Default)]
pub struct Shell {
    /// `HOME`, else what the system says; none where that is not an absolute path.
    pub home: Option<PathBuf>,
    /// `SHELL`: the login shell's path.
    pub login: Option<PathBuf>,
    /// `ZDOTDIR`: where zsh looks for its profiles, instead of the home directory.
    pub zdotdir: Option<PathBuf>,
    /// `XDG_CONFIG_HOME`, if it is an absolute path.
    pub config_home: Option<PathBuf>,
}

/// What connections are made with.
#[derive(Debug, Clone, Default)]
pub struct Connections {
    /// `SSL_CERT_FILE`: certificates that are trusted instead of the system's.
    pub certificates: Option<PathBuf>,
    /// `SSL_CERT_DIR`: directories of such files.
    pub certificate_dirs: Vec<PathBuf>,
    /// `NETRC`: a file of names and passwords, which must be there.
    pub netrc: Option<PathBuf>,
    /// `~/.netrc`: the same, there or not.
    pub usual_netrc: Option<PathBuf>,
    /// `HTTPS_PROXY`, `HTTP_PROXY` and `ALL_PROXY`, by the name that is set.
    pub proxies: Vec<(&'static str, SecretUrl)>,
    /// `NO_PROXY`: hosts that are connected to directly.
    pub no_proxy: Option<String>,
}

/// Which channels are asked, and where that is said.
#[derive(Debug, Clone, Default)]
pub struct Conda {
    /// `FTPY_CONDA_CHANNELS`: names, URLs or paths, with commas or spaces in between.
    pub channels: Vec<SecretUrl>,
    /// `CONDARC` and `MAMBARC`: further files of settings, the stronger last.
    pub files: Vec<PathBuf>,
}

/// Variables that change how every Python starts.
#[derive(Debug, Clone, Default)]
pub struct Variables {
    /// `PYTHON_GIL`
    pub gil: Option<OsString>,
    /// `PYTHONHOME`
    pub home: Option<OsString>,
    /// `PYTHONPATH`
    pub path: Option<OsString>,
    /// Whether `PYTHONPATH` is set, but to nothing.
    pub has_empty_path: bool,
    /// `VIRTUAL_ENV`: the virtual environment that is active.
    pub virtual_env: Option<PathBuf>,
    /// The names of all that change how a Python starts, set or empty: `PYTHONMALLOC`.
    pub all: Vec<OsString>,
}

/// ftpy's own variables, and what they are for.
pub const VARIABLES: [(&str, &str); 10] = [
    ("FTPY_HOME", "the store"),
    (
        "FTPY_PYTHON",
        "the request for the bare names, above every pin",
    ),
    ("FTPY_AUTO_INSTALL", "as auto-install, and above it"),
    (
        "FTPY_PBS_MIRROR",
        "stands for python-build-standalone's downloads",
    ),
    ("FTPY_SOURCE_MIRROR", "stands for python.org's"),
    ("FTPY_CONDA_CHANNELS", "conda channels"),
    ("FTPY_RELEASES", "where releases of ftpy itself are"),
    ("FTPY_INDEX_URL", "stands for upstream's index of builds"),
    (
        "FTPY_CONNECT_TIMEOUT",
        "seconds that a source may take to be reached",
    ),
    ("FTPY_HTTP_TIMEOUT", "seconds that a transfer may be silent"),
];

/// The names of each proxy variable; the first that is set counts.
const PROXIES: [[&str; 2]; 3] = [
    ["HTTPS_PROXY", "https_proxy"],
    ["HTTP_PROXY", "http_proxy"],
    ["ALL_PROXY", "all_proxy"],
];

/// How long a transfer may be silent, unless said otherwise.
const HTTP_TIMEOUT: Duration = Duration::from_secs(30);

impl Env {
    /// Reads the environment.
    ///
    /// # Errors
    /// Where a variable makes no sense, or no place for the store can be found.
    #[expect(clippy::disallowed_methods, reason = "this is the one reader")]
    pub fn read() -> Result<Self> {
        let current_dir = std::env::current_dir().map_err(|error| {
            Failure::new(
                Kind::System,
                format!("the current directory cannot be used: {error}"),
            )
            .hint("change to a directory that exists")
        })?;
        let stderr_is_terminal =
            std::io::stderr().is_terminal() && text("TERM").as_deref() != Some("dumb");
        Ok(Self {
            store: store()?,
            index_url: place_to_fetch_from("FTPY_INDEX_URL")?,
            pbs_mirror: place_to_fetch_from("FTPY_PBS_MIRROR")?,
            source_mirror: place_to_fetch_from("FTPY_SOURCE_MIRROR")?,
            releases: place_to_fetch_from("FTPY_RELEASES")?,
            conda: Conda::read(),
            build: Build::read(),
            sanitizers: tools::sanitizers(),
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
    /// The running ftpy, by its real path.
    ///
    /// # Errors
    /// Where the system does not tell.
    pub fn program(&self) -> Result<PathBuf> {
        let found = std::env::current_exe().and_then(|path| path.canonicalize());
        found.map_err(|error| {
            let message = format!("where the running ftpy is cannot be told: {error}");
            Failure::new(Kind::System, message)
        })
    }
}

impl Conda {
    fn read() -> Self {
        Self {
            channels: text("FTPY_CONDA_CHANNELS").map_or_else(Vec::new, |value| {
                let names = value.split([',', ' ']).filter(|name| !name.is_empty());
                names.map(SecretUrl::from).collect()
            }),
            files: [place("CONDARC"), place("MAMBARC")]
                .into_iter()
                .flatten()
                .collect(),
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
                // In a CGI program, HTTP_PROXY is what a client sent as its header `Proxy`.
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
    #[expect(clippy::disallowed_methods, reason = "set and empty is not unset here")]
    fn read() -> Self {
        Self {
            gil: full("PYTHON_GIL"),
            home: full("PYTHONHOME"),
            path: full("PYTHONPATH"),
            has_empty_path: std::env::var_os("PYTHONPATH").is_some_and(|path| path.is_empty()),
            virtual_env: place("VIRTUAL_ENV"),
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

/// A variable that is not empty.
#[expect(clippy::disallowed_methods, reason = "this is the one reader")]
fn full(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// A variable that is text.
fn text(name: &str) -> Option<String> {
    full(name)?.into_string().ok()
}

/// A variable that is an absolute path.
fn place(name: &str) -> Option<PathBuf> {
    let path = full(name).map(PathBuf::from);
    path.filter(|path| path.is_absolute())
}

/// `HOME`, else what the system says, if it is an absolute path.
fn home() -> Option<PathBuf> {
    let home = directories::BaseDirs::new()?.home_dir().to_owned();
    home.is_absolute().then_some(home)
}

/// The store's root: always an absolute path, for receipts and rewritten files hold it, and it
/// must not depend on where ftpy was started.
fn store() -> Result<PathBuf> {
    if let Some(value) = full("FTPY_HOME") {
        return root::directory(&value, full("HOME").as_deref()).map_err(|reason| {
            Failure::new(Kind::Usage, format!("FTPY_HOME: {reason}"))
                .hint("set FTPY_HOME to an absolute path, or unset it")
        });
    }
    let platform = directories::ProjectDirs::from("", "", "ftpy");
    let platform = platform.map(|dirs| dirs.data_local_dir().to_owned());
    platform.filter(|path| path.is_absolute()).ok_or_else(|| {
        Failure::new(
            Kind::System,
            "there is no home directory to keep installations in",
        )
        .hint("set FTPY_HOME to a directory that you can write")
    })
}

/// Mirrors are http(s):// or file://; a path is taken as file://. Of anything else, what
/// may be a password is not shown.
fn place_to_fetch_from(name: &str) -> Result<Option<SecretUrl>> {
    let Some(value) = text(name) else {
        return Ok(None);
    };
    if let Some(reason) = SecretUrl::from(value.as_str()).misread() {
        return Err(Failure::new(Kind::Usage, format!("{name}: {reason}")));
    }
    let hint = "mirrors and indexes are http://, https:// or file:// URLs";
    if let Some(Err(reason)) = file_url::path_of(&value) {
        return Err(Failure::new(Kind::Usage, format!("{name}: {reason}")).hint(hint));
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
    let shown = SecretUrl::from(value);
    let message = format!("{name}: `{shown}` is not a place to fetch from");
    Err(Failure::new(Kind::Usage, message).hint(hint))
}

fn seconds(name: &str, value: &str) -> Result<Duration> {
    let seconds = value.parse().ok();
    let seconds = seconds.filter(|seconds: &f64| seconds.is_finite() && *seconds > 0.0);
    let duration = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    duration.ok_or_else(|| {
        Failure::new(
            Kind::Usage,
            format!("{name} is `{value}`, which is not a number of seconds"),
        )
    })
}
