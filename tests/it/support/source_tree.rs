//! An imitation of CPython's source tree: a configure and a make of a few lines, and a script as
//! the interpreter. ftpy treats it like a real one.

use crate::support::sandbox::{Sandbox, probe_answer};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Modules that these builds need no libraries for.
pub const WITHOUT: &str = "--allow-missing=zlib,ssl,hashlib,ctypes,sqlite3,lzma,bz2";

/// Puts a `make` and a `cc` on PATH, and a tree of this version into the home. The phases wait
/// while the file `hold-<phase>` is in the home, and fail if `fail-<phase>` exists. Each adds a
/// line to `phases`.
pub fn lay_out(sandbox: &mut Sandbox, version: &str, flags: &str) -> PathBuf {
    let home = sandbox.home().to_owned();
    let bin = home.join("tools");
    fs::create_dir_all(&bin).expect("mkdir");
    let turn = |phase: &str| {
        let home = home.display();
        format!(
            "echo {phase} >>'{home}/phases'\n\
             while [ -e '{home}/hold-{phase}' ]; do sleep 0.05; done\n\
             kill -0 $PPID || exit 1\n\
             if [ -e '{home}/fail-{phase}' ]; then cat '{home}/fail-{phase}'; exit 1; fi\n"
        )
    };
    let make = format!(
        "#!/bin/sh\nfor word; do case \"$word\" in DESTDIR=*) to=${{word#DESTDIR=}};; esac; done\n\
         case \" $* \" in *' install '*)\n{}mkdir -p \"$to/install\" && cp -R made/. \"$to/install/\"\n;;\n\
         *)\n{}cp -R template made\n;; esac\n",
        turn("install"),
        turn("make"),
    );
    script(&bin.join("make"), &make);
    script(&bin.join("cc"), "#!/bin/sh\nexit 0\n");
    sandbox.set("PATH", &format!("{}:/usr/bin:/bin", bin.display()));

    let tree = home.join("cpython");
    fs::create_dir_all(tree.join("Include")).expect("mkdir");
    let header = format!("#define PY_VERSION \"{version}\"\n");
    fs::write(tree.join("Include/patchlevel.h"), header).expect("write");
    let configure = format!(
        "#!/bin/sh\necho \"$@\" >arguments\necho CC= cc >Makefile\n{}",
        turn("configure")
    );
    script(&tree.join("configure"), &configure);
    let minor: String = version.splitn(3, '.').take(2).collect::<Vec<_>>().join(".");
    let template = tree.join("template");
    let library = template.join(format!("lib/python{minor}{flags}"));
    fs::create_dir_all(&library).expect("mkdir");
    fs::create_dir_all(template.join("bin")).expect("mkdir");
    let answer = probe_answer(version, flags, flags);
    script(&template.join(format!("bin/python{minor}{flags}")), &answer);
    fs::write(library.join("os.py"), "x = 1\n").expect("write");
    tree
}

fn script(path: &Path, text: &str) {
    fs::write(path, text).expect("write");
    fs::set_permissions(path, PermissionsExt::from_mode(0o755)).expect("chmod");
}

/// The phases that have started so far.
pub fn phases(sandbox: &Sandbox) -> Vec<String> {
    let text = fs::read_to_string(sandbox.home().join("phases")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}
