//! CPU time of the whole machine, read before and after each timed run. A reading costs some tens
//! of microseconds.

use super::cgroup;
use super::cpu_list::CpuList;
use super::cpu_topology;
use super::tree::{HostTree, number_after};
use std::time::Duration;

/// The times in `/proc/stat` are in units of 1/USER_HZ seconds, which is 100 wherever CPython runs.
const USER_HZ: u64 = 100;

/// Enough for the first line of `/proc/stat`.
const FIRST_LINE: u64 = 1 << 10;

/// Enough for the lines of all CPUs in `/proc/stat`.
const ALL_LINES: u64 = 1 << 20;

/// CPU times since the machine started, of the CPUs that this process may use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CpuReading {
    /// The time in which the CPUs were busy: neither idle nor waiting for I/O.
    pub busy: Duration,
    /// The time that the hypervisor gave to others.
    pub steal: Option<Duration>,
    /// The number of CPUs that these times are of.
    pub cpus: Option<u32>,
    /// How often the quota of a cgroup stopped this process; `None` without a quota.
    pub throttled_periods: Option<u64>,
    /// How long it was stopped, summed over the CPUs.
    pub throttled: Option<Duration>,
}

/// Reads the CPU times. What does not change meanwhile is read once.
#[derive(Debug, Clone)]
pub struct CpuMeter {
    tree: HostTree,
    /// The usable CPUs, if they are not all CPUs: the others do not matter.
    some_cpus: Option<CpuList>,
    cpus: Option<u32>,
    throttle_files: Vec<String>,
}

impl CpuMeter {
    pub(super) fn new(tree: &HostTree) -> Self {
        let usable = cpu_topology::usable(tree);
        let online = cpu_topology::online(tree);
        Self {
            tree: tree.clone(),
            cpus: online.as_ref().map(CpuList::count),
            some_cpus: usable.filter(|usable| online.is_none_or(|online| online != *usable)),
            throttle_files: cgroup::throttle_files(tree),
        }
    }

    /// Reads the times now. Returns `None` where the system does not state them.
    #[must_use]
    pub fn read(&self) -> Option<CpuReading> {
        let times = match &self.some_cpus {
            // The list can be of other CPUs than the lines: some containers number theirs anew.
            Some(cpus) => self.times_of(cpus).or_else(|| self.times_of_all()),
            None => self.times_of_all(),
        }?;
        let (throttled_periods, throttled) = self.throttling().unzip();
        Some(CpuReading {
            throttled_periods,
            throttled,
            ..times
        })
    }

    fn times_of_all(&self) -> Option<CpuReading> {
        let text = self.tree.start("proc/stat", FIRST_LINE)?;
        let ticks = Ticks::parse(text.lines().next()?.strip_prefix("cpu ")?)?;
        Some(ticks.reading(self.cpus))
    }

    fn times_of(&self, cpus: &CpuList) -> Option<CpuReading> {
        let text = self.tree.start("proc/stat", ALL_LINES)?;
        let lines = text.lines().map_while(|line| line.strip_prefix("cpu"));
        let (mut sum, mut count) = (Ticks::default(), 0);
        for line in lines {
            let (number, times) = line.split_once(' ')?;
            if number.parse().is_ok_and(|cpu| cpus.contains(cpu)) {
                sum = sum.plus(Ticks::parse(times)?)?;
                count += 1;
            }
        }
        (count == cpus.count()).then(|| sum.reading(Some(count)))
    }

    fn throttling(&self) -> Option<(u64, Duration)> {
        let of_file = |file: &String| {
            let text = self.tree.text(file)?;
            let time = number_after(&text, "throttled_usec")
                .map(Duration::from_micros)
                .or_else(|| number_after(&text, "throttled_time").map(Duration::from_nanos))?;
            Some((number_after(&text, "nr_throttled")?, time))
        };
        let readings = self.throttle_files.iter().filter_map(of_file);
        readings.reduce(|(periods, time), (more_periods, more_time)| {
            let periods = periods.saturating_add(more_periods);
            (periods, time.saturating_add(more_time))
        })
    }
}

/// A line of `/proc/stat`.
#[derive(Clone, Copy, Default)]
struct Ticks {
    busy: u64,
    steal: Option<u64>,
}

impl Ticks {
    /// Parses the numbers of a line. Time of guests is already in that of users.
    fn parse(line: &str) -> Option<Self> {
        let fields = line.split_whitespace().take(8).map(str::parse);
        let fields: Vec<u64> = fields.collect::<Result<_, _>>().ok()?;
        let [user, nice, system, _idle, rest @ ..] = fields.as_slice() else {
            return None;
        };
        let interrupts = [rest.get(1), rest.get(2)].into_iter().flatten();
        let mut busy = [user, nice, system].into_iter().chain(interrupts);
        Some(Self {
            busy: busy.try_fold(0_u64, |sum, ticks| sum.checked_add(*ticks))?,
            steal: rest.get(3).copied(),
        })
    }

    fn plus(self, other: Self) -> Option<Self> {
        let steal = match (self.steal, other.steal) {
            (Some(steal), Some(more)) => Some(steal.checked_add(more)?),
            (steal, more) => steal.or(more),
        };
        Some(Self {
            busy: self.busy.checked_add(other.busy)?,
            steal,
        })
    }

    fn reading(self, cpus: Option<u32>) -> CpuReading {
        CpuReading {
            busy: duration(self.busy),
            steal: self.steal.map(duration),
            cpus,
            ..CpuReading::default()
        }
    }
}

fn duration(ticks: u64) -> Duration {
    Duration::from_secs(ticks / USER_HZ) + Duration::from_millis(ticks % USER_HZ * (1000 / USER_HZ))
}

/// The CPU time that this process has used, without its children's.
pub(super) fn own_cpu(tree: &HostTree) -> Option<Duration> {
    let text = tree.text("proc/self/stat")?;
    // The name of the program is in parentheses, and can contain some.
    let (_, fields) = text.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11).map(str::parse);
    let (user, system): (u64, u64) = (fields.next()?.ok()?, fields.next()?.ok()?);
    Some(duration(user.checked_add(system)?))
}

#[cfg(test)]
mod tests {
    use super::{Ticks, duration};
    use std::time::Duration;

    #[test]
    fn idle_waiting_and_guest_time_is_not_counted() {
        let ticks = Ticks::parse(" 100 20 30 9999 9999 4 5 7 50 10").unwrap();
        assert_eq!((ticks.busy, ticks.steal), (159, Some(7)));
        let ticks = Ticks::parse("1 2 3 4").unwrap();
        assert_eq!((ticks.busy, ticks.steal), (6, None));
    }

    #[test]
    fn ticks_that_overflow_are_refused() {
        let huge = u64::MAX;
        assert!(Ticks::parse(&format!("{huge} 1 0 0")).is_none());
        assert!(Ticks::parse(&format!("{huge}0 1 0 0")).is_none());
        assert!(Ticks::parse("-1 0 0 0").is_none());
        assert!(Ticks::parse("1 2 3").is_none());
        assert!(Ticks::parse("").is_none());
        let most = Ticks::parse(&format!("{huge} 0 0 0")).unwrap();
        assert!(most.plus(most).is_none());
        assert!(most.reading(None).busy > Duration::from_secs(1 << 57));
    }

    #[test]
    fn a_tick_is_ten_milliseconds() {
        assert_eq!(duration(123), Duration::from_millis(1230));
    }
}
