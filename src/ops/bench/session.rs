//! One comparison, from the command line to the report.

use crate::bench::analysis::{Analysis, analyse};
use crate::bench::arm::{Arm, Side, arms};
use crate::bench::host::{HostReport, usable_cores};
use crate::bench::measure::{Limits, Measured, course, measure};
use crate::bench::outcome::{BenchReport, Builds, StopReason};
use crate::bench::verdict::{Objection, decide};
use crate::cancel::Cancel;
use crate::cli::bench::Bench;
use crate::error::{Failure, Kind, Result};
use crate::ops::bench::environment::{Environments, prepare};
use crate::ops::bench::pair::{self, Pair};
use crate::ops::bench::rehearsal::{Rehearsal, rehearse};
use crate::ops::bench::requirements::Requirements;
use crate::ops::bench::runner::{ArmRunner, RunSetting};
use crate::ops::bench::work::{Scratch, Work};
use crate::ops::bench::{base_checkout, machine, options};
use crate::ops::context::Context;
use crate::ops::runtime::CommandRuntime;
use crate::report::{Verb, text};
use regex::Regex;
use std::time::Duration;

/// A report, and the failure that the command ends with.
#[derive(Debug)]
pub(crate) struct BenchOutcome {
    /// The report.
    pub(crate) report: BenchReport,
    /// Why no verdict was reached, or that it was interrupted.
    pub(crate) failure: Option<Failure>,
}

/// What several comparisons share: both builds, the machine, the limits.
pub(crate) struct BenchSession<'a> {
    pub(crate) context: &'a Context,
    pub(crate) asked: &'a Bench,
    pub(crate) cancel: Cancel,
    pub(crate) pair: Pair,
    pub(crate) environments: Environments,
    pub(crate) host: HostReport,
    pub(crate) limits: Limits,
    pub(crate) counts: Vec<u32>,
    pub(crate) scratch: Scratch,
    throughput: Option<Regex>,
}

/// Measures what the command line asks for.
pub(crate) fn bench(context: &Context, asked: &Bench) -> Result<BenchOutcome> {
    let work = Work::of(context, asked)?;
    let requirements = Requirements::of(context, &asked.workload.requirements)?;
    with_bench_session(context, asked, &requirements, |session| {
        session.compare(&work, session.limits)
    })
}

/// Prepares both builds, watches for Ctrl-C, and does `what`.
pub(crate) fn with_bench_session<T>(
    context: &Context,
    asked: &Bench,
    requirements: &Requirements,
    what: impl FnOnce(&BenchSession<'_>) -> Result<T>,
) -> Result<T> {
    let limits = options::limits(&asked.measuring)?;
    let throughput = options::throughput(asked)?;
    base_checkout::check(context, asked)?;
    let pair = pair::find(context, asked)?;
    let environments = prepare(context, &pair, requirements)?;
    let (_runtime, cancel) = CommandRuntime::start()?;
    let counts = options::counts(asked)?;
    let most = counts.iter().copied().max().unwrap_or(1);
    let patience = match asked.measuring.any_host {
        true => Duration::ZERO,
        false => machine::PATIENCE,
    };
    let host = machine::examine(context, most, patience, &cancel);
    let session = BenchSession {
        context,
        asked,
        cancel,
        pair,
        environments,
        host,
        limits,
        counts,
        scratch: Scratch::new(context)?,
        throughput,
    };
    session.set_up()?;
    what(&session)
}

impl BenchSession<'_> {
    /// Runs `--setup` once with each build, and in each checkout.
    fn set_up(&self) -> Result<()> {
        let Some(script) = &self.asked.workload.setup else {
            return Ok(());
        };
        let head = self.context.env.current_dir.clone();
        let base = base_checkout::directory(self.context, self.asked);
        for directory in [head].into_iter().chain(base) {
            for environment in [&self.environments.gil, &self.environments.free_threaded] {
                environment.run_shell(self.context, script, &directory)?;
            }
        }
        Ok(())
    }

    fn arms(&self, work: &Work) -> Vec<Arm> {
        let own = arms(&self.counts, work.has_processes());
        match self.asked.workload.base {
            None => own,
            Some(_) => {
                let base = own.iter().filter(|arm| !arm.is_control);
                let base: Vec<Arm> = base.map(|arm| arm.on(Side::Base)).collect();
                [own, base].concat()
            }
        }
    }

    /// Compares the builds on a piece of work.
    pub(crate) fn compare(&self, work: &Work, limits: Limits) -> Result<BenchOutcome> {
        let mut objections: Vec<Objection> = match self.asked.measuring.any_host {
            true => Vec::new(),
            false => machine::objection(&self.host).into_iter().collect(),
        };
        let arms = self.arms(work);
        let setting = RunSetting {
            context: self.context,
            environments: &self.environments,
            work,
            base: base_checkout::directory(self.context, self.asked),
            throughput: self.throughput.as_ref(),
            scratch: &self.scratch,
            cancel: &self.cancel,
            limits,
            is_any_host: self.asked.measuring.any_host,
            is_any_output: self.asked.workload.any_output,
        };
        // On a machine that cannot answer, nothing is worth the time.
        let rehearsal = match objections.is_empty() {
            true => rehearse(&setting, &arms)?,
            false => Rehearsal::default(),
        };
        objections.extend_from_slice(&rehearsal.objections);
        let measured = match objections.is_empty() {
            true => {
                let measured = self.measure(&setting, &arms, rehearsal.loops);
                if measured.error.is_none() {
                    objections.extend(self.objection_after());
                }
                measured
            }
            false => nothing(),
        };
        Ok(self.outcome(work, limits, measured, (rehearsal, objections)))
    }

    /// The outcome of a comparison that failed before anything was measured.
    pub(crate) fn failed(&self, work: &Work, limits: Limits, failure: Failure) -> BenchOutcome {
        let measured = Measured {
            error: Some(failure),
            ..nothing()
        };
        let nothing_known = (Rehearsal::default(), Vec::new());
        self.outcome(work, limits, measured, nothing_known)
    }

    fn objection_after(&self) -> Option<Objection> {
        if self.asked.measuring.any_host {
            return None;
        }
        machine::objection_after(self.context, &self.host, self.most_workers())
    }

    /// The largest number of threads.
    fn most_workers(&self) -> u32 {
        self.counts.iter().copied().max().unwrap_or(1)
    }

    fn measure(&self, setting: &RunSetting<'_>, arms: &[Arm], loops: u64) -> Measured<Failure> {
        let limits = &setting.limits;
        let name = format!("{} and its twin", self.pair.free_threaded.key.build.name());
        let task = self.context.reporter.task(&name);
        task.parts(Verb::Measuring, limits.budget.ceil() as u64, None);
        let most = self.most_workers();
        let usable = usable_cores(&self.host.facts).unwrap_or(f64::from(most));
        // Some benchmarks start threads or processes of their own.
        let workers = match setting.work {
            Work::Pyperformance(_) => usable.ceil() as u32,
            Work::Command(_) | Work::Script(_) => most,
        };
        let mut runner = ArmRunner::new(setting, loops, workers, usable, task);
        measure(&mut runner, arms, limits)
    }

    fn outcome(
        &self,
        work: &Work,
        limits: Limits,
        mut measured: Measured<Failure>,
        (rehearsal, mut objections): (Rehearsal, Vec<Objection>),
    ) -> BenchOutcome {
        if let Some(failure) = &measured.error {
            objections.push(Objection {
                reason: failure.message.clone(),
                advice: String::new(),
            });
        }
        let analysis = analyse(&mut measured.samples, limits.margin, limits.seed);
        let ignored = rehearsal.same_threads.clone();
        objections.extend(ignored.filter(|_| is_flat(&analysis)));
        let mut course = course(&measured, &limits, analysis.warm_up);
        course.reached_width = analysis.width.filter(|width| width.is_finite());
        course.loops = work.has_loops().then_some(rehearsal.loops);
        let decision = decide(&analysis, &course, &objections);
        let mut report = BenchReport {
            verdict: decision.verdict,
            reason: decision.reason,
            break_even: analysis.break_even.summary,
            arms: analysis.arms.clone(),
            base: analysis.base.clone(),
            control: analysis.control,
            scaling: analysis.scaling,
            course,
            builds: Builds {
                gil: self.pair.gil.key.to_string(),
                free_threaded: self.pair.free_threaded.key.to_string(),
            },
            command: work.shown(),
            margin: limits.margin,
            notes: self.notes(&rehearsal, &analysis),
            host: self.host.clone(),
            samples: measured.samples,
        };
        for arm in &mut report.arms {
            let seen = rehearsal.observed.get(&arm.id).copied().unwrap_or_default();
            arm.memory = seen.memory;
            arm.threads_seen = seen.threads;
            arm.gil_enabled = rehearsal.gil.get(&arm.id).copied();
        }
        let failure = rehearsal.failure.or(measured.error);
        let is_interrupted = report.course.stopped_by == StopReason::Interrupted;
        BenchOutcome {
            failure: failure.or_else(|| is_interrupted.then(unfinished)),
            report,
        }
    }

    fn notes(&self, rehearsal: &Rehearsal, analysis: &Analysis) -> Vec<String> {
        let mut notes = rehearsal.notes.clone();
        let unfit = machine::objection(&self.host).filter(|_| self.asked.measuring.any_host);
        notes.extend(unfit.map(|it| format!("measured on a machine that is unfit: {}", it.reason)));
        if self.pair.is_unequal {
            let (gil, free) = (&self.pair.gil.key, &self.pair.free_threaded.key);
            notes.push(format!(
                "{gil} and {free} are not twins: they differ by more than the GIL"
            ));
        }
        notes.extend(idle_threads(analysis));
        let control = analysis.control.filter(|control| control.is_different);
        if let Some(control) = control.filter(|_| !analysis.is_control_broken) {
            notes.push(format!(
                "the same command measured twice differs by {:+.1} %: that happens by chance in one \
                 comparison of twenty",
                (control.ratio.value - 1.0) * 100.0
            ));
        }
        if self.host.facts.other_cores.is_none() {
            notes.push("this system does not tell what else was running meanwhile".to_owned());
        }
        notes
    }
}

/// Threads that are busy for less of the time than this wait for something.
const BUSY: f64 = 0.75;

/// What CPU time tells of the arm with most threads, if its threads are not all busy.
fn idle_threads(analysis: &Analysis) -> Option<String> {
    let free = analysis.arms.iter().filter(|arm| arm.id.is_free_threaded());
    let widest = free.max_by_key(|arm| arm.id.workers.count())?;
    let count = widest.id.workers.count();
    let busy = widest.cpu_seconds / widest.seconds;
    let is_idle = count > 1 && busy.is_finite() && busy < BUSY * f64::from(count);
    is_idle.then(|| {
        format!(
            "with {count} threads, {busy:.1} cores were busy on average: the threads wait for each \
             other or for I/O, or the work is divided unevenly"
        )
    })
}

/// The times of the free-threaded arms, up to this part, are the same.
const SAME: f64 = 0.05;

/// Whether each number of threads takes the same time.
fn is_flat(analysis: &Analysis) -> bool {
    let free = analysis.arms.iter().filter(|arm| arm.id.is_free_threaded());
    let ratios: Vec<f64> = free.map(|arm| arm.time_ratio.value).collect();
    let most = ratios.iter().copied().fold(f64::MIN, f64::max);
    let least = ratios.iter().copied().fold(f64::MAX, f64::min);
    ratios.len() > 1 && most / least < 1.0 + SAME
}

/// Nothing was measured.
fn nothing() -> Measured<Failure> {
    Measured {
        samples: Vec::new(),
        stopped_by: StopReason::Failed,
        error: None,
        blocks: 0,
        seconds: 0.0,
    }
}

fn unfinished() -> Failure {
    let message = "interrupted; the report is of what was measured until then";
    Failure::new(Kind::Interrupted, message)
}

/// How long a comparison took, for its last line.
pub(crate) fn took(report: &BenchReport) -> String {
    text::elapsed(Duration::from_secs_f64(report.course.seconds.max(0.0)))
}
