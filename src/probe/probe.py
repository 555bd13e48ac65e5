# Started as `python -I -B -S probe.py MODULE...`; prints one `name value` a line, text as hex.
# It imports extension modules and nothing else: nothing is byte-compiled yet, and the
# Python modules around them would cost several times the start-up.
import sys


def say(name, value):
    print(name, str(value).encode("utf-8", "surrogateescape").hex() or "-")


def importable(name):
    finder = sys.meta_path[-1]
    return finder.find_spec(name) is not None


say("version", "%d.%d.%d" % sys.version_info[:3])
say("stage", "%s%d" % sys.version_info[3:])
say("implementation", sys.implementation.name)
say("abiflags", getattr(sys, "abiflags", ""))
say("debug", int(hasattr(sys, "gettotalrefcount")))
say("gil_enabled", int(getattr(sys, "_is_gil_enabled", lambda: True)()))
say("prefix", sys.prefix)
say("base_prefix", sys.base_prefix)
say("executable", sys.executable)

# What sysconfig.get_config_var reads, without the 40 ms of importing sysconfig itself.
multiarch = getattr(sys.implementation, "_multiarch", "")
data = "_sysconfigdata_%s_%s_%s" % (getattr(sys, "abiflags", ""), sys.platform, multiarch)
variables = __import__(data).build_time_vars
disabled = variables.get("Py_GIL_DISABLED", 0)
# As an integer: the text "0" is true, and has fooled build tools.
say("gil_disabled", disabled if type(disabled) is int else repr(disabled))
say("ext_suffix", variables.get("EXT_SUFFIX", ""))
say("soabi", variables.get("SOABI", ""))
say("config_args", variables.get("CONFIG_ARGS", ""))

# _sqlite3 asks for functools.lru_cache. Compiling functools and what it imports would take
# longer than all the rest of this probe, and says nothing about the extension.
functools = type(sys)("functools")
functools.lru_cache = None
sys.modules.setdefault("functools", functools)

for name in sys.argv[1:]:
    try:
        __import__(name)
    except BaseException as error:
        say("missing", "%s: %s: %s" % (name, type(error).__name__, error))
for name in ("venv", "ensurepip"):
    if not importable(name):
        say("missing", "%s: not in the standard library" % name)
# A module imported above may have turned the GIL on.
say("gil_enabled_after", int(getattr(sys, "_is_gil_enabled", lambda: True)()))
say("end", 1)
