//! How many cores are free, found by using them: for systems that do not say what else is running.

use std::sync::Barrier;
use std::time::{Duration, Instant};

/// How long threads spin: long enough for the scheduler to share the cores out.
const SPUN: Duration = Duration::from_millis(60);
/// One attempt can be unlucky.
const ATTEMPTS: u32 = 3;
/// A part of a core that is missing says nothing: the threads do not begin at the same time.
pub(super) const MISSING_ALLOWED: f64 = 0.2;

/// The cores that some threads got when all of them computed at once, at best. `None` where the
/// system does not tell the CPU time of a thread.
#[must_use]
pub fn spun_cores(threads: u32) -> Option<f64> {
    let mut best: f64 = 0.0;
    for _ in 0..ATTEMPTS {
        best = best.max(spin(threads)?);
        if best + MISSING_ALLOWED >= f64::from(threads) {
            break;
        }
    }
    Some(best)
}

/// One attempt.
fn spin(threads: u32) -> Option<f64> {
    let barrier = Barrier::new(usize::try_from(threads).ok()?);
    let one = || {
        barrier.wait();
        let (begun, used) = (Instant::now(), thread_cpu()?);
        while begun.elapsed() < SPUN {
            std::hint::spin_loop();
        }
        let wall = begun.elapsed().as_secs_f64();
        Some(thread_cpu()?.checked_sub(used)?.as_secs_f64() / wall)
    };
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..threads).map(|_| scope.spawn(one)).collect();
        let shares = all.into_iter().map(|thread| thread.join().ok().flatten());
        shares.sum()
    })
}

/// The CPU time that this thread has used.
#[cfg(unix)]
fn thread_cpu() -> Option<Duration> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).ok()?;
    Some(Duration::new(seconds, u32::try_from(time.tv_nsec).ok()?))
}

#[cfg(not(unix))]
fn thread_cpu() -> Option<Duration> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn threads_get_no_more_than_a_core_each() {
        let cores = spun_cores(2).expect("this system tells the CPU time of a thread");
        assert!(cores > 0.02 && cores < 2.05, "{cores}");
    }

    #[test]
    fn more_threads_than_cores_share_them() {
        let cores = std::thread::available_parallelism().expect("a number");
        let cores = u32::try_from(cores.get()).expect("small");
        let got = spun_cores(cores * 4).expect("known");
        // The threads do not begin and end at the same time, so that each may get a little more.
        assert!(got < f64::from(cores) * 2.0, "{got} of {cores}");
    }
}
