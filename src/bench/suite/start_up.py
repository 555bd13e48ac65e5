"""Asks how long the interpreter takes to start and exit.

`-I -S` leaves out environment variables and site-packages, so only the build counts.
"""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat

TITLE = "interpreter start-up"
STARTS = 8
COMMAND = [sys.executable, "-I", "-S", "-c", "pass"]


def start(index, count):
    """Does share `index` of `count` shares and returns the number of starts."""
    starts = range(index, STARTS, count)
    for _ in starts:
        subprocess.run(COMMAND, check=True)
    return len(starts)


def work(threads):
    """Divides the starts among `threads` threads and returns their number."""
    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(start, range(threads), repeat(threads)))
