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
        _watch(os, say, has_gil, is_main, here)


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


def _watch(os, say, has_gil, is_main, here):
    getpid, getframe, path = os.getpid, sys._getframe, []
    follow = _follower(os, say, here)

    def load(name, file, chain):
        if getpid() != parent[0]:
            forked()  # by something that tells nobody
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
        else:
            if event == "os.exec":
                end()
            try:
                follow(event, arguments, getframe)
            except Exception:
                pass

    def end():
        if getpid() != parent[0]:
            forked()
        # In a subinterpreter: the GIL of that one. The process ends later.
        say("end" if is_main else "subend", _bit(has_gil()))

    def forked():
        del path[:]
        say("fork", str(parent[0]), _bit(has_gil()))
        parent[0] = getpid()

    parent = [getpid()]
    # What the .pth files loaded, before anything could watch.
    for name, module in list(sys.modules.items()):
        spec = object.__getattribute__(module, "__dict__").get("__spec__")
        loader = getattr(spec, "loader", None)
        if type(loader).__name__ == "ExtensionFileLoader":
            load(name, loader.path, ())
    sys.addaudithook(hook)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=forked)
    # Registered first, so it runs last.
    is_known = "atexit" in sys.modules
    import atexit

    atexit.register(end)
    if not is_known:
        del sys.modules["atexit"]


def _follower(os, say, here):
    # Keeps the hook in the Pythons that the program starts, and notes those in which it will not
    # be. os.environ does not have what leads to it, so an environment made of that has not, either.
    environ, fsdecode, realpath, stat = os.environ, os.fsdecode, os.path.realpath, os.stat
    open, read, close, putenv = os.open, os.read, os.close, os.putenv
    get_path, is_file, can_start = os.get_exec_path, os.path.isfile, os.access
    key, bytes_key, separator = "PYTHONPATH", b"PYTHONPATH", os.pathsep
    is_lost = []

    def leading(value):
        # As ftpy makes it: see Watch::python_path.
        if value is None:
            return here
        return here + separator + (fsdecode(value) or here)

    def has_hook(env):
        if env is None:
            return True  # What C has, and there it is.
        value = own(env)
        return value is not None and fsdecode(value).split(separator)[0] == here

    def own(env):
        if env is environ or bytes_key not in env:
            return env.get(key)  # os.environ cannot be asked for bytes
        return env.get(key, env[bytes_key])

    def find(program, env):
        program = fsdecode(program)
        if os.sep in program:
            return program
        for directory in get_path(env):
            file = directory + os.sep + program
            if is_file(file) and can_start(file, os.X_OK):
                return file
        return program

    def python(program, env):
        # The interpreter and the options that it gets from a script's first line; None where it
        # is something else.
        file = realpath(find(program, env))
        if not is_file(file) or not can_start(file, os.X_OK):
            return None
        descriptor = open(file, os.O_RDONLY)
        try:
            head = read(descriptor, 256)
        finally:
            close(descriptor)
        if head[:2] != b"#!":
            name = file.rsplit(os.sep, 1)[-1]
            return (file, []) if name.startswith(("python", "pypy")) else None
        words = fsdecode(head[2:].split(b"\n")[0]).split()
        if words and words[0].endswith("/env"):
            words = [find(words[1], env)] + words[2:] if len(words) > 1 else []
        if not words or not words[0].rsplit("/", 1)[-1].startswith(("python", "pypy")):
            return None
        return (words[0], words[1:] + [file])

    def note(program, words, env, is_exec, is_followed):
        found = python(program, env)
        if found is None:
            return
        file, options = found
        words = options + [fsdecode(word) for word in list(words)[1:]]
        if is_followed and not any(word[:1] == "-" and set("IES") & set(word) for word in words):
            return
        fields = (_bit(is_exec), _bit(is_followed), _hex(file), _hex("\0".join(words)))
        say("leave", *fields)

    def popen(program, words, env, frame):
        # `frame` reads its variable `env` after this event: an environment with the hook goes
        # there, because the event's arguments are the program's own objects.
        made = None
        if frame.f_code.co_name != "_execute_child":
            pass
        elif env is None:
            # posix_spawn takes os.environ, and not what C has.
            if frame.f_globals.get("_USE_POSIX_SPAWN") and os.path.dirname(fsdecode(program)):
                made = dict(environ)
        elif not has_hook(env):
            # Only for a Python, or in what is a changed copy of the program's own.
            if env.get("PATH") == environ.get("PATH") or python(program, env):
                made = dict(env)
        if made is not None:
            value = own(made)
            made.pop(bytes_key, None)
            made[key] = leading(value)
            frame.f_locals["env"] = made
            env = frame.f_locals["env"]
        note(program, words, env, False, has_hook(env))

    def follow(event, arguments, getframe):
        if is_lost and event not in ("os.putenv", "os.unsetenv"):
            del is_lost[:]
            putenv(key, leading(environ.get(key)))
            del is_lost[:]
        if event in ("os.putenv", "os.unsetenv"):
            if fsdecode(arguments[0]) == key:
                is_lost.append(event)
        elif event == "subprocess.Popen":
            program, words, _, env = arguments
            popen(program, words, env, getframe(2))
        elif event in ("os.exec", "os.posix_spawn"):
            program, words, env = arguments
            if not isinstance(program, int):
                note(program, words, env, event == "os.exec", has_hook(env))

    return follow


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
