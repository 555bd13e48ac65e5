# Started as `python -I -B -c canary.py DIRECTORY FUNCTION`: compiles canary.c in that directory
# as any extension module is compiled for this interpreter, and runs one of its functions in
# another process. Exit code 3: it could not be compiled; otherwise what the other one printed.
import os
import shlex
import subprocess
import sys
import sysconfig

directory, function = sys.argv[1:]
var = sysconfig.get_config_var
source = os.path.join(directory, "canary.c")
module = os.path.join(directory, "ftpy_canary" + var("EXT_SUFFIX"))
include = ["-I" + sysconfig.get_path(name) for name in ("include", "platinclude")]
compiler = shlex.split(var("CC")) + shlex.split(var("CFLAGS")) + shlex.split(var("CCSHARED"))
linker = shlex.split(var("LDSHARED"))
for command in (
    compiler + include + ["-c", source, "-o", source + ".o"],
    linker + [source + ".o", "-o", module],
):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        print(shlex.join(command))
        print(done.stdout)
        sys.exit(3)
code = "import sys; sys.path.insert(0, sys.argv[1]); import ftpy_canary; ftpy_canary.%s()"
command = [sys.executable, "-I", "-B", "-c", code % function, directory]
options = {name: "halt_on_error=1" for name in ("TSAN_OPTIONS", "UBSAN_OPTIONS")}
options["ASAN_OPTIONS"] = "detect_leaks=0"
done = subprocess.run(
    command,
    env={**os.environ, **options},
    stdout=subprocess.PIPE,
    stderr=subprocess.STDOUT,
    text=True,
    errors="replace",
    timeout=120,
)
print("exit", done.returncode)
print(done.stdout)
