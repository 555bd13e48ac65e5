"""Asks what pure Python code costs on one thread, and whether it scales with threads.

Walkers compute with ints and floats, read and set attributes, and call functions. The threads
share no object that changes.
"""

from concurrent.futures import ThreadPoolExecutor
from itertools import repeat

TITLE = "pure Python, CPU"
WALKERS = 192
STEPS = 1000


class Walker:
    """A random walk on a line."""

    def __init__(self, seed):
        self.seed = seed
        self.position = 0.0
        self.turns = 0

    def step(self):
        self.seed = (self.seed * 1103515245 + 12345) & 0x7FFFFFFF
        move = self.seed / 0x7FFFFFFF - 0.5
        if is_turn(move, self.position):
            self.turns += 1
        self.position += move


def is_turn(move, position):
    return move * position < 0.0


def walk(seed):
    walker = Walker(seed)
    for _ in range(STEPS):
        walker.step()
    return walker.turns + round(walker.position * 1e6)


def work_share(index, count):
    """Does share `index` of `count` shares and returns its part of the checksum."""
    return sum(walk(seed) for seed in range(index, WALKERS, count))


def work(threads):
    """Divides the work among `threads` threads and returns the checksum."""
    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(work_share, range(threads), repeat(threads)))
