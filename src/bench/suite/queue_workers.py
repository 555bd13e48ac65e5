"""Asks what it costs to hand items from thread to thread with `queue.Queue`.

Each thread is a producer and a consumer in turn: it puts a batch of jobs into the one queue, then
takes and runs as many, its own or those of other threads.
"""

from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from queue import Queue

TITLE = "queue.Queue, producers and consumers"
BATCHES = 960
BATCH = 32


def run_job(job):
    return sum(range(job % 50))


def produce_and_consume(jobs, index, count):
    """Does share `index` of `count` shares and returns the sum of its jobs' results."""
    total = 0
    for batch in range(index, BATCHES, count):
        for i in range(BATCH):
            jobs.put(batch * BATCH + i)
        # No `get` waits forever: each thread puts a batch before it takes one.
        for _ in range(BATCH):
            total += run_job(jobs.get())
    return total


def work(threads):
    """Divides the work among `threads` threads and returns the checksum."""
    jobs = Queue()
    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(produce_and_consume, repeat(jobs), range(threads), repeat(threads)))
