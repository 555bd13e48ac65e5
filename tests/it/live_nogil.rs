//! `run --require-nogil` with real interpreters and compiled extension modules.

use crate::support::extensions::{FREE, offenders, report, world};
use crate::support::sandbox::finished;

#[test]
#[ignore = "live: needs the interpreters in ../shared/pythons"]
fn live_pythons_every_way_to_import_a_module_that_turns_the_gil_on_is_found() {
    let world = world();
    world.check(
        "none",
        &[("app.py", "import good, json, ssl, ctypes, decimal\n")],
        0,
        &[],
    );
    world.check(
        "top",
        &[(
            "app.py",
            "import good\nimport json\nimport multi\nimport single\n",
        )],
        8,
        &["multi!: app.py:3 <module>", "single: app.py:4 <module>"],
    );
    world.check(
        "lazy",
        &[("app.py", "class A:\n    def f(self):\n        import single\n\n\nA().f()\nimport good\nimport multi\n")],
        8,
        &["single!: app.py:3 A.f", "multi: app.py:8 <module>"],
    );
    world.check(
        "thread",
        &[("app.py", "import threading\ndef work():\n    import multi\nt = threading.Thread(target=work)\nt.start()\nt.join()\n")],
        8,
        &["multi!: app.py:3 work"],
    );
}

#[test]
#[ignore = "live: needs the interpreters in ../shared/pythons"]
fn live_pythons_a_module_that_is_loaded_by_another_is_found_behind_it() {
    let world = world();
    world.check(
        "package",
        &[
            ("app.py", "import pkg\n"),
            ("pkg/__init__.py", "\nfrom . import part\n"),
            (
                "pkg/part.py",
                "import importlib\nimportlib.import_module('single')\n",
            ),
        ],
        8,
        &["single!: app.py:1 <module> > __init__.py:2 <module> > part.py:2 <module>"],
    );
    // Its package cannot be imported otherwise, so the module is loaded without it.
    world.check(
        "alone",
        &[
            ("app.py", "import sys\nsys.odd = 1\nimport pkg.multi\n"),
            (
                "pkg/__init__.py",
                "import sys\nsys.odd\n__path__ += sys.path\n",
            ),
        ],
        8,
        &["pkg.multi!: app.py:3 <module>"],
    );
    world.check(
        "nested",
        &[("app.py", "import inner\n")],
        8,
        // `inner` cannot be distinguished: whenever it is loaded, `multi` is loaded, too.
        &["multi!: app.py:1 <module> > inner"],
    );
    world.check(
        "executed",
        &[("app.py", "import caller\n")],
        8,
        &[
            "caller!: app.py:1 <module>",
            "single: app.py:1 <module> > caller",
        ],
    );
    world.check(
        "failed",
        &[("app.py", "import multi\nraise SystemExit(3)\n")],
        8,
        &["multi!: app.py:1 <module>"],
    );
}

#[test]
#[ignore = "live: needs the interpreters in ../shared/pythons"]
fn live_pythons_modules_are_found_in_other_processes_and_before_a_sudden_end() {
    let world = world();
    world.check(
        "exit",
        &[("app.py", "import os\nimport multi\nos._exit(0)\n")],
        8,
        &["multi!: app.py:2 <module>"],
    );
    world.check(
        "exit-well",
        &[("app.py", "import os\nimport good\nos._exit(4)\n")],
        4,
        &[],
    );
    world.check(
        "spawn",
        &[("app.py", "import multiprocessing\ndef work():\n    import single\nif __name__ == '__main__':\n    c = multiprocessing.get_context('spawn')\n    p = c.Process(target=work)\n    p.start()\n    p.join()\n")],
        8,
        &["single!: app.py:3 work"],
    );
    world.check(
        "fork",
        &[(
            "app.py",
            "import os\nif os.fork() == 0:\n    import single\n    os._exit(0)\nos.wait()\n",
        )],
        8,
        &["single!: app.py:3 <module>"],
    );
    world.check(
        "subprocess",
        &[
            (
                "app.py",
                "import subprocess, sys\nsubprocess.check_call([sys.executable, 'child.py'])\n",
            ),
            ("child.py", "import multi\n"),
        ],
        8,
        &["multi!: child.py:1 <module>"],
    );
    world.check(
        "exec",
        &[(
            "app.py",
            "import os, multi\nos.execv('/bin/true', ['true'])\n",
        )],
        8,
        &["multi!: app.py:1 <module>"],
    );
}

#[test]
#[ignore = "live: needs the interpreters in ../shared/pythons"]
fn live_pythons_the_last_word_of_an_interpreter_counts_and_without_one_what_it_loaded() {
    let world = world();
    // The last report before an exec counts; without one, the ambiguity is reported.
    let odd = "import os, sys\nsys.odd = 1\nimport odd\n";
    let exec = format!("{odd}os.execv('/bin/sh', ['sh', '-c', 'exit 4'])\n");
    world.check("exec-well", &[("app.py", exec.as_str())], 4, &[]);
    world.check("end-well", &[("app.py", odd)], 0, &[]);
    let exit = format!("{odd}os._exit(0)\n");
    world.check("exit-unclear", &[("app.py", exit.as_str())], 9, &[]);
    let place = world.0.home().join("exit-unclear-3.14t");
    assert_eq!(report(&place)["unclear"][0]["module"], "odd");
    // The GIL stays off, whatever is loaded.
    let app = "import os, multi\nos._exit(0)\n";
    let place = world.place("kept-off", &[("app.py", app)]);
    let kept_off = world.run("3.14t", &place, &["python", "-X", "gil=0", "app.py"]);
    assert_eq!(kept_off.code, Some(0), "{kept_off:#?}");
    let place = world.place(
        "killed",
        &[("app.py", "import os, multi\nos.kill(os.getpid(), 9)\n")],
    );
    let killed = world.run("3.14t", &place, &["python", "app.py"]);
    assert_eq!(killed.code, Some(8), "{killed:#?}");
    assert!(killed.stderr.contains("ended with signal 9"), "{killed:#?}");
    assert_eq!(report(&place)["signal"], 9);
}

#[test]
#[ignore = "live: needs the interpreters in ../shared/pythons"]
fn live_pythons_console_scripts_and_the_persons_sitecustomize_run_as_ever() {
    let world = world();
    let files = [
        ("own/sitecustomize.py", "print('own', __name__, __file__)\n"),
        (
            "tool/pyproject.toml",
            "[build-system]\nrequires = []\nbuild-backend = 'backend'\nbackend-path = ['.']\n",
        ),
        ("tool/backend.py", BACKEND),
    ];
    let place = world.place("console", &files);
    let made = world.start(
        &["run", "3.14t", "--"],
        "3.14t",
        &place,
        &["python", "-m", "venv", "venv"],
    );
    assert_eq!(made.code, Some(0), "{made:#?}");
    let pip = [
        "venv/bin/python",
        "-m",
        "pip",
        "install",
        "-q",
        "--no-index",
        "./tool",
    ];
    let made = world.start(&["run", "3.14t", "--"], "3.14t", &place, &pip);
    assert_eq!(made.code, Some(0), "{made:#?}");
    let ended = world.run("3.14t", &place, &["venv/bin/tool"]);
    assert_eq!(ended.code, Some(8), "{ended:#?}");
    assert_eq!(offenders(&place), ["multi!: tool.py:2 main"]);
    let executable = report(&place)["interpreters"][0]["executable"].clone();
    assert!(
        executable
            .as_str()
            .expect("text")
            .ends_with("/venv/bin/python"),
        "{executable}"
    );

    let mut command = world
        .0
        .command(&["run", "3.14t", "--require-nogil", "python", "-c", "pass"]);
    command.env("PYTHONPATH", place.join("own"));
    let own = finished(command.output().expect("ftpy"));
    let expected = format!(
        "own sitecustomize {}/own/sitecustomize.py\n",
        place.display()
    );
    assert_eq!(
        (own.code, own.stdout.as_str(), own.stderr.as_str()),
        (Some(0), expected.as_str(), "")
    );
}

/// Builds a wheel of one module with a console script, without setuptools.
const BACKEND: &str = r#"
import zipfile
FILES = {
    "tool.py": "def main():\n    import multi\n",
    "tool-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: tool\nVersion: 1\n",
    "tool-1.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    "tool-1.dist-info/entry_points.txt": "[console_scripts]\ntool = tool:main\n",
    "tool-1.dist-info/RECORD": "",
}
def build_wheel(directory, *rest):
    with zipfile.ZipFile(directory + "/tool-1-py3-none-any.whl", "w") as wheel:
        for name, text in FILES.items():
            wheel.writestr(name, text)
    return "tool-1-py3-none-any.whl"
"#;

/// Prints everything that a hook could have changed.
const SHOW: &str = "
import os, sys
os.write(1, repr([sys.path, sys.argv, sys.flags, sys.orig_argv, sys.warnoptions]).encode())
print(list(os.environ.items()), sorted(sys.modules), sys.meta_path, len(sys.path_hooks))
print(list(sys.path_importer_cache), open('app.py').fileno(), os.listdir('.'))
import atexit, threading
print('sitecustomize' in sys.modules, [t.name for t in threading.enumerate()])
atexit.register(print, 'at exit')
import nonexistent
";

#[test]
#[ignore = "live: needs the interpreters in ../shared/pythons"]
fn live_pythons_a_program_sees_and_prints_what_it_does_without_the_flag() {
    let world = world();
    let place = world.place("same", &[("app.py", SHOW)]);
    for (request, python) in FREE {
        for path in [None, Some(""), Some("/a:/b")] {
            let run = |first: &[&str], command: &[&str]| {
                let mut all = world
                    .0
                    .command(&[&["run", request], first, &["--"], command].concat());
                all.current_dir(&place).env("PYTHONDONTWRITEBYTECODE", "1");
                if let Some(path) = path {
                    all.env("PYTHONPATH", path);
                }
                finished(all.output().expect("ftpy"))
            };
            let program = [python, "app.py", "--x"];
            let without = run(&[], &program);
            let with = run(&["--require-nogil"], &program);
            assert!(
                without.stderr.contains("ModuleNotFoundError"),
                "{without:#?}"
            );
            assert_eq!(
                (&with.stdout, &with.stderr),
                (&without.stdout, &without.stderr)
            );
            assert_eq!((with.code, without.code), (Some(1), Some(1)));
        }
    }
}

#[test]
#[ignore = "live: needs the interpreters in ../shared/pythons"]
fn live_pythons_what_cannot_be_checked_and_what_was_asked_for_is_said() {
    let world = world();
    let gil = world
        .0
        .store
        .join("installs/3.14.7-pbs-20260901/bin/python3.14")
        .display()
        .to_string();
    let place = world.place(
        "options",
        &[("app.py", "import multi\n"), ("ok.py", "import good\n")],
    );
    for (request, python) in FREE {
        let run = |command: &[&str]| world.run(request, &place, command);
        for option in ["-I", "-E", "-S"] {
            let ended = run(&[python, option, "-c", "print(1)"]);
            assert_eq!(ended.code, Some(9), "{ended:#?}");
            assert!(
                ended
                    .stderr
                    .contains(&format!("{python} was started with {option}")),
                "{ended:#?}"
            );
        }
        let forced = run(&[python, "-X", "gil=1", "ok.py"]);
        assert_eq!(forced.code, Some(8), "{forced:#?}");
        assert!(forced.stderr.contains("on from the start"), "{forced:#?}");
        let kept_off = run(&[python, "-X", "gil=0", "app.py"]);
        assert_eq!((kept_off.code, kept_off.stderr.as_str()), (Some(0), ""));
        let wrong = run(&[&gil, "ok.py"]);
        assert_eq!(wrong.code, Some(8), "{wrong:#?}");
        assert!(
            wrong.stderr.contains(&format!("with a GIL: {gil}")),
            "{wrong:#?}"
        );
        // A helper with a GIL does not matter.
        let helper = format!("import subprocess; subprocess.check_call(['{gil}', '-c', 'pass'])");
        assert_eq!(run(&[python, "-c", &helper]).code, Some(0));
    }
    let mut command = world.0.command(&[
        "run",
        "3.14t",
        "--require-nogil",
        "python",
        "-c",
        "print(1)",
    ]);
    command.env("PYTHON_GIL", "1");
    assert_eq!(finished(command.output().expect("ftpy")).code, Some(0));
}
