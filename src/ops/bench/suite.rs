//! `ftpy bench --suite`: the workloads that come with ftpy.

use crate::bench::measure::Limits;
use crate::cli::bench::Bench;
use crate::error::{Failure, IoFailure, Kind, Result};
use crate::ops::bench::session::{BenchOutcome, BenchSession, with_bench_session};
use crate::ops::bench::work::{Script, Work};
use crate::ops::context::Context;
use crate::report::Verb;

/// A workload.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SuiteWork {
    /// Its name for `--suite`.
    pub(crate) name: &'static str,
    /// What it is about.
    pub(crate) title: &'static str,
    source: &'static str,
}

macro_rules! workload {
    ($name:literal, $title:literal) => {
        SuiteWork {
            name: $name,
            title: $title,
            source: include_str!(concat!("../../bench/suite/", $name, ".py")),
        }
    };
}

/// The workloads, in the order in which they run.
pub(crate) const WORKLOADS: [SuiteWork; 8] = [
    workload!("pure_python", "pure Python on separate objects"),
    workload!("allocation", "many small objects"),
    workload!("extension_calls", "C code that releases the GIL in part"),
    workload!("io_with_cpu", "waiting, with a little work"),
    workload!("queue_workers", "one queue"),
    workload!("shared_dict", "one dict that all threads change"),
    workload!("shared_list", "one list that all threads change"),
    workload!("start_up", "starting the interpreter"),
];

/// Measures the workloads that were asked for, each with a share of the budget. Ctrl-C ends with
/// what was measured until then.
pub(crate) fn suite(
    context: &Context,
    asked: &Bench,
    names: &[String],
) -> Result<Vec<(SuiteWork, BenchOutcome)>> {
    let chosen = chosen(names)?;
    with_bench_session(context, asked, |session| {
        let share = session.limits.budget / chosen.len() as f64;
        let mut outcomes = Vec::new();
        for work in chosen {
            let limits = Limits {
                budget: share,
                ..session.limits
            };
            let outcome = one(session, work, limits)?;
            let is_over = session.cancel.is_cancelled() || outcome.failure.is_some();
            outcomes.push((work, outcome));
            if is_over {
                break;
            }
        }
        Ok(outcomes)
    })
}

fn chosen(names: &[String]) -> Result<Vec<SuiteWork>> {
    if names.is_empty() {
        return Ok(WORKLOADS.to_vec());
    }
    let find = |name: &String| {
        let name = name.replace('-', "_");
        let found = WORKLOADS.iter().find(|work| work.name == name);
        found.copied().ok_or_else(|| {
            let known: Vec<&str> = WORKLOADS.iter().map(|work| work.name).collect();
            Failure::new(Kind::Usage, format!("--suite {name}: unknown workload"))
                .hint(format!("the workloads are {}", known.join(", ")))
        })
    };
    names.iter().map(find).collect()
}

fn one(session: &BenchSession<'_>, work: SuiteWork, limits: Limits) -> Result<BenchOutcome> {
    let reporter = &session.context.reporter;
    reporter.status(Verb::Running, format!("{}: {}", work.name, work.title));
    let file = session.scratch.file(&format!("{}.py", work.name));
    std::fs::write(&file, work.source).map_err(IoFailure::at("write", &file))?;
    let script = Work::Script(Script::at(&session.context.env.current_dir, file, None)?);
    let mut outcome = session.compare(&script, limits)?;
    outcome.report.command = vec![work.name.to_owned()];
    Ok(outcome)
}
