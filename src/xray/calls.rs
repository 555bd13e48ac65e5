//! Calls of imported functions.

use super::execution::{Definition, Execution};
use super::imports::{Known, Symbol};
use super::memory::ZEROED;
use super::slots::{Gil, Made, Reader};
use super::state::{Declared, State};
use super::value::Value;

/// How many bytes of a copy or fill are modelled.
const LONGEST_COPY: u64 = 4096;

/// The place in [`super::state::Modules`] for a declaration of an unknown module.
const UNKNOWN_MODULE: u32 = u32::MAX;

/// The number of the feature that MSVC's check of the stack asks for before it ends the process.
const FAST_FAIL: Value = Value::Const(23);

impl<'a> Execution<'_, 'a> {
    /// Calls an imported function.
    pub(super) fn import(&mut self, symbol: Symbol, mut state: State, at: u64) -> Vec<State> {
        let argument = |index: usize| {
            let register = self.convention.arguments.get(index);
            register.map_or(Value::Unknown, |register| state.get(*register))
        };
        let arguments = [argument(0), argument(1), argument(2)];
        let known = self.image.known(symbol);
        self.reveal(symbol, known, &mut state);
        let result = match known {
            Known::NeverReturns => return Vec::new(),
            Known::DefInit => self.initialize(&mut state, symbol, arguments[0], at),
            Known::Create | Known::FromDef | Known::FromSlots => {
                self.create(known, &mut state, arguments[0], at)
            }
            Known::SetGil => {
                set_gil(&mut state, arguments[0], arguments[1], at);
                Value::ZERO
            }
            Known::Guard => self.guard(arguments[0]),
            Known::Zero => Value::ZERO,
            Known::Copy => self.copy(&mut state, arguments),
            Known::Fill => fill(&mut state, arguments),
            Known::Allocate => self.block(at, 0),
            Known::AllocateZeroed => self.block(at, ZEROED),
            Known::AllocateInto => {
                let block = self.block(at, 0);
                state.memory.write(arguments[0], 8, block);
                Value::ZERO
            }
            Known::Compare => match arguments[0] {
                Value::Returned { symbol: name, .. }
                    if self.image.known(name) == Known::Version =>
                {
                    Value::ZERO
                }
                _ => Value::Unknown,
            },
            Known::Module => Value::Module(self.site(at)),
            Known::CallObject if self.makes_module(arguments[0]) => Value::Module(self.site(at)),
            Known::AtExit => Value::ZERO,
            Known::ProcessorFeature if arguments[0].low(4) == FAST_FAIL => Value::Const(1),
            Known::ProcessorFeature
            | Known::ThreadAddress
            | Known::Version
            | Known::NotNull
            | Known::OtherObject
            | Known::CallObject
            | Known::Other => self.result(&mut state, symbol, at),
        };
        self.clobber(&mut state, result);
        vec![state]
    }

    /// `PyModuleDef_Init` returns its argument.
    fn initialize(&mut self, state: &mut State, symbol: Symbol, first: Value, at: u64) -> Value {
        let slots = self.reader(state).definition(first);
        let made = self.made(&slots, first, state);
        self.define(Definition {
            gil: slots.gil,
            made,
        });
        self.handed.extend(state.memory.scattered());
        match first {
            Value::Unknown => self.result(state, symbol, at),
            definition => definition,
        }
    }

    fn guard(&self, guard: Value) -> Value {
        if let Value::Const(guard) = guard {
            self.image.doubt.borrow_mut().guard(guard);
        }
        Value::Const(1)
    }

    /// The result of a call. What an earlier turn of a loop left of it is another value.
    fn result(&mut self, state: &mut State, symbol: Symbol, at: u64) -> Value {
        let call = self.site(at);
        let result = Value::Returned { symbol, call };
        state.replace(result, Value::Unknown);
        self.charge(state);
        result
    }

    fn reader<'s>(&'s self, state: &'s State) -> Reader<'s, 'a> {
        Reader {
            image: self.image,
            state,
            abi: self.abi,
        }
    }

    /// Notes what an imported function is given: memory that it may write to, functions that it
    /// may call.
    fn reveal(&mut self, symbol: Symbol, known: Known, state: &mut State) {
        match known {
            Known::Other | Known::NotNull | Known::CallObject => {}
            _ => return,
        }
        let name = self.image.imports.name(symbol);
        let keeps = [&b"PyState_"[..], b"PyModule_", b"__cxa_guard_"];
        if keeps.iter().any(|prefix| name.starts_with(prefix)) {
            return;
        }
        self.hand(state, true);
        if !name.starts_with(b"Py") {
            for register in self.convention.arguments {
                if let Value::Const(function) = state.get(*register)
                    && self.image.executable(function)
                {
                    self.passed.insert(function);
                }
            }
        }
    }

    fn makes_module(&self, called: Value) -> bool {
        matches!(called, Value::Import(symbol)
            if self.image.imports.name(symbol) == b"PyModule_Type")
    }

    fn define(&mut self, definition: Definition) {
        if !self.definitions.contains(&definition) && self.definitions.len() < 64 {
            self.definitions.push(definition);
        }
    }

    fn create(&mut self, known: Known, state: &mut State, first: Value, at: u64) -> Value {
        let site = self.site(at);
        let slots = match known {
            Known::FromDef => Some(self.reader(state).definition(first)),
            Known::FromSlots => Some(self.reader(state).array(first)),
            _ => None,
        };
        let declared = match slots {
            None => Declared::Nothing,
            Some(slots) if self.made(&slots, first, state) != Made::Module => Declared::Unclear,
            Some(slots) => declared(slots.gil, at),
        };
        state.declare(site, declared);
        Value::Module(site)
    }

    fn block(&mut self, at: u64, zeroed: u32) -> Value {
        let block = self.site(at) | zeroed;
        Value::Heap { block, offset: 0 }
    }

    fn copy(&self, state: &mut State, [to, from, length]: [Value; 3]) -> Value {
        let length = modelled(state, to, length);
        let mut words = Vec::new();
        let mut done = 0;
        while done < length {
            let bytes = (length - done).min(8) as u8;
            let distance = done.cast_signed();
            words.push((
                distance,
                bytes,
                state.memory.read(self.image, from.plus(distance), bytes),
            ));
            done += u64::from(bytes);
        }
        for (distance, bytes, value) in words {
            state.memory.write(to.plus(distance), bytes, value);
        }
        to
    }
}

/// The length of a copy or fill, if it is modelled. Otherwise it is not known what is written.
fn modelled(state: &mut State, to: Value, length: Value) -> u64 {
    let known = length.number().filter(|length| *length <= LONGEST_COPY);
    if known.is_none() {
        state.memory.scatter(to);
        state.memory.forget(to);
    }
    known.unwrap_or(0)
}

fn fill(state: &mut State, [to, byte, length]: [Value; 3]) -> Value {
    let length = modelled(state, to, length);
    let value = match byte.low(1) {
        Value::Const(byte) => Value::Const(byte * 0x0101_0101_0101_0101),
        _ => Value::Unknown,
    };
    let mut done = 0;
    while done < length {
        let bytes = (length - done).min(8) as u8;
        state
            .memory
            .write(to.plus(done.cast_signed()), bytes, value);
        done += u64::from(bytes);
    }
    to
}

fn declared(gil: Gil, call: u64) -> Declared {
    match gil {
        Gil::Slot { value, .. } => Declared::Gil { value, call },
        Gil::Absent { .. } => Declared::Nothing,
        Gil::Unclear(_) => Declared::Unclear,
    }
}

/// `PyUnstable_Module_SetGIL`: of the module that was passed, or of the only one there is.
fn set_gil(state: &mut State, module: Value, value: Value, call: u64) {
    let site = match (module, state.modules.as_slice()) {
        (Value::Module(site), _) => site,
        (_, [(site, _)]) => *site,
        _ => UNKNOWN_MODULE,
    };
    let declared = match value {
        Value::Const(value) => Declared::Gil { value, call },
        _ => Declared::Unclear,
    };
    state.declare(site, declared);
}
