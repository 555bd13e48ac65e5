//! Constructed reports for the tests.

use crate::bench::arm::{Arm, Workers, arms, thread_counts};
use crate::bench::host::{Fitness, HostFacts, HostFinding, HostReport};
use crate::bench::outcome::{
    ArmResult, BaseResult, BenchReport, BreakEven, Builds, Control, Course, Interval, PayVerdict,
    Sample, ScalingModel, StopReason,
};
use std::collections::BTreeMap;

const MIB: u64 = 1024 * 1024;
const COUNTS: [u32; 6] = [1, 2, 3, 4, 6, 8];

/// An estimate with an interval of a relative half-width.
pub(super) fn interval(value: f64, part: f64) -> Interval {
    Interval {
        value,
        low: value * (1.0 - part),
        high: value * (1.0 + part),
    }
}

/// An arm with a speed-up over `gil1`, which takes 2.5 s.
pub(super) fn arm(id: Arm, speedup: f64, part: f64) -> ArmResult {
    let (threads, processes) = match id.workers {
        Workers::Threads(count) => (Some(count), None),
        Workers::Processes(count) => (None, Some(count)),
    };
    let workers = id.workers.count();
    let interval = interval(speedup, part);
    ArmResult {
        id,
        interpreter: id.interpreter,
        threads,
        processes,
        runs: 12,
        seconds: 2.5 / speedup,
        cpu_seconds: 2.5 / speedup * f64::from(workers).min(speedup + 0.4),
        throughput: None,
        time_ratio: interval.inverse(),
        speedup: interval,
        faster_than: BTreeMap::new(),
        memory: Some(match processes {
            Some(count) => 40 * MIB * u64::from(count),
            None => 48 * MIB + 2 * MIB * u64::from(workers),
        }),
        threads_seen: Some(workers),
        gil_enabled: Some(!id.is_free_threaded()),
    }
}

fn samples(arms: &[ArmResult], blocks: u32) -> Vec<Sample> {
    let mut samples = Vec::new();
    for block in 0..blocks {
        for (place, arm) in (0_u32..).zip(arms) {
            let noise = f64::from((block * 37 + place * 61) % 23) / 23.0 - 0.5;
            let left_out = match block {
                0 | 1 => Some("warm-up".to_owned()),
                9 if place == 3 => Some("another process used 2.1 cores".to_owned()),
                _ => None,
            };
            let slower = if left_out.is_some() { 1.08 } else { 1.0 };
            samples.push(Sample {
                arm: arm.id,
                block,
                place,
                seconds: arm.seconds * (1.0 + noise * 0.04) * slower,
                cpu_seconds: arm.cpu_seconds,
                throughput: None,
                other_cores: Some(0.1),
                involuntary_switches: Some(3),
                left_out,
            });
        }
    }
    samples
}

fn host(fitness: Fitness, findings: Vec<HostFinding>) -> HostReport {
    HostReport {
        fitness,
        facts: HostFacts {
            processor: Some("Example CPU 9000".to_owned()),
            cpus: Some(8),
            allowed_cpus: Some(8),
            virtualisation: Some("kvm".to_owned()),
            ..HostFacts::default()
        },
        findings,
    }
}

/// A report of arms with these speed-ups: of the free-threaded arms, of `gil8` and of `gil8p`.
fn report(verdict: PayVerdict, free: &[f64], gil: f64, processes: Option<f64>) -> BenchReport {
    let counts = &COUNTS[..free.len()];
    let mut measured = Vec::new();
    for id in arms(counts, processes.is_some()) {
        let place = counts.iter().position(|count| *count == id.workers.count());
        let (speedup, part) = match id.workers {
            _ if id.is_control => continue,
            _ if id.is_free_threaded() => (free[place.expect("a count")], 0.02),
            Workers::Processes(_) => (processes.unwrap_or(1.0), 0.03),
            Workers::Threads(1) => (1.0, 0.0),
            Workers::Threads(_) => (gil, 0.02),
        };
        measured.push(arm(id, speedup, part));
    }
    BenchReport {
        verdict,
        reason: "the free-threaded build is faster than each GIL arm".to_owned(),
        break_even: BreakEven::default(),
        samples: samples(&measured, 14),
        arms: measured,
        base: Vec::new(),
        control: Some(Control {
            ratio: interval(1.002, 0.004),
            is_different: false,
        }),
        scaling: None,
        course: Course {
            stopped_by: StopReason::Width,
            shares: 1,
            wanted_width: 0.03,
            reached_width: Some(0.028),
            blocks: 14,
            warm_up_blocks: 2,
            disturbed_blocks: 1,
            runs: 100,
            disturbed_runs: 3,
            seconds: 321.0,
            seed: 42,
            loops: None,
        },
        builds: Builds {
            gil: "3.14.7-pbs-20260901".to_owned(),
            free_threaded: "3.14.7t-pbs-20260901".to_owned(),
        },
        command: vec!["python".to_owned(), "work.py".to_owned()],
        margin: 0.02,
        notes: Vec::new(),
        host: host(Fitness::Fit, Vec::new()),
    }
}

/// It scales nearly perfectly to 8 threads.
pub(super) fn scales() -> BenchReport {
    let free = [0.925, 1.83, 2.72, 3.55, 4.4, 4.93];
    let mut report = report(PayVerdict::Pays, &free, 0.97, Some(4.1));
    report.break_even = BreakEven {
        threads: Some(3),
        low: Some(2),
        high: Some(4),
        never_probability: 0.0,
    };
    report.scaling = Some(ScalingModel {
        serial_part: 0.041,
        coordination: 0.0029,
        best_threads: Some(18.2),
        worst_misfit: 0.031,
    });
    report.base = vec![BaseResult {
        id: Arm::free_threaded(8),
        time_ratio: interval(1.052, 0.012),
    }];
    report.notes = vec!["the workload does no I/O".to_owned()];
    report.host = host(
        Fitness::Doubtful,
        vec![HostFinding {
            fitness: Fitness::Doubtful,
            subject: "frequency".to_owned(),
            text: "the processor raises its frequency for few busy cores".to_owned(),
            advice: "turn turbo off for exact figures".to_owned(),
        }],
    );
    report
}

/// It scales to 64 threads, with throughput.
pub(super) fn many_threads() -> BenchReport {
    let mut report = scales();
    let counts = thread_counts(64);
    report.arms.retain(|arm| !arm.id.is_free_threaded());
    for count in counts {
        let n = f64::from(count);
        let speedup = 0.92 * n / (1.0 + 0.02 * (n - 1.0) + 0.0004 * n * (n - 1.0));
        report
            .arms
            .push(arm(Arm::free_threaded(count), speedup, 0.06));
    }
    for arm in &mut report.arms {
        arm.throughput = Some(1234.5 * arm.speedup.value);
    }
    report
}

/// Free-threading is slower with each number of threads.
pub(super) fn does_not_pay() -> BenchReport {
    let free = [0.83, 0.86, 0.85, 0.84, 0.8, 0.74];
    let mut report = report(PayVerdict::DoesNotPay, &free, 0.98, None);
    report.reason = "no measured number of threads makes the free-threaded build faster".to_owned();
    report.break_even.never_probability = 1.0;
    report
}

/// The samples do not decide, and the run was interrupted.
pub(super) fn undecided() -> BenchReport {
    let free = [0.96, 0.99, 1.01, 1.02, 1.01, 1.0];
    let mut report = report(PayVerdict::Undecided, &free, 0.98, None);
    report.reason =
        "the intervals are 7 % wide after 321 s; `--budget 30m` may decide it".to_owned();
    report.course.stopped_by = StopReason::Interrupted;
    report.course.reached_width = Some(0.071);
    for arm in &mut report.arms {
        if arm.id != Arm::gil(1) {
            arm.speedup = interval(arm.speedup.value, 0.07);
            arm.time_ratio = arm.speedup.inverse();
        }
    }
    report
}

/// Nothing ran.
pub(super) fn could_not_measure() -> BenchReport {
    let mut report = report(PayVerdict::CouldNotMeasure, &[], 1.0, None);
    report.arms.clear();
    report.samples.clear();
    report.control = None;
    report.reason = "only 2 blocks of all arms fit into the budget; use `--budget 20m`".to_owned();
    report.course.stopped_by = StopReason::Failed;
    report.course.reached_width = None;
    report.host = host(
        Fitness::Unfit,
        vec![HostFinding {
            fitness: Fitness::Unfit,
            subject: "quota".to_owned(),
            text: "a cgroup limits this process to 1 CPU".to_owned(),
            advice: "raise the limit, or run on another machine".to_owned(),
        }],
    );
    report
}

/// Only one thread was measured.
pub(super) fn one_thread() -> BenchReport {
    let mut report = report(PayVerdict::DoesNotPay, &[0.925], 1.0, None);
    report.reason = "one thread cannot pay".to_owned();
    report
}

/// What an attacker would write.
pub(super) const HOSTILE: &str = "<script>alert(1)</script>\n::error::x\u{1b}[2J\u{202e}\u{0}\"'\
     &{{table}}](javascript:1) | `x` @me";

/// All texts are hostile, the command is very long.
pub(super) fn hostile() -> BenchReport {
    let mut report = scales();
    report.command = vec![HOSTILE.to_owned(), "x".repeat(100_000)];
    report.notes = vec![HOSTILE.to_owned(), String::new()];
    report.builds.gil = HOSTILE.to_owned();
    report.builds.free_threaded = HOSTILE.to_owned();
    report.reason = HOSTILE.to_owned();
    report.host.facts.processor = Some(HOSTILE.to_owned());
    for finding in &mut report.host.findings {
        for text in [&mut finding.subject, &mut finding.text, &mut finding.advice] {
            HOSTILE.clone_into(text);
        }
    }
    for sample in &mut report.samples {
        sample.left_out = Some(HOSTILE.to_owned());
    }
    report
}

/// No figure is a number.
pub(super) fn broken() -> BenchReport {
    let mut report = many_threads();
    let bad = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
    for (index, arm) in report.arms.iter_mut().enumerate() {
        let at = |offset: usize| bad[(index + offset) % 3];
        let figure = Interval {
            value: at(0),
            low: at(1),
            high: at(2),
        };
        (arm.time_ratio, arm.speedup) = (figure, figure);
        (arm.seconds, arm.cpu_seconds, arm.throughput) = (at(0), at(1), Some(at(2)));
        arm.memory = Some(u64::MAX);
    }
    for (index, sample) in report.samples.iter_mut().enumerate() {
        sample.seconds = bad[index % 3];
    }
    let figure = interval(f64::NAN, 0.1);
    report.base[0].time_ratio = figure;
    report.control = Some(Control {
        ratio: figure,
        is_different: true,
    });
    report.scaling = Some(ScalingModel {
        serial_part: f64::NAN,
        coordination: f64::INFINITY,
        best_threads: Some(f64::INFINITY),
        worst_misfit: f64::NAN,
    });
    report.course.reached_width = Some(f64::NAN);
    report.course.wanted_width = f64::INFINITY;
    report.course.seconds = f64::NAN;
    report.margin = f64::NAN;
    report.host.facts.quota = Some(f64::NAN);
    report
}

/// All of them, with names.
pub(super) fn all() -> Vec<(&'static str, BenchReport)> {
    vec![
        ("scales", scales()),
        ("many-threads", many_threads()),
        ("does-not-pay", does_not_pay()),
        ("undecided", undecided()),
        ("could-not-measure", could_not_measure()),
        ("one-thread", one_thread()),
        ("hostile", hostile()),
        ("broken", broken()),
    ]
}
