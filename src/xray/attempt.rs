//! Attempts to execute the init function: deeper ones, and again where memory is doubtful.

use super::doubt::{Suspects, Touched};
use super::effects::Effects;
use super::execution::{Execution, Limits, Unseen};
use super::image::{Format, Image};
use super::reach::Reach;
use super::scan::scan;
use super::state::State;
use super::target::Abi;
use super::verdict::{Decision, Evidence, Why};
use std::collections::BTreeSet;

/// How deep calls are followed, one attempt after another; then, every call.
const ATTEMPTS: [(u8, bool); 10] = [
    (0, false),
    (1, false),
    (2, false),
    (3, false),
    (4, false),
    (6, false),
    (9, false),
    (1, true),
    (2, true),
    (3, true),
];

/// The work of all attempts together, and the most that one of them may use.
const WORK: u32 = 240_000;
const WORK_OF_ONE: u32 = 200_000;

/// How many instructions are looked at for what they may write.
const LOOKED_AT: usize = 100_000;

/// How many bytes of code are searched for references.
const SCANNED: usize = 48 << 20;

/// How often code is searched.
const MOST_SCANS: usize = 4;

/// How often an attempt is made again because memory was found to be doubtful.
const REPEATED: u8 = 4;

/// What one path, definition or attempt says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    Decided(bool, Decision),
    Unclear(Why),
}

/// How the end of an execution is judged.
type Judged = fn(&mut Execution<'_, '_>, &[State]) -> Outcome;

/// Attempts to execute an init function.
pub(super) struct Attempts<'i, 'a> {
    image: &'i Image<'a>,
    abi: Abi,
    judged: Judged,
    reach: Reach,
    /// What the functions that the loader calls may write, if they are not executed.
    starters: Option<Effects>,
    /// Functions that were passed over, and what they may write.
    passed: (BTreeSet<u64>, Effects),
    work: u32,
    left: usize,
    scannable: usize,
}

/// What came of an attempt.
struct Tried {
    /// What was found, unless it depends on memory that is doubtful.
    outcome: Option<Outcome>,
    instructions: u32,
    shallow: bool,
    /// The outcome depends on memory that functions which the loader calls may have changed.
    on_starters: bool,
}

impl<'i, 'a> Attempts<'i, 'a> {
    pub(super) fn new(image: &'i Image<'a>, abi: Abi, judged: Judged) -> Attempts<'i, 'a> {
        Attempts {
            image,
            abi,
            judged,
            reach: Reach::default(),
            starters: None,
            passed: Default::default(),
            work: WORK,
            left: LOOKED_AT,
            scannable: SCANNED,
        }
    }

    /// Whether the function at an address declares that the GIL can be off, and by what.
    pub(super) fn decide(
        &mut self,
        entry: u64,
        evidence: &mut Evidence,
    ) -> Result<(bool, Decision), Why> {
        let mut why = Why::NotFollowed;
        let mut with_starters = false;
        for (depth, every_call) in ATTEMPTS {
            let mut tried = self.attempt(entry, (depth, every_call), with_starters);
            evidence.instructions = evidence.instructions.saturating_add(tried.instructions);
            // Windows calls one function, which calls the others by way of the C library.
            if tried.on_starters && !with_starters && self.image.format != Format::Pe {
                with_starters = true;
                tried = self.attempt(entry, (depth, every_call), with_starters);
                evidence.instructions = evidence.instructions.saturating_add(tried.instructions);
            }
            evidence.depth = depth;
            match tried.outcome.unwrap_or(Outcome::Unclear(Why::Changed)) {
                Outcome::Decided(off, decision) => return Ok((off, decision)),
                Outcome::Unclear(Why::NotFollowed) => {}
                Outcome::Unclear(new) => why = new,
            }
            if self.work == 0 {
                return Err(Why::Limit);
            }
            if !tried.shallow {
                break;
            }
        }
        Err(why)
    }

    /// Executes the function, and again without the values that turn out to be doubtful.
    fn attempt(&mut self, entry: u64, (depth, every_call): (u8, bool), started: bool) -> Tried {
        self.image.doubt.borrow_mut().forget(started);
        let mut tried = Tried {
            outcome: None,
            instructions: 0,
            shallow: true,
            on_starters: false,
        };
        for _ in 0..REPEATED {
            self.image.doubt.borrow_mut().begin();
            let limits = Limits {
                depth,
                every_call,
                work: self.work.min(WORK_OF_ONE),
            };
            let mut execution = Execution::new(self.image, self.abi, limits, &mut self.reach);
            let exits = execution.start(entry, started);
            let mut outcome = (self.judged)(&mut execution, &exits);
            // On a path that was given up, the declaration may be another.
            if (execution.cut || execution.missed) && matches!(outcome, Outcome::Decided(..)) {
                outcome = Outcome::Unclear(Why::NotFollowed);
            }
            self.work = self.work.saturating_sub(execution.work);
            tried.instructions = tried.instructions.saturating_add(execution.instructions);
            tried.shallow = execution.shallow;
            let unseen = execution.unseen();
            let before = tried.outcome.take();
            match (&outcome, before) {
                (Outcome::Decided(off, _), Some(Outcome::Decided(earlier, _)))
                    if *off != earlier =>
                {
                    tried.outcome = Some(Outcome::Unclear(Why::Changed));
                    return tried;
                }
                (Outcome::Decided(..), _) => tried.outcome = Some(outcome),
                // With more unknown values there are too many paths to follow all of them.
                (Outcome::Unclear(Why::NotFollowed | Why::Limit), Some(earlier)) => {
                    tried.outcome = Some(earlier);
                    return tried;
                }
                (Outcome::Unclear(_), _) => {
                    tried.outcome = Some(outcome);
                    return tried;
                }
            }
            let (starters, passed) = self.doubtful(unseen, started);
            tried.on_starters |= starters.deciding;
            if starters.deciding || passed.deciding {
                tried.outcome = None;
            }
            if !starters.any && !passed.any {
                return tried;
            }
        }
        tried
    }

    /// Doubts what was read and may have been changed by the functions that the loader calls, or
    /// by those that were passed over.
    fn doubtful(&mut self, unseen: Unseen, started: bool) -> (Suspects, Suspects) {
        if self.passed.0 != unseen.passed {
            let mut effects = Effects::default();
            effects.add(self.image, unseen.passed.iter().copied(), &mut self.left);
            self.passed = (unseen.passed, effects);
        }
        let mut passed = self.passed.1.touched.clone();
        passed.taken.extend(unseen.handed);
        let mut starters = self.starters.take().unwrap_or_default();
        if !started {
            let functions = self.image.starters.iter().copied();
            starters.add(self.image, functions, &mut self.left);
        }
        let lost = passed.anywhere || !started && starters.touched.anywhere;
        let mut loaded = starters.touched.clone();
        if lost {
            let scanned = self.scan(unseen.executed);
            if passed.anywhere {
                passed.narrow(&scanned);
            }
            if loaded.anywhere {
                loaded.narrow(&scanned);
            }
        }
        let mut doubt = self.image.doubt.borrow_mut();
        let later = doubt.suspect(&passed, true);
        let first = match started {
            true => Suspects::default(),
            false => doubt.suspect(&loaded, false),
        };
        self.starters = Some(starters);
        (first, later)
    }

    /// What any code could change of definitions and slots, if functions have too many
    /// instructions to follow them.
    fn scan(&mut self, mut executed: Vec<u64>) -> Touched {
        let objects = self.image.doubt.borrow().decisive();
        let segments = self.image.segments.iter();
        let code = segments.filter(|segment| segment.executable);
        let size: usize = code.map(|segment| segment.bytes.len()).sum();
        let size = size.max(SCANNED / MOST_SCANS);
        if objects.is_empty() {
            return Touched::default();
        }
        let Some(left) = self.scannable.checked_sub(size) else {
            return Touched {
                anywhere: true,
                ..Touched::default()
            };
        };
        self.scannable = left;
        executed.sort_unstable();
        scan(self.image, &objects, &executed)
    }
}
