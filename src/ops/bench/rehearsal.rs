//! The rehearsal: each arm runs once, untimed, before the measuring. It fills caches, and observes
//! what would disturb timed runs: the GIL, memory, threads, output, leftover processes.

use crate::bench::arm::Arm;
use crate::bench::decisive::FEWEST_BLOCKS;
use crate::bench::observe::Observed;
use crate::bench::output::{Printed, Sameness, compare};
use crate::bench::verdict::{Objection, as_budget};
use crate::error::{Failure, Kind, Result};
use crate::gil::{Watch, WatchedCommand, judge, tell};
use crate::ops::bench::runner::{Completed, RunSetting};
use crate::ops::bench::work::Work;
use crate::ops::run::advice::{add_to, advise};
use crate::ops::run::gil::answers;
use std::collections::BTreeMap;

/// What the rehearsal found.
#[derive(Debug, Default)]
pub(crate) struct Rehearsal {
    /// What was observed of each arm.
    pub(crate) observed: BTreeMap<Arm, Observed>,
    /// Whether the GIL was on in each free-threaded arm.
    pub(crate) gil: BTreeMap<Arm, bool>,
    /// How often a script's `work` is repeated in a run.
    pub(crate) loops: u64,
    /// What forbids a verdict.
    pub(crate) objections: Vec<Objection>,
    /// What a reader should know.
    pub(crate) notes: Vec<String>,
    /// What forbids a verdict if the arms take the same time, too: all have the same number of
    /// threads. Short-lived threads can be missed, so that alone says nothing.
    pub(crate) same_threads: Option<Objection>,
    /// The failure of an arm whose GIL came on.
    pub(crate) failure: Option<Failure>,
    seconds: BTreeMap<Arm, f64>,
    printed: Vec<Printed>,
    has_leftovers: bool,
}

/// A script's `work` is repeated until a run of one GIL thread takes this long, in seconds.
const LONG_ENOUGH: f64 = 0.1;
/// More repetitions do not help a `work` that does nothing.
const MOST_LOOPS: f64 = 1e6;
/// A run must take this long for its threads to be seen, in seconds.
const VISIBLE: f64 = 0.1;
/// A shorter run of a whole program is mostly the start of Python, in seconds.
const SHORT: f64 = 0.05;

/// Runs each arm once.
pub(crate) fn rehearse(setting: &RunSetting<'_>, arms: &[Arm]) -> Result<Rehearsal> {
    let mut rehearsal = Rehearsal {
        loops: 1,
        ..Rehearsal::default()
    };
    if setting.work.has_loops() {
        rehearsal.loops = calibrated(setting)?;
    }
    for arm in arms {
        rehearsal.run(setting, *arm)?;
        if rehearsal.failure.is_some() {
            return Ok(rehearsal);
        }
    }
    if !setting.is_any_output {
        rehearsal.judge_output();
    }
    rehearsal.judge_threads();
    rehearsal.judge_length(setting);
    // Those of a script are the driver's own.
    if rehearsal.has_leftovers && matches!(setting.work, Work::Command(_)) {
        let note = "the command leaves processes running, which were ended after each run; their \
                    CPU time is not counted";
        rehearsal.notes.push(note.to_owned());
    }
    Ok(rehearsal)
}

/// Finds how often `work` is to be repeated, from the time that it takes.
fn calibrated(setting: &RunSetting<'_>) -> Result<u64> {
    let mut loops = 1.0;
    loop {
        let completed = setting.once(Arm::gil(1), loops as u64, None, false)?;
        let seconds = completed.seconds.max(1e-9);
        if seconds >= LONG_ENOUGH || loops >= MOST_LOOPS {
            return Ok(loops as u64);
        }
        let wanted = (loops * LONG_ENOUGH * 1.1 / seconds).ceil();
        // A single short run says little about a long one.
        loops = wanted.clamp(loops + 1.0, loops * 100.0).min(MOST_LOOPS);
    }
}

impl Rehearsal {
    fn run(&mut self, setting: &RunSetting<'_>, arm: Arm) -> Result<()> {
        let watch = match arm.is_free_threaded() {
            true => Some(Watch::new(&setting.context.env.temporary)?),
            false => None,
        };
        let completed = setting.once(arm, self.loops, watch.as_ref(), true)?;
        if let Some(watch) = watch {
            self.judge_gil(setting, arm, &watch, &completed)?;
        }
        self.observed
            .insert(arm, completed.finished.observed.unwrap_or_default());
        self.seconds
            .insert(arm, completed.finished.wall.as_secs_f64());
        self.has_leftovers |= completed.finished.has_leftovers;
        self.printed.push(Printed::new(arm, &completed.printed));
        Ok(())
    }

    fn judge_gil(
        &mut self,
        setting: &RunSetting<'_>,
        arm: Arm,
        watch: &Watch,
        completed: &Completed,
    ) -> Result<()> {
        let context = setting.context;
        let report = watch.reported();
        let judged = judge(&report, completed.finished.pid, &answers(context, &report));
        let words = setting.work.shown();
        let Some((program, arguments)) = words.split_first() else {
            return Ok(());
        };
        let mut failure = tell(
            &judged,
            &WatchedCommand {
                program,
                is_python: false,
                arguments,
                directory: &context.env.current_dir,
                own_end: None,
            },
        );
        self.gil.insert(arm, failure.is_some());
        if let Some(failure) = &mut failure {
            if failure.kind == Kind::GilEnabled {
                add_to(failure, &advise(context, &judged)?);
            }
            self.objections.push(Objection {
                reason: format!("{arm}: {}", failure.message),
                advice: String::new(),
            });
            failure.message = format!("no verdict: in arm {arm}, {}", failure.message);
        }
        self.failure = failure;
        Ok(())
    }

    fn judge_output(&mut self) {
        match compare(&self.printed) {
            Sameness::Same => {}
            Sameness::NumbersDiffer(how) => self.notes.push(format!(
                "the output differs between the arms in numbers: {how}; if that is a result, look \
                 for a race"
            )),
            Sameness::NeverTheSame => self.notes.push(
                "the output is another one in each run, so the arms' results are not compared"
                    .to_owned(),
            ),
            Sameness::Differ(how) => self.objections.push(Objection {
                reason: format!("the arms do not do the same: {how}"),
                advice: "`--any-output` accepts that".to_owned(),
            }),
        }
    }

    /// Whether the number of threads reaches the program.
    fn judge_threads(&mut self) {
        let is_visible = |arm: &Arm| self.seconds.get(arm).is_some_and(|it| *it >= VISIBLE);
        let threads = |arm: &Arm| self.observed.get(arm).and_then(|seen| seen.threads);
        let free = self.seconds.keys().filter(|arm| arm.is_free_threaded());
        let seen: Vec<(Arm, u32)> = free
            .filter(|arm| is_visible(arm))
            .filter_map(|arm| Some((*arm, threads(arm)?)))
            .collect();
        let (Some(first), Some(last)) = (seen.first(), seen.last()) else {
            return;
        };
        let is_same = seen.iter().all(|(_, threads)| *threads == first.1);
        if last.0.workers.count() > 1 && first.0.workers.count() == 1 && is_same {
            self.same_threads = Some(Objection {
                reason: format!(
                    "the program ignores the number of threads: {} at once in {} and in {}",
                    first.1, first.0, last.0
                ),
                advice: "check how {threads} reaches it".to_owned(),
            });
        }
        if first.0.workers.count() == 1 && first.1 > 3 {
            self.notes.push(format!(
                "with one thread, the program has {} at once: BLAS or OpenMP may start their own, \
                 which multiply with Python's; OMP_NUM_THREADS=1 and OPENBLAS_NUM_THREADS=1 turn \
                 that off",
                first.1
            ));
        }
    }

    fn judge_length(&mut self, setting: &RunSetting<'_>) {
        let limits = &setting.limits;
        let block: f64 = self.seconds.values().sum();
        let least = block * FEWEST_BLOCKS as f64;
        // Timed runs are not observed, and caches are full then, so they are faster.
        if least > limits.budget * 2.0 {
            let needed = as_budget(least * 2.0, limits.shares);
            self.objections.push(Objection {
                reason: format!(
                    "one block of all arms takes {block:.0} s, so the budget is too small"
                ),
                advice: format!("use `--budget {needed}`, or less work in each run"),
            });
        }
        let shortest = self.seconds.values().copied().fold(f64::MAX, f64::min);
        if matches!(setting.work, Work::Command(_)) && shortest < SHORT {
            self.notes.push(format!(
                "a run takes {:.0} ms, much of which is the start of Python: the verdict is about \
                 that, too; give it more work, or use `--script`",
                shortest * 1e3
            ));
        }
    }
}
