"""Asks what allocation and garbage collection cost, and whether they scale with threads.

Each round drops a tree with reference cycles, which only the garbage collector frees, and small
containers, which are freed at once. The threads share no object that changes.
"""

import gc
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat

TITLE = "allocation and garbage collection"
ROUNDS = 160
ROUNDS_PER_COLLECTION = 19
DEPTH = 7


class Node:
    """A node of a binary tree that refers to its parent, and so is part of a cycle."""

    def __init__(self, parent, depth):
        self.parent = parent
        self.children = [Node(self, depth - 1) for _ in range(2)] if depth else []

    def size(self):
        return 1 + sum(child.size() for child in self.children)


def containers(number):
    """Builds and drops lists, tuples, dicts, strings and floats."""
    rows = [{"id": number + i, "name": f"row {i}", "point": (i * 0.5, [i])} for i in range(250)]
    by_name = {row["name"]: row for row in rows}
    return len(by_name) + sum(row["id"] for row in rows)


def work_share(index, count):
    """Does share `index` of `count` shares and returns its part of the checksum."""
    total = 0
    for number in range(index, ROUNDS, count):
        total += Node(None, DEPTH).size() + containers(number)
        # The number of automatic collections differs between builds; the number of these does not.
        if number % ROUNDS_PER_COLLECTION == 0:
            gc.collect()
    return total


def work(threads):
    """Divides the work among `threads` threads and returns the checksum."""
    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(work_share, range(threads), repeat(threads)))
