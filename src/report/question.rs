//! A question that needs consent, as data: the library puts it, the use cases ask it.

/// What a person has to agree to.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// Why consent is needed, if that is not shown already.
    pub why: &'a str,
    /// Commands that would be run.
    pub commands: &'a [String],
    /// `install?`
    pub text: &'a str,
    /// What holds if the answer is no: `nothing was installed`.
    pub unchanged: &'a str,
    /// The next command where nobody can be asked.
    pub hint: &'a str,
}
