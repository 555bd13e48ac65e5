"""Runs one workload of `ftpy bench` and writes its time as one line of JSON.

usage: driver.py FILE (--threads N | --processes N) --loops K --json FD_OR_PATH [--input PATH]

FILE defines `work(threads)`, which does a fixed amount of work and returns something printable.
It may define `setup()`, called before the clock starts, and `work_share(index, count)`, one of
`count` equal shares of the work, for `--processes`: shares that are numbers are added up, others
are listed. With `--input`, PATH is the last argument of `work` and `work_share`.
Exit codes: 1 the workload raised, 2 wrong usage or no `work` in FILE, 3 no process form.
"""

import gc
import os
import sys
import time


def fail(code, message):
    print(f"error: {message}", file=sys.stderr)
    sys.exit(code)


def parse(argv):
    """Returns FILE and the options. By hand, because argparse imports dozens of modules."""
    options = dict(zip(argv[1::2], argv[2::2]))
    numbers = [options.get(name, "1") for name in ("--threads", "--processes", "--loops")]
    forms = [{workers, "--loops", "--json"} for workers in ("--threads", "--processes")]
    are_positive = all(number.isdecimal() and int(number) > 0 for number in numbers)
    if len(argv) % 2 == 0 or options.keys() - {"--input"} not in forms or not are_positive:
        fail(2, "wrong usage (N and K are positive numbers)\n" + __doc__.split("\n\n")[1])
    return os.path.abspath(argv[0]), options


def load(path, needs_setup=True):
    """Runs FILE as a module. Like a script, FILE leaves no bytecode behind."""
    if not os.path.isfile(path):
        fail(2, f"{path} is not a file")
    with open(path, "rb") as file:
        code = compile(file.read(), path, "exec", dont_inherit=True)
    module = sys.modules["__ftpy_work__"] = type(sys)("__ftpy_work__")
    module.__file__ = path
    exec(code, module.__dict__)
    if not callable(getattr(module, "work", None)):
        fail(2, f"{path} does not define `work(threads)`")
    if needs_setup and hasattr(module, "setup"):
        module.setup()
    gc.collect()
    return module


def cpu_seconds():
    """Returns the CPU time of this process and of the children that it has waited for."""
    times = os.times()
    return time.process_time() + times.children_user + times.children_system


def run_threads(path, count, loops, inputs):
    module = load(path)
    cpu, start = cpu_seconds(), time.perf_counter()
    for _ in range(loops):
        result = module.work(count, *inputs)
    return time.perf_counter() - start, cpu_seconds() - cpu, result


def serve(pipe, path, index, count, loops, inputs):
    """The body of a worker process: does its share each time that the parent asks for it."""
    module = load(path)
    pipe.send("ready")
    for _ in range(loops):
        pipe.recv()
        cpu = cpu_seconds()
        result = module.work_share(index, count, *inputs)
        pipe.send((result, cpu_seconds() - cpu))


def run_processes(path, count, loops, inputs):
    if not hasattr(load(path, needs_setup=False), "work_share"):
        fail(3, f"{path} has no process form: it does not define `work_share(index, count)`")
    from multiprocessing import get_context
    context, workers, cpu = get_context("spawn"), [], 0.0
    pipes, far_ends = zip(*[context.Pipe() for _ in range(count)])
    for index, far_end in enumerate(far_ends):
        arguments = far_end, path, index, count, loops, inputs
        workers.append(context.Process(target=serve, args=arguments, daemon=True))
        workers[-1].start()
        far_end.close()
    try:
        [pipe.recv() for pipe in pipes]
        start = time.perf_counter()
        for _ in range(loops):
            [pipe.send("go") for pipe in pipes]
            shares, cpus = zip(*[pipe.recv() for pipe in pipes])
            cpu += sum(cpus)
        seconds = time.perf_counter() - start
    except (EOFError, ConnectionError):
        [worker.terminate() for worker in workers]
        fail(1, f"a worker process of {path} failed")
    [worker.join() for worker in workers]
    are_numbers = all(isinstance(share, (int, float)) for share in shares)
    return seconds, cpu, sum(shares) if are_numbers else list(shares)


def main():
    path, options = parse(sys.argv[1:])
    # As with `python FILE`: FILE sees its own directory and arguments, not those of the driver.
    sys.path[: not sys.flags.safe_path], sys.argv = [os.path.dirname(path)], [path]
    run = run_threads if "--threads" in options else run_processes
    count = int(options.get("--threads") or options["--processes"])
    inputs = [options["--input"]] if "--input" in options else []
    loops, target = int(options["--loops"]), options["--json"]
    seconds, cpu, result = run(path, count, loops, inputs)
    line = {"seconds": seconds, "cpu_seconds": cpu, "loops": loops, "result": repr(result)[:200]}
    # The work may have imported something that turns the GIL on.
    line["gil"] = getattr(sys, "_is_gil_enabled", lambda: True)()
    import json
    with open(os.dup(int(target)) if target.isdecimal() else target, "w") as file:
        print(json.dumps(line), file=file)


if __name__ == "__main__":
    main()
