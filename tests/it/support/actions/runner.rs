//! The runner itself: one job, step by step.

use super::expression::{HASH, evaluate, expand};
use super::hash_files::hash_files;
use super::{cache, files};
use crate::support::sandbox::{Finished, finished};
use serde_yaml::Value as Yaml;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

type Texts = BTreeMap<String, String>;

/// A machine on which one job runs.
pub struct Runner {
    /// The checkout.
    workspace: PathBuf,
    temporary: tempfile::TempDir,
    caches: PathBuf,
    env: Texts,
    /// The lines of `GITHUB_PATH`: the last one has priority.
    path: Vec<String>,
    base_path: String,
    /// The file of the action, and its origin according to the runner.
    action: PathBuf,
    repository: String,
    /// What `actions/cache` saves at the end of the job: keys and paths.
    saved_at_end: Vec<(String, String)>,
}

/// The result of a job.
#[derive(Debug, Default)]
pub struct Job {
    /// Whether every step succeeded.
    pub is_success: bool,
    /// The output of the steps, stdout before stderr for each.
    pub log: String,
    /// The outputs of the last composite action.
    pub outputs: Texts,
    /// The names of the executed steps, including the action's own.
    pub ran: Vec<String>,
}

/// The context of expressions: a workflow's job, or an action in it.
struct Scope {
    inputs: Option<Texts>,
    steps: BTreeMap<String, Texts>,
    repository: String,
    workspace: PathBuf,
}

impl Runner {
    /// A new machine with the project checked out. `caches` outlives it.
    pub fn new(workspace: &Path, caches: &Path, base_path: &str) -> Self {
        std::fs::create_dir_all(caches).expect("mkdir");
        Self {
            workspace: workspace.to_owned(),
            temporary: tempfile::tempdir().expect("a directory"),
            caches: caches.to_owned(),
            env: Texts::new(),
            path: Vec::new(),
            base_path: base_path.to_owned(),
            action: Path::new(env!("CARGO_MANIFEST_DIR")).join("action.yml"),
            repository: "OWNER/ftpy".to_owned(),
            saved_at_end: Vec::new(),
        }
    }

    /// Ends a job that succeeded: `actions/cache` saves what it did not find, if it exists.
    pub fn end(&mut self) {
        for (key, paths) in std::mem::take(&mut self.saved_at_end) {
            if paths.lines().any(|path| Path::new(path).exists()) {
                cache::save(&self.caches, &key, &paths);
            }
        }
    }

    /// Uses another copy of the action, and `github.action_repository`, which may be empty.
    pub fn action_is(&mut self, file: &Path, repository: &str) {
        self.action = file.to_owned();
        repository.clone_into(&mut self.repository);
    }

    /// Sets a variable of the job.
    pub fn set(&mut self, name: &str, value: &str) {
        self.env.insert(name.to_owned(), value.to_owned());
    }

    /// Removes a variable of the job.
    pub fn unset(&mut self, name: &str) {
        self.env.remove(name);
    }

    /// Runs the one job of a workflow.
    pub fn workflow(&mut self, text: &str) -> Job {
        let workflow: Yaml = serde_yaml::from_str(text).expect("YAML");
        let jobs = workflow["jobs"].as_mapping().expect("jobs");
        assert_eq!(jobs.len(), 1, "one job is run");
        let job = jobs.values().next().expect("a job");
        let mut result = Job {
            is_success: true,
            ..Job::default()
        };
        let mut scope = Scope {
            inputs: None,
            steps: BTreeMap::new(),
            repository: self.repository.clone(),
            workspace: self.workspace.clone(),
        };
        self.steps(&job["steps"], &mut scope, &mut result);
        if result.is_success {
            self.end();
        }
        result
    }

    /// Runs this repository's action with inputs.
    pub fn action(&mut self, with: &[(&str, &str)]) -> Job {
        let with = with.iter();
        let with = with.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut result = Job {
            is_success: true,
            ..Job::default()
        };
        self.composite(with.collect(), &mut result);
        result
    }

    /// Runs one line as a separate step, after the previous ones.
    pub fn run(&mut self, script: &str) -> Finished {
        self.script(script, &["-e"], &Texts::new()).0
    }

    fn composite(&mut self, with: Texts, job: &mut Job) -> Texts {
        let text = std::fs::read_to_string(&self.action).expect("action.yml");
        let action: Yaml = serde_yaml::from_str(&text).expect("YAML");
        assert_eq!(action["runs"]["using"], "composite");
        let mut inputs = Texts::new();
        for (name, about) in action["inputs"].as_mapping().expect("inputs") {
            let name = name.as_str().expect("a name");
            let default = about["default"].as_str().expect("a default that is a text");
            let given = with.get(name).cloned();
            inputs.insert(name.to_owned(), given.unwrap_or_else(|| default.to_owned()));
        }
        for name in with.keys() {
            assert!(inputs.contains_key(name), "the action has no input {name}");
        }
        let mut scope = Scope {
            inputs: Some(inputs),
            steps: BTreeMap::new(),
            repository: self.repository.clone(),
            workspace: self.workspace.clone(),
        };
        self.steps(&action["runs"]["steps"], &mut scope, job);
        for (name, about) in action["outputs"].as_mapping().expect("outputs") {
            let value = about["value"].as_str().expect("a value");
            let value = expand(value, &|name| scope.look_up(name));
            job.outputs
                .insert(name.as_str().expect("a name").to_owned(), value);
        }
        job.outputs.clone()
    }

    fn steps(&mut self, steps: &Yaml, scope: &mut Scope, job: &mut Job) {
        let steps = steps.as_sequence().expect("steps");
        // An expression may name a step that was skipped, but not one that does not exist.
        let ids = steps.iter().filter_map(|step| step["id"].as_str());
        scope.steps = ids.map(|id| (id.to_owned(), Texts::new())).collect();
        for step in steps {
            if !job.is_success {
                return;
            }
            let condition = step["if"].as_str().unwrap_or("true");
            if !evaluate(condition, &|name| scope.look_up(name)).is_true() {
                continue;
            }
            let name = ["name", "uses", "run"]
                .iter()
                .find_map(|key| step[*key].as_str());
            job.ran.push(name.expect("a name").to_owned());
            let outputs = match step["uses"].as_str() {
                Some(action) => self.uses(action, &texts(&step["with"], scope), job),
                None => self.step(step, scope, job),
            };
            if let Some(id) = step["id"].as_str() {
                scope.steps.insert(id.to_owned(), outputs);
            }
        }
    }

    fn uses(&mut self, action: &str, with: &Texts, job: &mut Job) -> Texts {
        let (name, version) = action.split_once('@').expect("a version");
        match name {
            "actions/checkout" => Texts::new(),
            "actions/cache" | "actions/cache/restore" | "actions/cache/save" => {
                let is_commit =
                    version.len() == 40 && version.chars().all(|c| c.is_ascii_hexdigit());
                assert!(is_commit, "{action} is no commit");
                let (key, paths) = (&with["key"], &with["path"]);
                if name == "actions/cache" {
                    let prefix = with["restore-keys"].trim();
                    let hit = cache::restore_any(&self.caches, key, prefix, paths);
                    if hit != "true" {
                        self.saved_at_end.push((key.clone(), paths.clone()));
                    }
                    return Texts::from([("cache-hit".to_owned(), hit)]);
                }
                if name.ends_with("save") {
                    cache::save(&self.caches, key, paths);
                    return Texts::new();
                }
                let hit = cache::restore(&self.caches, key, paths);
                Texts::from([("cache-hit".to_owned(), hit.to_string())])
            }
            _ => self.composite(with.clone(), job),
        }
    }

    fn step(&mut self, step: &Yaml, scope: &Scope, job: &mut Job) -> Texts {
        let script = step["run"].as_str().expect("a script");
        let flags: &[&str] = match step["shell"].as_str() {
            Some("bash") => &["--noprofile", "--norc", "-eo", "pipefail"],
            None if scope.inputs.is_none() => &["-e"],
            shell => panic!("a composite action's step needs a shell, not {shell:?}"),
        };
        let script = expand(script, &|name| scope.look_up(name));
        let (said, outputs) = self.script(&script, flags, &texts(&step["env"], scope));
        job.log += &said.stdout;
        job.log += &said.stderr;
        job.is_success = said.code == Some(0);
        outputs
    }

    /// Runs a script like the real runner, and applies what it wrote.
    fn script(&mut self, script: &str, flags: &[&str], env: &Texts) -> (Finished, Texts) {
        let temporary = self.temporary.path().to_owned();
        let file = temporary.join("script.sh");
        std::fs::write(&file, script).expect("write");
        let path: Vec<&str> = self.path.iter().rev().map(String::as_str).collect();
        let path = [path.as_slice(), &[self.base_path.as_str()]]
            .concat()
            .join(":");
        let output = Command::new("bash")
            .args(flags)
            .arg(file)
            .current_dir(&self.workspace)
            .env_clear()
            .envs([("CI", "true"), ("GITHUB_ACTIONS", "true")])
            .env("GITHUB_WORKSPACE", &self.workspace)
            .env("RUNNER_TEMP", &temporary)
            .envs(files::make(&temporary))
            .envs(&self.env)
            .envs(env)
            .env("PATH", path)
            .stdin(std::process::Stdio::null())
            .output();
        let written = files::read(&temporary);
        self.env.extend(written.env);
        for directory in written.path {
            self.path.retain(|known| *known != directory);
            self.path.push(directory);
        }
        let outputs = written.output.into_iter().collect();
        (finished(output.expect("bash")), outputs)
    }
}

impl Scope {
    fn look_up(&self, name: &str) -> String {
        if let Some(patterns) = name.strip_prefix(HASH) {
            return hash_files(&self.workspace, patterns);
        }
        let parts: Vec<&str> = name.split('.').collect();
        match parts.as_slice() {
            ["inputs", input] => {
                let inputs = self.inputs.as_ref().expect("a workflow has no inputs");
                inputs
                    .get(*input)
                    .unwrap_or_else(|| panic!("no {name}"))
                    .clone()
            }
            ["steps", id, "outputs", output] => {
                let step = self.steps.get(*id).unwrap_or_else(|| panic!("no {name}"));
                step.get(*output).cloned().unwrap_or_default()
            }
            ["github", "server_url"] => "https://example.invalid".to_owned(),
            ["github", "action_repository"] => self.repository.clone(),
            _ => panic!("{name} is not known"),
        }
    }
}

/// Evaluates the expressions in a mapping of texts.
fn texts(mapping: &Yaml, scope: &Scope) -> Texts {
    let Some(mapping) = mapping.as_mapping() else {
        return Texts::new();
    };
    let text = |(name, value): (&Yaml, &Yaml)| {
        let value = match value {
            Yaml::String(text) => text.clone(),
            Yaml::Bool(value) => value.to_string(),
            Yaml::Number(number) => number.to_string(),
            other => panic!("{other:?}"),
        };
        let name = name.as_str().expect("a name").to_owned();
        (name, expand(&value, &|name| scope.look_up(name)))
    };
    mapping.iter().map(text).collect()
}
