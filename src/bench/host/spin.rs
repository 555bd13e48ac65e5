//! How many cores are free, found by using them: for systems that do not say what else is running.

use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

/// How long threads spin: long enough for the scheduler to share the cores out.
const SPUN: Duration = Duration::from_millis(60);
/// One attempt can be unlucky.
const ATTEMPTS: u32 = 3;
/// So much of a core may be missing, because the threads do not begin at the same time.
const MISSING_OF_ONE: f64 = 0.2;
/// This part of many cores may be missing, because each has a few interrupts.
const MISSING_OF_MANY: f64 = 0.02;

/// How many cores may be missing although all are free.
pub(super) fn missing_allowed(threads: u32) -> f64 {
    (f64::from(threads) * MISSING_OF_MANY).max(MISSING_OF_ONE)
}

/// The cores that some threads got when all of them computed at once, at best. `None` where the
/// system does not tell the CPU time of a thread.
#[must_use]
pub fn spun_cores(threads: u32) -> Option<f64> {
    let mut best: f64 = 0.0;
    for _ in 0..ATTEMPTS {
        best = best.max(spin(threads)?);
        if best + missing_allowed(threads) >= f64::from(threads) {
            break;
        }
    }
    Some(best)
}

/// What the threads do: wait until all are started, then spin, or end if one could not be started.
const WAIT: u8 = 0;
const SPIN: u8 = 1;
const END: u8 = 2;

/// One attempt. `None` also if a limit allows fewer threads.
fn spin(threads: u32) -> Option<f64> {
    let signal = AtomicU8::new(WAIT);
    std::thread::scope(|scope| {
        let mut all = Vec::new();
        for _ in 0..threads {
            let builder = std::thread::Builder::new();
            match builder.spawn_scoped(scope, || spin_one(&signal)) {
                Ok(thread) => all.push(thread),
                Err(_) => break,
            }
        }
        let is_complete = u32::try_from(all.len()) == Ok(threads);
        signal.store(if is_complete { SPIN } else { END }, Ordering::Release);
        let shares = all.into_iter().map(|thread| thread.join().ok().flatten());
        shares.sum::<Option<f64>>().filter(|_| is_complete)
    })
}

/// Spins after the signal, and returns the part of a core that the thread got.
fn spin_one(signal: &AtomicU8) -> Option<f64> {
    loop {
        match signal.load(Ordering::Acquire) {
            WAIT => std::thread::sleep(Duration::from_micros(200)),
            SPIN => break,
            _ => return None,
        }
    }
    let (begun, used) = (Instant::now(), thread_cpu()?);
    while begun.elapsed() < SPUN {
        std::hint::spin_loop();
    }
    let wall = begun.elapsed().as_secs_f64();
    Some(thread_cpu()?.checked_sub(used)?.as_secs_f64() / wall)
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
        // Threads that begin later and end later have cores to themselves for a while.
        assert!(got < f64::from(cores) * 1.7, "{got} of {cores}");
    }
}
