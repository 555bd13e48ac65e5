//! The command line of `ftpy bench`: types for clap, without behaviour.

use clap::{Args, ValueHint};
use std::ffi::OsString;
use std::path::PathBuf;

/// The options of comparing one program. Elsewhere they would do nothing, so they are refused.
const ONE_PROGRAM: [&str; 12] = [
    "script",
    "command",
    "base",
    "threads_env",
    "processes_env",
    "input",
    "throughput",
    "any_output",
    "svg",
    "html",
    "fail_if",
    "fail_unless",
];

/// The options of measuring. They would do nothing where nothing is measured.
const MEASURING: [&str; 9] = [
    "setup",
    "requirements",
    "gil",
    "budget",
    "width",
    "margin",
    "seed",
    "any_host",
    "export",
];

#[derive(Debug, Args)]
pub struct Bench {
    /// The free-threaded build: 3.14t; its GIL twin is found, or both are installed [default: the
    /// active Python, else the newest free-threaded installation]
    #[arg(value_name = "REQUEST", value_hint = ValueHint::Other)]
    pub request: Option<String>,
    /// What runs, and how
    #[command(flatten)]
    pub workload: Workload,
    /// How long, how exactly, with how many threads
    #[command(flatten)]
    pub measuring: Measuring,
    /// What is written
    #[command(flatten)]
    pub output: Output,
    /// Report whether this machine is fit for measuring, and measure nothing
    #[arg(
        long,
        conflicts_with_all = ["suite", "pyperformance", "compare"],
        conflicts_with_all = ONE_PROGRAM,
        conflicts_with_all = MEASURING
    )]
    pub host: bool,
    /// Measure a small set of workloads that comes with ftpy, or these of them
    #[arg(
        long,
        value_name = "NAME",
        num_args = 0..,
        value_delimiter = ',',
        conflicts_with_all = ["pyperformance", "compare"],
        conflicts_with_all = ONE_PROGRAM
    )]
    pub suite: Option<Vec<String>>,
    /// Measure benchmarks of an installed pyperformance, which tell the cost of one thread
    #[arg(
        long,
        value_name = "NAME",
        value_delimiter = ',',
        conflicts_with_all = ["compare", "threads"],
        conflicts_with_all = ONE_PROGRAM
    )]
    pub pyperformance: Option<Vec<String>>,
    /// Compare two exports
    #[arg(
        long,
        num_args = 2,
        value_names = ["OLD", "NEW"],
        value_hint = ValueHint::FilePath,
        conflicts_with_all = ["request", "threads"],
        conflicts_with_all = ONE_PROGRAM,
        conflicts_with_all = MEASURING
    )]
    pub compare: Option<Vec<PathBuf>>,
    /// The command; {threads} and {processes} in its arguments are replaced by the numbers of an
    /// arm, {input} by the value of --input
    #[arg(
        last = true,
        value_name = "COMMAND",
        conflicts_with = "script",
        value_hint = ValueHint::CommandWithArguments
    )]
    pub command: Vec<OsString>,
}

#[derive(Debug, Args)]
pub struct Workload {
    /// Time `work(threads)` of this Python file instead of a command; `work_share(index, count)` in it
    /// adds an arm with processes
    #[arg(
        long,
        value_name = "FILE",
        value_hint = ValueHint::FilePath,
        conflicts_with_all = ["threads_env", "processes_env"]
    )]
    pub script: Option<PathBuf>,
    /// Set this variable to the number of threads
    #[arg(long, value_name = "NAME")]
    pub threads_env: Option<String>,
    /// Set this variable to the number of processes
    #[arg(long, value_name = "NAME")]
    pub processes_env: Option<String>,
    /// Run this shell command once with each build before measuring, also in the directory of --base
    #[arg(long, value_name = "COMMAND")]
    pub setup: Option<String>,
    /// The value of {input} in the command, or the last argument of `work`
    #[arg(long, value_name = "VALUE", value_hint = ValueHint::FilePath)]
    pub input: Option<OsString>,
    /// The program's own figure, larger is better: a regular expression with one group, searched for in
    /// its output
    #[arg(long, value_name = "REGEX", conflicts_with = "script")]
    pub throughput: Option<String>,
    /// Install the packages of a requirements file, pylock.toml or uv.lock for both builds
    #[arg(
        short = 'r',
        long = "requirements",
        value_name = "FILE",
        value_hint = ValueHint::FilePath
    )]
    pub requirements: Vec<PathBuf>,
    /// The GIL build to compare with, instead of the twin
    #[arg(long, value_name = "REQUEST", value_hint = ValueHint::Other)]
    pub gil: Option<String>,
    /// Also run each arm in this directory, such as a checkout of main, and compare
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub base: Option<PathBuf>,
    /// Accept that the arms print different things
    #[arg(long)]
    pub any_output: bool,
}

#[derive(Debug, Args)]
pub struct Measuring {
    /// The numbers of threads: the largest, or a list such as 1,2,4 [default: the usable CPUs]
    #[arg(short = 'n', long, value_name = "N", value_delimiter = ',')]
    pub threads: Vec<u32>,
    /// The time for measuring, such as 30s, 2m or 1h
    #[arg(long, value_name = "TIME", default_value = "2m")]
    pub budget: String,
    /// Stop when the deciding intervals are this narrow, in percent
    #[arg(long, value_name = "PERCENT", default_value_t = 3.0)]
    pub width: f64,
    /// Gains below this count as none, in percent
    #[arg(long, value_name = "PERCENT", default_value_t = 2.0)]
    pub margin: f64,
    /// The seed of the random order
    #[arg(long, value_name = "NUMBER")]
    pub seed: Option<u64>,
    /// Measure although this machine is unfit; the report says so
    #[arg(long)]
    pub any_host: bool,
}

#[derive(Debug, Args)]
pub struct Output {
    /// Write the report with every sample as JSON
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub export: Option<PathBuf>,
    /// Draw the speed-up as SVG
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub svg: Option<PathBuf>,
    /// Write one HTML page with all pictures
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub html: Option<PathBuf>,
    /// Exit with code 1 if this holds: `t1 > 1.10` (time over one GIL thread), `t4.speedup < 2`,
    /// `t4.memory > 3`, `t1.base > 1.05`
    #[arg(long, value_name = "CONDITION")]
    pub fail_if: Vec<String>,
    /// Exit with code 1 unless this holds: `pays`, `pays@4` (with at most four threads)
    #[arg(long, value_name = "CONDITION")]
    pub fail_unless: Vec<String>,
}
