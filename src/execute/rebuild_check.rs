//! Checks whether repeating a build would give the same result, although ftpy's table of flavours,
//! the environment and the compilers may have changed.

use crate::digest::Digest;
use crate::error::{Failure, Result};
use crate::execute::error::ExecuteError;
use crate::store::{BuildOptions, Compilation, Receipt, Tree};

/// The settings of an installation's build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repeated {
    key: String,
    /// Without the user's options, which are reused.
    made: Compilation,
    flags: Vec<String>,
    /// The digest of the user's source tree.
    source: Option<Digest>,
    /// The modules that it lacked.
    pub missing_modules: Vec<String>,
}

impl Repeated {
    /// Reads the receipt of `key`.
    #[must_use]
    pub fn of(key: &str, receipt: &Receipt, compilation: Compilation) -> Self {
        Self {
            key: key.to_owned(),
            source: compilation.wish.tree.as_ref().map(|tree| tree.sha256),
            made: bare(compilation),
            flags: receipt.flags.clone(),
            missing_modules: receipt.missing_modules.clone(),
        }
    }

    /// # Errors
    /// Returns an error if the tree changed since the build.
    pub fn check_source(&self, tree: &Tree) -> Result<()> {
        if self.source.is_none_or(|sha256| sha256 == tree.sha256) {
            return Ok(());
        }
        let origin = tree.origin.clone();
        Err(ExecuteError::SourceChanged { origin }.into())
    }

    /// # Errors
    /// Returns an error if this ftpy builds the same flavours with different arguments.
    pub fn check_recipe(&self, how: &Compilation) -> Result<()> {
        let now = bare(how.clone());
        if now == self.made {
            return Ok(());
        }
        let words = |made: &Compilation| {
            let lists = [
                &made.configure,
                &made.cflags,
                &made.own_cflags,
                &made.ldflags,
            ];
            let lists = lists.into_iter().chain([&made.own_ldflags]).flatten();
            let opt = made.opt.iter().map(|opt| format!("OPT={opt}"));
            lists.cloned().chain(opt).collect::<Vec<String>>()
        };
        Err(self.differs(
            "this ftpy uses other arguments",
            &words(&self.made),
            &words(&now),
        ))
    }

    /// `flags` are the current arguments of configure, with the compiler and the environment.
    ///
    /// # Errors
    /// Returns an error if the arguments differ.
    pub fn check_flags(&self, flags: &[String]) -> Result<()> {
        match self.flags == flags {
            true => Ok(()),
            false => Err(self.differs("configure would get other arguments", &self.flags, flags)),
        }
    }

    fn differs(&self, what: &'static str, then: &[String], now: &[String]) -> Failure {
        let only = |these: &[String], others: &[String]| {
            let own = these.iter().filter(|word| !others.contains(word));
            own.map(|word| format!("`{word}`"))
                .collect::<Vec<_>>()
                .join(" ")
        };
        let lines = [("then", only(then, now)), ("now", only(now, then))];
        let lines = lines.into_iter().filter(|(_, words)| !words.is_empty());
        let lines = lines.map(|(when, words)| format!("{when}: {words}"));
        ExecuteError::OtherArguments {
            key: self.key.clone(),
            what,
            lines: lines.collect(),
        }
        .into()
    }
}

fn bare(compilation: Compilation) -> Compilation {
    Compilation {
        wish: BuildOptions::default(),
        ..compilation
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repeated() -> Repeated {
        Repeated {
            key: "3.14.7t-source".to_owned(),
            made: Compilation {
                configure: vec!["--disable-gil".to_owned()],
                opt: Some("-O3".to_owned()),
                ..Compilation::default()
            },
            flags: vec!["--disable-gil".to_owned(), "CC=clang".to_owned()],
            source: None,
            missing_modules: Vec::new(),
        }
    }

    #[test]
    fn what_became_of_the_table_is_seen() {
        let then = repeated();
        let mut now = then.made.clone();
        now.wish.with_tests = true;
        assert!(then.check_recipe(&now).is_ok(), "a wish is taken over");
        now.opt = Some("-O2".to_owned());
        let failure = then.check_recipe(&now).expect_err("another way");
        assert_eq!(failure.details, ["then: `OPT=-O3`", "now: `OPT=-O2`"]);
    }

    #[test]
    fn other_arguments_of_configure_are_seen() {
        let then = repeated();
        assert!(then.check_flags(&then.flags).is_ok());
        let failure = then.check_flags(&then.flags[..1]).expect_err("no CC");
        assert_eq!(failure.details, ["then: `CC=clang`"]);
    }
}
