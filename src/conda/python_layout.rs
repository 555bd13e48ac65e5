//! Where the parts of `noarch` Python packages are in a prefix, and the scripts that start them.
//! Pure.

use crate::conda::info::plain;
use rattler_conda_types::package::EntryPoint;
use rattler_conda_types::{PackageRecord, RepoDataRecord, Subdir};
use std::borrow::Cow;
use std::path::{Path, PathBuf};

/// The maximum length of a path behind `#!` that every system reads.
const LONGEST: usize = 125;

/// The layout of one Python.
#[derive(Debug)]
pub(super) struct PythonLayout {
    /// `bin/python3.14`
    program: String,
    /// `lib/python3.14t/site-packages`
    site_packages: PathBuf,
}

impl PythonLayout {
    /// The layout of the Python among these packages, if there is one.
    ///
    /// # Errors
    /// Returns a message if its record is invalid.
    pub(super) fn of(records: &[RepoDataRecord], subdir: Subdir) -> Result<Option<Self>, String> {
        let python = records
            .iter()
            .map(|record| &record.package_record)
            .find(|record| record.name.as_normalized() == "python");
        let Some(python) = python else {
            return Ok(None);
        };
        if subdir.is_windows() {
            return Err("packages for Windows cannot be linked".to_owned());
        }
        let version = python.version.version();
        let (major, minor) = version
            .as_major_minor()
            .ok_or_else(|| format!("invalid version of python: {version}"))?;
        let site_packages = match &python.python_site_packages_path {
            Some(path) => {
                plain(Path::new(path))
                    .map_err(|error| format!("invalid python_site_packages_path: {error}"))?;
                PathBuf::from(path)
            }
            // Free-threaded builds from before CEP 17 do not record it.
            None => {
                let flags = if is_free_threaded(python) { "t" } else { "" };
                format!("lib/python{major}.{minor}{flags}/site-packages").into()
            }
        };
        Ok(Some(Self {
            program: format!("bin/python{major}.{minor}"),
            site_packages,
        }))
    }

    /// The path in the prefix of a file of a `noarch` Python package.
    pub(super) fn target<'a>(&self, path: &'a Path) -> Cow<'a, Path> {
        if let Ok(rest) = path.strip_prefix("site-packages") {
            self.site_packages.join(rest).into()
        } else if let Ok(rest) = path.strip_prefix("python-scripts") {
            Path::new("bin").join(rest).into()
        } else {
            path.into()
        }
    }

    /// The path in the prefix of the script for an entry point.
    pub(super) fn script_path(script: &EntryPoint) -> PathBuf {
        Path::new("bin").join(&script.command)
    }

    /// The script for an entry point, in a prefix.
    pub(super) fn script(&self, script: &EntryPoint, prefix: &str) -> String {
        let program = format!("{}/{}", prefix.trim_end_matches('/'), self.program);
        let start = match program.len() > LONGEST || program.contains(' ') {
            true => format!("#!/bin/sh\n'''exec' \"{program}\" \"$0\" \"$@\" #'''"),
            false => format!("#!{program}"),
        };
        let EntryPoint {
            module, function, ..
        } = script;
        let imported = function.split('.').next().unwrap_or_default();
        format!(
            "{start}\n\
            # -*- coding: utf-8 -*-\n\
            import re\n\
            import sys\n\n\
            from {module} import {imported}\n\n\
            if __name__ == '__main__':\n\
            \tsys.argv[0] = re.sub(r'(-script\\.pyw?|\\.exe)?$', '', sys.argv[0])\n\
            \tsys.exit({function}())\n"
        )
    }
}

fn is_free_threaded(python: &PackageRecord) -> bool {
    let build = python.build.as_str();
    build.ends_with('t') && build.rsplit_once("_cp").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout() -> PythonLayout {
        PythonLayout {
            program: "bin/python3.14".to_owned(),
            site_packages: "lib/python3.14t/site-packages".into(),
        }
    }

    #[test]
    fn files_are_put_where_the_interpreter_finds_them() {
        for (path, expected) in [
            (
                "site-packages/a/b.py",
                "lib/python3.14t/site-packages/a/b.py",
            ),
            ("python-scripts/tool", "bin/tool"),
            ("share/site-packages/a", "share/site-packages/a"),
            ("site-packages2/a", "site-packages2/a"),
        ] {
            assert_eq!(layout().target(Path::new(path)), Path::new(expected));
        }
    }

    #[test]
    fn a_script_starts_the_function_of_its_entry_point() {
        let entry = "tool = tools.main:App.run".parse().expect("an entry point");
        let expected = "#!/p/bin/python3.14\n# -*- coding: utf-8 -*-\nimport re\nimport sys\n\n\
            from tools.main import App\n\nif __name__ == '__main__':\n\
            \tsys.argv[0] = re.sub(r'(-script\\.pyw?|\\.exe)?$', '', sys.argv[0])\n\
            \tsys.exit(App.run())\n";
        assert_eq!(layout().script(&entry, "/p"), expected);
        assert_eq!(PythonLayout::script_path(&entry), Path::new("bin/tool"));
        for prefix in ["/a b", &format!("/{}", "p".repeat(112))] {
            let script = layout().script(&entry, prefix);
            let start = format!(
                "#!/bin/sh\n'''exec' \"{prefix}/bin/python3.14\" \"$0\" \"$@\" #'''\n# -*-"
            );
            assert!(script.starts_with(&start), "{script}");
        }
    }
}
