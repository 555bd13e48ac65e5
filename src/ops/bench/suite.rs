//! Several pieces of work in one budget: the workloads that come with ftpy (`--suite`), and benchmarks
//! of pyperformance.

use crate::bench::measure::Limits;
use crate::cli::bench::Bench;
use crate::error::{Failure, IoFailure, Kind, Result};
use crate::ops::bench::pyperformance::Pyperformance;
use crate::ops::bench::requirements::Requirements;
use crate::ops::bench::session::{BenchOutcome, BenchSession, with_bench_session};
use crate::ops::bench::work::{Script, Work};
use crate::ops::context::Context;
use crate::report::Verb;
use ftpy_core::parse::parse;
use ftpy_core::paste;
use ftpy_core::request::Request;

/// A workload.
#[derive(Debug, Clone, Copy)]
struct SuiteWork {
    /// Its name for `--suite`.
    name: &'static str,
    /// What it is about.
    title: &'static str,
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
const WORKLOADS: [SuiteWork; 8] = [
    workload!("pure_python", "pure Python on separate objects"),
    workload!("allocation", "many small objects"),
    workload!("extension_calls", "C code that releases the GIL in part"),
    workload!("io_with_cpu", "waiting, with a little work"),
    workload!("queue_workers", "one queue"),
    workload!("shared_dict", "one dict that all threads change"),
    workload!("shared_list", "one list that all threads change"),
    workload!("start_up", "starting the interpreter"),
];

/// What is measured under a name.
struct NamedWork {
    name: String,
    /// What it is about.
    title: String,
    work: Work,
}

/// Measures the workloads that were asked for.
pub(crate) fn suite(
    context: &Context,
    asked: &Bench,
    names: &[String],
) -> Result<Vec<(String, BenchOutcome)>> {
    let chosen = chosen(names)?;
    let requirements = Requirements::of(context, &asked.workload.requirements)?;
    with_bench_session(context, asked, &requirements, |session| {
        let works = chosen.into_iter().map(|work| named(session, work));
        Ok(compare_each(session, works.collect::<Result<_>>()?))
    })
}

/// Measures benchmarks of an installed pyperformance.
pub(crate) fn pyperformance(
    context: &Context,
    asked: &Bench,
    names: &[String],
) -> Result<Vec<(String, BenchOutcome)>> {
    let installed = Pyperformance::find(context)?;
    let benchmarks = installed.named(names)?;
    let mut requirements = Requirements::of(context, &asked.workload.requirements)?;
    let title = format!("pyperformance {}", installed.version);
    requirements.add(&title, &installed.requirement())?;
    for file in Pyperformance::requirements_files(&benchmarks) {
        requirements.add_file(&title, file);
    }
    with_bench_session(context, asked, &requirements, |session| {
        let works = benchmarks.into_iter().map(|benchmark| NamedWork {
            name: benchmark.name.clone(),
            title: title.clone(),
            work: Work::Pyperformance(benchmark),
        });
        Ok(compare_each(session, works.collect()))
    })
}

/// Compares each with a share of the budget. One that fails does not keep the others from being
/// measured, and Ctrl-C ends with what was measured until then.
fn compare_each(session: &BenchSession<'_>, works: Vec<NamedWork>) -> Vec<(String, BenchOutcome)> {
    let shares = u32::try_from(works.len()).unwrap_or(u32::MAX);
    let limits = Limits {
        budget: session.limits.budget / f64::from(shares.max(1)),
        shares,
        ..session.limits
    };
    let mut outcomes = Vec::new();
    for NamedWork { name, title, work } in works {
        let reporter = &session.context.reporter;
        reporter.status(Verb::Running, format!("{name}: {title}"));
        let compared = session.compare(&work, limits);
        let mut outcome = compared.unwrap_or_else(|failure| session.failed(&work, limits, failure));
        outcome.report.command = vec![name.clone()];
        if let Some(failure) = &mut outcome.failure {
            failure.message = format!("{name}: {}", failure.message);
        }
        outcomes.push((name, outcome));
        if session.cancel.is_cancelled() {
            break;
        }
    }
    outcomes
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
            let failure = Failure::new(Kind::Usage, format!("--suite {name}: unknown workload"));
            match parse(&name) {
                Ok(Request::Build(_)) => {
                    let command = paste!["ftpy", "bench", name, "--suite"];
                    failure.hint(format!("the request comes first: `{command}`"))
                }
                _ => failure.hint(format!("the workloads are {}", known.join(", "))),
            }
        })
    };
    names.iter().map(find).collect()
}

fn named(session: &BenchSession<'_>, work: SuiteWork) -> Result<NamedWork> {
    let file = session.scratch.file(&format!("{}.py", work.name));
    std::fs::write(&file, work.source).map_err(IoFailure::at("write", &file))?;
    let script = Script::at(&session.context.env.current_dir, file, None)?;
    Ok(NamedWork {
        name: work.name.to_owned(),
        title: work.title.to_owned(),
        work: Work::Script(script),
    })
}
