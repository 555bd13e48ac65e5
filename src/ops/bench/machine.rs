//! The machine before the measuring: fit, or not, or only after a while.

use crate::bench::host::{
    FREE_CORES, Fitness, HostFinding, HostReport, Sensors, judge, spinners, spun_cores,
};
use crate::bench::verdict::Objection;
use crate::cancel::Cancel;
use crate::ops::bench::runner::QUIET;
use crate::ops::context::Context;
use crate::report::Verb;
use std::time::{Duration, Instant};

/// How long to watch the machine.
const WATCHED: Duration = Duration::from_millis(700);
/// How long to wait for other work to end.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// Examines the machine. `patience` is how long to wait if something else is running.
pub(crate) fn examine(
    context: &Context,
    most_workers: u32,
    patience: Duration,
    cancel: &Cancel,
) -> HostReport {
    let sensors = Sensors::of_this_machine();
    let task = context.reporter.task("this machine");
    task.step(Verb::Checking);
    let (begun, mut is_waiting) = (Instant::now(), false);
    loop {
        let mut facts = sensors.facts(WATCHED);
        let is_busy = facts.other_cores.is_some_and(|cores| cores > QUIET);
        if !is_busy {
            facts.free_cores = spun_cores(spinners(&facts, most_workers));
        }
        let is_silent = facts.other_cores.is_none();
        let report = judge(&facts, most_workers, &context.env.thread_pools);
        let is_over = begun.elapsed() >= patience || cancel.is_cancelled();
        // Without sensors, only the threads show that something else is running.
        let lacks_cores =
            |it: &HostFinding| it.subject == FREE_CORES && it.fitness == Fitness::Unfit;
        let is_occupied = is_busy || is_silent && report.findings.iter().any(lacks_cores);
        if !is_occupied || is_over {
            return report;
        }
        if !is_waiting {
            task.step_on(Verb::Waiting, "for other work on this machine to end");
            is_waiting = true;
        }
    }
}

/// What forbids a verdict on this machine.
pub(crate) fn objection(report: &HostReport) -> Option<Objection> {
    let worst = report
        .findings
        .iter()
        .find(|it| it.fitness == Fitness::Unfit)?;
    Some(Objection {
        reason: worst.text.clone(),
        advice: worst.advice.clone(),
    })
}

/// What forbids a verdict after the measuring: on a system that does not say what else is running,
/// the cores that were free before must still be free.
pub(crate) fn objection_after(
    context: &Context,
    before: &HostReport,
    most_workers: u32,
) -> Option<Objection> {
    if before.facts.other_cores.is_some() {
        return None;
    }
    let mut facts = before.facts.clone();
    facts.free_cores = spun_cores(spinners(&facts, most_workers));
    let report = judge(&facts, most_workers, &context.env.thread_pools);
    let mut objection = objection(&report)?;
    objection.reason.push_str(", after the measuring");
    Some(objection)
}
