"""Asks what contention on one list costs.

All threads append to the same list and pop from it. Each item is popped once or left over, so the
checksum shows that no item was lost.
"""

from concurrent.futures import ThreadPoolExecutor
from itertools import repeat

TITLE = "one list shared by all threads"
OPERATIONS = 600_000


def use(items, index, count):
    """Does share `index` of `count` shares and returns the sum of the items that it popped."""
    total = 0
    for i in range(index, OPERATIONS, count):
        items.append(i)
        items.append(-3 * i)
        # No pop finds the list empty: each thread appends more than it pops.
        total += items.pop()
    return total


def work(threads):
    """Divides the work among `threads` threads and returns the checksum."""
    items = []
    with ThreadPoolExecutor(threads) as pool:
        total = sum(pool.map(use, repeat(items), range(threads), repeat(threads)))
    return total + sum(items)
