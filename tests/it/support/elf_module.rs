//! Extension modules as bytes: the smallest ELF files that the loader and the X-ray read.

/// Where the parts are; addresses are offsets in the file.
const DYNAMIC: usize = 0x200;
const SYMBOLS: usize = 0x300;
const STRINGS: usize = 0x400;
const HASH: usize = 0x500;
const RELOCATIONS: usize = 0x600;
const RELATIVE: usize = 0x780;
const CODE: usize = 0x800;
/// The definition.
pub const DEFINITION: usize = 0xa00;
/// The array of slots.
pub const SLOTS: usize = 0xb00;
const TABLE: usize = 0xc00;
const SIZE: usize = 0x1000;

/// The functions that are imported, by their place in the table of addresses.
const IMPORTS: [&str; 4] = [
    "PyModuleDef_Init",
    "PyModule_Create2",
    "PyUnstable_Module_SetGIL",
    "getenv",
];

/// An instruction of an init function.
#[derive(Debug, Clone, Copy)]
pub enum Code {
    /// Bytes as they are.
    Plain(&'static [u8]),
    /// The address of a part into the first argument.
    Argument(usize),
    /// The address of a part into the result.
    Result(usize),
    /// A call of an imported function.
    Call(&'static str),
    /// A jump to an imported function.
    Jump(&'static str),
}

/// A module to build.
#[derive(Debug, Clone)]
pub struct Module {
    /// The name of the init function.
    pub init: &'static str,
    /// Its instructions.
    pub code: Vec<Code>,
    /// Id and value of each slot.
    pub slots: Vec<(u64, u64)>,
    /// Where the definition has the address of the slots.
    pub slots_at: usize,
    /// Whether addresses are relocated by DT_RELR.
    pub packed: bool,
}

impl Default for Module {
    fn default() -> Module {
        Module {
            init: "PyInit_x",
            code: vec![Code::Argument(DEFINITION), Code::Jump("PyModuleDef_Init")],
            slots: Vec::new(),
            slots_at: 88,
            packed: false,
        }
    }
}

impl Module {
    /// The bytes of the file.
    pub fn build(&self) -> Vec<u8> {
        let mut file = vec![0; SIZE];
        self.headers(&mut file);
        let names = self.symbols(&mut file);
        let addresses = [
            (DEFINITION + self.slots_at - 32, STRINGS as u64),
            (DEFINITION + self.slots_at, SLOTS as u64),
        ];
        let mut relocations: Vec<[u64; 3]> = (0..IMPORTS.len())
            .map(|index| [(TABLE + 8 * index) as u64, (index as u64 + 2) << 32 | 6, 0])
            .collect();
        if self.packed {
            for (place, (at, value)) in addresses.into_iter().enumerate() {
                put(&mut file, at, value);
                put(&mut file, RELATIVE + 8 * place, at as u64);
            }
        } else {
            relocations.extend(addresses.map(|(at, value)| [at as u64, 8, value]));
        }
        for (index, words) in relocations.iter().enumerate() {
            put_all(&mut file, RELOCATIONS + 24 * index, words);
        }
        let slots = self.slots.iter().flat_map(|(id, value)| [*id, *value]);
        put_all(&mut file, SLOTS, &slots.collect::<Vec<_>>());
        let relative = if self.packed { 16 } else { 0 };
        let dynamic = [
            [6, SYMBOLS as u64],
            [5, STRINGS as u64],
            [10, names as u64],
            [4, HASH as u64],
            [7, RELOCATIONS as u64],
            [8, 24 * relocations.len() as u64],
            [36, RELATIVE as u64],
            [35, relative],
        ];
        put_all(&mut file, DYNAMIC, dynamic.as_flattened());
        self.assemble(&mut file);
        file
    }

    fn headers(&self, file: &mut [u8]) {
        file[..8].copy_from_slice(b"\x7fELF\x02\x01\x01\0");
        // A shared object for x86-64; two program headers after this one.
        file[16..24].copy_from_slice(&[3, 0, 62, 0, 1, 0, 0, 0]);
        put(file, 32, 64);
        file[52..58].copy_from_slice(&[64, 0, 56, 0, 2, 0]);
        let load = [1 | 7 << 32, 0, 0, 0, SIZE as u64, SIZE as u64, 4096];
        let start = DYNAMIC as u64;
        let dynamic = [2 | 6 << 32, start, start, start, 144, 144, 8];
        put_all(file, 64, &load);
        put_all(file, 120, &dynamic);
    }

    /// Writes the symbols, and returns the length of their names.
    fn symbols(&self, file: &mut [u8]) -> usize {
        let mut length = 1;
        let own = [(self.init, CODE as u64, 1)];
        let imported = IMPORTS.map(|name| (name, 0, 0));
        for (index, (name, value, section)) in own.into_iter().chain(imported).enumerate() {
            let at = SYMBOLS + 24 * (index + 1);
            put_all(
                file,
                at,
                &[length as u64 | 0x12 << 32 | section << 48, value],
            );
            file[STRINGS + length..][..name.len()].copy_from_slice(name.as_bytes());
            length += name.len() + 1;
        }
        put(file, HASH, 1 | (IMPORTS.len() as u64 + 2) << 32);
        length
    }

    fn assemble(&self, file: &mut [u8]) {
        let mut at = CODE;
        for code in &self.code {
            let (opcode, target): (&[u8], usize) = match *code {
                Code::Plain(bytes) => (bytes, 0),
                Code::Argument(part) => (&[0x48, 0x8d, 0x3d], part),
                Code::Result(part) => (&[0x48, 0x8d, 0x05], part),
                Code::Call(name) => (&[0xff, 0x15], entry(name)),
                Code::Jump(name) => (&[0xff, 0x25], entry(name)),
            };
            file[at..at + opcode.len()].copy_from_slice(opcode);
            at += opcode.len();
            if target != 0 {
                let distance = target as i32 - (at as i32 + 4);
                file[at..at + 4].copy_from_slice(&distance.to_le_bytes());
                at += 4;
            }
        }
    }
}

fn entry(name: &str) -> usize {
    TABLE
        + 8 * IMPORTS
            .iter()
            .position(|import| *import == name)
            .expect("an import")
}

fn put(file: &mut [u8], at: usize, word: u64) {
    file[at..at + 8].copy_from_slice(&word.to_le_bytes());
}

fn put_all(file: &mut [u8], at: usize, words: &[u64]) {
    for (index, word) in words.iter().enumerate() {
        put(file, at + 8 * index, *word);
    }
}
