//! Create slots: whether the function that makes the module returns a module object.

use super::execution::Execution;
use super::image::Image;
use super::imports::Known;
use super::slots::{Gil, Made, Slots};
use super::state::State;
use super::value::Value;

impl Execution<'_, '_> {
    /// What the slots make. The interpreter turns the GIL on for anything but a module object.
    pub(super) fn made(&mut self, slots: &Slots, definition: Value, state: &State) -> Made {
        let keeps_off = match slots.gil {
            Gil::Slot { value, .. } => self.abi.keeps_off(value),
            Gil::Absent { .. } | Gil::Unclear(_) => false,
        };
        let Some(maker) = slots.maker.filter(|_| keeps_off) else {
            return Made::Module;
        };
        let Some(entry) = maker.number().filter(|entry| self.image.executable(*entry)) else {
            return Made::Unclear;
        };
        let mut state = state.clone();
        self.clobber(&mut state, Value::Unknown);
        if let Some(second) = self.convention.arguments.get(1) {
            state.set(*second, definition);
        }
        let Some(exits) = self.follow_once(entry, state) else {
            return Made::Unclear;
        };
        let results = exits.iter().map(|exit| exit.get(self.convention.result));
        let mut kinds = results
            .filter(|result| *result != Value::ZERO)
            .map(|result| kind(self.image, result));
        let first = kinds.next().unwrap_or(Made::Unclear);
        if kinds.all(|other| other == first) {
            first
        } else {
            Made::Unclear
        }
    }
}

fn kind(image: &Image<'_>, value: Value) -> Made {
    match value {
        Value::Module(_) => Made::Module,
        // `None` and other objects of the interpreter.
        Value::Import(_) => Made::Other,
        Value::Returned { symbol, .. } if image.known(symbol) == Known::OtherObject => Made::Other,
        _ => Made::Unclear,
    }
}
