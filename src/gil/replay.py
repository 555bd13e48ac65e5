# Started as `python -I -S -B -c replay.py` after a run in which the GIL was on. Only the first
# module turns it on, so each is loaded alone, in a child of its own, to see what it does.
# stdin: `path HEX` (sys.path, joined by NUL), then `load HEX HEX` (module, file) in the order
# of the run. stdout: `on`, `off` or `unclear`, then the two fields again.
import importlib.machinery
import importlib.util
import os
import sys
import time
import warnings

import _imp
import _signal

PATIENCE = 10


def text(field):
    return bytes.fromhex("" if field == "-" else field).decode("utf-8", "surrogateescape")


def create(name, file):
    # Without its parents, and without running what a multi-phase module does when executed.
    loader = importlib.machinery.ExtensionFileLoader(name, file)
    spec = importlib.machinery.ModuleSpec(name, loader, origin=file)
    return _imp.create_dynamic(spec)


def by_name(name, file):
    module = importlib.import_module(name)
    assert os.path.samefile(module.__spec__.origin, file)


def blamed(warning):
    # "... has been enabled to load module 'x', which has not declared ..."
    parts = str(warning.message).split("to load module '")
    return parts[1].split("'")[0] if len(parts) == 2 and "GIL" in parts[0] else None


def attempt(load, name, file):
    loaded = []
    sys.addaudithook(
        lambda event, args: loaded.append(args[0]) if event == "import" and args[1] else None
    )
    failed = False
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            load(name, file)
        except BaseException:
            failed = True
    if not sys._is_gil_enabled():
        return "unclear" if failed else "off"
    named = [module for module in map(blamed, said) if module]
    # The first to turn it on is the one that Python names.
    if loaded == [name] or named[:1] == [name]:
        return "on"
    return "unclear"


def in_child(load, name, file):
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            _signal.alarm(PATIENCE + 5)  # whoever waits may be gone
            null = os.open(os.devnull, os.O_RDWR)
            for stream in (0, 1, 2):
                os.dup2(null, stream)
            os.write(writer, attempt(load, name, file).encode())
        finally:
            os._exit(0)
    os.close(writer)
    give_up = time.monotonic() + PATIENCE
    while os.waitpid(child, os.WNOHANG) == (0, 0):
        if time.monotonic() > give_up:
            os.kill(child, 9)
            os.waitpid(child, 0)
            break
        time.sleep(0.002)
    # Not to its end: a grandchild may hold the other side open.
    os.set_blocking(reader, False)
    try:
        answer = os.read(reader, 16).decode()
    except BlockingIOError:
        answer = ""
    os.close(reader)
    return answer or "unclear"


for line in sys.stdin:
    kind, *fields = line.split()
    if kind == "path":
        sys.path[:] = text(fields[0]).split("\0")
    else:
        name, file = map(text, fields)
        answer = in_child(create, name, file)
        if answer == "unclear":
            answer = in_child(by_name, name, file)
        print(answer, *fields, flush=True)
