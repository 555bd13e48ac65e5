//! Imported symbols, and what those that matter do.

use std::collections::HashMap;

/// An imported symbol, by its number in [`Imports`].
pub(super) type Symbol = u32;

/// What an imported function does, as far as the execution needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// `PyModuleDef_Init`: multi-phase initialization.
    DefInit,
    /// `PyModule_Create2` and others that create a module from a definition or a name.
    Create,
    /// `PyModule_FromDefAndSpec2`: the definition's slots decide.
    FromDef,
    /// `PyModule_FromSlotsAndSpec` of 3.15.
    FromSlots,
    /// `PyUnstable_Module_SetGIL`.
    SetGil,
    /// A C++ static guard: the first caller gets 1.
    Guard,
    /// Copies memory: destination, source, length.
    Copy,
    /// Fills memory: destination, byte, length.
    Fill,
    Allocate,
    AllocateZeroed,
    /// `posix_memalign`: stores the block in its first argument.
    AllocateInto,
    Zero,
    /// Compares strings; a comparison of the interpreter's version comes out equal.
    Compare,
    /// `Py_GetVersion`.
    Version,
    /// Returns a module object that may have existed before.
    Module,
    /// Calls an object: the type of modules makes a module.
    CallObject,
    /// Returns an object that is not a module.
    OtherObject,
    /// Returns the place of a variable of the thread, and changes no memory of the module.
    ThreadAddress,
    /// Remembers functions that are called at the end, with their arguments.
    AtExit,
    /// Returns a pointer that is not null, or the import fails anyway.
    NotNull,
    NeverReturns,
    /// `IsProcessorFeaturePresent`: `int 29h`, which ends the process, is there since Windows 8.
    ProcessorFeature,
    Other,
}

impl Known {
    /// Whether a call decides the verdict.
    pub(super) fn decides(self) -> bool {
        matches!(
            self,
            Known::DefInit | Known::Create | Known::FromDef | Known::FromSlots | Known::SetGil
        )
    }

    fn of(name: &[u8]) -> Known {
        match name {
            b"PyModuleDef_Init" => Known::DefInit,
            b"PyModule_Create2" | b"PyModule_NewObject" | b"PyModule_New" => Known::Create,
            b"PyModule_FromDefAndSpec2" => Known::FromDef,
            b"PyModule_FromSlotsAndSpec" => Known::FromSlots,
            b"PyUnstable_Module_SetGIL" => Known::SetGil,
            b"__cxa_guard_acquire" => Known::Guard,
            b"memcpy" | b"memmove" | b"__memcpy_chk" | b"__memmove_chk" => Known::Copy,
            b"memset" | b"__memset_chk" => Known::Fill,
            b"malloc" | b"_Znwm" | b"_Znam" | b"PyMem_Malloc" | b"PyObject_Malloc"
            | b"PyMem_RawMalloc" | b"__rust_alloc" | b"aligned_alloc" => Known::Allocate,
            b"calloc" | b"PyMem_Calloc" | b"PyObject_Calloc" | b"PyMem_RawCalloc" => {
                Known::AllocateZeroed
            }
            b"posix_memalign" => Known::AllocateInto,
            b"PyInterpreterState_GetID" | b"PyErr_Occurred" => Known::Zero,
            b"strncmp" | b"strcmp" | b"memcmp" => Known::Compare,
            b"Py_GetVersion" => Known::Version,
            b"__tls_get_addr" | b"_tlv_bootstrap" => Known::ThreadAddress,
            b"IsProcessorFeaturePresent" => Known::ProcessorFeature,
            b"abort"
            | b"exit"
            | b"__stack_chk_fail"
            | b"_Unwind_Resume"
            | b"__cxa_throw"
            | b"__cxa_rethrow"
            | b"_ZSt9terminatev"
            | b"_CxxThrowException"
            | b"Py_FatalError"
            | b"_Py_FatalErrorFunc" => Known::NeverReturns,
            b"PyImport_AddModule" | b"PyImport_AddModuleObject" | b"PyImport_AddModuleRef" => {
                Known::Module
            }
            b"atexit"
            | b"__cxa_atexit"
            | b"__cxa_thread_atexit"
            | b"_tlv_atexit"
            | b"__cxa_thread_atexit_impl"
            | b"Py_AtExit"
            | b"_crt_atexit" => Known::AtExit,
            _ if name.starts_with(b"PyObject_Call") || name.starts_with(b"PyObject_Vectorcall") => {
                Known::CallObject
            }
            _ if OTHER_OBJECTS.iter().any(|prefix| name.starts_with(prefix)) => Known::OtherObject,
            _ if NOT_NULL.iter().any(|prefix| name.starts_with(prefix)) => Known::NotNull,
            _ => Known::Other,
        }
    }
}

/// How the names of functions begin whose failure ends the import.
const NOT_NULL: [&[u8]; 8] = [
    b"PyModule_",
    b"PyImport_",
    b"PyThreadState_Get",
    b"PyThreadState_Swap",
    b"PyInterpreterState_Get",
    b"PyInterpreterState_Main",
    b"PyEval_SaveThread",
    b"PyErr_NewException",
];

/// The same of functions that return an object that is not a module.
const OTHER_OBJECTS: [&[u8]; 9] = [
    b"PyDict_New",
    b"PyType_From",
    b"PyUnicode_From",
    b"PyTuple_New",
    b"PyList_New",
    b"PyCapsule_New",
    b"PyBytes_From",
    b"PyLong_From",
    b"PyFloat_From",
];

/// The imported symbols of a module, each once.
#[derive(Debug, Default)]
pub(super) struct Imports<'a> {
    names: Vec<(&'a [u8], Known)>,
    numbers: HashMap<&'a [u8], Symbol>,
}

impl<'a> Imports<'a> {
    /// The number of a name, which is added if it is new.
    pub(super) fn add(&mut self, name: &'a [u8]) -> Symbol {
        let next = Symbol::try_from(self.names.len()).unwrap_or(Symbol::MAX);
        *self.numbers.entry(name).or_insert_with(|| {
            self.names.push((name, Known::of(name)));
            next
        })
    }

    pub(super) fn name(&self, symbol: Symbol) -> &'a [u8] {
        let entry = usize::try_from(symbol)
            .ok()
            .and_then(|index| self.names.get(index));
        entry.map_or(b"?", |(name, _)| name)
    }

    pub(super) fn known(&self, symbol: Symbol) -> Known {
        let entry = usize::try_from(symbol)
            .ok()
            .and_then(|index| self.names.get(index));
        entry.map_or(Known::Other, |(_, known)| *known)
    }

    /// Whether any imported function does this.
    pub(super) fn has(&self, known: Known) -> bool {
        self.names.iter().any(|(_, other)| *other == known)
    }

    /// Whether a symbol of this name is imported.
    pub(super) fn contains(&self, name: &[u8]) -> bool {
        self.numbers.contains_key(name)
    }

    /// Whether any imported function decides the verdict.
    pub(super) fn decide(&self) -> bool {
        self.names.iter().any(|(_, known)| known.decides())
    }
}
