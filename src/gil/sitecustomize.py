# What `ftpy run --require-nogil` puts into every Python below the command: PYTHONPATH leads
# here first. It goes out of the program's sight, lets the person's own sitecustomize run, and
# appends to the file `report` beside it: one record a line, `kind pid field...`, text as hex.
# The records are described in report.rs, which reads them.
#
# Any Python may come by here, down to 2.7: a helper that the program starts. Nothing is
# imported that is not loaded anyway, nothing is printed, and no error may come out of here.
import sys

# Python 2 empties a module that nothing holds.
_self = sys.modules.pop("sitecustomize", None)


def _start():
    import os

    here = os.path.dirname(__file__)
    sys.path[:] = [entry for entry in sys.path if entry != here]
    sys.path_importer_cache.pop(here, None)
    _restore_environment(os, here)

    has_gil = getattr(sys, "_is_gil_enabled", lambda: True)
    is_free = "t" in getattr(sys, "abiflags", "") and hasattr(sys, "_is_gil_enabled")
    say = _writer(os, os.path.join(here, "report"))
    is_main = True
    if is_free:
        import _thread

        is_main = _thread._is_main_interpreter()
    if is_main:
        option = getattr(sys, "_xoptions", {}).get("gil", os.environ.get("PYTHON_GIL"))
        try:
            directory = os.getcwd()
        except OSError:
            directory = ""
        say(
            "start",
            _bit(is_free),
            _bit(has_gil()),
            option if option in ("0", "1") else "-",
            _hex(sys.executable or ""),
            _hex("%d.%d.%d" % sys.version_info[:3]),
            _hex(directory),
        )
    if is_free:
        _watch(os, say, has_gil, is_main)


def _restore_environment(os, here):
    # The program sees what the person had. The variable itself stays in the C environment, so
    # that the Pythons that the program starts come by here, too: no unsetenv.
    data = getattr(os.environ, "_data", None)
    if data is None:
        data = os.environ.data  # Python 2
    encode = getattr(os.environ, "encodekey", str)
    key, own, separator = encode("PYTHONPATH"), encode(here), encode(os.pathsep)
    value = data.get(key)
    if value == own:
        del data[key]
    elif value == own + separator + own:
        data[key] = encode("")  # it was set, to nothing
    elif value is not None and value.startswith(own + separator):
        data[key] = value[len(own + separator) :]


def _bit(value):
    return "1" if value else "0"


def _hex(text):
    if isinstance(text, bytes):  # Python 2
        return "".join(["%02x" % ord(byte) for byte in text]) or "-"
    return text.encode("utf-8", "surrogateescape").hex() or "-"


def _writer(os, report):
    # The functions themselves: a program may put others in their place.
    open, write, close, getpid = os.open, os.write, os.close, os.getpid
    # The file exists as long as ftpy waits. It is opened for each line: a descriptor that
    # stays open would change the numbers of the program's own.
    flags = os.O_WRONLY | os.O_APPEND | getattr(os, "O_CLOEXEC", 0)

    def say(kind, *fields):
        line = " ".join((kind, str(getpid())) + fields) + "\n"
        try:
            descriptor = open(report, flags)
            try:
                write(descriptor, line.encode("ascii"))
            finally:
                close(descriptor)
        except OSError:  # the program outlives ftpy, is another user, has a full disk
            pass

    return say


def _watch(os, say, has_gil, is_main):
    getpid, getframe, path = os.getpid, sys._getframe, []

    def load(name, file, chain):
        now = [entry for entry in sys.path if isinstance(entry, str)]
        if path != now:
            path[:] = now
            say("path", _hex("\0".join(now)))
        say("load", _bit(has_gil()), _hex(name), _hex(file), _hex("\0".join(chain)))

    def hook(event, arguments):
        # An extension module is about to be loaded if there is a file.
        if event == "import":
            try:
                if arguments[1] is not None:
                    load(arguments[0], arguments[1], _chain(arguments[0], getframe(1)))
            except Exception:
                pass
        elif event == "os.exec":
            end()

    def end():
        # In a subinterpreter: the GIL of that one. The process ends later.
        say("end" if is_main else "subend", _bit(has_gil()))

    def forked():
        del path[:]
        say("fork", str(parent[0]), _bit(has_gil()))
        parent[0] = getpid()

    # What the .pth files loaded, before anything could watch.
    for name, module in list(sys.modules.items()):
        spec = object.__getattribute__(module, "__dict__").get("__spec__")
        loader = getattr(spec, "loader", None)
        if type(loader).__name__ == "ExtensionFileLoader":
            load(name, loader.path, ())
    sys.addaudithook(hook)
    parent = [getpid()]
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=forked)
    # Registered first, so it runs last.
    is_known = "atexit" in sys.modules
    import atexit

    atexit.register(end)
    if not is_known:
        del sys.modules["atexit"]


def _chain(name, frame):
    # From the outside in, five fields a step: module, file, line, function, and `create` or
    # `exec` where an extension module was itself being loaded. A step is a frame that
    # imports: the frames between are calls.
    steps = []
    is_importing = True
    while frame is not None and len(steps) < 200:
        code = frame.f_code
        module = frame.f_globals.get("__name__")
        if not isinstance(module, str):
            module = ""
        if code.co_filename.startswith("<frozen importlib") or module.startswith("importlib"):
            is_importing = True
            if code.co_name in ("create_module", "exec_module"):
                loader = frame.f_locals.get("self")
                is_extension = type(loader).__name__ == "ExtensionFileLoader"
                if is_extension and loader.name != name:
                    steps.append((loader.name, loader.path, "0", "", code.co_name[:-7]))
        elif is_importing:
            is_importing = False
            function = getattr(code, "co_qualname", code.co_name)
            steps.append((module, code.co_filename, str(frame.f_lineno), function, ""))
        frame = frame.f_back
    return [field for step in reversed(steps) for field in step]


try:
    _start()
except Exception:
    pass
# The person's own, if there is one. If not, this raises what `site` expects.
import sitecustomize
