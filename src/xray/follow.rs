//! Calls of the module's own functions: which are followed, and what the others are given.

use super::execution::Execution;
use super::leaf::is_leaf;
use super::state::{Flags, State};
use super::step::stub;
use super::value::Value;

impl Execution<'_, '_> {
    /// Calls a function, and returns the states after it: none if it does not return.
    pub(super) fn call(&mut self, target: Value, mut state: State, at: u64) -> Vec<State> {
        match target {
            Value::Import(symbol) => self.import(symbol, state, at),
            Value::Const(entry) if self.image.executable(entry) => {
                if let Some(symbol) = stub(self.image, entry) {
                    return self.import(symbol, state, at);
                }
                let recursive = self.callers.contains(&entry);
                let decides = self.decides(entry, &state);
                let wanted = decides || self.limits.every_call || is_leaf(self.image, entry);
                if usize::from(self.limits.depth) > self.callers.len() && wanted && !recursive {
                    return self.follow(entry, state, at);
                }
                self.shallow = true;
                self.missed |= decides;
                self.passed.insert(entry);
                self.hand(&mut state, self.callers.is_empty());
                self.pass_over(&mut state);
                vec![state]
            }
            _ => {
                self.blind = true;
                self.hand(&mut state, true);
                self.pass_over(&mut state);
                vec![state]
            }
        }
    }

    /// Whether a call can reach one that decides: in the function, or through an argument.
    fn decides(&mut self, entry: u64, state: &State) -> bool {
        if self.reach.function(self.image, entry) {
            return true;
        }
        let arguments = self.convention.arguments.iter();
        let mut numbers = arguments.filter_map(|register| state.get(*register).number());
        numbers.any(|address| self.reach.argument(self.image, address))
    }

    fn follow(&mut self, entry: u64, state: State, at: u64) -> Vec<State> {
        let kept: Vec<(usize, Value)> = (self.convention.preserved.iter())
            .chain([&self.convention.stack_pointer])
            .map(|register| (*register, state.get(*register)))
            .collect();
        self.callers.push(entry);
        self.places.push(at);
        let mut exits = self.function(entry, state);
        self.callers.pop();
        self.places.pop();
        for exit in &mut exits {
            for (register, value) in &kept {
                exit.set(*register, *value);
            }
            exit.memory
                .drop_below(exit.get(self.convention.stack_pointer));
            exit.flags = Flags::Unknown;
        }
        exits
    }

    /// Executes a function that the interpreter calls, unless it is being executed.
    pub(super) fn follow_once(&mut self, entry: u64, state: State) -> Option<Vec<State>> {
        let recursive = self.callers.contains(&entry);
        (!recursive).then(|| self.follow(entry, state, entry))
    }

    /// Notes which writable memory a function that is not executed was given.
    /// What it was given of the stack and heap is forgotten if that is wanted.
    pub(super) fn hand(&mut self, state: &mut State, forgets: bool) {
        for register in self.convention.arguments {
            match state.get(*register) {
                Value::Const(address) | Value::Around(address) if self.image.writable(address) => {
                    self.handed.insert(address);
                }
                value if forgets => state.memory.forget(value),
                _ => {}
            }
        }
    }
}
