//! Runs arms as processes.

use crate::bench::arm::{Arm, Side};
use crate::bench::child::{Finished, RunEnd, run_once};
use crate::bench::host::{CpuMeter, CpuReading, Sensors, between};
use crate::bench::measure::{Limits, Run, Runner};
use crate::bench::verdict::as_budget;
use crate::cancel::Cancel;
use crate::error::{Failure, IoFailure, Kind, Result};
use crate::gil::Watch;
#[cfg(target_os = "linux")]
use crate::host::process;
use crate::ops::bench::environment::Environments;
use crate::ops::bench::pyperformance;
use crate::ops::bench::work::{Scratch, Timed, Work, command};
use crate::ops::context::Context;
use crate::report::{Task, text};
use regex::Regex;
use std::fs::File;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// What all runs share.
#[derive(Debug)]
pub(crate) struct RunSetting<'a> {
    /// The context.
    pub(crate) context: &'a Context,
    /// The environments of both builds.
    pub(crate) environments: &'a Environments,
    /// What runs.
    pub(crate) work: &'a Work,
    /// The directory of `--base`.
    pub(crate) base: Option<PathBuf>,
    /// What finds the program's own figure.
    pub(crate) throughput: Option<&'a Regex>,
    /// The directory of the runs' files.
    pub(crate) scratch: &'a Scratch,
    /// Ctrl-C.
    pub(crate) cancel: &'a Cancel,
    /// When to stop; no run may take longer than the budget.
    pub(crate) limits: Limits,
    /// Whether disturbed runs count like others.
    pub(crate) is_any_host: bool,
    /// Whether the arms may print different things.
    pub(crate) is_any_output: bool,
}

/// A run that ended as it should.
#[derive(Debug)]
pub(crate) struct Completed {
    /// How it ended.
    pub(crate) finished: Finished,
    /// The timed part, in seconds.
    pub(crate) seconds: f64,
    /// Its CPU time, in seconds.
    pub(crate) cpu_seconds: f64,
    /// The program's own figure.
    pub(crate) throughput: Option<f64>,
    /// What it printed.
    pub(crate) printed: Vec<u8>,
    /// Whether the GIL was on at its end; `None` if only a watch can tell.
    pub(crate) gil: Option<bool>,
}

/// How many of the last lines of a failed run are shown.
const SHOWN: usize = 8;
/// The longest output that is kept.
const LONGEST: u64 = 16 << 20;

impl RunSetting<'_> {
    /// The longest time of a run, and of the measuring.
    fn longest(&self) -> Duration {
        Duration::from_secs_f64(self.limits.budget.max(1.0))
    }

    /// Runs an arm once. `loops` is how often a script's `work` is repeated.
    pub(crate) fn once(
        &self,
        arm: Arm,
        loops: u64,
        watch: Option<&Watch>,
        is_observed: bool,
    ) -> Result<Completed> {
        let context = self.context;
        let mut command = command(
            context,
            self.environments,
            (self.work, loops),
            arm,
            self.scratch,
        )?;
        if let Some(watch) = watch {
            watch.attach(&mut command, &context.env.variables);
        }
        let directory = match (arm.side, &self.base) {
            (Side::Base, Some(base)) => base,
            _ => &context.env.current_dir,
        };
        let (out, err) = (self.scratch.file("stdout"), self.scratch.file("stderr"));
        let create = |path: &PathBuf| File::create(path).map_err(IoFailure::at("create", path));
        command
            .current_dir(directory)
            .stdin(Stdio::null())
            .stdout(create(&out)?)
            .stderr(create(&err)?);
        let finished = run_once(command, self.longest(), is_observed, self.cancel)?;
        // Those that left the group, such as daemons. Nothing else runs meanwhile.
        #[cfg(target_os = "linux")]
        let finished = Finished {
            has_leftovers: process::end_orphans() || finished.has_leftovers,
            ..finished
        };
        self.cancel.check()?;
        if finished.end != RunEnd::Exited || !finished.status.success() {
            return Err(self.failed(arm, &finished));
        }
        let completed = self.completed(arm, loops, finished)?;
        // A watch says more: who turned it on.
        if watch.is_none() && arm.is_free_threaded() && completed.gil == Some(true) {
            let message = format!("the GIL came on in arm {arm}, during a timed run");
            return Err(Failure::new(Kind::GilEnabled, message)
                .hint("it was off in the rehearsal: the work depends on the time or on chance"));
        }
        Ok(completed)
    }

    fn completed(&self, arm: Arm, loops: u64, finished: Finished) -> Result<Completed> {
        let printed = read(&self.scratch.file("stdout"));
        let throughput = match self.throughput {
            Some(regex) => Some(figure(regex, &printed, arm)?),
            None => None,
        };
        let mut completed = Completed {
            seconds: finished.wall.as_secs_f64(),
            cpu_seconds: finished.cpu.as_secs_f64(),
            throughput,
            printed,
            gil: None,
            finished,
        };
        let answer = || self.scratch.answer();
        let untimed = |what: &str| Failure::new(Kind::Unchecked, format!("{arm}: {what}"));
        match self.work {
            Work::Command(_) => {}
            Work::Script(_) => {
                let timed = answer().and_then(|text| serde_json::from_str(&text).ok());
                let timed: Timed = timed.ok_or_else(|| {
                    untimed("the script ended without its time")
                        .hint("`work` must return; it must not end the process")
                })?;
                completed.seconds = timed.seconds;
                completed.cpu_seconds = timed.cpu_seconds;
                completed.printed = timed.result.into_bytes();
                completed.gil = Some(timed.gil);
            }
            Work::Pyperformance(_) => {
                let seconds = answer().and_then(|text| pyperformance::seconds(&text, loops));
                completed.seconds = seconds
                    .ok_or_else(|| untimed("the benchmark ended without a time from pyperf"))?;
                // pyperf prints the time, which is different in each run.
                completed.printed.clear();
            }
        }
        Ok(completed)
    }

    fn failed(&self, arm: Arm, finished: &Finished) -> Failure {
        use std::os::unix::process::ExitStatusExt;
        let what = match self.work {
            Work::Command(_) => "the command",
            Work::Script(_) => "the script",
            Work::Pyperformance(_) => "the benchmark",
        };
        let limit = text::elapsed(self.longest());
        let ended = match (
            finished.end,
            finished.status.code(),
            finished.status.signal(),
        ) {
            (RunEnd::TimedOut, ..) => format!("did not end within {limit}"),
            (RunEnd::Stopped, ..) => "waits for a terminal, which measured runs do not have".into(),
            (RunEnd::Exited, Some(code), _) => format!("ended with exit code {code}"),
            (RunEnd::Exited, None, signal) => {
                format!("was ended by signal {}", signal.unwrap_or_default())
            }
        };
        let message = format!("{what} {ended} in arm {arm} ({})", arm.title());
        let said = read(&self.scratch.file("stderr"));
        let said = String::from_utf8_lossy(&said).into_owned();
        let lines: Vec<&str> = said
            .lines()
            .filter(|line| !line.trim().is_empty())
            .collect();
        let last = lines[lines.len().saturating_sub(SHOWN)..].iter();
        let failure = Failure::new(Kind::Unchecked, message);
        let failure = failure.details(last.map(|line| (*line).to_owned()));
        match finished.end {
            RunEnd::TimedOut => {
                let budget = as_budget(self.longest().as_secs_f64() * 60.0, self.limits.shares);
                failure.hint(format!(
                    "give it less work, or more time: `--budget {budget}`"
                ))
            }
            RunEnd::Stopped => failure.hint("run it without asking: input from /dev/null"),
            RunEnd::Exited => failure,
        }
    }
}

fn read(path: &PathBuf) -> Vec<u8> {
    use std::io::Read;
    let mut bytes = Vec::new();
    if let Ok(file) = File::open(path) {
        let _ = file.take(LONGEST).read_to_end(&mut bytes);
    }
    bytes
}

/// Finds the program's own figure in its output.
fn figure(regex: &Regex, printed: &[u8], arm: Arm) -> Result<f64> {
    let text = String::from_utf8_lossy(printed);
    let found = regex.captures(&text).and_then(|found| found.get(1));
    let wrong = |why: String| {
        let message = format!("{arm}: {why}");
        Failure::new(Kind::Unchecked, message).hint("the expression is searched for in stdout")
    };
    let found =
        found.ok_or_else(|| wrong("the output has no match for --throughput".to_owned()))?;
    let number: f64 = found
        .as_str()
        .replace([',', '_'], "")
        .parse()
        .map_err(|_| {
            wrong(format!(
                "--throughput found `{}`, which is not a number",
                found.as_str()
            ))
        })?;
    match number.is_finite() && number > 0.0 {
        true => Ok(number),
        false => Err(wrong(format!(
            "--throughput found {number}, which is not above zero"
        ))),
    }
}

/// The runner of the measuring.
#[derive(Debug)]
pub(crate) struct ArmRunner<'a> {
    setting: &'a RunSetting<'a>,
    loops: u64,
    most_workers: u32,
    usable_cores: f64,
    sensors: Sensors,
    meter: CpuMeter,
    started: Instant,
    task: Task,
}

/// How long to wait for a quiet machine after a disturbed run.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long each look at the machine's load takes.
const LOOK: Duration = Duration::from_millis(250);
/// Other processes that use less of a core are not waited for.
pub(crate) const QUIET: f64 = 0.1;

impl<'a> ArmRunner<'a> {
    /// Begins the measuring now.
    pub(crate) fn new(
        setting: &'a RunSetting<'a>,
        loops: u64,
        most_workers: u32,
        usable_cores: f64,
        task: Task,
    ) -> Self {
        let sensors = Sensors::of_this_machine();
        Self {
            setting,
            loops,
            most_workers,
            usable_cores,
            meter: sensors.cpu_meter(),
            sensors,
            started: Instant::now(),
            task,
        }
    }
}

impl Runner for ArmRunner<'_> {
    type Error = Failure;

    fn run(&mut self, arm: Arm) -> Result<Run> {
        let before = self.meter.read();
        let completed = self.setting.once(arm, self.loops, None, false);
        let after = self.meter.read();
        let completed = match completed {
            Err(failure) if failure.kind == Kind::Interrupted => return Ok(Run::default()),
            completed => completed?,
        };
        self.task.reach(self.started.elapsed().as_secs());
        let finished = &completed.finished;
        let disturbed = |(before, after): (CpuReading, CpuReading)| {
            between(&before, &after, finished.cpu, finished.wall)
        };
        let disturbed = before.zip(after).map(disturbed);
        let counts = disturbed.as_ref().filter(|_| !self.setting.is_any_host);
        let reason = counts.and_then(|disturbed| {
            disturbed.reason(self.most_workers, self.usable_cores, finished.wall)
        });
        Ok(Run {
            seconds: completed.seconds,
            cpu_seconds: completed.cpu_seconds,
            throughput: completed.throughput,
            other_cores: disturbed.and_then(|disturbed| disturbed.other_cores),
            involuntary_switches: Some(finished.involuntary_switches),
            disturbance: reason,
        })
    }

    fn elapsed(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    fn settle(&mut self) {
        let begun = Instant::now();
        let longest = self.setting.longest();
        let is_over = || begun.elapsed() > PATIENCE || self.started.elapsed() > longest;
        while !is_over() && !self.is_cancelled() {
            self.task.reach(self.started.elapsed().as_secs());
            if self
                .sensors
                .other_load(LOOK)
                .is_none_or(|load| load <= QUIET)
            {
                return;
            }
        }
    }

    fn is_cancelled(&self) -> bool {
        self.setting.cancel.is_cancelled()
    }

    fn progress(&mut self, blocks: u32, width: Option<f64>) {
        let width = width.filter(|width| width.is_finite());
        let width = width.map_or_else(String::new, |width| {
            format!(", the deciding intervals are {:.1} % wide", width * 100.0)
        });
        self.setting
            .context
            .reporter
            .detail(format!("block {blocks} of all arms{width}"));
    }
}
