//! A request for consent, as data: the library creates it, the use cases show the prompt.

/// An action that requires consent.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// Why consent is needed, if that is not shown already.
    pub why: &'a str,
    /// The commands to run.
    pub commands: &'a [String],
    /// `install?`
    pub text: &'a str,
    /// The result of a no: `nothing was installed`.
    pub unchanged: &'a str,
    /// The next command if there is no terminal.
    pub hint: &'a str,
}
