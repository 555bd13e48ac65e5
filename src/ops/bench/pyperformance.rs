//! `ftpy bench --pyperformance`: benchmarks of an installed pyperformance.
//!
//! pyperformance itself would measure one build after the other. Here each run of a benchmark is a
//! pyperf worker, as pyperf's own manager starts them, so that both builds run in turns. The layout of
//! the benchmarks is described in pyperformance's manual, in "Custom Benchmarks".

use crate::error::{Failure, Kind, Result};
use crate::host::plain_file;
use crate::ops::active_python::ACTIVE;
use crate::ops::context::Context;
use crate::ops::requires_python::decided;
use crate::relocate::executable_name;
use ftpy_core::path::find_program;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use toml::Table;

/// Where pyperformance is, and which pyperf it runs with.
const WHERE: &str = "import json, os, pyperf, pyperformance
print(json.dumps({'directory': os.path.dirname(pyperformance.__file__),
    'version': pyperformance.__version__, 'pyperf': pyperf.__version__}))";

/// An installed pyperformance.
#[derive(Debug, Deserialize)]
pub(crate) struct Pyperformance {
    /// Its package.
    directory: PathBuf,
    /// Its version.
    pub(crate) version: String,
    /// The version of its pyperf.
    pyperf: String,
}

/// A benchmark, which is a script that uses pyperf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Benchmark {
    /// Its name.
    pub(crate) name: String,
    script: PathBuf,
    options: Vec<String>,
}

impl Benchmark {
    /// The arguments of Python for one run that writes its result to a file.
    pub(crate) fn words(&self, loops: u64, answer: &Path) -> Vec<OsString> {
        let mut words: Vec<OsString> = vec![self.script.clone().into()];
        words.extend(self.options.iter().map(OsString::from));
        // In the first value, Python has not specialised the code yet.
        let worker = ["--worker", "--warmups", "1", "--values", "1", "--quiet"];
        words.extend(worker.map(OsString::from));
        words.extend(["--loops".into(), loops.to_string().into()]);
        words.extend(["--output".into(), answer.into()]);
        words
    }
}

impl Pyperformance {
    /// Finds the one on PATH, else that of the active Python.
    pub(crate) fn find(context: &Context) -> Result<Self> {
        let program = find_program(&context.env.path, "pyperformance");
        let of_program = program.as_deref().and_then(interpreter_of);
        let active = decided(context).ok().and_then(|it| it.installed);
        let active = active.map(|it| {
            let name = executable_name(&it.key.build);
            it.prefix.join("bin").join(name)
        });
        let mut reasons = Vec::new();
        for python in of_program.into_iter().chain(active) {
            match Self::of(&python) {
                Ok(found) => return Ok(found),
                Err(reason) => reasons.push(format!("{}: {reason}", python.display())),
            }
        }
        let message = match program {
            Some(program) => format!(
                "{}: cannot find the package that it belongs to",
                program.display()
            ),
            None => format!("pyperformance is neither on PATH nor installed in {ACTIVE}"),
        };
        Err(Failure::new(Kind::NotFound, message)
            .details(reasons)
            .hint("`pipx install pyperformance` or `uv tool install pyperformance`"))
    }

    /// Asks an interpreter for its pyperformance; the error is the last line that it prints.
    fn of(python: &Path) -> std::result::Result<Self, String> {
        let mut command = Command::new(python);
        // The current directory would be searched first.
        command.args(["-c", WHERE]).current_dir("/");
        command.stdin(Stdio::null());
        let output = command.output().map_err(|error| error.to_string())?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            let last = said.lines().last().unwrap_or_default();
            return Err(format!("{}, {last}", output.status));
        }
        serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())
    }

    fn benchmarks(&self) -> PathBuf {
        self.directory.join("data-files").join("benchmarks")
    }

    fn manifest(&self) -> Result<String> {
        let file = self.benchmarks().join("MANIFEST");
        plain_file::read_text(&file).map_err(|error| {
            let message = format!("{}: {error}", file.display());
            Failure::new(Kind::NotFound, message).hint("install pyperformance again")
        })
    }

    /// Finds benchmarks by their names.
    pub(crate) fn named(&self, names: &[String]) -> Result<Vec<Benchmark>> {
        let manifest = self.manifest()?;
        let one = |name: &String| self.benchmark(&manifest, name);
        names.iter().map(one).collect()
    }

    fn benchmark(&self, manifest: &str, name: &str) -> Result<Benchmark> {
        let parent = parent_of(manifest, name).ok_or_else(|| {
            let version = &self.version;
            let message = format!("pyperformance {version} has no benchmark `{name}`");
            Failure::new(Kind::NotFound, message).hint("`pyperformance list` names them")
        })?;
        let directory = self.benchmarks().join(format!("bm_{parent}"));
        let own = directory.join(format!("bm_{name}.toml"));
        let options = |file: &Path| -> Option<Vec<String>> {
            let table: Table = plain_file::read_text(file).ok()?.parse().ok()?;
            let options = table.get("tool")?.get("pyperformance")?.get("extra_opts")?;
            options.clone().try_into().ok()
        };
        let script = directory.join("run_benchmark.py");
        if !script.is_file() {
            let message = format!("{} does not exist", script.display());
            return Err(Failure::new(Kind::NotFound, message).hint("install pyperformance again"));
        }
        Ok(Benchmark {
            name: name.to_owned(),
            options: options(&own)
                .or_else(|| options(&directory.join("pyproject.toml")))
                .unwrap_or_default(),
            script,
        })
    }

    /// What all benchmarks need, as a line of a requirements file.
    pub(crate) fn requirement(&self) -> String {
        format!("pyperf=={}\n", self.pyperf)
    }

    /// The requirements files of benchmarks, with the versions that pyperformance names.
    pub(crate) fn requirements_files(benchmarks: &[Benchmark]) -> BTreeSet<PathBuf> {
        let files = benchmarks.iter().map(|benchmark| {
            let script = &benchmark.script;
            script.with_file_name("requirements.txt")
        });
        files.filter(|file| file.is_file()).collect()
    }
}

/// The interpreter of a script that pip has written.
fn interpreter_of(script: &Path) -> Option<PathBuf> {
    let script = script.canonicalize().ok()?;
    let text = plain_file::read_text(&script).ok()?;
    // Distributions add options: `#!/usr/bin/python3 -sP`.
    let line = text.lines().next()?.strip_prefix("#!")?;
    let named = line.split_whitespace().next()?;
    let is_python = |path: &Path| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.starts_with("python"))
    };
    let named = Path::new(named);
    if named.is_absolute() && is_python(named) {
        return Some(named.to_owned());
    }
    // For a path that is too long for this line, pip starts a shell. The interpreter is beside the script.
    let beside = script.with_file_name("python");
    beside.exists().then_some(beside)
}

/// The benchmark whose script a benchmark runs, by the lines `NAME<tab><local>` and
/// `NAME<tab><local:PARENT>`.
fn parent_of<'a>(manifest: &'a str, name: &'a str) -> Option<&'a str> {
    let mut lines = manifest.lines().filter_map(|line| line.split_once('\t'));
    let (_, place) = lines.find(|(own, _)| own.trim() == name)?;
    let place = place.trim().strip_prefix("<local")?.strip_suffix('>')?;
    let parent = match place.strip_prefix(':') {
        Some(parent) => parent,
        None if place.is_empty() => name,
        None => return None,
    };
    let is_name = |text: &str| text.chars().all(|it| it.is_alphanumeric() || it == '_');
    (is_name(parent) && is_name(name)).then_some(parent)
}

/// What pyperf writes.
#[derive(Debug, Deserialize)]
struct Answer {
    #[serde(default)]
    metadata: Metadata,
    benchmarks: Vec<Part>,
}

/// One of the benchmarks that a script has.
#[derive(Debug, Deserialize)]
struct Part {
    #[serde(default)]
    metadata: Metadata,
    runs: Vec<WorkerRun>,
}

#[derive(Debug, Default, Deserialize)]
struct Metadata {
    unit: Option<String>,
    inner_loops: Option<f64>,
}

#[derive(Debug, Deserialize)]
struct WorkerRun {
    #[serde(default)]
    values: Vec<f64>,
}

/// The seconds of all loops of a run: pyperf states those of one. `None` if it measured something
/// else, or nothing.
pub(crate) fn seconds(answer: &str, loops: u64) -> Option<f64> {
    let answer: Answer = serde_json::from_str(answer).ok()?;
    let part = |part: &Part| {
        let unit = part
            .metadata
            .unit
            .as_ref()
            .or(answer.metadata.unit.as_ref());
        let inner = part.metadata.inner_loops.or(answer.metadata.inner_loops);
        let values = part.runs.iter().flat_map(|run| &run.values);
        let is_time = unit.is_none_or(|unit| unit == "second");
        is_time.then(|| values.sum::<f64>() * inner.unwrap_or(1.0))
    };
    let sum = answer.benchmarks.iter().map(part).sum::<Option<f64>>()?;
    let seconds = sum * loops as f64;
    (seconds.is_finite() && seconds > 0.0).then_some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = "[benchmarks]\n\nname\tmetafile\n2to3\t<local>\npickle\t<local>\n\
        pickle_dict\t<local:pickle>\n#hg\t<local>\nodd\t<elsewhere>\nbad\t<local:../x>\n\n[group math]\n";

    #[test]
    fn benchmarks_are_found_by_the_manifest() {
        assert_eq!(parent_of(MANIFEST, "2to3"), Some("2to3"));
        assert_eq!(parent_of(MANIFEST, "pickle_dict"), Some("pickle"));
        for name in ["name", "hg", "#hg", "odd", "bad", "", "math", "../2to3"] {
            assert_eq!(parent_of(MANIFEST, name), None, "{name}");
        }
    }

    #[test]
    fn the_interpreter_of_a_script_is_in_its_first_line_or_beside_it() {
        let place = tempfile::tempdir().expect("a directory");
        let script = place.path().join("pyperformance");
        let found = |text: &str| {
            std::fs::write(&script, text).expect("written");
            interpreter_of(&script)
        };
        let system = Some(PathBuf::from("/usr/bin/python3"));
        assert_eq!(found("#!/usr/bin/python3\n"), system);
        assert_eq!(found("#!/usr/bin/python3 -sP\nimport re\n"), system);
        assert_eq!(found("#!/bin/sh\n'''exec' /long/python\n"), None);
        let beside = place.path().canonicalize().expect("exists").join("python");
        std::fs::write(&beside, "").expect("written");
        assert_eq!(found("#!/bin/sh\n'''exec' /long/python\n"), Some(beside));
    }

    #[test]
    fn the_parts_of_a_script_are_added_up() {
        let two = r#"{"metadata": {"loops": 4, "unit": "second"}, "benchmarks": [
            {"metadata": {"name": "a"}, "runs": [{"values": [0.5], "warmups": [[4, 9.0]]}]},
            {"metadata": {"name": "b", "inner_loops": 10}, "runs": [{"values": [0.01]}]}]}"#;
        assert_eq!(seconds(two, 4), Some(2.4));
        let bytes = two.replace("second", "byte");
        assert_eq!(seconds(&bytes, 4), None);
        for wrong in ["", "{}", r#"{"benchmarks": []}"#] {
            assert_eq!(seconds(wrong, 1), None, "{wrong}");
        }
    }

    #[test]
    fn a_benchmark_runs_as_a_worker_with_its_options_and_packages() {
        let place = tempfile::tempdir().expect("a directory");
        let directory = place.path().join("data-files/benchmarks/bm_pickle");
        std::fs::create_dir_all(&directory).expect("directories");
        let write = |name: &str, text: &str| {
            std::fs::write(directory.join(name), text).expect("written");
        };
        write("../MANIFEST", MANIFEST);
        write("run_benchmark.py", "");
        write("requirements.txt", "six\n");
        let options = "[tool.pyperformance]\nextra_opts = ['--pure', 'pickle']\n";
        write("pyproject.toml", options);
        write(
            "bm_pickle_dict.toml",
            &options.replace("'--pure', 'pickle'", "'dict'"),
        );
        let installed = Pyperformance {
            directory: place.path().to_owned(),
            version: "1.14.0".to_owned(),
            pyperf: "2.11.0".to_owned(),
        };
        let names = ["pickle", "pickle_dict"].map(str::to_owned);
        let both = installed.named(&names).expect("both");
        assert_eq!(both[0].options, ["--pure", "pickle"]);
        let words = both[1].words(8, Path::new("/t/answer"));
        assert_eq!(words[1..3], ["dict", "--worker"]);
        assert_eq!(words[8..], ["--loops", "8", "--output", "/t/answer"]);
        assert_eq!(installed.requirement(), "pyperf==2.11.0\n");
        let files = Pyperformance::requirements_files(&both);
        assert_eq!(files, [directory.join("requirements.txt")].into());
    }
}
