//! Real free-threaded interpreters with compiled extension modules, which turn the GIL on in every
//! possible way.

use crate::support::live::{require_live, sandbox_with_archives};
use crate::support::sandbox::{Finished, Sandbox, finished};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// Extension modules: two that declare GIL support, and four that do not. `inner` imports `multi`
/// while it is created, `caller` when it is executed. `odd` declares GIL support, but cannot be
/// loaded unless its program has prepared something.
const EXTENSIONS: [(&str, &str); 6] = [
    (
        "good",
        "static PyModuleDef_Slot slots[] = {{Py_mod_gil, Py_MOD_GIL_NOT_USED}, {0, 0}};
         static struct PyModuleDef def = {PyModuleDef_HEAD_INIT, @NAME@, 0, 0, 0, slots};
         PyMODINIT_FUNC @INIT@(void) { return PyModuleDef_Init(&def); }",
    ),
    (
        "odd",
        "static PyModuleDef_Slot slots[] = {{Py_mod_gil, Py_MOD_GIL_NOT_USED}, {0, 0}};
         static struct PyModuleDef def = {PyModuleDef_HEAD_INIT, @NAME@, 0, 0, 0, slots};
         PyMODINIT_FUNC @INIT@(void) {
             if (PySys_GetObject(\"odd\")) return PyModuleDef_Init(&def);
             PyErr_SetString(PyExc_ImportError, \"odd\");
             return NULL; }",
    ),
    (
        "multi",
        "static PyModuleDef_Slot slots[] = {{0, 0}};
         static struct PyModuleDef def = {PyModuleDef_HEAD_INIT, @NAME@, 0, 0, 0, slots};
         PyMODINIT_FUNC @INIT@(void) { return PyModuleDef_Init(&def); }",
    ),
    (
        "single",
        "static struct PyModuleDef def = {PyModuleDef_HEAD_INIT, @NAME@, 0, -1, 0};
         PyMODINIT_FUNC @INIT@(void) { return PyModule_Create(&def); }",
    ),
    (
        "inner",
        "static struct PyModuleDef def = {PyModuleDef_HEAD_INIT, @NAME@, 0, -1, 0};
         PyMODINIT_FUNC @INIT@(void) {
             PyObject *other = PyImport_ImportModule(\"multi\");
             if (!other) return NULL;
             Py_DECREF(other);
             return PyModule_Create(&def); }",
    ),
    (
        "caller",
        "static int run(PyObject *self) {
             PyObject *other = PyImport_ImportModule(\"single\");
             Py_XDECREF(other);
             return other ? 0 : -1; }
         static PyModuleDef_Slot slots[] = {{Py_mod_exec, run}, {0, 0}};
         static struct PyModuleDef def = {PyModuleDef_HEAD_INIT, @NAME@, 0, 0, 0, slots};
         PyMODINIT_FUNC @INIT@(void) { return PyModuleDef_Init(&def); }",
    ),
];

const BUILD: &str = "
import os, subprocess, sys, sysconfig
for source in sys.argv[1:]:
    name = source[:-2]
    subprocess.check_call(['gcc', '-shared', '-fPIC', '-I', sysconfig.get_path('include'), source,
        '-o', name + sysconfig.get_config_var('EXT_SUFFIX')])
";

/// The real interpreters, and a directory with extension modules for each.
pub struct World(pub Sandbox);

/// Shared by tests that run at the same time, and removed after the last one.
static WORLD: Mutex<Weak<World>> = Mutex::new(Weak::new());

/// The shared instance, created if necessary.
pub fn world() -> Arc<World> {
    require_live();
    let mut shared = WORLD.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(world) = shared.upgrade() {
        return world;
    }
    let sandbox = sandbox_with_archives();
    sandbox.ok(&["install", "3.14t", "3.13t", "3.14"]);
    for (request, python) in FREE {
        let place = sandbox.home().join(request);
        fs::create_dir(&place).expect("mkdir");
        fs::write(place.join("build.py"), BUILD).expect("write");
        let sources = EXTENSIONS.map(|(name, text)| {
            let text = format!("#include <Python.h>\n{text}\n");
            let text = text.replace("@NAME@", &format!("\"{name}\""));
            let text = text.replace("@INIT@", &format!("PyInit_{name}"));
            fs::write(place.join(format!("{name}.c")), text).expect("write");
            format!("{name}.c")
        });
        let sources = sources.each_ref().map(String::as_str);
        let all = [
            &["run", request, "--", python, "build.py"],
            sources.as_slice(),
        ]
        .concat();
        let built = finished(
            sandbox
                .command(&all)
                .current_dir(&place)
                .output()
                .expect("gcc"),
        );
        assert_eq!(built.code, Some(0), "{built:#?}");
    }
    let world = Arc::new(World(sandbox));
    *shared = Arc::downgrade(&world);
    world
}

/// The free-threaded ones: the request, and the interpreter's name.
pub const FREE: [(&str, &str); 2] = [("3.14t", "python3.14t"), ("3.13t", "python3.13t")];

impl World {
    /// A directory for one program, with its files.
    pub fn place(&self, name: &str, files: &[(&str, &str)]) -> PathBuf {
        let place = self.0.home().join(name);
        for (file, text) in files {
            let file = place.join(file);
            fs::create_dir_all(file.parent().expect("a parent")).expect("mkdir");
            fs::write(file, text).expect("write");
        }
        place
    }

    /// Runs under watch in a directory, with the extension modules of that version.
    pub fn run(&self, request: &str, place: &Path, command: &[&str]) -> Finished {
        self.start(
            &[
                "run",
                request,
                "--require-nogil",
                "--report",
                "report.json",
                "--",
            ],
            request,
            place,
            command,
        )
    }

    /// Runs in a directory, with the extension modules of that version.
    pub fn start(&self, first: &[&str], request: &str, place: &Path, command: &[&str]) -> Finished {
        let mut all = self.0.command(&[first, command].concat());
        all.current_dir(place)
            .env("PYTHONPATH", self.0.home().join(request));
        finished(all.output().expect("ftpy"))
    }

    /// Runs a program on both versions. It must end with this code and name these modules, each
    /// with the end of its chain, as `module: chain`, `!` for the first.
    pub fn check(&self, name: &str, files: &[(&str, &str)], code: i32, expected: &[&str]) {
        for (request, python) in FREE {
            let place = self.place(&format!("{name}-{request}"), files);
            let ended = self.run(request, &place, &[python, "app.py"]);
            assert_eq!(ended.code, Some(code), "{name} {ended:#?}");
            let found = offenders(&place);
            assert_eq!(found, expected, "{name} {request} {}", ended.stderr);
            for module in expected {
                let (module, _) = module.split_once(':').expect("a chain");
                let line = format!("  {} (", module.trim_end_matches('!'));
                assert!(ended.stderr.contains(&line), "{ended:#?}");
            }
        }
    }
}

/// The contents of `--report`.
pub fn report(place: &Path) -> serde_json::Value {
    let text = fs::read_to_string(place.join("report.json")).expect("a report");
    serde_json::from_str(&text).expect("JSON")
}

/// The modules of the report, each with its chain: `multi!: app.py:3 f > pkg`.
pub fn offenders(place: &Path) -> Vec<String> {
    let json = report(place);
    let list = json["offenders"].as_array().expect("a list").iter();
    let list = list.map(|offender| {
        let chain = offender["chain"].as_array().expect("a chain").iter();
        let chain = chain.map(|step| {
            let file = Path::new(step["file"].as_str().expect("file")).file_name();
            let file = file.expect("name").to_string_lossy().into_owned();
            match step["line"].as_u64() {
                Some(0) => step["module"].as_str().expect("module").to_owned(),
                line => format!(
                    "{file}:{} {}",
                    line.expect("line"),
                    step["function"].as_str().expect("function")
                ),
            }
        });
        let first = if offender["first"] == true { "!" } else { "" };
        let module = offender["module"].as_str().expect("module");
        assert!(
            offender["file"]
                .as_str()
                .expect("file")
                .contains(module.rsplit('.').next().expect("name"))
        );
        format!("{module}{first}: {}", chain.collect::<Vec<_>>().join(" > "))
    });
    list.collect()
}
