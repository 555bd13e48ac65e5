//! What disturbed a timed run: other processes, the hypervisor, a quota.

use super::cpu_meter::CpuReading;
use super::render::{cores, percent};
use std::time::Duration;

/// Cores that others may use without being noticed.
pub(super) const OTHERS_ALLOWED: f64 = 0.1;

/// The part of the time that the hypervisor may take.
pub(super) const STEAL_ALLOWED: f64 = 0.02;

/// The error of CPU times, which are counted in ticks, per run.
const TICK_ERROR: Duration = Duration::from_millis(30);

/// What happened on the machine during a run, beside the run.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Disturbance {
    /// The cores that other processes used.
    pub other_cores: Option<f64>,
    /// The number of CPUs that those were of.
    pub cpus: Option<u32>,
    /// The part of the used time that the hypervisor gave to others. At least the time of one core
    /// counts as used.
    pub steal: Option<f64>,
    /// How long a quota stopped the run, summed over the CPUs; `None` without a quota.
    pub throttled: Option<Duration>,
}

/// Compares the readings before and after a run that took the time `wall` and used the CPU time
/// `own_cpu`. A counter that went backwards is unknown.
#[must_use]
pub fn between(
    before: &CpuReading,
    after: &CpuReading,
    own_cpu: Duration,
    wall: Duration,
) -> Disturbance {
    let is_comparable = before.cpus == after.cpus && !wall.is_zero();
    let busy = after.busy.checked_sub(before.busy);
    let Some(busy) = busy.filter(|_| is_comparable) else {
        return Disturbance {
            throttled: throttled(before, after),
            ..Disturbance::default()
        };
    };
    let others = busy.saturating_sub(own_cpu).as_secs_f64() / wall.as_secs_f64();
    // More than all of them is an error of the ticks, or a clock that stood still meanwhile.
    let most = after.cpus.map_or(f64::INFINITY, f64::from);
    let stolen = after.steal.zip(before.steal);
    let stolen = stolen.and_then(|(after, before)| after.checked_sub(before));
    let part = |stolen: Duration| {
        let used = busy.saturating_add(stolen).max(wall);
        stolen.as_secs_f64() / used.as_secs_f64()
    };
    Disturbance {
        other_cores: Some(others.min(most)),
        cpus: after.cpus,
        steal: stolen.map(part),
        throttled: throttled(before, after),
    }
}

fn throttled(before: &CpuReading, after: &CpuReading) -> Option<Duration> {
    let time = after.throttled?.checked_sub(before.throttled?)?;
    let periods = after
        .throttled_periods?
        .checked_sub(before.throttled_periods?)?;
    // The time is added when a period of throttling ends, so that it may still be missing.
    let least = Duration::from_micros(u64::from(periods > 0));
    Some(time.max(least))
}

impl Disturbance {
    /// Says why a run with some workers cannot be compared with an undisturbed one:
    /// `another process used 0.9 of 2 cores`. Returns `None` if nothing speaks against it.
    ///
    /// `usable_cores` is the smaller one of the usable CPUs and the quota.
    #[must_use]
    pub fn reason(&self, workers: u32, usable_cores: f64, wall: Duration) -> Option<String> {
        let of_others = self.others_took(workers, usable_cores, wall);
        let reasons = [of_others, self.stolen(wall), self.stopped()];
        let reasons: Vec<String> = reasons.into_iter().flatten().collect();
        (!reasons.is_empty()).then(|| reasons.join("; "))
    }

    /// Other processes matter where they and the workers do not fit on the CPUs.
    fn others_took(&self, workers: u32, usable_cores: f64, wall: Duration) -> Option<String> {
        let others = self.other_cores?;
        // A quota limits the workers, but others can have any other CPU.
        let cpus = self.cpus.map_or(usable_cores, f64::from);
        let workers = f64::from(workers).min(usable_cores);
        let error = tick_error(wall);
        if others <= OTHERS_ALLOWED + error || workers + others <= cpus + error {
            return None;
        }
        let who = if others < 1.05 {
            "another process"
        } else {
            "other processes"
        };
        Some(format!("{who} used {} of {}", cores(others), count(cpus)))
    }

    fn stolen(&self, wall: Duration) -> Option<String> {
        let steal = self.steal?;
        let is_relevant = steal > STEAL_ALLOWED && steal > tick_error(wall);
        is_relevant.then(|| format!("the hypervisor took {} of the time", percent(steal)))
    }

    fn stopped(&self) -> Option<String> {
        let time = self.throttled.filter(|time| !time.is_zero())?;
        let milliseconds = time.as_millis().max(1);
        Some(format!("a CPU quota throttled it for {milliseconds} ms"))
    }
}

/// The error of a run's cores.
fn tick_error(wall: Duration) -> f64 {
    TICK_ERROR.as_secs_f64() / wall.as_secs_f64()
}

fn count(cpus: f64) -> String {
    let noun = if (cpus - 1.0).abs() < 0.05 {
        "core"
    } else {
        "cores"
    };
    format!("{} {noun}", cores(cpus))
}

#[cfg(test)]
mod tests {
    use super::{CpuReading, Disturbance, between};
    use std::time::Duration;

    const SECOND: Duration = Duration::from_secs(1);

    fn reading(busy: u64, steal: u64, throttled: u64) -> CpuReading {
        CpuReading {
            busy: Duration::from_millis(busy),
            steal: Some(Duration::from_millis(steal)),
            cpus: Some(2),
            throttled_periods: Some(throttled),
            throttled: Some(Duration::from_millis(throttled)),
        }
    }

    #[test]
    fn another_process_matters_only_where_it_takes_a_core_from_the_run() {
        let found = between(&reading(0, 0, 0), &reading(1900, 0, 0), SECOND, SECOND);
        assert!((found.other_cores.unwrap() - 0.9).abs() < 1e-9);
        let reason = found.reason(2, 2.0, SECOND).unwrap();
        assert_eq!(reason, "another process used 0.9 of 2 cores");
        assert_eq!(found.reason(1, 2.0, SECOND), None);
        // The quota of one core leaves the other one to the other process.
        assert_eq!(found.reason(8, 1.0, SECOND), None);
        let four = Disturbance {
            other_cores: Some(1.5),
            cpus: Some(4),
            ..found
        };
        assert_eq!(four.reason(2, 4.0, SECOND), None);
        let reason = four.reason(4, 4.0, SECOND).unwrap();
        assert_eq!(reason, "other processes used 1.5 of 4 cores");
    }

    #[test]
    fn errors_of_the_ticks_are_not_a_disturbance() {
        let wall = Duration::from_millis(100);
        let found = between(&reading(0, 0, 0), &reading(135, 20, 0), wall, wall);
        assert!(found.other_cores.unwrap() > 0.3);
        assert_eq!(found.reason(2, 2.0, wall), None);
        let found = between(&reading(0, 0, 0), &reading(150, 0, 0), wall, wall);
        assert!(found.reason(2, 2.0, wall).is_some());
    }

    #[test]
    fn steal_and_throttling_are_named() {
        let found = between(
            &reading(0, 0, 1),
            &reading(1900, 100, 8),
            2 * SECOND,
            SECOND,
        );
        let reason = found.reason(1, 2.0, SECOND).unwrap();
        assert_eq!(
            reason,
            "the hypervisor took 5 % of the time; a CPU quota throttled it for 7 ms"
        );
        let mut after = reading(0, 0, 1);
        after.throttled_periods = Some(2);
        let found = between(&reading(0, 0, 1), &after, SECOND, SECOND);
        assert_eq!(found.throttled, Some(Duration::from_micros(1)));
        assert!(found.reason(1, 2.0, SECOND).is_some());
    }

    #[test]
    fn counters_that_go_backwards_are_unknown() {
        let (less, more) = (reading(100, 100, 100), reading(200, 200, 200));
        let found = between(&more, &less, SECOND, SECOND);
        assert_eq!(found, Disturbance::default());
        assert_eq!(found.reason(8, 2.0, SECOND), None);
        let steal = CpuReading {
            steal: Some(Duration::ZERO),
            ..more
        };
        let found = between(&less, &steal, Duration::ZERO, SECOND);
        assert_eq!((found.steal, found.other_cores), (None, Some(0.1)));
        // A CPU went offline.
        let fewer = CpuReading {
            cpus: Some(1),
            ..more
        };
        assert_eq!(between(&less, &fewer, SECOND, SECOND).other_cores, None);
    }

    #[test]
    fn extreme_readings_do_not_overflow() {
        let huge = CpuReading {
            busy: Duration::MAX,
            steal: Some(Duration::MAX),
            throttled: Some(Duration::MAX),
            ..reading(0, 0, 0)
        };
        let found = between(
            &reading(0, 0, 0),
            &huge,
            Duration::ZERO,
            Duration::from_nanos(1),
        );
        assert_eq!(found.other_cores, Some(2.0));
        assert!(found.steal.unwrap() <= 1.0);
        let none = between(&huge, &huge, SECOND, Duration::ZERO);
        assert_eq!(none.other_cores, None);
        assert_eq!(none.reason(u32::MAX, f64::NAN, Duration::ZERO), None);
        let empty = CpuReading::default();
        assert_eq!(
            between(&empty, &empty, SECOND, SECOND).other_cores,
            Some(0.0)
        );
    }
}
