//! The workflows of this repository, parsed like by GitHub.

use serde_yaml::Value;
use std::path::Path;

/// A file in `.github/workflows`.
pub struct Workflow(pub Value);

impl Workflow {
    /// Parses the file of this name.
    pub fn read(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(".github/workflows");
        let text = std::fs::read_to_string(folder.join(name)).expect(name);
        Self(serde_yaml::from_str(&text).expect("YAML"))
    }

    /// The steps of a job.
    pub fn steps(&self, job: &str) -> &[Value] {
        let steps = self.0["jobs"][job]["steps"].as_sequence();
        steps.unwrap_or_else(|| panic!("no job {job}"))
    }

    /// The script of a step.
    pub fn script(&self, job: &str, step: &str) -> &str {
        let mut steps = self.steps(job).iter();
        let found = steps.find(|one| one["name"] == step);
        let found = found.unwrap_or_else(|| panic!("{job} has no step {step}"));
        found["run"].as_str().expect("a script")
    }

    /// All scripts of a job.
    pub fn scripts(&self, job: &str) -> Vec<&str> {
        let steps = self.steps(job).iter();
        steps.filter_map(|step| step["run"].as_str()).collect()
    }
}
