//! The statistics of `ftpy bench` on simulated programs whose truth is known, by the same code that
//! measures real ones: how often the verdict is right, and how often the intervals cover the truth.

use ftpy::bench::analysis::{Analysis, analyse};
use ftpy::bench::arm::{Arm, Interpreter, Workers, arms};
use ftpy::bench::measure::{Limits, Run, Runner, course, measure};
use ftpy::bench::outcome::PayVerdict;
use ftpy::bench::verdict::decide;

/// A kind of program.
#[derive(Debug, Clone, Copy)]
enum Program {
    /// Perfect scaling without the GIL, none with it.
    Perfect { cost: f64 },
    /// A part of the work runs on one thread only.
    Amdahl { serial: f64, cost: f64 },
    /// Threads wait for one lock: more of them are slower.
    Contended,
    /// Waiting for others: threads help with and without the GIL.
    Waiting { cost: f64 },
    /// Each arm takes the same time.
    Same,
}

impl Program {
    /// The seconds of an arm's run, without noise.
    fn seconds(self, arm: Arm) -> f64 {
        let n = f64::from(arm.workers.count());
        let is_t = arm.interpreter == Interpreter::FreeThreaded;
        let is_processes = matches!(arm.workers, Workers::Processes(_));
        match self {
            Self::Same => 1.0,
            _ if is_processes => 0.25 + 1.0 / n,
            Self::Perfect { cost } if is_t => cost / n,
            Self::Amdahl { serial, cost } if is_t => cost * (serial + (1.0 - serial) / n),
            Self::Contended if is_t => 1.1 * (1.0 + 0.2 * (n - 1.0)),
            Self::Waiting { cost } => (0.1 * if is_t { cost } else { 1.0 }) + 0.9 / n,
            Self::Perfect { .. } | Self::Amdahl { .. } | Self::Contended => {
                1.0 + 0.02 * (n - 1.0).min(2.0)
            }
        }
    }
}

/// What disturbs the measuring.
#[derive(Debug, Clone, Copy, Default)]
struct Machine {
    /// The standard deviation of the logarithm of a run's time.
    noise: f64,
    /// The probability of a run that takes much longer, and by how much at most.
    tail: (f64, f64),
    /// A drift of the clock's frequency, as a part, over each 40 seconds.
    drift: f64,
    /// A process that takes one core for half of each this many seconds.
    hog: Option<f64>,
    /// Whether the other process is there all the time.
    is_hog_constant: bool,
    cores: f64,
}

struct Simulated {
    program: Program,
    machine: Machine,
    random: fastrand::Rng,
    clock: f64,
    hog_changes: f64,
    is_hog_on: bool,
}

impl Simulated {
    fn new(program: Program, machine: Machine, seed: u64) -> Self {
        Self {
            program,
            machine,
            random: fastrand::Rng::with_seed(seed),
            clock: 0.0,
            hog_changes: 0.0,
            is_hog_on: machine.is_hog_constant,
        }
    }

    fn normal(&mut self) -> f64 {
        let (a, b) = (1.0 - self.random.f64(), self.random.f64());
        (-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos()
    }

    /// Advances the clock; returns for how much of the time the other process ran.
    fn advance(&mut self, seconds: f64) -> f64 {
        let Some(period) = self.machine.hog else {
            self.clock += seconds;
            return if self.machine.is_hog_constant {
                1.0
            } else {
                0.0
            };
        };
        let (mut left, mut on) = (seconds, 0.0);
        while left > 0.0 {
            if self.hog_changes <= 0.0 {
                self.is_hog_on = !self.is_hog_on;
                self.hog_changes = -(1.0 - self.random.f64()).ln() * period;
            }
            let step = left.min(self.hog_changes);
            self.hog_changes -= step;
            left -= step;
            on += if self.is_hog_on { step } else { 0.0 };
        }
        self.clock += seconds;
        on / seconds
    }
}

impl Runner for Simulated {
    type Error = ();

    fn run(&mut self, arm: Arm) -> Result<Run, ()> {
        let machine = self.machine;
        let mut seconds = self.program.seconds(arm) * (self.normal() * machine.noise).exp();
        if self.random.f64() < machine.tail.0 {
            seconds *= 1.0 + self.random.f64() * machine.tail.1;
        }
        let turn = (self.clock / 40.0 * std::f64::consts::TAU).sin();
        seconds *= 1.0 + machine.drift * turn;
        // The first runs fill caches.
        seconds *= 1.0 + 0.3 * (-self.clock / 2.0).exp();
        let share = self.advance(seconds);
        let width = f64::from(arm.workers.count());
        let is_parallel = arm.interpreter == Interpreter::FreeThreaded
            || matches!(arm.workers, Workers::Processes(_));
        let wanted = if is_parallel { width } else { 1.0 };
        // With another process, this one's threads share what is left.
        let slower = ((wanted + share) / machine.cores).max(1.0);
        let extra = seconds * (slower - 1.0);
        self.clock += extra;
        let other = share;
        let is_disturbed = other > 0.1 + 0.03 / seconds;
        Ok(Run {
            seconds: seconds + extra,
            cpu_seconds: seconds,
            throughput: None,
            other_cores: Some(other),
            involuntary_switches: None,
            disturbance: is_disturbed.then(|| "another process used a core".to_owned()),
        })
    }

    fn elapsed(&self) -> f64 {
        self.clock
    }

    fn settle(&mut self) {
        for _ in 0..40 {
            if self.advance(0.25) < 0.1 {
                break;
            }
        }
    }

    fn is_cancelled(&self) -> bool {
        false
    }

    fn progress(&mut self, _: u32, _: Option<f64>) {}
}

const QUIET: Machine = Machine {
    noise: 0.01,
    tail: (0.0, 0.0),
    drift: 0.03,
    hog: None,
    is_hog_constant: false,
    cores: 4.0,
};
const LIMITS: Limits = Limits {
    budget: 120.0,
    width: 0.03,
    margin: 0.02,
    seed: 1,
    shares: 1,
};

/// A budget, in seconds, with which disturbed machines give an answer.
const LONGER: f64 = 300.0;

fn one(program: Program, machine: Machine, seed: u64, budget: f64) -> (Analysis, PayVerdict) {
    let counts: Vec<u32> = (1..=machine.cores as u32).collect();
    let mut runner = Simulated::new(program, machine, seed);
    let limits = Limits {
        seed,
        budget,
        ..LIMITS
    };
    let mut measured = measure(&mut runner, &arms(&counts, true), &limits);
    let analysis = analyse(&mut measured.samples, limits.margin, seed);
    let course = course(&measured, &limits, analysis.warm_up);
    let verdict = decide(&analysis, &course, &[]).verdict;
    (analysis, verdict)
}

/// The truth: the smallest number of threads that is faster than each GIL arm.
fn truth(program: Program, machine: Machine) -> Option<u32> {
    let most = machine.cores as u32;
    let gil = [Arm::gil(1), Arm::gil(most), Arm::processes(most)];
    let best = gil
        .map(|arm| program.seconds(arm))
        .into_iter()
        .fold(f64::MAX, f64::min);
    let enough = best * (1.0 - LIMITS.margin);
    (1..=most).find(|n| program.seconds(Arm::free_threaded(*n)) < enough)
}

#[derive(Debug, Default)]
struct Tally {
    right: u64,
    wrong: u64,
    covered: u64,
    covered_cost: u64,
    different: u64,
    refused: u64,
}

fn tally(program: Program, machine: Machine, runs: u64) -> Tally {
    tally_within(LIMITS.budget, program, machine, runs)
}

fn tally_within(budget: f64, program: Program, machine: Machine, runs: u64) -> Tally {
    let truth = truth(program, machine);
    let expected = match truth {
        Some(_) => PayVerdict::Pays,
        None => PayVerdict::DoesNotPay,
    };
    let cost = program.seconds(Arm::free_threaded(1)) / program.seconds(Arm::gil(1));
    let mut tally = Tally::default();
    for seed in 0..runs {
        let (analysis, verdict) = one(program, machine, seed + 1, budget);
        tally.refused += u64::from(verdict == PayVerdict::CouldNotMeasure);
        tally.right += u64::from(verdict == expected);
        let is_definite = [PayVerdict::Pays, PayVerdict::DoesNotPay].contains(&verdict);
        tally.wrong += u64::from(is_definite && verdict != expected);
        let at = |threads: Option<u32>| threads.unwrap_or(u32::MAX);
        let found = analysis.break_even.summary;
        let is_covered = at(found.low) <= at(truth) && at(truth) <= at(found.high);
        tally.covered += u64::from(is_covered);
        let t1 = analysis
            .arms
            .iter()
            .find(|arm| arm.id == Arm::free_threaded(1));
        tally.covered_cost += u64::from(t1.is_some_and(|t1| t1.time_ratio.contains(cost)));
        tally.different += u64::from(analysis.control.is_some_and(|it| it.is_different));
    }
    tally
}

const PROGRAMS: [Program; 4] = [
    Program::Perfect { cost: 1.08 },
    Program::Amdahl {
        serial: 0.5,
        cost: 1.1,
    },
    Program::Contended,
    Program::Waiting { cost: 1.3 },
];

/// Noise of 3 %, and of each eight runs one that takes up to three times as long.
const HEAVY_TAILED: Machine = Machine {
    noise: 0.03,
    tail: (0.12, 2.0),
    ..QUIET
};
const WITH_HOG: Machine = Machine {
    hog: Some(6.0),
    ..QUIET
};

/// Twelve numbers of threads, and so much noise that the budget ends the measuring.
const MANY_ARMS: Machine = Machine {
    noise: 0.1,
    cores: 12.0,
    ..QUIET
};

fn check(runs: u64) {
    // Of few runs, one may be an exception.
    let most = |part: f64| ((runs as f64 * part).floor() as u64).max(1);
    for program in PROGRAMS {
        let quiet = tally(program, QUIET, runs);
        assert!(quiet.right >= runs - most(0.05), "{program:?} {quiet:?}");
        assert_eq!(quiet.wrong, 0, "{program:?} {quiet:?}");
        assert!(quiet.covered >= runs - most(0.07), "{program:?} {quiet:?}");
        assert!(
            quiet.covered_cost >= runs - most(0.09),
            "{program:?} {quiet:?}"
        );
        assert!(quiet.different <= most(0.08), "{program:?} {quiet:?}");
        // With less than certain figures the answer may be that there is none, but not a wrong one.
        for machine in [HEAVY_TAILED, WITH_HOG] {
            let disturbed = tally(program, machine, runs);
            assert_eq!(disturbed.wrong, 0, "{program:?} {machine:?} {disturbed:?}");
            assert!(
                disturbed.covered >= runs - most(0.07),
                "{program:?} {disturbed:?}"
            );
            // With a longer budget there is an answer, and it is right.
            let longer = tally_within(LONGER, program, machine, runs);
            assert_eq!(longer.wrong, 0, "{program:?} {machine:?} {longer:?}");
            assert!(
                longer.right >= runs - most(0.05),
                "{program:?} {machine:?} {longer:?}"
            );
        }
    }
    // Of many arms, one is often the fastest by chance, but that is not a verdict.
    let equal = tally(Program::Same, MANY_ARMS, runs);
    assert!(equal.wrong <= most(0.025), "{equal:?}");
    let two = Program::Perfect { cost: 1.08 };
    let constant = Machine {
        is_hog_constant: true,
        ..QUIET
    };
    assert_eq!(tally(two, constant, runs).refused, runs);
}

#[test]
fn verdicts_on_simulated_programs_are_right_or_refused() {
    check(8);
}

#[test]
#[ignore = "live: needs minutes of a CPU without optimisation"]
fn live_slow_verdicts_of_a_hundred_simulations_each_keep_their_promises() {
    check(100);
}
