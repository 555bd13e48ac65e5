//! Installs, lists and removes ftpy's kernels of Jupyter.

use crate::error::{Failure, IoFailure, Kind, Result};
use crate::host::person_file;
use crate::jupyter::{self, FILE, Kernel, MARK, Place};
use crate::ops::context::Context;
use crate::ops::venv_base;
use crate::probe::script;
use crate::relocate::executable_name;
use crate::report::Verb;
use ftpy_core::paste;
use serde::Deserialize;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Asks ipykernel for the spec that it would write itself, and whether importing it turns the GIL
/// on.
const ASK: &str = "import json, os, sys, sysconfig
lock = os.path.join(sysconfig.get_path('stdlib'), 'EXTERNALLY-MANAGED')
found = {'version': sys.version.split()[0].rstrip('+'), 'abiflags': sys.abiflags,
         'is_managed_elsewhere': sys.prefix == sys.base_prefix and os.path.exists(lock)}
try:
    import ipykernel.kernelapp
    from ipykernel.kernelspec import get_kernel_dict
    found['spec'] = get_kernel_dict()
    found['ipykernel'] = ipykernel.__version__
except ImportError as error:
    found['missing'] = error.name or str(error)
enabled = getattr(sys, '_is_gil_enabled', lambda: True)
found['gil_enabled'] = enabled()
print(json.dumps(found))
";

/// Fails unless ipykernel can be found.
const HAS_IPYKERNEL: &str = "import importlib.util, sys
sys.exit(importlib.util.find_spec('ipykernel') is None)";

/// What to install.
pub(crate) struct KernelRequest<'a> {
    pub(crate) python: KernelPython<'a>,
    /// The kernel's name; `None` for one made from the Python.
    pub(crate) name: Option<&'a str>,
    /// The name that Jupyter shows.
    pub(crate) display_name: Option<&'a str>,
    /// Whether to replace the spec of another tool.
    pub(crate) is_forced: bool,
}

/// The Python of a kernel.
pub(crate) enum KernelPython<'a> {
    /// An installation.
    Request(&'a str),
    /// A virtual environment.
    Venv(&'a Path),
    /// What is active here.
    Active,
}

/// A kernel that was installed.
pub(crate) struct InstalledKernel {
    pub(crate) kernel: Kernel,
    /// The version of ipykernel.
    pub(crate) ipykernel: String,
    pub(crate) gil_enabled: bool,
    /// Whether the build is free-threaded, so that the GIL could be off.
    pub(crate) is_free_threaded: bool,
    /// The directory of another kernel of that name, which Jupyter prefers.
    pub(crate) hidden_by: Option<PathBuf>,
}

/// The interpreter of a kernel, before it is asked.
struct Chosen {
    interpreter: PathBuf,
    /// What was requested: `3.14t`, a key, the path of an environment.
    request: String,
    /// What the default names are made from: `python3.14t`, the name of a project.
    stem: String,
    /// Whether it follows patch upgrades.
    follows: bool,
    /// What distinguishes it from others of that version: `mine`.
    label: Option<String>,
    /// The command that installs ipykernel.
    pip: String,
}

/// What the interpreter answered.
#[derive(Deserialize)]
struct Answer {
    version: String,
    abiflags: String,
    gil_enabled: bool,
    /// Whether pip refuses to install into it.
    is_managed_elsewhere: bool,
    spec: Option<Value>,
    ipykernel: Option<String>,
    missing: Option<String>,
}

/// Installs a kernel in the person's Jupyter directory.
pub(crate) fn install(context: &Context, wanted: &KernelRequest<'_>) -> Result<InstalledKernel> {
    let chosen = choose(context, &wanted.python)?;
    let name = match wanted.name {
        Some(text) => jupyter::name(text)?,
        None => jupyter::name_of(&chosen.stem),
    };
    let kernels = jupyter::directory(&context.env)?;
    check_place(&kernels, &name, wanted.is_forced)?;
    let answer = ask(context, &chosen)?;
    let Some(mut spec) = answer.spec.clone() else {
        return Err(no_ipykernel(&chosen, &answer));
    };
    let is_free_threaded = answer.abiflags.contains('t');
    spec["argv"][0] = chosen.interpreter.display().to_string().into();
    spec["display_name"] = match wanted.display_name {
        Some(text) => text.to_owned(),
        None => display_name(&chosen, &answer),
    }
    .into();
    spec["metadata"][MARK] = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "request": chosen.request,
    });
    let directory = kernels.join(&name);
    std::fs::create_dir_all(&directory)
        .map_err(|error| IoFailure::at("create", &directory)(error).outside_store())?;
    let text = format!("{spec:#}\n");
    person_file::write(&directory.join(FILE), text.as_bytes()).map_err(IoFailure::outside_store)?;
    let mut first = jupyter::searched_first(&context.env).into_iter();
    let hidden_by = first
        .find(|other| *other != kernels && !matches!(jupyter::place(other, &name), Place::Free));
    Ok(InstalledKernel {
        hidden_by: hidden_by.map(|other| other.join(&name)),
        kernel: Kernel {
            name,
            directory,
            spec,
        },
        ipykernel: answer.ipykernel.unwrap_or_default(),
        gil_enabled: answer.gil_enabled,
        is_free_threaded,
    })
}

/// Returns the interpreter to use. That of an installation is an alias if it may follow upgrades.
fn choose(context: &Context, python: &KernelPython<'_>) -> Result<Chosen> {
    let venv = match (python, &context.env.variables.virtual_env) {
        (KernelPython::Venv(path), _) => Some(context.env.current_dir.join(path)),
        (KernelPython::Active, Some(active)) => Some(active.clone()),
        (KernelPython::Request(_) | KernelPython::Active, _) => None,
    };
    if let Some(path) = venv {
        return of_venv(&path);
    }
    let text = match python {
        KernelPython::Request(text) => Some(*text),
        KernelPython::Venv(_) | KernelPython::Active => None,
    };
    let hint = "name one: `ftpy kernel install 3.14t`";
    let (installed, request) = venv_base::python(context, text, hint)?;
    let alias = venv_base::follows(context, &installed, request.as_ref());
    let key = installed.key.to_string();
    let build = &installed.key.build;
    let interpreter = match &alias {
        Some(alias) => {
            let prefix = context.store.aliases().join(alias);
            prefix.join("bin").join(executable_name(build))
        }
        None => installed.interpreter().unwrap_or_default(),
    };
    let label = installed.link_name().map(str::to_owned);
    let stem = match (&label, &alias) {
        (Some(name), _) => name.clone(),
        (None, Some(alias)) => format!("python{alias}"),
        (None, None) => format!("python{}", build.name()),
    };
    Ok(Chosen {
        interpreter,
        pip: paste![
            "ftpy",
            "run",
            key,
            "--",
            "python",
            "-m",
            "pip",
            "install",
            "ipykernel"
        ],
        request: request.map_or(key, |request| request.to_string()),
        follows: alias.is_some(),
        stem,
        label,
    })
}

fn of_venv(path: &Path) -> Result<Chosen> {
    let interpreter = path.join("bin/python");
    if !path.join("pyvenv.cfg").is_file() || !interpreter.is_file() {
        let message = format!("{} is not a virtual environment", path.display());
        let hint = match path.exists() {
            true => "name the directory that contains pyvenv.cfg".to_owned(),
            false => format!("`{}` makes one", paste!["ftpy", "venv", path.display()]),
        };
        return Err(Failure::new(Kind::NotFound, message).hint(hint));
    }
    // `.venv` is called after its project.
    let own = path
        .file_name()
        .filter(|name| !name.as_encoded_bytes().starts_with(b"."));
    let own = own.or_else(|| path.parent()?.file_name());
    let stem = own.unwrap_or_default().to_string_lossy().into_owned();
    Ok(Chosen {
        pip: paste![interpreter.display(), "-m", "pip", "install", "ipykernel"],
        interpreter,
        request: path.display().to_string(),
        label: Some(stem.clone()),
        // It may follow its alias.
        follows: true,
        stem,
    })
}

/// Refuses to replace what ftpy did not write. A link is refused even if forced, because the
/// directory that it leads to may belong to another tool.
fn check_place(kernels: &Path, name: &str, is_forced: bool) -> Result<()> {
    if jupyter::place(kernels, name) != Place::Foreign {
        return Ok(());
    }
    let directory = kernels.join(name);
    let is_directory = directory
        .symlink_metadata()
        .is_ok_and(|about| about.is_dir());
    let message = match is_directory {
        true => format!(
            "ftpy did not install the kernel {name} in {}",
            directory.display()
        ),
        false => format!("{} is not a directory", directory.display()),
    };
    let failure = Failure::new(Kind::Usage, message);
    match (is_directory, is_forced) {
        (true, true) => Ok(()),
        (true, false) => Err(failure.hint("`--name` gives another name, `--force` replaces it")),
        (false, _) => Err(failure.hint("`--name` gives another name")),
    }
}

fn ask(context: &Context, chosen: &Chosen) -> Result<Answer> {
    let task = context.reporter.task("kernel");
    task.step_on(Verb::Probing, chosen.interpreter.display().to_string());
    let failed = |details: String| {
        let message = format!("cannot ask {} for its kernel", chosen.interpreter.display());
        Failure::new(Kind::Integrity, message).details([details])
    };
    let output = script(&chosen.interpreter, ASK).output();
    let output = output.map_err(|error| failed(error.to_string()))?;
    // A module may print while it is imported.
    let stdout = String::from_utf8_lossy(&output.stdout);
    let answer = stdout
        .lines()
        .last()
        .and_then(|line| serde_json::from_str(line).ok());
    answer.ok_or_else(|| {
        let stderr = String::from_utf8_lossy(&output.stderr);
        failed(stderr.lines().last().unwrap_or("no answer").to_owned())
    })
}

fn no_ipykernel(chosen: &Chosen, answer: &Answer) -> Failure {
    let place = chosen.interpreter.display();
    let message = match answer.missing.as_deref() {
        Some("ipykernel") | None => format!("{place} has no ipykernel, which Jupyter needs"),
        Some(other) => format!("ipykernel of {place} cannot be imported: {other} is missing"),
    };
    let failure = Failure::new(Kind::NotFound, message);
    if !answer.is_managed_elsewhere {
        return failure.hint(format!("install it with `{}`", chosen.pip));
    }
    let venv = paste!["ftpy", "venv", "-p", chosen.request, ".venv"];
    let install = "ftpy kernel install --venv .venv";
    failure.hint(format!(
        "another package manager owns this Python; use an environment: `{venv}`, \
         `.venv/bin/python -m pip install ipykernel`, `{install}`"
    ))
}

/// `Python 3.14 (free-threaded)`, `Python 3.14.7 (free-threaded, mine)`.
fn display_name(chosen: &Chosen, answer: &Answer) -> String {
    let series: Vec<&str> = answer.version.splitn(3, '.').take(2).collect();
    let version = match chosen.follows {
        true => series.join("."),
        false => answer.version.clone(),
    };
    let mut words = Vec::new();
    if answer.abiflags.contains('t') {
        words.push("free-threaded");
    }
    if answer.abiflags.contains('d') {
        words.push("debug");
    }
    words.extend(chosen.label.as_deref());
    match words.is_empty() {
        true => format!("Python {version}"),
        false => format!("Python {version} ({})", words.join(", ")),
    }
}

/// A kernel, and what is wrong with it.
pub(crate) struct KernelState {
    pub(crate) kernel: Kernel,
    pub(crate) problem: Option<&'static str>,
}

/// Returns ftpy's kernels in the person's Jupyter directory.
pub(crate) fn list(context: &Context) -> Result<Vec<KernelState>> {
    let kernels = jupyter::own(&jupyter::directory(&context.env)?);
    let state = |kernel: Kernel| {
        let interpreter = kernel.interpreter();
        let problem = match script(&interpreter, HAS_IPYKERNEL).status() {
            _ if !interpreter.is_file() => Some("its interpreter is gone"),
            Ok(status) if status.success() => None,
            Ok(_) => Some("ipykernel is missing"),
            Err(_) => Some("its interpreter does not start"),
        };
        KernelState { kernel, problem }
    };
    Ok(kernels.into_iter().map(state).collect())
}

/// Removes kernels of ftpy. Nothing is removed unless each name is one.
///
/// Returns them, with the directories that stay because they contain files of others.
pub(crate) fn uninstall(context: &Context, names: &[String]) -> Result<Vec<(Kernel, bool)>> {
    let kernels = jupyter::directory(&context.env)?;
    let mut found: Vec<Kernel> = Vec::new();
    for text in names {
        let kernel = installed(&kernels, &jupyter::name(text)?)?;
        if !found.contains(&kernel) {
            found.push(kernel);
        }
    }
    let mut removed = Vec::new();
    for kernel in found {
        let file = kernel.directory.join(FILE);
        std::fs::remove_file(&file)
            .map_err(|error| IoFailure::at("remove", &file)(error).outside_store())?;
        let stays = std::fs::remove_dir(&kernel.directory).is_err();
        removed.push((kernel, stays));
    }
    Ok(removed)
}

fn installed(kernels: &Path, name: &str) -> Result<Kernel> {
    match jupyter::place(kernels, name) {
        Place::Own(kernel) => Ok(kernel),
        Place::Foreign => {
            let message = format!("ftpy did not install the kernel {name}");
            let remove = paste!["jupyter", "kernelspec", "remove", name];
            Err(Failure::new(Kind::Usage, message).hint(format!("`{remove}` removes it")))
        }
        Place::Free => {
            let message = format!("no kernel {name} in {}", kernels.display());
            Err(Failure::new(Kind::NotFound, message).hint("`ftpy kernel list` prints the names"))
        }
    }
}
