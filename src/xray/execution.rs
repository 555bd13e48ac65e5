//! The abstract execution of an init function: paths, joins, calls and their limits.

use super::convention::{Convention, convention};
use super::flow::Flow;
use super::image::{Format, Image};
use super::memory::Memory;
use super::reach::Reach;
use super::slots::{Gil, Made};
use super::state::{Flags, State};
use super::step::step;
use super::target::{Abi, Machine};
use super::value::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// How often a join is executed anew before it is given up.
const MOST_VISITS: u8 = 50;
/// x18 holds the address of the thread's block on Windows.
const THREAD_REGISTER: usize = 18;
/// How many states with different modules are kept apart at one place.
const MOST_STATES: usize = 32;
/// How deep calls of functions that the loader calls are followed.
const STARTERS_DEPTH: u8 = 3;

/// Which calls are followed, and for how long.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) depth: u8,
    /// Whether calls are followed that cannot reach a deciding call, too, for what they return.
    pub(super) every_call: bool,
    pub(super) work: u32,
}

/// A module definition that `PyModuleDef_Init` was called with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Definition {
    pub(super) gil: Gil,
    pub(super) made: Made,
}

/// What an execution did not see.
pub(super) struct Unseen {
    /// Functions of the image that were not followed.
    pub(super) passed: BTreeSet<u64>,
    /// Addresses in writable memory that such functions, or those of other libraries, were given.
    pub(super) handed: BTreeSet<u64>,
    /// The instructions that were executed: all but these were not seen. In no order.
    pub(super) executed: Vec<u64>,
}

/// One execution of an init function.
pub(super) struct Execution<'e, 'a> {
    pub(super) image: &'e Image<'a>,
    pub(super) abi: Abi,
    pub(super) limits: Limits,
    pub(super) reach: &'e mut Reach,
    pub(super) convention: &'static Convention,
    pub(super) definitions: Vec<Definition>,
    /// A call was passed over that can reach a deciding one.
    pub(super) missed: bool,
    /// A function was called that is not known.
    pub(super) blind: bool,
    /// A path was given up.
    pub(super) cut: bool,
    /// A call was passed over that a deeper attempt may follow.
    pub(super) shallow: bool,
    pub(super) instructions: u32,
    pub(super) work: u32,
    /// Functions of the image that were not followed.
    pub(super) passed: BTreeSet<u64>,
    /// Addresses in writable memory that such functions, or those of other libraries, were given.
    pub(super) handed: BTreeSet<u64>,
    /// The instructions that were executed, in that order.
    pub(super) executed: Vec<u64>,
    pub(super) callers: Vec<u64>,
    sites: HashMap<Vec<u64>, u32>,
    pub(super) places: Vec<u64>,
}

/// The states at one address, and whether they have to be executed.
#[derive(Debug)]
struct Point {
    state: State,
    visits: u8,
    waiting: bool,
}

/// A function that is being executed.
#[derive(Debug, Default)]
struct Frame {
    points: BTreeMap<u64, Vec<Point>>,
    /// What is to be executed, the lowest address first: code mostly goes forward.
    work: BTreeSet<(u64, usize)>,
    exits: Vec<State>,
}

impl Frame {
    /// The first point behind an address.
    fn point_behind(&self, address: u64) -> Option<u64> {
        let mut behind = self.points.range(address.checked_add(1)?..);
        behind.next().map(|(address, _)| *address)
    }
}

impl<'e, 'a> Execution<'e, 'a> {
    pub(super) fn new(
        image: &'e Image<'a>,
        abi: Abi,
        limits: Limits,
        reach: &'e mut Reach,
    ) -> Execution<'e, 'a> {
        Execution {
            image,
            abi,
            limits,
            reach,
            convention: convention(image),
            definitions: Vec::new(),
            missed: false,
            cut: false,
            shallow: false,
            blind: false,
            instructions: 0,
            work: 0,
            passed: BTreeSet::new(),
            handed: BTreeSet::new(),
            executed: Vec::new(),
            callers: Vec::new(),
            sites: HashMap::new(),
            places: Vec::new(),
        }
    }

    /// Executes the function at an address, and returns the states it ends in. The functions that
    /// the loader calls are executed before, if that is wanted.
    pub(super) fn start(&mut self, entry: u64, with_starters: bool) -> Vec<State> {
        let mut state = self.entry();
        if with_starters {
            state.memory = self.starters();
        }
        let exits = self.function(entry, state);
        for exit in &exits {
            self.handed.extend(exit.memory.scattered());
        }
        exits
    }

    /// What the functions that the loader calls leave in memory.
    fn starters(&mut self) -> Memory {
        let limits = self.limits;
        self.limits.every_call = true;
        self.limits.depth = limits.depth.max(STARTERS_DEPTH);
        let mut memory = Memory::default();
        for starter in &self.image.starters {
            let mut state = self.entry();
            state.memory = memory;
            let mut exits = self.function(*starter, state).into_iter();
            memory = match exits.next() {
                Some(first) => first.memory,
                None => {
                    self.cut = true;
                    Memory::default()
                }
            };
            for exit in exits {
                memory.join(&exit.memory, self.image);
            }
            memory.drop_below(Value::Stack(i64::MAX));
            if self.exhausted() {
                self.cut = true;
                break;
            }
        }
        self.limits = limits;
        memory
    }

    fn entry(&self) -> State {
        let mut state = State::new(self.convention.stack_pointer);
        if self.image.machine == Machine::Arm64 && self.image.format == Format::Pe {
            state.set(THREAD_REGISTER, Value::ThreadLocal);
        }
        state
    }

    /// What was not seen of the module's code.
    pub(super) fn unseen(self) -> Unseen {
        Unseen {
            passed: self.passed,
            handed: self.handed,
            executed: self.executed,
        }
    }

    /// Whether the limit of work was reached.
    pub(super) fn exhausted(&self) -> bool {
        self.work >= self.limits.work
    }

    pub(super) fn charge(&mut self, state: &State) {
        let words = u32::try_from(state.memory.len()).unwrap_or(u32::MAX);
        self.work = self.work.saturating_add(4).saturating_add(words / 8);
    }

    fn charge_moved(&mut self, state: &mut State) {
        let moved = state.memory.take_moved() / 64;
        self.work = self
            .work
            .saturating_add(u32::try_from(moved).unwrap_or(u32::MAX));
    }

    pub(super) fn function(&mut self, entry: u64, state: State) -> Vec<State> {
        let mut frame = Frame::default();
        self.arrive(&mut frame, entry, state);
        while let Some((address, index)) = frame.work.pop_first() {
            let point = frame
                .points
                .get_mut(&address)
                .and_then(|states| states.get_mut(index));
            let Some(point) = point else { continue };
            point.waiting = false;
            point.visits += 1;
            let state = point.state.clone();
            self.charge(&state);
            self.path(&mut frame, address, state);
            if self.exhausted() {
                self.cut = true;
                break;
            }
        }
        frame.exits
    }

    /// Executes from one address until the path joins another, forks or ends.
    fn path(&mut self, frame: &mut Frame, mut address: u64, mut state: State) {
        // No point is added to the frame before the path ends.
        let mut behind = frame.point_behind(address);
        loop {
            self.work = self.work.saturating_add(1);
            self.instructions = self.instructions.saturating_add(1);
            if self.exhausted() {
                self.cut = true;
                return;
            }
            self.executed.push(address);
            let Some(step) = step(self.image, &mut state, address) else {
                self.cut = true;
                return;
            };
            self.charge_moved(&mut state);
            address = match step.flow {
                Flow::Next => step.next,
                Flow::Jump(target) => return self.arrive(frame, target, state),
                Flow::Fork(target, zero) => {
                    let mut taken = state.clone();
                    if let Some((value, side)) = zero {
                        let state = if side { &mut taken } else { &mut state };
                        state.replace(value, Value::ZERO);
                    }
                    self.arrive(frame, target, taken);
                    return self.arrive(frame, step.next, state);
                }
                Flow::Call(target) => match self.call(target, state, address) {
                    mut states if states.len() == 1 => match states.pop() {
                        Some(after) => {
                            state = after;
                            step.next
                        }
                        None => return,
                    },
                    states => {
                        for after in states {
                            self.arrive(frame, step.next, after);
                        }
                        return;
                    }
                },
                Flow::Tail(target) => {
                    // A jump table that could not be read, or a function pointer.
                    self.cut |= !matches!(target, Value::Import(_));
                    for after in self.call(target, state, address) {
                        self.leave(frame, after);
                    }
                    return;
                }
                Flow::Return => return self.leave(frame, state),
                Flow::Stop => return,
            };
            if behind.is_some_and(|point| point <= address) {
                if frame.points.contains_key(&address) {
                    return self.arrive(frame, address, state);
                }
                behind = frame.point_behind(address);
            }
        }
    }

    /// Joins a state into those at an address, and has it executed if that is news.
    fn arrive(&mut self, frame: &mut Frame, address: u64, state: State) {
        self.charge(&state);
        let points = frame.points.entry(address).or_default();
        let same = points
            .iter()
            .position(|point| point.state.modules == state.modules);
        let Some(index) = same else {
            if points.len() < MOST_STATES {
                frame.work.insert((address, points.len()));
                points.push(Point {
                    state,
                    visits: 0,
                    waiting: true,
                });
            } else {
                self.cut = true;
            }
            return;
        };
        let Some(point) = points.get_mut(index) else {
            return;
        };
        if !point.state.join(&state, self.image) || point.waiting {
            return;
        }
        if point.visits >= MOST_VISITS {
            self.cut = true;
            return;
        }
        point.waiting = true;
        frame.work.insert((address, index));
    }

    fn leave(&mut self, frame: &mut Frame, state: State) {
        let same = frame
            .exits
            .iter_mut()
            .find(|exit| exit.modules == state.modules);
        match same {
            Some(exit) => {
                exit.join(&state, self.image);
            }
            None => frame.exits.push(state),
        }
    }

    /// Forgets what a call that is not followed may change.
    pub(super) fn pass_over(&mut self, state: &mut State) {
        state.skipped = true;
        self.clobber(state, Value::Unknown);
    }

    /// Forgets the registers that no call keeps.
    pub(super) fn clobber(&self, state: &mut State, result: Value) {
        for register in self.convention.volatile {
            state.set(*register, Value::Unknown);
        }
        state.lanes = [Value::Unknown; 64];
        state.flags = Flags::Unknown;
        state.set(self.convention.result, result);
    }

    /// The number of a call, by its place and those of its callers.
    pub(super) fn site(&mut self, at: u64) -> u32 {
        let mut key = self.places.clone();
        key.push(at);
        let next = u32::try_from(self.sites.len()).unwrap_or(0);
        *self.sites.entry(key).or_insert(next)
    }

    /// The address of a numbered call.
    pub(super) fn place(&self, site: u32) -> u64 {
        let found = self.sites.iter().find(|(_, number)| **number == site);
        found.and_then(|(key, _)| key.last()).copied().unwrap_or(0)
    }
}
