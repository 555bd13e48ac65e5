"""Asks what contention on one dict costs.

All threads read and write the same hot keys, and insert and remove keys of their own.
"""

from concurrent.futures import ThreadPoolExecutor
from itertools import repeat

TITLE = "one dict shared by all threads"
OPERATIONS = 200_000
HOT_KEYS = 1021


def use(table, index, count):
    """Does share `index` of `count` shares and returns its part of the checksum."""
    total = 0
    for i in range(index, OPERATIONS, count):
        # The number of hot keys is prime, so that each thread comes to all of them.
        hot = i % HOT_KEYS
        total += table[hot]
        # The value of a hot key depends on the key only, so the order of writes does not matter.
        table[hot] = hot * 7
        table[~i] = i
        total += table.pop(~i)
    return total


def work(threads):
    """Divides the work among `threads` threads and returns the checksum."""
    table = {key: key * 7 for key in range(HOT_KEYS)}
    with ThreadPoolExecutor(threads) as pool:
        total = sum(pool.map(use, repeat(table), range(threads), repeat(threads)))
    return total + sum(table.values())
