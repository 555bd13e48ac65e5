//! The blocks that a line is in, by its column.

/// A block that was opened by a header such as `def f():`.
#[derive(Debug)]
struct Block {
    /// The column of the header: a line at this column or before it is outside.
    column: u32,
    role: Role,
}

/// What a block is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Role {
    /// `with`, `finally`
    Plain,
    /// `for`, `while`, `case`
    Repeated,
    /// A branch of `if`.
    Branch {
        /// Whether this branch is never executed on import.
        is_skipped: bool,
        /// Whether a branch up to this one is always executed, so that later ones are not.
        is_decided: bool,
    },
    /// The body of a `try`, with its number.
    Try(u32),
    /// A handler of the `try`, and whether it is for failed imports.
    Handler(u32, bool),
    /// A function, with its name.
    Function(String),
    /// A class, with its name.
    Class(String),
}

/// The longest name of a function.
const LONGEST: usize = 256;

/// The open blocks.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    open: Vec<Block>,
    /// The block that the current line closed, if it is at its column: that of an `if` for `else`.
    closed: Option<Role>,
    skipped: usize,
    functions: usize,
    tries: u32,
}

/// The surroundings of an import.
#[derive(Debug, Default)]
pub(super) struct Surroundings {
    pub(super) function: Option<String>,
    pub(super) is_conditional: bool,
    pub(super) tried_in: Option<u32>,
    pub(super) instead_of: Option<u32>,
}

impl Blocks {
    /// Closes the blocks that a line at this column is outside of.
    pub(super) fn close_to(&mut self, column: u32) {
        self.closed = None;
        while let Some(block) = self.open.pop_if(|block| block.column >= column) {
            self.skipped -= usize::from(is_skipped(&block.role));
            self.functions -= usize::from(matches!(block.role, Role::Function(_)));
            self.closed = (block.column == column).then_some(block.role);
        }
    }

    /// Opens a block whose header is at this column.
    pub(super) fn open(&mut self, column: u32, role: Role) {
        self.skipped += usize::from(is_skipped(&role));
        self.functions += usize::from(matches!(role, Role::Function(_)));
        self.open.push(Block { column, role });
    }

    /// The number of a new `try`.
    pub(super) const fn new_try(&mut self) -> u32 {
        self.tries += 1;
        self.tries
    }

    /// The block before `else`, `elif` or `except`.
    pub(super) const fn closed(&self) -> Option<&Role> {
        self.closed.as_ref()
    }

    /// Whether the position is never executed on import.
    pub(super) const fn is_skipped(&self) -> bool {
        self.skipped > 0
    }

    /// Whether importing the module executes the position, as far as branches are not concerned.
    pub(super) const fn is_at_import(&self) -> bool {
        self.functions == 0
    }

    /// Where the position is.
    pub(super) fn surroundings(&self) -> Surroundings {
        let mut around = Surroundings {
            function: (self.functions > 0).then(|| self.function()),
            ..Surroundings::default()
        };
        // From the inside, up to the function.
        for block in self.open.iter().rev() {
            match &block.role {
                Role::Function(_) => break,
                Role::Try(number) if around.tried_in.is_none() && around.instead_of.is_none() => {
                    around.tried_in = Some(*number);
                }
                Role::Handler(number, true) if around.instead_of.is_none() => {
                    around.instead_of = Some(*number);
                    around.is_conditional = true;
                }
                Role::Branch { .. } | Role::Repeated | Role::Handler(..) => {
                    around.is_conditional = true;
                }
                _ => {}
            }
        }
        around
    }

    /// `Class.method`
    fn function(&self) -> String {
        let mut name = String::new();
        for block in &self.open {
            let (Role::Function(part) | Role::Class(part)) = &block.role else {
                continue;
            };
            if name.len() + part.len() > LONGEST {
                break;
            }
            if !name.is_empty() {
                name.push('.');
            }
            name.push_str(part);
        }
        name
    }
}

const fn is_skipped(role: &Role) -> bool {
    matches!(
        role,
        Role::Branch {
            is_skipped: true,
            ..
        }
    )
}
